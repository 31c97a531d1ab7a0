/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shortest app that runs a guest: one VM, described in C, its image inside this image, its vCPUs on
 * the boot CPU. docs/tutorial.md goes through it.
 */
#include <axbase/ring.h>
#include <axguest/guest.h>
#include <axport/assert.h>
#include <platform/board.h>
#include <platform/machine.h>

#define VCPUS 2
#define TAGS  8

extern const uint8_t minimal_bundle[];     /* bundle.S */
extern const uint64_t minimal_bundle_size; /* bytes */

static struct axconf_vm conf = {
	.name = "hello",
	.vcpu_count = VCPUS,
	.entry = AXCONF_AUTO,
	.kernel = { .path = "images/hello.bin", .load_addr = AXCONF_AUTO },
	.ramdisk.load_addr = AXCONF_AUTO,
	.dtb.load_addr = AXCONF_AUTO,
	.bios.load_addr = AXCONF_AUTO,
	.mem_count = 1,
	.mem = { {
		/* where it begins, the machine says */
		.size = UINT64_C(16) << 20,
		.prot = AXCONF_MEM_R | AXCONF_MEM_W | AXCONF_MEM_X,
		.kind = AXCONF_MEM_LAZY,
	} },
};

static struct axguest guest;
static struct axsched sched;
static struct axsched_cpu sched_cpu;
static struct axaddrspace_tags tags;
static uint64_t tag_map[AX_BITMAP_WORDS(TAGS)];
static struct ax_ring typed;
static uint8_t typed_bytes[256];

/* The console: what the guest writes goes to the board's UART, what is typed waits in a ring. */
static void put(void *ctx, uint8_t byte)
{
	(void)ctx;
	(void)board_console_write(&byte, 1);
}

static bool get(void *ctx, uint8_t *byte)
{
	return ax_ring_get(ctx, byte);
}

static const struct ax_chardev console = { .put = put, .get = get, .ctx = &typed };

/* What the VM wants from the program around it. */
static void wake(void *ctx, struct axvm *of, uint32_t task)
{
	(void)ctx;
	axguest_wake(of, task);
}

static void state_changed(void *ctx, struct axvm *of, enum axvm_state state)
{
	(void)ctx;
	ax_log(AX_LOG_INFO, "vm %s: %s", of->conf.name, axvm_state_name(state));
	if (state == AXVM_OFF || state == AXVM_FAILED) {
		board_power_off();
	}
}

static bool take_irq(void *ctx)
{
	enum board_irq irq = board_irq_take();
	uint8_t byte;

	(void)ctx;
	if (irq == BOARD_IRQ_CONSOLE) {
		while (board_console_read(&byte)) {
			(void)ax_ring_put(&typed, byte);
		}
		axvm_console_input(&guest.vm);
	}
	return irq == BOARD_IRQ_GUEST_TIMER;
}

static const struct axvm_host_ops host_ops = {
	.frames = &board_frame_ops,
	.wake = wake,
	.state_changed = state_changed,
	.take_irq = take_irq,
	.random = board_random,
};

/* Nothing can run: wait, and take the interrupt for the vCPU that is still in the registers, if any. */
static void idle(void *ctx)
{
	struct axvm_vcpu *vc;

	(void)ctx;
	board_idle();
	vc = axguest_live(&sched);
	if (vc != NULL) {
		axvm_vcpu_take_irq(vc);
	} else if (take_irq(NULL)) { /* of a vCPU that was put away: nothing else would end it */
		board_guest_timer_end();
	}
}

void app_main(void)
{
	struct axvm_cfg cfg = {
		.machine = &board_machine,
		.host = &host_ops,
		.conf = &conf,
		.tags = &tags,
		.bundle = minimal_bundle,
		.bundle_size = minimal_bundle_size,
		.console = &console,
		.epoch_s = board_get()->epoch_s,
		.pcpu_count = 1,
	};
	struct axvm_diag diag;
	ax_err_t err;

	conf.mem[0].base = gpa(board_machine.ram_base);
	ax_ring_init(&typed, typed_bytes, sizeof(typed_bytes));
	axsched_init(&sched, &(struct axsched_cfg){ .cpu_count = 1, .idle = idle }, &sched_cpu);
	axaddrspace_tags_init(&tags, &(struct axaddrspace_tags_cfg){
					     .count = TAGS,
					     .map = tag_map,
					     .cpu_count = 1,
					     .flush_all = board_machine.tlb_flush_all,
				     });
	err = axvm_create(&guest.vm, &cfg, &diag);
	if (err != AX_OK) {
		ax_log(AX_LOG_ERROR, "%s", diag.text);
		board_power_off();
	}
	axguest_add(&guest, &sched);
	board_machine.cpu_init();
	board_console_rx_irq(true);
	err = axvm_start(&guest.vm);
	ax_assert(err == AX_OK);
	axsched_run(&sched);
	board_power_off();
}

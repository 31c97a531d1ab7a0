/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boots every VM of the bundle and powers off when all of them are off. Policy only: each vCPU and each
 * VM's own work becomes a task on the pCPU with the least to do, or where its configuration wants it.
 */
#include "console.h"
#include "vmm.h"
#include <axbase/mem.h>
#include <axguest/guest.h>
#include <axport/assert.h>
#include <platform/board.h>
#include <platform/machine.h>

/* One VM and its tasks, in host memory of their own. */
struct guest {
	struct axguest g;
	struct console console;
	struct ax_log_limit state_log;
};

#define BOARD_MAX_CPUS   8
#define CONFIG_MAX_BYTES 16384
/* Twenty resets of a VM are told in each minute. */
#define STATE_LINES     40
#define STATE_PERIOD_NS UINT64_C(60000000000)

static struct axsched sched;
static struct axsched_cpu sched_cpus[BOARD_MAX_CPUS];
static struct axsched_task console_task;
static struct axaddrspace_tags tags;
static uint64_t tag_map[AX_BITMAP_WORDS(256)];
static struct guest *guests[VMM_MAX_VMS];
static uint32_t guest_count;
static _Atomic uint32_t alive_count;

static enum axsched_verdict step_console(void *ctx)
{
	(void)ctx;
	console_flush();
	return AXSCHED_BLOCK;
}

static uint64_t console_deadline(const void *ctx)
{
	(void)ctx;
	return console_deadline_ns();
}

static const struct axsched_task_ops console_task_ops = {
	.step = step_console,
	.deadline_ns = console_deadline,
};

void vmm_wake_console(void)
{
	axsched_wake(&console_task);
}

static void wake(void *ctx, struct axvm *vm, uint32_t task)
{
	(void)ctx;
	axguest_wake(vm, task);
}

static void state_changed(void *ctx, struct axvm *vm, enum axvm_state state)
{
	struct guest *g = AX_CONTAINER_OF(vm, struct guest, g.vm);
	bool over = state == AXVM_OFF || state == AXVM_FAILED;

	(void)ctx;
	/* A guest may reset itself as often as it likes; the console is not only its own. */
	if (over || ax_log_allowed(&g->state_log)) {
		ax_log(AX_LOG_INFO, "vm %s: %s", vm->conf.name, axvm_state_name(state));
	}
	if (over && atomic_fetch_sub(&alive_count, 1) == 1) {
		ax_log(AX_LOG_INFO, "all VMs are off");
		board_power_off();
	}
}

static bool take_irq(void *ctx)
{
	(void)ctx;
	switch (board_irq_take()) {
	case BOARD_IRQ_GUEST_TIMER:
		return true;
	case BOARD_IRQ_CONSOLE:
		console_receive();
		break;
	case BOARD_IRQ_NONE:
	case BOARD_IRQ_KICK: /* coming out was the point of it */
	case BOARD_IRQ_TIMER:
	case BOARD_IRQ_GUEST:       /* it wakes and kicks whom it is for */
	case BOARD_IRQ_MAINTENANCE: /* its cause went with the list registers read at the exit */
	case BOARD_IRQ_OTHER:
		break;
	}
	return false;
}

static bool wants_cpu(void *ctx)
{
	(void)ctx;
	return axsched_wants_cpu(&sched);
}

static const struct axvm_host_ops host_ops = {
	.frames = &board_frame_ops,
	.wake = wake,
	.state_changed = state_changed,
	.take_irq = take_irq,
	.wants_cpu = wants_cpu,
	.random = board_random,
};

static void idle(void *ctx)
{
	struct axvm_vcpu *vc;

	(void)ctx;
	board_idle();
	vc = axguest_live(&sched);
	if (vc != NULL) {
		axvm_vcpu_take_irq(vc);
	} else if (take_irq(NULL)) {
		/* A timer's last word before it was put away. Left active, it would be silent for all. */
		board_guest_timer_end();
	}
}

/* The smallest block that holds a struct guest. */
static uint64_t guest_bytes(void)
{
	uint64_t bytes = AX_PAGE_SIZE;

	while (bytes < sizeof(struct guest)) {
		bytes *= 2;
	}
	return bytes;
}

static bool is_vm_config(const struct axloader_file *f)
{
	return f->size != 0 && memcmp(f->name, "vms/", 4) == 0;
}

static uint32_t count_configs(const void *bundle, size_t size)
{
	struct axloader_file f;
	size_t pos = 0;
	uint32_t n = 0;

	while (axloader_bundle_next(bundle, size, &pos, &f) == AX_OK) {
		n += is_vm_config(&f);
	}
	return n;
}

/* Parsed from an aligned copy: an archive that another tool wrote aligns its files to 4 bytes only. */
static bool read_config(const struct axloader_file *file, struct axconf_vm *conf,
			struct axconf_diag *why)
{
	static uint8_t AX_ALIGNED(8) blob[CONFIG_MAX_BYTES];

	if (file->size > sizeof(blob)) {
		ax_format(why->text, sizeof(why->text),
			  "%lu bytes are too many for a configuration", (unsigned long)file->size);
		return false;
	}
	memcpy(blob, file->data, file->size);
	return axconf_parse(blob, file->size, conf, why) == AX_OK;
}

/* Build the VM that @file configures. What is wrong with it is said in one line; the others go on. */
static void add_guest(const struct axloader_file *file, bool alone)
{
	static struct axconf_vm conf; /* too large for a stack */
	const struct board *b = board_get();
	struct axconf_diag why;
	struct axvm_diag diag;
	struct guest *g;
	hpa_t at;

	if (guest_count == VMM_MAX_VMS) {
		ax_log(AX_LOG_ERROR, "%s: more than %u VMs; this one is left out", file->name,
		       VMM_MAX_VMS);
		return;
	}
	if (!read_config(file, &conf, &why)) {
		ax_log(AX_LOG_ERROR, "%s: %s", file->name, why.text);
		return;
	}
	if (board_frame_ops.alloc(NULL, guest_bytes(), &at) != AX_OK) {
		ax_log(AX_LOG_ERROR, "%s: no %lu KiB of host memory left", file->name,
		       (unsigned long)(guest_bytes() >> 10));
		return;
	}
	g = board_frame_ops.to_virt(NULL, at);
	g->state_log = (struct ax_log_limit){ .burst = STATE_LINES, .period_ns = STATE_PERIOD_NS };
	console_init(&g->console, g->g.vm.conf.name, &g->g.vm, alone);
	if (axvm_create(&g->g.vm,
			&(struct axvm_cfg){
				.machine = &board_machine,
				.host = &host_ops,
				.conf = &conf,
				.tags = &tags,
				.bundle = b->bundle,
				.bundle_size = b->bundle_size,
				.console = &g->console.chardev,
				.epoch_s = b->epoch_s,
				.pcpu_count = b->cpu_count,
			},
			&diag) != AX_OK) {
		ax_log(AX_LOG_ERROR, "%s", diag.text);
		board_frame_ops.free(NULL, at, guest_bytes());
		return;
	}
	console_add(&g->console);
	axguest_add(&g->g, &sched);
	guests[guest_count++] = g;
}

/* Where the host's memory has gone, for tools/measure.py: one VM or ten, every byte is in here. */
static void log_memory(uint64_t free_at_start)
{
	uint64_t structures = guest_count * guest_bytes();

	for (uint32_t i = 0; i < guest_count; i++) {
		structures += guests[i]->g.vm.storage_bytes;
	}
	ax_log(AX_LOG_DEBUG,
	       "memory: %lu bytes own, %lu for structures, %lu for guests' RAM and tables",
	       (unsigned long)board_own_bytes(), (unsigned long)structures,
	       (unsigned long)(free_at_start - board_free_bytes() - structures));
}

static void add_guests(const struct board *b)
{
	uint64_t free_at_start = board_free_bytes();
	uint32_t config_count = count_configs(b->bundle, b->bundle_size);
	struct axloader_file file;
	size_t pos = 0;
	ax_err_t err;

	while ((err = axloader_bundle_next(b->bundle, b->bundle_size, &pos, &file)) == AX_OK) {
		if (is_vm_config(&file)) {
			add_guest(&file, config_count == 1);
		}
	}
	if (err == AX_EFORMAT) {
		ax_log(AX_LOG_ERROR,
		       "bundle: damaged at byte %lu of %lu; what comes behind is lost",
		       (unsigned long)pos, (unsigned long)b->bundle_size);
	}
	log_memory(free_at_start);
}

static _Noreturn void run_cpu(uint32_t cpu)
{
	(void)cpu;
	board_machine.cpu_init();
	axsched_run(&sched);
	board_power_off();
}

static void start_guests(void)
{
	atomic_store(&alive_count, guest_count);
	for (uint32_t i = 0; i < guest_count; i++) {
		ax_err_t err = axvm_start(&guests[i]->g.vm);

		ax_assert(err == AX_OK);
	}
}

void app_main(void)
{
	const struct board *b = board_get();

	axsched_init(&sched, &(struct axsched_cfg){ .cpu_count = b->cpu_count, .idle = idle },
		     sched_cpus);
	axsched_add(&sched, &console_task, &console_task_ops, NULL, 0);
	axaddrspace_tags_init(&tags, &(struct axaddrspace_tags_cfg){
					     .count = 256,
					     .map = tag_map,
					     .cpu_count = b->cpu_count,
					     .flush_all = board_machine.tlb_flush_all,
				     });
	if (b->bundle == NULL) {
		ax_log(AX_LOG_ERROR, "no bundle: give one as initrd");
		board_power_off();
	}
	add_guests(b);
	if (guest_count == 0) {
		ax_log(AX_LOG_ERROR, "bundle: no VM in it can be started");
		board_power_off();
	}
	if (board_start_cpus(run_cpu) != AX_OK) {
		board_power_off(); /* a line has said which CPU */
	}
	console_start();
	start_guests();
	run_cpu(0);
}

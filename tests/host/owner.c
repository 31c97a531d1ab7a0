/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's owner: creates VMs, asks them to change, types at their consoles, turns power on and off. */
#include "machine.h"
#include "checks.h"
#include "parts.h"
#include <stdio.h>
#include <string.h>

static void check_canary(struct guest *g)
{
	struct ax_gmem m = axaddrspace_gmem(&g->vm.as);
	uint8_t bytes[256];

	if (g->canary) {
		ax_assert(ax_gmem_read(&m, gpa(GUEST_CANARY), bytes, sizeof(bytes)) == AX_OK);
		for (size_t i = 0; i < sizeof(bytes); i++) {
			ax_assert(bytes[i] == (uint8_t)(i ^ g->conf.id));
		}
	}
}

static void set_canary(struct guest *g)
{
	struct ax_gmem m = axaddrspace_gmem(&g->vm.as);
	uint8_t bytes[256];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(i ^ g->conf.id);
	}
	g->canary = ax_gmem_write(&m, gpa(GUEST_CANARY), bytes, sizeof(bytes)) == AX_OK;
}

static void state_changed(void *ctx, struct axvm *vm, enum axvm_state state)
{
	struct guest *g = AX_CONTAINER_OF(vm, struct guest, vm);

	(void)ctx;
	ax_assert(vm->state == state);
	checks_on_state(g, state);
	g->told = state;
	g->told_count++;
	g->start_count += state == AXVM_RUNNING;
	g->fail_count += state == AXVM_FAILED;
	if (state == AXVM_RUNNING) {
		set_canary(g);
		return;
	}
	g->want_pause = g->want_reset = g->want_off = g->may_reset = g->may_off = false;
	for (uint32_t i = 0; state != AXVM_PAUSED && i < vm->vcpu_count; i++) {
		g->vcpus[i].pc_known = false;
	}
}

static const struct axvm_host_ops host_ops = {
	.frames = &axtest_frame_ops,
	.frames_ctx = &machine.frames,
	.wake = machine_wake,
	.state_changed = state_changed,
	.take_irq = machine_take_irq,
};

ax_err_t machine_request(struct guest *g, enum machine_request what)
{
	static ax_err_t (*const calls[])(struct axvm *) = {
		[MACHINE_START] = axvm_start,   [MACHINE_PAUSE] = axvm_pause,
		[MACHINE_RESUME] = axvm_resume, [MACHINE_RESET] = axvm_reset,
		[MACHINE_STOP] = axvm_stop,
	};
	bool allowed = checks_may_call(what, g->vm.state);
	ax_err_t err = calls[what](&g->vm);

	ax_assert(err == (allowed ? AX_OK : AX_EBUSY));
	if (allowed) {
		g->want_pause |= what == MACHINE_PAUSE;
		g->want_reset |= what == MACHINE_RESET;
		g->want_off |= what == MACHINE_STOP;
	}
	return err;
}

static void console_put(void *ctx, uint8_t byte)
{
	struct guest *g = ctx;

	g->output[g->output_count++ % sizeof(g->output)] = byte;
}

static bool console_get(void *ctx, uint8_t *byte)
{
	return ax_ring_get(&((struct guest *)ctx)->input, byte);
}

void machine_type(struct guest *g, const void *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		(void)ax_ring_put(&g->input, ((const uint8_t *)bytes)[i]);
	}
	axvm_console_input(&g->vm);
}

static ax_err_t try_create(struct guest *g, struct axvm_diag *diag)
{
	g->canary = false;
	g->logged = false;
	g->may_fail = false;
	g->told = AXVM_CREATED;
	return axvm_create(&g->vm,
			   &(struct axvm_cfg){
				   .machine = &machine_board,
				   .host = &host_ops,
				   .conf = &g->conf,
				   .tags = &machine.tags,
				   .bundle = machine.bundle,
				   .bundle_size = machine.bundle_size,
				   .console = &g->console,
				   .epoch_s = 1000,
				   .pcpu_count = machine.cpu_count,
			   },
			   diag);
}

static void create(struct guest *g)
{
	struct axvm_diag diag;

	machine.frames.fail_at = 0;
	if (try_create(g, &diag) != AX_OK) {
		ax_port_panic(diag.text);
	}
}

ax_err_t machine_recreate_short(struct guest *g, unsigned fail_at)
{
	struct axvm_diag diag = { .text = "" };
	unsigned used;
	ax_err_t err;

	ax_assert(axvm_destroy(&g->vm) == AX_OK);
	used = machine.frames.used_count;
	machine.frames.fail_at = fail_at;
	err = try_create(g, &diag);
	if (err != AX_OK) {
		ax_assert(err == AX_ENOMEM && diag.text[0] != '\0');
		ax_assert(machine.frames.used_count == used);
		create(g);
	}
	machine.frames.fail_at = 0;
	return err;
}

void machine_recreate(struct guest *g)
{
	if (checks_may_call(MACHINE_START, g->vm.state)) {
		check_canary(g);
		ax_assert(axvm_destroy(&g->vm) == AX_OK);
		create(g);
	} else {
		ax_assert(axvm_destroy(&g->vm) == AX_EBUSY);
	}
}

/* --- Power */

static void flush_all(void *ctx)
{
	(void)ctx;
}

/* One file in the newc format of cpio, which is what a bundle is. */
static void make_bundle(void)
{
	static const char name[] = "images/k";
	static const char data[] = "kernel bytes";
	size_t size = sizeof(data) - 1;
	char *at = (char *)machine.bundle;

	snprintf(at, 111, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1u,
		 0100644u, 0u, 0u, 1u, 0u, (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)sizeof(name),
		 0u);
	memcpy(at + 110, name, sizeof(name));
	memcpy(at + 120, data, size); /* 110 + 9, rounded up to 4 */
	machine.bundle_size = 120 + size;
}

static void configure(struct guest *g, uint32_t id, uint32_t vcpus, uint32_t intc)
{
	g->console = (struct ax_chardev){ .put = console_put, .get = console_get, .ctx = g };
	ax_ring_init(&g->input, g->input_bytes, sizeof(g->input_bytes));
	g->conf = (struct axconf_vm){
		.name = "a",
		.id = id,
		.vcpu_count = vcpus,
		.entry = AXCONF_AUTO,
		.kernel = { "images/k", AXCONF_AUTO },
		.ramdisk = { "", AXCONF_AUTO },
		.dtb = { "", AXCONF_AUTO },
		.bios = { "", AXCONF_AUTO },
		.mem_count = 2,
		.mem = { { gpa(GUEST_RAM), GUEST_RAM_SIZE,
			   AXCONF_MEM_R | AXCONF_MEM_W | AXCONF_MEM_X, AXCONF_MEM_LAZY },
			 { gpa(GUEST_ROM), GUEST_ROM_SIZE, AXCONF_MEM_R | AXCONF_MEM_X,
			   AXCONF_MEM_EAGER } },
	};
	g->conf.name[0] = (char)('a' + id);
	arch_configure(&g->conf, intc);
	create(g);
}

void machine_on(const struct machine_cfg *cfg)
{
	struct axtest_frames frames = machine.frames; /* kept: 16 MiB are slow to come by */

	axtest_port_reset();
	memset(&machine, 0, sizeof(machine));
	machine.frames = frames;
	if (frames.pages == NULL) {
		axtest_frames_init(&machine.frames);
		machine.frames.max_bytes = UINT64_C(256) << 10; /* small leaves of guest memory */
	}
	ax_assert(machine.frames.used_count == 0);
	arch_power_on();
	make_bundle();
	machine.cpu_count = cfg->cpus;
	axaddrspace_tags_init(&machine.tags, &(struct axaddrspace_tags_cfg){
						     .count = cfg->cpus + 2, /* they run out soon */
						     .map = machine.tag_map,
						     .cpu_count = cfg->cpus,
						     .flush_all = flush_all,
					     });
	for (uint32_t i = 0; i < MACHINE_MAX_CPUS; i++) {
		machine.timer_ns[i] = UINT64_MAX;
	}
	for (uint32_t i = 0; i < cfg->cpus; i++) {
		machine_on_cpu(i);
		machine_board.cpu_init();
	}
	machine_on_cpu(0);
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		configure(&machine.guests[k], k, cfg->vcpus[k], cfg->intc[k]);
	}
	machine_sched_init();
	machine_place(0);
}

void machine_off(void)
{
	machine.frames.fail_at = 0;
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		struct guest *g = &machine.guests[k];

		if (checks_may_call(MACHINE_STOP, g->vm.state)) {
			ax_assert(machine_request(g, MACHINE_STOP) == AX_OK);
		}
	}
	machine_settle();
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		struct guest *g = &machine.guests[k];

		check_canary(g);
		ax_assert(axvm_destroy(&g->vm) == AX_OK);
	}
	ax_assert(machine.frames.used_count == 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted surroundings of a VM under test. */
#include "world.h"
#include <axbus/axbus.h>
#include <stdio.h>
#include <string.h>

struct world world;

/* --- vCPU */

static ax_err_t vcpu_init(void *arch, const struct axvcpu_cfg *cfg)
{
	struct world_vcpu *v = arch;

	*v = (struct world_vcpu){ .cfg = *cfg, .deadline = UINT64_MAX };
	world.vcpus[cfg->id] = v;
	return AX_OK;
}

static void vcpu_reset(void *arch, uint64_t entry, uint64_t arg)
{
	struct world_vcpu *v = arch;

	v->reset_count++;
	v->entry = entry;
	v->arg = arg;
}

static void vcpu_set_root(void *arch, uint64_t root, uint64_t control)
{
	(void)control;
	((struct world_vcpu *)arch)->root = root;
}

static void vcpu_load(void *arch, bool flush_local)
{
	struct world_vcpu *v = arch;

	v->load_count++;
	v->flush_count += flush_local;
}

static void vcpu_put(void *arch)
{
	((struct world_vcpu *)arch)->put_count++;
}

static void vcpu_run(void *arch, struct axvcpu_exit *exit)
{
	struct world_vcpu *v = arch;

	v->entry_count++;
	if (v->in_guest != NULL) {
		void (*happens)(void) = v->in_guest;

		v->in_guest = NULL;
		happens();
	}
	if (v->next < v->length) {
		*exit = v->script[v->next++];
	} else {
		exit->kind = AXVCPU_EXIT_IDLE;
	}
}

static void vcpu_complete(void *arch, uint64_t val)
{
	struct world_vcpu *v = arch;

	v->completed = val;
	v->complete_count++;
}

static void vcpu_fault(void *arch, enum axvcpu_fault fault)
{
	struct world_vcpu *v = arch;

	v->fault = fault;
	v->fault_count++;
}

static bool vcpu_decode(void *arch, struct axvcpu_exit *exit)
{
	struct world_vcpu *v = arch;
	gpa_t addr = exit->u.fault.addr;

	v->decode_count++;
	if (v->decode_as_mmio) {
		*exit = (struct axvcpu_exit){ .kind = AXVCPU_EXIT_MMIO,
					      .u.mmio = { .addr = addr, .size = 4 } };
	}
	return v->decode_as_mmio;
}

static uint64_t vcpu_deadline(const void *arch)
{
	return ((const struct world_vcpu *)arch)->deadline;
}

static void vcpu_tick(void *arch)
{
	(void)arch;
}

static void vcpu_dump(const void *arch)
{
	const struct world_vcpu *v = arch;

	world.vcpus[v->cfg.id]->dump_count++;
}

static const struct axvcpu_ops vcpu_ops = {
	.name = "script",
	.size = sizeof(struct world_vcpu),
	.align = _Alignof(struct world_vcpu),
	.init = vcpu_init,
	.reset = vcpu_reset,
	.set_root = vcpu_set_root,
	.load = vcpu_load,
	.put = vcpu_put,
	.run = vcpu_run,
	.complete = vcpu_complete,
	.fault = vcpu_fault,
	.decode = vcpu_decode,
	.deadline_ns = vcpu_deadline,
	.tick = vcpu_tick,
	.dump = vcpu_dump,
};

/* --- Interrupt controller */

static void intc_set_irq(void *intc, uint32_t vcpu, uint32_t intid, bool level)
{
	struct world_intc *g = intc;

	assert_true(intid < AX_ARRAY_SIZE(g->level));
	g->level[intid] = level;
	g->set_count++;
	if (level) {
		g->kick(g->ctx, UINT64_C(1) << vcpu);
	}
}

static bool intc_pending(void *intc, uint32_t vcpu)
{
	(void)vcpu;
	return ((struct world_intc *)intc)->deliverable;
}

static void intc_watch(void *intc, uint32_t vcpu, struct ax_intc_watch *watch)
{
	struct world_intc *g = intc;

	(void)vcpu;
	watch->flush = &g->flush_due;
	watch->sync = &g->sync_due;
}

static void intc_flush(void *intc, uint32_t vcpu)
{
	((struct world_intc *)intc)->flush_count++;
	if (((struct world_intc *)intc)->storm != 0) {
		((struct world_intc *)intc)->storm--;
		axvcpu_request(&world.vm.vcpus[vcpu].core, AXVCPU_REQ_IRQ);
	}
}

static void intc_sync(void *intc, uint32_t vcpu)
{
	(void)vcpu;
	((struct world_intc *)intc)->sync_count++;
}

static void intc_load(void *intc, uint32_t vcpu)
{
	(void)vcpu;
	((struct world_intc *)intc)->load_count++;
}

static void intc_put(void *intc, uint32_t vcpu)
{
	(void)vcpu;
	((struct world_intc *)intc)->put_count++;
}

static void intc_reset(void *intc)
{
	((struct world_intc *)intc)->reset_count++;
}

static const struct ax_intc_ops intc_ops = {
	.name = "recorder",
	.watch = intc_watch,
	.set_irq = intc_set_irq,
	.pending = intc_pending,
	.flush = intc_flush,
	.sync = intc_sync,
	.load = intc_load,
	.put = intc_put,
	.reset = intc_reset,
};

static enum ax_io_result sysreg_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	(void)dev;
	*val = 0x5a;
	return io->off == WORLD_SYSREG ? AX_IO_HANDLED : AX_IO_UNHANDLED;
}

static enum ax_io_result sysreg_write(void *dev, const struct ax_io *io, uint64_t val)
{
	(void)dev;
	(void)val;
	return io->off == WORLD_SYSREG ? AX_IO_HANDLED : AX_IO_UNHANDLED;
}

static const struct ax_dev_ops sysreg_ops = { .name = "sysreg",
					      .read = sysreg_read,
					      .write = sysreg_write };

static bool intc_available(void)
{
	return world.intc_available;
}

static ax_err_t intc_create(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			    struct axvm_intc_parts *parts)
{
	struct world_intc *g = ax_arena_alloc(arena, sizeof(*g), _Alignof(struct world_intc));

	if (g == NULL) {
		return AX_ENOMEM;
	}
	*g = (struct world_intc){
		.flush_due = 1, .sync_due = 1, .kick = cfg->kick, .ctx = cfg->ctx
	};
	world.intc = g;
	*parts = (struct axvm_intc_parts){
		.intc = { &intc_ops, g },
		.prepare_idle = intc_pending,
		.region_count = 2,
		.regions = { { 0, UINT64_C(1) << 16, &sysreg_ops, g, "sysreg", AXBUS_SYSREG },
			     { WORLD_INTC, 0x10000, &sysreg_ops, g, "regs", AXBUS_MMIO } },
		.fdt_dist = { WORLD_INTC, 0x10000 },
		.fdt_cpu = { 0x080a0000, 0x20000 },
	};
	return AX_OK;
}

/* --- Device */

static enum ax_io_result dev_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct world_dev *d = dev;

	*val = d->reg + io->off;
	return d->result;
}

static enum ax_io_result dev_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct world_dev *d = dev;

	(void)io;
	d->reg = val;
	ax_irq_set(&d->env.irq, val != 0);
	return d->result;
}

static void dev_reset(void *dev)
{
	((struct world_dev *)dev)->reset_count++;
}

static const struct ax_dev_ops dev_ops = {
	.name = "recorder",
	.read = dev_read,
	.write = dev_write,
	.reset = dev_reset,
};

static void dev_init(void *dev, const struct axvm_device_env *env)
{
	*(struct world_dev *)dev = (struct world_dev){ .env = *env, .deadline = UINT64_MAX };
	world.devs[world.dev_count++ % AX_ARRAY_SIZE(world.devs)] = dev;
}

static void dev_input(void *dev)
{
	((struct world_dev *)dev)->input_count++;
}

static uint64_t dev_deadline(void *dev)
{
	return ((struct world_dev *)dev)->deadline;
}

static void dev_tick(void *dev)
{
	struct world_dev *d = dev;

	d->tick_count++;
	d->deadline = UINT64_MAX;
}

#define FLASH(_name, _size, _content)                                                             \
	{                                                                                         \
		.name = (_name), .ops = &dev_ops, .size = sizeof(struct world_dev),               \
		.align = _Alignof(struct world_dev), .reg_size = (_size), .fdt = AXFDT_CFI_FLASH, \
		.content = (_content), .no_irq = true, .init = dev_init,                          \
		.deadline_ns = dev_deadline, .tick = dev_tick                                     \
	}

static const struct axvm_model models[] = {
	{ .name = "uart",
	  .ops = &dev_ops,
	  .size = sizeof(struct world_dev),
	  .align = _Alignof(struct world_dev),
	  .reg_size = 0x1000,
	  .fdt = AXFDT_PL011,
	  .init = dev_init,
	  .input = dev_input },
	{ .name = "rtc",
	  .ops = &dev_ops,
	  .size = sizeof(struct world_dev),
	  .align = _Alignof(struct world_dev),
	  .reg_size = 0x1000,
	  .fdt = AXFDT_PL031,
	  .init = dev_init,
	  .deadline_ns = dev_deadline,
	  .tick = dev_tick },
	{ .name = "odd",
	  .ops = &dev_ops,
	  .size = sizeof(struct world_dev),
	  .align = _Alignof(struct world_dev),
	  .reg_size = 0x1000,
	  .fdt = AXFDT_VIRTIO_MMIO,
	  .init = dev_init },
	FLASH("flash", UINT64_C(2) << 20, AXVM_CONTENT_FIRMWARE),
	FLASH("store", UINT64_C(2) << 20, AXVM_CONTENT_ERASED),
};

/* --- Machine and host */

static const struct axvm_default_device defaults[] = {
	{ "uart", WORLD_UART, 33 },
	{ "rtc", WORLD_RTC, 34 },
};

static const struct axvm_default_device firmware[] = {
	{ "flash", WORLD_FLASH, 0 },
	{ "store", WORLD_STORE, 0 },
};

static const struct axvm_intc_kind intcs[] = {
	{ .kind = AXCONF_INTC_GICV3,
	  .fdt = AXFDT_INTC_GICV3,
	  .max_vcpus = WORLD_VCPUS,
	  .first_shared = 32,
	  .last_shared = 63,
	  .available = intc_available,
	  .create = intc_create },
};

static void nothing(void)
{
}

static void vcpu_cfg(uint32_t id, enum axconf_intc intc, void *buf)
{
	(void)id;
	assert_int_equal(intc, AXCONF_INTC_GICV3);
	memset(buf, 0, AXVM_VCPU_CFG_BYTES);
}

static uint64_t cpu_reg(uint32_t id)
{
	return id;
}

static uint32_t pa_bits(void)
{
	return 44;
}

static const struct axaddrspace_fmt *fmt(void)
{
	return &axaddrspace_fmt_aarch64;
}

static bool passthrough_allowed(hpa_t host, uint64_t size)
{
	return host.v >= 0x0a000000 && host.v + size <= 0x0a004000;
}

/* Of the host's interrupts, 62 is its own and 63 does not exist. */
static ax_err_t bind_irq(void *intc, uint32_t irq)
{
	if (irq == 63) {
		return AX_EINVAL;
	}
	if (irq == 62 || world.owner[irq] != NULL) {
		return AX_EEXIST;
	}
	assert_ptr_equal(intc, world.intc);
	assert_non_null(world.intc->kick); /* an interrupt may come at once */
	assert_non_null(world.vm.vcpus[world.vm.vcpu_count - 1].watch.flush);
	world.owner[irq] = intc;
	return AX_OK;
}

static void release_irqs(void *intc)
{
	world.release_count++;
	assert_ptr_equal(intc, world.intc);
	assert_ptr_equal(world.intc->ctx, &world.vm); /* its memory is not given back yet */
	for (size_t i = 0; i < AX_ARRAY_SIZE(world.owner); i++) {
		world.owner[i] = world.owner[i] == intc ? NULL : world.owner[i];
	}
}

static const struct axvm_assign_ops assign = { .bind = bind_irq, .release = release_irqs };

static struct axaddrspace_tlb_fake tlb;

static const struct axvm_machine machine = {
	.compatible = "test,machine",
	.cpu_compatible = "arm,armv8",
	.vcpu = &vcpu_ops,
	.cpu_init = nothing,
	.vcpu_cfg = vcpu_cfg,
	.timer_irq = WORLD_TIMER,
	.cpu_reg = cpu_reg,
	.fmt = fmt,
	.tlb = &axaddrspace_tlb_fake,
	.tlb_ctx = &tlb,
	.pa_bits = pa_bits,
	.tag_bits = 8,
	.gpa_bits = 40,
	.ram_base = WORLD_RAM,
	.models = models,
	.model_count = AX_ARRAY_SIZE(models),
	.defaults = defaults,
	.default_count = AX_ARRAY_SIZE(defaults),
	.firmware = firmware,
	.firmware_count = AX_ARRAY_SIZE(firmware),
	.intcs = intcs,
	.intc_count = AX_ARRAY_SIZE(intcs),
	.passthrough_allowed = passthrough_allowed,
};

static void host_wake(void *ctx, struct axvm *vm, uint32_t task)
{
	(void)ctx;
	assert_ptr_equal(vm, &world.vm);
	if (task == AXVM_TASK_WORK) {
		world.work_woken = true;
	} else {
		world.woken[task] = true;
	}
}

static void host_state(void *ctx, struct axvm *vm, enum axvm_state state)
{
	(void)ctx;
	(void)vm;
	world.states[world.state_count++ % AX_ARRAY_SIZE(world.states)] = state;
}

static bool host_take_irq(void *ctx)
{
	bool timer = world.timer_fires;

	(void)ctx;
	world.irq_count++;
	world.timer_fires = false;
	if (world.device_fires) {
		world.device_fires = false;
		world.intc->flush_due = 1;
	}
	return timer;
}

static bool host_wants_cpu(void *ctx)
{
	(void)ctx;
	return !world.keeps_guest;
}

static bool host_random(void *ctx, void *out, size_t bytes)
{
	(void)ctx;
	if (world.has_random && bytes != 0) {
		memset(out, (int)++world.random_count, bytes);
	}
	return world.has_random;
}

static struct ax_frame_ops frames;

static struct axvm_host_ops host = {
	.frames = &frames,
	.frames_ctx = &world.frames,
	.wake = host_wake,
	.state_changed = host_state,
	.take_irq = host_take_irq,
	.wants_cpu = host_wants_cpu,
	.random = host_random,
};

static const struct ax_chardev console = { 0 };

void world_add_file(const char *name, const void *data, size_t size)
{
	char *at = (char *)world.bundle + world.bundle_size;
	size_t name_size = strlen(name) + 1;
	size_t head = 110 + name_size;

	assert_true(world.bundle_size + head + size + 16 < sizeof(world.bundle));
	snprintf(at, 111, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1u,
		 0100644u, 0u, 0u, 1u, 0u, (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)name_size, 0u);
	memcpy(at + 110, name, name_size);
	head = (head + 3) & ~(size_t)3;
	memcpy(at + head, data, size);
	world.bundle_size += (head + size + 3) & ~(size_t)3;
}

void world_reset(uint32_t vcpus)
{
	axtest_port_reset();
	memset(&world, 0, sizeof(world));
	memset(&tlb, 0, sizeof(tlb));
	axtest_frames_init(&world.frames);
	world.intc_available = true;
	axaddrspace_tags_init(&world.tags, &(struct axaddrspace_tags_cfg){ .count = 256,
									   .map = world.tag_map,
									   .cpu_count = 4 });
	world.conf = (struct axconf_vm){
		.name = "t",
		.id = 1,
		.vcpu_count = vcpus,
		.entry = AXCONF_AUTO,
		.kernel = { "images/k", AXCONF_AUTO },
		.ramdisk = { "", AXCONF_AUTO },
		.dtb = { "", AXCONF_AUTO },
		.bios = { "", AXCONF_AUTO },
		.cmdline = "quiet",
		.mem_count = 1,
		.mem = { { gpa(WORLD_RAM), UINT64_C(2) << 20, 7, AXCONF_MEM_LAZY } },
	};
	world_add_file("images/k", "kernel bytes", 12);
}

ax_err_t world_create(void)
{
	static struct axvm_machine board;

	board = machine;
	board.describe_cpus = world.describe_cpus;
	board.passthrough_allowed = world.no_list ? NULL : passthrough_allowed;
	frames = axtest_frame_ops;
	frames.take = world.no_take ? NULL : frames.take;
	board.assign = world.has_assign ? &assign : NULL;
	host.ctx = &world;
	return axvm_create(&world.vm,
			   &(struct axvm_cfg){
				   .machine = &board,
				   .host = &host,
				   .conf = &world.conf,
				   .tags = &world.tags,
				   .bundle = world.bundle,
				   .bundle_size = world.bundle_size,
				   .console = &console,
				   .epoch_s = 1000,
				   .pcpu_count = WORLD_VCPUS,
			   },
			   &world.diag);
}

unsigned world_settle(void)
{
	unsigned steps = 0;
	bool any = true;

	while (any) {
		any = world.work_woken;
		if (world.work_woken) {
			axtest_cpu_id = 0;
			world.work_woken = false;
			if (axvm_work_step(&world.vm) == AXVM_AGAIN) {
				world.work_woken = true;
			}
			steps++;
		}
		for (uint32_t i = 0; i < world.vm.vcpu_count; i++) {
			if (world.woken[i]) {
				any = true;
				axtest_cpu_id = i;
				world.woken[i] = false;
				if (axvm_vcpu_step(&world.vm.vcpus[i]) == AXVM_AGAIN) {
					world.woken[i] = true;
				}
				steps++;
			}
		}
		assert_true(steps < 1000); /* somebody spins */
	}
	axtest_cpu_id = 0;
	return steps;
}

unsigned world_fini(void)
{
	assert_int_equal(axvm_destroy(&world.vm), AX_OK);
	return axtest_frames_fini(&world.frames);
}

void world_script(uint32_t id, struct axvcpu_exit exit)
{
	struct world_vcpu *v = world.vcpus[id];

	assert_true(v->length < AX_ARRAY_SIZE(v->script));
	v->script[v->length++] = exit;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* From a configuration to a VM: all that can fail and all that allocates happens here. */
#include "internal.h"

/* Storage is tried in blocks of this size and its doubles, so no table of sizes has to be kept. */
#define STORAGE_MIN (UINT64_C(128) << 10)
#define STORAGE_MAX (UINT64_C(8) << 20)

ax_err_t axvm_refuse(struct axvm_diag *diag, const struct axvm *vm, ax_err_t err, const char *fmt,
		     ...)
{
	va_list args;
	size_t n = ax_format(diag->text, sizeof(diag->text), "vm %s: ", vm->conf.name);

	if (n < sizeof(diag->text)) {
		va_start(args, fmt);
		ax_vformat(diag->text + n, sizeof(diag->text) - n, fmt, args);
		va_end(args);
	}
	return err;
}

static void on_kick(void *ctx, uint64_t vcpu_mask)
{
	struct axvm *vm = ctx;

	while (vcpu_mask != 0) {
		uint32_t id = ax_ctz64(vcpu_mask);
		struct axvcpu *v = &vm->vcpus[id].core;

		vcpu_mask &= vcpu_mask - 1;
		if (!axvcpu_is_resident_here(v)) {
			axvcpu_request(v, AXVCPU_REQ_IRQ);
			/* One in the guest comes out now, and asks the controller before it waits. */
			if (atomic_load_explicit(&v->running_on, memory_order_seq_cst) !=
			    AXVCPU_NO_CPU) {
				continue;
			}
		} /* else its own exit led here, and it looks before it enters again */
		vm->host->wake(vm->host->ctx, vm, id);
	}
}

static void set_device_line(void *ctx, bool level)
{
	const struct axvm_device *d = ctx;
	const struct ax_intc *intc = &d->vm->intc.intc;

	intc->ops->set_irq(intc->ctx, 0, d->irq, level);
}

static void set_vcpu_line(void *ctx, uint32_t vcpu, uint32_t intid, bool level)
{
	const struct ax_intc *intc = &((struct axvm *)ctx)->intc.intc;

	intc->ops->set_irq(intc->ctx, vcpu, intid, level);
}

static void *peer_arch(void *ctx, uint32_t id)
{
	return ((struct axvm *)ctx)->vcpus[id].core.arch;
}

static uint64_t peer_fence(void *ctx, uint64_t vcpu_mask)
{
	struct axvm *vm = ctx;
	uint64_t cpus = 0;

	for (; vcpu_mask != 0; vcpu_mask &= vcpu_mask - 1) {
		uint32_t cpu = axvcpu_fence(&vm->vcpus[ax_ctz64(vcpu_mask)].core);

		cpus |= cpu != AXVCPU_NO_CPU ? AX_BIT64(cpu) : 0;
	}
	return cpus;
}

static const struct axvcpu_peers peers = { peer_arch, on_kick, peer_fence };

static ax_err_t check_affinity(const struct axvm *vm, uint32_t pcpu_count, struct axvm_diag *diag)
{
	uint64_t all = pcpu_count >= 64 ? UINT64_MAX : AX_BIT64(pcpu_count) - 1;

	for (uint32_t i = 0; i < vm->conf.vcpu_count; i++) {
		if ((vm->conf.vcpu_cpus[i] & ~all) != 0) {
			return axvm_refuse(diag, vm, AX_EINVAL,
					   "vCPU %u may run on pCPUs 0x%lx, but there are only %u",
					   i, vm->conf.vcpu_cpus[i], pcpu_count);
		}
	}
	return AX_OK;
}

static ax_err_t make_intc(struct axvm *vm, const struct axvm_intc_kind *kind,
			  struct ax_arena *arena, struct axvm_diag *diag)
{
	struct axvm_intc_cfg cfg = {
		.vcpu_count = vm->vcpu_count,
		.cpu_reg = vm->cpu_reg,
		.kick = on_kick,
		.ctx = vm,
	};
	struct axbus_diag why;
	ax_err_t err = kind->create(arena, &cfg, &vm->intc);

	if (err != AX_OK) {
		return err == AX_ENOMEM ? err
					: axvm_refuse(diag, vm, err, "interrupt controller: %s",
						      ax_err_name(err));
	}
	for (uint32_t i = 0; i < vm->intc.region_count; i++) {
		const struct axbus_region *r = &vm->intc.regions[i];

		if (r->space == AXBUS_MMIO) {
			err = axvm_memory_check_free(vm, r->name, r->base, r->size, diag);
			if (err != AX_OK) {
				return err;
			}
		}
	}
	err = axbus_attach_all(&vm->bus, vm->intc.regions, vm->intc.region_count, &why);
	if (err != AX_OK) {
		return axvm_refuse(diag, vm, err, "%s", why.text);
	}
	if (vm->intc.map_size != 0) {
		err = axaddrspace_map(&vm->as, vm->intc.map_gpa, vm->intc.map_hpa,
				      vm->intc.map_size,
				      AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_WRITE |
					      AXADDRSPACE_PROT_DEV);
		if (err != AX_OK) {
			return axvm_refuse(diag, vm, err, "interrupt controller at 0x%lx: %s",
					   vm->intc.map_gpa.v, ax_err_name(err));
		}
	}
	return AX_OK;
}

/* Accesses to a device with a timer: a write may have moved its deadline, which the work task keeps. */
static enum ax_io_result read_timed(void *dev, const struct ax_io *io, uint64_t *val)
{
	const struct axvm_device *d = dev;

	return d->model->ops->read(d->dev, io, val);
}

static enum ax_io_result write_timed(void *dev, const struct ax_io *io, uint64_t val)
{
	const struct axvm_device *d = dev;
	enum ax_io_result res = d->model->ops->write(d->dev, io, val);

	/* With nothing due, what the task waits for at worst comes to nothing. */
	if (d->model->deadline_ns(d->dev) != UINT64_MAX) {
		d->vm->host->wake(d->vm->host->ctx, d->vm, AXVM_TASK_WORK);
	}
	return res;
}

static const struct ax_dev_ops timed_ops = {
	.name = "timed",
	.read = read_timed,
	.write = write_timed,
};

static ax_err_t make_device(struct axvm_device *d, const struct axvm_cfg *cfg,
			    struct ax_arena *arena, struct axvm_diag *diag)
{
	struct axvm *vm = d->vm;
	const struct axvm_model *model = d->model;
	struct axvm_device_env env = {
		.irq = { .set = set_device_line, .ctx = d },
		.chardev = cfg->console,
		.epoch_s = cfg->epoch_s,
		.gmem = axaddrspace_gmem(&vm->as),
		.firmware = &vm->firmware,
	};
	bool timed = model->deadline_ns != NULL;
	struct axbus_diag why;
	ax_err_t err = axvm_memory_check_free(vm, d->name, d->base, d->size, diag);

	if (err != AX_OK) {
		return err;
	}
	d->dev = ax_arena_alloc(arena, model->size, model->align);
	if (d->dev == NULL) {
		return AX_ENOMEM;
	}
	if (model->content != AXVM_CONTENT_NONE) {
		err = axvm_window_make(d, &env, diag);
		if (err != AX_OK) {
			return err;
		}
	}
	model->init(d->dev, &env);
	err = axbus_attach(&vm->bus, AXBUS_MMIO, d->base, d->size, timed ? &timed_ops : model->ops,
			   timed ? d : d->dev, d->name, &why);
	return err == AX_OK ? AX_OK : axvm_refuse(diag, vm, err, "%s", why.text);
}

static ax_err_t make_devices(struct axvm *vm, const struct axvm_cfg *cfg, struct ax_arena *arena,
			     struct axvm_diag *diag)
{
	for (uint32_t i = 0; i < vm->device_count; i++) {
		struct axvm_device *d = &vm->devices[i];
		ax_err_t err = make_device(d, cfg, arena, diag);

		if (err != AX_OK) {
			return err;
		}
		if (d->model->input != NULL && vm->console == NULL) {
			vm->console = d;
		}
	}
	return AX_OK;
}

static ax_err_t make_vcpus(struct axvm *vm, const struct ax_chardev *console,
			   struct ax_arena *arena, struct axvm_diag *diag)
{
	const struct axvcpu_ops *ops = vm->machine->vcpu;

	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		struct axvm_vcpu *vc = &vm->vcpus[i];
		uint64_t AX_ALIGNED(16) arch_cfg[AXVM_VCPU_CFG_BYTES / sizeof(uint64_t)];
		struct axvcpu_cfg cfg = {
			.id = i,
			.vm_id = vm->conf.id,
			.vcpu_count = vm->vcpu_count,
			.gmem = &vm->gmem,
			.set_line = set_vcpu_line,
			.ctx = vm,
			.read = axvm_access_read,
			.write = axvm_access_write,
			.host_irq = axvm_host_irq,
			.access_ctx = vc,
			.peers = &peers,
			.console = console,
			.arch = arch_cfg,
		};
		void *arch = ax_arena_alloc(arena, ops->size, ops->align);
		ax_err_t err;

		if (arch == NULL) {
			return AX_ENOMEM;
		}
		vm->machine->vcpu_cfg(i, vm->intc_kind, arch_cfg);
		err = axvcpu_init(&vc->core, ops, arch, &cfg);
		if (err != AX_OK) {
			return axvm_refuse(diag, vm, err, "vCPU %u: %s", i, ax_err_name(err));
		}
		vc->vm = vm;
		vc->bus = &vm->bus;
		vc->refused = AX_IO_HANDLED;
		vm->intc.intc.ops->watch(vm->intc.intc.ctx, i, &vc->watch);
		atomic_init(&vc->parked, true);
		vc->root_tag = UINT32_MAX; /* none */
	}
	vm->parked_count = vm->vcpu_count;
	return AX_OK;
}

/* One attempt with @vm->storage as it is. AX_ENOMEM without a text in @diag: the storage is too small. */
static ax_err_t build(struct axvm *vm, const struct axvm_cfg *cfg, struct axvm_diag *diag)
{
	const struct axvm_intc_kind *intc = NULL;
	struct ax_arena arena;
	ax_err_t err;

	ax_arena_init(&arena, vm->storage, vm->storage_bytes);
	axbus_init(&vm->bus, vm->regions, AX_ARRAY_SIZE(vm->regions));
	vm->loader = ax_arena_alloc(&arena, axloader_size, axloader_align);
	vm->dtb = ax_arena_alloc(&arena, AXVM_DTB_BYTES, 8);
	if (vm->loader == NULL || vm->dtb == NULL) {
		return AX_ENOMEM;
	}
	err = axvm_firmware_find(vm, cfg->bundle, cfg->bundle_size, diag);
	if (err == AX_OK) {
		err = axvm_graph_resolve(vm, &intc, diag);
	}
	if (err == AX_OK) {
		vm->intc_kind = intc->kind;
		err = check_affinity(vm, cfg->pcpu_count, diag);
	}
	if (err == AX_OK) {
		err = axvm_memory_make(vm, diag);
	}
	if (err == AX_OK) {
		err = make_intc(vm, intc, &arena, diag);
	}
	if (err == AX_OK) {
		err = make_devices(vm, cfg, &arena, diag);
	}
	if (err == AX_OK) {
		err = axvm_passthrough_map(vm, diag);
	}
	if (err == AX_OK) {
		err = make_vcpus(vm, cfg->console, &arena, diag);
	}
	if (err == AX_OK) {
		err = axvm_images_prepare(vm, intc, cfg->bundle, cfg->bundle_size, diag);
	}
	/* The last, since from here on interrupts come: all they may touch is there. */
	return err == AX_OK ? axvm_passthrough_bind(vm, diag) : err;
}

static void free_storage(struct axvm *vm)
{
	axvm_passthrough_release(vm);
	axaddrspace_fini(&vm->as);
	for (uint32_t i = 0; i < vm->device_count; i++) {
		axvm_window_free(&vm->devices[i]);
	}
	vm->host->frames->free(vm->host->frames_ctx, vm->storage_hpa, vm->storage_bytes);
}

static void start_over(struct axvm *vm, const struct axvm_cfg *cfg, uint64_t taken_bytes)
{
	*vm = (struct axvm){
		.machine = cfg->machine,
		.host = cfg->host,
		.conf = *cfg->conf,
		.tags = cfg->tags,
		.vcpu_count = cfg->conf->vcpu_count,
		.taken_bytes = taken_bytes,
		.guest_log = { .burst = 10, .period_ns = UINT64_C(1000000000) },
	};
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		vm->cpu_reg[i] = cfg->machine->cpu_reg(i);
	}
}

/* AX_ENOMEM without a text in @diag: @bytes are not enough. */
static ax_err_t build_in(uint64_t bytes, struct axvm *vm, const struct axvm_cfg *cfg,
			 struct axvm_diag *diag)
{
	const struct ax_frame_ops *frames = cfg->host->frames;
	ax_err_t err;

	start_over(vm, cfg, vm->taken_bytes);
	diag->text[0] = '\0';
	err = frames->alloc(cfg->host->frames_ctx, bytes, &vm->storage_hpa);
	if (err != AX_OK) {
		return axvm_refuse(diag, vm, err, "no %lu KiB for its structures",
				   (unsigned long)(bytes >> 10));
	}
	vm->storage = frames->to_virt(cfg->host->frames_ctx, vm->storage_hpa);
	vm->storage_bytes = bytes;
	err = build(vm, cfg, diag);
	if (err != AX_OK) {
		free_storage(vm);
	}
	return err;
}

ax_err_t axvm_create(struct axvm *vm, const struct axvm_cfg *cfg, struct axvm_diag *diag)
{
	struct axconf_diag why;
	ax_err_t err = axconf_validate(cfg->conf, &why);
	bool too_small;

	start_over(vm, cfg, 0);
	if (err != AX_OK) {
		vm->vcpu_count = 0;
		return axvm_refuse(diag, vm, err, "%s", why.text);
	}
	err = axvm_memory_take(vm, diag); /* first, so that nothing of this VM's own lies there */
	too_small = err == AX_OK;
	for (uint64_t bytes = STORAGE_MIN; too_small && bytes <= STORAGE_MAX; bytes *= 2) {
		err = build_in(bytes, vm, cfg, diag);
		too_small = err == AX_ENOMEM && diag->text[0] == '\0';
	}
	if (err != AX_OK) {
		axvm_memory_give_back(vm);
	}
	return too_small ? axvm_refuse(diag, vm, AX_ENOMEM, "its structures take more than %lu MiB",
				       (unsigned long)(STORAGE_MAX >> 20))
			 : err;
}

ax_err_t axvm_destroy(struct axvm *vm)
{
	enum axvm_state state = axvm_state(vm);

	if (state != AXVM_CREATED && state != AXVM_OFF && state != AXVM_FAILED) {
		return AX_EBUSY;
	}
	free_storage(vm);
	axvm_memory_give_back(vm);
	*vm = (struct axvm){ 0 };
	return AX_OK;
}

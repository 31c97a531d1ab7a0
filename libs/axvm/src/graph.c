/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resolved device graph: what the configuration leaves open is chosen from the machine's defaults,
 * and the same nodes then feed the bus, the interrupt wiring and the guest's device tree.
 */
#include "internal.h"

/* Of a window with a firmware: one leaf. */
#define WINDOW_MIN (UINT64_C(2) << 20)

static const struct axvm_model *find_model(const struct axvm_machine *m, const char *name)
{
	for (uint32_t i = 0; i < m->model_count; i++) {
		if (ax_streq(m->models[i].name, name)) {
			return &m->models[i];
		}
	}
	return NULL;
}

static const struct axvm_default_device *find_default(const struct axvm_machine *m,
						      const char *model)
{
	for (uint32_t i = 0; i < m->default_count; i++) {
		if (ax_streq(m->defaults[i].model, model)) {
			return &m->defaults[i];
		}
	}
	return NULL;
}

/* A flash that holds @image_size bytes: a power of two, so that one block of host memory holds it. */
static uint64_t window_size(uint64_t image_size)
{
	uint64_t bytes = WINDOW_MIN;

	while (bytes < image_size) {
		bytes *= 2;
	}
	return bytes;
}

static ax_err_t check_window(const struct axvm *vm, const struct axvm_device *d,
			     struct axvm_diag *diag)
{
	return d->size <= d->model->reg_size
		       ? AX_OK
		       : axvm_refuse(diag, vm, AX_ETOOBIG,
				     "kernel.bios_path \"%s\": %lu bytes, but a %s has at most %lu",
				     vm->conf.bios.path, (unsigned long)vm->firmware.image_size,
				     d->name, (unsigned long)d->model->reg_size);
}

static ax_err_t check_irqs(const struct axvm *vm, const struct axvm_intc_kind *intc,
			   struct axvm_diag *diag)
{
	for (uint32_t i = 0; i < vm->device_count; i++) {
		const struct axvm_device *d = &vm->devices[i];

		if (d->model->no_irq && d->irq == 0) {
			continue;
		}
		if (d->irq < intc->first_shared || d->irq > intc->last_shared) {
			return axvm_refuse(diag, vm, AX_EINVAL,
					   "device %s: irq %u is not one of %u to %u", d->name,
					   d->irq, intc->first_shared, intc->last_shared);
		}
		for (uint32_t j = 0; j < i; j++) {
			if (vm->devices[j].irq == d->irq) {
				return axvm_refuse(diag, vm, AX_EEXIST,
						   "devices %s and %s both want irq %u",
						   vm->devices[j].name, d->name, d->irq);
			}
		}
	}
	return AX_OK;
}

/* The rest of what the configuration has checked, for devices whose interrupts the machine chose. */
static ax_err_t check_passthrough_irqs(const struct axvm *vm, const struct axvm_intc_kind *intc,
				       struct axvm_diag *diag)
{
	for (uint32_t i = 0; i < vm->conf.passthrough_count; i++) {
		const struct axconf_passthrough *p = &vm->conf.passthrough[i];

		if (p->irq == AXCONF_AUTO) {
			continue;
		}
		if (p->irq < intc->first_shared || p->irq > intc->last_shared) {
			return axvm_refuse(diag, vm, AX_EINVAL,
					   "passthrough %s: irq %u is not one of %u to %u", p->name,
					   (unsigned)p->irq, intc->first_shared, intc->last_shared);
		}
		for (uint32_t j = 0; j < vm->device_count; j++) {
			if (vm->devices[j].irq == p->irq) {
				return axvm_refuse(diag, vm, AX_EEXIST,
						   "passthrough %s: irq %u is the emulated %s's",
						   p->name, (unsigned)p->irq, vm->devices[j].name);
			}
		}
	}
	return AX_OK;
}

static ax_err_t add_configured(struct axvm *vm, const struct axconf_device *c,
			       struct axvm_diag *diag)
{
	const struct axvm_model *model = find_model(vm->machine, c->model);
	const struct axvm_default_device *def;
	struct axvm_device *d = &vm->devices[vm->device_count];

	if (model == NULL) {
		return axvm_refuse(diag, vm, AX_ENOENT,
				   "device %s: this machine has no model \"%s\"", c->name,
				   c->model);
	}
	def = find_default(vm->machine, c->model);
	if (def == NULL && (c->base == AXCONF_AUTO || c->irq == AXCONF_AUTO)) {
		return axvm_refuse(diag, vm, AX_EINVAL,
				   "device %s: model \"%s\" has no usual place; give base and irq",
				   c->name, c->model);
	}
	if (c->size != AXCONF_AUTO && c->size < model->reg_size) {
		return axvm_refuse(diag, vm, AX_EINVAL,
				   "device %s: size 0x%lx is less than the 0x%lx of a %s", c->name,
				   c->size, model->reg_size, c->model);
	}
	if (model->content != AXVM_CONTENT_NONE) {
		return axvm_refuse(diag, vm, AX_EINVAL,
				   "device %s: a %s comes with a firmware, not by itself", c->name,
				   c->model);
	}
	*d = (struct axvm_device){
		.vm = vm,
		.model = model,
		.name = c->name,
		.base = c->base == AXCONF_AUTO ? def->base : c->base,
		.size = model->reg_size,
		.irq = c->irq == AXCONF_AUTO ? def->irq : (uint32_t)c->irq,
	};
	vm->device_count++;
	return AX_OK;
}

static void add_usual(struct axvm *vm, const struct axvm_default_device *def)
{
	const struct axvm_model *model = find_model(vm->machine, def->model);

	vm->devices[vm->device_count++] = (struct axvm_device){
		.vm = vm,
		.model = model,
		.name = def->model,
		.base = def->base,
		.size = model->content == AXVM_CONTENT_FIRMWARE
				? window_size(vm->firmware.image_size)
				: model->reg_size,
		.irq = def->irq,
	};
}

static ax_err_t add_devices(struct axvm *vm, struct axvm_diag *diag)
{
	const struct axvm_machine *m = vm->machine;
	ax_err_t err;

	for (uint32_t i = 0; i < vm->conf.device_count; i++) {
		err = add_configured(vm, &vm->conf.devices[i], diag);

		if (err != AX_OK) {
			return err;
		}
	}
	for (uint32_t i = 0; vm->conf.device_count == 0 && i < m->default_count; i++) {
		add_usual(vm, &m->defaults[i]);
	}
	ax_assert(m->firmware_count <= AXVM_MAX_FIRMWARE_DEVICES);
	for (uint32_t i = 0; vm->firmware.image != NULL && i < m->firmware_count; i++) {
		add_usual(vm, &m->firmware[i]);
		err = check_window(vm, &vm->devices[vm->device_count - 1], diag);
		if (err != AX_OK) {
			return err;
		}
	}
	return AX_OK;
}

static const char *intc_name(enum axconf_intc kind)
{
	switch (kind) {
	case AXCONF_INTC_GICV2:
		return "gicv2";
	case AXCONF_INTC_GICV3:
		return "gicv3";
	case AXCONF_INTC_PLIC:
		return "plic";
	case AXCONF_INTC_DEFAULT:
		break;
	}
	return "default";
}

static ax_err_t find_intc(const struct axvm *vm, const struct axvm_intc_kind **intc,
			  struct axvm_diag *diag)
{
	const struct axvm_machine *m = vm->machine;

	for (uint32_t i = 0; i < m->intc_count; i++) {
		const struct axvm_intc_kind *k = &m->intcs[i];

		if (vm->conf.intc != AXCONF_INTC_DEFAULT ? k->kind != vm->conf.intc
							 : !k->available()) {
			continue;
		}
		if (!k->available()) {
			return axvm_refuse(diag, vm, AX_ENOTSUP,
					   "intc: this host's hardware cannot give a %s to a guest",
					   intc_name(k->kind));
		}
		if (vm->conf.vcpu_count > k->max_vcpus) {
			return axvm_refuse(diag, vm, AX_EINVAL, "%u vCPUs: a %s has at most %u",
					   vm->conf.vcpu_count, intc_name(k->kind), k->max_vcpus);
		}
		*intc = k;
		return AX_OK;
	}
	return axvm_refuse(diag, vm, AX_ENOTSUP, "intc: this machine has no %s",
			   intc_name(vm->conf.intc));
}

ax_err_t axvm_graph_resolve(struct axvm *vm, const struct axvm_intc_kind **intc,
			    struct axvm_diag *diag)
{
	ax_err_t err = find_intc(vm, intc, diag);

	if (err == AX_OK) {
		err = add_devices(vm, diag);
	}
	if (err == AX_OK) {
		err = check_irqs(vm, *intc, diag);
	}
	return err == AX_OK ? check_passthrough_irqs(vm, *intc, diag) : err;
}

static void add_passthrough_nodes(const struct axvm *vm, struct axfdt_machine *tree)
{
	for (uint32_t i = 0; i < vm->conf.passthrough_count; i++) {
		const struct axconf_passthrough *p = &vm->conf.passthrough[i];

		if (p->compatible[0] != '\0') {
			tree->devices[tree->device_count++] = (struct axfdt_device){
				.kind = AXFDT_PASSTHROUGH,
				.reg = { p->base.v, p->size },
				.irq = p->irq == AXCONF_AUTO ? 0 : (uint32_t)p->irq,
				.compatible = p->compatible,
			};
		}
	}
}

AX_STATIC_ASSERT(AXCONF_MAX_DEVICES + AXVM_MAX_FIRMWARE_DEVICES + AXCONF_MAX_PASSTHROUGH <=
		 AXFDT_MAX_DEVICES);

ax_err_t axvm_graph_write_fdt(struct axvm *vm, const struct axvm_intc_kind *intc,
			      struct axfdt_range initrd, struct axvm_diag *diag)
{
	const struct axvm_host_ops *host = vm->host;
	struct axfdt_machine tree = {
		.compatible = vm->machine->compatible,
		.model = vm->machine->compatible,
		.cmdline = vm->conf.cmdline,
		.initrd = initrd,
		.seeds = host->random != NULL && host->random(host->ctx, NULL, 0),
		.mem_count = vm->conf.mem_count,
		.cpu_count = vm->vcpu_count,
		.cpu_compatible = vm->machine->cpu_compatible,
		.intc = intc->fdt,
		.intc_dist = vm->intc.fdt_dist,
		.intc_cpu = vm->intc.fdt_cpu,
		.intc_source_count = intc->last_shared,
		.device_count = vm->device_count,
		.stdout_device = -1,
	};
	ax_err_t err;

	for (uint32_t i = 0; i < vm->conf.mem_count; i++) {
		tree.mem[i] = (struct axfdt_range){ vm->conf.mem[i].base.v, vm->conf.mem[i].size };
	}
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		tree.cpu_reg[i] = vm->cpu_reg[i];
	}
	for (uint32_t i = 0; i < vm->device_count; i++) {
		const struct axvm_device *d = &vm->devices[i];

		tree.devices[i] = (struct axfdt_device){
			.kind = d->model->fdt,
			.reg = { d->base, d->size },
			.irq = d->irq,
		};
		if (d == vm->console) {
			tree.stdout_device = (int)i;
		}
	}
	add_passthrough_nodes(vm, &tree);
	if (vm->machine->describe_cpus != NULL) {
		vm->machine->describe_cpus(&tree);
	}
	err = axfdt_write_machine(&tree, vm->dtb, AXVM_DTB_BYTES, &vm->dtb_size);
	if (err != AX_OK) {
		return axvm_refuse(diag, vm, err, "device tree: %s in %u bytes", ax_err_name(err),
				   (unsigned)AXVM_DTB_BYTES);
	}
	axfdt_find_seeds(vm->dtb, vm->seeds);
	return AX_OK;
}

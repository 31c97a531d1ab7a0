/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of the host that the VM is given: pages of registers, mapped, and interrupts, bound to its
 * controller. What the board does not list is denied; nothing is given to two, and nothing hidden.
 */
#include "internal.h"

static ax_err_t check_apart(const struct axvm *vm, const struct axconf_passthrough *p,
			    const char *name, uint64_t base, uint64_t size, struct axvm_diag *diag)
{
	return !ax_ranges_overlap(p->base.v, p->size, base, size)
		       ? AX_OK
		       : axvm_refuse(diag, vm, AX_EEXIST,
				     "passthrough %s at 0x%lx (0x%lx bytes) overlaps the emulated "
				     "%s at 0x%lx",
				     p->name, p->base.v, p->size, name, base);
}

/* The configuration cannot see where the machine's own devices are; a mapping would hide them. */
static ax_err_t check_place(const struct axvm *vm, const struct axconf_passthrough *p,
			    struct axvm_diag *diag)
{
	ax_err_t err = axvm_memory_check_free(vm, p->name, p->base.v, p->size, diag);

	for (uint32_t i = 0; err == AX_OK && i < vm->device_count; i++) {
		const struct axvm_device *d = &vm->devices[i];

		err = check_apart(vm, p, d->name, d->base, d->size, diag);
	}
	for (uint32_t i = 0; err == AX_OK && i < vm->intc.region_count; i++) {
		const struct axbus_region *r = &vm->intc.regions[i];

		if (r->space == AXBUS_MMIO) {
			err = check_apart(vm, p, r->name, r->base, r->size, diag);
		}
	}
	return err;
}

static ax_err_t map_one(struct axvm *vm, const struct axconf_passthrough *p, struct axvm_diag *diag)
{
	ax_err_t err = check_place(vm, p, diag);

	if (err != AX_OK) {
		return err;
	}
	if (vm->machine->passthrough_allowed == NULL ||
	    !vm->machine->passthrough_allowed(p->host, p->size)) {
		return axvm_refuse(diag, vm, AX_EINVAL,
				   "passthrough %s: host address 0x%lx is not on the board's list",
				   p->name, p->host.v);
	}
	err = axaddrspace_map(&vm->as, p->base, p->host, p->size,
			      AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_WRITE |
				      AXADDRSPACE_PROT_DEV);
	return err == AX_OK ? AX_OK
			    : axvm_refuse(diag, vm, err, "passthrough %s at 0x%lx: %s", p->name,
					  p->base.v, ax_err_name(err));
}

ax_err_t axvm_passthrough_map(struct axvm *vm, struct axvm_diag *diag)
{
	ax_err_t err = AX_OK;

	for (uint32_t i = 0; err == AX_OK && i < vm->conf.passthrough_count; i++) {
		err = map_one(vm, &vm->conf.passthrough[i], diag);
	}
	return err;
}

static ax_err_t bind_one(struct axvm *vm, const struct axconf_passthrough *p,
			 struct axvm_diag *diag)
{
	const struct axvm_assign_ops *assign = vm->machine->assign;
	ax_err_t err;

	if (assign == NULL) {
		return axvm_refuse(diag, vm, AX_ENOTSUP,
				   "passthrough %s: irq %u: this host passes no interrupts through",
				   p->name, (unsigned)p->irq);
	}
	vm->has_bound = true;
	err = assign->bind(vm->intc.intc.ctx, (uint32_t)p->irq);
	return err == AX_OK ? AX_OK
			    : axvm_refuse(diag, vm, err, "passthrough %s: irq %u of the host %s",
					  p->name, (unsigned)p->irq,
					  err == AX_EEXIST ? "is another VM's or the hypervisor's"
							   : "cannot be given");
}

ax_err_t axvm_passthrough_bind(struct axvm *vm, struct axvm_diag *diag)
{
	ax_err_t err = AX_OK;

	for (uint32_t i = 0; err == AX_OK && i < vm->conf.passthrough_count; i++) {
		if (vm->conf.passthrough[i].irq != AXCONF_AUTO) {
			err = bind_one(vm, &vm->conf.passthrough[i], diag);
		}
	}
	return err;
}

void axvm_passthrough_release(struct axvm *vm)
{
	if (vm->has_bound) {
		vm->machine->assign->release(vm->intc.intc.ctx);
		vm->has_bound = false;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses to devices without an exit: what the loop of step.c does around one, done in place. */
#include "internal.h"

static AX_COLD void flush(struct axvm_vcpu *vc)
{
	vc->vm->intc.intc.ops->flush(vc->vm->intc.intc.ctx, vc->core.id);
}

static AX_COLD enum axvcpu_access access_refused(struct axvm_vcpu *vc, enum ax_io_result res)
{
	vc->refused = res;
	return AXVCPU_ACCESS_EXIT;
}

static inline enum axvcpu_access access_end(struct axvm_vcpu *vc, enum ax_io_result res)
{
	if (AX_UNLIKELY(res != AX_IO_HANDLED)) {
		return access_refused(vc, res);
	}
	if (AX_UNLIKELY(atomic_load_explicit(vc->watch.flush, memory_order_acquire) != 0)) {
		flush(vc);
	}
	/* What is set from here on comes with a kick: the vCPU counts as being in the guest. */
	return AX_LIKELY(atomic_load_explicit(&vc->core.requests, memory_order_relaxed) == 0)
		       ? AXVCPU_ACCESS_DONE
		       : AXVCPU_ACCESS_LEAVE;
}

static inline enum axvcpu_access read_now(struct axvm_vcpu *vc, uint64_t addr, uint32_t size,
					  uint64_t *val)
{
	return access_end(vc,
			  axbus_read_unchecked(vc->bus, AXBUS_MMIO, addr, size, vc->core.id, val));
}

static inline enum axvcpu_access write_now(struct axvm_vcpu *vc, uint64_t addr, uint32_t size,
					   uint64_t val)
{
	return access_end(vc,
			  axbus_write_unchecked(vc->bus, AXBUS_MMIO, addr, size, vc->core.id, val));
}

/* Interrupts are in list registers: the controller learns first what the guest did with them. */
static AX_NOINLINE enum axvcpu_access read_synced(struct axvm_vcpu *vc, uint64_t addr,
						  uint32_t size, uint64_t *val)
{
	vc->vm->intc.intc.ops->sync(vc->vm->intc.intc.ctx, vc->core.id);
	return read_now(vc, addr, size, val);
}

static AX_NOINLINE enum axvcpu_access write_synced(struct axvm_vcpu *vc, uint64_t addr,
						   uint32_t size, uint64_t val)
{
	vc->vm->intc.intc.ops->sync(vc->vm->intc.intc.ctx, vc->core.id);
	return write_now(vc, addr, size, val);
}

enum axvcpu_access axvm_access_read(void *access_ctx, gpa_t addr, uint32_t size, uint64_t *val)
{
	struct axvm_vcpu *vc = access_ctx;

	return AX_LIKELY(*vc->watch.sync == 0) ? read_now(vc, addr.v, size, val)
					       : read_synced(vc, addr.v, size, val);
}

enum axvcpu_access axvm_access_write(void *access_ctx, gpa_t addr, uint32_t size, uint64_t val)
{
	struct axvm_vcpu *vc = access_ctx;

	return AX_LIKELY(*vc->watch.sync == 0) ? write_now(vc, addr.v, size, val)
					       : write_synced(vc, addr.v, size, val);
}

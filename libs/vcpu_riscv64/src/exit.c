/* SPDX-License-Identifier: Apache-2.0 */
/* From a trap (scause, stval, htval, htinst) to an exit, an emulation or a trap of the guest's own. */
#include "hw.h"

static void load_reg(struct vcpu_riscv64 *v, const struct insn_access *a, uint64_t val)
{
	if (a->fp) {
		/* NaN-boxed, F 11.2. The guest sees that its FP registers have changed. */
		vcpu_riscv64_hw_fp_set(a->reg, a->size == 4 ? val | AX_MASK64(63, 32) : val);
		vcpu_riscv64_set_csr(v, CSR_vsstatus,
				     vcpu_riscv64_get_csr(v, CSR_vsstatus) | SSTATUS_FS);
		return;
	}
	vcpu_set_reg(v, a->reg, a->sign ? ax_sign_extend(val, 8u * a->size) : val);
}

void vcpu_riscv64_mmio_done(struct vcpu_riscv64 *v, uint64_t val)
{
	if (!v->access.write) {
		load_reg(v, &v->access, val);
	}
	v->pc += v->access.len;
}

static uint64_t store_val(const struct insn_access *a, const struct vcpu_riscv64 *v)
{
	return a->fp ? vcpu_riscv64_hw_fp_get(a->reg) : v->x[a->reg];
}

AX_COLD bool vcpu_riscv64_mmio_exit(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	const struct insn_access *a = &v->access;

	v->pending = PEND_MMIO;
	exit->kind = AXVCPU_EXIT_MMIO;
	exit->u.mmio.addr = gpa(v->fault_gpa);
	exit->u.mmio.val = a->write ? store_val(a, v) & ax_byte_mask(a->size) : 0;
	exit->u.mmio.size = a->size;
	exit->u.mmio.write = a->write;
	return true;
}

/* Offer v->access to the VM where we stand; as an exit if it does not take it. */
static AX_COLD bool mmio(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	const struct insn_access *a = &v->access;
	enum axvcpu_access result = AXVCPU_ACCESS_EXIT;
	uint64_t val = 0;

	if (v->cfg.read != NULL && a->write) {
		result = v->cfg.write(v->cfg.access_ctx, gpa(v->fault_gpa), a->size,
				      store_val(a, v));
	} else if (v->cfg.read != NULL) {
		result = v->cfg.read(v->cfg.access_ctx, gpa(v->fault_gpa), a->size, &val);
	}
	if (result == AXVCPU_ACCESS_EXIT) {
		return vcpu_riscv64_mmio_exit(v, exit);
	}
	vcpu_riscv64_mmio_done(v, val);
	if (result == AXVCPU_ACCESS_LEAVE) {
		exit->kind = AXVCPU_EXIT_REQUEST;
		return true;
	}
	return false;
}

/*
 * One translation is known, that of the faulting page: an access that leaves it, or that has nothing to do
 * with the fault because the instruction was changed meanwhile, is not emulated.
 */
static bool access_fits(const struct vcpu_riscv64 *v, const struct insn_access *a)
{
	return (v->fault_gva & (AX_PAGE_SIZE - 1)) + a->size <= AX_PAGE_SIZE &&
	       a->write == (v->fault_cause == CAUSE_STORE_GUEST_FAULT);
}

static AX_COLD bool page_fault(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	v->pending = PEND_FAULT;
	exit->kind = AXVCPU_EXIT_PAGE_FAULT;
	exit->u.fault.addr = gpa(v->fault_gpa);
	exit->u.fault.write = v->fault_cause == CAUSE_STORE_GUEST_FAULT;
	exit->u.fault.exec = v->fault_cause == CAUSE_FETCH_GUEST_FAULT;
	exit->u.fault.walk = false;
	return true;
}

/* The guest's tables are read, or an A or D bit is set, whatever the access itself is. */
static AX_COLD bool walk_fault(struct vcpu_riscv64 *v, struct axvcpu_exit *exit, bool write)
{
	v->fault_gpa = ax_align_down(v->fault_gpa, 4); /* bits 1:0 were of the translated address */
	(void)page_fault(v, exit);
	exit->u.fault.write = write;
	exit->u.fault.exec = false;
	exit->u.fault.walk = true;
	return true;
}

/* Else the instruction has not been executed; and the host, too, traps where there are no such registers. */
static bool fp_on(const struct vcpu_riscv64 *v)
{
	return vcpu_has(v, VCPU_RISCV64_EXT(F)) &&
	       (vcpu_riscv64_get_csr(v, CSR_vsstatus) & SSTATUS_FS) != 0;
}

/*
 * Where htinst is zero the instruction is fetched: such hardware has no other way to reach a device, so
 * that comes before the question whether memory belongs there, which the exit asks. What is fetched is
 * trusted no further than it agrees with the fault: the guest may have changed it meanwhile.
 */
static AX_COLD bool fetched_access(struct vcpu_riscv64 *v, uint32_t insn)
{
	struct insn_address at;

	if (!vcpu_riscv64_insn_decode(insn, &v->access)) {
		return false;
	}
	if (v->access.fp && !fp_on(v)) {
		return false;
	}
	at = vcpu_riscv64_insn_address(insn);
	return v->x[at.base] + (uint64_t)(int64_t)at.off == v->fault_gva;
}

/* A guest-page fault in general. */
static AX_COLD bool guest_fault(struct vcpu_riscv64 *v, struct axvcpu_exit *exit, uint64_t htinst)
{
	bool write = false;
	bool known = false;
	uint32_t insn;

	if (vcpu_riscv64_htinst_walk(htinst, &write)) {
		return walk_fault(v, exit, write);
	}
	if (v->fault_cause == CAUSE_FETCH_GUEST_FAULT) {
		return page_fault(v, exit);
	}
	if (htinst != 0) {
		known = htinst <= UINT32_MAX &&
			vcpu_riscv64_htinst_decode((uint32_t)htinst, &v->access);
	} else {
		insn = vcpu_riscv64_hw_fetch(v->pc);
		if (insn == 0) {
			return false; /* no longer mapped: the guest takes its own fault of it */
		}
		known = fetched_access(v, insn);
	}
	return known && access_fits(v, &v->access) ? mmio(v, exit) : page_fault(v, exit);
}

/* After AXVCPU_EXIT_PAGE_FAULT, and no memory: what could be decoded has been tried already. */
bool vcpu_riscv64_decode(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	(void)exit;
	ax_assert(v->pending == PEND_FAULT);
	v->pending = PEND_NONE;
	vcpu_riscv64_inject_access(v);
	return false;
}

static AX_COLD bool trap_rare(struct vcpu_riscv64 *v, struct axvcpu_exit *exit, uint64_t scause,
			      uint64_t stval)
{
	switch (scause) {
	case CAUSE_MISALIGNED_FETCH:
	case CAUSE_FETCH_ACCESS:
	case CAUSE_ILLEGAL_INSTRUCTION:
	case CAUSE_BREAKPOINT:
	case CAUSE_MISALIGNED_LOAD:
	case CAUSE_LOAD_ACCESS:
	case CAUSE_MISALIGNED_STORE:
	case CAUSE_STORE_ACCESS:
	case CAUSE_USER_ECALL:
	case CAUSE_FETCH_PAGE_FAULT:
	case CAUSE_LOAD_PAGE_FAULT:
	case CAUSE_STORE_PAGE_FAULT:
	case CAUSE_SOFTWARE_CHECK: /* by senvcfg.LPE, which no bit of henvcfg holds back in VU-mode */
		/*
		 * The guest's own business, and delegated; but for access faults, which say that its
		 * memory is not what the G-stage says, and what a processor cannot delegate.
		 */
		vcpu_riscv64_inject(v, scause, stval);
		return false;
	default:
		exit->kind = AXVCPU_EXIT_FATAL;
		exit->u.fatal.reason = "trap of unknown cause";
		exit->u.fatal.code = scause;
		exit->u.fatal.addr = stval;
		return true;
	}
}

bool vcpu_riscv64_trap(struct vcpu_riscv64 *v, uint64_t stval, uint64_t htval, uint64_t htinst,
		       uint64_t scause)
{
	struct axvcpu_exit *exit = v->exit;
	enum vcpu_next next;

	switch (scause) {
	case CAUSE_LOAD_GUEST_FAULT:
	case CAUSE_STORE_GUEST_FAULT:
		next = vcpu_riscv64_access_fast(v, stval, htval, htinst, scause);
		if (next != NEXT_FULL) {
			return next == NEXT_LEAVE;
		}
		/* fall through */
	case CAUSE_FETCH_GUEST_FAULT:
		v->fault_cause = (uint32_t)scause;
		v->fault_gva = stval;
		v->fault_gpa = htval << 2 | (stval & 3);
		v->fault_htinst = htinst;
		return guest_fault(v, exit, htinst);
	case CAUSE_VIRTUAL_INSTRUCTION:
		return vcpu_riscv64_virtual_insn(v, exit, stval);
	default:
		return trap_rare(v, exit, scause, stval);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* From a trap (scause, stval, htval, htinst) to an exit, an emulation or a trap of the guest's own. */
#include "hw.h"

/*
 * htinst of LB to LD, LBU to LWU and SB to SD as the hardware transforms them (8.6.3): bit 1 of the opcode
 * says whether the instruction had 4 bytes, all that is not the operation and the data register is zero.
 */
#define HTINST_LEN4  UINT64_C(0x2)
#define HTINST_LOAD  UINT64_C(0x01)
#define HTINST_STORE UINT64_C(0x21)
#define HTINST_RD    AX_MASK64(11, 7)
#define HTINST_F3    AX_MASK64(14, 12)
#define HTINST_RS2   AX_MASK64(24, 20)
#define HTINST_SIZE  AX_MASK64(13, 12)
#define HTINST_F3_U  AX_BIT64(14) /* LBU, LHU, LWU; of a store, no such instruction */

static void note_fault(struct vcpu_riscv64 *v, uint64_t cause, uint64_t gva, uint64_t gpa,
		       uint64_t htinst)
{
	v->fault_cause = (uint32_t)cause;
	v->fault_gva = gva;
	v->fault_gpa = gpa;
	v->fault_htinst = htinst;
	v->fault_walk = false;
}

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

/* v->access at v->fault_gpa, for complete() to finish. */
static AX_COLD bool mmio_exit(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
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
static AX_COLD bool mmio_rare(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
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
		return mmio_exit(v, exit);
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

static AX_COLD bool page_fault(struct vcpu_riscv64 *v, struct axvcpu_exit *exit, bool walk_writes)
{
	v->pending = PEND_FAULT;
	exit->kind = AXVCPU_EXIT_PAGE_FAULT;
	exit->u.fault.addr = gpa(v->fault_gpa);
	exit->u.fault.walk = v->fault_walk;
	exit->u.fault.write =
		v->fault_walk ? walk_writes : v->fault_cause == CAUSE_STORE_GUEST_FAULT;
	exit->u.fault.exec = v->fault_cause == CAUSE_FETCH_GUEST_FAULT && !v->fault_walk;
	return true;
}

/* Addr. Offset of a transformed instruction: the access began before the page that faulted. */
#define HTINST_OFFSET AX_MASK64(19, 15)

/*
 * A guest-page fault that is not a plain load or store of a general register. Where htinst is zero the
 * instruction is fetched: such hardware has no other way to reach a device, so that comes before the
 * question whether memory belongs there, which the exit asks.
 */
static AX_COLD bool guest_fault_rare(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	uint64_t htinst = v->fault_htinst;
	bool walk_writes = false;
	bool known = false;
	uint32_t insn;

	if (vcpu_riscv64_htinst_walk(htinst, &walk_writes)) {
		v->fault_walk = true;
		/* Of the table, not of the address that was translated. */
		v->fault_gpa = ax_align_down(v->fault_gpa, 4);
		return page_fault(v, exit, walk_writes);
	}
	if (v->fault_cause == CAUSE_FETCH_GUEST_FAULT) {
		return page_fault(v, exit, false);
	}
	if (htinst == 0) {
		if (!vcpu_riscv64_hw_fetch(v->pc, &insn)) {
			return false; /* no longer mapped: the guest takes its own fault */
		}
		known = vcpu_riscv64_insn_decode(insn, &v->access);
	} else if (htinst <= UINT32_MAX && (htinst & HTINST_OFFSET) == 0) {
		known = vcpu_riscv64_htinst_decode((uint32_t)htinst, &v->access);
	}
	if (known && access_fits(v, &v->access)) {
		return mmio_rare(v, exit);
	}
	return page_fault(v, exit, false);
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

/* Not simply done: an exit, or done and out. */
static AX_COLD bool mmio_leave(struct vcpu_riscv64 *v, struct axvcpu_exit *exit,
			       enum axvcpu_access result, uint64_t val)
{
	bool known = vcpu_riscv64_htinst_decode((uint32_t)v->fault_htinst, &v->access);

	ax_assert(known);
	if (result == AXVCPU_ACCESS_EXIT) {
		return mmio_exit(v, exit);
	}
	vcpu_riscv64_mmio_done(v, val);
	exit->kind = AXVCPU_EXIT_REQUEST;
	return true;
}

/* The next two are offered to the VM in place; the registers of the guest are in @v. */
static AX_NOINLINE bool mmio_load(struct vcpu_riscv64 *v, struct axvcpu_exit *exit, uint64_t gpa_,
				  uint64_t htinst)
{
	unsigned size = 1u << AX_FIELD_GET(HTINST_SIZE, htinst);
	enum axvcpu_access result;
	uint64_t val = 0;

	result = v->cfg.read(v->cfg.access_ctx, gpa(gpa_), size, &val);
	if (AX_UNLIKELY(result != AXVCPU_ACCESS_DONE)) {
		return mmio_leave(v, exit, result, val);
	}
	if ((htinst & HTINST_F3_U) == 0) {
		val = ax_sign_extend(val, 8 * size);
	}
	vcpu_set_reg(v, (unsigned)AX_FIELD_GET(HTINST_RD, htinst), val);
	v->pc += 2 + (htinst & HTINST_LEN4);
	return false;
}

static AX_NOINLINE bool mmio_store(struct vcpu_riscv64 *v, struct axvcpu_exit *exit, uint64_t gpa_,
				   uint64_t htinst)
{
	unsigned size = 1u << AX_FIELD_GET(HTINST_SIZE, htinst);
	uint64_t val = v->x[AX_FIELD_GET(HTINST_RS2, htinst)];
	enum axvcpu_access result;

	result = v->cfg.write(v->cfg.access_ctx, gpa(gpa_), size, val);
	if (AX_UNLIKELY(result != AXVCPU_ACCESS_DONE)) {
		return mmio_leave(v, exit, result, val);
	}
	v->pc += 2 + (htinst & HTINST_LEN4);
	return false;
}

static bool fast_load(uint64_t htinst)
{
	return (htinst & ~(HTINST_RD | HTINST_F3 | HTINST_LEN4)) == HTINST_LOAD &&
	       (htinst & HTINST_F3) != HTINST_F3;
}

static bool fast_store(uint64_t htinst)
{
	return (htinst & ~(HTINST_RS2 | HTINST_SIZE | HTINST_LEN4)) == HTINST_STORE;
}

/* A device's registers, nearly always. Both kinds are told by their htinst, whatever the cause is. */
static bool guest_fault(struct vcpu_riscv64 *v, struct axvcpu_exit *exit, uint64_t cause,
			uint64_t stval, uint64_t htval, uint64_t htinst)
{
	uint64_t addr = htval << 2 | (stval & 3);
	/* An access of 8 bytes fits wherever it is aligned, as registers are; else it is looked at. */
	bool in_page = (stval & 7) == 0 || (stval & (AX_PAGE_SIZE - 1)) <= AX_PAGE_SIZE - 8;

	note_fault(v, cause, stval, addr, htinst);
	if (AX_LIKELY(in_page && v->cfg.read != NULL)) {
		if (cause == CAUSE_LOAD_GUEST_FAULT && AX_LIKELY(fast_load(htinst))) {
			return mmio_load(v, exit, addr, htinst);
		}
		if (cause == CAUSE_STORE_GUEST_FAULT && AX_LIKELY(fast_store(htinst))) {
			return mmio_store(v, exit, addr, htinst);
		}
	}
	return guest_fault_rare(v, exit);
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

/* The frequent causes first, each a tail call. */
bool vcpu_riscv64_trap(struct vcpu_riscv64 *v, struct axvcpu_exit *exit, uint64_t scause,
		       uint64_t stval, uint64_t htval, uint64_t htinst)
{
	switch (scause) {
	case CAUSE_VS_ECALL:
		return vcpu_riscv64_sbi(v, exit);
	case CAUSE_LOAD_GUEST_FAULT:
	case CAUSE_STORE_GUEST_FAULT:
	case CAUSE_FETCH_GUEST_FAULT:
		return guest_fault(v, exit, scause, stval, htval, htinst);
	case CAUSE_VIRTUAL_INSTRUCTION:
		return vcpu_riscv64_virtual_insn(v, exit, stval);
	default:
		break;
	}
	if (AX_LIKELY((scause & CAUSE_INTERRUPT) != 0)) {
		exit->kind = AXVCPU_EXIT_HOST_IRQ;
		return true;
	}
	return trap_rare(v, exit, scause, stval);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frequent traps, called from switch.S with the guest's s0-s11 and gp still in the processor: loads and
 * stores that the VM answers in place, and interrupts. Whatever is not plain is NEXT_FULL, and exit.c looks
 * at it again from the beginning: once more here, for all may be missing is a register.
 *
 * What is needed after a call is read from memory again: fewer registers to keep are fewer instructions.
 */
#include "hw.h"

/*
 * LB to LD, LBU to LWU and SB to SD: as fetched, or as the hardware transforms them for htinst (8.6.3). In the
 * latter bit 1 says whether the instruction had 4 bytes, and what is not named here is zero: the address
 * operand is, as this form says nothing of it but that the access began at the faulting address.
 */
#define OP_LEN4  UINT32_C(0x2)
#define OP_MAJOR UINT32_C(0x7f)
#define OP_LOAD  UINT32_C(0x01)
#define OP_STORE UINT32_C(0x21)
#define OP_RD    AX_MASK64(11, 7)
#define OP_F3    AX_MASK64(14, 12)
#define OP_RS2   AX_MASK64(24, 20)
#define OP_SIZE  AX_MASK64(13, 12)
#define OP_F3_U  UINT32_C(0x4000) /* LBU, LHU, LWU; no such store */

/* x3, x8, x9, x18 to x27: not in v->x at first */
#define REGS_AWAY UINT32_C(0x0ffc0308)
#define REGS_HERE 0

/* C.LW, C.LD, C.SW, C.SD: bits 15, 14, 1 and 0. */
#define RVC_MASK   UINT32_C(0xc003)
#define RVC_LOAD   UINT32_C(0x4000)
#define RVC_STORE  UINT32_C(0xc000)
#define RVC_F3(c)  (((c) >> 13 & 3) << 12)
#define RVC_REG(c) (8 + ((c) >> 2 & 7))

/* By shifts: AX_FIELD_GET() has 64 bits, and the conversions cost. */
static uint32_t size_log2(uint32_t op)
{
	return op >> 12 & 3;
}

static bool is_away(uint32_t away, uint32_t reg)
{
	return (away >> (reg & 31) & 1) != 0;
}

/* 8 bytes fit wherever they are aligned, as a device's registers are; other places are looked at later. */
static bool in_page(uint64_t gva)
{
	return (gva & 7) == 0 || (gva & (AX_PAGE_SIZE - 1)) <= AX_PAGE_SIZE - 8;
}

/*
 * Of a fetched instruction, whose access may have begun in the page before the one that has faulted. Only what
 * has more than a byte and faults at the start of a page needs its address compared. Elsewhere a guest that
 * changes its instruction meanwhile gets what it has written, at the address that has faulted.
 */
static inline bool may_begin_before(uint64_t gva, uint32_t op)
{
	return (gva & (AX_PAGE_SIZE - 1)) == 0 && (op & OP_SIZE) != 0;
}

/* @op if its access begins where it has faulted, else 0; 0 too if its base register is not at hand. */
static AX_COLD uint32_t unless_before(const struct vcpu_riscv64 *v, uint32_t insn, uint32_t op,
				      uint32_t away)
{
	struct insn_address at = vcpu_riscv64_insn_address(insn);
	uint64_t begin = v->x[at.base] + (uint64_t)(int64_t)at.off;

	return !is_away(away, at.base) && begin == v->fault_gva ? op : 0;
}

/* Not simply done: an exit, or done and out. */
static AX_COLD enum vcpu_next leave(struct vcpu_riscv64 *v, enum axvcpu_access result, bool write,
				    uint64_t val)
{
	uint32_t op = v->fast_op;

	v->fault_cause = write ? CAUSE_STORE_GUEST_FAULT : CAUSE_LOAD_GUEST_FAULT;
	v->fault_htinst = op;
	v->access = (struct insn_access){
		.reg = (uint8_t)AX_FIELD_GET(write ? OP_RS2 : OP_RD, op),
		.size = (uint8_t)(1u << size_log2(op)),
		.len = (uint8_t)(2 + (op & OP_LEN4)),
		.write = write,
		.sign = !write && (op & OP_F3_U) == 0,
	};
	if (result == AXVCPU_ACCESS_EXIT) {
		(void)vcpu_riscv64_mmio_exit(v, v->exit);
	} else {
		vcpu_riscv64_mmio_done(v, val);
		v->exit->kind = AXVCPU_EXIT_REQUEST;
	}
	return NEXT_LEAVE;
}

/* The load at the PC, as htinst would have it but for its address operand; 0: not a plain one. */
static AX_ALWAYS_INLINE uint32_t fetch_load(const struct vcpu_riscv64 *v, uint32_t away)
{
	uint32_t insn = vcpu_riscv64_hw_fetch(v->pc);
	uint32_t op = insn;

	if (AX_UNLIKELY((insn & OP_MAJOR) != (OP_LOAD | OP_LEN4))) {
		if ((insn & RVC_MASK) != RVC_LOAD) {
			return 0;
		}
		op = OP_LOAD | RVC_F3(insn) | RVC_REG(insn) << 7;
	}
	return AX_LIKELY(!may_begin_before(v->fault_gva, op)) ? op
							      : unless_before(v, insn, op, away);
}

/* Likewise the store. */
static AX_ALWAYS_INLINE uint32_t fetch_store(const struct vcpu_riscv64 *v, uint32_t away)
{
	uint32_t insn = vcpu_riscv64_hw_fetch(v->pc);
	uint32_t op = insn;

	if ((insn & (OP_MAJOR | OP_F3_U)) != (OP_STORE | OP_LEN4)) {
		if ((insn & RVC_MASK) != RVC_STORE) {
			return 0;
		}
		op = OP_STORE | RVC_F3(insn) | RVC_REG(insn) << 20;
	}
	return AX_LIKELY(!may_begin_before(v->fault_gva, op)) ? op
							      : unless_before(v, insn, op, away);
}

/* @val has no bit above the size. */
static AX_ALWAYS_INLINE void load_done(struct vcpu_riscv64 *v, uint64_t val)
{
	uint32_t op = v->fast_op;
	uint64_t f3 = op >> 12 & 7;

	if (f3 < 4) { /* LB to LD: the shift drops the bits above the size */
		uint64_t drop = (0 - (UINT64_C(8) << f3)) & 63;

		val = (uint64_t)((int64_t)(val << drop) >> drop);
	}
	vcpu_set_reg(v, op >> 7 & 31, val);
	v->pc += 2 + (op & OP_LEN4);
}

static AX_ALWAYS_INLINE enum vcpu_next load_fault(struct vcpu_riscv64 *v, uint64_t stval,
						  uint64_t htval, uint64_t htinst, uint32_t away)
{
	uint32_t op = (uint32_t)htinst;
	enum axvcpu_access result;
	uint64_t val = 0;

	v->fault_gva = stval;
	v->fault_gpa = htval << 2 | (stval & 3);
	if (AX_UNLIKELY(!in_page(stval))) {
		return NEXT_FULL;
	}
	if (htinst == 0) { /* QEMU 7.2, most often */
		op = fetch_load(v, away);
		if (op == 0) {
			return NEXT_FULL;
		}
	} else if ((htinst & ~(OP_RD | OP_F3 | OP_LEN4)) != OP_LOAD) {
		return NEXT_FULL;
	}
	if (AX_UNLIKELY(is_away(away, op >> 7) || v->cfg.read == NULL)) {
		return NEXT_FULL;
	}
	v->fast_op = op;
	result = v->cfg.read(v->cfg.access_ctx, gpa(v->fault_gpa), 1u << size_log2(op), &val);
	if (AX_UNLIKELY(result != AXVCPU_ACCESS_DONE)) {
		return leave(v, result, false, val);
	}
	load_done(v, val);
	return NEXT_ENTER;
}

static AX_ALWAYS_INLINE enum vcpu_next store_fault(struct vcpu_riscv64 *v, uint64_t stval,
						   uint64_t htval, uint64_t htinst, uint32_t away)
{
	uint32_t op = (uint32_t)htinst;
	enum axvcpu_access result;

	v->fault_gva = stval;
	v->fault_gpa = htval << 2 | (stval & 3);
	if (AX_UNLIKELY(!in_page(stval))) {
		return NEXT_FULL;
	}
	if (htinst == 0) {
		op = fetch_store(v, away);
		if (op == 0) {
			return NEXT_FULL;
		}
	} else if ((htinst & ~(OP_RS2 | OP_SIZE | OP_LEN4)) != OP_STORE) {
		return NEXT_FULL;
	}
	if (AX_UNLIKELY(is_away(away, op >> 20) || v->cfg.read == NULL)) {
		return NEXT_FULL;
	}
	v->fast_op = op;
	result = v->cfg.write(v->cfg.access_ctx, gpa(v->fault_gpa), 1u << size_log2(op),
			      v->x[op >> 20 & 31]);
	if (AX_UNLIKELY(result != AXVCPU_ACCESS_DONE)) {
		return leave(v, result, true, 0);
	}
	v->pc += 2 + (v->fast_op & OP_LEN4);
	return NEXT_ENTER;
}

/* A kick for an IPI, likely, and the guest goes on. */
static AX_NOINLINE enum vcpu_next host_irq(struct vcpu_riscv64 *v)
{
	if (v->cfg.host_irq != NULL && v->cfg.host_irq(v->cfg.access_ctx)) {
		vcpu_riscv64_take_ipi(v);
		return NEXT_ENTER;
	}
	v->exit->kind = AXVCPU_EXIT_HOST_IRQ;
	return NEXT_LEAVE;
}

static AX_NOINLINE enum vcpu_next load_fault_first(struct vcpu_riscv64 *v, uint64_t stval,
						   uint64_t htval, uint64_t htinst)
{
	return load_fault(v, stval, htval, htinst, REGS_AWAY);
}

static AX_NOINLINE enum vcpu_next store_fault_first(struct vcpu_riscv64 *v, uint64_t stval,
						    uint64_t htval, uint64_t htinst)
{
	return store_fault(v, stval, htval, htinst, REGS_AWAY);
}

static AX_NOINLINE enum vcpu_next others_first(struct vcpu_riscv64 *v, uint64_t scause)
{
	if ((scause & CAUSE_INTERRUPT) != 0) {
		return host_irq(v);
	}
	return NEXT_FULL;
}

/* Tail calls with the arguments where they are. */
enum vcpu_next vcpu_riscv64_trap_fast(struct vcpu_riscv64 *v, uint64_t stval, uint64_t htval,
				      uint64_t htinst, uint64_t scause)
{
	if (scause == CAUSE_LOAD_GUEST_FAULT) {
		return load_fault_first(v, stval, htval, htinst);
	}
	if (scause == CAUSE_STORE_GUEST_FAULT) {
		return store_fault_first(v, stval, htval, htinst);
	}
	return others_first(v, scause);
}

enum vcpu_next vcpu_riscv64_access_fast(struct vcpu_riscv64 *v, uint64_t stval, uint64_t htval,
					uint64_t htinst, uint64_t scause)
{
	return scause == CAUSE_LOAD_GUEST_FAULT ? load_fault(v, stval, htval, htinst, REGS_HERE)
						: store_fault(v, stval, htval, htinst, REGS_HERE);
}

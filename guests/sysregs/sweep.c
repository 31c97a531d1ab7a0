/* SPDX-License-Identifier: Apache-2.0 */
/* Reads of every encoding; writes of every one that cannot be written; SYS instructions of other levels. */
#include "sweep.h"
#include "aarch64/gic.h"
#include "guest.h"

#define UNDEFINED UINT64_C(0x2000000) /* EC 0, IL, no ISS */
#define ALL_FP    0x3330000 /* CPACR_EL1.FPEN, ZEN, SMEN: nothing is trapped to EL1 itself */

static bool id_space_trapped; /* FEAT_IDST */

static bool present(const struct sysreg_row *row)
{
	struct guest_regs r = { 0 };

	if (row->id_crm == 0) {
		return true;
	}
	guest_try_insn(GUEST_INSN_MRS(GUEST_SYSREG(3, 0, 0, row->id_crm, row->id_op2), 0), &r,
		       NULL);
	return (r.x[0] >> row->id_shift & 15) != 0;
}

/*
 * Registers of the implementer: HCR_EL2.TIDCP makes them UNDEFINED for the guest. QEMU before 8.2 does
 * not know that bit and answers with constants.
 */
static bool is_implementers(uint32_t reg)
{
	uint32_t crn = reg >> 7 & 15;

	return reg >> 14 == 3 && (crn == 11 || crn == 15);
}

static enum sysreg_access access_of(uint32_t reg)
{
	if (is_implementers(reg)) {
		return OPEN;
	}
	for (uint32_t i = 0; i < sysreg_row_count; i++) {
		const struct sysreg_row *row = &sysreg_rows[i];

		if (reg >= row->first && reg < row->first + row->count && present(row)) {
			return row->access == GICV3 && guest_gic.version != 3 ? NEITHER
									      : row->access;
		}
	}
	return NEITHER;
}

static void complain(const char *what, uint32_t reg, const struct guest_trap *t, uint64_t val)
{
	guest_printf("%s of s%u_%u_c%u_c%u_%u: ", what, reg >> 14, reg >> 11 & 7, reg >> 7 & 15,
		     reg >> 3 & 15, reg & 7);
	if (t->count != 0) {
		guest_printf("exception, ESR 0x%lx: WRONG\n", t->esr);
	} else {
		guest_printf("no exception, 0x%lx: WRONG\n", val);
	}
}

/*
 * Whether the exception of a read is the one of a register that is not there: with FEAT_IDST, in the
 * space of ID registers (D19.2.69), a trapped MRS.
 */
static bool is_undefined(uint32_t reg, uint64_t esr)
{
	uint32_t op1 = reg >> 11 & 7;

	if (id_space_trapped && reg >> 14 == 3 && (reg >> 7 & 15) == 0 && (reg >> 3 & 15) < 8 &&
	    (op1 == 0 || op1 == 1 || op1 == 3)) {
		return GUEST_EC(esr) == GUEST_EC_SYS64;
	}
	return esr == UNDEFINED;
}

/* Whether a read did what it may. */
static bool read_fits(uint32_t reg, bool done, uint64_t esr, uint64_t val)
{
	enum sysreg_access a = access_of(reg);

	switch (a) {
	case RO:
	case RW:
		return done;
	case RAZ:
	case RAZWI:
		return done && val == 0;
	case MAYBE:
		return done ? val == 0 : is_undefined(reg, esr);
	case OPEN:
	case GICV3: /* of the 40 encodings some are holes or write-only */
		return done || is_undefined(reg, esr);
	case NEITHER:
	case WO:
	default:
		return !done && is_undefined(reg, esr);
	}
}

static uint32_t sweep_reads(uint32_t op0)
{
	uint32_t bad = 0;

	for (uint32_t n = 0; n < 1u << 14; n++) {
		uint32_t reg = op0 << 14 | n;
		struct guest_regs r = { .x = { 0x5a5a } };
		struct guest_trap t;
		bool done = guest_try_insn(GUEST_INSN_MRS(reg, 0), &r, &t);

		if (!read_fits(reg, done, t.esr, r.x[0])) {
			complain("read", reg, &t, r.x[0]);
			bad++;
		}
	}
	return bad;
}

/* Only where nothing may come of it: what is not there, what is read-only, what ignores writes. */
static uint32_t sweep_writes(uint32_t op0)
{
	uint32_t bad = 0;

	for (uint32_t n = 0; n < 1u << 14; n++) {
		uint32_t reg = op0 << 14 | n;
		enum sysreg_access a = access_of(reg);
		struct guest_regs r = { .x = { ~UINT64_C(0) } };
		struct guest_trap t;

		if (a == RW || a == WO || a == GICV3 || a == OPEN) {
			continue;
		}
		bool done = guest_try_insn(GUEST_INSN_MSR(reg, 0), &r, &t);
		bool fits = done ? a == RAZWI || a == MAYBE : a != RAZWI && t.esr == UNDEFINED;

		if (!fits) {
			complain("write", reg, &t, 0);
			bad++;
		}
	}
	return bad;
}

/* SYS and SYSL with op1 4 to 7 are EL2's and EL3's; CRn 11 and 15 are the implementer's. */
static uint32_t sweep_sys(void)
{
	uint32_t bad = 0;

	for (uint32_t n = 0; n < 1u << 14; n++) {
		uint32_t reg = 1u << 14 | n;
		uint32_t crn = reg >> 7 & 15;

		if ((reg >> 11 & 7) < 4 && crn != 11 && crn != 15) {
			continue;
		}
		for (unsigned read = 0; read < 2; read++) {
			struct guest_regs r = { 0 };
			struct guest_trap t;
			uint32_t insn = read != 0 ? GUEST_INSN_MRS(reg, 0) : GUEST_INSN_MSR(reg, 0);

			if (guest_try_insn(insn, &r, &t) || t.esr != UNDEFINED) {
				complain(read != 0 ? "SYSL" : "SYS", reg, &t, r.x[0]);
				bad++;
			}
		}
	}
	return bad;
}

void sweep(void)
{
	struct sysreg_row ids = { .id_crm = 7, .id_op2 = 2, .id_shift = 36 };

	guest_gic_find();
	guest_msr(cpacr_el1, ALL_FP);
	id_space_trapped = present(&ids);
	guest_check(sweep_reads(3) == 0, "reads of all with op0 = 3");
	guest_check(sweep_reads(2) == 0, "reads of all with op0 = 2");
	guest_check(sweep_writes(3) == 0, "writes of what cannot be written, op0 = 3");
	guest_check(sweep_writes(2) == 0, "writes of what cannot be written, op0 = 2");
	guest_check(sweep_sys() == 0, "system instructions of other levels");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions taken to the guest's EL1, as AArch64.TakeException() does it (Arm ARM J1.1.2). */
#include "../../hw.h"

/* Vector by where the exception comes from (D1.4.2): current EL with SP_EL0, with SP_ELx, lower EL. */
static uint64_t vector_offset(uint64_t pstate)
{
	if ((pstate & PSTATE_NRW) != 0) {
		return 0x600;
	}
	switch (pstate & PSTATE_M) {
	case PSTATE_M_EL1T:
		return 0x000;
	case PSTATE_M_EL1H:
		return 0x200;
	default:
		return 0x400;
	}
}

static bool has_pan(const struct vcpu_aarch64 *v)
{
	return (v->id[7][1] & AX_MASK64(23, 20)) != 0; /* ID_AA64MMFR1_EL1.PAN */
}

static uint64_t entry_pstate(const struct vcpu_aarch64 *v)
{
	uint64_t old = v->pstate;
	uint64_t p = (old & (PSTATE_NZCV | PSTATE_PAN | PSTATE_DIT)) | PSTATE_DAIF | PSTATE_M_EL1H;

	if (has_pan(v) && (v->sys[SYS_SCTLR_EL1] & SCTLR_SPAN) == 0) {
		p |= PSTATE_PAN;
	}
	if ((v->sys[SYS_SCTLR_EL1] & SCTLR_DSSBS) != 0) {
		p |= PSTATE_SSBS;
	}
	return p;
}

static bool from_el0(const struct vcpu_aarch64 *v)
{
	return (v->pstate & PSTATE_NRW) != 0 || (v->pstate & PSTATE_M) == PSTATE_M_EL0T;
}

static void take(struct vcpu_aarch64 *v, uint64_t esr, const uint64_t *far)
{
	vcpu_aarch64_pull(v);
	v->sys[SYS_ELR_EL1] = v->pc;
	v->sys[SYS_SPSR_EL1] = v->pstate;
	v->sys[SYS_ESR_EL1] = esr;
	if (far != NULL) {
		v->sys[SYS_FAR_EL1] = *far;
	}
	v->pc = (v->sys[SYS_VBAR_EL1] & ~UINT64_C(0x7ff)) + vector_offset(v->pstate);
	v->pstate = entry_pstate(v);
	vcpu_aarch64_push(v);
}

void vcpu_aarch64_inject_undef(struct vcpu_aarch64 *v)
{
	take(v, AX_FIELD_PREP(ESR_EC, EC_UNKNOWN) | ESR_IL, NULL);
}

/*
 * What the access was is as true for the guest as it was for EL2 (ESR_ELx.WnR, CM); how it went wrong is
 * not: to the guest, stage 2 is the bus.
 */
static uint64_t abort_iss(struct vcpu_aarch64 *v, bool fetch)
{
	uint32_t esr = v->fault_esr;
	uint64_t iss = fetch ? 0 : esr & (ISS_CM | ISS_WNR);

	if ((esr & ISS_S1PTW) != 0) {
		return iss | FSC_EXTERNAL_WALK |
		       vcpu_aarch64_walk_level(v, v->fault_far, v->fault_ipa);
	}
	if ((esr & FSC_TYPE) == FSC_EXTERNAL_WALK) { /* the host's own bus */
		return iss | (esr & ISS_FSC);
	}
	return iss | FSC_EXTERNAL;
}

void vcpu_aarch64_inject_abort(struct vcpu_aarch64 *v)
{
	bool fetch = AX_FIELD_GET(ESR_EC, v->fault_esr) == EC_IABT_LOWER;
	uint64_t ec = fetch ? EC_IABT_LOWER : EC_DABT_LOWER;

	if (!from_el0(v)) {
		ec = fetch ? EC_IABT_CURRENT : EC_DABT_CURRENT;
	}
	take(v, AX_FIELD_PREP(ESR_EC, ec) | ESR_IL | abort_iss(v, fetch), &v->fault_far);
}

void vcpu_aarch64_inject_same(struct vcpu_aarch64 *v, uint64_t esr, uint64_t far)
{
	uint64_t ec = AX_FIELD_GET(ESR_EC, esr);

	/* The breakpoint, step and watchpoint classes are told apart by their lowest bit. */
	if (ec >= EC_BREAKPT_LOWER && ec <= EC_WATCHPT_LOWER && !from_el0(v)) {
		esr |= AX_FIELD_PREP(ESR_EC, 1);
	}
	take(v, esr, &far);
}

void vcpu_aarch64_inject_serror(struct vcpu_aarch64 *v)
{
	v->hcr |= HCR_VSE; /* the processor takes it when PSTATE.A lets it, and clears the bit */
	if (v->resident) {
		vcpu_aarch64_hw_write_hcr(v->hcr);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trapped MSR, MRS and SYS instructions: an allow list. What is not in it is an undefined instruction,
 * as it is on a processor with the ID registers that the guest sees.
 */
#include "../../hw.h"
#include "sysreg.h"

#define R VCPU_AARCH64_SYSREG

enum policy {
	P_UNDEF,
	P_RAZ_WI,
	P_ID,
	P_EXIT,   /* the interrupt controller's */
	P_SRE,    /* ICC_SRE_EL1 */
	P_PTIMER, /* CNTP_* */
	P_PCOUNT, /* CNTPCT_EL0 */
	P_MDSCR,
	P_DBG, /* a breakpoint or watchpoint that exists */
	P_OSLAR,
	P_OSLSR,
};

static uint32_t f_op0(uint32_t reg)
{
	return reg >> 14 & 3;
}

static uint32_t f_crm(uint32_t reg)
{
	return reg >> 3 & 15;
}

/* Debug registers with op0 = 2. The communication channel to an external debugger is not there. */
static enum policy debug_policy(uint32_t reg)
{
	uint32_t op1 = reg >> 11 & 7;

	switch (reg) {
	case SYSREG_MDSCR_EL1:
		return P_MDSCR;
	case SYSREG_OSLAR_EL1:
		return P_OSLAR;
	case SYSREG_OSLSR_EL1:
		return P_OSLSR;
	default:
		break;
	}
	if ((reg & ~R(0, 0, 0, VCPU_DBG_COUNT - 1, 3)) == R(2, 0, 0, 0, 4)) {
		return P_DBG;
	}
	/* op1 = 1 is trace, 4 and up AArch32's */
	return op1 == 0 || op1 == 3 ? P_RAZ_WI : P_UNDEF;
}

static bool is_pmu(uint32_t reg)
{
	uint32_t base = reg & ~R(0, 7, 0, 15, 7);

	if (base == R(3, 0, 9, 0, 0)) {
		return f_crm(reg) >= 12 && f_crm(reg) <= 14;
	}
	return (reg & ~R(0, 0, 0, 7, 7)) == R(3, 3, 14, 8, 0); /* PMEV* */
}

static enum policy icc_policy(uint32_t reg, bool gicv3)
{
	if (!gicv3) {
		return P_UNDEF;
	}
	return reg == SYSREG_ICC_SRE_EL1 ? P_SRE : P_EXIT;
}

static enum policy policy_of(uint32_t reg, bool read, bool gicv3)
{
	switch (reg) {
	case SYSREG_CNTP_TVAL_EL0:
	case SYSREG_CNTP_CTL_EL0:
	case SYSREG_CNTP_CVAL_EL0:
		return P_PTIMER;
	case SYSREG_CNTPCT_EL0:
		/*
		 * CNTHCTL_EL2.EL1PCTEN lets it through. QEMU 7.2 asks EL1PCEN, the timer's bit, for
		 * EL0 that EL1 allowed it.
		 */
		return read ? P_PCOUNT : P_UNDEF;
	case SYSREG_ACTLR_EL1:
		return P_RAZ_WI;
	case SYSREG_ICC_PMR_EL1:
		return icc_policy(reg, gicv3);
	default:
		break;
	}
	if (f_op0(reg) == 2) {
		return debug_policy(reg);
	}
	if ((reg & ~R(0, 0, 0, 15, 7)) == R(3, 0, 0, 0, 0) && f_crm(reg) >= 1 && f_crm(reg) <= 7) {
		return read ? P_ID : P_UNDEF;
	}
	if ((reg & ~R(0, 0, 0, 15, 7)) == R(3, 0, 12, 0, 0) && f_crm(reg) >= 8 &&
	    f_crm(reg) <= 12) {
		return icc_policy(reg, gicv3);
	}
	return is_pmu(reg) ? P_RAZ_WI : P_UNDEF;
}

static uint64_t read_reg(struct vcpu_aarch64 *v, enum policy p, uint32_t reg)
{
	switch (p) {
	case P_ID:
		return v->id[f_crm(reg)][reg & 7];
	case P_SRE:
		return 7; /* SRE, DFB, DIB: the system register interface, always on */
	case P_PTIMER:
		return vcpu_aarch64_ptimer_read(v, reg);
	case P_PCOUNT:
		return vcpu_aarch64_hw_counter();
	case P_MDSCR:
		vcpu_aarch64_pull(v);
		return v->sys[SYS_MDSCR_EL1];
	case P_DBG:
		return v->dbg[f_crm(reg)][reg & 3];
	case P_OSLSR:
		return AX_BIT64(3) | (v->oslk ? AX_BIT64(1) : 0); /* OSLM: implemented */
	case P_UNDEF:
	case P_RAZ_WI:
	case P_EXIT:
	case P_OSLAR:
	default:
		return 0;
	}
}

/* True: the run loop must tell its caller that the timer has moved. */
static bool write_reg(struct vcpu_aarch64 *v, enum policy p, uint32_t reg, uint64_t val)
{
	switch (p) {
	case P_PTIMER:
		return vcpu_aarch64_ptimer_write(v, reg, val);
	case P_MDSCR:
		vcpu_aarch64_pull(v);
		v->sys[SYS_MDSCR_EL1] = val & MDSCR_GUEST;
		vcpu_aarch64_push(v);
		vcpu_aarch64_push_dbg(v);
		return false;
	case P_DBG:
		v->dbg[f_crm(reg)][reg & 3] = val & vcpu_dbg_mask(reg & 3);
		vcpu_aarch64_pull(v);
		vcpu_aarch64_push_dbg(v);
		return false;
	case P_OSLAR:
		v->oslk = (val & 1) != 0;
		return false;
	case P_UNDEF:
	case P_RAZ_WI:
	case P_ID:
	case P_EXIT:
	case P_SRE:
	case P_PCOUNT:
	case P_OSLSR:
	default:
		return false;
	}
}

static bool leave(struct vcpu_aarch64 *v, uint32_t reg, uint64_t esr, struct axvcpu_exit *exit)
{
	unsigned rt = (unsigned)AX_FIELD_GET(ISS_SYS_RT, esr);
	bool write = (esr & ISS_SYS_READ) == 0;

	v->pending = PEND_SYSREG;
	v->sysreg_rt = (uint8_t)rt;
	v->sysreg_write = write;
	exit->kind = AXVCPU_EXIT_SYSREG;
	exit->u.sysreg.reg = reg;
	exit->u.sysreg.write = write;
	exit->u.sysreg.val = write ? vcpu_reg(v, rt) : 0;
	return true;
}

bool vcpu_aarch64_sysreg(struct vcpu_aarch64 *v, struct axvcpu_exit *exit, uint32_t esr)
{
	uint32_t reg = R(AX_FIELD_GET(ISS_SYS_OP0, esr), AX_FIELD_GET(ISS_SYS_OP1, esr),
			 AX_FIELD_GET(ISS_SYS_CRN, esr), AX_FIELD_GET(ISS_SYS_CRM, esr),
			 AX_FIELD_GET(ISS_SYS_OP2, esr));
	unsigned rt = (unsigned)AX_FIELD_GET(ISS_SYS_RT, esr);
	bool read = (esr & ISS_SYS_READ) != 0;
	enum policy p = policy_of(reg, read, v->arch.gicv3);
	bool moved = false;

	if (p == P_EXIT) {
		return leave(v, reg, esr, exit);
	}
	if (p == P_UNDEF) {
		vcpu_aarch64_inject_undef(v);
		return false;
	}
	if (read) {
		vcpu_set_reg(v, rt, read_reg(v, p, reg));
	} else {
		moved = write_reg(v, p, reg, vcpu_reg(v, rt));
	}
	vcpu_skip(v);
	exit->kind = AXVCPU_EXIT_TIMER;
	return moved;
}

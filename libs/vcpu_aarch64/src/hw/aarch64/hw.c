/* SPDX-License-Identifier: Apache-2.0 */
/* The EL2 instructions of the back end, one short function each. */
#include "../../hw.h"

#define READ(reg, val)  __asm__ volatile("mrs %0, " #reg : "=r"(val))
#define WRITE(reg, val) __asm__ volatile("msr " #reg ", %0" : : "r"((uint64_t)(val)) : "memory")
#define ISB()           __asm__ volatile("isb" : : : "memory")

/*
 * EPD1 and EPD0. While no guest is live, and until the registers of the next one are complete, the
 * processor must not walk one guest's tables under another's VMID; some do so speculatively (Arm
 * errata 1319367, 1165522, 1530923).
 */
#define TCR_NO_WALKS (AX_BIT64(23) | AX_BIT64(7))

extern const char vcpu_aarch64_hw_vectors[];

bool vcpu_aarch64_hw_stage1(uint64_t va, bool el0, uint64_t *ipa)
{
	uint64_t guest_par;
	uint64_t par;

	READ(par_el1, guest_par);
	if (el0) {
		__asm__ volatile("at s1e0r, %0" : : "r"(va) : "memory");
	} else {
		__asm__ volatile("at s1e1r, %0" : : "r"(va) : "memory");
	}
	ISB();
	READ(par_el1, par);
	WRITE(par_el1, guest_par);
	if ((par & 1) != 0) {
		return false;
	}
	*ipa = (par & AX_MASK64(47, 12)) | (va & (AX_PAGE_SIZE - 1));
	return true;
}

#define OFF_FROM(n, count, reg)        \
	do {                           \
		if ((count) > (n)) {   \
			WRITE(reg, 0); \
		}                      \
	} while (0)

static void disable_extra_breakpoints(uint64_t dfr0)
{
	uint64_t brps = AX_FIELD_GET(AX_MASK64(15, 12), dfr0) + 1;
	uint64_t wrps = AX_FIELD_GET(AX_MASK64(23, 20), dfr0) + 1;

	OFF_FROM(2, brps, dbgbcr2_el1);
	OFF_FROM(2, wrps, dbgwcr2_el1);
	OFF_FROM(3, brps, dbgbcr3_el1);
	OFF_FROM(3, wrps, dbgwcr3_el1);
	OFF_FROM(4, brps, dbgbcr4_el1);
	OFF_FROM(4, wrps, dbgwcr4_el1);
	OFF_FROM(5, brps, dbgbcr5_el1);
	OFF_FROM(5, wrps, dbgwcr5_el1);
	OFF_FROM(6, brps, dbgbcr6_el1);
	OFF_FROM(6, wrps, dbgwcr6_el1);
	OFF_FROM(7, brps, dbgbcr7_el1);
	OFF_FROM(7, wrps, dbgwcr7_el1);
	OFF_FROM(8, brps, dbgbcr8_el1);
	OFF_FROM(8, wrps, dbgwcr8_el1);
	OFF_FROM(9, brps, dbgbcr9_el1);
	OFF_FROM(9, wrps, dbgwcr9_el1);
	OFF_FROM(10, brps, dbgbcr10_el1);
	OFF_FROM(10, wrps, dbgwcr10_el1);
	OFF_FROM(11, brps, dbgbcr11_el1);
	OFF_FROM(11, wrps, dbgwcr11_el1);
	OFF_FROM(12, brps, dbgbcr12_el1);
	OFF_FROM(12, wrps, dbgwcr12_el1);
	OFF_FROM(13, brps, dbgbcr13_el1);
	OFF_FROM(13, wrps, dbgwcr13_el1);
	OFF_FROM(14, brps, dbgbcr14_el1);
	OFF_FROM(14, wrps, dbgwcr14_el1);
	OFF_FROM(15, brps, dbgbcr15_el1);
	OFF_FROM(15, wrps, dbgwcr15_el1);
}

/* Breakpoints above the guest's two hold what an earlier owner left: switch them off for ever. */
static void debug_init(void)
{
	uint64_t counters = 0;
	uint64_t dfr0;

	READ(id_aa64dfr0_el1, dfr0);
	WRITE(oslar_el1, 0);
	WRITE(mdscr_el1, 0);
	disable_extra_breakpoints(dfr0);
	if (AX_FIELD_GET(AX_MASK64(11, 8), dfr0) - 1 < 14) { /* PMUVer: neither none nor private */
		uint64_t pmcr;

		READ(pmcr_el0, pmcr);
		WRITE(pmuserenr_el0, 0);
		counters = AX_FIELD_GET(AX_MASK64(15, 11), pmcr); /* N, for HPMN */
	}
	WRITE(mdcr_el2, MDCR_TPM | MDCR_TPMCR | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | MDCR_TPMS |
				MDCR_TTRF | counters);
}

/*
 * Controls of later features, unknown after reset. All zero: HCRX_EL2 keeps the registers and
 * instructions it enables from the guest; of the fine-grained traps only those are on that zero turns
 * on ("n" bits), which stand for state that is not switched, such as TPIDR2_EL0.
 */
static void later_traps_init(void)
{
	uint64_t fgt = AX_FIELD_GET(AX_MASK64(59, 56), vcpu_aarch64_hw_id(7, 0)); /* MMFR0.FGT */

	if (AX_FIELD_GET(AX_MASK64(43, 40), vcpu_aarch64_hw_id(7, 1)) != 0) { /* MMFR1.HCX */
		WRITE(S3_4_C1_C2_2, 0);                                       /* HCRX_EL2 */
	}
	if (fgt >= 1) {
		WRITE(S3_4_C1_C1_4, 0); /* HFGRTR_EL2 */
		WRITE(S3_4_C1_C1_5, 0); /* HFGWTR_EL2 */
		WRITE(S3_4_C1_C1_6, 0); /* HFGITR_EL2 */
		WRITE(S3_4_C3_C1_4, 0); /* HDFGRTR_EL2 */
		WRITE(S3_4_C3_C1_5, 0); /* HDFGWTR_EL2 */
	}
	if (fgt >= 2) {
		WRITE(S3_4_C3_C1_0, 0); /* HDFGRTR2_EL2 */
		WRITE(S3_4_C3_C1_1, 0); /* HDFGWTR2_EL2 */
		WRITE(S3_4_C3_C1_2, 0); /* HFGRTR2_EL2 */
		WRITE(S3_4_C3_C1_3, 0); /* HFGWTR2_EL2 */
		WRITE(S3_4_C3_C1_7, 0); /* HFGITR2_EL2 */
	}
}

void vcpu_aarch64_hw_cpu_init(void)
{
	uint64_t pfr0;

	WRITE(vbar_el2, (uintptr_t)vcpu_aarch64_hw_vectors);
	WRITE(tcr_el1, TCR_NO_WALKS);
	ISB();
	WRITE(sctlr_el1, SCTLR_EL1_RESET);
	WRITE(cptr_el2, CPTR_BASE);
	WRITE(cnthctl_el2, CNTHCTL_EL1PCTEN);
	WRITE(cntv_ctl_el0, 0);
	WRITE(hstr_el2, 0);
	debug_init();
	later_traps_init();
	READ(id_aa64pfr0_el1, pfr0);
	if (AX_FIELD_GET(AX_MASK64(31, 28), pfr0) != 0) { /* RAS: syndrome of a virtual SError */
		WRITE(S3_4_C5_C2_3, 0);                   /* VSESR_EL2 */
	}
	if (AX_FIELD_GET(AX_MASK64(43, 40), pfr0) != 0) { /* MPAM: trap the guest's registers */
		WRITE(S3_4_C10_C5_0, AX_BIT64(49) | AX_BIT64(48)); /* MPAM2_EL2 */
	}
	ISB();
}

void vcpu_aarch64_hw_load(const struct vcpu_aarch64 *v, bool flush_local)
{
	WRITE(vpidr_el2, v->midr);
	WRITE(vmpidr_el2, v->arch.mpidr);
	WRITE(vtcr_el2, v->vtcr);
	WRITE(vttbr_el2, v->vttbr);
	WRITE(hcr_el2, v->hcr);
	WRITE(cntvoff_el2, v->arch.cntvoff);
	WRITE(cntv_cval_el0, v->vtimer.cval);
	ISB(); /* the offset and CVAL stand before the timer is on */
	WRITE(cntv_ctl_el0, v->vtimer.ctl);
	if ((v->hcr & HCR_TERR) !=
	    0) { /* there is RAS: what another guest's ESB deferred is its own */
		WRITE(S3_4_C12_C1_1, 0); /* VDISR_EL2 */
	}
	if (flush_local) {
		__asm__ volatile("dsb nshst\n\ttlbi vmalle1\n\tic iallu\n\tdsb nsh" : : : "memory");
	}
	ISB();
}

void vcpu_aarch64_hw_put(struct vcpu_aarch64 *v)
{
	READ(cntv_ctl_el0, v->vtimer.ctl);
	WRITE(cntv_ctl_el0, 0);
	READ(cntv_cval_el0, v->vtimer.cval);
	v->vtimer.ctl &= CNT_CTL_ENABLE | CNT_CTL_IMASK;
	WRITE(tcr_el1, TCR_NO_WALKS);
	READ(hcr_el2, v->hcr); /* a virtual SError is still pending, or the guest took it */
	ISB();
}

void vcpu_aarch64_hw_load_sys(const uint64_t *sys, bool keys)
{
#define X(name) WRITE(name, sys[SYS_##name]);
	VCPU_AARCH64_SYS(X)
#undef X
	if (keys) {
#define X(name, code) WRITE(code, sys[SYS_##name]);
		VCPU_AARCH64_KEYS(X)
#undef X
	}
	ISB();
}

void vcpu_aarch64_hw_save_sys(uint64_t *sys, bool keys)
{
#define X(name) READ(name, sys[SYS_##name]);
	VCPU_AARCH64_SYS(X)
#undef X
	if (keys) {
#define X(name, code) READ(code, sys[SYS_##name]);
		VCPU_AARCH64_KEYS(X)
#undef X
	}
}

void vcpu_aarch64_hw_load_dbg(const struct vcpu_aarch64 *v)
{
	WRITE(dbgbvr0_el1, v->dbg[0][DBG_BVR]);
	WRITE(dbgbcr0_el1, v->dbg[0][DBG_BCR]);
	WRITE(dbgwvr0_el1, v->dbg[0][DBG_WVR]);
	WRITE(dbgwcr0_el1, v->dbg[0][DBG_WCR]);
	WRITE(dbgbvr1_el1, v->dbg[1][DBG_BVR]);
	WRITE(dbgbcr1_el1, v->dbg[1][DBG_BCR]);
	WRITE(dbgwvr1_el1, v->dbg[1][DBG_WVR]);
	WRITE(dbgwcr1_el1, v->dbg[1][DBG_WCR]);
	ISB();
}

void vcpu_aarch64_hw_write_hcr(uint64_t hcr)
{
	WRITE(hcr_el2, hcr);
	ISB();
}

void vcpu_aarch64_hw_fp_trap(bool trap)
{
	WRITE(cptr_el2, trap ? CPTR_BASE | CPTR_TFP : CPTR_BASE);
	ISB();
}

uint64_t vcpu_aarch64_hw_midr(void)
{
	uint64_t val;

	READ(midr_el1, val);
	return val;
}

uint64_t vcpu_aarch64_hw_id(uint32_t crm, uint32_t op2)
{
	uint64_t val = 0;

	switch (crm << 4 | op2) {
	case 0x40:
		READ(id_aa64pfr0_el1, val);
		break;
	case 0x41:
		READ(id_aa64pfr1_el1, val);
		break;
	case 0x60:
		READ(id_aa64isar0_el1, val);
		break;
	case 0x61:
		READ(id_aa64isar1_el1, val);
		break;
	case 0x62:
		READ(S3_0_C0_C6_2, val); /* ID_AA64ISAR2_EL1 */
		break;
	case 0x70:
		READ(id_aa64mmfr0_el1, val);
		break;
	case 0x71:
		READ(id_aa64mmfr1_el1, val);
		break;
	case 0x72:
		READ(S3_0_C0_C7_2, val); /* ID_AA64MMFR2_EL1 */
		break;
	default:
		break;
	}
	return val;
}

uint64_t vcpu_aarch64_hw_counter(void)
{
	uint64_t val;

	ISB();
	READ(cntpct_el0, val);
	return val;
}

uint64_t vcpu_aarch64_hw_cntfrq(void)
{
	uint64_t val;

	READ(cntfrq_el0, val);
	return val & UINT32_MAX;
}

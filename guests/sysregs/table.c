/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System registers that EL1 in AArch64 can access, by DDI 0487 C5.3, D12.3 (tables of op0, op1, CRn, CRm,
 * op2) and IHI 0069 12.2, on a processor with the ID registers that the hypervisor shows. What is not
 * here is UNDEFINED.
 */
#include "guest.h"
#include "sweep.h"

#define R      GUEST_SYSREG

#define ALWAYS 0, 0, 0
#define DIT    4, 0, 48
#define SSBS   4, 1, 4
#define RNDR   6, 0, 60
#define APA    6, 1, 4
#define PAN    7, 1, 20
#define UAO    7, 2, 4
#define CCIDX  7, 2, 20

const struct sysreg_row sysreg_rows[] = {
	{ R(3, 0, 0, 0, 0), 1, RO, ALWAYS },      /* MIDR_EL1 */
	{ R(3, 0, 0, 0, 5), 2, RO, ALWAYS },      /* MPIDR_EL1, REVIDR_EL1 */
	{ R(3, 0, 0, 1, 0), 24, RAZ, ALWAYS },    /* ID_* of AArch32, MVFR*: there is none */
	{ R(3, 0, 0, 4, 0), 32, RO, ALWAYS },     /* ID_AA64*; the reserved ones too */
	{ R(3, 0, 1, 0, 0), 1, RW, ALWAYS },      /* SCTLR_EL1 */
	{ R(3, 0, 1, 0, 1), 1, RAZWI, ALWAYS },   /* ACTLR_EL1 */
	{ R(3, 0, 1, 0, 2), 1, RW, ALWAYS },      /* CPACR_EL1 */
	{ R(3, 0, 2, 0, 0), 3, RW, ALWAYS },      /* TTBR0_EL1, TTBR1_EL1, TCR_EL1 */
	{ R(3, 0, 2, 1, 0), 4, RW, APA },         /* APIAKey*, APIBKey* */
	{ R(3, 0, 2, 2, 0), 4, RW, APA },         /* APDAKey*, APDBKey* */
	{ R(3, 0, 2, 3, 0), 2, RW, APA },         /* APGAKey* */
	{ R(3, 0, 4, 0, 0), 2, RW, ALWAYS },      /* SPSR_EL1, ELR_EL1 */
	{ R(3, 0, 4, 1, 0), 1, RW, ALWAYS },      /* SP_EL0 */
	{ R(3, 0, 4, 2, 0), 1, RW, ALWAYS },      /* SPSel */
	{ R(3, 0, 4, 2, 2), 1, RO, ALWAYS },      /* CurrentEL */
	{ R(3, 0, 4, 2, 3), 1, RW, PAN },         /* PAN */
	{ R(3, 0, 4, 2, 4), 1, RW, UAO },         /* UAO */
	{ R(3, 0, 4, 6, 0), 1, GICV3, ALWAYS },   /* ICC_PMR_EL1 */
	{ R(3, 0, 5, 1, 0), 2, RW, ALWAYS },      /* AFSR0_EL1, AFSR1_EL1 */
	{ R(3, 0, 5, 2, 0), 1, RW, ALWAYS },      /* ESR_EL1 */
	{ R(3, 0, 6, 0, 0), 1, RW, ALWAYS },      /* FAR_EL1 */
	{ R(3, 0, 7, 4, 0), 1, RW, ALWAYS },      /* PAR_EL1 */
	{ R(3, 0, 9, 14, 1), 2, RAZWI, ALWAYS },  /* PMINTENSET_EL1, PMINTENCLR_EL1 */
	{ R(3, 0, 9, 14, 6), 1, MAYBE, ALWAYS },  /* PMMIR_EL1 */
	{ R(3, 0, 10, 2, 0), 1, RW, ALWAYS },     /* MAIR_EL1 */
	{ R(3, 0, 10, 3, 0), 1, RW, ALWAYS },     /* AMAIR_EL1 */
	{ R(3, 0, 12, 0, 0), 1, RW, ALWAYS },     /* VBAR_EL1 */
	{ R(3, 0, 12, 1, 0), 1, RO, ALWAYS },     /* ISR_EL1 */
	{ R(3, 0, 12, 8, 0), 40, GICV3, ALWAYS }, /* ICC_* */
	{ R(3, 0, 12, 1, 1), 1, MAYBE, ALWAYS }, /* DISR_EL1: RAS is hidden, but this has no trap */
	{ R(3, 0, 13, 0, 1), 1, RW, ALWAYS },    /* CONTEXTIDR_EL1 */
	{ R(3, 0, 13, 0, 4), 1, RW, ALWAYS },    /* TPIDR_EL1 */
	{ R(3, 0, 14, 1, 0), 1, RW, ALWAYS },    /* CNTKCTL_EL1 */
	{ R(3, 1, 0, 0, 0), 2, RO, ALWAYS },     /* CCSIDR_EL1, CLIDR_EL1 */
	{ R(3, 1, 0, 0, 2), 1, RO, CCIDX },      /* CCSIDR2_EL1 */
	{ R(3, 1, 0, 0, 7), 1, RO, ALWAYS },     /* AIDR_EL1 */
	{ R(3, 2, 0, 0, 0), 1, RW, ALWAYS },     /* CSSELR_EL1 */
	{ R(3, 3, 0, 0, 1), 1, RO, ALWAYS },     /* CTR_EL0 */
	{ R(3, 3, 0, 0, 7), 1, RO, ALWAYS },     /* DCZID_EL0 */
	{ R(3, 3, 2, 4, 0), 2, RO, RNDR },       /* RNDR, RNDRRS */
	{ R(3, 3, 4, 2, 0), 2, RW, ALWAYS },     /* NZCV, DAIF */
	{ R(3, 3, 4, 2, 5), 1, RW, DIT },        /* DIT */
	{ R(3, 3, 4, 2, 6), 1, RW, SSBS },       /* SSBS */
	{ R(3, 3, 4, 4, 0), 2, RW, ALWAYS },     /* FPCR, FPSR */
	{ R(3, 3, 9, 12, 0), 4, RAZWI, ALWAYS }, /* PMCR_EL0 to PMOVSCLR_EL0 */
	{ R(3, 3, 9, 12, 4), 1, WO, ALWAYS },    /* PMSWINC_EL0 */
	{ R(3, 3, 9, 12, 5), 1, RAZWI, ALWAYS }, /* PMSELR_EL0 */
	{ R(3, 3, 9, 12, 6), 2, RAZ, ALWAYS },   /* PMCEID*_EL0 */
	{ R(3, 3, 9, 13, 0), 3, RAZWI, ALWAYS }, /* PMCCNTR_EL0, PMXEVTYPER_EL0, PMXEVCNTR_EL0 */
	{ R(3, 3, 9, 14, 0), 1, RAZWI, ALWAYS }, /* PMUSERENR_EL0 */
	{ R(3, 3, 9, 14, 3), 1, RAZWI, ALWAYS }, /* PMOVSSET_EL0 */
	{ R(3, 3, 13, 0, 2), 2, RW, ALWAYS },    /* TPIDR_EL0, TPIDRRO_EL0 */
	{ R(3, 3, 14, 0, 0), 3, RO, ALWAYS },    /* CNTFRQ_EL0, CNTPCT_EL0, CNTVCT_EL0 */
	{ R(3, 3, 14, 2, 0), 3, RW, ALWAYS },    /* CNTP_* */
	{ R(3, 3, 14, 3, 0), 3, RW, ALWAYS },    /* CNTV_* */
	{ R(3, 3, 14, 8, 0), 64, MAYBE, ALWAYS }, /* PMEVCNTR*, PMEVTYPER*, PMCCFILTR_EL0 */
	/*
	 * SME is hidden by the fine-grained traps that come with it, SMIDR_EL1 is a constant. QEMU 7.2's
	 * max has SME without these traps.
	 */
	{ R(3, 0, 1, 2, 4), 1, OPEN, ALWAYS },  /* SMPRI_EL1 */
	{ R(3, 1, 0, 0, 6), 1, OPEN, ALWAYS },  /* SMIDR_EL1 */
	{ R(3, 3, 13, 0, 5), 1, OPEN, ALWAYS }, /* TPIDR2_EL0 */
	/* Debug. How many breakpoints a processor has above the two that it shows is its own matter. */
	{ R(2, 0, 0, 0, 4), 4, RW,
	  ALWAYS }, /* DBGBVR0_EL1, DBGBCR0_EL1, DBGWVR0_EL1, DBGWCR0_EL1 */
	{ R(2, 0, 0, 1, 4), 4, RW, ALWAYS },
	{ R(2, 0, 0, 0, 2), 1, MAYBE, ALWAYS }, /* OSDTRRX_EL1 */
	{ R(2, 0, 0, 2, 0), 1, MAYBE, ALWAYS }, /* MDCCINT_EL1 */
	{ R(2, 0, 0, 2, 2), 1, RW, ALWAYS },    /* MDSCR_EL1 */
	{ R(2, 0, 0, 2, 4), 4, MAYBE, ALWAYS }, /* DBGBVR2_EL1, … */
	{ R(2, 0, 0, 3, 2), 1, MAYBE, ALWAYS }, /* OSDTRTX_EL1 */
	{ R(2, 0, 0, 3, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 4, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 5, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 6, 2), 1, MAYBE, ALWAYS }, /* OSECCR_EL1 */
	{ R(2, 0, 0, 6, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 7, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 8, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 9, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 10, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 11, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 12, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 13, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 14, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 0, 15, 4), 4, MAYBE, ALWAYS },
	{ R(2, 0, 1, 0, 0), 1, MAYBE, ALWAYS },  /* MDRAR_EL1 */
	{ R(2, 0, 1, 0, 4), 1, WO, ALWAYS },     /* OSLAR_EL1 */
	{ R(2, 0, 1, 1, 4), 1, RO, ALWAYS },     /* OSLSR_EL1 */
	{ R(2, 0, 1, 3, 4), 1, MAYBE, ALWAYS },  /* OSDLR_EL1 */
	{ R(2, 0, 1, 4, 4), 1, MAYBE, ALWAYS },  /* DBGPRCR_EL1 */
	{ R(2, 0, 7, 8, 6), 1, MAYBE, ALWAYS },  /* DBGCLAIMSET_EL1 */
	{ R(2, 0, 7, 9, 6), 1, MAYBE, ALWAYS },  /* DBGCLAIMCLR_EL1 */
	{ R(2, 0, 7, 14, 6), 1, MAYBE, ALWAYS }, /* DBGAUTHSTATUS_EL1 */
	{ R(2, 3, 0, 1, 0), 1, MAYBE, ALWAYS },  /* MDCCSR_EL0 */
	{ R(2, 3, 0, 4, 0), 1, MAYBE, ALWAYS },  /* DBGDTR_EL0 */
	{ R(2, 3, 0, 5, 0), 1, MAYBE, ALWAYS },  /* DBGDTRRX_EL0, DBGDTRTX_EL0 */
};

const uint32_t sysreg_row_count = sizeof(sysreg_rows) / sizeof(sysreg_rows[0]);

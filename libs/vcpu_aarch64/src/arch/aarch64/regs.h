/* SPDX-License-Identifier: Apache-2.0 */
/* System register fields as the Arm ARM (DDI 0487) names them; only what this library uses. */
#pragma once
#include <axbase/bits.h>

/* ESR_ELx, D17.2.37 */
#define ESR_EC           AX_MASK64(31, 26)
#define ESR_IL           AX_BIT64(25)
#define ESR_ISS          AX_MASK64(24, 0)
#define EC_UNKNOWN       0x00
#define EC_WFX           0x01
#define EC_FP            0x07
#define EC_ILLEGAL       0x0e
#define EC_HVC64         0x16
#define EC_SMC64         0x17
#define EC_SYS64         0x18
#define EC_IABT_LOWER    0x20
#define EC_IABT_CURRENT  0x21
#define EC_PC_ALIGN      0x22
#define EC_DABT_LOWER    0x24
#define EC_DABT_CURRENT  0x25
#define EC_SP_ALIGN      0x26
#define EC_FP_EXC64      0x2c
#define EC_BREAKPT_LOWER 0x30
#define EC_STEP_LOWER    0x32
#define EC_WATCHPT_LOWER 0x34
#define EC_BRK64         0x3c

/* ISS of an abort */
#define ISS_ISV           AX_BIT64(24)
#define ISS_SAS           AX_MASK64(23, 22)
#define ISS_SSE           AX_BIT64(21)
#define ISS_SRT           AX_MASK64(20, 16)
#define ISS_SF            AX_BIT64(15)
#define ISS_FNV           AX_BIT64(10)
#define ISS_EA            AX_BIT64(9)
#define ISS_CM            AX_BIT64(8)
#define ISS_S1PTW         AX_BIT64(7)
#define ISS_WNR           AX_BIT64(6)
#define ISS_FSC           AX_MASK64(5, 0)
#define FSC_TYPE          AX_MASK64(5, 2) /* of the faults that carry a level in bits 1:0 */
#define FSC_TYPE_SIZE     0x00
#define FSC_TYPE_TRANS    0x04
#define FSC_TYPE_ACCESS   0x08
#define FSC_TYPE_PERM     0x0c
#define FSC_EXTERNAL      0x10
#define FSC_EXTERNAL_WALK 0x14 /* and the level */

/* ISS of WFI/WFE, of HVC and SMC, of MSR/MRS/SYS */
#define ISS_WFX_TI   AX_MASK64(1, 0)
#define ISS_IMM16    AX_MASK64(15, 0)
#define ISS_SYS_OP0  AX_MASK64(21, 20)
#define ISS_SYS_OP2  AX_MASK64(19, 17)
#define ISS_SYS_OP1  AX_MASK64(16, 14)
#define ISS_SYS_CRN  AX_MASK64(13, 10)
#define ISS_SYS_RT   AX_MASK64(9, 5)
#define ISS_SYS_CRM  AX_MASK64(4, 1)
#define ISS_SYS_READ AX_BIT64(0)

/* HPFAR_EL2.FIPA holds address bits 47:12 from bit 4 up */
#define HPFAR_FIPA AX_MASK64(43, 4)

/* SPSR_EL2, C5.2.20 */
#define PSTATE_M      AX_MASK64(3, 0)
#define PSTATE_M_EL0T 0x0
#define PSTATE_M_EL1T 0x4
#define PSTATE_M_EL1H 0x5
#define PSTATE_NRW    AX_BIT64(4)
#define PSTATE_DAIF   AX_MASK64(9, 6)
#define PSTATE_BTYPE  AX_MASK64(11, 10)
#define PSTATE_SSBS   AX_BIT64(12)
#define PSTATE_ALLINT AX_BIT64(13)
#define PSTATE_IL     AX_BIT64(20)
#define PSTATE_SS     AX_BIT64(21)
#define PSTATE_PAN    AX_BIT64(22)
#define PSTATE_UAO    AX_BIT64(23)
#define PSTATE_DIT    AX_BIT64(24)
#define PSTATE_TCO    AX_BIT64(25)
#define PSTATE_NZCV   AX_MASK64(31, 28)

#define SCTLR_SPAN    AX_BIT64(23)
#define SCTLR_DSSBS   AX_BIT64(44)
#define SCTLR_EL1_RESET \
	UINT64_C(0x30d00800) /* RES1 of Armv8.0; MMU, caches and alignment checks off */

#define HCR_VM     AX_BIT64(0)
#define HCR_SWIO   AX_BIT64(1)
#define HCR_PTW    AX_BIT64(2)
#define HCR_FMO    AX_BIT64(3)
#define HCR_IMO    AX_BIT64(4)
#define HCR_AMO    AX_BIT64(5)
#define HCR_VSE    AX_BIT64(8)
#define HCR_FB     AX_BIT64(9)
#define HCR_BSU_IS AX_BIT64(10)
#define HCR_TWI    AX_BIT64(13)
#define HCR_TID3   AX_BIT64(18)
#define HCR_TSC    AX_BIT64(19)
#define HCR_TIDCP  AX_BIT64(20)
#define HCR_TACR   AX_BIT64(21)
#define HCR_RW     AX_BIT64(31)
#define HCR_TLOR   AX_BIT64(35)
#define HCR_TERR   AX_BIT64(36)
#define HCR_APK    AX_BIT64(40)
#define HCR_API    AX_BIT64(41)
#define HCR_TID5   AX_BIT64(58)

/* CPTR_EL2 with E2H = 0: RES1 bits, and everything but FP trapped (SVE and SME by RES1 bits 8 and 12) */
#define CPTR_BASE        (UINT64_C(0x33ff) | AX_BIT64(20) | AX_BIT64(30)) /* TTA, TAM */
#define CPTR_TFP         AX_BIT64(10)

#define MDCR_TPMCR       AX_BIT64(5)
#define MDCR_TPM         AX_BIT64(6)
#define MDCR_TDA         AX_BIT64(9)
#define MDCR_TDOSA       AX_BIT64(10)
#define MDCR_TDRA        AX_BIT64(11)
#define MDCR_TPMS        AX_BIT64(14)
#define MDCR_TTRF        AX_BIT64(19)
#define CNTHCTL_EL1PCTEN AX_BIT64(0)

#define CNT_CTL_ENABLE   AX_BIT64(0)
#define CNT_CTL_IMASK    AX_BIT64(1)
#define CNT_CTL_ISTATUS  AX_BIT64(2)

#define MDSCR_SS         AX_BIT64(0)
#define MDSCR_KDE        AX_BIT64(13)
#define MDSCR_MDE        AX_BIT64(15)
#define MDSCR_GUEST      (MDSCR_SS | MDSCR_KDE | MDSCR_MDE)
/* Without HMC and SSC, which speak of EL2 and of Secure state, and linked to our two at most */
#define DBGBCR_GUEST \
	(AX_BIT64(0) | AX_MASK64(2, 1) | AX_MASK64(8, 5) | AX_BIT64(16) | AX_MASK64(23, 20))
#define DBGWCR_GUEST (AX_MASK64(12, 0) | AX_BIT64(16) | AX_BIT64(20) | AX_MASK64(28, 24))
#define MPIDR_RES1   AX_BIT64(31)
#define MPIDR_AFF    (AX_MASK64(39, 32) | AX_MASK64(23, 0))

#define VTCR_T0SZ    AX_MASK64(5, 0)

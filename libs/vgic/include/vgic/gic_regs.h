/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers of the GIC as the manuals spell them: IHI 0048 (GICv2) and IHI 0069 (GICv3). Shared by the
 * emulation and by drivers of the physical controller. "v2", "v3": where a register exists.
 */
#pragma once
#include <axbase/bits.h>

/* Interrupt ids (IHI 0069 2.2) */
#define GIC_SGI_COUNT      16
#define GIC_PPI_BASE       16
#define GIC_SPI_BASE       32
#define GIC_SPI_LIMIT      1020
#define GIC_INTID_SPURIOUS 1023

/* Distributor (IHI 0048 4.3, IHI 0069 12.9) */
#define GICD_CTLR                  0x0000 /* RW v2 v3 */
#define GICD_TYPER                 0x0004 /* RO v2 v3 */
#define GICD_IIDR                  0x0008 /* RO v2 v3 */
#define GICD_TYPER2                0x000c /* RO v3 */
#define GICD_STATUSR               0x0010 /* RW v3 */
#define GICD_SETSPI_NSR            0x0040 /* WO v3 */
#define GICD_CLRSPI_NSR            0x0048 /* WO v3 */
#define GICD_IGROUPR               0x0080 /* RW v2 v3, 1 bit an interrupt */
#define GICD_ISENABLER             0x0100 /* RW v2 v3, 1 bit */
#define GICD_ICENABLER             0x0180 /* RW v2 v3, 1 bit */
#define GICD_ISPENDR               0x0200 /* RW v2 v3, 1 bit */
#define GICD_ICPENDR               0x0280 /* RW v2 v3, 1 bit */
#define GICD_ISACTIVER             0x0300 /* RW v2 v3, 1 bit */
#define GICD_ICACTIVER             0x0380 /* RW v2 v3, 1 bit */
#define GICD_IPRIORITYR            0x0400 /* RW v2 v3, 8 bits */
#define GICD_ITARGETSR             0x0800 /* RW v2, 8 bits; RES0 in v3 with affinity routing */
#define GICD_ICFGR                 0x0c00 /* RW v2 v3, 2 bits */
#define GICD_IGRPMODR              0x0d00 /* RES0 with DS = 1 */
#define GICD_NSACR                 0x0e00 /* RES0 with DS = 1 */
#define GICD_SGIR                  0x0f00 /* WO v2 */
#define GICD_CPENDSGIR             0x0f10 /* RW v2, 8 bits */
#define GICD_SPENDSGIR             0x0f20 /* RW v2, 8 bits */
#define GICD_IROUTER               0x6000 /* RW v3, 64 bits; the first that exists is for INTID 32 */
#define GICD_V2_ICPIDR2            0x0fe8 /* RO v2 */
#define GICD_PIDR2                 0xffe8 /* RO v3 */
#define GICD_V2_CIDR0              0x0ff0 /* RO v2, four words */
#define GICD_CIDR0                 0xfff0 /* RO v3, four words */
#define GICD_V2_SIZE               0x1000
#define GICD_V3_SIZE               0x10000

#define GICD_CTLR_EnableGrp0       AX_BIT64(0)
#define GICD_CTLR_EnableGrp1       AX_BIT64(1)
#define GICD_CTLR_EnableGrp1A      AX_BIT64(1) /* the non-secure view where security is on */
#define GICD_CTLR_ARE              AX_BIT64(4) /* with DS = 1 */
#define GICD_CTLR_ARE_NS           AX_BIT64(4) /* in the non-secure view; bit 5 in the secure one */
#define GICD_CTLR_DS               AX_BIT64(6)
#define GICD_CTLR_RWP              AX_BIT64(31)

#define GICD_TYPER_ITLinesNumber   AX_MASK64(4, 0)
#define GICD_TYPER_CPUNumber       AX_MASK64(7, 5)
#define GICD_TYPER_SecurityExtn    AX_BIT64(10)
#define GICD_TYPER_MBIS            AX_BIT64(16)
#define GICD_TYPER_LPIS            AX_BIT64(17)
#define GICD_TYPER_IDbits          AX_MASK64(23, 19)
#define GICD_TYPER_A3V             AX_BIT64(24)
#define GICD_TYPER_No1N            AX_BIT64(25)

#define GICD_IROUTER_IRM           AX_BIT64(31)
#define GICD_IROUTER_Aff           (AX_MASK64(39, 32) | AX_MASK64(23, 0))
#define GICD_PIDR2_ArchRev         AX_MASK64(7, 4)

#define GICD_SGIR_TargetListFilter AX_MASK64(25, 24)
#define GICD_SGIR_CPUTargetList    AX_MASK64(23, 16)
#define GICD_SGIR_NSATT            AX_BIT64(15)
#define GICD_SGIR_INTID            AX_MASK64(3, 0)

/* Redistributor (IHI 0069 12.11): RD_base, then SGI_base one frame above it */
#define GICR_CTLR                   0x0000 /* RW */
#define GICR_IIDR                   0x0004 /* RO */
#define GICR_TYPER                  0x0008 /* RO 64 */
#define GICR_STATUSR                0x0010 /* RW */
#define GICR_WAKER                  0x0014 /* RW */
#define GICR_PROPBASER              0x0070 /* RW 64 */
#define GICR_PENDBASER              0x0078 /* RW 64 */
#define GICR_PIDR2                  0xffe8 /* RO */
#define GICR_CIDR0                  0xfff0 /* RO, four words */
#define GICR_SGI_BASE               0x10000
#define GICR_IGROUPR0               (GICR_SGI_BASE + 0x0080)
#define GICR_ISENABLER0             (GICR_SGI_BASE + 0x0100)
#define GICR_ICENABLER0             (GICR_SGI_BASE + 0x0180)
#define GICR_ISPENDR0               (GICR_SGI_BASE + 0x0200)
#define GICR_ICPENDR0               (GICR_SGI_BASE + 0x0280)
#define GICR_ISACTIVER0             (GICR_SGI_BASE + 0x0300)
#define GICR_ICACTIVER0             (GICR_SGI_BASE + 0x0380)
#define GICR_IPRIORITYR0            (GICR_SGI_BASE + 0x0400)
#define GICR_ICFGR0                 (GICR_SGI_BASE + 0x0c00)
#define GICR_ICFGR1                 (GICR_SGI_BASE + 0x0c04)
#define GICR_IGRPMODR0              (GICR_SGI_BASE + 0x0d00)
#define GICR_NSACR                  (GICR_SGI_BASE + 0x0e00)
#define GICR_STRIDE                 0x20000 /* both frames of one redistributor, no virtual LPIs */

#define GICR_CTLR_EnableLPIs        AX_BIT64(0)
#define GICR_CTLR_RWP               AX_BIT64(3)
#define GICR_TYPER_PLPIS            AX_BIT64(0)
#define GICR_TYPER_VLPIS            AX_BIT64(1)
#define GICR_TYPER_Last             AX_BIT64(4)
#define GICR_TYPER_Processor_Number AX_MASK64(23, 8)
#define GICR_TYPER_Affinity_Value   AX_MASK64(63, 32)
#define GICR_WAKER_ProcessorSleep   AX_BIT64(1)
#define GICR_WAKER_ChildrenAsleep   AX_BIT64(2)

/* CPU interface in memory (IHI 0048 4.4); GICV_* has the same layout */
#define GICC_CTLR            0x0000
#define GICC_PMR             0x0004
#define GICC_BPR             0x0008
#define GICC_IAR             0x000c
#define GICC_EOIR            0x0010
#define GICC_RPR             0x0014
#define GICC_HPPIR           0x0018
#define GICC_ABPR            0x001c
#define GICC_AIAR            0x0020
#define GICC_AEOIR           0x0024
#define GICC_AHPPIR          0x0028
#define GICC_APR0            0x00d0
#define GICC_NSAPR0          0x00e0
#define GICC_IIDR            0x00fc
#define GICC_DIR             0x1000
#define GICC_SIZE            0x2000

#define GICC_CTLR_EnableGrp0 AX_BIT64(0)
#define GICC_CTLR_EnableGrp1 AX_BIT64(1)
#define GICC_CTLR_AckCtl     AX_BIT64(2)
#define GICC_CTLR_FIQEn      AX_BIT64(3)
#define GICC_CTLR_CBPR       AX_BIT64(4)
#define GICC_CTLR_EOImode    AX_BIT64(9) /* EOImodeNS where there is no security */
#define GICC_IAR_INTID       AX_MASK64(9, 0)
#define GICC_IAR_CPUID       AX_MASK64(12, 10)

/* CPU interface system registers (IHI 0069 12.2): the fields drivers use */
#define ICC_SGIR_TargetList AX_MASK64(15, 0) /* ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1 */
#define ICC_SGIR_Aff1       AX_MASK64(23, 16)
#define ICC_SGIR_INTID      AX_MASK64(27, 24)
#define ICC_SGIR_Aff2       AX_MASK64(39, 32)
#define ICC_SGIR_IRM        AX_BIT64(40)
#define ICC_SGIR_RS         AX_MASK64(47, 44)
#define ICC_SGIR_Aff3       AX_MASK64(55, 48)
#define ICC_SRE_SRE         AX_BIT64(0)
#define ICC_SRE_DFB         AX_BIT64(1)
#define ICC_SRE_DIB         AX_BIT64(2)
#define ICC_SRE_Enable      AX_BIT64(3) /* EL2, EL3 */
#define ICC_CTLR_CBPR       AX_BIT64(0)
#define ICC_CTLR_EOImode    AX_BIT64(1)
#define ICC_CTLR_PRIbits    AX_MASK64(10, 8)

/* Virtual interface control in memory (IHI 0048 5.3) */
#define GICH_HCR           0x0000
#define GICH_VTR           0x0004
#define GICH_VMCR          0x0008
#define GICH_MISR          0x0010
#define GICH_EISR0         0x0020
#define GICH_ELRSR0        0x0030
#define GICH_APR           0x00f0
#define GICH_LR0           0x0100          /* one word each, up to 64 */
#define GICH_VTR_ListRegs  AX_MASK64(5, 0) /* count - 1 */
#define GICH_LR_VirtualID  AX_MASK64(9, 0)
#define GICH_LR_PhysicalID AX_MASK64(19, 10) /* HW = 1 */
#define GICH_LR_CPUID      AX_MASK64(12, 10) /* HW = 0, SGIs */
#define GICH_LR_EOI        AX_BIT64(19)      /* HW = 0 */
#define GICH_LR_Priority   AX_MASK64(27, 23)
#define GICH_LR_State      AX_MASK64(29, 28)
#define GICH_LR_Grp1       AX_BIT64(30)
#define GICH_LR_HW         AX_BIT64(31)

/* Virtual interface control system registers (IHI 0069 12.4); GICH_HCR and GICH_VMCR share the fields */
#define ICH_HCR_En       AX_BIT64(0)
#define ICH_HCR_UIE      AX_BIT64(1) /* no, or one, valid list register */
#define ICH_HCR_LRENPIE  AX_BIT64(2) /* EOIcount is not zero */
#define ICH_HCR_NPIE     AX_BIT64(3) /* no list register in the pending state */
#define ICH_HCR_VGrp0EIE AX_BIT64(4) /* group 0 is enabled in VMCR */
#define ICH_HCR_VGrp0DIE AX_BIT64(5) /* group 0 is disabled */
#define ICH_HCR_VGrp1EIE AX_BIT64(6)
#define ICH_HCR_VGrp1DIE AX_BIT64(7)
#define ICH_HCR_TDIR     AX_BIT64(14)
#define ICH_HCR_EOIcount AX_MASK64(31, 27)
#define ICH_VTR_ListRegs AX_MASK64(4, 0)   /* count - 1 */
#define ICH_VTR_PREbits  AX_MASK64(28, 26) /* bits - 1 */
#define ICH_VTR_PRIbits  AX_MASK64(31, 29) /* bits - 1 */
#define ICH_VMCR_VENG0   AX_BIT64(0)
#define ICH_VMCR_VENG1   AX_BIT64(1)
#define ICH_VMCR_VAckCtl AX_BIT64(2)
#define ICH_VMCR_VFIQEn  AX_BIT64(3)
#define ICH_VMCR_VCBPR   AX_BIT64(4)
#define ICH_VMCR_VEOIM   AX_BIT64(9)
#define ICH_VMCR_VBPR1   AX_MASK64(20, 18)
#define ICH_VMCR_VBPR0   AX_MASK64(23, 21)
#define ICH_VMCR_VPMR    AX_MASK64(31, 24)
#define ICH_MISR_EOI     AX_BIT64(0)
#define ICH_MISR_U       AX_BIT64(1)
#define ICH_MISR_LRENP   AX_BIT64(2)
#define ICH_MISR_NP      AX_BIT64(3)
#define ICH_MISR_VGrp0E  AX_BIT64(4)
#define ICH_MISR_VGrp0D  AX_BIT64(5)
#define ICH_MISR_VGrp1E  AX_BIT64(6)
#define ICH_MISR_VGrp1D  AX_BIT64(7)
#define ICH_LR_vINTID    AX_MASK64(31, 0)
#define ICH_LR_v2_INTID  AX_MASK64(9, 0) /* for a guest with a GICv2: vINTID is split */
#define ICH_LR_v2_CPUID  AX_MASK64(12, 10)
#define ICH_LR_EOI       AX_BIT64(41)      /* HW = 0 */
#define ICH_LR_pINTID    AX_MASK64(44, 32) /* HW = 1 */
#define ICH_LR_Priority  AX_MASK64(55, 48)
#define ICH_LR_Group     AX_BIT64(60)
#define ICH_LR_HW        AX_BIT64(61)
#define ICH_LR_State     AX_MASK64(63, 62)
#define ICH_LR_Pending   AX_BIT64(62)
#define ICH_LR_Active    AX_BIT64(63)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driver of a guest's interrupt controller: GICv2 (IHI 0048) or GICv3 (IHI 0069), whichever the device
 * tree names, behind one set of functions. v3 works in group 1, v2 in group 0; one security state.
 * CPU n is the one of affinity 0.0.0.n and, in v2, of CPU interface n. Works with the MMU off.
 */
#pragma once
#include "guest.h"

#define GICD_CTLR            0x0000
#define GICD_TYPER           0x0004
#define GICD_IIDR            0x0008
#define GICD_IGROUPR         0x0080
#define GICD_ISENABLER       0x0100
#define GICD_ICENABLER       0x0180
#define GICD_ISPENDR         0x0200
#define GICD_ICPENDR         0x0280
#define GICD_ISACTIVER       0x0300
#define GICD_ICACTIVER       0x0380
#define GICD_IPRIORITYR      0x0400
#define GICD_ITARGETSR       0x0800
#define GICD_ICFGR           0x0c00
#define GICD_IGRPMODR        0x0d00
#define GICD_NSACR           0x0e00
#define GICD_SGIR            0x0f00
#define GICD_CPENDSGIR       0x0f10
#define GICD_SPENDSGIR       0x0f20
#define GICD_IROUTER         0x6000 /* the first that exists is for INTID 32 */
#define GICD_CTLR_EnableGrp0 0x1
#define GICD_CTLR_EnableGrp1 0x2
#define GICD_CTLR_ARE        0x10 /* v3, one security state */
#define GICD_CTLR_DS         0x40
#define GICD_CTLR_RWP        0x80000000

#define GICR_CTLR            0x0000
#define GICR_IIDR            0x0004
#define GICR_TYPER           0x0008
#define GICR_WAKER           0x0014
#define GICR_PROPBASER       0x0070
#define GICR_PENDBASER       0x0078
#define GICR_SGI_BASE        0x10000 /* here the offsets of GICD_IGROUPR to GICD_NSACR hold */
#define GICR_STRIDE          0x20000

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
#define GICC_IIDR            0x00fc
#define GICC_DIR             0x1000

#define GIC_SPURIOUS         1023

/* System registers of the CPU interface; spelled by encoding, which every assembler takes. */
#define ICC_PMR_EL1     "s3_0_c4_c6_0"
#define ICC_IAR0_EL1    "s3_0_c12_c8_0"
#define ICC_EOIR0_EL1   "s3_0_c12_c8_1"
#define ICC_HPPIR0_EL1  "s3_0_c12_c8_2"
#define ICC_BPR0_EL1    "s3_0_c12_c8_3"
#define ICC_AP0R0_EL1   "s3_0_c12_c8_4"
#define ICC_AP1R0_EL1   "s3_0_c12_c9_0"
#define ICC_DIR_EL1     "s3_0_c12_c11_1"
#define ICC_RPR_EL1     "s3_0_c12_c11_3"
#define ICC_SGI1R_EL1   "s3_0_c12_c11_5"
#define ICC_ASGI1R_EL1  "s3_0_c12_c11_6"
#define ICC_SGI0R_EL1   "s3_0_c12_c11_7"
#define ICC_IAR1_EL1    "s3_0_c12_c12_0"
#define ICC_EOIR1_EL1   "s3_0_c12_c12_1"
#define ICC_HPPIR1_EL1  "s3_0_c12_c12_2"
#define ICC_BPR1_EL1    "s3_0_c12_c12_3"
#define ICC_CTLR_EL1    "s3_0_c12_c12_4"
#define ICC_SRE_EL1     "s3_0_c12_c12_5"
#define ICC_IGRPEN0_EL1 "s3_0_c12_c12_6"
#define ICC_IGRPEN1_EL1 "s3_0_c12_c12_7"

/* @reg is one of the strings above; @v a variable of type uint64_t. */
#define guest_icc_read(reg, v) __asm__ volatile("mrs %0, " reg : "=r"(v)::"memory")
#define guest_icc_write(reg, v) \
	__asm__ volatile("msr " reg ", %0\n\tisb" ::"r"((uint64_t)(v)) : "memory")

/** What guest_gic_find() found. */
struct guest_gic {
	uint32_t version; /* 2, 3, or 0: there is none */
	uint64_t dist;    /* GICD_* */
	uint64_t redist;  /* GICR_*, v3: the first of them */
	uint64_t cpu;     /* GICC_*, v2 */
	uint32_t lines;   /* INTIDs up to here, a multiple of 32 */
};
extern struct guest_gic guest_gic;

/** Find the controller in the device tree; touches nothing but GICD_TYPER. False: there is none. */
bool guest_gic_find(void);
/**
 * Find the controller and bring it up for the calling CPU, which is the boot CPU. All interrupts are
 * off, idle, of priority 0xa0, SPIs level-sensitive and routed to CPU 0; priority mask 0xf0 and above.
 */
bool guest_gic_init(void);
/** The part of a CPU started later: its redistributor, private interrupts and interface. */
void guest_gic_init_cpu(void);

/** Address of GICD_@reg0 or, for a private interrupt of v3, the same register in @cpu's SGI frame. */
uint64_t guest_gic_bank(uint32_t cpu, uint32_t intid);
/** v3: redistributor of @cpu, 0 if there is none. */
uint64_t guest_gic_redist(uint32_t cpu);
/** The CPU this runs on: MPIDR_EL1.Aff0. */
uint32_t guest_this_cpu(void);

/* A private @intid is the calling CPU's. A change has taken effect on return (GICD_CTLR.RWP). */
void guest_gic_enable(uint32_t intid);
void guest_gic_disable(uint32_t intid);
void guest_gic_set_pending(uint32_t intid);
void guest_gic_clear_pending(uint32_t intid);
bool guest_gic_is_pending(uint32_t intid);
void guest_gic_set_active(uint32_t intid);
void guest_gic_clear_active(uint32_t intid);
bool guest_gic_is_active(uint32_t intid);
void guest_gic_set_priority(uint32_t intid, uint32_t priority);
uint32_t guest_gic_priority(uint32_t intid);
void guest_gic_set_edge(uint32_t intid, bool edge);
/** An SPI to @cpu only. */
void guest_gic_route(uint32_t intid, uint32_t cpu);
/** An SPI to whichever CPU takes it; v2: of CPU 0 to @cpus - 1. */
void guest_gic_route_any(uint32_t intid, uint32_t cpus);

/** Bit n of @cpus: CPU n. */
void guest_gic_send_sgi(uint32_t cpus, uint32_t sgi);
void guest_gic_send_sgi_others(uint32_t sgi);

/** IAR: the INTID, in v2 with the source of an SGI in bits 12 to 10. */
uint32_t guest_gic_ack(void);
void guest_gic_eoi(uint32_t iar);
void guest_gic_deactivate(uint32_t iar);
uint32_t guest_gic_hppir(void);
uint32_t guest_gic_rpr(void);
uint32_t guest_gic_pmr(void);
void guest_gic_set_pmr(uint32_t pmr);
uint32_t guest_gic_bpr(void);
void guest_gic_set_bpr(uint32_t bpr);
/** EOImode 1: guest_gic_eoi() drops the priority, guest_gic_deactivate() ends the interrupt. */
void guest_gic_set_eoimode(bool split);

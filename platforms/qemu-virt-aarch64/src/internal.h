/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this board share with one another, and with platforms/common/board. */
#pragma once
#include <axfdt/host.h>
#include <platform/board_aarch64.h>
#include "layout.h"

/** This board's part of struct board_cpu. */
struct board_cpu_own {
	void *gicr;        /* GICv3: RD_base of this CPU's redistributor */
	uint32_t gic_mask; /* GICv2: this CPU's bit in target lists */
};

#include "common.h"

/** In the order vectors.S stores them. */
struct board_regs {
	uint64_t x[31];
	uint64_t sp;
	uint64_t elr;
	uint64_t esr;
	uint64_t far;
	uint64_t spsr;
};

/** What turns the MMU on, computed once. Secondaries read it with their caches off. */
struct board_mmu_regs {
	uint64_t mair;
	uint64_t tcr;
	uint64_t ttbr0;
	uint64_t sctlr;
} AX_ALIGNED(64);

/** How one kind of GIC does what irq.c needs of it. All of the calling CPU unless it says otherwise. */
struct board_gic_ops {
	ax_err_t (*init)(const struct axfdt_host *host); /* the distributor; once */
	ax_err_t (*cpu_init)(struct board_cpu *cpu, uint32_t ppi_mask);
	void (*enable_spi)(uint32_t intid); /* level, delivered to the calling CPU */
	void (*disable)(uint32_t intid);
	void (*kick)(const struct board_cpu *target); /* SGI 0 */
	uint32_t (*ack)(void);                        /* raw: INTID in bits 9:0 (v2) or 23:0 (v3) */
	void (*drop)(uint32_t raw);
	void (*deactivate)(uint32_t raw);
	void (*set_active)(uint32_t ppi, bool active);
};

extern struct board_aarch64 board_aarch64_info;
extern struct board_mmu_regs board_mmu_regs;
extern const struct board_gic_ops board_gicv2_ops;
extern const struct board_gic_ops board_gicv3_ops;

/** Write back and drop the lines of [@start, @start + @size): for a reader with its caches off. */
void board_cache_clean(const void *start, uint64_t size);

/* psci.c */
enum board_psci { BOARD_PSCI_NONE, BOARD_PSCI_SMC, BOARD_PSCI_HVC };
void board_psci_init(enum board_psci how);

/* pl011.c */
void board_pl011_init(uint64_t base);

/* boot.S */
void board_secondary_start(void);
extern uint64_t board_pen_mpidr;
extern uint64_t board_pen_cpu;
extern uint64_t board_booted_at_el3;

/* Called from vectors.S. */
_Noreturn void board_fault(const struct board_regs *regs);

AX_STATIC_ASSERT(offsetof(struct board_mmu_regs, mair) == BOARD_MMU_MAIR);
AX_STATIC_ASSERT(offsetof(struct board_mmu_regs, tcr) == BOARD_MMU_TCR);
AX_STATIC_ASSERT(offsetof(struct board_mmu_regs, ttbr0) == BOARD_MMU_TTBR0);
AX_STATIC_ASSERT(offsetof(struct board_mmu_regs, sctlr) == BOARD_MMU_SCTLR);
AX_STATIC_ASSERT(offsetof(struct board_regs, sp) == BOARD_REGS_SP);
AX_STATIC_ASSERT(offsetof(struct board_regs, spsr) == BOARD_REGS_SPSR);
AX_STATIC_ASSERT(sizeof(struct board_regs) == BOARD_REGS_SIZE);

/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this board share with one another. */
#pragma once
#include <axbase/bits.h>
#include <axfdt/host.h>
#include <platform/board.h>
#include <stdatomic.h>
#include "layout.h"

/** One per CPU; TPIDR_EL2 points to it from the first instructions on. */
struct board_cpu {
	uint64_t emergency_top; /* stack for fault reports */
	uint64_t stack_top;
	uint64_t mpidr; /* affinity fields only */
	uint32_t id;
	atomic_bool online;
	atomic_bool in_fault;
	void *gicr;        /* GICv3: RD_base of this CPU's redistributor */
	uint32_t gic_mask; /* GICv2: this CPU's bit in target lists */
} AX_ALIGNED(64);

/** Registers at a fault, or at the call of ax_port_panic(), in the order vectors.S stores them. */
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

enum board_map { BOARD_MAP_TEXT, BOARD_MAP_RODATA, BOARD_MAP_DATA, BOARD_MAP_DEVICE };

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

extern struct board board_info;
extern struct board_cpu board_cpus[BOARD_MAX_CPUS];
extern struct board_mmu_regs board_mmu_regs;
extern const struct board_gic_ops board_gicv2_ops;
extern const struct board_gic_ops board_gicv3_ops;

/* Section bounds, from link.lds. */
extern uint8_t board_image_start[], board_text_end[], board_rodata_end[], board_bss_end[];
extern uint8_t board_image_end[], board_stacks[];

/** Print "thing: …" as one log line and stop the machine. For what keeps the board from coming up. */
_Noreturn void board_fail(const char *fmt, ...) AX_PRINTF(1, 2);
/** Wait for nothing, for ever. */
_Noreturn void board_park(void);

/* mmu.c */
void board_mmu_setup(uint64_t dtb, uint64_t dtb_size);
/** Map [@base, @base + @size) to itself, widened to whole pages; what is mapped already stays. */
ax_err_t board_mmu_map(uint64_t base, uint64_t size, enum board_map kind);
/** Map @host's RAM, all of it but the image, which is there with its own rights. */
ax_err_t board_mmu_map_ram(const struct axfdt_host *host);
uint64_t board_guard_page(uint32_t cpu);
/** Write back and drop the lines of [@start, @start + @size): for a reader with its caches off. */
void board_cache_clean(const void *start, uint64_t size);

/* mm.c */
ax_err_t board_mm_init(const struct axfdt_host *host, uint64_t dtb);

/* random.c */
/** Take the seeds at @seeds out of the device tree @dtb, where zeros are left, and what the CPU has. */
void board_random_init(uint64_t dtb, const struct axfdt_value seeds[AXFDT_SEED_COUNT]);

/* irq.c, timer.c */
ax_err_t board_irq_init(const struct axfdt_host *host);
ax_err_t board_irq_cpu_init(struct board_cpu *cpu);
void board_timer_init(void);
void board_timer_disarm(void);

/* smp.c */
void board_smp_init(const struct axfdt_host *host);
/** Set once a CPU stops the machine; the others park at their next interrupt. */
extern atomic_bool board_stopping;

/* psci.c */
enum board_psci { BOARD_PSCI_NONE, BOARD_PSCI_SMC, BOARD_PSCI_HVC };
void board_psci_init(enum board_psci how);
bool board_psci_present(void);
/** PSCI's own result: 0, or a negative error of DEN0022, 5.2.2. */
int64_t board_psci_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context);

/* pl011.c */
void board_console_init(uint64_t base);
/** For reports of a dying machine: waits a while for the lock, then goes on without. */
void board_console_write_unlocked(const char *text, size_t len);

/* port.c */
void board_log_debug(bool on);

/* boot.S */
void board_secondary_start(void);
extern uint64_t board_pen_mpidr;
extern uint64_t board_pen_cpu;
extern uint64_t board_booted_at_el3;

/* Called from boot.S and vectors.S. */
void board_boot_tables(uint64_t dtb);
_Noreturn void board_boot_main(uint64_t dtb);
_Noreturn void board_secondary_main(struct board_cpu *cpu);
_Noreturn void board_fault(const struct board_regs *regs);
_Noreturn void board_panic(const char *msg, const struct board_regs *regs);

AX_STATIC_ASSERT(offsetof(struct board_cpu, emergency_top) == BOARD_CPU_EMERGENCY_TOP);
AX_STATIC_ASSERT(offsetof(struct board_cpu, stack_top) == BOARD_CPU_STACK_TOP);
AX_STATIC_ASSERT(offsetof(struct board_mmu_regs, mair) == BOARD_MMU_MAIR);
AX_STATIC_ASSERT(offsetof(struct board_mmu_regs, tcr) == BOARD_MMU_TCR);
AX_STATIC_ASSERT(offsetof(struct board_mmu_regs, ttbr0) == BOARD_MMU_TTBR0);
AX_STATIC_ASSERT(offsetof(struct board_mmu_regs, sctlr) == BOARD_MMU_SCTLR);
AX_STATIC_ASSERT(offsetof(struct board_regs, sp) == BOARD_REGS_SP);
AX_STATIC_ASSERT(offsetof(struct board_regs, spsr) == BOARD_REGS_SPSR);
AX_STATIC_ASSERT(sizeof(struct board_regs) == BOARD_REGS_SIZE);

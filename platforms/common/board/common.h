/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the code that boards share and a board's own code know of each other. A board's internal.h
 * includes this, after layout.h and its struct board_cpu_own; its inline.h has the small functions that
 * the shared code wants in line. "Asked of the board" is what each board writes itself.
 */
#pragma once
#include <axbase/bits.h>
#include <axfdt/host.h>
#include <platform/board.h>
#include <stdatomic.h>

/** One per CPU; the register that board_this_cpu() reads points to it from the first instructions on. */
struct board_cpu {
	uint64_t emergency_top; /* stack for fault reports */
	uint64_t stack_top;
	uint64_t hw_id; /* the firmware's: affinity fields of MPIDR_EL1, hart id */
	uint32_t id;
	atomic_bool online;
	_Atomic uint32_t in_fault; /* a word: not every machine exchanges bytes */
	struct board_cpu_own own;
} AX_ALIGNED(64);

struct board_regs; /* registers at a fault, or at the call of ax_port_panic(): the board's */

enum board_map { BOARD_MAP_TEXT, BOARD_MAP_RODATA, BOARD_MAP_DATA, BOARD_MAP_DEVICE };

extern struct board board_info;
extern struct board_cpu board_cpus[BOARD_MAX_CPUS];

/* Section bounds, from link.lds. */
extern uint8_t board_image_start[], board_text_end[], board_rodata_end[], board_bss_end[];
extern uint8_t board_image_end[], board_stacks[];

/** Print "thing: …" as one log line and stop the machine. For what keeps the board from coming up. */
_Noreturn void board_fail(const char *fmt, ...) AX_PRINTF(1, 2);
/** Set once a CPU stops the machine; the others park at their next interrupt. */
extern _Atomic uint32_t board_stopping;
/** Asked of the board: wait for nothing, for ever. */
_Noreturn void board_park(void);

/* boot.c: called from the board's entry code, the first before the MMU is on. */
void board_boot_tables(uint64_t dtb);
_Noreturn void board_boot_main(uint64_t dtb);
/* Asked of the board, in the order of their calls. What fails there ends in board_fail(). */
void board_mmu_setup(uint64_t dtb, uint64_t dtb_size); /* MMU off; calls board_mmu_map_boot() */
void board_console_early(void);
void board_firmware_init(const void *fdt, struct axfdt_host *host);
void board_console_init(const struct axfdt_host *host);
void board_timer_init(const struct axfdt_host *host);     /* calls board_time_init() */
uint64_t board_cpu_init(void);                            /* describes CPU 0; returns its hw_id */
uint64_t board_read_clock(const struct axfdt_host *host); /* seconds since 1970; 0: no clock */
void board_irq_init(const struct axfdt_host *host);

/* mmu.c */
/** What is needed until the tree is read: the image, the tree of @dtb_size bytes. Cannot fail. */
void board_mmu_map_boot(uint64_t dtb, uint64_t dtb_size);
uint64_t board_mmu_root(void);
/** Map [@base, @base + @size) to itself, widened to whole pages; what is mapped already stays. */
ax_err_t board_mmu_map(uint64_t base, uint64_t size, enum board_map kind);
/** The registers of a device that the board cannot do without; @what is for the line if it cannot be. */
void board_mmu_map_device(const char *what, struct axfdt_range at);
/** Map @host's RAM, all of it but the image, which is there with its own rights. */
ax_err_t board_mmu_map_ram(const struct axfdt_host *host);
uint64_t board_guard_page(uint32_t cpu);

/* mm.c */
ax_err_t board_mm_init(const struct axfdt_host *host, uint64_t dtb);

/* random.c */
/** Take the seeds at @seeds out of the device tree @dtb, where zeros are left, and what the CPU has. */
void board_random_init(uint64_t dtb, const struct axfdt_value seeds[AXFDT_SEED_COUNT]);

/* time.c */
/** The counter that board_counter() reads runs with @hz. */
void board_time_init(uint64_t hz);

/* smp.c */
/** Number the CPUs; @self, which runs, is CPU 0. */
void board_smp_init(const struct axfdt_host *host, uint64_t self);
/** Where the board's entry code leads all other CPUs. */
_Noreturn void board_secondary_main(struct board_cpu *cpu);
/** Asked of the board: can CPUs be started? AX_ENOTSUP after a line, or what they read is put in place. */
ax_err_t board_cpu_prepare(void);
/** Asked of the board: let @cpu come to board_secondary_main(). Says what the firmware said if it fails. */
ax_err_t board_cpu_power_on(struct board_cpu *cpu);
/** Asked of the board: interrupts of the calling CPU. */
ax_err_t board_irq_cpu_init(struct board_cpu *cpu);

/* console.c */
/** For reports of a dying machine: waits a while for the lock, then goes on without. */
void board_console_write_unlocked(const char *text, size_t len);
/** Asked of the board: all of @bytes to the UART, waiting for room. */
void board_uart_write(const uint8_t *bytes, size_t len);

/* port.c */
void board_log_debug(bool on);

/* fault.c */
/** One line of a report. */
void board_say(const char *fmt, ...) AX_PRINTF(1, 2);
/** The first CPU here reports and stops the machine; another one waits for that to happen. */
struct board_cpu *board_fault_claim(void);
/** A line if @address is in a guard page, which names whose stack ended there. */
void board_say_overflow(const struct board_cpu *cpu, uint64_t address);
_Noreturn void board_panic(const char *msg, const struct board_regs *regs);
/** Asked of the board: registers and backtrace, as lines. */
void board_dump(const struct board_cpu *cpu, const struct board_regs *regs);

AX_STATIC_ASSERT(offsetof(struct board_cpu, emergency_top) == BOARD_CPU_EMERGENCY_TOP);
AX_STATIC_ASSERT(offsetof(struct board_cpu, stack_top) == BOARD_CPU_STACK_TOP);

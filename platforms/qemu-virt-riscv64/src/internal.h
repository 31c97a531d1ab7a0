/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this board share with one another, and with platforms/common/board. */
#pragma once
#include <axfdt/host.h>
#include <platform/board_riscv64.h>
#include "layout.h"

/** This board's part of struct board_cpu; hw_id is the hart id. */
struct board_cpu_own {
	uint8_t *plic;   /* threshold and claim of its S-mode context */
	uint8_t *enable; /* enable bits of that context */
	uint8_t *sswi;   /* SETSSIP register; NULL: the firmware sends what kicks it */
};

#include "common.h"

/** In the order fault.S stores them. */
struct board_regs {
	uint64_t x[32];
	uint64_t pc;
	uint64_t cause;
	uint64_t tval;
	uint64_t status;
};

extern struct board_riscv64 board_riscv64_info;
extern struct axfdt_host_riscv board_tree; /* beyond struct axfdt_host */
extern uint64_t board_boot_hart;
extern uint64_t board_satp;

/* sbi.c. SBI 1.0: extensions, and the one way to call one. */
#define SBI_LEGACY_PUTCHAR  1
#define SBI_LEGACY_SHUTDOWN 8
#define SBI_BASE            0x10
#define SBI_TIME            0x54494d45
#define SBI_IPI             0x735049
#define SBI_RFENCE          0x52464e43
#define SBI_HSM             0x48534d
#define SBI_SRST            0x53525354

struct board_sbi_ret {
	int64_t error; /* 0, or negative */
	uint64_t value;
};

#define BOARD_SBI_ARGS(...) ((const uint64_t[5]){ __VA_ARGS__ })
struct board_sbi_ret board_sbi_call(uint64_t extension, uint64_t function, const uint64_t args[5]);
void board_sbi_init(void);
void board_sbi_putchar(uint8_t byte);
void board_sbi_set_timer(uint64_t count);
void board_sbi_kick(uint64_t hart);

/* plic.c */
void board_plic_init(const struct axfdt_host *host);
/** Enable bit of @source for CPU 0. Takes the lock. */
void board_plic_set(uint32_t source, bool on);
/** Threshold 0 and no source enabled for @cpu. AX_ENOENT: the tree has no context for it. */
ax_err_t board_plic_cpu_init(struct board_cpu *cpu);
/** Claim what is pending for the calling CPU; 0: nothing. */
uint32_t board_plic_claim(void);

/* boot.S, fault.S */
void board_secondary_start(void);
/** 0, or how many of board_cpus are complete and may come, whichever way their harts enter. */
extern _Atomic uint32_t board_called;
_Noreturn void board_fault(const struct board_regs *regs);

AX_STATIC_ASSERT(offsetof(struct board_cpu, hw_id) == BOARD_CPU_HW_ID);
AX_STATIC_ASSERT(sizeof(struct board_cpu) == BOARD_CPU_SIZE);
AX_STATIC_ASSERT(offsetof(struct board_regs, pc) == BOARD_REGS_PC);
AX_STATIC_ASSERT(offsetof(struct board_regs, cause) == BOARD_REGS_CAUSE);
AX_STATIC_ASSERT(offsetof(struct board_regs, tval) == BOARD_REGS_TVAL);
AX_STATIC_ASSERT(offsetof(struct board_regs, status) == BOARD_REGS_STATUS);
AX_STATIC_ASSERT(sizeof(struct board_regs) == BOARD_REGS_SIZE);

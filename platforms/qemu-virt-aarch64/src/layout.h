/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that C, assembly and link.lds share. Preprocessor only. */
#pragma once

#define BOARD_MAX_CPUS   8 /* link.lds has room for as many stacks */
#define BOARD_GUARD_SIZE 4096
#define BOARD_STACK_SIZE 16384

/* Where QEMU's virt machine has things before its device tree is read. */
#define BOARD_TEXT_OFFSET 0x200000
#define BOARD_RAM_BASE    0x40000000
#define BOARD_EARLY_UART  0x09000000
#define BOARD_EARLY_GICD  0x08000000
#define BOARD_EARLY_GICC  0x08010000

/* struct board_cpu */
#define BOARD_CPU_EMERGENCY_TOP 0
#define BOARD_CPU_STACK_TOP     8

/* struct board_mmu_regs */
#define BOARD_MMU_MAIR  0
#define BOARD_MMU_TCR   8
#define BOARD_MMU_TTBR0 16
#define BOARD_MMU_SCTLR 24

/* struct board_regs */
#define BOARD_REGS_SP        (31 * 8)
#define BOARD_REGS_ELR       (32 * 8)
#define BOARD_REGS_ESR       (33 * 8)
#define BOARD_REGS_FAR       (34 * 8)
#define BOARD_REGS_SPSR      (35 * 8)
#define BOARD_REGS_SIZE      (36 * 8)

#define BOARD_SCTLR_EL2_RES1 0x30c50830 /* with the MMU and the caches off */

/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that C, assembly and link.lds share. Preprocessor only. */
#pragma once

#define BOARD_MAX_CPUS    8 /* link.lds has room for as many stacks */
#define BOARD_GUARD_SIZE  4096
#define BOARD_STACK_SIZE  16384

#define BOARD_TEXT_OFFSET 0x200000
#define BOARD_RAM_BASE    0x80000000

/* struct board_cpu */
#define BOARD_CPU_EMERGENCY_TOP 0
#define BOARD_CPU_STACK_TOP     8
#define BOARD_CPU_HW_ID         16
#define BOARD_CPU_SIZE          64

/* struct board_regs */
#define BOARD_REGS_PC     (32 * 8)
#define BOARD_REGS_CAUSE  (33 * 8)
#define BOARD_REGS_TVAL   (34 * 8)
#define BOARD_REGS_STATUS (35 * 8)
#define BOARD_REGS_SIZE   (36 * 8)

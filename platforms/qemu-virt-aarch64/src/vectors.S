/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Until the vCPU backend installs its own table, and for exceptions from EL2 itself after that: all
 * end in a report. No exception is expected at EL2, interrupts stay masked.
 */
#include "layout.h"

	.text
	.balign	2048
	.global	board_vectors
board_vectors:
	.rept	16
	.balign	128
	b	ax_port_aarch64_fault
	.endr

/* x0: the frame. x0 and x1 themselves are stored by the caller of the macro. */
	.macro	store_x2_to_x30
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	str	x30, [x0, #240]
	mrs	x2, esr_el2
	str	x2, [x0, #BOARD_REGS_ESR]
	mrs	x2, far_el2
	str	x2, [x0, #BOARD_REGS_FAR]
	mrs	x2, spsr_el2
	str	x2, [x0, #BOARD_REGS_SPSR]
	.endm

/*
 * An exception was taken from EL2, every general register is as it was. The stack may be what failed,
 * so it is left alone; the guest's thread registers serve as scratch, the machine stops here anyway.
 */
	.global	ax_port_aarch64_fault
ax_port_aarch64_fault:
	msr	tpidr_el0, x0
	msr	tpidrro_el0, x1
	mov	x1, sp
	mrs	x0, tpidr_el2
	ldr	x0, [x0, #BOARD_CPU_EMERGENCY_TOP]
	sub	x0, x0, #BOARD_REGS_SIZE
	mov	sp, x0
	str	x1, [x0, #BOARD_REGS_SP]
	store_x2_to_x30
	mrs	x2, elr_el2
	str	x2, [x0, #BOARD_REGS_ELR]
	mrs	x2, tpidr_el0
	mrs	x3, tpidrro_el0
	stp	x2, x3, [x0]
	bl	board_fault

/* _Noreturn void ax_port_panic(const char *msg): keep the caller's registers for the report. */
	.global	ax_port_panic
ax_port_panic:
	stp	x0, x1, [sp, #-BOARD_REGS_SIZE]!
	mov	x1, x0
	mov	x0, sp
	store_x2_to_x30
	add	x2, sp, #BOARD_REGS_SIZE
	str	x2, [x0, #BOARD_REGS_SP]
	str	x30, [x0, #BOARD_REGS_ELR]
	mov	x2, x0
	mov	x0, x1
	mov	x1, x2
	bl	board_panic

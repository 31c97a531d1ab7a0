/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Until the vCPU back end installs its own vector, and for traps from HS-mode itself after that: all end in
 * a report. No trap is expected in HS-mode, interrupts stay masked.
 */
#include "layout.h"

/* To the frame at sp: all registers but sp itself, of which t0 must be as it was. */
	.macro	store_registers
	sd	zero, 0(sp)
	sd	x1, 8(sp)
	sd	x3, 24(sp)
	sd	x4, 32(sp)
	sd	x5, 40(sp)
	sd	x6, 48(sp)
	sd	x7, 56(sp)
	sd	x8, 64(sp)
	sd	x9, 72(sp)
	sd	x10, 80(sp)
	sd	x11, 88(sp)
	sd	x12, 96(sp)
	sd	x13, 104(sp)
	sd	x14, 112(sp)
	sd	x15, 120(sp)
	sd	x16, 128(sp)
	sd	x17, 136(sp)
	sd	x18, 144(sp)
	sd	x19, 152(sp)
	sd	x20, 160(sp)
	sd	x21, 168(sp)
	sd	x22, 176(sp)
	sd	x23, 184(sp)
	sd	x24, 192(sp)
	sd	x25, 200(sp)
	sd	x26, 208(sp)
	sd	x27, 216(sp)
	sd	x28, 224(sp)
	sd	x29, 232(sp)
	sd	x30, 240(sp)
	sd	x31, 248(sp)
	csrr	t0, scause
	sd	t0, BOARD_REGS_CAUSE(sp)
	csrr	t0, stval
	sd	t0, BOARD_REGS_TVAL(sp)
	csrr	t0, sstatus
	sd	t0, BOARD_REGS_STATUS(sp)
	.endm

/*
 * Every register is as it was at the trap. The stack may be what failed, so it is left alone: sscratch
 * keeps its pointer, and is not needed any more.
 */
	.text
	.balign	4
	.global	ax_port_riscv64_fault
ax_port_riscv64_fault:
	csrw	sscratch, sp
	ld	sp, BOARD_CPU_EMERGENCY_TOP(tp)
	beqz	sp, 1f			/* before there is a stack */
	addi	sp, sp, -BOARD_REGS_SIZE
	store_registers
	csrr	t0, sscratch
	sd	t0, 16(sp)
	csrr	t0, sepc
	sd	t0, BOARD_REGS_PC(sp)
	mv	a0, sp
	call	board_fault
1:	wfi
	j	1b

/* _Noreturn void ax_port_panic(const char *msg): keep the caller's registers for the report. */
	.global	ax_port_panic
ax_port_panic:
	addi	sp, sp, -BOARD_REGS_SIZE
	store_registers
	addi	t0, sp, BOARD_REGS_SIZE
	sd	t0, 16(sp)
	sd	ra, BOARD_REGS_PC(sp)
	mv	a1, sp
	call	board_panic

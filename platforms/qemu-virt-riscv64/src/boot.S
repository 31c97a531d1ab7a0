/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the firmware to C. The image starts with the header of the RISC-V Linux "Image" (Linux,
 * arch/riscv/boot-image-header.rst), for loaders that want one; entered in HS-mode with the hart id in a0
 * and the device tree in a1, on whichever hart the firmware chose. The others wait for HSM hart_start.
 */
#include "layout.h"

	.section .text.boot, "ax"
	.global	_start
_start:
	.option	push
	.option	norvc
	j	start
	nop
	.option	pop
	.quad	BOARD_TEXT_OFFSET
	.quad	board_image_size
	.quad	0			/* little endian */
	.long	2			/* version 0.2 */
	.long	0
	.quad	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.long	0

/* What the code below means. Interrupts stay masked in sstatus for ever; sie says what ends WFI. */
	.macro	hart_state
	csrw	sie, zero
	csrci	sstatus, 2		/* SIE */
	csrw	sscratch, zero
	lla	t0, ax_port_riscv64_fault
	csrw	stvec, t0
	.endm

start:
	hart_state
	mv	s0, a0
	mv	s1, a1
	lla	t0, _start
	lla	t1, link_address
	ld	t1, 0(t1)
	lla	s2, text_moved
	bne	t0, t1, say_and_stop
	csrw	satp, zero
	lla	t0, board_entered
	li	t1, 1
	amoswap.w.aqrl t1, t1, (t0)
	bnez	t1, late
	lla	tp, board_cpus

	lla	t0, board_bss_start
	lla	t1, board_bss_end
1:	sd	zero, 0(t0)
	sd	zero, 8(t0)
	addi	t0, t0, 16
	bltu	t0, t1, 1b

	lla	sp, board_stacks
	li	t0, BOARD_GUARD_SIZE + BOARD_STACK_SIZE
	add	sp, sp, t0
	lla	t0, board_boot_hart
	sd	s0, 0(t0)
	mv	a0, s1
	call	board_boot_tables
	call	mmu_on
	mv	a0, s1
	call	board_boot_main

/*
 * Every hart but the first, from HSM. It waits until CPU 0 wants the others, and looks for its struct
 * board_cpu by its number: OpenSBI up to 1.1 marks a hart as one to start before it notes where and with
 * what (its sbi_hsm_hart_start()), so that a hart which looks in between may begin like the first one, at
 * _start, and its a1 cannot be relied on. Firmware that lets in all harts at once is served as well.
 */
	.global	board_secondary_start
board_secondary_start:
	hart_state
late:
	lla	t0, board_called
1:	lw	t1, 0(t0)
	beqz	t1, 1b
	fence	r, rw
	lla	tp, board_cpus
2:	ld	t2, BOARD_CPU_HW_ID(tp)
	beq	t2, a0, 4f
	addi	tp, tp, BOARD_CPU_SIZE
	addi	t1, t1, -1
	bnez	t1, 2b
3:	wfi				/* one too many */
	j	3b
4:	call	mmu_on
	ld	sp, BOARD_CPU_STACK_TOP(tp)
	mv	a0, tp
	call	board_secondary_main

/* A mode that a hart does not have leaves satp as it was (4.1.11). */
mmu_on:
	lla	t0, board_satp
	ld	t0, 0(t0)
	sfence.vma
	csrw	satp, t0
	csrr	t1, satp
	sfence.vma
	fence.i
	lla	s2, text_mmu
	bne	t0, t1, say_and_stop
	ret

/* s2: text. Nothing but the firmware can be relied on: its legacy console and shutdown. */
say_and_stop:
	lbu	a0, 0(s2)
	addi	s2, s2, 1
	beqz	a0, 1f
	li	a7, 1			/* sbi_console_putchar */
	ecall
	j	say_and_stop
1:	li	a7, 8			/* sbi_shutdown */
	ecall
2:	wfi
	j	2b

	.balign	8
link_address:
	.quad	board_image_start
text_moved:
	.asciz	"[axvisor] boot: image is not at its link address 0x80200000\r\n"
text_mmu:
	.asciz	"[axvisor] boot: satp does not take Sv39\r\n"

/* In .data: harts look at them while the first one clears .bss. */
	.data
	.balign	4
	.global	board_called
board_entered:
	.long	0
board_called:
	.long	0

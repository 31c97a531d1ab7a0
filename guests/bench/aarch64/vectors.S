/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors that look at the clock first: bench_irq(counter). All else goes to bench_exception(). */
#define FRAME_SIZE 176

	.text
	.balign	2048
	.global	bench_vectors
bench_vectors:
	.set	n, 0
	.rept	16
	.balign	128
	.if	n == 5		/* IRQ at EL1 with SP_EL1 */
	stp	x0, x1, [sp, #-FRAME_SIZE]!
	mrs	x0, cntvct_el0
	b	irq
	.else
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	b	bench_exception
	.endif
	.set	n, n + 1
	.endr

irq:	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x29, [sp, #144]
	str	x30, [sp, #160]
	bl	bench_irq
	ldr	x30, [sp, #160]
	ldp	x18, x29, [sp, #144]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp], #FRAME_SIZE
	eret
	.section .note.GNU-stack, "", %progbits

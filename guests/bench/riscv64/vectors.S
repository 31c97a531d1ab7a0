/* SPDX-License-Identifier: Apache-2.0 */
/* The vector looks at the counter first: bench_irq(counter). Exceptions go to bench_exception(). */
#define FRAME_SIZE 128

	.macro	each op
	\op	ra, 8(sp)
	\op	t0, 16(sp)
	\op	t1, 24(sp)
	\op	t2, 32(sp)
	\op	a1, 40(sp)
	\op	a2, 48(sp)
	\op	a3, 56(sp)
	\op	a4, 64(sp)
	\op	a5, 72(sp)
	\op	a6, 80(sp)
	\op	a7, 88(sp)
	\op	t3, 96(sp)
	\op	t4, 104(sp)
	\op	t5, 112(sp)
	\op	t6, 120(sp)
	.endm

	.text
	.balign	4
	.global	bench_vectors
bench_vectors:
	addi	sp, sp, -FRAME_SIZE
	sd	a0, 0(sp)
	csrr	a0, cycle
	each	sd
	csrr	t0, scause
	bgez	t0, 1f
	call	bench_irq
	each	ld
	ld	a0, 0(sp)
	addi	sp, sp, FRAME_SIZE
	sret
1:	call	bench_exception
	.section .note.GNU-stack, "", %progbits

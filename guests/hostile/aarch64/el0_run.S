/* SPDX-License-Identifier: Apache-2.0 */
/* An excursion with ERET, and the way back. */

/* el0_run(pc, spsr, keep): what is live goes to the 13 words at keep. Returns when el0_back() is entered. */
	.global	el0_run
el0_run:
	stp	x19, x20, [x2]
	stp	x21, x22, [x2, #16]
	stp	x23, x24, [x2, #32]
	stp	x25, x26, [x2, #48]
	stp	x27, x28, [x2, #64]
	stp	x29, x30, [x2, #80]
	mov	x9, sp
	str	x9, [x2, #96]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	isb
	eret

/* x0: keep. At EL1 with SP_ELx. */
	.global	el0_back
el0_back:
	ldp	x19, x20, [x0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	ldr	x9, [x0, #96]
	mov	sp, x9
	ret

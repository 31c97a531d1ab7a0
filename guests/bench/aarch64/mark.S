/* SPDX-License-Identifier: Apache-2.0 */
/* A program for the Linux guest: a mark of tools/bench/insn_marks.c at EL0, then exit(0). */
	.text
	.global	_start
_start:
	movn	xzr, #2
	mov	x0, #0
	mov	x8, #93		/* __NR_exit */
	svc	#0
	.section .note.GNU-stack, "", %progbits

/* SPDX-License-Identifier: Apache-2.0 */
/* A program for the Linux guest: a mark of tools/bench/insn_marks.c in U-mode, then exit(0). */
	.text
	.global	_start
_start:
	slti	x0, x0, 2
	li	a0, 0
	li	a7, 93		/* __NR_exit */
	ecall
	.section .note.GNU-stack, "", %progbits

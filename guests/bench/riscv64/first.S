/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest guest: its first instruction but a jump over the header is a mark of
 * tools/bench/insn_marks.c, then it powers off.
 */
	.section .text.start, "ax"
	.option	norvc
	.global	_start
_start:
	j	1f
	.long	0
	.quad	0x200000
	.quad	guest_size
	.quad	0
	.long	2
	.long	0
	.quad	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.long	0

1:	slti	x0, x0, 1
	li	a0, 0		/* shutdown, no reason */
	li	a1, 0
	li	a6, 0
	li	a7, 0x53525354	/* SRST */
	ecall
2:	j	2b

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest guest: its first instruction is a mark of tools/bench/insn_marks.c, then it powers off.
 */
	.section .text.start, "ax"
	.option	norvc
	.global	_start
_start:
	slti	zero, zero, 1
	j	1f
	.quad	0x200000
	.quad	guest_size
	.quad	0
	.long	2
	.long	0
	.quad	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.long	0

1:	li	a0, 0		/* shutdown, no reason */
	li	a1, 0
	li	a6, 0
	li	a7, 0x53525354	/* SBI SRST */
	ecall
	j	.

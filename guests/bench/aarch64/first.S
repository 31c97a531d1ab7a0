/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest guest: its first instruction is a mark of tools/bench/insn_marks.c, then it powers off.
 */
	.section .text.start, "ax"
	.global	_start
_start:
	movn	xzr, #1
	b	1f
	.quad	0x200000
	.quad	guest_size
	.quad	0x2
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

1:	ldr	w0, =0x84000008	/* PSCI SYSTEM_OFF */
	hvc	#0
	b	.

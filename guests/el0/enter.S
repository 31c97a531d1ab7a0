/* SPDX-License-Identifier: Apache-2.0 */
/* To EL0 and back, and the table of instructions that are tried there (struct user_insn in el0.c). */
	.arch	armv8-a

	/* el0_run(regs, pc, spsr): x0 to x3 from regs; comes back when the handler goes to el0_back. */
	.text
	.global	el0_run
el0_run:
	stp	x19, x20, [sp, #-96]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x2, x3, [x0, #16]
	ldp	x0, x1, [x0]
	isb
	eret
	.global	el0_back
el0_back:
	ldp	x29, x30, [sp, #80]
	ldp	x27, x28, [sp, #64]
	ldp	x25, x26, [sp, #48]
	ldp	x23, x24, [sp, #32]
	ldp	x21, x22, [sp, #16]
	ldp	x19, x20, [sp], #96
	ret

	.macro	try insn:vararg
	.pushsection .rodata.names, "a"
9:	.asciz	"\insn"
	.popsection
	.quad	9b
	\insn
	.word	0
	.endm

	.section .rodata.insns, "a"
	.balign	8
	.global	el0_insns
el0_insns:
	try	nop
	try	svc #0x1234
	try	hvc #0
	try	hvc #1
	try	smc #0
	try	eret
	try	brk #5
	try	hlt #1
	try	udf #0
	try	wfi
	try	wfe
	try	msr daifset, #15
	try	msr spsel, #1
	try	mrs x0, daif
	try	mrs x0, CurrentEL
	try	mrs x0, midr_el1
	try	mrs x0, id_aa64pfr0_el1
	try	mrs x0, mpidr_el1
	try	mrs x0, sctlr_el1
	try	msr sctlr_el1, x0
	try	msr vbar_el1, x0
	try	msr ttbr0_el1, x0
	try	mrs x0, actlr_el1
	try	mrs x0, hcr_el2
	try	msr vttbr_el2, x0
	try	mrs x0, scr_el3
	try	mrs x0, mdscr_el1
	try	msr oslar_el1, x0
	try	mrs x0, dbgbcr0_el1
	try	mrs x0, s3_0_c4_c6_0
	try	mrs x0, s3_0_c12_c12_0
	try	msr s3_0_c12_c11_5, x0
	try	mrs x0, s3_0_c12_c12_5
	try	mrs x0, ctr_el0
	try	mrs x0, cntfrq_el0
	try	mrs x0, cntvct_el0
	try	mrs x0, cntpct_el0
	try	mrs x0, cntv_ctl_el0
	try	msr cntv_cval_el0, x0
	try	mrs x0, cntp_ctl_el0
	try	msr cntp_tval_el0, x0
	try	msr cntfrq_el0, x0
	try	mrs x0, cntkctl_el1
	try	mrs x0, pmccntr_el0
	try	msr pmcr_el0, x0
	try	msr pmuserenr_el0, x0
	try	mrs x0, tpidr_el1
	try	msr tpidrro_el0, x0
	try	mrs x0, tpidrro_el0
	try	dc ivac, x1
	try	dc isw, x1
	try	dc cisw, x1
	try	dc zva, x1
	try	dc civac, x1
	try	dc cvau, x1
	try	ic ivau, x1
	try	ic iallu
	try	tlbi vmalle1
	try	tlbi vmalle1is
	try	tlbi alle1
	try	at s1e0r, x1
	try	at s12e1r, x1
	try	.inst 0xd51bffe0	/* msr s3_3_c15_c15_7, x0 */
	try	.inst 0xd53f1100	/* mrs x0, s3_7_c1_c1_0 */
	.quad	0

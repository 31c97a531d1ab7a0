/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of loads and stores: tables of struct form (mmio.c), each row with the instruction itself.
 * Data is in x0, x2 or v0, v1, the base in x1 (or sp), indices in x3 = 16 and x4 = 0x5_ffff_fff0.
 */
	.arch	armv8.3-a+lse+rcpc
	.macro	form disp:req, insn:vararg
	.pushsection .rodata.names, "a"
9:	.asciz	"\insn"
	.popsection
	.quad	9b
	\insn
	.word	\disp
	.endm

	.macro	table name
	.global	\name
	.balign	8
\name:
	.endm

	.section .rodata.forms, "a"
	/* One register, any size: to and from a register of 32 bits. */
	table	loads
	form	0, ldrb w0, [x1]
	form	0, ldrh w0, [x1]
	form	0, ldr w0, [x1]
	form	0, ldrsb w0, [x1]
	form	0, ldrsb x0, [x1]
	form	0, ldrsh w0, [x1]
	form	0, ldrsh x0, [x1]
	form	0, ldrsw x0, [x1]
	form	0, ldr wzr, [x1]
	form	0x40, ldr w0, [x1, #0x40]
	form	0x13, ldrsb w0, [x1, #0x13]
	form	0, ldr w0, [x1], #4
	form	0, ldrb w0, [x1], #-1
	form	0, ldrsw x0, [x1], #255
	form	-256, ldr w0, [x1, #-256]!
	form	8, ldrh w0, [x1, #8]!
	form	16, ldrsh x0, [x1, #16]!
	form	-4, ldur w0, [x1, #-4]
	form	-1, ldursb x0, [x1, #-1]
	form	16, ldr w0, [x1, x3]
	form	64, ldr w0, [x1, x3, lsl #2]
	form	16, ldrsb w0, [x1, w3, uxtw]
	form	-16, ldrh w0, [x1, w4, sxtw]
	form	-64, ldrsw x0, [x1, w4, sxtw #2]
	form	32, ldrh w0, [x1, x3, sxtx #1]
	form	0, ldtr w0, [x1]
	form	4, ldtrsb x0, [x1, #4]
	form	-4, ldtrh w0, [x1, #-4]
	form	0, ldar w0, [x1]
	form	0, ldarb w0, [x1]
	form	0, ldarh w0, [x1]
	form	0, ldr w0, [sp]
	form	4, ldrb w0, [sp, #4]
	form	0, ldr w0, [sp], #16
	form	-16, ldrh w0, [sp, #-16]!
	form	0, ldr b0, [x1]
	form	0, ldr h0, [x1]
	form	0, ldr s0, [x1]
	form	0, ldr s0, [x1], #4
	form	-2, ldr h0, [x1, #-2]!
	form	-3, ldur b0, [x1, #-3]
	form	64, ldr s0, [x1, x3, lsl #2]
	.quad	0

	table	stores
	form	0, strb w0, [x1]
	form	0, strh w0, [x1]
	form	0, str w0, [x1]
	form	0, str wzr, [x1]
	form	0x40, str w0, [x1, #0x40]
	form	0, str w0, [x1], #4
	form	0, strb w0, [x1], #-1
	form	-256, str w0, [x1, #-256]!
	form	8, strh w0, [x1, #8]!
	form	-4, stur w0, [x1, #-4]
	form	-1, sturb w0, [x1, #-1]
	form	16, str w0, [x1, x3]
	form	-64, str w0, [x1, w4, sxtw #2]
	form	32, strh w0, [x1, x3, lsl #1]
	form	0, sttr w0, [x1]
	form	4, sttrh w0, [x1, #4]
	form	-4, sttrb w0, [x1, #-4]
	form	0, stlr w0, [x1]
	form	0, stlrb w0, [x1]
	form	0, stlrh w0, [x1]
	form	0, str w0, [sp], #16
	form	-16, strh w0, [sp, #-16]!
	form	0, str b0, [x1]
	form	0, str h0, [x1]
	form	0, str s0, [x1]
	form	0, str s0, [x1], #4
	form	-4, str h0, [x1, #-4]!
	form	-8, stur s0, [x1, #-8]
	.quad	0

	/* Two registers of 32 bits. */
	table	pair_loads
	form	0, ldp w0, w2, [x1]
	form	8, ldp w0, w2, [x1, #8]
	form	0, ldp w0, w2, [x1], #-8
	form	-16, ldp w0, w2, [x1, #-16]!
	form	0, ldpsw x0, x2, [x1]
	form	0, ldnp w0, w2, [x1]
	form	0, ldp wzr, w2, [x1]
	form	0, ldp w0, w2, [sp], #16
	form	0, ldp s0, s1, [x1]
	form	16, ldp s0, s1, [x1, #16]!
	form	0, ldnp s0, s1, [x1]
	.quad	0

	table	pair_stores
	form	0, stp w0, w2, [x1]
	form	8, stp w0, w2, [x1, #8]
	form	0, stp w0, w2, [x1], #-8
	form	-16, stp w0, w2, [x1, #-16]!
	form	0, stnp w0, w2, [x1]
	form	0, stp w0, wzr, [x1]
	form	0, stp w0, w2, [sp], #16
	form	0, stp s0, s1, [x1]
	form	16, stp s0, s1, [x1, #16]!
	.quad	0

	/* Registers of 64 bits, where the device has such. */
	table	wide_loads
	form	0, ldr x0, [x1]
	form	0, ldr x0, [x1], #8
	form	-8, ldr x0, [x1, #-8]!
	form	0, ldar x0, [x1]
	form	0, ldtr x0, [x1]
	form	128, ldr x0, [x1, x3, lsl #3]
	form	0, ldp x0, x2, [x1]
	form	0, ldp x0, x2, [x1], #16
	form	-16, ldp x0, x2, [x1, #-16]!
	form	0, ldr d0, [x1]
	form	0, ldr q0, [x1]
	form	0, ldr q0, [x1], #16
	form	8, ldp d0, d1, [x1, #8]
	.quad	0

	table	wide_stores
	form	0, str x0, [x1]
	form	0, str x0, [x1], #8
	form	-8, str x0, [x1, #-8]!
	form	0, stlr x0, [x1]
	form	0, sttr x0, [x1]
	form	0, stp x0, x2, [x1]
	form	-16, stp x0, x2, [x1, #-16]!
	form	0, str d0, [x1]
	form	0, str q0, [x1]
	form	0, stp d0, d1, [x1], #16
	.quad	0

	/* What is atomic, or more than two registers: not emulated. */
	table	refused
	form	0, ldxr w0, [x1]
	form	0, ldaxr w0, [x1]
	form	0, ldxrb w0, [x1]
	form	0, ldxp w0, w2, [x1]
	form	0, ldadd w0, w2, [x1]
	form	0, ldaddal w0, w2, [x1]
	form	0, stset w0, [x1]
	form	0, swp w0, w2, [x1]
	form	0, cas w0, w2, [x1]
	form	0, casp x6, x7, x8, x9, [x1]
	form	0, ld1 {v0.4s}, [x1]
	form	0, ld1r {v0.4s}, [x1]
	form	0, ld1 {v0.s}[1], [x1]
	form	0, st1 {v0.4s}, [x1]
	form	0, ld2 {v0.4s, v1.4s}, [x1]
	form	0, dc zva, x1
	.quad	0

	.text
	/* A load relative to the PC: mmio.c puts the device's page there. */
	.global	literal_word, literal_signed, literal_s
literal_word:
	ldr	w0, mmio_literal
	ret
literal_signed:
	ldrsw	x0, mmio_literal
	ret
literal_s:
	ldr	s0, mmio_literal
	ret
	.global	mmio_literal
	.set	mmio_literal, 0x401f0004

	/* v0 and v1 as two words each. */
	.global	put_v
put_v:
	ldp	q0, q1, [x0]
	ret
	.global	get_v
get_v:
	stp	q0, q1, [x0]
	ret

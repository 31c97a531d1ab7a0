/* SPDX-License-Identifier: Apache-2.0 */
/* All of the FP/SIMD state to and from memory: 32 registers, then FPCR and FPSR. */
	.text
	.macro	each insn
	\insn	q0, q1, [x0]
	\insn	q2, q3, [x0, #32]
	\insn	q4, q5, [x0, #64]
	\insn	q6, q7, [x0, #96]
	\insn	q8, q9, [x0, #128]
	\insn	q10, q11, [x0, #160]
	\insn	q12, q13, [x0, #192]
	\insn	q14, q15, [x0, #224]
	\insn	q16, q17, [x0, #256]
	\insn	q18, q19, [x0, #288]
	\insn	q20, q21, [x0, #320]
	\insn	q22, q23, [x0, #352]
	\insn	q24, q25, [x0, #384]
	\insn	q26, q27, [x0, #416]
	\insn	q28, q29, [x0, #448]
	\insn	q30, q31, [x0, #480]
	.endm

	.global	fp_put
fp_put:	each	ldp
	add	x0, x0, #512
	ldp	x1, x2, [x0]
	msr	fpcr, x1
	msr	fpsr, x2
	ret

	.global	fp_get
fp_get:	each	stp
	mrs	x1, fpcr
	mrs	x2, fpsr
	add	x0, x0, #512
	stp	x1, x2, [x0]
	ret

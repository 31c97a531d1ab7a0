/* SPDX-License-Identifier: Apache-2.0 */
/* All of the D state to and from memory: 32 registers, then fcsr. */
	.option	arch, +f, +d
	.text
	.macro	each insn
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\insn	f\n, (8 * \n)(a0)
	.endr
	.endm

	.global	fp_put
fp_put:	each	fld
	ld	t0, 256(a0)
	fscsr	t0
	ret

	.global	fp_get
fp_get:	each	fsd
	frcsr	t0
	sd	t0, 256(a0)
	ret

/* Each touches the state in its own way. */
	.global	fp_write_one
fp_write_one:
	fmv.d.x	f9, a0
	ret
	.global	fp_read_one
fp_read_one:
	fmv.x.d	a0, f9
	ret
	.global	fp_divide
fp_divide:			/* 1.0 / a0: sets fflags */
	li	t0, 1
	fcvt.d.l f10, t0
	fcvt.d.l f11, a0
	fdiv.d	f10, f10, f11
	fmv.x.d	a0, f10
	ret

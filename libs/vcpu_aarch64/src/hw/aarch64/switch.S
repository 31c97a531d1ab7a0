/* SPDX-License-Identifier: Apache-2.0 */
/*
 * World switch and EL2 vectors. An exit saves what the hypervisor itself clobbers: X0-X30, ELR_EL2,
 * SPSR_EL2. Offsets into the vCPU: X0-X30 at 0, PC 248, PSTATE 256 (asserted in state.h).
 *
 * While the guest runs, SP_EL2 points to the frame of the run call: the host's callee-saved registers,
 * the two arguments, and room for X0 and X1. A trap is first shown to a C function, on the same stack
 * and with the guest's X19-X28 where they were, which that function keeps by its calling convention.
 * Only if it says so are the host's own put back and the run call returns; else the guest goes on.
 */
	.arch armv8-a
	.set FRAME_VCPU, 96
	.set FRAME_EXIT, 104
	.set FRAME_X0, 112
	.set FRAME_SIZE, 128

/* void vcpu_aarch64_hw_run(struct vcpu_aarch64 *v, struct axvcpu_exit *exit) */
	.text
	.global vcpu_aarch64_hw_run
	.type vcpu_aarch64_hw_run, %function
	.balign 64
vcpu_aarch64_hw_run:
	stp	x29, x30, [sp, #-FRAME_SIZE]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	stp	x0, x1, [sp, #FRAME_VCPU]
enter_guest:		/* also from the vectors, when C has dealt with a trap */
	ldr	x0, [sp, #FRAME_VCPU]
	ldp	x1, x2, [x0, #248]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldr	x30, [x0, #240]
	ldp	x0, x1, [x0]
	eret
	dsb	nsh	/* never reached; keeps speculation from going on past the ERET */
	isb

return_to_host:
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #FRAME_SIZE
	ret
	.size vcpu_aarch64_hw_run, . - vcpu_aarch64_hw_run

	.macro	from_host
	.balign 128
	b	ax_port_aarch64_fault
	.endm

/* Leaves the vCPU in X0, and X1 to X18 free. */
	.macro	save_guest
	stp	x0, x1, [sp, #FRAME_X0]
	ldr	x0, [sp, #FRAME_VCPU]
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	ldp	x2, x3, [sp, #FRAME_X0]
	mrs	x4, elr_el2
	mrs	x5, spsr_el2
	stp	x2, x3, [x0]
	stp	x30, x4, [x0, #240]
	str	x5, [x0, #256]
	mov	x29, sp		/* a backtrace goes on in the host's frames, not in the guest's */
	ldr	x1, [sp, #FRAME_EXIT]
	.endm

/* bool vcpu_aarch64_sync(v, exit, ESR_EL2, FAR_EL2, HPFAR_EL2): true to return. 32 instructions at most. */
	.macro	from_guest_sync
	.balign 128
	save_guest
	mrs	x2, esr_el2
	mrs	x3, far_el2
	mrs	x4, hpfar_el2
	bl	vcpu_aarch64_sync
	tbz	w0, #0, enter_guest
	b	return_to_host
	.endm

/* bool vcpu_aarch64_async(v, exit, serror), likewise */
	.macro	from_guest_async serror
	.balign 128
	save_guest
	mov	w2, #\serror
	bl	vcpu_aarch64_async
	tbz	w0, #0, enter_guest
	b	return_to_host
	.endm

	.global vcpu_aarch64_hw_vectors
	.balign 2048
vcpu_aarch64_hw_vectors:
	.rept 8		/* EL2 itself, with SP_EL0 and with SP_EL2 */
	from_host
	.endr
	.rept 2		/* lower EL in AArch64, in AArch32 */
	from_guest_sync
	from_guest_async 0	/* IRQ */
	from_guest_async 0	/* FIQ */
	from_guest_async 1	/* SError */
	.endr
	.balign 128
	.org	vcpu_aarch64_hw_vectors + 2048	/* fails if a vector is longer than 32 instructions */

	.arch armv8-a+fp+simd
/* Both take the address of a struct vcpu_fp. */
	.global vcpu_aarch64_hw_fp_load
	.type vcpu_aarch64_hw_fp_load, %function
vcpu_aarch64_hw_fp_load:
	ldr	x1, [x0, #512]
	ldr	x2, [x0, #520]
	msr	fpsr, x1
	msr	fpcr, x2
	ldp	q0, q1, [x0]
	ldp	q2, q3, [x0, #32]
	ldp	q4, q5, [x0, #64]
	ldp	q6, q7, [x0, #96]
	ldp	q8, q9, [x0, #128]
	ldp	q10, q11, [x0, #160]
	ldp	q12, q13, [x0, #192]
	ldp	q14, q15, [x0, #224]
	ldp	q16, q17, [x0, #256]
	ldp	q18, q19, [x0, #288]
	ldp	q20, q21, [x0, #320]
	ldp	q22, q23, [x0, #352]
	ldp	q24, q25, [x0, #384]
	ldp	q26, q27, [x0, #416]
	ldp	q28, q29, [x0, #448]
	ldp	q30, q31, [x0, #480]
	ret
	.size vcpu_aarch64_hw_fp_load, . - vcpu_aarch64_hw_fp_load

	.global vcpu_aarch64_hw_fp_save
	.type vcpu_aarch64_hw_fp_save, %function
vcpu_aarch64_hw_fp_save:
	mrs	x1, fpsr
	mrs	x2, fpcr
	str	x1, [x0, #512]
	str	x2, [x0, #520]
	stp	q0, q1, [x0]
	stp	q2, q3, [x0, #32]
	stp	q4, q5, [x0, #64]
	stp	q6, q7, [x0, #96]
	stp	q8, q9, [x0, #128]
	stp	q10, q11, [x0, #160]
	stp	q12, q13, [x0, #192]
	stp	q14, q15, [x0, #224]
	stp	q16, q17, [x0, #256]
	stp	q18, q19, [x0, #288]
	stp	q20, q21, [x0, #320]
	stp	q22, q23, [x0, #352]
	stp	q24, q25, [x0, #384]
	stp	q26, q27, [x0, #416]
	stp	q28, q29, [x0, #448]
	stp	q30, q31, [x0, #480]
	ret
	.size vcpu_aarch64_hw_fp_save, . - vcpu_aarch64_hw_fp_save
	.section .note.GNU-stack, "", %progbits

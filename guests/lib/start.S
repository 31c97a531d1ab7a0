/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of a guest: the header of the arm64 boot protocol, a stack for each CPU, and vectors that
 * report. EL1, MMU off: all of memory is Device, so every access has to be aligned.
 */
	.section .text.start, "ax"
	.global	_start
_start:
	b	1f
	.long	0
	.quad	0x200000
	.quad	guest_size
	.quad	0x2
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

1:	msr	daifset, #0xf
	mov	x19, x0
	adrp	x9, guest_bss_start
	add	x9, x9, :lo12:guest_bss_start
	adrp	x10, guest_stacks
	add	x10, x10, :lo12:guest_stacks
2:	cmp	x9, x10
	b.hs	3f
	stp	xzr, xzr, [x9], #16
	b	2b
3:	add	x10, x10, #4096
	mov	sp, x10
	adrp	x9, vectors
	add	x9, x9, :lo12:vectors
	msr	vbar_el1, x9
	isb
	mov	x29, #0
	mov	x0, x19
	bl	guest_main
	bl	guest_power_off

/* PSCI CPU_ON comes here, x0: the CPU's number, 1 to 7. */
	.global	guest_secondary_start
guest_secondary_start:
	msr	daifset, #0xf
	adrp	x9, guest_stacks
	add	x9, x9, :lo12:guest_stacks
	add	x10, x0, #1
	add	x9, x9, x10, lsl #12
	mov	sp, x9
	adrp	x9, vectors
	add	x9, x9, :lo12:vectors
	msr	vbar_el1, x9
	isb
	mov	x29, #0
	bl	guest_secondary_main
4:	wfi
	b	4b

	.balign	2048
vectors:
	.rept	16
	.balign	128
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	b	guest_exception
	.endr

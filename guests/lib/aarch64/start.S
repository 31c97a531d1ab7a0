/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of a guest: the header of the arm64 boot protocol, a stack for each CPU, vectors that keep a
 * struct guest_frame, and the frame of a single instruction that is tried. Until the guest turns the
 * MMU on, all of memory is Device: every access has to be aligned.
 */
#define STACK_SHIFT   13 /* link.lds has as many bytes per CPU */
#define SCTLR_RESET   0x30d00800
#define FRAME_PC      248
#define FRAME_ESR     264
#define FRAME_VECTOR  280
#define FRAME_SIZE    288
#define CPU_SHIFT     7 /* struct cpu in trap.c: a CPU's share of guest_cpus */
#define CPU_REGS      8
#define CPU_SP        16
#define REGS_SP       248

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

1:	mov	x19, x0
	adrp	x9, guest_bss_start
	add	x9, x9, :lo12:guest_bss_start
	adrp	x10, guest_stacks
	add	x10, x10, :lo12:guest_stacks
2:	cmp	x9, x10
	b.hs	3f
	stp	xzr, xzr, [x9], #16
	b	2b
3:	mov	x20, #0
	bl	set_up_cpu
	mov	x0, x19
	bl	guest_boot
	bl	guest_power_off

/* PSCI CPU_ON comes here, x0: the CPU's number. */
	.global	guest_secondary_start
guest_secondary_start:
	mov	x20, x0
	adrp	x9, guest_mmu_on
	ldr	w9, [x9, :lo12:guest_mmu_on]
	cbz	w9, 1f
	bl	guest_mmu_registers
1:	bl	set_up_cpu
	mov	x0, x20
	bl	guest_secondary_main
2:	wfi
	b	2b

/* x20: the CPU's number. What reset leaves unknown and a guest can see is given a value. */
set_up_cpu:
	msr	daifset, #0xf
	msr	spsel, #1
	adrp	x9, guest_mmu_on
	ldr	w9, [x9, :lo12:guest_mmu_on]
	cbnz	w9, 1f
	mov	x9, #(SCTLR_RESET & 0xffff)
	movk	x9, #(SCTLR_RESET >> 16), lsl #16
	msr	sctlr_el1, x9
1:	msr	cpacr_el1, xzr
	msr	mdscr_el1, xzr
	msr	cntkctl_el1, xzr
	adrp	x9, guest_stacks
	add	x9, x9, :lo12:guest_stacks
	add	x10, x20, #1
	add	x9, x9, x10, lsl #STACK_SHIFT
	mov	sp, x9
	adrp	x9, guest_cpus
	add	x9, x9, :lo12:guest_cpus
	add	x9, x9, x20, lsl #CPU_SHIFT
	str	x20, [x9]
	msr	tpidr_el1, x9
	adrp	x9, vectors
	add	x9, x9, :lo12:vectors
	msr	vbar_el1, x9
	isb
	mov	x29, #0
	ret

/* MAIR, TCR, TTBR0, SCTLR of the identity map. Uses x9 to x11, no memory. */
	.global	guest_mmu_registers
guest_mmu_registers:
	ldr	x9, =0x0044ff04		/* nGnRE, WB, NC, nGnRnE */
	msr	mair_el1, x9
	mrs	x10, id_aa64mmfr0_el1
	and	x10, x10, #15
	mov	x11, #5			/* 48 bits are the most without LPA2 */
	cmp	x10, x11
	csel	x10, x10, x11, lo
	ldr	x9, =0x00803519		/* T0SZ 25, WB tables, inner shareable, 4 KiB, EPD1 */
	orr	x9, x9, x10, lsl #32
	msr	tcr_el1, x9
	adrp	x9, guest_mmu_root
	add	x9, x9, :lo12:guest_mmu_root
	msr	ttbr0_el1, x9
	dsb	sy
	isb
	tlbi	vmalle1
	ic	iallu
	dsb	sy
	isb
	ldr	x9, =(SCTLR_RESET | 0x1005)
	msr	sctlr_el1, x9
	isb
	ret
	.ltorg

/* struct guest_frame on the stack of EL1. */
	.balign	2048
vectors:
	.set	n, 0
	.rept	16
	.balign	128
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp]
	mov	x0, #n
	b	save
	.set	n, n + 1
	.endr

save:	str	x0, [sp, #FRAME_VECTOR]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x1, elr_el1
	stp	x30, x1, [sp, #240]
	mrs	x2, spsr_el1
	mrs	x3, esr_el1
	mrs	x4, far_el1
	str	x2, [sp, #FRAME_PC + 8]
	stp	x3, x4, [sp, #FRAME_ESR]
	mov	x0, sp
	bl	guest_exception
	ldp	x1, x2, [sp, #FRAME_PC]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	ldr	x30, [sp, #240]
	ldp	x0, x1, [sp]
	add	sp, sp, #FRAME_SIZE
	eret

/*
 * guest_insn_run(code, regs): go to code with the registers of regs. It comes back to
 * guest_insn_return, where they are put there again.
 */
	.global	guest_insn_run
guest_insn_run:
	stp	x19, x20, [sp, #-96]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	mrs	x2, tpidr_el1
	mov	x3, sp
	stp	x1, x3, [x2, #CPU_REGS]
	mov	x30, x0
	ldr	x2, [x1, #REGS_SP]
	cbz	x2, 1f
	msr	sp_el0, x2
	msr	spsel, #0
1:	ldp	x2, x3, [x1, #16]
	ldp	x4, x5, [x1, #32]
	ldp	x6, x7, [x1, #48]
	ldp	x8, x9, [x1, #64]
	ldp	x10, x11, [x1, #80]
	ldp	x12, x13, [x1, #96]
	ldp	x14, x15, [x1, #112]
	ldp	x16, x17, [x1, #128]
	ldp	x18, x19, [x1, #144]
	ldp	x20, x21, [x1, #160]
	ldp	x22, x23, [x1, #176]
	ldp	x24, x25, [x1, #192]
	ldp	x26, x27, [x1, #208]
	ldp	x28, x29, [x1, #224]
	ldp	x0, x1, [x1]
	blr	x30
	.global	guest_insn_return
guest_insn_return:
	mrs	x30, tpidr_el1
	ldr	x30, [x30, #CPU_REGS]
	stp	x0, x1, [x30]
	stp	x2, x3, [x30, #16]
	stp	x4, x5, [x30, #32]
	stp	x6, x7, [x30, #48]
	stp	x8, x9, [x30, #64]
	stp	x10, x11, [x30, #80]
	stp	x12, x13, [x30, #96]
	stp	x14, x15, [x30, #112]
	stp	x16, x17, [x30, #128]
	stp	x18, x19, [x30, #144]
	stp	x20, x21, [x30, #160]
	stp	x22, x23, [x30, #176]
	stp	x24, x25, [x30, #192]
	stp	x26, x27, [x30, #208]
	stp	x28, x29, [x30, #224]
	ldr	x0, [x30, #REGS_SP]
	cbz	x0, 2f
	msr	spsel, #1
	mrs	x0, sp_el0
	str	x0, [x30, #REGS_SP]
2:	mrs	x0, tpidr_el1
	ldr	x1, [x0, #CPU_SP]
	mov	sp, x1
	ldp	x29, x30, [sp, #80]
	ldp	x27, x28, [sp, #64]
	ldp	x25, x26, [sp, #48]
	ldp	x23, x24, [sp, #32]
	ldp	x21, x22, [sp, #16]
	ldp	x19, x20, [sp], #96
	ret

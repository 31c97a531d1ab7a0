/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From reset to C. The image starts with the header of the arm64 boot protocol, so that QEMU's -kernel
 * and boot loaders take the flat binary; entered at EL2 (MMU off, device tree in x0) or at EL3 without
 * firmware, where this code grants EL2 everything and goes there.
 */
#include "layout.h"

	.section .text.boot, "ax"
	.global	_start
_start:
	b	start
	.long	0
	.quad	BOARD_TEXT_OFFSET
	.quad	board_image_size
	.quad	0x2			/* little endian, 4 KiB pages */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.macro	mov_q reg, value
	movz	\reg, #((\value) & 0xffff)
	movk	\reg, #(((\value) >> 16) & 0xffff), lsl #16
	movk	\reg, #(((\value) >> 32) & 0xffff), lsl #32
	.endm

/* The registers of EL2 that decide what the code below means. Clobbers x9. */
	.macro	el2_state
	mov_q	x9, BOARD_SCTLR_EL2_RES1
	msr	sctlr_el2, x9
	mov_q	x9, ((1 << 31) | (7 << 3)) /* HCR_EL2: RW, AMO IMO FMO; E2H and TGE 0 */
	msr	hcr_el2, x9
	isb
	mov	x9, #0x33ff		/* CPTR_EL2: RES1, SVE trapped, FP open */
	msr	cptr_el2, x9
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	msr	cntvoff_el2, xzr
	msr	cnthp_ctl_el2, xzr
	mov	x9, #3			/* CNTHCTL_EL2: EL1PCTEN, EL1PCEN */
	msr	cnthctl_el2, x9
	adrp	x9, board_vectors
	add	x9, x9, :lo12:board_vectors
	msr	vbar_el2, x9
	isb
	.endm

start:
	msr	daifset, #0xf
	mov	x19, x0
	mov	x20, #0			/* 1: entered at EL3 */
	mrs	x9, CurrentEL
	cmp	x9, #(3 << 2)
	b.eq	at_el3
	cmp	x9, #(2 << 2)
	b.eq	at_el2
	adr	x1, text_el1
	b	say_and_park

at_el2:
	adr	x9, _start
	ldr	x10, =board_image_start
	adr	x1, text_moved
	cmp	x9, x10
	b.ne	say_and_park
	el2_state
	cbz	x20, 1f
	mrs	x9, mpidr_el1		/* without firmware, all CPUs come at once */
	mov_q	x10, 0xff00ffffff
	tst	x9, x10
	b.ne	pen
1:	adrp	x9, board_cpus
	add	x9, x9, :lo12:board_cpus
	msr	tpidr_el2, x9

	adrp	x9, board_bss_start
	add	x9, x9, :lo12:board_bss_start
	adrp	x10, board_bss_end
	add	x10, x10, :lo12:board_bss_end
2:	stp	xzr, xzr, [x9], #16
	cmp	x9, x10
	b.lo	2b

	adrp	x9, board_booted_at_el3
	str	x20, [x9, :lo12:board_booted_at_el3]
	cbnz	x19, 3f
	mov_q	x19, BOARD_RAM_BASE	/* where QEMU puts the tree for an ELF */
3:	adrp	x9, board_stacks
	add	x9, x9, :lo12:board_stacks
	add	x9, x9, #(BOARD_GUARD_SIZE + BOARD_STACK_SIZE)
	mov	sp, x9
	mov	x29, #0
	mov	x30, #0
	mov	x0, x19
	bl	board_boot_tables

	/* What was written with the caches off must not be hidden by lines that were there before. */
	adrp	x9, board_rodata_end
	adrp	x10, board_image_end
	mrs	x11, ctr_el0
	ubfx	x11, x11, #16, #4	/* DminLine: log2 of words */
	mov	x12, #4
	lsl	x12, x12, x11
4:	dc	ivac, x9
	add	x9, x9, x12
	cmp	x9, x10
	b.lo	4b
	dsb	sy
	bl	mmu_on
	mov	x0, x19
	bl	board_boot_main

/* Every CPU but the first, from PSCI or the pen: x0 is its struct board_cpu. */
	.global	board_secondary_start
board_secondary_start:
	msr	daifset, #0xf
	mov	x19, x0
	mrs	x9, CurrentEL
	cmp	x9, #(2 << 2)
	adr	x1, text_el1
	b.ne	say_and_park
	el2_state
	msr	tpidr_el2, x19
	bl	mmu_on
	ldr	x9, [x19, #BOARD_CPU_STACK_TOP]
	mov	sp, x9
	mov	x29, #0
	mov	x30, #0
	mov	x0, x19
	bl	board_secondary_main

/* Waits with the MMU off until CPU 0 names this CPU. */
pen:
	and	x21, x9, x10
	adrp	x11, board_pen_mpidr
	add	x11, x11, :lo12:board_pen_mpidr
5:	wfe
	ldr	x9, [x11]
	cmp	x9, x21
	b.ne	5b
	dmb	sy
	ldr	x0, [x11, #8]
	b	board_secondary_start

mmu_on:
	adrp	x9, board_mmu_regs
	add	x9, x9, :lo12:board_mmu_regs
	ldr	x10, [x9, #BOARD_MMU_MAIR]
	msr	mair_el2, x10
	ldr	x10, [x9, #BOARD_MMU_TCR]
	msr	tcr_el2, x10
	ldr	x10, [x9, #BOARD_MMU_TTBR0]
	msr	ttbr0_el2, x10
	ldr	x10, [x9, #BOARD_MMU_SCTLR]
	dsb	sy
	tlbi	alle2
	ic	iallu
	dsb	sy
	isb
	msr	sctlr_el2, x10
	isb
	ret

/*
 * No firmware: be it. Nothing is kept for the secure side; one security state in GICv3 (DS), all
 * interrupts in group 1 on GICv2. SMC is disabled, there is nobody to answer it.
 */
at_el3:
	mov	x20, #1
	adr	x9, el3_vectors
	msr	vbar_el3, x9
	/* SCR_EL3: NS RES1 SMD HCE RW APK API EnSCXT ATA FGTEn ECVEn HXEn */
	mov_q	x9, (1 | 0x30 | (1 << 7) | (1 << 8) | (1 << 10) | (3 << 16) | (1 << 25) | (1 << 26) | (1 << 27) | (1 << 28) | (1 << 38))
	msr	scr_el3, x9
	isb
	mrs	x10, id_aa64pfr0_el1
	mov	x9, #0			/* CPTR_EL3: nothing trapped, EZ where there is SVE */
	ubfx	x11, x10, #32, #4
	cbz	x11, 1f
	mov	x9, #(1 << 8)
1:	msr	cptr_el3, x9
	isb
	cbz	x11, 2f
	mov	x9, #0xf
	msr	S3_6_C1_C2_0, x9	/* ZCR_EL3.LEN */
2:	mov_q	x9, ((3 << 12) | (3 << 24)) /* MDCR_EL3: NSPB, NSTB */
	msr	mdcr_el3, x9
	mrs	x9, cntfrq_el0
	cbnz	x9, 3f
	mov_q	x9, 62500000
	msr	cntfrq_el0, x9
3:	mov_q	x12, BOARD_EARLY_GICD
	ubfx	x11, x10, #24, #4
	cbz	x11, el3_gicv2
	mov	x9, #0xf
	msr	S3_6_C12_C12_5, x9	/* ICC_SRE_EL3 */
	isb
	mrs	x9, mpidr_el1
	mov_q	x10, 0xff00ffffff
	tst	x9, x10
	b.ne	el3_leave
	mov	w9, #(1 << 6)		/* GICD_CTLR.DS */
	str	w9, [x12]
	b	el3_leave
el3_gicv2:
	ldr	w9, [x12, #4]		/* GICD_TYPER.ITLinesNumber */
	and	w9, w9, #0x1f
	add	x13, x12, #0x80		/* GICD_IGROUPR; the first is this CPU's own */
	mov	w10, #-1
4:	str	w10, [x13], #4
	subs	w9, w9, #1
	b.pl	4b
	mov_q	x12, BOARD_EARLY_GICC
	mov	w9, #0xff
	str	w9, [x12, #4]		/* GICC_PMR */
el3_leave:
	mov_q	x9, BOARD_SCTLR_EL2_RES1
	msr	sctlr_el2, x9
	mov_q	x9, (1 << 31)
	msr	hcr_el2, x9
	mov	x9, #0x3c9		/* EL2h, DAIF */
	msr	spsr_el3, x9
	adr	x9, at_el2
	msr	elr_el3, x9
	isb
	eret

/* x1: text. The UART is where QEMU has it; nothing else can be relied on. */
say_and_park:
	mov_q	x2, BOARD_EARLY_UART
6:	ldrb	w3, [x1], #1
	cbz	w3, 7f
	str	w3, [x2]
	b	6b
7:	wfi
	b	7b

text_el1:
	.asciz	"[axvisor] boot: not at EL2: run QEMU with -M virt,virtualization=on\r\n"
text_moved:
	.asciz	"[axvisor] boot: image is not at its link address 0x40200000\r\n"

	.balign	2048
el3_vectors:
	.rept	16
	.balign	128
	b	.
	.endr

/* In .data: waiting CPUs read it while the first one clears .bss. */
	.data
	.balign	64
	.global	board_pen_mpidr, board_pen_cpu, board_booted_at_el3
board_pen_mpidr:
	.quad	-1
board_pen_cpu:
	.quad	0
	.balign	64
board_booted_at_el3:
	.quad	0
	.balign	64

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of a guest: the header of the RISC-V boot protocol, a stack for each hart, a trap vector that
 * keeps a struct guest_frame, and the way into code that is tried. Firmware may enter on any hart; that
 * one starts hart 0 and stops, so that CPU n is hart n and CPU 0 the boot CPU.
 */
#define STACK_SHIFT  13 /* link.lds has as many bytes per CPU */
#define CPU_SHIFT    8  /* struct cpu in trap.c: a CPU's share of guest_cpus */
#define CPU_RUN_SP   8
#define CPU_SCRATCH  16
#define FRAME_PC     256
#define FRAME_STATUS 264
#define FRAME_CAUSE  272
#define FRAME_TVAL   280
#define FRAME_RUN_SP 288
#define FRAME_SIZE   304

#define SSTATUS_SIE  0x2
#define SSTATUS_SPIE 0x20
#define SSTATUS_SPP  0x100
#define SBI_HSM      0x48534d

	.section .text.start, "ax"
	.global	_start
	.option	push
	.option	norvc
_start:
	j	1f
	.long	0
	.quad	0x200000
	.quad	guest_size
	.quad	0
	.long	2		/* version 0.2 */
	.long	0
	.quad	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.long	0
	.option	pop

1:	beqz	a0, 3f
	mv	a2, a1
	la	a1, _start
	li	a0, 0
	li	a6, 0		/* hart_start */
	li	a7, SBI_HSM
	ecall
	li	a6, 1		/* hart_stop */
	ecall
2:	wfi
	j	2b

3:	mv	s1, a1
	la	t0, guest_bss_start
	la	t1, guest_stacks
4:	sd	zero, 0(t0)
	sd	zero, 8(t0)
	addi	t0, t0, 16
	bltu	t0, t1, 4b
	li	s0, 0
	call	set_up_cpu
	mv	a0, s1
	call	guest_boot
	call	guest_power_off

/* SBI hart_start comes here; a1: the CPU's number. */
	.global	guest_secondary_start
guest_secondary_start:
	mv	s0, a1
	la	t0, guest_mmu_satp
	ld	t0, 0(t0)
	beqz	t0, 1f
	csrw	satp, t0
	sfence.vma
1:	call	set_up_cpu
	mv	a0, s0
	call	guest_secondary_main
2:	wfi
	j	2b

/* s0: the CPU's number. What reset leaves unknown and a guest can see is given a value. */
set_up_cpu:
	csrw	sie, zero
	csrw	sstatus, zero
	csrw	scounteren, zero
	la	t0, guest_cpus
	slli	t1, s0, CPU_SHIFT
	add	t0, t0, t1
	sd	s0, 0(t0)
	csrw	sscratch, t0
	la	t0, guest_vector
	csrw	stvec, t0
	la	sp, guest_stacks
	addi	t1, s0, 1
	slli	t1, t1, STACK_SHIFT
	add	sp, sp, t1
	li	tp, 0
	li	gp, 0
	ret

	.macro	each insn, base
	.irp	n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
	\insn	x\n, (8 * \n)(\base)
	.endr
	.endm

/* The frame is below the interrupted stack, or below that of guest_run() if tried code or U-mode was hit. */
	.balign	4
	.global	guest_vector
guest_vector:
	csrrw	x31, sscratch, x31
	sd	x30, CPU_SCRATCH(x31)
	ld	x30, CPU_RUN_SP(x31)
	bnez	x30, 1f
	mv	x30, sp
1:	addi	x30, x30, -FRAME_SIZE
	sd	x1, 8(x30)
	sd	sp, 16(x30)
	each	sd, x30
	ld	x1, CPU_SCRATCH(x31)
	sd	x1, 240(x30)
	csrrw	x1, sscratch, x31
	sd	x1, 248(x30)
	csrr	x1, sepc
	sd	x1, FRAME_PC(x30)
	csrr	x1, sstatus
	sd	x1, FRAME_STATUS(x30)
	csrr	x1, scause
	sd	x1, FRAME_CAUSE(x30)
	csrr	x1, stval
	sd	x1, FRAME_TVAL(x30)
	ld	x1, CPU_RUN_SP(x31)
	sd	x1, FRAME_RUN_SP(x30)
	sd	zero, CPU_RUN_SP(x31)
	mv	sp, x30
	mv	a0, sp
	call	guest_exception
	csrr	t0, sscratch
	ld	t1, FRAME_RUN_SP(sp)
	sd	t1, CPU_RUN_SP(t0)
	ld	t0, FRAME_PC(sp)
	csrw	sepc, t0
	ld	t0, FRAME_STATUS(sp)
	csrw	sstatus, t0
	mv	x31, sp
	each	ld, x31
	ld	x1, 8(x31)
	ld	sp, 16(x31)
	ld	x30, 240(x31)
	ld	x31, 248(x31)
	sret

/*
 * guest_run(pc, regs, status): go to pc with the registers of regs, with the bits status (SPP: in S-mode)
 * for SRET. guest_exception() brings it back to guest_run_end when the code is over.
 */
	.global	guest_run
guest_run:
	addi	sp, sp, -128
	sd	ra, 0(sp)
	sd	gp, 8(sp)
	sd	tp, 16(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	sd	s\n, (24 + 8 * \n)(sp)
	.endr
	csrrci	t0, sstatus, SSTATUS_SIE
	andi	t0, t0, SSTATUS_SIE
	sd	t0, 120(sp)
	slli	t0, t0, 4
	or	a2, a2, t0
	li	t1, SSTATUS_SPP | SSTATUS_SPIE
	csrc	sstatus, t1
	csrs	sstatus, a2
	csrr	t0, sscratch
	sd	sp, CPU_RUN_SP(t0)
	csrw	sepc, a0
	mv	x31, a1
	each	ld, x31
	ld	x1, 8(x31)
	ld	sp, 16(x31)
	ld	x30, 240(x31)
	ld	x31, 248(x31)
	sret

/* Interrupts are masked, SP is as guest_run() left it. */
	.global	guest_run_end
guest_run_end:
	ld	t0, 120(sp)
	ld	ra, 0(sp)
	ld	gp, 8(sp)
	ld	tp, 16(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	ld	s\n, (24 + 8 * \n)(sp)
	.endr
	addi	sp, sp, 128
	csrs	sstatus, t0
	ret

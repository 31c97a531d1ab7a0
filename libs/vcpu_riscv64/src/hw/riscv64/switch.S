/* SPDX-License-Identifier: Apache-2.0 */
/*
 * World switch and the trap vector of HS-mode. Offsets into the vCPU: x0-x31 at 0, PC 256, the run call's SP
 * 264, its argument 272 (asserted in state.h).
 *
 * While the guest runs, sscratch has the vCPU; in the host it has 0, which tells a trap of the host from
 * one of the guest. A trap saves the registers that a C function may change, and sepc, and is shown to one,
 * on the stack of the run call. The guest's s0-s11 are still where they were, and that function keeps them
 * by its calling convention: most traps are over without their having been touched. Only if it cannot do
 * without them, or the run call is to return, are they saved; and only then come the host's own, from the
 * run call's frame. GP goes with them: the hypervisor is linked without relaxation to it.
 *
 * sstatus.SPP and hstatus.SPV, which SRET consumes, are as the last trap left them.
 */
	.set VCPU_PC, 256
	.set VCPU_HOST_SP, 264
	.set VCPU_EXIT, 272
	.set FRAME_TP, 104
	.set FRAME_VCPU, 112
	.set FRAME_SIZE, 128
	.set CAUSE_VS_ECALL, 10

	.macro	each_saved op
	\op	ra, 0(sp)
	\op	s0, 8(sp)
	\op	s1, 16(sp)
	\op	s2, 24(sp)
	\op	s3, 32(sp)
	\op	s4, 40(sp)
	\op	s5, 48(sp)
	\op	s6, 56(sp)
	\op	s7, 64(sp)
	\op	s8, 72(sp)
	\op	s9, 80(sp)
	\op	s10, 88(sp)
	\op	s11, 96(sp)
	\op	tp, FRAME_TP(sp)
	.endm

	/* What a C function may change, but x10, which has the vCPU. */
	.macro	each_changed op
	\op	x1, 8(a0)
	\op	x2, 16(a0)
	\op	x4, 32(a0)
	\op	x5, 40(a0)
	\op	x6, 48(a0)
	\op	x7, 56(a0)
	\op	x11, 88(a0)
	\op	x12, 96(a0)
	\op	x13, 104(a0)
	\op	x14, 112(a0)
	\op	x15, 120(a0)
	\op	x16, 128(a0)
	\op	x17, 136(a0)
	\op	x28, 224(a0)
	\op	x29, 232(a0)
	\op	x30, 240(a0)
	\op	x31, 248(a0)
	.endm

	/* s0-s11, and gp, which the hypervisor has no use for */
	.macro	each_kept op, v
	\op	x3, 24(\v)
	\op	x8, 64(\v)
	\op	x9, 72(\v)
	\op	x18, 144(\v)
	\op	x19, 152(\v)
	\op	x20, 160(\v)
	\op	x21, 168(\v)
	\op	x22, 176(\v)
	\op	x23, 184(\v)
	\op	x24, 192(\v)
	\op	x25, 200(\v)
	\op	x26, 208(\v)
	\op	x27, 216(\v)
	.endm

	/* What both C functions for traps want behind the vCPU in a0, but for scause in a4. */
	.macro	trap_args
	csrr	a1, stval
	csrr	a2, 0x643	/* htval */
	csrr	a3, 0x64a	/* htinst */
	.endm

	/* To the guest of the vCPU in a0, whose s0-s11 and gp are in the processor. */
	.macro	enter_guest
	ld	t0, VCPU_PC(a0)
	csrw	sscratch, a0
	csrw	sepc, t0
	each_changed ld
	ld	a0, 80(a0)
	sret
	.endm

/* stvec, direct mode: bits 1:0 are the mode. */
	.text
	.global vcpu_riscv64_hw_vector
	.type vcpu_riscv64_hw_vector, %function
	.balign 64
vcpu_riscv64_hw_vector:
	csrrw	a0, sscratch, a0
	beqz	a0, from_host
	each_changed sd
	csrrw	t0, sscratch, zero	/* the guest's a0 */
	csrr	t1, sepc
	sd	t0, 80(a0)
	sd	t1, VCPU_PC(a0)
	ld	sp, VCPU_HOST_SP(a0)
	csrr	a4, scause
	li	t0, CAUSE_VS_ECALL
	ld	tp, FRAME_TP(sp)
	bne	a4, t0, not_ecall
	ld	a1, VCPU_EXIT(a0)
	call	vcpu_riscv64_sbi
	bnez	a0, not_entered
	ld	a0, FRAME_VCPU(sp)
	enter_guest

not_ecall:
	trap_args
	call	vcpu_riscv64_trap_fast
	bnez	a0, not_entered
	ld	a0, FRAME_VCPU(sp)
	enter_guest

not_entered:			/* NEXT_LEAVE (1) or NEXT_FULL (2) */
	addi	t0, a0, -1
	ld	a0, FRAME_VCPU(sp)
	each_kept sd, a0
	beqz	t0, return_to_host
	trap_args
	csrr	a4, scause
	call	vcpu_riscv64_trap
	bnez	a0, return_to_host
	ld	a0, FRAME_VCPU(sp)
enter_guest_full:
	each_kept ld, a0
	enter_guest

return_to_host:
	each_saved ld
	addi	sp, sp, FRAME_SIZE
	ret

from_host:
	csrrw	a0, sscratch, a0	/* as it was; sscratch is 0 again */
	j	ax_port_riscv64_fault	/* a jump that needs no register: within 1 MiB */
	.size vcpu_riscv64_hw_vector, . - vcpu_riscv64_hw_vector

/* void vcpu_riscv64_hw_run(struct vcpu_riscv64 *v, struct axvcpu_exit *exit) */
	.global vcpu_riscv64_hw_run
	.type vcpu_riscv64_hw_run, %function
vcpu_riscv64_hw_run:
	addi	sp, sp, -FRAME_SIZE
	each_saved sd
	sd	a0, FRAME_VCPU(sp)
	sd	a1, VCPU_EXIT(a0)
	sd	sp, VCPU_HOST_SP(a0)
	j	enter_guest_full
	.size vcpu_riscv64_hw_run, . - vcpu_riscv64_hw_run

/*
 * uint32_t vcpu_riscv64_hw_fetch(uint64_t va)
 *
 * stvec points to the way out for a fetch that traps. In HS-mode that is no more than a jump: all that a
 * trap changes is in CSRs.
 */
	.option	push
	.option	arch, +h
	.global vcpu_riscv64_hw_fetch
	.type vcpu_riscv64_hw_fetch, %function
vcpu_riscv64_hw_fetch:
	andi	t0, a0, 2
	lla	t1, fetch_trapped
	csrrw	t1, stvec, t1
	bnez	t0, 1f
	hlvx.wu	a0, (a0)	/* both halves are in one page */
	csrw	stvec, t1
	ret
1:	addi	t0, a0, 2
	hlvx.hu	a0, (a0)
	andi	t2, a0, 3
	addi	t2, t2, -3
	bnez	t2, 2f
	hlvx.hu	t0, (t0)
	slliw	t0, t0, 16	/* sign-extended, as what is returned */
	or	a0, a0, t0
2:	csrw	stvec, t1
	ret
	.balign 4		/* bits 1:0 of stvec are the mode; not under norvc, where this does nothing */
fetch_trapped:
	csrw	stvec, t1
	tail	vcpu_riscv64_hw_fetch_failed
	.size vcpu_riscv64_hw_fetch, . - vcpu_riscv64_hw_fetch
	.option	pop

	.macro	each_f op
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	f\n, 8 * \n(a0)
	.endr
	.endm

	.option	push
	.option	arch, +d
/* Both take the address of a struct vcpu_fp; sstatus.FS is on. */
	.global vcpu_riscv64_hw_f_load
	.type vcpu_riscv64_hw_f_load, %function
vcpu_riscv64_hw_f_load:
	each_f fld
	ld	t0, 256(a0)
	fscsr	t0
	ret
	.size vcpu_riscv64_hw_f_load, . - vcpu_riscv64_hw_f_load

	.global vcpu_riscv64_hw_f_save
	.type vcpu_riscv64_hw_f_save, %function
vcpu_riscv64_hw_f_save:
	each_f fsd
	frcsr	t0
	sd	t0, 256(a0)
	ret
	.size vcpu_riscv64_hw_f_save, . - vcpu_riscv64_hw_f_save

/* uint64_t vcpu_riscv64_hw_f_get(unsigned n), void vcpu_riscv64_hw_f_set(unsigned n, uint64_t val) */
	.option	norvc		/* so that an entry of the tables has 8 bytes */
	.global vcpu_riscv64_hw_f_get
	.type vcpu_riscv64_hw_f_get, %function
vcpu_riscv64_hw_f_get:
	slli	a0, a0, 3
	lla	t0, 1f
	add	t0, t0, a0
	jr	t0
1:	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fmv.x.d	a0, f\n
	ret
	.endr
	.size vcpu_riscv64_hw_f_get, . - vcpu_riscv64_hw_f_get

	.global vcpu_riscv64_hw_f_set
	.type vcpu_riscv64_hw_f_set, %function
vcpu_riscv64_hw_f_set:
	slli	a0, a0, 3
	lla	t0, 1f
	add	t0, t0, a0
	jr	t0
1:	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fmv.d.x	f\n, a1
	ret
	.endr
	.size vcpu_riscv64_hw_f_set, . - vcpu_riscv64_hw_f_set
	.option	pop

	.option	push
	.option	arch, +v
/*
 * Both take the address of a struct vcpu_vector: vstart, vcsr, vl, vtype, then the registers. sstatus.VS is
 * on. Whole-register loads and stores start at vstart, so that is 0 for them.
 */
	.global vcpu_riscv64_hw_v_load
	.type vcpu_riscv64_hw_v_load, %function
vcpu_riscv64_hw_v_load:
	csrw	vstart, zero
	csrr	t0, vlenb
	slli	t0, t0, 3
	addi	t1, a0, 32
	vl8re8.v v0, (t1)
	add	t1, t1, t0
	vl8re8.v v8, (t1)
	add	t1, t1, t0
	vl8re8.v v16, (t1)
	add	t1, t1, t0
	vl8re8.v v24, (t1)
	ld	t0, 16(a0)
	ld	t1, 24(a0)
	vsetvl	zero, t0, t1
	ld	t0, 8(a0)
	ld	t1, 0(a0)
	csrw	vcsr, t0
	csrw	vstart, t1
	ret
	.size vcpu_riscv64_hw_v_load, . - vcpu_riscv64_hw_v_load

	.global vcpu_riscv64_hw_v_save
	.type vcpu_riscv64_hw_v_save, %function
vcpu_riscv64_hw_v_save:
	csrr	t0, vstart
	csrr	t1, vcsr
	csrr	t2, vl
	csrr	t3, vtype
	sd	t0, 0(a0)
	sd	t1, 8(a0)
	sd	t2, 16(a0)
	sd	t3, 24(a0)
	csrw	vstart, zero
	csrr	t0, vlenb
	slli	t0, t0, 3
	addi	t1, a0, 32
	vs8r.v	v0, (t1)
	add	t1, t1, t0
	vs8r.v	v8, (t1)
	add	t1, t1, t0
	vs8r.v	v16, (t1)
	add	t1, t1, t0
	vs8r.v	v24, (t1)
	ld	t0, 0(a0)
	csrw	vstart, t0	/* they stay the guest's */
	ret
	.size vcpu_riscv64_hw_v_save, . - vcpu_riscv64_hw_v_save
	.option	pop
	.section .note.GNU-stack, "", %progbits

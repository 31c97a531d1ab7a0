/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores as rows of (name, instruction, displacement from the base register). The data register is
 * not a1; the base is a1, or sp in the forms that have no other.
 */
	.option	arch, +f, +d, +a, +c

	.macro	form disp, insn:vararg
	.section .rodata.names, "a"
9:	.asciz	"\insn"
	.section .rodata.forms, "a"
	.dword	9b
	.option	push
	.option	norvc
8:	\insn
	.option	pop
	.if	. - 8b == 2
	.2byte	0
	.endif
	.long	\disp
	.endm

	.macro	cform disp, insn:vararg
	.section .rodata.names, "a"
9:	.asciz	"\insn"
	.section .rodata.forms, "a"
	.dword	9b
8:	\insn
	.2byte	0
	.long	\disp
	.endm

	.macro	begin name
	.section .rodata.forms, "a"
	.balign	8
	.global	\name
\name:
	.endm

	.macro	end
	.section .rodata.forms, "a"
	.dword	0, 0
	.endm

	begin	word_loads
	form	0, lw a0, 0(a1)
	form	0, lwu a0, 0(a1)
	form	-4, lw a0, -4(a1)
	form	2047, lwu t6, 2047(a1)
	form	-2048, lw ra, -2048(a1)
	form	0, lw zero, 0(a1)
	form	0, lw a1, 0(a1)
	form	0, lw sp, 0(a1)
	cform	0, c.lw a0, 0(a1)
	cform	4, c.lw a5, 4(a1)
	cform	124, c.lw s0, 124(a1)
	cform	64, c.lw a1, 64(a1)
	cform	0, c.lwsp a0, 0(sp)
	cform	252, c.lwsp t6, 252(sp)
	cform	128, c.lwsp sp, 128(sp)
	form	0, flw fa0, 0(a1)
	form	-8, flw ft11, -8(a1)
	end

	begin	word_stores
	form	0, sw a0, 0(a1)
	form	-4, sw t6, -4(a1)
	form	2047, sw ra, 2047(a1)
	form	0, sw zero, 0(a1)
	form	0, sw a1, 0(a1)
	cform	0, c.sw a0, 0(a1)
	cform	124, c.sw a5, 124(a1)
	cform	64, c.sw a1, 64(a1)
	cform	0, c.swsp t6, 0(sp)
	cform	252, c.swsp zero, 252(sp)
	cform	128, c.swsp sp, 128(sp)
	form	0, fsw fa0, 0(a1)
	form	-8, fsw ft11, -8(a1)
	end

	begin	byte_loads
	form	0, lb a0, 0(a1)
	form	0, lbu a0, 0(a1)
	form	-1, lb t6, -1(a1)
	form	2047, lbu sp, 2047(a1)
	form	0, lb zero, 0(a1)
	form	0, lbu a1, 0(a1)
	end

	begin	byte_stores
	form	0, sb a0, 0(a1)
	form	-1, sb t6, -1(a1)
	form	0, sb zero, 0(a1)
	form	0, sb a1, 0(a1)
	end

/* Of sizes that the devices of QEMU refuse, which only the hypervisor's take, or ignore. */
	begin	half_loads
	form	0, lh a0, 0(a1)
	form	0, lhu a0, 0(a1)
	form	-2, lh t6, -2(a1)
	end

	begin	half_stores
	form	0, sh a0, 0(a1)
	form	-2, sh t6, -2(a1)
	end

	begin	wide_loads
	form	0, ld a0, 0(a1)
	form	-16, ld t6, -16(a1)
	cform	0, c.ld a0, 0(a1)
	cform	248, c.ld a5, 248(a1)
	cform	504, c.ldsp t6, 504(sp)
	form	0, fld fa0, 0(a1)
	cform	0, c.fld fa0, 0(a1)
	cform	504, c.fldsp ft11, 504(sp)
	end

	begin	wide_stores
	form	0, sd a0, 0(a1)
	cform	0, c.sd a0, 0(a1)
	cform	248, c.sd a5, 248(a1)
	cform	504, c.sdsp t6, 504(sp)
	form	0, fsd fa0, 0(a1)
	cform	0, c.fsd fa0, 0(a1)
	cform	504, c.fsdsp ft11, 504(sp)
	end

	begin	atomics
	form	0, lr.w a0, (a1)
	form	0, amoswap.w a0, a2, (a1)
	form	0, amoadd.w zero, a2, (a1)
	form	0, amoor.d a0, a2, (a1)
	form	0, amomaxu.w.aqrl a0, a2, (a1)
	end

/* put_f(v), get_f(v): fa0 and ft11 */
	.text
	.global	put_f
put_f:	fld	fa0, 0(a0)
	fld	ft11, 8(a0)
	ret
	.global	get_f
get_f:	fsd	fa0, 0(a0)
	fsd	ft11, 8(a0)
	ret

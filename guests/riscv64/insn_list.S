/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of (name, word, bytes): what insn.c runs in S-mode and in U-mode, with a1 a valid address. */
	.macro	word name:req, value
	.section .rodata.names, "a"
9:	.asciz	"\name"
	.section .rodata.insns, "a"
	.dword	9b
	.long	\value
	.long	4
	.endm

	.macro	half name:req, value
	.section .rodata.names, "a"
9:	.asciz	"\name"
	.section .rodata.insns, "a"
	.dword	9b
	.long	\value
	.long	2
	.endm

	.section .rodata.insns, "a"
	.balign	8
	.global	insns
insns:
	/* never an instruction: unprivileged manual 1.5, 16.8 */
	half	"all zero", 0x0000
	word	"all ones", 0xffffffff
	half	"c.addi4spn, no immediate", 0x0010
	half	"c.lwsp x0", 0x4002
	half	"c.ldsp x0", 0x6002
	half	"c.jr x0", 0x8002
	half	"c.lui x1, 0", 0x6081
	half	"c.addi16sp 0", 0x6101
	half	"c.addiw x0", 0x2001
	half	"c reserved, quadrant 0", 0x8000
	half	"c reserved, 9c41", 0x9c41
	word	"load, width 7", 0x0005f503
	word	"store, width 4", 0x00a5c023
	word	"branch, width 2", 0x00a5a063
	word	"jalr, width 1", 0x00059067
	word	"op, funct7 2", 0x04b50533
	word	"op-32, width 2", 0x00b5253b
	word	"custom-0", 0x0000000b
	word	"custom-1", 0x0000002b
	word	"custom-2", 0x0000005b
	word	"custom-3", 0x0000007b
	word	"reserved opcode 6b", 0x0000006b
	word	"48 bits", 0x0000001f
	word	"amo, width 1", 0x00a5952f
	word	"amo, funct5 5", 0x28a5a52f
	word	"lr.w with rs2", 0x10c5a52f
	word	"system, width 4", 0x10004573
	/* of other levels and extensions */
	word	"mret", 0x30200073
	word	"uret", 0x00200073
	word	"mnret", 0x70200073
	word	"dret", 0x7b200073
	word	"sfence.w.inval", 0x18000073
	word	"sinval.vma", 0x16000073
	word	"hfence.vvma", 0x22000073
	word	"hfence.vvma a0, a1", 0x22b50073
	word	"hfence.gvma", 0x62000073
	word	"hinval.vvma", 0x26000073
	word	"hinval.gvma", 0x66000073
	word	"hlv.b", 0x6005c573
	word	"hlv.bu", 0x6015c573
	word	"hlv.h", 0x6405c573
	word	"hlvx.hu", 0x6435c573
	word	"hlv.w", 0x6805c573
	word	"hlvx.wu", 0x6835c573
	word	"hlv.d", 0x6c05c573
	word	"hsv.b", 0x62a5c073
	word	"hsv.h", 0x66a5c073
	word	"hsv.w", 0x6aa5c073
	word	"hsv.d", 0x6ea5c073
	word	"wrs.nto", 0x00d00073
	word	"cbo.inval", 0x0005a00f
	word	"cbo.zero", 0x0045a00f
	word	"vsetvli", 0x0c0572d7
	word	"vmv.v.i", 0x5e003057
	word	"fadd.s", 0x00b57553
	word	"flh", 0x00059507
	word	"aes64es", 0x32b50533
	/* CSRs; the rest of them, and the counters, are for guest csrs */
	word	"csrr sstatus", 0x10002573
	word	"csrr sscratch", 0x14002573
	word	"csrr satp", 0x18002573
	word	"csrr stimecmp", 0x14d02573
	word	"csrr hstatus", 0x60002573
	word	"csrr hgatp", 0x68002573
	word	"csrr vsstatus", 0x20002573
	word	"csrr vsatp", 0x28002573
	word	"csrr hvip", 0x64502573
	word	"csrr mstatus", 0x30002573
	word	"csrr mhartid", 0xf1402573
	word	"csrr fcsr", 0x00302573
	/* what S-mode may do and U-mode may not */
	word	"sfence.vma", 0x12000073
	word	"sfence.vma a1, a0", 0x12a58073
	/* hints and fences, which do nothing */
	word	"fence.tso", 0x8330000f
	word	"pause", 0x0100000f
	word	"fence with reserved fields", 0xf0f5850f
	word	"fence.i", 0x0000100f
	word	"prefetch.r (ori x0)", 0x0015e013
	half	"c.nop 1", 0x0005
	half	"c.slli x0", 0x0006
	half	"c.ebreak", 0x9002
	word	"ebreak", 0x00100073
	.dword	0, 0

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * G-stage fences of the calling hart. RISC-V Privileged Architecture 1.12, 8.3.1 (HFENCE.GVMA): rs1 is
 * the guest-physical address shifted right by 2 and covers leaf entries only; rs2 is the VMID.
 * Written with .insn, so that the assembler need not know the H extension.
 */
#include <axaddrspace/tlb.h>
#include <axbase/bits.h>

#define RANGE_OPS_MAX 512

static void all(void *ctx, const struct axaddrspace_tlb_info *info)
{
	(void)ctx;
	/* hfence.gvma x0, vmid */
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" ::"r"((uint64_t)info->tag) : "memory");
}

static void range(void *ctx, const struct axaddrspace_tlb_info *info, gpa_t start, uint64_t bytes)
{
	if (info->tables || bytes / info->stride > RANGE_OPS_MAX) {
		all(ctx, info);
		return;
	}
	for (uint64_t at = start.v; at < start.v + bytes; at += info->stride) {
		__asm__ volatile(".insn r 0x73, 0, 0x31, x0, %0, %1" ::"r"(at >> 2),
				 "r"((uint64_t)info->tag)
				 : "memory");
	}
}

/** A fence is complete when the next instruction runs. */
static void sync(void *ctx, const struct axaddrspace_tlb_info *info)
{
	(void)ctx;
	(void)info;
}

void axaddrspace_tlb_riscv64_flush_local(void *ctx)
{
	(void)ctx;
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory");
}

const struct axaddrspace_tlb_ops axaddrspace_tlb_riscv64 = {
	.range = range,
	.all = all,
	.sync = sync,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invalidation of a guest's EL1&0 regime from EL2, broadcast. Arm ARM DDI 0487: D8.17 (TLB maintenance),
 * C5.5 (TLBI). Stage 2 by address leaves combined entries alone, so stage 1 goes as a whole after it.
 */
#include <axaddrspace/tlb.h>
#include <axbase/bits.h>

/** More operations than this take longer than filling the TLB again. */
#define RANGE_OPS_MAX 512

struct live {
	uint64_t vttbr, vtcr;
};

static struct live switch_to(const struct axaddrspace_tlb_info *info)
{
	struct live live;

	__asm__ volatile("mrs %0, vttbr_el2" : "=r"(live.vttbr));
	__asm__ volatile("mrs %0, vtcr_el2" : "=r"(live.vtcr));
	if (live.vttbr != info->root || live.vtcr != info->control) {
		__asm__ volatile("msr vtcr_el2, %0\n\tmsr vttbr_el2, %1\n\tisb" ::"r"(
					 info->control),
				 "r"(info->root)
				 : "memory");
	}
	return live;
}

static void switch_back(const struct live *live, const struct axaddrspace_tlb_info *info)
{
	if (live->vttbr != info->root || live->vtcr != info->control) {
		__asm__ volatile("msr vtcr_el2, %0\n\tmsr vttbr_el2, %1\n\tisb" ::"r"(live->vtcr),
				 "r"(live->vttbr)
				 : "memory");
	}
}

static void all(void *ctx, const struct axaddrspace_tlb_info *info)
{
	(void)ctx;
	__asm__ volatile("dsb ishst" ::: "memory");
	struct live live = switch_to(info);

	__asm__ volatile("tlbi vmalls12e1is\n\tdsb ish\n\tisb" ::: "memory");
	switch_back(&live, info);
}

static void range(void *ctx, const struct axaddrspace_tlb_info *info, gpa_t start, uint64_t bytes)
{
	if (bytes / info->stride > RANGE_OPS_MAX) {
		all(ctx, info);
		return;
	}
	__asm__ volatile("dsb ishst" ::: "memory");
	struct live live = switch_to(info);

	for (uint64_t at = start.v; at < start.v + bytes; at += info->stride) {
		__asm__ volatile("tlbi ipas2e1is, %0" ::"r"(at >> AX_PAGE_SHIFT) : "memory");
	}
	__asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	switch_back(&live, info);
}

/** Nothing is left to wait for: VTTBR_EL2 may change only after the DSB. */
static void sync(void *ctx, const struct axaddrspace_tlb_info *info)
{
	(void)ctx;
	(void)info;
}

void axaddrspace_tlb_aarch64_flush_all(void *ctx)
{
	(void)ctx;
	__asm__ volatile("dsb ishst\n\ttlbi alle1is\n\tdsb ish\n\tisb" ::: "memory");
}

const struct axaddrspace_tlb_ops axaddrspace_tlb_aarch64 = {
	.range = range,
	.all = all,
	.sync = sync,
};

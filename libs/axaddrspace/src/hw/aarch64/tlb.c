/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invalidation of a guest's EL1&0 regime from EL2, broadcast. Arm ARM DDI 0487: D8.17 (TLB maintenance),
 * C5.5 (TLBI). Stage 2 by address leaves combined entries alone, so stage 1 goes as a whole after it.
 */
#include <axaddrspace/tlb.h>
#include <axbase/bits.h>

/** More operations than this take longer than filling the TLB again. */
#define RANGE_OPS_MAX 512

/*
 * TCR_EL1.EPD0 and EPD1: no walks by stage 1. Between two guests' registers a processor must not walk:
 * some do so speculatively, with the tables of one under the VMID of the other (Arm errata 1319367,
 * 1165522).
 */
#define TCR_NO_WALKS (AX_BIT64(23) | AX_BIT64(7))

/* What was live before another space's registers were borrowed. */
struct live {
	bool switched;
	uint64_t vttbr, vtcr, tcr;
};

static void write_stage2(uint64_t vttbr, uint64_t vtcr)
{
	__asm__ volatile("msr vtcr_el2, %0\n\tmsr vttbr_el2, %1\n\tisb" ::"r"(vtcr), "r"(vttbr)
			 : "memory");
}

static void write_tcr(uint64_t tcr)
{
	__asm__ volatile("msr tcr_el1, %0\n\tisb" ::"r"(tcr) : "memory");
}

static struct live switch_to(const struct axaddrspace_tlb_info *info)
{
	struct live live = { 0 };

	__asm__ volatile("mrs %0, vttbr_el2" : "=r"(live.vttbr));
	__asm__ volatile("mrs %0, vtcr_el2" : "=r"(live.vtcr));
	live.switched = live.vttbr != info->root || live.vtcr != info->control;
	if (live.switched) {
		__asm__ volatile("mrs %0, tcr_el1" : "=r"(live.tcr));
		write_tcr(live.tcr | TCR_NO_WALKS);
		write_stage2(info->root, info->control);
	}
	return live;
}

static void switch_back(const struct live *live)
{
	if (live->switched) {
		write_stage2(live->vttbr, live->vtcr);
		write_tcr(live->tcr);
	}
}

static void all(void *ctx, const struct axaddrspace_tlb_info *info)
{
	(void)ctx;
	__asm__ volatile("dsb ishst" ::: "memory");
	struct live live = switch_to(info);

	__asm__ volatile("tlbi vmalls12e1is\n\tdsb ish\n\tisb" ::: "memory");
	switch_back(&live);
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
	switch_back(&live);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* A TLB that writes down what it is asked for. */
#include <axaddrspace/tlb.h>

static void range(void *ctx, const struct axaddrspace_tlb_info *info, gpa_t start, uint64_t bytes)
{
	struct axaddrspace_tlb_fake *f = ctx;

	if (f->range_count < AXADDRSPACE_TLB_FAKE_MAX) {
		f->ranges[f->range_count].start = start.v;
		f->ranges[f->range_count].bytes = bytes;
		f->ranges[f->range_count].stride = info->stride;
	}
	f->range_count++;
	f->last = *info;
	f->pending = true;
	if (f->observe != NULL) {
		f->observe(f->observe_ctx, start.v, bytes);
	}
}

static void all(void *ctx, const struct axaddrspace_tlb_info *info)
{
	struct axaddrspace_tlb_fake *f = ctx;

	f->all_count++;
	f->last = *info;
	f->pending = true;
	if (f->observe != NULL) {
		f->observe(f->observe_ctx, 0, 0);
	}
}

static void sync(void *ctx, const struct axaddrspace_tlb_info *info)
{
	struct axaddrspace_tlb_fake *f = ctx;

	f->last = *info;
	f->sync_count++;
	f->pending = false;
}

const struct axaddrspace_tlb_ops axaddrspace_tlb_fake = {
	.range = range,
	.all = all,
	.sync = sync,
};

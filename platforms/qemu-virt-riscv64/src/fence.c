/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fences on other harts: the firmware's RFENCE (SBI 1.0, chapter 8), which interrupts them in M-mode, in a
 * guest or not, and carries the fence out there. Masks of harts are relative to a base.
 */
#include <axport/log.h>
#include <axport/port.h>
#include <vcpu_riscv64/vcpu.h>
#include "inline.h"

#define RFENCE_I         0
#define RFENCE_GVMA_VMID 3
#define RFENCE_GVMA      4
#define RFENCE_VVMA_ASID 5
#define RFENCE_VVMA      6

/** Those of @cpus whose hart ids are within 64 from the lowest one of them, as a mask and its base. */
static uint64_t take_harts(uint64_t *cpus, uint64_t *base)
{
	uint64_t mask = 0;

	*base = UINT64_MAX;
	for (uint32_t i = 0; i < board_info.cpu_count; i++) {
		if ((*cpus & AX_BIT64(i)) != 0) {
			*base = ax_min_u64(*base, board_cpus[i].hw_id);
		}
	}
	for (uint32_t i = 0; i < board_info.cpu_count; i++) {
		if ((*cpus & AX_BIT64(i)) != 0 && board_cpus[i].hw_id - *base < 64) {
			mask |= AX_BIT64(board_cpus[i].hw_id - *base);
			*cpus &= ~AX_BIT64(i);
		}
	}
	return mask;
}

/** A fence on @cpus. Each call returns when it is done there (SBI, chapter 8). */
static void remote(uint64_t cpus, uint64_t function, uint64_t start, uint64_t size, uint64_t id)
{
	bool whole = size == 0 || size == UINT64_MAX;

	cpus &= AX_BIT64(board_info.cpu_count) - 1;
	while (cpus != 0) {
		uint64_t base;
		uint64_t mask = take_harts(&cpus, &base);
		int64_t error = -1;

		if (!whole) { /* a range is the guest's, and may be one that the firmware refuses */
			error = board_sbi_call(SBI_RFENCE, function,
					       BOARD_SBI_ARGS(mask, base, start, size, id))
					.error;
		}
		if (error != 0) {
			error = board_sbi_call(SBI_RFENCE, function,
					       BOARD_SBI_ARGS(mask, base, 0, UINT64_MAX, id))
					.error;
		}
		if (error != 0) { /* there is no going on with what they may still hold */
			ax_log(AX_LOG_ERROR, "sbi: RFENCE %llu: %lld", (unsigned long long)function,
			       (long long)error);
			ax_port_panic("the firmware refused a remote fence");
		}
	}
}

void ax_port_riscv64_remote_fence(uint64_t cpu_mask, const struct vcpu_riscv64_remote *fence)
{
	switch (fence->kind) {
	case VCPU_RISCV64_FENCE_I:
		remote(cpu_mask, RFENCE_I, 0, 0, 0);
		break;
	case VCPU_RISCV64_FENCE_VVMA:
		remote(cpu_mask, RFENCE_VVMA, fence->start, fence->size, 0);
		break;
	case VCPU_RISCV64_FENCE_VVMA_ASID:
		remote(cpu_mask, RFENCE_VVMA_ASID, fence->start, fence->size, fence->asid);
		break;
	}
}

/* --- Second-stage translations of guests */

static uint64_t others_online(void)
{
	uint64_t cpus = 0;

	for (uint32_t i = 0; i < board_info.cpu_count; i++) {
		if (atomic_load_explicit(&board_cpus[i].online, memory_order_relaxed)) {
			cpus |= AX_BIT64(i);
		}
	}
	return cpus & ~AX_BIT64(board_this_cpu()->id);
}

static void tlb_range(void *ctx, const struct axaddrspace_tlb_info *info, gpa_t start,
		      uint64_t bytes)
{
	bool whole = info->tables;

	axaddrspace_tlb_riscv64.range(ctx, info, start, bytes);
	remote(others_online(), RFENCE_GVMA_VMID, whole ? 0 : start.v, whole ? UINT64_MAX : bytes,
	       info->tag);
}

static void tlb_all(void *ctx, const struct axaddrspace_tlb_info *info)
{
	axaddrspace_tlb_riscv64.all(ctx, info);
	remote(others_online(), RFENCE_GVMA_VMID, 0, UINT64_MAX, info->tag);
}

/** All above are done when they return. */
static void tlb_sync(void *ctx, const struct axaddrspace_tlb_info *info)
{
	(void)ctx;
	(void)info;
}

const struct axaddrspace_tlb_ops board_tlb_ops = {
	.range = tlb_range,
	.all = tlb_all,
	.sync = tlb_sync,
};

void board_tlb_flush_all(void *ctx)
{
	axaddrspace_tlb_riscv64_flush_local(ctx);
	remote(others_online(), RFENCE_GVMA, 0, UINT64_MAX, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How cached translations of one guest are dropped. The ops are given at init, since a machine does
 * it by broadcast (Arm) or by asking the other CPUs (the rest).
 */
#pragma once
#include <axbase/types.h>

/** Whose translations, and which kind of change. */
struct axaddrspace_tlb_info {
	uint64_t root;    /* axaddrspace_root_value(), tag included */
	uint64_t control; /* axaddrspace_control_value() */
	uint32_t tag;
	bool tables;     /* pointers to tables changed: what is cached of a walk must go as well */
	uint64_t stride; /* bytes of the smallest leaf that changed in the range */
};

/**
 * All calls come with the space's lock held, after the entries were made invalid. They may wait for
 * another CPU to leave the guest, not for one to take a lock or an interrupt.
 */
struct axaddrspace_tlb_ops {
	/** Start to drop, on all CPUs, what is cached for [@start, @start + @bytes), 4 KiB aligned. */
	void (*range)(void *ctx, const struct axaddrspace_tlb_info *info, gpa_t start,
		      uint64_t bytes);
	/** Start to drop all that is cached for this guest, on all CPUs. */
	void (*all)(void *ctx, const struct axaddrspace_tlb_info *info);
	/** Return when everything that was started is done and no CPU can use it any more. */
	void (*sync)(void *ctx, const struct axaddrspace_tlb_info *info);
};

/**
 * AArch64 builds: broadcast in the inner shareable domain. EL2, ctx unused. The current VTTBR_EL2 and
 * VTCR_EL2 are put back, so this may run while those of another guest are live; an interrupt handler in
 * between finds this guest's.
 */
extern const struct axaddrspace_tlb_ops axaddrspace_tlb_aarch64;
/** AArch64 builds: drop every guest's translations on all CPUs. For struct axaddrspace_tags_cfg. */
void axaddrspace_tlb_aarch64_flush_all(void *ctx);

/** RISC-V builds: the calling hart only. HS-mode, ctx unused. For one hart, or inside own ops. */
extern const struct axaddrspace_tlb_ops axaddrspace_tlb_riscv64;
void axaddrspace_tlb_riscv64_flush_local(void *ctx);

/** Host builds: ctx is a struct axaddrspace_tlb_fake, zeroed at the start. */
#define AXADDRSPACE_TLB_FAKE_MAX 64
struct axaddrspace_tlb_fake {
	unsigned range_count; /* calls; the first AXADDRSPACE_TLB_FAKE_MAX are recorded below */
	unsigned all_count;
	unsigned sync_count;
	bool pending; /* started and not synced */
	struct axaddrspace_tlb_info last;
	struct {
		uint64_t start, bytes, stride;
	} ranges[AXADDRSPACE_TLB_FAKE_MAX];
	/** If not NULL, called at each range() and all(), which has @bytes 0. */
	void (*observe)(void *ctx, uint64_t start, uint64_t bytes);
	void *observe_ctx;
};
extern const struct axaddrspace_tlb_ops axaddrspace_tlb_fake;
/** Host builds: bytes made visible by axaddrspace_publish() so far. */
extern uint64_t axaddrspace_fake_published_bytes;

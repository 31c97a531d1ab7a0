/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual PLIC (RISC-V Platform-Level Interrupt Controller Specification 1.0.0): priorities, pending and
 * enable bits, thresholds, claim and complete, for up to 1,023 sources and any contexts. One lock each
 * instance (rank intc), no globals. What it drives is one wire per vCPU, through struct vplic_hw_ops:
 * hvip.VSEIP on the target, a word in tests.
 */
#pragma once
#include <axbase/lock.h>
#include <axdev/dev.h>
#include <axdev/intc.h>

#define VPLIC_MAX_SOURCES  1023
#define VPLIC_MAX_CONTEXTS 128
#define VPLIC_MAX_VCPUS    64
/** Register frame for @contexts contexts, bytes: 0x200000 and a page for each. */
#define VPLIC_SIZE(contexts) (UINT64_C(0x200000) + (uint64_t)(contexts)*0x1000)
#define VPLIC_WORDS          (1024 / 64)

/** The interrupt wire of the vCPU that is live on the calling pCPU: VSEIP. Any lock may be held. */
struct vplic_hw_ops {
	void (*set_external)(void *ctx, bool level);
	/** The guest has the wire's interrupt enabled in sie, so that it would end a wait. */
	bool (*external_enabled)(void *ctx);
};

/** Of the guest's contexts: whose wire it drives. */
struct vplic_context_cfg {
	uint16_t vcpu;
	bool wired; /* false: registers without a wire, as those of M-mode, which no guest has */
};

struct vplic_cfg {
	uint32_t source_count;  /* 1 to VPLIC_MAX_SOURCES; source 0 is none */
	uint32_t priority_bits; /* 1 to 32: priorities and thresholds hold as many */
	uint32_t vcpu_count;
	uint32_t context_count;
	const struct vplic_context_cfg *contexts; /* copied */
	const uint64_t *edge; /* bit n: source n has an edge gateway; NULL: all are level. Copied */
	/**
	 * Make the vCPUs of @vcpu_mask come out of the guest and call flush(), or wake them if they wait.
	 * After the lock is released; any CPU. Not for the vCPU that makes the access, which is out.
	 */
	void (*kick)(void *ctx, uint64_t vcpu_mask);
	void *kick_ctx;
	/**
	 * Source @source has been completed by the guest, or will not be any more (reset). For physical
	 * sources (vplic/assign.h). After the lock is released; any CPU. NULL: nobody wants to know.
	 */
	void (*completed)(void *ctx, uint32_t source);
	void *completed_ctx;
	const struct vplic_hw_ops *hw;
	void *hw_ctx;
};

/** hvip.VSEIP and vsie.SEIE of the calling hart. RISC-V builds only; ctx NULL. */
extern const struct vplic_hw_ops vplic_hw_hvip_ops;

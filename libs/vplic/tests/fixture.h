/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A controller as QEMU's virt machine has it: two contexts for each hart, M and S, of which S is
 * wired. pCPUs have a wire each; vCPU n runs on pCPU n unless the test says otherwise.
 */
#pragma once
#include <axtest/axtest.h>
#include <vplic/vplic.h>

#define FIX_VCPUS    4u
#define FIX_CONTEXTS (2 * FIX_VCPUS)
#define FIX_SOURCES  130u
#define FIX_PCPUS    8u
#define S(vcpu)      (2 * (vcpu) + 1)
#define M(vcpu)      (2 * (vcpu))

struct fixture {
	struct vplic p;
	struct vplic_source sources[VPLIC_SOURCE_COUNT(VPLIC_MAX_SOURCES)];
	struct vplic_context contexts[FIX_CONTEXTS];
	struct vplic_context_cfg context_cfg[FIX_CONTEXTS];
	struct vplic_cfg cfg;
	bool wire[FIX_PCPUS];    /* VSEIP */
	bool enabled[FIX_PCPUS]; /* vsie.SEIE */
	unsigned told;           /* calls of set_external() */
	uint64_t kicked;
	unsigned kick_count;
	uint32_t completed[16]; /* links */
	unsigned completed_count;
};

/** f->cfg for fix_start(): FIX_SOURCES sources, all level, 3 priority bits. */
void fix_cfg(struct fixture *f);
/** Initialise from f->cfg and load each vCPU on its pCPU. */
void fix_start(struct fixture *f);
/** Both. */
void fix_init(struct fixture *f);

/** By vCPU 0 on its pCPU. */
uint32_t fix_read(struct fixture *f, uint64_t off);
void fix_write(struct fixture *f, uint64_t off, uint32_t val);
void fix_priority(struct fixture *f, uint32_t source, uint32_t val);
/** Enable or disable one source, leaving the others. */
void fix_enable(struct fixture *f, uint32_t context, uint32_t source, bool on);
bool fix_pending(struct fixture *f, uint32_t source);
/** Priority 1, enabled on @context. */
void fix_open(struct fixture *f, uint32_t context, uint32_t source);
void fix_threshold(struct fixture *f, uint32_t context, uint32_t val);
/** By the vCPU whose context it is, on its pCPU. */
uint32_t fix_claim(struct fixture *f, uint32_t context);
void fix_complete(struct fixture *f, uint32_t context, uint32_t source);
/** From pCPU 7, where no vCPU is. */
void fix_line(struct fixture *f, uint32_t source, bool level);
/** @vcpu comes out and goes in: what its flush word asks for is done. */
void fix_enter(struct fixture *f, uint32_t vcpu);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual PLIC (RISC-V Platform-Level Interrupt Controller Specification 1.0.0): priorities,
 * pending and enable bits, thresholds, claim and complete, for up to 1,023 sources and any
 * contexts. One lock each instance (rank intc), no globals. What it drives is one wire per vCPU,
 * through struct vplic_hw_ops: hvip.VSEIP on the target, a word in tests.
 */
#pragma once
#include <axbase/lock.h>
#include <axdev/dev.h>
#include <axdev/intc.h>
#include <vplic/plic_regs.h>

#define VPLIC_MAX_SOURCES  1023
#define VPLIC_MAX_CONTEXTS 128
#define VPLIC_MAX_VCPUS    64
/** Register frame for @contexts contexts, bytes: 0x200000 and a page for each. */
#define VPLIC_SIZE(contexts) (UINT64_C(0x200000) + (uint64_t)(contexts)*0x1000)
#define VPLIC_WORDS          (1024 / 64)
/** Elements of the struct vplic_source array for sources 1 to @sources: with that of source 0. */
#define VPLIC_SOURCE_COUNT(sources) ((size_t)(sources) + 1)

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

struct vplic;

struct vplic_cfg {
	uint32_t source_count;  /* 1 to VPLIC_MAX_SOURCES; source 0 is none */
	uint32_t priority_bits; /* 1 to 32: priorities and thresholds hold as many */
	uint32_t vcpu_count;    /* 1 to VPLIC_MAX_VCPUS */
	uint32_t context_count; /* 1 to VPLIC_MAX_CONTEXTS */
	/** Copied. Each vCPU has exactly one that is wired. */
	const struct vplic_context_cfg *contexts;
	const uint64_t *edge; /* bit n: source n has an edge gateway; NULL: all are level. Copied */
	/**
	 * Make the vCPUs of @vcpu_mask come out of the guest and call flush(), or wake them if they
	 * wait. After the lock is released; any CPU. Left out is a vCPU that is out of the guest
	 * and not waiting: the one loaded on the calling pCPU, unless vplic_prepare_idle() has sent
	 * it to sleep.
	 */
	void (*kick)(void *ctx, uint64_t vcpu_mask);
	void *kick_ctx;
	/**
	 * The source of @p that vplic_link() has given @link has been completed by the guest, or
	 * will not be any more: a reset, or a snapshot in its place, while it was pending or
	 * claimed. After the lock is released; any CPU. NULL: nothing is linked.
	 * vplic_assign_completed() is one.
	 */
	void (*completed)(void *ctx, const struct vplic *p, uint32_t link);
	void *completed_ctx;
	const struct vplic_hw_ops *hw; /* may be NULL if load() is never called */
	void *hw_ctx;
};

/** A source. Private to the library. */
struct vplic_source {
	_Atomic uint32_t priority; /* read without the lock */
	uint16_t flags;
	uint16_t link;                              /* from vplic_link(), or 0 */
	uint64_t contexts[VPLIC_MAX_CONTEXTS / 64]; /* that have it enabled */
};

/** A context, and if it is wired the vCPU's side of the controller. Private to the library. */
struct vplic_context {
	_Atomic uint32_t due;       /* flush() has something to do */
	_Atomic uint32_t threshold; /* this, best and level are read without the lock */
	_Atomic uint16_t best; /* of the candidates: highest priority, then lowest id; 0: none */
	_Atomic bool level;    /* the wire as it should be: best is above the threshold */
	bool told;             /* the wire as hardware was told, while loaded */
	bool loaded;
	bool idle; /* told by vplic_prepare_idle() to wait; flush() has not been called since */
	bool wired;
	uint16_t vcpu;
	uint16_t words;                   /* bit w: candidates[w] is not 0 */
	uint32_t cpu;                     /* pCPU it is loaded on */
	uint16_t word_best[VPLIC_WORDS];  /* as best, of one word; where its bit is set in words */
	uint64_t candidates[VPLIC_WORDS]; /* pending, enabled here, priority not 0 */
	_Atomic uint64_t enable[VPLIC_WORDS]; /* read without the lock */
};

/** A controller, in caller-owned storage. Private to the library. */
struct vplic {
	struct ax_spinlock lock;
	uint32_t source_count;
	uint32_t context_count;
	uint32_t priority_mask;
	struct vplic_source *sources;
	struct vplic_context *contexts;
	_Atomic uint64_t pending[VPLIC_WORDS]; /* read without the lock */
	uint8_t wire[VPLIC_MAX_VCPUS]; /* the wired context of each vCPU; const after init */
	struct vplic_cfg cfg;
};

/**
 * Prepare @p after power-on. @sources of @source_room elements (VPLIC_SOURCE_COUNT()) and @contexts
 * of cfg->context_count are the caller's and live as long as @p; @cfg is copied.
 * AX_EINVAL: counts, priority bits or a context's vCPU out of range, or a vCPU without or with two
 * wired contexts; one line is logged. AX_ENOMEM: @sources is too small.
 */
AX_NODISCARD ax_err_t vplic_init(struct vplic *p, const struct vplic_cfg *cfg,
				 struct vplic_source *sources, size_t source_room,
				 struct vplic_context *contexts);

/**
 * The controller's other side; its ctx is a struct vplic. set_irq() is for sources, so its vCPU is
 * ignored. The sync word is always 0: nothing comes back from the wire, a guest acts by accesses.
 * Who calls set_irq() on the pCPU of a loaded vCPU, interrupts masked, finds that vCPU's wire told
 * at once; the other vCPUs' flush words are set. reset(), save() and load_state() require that no
 * vCPU is loaded; the last two return AX_EBUSY otherwise.
 */
extern const struct ax_intc_ops vplic_intc_ops;

/**
 * On the pCPU of loaded vCPU @vcpu, before it sleeps: is its wire high, and would the guest be
 * woken by it? False arms the kick of a wait on this pCPU: a loaded vCPU must not wait without
 * having asked.
 */
bool vplic_prepare_idle(void *p, uint32_t vcpu);

/**
 * The register frame, VPLIC_SIZE() bytes; the ctx is a struct vplic. Any vCPU may use any context's
 * registers, as on the real one. What does not exist reads as zero and ignores writes; an access
 * that is not of 4 aligned bytes faults. reset() does nothing, and save() writes a header only: the
 * state is vplic_intc_ops' to keep.
 */
extern const struct ax_dev_ops vplic_dev_ops;

/** A request of @source at once, as of a line that rises and falls. Context as set_irq(). */
void vplic_pulse(struct vplic *p, uint32_t source);

/**
 * Have cfg.completed called for @source, with @link (1 to UINT16_MAX); or no longer, which is
 * harmless for one that has no link. VM stopped.
 * AX_EINVAL: no such source, @link out of range, or cfg.completed is NULL. AX_EEXIST: it has a
 * link.
 */
AX_NODISCARD ax_err_t vplic_link(struct vplic *p, uint32_t source, uint32_t link);
void vplic_unlink(struct vplic *p, uint32_t source);

/** hvip.VSEIP and vsie.SEIE of the calling hart. RISC-V builds only; ctx NULL. */
extern const struct vplic_hw_ops vplic_hw_hvip_ops;

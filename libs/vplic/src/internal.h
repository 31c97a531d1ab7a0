/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source is idle, pending (its request is in the PLIC core: the IP bit) or claimed. What its
 * gateway may not forward while it is claimed is seen again at completion: the line itself of a
 * level, SRC_LATCH of an edge. Each context keeps its candidates by words of 64 and the best of
 * each word, so that a change of one source costs a look at one word and at the words' bests,
 * whatever else is pending.
 */
#pragma once
#include <vplic/vplic.h>
#include <axbase/bits.h>

#define SRC_EDGE    0x1u
#define SRC_LINE    0x2u
#define SRC_CLAIMED 0x4u
#define SRC_LATCH   0x8u /* an edge came while it was claimed */

/** What must be done after the lock is released. */
struct vplic_fx {
	uint64_t kick; /* vCPUs to call back */
	uint32_t link; /* of the source that was completed, or 0 */
};

/** Sources whose links are to be told that nothing of them is left. */
struct vplic_ended {
	uint64_t sources[VPLIC_WORDS];
};

static inline uint32_t vplic_priority(const struct vplic *p, uint32_t source)
{
	return atomic_load_explicit(&p->sources[source].priority, memory_order_relaxed);
}

/* Words that are written under the lock and read without it: one plain load or store each. */
static inline uint64_t vplic_word(const _Atomic uint64_t *w)
{
	return atomic_load_explicit(w, memory_order_relaxed);
}

static inline void vplic_set_word(_Atomic uint64_t *w, uint64_t val)
{
	atomic_store_explicit(w, val, memory_order_relaxed);
}

static inline bool vplic_is_pending(const struct vplic *p, uint32_t source)
{
	return (vplic_word(&p->pending[source / 64]) >> source % 64 & 1) != 0;
}

static inline void vplic_set_pending(struct vplic *p, uint32_t source, bool on)
{
	_Atomic uint64_t *w = &p->pending[source / 64];
	uint64_t bit = AX_BIT64(source % 64);

	vplic_set_word(w, on ? vplic_word(w) | bit : vplic_word(w) & ~bit);
}

static inline bool vplic_is_source(const struct vplic *p, uint64_t source)
{
	return source != 0 && source <= p->source_count;
}

/** The bits of word @w that stand for sources. */
static inline uint64_t vplic_valid(const struct vplic *p, uint32_t w)
{
	uint64_t bits = w < p->source_count / 64   ? ~UINT64_C(0)
			: w > p->source_count / 64 ? 0
						   : AX_MASK64(p->source_count % 64, 0);

	return w == 0 ? bits & ~UINT64_C(1) : bits;
}

/** choose.c: the wire of @c after a change of its best candidate or its threshold. */
void vplic_wire(struct vplic *p, struct vplic_context *c, struct vplic_fx *fx) AX_REQUIRES(p->lock);
/** choose.c: the best of @c after a change of word @w of its candidates, or of their priorities. */
void vplic_choose(struct vplic *p, struct vplic_context *c, uint32_t w, struct vplic_fx *fx)
	AX_REQUIRES(p->lock);
/**
 * choose.c: all contexts that have @source enabled, after it became pending or not, or its priority
 * changed.
 */
void vplic_refresh(struct vplic *p, uint32_t source, struct vplic_fx *fx) AX_REQUIRES(p->lock);

/**
 * gateway.c, without the lock: claim the best for @c, or 0; complete by @c source @id, which may be
 * anything.
 */
uint32_t vplic_claim(struct vplic *p, struct vplic_context *c);
void vplic_complete(struct vplic *p, const struct vplic_context *c, uint64_t id);
void vplic_set_irq(void *intc, uint32_t vcpu, uint32_t source, bool level);

/**
 * init.c: power-on values; lines, links and gateways stay. @ended says who had something in hand.
 */
void vplic_reset_locked(struct vplic *p, struct vplic_ended *ended, struct vplic_fx *fx)
	AX_REQUIRES(p->lock);
void vplic_reset(void *intc);
/** init.c: without the lock. */
void vplic_tell_ended(const struct vplic *p, const struct vplic_ended *ended);
bool vplic_any_loaded(const struct vplic *p);

/** Callbacks that are due. Without the lock. */
static inline void vplic_finish(const struct vplic *p, const struct vplic_fx *fx)
{
	if (fx->kick != 0) {
		p->cfg.kick(p->cfg.kick_ctx, fx->kick);
	}
	if (AX_UNLIKELY(fx->link != 0)) {
		p->cfg.completed(p->cfg.completed_ctx, p, fx->link);
	}
}

/* snapshot.c */
ax_err_t vplic_save(const void *intc, void *buf, size_t cap, size_t *len);
ax_err_t vplic_load_state(void *intc, const void *buf, size_t len);
ax_err_t vplic_save_nothing(const void *dev, void *buf, size_t cap, size_t *len);
ax_err_t vplic_load_nothing(void *dev, const void *buf, size_t len);

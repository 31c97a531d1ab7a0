/* SPDX-License-Identifier: Apache-2.0 */
/* Which source each context is offered, and what its wire shows because of it. */
#include "internal.h"
#include <axport/port.h>

/*
 * The wire of @c has changed. On its own pCPU hardware is told here and now; elsewhere
 * its flush word says that there is something to tell. A wire that falls is told to others as well:
 * they may be spinning on their sip, and the PLIC "is guaranteed to eventually deliver all state
 * changes" (Interrupt Notifications). One that sleeps need not know of that.
 */
static AX_NOINLINE void tell(struct vplic *p, struct vplic_context *c, bool level,
			     struct vplic_fx *fx) AX_REQUIRES(p->lock)
{
	bool kick = level;

	if (c->loaded && c->cpu == ax_port_cpu_id()) {
		c->told = level;
		p->cfg.hw->set_external(p->cfg.hw_ctx, level);
		kick = level && c->idle;
	} else if (c->loaded) {
		bool news = level != c->told;

		atomic_store_explicit(&c->due, news || c->idle, memory_order_release);
		kick = c->idle ? level : news;
	}
	if (kick) {
		fx->kick |= AX_BIT64(c->vcpu);
	}
}

void vplic_wire(struct vplic *p, struct vplic_context *c, struct vplic_fx *fx)
{
	uint32_t best = atomic_load_explicit(&c->best, memory_order_relaxed);
	/* Source 0 has priority 0, which is above no threshold. */
	bool level =
		vplic_priority(p, best) > atomic_load_explicit(&c->threshold, memory_order_relaxed);

	if (level != atomic_load_explicit(&c->level, memory_order_relaxed)) {
		atomic_store_explicit(&c->level, level, memory_order_relaxed);
		if (c->wired) {
			tell(p, c, level, fx);
		}
	}
}

static uint16_t best_of_word(const struct vplic *p, uint32_t w, uint64_t candidates)
{
	uint32_t best = 0;

	for (; candidates != 0; candidates &= candidates - 1) {
		uint32_t source = w * 64 + ax_ctz64(candidates);

		if (vplic_priority(p, source) > vplic_priority(p, best)) {
			best = source; /* of equals the lowest id, which comes first */
		}
	}
	return (uint16_t)best;
}

static uint16_t best_of_words(const struct vplic *p, const struct vplic_context *c)
{
	uint32_t best = 0;

	for (uint32_t words = c->words; words != 0; words &= words - 1) {
		uint32_t source = c->word_best[ax_ctz64(words)];

		if (vplic_priority(p, source) > vplic_priority(p, best)) {
			best = source;
		}
	}
	return (uint16_t)best;
}

void vplic_choose(struct vplic *p, struct vplic_context *c, uint32_t w, struct vplic_fx *fx)
{
	if (c->candidates[w] != 0) {
		c->word_best[w] = best_of_word(p, w, c->candidates[w]);
		c->words = (uint16_t)(c->words | 1u << w);
	} else {
		c->words = (uint16_t)(c->words & ~(1u << w));
	}
	atomic_store_explicit(&c->best, best_of_words(p, c), memory_order_relaxed);
	vplic_wire(p, c, fx);
}

void vplic_refresh(struct vplic *p, uint32_t source, struct vplic_fx *fx)
{
	uint64_t bit = AX_BIT64(source % 64);
	bool wanted = vplic_is_pending(p, source) && vplic_priority(p, source) != 0;
	uint32_t w = source / 64;

	for (uint32_t half = 0; half < AX_ARRAY_SIZE(p->sources->contexts); half++) {
		for (uint64_t left = p->sources[source].contexts[half]; left != 0;
		     left &= left - 1) {
			struct vplic_context *c = &p->contexts[half * 64 + ax_ctz64(left)];

			c->candidates[w] =
				wanted ? c->candidates[w] | bit : c->candidates[w] & ~bit;
			vplic_choose(p, c, w, fx);
		}
	}
}

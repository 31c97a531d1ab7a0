/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Set-up: the configuration checked, contexts and gateways laid out, links; and back to power-on.
 */
#include "internal.h"
#include <axbase/bitmap.h>
#include <axbase/mem.h>
#include <axport/assert.h>
#include <axport/log.h>

#define NO_WIRE UINT8_MAX

static ax_err_t refuse(const char *what, uint32_t value)
{
	ax_log(AX_LOG_ERROR, "vplic: %s %u is out of range", what, (unsigned)value);
	return AX_EINVAL;
}

static ax_err_t check_counts(const struct vplic_cfg *cfg)
{
	if (cfg->source_count == 0 || cfg->source_count > VPLIC_MAX_SOURCES) {
		return refuse("source_count", cfg->source_count);
	}
	if (cfg->priority_bits == 0 || cfg->priority_bits > 32) {
		return refuse("priority_bits", cfg->priority_bits);
	}
	if (cfg->vcpu_count == 0 || cfg->vcpu_count > VPLIC_MAX_VCPUS) {
		return refuse("vcpu_count", cfg->vcpu_count);
	}
	if (cfg->context_count == 0 || cfg->context_count > VPLIC_MAX_CONTEXTS) {
		return refuse("context_count", cfg->context_count);
	}
	return AX_OK;
}

/* The wired context of each vCPU into @wire. */
static ax_err_t find_wires(const struct vplic_cfg *cfg, uint8_t *wire)
{
	memset(wire, NO_WIRE, VPLIC_MAX_VCPUS);
	for (uint32_t i = 0; i < cfg->context_count; i++) {
		const struct vplic_context_cfg *c = &cfg->contexts[i];

		if (c->vcpu >= cfg->vcpu_count) {
			return refuse("vCPU of a context", c->vcpu);
		}
		if (c->wired && wire[c->vcpu] != NO_WIRE) {
			return refuse("second wire of vCPU", c->vcpu);
		}
		if (c->wired) {
			wire[c->vcpu] = (uint8_t)i;
		}
	}
	for (uint32_t v = 0; v < cfg->vcpu_count; v++) {
		if (wire[v] == NO_WIRE) {
			return refuse("missing wire of vCPU", v);
		}
	}
	return AX_OK;
}

static void lay_out(struct vplic *p)
{
	const struct vplic_cfg *cfg = &p->cfg;

	for (uint32_t i = 0; i < cfg->context_count; i++) {
		p->contexts[i].vcpu = cfg->contexts[i].vcpu;
		p->contexts[i].wired = cfg->contexts[i].wired;
	}
	for (uint32_t i = 1; cfg->edge != NULL && i <= cfg->source_count; i++) {
		p->sources[i].flags = ax_bitmap_test(cfg->edge, i) ? SRC_EDGE : 0;
	}
	p->cfg.contexts = NULL;
	p->cfg.edge = NULL;
}

ax_err_t vplic_init(struct vplic *p, const struct vplic_cfg *cfg, struct vplic_source *sources,
		    size_t source_room, struct vplic_context *contexts)
{
	uint8_t wire[VPLIC_MAX_VCPUS];
	ax_err_t err = check_counts(cfg);

	ax_assert(cfg->kick != NULL && cfg->contexts != NULL);
	if (err == AX_OK) {
		err = find_wires(cfg, wire);
	}
	if (err != AX_OK) {
		return err;
	}
	if (source_room < VPLIC_SOURCE_COUNT(cfg->source_count)) {
		ax_log(AX_LOG_ERROR, "vplic: room for %zu sources, %zu needed", source_room,
		       VPLIC_SOURCE_COUNT(cfg->source_count));
		return AX_ENOMEM;
	}
	memset(p, 0, sizeof(*p));
	memset(sources, 0, VPLIC_SOURCE_COUNT(cfg->source_count) * sizeof(*sources));
	memset(contexts, 0, cfg->context_count * sizeof(*contexts));
	memcpy(p->wire, wire, sizeof(wire));
	p->cfg = *cfg;
	p->source_count = cfg->source_count;
	p->context_count = cfg->context_count;
	p->priority_mask = UINT32_MAX >> (32 - cfg->priority_bits);
	p->sources = sources;
	p->contexts = contexts;
	lay_out(p);
	return AX_OK;
}

ax_err_t vplic_link(struct vplic *p, uint32_t source, uint32_t link)
{
	ax_err_t err = AX_EEXIST;

	if (!vplic_is_source(p, source) || link == 0 || link > UINT16_MAX ||
	    p->cfg.completed == NULL) {
		return AX_EINVAL;
	}
	ax_spin_lock(&p->lock);
	if (p->sources[source].link == 0) {
		p->sources[source].link = (uint16_t)link;
		err = AX_OK;
	}
	ax_spin_unlock(&p->lock);
	return err;
}

void vplic_unlink(struct vplic *p, uint32_t source)
{
	if (vplic_is_source(p, source)) {
		ax_spin_lock(&p->lock);
		p->sources[source].link = 0;
		ax_spin_unlock(&p->lock);
	}
}

/* --- Back to power-on */

bool vplic_any_loaded(const struct vplic *p)
{
	for (uint32_t v = 0; v < p->cfg.vcpu_count; v++) {
		if (p->contexts[p->wire[v]].loaded) {
			return true;
		}
	}
	return false;
}

static void reset_context(struct vplic *p, struct vplic_context *c, struct vplic_fx *fx)
	AX_REQUIRES(p->lock)
{
	c->words = 0;
	for (uint32_t w = 0; w < VPLIC_WORDS; w++) {
		c->candidates[w] = 0;
		vplic_set_word(&c->enable[w], 0);
	}
	atomic_store_explicit(&c->threshold, 0, memory_order_relaxed);
	atomic_store_explicit(&c->best, 0, memory_order_relaxed);
	vplic_wire(p, c, fx);
}

void vplic_reset_locked(struct vplic *p, struct vplic_ended *ended, struct vplic_fx *fx)
{
	memset(ended, 0, sizeof(*ended));
	for (uint32_t i = 1; i <= p->source_count; i++) {
		struct vplic_source *s = &p->sources[i];

		if (s->link != 0 && ((s->flags & SRC_CLAIMED) != 0 || vplic_is_pending(p, i))) {
			ax_bitmap_set(ended->sources, i);
		}
		s->flags &= SRC_EDGE | SRC_LINE;
		memset(s->contexts, 0, sizeof(s->contexts));
		atomic_store_explicit(&s->priority, 0, memory_order_relaxed);
		/* A level is a request as long as it is high, and nobody has claimed it now. */
		vplic_set_pending(p, i, s->flags == SRC_LINE);
	}
	for (uint32_t i = 0; i < p->context_count; i++) {
		reset_context(p, &p->contexts[i], fx);
	}
}

void vplic_tell_ended(const struct vplic *p, const struct vplic_ended *ended)
{
	size_t end = VPLIC_SOURCE_COUNT(p->source_count);

	for (size_t i = ax_bitmap_next(ended->sources, end, 0); i < end;
	     i = ax_bitmap_next(ended->sources, end, i + 1)) {
		p->cfg.completed(p->cfg.completed_ctx, p, p->sources[i].link);
	}
}

void vplic_reset(void *intc)
{
	struct vplic *p = intc;
	struct vplic_ended ended;
	struct vplic_fx fx = { 0 };

	ax_assert(!vplic_any_loaded(p));
	ax_spin_lock(&p->lock);
	vplic_reset_locked(p, &ended, &fx);
	ax_spin_unlock(&p->lock);
	vplic_finish(p, &fx);
	vplic_tell_ended(p, &ended);
}

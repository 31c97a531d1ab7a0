/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Save and load. Little-endian records of fixed size behind the usual header; candidates, wires and
 * physical sources are not in it but follow from it.
 */
#include "internal.h"
#include <axbase/bitmap.h>
#include <axbase/mem.h>
#include <axdev/snap.h>
#include <axport/log.h>

#define SNAP_MAGIC       0x696c7076u /* "vpli" */
#define SNAP_MAGIC_FRAME 0x666c7076u /* "vplf": the frame, without state */
#define SNAP_VERSION     1
#define SNAP_PENDING     0x10u /* beside the SRC_ flags that change */
#define SNAP_FLAGS       (SRC_LINE | SRC_CLAIMED | SRC_LATCH | SNAP_PENDING)

struct snap_head {
	struct ax_snap_hdr hdr;
	uint32_t source_count;
	uint32_t context_count;
	uint32_t priority_mask;
};
AX_STATIC_ASSERT(sizeof(struct snap_head) == 24);

struct snap_source {
	uint32_t priority;
	uint32_t flags;
};
AX_STATIC_ASSERT(sizeof(struct snap_source) == 8);

struct snap_context {
	uint32_t threshold;
	uint32_t reserved; /* 0 */
	uint64_t enable[VPLIC_WORDS];
};
AX_STATIC_ASSERT(sizeof(struct snap_context) == 136);

static size_t snap_size(const struct vplic *p)
{
	return sizeof(struct snap_head) + p->source_count * sizeof(struct snap_source) +
	       p->context_count * sizeof(struct snap_context);
}

ax_err_t vplic_save(const void *intc, void *buf, size_t cap, size_t *len)
{
	const struct vplic *p = intc;
	uint8_t *out = buf;
	struct snap_head head = {
		.hdr = { SNAP_MAGIC, SNAP_VERSION, 0, (uint32_t)snap_size(p) },
		.source_count = p->source_count,
		.context_count = p->context_count,
		.priority_mask = p->priority_mask,
	};

	if (vplic_any_loaded(p)) {
		ax_log(AX_LOG_ERROR, "vplic: save with a vCPU's wire still live");
		return AX_EBUSY;
	}
	if (cap < snap_size(p)) {
		return AX_ENOSPC;
	}
	memcpy(out, &head, sizeof(head));
	out += sizeof(head);
	for (uint32_t i = 1; i <= p->source_count; i++, out += sizeof(struct snap_source)) {
		struct snap_source s = { vplic_priority(p, i), p->sources[i].flags & SNAP_FLAGS };

		s.flags |= vplic_is_pending(p, i) ? SNAP_PENDING : 0;
		memcpy(out, &s, sizeof(s));
	}
	for (uint32_t i = 0; i < p->context_count; i++, out += sizeof(struct snap_context)) {
		struct snap_context c = { .threshold = p->contexts[i].threshold };

		for (uint32_t w = 0; w < VPLIC_WORDS; w++) {
			c.enable[w] = vplic_word(&p->contexts[i].enable[w]);
		}
		memcpy(out, &c, sizeof(c));
	}
	*len = snap_size(p);
	return AX_OK;
}

/* --- Load: everything is checked before anything changes */

static ax_err_t bad(const char *what, size_t index)
{
	ax_log(AX_LOG_ERROR, "vplic: snapshot: bad %s (%zu)", what, index);
	return AX_EINVAL;
}

static ax_err_t check_head(const struct vplic *p, const void *buf, size_t len)
{
	struct snap_head h;

	if (len < sizeof(h) || ax_snap_check(buf, len, SNAP_MAGIC, SNAP_VERSION, len) != AX_OK) {
		return AX_EVERSION;
	}
	memcpy(&h, buf, sizeof(h));
	if (h.hdr.reserved != 0) {
		return AX_EVERSION;
	}
	if (h.source_count != p->source_count || h.context_count != p->context_count ||
	    h.priority_mask != p->priority_mask || len != snap_size(p)) {
		return bad("shape", h.source_count);
	}
	return AX_OK;
}

/*
 * Pending or claimed, not both; an edge to come only behind a claim; no high level that has asked
 * nobody.
 */
static bool source_ok(const struct vplic *p, uint32_t i, const struct snap_source *s)
{
	bool edge = (p->sources[i].flags & SRC_EDGE) != 0;
	bool claimed = (s->flags & SRC_CLAIMED) != 0;
	bool pending = (s->flags & SNAP_PENDING) != 0;

	return (s->flags & ~SNAP_FLAGS) == 0 && (s->priority & ~p->priority_mask) == 0 &&
	       !(claimed && pending) && ((s->flags & SRC_LATCH) == 0 || (edge && claimed)) &&
	       (edge || (s->flags & SRC_LINE) == 0 || claimed || pending);
}

static bool context_ok(const struct vplic *p, const struct snap_context *c)
{
	bool ok = (c->threshold & ~p->priority_mask) == 0 && c->reserved == 0;

	for (uint32_t w = 0; w < VPLIC_WORDS; w++) {
		ok = ok && (c->enable[w] & ~vplic_valid(p, w)) == 0;
	}
	return ok;
}

static ax_err_t check(const struct vplic *p, const uint8_t *in, size_t len)
{
	ax_err_t err = check_head(p, in, len);
	struct snap_source s;
	struct snap_context c;

	if (err != AX_OK) {
		return err;
	}
	in += sizeof(struct snap_head);
	for (uint32_t i = 1; i <= p->source_count; i++, in += sizeof(s)) {
		memcpy(&s, in, sizeof(s));
		if (!source_ok(p, i, &s)) {
			return bad("source", i);
		}
	}
	for (uint32_t i = 0; i < p->context_count; i++, in += sizeof(c)) {
		memcpy(&c, in, sizeof(c));
		if (!context_ok(p, &c)) {
			return bad("context", i);
		}
	}
	return AX_OK;
}

static void load_context(struct vplic *p, uint32_t index, const struct snap_context *from)
	AX_REQUIRES(p->lock)
{
	struct vplic_context *c = &p->contexts[index];

	atomic_store_explicit(&c->threshold, from->threshold, memory_order_relaxed);
	for (uint32_t w = 0; w < VPLIC_WORDS; w++) {
		vplic_set_word(&c->enable[w], from->enable[w]);
		for (uint64_t left = from->enable[w]; left != 0; left &= left - 1) {
			ax_bitmap_set(p->sources[w * 64 + ax_ctz64(left)].contexts, index);
		}
	}
}

static void commit(struct vplic *p, const uint8_t *in, struct vplic_ended *ended,
		   struct vplic_fx *fx) AX_REQUIRES(p->lock)
{
	struct snap_source s;
	struct snap_context c;

	vplic_reset_locked(p, ended, fx);
	in += sizeof(struct snap_head);
	for (uint32_t i = 1; i <= p->source_count; i++, in += sizeof(s)) {
		memcpy(&s, in, sizeof(s));
		p->sources[i].flags =
			(uint16_t)((p->sources[i].flags & SRC_EDGE) | (s.flags & ~SNAP_PENDING));
		atomic_store_explicit(&p->sources[i].priority, s.priority, memory_order_relaxed);
		vplic_set_pending(p, i, (s.flags & SNAP_PENDING) != 0);
	}
	for (uint32_t i = 0; i < p->context_count; i++, in += sizeof(c)) {
		memcpy(&c, in, sizeof(c));
		load_context(p, i, &c);
	}
	for (uint32_t i = 1; i <= p->source_count; i++) {
		vplic_refresh(p, i, fx);
	}
}

ax_err_t vplic_load_state(void *intc, const void *buf, size_t len)
{
	struct vplic *p = intc;
	struct vplic_ended ended;
	struct vplic_fx fx = { 0 };
	ax_err_t err = vplic_any_loaded(p) ? AX_EBUSY : check(p, buf, len);

	if (err != AX_OK) {
		return err;
	}
	ax_spin_lock(&p->lock);
	commit(p, buf, &ended, &fx);
	ax_spin_unlock(&p->lock);
	vplic_finish(p, &fx);
	vplic_tell_ended(p, &ended);
	return AX_OK;
}

ax_err_t vplic_save_nothing(const void *dev, void *buf, size_t cap, size_t *len)
{
	struct ax_snap_hdr hdr = { SNAP_MAGIC_FRAME, SNAP_VERSION, 0, sizeof(hdr) };

	(void)dev;
	return ax_snap_write(&hdr, sizeof(hdr), buf, cap, len);
}

ax_err_t vplic_load_nothing(void *dev, const void *buf, size_t len)
{
	struct ax_snap_hdr hdr;
	ax_err_t err = ax_snap_read(&hdr, sizeof(hdr), buf, len, SNAP_MAGIC_FRAME, SNAP_VERSION);

	(void)dev;
	return err == AX_OK && hdr.reserved != 0 ? AX_EVERSION : err;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log of the pages written. While it runs, the leaves of a slot are read-only; the first write to a
 * page faults, splits its leaf down to 4 KiB, marks the page and makes it writable.
 */
#include "internal.h"
#include <axbase/mem.h>

static uint64_t page_count(const struct axaddrspace_slot *s)
{
	return s->cfg.bytes / AX_PAGE_SIZE;
}

static size_t log_bytes(const struct axaddrspace_slot *s)
{
	return (size_t)AX_BITMAP_WORDS(page_count(s)) * sizeof(uint64_t);
}

void axaddrspace_log_mark(struct axaddrspace_slot *s, uint64_t addr, uint64_t bytes)
{
	if (s->dirty == NULL || bytes == 0) {
		return;
	}
	uint64_t last = (addr + (bytes - 1) - s->cfg.gpa.v) / AX_PAGE_SIZE;

	for (uint64_t i = (addr - s->cfg.gpa.v) / AX_PAGE_SIZE; i <= last; i++) {
		ax_bitmap_set(s->dirty, (size_t)i);
	}
}

ax_err_t axaddrspace_log_open(struct axaddrspace *as, struct axaddrspace_slot *s, uint64_t addr)
{
	struct axaddrspace_edit e = { .kind = AXADDRSPACE_EDIT_PROTECT,
				      .start = ax_align_down(addr, AX_PAGE_SIZE),
				      .end = ax_align_down(addr, AX_PAGE_SIZE) + AX_PAGE_SIZE,
				      .attr = s->cfg.prot };
	ax_err_t err = axaddrspace_edit_run(as, &e);

	if (err == AX_OK) {
		axaddrspace_log_mark(s, e.start, AX_PAGE_SIZE);
		if (e.stride == 0 && as->cfg.fmt->caches_invalid) { /* it was open: a stale fault */
			axaddrspace_invalidate(as, e.start, AX_PAGE_SIZE, AX_PAGE_SIZE, true);
		}
	}
	return err;
}

/** Give all leaves of @s the same protection. Splits nothing, so it cannot fail. */
static void protect_slot(struct axaddrspace *as, const struct axaddrspace_slot *s, uint32_t prot,
			 bool merge)
{
	struct axaddrspace_edit e = { .kind = AXADDRSPACE_EDIT_PROTECT,
				      .merge = merge,
				      .start = s->cfg.gpa.v,
				      .end = axaddrspace_slot_end(s),
				      .attr = prot };
	ax_err_t err = axaddrspace_edit_run(as, &e);

	ax_assert(err == AX_OK);
}

static ax_err_t enable(struct axaddrspace *as, struct axaddrspace_slot *s, uint64_t *bitmap,
		       size_t words)
{
	if (s == NULL) {
		return AX_ENOENT;
	}
	if (s->dirty != NULL) {
		return AX_EBUSY;
	}
	if (words < AX_BITMAP_WORDS(page_count(s))) {
		return AX_ENOSPC;
	}
	memset(bitmap, 0, log_bytes(s));
	s->dirty = bitmap;
	protect_slot(as, s, s->cfg.prot & ~AXADDRSPACE_PROT_WRITE, false);
	return AX_OK;
}

ax_err_t axaddrspace_log_enable(struct axaddrspace *as, uint32_t id, uint64_t *bitmap, size_t words)
{
	ax_spin_lock(&as->lock);
	ax_err_t err = enable(as, axaddrspace_slot_of(as, id), bitmap, words);

	ax_spin_unlock(&as->lock);
	return err;
}

static ax_err_t take(struct axaddrspace *as, struct axaddrspace_slot *s, uint64_t *out,
		     size_t words)
{
	if (s == NULL || s->dirty == NULL) {
		return AX_ENOENT;
	}
	if (words < AX_BITMAP_WORDS(page_count(s))) {
		return AX_ENOSPC;
	}
	/* First close the pages: what is written until then is in this log, the rest in the next. */
	protect_slot(as, s, s->cfg.prot & ~AXADDRSPACE_PROT_WRITE, false);
	memcpy(out, s->dirty, log_bytes(s));
	memset(s->dirty, 0, log_bytes(s));
	return AX_OK;
}

ax_err_t axaddrspace_log_take(struct axaddrspace *as, uint32_t id, uint64_t *out, size_t words)
{
	ax_spin_lock(&as->lock);
	ax_err_t err = take(as, axaddrspace_slot_of(as, id), out, words);

	ax_spin_unlock(&as->lock);
	return err;
}

ax_err_t axaddrspace_log_disable(struct axaddrspace *as, uint32_t id)
{
	ax_err_t err = AX_ENOENT;

	ax_spin_lock(&as->lock);
	struct axaddrspace_slot *s = axaddrspace_slot_of(as, id);

	if (s != NULL && s->dirty != NULL) {
		s->dirty = NULL;
		protect_slot(as, s, s->cfg.prot, true);
		err = AX_OK;
	}
	ax_spin_unlock(&as->lock);
	return err;
}

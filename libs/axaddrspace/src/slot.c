/* SPDX-License-Identifier: Apache-2.0 */
/* RAM: slots, the memory behind them, and the faults that ask for it. */
#include "internal.h"
#include <axport/log.h>

#define FIXED_FLAGS (AXADDRSPACE_SLOT_FIXED | AXADDRSPACE_SLOT_IDENTITY)
#define SLOT_FLAGS  (AXADDRSPACE_SLOT_LAZY | FIXED_FLAGS)

struct axaddrspace_slot *axaddrspace_slot_at(struct axaddrspace *as, uint64_t addr)
{
	for (uint32_t i = 0; i < as->cfg.slot_count; i++) {
		struct axaddrspace_slot *s = &as->cfg.slots[i];

		if (addr - s->cfg.gpa.v < s->cfg.bytes) {
			return s;
		}
	}
	return NULL;
}

bool axaddrspace_slot_overlaps(const struct axaddrspace *as, uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < as->cfg.slot_count; i++) {
		const struct axaddrspace_slot_cfg *c = &as->cfg.slots[i].cfg;

		if (ax_ranges_overlap(c->gpa.v, c->bytes, start, end - start)) {
			return true;
		}
	}
	return false;
}

bool axaddrspace_slot_allows_leaf(const struct axaddrspace *as, uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < as->cfg.slot_count; i++) {
		const struct axaddrspace_slot *s = &as->cfg.slots[i];

		if (ax_ranges_overlap(s->cfg.gpa.v, s->cfg.bytes, start, end - start)) {
			return s->cfg.gpa.v <= start && end <= axaddrspace_slot_end(s) &&
			       s->dirty == NULL;
		}
	}
	return true;
}

static ax_err_t check_cfg(const struct axaddrspace *as, const struct axaddrspace_slot_cfg *cfg)
{
	if (!axaddrspace_fits(cfg->gpa.v, cfg->bytes, as->cfg.input_bits) ||
	    ((cfg->flags & FIXED_FLAGS) != 0 &&
	     !axaddrspace_fits(cfg->hpa.v, cfg->bytes, as->shape.output_bits)) ||
	    (cfg->prot & ~AXADDRSPACE_PROT_RWX) != 0 || (cfg->prot & AXADDRSPACE_PROT_READ) == 0 ||
	    (cfg->flags & ~SLOT_FLAGS) != 0) {
		return AX_EINVAL;
	}
	return AX_OK;
}

static ax_err_t add_locked(struct axaddrspace *as, const struct axaddrspace_slot_cfg *cfg,
			   uint32_t *id)
{
	uint64_t end = cfg->gpa.v + cfg->bytes;

	if (axaddrspace_slot_overlaps(as, cfg->gpa.v, end) ||
	    axaddrspace_mapped(as, cfg->gpa.v, end)) {
		return AX_EEXIST;
	}
	for (uint32_t i = 0; i < as->cfg.slot_count; i++) {
		if (as->cfg.slots[i].cfg.bytes == 0) {
			as->cfg.slots[i] = (struct axaddrspace_slot){ .cfg = *cfg };
			*id = i;
			return AX_OK;
		}
	}
	return AX_ENOSPC;
}

ax_err_t axaddrspace_add_slot(struct axaddrspace *as, const struct axaddrspace_slot_cfg *cfg,
			      uint32_t *id)
{
	struct axaddrspace_slot_cfg c = *cfg;

	if ((c.flags & AXADDRSPACE_SLOT_IDENTITY) != 0) {
		c.hpa = hpa(c.gpa.v);
	}
	ax_err_t err = check_cfg(as, &c);

	if (err == AX_OK) {
		ax_spin_lock(&as->lock);
		err = add_locked(as, &c, id);
		ax_spin_unlock(&as->lock);
	}
	if (err != AX_OK) {
		ax_log(AX_LOG_ERROR, "address space: RAM at 0x%llx of 0x%llx bytes: %s",
		       (unsigned long long)c.gpa.v, (unsigned long long)c.bytes, ax_err_name(err));
	}
	return err;
}

static void unmap_slot(struct axaddrspace *as, const struct axaddrspace_slot *s)
{
	struct axaddrspace_edit e = { .kind = AXADDRSPACE_EDIT_UNMAP,
				      .start = s->cfg.gpa.v,
				      .end = axaddrspace_slot_end(s) };
	ax_err_t err = axaddrspace_edit_run(as, &e);

	ax_assert(err == AX_OK); /* no leaf crosses a slot's end: nothing to split */
}

ax_err_t axaddrspace_remove_slot(struct axaddrspace *as, uint32_t id)
{
	ax_err_t err = AX_ENOENT;

	ax_spin_lock(&as->lock);
	struct axaddrspace_slot *s = axaddrspace_slot_of(as, id);

	if (s != NULL) {
		unmap_slot(as, s);
		*s = (struct axaddrspace_slot){ .populated = 0 };
		err = AX_OK;
	}
	ax_spin_unlock(&as->lock);
	return err;
}

ax_err_t axaddrspace_find_slot(struct axaddrspace *as, gpa_t addr, uint32_t *id)
{
	ax_spin_lock(&as->lock);
	const struct axaddrspace_slot *s = axaddrspace_slot_at(as, addr.v);

	if (s != NULL) {
		*id = (uint32_t)(s - as->cfg.slots);
	}
	ax_spin_unlock(&as->lock);
	return s != NULL ? AX_OK : AX_ENOENT;
}

/** What the guest may do in @s now: while writes are logged, each page has to ask. */
static uint32_t slot_attr(const struct axaddrspace_slot *s)
{
	return s->dirty != NULL ? s->cfg.prot & ~AXADDRSPACE_PROT_WRITE : s->cfg.prot;
}

/** The part of @s around @addr that an entry of @level covers is all of that entry. */
static bool block_in_slot(const struct axaddrspace_slot *s, uint64_t addr, uint32_t level)
{
	uint64_t bytes = axaddrspace_entry_bytes(level);
	uint64_t base = ax_align_down(addr, bytes);

	return s->cfg.gpa.v <= base && base + bytes <= axaddrspace_slot_end(s);
}

/** The largest leaf around @addr; where only pages fit, those of the 2 MiB around it. */
static ax_err_t populate_fixed(struct axaddrspace *as, const struct axaddrspace_slot *s,
			       uint64_t addr, uint64_t *end)
{
	uint32_t level = as->shape.leaf_level;
	uint64_t delta = s->cfg.hpa.v - s->cfg.gpa.v;

	while (level > 1 && !(block_in_slot(s, addr, level) &&
			      ax_is_aligned(delta, axaddrspace_entry_bytes(level)))) {
		level--;
	}
	uint64_t bytes = axaddrspace_entry_bytes(level == 0 ? 1 : level);
	uint64_t base = ax_align_down(addr, bytes);
	struct axaddrspace_edit e = { .kind = AXADDRSPACE_EDIT_MAP,
				      .start = ax_max_u64(base, s->cfg.gpa.v),
				      .end = ax_min_u64(base + bytes, axaddrspace_slot_end(s)),
				      .attr = slot_attr(s) };

	e.to = hpa(e.start + delta);
	*end = e.end;
	return axaddrspace_edit_run(as, &e);
}

static ax_err_t populate_owned(struct axaddrspace *as, const struct axaddrspace_slot *s,
			       uint64_t addr, uint32_t hole_level, uint64_t *end)
{
	const struct ax_frame_ops *frames = as->cfg.frames;
	uint64_t bytes = axaddrspace_entry_bytes(1);
	uint32_t own = AXADDRSPACE_OWN_BLOCK;
	hpa_t frame;

	/* The hole is as large as a block: no page of it has been put there before. */
	if (hole_level == 0 || as->shape.leaf_level == 0 || !block_in_slot(s, addr, 1) ||
	    frames->alloc(as->cfg.frames_ctx, bytes, &frame) != AX_OK) {
		ax_err_t err = frames->alloc(as->cfg.frames_ctx, AX_PAGE_SIZE, &frame);

		if (err != AX_OK) {
			return err;
		}
		bytes = AX_PAGE_SIZE;
		own = AXADDRSPACE_OWN_PAGE;
	}
	struct axaddrspace_edit e = { .kind = AXADDRSPACE_EDIT_MAP,
				      .start = ax_align_down(addr, bytes),
				      .end = ax_align_down(addr, bytes) + bytes,
				      .to = frame,
				      .attr = slot_attr(s) | own };
	ax_err_t err = axaddrspace_edit_run(as, &e);

	if (err != AX_OK) {
		frames->free(as->cfg.frames_ctx, frame, bytes);
	}
	*end = e.end;
	return err;
}

ax_err_t axaddrspace_slot_populate(struct axaddrspace *as, struct axaddrspace_slot *s,
				   uint64_t addr, uint64_t *end)
{
	struct axaddrspace_leaf leaf;

	if (axaddrspace_walk(as, addr, &leaf)) {
		*end = leaf.gpa + axaddrspace_entry_bytes(leaf.level);
		return AX_OK;
	}
	if (s->hidden) {
		*end = axaddrspace_slot_end(s);
		return AX_OK;
	}
	if (axaddrspace_slot_is_fixed(s)) {
		return populate_fixed(as, s, addr, end);
	}
	return populate_owned(as, s, addr, leaf.level, end);
}

static ax_err_t populate_locked(struct axaddrspace *as, struct axaddrspace_slot *s, uint64_t budget)
{
	uint64_t done = 0;

	if ((s->cfg.flags & AXADDRSPACE_SLOT_LAZY) != 0) {
		return AX_OK;
	}
	while (s->populated < s->cfg.bytes) {
		uint64_t at = s->cfg.gpa.v + s->populated;
		uint64_t end = 0;

		if (done != 0 && done >= budget) {
			return AX_EBUSY;
		}
		ax_err_t err = axaddrspace_slot_populate(as, s, at, &end);

		if (err != AX_OK) {
			return err;
		}
		done += end - at;
		s->populated += end - at;
	}
	return AX_OK;
}

ax_err_t axaddrspace_populate(struct axaddrspace *as, uint32_t id, uint64_t budget_bytes)
{
	ax_err_t err = AX_ENOENT;

	ax_spin_lock(&as->lock);
	struct axaddrspace_slot *s = axaddrspace_slot_of(as, id);

	if (s != NULL) {
		err = populate_locked(as, s, budget_bytes);
	}
	if (err == AX_ENOMEM && s != NULL) {
		ax_log(AX_LOG_ERROR, "address space: out of memory 0x%llx bytes into RAM at 0x%llx",
		       (unsigned long long)s->populated, (unsigned long long)s->cfg.gpa.v);
	}
	ax_spin_unlock(&as->lock);
	return err;
}

/* Once shown, always whole: no access of the guest then needs an exit to find its page. */
static ax_err_t show_locked(struct axaddrspace *as, struct axaddrspace_slot *s, bool shown)
{
	uint64_t end = s->cfg.gpa.v;
	ax_err_t err = AX_OK;

	if (!shown && !s->hidden) {
		unmap_slot(as, s);
	}
	s->hidden = !shown;
	while (err == AX_OK && end != axaddrspace_slot_end(s)) {
		err = axaddrspace_slot_populate(as, s, end, &end);
	}
	return err;
}

ax_err_t axaddrspace_show_slot(struct axaddrspace *as, uint32_t id, bool shown)
{
	ax_err_t err = AX_ENOENT;

	ax_spin_lock(&as->lock);
	struct axaddrspace_slot *s = axaddrspace_slot_of(as, id);

	if (s != NULL) {
		err = axaddrspace_slot_is_fixed(s) ? show_locked(as, s, shown) : AX_EINVAL;
	}
	ax_spin_unlock(&as->lock);
	return err;
}

static bool permits(uint32_t attr, bool write, bool exec)
{
	return (!write || (attr & AXADDRSPACE_PROT_WRITE) != 0) &&
	       (!exec || (attr & AXADDRSPACE_PROT_EXEC) != 0);
}

static ax_err_t fault_locked(struct axaddrspace *as, uint64_t addr, bool write, bool exec)
{
	struct axaddrspace_slot *s = axaddrspace_slot_at(as, addr);
	struct axaddrspace_leaf leaf;
	bool mapped = axaddrspace_walk(as, addr, &leaf);

	if (s == NULL ? !mapped : s->hidden) {
		return AX_ENOENT;
	}
	if (!permits(s != NULL ? s->cfg.prot : leaf.attr, write, exec)) {
		return AX_EINVAL;
	}
	if (!mapped) {
		uint64_t end;
		ax_err_t err = axaddrspace_slot_populate(as, s, addr, &end);

		if (err != AX_OK || !write || s->dirty == NULL) {
			return err;
		}
		return axaddrspace_log_open(as, s, addr);
	}
	if (s != NULL && write && s->dirty != NULL) {
		return axaddrspace_log_open(as, s, addr);
	}
	if (as->cfg.fmt->caches_invalid) { /* this CPU remembers what another one has changed */
		axaddrspace_invalidate(as, ax_align_down(addr, AX_PAGE_SIZE), AX_PAGE_SIZE,
				       AX_PAGE_SIZE, true);
	}
	return AX_OK;
}

ax_err_t axaddrspace_fault(struct axaddrspace *as, gpa_t addr, bool write, bool exec)
{
	if (addr.v >> as->cfg.input_bits != 0) {
		return AX_ENOENT;
	}
	ax_spin_lock(&as->lock);
	ax_err_t err = fault_locked(as, addr.v, write, exec);

	ax_spin_unlock(&as->lock);
	return err;
}

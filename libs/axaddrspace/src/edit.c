/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of the tables, in four steps: count and reserve the tables that are needed (the only step
 * that can fail), make every entry that changes invalid, invalidate the TLB once, write the new
 * entries and free the old. A fifth puts large leaves back together.
 */
#include "internal.h"

#define RWX AXADDRSPACE_PROT_RWX

static bool covers(const struct axaddrspace_edit *e, uint64_t base, uint32_t level)
{
	return e->start <= base && base + axaddrspace_entry_bytes(level) <= e->end;
}

/** First index of a table at @base that the edit touches, and the one after the last. */
static uint32_t first_index(const struct axaddrspace_edit *e, uint64_t base, uint32_t level)
{
	return e->start <= base ? 0
				: (uint32_t)((e->start - base) / axaddrspace_entry_bytes(level));
}

static uint32_t end_index(const struct axaddrspace *as, const struct axaddrspace_edit *e,
			  uint64_t base, uint32_t level)
{
	uint64_t bytes = axaddrspace_entry_bytes(level);
	uint64_t span = e->end - base + bytes - 1;

	return (uint32_t)ax_min_u64(span / bytes, axaddrspace_table_entries(as, level));
}

static hpa_t target(const struct axaddrspace_edit *e, uint64_t base)
{
	return hpa(e->to.v + (base - e->start));
}

static bool leaf_fits(const struct axaddrspace *as, const struct axaddrspace_edit *e, uint64_t base,
		      uint32_t level)
{
	return level <= as->shape.leaf_level && covers(e, base, level) &&
	       ax_is_aligned(target(e, base).v, axaddrspace_entry_bytes(level));
}

static uint32_t new_attr(const struct axaddrspace_edit *e, uint32_t old)
{
	return (old & ~RWX) | (e->attr & RWX);
}

/** The leaf is not touched: a protection that it has already. */
static bool stays(const struct axaddrspace_edit *e, uint32_t attr)
{
	return e->kind == AXADDRSPACE_EDIT_PROTECT && new_attr(e, attr) == attr;
}

/* --- Prepare */

static uint64_t tables_for(const struct axaddrspace *as, const struct axaddrspace_edit *e,
			   uint32_t level, uint64_t base, struct axaddrspace_pte pte);

/** Sum over the touched entries of a table at @base; without @t, all of them are like @like. */
static uint64_t tables_below(const struct axaddrspace *as, const struct axaddrspace_edit *e,
			     uint32_t level, uint64_t base, pte_t *t, struct axaddrspace_pte like)
{
	uint32_t end = end_index(as, e, base, level);
	uint64_t sum = 0;

	for (uint32_t i = first_index(e, base, level); i < end; i++) {
		if (t != NULL) {
			like = axaddrspace_decode(as, axaddrspace_load(&t[i]), level);
		}
		sum += tables_for(as, e, level, base + i * axaddrspace_entry_bytes(level), like);
	}
	return sum;
}

/** Tables that must be added below the entry at @base. */
static uint64_t tables_for(const struct axaddrspace *as, const struct axaddrspace_edit *e,
			   uint32_t level, uint64_t base, struct axaddrspace_pte pte)
{
	switch (pte.kind) {
	case AXADDRSPACE_PTE_NONE:
		if (e->kind != AXADDRSPACE_EDIT_MAP || leaf_fits(as, e, base, level)) {
			return 0;
		}
		return 1 + (level == 1 ? 0 : tables_below(as, e, level - 1, base, NULL, pte));
	case AXADDRSPACE_PTE_LEAF:
		if (covers(e, base, level) || stays(e, pte.attr)) {
			return 0;
		}
		return 1 + tables_below(as, e, level - 1, base, NULL, pte);
	case AXADDRSPACE_PTE_TABLE:
		break;
	}
	if (e->kind == AXADDRSPACE_EDIT_UNMAP && covers(e, base, level)) {
		return 0;
	}
	return tables_below(as, e, level - 1, base, axaddrspace_table_at(as, pte.addr), pte);
}

static hpa_t take_reserve(struct axaddrspace *as, struct axaddrspace_edit *e)
{
	hpa_t frame = e->reserve;
	pte_t *t = axaddrspace_table_at(as, frame);

	ax_assert(e->reserve_count > 0);
	e->reserve = hpa(axaddrspace_load(&t[0]));
	e->reserve_count--;
	atomic_store_explicit(&t[0], 0, memory_order_relaxed);
	return frame;
}

static ax_err_t fill_reserve(struct axaddrspace *as, struct axaddrspace_edit *e, uint64_t count)
{
	while (e->reserve_count < count) {
		hpa_t frame;
		ax_err_t err = as->cfg.frames->alloc(as->cfg.frames_ctx, AX_PAGE_SIZE, &frame);

		if (err != AX_OK) {
			while (e->reserve_count > 0) {
				as->cfg.frames->free(as->cfg.frames_ctx, take_reserve(as, e),
						     AX_PAGE_SIZE);
			}
			return err;
		}
		atomic_store_explicit(axaddrspace_table_at(as, frame), e->reserve.v,
				      memory_order_relaxed);
		e->reserve = frame;
		e->reserve_count++;
	}
	as->table_count += (uint32_t)count;
	return AX_OK;
}

/* --- Break */

static void bury(struct axaddrspace_edit *e, uint64_t base, uint64_t bytes, uint64_t stride)
{
	e->dead_start = e->stride == 0 ? base : ax_min_u64(e->dead_start, base);
	e->dead_end = ax_max_u64(e->dead_end, base + bytes);
	e->stride = e->stride == 0 ? stride : ax_min_u64(e->stride, stride);
}

/** True if @t at @base will have an entry after an unmap: one untouched, or a leaf to be split. */
static bool keeps_entries(const struct axaddrspace *as, const struct axaddrspace_edit *e, pte_t *t,
			  uint32_t level, uint64_t base)
{
	for (uint32_t i = 0; i < 512; i++) {
		uint64_t raw = axaddrspace_load(&t[i]);
		uint64_t at = base + i * axaddrspace_entry_bytes(level);
		hpa_t addr;
		uint32_t attr;

		if (axaddrspace_decode(as, raw, level).kind != AXADDRSPACE_PTE_NONE ||
		    (axaddrspace_limbo_decode(raw, &addr, &attr) == AXADDRSPACE_LIMBO_LEAF &&
		     !covers(e, at, level))) {
			return true;
		}
	}
	return false;
}

static void break_table(struct axaddrspace *as, struct axaddrspace_edit *e, uint32_t level,
			pte_t *t, uint64_t base)
{
	uint64_t bytes = axaddrspace_entry_bytes(level);
	uint32_t end = end_index(as, e, base, level);

	for (uint32_t i = first_index(e, base, level); i < end; i++) {
		uint64_t at = base + i * bytes;
		struct axaddrspace_pte pte = axaddrspace_decode(as, axaddrspace_load(&t[i]), level);

		if (pte.kind == AXADDRSPACE_PTE_LEAF && !stays(e, pte.attr)) {
			axaddrspace_store(&t[i], axaddrspace_limbo_leaf(pte.addr, pte.attr));
			bury(e, at, bytes, bytes);
		}
		if (pte.kind != AXADDRSPACE_PTE_TABLE) {
			continue;
		}
		pte_t *child = axaddrspace_table_at(as, pte.addr);

		if (e->kind == AXADDRSPACE_EDIT_UNMAP && covers(e, at, level)) {
			axaddrspace_store(&t[i], axaddrspace_limbo_table(pte.addr));
			bury(e, at, bytes, AX_PAGE_SIZE);
			e->tables = true;
			continue;
		}
		break_table(as, e, level - 1, child, at);
		if (e->kind == AXADDRSPACE_EDIT_UNMAP &&
		    !keeps_entries(as, e, child, level - 1, at)) {
			/* The pointer goes with the leaves buried below: it translates them too. */
			axaddrspace_store(&t[i], axaddrspace_limbo_table(pte.addr));
			e->tables = true;
		}
	}
}

/* --- Make */

static void make_table(struct axaddrspace *as, struct axaddrspace_edit *e, uint32_t level, pte_t *t,
		       uint64_t base);

/** Write what comes after the leaf @addr, @attr that was broken at @base. */
static void make_leaf(struct axaddrspace *as, struct axaddrspace_edit *e, uint32_t level, pte_t *p,
		      uint64_t base, hpa_t addr, uint32_t attr)
{
	const struct axaddrspace_fmt *fmt = as->cfg.fmt;

	if (covers(e, base, level)) {
		if (e->kind == AXADDRSPACE_EDIT_PROTECT) {
			axaddrspace_store(p, fmt->leaf(addr, new_attr(e, attr), level));
		} else {
			axaddrspace_free_owned(as, level, addr, attr);
			axaddrspace_store(p, 0);
		}
		return;
	}
	hpa_t table = take_reserve(as, e);
	pte_t *t = axaddrspace_table_at(as, table);
	uint64_t bytes = axaddrspace_entry_bytes(level - 1);

	for (uint32_t i = 0; i < 512; i++) {
		hpa_t part = hpa(addr.v + i * bytes);
		uint64_t at = base + i * bytes;

		if (at < e->end && e->start < at + bytes) {
			make_leaf(as, e, level - 1, &t[i], at, part, attr);
		} else {
			axaddrspace_store(&t[i], fmt->leaf(part, attr, level - 1));
		}
	}
	axaddrspace_store(p, fmt->table(table));
}

static void make_hole(struct axaddrspace *as, struct axaddrspace_edit *e, uint32_t level, pte_t *p,
		      uint64_t base)
{
	if (e->kind != AXADDRSPACE_EDIT_MAP) {
		return;
	}
	if (leaf_fits(as, e, base, level)) {
		axaddrspace_store(p, as->cfg.fmt->leaf(target(e, base), e->attr, level));
		return;
	}
	hpa_t table = take_reserve(as, e);

	make_table(as, e, level - 1, axaddrspace_table_at(as, table), base);
	axaddrspace_store(p, as->cfg.fmt->table(table));
}

static void make_table(struct axaddrspace *as, struct axaddrspace_edit *e, uint32_t level, pte_t *t,
		       uint64_t base)
{
	uint32_t end = end_index(as, e, base, level);

	for (uint32_t i = first_index(e, base, level); i < end; i++) {
		uint64_t at = base + i * axaddrspace_entry_bytes(level);
		uint64_t raw = axaddrspace_load(&t[i]);
		struct axaddrspace_pte pte = axaddrspace_decode(as, raw, level);
		hpa_t addr = pte.addr;
		uint32_t attr = 0;

		if (pte.kind == AXADDRSPACE_PTE_TABLE) {
			make_table(as, e, level - 1, axaddrspace_table_at(as, addr), at);
		}
		if (pte.kind != AXADDRSPACE_PTE_NONE) {
			continue;
		}
		switch (axaddrspace_limbo_decode(raw, &addr, &attr)) {
		case AXADDRSPACE_LIMBO_NONE:
			make_hole(as, e, level, &t[i], at);
			break;
		case AXADDRSPACE_LIMBO_LEAF:
			make_leaf(as, e, level, &t[i], at, addr, attr);
			break;
		case AXADDRSPACE_LIMBO_TABLE:
			axaddrspace_free_tables(as, addr, level - 1);
			axaddrspace_store(&t[i], 0);
			break;
		}
	}
}

/* --- Merge */

/** True if the 512 entries of @t are one leaf of @level; @first is then the first of them. */
static bool is_uniform(const struct axaddrspace *as, pte_t *t, uint32_t level,
		       struct axaddrspace_pte *first)
{
	uint64_t bytes = axaddrspace_entry_bytes(level - 1);

	*first = axaddrspace_decode(as, axaddrspace_load(&t[0]), level - 1);
	if (first->kind != AXADDRSPACE_PTE_LEAF ||
	    !ax_is_aligned(first->addr.v, axaddrspace_entry_bytes(level)) ||
	    (first->attr & AXADDRSPACE_OWN_PAGE) != 0 ||
	    ((first->attr & AXADDRSPACE_OWN_BLOCK) != 0 && level > 1)) {
		return false; /* memory must be given back in the pieces it came in */
	}
	for (uint32_t i = 511; i > 0; i--) { /* the end first: it differs most often */
		struct axaddrspace_pte pte =
			axaddrspace_decode(as, axaddrspace_load(&t[i]), level - 1);

		if (pte.kind != AXADDRSPACE_PTE_LEAF || pte.attr != first->attr ||
		    pte.addr.v != first->addr.v + i * bytes) {
			return false;
		}
	}
	return true;
}

static void merge_table(struct axaddrspace *as, struct axaddrspace_edit *e, uint32_t level,
			pte_t *t, uint64_t base)
{
	uint64_t bytes = axaddrspace_entry_bytes(level);
	uint32_t end = end_index(as, e, base, level);

	for (uint32_t i = first_index(e, base, level); i < end; i++) {
		uint64_t at = base + i * bytes;
		struct axaddrspace_pte first;
		struct axaddrspace_pte pte = axaddrspace_decode(as, axaddrspace_load(&t[i]), level);

		if (pte.kind != AXADDRSPACE_PTE_TABLE) {
			continue;
		}
		pte_t *child = axaddrspace_table_at(as, pte.addr);

		if (level > 1) {
			merge_table(as, e, level - 1, child, at);
		}
		if (level > as->shape.leaf_level || !is_uniform(as, child, level, &first) ||
		    !axaddrspace_slot_allows_leaf(as, at, at + bytes)) {
			continue;
		}
		axaddrspace_store(&t[i], 0);
		axaddrspace_invalidate(as, at, bytes, AX_PAGE_SIZE, true);
		axaddrspace_store(&t[i], as->cfg.fmt->leaf(first.addr, first.attr, level));
		as->cfg.frames->free(as->cfg.frames_ctx, pte.addr, AX_PAGE_SIZE);
		as->table_count--;
	}
}

ax_err_t axaddrspace_edit_run(struct axaddrspace *as, struct axaddrspace_edit *e)
{
	uint32_t top = as->shape.levels - 1;
	pte_t *root = axaddrspace_table_at(as, as->root);
	struct axaddrspace_pte none = { .kind = AXADDRSPACE_PTE_NONE };
	ax_err_t err = fill_reserve(as, e, tables_below(as, e, top, 0, root, none));

	if (err != AX_OK) {
		return err;
	}
	if (e->kind != AXADDRSPACE_EDIT_MAP) {
		break_table(as, e, top, root, 0);
		if (e->stride != 0) {
			axaddrspace_invalidate(as, e->dead_start, e->dead_end - e->dead_start,
					       e->stride, e->tables);
		}
	}
	make_table(as, e, top, root, 0);
	ax_assert(e->reserve_count == 0);
	if (e->merge) {
		merge_table(as, e, top, root, 0);
	}
	axaddrspace_hw_sync_tables();
	return AX_OK;
}

static bool mapped_below(const struct axaddrspace *as, const struct axaddrspace_edit *e,
			 uint32_t level, pte_t *t, uint64_t base)
{
	uint32_t end = end_index(as, e, base, level);

	for (uint32_t i = first_index(e, base, level); i < end; i++) {
		struct axaddrspace_pte pte = axaddrspace_decode(as, axaddrspace_load(&t[i]), level);

		if (pte.kind == AXADDRSPACE_PTE_LEAF ||
		    (pte.kind == AXADDRSPACE_PTE_TABLE &&
		     mapped_below(as, e, level - 1, axaddrspace_table_at(as, pte.addr),
				  base + i * axaddrspace_entry_bytes(level)))) {
			return true;
		}
	}
	return false;
}

bool axaddrspace_mapped(const struct axaddrspace *as, uint64_t start, uint64_t end)
{
	struct axaddrspace_edit e = { .start = start, .end = end };

	return mapped_below(as, &e, as->shape.levels - 1, axaddrspace_table_at(as, as->root), 0);
}

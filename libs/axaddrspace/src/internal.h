/* SPDX-License-Identifier: Apache-2.0 */
/* What the sources of this library share: entries, walks, edits. All of it requires the space's lock. */
#pragma once
#include <axaddrspace/space.h>
#include <axport/assert.h>
#include <stdatomic.h>

typedef _Atomic uint64_t pte_t;

/** True if the page-aligned, non-empty [@start, @start + @bytes) is within @bits of address. */
static inline bool axaddrspace_fits(uint64_t start, uint64_t bytes, uint32_t bits)
{
	return ax_is_aligned(start | bytes, AX_PAGE_SIZE) && ax_range_valid(start, bytes) &&
	       (start + (bytes - 1)) >> bits == 0;
}

/* --- table.c: entries and walks */

/** Bytes that one entry of @level covers. */
static inline uint64_t axaddrspace_entry_bytes(uint32_t level)
{
	return UINT64_C(1) << (AX_PAGE_SHIFT + 9 * level);
}

/**
 * An entry that hardware sees as invalid while its old value is still needed. None of the formats looks
 * at bits 11:4 of an invalid entry, nor at its address.
 */
enum axaddrspace_limbo { AXADDRSPACE_LIMBO_NONE, AXADDRSPACE_LIMBO_LEAF, AXADDRSPACE_LIMBO_TABLE };
uint64_t axaddrspace_limbo_leaf(hpa_t addr, uint32_t attr);
uint64_t axaddrspace_limbo_table(hpa_t addr);
/** What an entry without a valid bit is; @addr and @attr (of a leaf) are set unless NONE. */
enum axaddrspace_limbo axaddrspace_limbo_decode(uint64_t pte, hpa_t *addr, uint32_t *attr);

static inline struct axaddrspace_pte axaddrspace_decode(const struct axaddrspace *as, uint64_t pte,
							uint32_t level)
{
	return as->cfg.fmt->decode(pte, level);
}

static inline uint64_t axaddrspace_load(pte_t *p)
{
	return atomic_load_explicit(p, memory_order_relaxed);
}

/** Stores before this one, to a table linked by it for example, are seen first by a table walk. */
static inline void axaddrspace_store(pte_t *p, uint64_t pte)
{
	atomic_store_explicit(p, pte, memory_order_release);
}

pte_t *axaddrspace_table_at(const struct axaddrspace *as, hpa_t addr);
uint32_t axaddrspace_table_entries(const struct axaddrspace *as, uint32_t level);

struct axaddrspace_leaf {
	uint64_t gpa; /* first byte of the leaf, or of the hole */
	hpa_t hpa;
	uint32_t attr;
	uint32_t level; /* at which the walk ended, in a leaf or in a hole */
};
/** True: @addr is mapped by @out. False: the hole around it is in @out. */
bool axaddrspace_walk(const struct axaddrspace *as, uint64_t addr, struct axaddrspace_leaf *out);

/** Free the tables from @table down, and the memory that slots own behind it. */
void axaddrspace_free_tables(struct axaddrspace *as, hpa_t table, uint32_t level);
/** Free the memory behind one leaf, if a slot owns it. */
void axaddrspace_free_owned(struct axaddrspace *as, uint32_t level, hpa_t addr, uint32_t attr);

/** Wait until no CPU uses what was made invalid in [@start, @start + @bytes). */
void axaddrspace_invalidate(struct axaddrspace *as, uint64_t start, uint64_t bytes, uint64_t stride,
			    bool tables);

/* --- edit.c: every change of the tables */

enum axaddrspace_edit_kind {
	AXADDRSPACE_EDIT_MAP, /* the range is not mapped */
	AXADDRSPACE_EDIT_UNMAP,
	AXADDRSPACE_EDIT_PROTECT,
};

struct axaddrspace_edit {
	enum axaddrspace_edit_kind kind;
	bool merge; /* put large leaves back where the result allows it */
	uint64_t start;
	uint64_t end;  /* exclusive */
	hpa_t to;      /* MAP */
	uint32_t attr; /* MAP: all of it; PROTECT: READ, WRITE, EXEC */
	/* Working state. */
	hpa_t reserve; /* tables not used yet, each holding the address of the next */
	uint64_t reserve_count;
	uint64_t dead_start; /* what was made invalid */
	uint64_t dead_end;
	uint64_t stride;
	bool tables;
};

/** True if something is mapped in [@start, @end). */
bool axaddrspace_mapped(const struct axaddrspace *as, uint64_t start, uint64_t end);
/** AX_ENOMEM: nothing was changed. */
AX_NODISCARD ax_err_t axaddrspace_edit_run(struct axaddrspace *as, struct axaddrspace_edit *e);

/* --- slot.c, log.c */

/** The slot that holds @addr, or NULL. */
struct axaddrspace_slot *axaddrspace_slot_at(struct axaddrspace *as, uint64_t addr);
/** True if a slot shares a byte with [@start, @end). */
bool axaddrspace_slot_overlaps(const struct axaddrspace *as, uint64_t start, uint64_t end);
/** True if [@start, @end) may be one leaf: in no slot, or within one that does not log. */
bool axaddrspace_slot_allows_leaf(const struct axaddrspace *as, uint64_t start, uint64_t end);
/** Map memory around @addr; @end: end of what is there. AX_OK if it was mapped already. */
AX_NODISCARD ax_err_t axaddrspace_slot_populate(struct axaddrspace *as, struct axaddrspace_slot *s,
						uint64_t addr, uint64_t *end);
/** Mark the pages of [@addr, @addr + @bytes), all in @s, if it logs. */
void axaddrspace_log_mark(struct axaddrspace_slot *s, uint64_t addr, uint64_t bytes);
/** Let the guest write the page at @addr of the logging @s, and mark it. */
AX_NODISCARD ax_err_t axaddrspace_log_open(struct axaddrspace *as, struct axaddrspace_slot *s,
					   uint64_t addr);

/** Slot @id, or NULL. */
static inline struct axaddrspace_slot *axaddrspace_slot_of(struct axaddrspace *as, uint32_t id)
{
	if (id >= as->cfg.slot_count || as->cfg.slots[id].cfg.bytes == 0) {
		return NULL;
	}
	return &as->cfg.slots[id];
}

static inline bool axaddrspace_slot_is_fixed(const struct axaddrspace_slot *s)
{
	return (s->cfg.flags & (AXADDRSPACE_SLOT_FIXED | AXADDRSPACE_SLOT_IDENTITY)) != 0;
}

static inline uint64_t axaddrspace_slot_end(const struct axaddrspace_slot *s)
{
	return s->cfg.gpa.v + s->cfg.bytes;
}

/* --- hw/<arch>: privileged or machine-specific, a few instructions each */

/** Make stores to tables visible to the table walkers of all CPUs before whatever follows. */
void axaddrspace_hw_sync_tables(void);
/** Write what caches hold of [@p, @p + @bytes) to memory, and make it good for instruction fetches. */
void axaddrspace_hw_publish(const void *p, size_t bytes);

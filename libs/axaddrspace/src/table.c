/* SPDX-License-Identifier: Apache-2.0 */
/* Reading tables, taking them apart, and telling the TLB. */
#include "internal.h"

#define LIMBO_TABLE UINT64_C(0x10)
#define LIMBO_LEAF  UINT64_C(0x20)
#define LIMBO_ATTR  AX_MASK64(11, 6)

uint64_t axaddrspace_limbo_leaf(hpa_t addr, uint32_t attr)
{
	return addr.v | LIMBO_LEAF | AX_FIELD_PREP(LIMBO_ATTR, attr);
}

uint64_t axaddrspace_limbo_table(hpa_t addr)
{
	return addr.v | LIMBO_TABLE;
}

enum axaddrspace_limbo axaddrspace_limbo_decode(uint64_t pte, hpa_t *addr, uint32_t *attr)
{
	if (pte == 0) {
		return AXADDRSPACE_LIMBO_NONE;
	}
	*addr = hpa(ax_align_down(pte, AX_PAGE_SIZE));
	if ((pte & LIMBO_TABLE) != 0) {
		return AXADDRSPACE_LIMBO_TABLE;
	}
	*attr = (uint32_t)AX_FIELD_GET(LIMBO_ATTR, pte);
	return AXADDRSPACE_LIMBO_LEAF;
}

pte_t *axaddrspace_table_at(const struct axaddrspace *as, hpa_t addr)
{
	return as->cfg.frames->to_virt(as->cfg.frames_ctx, addr);
}

uint32_t axaddrspace_table_entries(const struct axaddrspace *as, uint32_t level)
{
	return level == as->shape.levels - 1 ? as->shape.root_entries : 512;
}

bool axaddrspace_walk(const struct axaddrspace *as, uint64_t addr, struct axaddrspace_leaf *out)
{
	hpa_t table = as->root;

	for (uint32_t level = as->shape.levels - 1;; level--) {
		uint64_t bytes = axaddrspace_entry_bytes(level);
		uint64_t index = addr / bytes & (axaddrspace_table_entries(as, level) - 1);
		struct axaddrspace_pte pte = axaddrspace_decode(
			as, axaddrspace_load(&axaddrspace_table_at(as, table)[index]), level);

		if (pte.kind != AXADDRSPACE_PTE_TABLE) {
			*out = (struct axaddrspace_leaf){ .gpa = ax_align_down(addr, bytes),
							  .hpa = pte.addr,
							  .attr = pte.attr,
							  .level = level };
			return pte.kind == AXADDRSPACE_PTE_LEAF;
		}
		table = pte.addr;
	}
}

void axaddrspace_free_owned(struct axaddrspace *as, uint32_t level, hpa_t addr, uint32_t attr)
{
	uint64_t block = axaddrspace_entry_bytes(1);

	if ((attr & AXADDRSPACE_OWN_PAGE) != 0) {
		as->cfg.frames->free(as->cfg.frames_ctx, addr, AX_PAGE_SIZE);
	} else if ((attr & AXADDRSPACE_OWN_BLOCK) != 0 &&
		   (level > 0 || ax_is_aligned(addr.v + AX_PAGE_SIZE, block))) {
		/* Of a block in pages, the last one goes last. */
		as->cfg.frames->free(as->cfg.frames_ctx, hpa(ax_align_down(addr.v, block)), block);
	}
}

void axaddrspace_free_tables(struct axaddrspace *as, hpa_t table, uint32_t level)
{
	bool is_root = level == as->shape.levels - 1;
	uint32_t entries = axaddrspace_table_entries(as, level);
	pte_t *t = axaddrspace_table_at(as, table);

	for (uint32_t i = 0; i < entries; i++) {
		uint64_t raw = axaddrspace_load(&t[i]);
		struct axaddrspace_pte pte = axaddrspace_decode(as, raw, level);
		hpa_t addr = pte.addr;
		uint32_t attr = pte.attr;
		enum axaddrspace_limbo limbo = AXADDRSPACE_LIMBO_NONE;

		if (pte.kind == AXADDRSPACE_PTE_NONE) {
			limbo = axaddrspace_limbo_decode(raw, &addr, &attr);
		}
		if (pte.kind == AXADDRSPACE_PTE_TABLE || limbo == AXADDRSPACE_LIMBO_TABLE) {
			axaddrspace_free_tables(as, addr, level - 1);
		} else if (pte.kind == AXADDRSPACE_PTE_LEAF || limbo == AXADDRSPACE_LIMBO_LEAF) {
			axaddrspace_free_owned(as, level, addr, attr);
		}
	}
	as->cfg.frames->free(as->cfg.frames_ctx, table,
			     is_root ? as->shape.root_bytes : AX_PAGE_SIZE);
	as->table_count -= is_root ? 0 : 1;
}

void axaddrspace_invalidate(struct axaddrspace *as, uint64_t start, uint64_t bytes, uint64_t stride,
			    bool tables)
{
	/*
	 * The tag is read after the entries are seen as invalid by all: whoever gets a new tag in
	 * between walks the tables as they are now.
	 */
	axaddrspace_hw_sync_tables();
	atomic_thread_fence(memory_order_seq_cst);
	struct axaddrspace_tlb_info info = {
		.root = axaddrspace_root_value(as),
		.control = axaddrspace_control_value(as),
		.tag = axaddrspace_tag_number(&as->tag),
		.tables = tables,
		.stride = stride,
	};

	as->cfg.tlb->range(as->cfg.tlb_ctx, &info, gpa(start), bytes);
	as->cfg.tlb->sync(as->cfg.tlb_ctx, &info);
}

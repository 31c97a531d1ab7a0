/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a space, and the calls that map by address. */
#include "internal.h"
#include <axport/log.h>

static uint32_t leaf_level(const struct axaddrspace_cfg *cfg, uint32_t of_format)
{
	uint32_t level = 0;

	if (cfg->max_leaf_bytes == 0) {
		return of_format;
	}
	while (level < of_format && axaddrspace_entry_bytes(level + 1) <= cfg->max_leaf_bytes) {
		level++;
	}
	return level;
}

ax_err_t axaddrspace_init(struct axaddrspace *as, const struct axaddrspace_cfg *cfg)
{
	struct axaddrspace_shape shape;
	hpa_t root;
	ax_err_t err = cfg->fmt->shape(cfg->fmt, cfg->input_bits, cfg->pa_bits, &shape);

	ax_assert(cfg->tag_bits <= 16 && cfg->frames != NULL && cfg->tlb != NULL);
	if (err != AX_OK) {
		ax_log(AX_LOG_ERROR,
		       "address space: %s has no %u-bit guest space with %u-bit memory",
		       cfg->fmt->name, cfg->input_bits, cfg->pa_bits);
		return err;
	}
	err = cfg->frames->alloc(cfg->frames_ctx, shape.root_bytes, &root);
	if (err != AX_OK) {
		ax_log(AX_LOG_ERROR, "address space: no %llu bytes for its root: %s",
		       (unsigned long long)shape.root_bytes, ax_err_name(err));
		return err;
	}
	*as = (struct axaddrspace){ .cfg = *cfg, .shape = shape, .root = root };
	as->shape.leaf_level = leaf_level(cfg, shape.leaf_level);
	for (uint32_t i = 0; i < cfg->slot_count; i++) {
		cfg->slots[i] = (struct axaddrspace_slot){ .populated = 0 };
	}
	axaddrspace_hw_sync_tables();
	return AX_OK;
}

void axaddrspace_fini(struct axaddrspace *as)
{
	if (as->cfg.fmt == NULL) {
		return;
	}
	struct axaddrspace_tlb_info info = {
		.root = axaddrspace_root_value(as),
		.control = axaddrspace_control_value(as),
		.tag = axaddrspace_tag_number(&as->tag),
		.tables = true,
		.stride = AX_PAGE_SIZE,
	};

	as->cfg.tlb->all(as->cfg.tlb_ctx, &info);
	as->cfg.tlb->sync(as->cfg.tlb_ctx, &info);
	axaddrspace_free_tables(as, as->root, as->shape.levels - 1);
	*as = (struct axaddrspace){ .table_count = 0 };
}

static struct axaddrspace_regs regs_of(const struct axaddrspace *as)
{
	return (struct axaddrspace_regs){
		.root = as->root,
		.input_bits = as->cfg.input_bits,
		.pa_bits = as->cfg.pa_bits,
		.tag = axaddrspace_tag_number(&as->tag),
		.tag_bits = as->cfg.tag_bits,
	};
}

uint64_t axaddrspace_root_value(const struct axaddrspace *as)
{
	struct axaddrspace_regs regs = regs_of(as);

	return as->cfg.fmt->root(as->cfg.fmt, &regs);
}

uint64_t axaddrspace_control_value(const struct axaddrspace *as)
{
	struct axaddrspace_regs regs = regs_of(as);

	return as->cfg.fmt->control(as->cfg.fmt, &regs);
}

ax_err_t axaddrspace_map(struct axaddrspace *as, gpa_t addr, hpa_t to, uint64_t bytes,
			 uint32_t prot)
{
	struct axaddrspace_edit e = { .kind = AXADDRSPACE_EDIT_MAP,
				      .merge = true,
				      .start = addr.v,
				      .end = addr.v + bytes,
				      .to = to,
				      .attr = prot };
	ax_err_t err = AX_EEXIST;

	if (!axaddrspace_fits(addr.v, bytes, as->cfg.input_bits) ||
	    !axaddrspace_fits(to.v, bytes, as->shape.output_bits) ||
	    (prot & ~(AXADDRSPACE_PROT_RWX | AXADDRSPACE_PROT_DEV)) != 0 ||
	    (prot & AXADDRSPACE_PROT_READ) == 0) {
		return AX_EINVAL;
	}
	ax_spin_lock(&as->lock);
	if (!axaddrspace_slot_overlaps(as, e.start, e.end) &&
	    !axaddrspace_mapped(as, e.start, e.end)) {
		err = axaddrspace_edit_run(as, &e);
	}
	ax_spin_unlock(&as->lock);
	return err;
}

static ax_err_t change(struct axaddrspace *as, struct axaddrspace_edit *e, uint64_t bytes)
{
	ax_err_t err = AX_EBUSY;

	if (!axaddrspace_fits(e->start, bytes, as->cfg.input_bits)) {
		return AX_EINVAL;
	}
	e->end = e->start + bytes;
	ax_spin_lock(&as->lock);
	if (!axaddrspace_slot_overlaps(as, e->start, e->end)) {
		err = axaddrspace_edit_run(as, e);
	}
	ax_spin_unlock(&as->lock);
	return err;
}

ax_err_t axaddrspace_unmap(struct axaddrspace *as, gpa_t addr, uint64_t bytes)
{
	return change(as,
		      &(struct axaddrspace_edit){ .kind = AXADDRSPACE_EDIT_UNMAP, .start = addr.v },
		      bytes);
}

ax_err_t axaddrspace_protect(struct axaddrspace *as, gpa_t addr, uint64_t bytes, uint32_t prot)
{
	if ((prot & ~AXADDRSPACE_PROT_RWX) != 0 || (prot & AXADDRSPACE_PROT_READ) == 0) {
		return AX_EINVAL;
	}
	return change(as,
		      &(struct axaddrspace_edit){ .kind = AXADDRSPACE_EDIT_PROTECT,
						  .merge = true,
						  .start = addr.v,
						  .attr = prot },
		      bytes);
}

ax_err_t axaddrspace_query(struct axaddrspace *as, gpa_t addr, struct axaddrspace_mapping *out)
{
	struct axaddrspace_leaf leaf;
	bool found = false;

	if (addr.v >> as->cfg.input_bits == 0) {
		ax_spin_lock(&as->lock);
		found = axaddrspace_walk(as, addr.v, &leaf);
		ax_spin_unlock(&as->lock);
	}
	if (!found) {
		return AX_ENOENT;
	}
	*out = (struct axaddrspace_mapping){
		.gpa = gpa(leaf.gpa),
		.hpa = leaf.hpa,
		.bytes = axaddrspace_entry_bytes(leaf.level),
		.prot = leaf.attr & (AXADDRSPACE_PROT_RWX | AXADDRSPACE_PROT_DEV),
	};
	return AX_OK;
}

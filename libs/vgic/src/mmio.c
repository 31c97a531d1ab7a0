/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access to register tables, and the arrays with a field for each interrupt. What is not in a table,
 * has a wrong size or is misaligned reads as zero and ignores writes (the manuals leave it open).
 */
#include "mmio.h"

/* --- Plain registers */

static const struct vgic_reg *find_plain(const struct vgic_reg *regs, size_t count,
					 const struct vgic_access *a)
{
	for (size_t i = 0; i < count; i++) {
		const struct vgic_reg *r = &regs[i];

		if (a->off - r->off < r->len) {
			bool sized = a->size == r->width || (r->width == 8 && a->size == 4);

			return sized && ax_is_aligned(a->off, a->size) ? r : NULL;
		}
	}
	return NULL;
}

bool vgic_plain_read(const struct vgic_reg *regs, size_t count, struct vgic_access *a,
		     uint64_t *val)
{
	const struct vgic_reg *r = find_plain(regs, count, a);

	if (r == NULL) {
		return false;
	}
	a->off -= r->off;
	*val = r->read(a) >> 8 * (a->off & (r->width - 1)) & ax_byte_mask(a->size);
	return true;
}

bool vgic_plain_write(const struct vgic_reg *regs, size_t count, struct vgic_access *a,
		      uint64_t val)
{
	const struct vgic_reg *r = find_plain(regs, count, a);
	uint32_t shift;

	if (r == NULL) {
		return false;
	}
	a->off -= r->off;
	shift = 8 * (a->off & (r->width - 1));
	if (r->write != NULL) {
		r->write(a, val << shift, ax_byte_mask(a->size) << shift);
	}
	return true;
}

uint64_t vgic_read_cidr(const struct vgic_access *a)
{
	static const uint8_t cidr[4] = { 0x0d, 0xf0, 0x05,
					 0xb1 }; /* the same for every component */

	return cidr[a->off / 4 & 3];
}

/* --- Fields of an interrupt */

static void update(struct vgic_access *a, struct vgic_irq *q) AX_REQUIRES(a->g->lock)
{
	vgic_update(a->g, q, &a->fx);
}

static uint32_t get_group(const struct vgic_access *a, const struct vgic_irq *q)
{
	(void)a;
	return irq_is(q, IRQ_GROUP1);
}

static void set_group(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	irq_flag(q, IRQ_GROUP1, field != 0);
	update(a, q);
}

static uint32_t get_enable(const struct vgic_access *a, const struct vgic_irq *q)
{
	(void)a;
	return irq_is(q, IRQ_ENABLED);
}

/*
 * A linked interrupt that is not active gives up its pending state at both ends of being disabled: if
 * the physical line is still high, the physical interrupt comes again.
 */
static void resample(struct vgic_irq *q)
{
	if (irq_is(q, IRQ_HW_HELD) && !irq_is(q, IRQ_ACTIVE)) {
		irq_flag(q, IRQ_LATCH | IRQ_LR_PENDING, false);
	}
}

static void set_enable(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	if (field != 0 && !irq_is(q, IRQ_ENABLED)) {
		irq_flag(q, IRQ_ENABLED, true);
		resample(q);
		update(a, q);
	}
}

static void clear_enable(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	if (field != 0 && irq_is(q, IRQ_ENABLED) && !irq_is_v2_sgi(a->g, q)) {
		irq_flag(q, IRQ_ENABLED, false);
		resample(q);
		update(a, q);
	}
}

static uint32_t get_pending(const struct vgic_access *a, const struct vgic_irq *q)
{
	(void)a;
	return irq_pending(q);
}

/* SGIs of a GICv2 are pending by source, in SPENDSGIR (IHI 0048 4.3.7). */
static void set_pending(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	if (field != 0 && !irq_is_v2_sgi(a->g, q)) {
		irq_flag(q, IRQ_LATCH, true);
		update(a, q);
	}
}

static void clear_pending(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	if (field != 0 && !irq_is_v2_sgi(a->g, q)) {
		irq_flag(q, IRQ_LATCH | IRQ_LR_PENDING, false);
		update(a, q);
	}
}

static uint32_t get_active(const struct vgic_access *a, const struct vgic_irq *q)
{
	(void)a;
	return irq_is(q, IRQ_ACTIVE);
}

static void set_active(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	if (field != 0 && !irq_is(q, IRQ_ACTIVE)) {
		uint32_t on = q->home != VGIC_NONE ? q->home : vgic_route(a->g, q);

		irq_flag(q, IRQ_ACTIVE, true);
		q->active_on = (uint8_t)(on != VGIC_NONE ? on : a->vcpu);
		q->active_priority = q->priority;
		update(a, q);
	}
}

static void clear_active(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	if (field != 0 && irq_is(q, IRQ_ACTIVE)) {
		irq_flag(q, IRQ_ACTIVE, false);
		update(a, q);
	}
}

static uint32_t get_priority(const struct vgic_access *a, const struct vgic_irq *q)
{
	(void)a;
	return q->priority;
}

static void set_priority(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	q->priority = (uint8_t)(field & 0xf8);
	update(a, q);
}

static uint32_t get_targets(const struct vgic_access *a, const struct vgic_irq *q)
{
	/* IHI 0048 4.3.12: the reading CPU; RAZ/WI where there is but one */
	if (q->owner != VGIC_NONE && a->g->cfg.vcpu_count > 1) {
		return 1u << a->vcpu;
	}
	return q->targets;
}

static void set_targets(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	if (q->owner == VGIC_NONE && a->g->cfg.vcpu_count > 1) {
		q->targets = (uint8_t)(field & ((1u << a->g->cfg.vcpu_count) - 1));
		update(a, q);
	}
}

static uint32_t get_config(const struct vgic_access *a, const struct vgic_irq *q)
{
	(void)a;
	return irq_is(q, IRQ_EDGE) ? 2 : 0;
}

static void set_config(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	if (q->intid >= GIC_SGI_COUNT) {
		irq_flag(q, IRQ_EDGE, (field & 2) != 0);
		update(a, q);
	}
}

static uint32_t get_sources(const struct vgic_access *a, const struct vgic_irq *q)
{
	(void)a;
	return q->sources | (irq_is(q, IRQ_LR_PENDING) ? 1u << q->source : 0);
}

static void set_sources(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	q->sources = (uint8_t)(q->sources | (field & ((1u << a->g->cfg.vcpu_count) - 1)));
	update(a, q);
}

static void clear_sources(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	q->sources = (uint8_t)(q->sources & ~field);
	if (field >> q->source & 1u) {
		irq_flag(q, IRQ_LR_PENDING, false);
	}
	update(a, q);
}

/* --- Arrays of such fields (IHI 0048 table 4-1, IHI 0069 12.8 and 12.10) */

static const struct vgic_irq_reg arrays[] = {
	{ GICD_IGROUPR, 0x80, 1, false, false, get_group, set_group },
	{ GICD_ISENABLER, 0x80, 1, false, false, get_enable, set_enable },
	{ GICD_ICENABLER, 0x80, 1, false, false, get_enable, clear_enable },
	{ GICD_ISPENDR, 0x80, 1, false, false, get_pending, set_pending },
	{ GICD_ICPENDR, 0x80, 1, false, false, get_pending, clear_pending },
	{ GICD_ISACTIVER, 0x80, 1, false, false, get_active, set_active },
	{ GICD_ICACTIVER, 0x80, 1, false, false, get_active, clear_active },
	{ GICD_IPRIORITYR, 0x400, 8, true, false, get_priority, set_priority },
	{ GICD_ITARGETSR, 0x400, 8, true, true, get_targets, set_targets },
	{ GICD_ICFGR, 0x100, 2, false, false, get_config, set_config },
	{ GICD_CPENDSGIR, 0x10, 8, true, true, get_sources, clear_sources },
	{ GICD_SPENDSGIR, 0x10, 8, true, true, get_sources, set_sources },
};

static const struct vgic_irq_reg *find_array(const struct vgic_access *a)
{
	for (size_t i = 0; i < AX_ARRAY_SIZE(arrays); i++) {
		const struct vgic_irq_reg *r = &arrays[i];

		if (a->off - r->off < r->len) {
			bool sized = a->size == 4 || (a->size == 1 && r->bytes);

			return sized && ax_is_aligned(a->off, a->size) &&
					       (!r->v2_only || a->g->cfg.version == 2)
				       ? r
				       : NULL;
		}
	}
	return NULL;
}

uint64_t vgic_irq_reg_read(struct vgic_access *a, uint32_t first, uint32_t limit)
{
	const struct vgic_irq_reg *r = find_array(a);
	uint64_t val = 0;
	uint32_t intid;

	if (r == NULL) {
		return 0;
	}
	intid = (a->off - r->off) * 8 / r->bits;
	for (uint32_t bit = 0; bit < 8u * a->size && intid < limit; bit += r->bits, intid++) {
		if (intid >= first) {
			val |= (uint64_t)r->get(a, vgic_irq_at(a->g, a->vcpu, intid)) << bit;
		}
	}
	return val;
}

void vgic_irq_reg_write(struct vgic_access *a, uint32_t first, uint32_t limit, uint64_t val)
{
	const struct vgic_irq_reg *r = find_array(a);
	uint32_t intid;

	if (r == NULL) {
		return;
	}
	intid = (a->off - r->off) * 8 / r->bits;
	for (uint32_t bit = 0; bit < 8u * a->size && intid < limit; bit += r->bits, intid++) {
		if (intid >= first) {
			r->set(a, vgic_irq_at(a->g, a->vcpu, intid),
			       (uint32_t)(val >> bit) & ((1u << r->bits) - 1));
		}
	}
}

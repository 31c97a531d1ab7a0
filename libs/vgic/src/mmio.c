/* SPDX-License-Identifier: Apache-2.0 */
/* The arrays of registers that have a field for each interrupt, and the identification registers. */
#include "mmio.h"

enum ax_io_result vgic_read_id(const struct vgic *g, uint32_t off, uint64_t *val)
{
	/* Peripheral ID 2 and 3, and the component ID, which is the same for every component */
	static const uint8_t ids[VGIC_ID_SIZE / 4] = { 0x0b, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	*val = ids[off / 4];
	if (off == 0) {
		*val |= AX_FIELD_PREP(GICD_PIDR2_ArchRev, g->cfg.version);
	}
	return AX_IO_HANDLED;
}

/* --- Fields of an interrupt */

static void update(struct vgic_access *a, struct vgic_irq *q) AX_REQUIRES(a->g->lock)
{
	vgic_update(a->g, q, &a->fx);
}

static void set_group(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	irq_flag(q, IRQ_GROUP1, field != 0);
	update(a, q);
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
	(void)field;
	if (!irq_is(q, IRQ_ENABLED)) {
		irq_flag(q, IRQ_ENABLED, true);
		resample(q);
		update(a, q);
	}
}

static void clear_enable(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	(void)field;
	if (irq_is(q, IRQ_ENABLED) && !irq_is_v2_sgi(a->g, q)) {
		irq_flag(q, IRQ_ENABLED, false);
		resample(q);
		update(a, q);
	}
}

static uint32_t get_pending(const struct vgic *g, uint32_t vcpu, const struct vgic_irq *q)
{
	(void)g;
	(void)vcpu;
	return irq_pending(q);
}

/* SGIs of a GICv2 are pending by source, in SPENDSGIR (IHI 0048 4.3.7). */
static void set_pending(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	(void)field;
	if (!irq_is_v2_sgi(a->g, q)) {
		irq_flag(q, IRQ_LATCH, true);
		update(a, q);
	}
}

static void clear_pending(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	(void)field;
	if (!irq_is_v2_sgi(a->g, q)) {
		irq_flag(q, IRQ_LATCH | IRQ_LR_PENDING, false);
		update(a, q);
	}
}

static void set_active(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	(void)field;
	if (!irq_is(q, IRQ_ACTIVE)) {
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
	(void)field;
	if (irq_is(q, IRQ_ACTIVE)) {
		irq_flag(q, IRQ_ACTIVE, false);
		update(a, q);
	}
}

static uint32_t get_priority(const struct vgic *g, uint32_t vcpu, const struct vgic_irq *q)
{
	(void)g;
	(void)vcpu;
	return q->priority;
}

static void set_priority(struct vgic_access *a, struct vgic_irq *q, uint32_t field)
	AX_REQUIRES(a->g->lock)
{
	q->priority = (uint8_t)(field & 0xf8);
	update(a, q);
}

static uint32_t get_targets(const struct vgic *g, uint32_t vcpu, const struct vgic_irq *q)
{
	/* IHI 0048 4.3.12: the reading CPU; RAZ/WI where there is but one */
	if (q->owner != VGIC_NONE && g->cfg.vcpu_count > 1) {
		return 1u << vcpu;
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

static uint32_t get_config(const struct vgic *g, uint32_t vcpu, const struct vgic_irq *q)
{
	(void)g;
	(void)vcpu;
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

static uint32_t get_sources(const struct vgic *g, uint32_t vcpu, const struct vgic_irq *q)
{
	(void)g;
	(void)vcpu;
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

#define W1   0x1 /* writing zero to a field does nothing */
#define BYTE 0x2 /* may be accessed by bytes, besides words */
#define V2   0x4 /* not in v3 */

struct array {
	uint16_t off, len; /* bytes */
	uint8_t bits;      /* of a field */
	uint8_t access;
	uint16_t flag; /* what a field of one bit reads as, if that is a flag, instead of get() */
	uint32_t (*get)(const struct vgic *g, uint32_t vcpu, const struct vgic_irq *q);
	void (*set)(struct vgic_access *a, struct vgic_irq *q, uint32_t field);
};

static const struct array arrays[] = {
	{ 0, 0, 1, 0, 0, NULL, NULL }, /* no arrays up to 0x7f */
	{ GICD_IGROUPR, 0x80, 1, 0, IRQ_GROUP1, NULL, set_group },
	{ GICD_ISENABLER, 0x80, 1, W1, IRQ_ENABLED, NULL, set_enable },
	{ GICD_ICENABLER, 0x80, 1, W1, IRQ_ENABLED, NULL, clear_enable },
	{ GICD_ISPENDR, 0x80, 1, W1, 0, get_pending, set_pending },
	{ GICD_ICPENDR, 0x80, 1, W1, 0, get_pending, clear_pending },
	{ GICD_ISACTIVER, 0x80, 1, W1, IRQ_ACTIVE, NULL, set_active },
	{ GICD_ICACTIVER, 0x80, 1, W1, IRQ_ACTIVE, NULL, clear_active },
	{ GICD_IPRIORITYR, 0x400, 8, BYTE, 0, get_priority, set_priority },
	{ GICD_ITARGETSR, 0x400, 8, BYTE | V2, 0, get_targets, set_targets },
	{ GICD_ICFGR, 0x100, 2, 0, 0, get_config, set_config },
	{ GICD_CPENDSGIR, 0x10, 8, BYTE | V2, 0, get_sources, clear_sources },
	{ GICD_SPENDSGIR, 0x10, 8, BYTE | V2, 0, get_sources, set_sources },
};

/* The one that has @off, if any has: there is one for each 0x80 bytes, then one for each 0x400. */
static const struct array *array_of(uint32_t off)
{
	if (off < GICD_IPRIORITYR) {
		return &arrays[off / 0x80];
	}
	return &arrays[off < GICD_CPENDSGIR ? 7 + off / 0x400 : off < GICD_SPENDSGIR ? 11 : 12];
}

/* The interrupts that an access is about: *@count from the result on, or NULL. */
static inline struct vgic_irq *find(const struct vgic *g, uint32_t vcpu, uint32_t has,
				    const struct array *r, uint32_t off, uint32_t size,
				    uint32_t *count)
{
	uint32_t in_byte = 8u / r->bits;
	uint32_t intid = (off - r->off) * in_byte;
	bool sized = size == 4 ? (off & 3) == 0 : size == 1 && (r->access & BYTE) != 0;

	if (off - r->off >= r->len || !sized || ((r->access & V2) != 0 && g->cfg.version != 2) ||
	    (has & (intid < GIC_SPI_BASE ? VGIC_HAS_PRIVATE : VGIC_HAS_SHARED)) == 0 ||
	    intid >= g->intid_limit) {
		return NULL;
	}
	*count = (uint32_t)ax_min_u64(size * in_byte, g->intid_limit - intid);
	return vgic_irq_at(g, vcpu, intid);
}

/* A bit of each, by @flag. It goes in at the top and moves down: two instructions. */
static inline uint32_t read_flags(const struct vgic_irq *q, uint32_t count, uint32_t flag)
{
	unsigned shift = ax_ctz64(flag);
	uint32_t val = 0;

	for (uint32_t i = 0; i < count; i++) {
		val = (uint32_t)q[i].flags >> shift << 31 | val >> 1;
	}
	return val >> (32 - count);
}

static AX_NOINLINE enum ax_io_result read_fields(struct vgic *g, uint32_t vcpu,
						 const struct array *r, const struct vgic_irq *q,
						 uint32_t count, uint64_t *val)
{
	uint32_t fields = 0;

	ax_spin_lock(&g->lock);
	while (count-- != 0) {
		fields = fields << r->bits | r->get(g, vcpu, &q[count]);
	}
	ax_spin_unlock(&g->lock);
	*val = fields;
	return AX_IO_HANDLED;
}

enum ax_io_result vgic_irq_reg_read(struct vgic *g, uint32_t vcpu, uint32_t has, uint32_t off,
				    const struct ax_io *io, uint64_t *val)
{
	const struct array *r = array_of(off);
	uint32_t count;
	const struct vgic_irq *q = find(g, vcpu, has, r, off, io->size, &count);

	if (q == NULL) {
		*val = 0;
		return AX_IO_HANDLED;
	}
	if (r->flag == 0) {
		return read_fields(g, vcpu, r, q, count, val);
	}
	ax_spin_lock(&g->lock);
	*val = read_flags(q, count, r->flag);
	ax_spin_unlock(&g->lock);
	return AX_IO_HANDLED;
}

enum ax_io_result vgic_irq_reg_write(struct vgic *g, uint32_t vcpu, uint32_t has, uint32_t off,
				     const struct ax_io *io, uint64_t val)
{
	struct vgic_access a = { .g = g, .vcpu = vcpu, .fx.self = io->vcpu };
	const struct array *r = array_of(off);
	uint32_t count;
	struct vgic_irq *q = find(g, vcpu, has, r, off, io->size, &count);

	if (q == NULL) {
		return AX_IO_HANDLED;
	}
	ax_spin_lock(&a.g->lock);
	if ((r->access & W1) != 0) {
		for (val &= AX_MASK64(count - 1, 0); val != 0; val &= val - 1) {
			r->set(&a, &q[ax_ctz64(val)], 1);
		}
	} else {
		for (; count != 0; count--, q++, val >>= r->bits) {
			r->set(&a, q, (uint32_t)val & ((1u << r->bits) - 1));
		}
	}
	ax_spin_unlock(&a.g->lock);
	vgic_finish(g, &a.fx);
	return AX_IO_HANDLED;
}

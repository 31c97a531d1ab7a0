/* SPDX-License-Identifier: Apache-2.0 */
/* The distributor's frame: GICv2 (IHI 0048 4.3) in 4 KiB, GICv3 (IHI 0069 12.9) in 64 KiB. */
#include "mmio.h"
#include <axport/assert.h>

static void write_ctlr(struct vgic_access *a, uint64_t val) AX_REQUIRES(a->g->lock)
{
	uint32_t ctlr = (uint32_t)(val & (GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1));

	if (ctlr != a->g->ctlr) {
		a->g->ctlr = ctlr;
		vgic_update_all(a->g, &a->fx);
	}
}

/* IHI 0048 4.3.15. A target list may name CPUs that do not exist. */
static void write_sgir(struct vgic_access *a, uint64_t val) AX_REQUIRES(a->g->lock)
{
	uint32_t everyone = (1u << a->g->cfg.vcpu_count) - 1, self = 1u << a->vcpu;
	uint32_t targets = 0;

	switch (AX_FIELD_GET(GICD_SGIR_TargetListFilter, val)) {
	case 0:
		targets = (uint32_t)AX_FIELD_GET(GICD_SGIR_CPUTargetList, val) & everyone;
		break;
	case 1:
		targets = everyone & ~self;
		break;
	case 2:
		targets = self;
		break;
	default: /* reserved */
		break;
	}
	vgic_send_sgi(a->g, a->vcpu, targets, (uint32_t)AX_FIELD_GET(GICD_SGIR_INTID, val), false,
		      &a->fx);
}

/* The SPI of a GICD_IROUTER<n> that @io is about, or NULL. */
static struct vgic_irq *routed(const struct vgic *g, const struct ax_io *io)
{
	uint64_t intid = (io->off - GICD_IROUTER) / 8; /* of lower offsets, far above the limit */

	if (g->cfg.version != 3 || intid < GIC_SPI_BASE || intid >= g->intid_limit ||
	    !vgic_is_64_or_half(io)) {
		return NULL;
	}
	return vgic_irq_at(g, 0, (uint32_t)intid);
}

static void write_irouter(struct vgic_access *a, const struct ax_io *io, uint64_t val)
	AX_REQUIRES(a->g->lock)
{
	struct vgic_irq *q = routed(a->g, io);
	uint32_t shift = 8 * (uint32_t)(io->off & 4);
	uint64_t mask = ax_byte_mask(io->size) << shift;

	if (q != NULL) {
		q->route = ((q->route & ~mask) | (val << shift & mask)) &
			   (GICD_IROUTER_Aff | GICD_IROUTER_IRM);
		vgic_update(a->g, q, &a->fx);
	}
}

/* With affinity routing the private ones are in the redistributors only (IHI 0069 12.9). */
static uint32_t frame_has(const struct vgic *g)
{
	return g->cfg.version == 3 ? VGIC_HAS_SHARED : VGIC_HAS_SHARED | VGIC_HAS_PRIVATE;
}

static uint32_t read_ctlr(struct vgic *g)
{
	uint32_t ctlr;

	ax_spin_lock(&g->lock);
	ctlr = g->ctlr;
	ax_spin_unlock(&g->lock);
	return ctlr | (uint32_t)(g->cfg.version == 3 ? GICD_CTLR_ARE | GICD_CTLR_DS : 0);
}

static uint64_t read_first(struct vgic *g, uint64_t off)
{
	if (off == GICD_TYPER) { /* RO, never changes: no lock */
		return g->typer;
	}
	return off == GICD_CTLR ? read_ctlr(g) : VGIC_IIDR;
}

/* GICD_IROUTER<n> and the identification registers; nothing else is up here. */
static AX_NOINLINE enum ax_io_result read_other(struct vgic *g, const struct ax_io *io,
						uint64_t *val)
{
	uint64_t ids = (g->cfg.version == 3 ? GICD_V3_SIZE : GICD_V2_SIZE) - VGIC_ID_SIZE;
	const struct vgic_irq *q = routed(g, io);

	*val = 0;
	if (q != NULL) {
		ax_spin_lock(&g->lock);
		*val = vgic_part(io, q->route);
		ax_spin_unlock(&g->lock);
	} else if (io->off - ids < VGIC_ID_SIZE && vgic_is_word(io)) {
		return vgic_read_id(g, (uint32_t)(io->off - ids), val);
	}
	return AX_IO_HANDLED;
}

static enum ax_io_result dist_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct vgic *g = dev;

	if (io->off <= GICD_IIDR && vgic_is_word(io)) {
		*val = read_first(g, io->off);
		return AX_IO_HANDLED;
	}
	ax_assert(io->vcpu < g->cfg.vcpu_count);
	if (io->off < GICD_V2_ICPIDR2) {
		return vgic_irq_reg_read(g, io->vcpu, frame_has(g), (uint32_t)io->off, io, val);
	}
	return read_other(g, io, val);
}

/* GICD_CTLR, GICD_SGIR and GICD_IROUTER<n>; the rest is RO or is not there. */
static AX_NOINLINE enum ax_io_result write_other(struct vgic *g, const struct ax_io *io,
						 uint64_t val)
{
	struct vgic_access a = { .g = g, .vcpu = io->vcpu, .fx.self = io->vcpu };

	ax_spin_lock(&a.g->lock);
	if (io->off >= GICD_IROUTER) {
		write_irouter(&a, io, val);
	} else if (io->off == GICD_CTLR && vgic_is_word(io)) {
		write_ctlr(&a, val);
	} else if (io->off == GICD_SGIR && vgic_is_word(io) && g->cfg.version == 2) {
		write_sgir(&a, val);
	}
	ax_spin_unlock(&a.g->lock);
	vgic_finish(g, &a.fx);
	return AX_IO_HANDLED;
}

static enum ax_io_result dist_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vgic *g = dev;

	ax_assert(io->vcpu < g->cfg.vcpu_count);
	if (io->off >= GICD_IGROUPR && io->off < GICD_IROUTER && io->off != GICD_SGIR) {
		return vgic_irq_reg_write(g, io->vcpu, frame_has(g), (uint32_t)io->off, io, val);
	}
	return write_other(g, io, val);
}

static void no_reset(void *dev)
{
	(void)dev; /* vgic_intc_ops.reset() does it once for all frames */
}

const struct ax_dev_ops vgic_dist_ops = {
	.name = "vgic-dist",
	.read = dist_read,
	.write = dist_write,
	.reset = no_reset,
	.save = vgic_save_nothing,
	.load = vgic_load_nothing,
};

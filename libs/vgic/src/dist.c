/* SPDX-License-Identifier: Apache-2.0 */
/* The distributor's frame: GICv2 (IHI 0048 4.3) in 4 KiB, GICv3 (IHI 0069 12.9) in 64 KiB. */
#include "mmio.h"
#include <axport/assert.h>

static uint64_t read_ctlr(const struct vgic_access *a)
{
	return a->g->ctlr | (a->g->cfg.version == 3 ? GICD_CTLR_ARE | GICD_CTLR_DS : 0);
}

static void write_ctlr(struct vgic_access *a, uint64_t val, uint64_t mask) AX_REQUIRES(a->g->lock)
{
	uint32_t ctlr = (uint32_t)(val & (GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1));

	(void)mask;
	if (ctlr != a->g->ctlr) {
		a->g->ctlr = ctlr;
		vgic_update_all(a->g, &a->fx);
	}
}

static uint64_t read_typer(const struct vgic_access *a)
{
	return a->g->typer;
}

static uint64_t read_iidr(const struct vgic_access *a)
{
	(void)a;
	return VGIC_IIDR;
}

static uint64_t read_pidr2(const struct vgic_access *a)
{
	return VGIC_PIDR2_JEDEC | AX_FIELD_PREP(GICD_PIDR2_ArchRev, a->g->cfg.version);
}

static uint64_t read_zero(const struct vgic_access *a)
{
	(void)a;
	return 0;
}

/* IHI 0048 4.3.15. A target list may name CPUs that do not exist. */
static void write_sgir(struct vgic_access *a, uint64_t val, uint64_t mask) AX_REQUIRES(a->g->lock)
{
	uint32_t everyone = (1u << a->g->cfg.vcpu_count) - 1, self = 1u << a->vcpu;
	uint32_t targets = 0;

	(void)mask;
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

static struct vgic_irq *routed(const struct vgic_access *a)
{
	uint32_t intid = a->off / 8;

	return intid >= GIC_SPI_BASE ? vgic_irq_at(a->g, a->vcpu, intid) : NULL;
}

static uint64_t read_irouter(const struct vgic_access *a)
{
	const struct vgic_irq *q = routed(a);

	return q != NULL ? q->route : 0;
}

static void write_irouter(struct vgic_access *a, uint64_t val, uint64_t mask)
	AX_REQUIRES(a->g->lock)
{
	struct vgic_irq *q = routed(a);

	if (q != NULL) {
		q->route =
			((q->route & ~mask) | (val & mask)) & (GICD_IROUTER_Aff | GICD_IROUTER_IRM);
		vgic_update(a->g, q, &a->fx);
	}
}

static const struct vgic_reg v2_regs[] = {
	{ GICD_CTLR, 4, 4, read_ctlr, write_ctlr },  { GICD_TYPER, 4, 4, read_typer, NULL },
	{ GICD_IIDR, 4, 4, read_iidr, NULL },        { GICD_SGIR, 4, 4, read_zero, write_sgir },
	{ GICD_V2_ICPIDR2, 4, 4, read_pidr2, NULL }, { GICD_V2_CIDR0, 16, 4, vgic_read_cidr, NULL },
};

static const struct vgic_reg v3_regs[] = {
	{ GICD_CTLR, 4, 4, read_ctlr, write_ctlr },
	{ GICD_TYPER, 4, 4, read_typer, NULL },
	{ GICD_IIDR, 4, 4, read_iidr, NULL },
	{ GICD_IROUTER, GIC_SPI_LIMIT * 8, 8, read_irouter, write_irouter },
	{ GICD_PIDR2, 4, 4, read_pidr2, NULL },
	{ GICD_CIDR0, 16, 4, vgic_read_cidr, NULL },
};

static struct vgic_access begin(struct vgic *g, const struct ax_io *io)
{
	ax_assert(io->vcpu < g->cfg.vcpu_count);
	return (struct vgic_access){
		.g = g,
		.vcpu = io->vcpu,
		.off = (uint32_t)ax_min_u64(io->off, GICD_V3_SIZE),
		.size = io->size,
		.fx.self = io->vcpu,
	};
}

/* With affinity routing the private ones are in the redistributors only (IHI 0069 12.9). */
static uint32_t first_intid(const struct vgic *g)
{
	return g->cfg.version == 3 ? GIC_SPI_BASE : 0;
}

static enum ax_io_result dist_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct vgic *g = dev;
	struct vgic_access a = begin(g, io);
	bool v3 = g->cfg.version == 3;

	ax_spin_lock(&a.g->lock);
	if (!vgic_plain_read(v3 ? v3_regs : v2_regs,
			     v3 ? AX_ARRAY_SIZE(v3_regs) : AX_ARRAY_SIZE(v2_regs), &a, val)) {
		*val = vgic_irq_reg_read(&a, first_intid(g), g->intid_limit);
	}
	ax_spin_unlock(&a.g->lock);
	return AX_IO_HANDLED;
}

static enum ax_io_result dist_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vgic *g = dev;
	struct vgic_access a = begin(g, io);
	bool v3 = g->cfg.version == 3;

	ax_spin_lock(&a.g->lock);
	if (!vgic_plain_write(v3 ? v3_regs : v2_regs,
			      v3 ? AX_ARRAY_SIZE(v3_regs) : AX_ARRAY_SIZE(v2_regs), &a, val)) {
		vgic_irq_reg_write(&a, first_intid(g), g->intid_limit, val);
	}
	ax_spin_unlock(&a.g->lock);
	vgic_finish(g, &a.fx);
	return AX_IO_HANDLED;
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

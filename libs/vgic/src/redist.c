/* SPDX-License-Identifier: Apache-2.0 */
/* The redistributors of a GICv3 (IHI 0069 12.11), one 128 KiB stride each. No LPIs: GICR_TYPER says so. */
#include "mmio.h"
#include <axport/assert.h>

static uint64_t read_typer(const struct vgic_access *a)
{
	uint64_t mpidr = a->g->vcpus[a->vcpu].mpidr;
	uint64_t aff = (mpidr >> 32) << 24 | (mpidr & AX_MASK64(23, 0));
	uint64_t last = a->vcpu + 1 == a->g->cfg.vcpu_count ? GICR_TYPER_Last : 0;

	return AX_FIELD_PREP(GICR_TYPER_Affinity_Value, aff) |
	       AX_FIELD_PREP(GICR_TYPER_Processor_Number, a->vcpu) | last;
}

static uint64_t read_iidr(const struct vgic_access *a)
{
	(void)a;
	return VGIC_IIDR;
}

static uint64_t read_zero(const struct vgic_access *a)
{
	(void)a;
	return 0;
}

static uint64_t read_waker(const struct vgic_access *a)
{
	return a->g->vcpus[a->vcpu].asleep ? GICR_WAKER_ProcessorSleep | GICR_WAKER_ChildrenAsleep
					   : 0;
}

/* ChildrenAsleep follows at once. Sleep only takes the vCPU out of 1-of-N distribution. */
static void write_waker(struct vgic_access *a, uint64_t val, uint64_t mask)
{
	(void)mask;
	a->g->vcpus[a->vcpu].asleep = (val & GICR_WAKER_ProcessorSleep) != 0;
}

static uint64_t read_pidr2(const struct vgic_access *a)
{
	(void)a;
	return VGIC_PIDR2_JEDEC | AX_FIELD_PREP(GICD_PIDR2_ArchRev, 3);
}

static const struct vgic_reg regs[] = {
	{ GICR_CTLR, 4, 4, read_zero, NULL },   { GICR_IIDR, 4, 4, read_iidr, NULL },
	{ GICR_TYPER, 8, 8, read_typer, NULL }, { GICR_WAKER, 4, 4, read_waker, write_waker },
	{ GICR_PIDR2, 4, 4, read_pidr2, NULL }, { GICR_CIDR0, 16, 4, vgic_read_cidr, NULL },
};

/* False: no redistributor there. */
static bool begin(struct vgic *g, const struct ax_io *io, struct vgic_access *a)
{
	ax_assert(io->vcpu < g->cfg.vcpu_count);
	*a = (struct vgic_access){
		.g = g,
		.vcpu = (uint32_t)ax_min_u64(io->off / GICR_STRIDE, UINT32_MAX),
		.off = (uint32_t)(io->off % GICR_STRIDE),
		.size = io->size,
		.fx.self = io->vcpu,
	};
	return a->vcpu < g->cfg.vcpu_count && g->cfg.version == 3;
}

static enum ax_io_result redist_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct vgic *g = dev;
	struct vgic_access a;

	*val = 0;
	if (!begin(g, io, &a)) {
		return AX_IO_HANDLED;
	}
	ax_spin_lock(&a.g->lock);
	if (a.off < GICR_SGI_BASE) {
		vgic_plain_read(regs, AX_ARRAY_SIZE(regs), &a, val);
	} else {
		a.off -= GICR_SGI_BASE;
		*val = vgic_irq_reg_read(&a, 0, GIC_SPI_BASE);
	}
	ax_spin_unlock(&a.g->lock);
	return AX_IO_HANDLED;
}

static enum ax_io_result redist_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vgic *g = dev;
	struct vgic_access a;

	if (!begin(g, io, &a)) {
		return AX_IO_HANDLED;
	}
	ax_spin_lock(&a.g->lock);
	if (a.off < GICR_SGI_BASE) {
		vgic_plain_write(regs, AX_ARRAY_SIZE(regs), &a, val);
	} else {
		a.off -= GICR_SGI_BASE;
		vgic_irq_reg_write(&a, 0, GIC_SPI_BASE, val);
	}
	ax_spin_unlock(&a.g->lock);
	vgic_finish(g, &a.fx);
	return AX_IO_HANDLED;
}

static void no_reset(void *dev)
{
	(void)dev; /* vgic_intc_ops.reset() does it once for all frames */
}

const struct ax_dev_ops vgic_redist_ops = {
	.name = "vgic-redist",
	.read = redist_read,
	.write = redist_write,
	.reset = no_reset,
	.save = vgic_save_nothing,
	.load = vgic_load_nothing,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* The redistributors of a GICv3 (IHI 0069 12.11), one 128 KiB stride each. No LPIs: GICR_TYPER says so. */
#include "mmio.h"
#include <axport/assert.h>

static uint64_t typer(const struct vgic *g, uint32_t vcpu)
{
	uint64_t mpidr = g->vcpus[vcpu].mpidr;
	uint64_t aff = (mpidr >> 32) << 24 | (mpidr & AX_MASK64(23, 0));
	uint64_t last = vcpu + 1 == g->cfg.vcpu_count ? GICR_TYPER_Last : 0;

	return AX_FIELD_PREP(GICR_TYPER_Affinity_Value, aff) |
	       AX_FIELD_PREP(GICR_TYPER_Processor_Number, vcpu) | last;
}

static uint64_t read_waker(struct vgic *g, uint32_t vcpu)
{
	bool asleep;

	ax_spin_lock(&g->lock);
	asleep = g->vcpus[vcpu].asleep;
	ax_spin_unlock(&g->lock);
	return asleep ? GICR_WAKER_ProcessorSleep | GICR_WAKER_ChildrenAsleep : 0;
}

/* ChildrenAsleep follows at once. Sleep only takes the vCPU out of 1-of-N distribution. */
static void write_waker(struct vgic *g, uint32_t vcpu, uint64_t val)
{
	ax_spin_lock(&g->lock);
	g->vcpus[vcpu].asleep = (val & GICR_WAKER_ProcessorSleep) != 0;
	ax_spin_unlock(&g->lock);
}

/* RD_base. GICR_CTLR and what else is not here read as zero. */
static enum ax_io_result read_rd(struct vgic *g, uint32_t vcpu, uint32_t off,
				 const struct ax_io *io, uint64_t *val)
{
	*val = 0;
	if (off - GICR_TYPER < 8) { /* RO */
		*val = vgic_is_64_or_half(io) ? vgic_part(io, typer(g, vcpu)) : 0;
		return AX_IO_HANDLED;
	}
	if (!vgic_is_word(io)) {
		return AX_IO_HANDLED;
	}
	switch (off) {
	case GICR_IIDR: /* RO */
		*val = VGIC_IIDR;
		return AX_IO_HANDLED;
	case GICR_WAKER: /* RW */
		*val = read_waker(g, vcpu);
		return AX_IO_HANDLED;
	default:
		return off >= GICR_PIDR2 ? vgic_read_id(g, off - GICR_PIDR2, val) : AX_IO_HANDLED;
	}
}

static bool is_there(const struct vgic *g, const struct ax_io *io)
{
	ax_assert(io->vcpu < g->cfg.vcpu_count);
	return io->off / GICR_STRIDE < g->cfg.vcpu_count && g->cfg.version == 3;
}

static enum ax_io_result redist_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct vgic *g = dev;
	uint32_t vcpu = (uint32_t)(io->off / GICR_STRIDE);
	uint32_t off = (uint32_t)(io->off % GICR_STRIDE);

	if (!is_there(g, io)) {
		*val = 0;
		return AX_IO_HANDLED;
	}
	if (off >= GICR_SGI_BASE) {
		return vgic_irq_reg_read(g, vcpu, VGIC_HAS_PRIVATE, off - GICR_SGI_BASE, io, val);
	}
	return read_rd(g, vcpu, off, io, val);
}

static enum ax_io_result redist_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vgic *g = dev;
	uint32_t vcpu = (uint32_t)(io->off / GICR_STRIDE);
	uint32_t off = (uint32_t)(io->off % GICR_STRIDE);

	if (!is_there(g, io)) {
		return AX_IO_HANDLED;
	}
	if (off >= GICR_SGI_BASE) {
		return vgic_irq_reg_write(g, vcpu, VGIC_HAS_PRIVATE, off - GICR_SGI_BASE, io, val);
	}
	if (off == GICR_WAKER && vgic_is_word(io)) {
		write_waker(g, vcpu, val);
	}
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

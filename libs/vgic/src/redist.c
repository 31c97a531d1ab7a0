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
static void write_waker(struct vgic *g, uint32_t vcpu, uint64_t val) AX_REQUIRES(g->lock)
{
	g->vcpus[vcpu].asleep = (val & GICR_WAKER_ProcessorSleep) != 0;
}

/* RD_base. GICR_CTLR and what else is not here read as zero. */
static uint64_t read_rd(struct vgic *g, uint32_t vcpu, const struct ax_io *io, uint32_t off)
{
	if (off - GICR_TYPER < 8) {
		return vgic_is_64_or_half(io) ? vgic_part(io, typer(g, vcpu)) : 0;
	}
	if (!vgic_is_word(io)) {
		return 0;
	}
	switch (off) {
	case GICR_IIDR:
		return VGIC_IIDR;
	case GICR_WAKER:
		return read_waker(g, vcpu);
	default:
		return off >= GICR_PIDR2 ? vgic_read_id(g, off - GICR_PIDR2) : 0;
	}
}

static struct vgic_access begin(struct vgic *g, const struct ax_io *io, uint32_t vcpu)
{
	return (struct vgic_access){
		.g = g,
		.vcpu = vcpu,
		.first = 0,
		.limit = GIC_SPI_BASE,
		.fx.self = io->vcpu,
	};
}

/* SGI_base. Apart, so that RD_base costs no stack frame. */
static AX_NOINLINE uint64_t read_sgi(struct vgic *g, uint32_t vcpu, const struct ax_io *io,
				     uint32_t off)
{
	struct vgic_access a = begin(g, io, vcpu);
	uint64_t val;

	ax_spin_lock(&a.g->lock);
	val = vgic_irq_reg_read(&a, off, io->size);
	ax_spin_unlock(&a.g->lock);
	return val;
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

	*val = 0;
	if (is_there(g, io)) {
		*val = off < GICR_SGI_BASE ? read_rd(g, vcpu, io, off)
					   : read_sgi(g, vcpu, io, off - GICR_SGI_BASE);
	}
	return AX_IO_HANDLED;
}

static enum ax_io_result redist_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vgic *g = dev;
	uint32_t vcpu = (uint32_t)(io->off / GICR_STRIDE);
	uint32_t off = (uint32_t)(io->off % GICR_STRIDE);
	struct vgic_access a = begin(g, io, vcpu);

	if (!is_there(g, io)) {
		return AX_IO_HANDLED;
	}
	ax_spin_lock(&a.g->lock);
	if (off >= GICR_SGI_BASE) {
		vgic_irq_reg_write(&a, off - GICR_SGI_BASE, io->size, val);
	} else if (off == GICR_WAKER && vgic_is_word(io)) {
		write_waker(a.g, vcpu, val);
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

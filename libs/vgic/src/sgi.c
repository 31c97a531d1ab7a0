/* SPDX-License-Identifier: Apache-2.0 */
/* Software-generated interrupts, and the system registers that send them (IHI 0069 12.2). */
#include "mmio.h"
#include <axport/assert.h>

void vgic_send_sgi(struct vgic *g, uint32_t from, uint32_t targets, uint32_t sgi, bool group0_only,
		   struct vgic_fx *fx)
{
	for (; targets != 0; targets &= targets - 1) {
		struct vgic_irq *q = vgic_irq_at(g, ax_ctz64(targets), sgi);

		if (group0_only && irq_is(q, IRQ_GROUP1)) {
			continue;
		}
		if (g->cfg.version == 2) {
			q->sources = (uint8_t)(q->sources | 1u << from);
		} else {
			irq_flag(q, IRQ_LATCH, true);
		}
		vgic_update(g, q, fx);
	}
}

/* The vCPUs that a value written to ICC_SGI*R_EL1 names; unknown affinities name none. */
static uint32_t sgi_targets(const struct vgic *g, uint32_t from, uint64_t val)
{
	uint32_t targets = 0;
	uint64_t cluster;

	if (val & ICC_SGIR_IRM) {
		return ((1u << g->cfg.vcpu_count) - 1) & ~(1u << from);
	}
	cluster = AX_FIELD_GET(ICC_SGIR_Aff3, val) << 32 | AX_FIELD_GET(ICC_SGIR_Aff2, val) << 16 |
		  AX_FIELD_GET(ICC_SGIR_Aff1, val) << 8;
	for (uint64_t list = AX_FIELD_GET(ICC_SGIR_TargetList, val); list != 0; list &= list - 1) {
		uint64_t aff0 = AX_FIELD_GET(ICC_SGIR_RS, val) * 16 + ax_ctz64(list);
		uint32_t vcpu = vgic_find_affinity(g, cluster | aff0);

		targets |= vcpu != VGIC_NONE ? 1u << vcpu : 0;
	}
	return targets;
}

static enum ax_io_result sysreg_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	const struct vgic *g = dev;

	*val = 0;
	if (g->cfg.version != 3 || io->off != VGIC_SYSREG_ICC_SRE_EL1) {
		return AX_IO_UNHANDLED; /* the SGI registers are write-only */
	}
	*val = ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB; /* RAO/WI without legacy support */
	return AX_IO_HANDLED;
}

static enum ax_io_result sysreg_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vgic *g = dev;
	struct vgic_fx fx = { .self = io->vcpu };

	ax_assert(io->vcpu < g->cfg.vcpu_count);
	if (g->cfg.version != 3) {
		return AX_IO_UNHANDLED;
	}
	switch (io->off) {
	case VGIC_SYSREG_ICC_SRE_EL1:
		return AX_IO_HANDLED;
	case VGIC_SYSREG_ICC_SGI1R_EL1:
	case VGIC_SYSREG_ICC_SGI0R_EL1:
	case VGIC_SYSREG_ICC_ASGI1R_EL1:
		break;
	default:
		return AX_IO_UNHANDLED;
	}
	ax_spin_lock(&g->lock);
	/* With one security state SGI1R reaches both groups, the others group 0 (IHI 0069 12.2, ICC_SGI1R_EL1). */
	vgic_send_sgi(g, io->vcpu, sgi_targets(g, io->vcpu, val),
		      (uint32_t)AX_FIELD_GET(ICC_SGIR_INTID, val),
		      io->off != VGIC_SYSREG_ICC_SGI1R_EL1, &fx);
	ax_spin_unlock(&g->lock);
	vgic_finish(g, &fx);
	return AX_IO_HANDLED;
}

static void no_reset(void *dev)
{
	(void)dev;
}

const struct ax_dev_ops vgic_sysreg_ops = {
	.name = "vgic-sysreg",
	.read = sysreg_read,
	.write = sysreg_write,
	.reset = no_reset,
	.save = vgic_save_nothing,
	.load = vgic_load_nothing,
};

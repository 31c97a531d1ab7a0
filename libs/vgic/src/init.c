/* SPDX-License-Identifier: Apache-2.0 */
/* Set-up: the configuration checked, the interrupts laid out, links to physical ones. */
#include "internal.h"
#include <axbase/mem.h>
#include <axport/assert.h>
#include <axport/log.h>

static ax_err_t refuse(const char *what, uint64_t value)
{
	ax_log(AX_LOG_ERROR, "vgic: %s %lu is out of range", what, (unsigned long)value);
	return AX_EINVAL;
}

static ax_err_t check_cfg(const struct vgic_cfg *cfg)
{
	uint32_t max_vcpus = cfg->version == 2 ? VGIC_MAX_VCPUS_V2 : VGIC_MAX_VCPUS;

	if (cfg->version != 2 && cfg->version != 3) {
		return refuse("version", cfg->version);
	}
	if (cfg->vcpu_count == 0 || cfg->vcpu_count > max_vcpus) {
		return refuse("vcpu_count", cfg->vcpu_count);
	}
	if (cfg->spi_count > VGIC_MAX_SPIS ||
	    (cfg->spi_count % 32 != 0 && cfg->spi_count != VGIC_MAX_SPIS)) {
		return refuse("spi_count", cfg->spi_count);
	}
	if (cfg->lr != NULL && cfg->lr_count == 0) {
		return refuse("lr_count", cfg->lr_count);
	}
	if (cfg->version == 3 && cfg->mpidr == NULL) {
		return refuse("mpidr", 0);
	}
	for (uint32_t i = 0; cfg->mpidr != NULL && i < cfg->vcpu_count; i++) {
		for (uint32_t k = 0; k < i; k++) {
			if (((cfg->mpidr[i] ^ cfg->mpidr[k]) & GICD_IROUTER_Aff) == 0) {
				return refuse("mpidr (given twice)", cfg->mpidr[i]);
			}
		}
	}
	return AX_OK;
}

/* GICD_TYPER of what @g has. 10 bits of INTID in v3. */
static uint32_t typer_of(const struct vgic *g)
{
	uint64_t val = AX_FIELD_PREP(GICD_TYPER_ITLinesNumber, (g->intid_limit + 31) / 32 - 1);
	uint64_t affinities = 0;

	if (g->cfg.version == 2) {
		return (uint32_t)(val | AX_FIELD_PREP(GICD_TYPER_CPUNumber, g->cfg.vcpu_count - 1));
	}
	for (uint32_t i = 0; i < g->cfg.vcpu_count; i++) {
		affinities |= g->vcpus[i].mpidr;
	}
	val |= AX_FIELD_PREP(GICD_TYPER_IDbits, 9);
	return (uint32_t)(val | (affinities >> 32 != 0 ? GICD_TYPER_A3V : 0));
}

ax_err_t vgic_init(struct vgic *g, const struct vgic_cfg *cfg, struct vgic_irq *irqs,
		   size_t irq_count, struct vgic_vcpu *vcpus)
{
	ax_err_t err = check_cfg(cfg);
	size_t count;

	ax_assert(cfg->kick != NULL);
	if (err != AX_OK) {
		return err;
	}
	count = VGIC_IRQ_COUNT(cfg->vcpu_count, cfg->spi_count);
	if (irq_count < count) {
		ax_log(AX_LOG_ERROR, "vgic: room for %zu interrupts, %zu needed", irq_count, count);
		return AX_ENOMEM;
	}
	memset(g, 0, sizeof(*g));
	memset(irqs, 0, count * sizeof(*irqs));
	memset(vcpus, 0, cfg->vcpu_count * sizeof(*vcpus));
	g->cfg = *cfg;
	g->cfg.mpidr = NULL; /* copied below */
	g->cfg.lr_count = (uint32_t)ax_min_u64(cfg->lr_count, VGIC_MAX_LRS);
	g->irqs = irqs;
	g->vcpus = vcpus;
	g->intid_limit = GIC_SPI_BASE + cfg->spi_count;
	for (uint32_t i = 0; i < cfg->vcpu_count; i++) {
		vcpus[i].mpidr = cfg->mpidr != NULL ? cfg->mpidr[i] & GICD_IROUTER_Aff : i;
	}
	g->typer = typer_of(g);
	for (size_t i = 0; i < count; i++) {
		bool private = i < cfg->vcpu_count * (size_t)GIC_SPI_BASE;

		irqs[i].intid =
			(uint16_t)(private ? i % GIC_SPI_BASE
					   : i - (cfg->vcpu_count - 1) * (size_t)GIC_SPI_BASE);
		irqs[i].owner = private ? (uint8_t)(i / GIC_SPI_BASE) : VGIC_NONE;
		irqs[i].home = VGIC_NONE;
		irqs[i].lr = VGIC_NONE;
	}
	vgic_reset(g);
	return AX_OK;
}

ax_err_t vgic_map_hw(struct vgic *g, uint32_t vcpu, uint32_t intid, uint32_t pintid)
{
	struct vgic_irq *q;

	if (vcpu >= g->cfg.vcpu_count || intid < GIC_PPI_BASE || g->cfg.hw == NULL ||
	    pintid < GIC_PPI_BASE || pintid >= GIC_SPI_LIMIT) {
		return AX_EINVAL;
	}
	q = vgic_irq_at(g, vcpu, intid);
	if (q == NULL) {
		return AX_EINVAL;
	}
	ax_spin_lock(&g->lock);
	q->pintid = (uint16_t)pintid;
	irq_flag(q, IRQ_HW, true);
	irq_flag(q, IRQ_LINE, false);
	if (q->owner != VGIC_NONE) {
		g->vcpus[q->owner].hw_private |= 1u << intid;
	}
	ax_spin_unlock(&g->lock);
	return AX_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The host's GICv2. Groups stay as they are: what this side may enable is what it sees. IHI0048. */
#include <vgic/gic_regs.h>
#include "inline.h"

#define PRIORITY UINT32_C(0xa0a0a0a0) /* four of the same; there are no levels here */

static uint8_t *gicd; /* const after init, all three */
static uint8_t *gicc;
static uint8_t *gich;

static ax_err_t init(const struct axfdt_host *host)
{
	if (host->intc_reg_count < 4) {
		return AX_EFORMAT; /* without H and V there is nothing to virtualise with */
	}
	for (uint32_t i = 0; i < 3; i++) { /* V is the guest's */
		ax_err_t err = board_mmu_map(host->intc_reg[i].base, host->intc_reg[i].size,
					     BOARD_MAP_DEVICE);

		if (err != AX_OK) {
			return err;
		}
	}
	gicd = (uint8_t *)(uintptr_t)host->intc_reg[0].base;
	gicc = (uint8_t *)(uintptr_t)host->intc_reg[1].base;
	gich = (uint8_t *)(uintptr_t)host->intc_reg[2].base;
	board_aarch64_info.gich = gich;
	board_aarch64_info.gicv = hpa(host->intc_reg[3].base);
	board_aarch64_info.gicv_size = host->intc_reg[3].size;

	mmio_write32(gicd, GICD_CTLR, 0);
	uint32_t words = (uint32_t)(mmio_read32(gicd, GICD_TYPER) & GICD_TYPER_ITLinesNumber) + 1;

	for (uint32_t i = 1; i < words; i++) { /* 0 is banked */
		mmio_write32(gicd, GICD_ICENABLER + 4 * i, UINT32_MAX);
		mmio_write32(gicd, GICD_ICACTIVER + 4 * i, UINT32_MAX);
	}
	for (uint32_t i = 8; i < 8 * words; i++) {
		mmio_write32(gicd, GICD_IPRIORITYR + 4 * i, PRIORITY);
	}
	mmio_write32(gicd, GICD_CTLR, GICD_CTLR_EnableGrp0);
	return AX_OK;
}

static ax_err_t cpu_init(struct board_cpu *cpu, uint32_t ppi_mask)
{
	/* The banked target registers read as this CPU's own bit, in each byte; 0 on one CPU. */
	cpu->own.gic_mask = mmio_read32(gicd, GICD_ITARGETSR) & 0xff;
	if (cpu->own.gic_mask == 0) {
		cpu->own.gic_mask = 1;
	}
	mmio_write32(gicd, GICD_ICENABLER, UINT32_MAX);
	mmio_write32(gicd, GICD_ICACTIVER, UINT32_MAX);
	for (uint32_t i = 0; i < 8; i++) {
		mmio_write32(gicd, GICD_IPRIORITYR + 4 * i, PRIORITY);
	}
	mmio_write32(gicd, GICD_ISENABLER, ppi_mask);
	mmio_write32(gicc, GICC_PMR, 0xff);
	mmio_write32(gicc, GICC_BPR, 0);
	mmio_write32(gicc, GICC_CTLR, (uint32_t)(GICC_CTLR_EnableGrp0 | GICC_CTLR_EOImode));
	mmio_write32(gich, GICH_HCR, 0);
	return AX_OK;
}

static void enable_spi(uint32_t intid)
{
	const struct board_cpu *cpu = board_this_cpu();

	mmio_write8(gicd, GICD_ITARGETSR + intid, (uint8_t)cpu->own.gic_mask);
	mmio_write32(gicd, GICD_ISENABLER + 4 * (intid / 32), UINT32_C(1) << (intid % 32));
}

static void disable(uint32_t intid)
{
	if (intid < 1020) {
		mmio_write32(gicd, GICD_ICENABLER + 4 * (intid / 32), UINT32_C(1) << (intid % 32));
	}
}

static void kick(const struct board_cpu *target)
{
	mmio_write32(gicd, GICD_SGIR,
		     (uint32_t)AX_FIELD_PREP(GICD_SGIR_CPUTargetList, target->own.gic_mask));
}

static uint32_t ack(void)
{
	uint32_t raw =
		mmio_read32(gicc, GICC_IAR); /* with the sender of an SGI, which EOIR wants */

	dsb_sy();
	return raw;
}

static void drop(uint32_t raw)
{
	mmio_write32(gicc, GICC_EOIR, raw);
}

static void deactivate(uint32_t raw)
{
	mmio_write32(gicc, GICC_DIR, raw);
}

static void set_active(uint32_t ppi, bool active)
{
	mmio_write32(gicd, active ? GICD_ISACTIVER : GICD_ICACTIVER, UINT32_C(1) << ppi);
}

const struct board_gic_ops board_gicv2_ops = {
	.init = init,
	.cpu_init = cpu_init,
	.enable_spi = enable_spi,
	.disable = disable,
	.kick = kick,
	.ack = ack,
	.drop = drop,
	.deactivate = deactivate,
	.set_active = set_active,
};

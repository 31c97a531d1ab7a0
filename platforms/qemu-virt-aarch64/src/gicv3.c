/* SPDX-License-Identifier: Apache-2.0 */
/* The host's GICv3: everything in group 1, one priority, system register interface. IHI0069. */
#include <vgic/gic_regs.h>
#include "inline.h"

#define PRIORITY    UINT32_C(0xa0a0a0a0) /* four of the same; there are no levels here */

#define ICC_SRE_ALL (ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB)
#define RWP_TRIES   1000000

static uint8_t *gicd; /* const after init */
static struct axfdt_range gicr_range;

static struct board_cpu *this_cpu(void)
{
	return board_this_cpu();
}

static void *sgi_base(void)
{
	return (uint8_t *)this_cpu()->own.gicr + GICR_SGI_BASE;
}

static void wait_rwp(const void *base)
{
	for (uint32_t i = 0; i < RWP_TRIES; i++) {
		if ((mmio_read32(base, GICD_CTLR) & GICD_CTLR_RWP) == 0) {
			return;
		}
	}
}

/** The affinity as GICR_TYPER has it in its upper word. */
static uint64_t packed_affinity(uint64_t mpidr)
{
	return (mpidr & 0xffffff) | ((mpidr >> 32) & 0xff) << 24;
}

static ax_err_t init(const struct axfdt_host *host)
{
	if (host->intc_reg_count < 2) {
		return AX_EFORMAT;
	}
	gicd = (uint8_t *)(uintptr_t)host->intc_reg[0].base;
	gicr_range = host->intc_reg[1];
	ax_err_t err =
		board_mmu_map(host->intc_reg[0].base, host->intc_reg[0].size, BOARD_MAP_DEVICE);

	if (err == AX_OK) {
		err = board_mmu_map(gicr_range.base, gicr_range.size, BOARD_MAP_DEVICE);
	}
	if (err != AX_OK) {
		return err;
	}
	mmio_write32(gicd, GICD_CTLR, 0);
	wait_rwp(gicd);
	uint32_t words = (uint32_t)(mmio_read32(gicd, GICD_TYPER) & GICD_TYPER_ITLinesNumber) + 1;

	for (uint32_t i = 1; i < words; i++) { /* 0 is in the redistributors */
		mmio_write32(gicd, GICD_ICENABLER + 4 * i, UINT32_MAX);
		mmio_write32(gicd, GICD_ICACTIVER + 4 * i, UINT32_MAX);
		mmio_write32(gicd, GICD_IGROUPR + 4 * i, UINT32_MAX);
	}
	for (uint32_t i = 8; i < 8 * words; i++) {
		mmio_write32(gicd, GICD_IPRIORITYR + 4 * i, PRIORITY);
	}
	wait_rwp(gicd);
	mmio_write32(gicd, GICD_CTLR, (uint32_t)(GICD_CTLR_ARE | GICD_CTLR_EnableGrp1));
	wait_rwp(gicd);
	return AX_OK;
}

static void *find_redistributor(uint64_t mpidr)
{
	uint64_t size = gicr_range.size;

	for (uint64_t off = 0; off + GICR_STRIDE <= size;) {
		uint8_t *rd = (uint8_t *)(uintptr_t)(gicr_range.base + off);
		uint64_t typer = mmio_read64(rd, GICR_TYPER);

		if (AX_FIELD_GET(GICR_TYPER_Affinity_Value, typer) == packed_affinity(mpidr)) {
			return rd;
		}
		if ((typer & GICR_TYPER_Last) != 0) {
			break;
		}
		off += (typer & GICR_TYPER_VLPIS) != 0 ? 2 * GICR_STRIDE : GICR_STRIDE;
	}
	return NULL;
}

static ax_err_t cpu_init(struct board_cpu *cpu, uint32_t ppi_mask)
{
	cpu->own.gicr = find_redistributor(cpu->hw_id);
	if (cpu->own.gicr == NULL) {
		return AX_ENOENT;
	}
	mmio_write32(cpu->own.gicr, GICR_WAKER,
		     mmio_read32(cpu->own.gicr, GICR_WAKER) & ~(uint32_t)GICR_WAKER_ProcessorSleep);
	for (uint32_t i = 0; i < RWP_TRIES; i++) {
		if ((mmio_read32(cpu->own.gicr, GICR_WAKER) & GICR_WAKER_ChildrenAsleep) == 0) {
			break;
		}
	}
	void *sgi = sgi_base();

	mmio_write32(sgi, GICD_ICENABLER, UINT32_MAX);
	mmio_write32(sgi, GICD_ICACTIVER, UINT32_MAX);
	mmio_write32(sgi, GICD_IGROUPR, UINT32_MAX);
	for (uint32_t i = 0; i < 8; i++) {
		mmio_write32(sgi, GICD_IPRIORITYR + 4 * i, PRIORITY);
	}
	mmio_write32(sgi, GICD_ISENABLER, ppi_mask);

	write_icc_sre_el2(read_icc_sre_el2() | ICC_SRE_ALL | ICC_SRE_Enable);
	isb();
	/*
	 * EL1's is one register for all guests: where SRE can be cleared, one would take the interface
	 * from the others. Set for good; from here on accesses to it trap.
	 */
	write_icc_sre_el1(ICC_SRE_ALL);
	isb();
	write_icc_sre_el2(ICC_SRE_ALL);
	isb();
	write_icc_pmr_el1(0xff);
	write_icc_bpr1_el1(0);
	write_icc_ctlr_el1(ICC_CTLR_EOImode);
	write_ich_hcr_el2(0);
	write_icc_igrpen1_el1(1);
	isb();
	return AX_OK;
}

static void enable_spi(uint32_t intid)
{
	mmio_write64(gicd, GICD_IROUTER + 8 * (uint64_t)intid, this_cpu()->hw_id);
	mmio_write32(gicd, GICD_ISENABLER + 4 * (intid / 32), UINT32_C(1) << (intid % 32));
}

static void disable(uint32_t intid)
{
	void *base = intid < 32 ? sgi_base() : gicd;

	if (intid < 1020) {
		mmio_write32(base, GICD_ICENABLER + 4 * (intid / 32), UINT32_C(1) << (intid % 32));
	}
}

static void kick(const struct board_cpu *target)
{
	uint64_t m = target->hw_id;
	uint64_t aff0 = m & 0xff;

	/* RS selects sixteen CPUs of the cluster, the target list one of them; INTID is 0. */
	write_icc_sgi1r_el1(AX_FIELD_PREP(ICC_SGIR_Aff3, m >> 32) |
			    AX_FIELD_PREP(ICC_SGIR_Aff2, m >> 16) |
			    AX_FIELD_PREP(ICC_SGIR_Aff1, m >> 8) |
			    AX_FIELD_PREP(ICC_SGIR_RS, aff0 / 16) | AX_BIT64(aff0 % 16));
	isb();
}

static uint32_t ack(void)
{
	uint32_t raw = (uint32_t)read_icc_iar1_el1();

	dsb_sy();
	return raw;
}

static void drop(uint32_t raw)
{
	write_icc_eoir1_el1(raw);
	isb();
}

static void deactivate(uint32_t raw)
{
	write_icc_dir_el1(raw);
	isb();
}

static void set_active(uint32_t ppi, bool active)
{
	mmio_write32(sgi_base(), active ? GICD_ISACTIVER : GICD_ICACTIVER, UINT32_C(1) << ppi);
}

const struct board_gic_ops board_gicv3_ops = {
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

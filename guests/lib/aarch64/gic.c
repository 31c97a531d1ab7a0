/* SPDX-License-Identifier: Apache-2.0 */
/* See gic.h. */
#include "gic.h"

struct guest_gic guest_gic;
static volatile uint64_t redists[GUEST_MAX_CPUS]; /* 0: not looked for yet */

bool guest_gic_find(void)
{
	uint64_t node = guest_tree_compatible(guest_tree_root(), "arm,gic-v3");

	guest_gic = (struct guest_gic){ .version = 3 };
	if (node == 0) {
		node = guest_tree_compatible(guest_tree_root(), "arm,cortex-a15-gic");
		guest_gic.version = 2;
	}
	if (node == 0) {
		guest_gic.version = 0;
		return false;
	}
	uint64_t second =
		guest_tree_cells(node, "reg", 4, 2); /* after two cells each of the first */

	guest_gic.dist = guest_tree_cells(node, "reg", 0, 2);
	guest_gic.redist = guest_gic.version == 3 ? second : 0;
	guest_gic.cpu = guest_gic.version == 2 ? second : 0;
	guest_gic.lines = ((guest_read32(guest_gic.dist + GICD_TYPER) & 0x1f) + 1) * 32;
	return true;
}

/* --- Distributor and redistributors */

uint32_t guest_this_cpu(void)
{
	uint64_t mpidr;

	__asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
	return (uint32_t)(mpidr & 0xff);
}

uint64_t guest_gic_redist(uint32_t cpu)
{
	if (cpu < GUEST_MAX_CPUS && redists[cpu] != 0) {
		return redists[cpu];
	}
	for (uint64_t base = guest_gic.redist;; base += GICR_STRIDE) {
		uint32_t low = guest_read32(base + GICR_TYPER);

		if (guest_read32(base + GICR_TYPER + 4) == cpu) { /* the whole affinity */
			if (cpu < GUEST_MAX_CPUS) {
				redists[cpu] = base;
			}
			return base;
		}
		if ((low & 0x10) != 0) { /* Last */
			return 0;
		}
		base += (low & 2) != 0 ? GICR_STRIDE : 0; /* VLPIS: two frames more */
	}
}

uint64_t guest_gic_bank(uint32_t cpu, uint32_t intid)
{
	if (guest_gic.version == 3 && intid < 32) {
		return guest_gic_redist(cpu) + GICR_SGI_BASE;
	}
	return guest_gic.dist;
}

static void wait_for_writes(uint32_t intid)
{
	if (guest_gic.version == 3 && intid >= 32) {
		while ((guest_read32(guest_gic.dist + GICD_CTLR) & GICD_CTLR_RWP) != 0) {
		}
	} else if (guest_gic.version == 3) {
		while ((guest_read32(guest_gic_redist(guest_this_cpu()) + GICR_CTLR) & 8) != 0) {
		}
	}
	__asm__ volatile("dsb sy\n\tisb" ::: "memory");
}

static uint64_t word(uint32_t reg, uint32_t intid)
{
	return guest_gic_bank(guest_this_cpu(), intid) + reg + intid / 32 * 4;
}

static void set_bit(uint32_t reg, uint32_t intid)
{
	guest_write32(word(reg, intid), UINT32_C(1) << intid % 32);
	wait_for_writes(intid);
}

static bool get_bit(uint32_t reg, uint32_t intid)
{
	return (guest_read32(word(reg, intid)) >> intid % 32 & 1) != 0;
}

void guest_gic_enable(uint32_t intid)
{
	set_bit(GICD_ISENABLER, intid);
}

void guest_gic_disable(uint32_t intid)
{
	set_bit(GICD_ICENABLER, intid);
}

void guest_gic_set_pending(uint32_t intid)
{
	set_bit(GICD_ISPENDR, intid);
}

void guest_gic_clear_pending(uint32_t intid)
{
	set_bit(GICD_ICPENDR, intid);
}

bool guest_gic_is_pending(uint32_t intid)
{
	return get_bit(GICD_ISPENDR, intid);
}

void guest_gic_set_active(uint32_t intid)
{
	set_bit(GICD_ISACTIVER, intid);
}

void guest_gic_clear_active(uint32_t intid)
{
	set_bit(GICD_ICACTIVER, intid);
}

bool guest_gic_is_active(uint32_t intid)
{
	return get_bit(GICD_ISACTIVER, intid);
}

/* Words only: byte accesses are a matter of tests, not of the driver. */
static void set_field(uint64_t at, uint32_t shift, uint32_t mask, uint32_t v)
{
	guest_write32(at, (guest_read32(at) & ~(mask << shift)) | v << shift);
}

void guest_gic_set_priority(uint32_t intid, uint32_t priority)
{
	set_field(guest_gic_bank(guest_this_cpu(), intid) + GICD_IPRIORITYR + intid / 4 * 4,
		  intid % 4 * 8, 0xff, priority);
	wait_for_writes(intid);
}

uint32_t guest_gic_priority(uint32_t intid)
{
	return guest_read32(guest_gic_bank(guest_this_cpu(), intid) + GICD_IPRIORITYR +
			    intid / 4 * 4) >>
		       intid % 4 * 8 &
	       0xff;
}

void guest_gic_set_edge(uint32_t intid, bool edge)
{
	set_field(guest_gic_bank(guest_this_cpu(), intid) + GICD_ICFGR + intid / 16 * 4,
		  intid % 16 * 2, 3, edge ? 2 : 0);
	wait_for_writes(intid);
}

void guest_gic_route(uint32_t intid, uint32_t cpu)
{
	if (guest_gic.version == 3) {
		guest_write32(guest_gic.dist + GICD_IROUTER + intid * 8 + 4, 0);
		guest_write32(guest_gic.dist + GICD_IROUTER + intid * 8, cpu);
	} else {
		set_field(guest_gic.dist + GICD_ITARGETSR + intid / 4 * 4, intid % 4 * 8, 0xff,
			  UINT32_C(1) << cpu);
	}
	wait_for_writes(intid);
}

void guest_gic_route_any(uint32_t intid, uint32_t cpus)
{
	if (guest_gic.version == 3) {
		guest_write32(guest_gic.dist + GICD_IROUTER + intid * 8, UINT32_C(1) << 31);
	} else {
		set_field(guest_gic.dist + GICD_ITARGETSR + intid / 4 * 4, intid % 4 * 8, 0xff,
			  (UINT32_C(1) << cpus) - 1);
	}
	wait_for_writes(intid);
}

static void init_bank(uint64_t base, uint32_t first, uint32_t last)
{
	for (uint32_t i = first; i < last; i += 32) {
		guest_write32(base + GICD_ICENABLER + i / 8, UINT32_MAX);
		guest_write32(base + GICD_ICPENDR + i / 8, UINT32_MAX);
		guest_write32(base + GICD_ICACTIVER + i / 8, UINT32_MAX);
		guest_write32(base + GICD_IGROUPR + i / 8, guest_gic.version == 3 ? UINT32_MAX : 0);
	}
	for (uint32_t i = first; i < last; i += 4) {
		guest_write32(base + GICD_IPRIORITYR + i, 0xa0a0a0a0);
	}
}

void guest_gic_init_cpu(void)
{
	uint32_t cpu = guest_this_cpu();

	if (guest_gic.version == 3) {
		uint64_t base = guest_gic_redist(cpu);

		guest_write32(base + GICR_WAKER, 0);
		while ((guest_read32(base + GICR_WAKER) & 4) != 0) { /* ChildrenAsleep */
		}
		init_bank(base + GICR_SGI_BASE, 0, 32);
		guest_icc_write(ICC_SRE_EL1, 7);
		guest_icc_write(ICC_PMR_EL1, 0xff);
		guest_icc_write(ICC_BPR1_EL1, 0);
		guest_icc_write(ICC_CTLR_EL1, 0);
		guest_icc_write(ICC_IGRPEN1_EL1, 1);
	} else {
		init_bank(guest_gic.dist, 0, 32);
		guest_write32(guest_gic.cpu + GICC_PMR, 0xff);
		guest_write32(guest_gic.cpu + GICC_BPR, 0);
		guest_write32(guest_gic.cpu + GICC_CTLR, 1);
	}
	wait_for_writes(0);
}

bool guest_gic_init(void)
{
	if (!guest_gic_find()) {
		return false;
	}
	guest_write32(guest_gic.dist + GICD_CTLR, 0);
	wait_for_writes(32);
	if (guest_gic.version == 3) {
		guest_write32(guest_gic.dist + GICD_CTLR, GICD_CTLR_ARE);
		wait_for_writes(32);
	}
	init_bank(guest_gic.dist, 32, guest_gic.lines);
	for (uint32_t i = 32; i < guest_gic.lines; i++) {
		if (i % 16 == 0) {
			guest_write32(guest_gic.dist + GICD_ICFGR + i / 4, 0);
		}
		guest_gic_route(i, 0);
	}
	guest_write32(guest_gic.dist + GICD_CTLR, guest_gic.version == 3
							  ? GICD_CTLR_ARE | GICD_CTLR_EnableGrp1
							  : GICD_CTLR_EnableGrp0);
	wait_for_writes(32);
	guest_gic_init_cpu();
	return true;
}

/* --- SGIs: what was stored before is seen by who takes the interrupt. */

void guest_gic_send_sgi(uint32_t cpus, uint32_t sgi)
{
	__asm__ volatile("dsb sy" ::: "memory");
	if (guest_gic.version == 3) {
		guest_icc_write(ICC_SGI1R_EL1, (uint64_t)sgi << 24 | (cpus & 0xffff));
	} else {
		guest_write32(guest_gic.dist + GICD_SGIR, (cpus & 0xff) << 16 | sgi);
	}
}

void guest_gic_send_sgi_others(uint32_t sgi)
{
	__asm__ volatile("dsb sy" ::: "memory");
	if (guest_gic.version == 3) {
		guest_icc_write(ICC_SGI1R_EL1, UINT64_C(1) << 40 | (uint64_t)sgi << 24);
	} else {
		guest_write32(guest_gic.dist + GICD_SGIR, UINT32_C(1) << 24 | sgi);
	}
}

/* --- CPU interface */

uint32_t guest_gic_ack(void)
{
	uint64_t iar;

	if (guest_gic.version == 3) {
		guest_icc_read(ICC_IAR1_EL1, iar);
		__asm__ volatile("dsb sy" ::: "memory");
	} else {
		iar = guest_read32(guest_gic.cpu + GICC_IAR);
	}
	return (uint32_t)iar;
}

void guest_gic_eoi(uint32_t iar)
{
	if (guest_gic.version == 3) {
		guest_icc_write(ICC_EOIR1_EL1, iar);
	} else {
		guest_write32(guest_gic.cpu + GICC_EOIR, iar);
	}
}

void guest_gic_deactivate(uint32_t iar)
{
	if (guest_gic.version == 3) {
		guest_icc_write(ICC_DIR_EL1, iar);
	} else {
		guest_write32(guest_gic.cpu + GICC_DIR, iar);
	}
}

uint32_t guest_gic_hppir(void)
{
	uint64_t v;

	if (guest_gic.version == 3) {
		guest_icc_read(ICC_HPPIR1_EL1, v);
		return (uint32_t)v;
	}
	return guest_read32(guest_gic.cpu + GICC_HPPIR);
}

uint32_t guest_gic_rpr(void)
{
	uint64_t v;

	if (guest_gic.version == 3) {
		guest_icc_read(ICC_RPR_EL1, v);
		return (uint32_t)v;
	}
	return guest_read32(guest_gic.cpu + GICC_RPR);
}

uint32_t guest_gic_pmr(void)
{
	uint64_t v;

	if (guest_gic.version == 3) {
		guest_icc_read(ICC_PMR_EL1, v);
		return (uint32_t)v;
	}
	return guest_read32(guest_gic.cpu + GICC_PMR);
}

void guest_gic_set_pmr(uint32_t pmr)
{
	if (guest_gic.version == 3) {
		guest_icc_write(ICC_PMR_EL1, pmr);
	} else {
		guest_write32(guest_gic.cpu + GICC_PMR, pmr);
	}
	__asm__ volatile("dsb sy\n\tisb" ::: "memory");
}

uint32_t guest_gic_bpr(void)
{
	uint64_t v;

	if (guest_gic.version == 3) {
		guest_icc_read(ICC_BPR1_EL1, v);
		return (uint32_t)v;
	}
	return guest_read32(guest_gic.cpu + GICC_BPR);
}

void guest_gic_set_bpr(uint32_t bpr)
{
	if (guest_gic.version == 3) {
		guest_icc_write(ICC_BPR1_EL1, bpr);
	} else {
		guest_write32(guest_gic.cpu + GICC_BPR, bpr);
	}
}

void guest_gic_set_eoimode(bool split)
{
	if (guest_gic.version == 3) {
		guest_icc_write(ICC_CTLR_EL1, split ? 2 : 0);
	} else {
		guest_write32(guest_gic.cpu + GICC_CTLR, split ? 0x201 : 1);
	}
}

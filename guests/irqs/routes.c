/* SPDX-License-Identifier: Apache-2.0 */
/* Guest irqs, with several CPUs: who gets SGIs and SPIs, and what a change of route does on the way. */
#include "irqs.h"

#define SPI 44

/* IRQs of the boot CPU open until @cpus CPUs together have taken @count of @intid, and a while more. */
static void collect(uint32_t intid, uint32_t count, uint32_t cpus)
{
	guest_irq_unmask();
	while (total(intid, cpus) < count) {
	}
	settle();
	guest_irq_mask();
}

static uint32_t ones(uint32_t mask)
{
	uint32_t n = 0;

	for (; mask != 0; mask &= mask - 1) {
		n++;
	}
	return n;
}

static void send_raw(uint64_t v3, uint32_t v2)
{
	guest_dsb();
	if (guest_gic.version == 3) {
		guest_icc_write(ICC_SGI1R_EL1, v3);
	} else {
		guest_write32(guest_gic.dist + GICD_SGIR, v2);
	}
}

static void sgis_to_nobody(uint32_t cpus)
{
	fresh();
	guest_gic_send_sgi(0xffff & ~((1u << cpus) - 1), 6);
	send_raw(6ul << 24 | 1ul << 16 | 1, 6);   /* Aff1 1; an empty list */
	send_raw(6ul << 24 | 1ul << 32 | 1, 6);   /* Aff2 1 */
	send_raw(6ul << 24 | 255ul << 48 | 1, 6); /* Aff3 255 */
	send_raw(6ul << 24, 6);
	collect(6, 0, cpus);
	show_counts("SGIs to CPUs that do not exist", 6, cpus);
}

/* All sixteen, to everyone, before the boot CPU looks: one each. */
static void sixteen_sgis(uint32_t cpus)
{
	uint32_t bad = 0;

	fresh();
	for (uint32_t i = 0; i < 16; i++) {
		guest_gic_send_sgi((1u << cpus) - 1, i);
	}
	for (uint32_t i = 0; i < 16; i++) {
		collect(i, cpus, cpus);
	}
	for (uint32_t i = 0; i < 16; i++) {
		for (uint32_t cpu = 0; cpu < cpus; cpu++) {
			bad += taken[cpu][i] != 1;
		}
	}
	guest_printf("sixteen to everyone: %s\n", bad == 0 ? "one each" : "NOT one each");
}

static void send_7_to_0(uint32_t intid)
{
	(void)intid;
	guest_gic_send_sgi(1, 7);
}

/* IHI 0048 3.2.6: the same SGI of several sources is as many interrupts. In v3 it is one. */
static void several_sources(uint32_t cpus)
{
	uint32_t sources = 0, count = 0;

	fresh();
	actions[8] = send_7_to_0;
	guest_gic_send_sgi(1, 7);
	guest_gic_send_sgi(1, 7);
	guest_gic_send_sgi_others(8);
	while (total(8, cpus) < cpus - 1) {
	}
	settle();
	for (uint32_t iar = guest_gic_ack(); (iar & 0x3ff) == 7; iar = guest_gic_ack()) {
		sources |= 1u << (iar >> 10 & 7);
		count++;
		guest_gic_eoi(iar);
	}
	guest_printf("SGI 7 of every CPU: %u, sources %x\n", count, sources);
}

void sgis(uint32_t cpus)
{
	for (uint32_t mask = 0; mask < 1u << cpus; mask++) {
		fresh();
		guest_gic_send_sgi(mask, 3);
		collect(3, ones(mask), cpus);
		guest_printf("SGI to list %x, ", mask);
		show_counts("taken", 3, cpus);
	}
	fresh();
	guest_gic_send_sgi_others(4);
	collect(4, cpus - 1, cpus);
	show_counts("SGI to the others", 4, cpus);
	fresh();
	send_raw(5ul << 24 | 1, 2u << 24 | 5); /* v2 has a filter for that, v3 names itself */
	collect(5, 1, cpus);
	show_counts("SGI to self", 5, cpus);
	sgis_to_nobody(cpus);
	sixteen_sgis(cpus);
	if (guest_gic.version == 2 && cpus > 1 && !everything) { /* "full" is compared with v3 */
		several_sources(cpus);
	}
}

static void to_nobody(void)
{
	if (guest_gic.version == 3) { /* an affinity without a CPU */
		guest_write32(guest_gic.dist + GICD_IROUTER + SPI * 8, 0x123);
	} else {
		uint64_t at = guest_gic.dist + GICD_ITARGETSR + SPI;

		guest_write32(at, guest_read32(at) & ~0xffu);
	}
}

/* Taken while it is moved: the next one goes the new way. */
static void move_to_1(uint32_t intid)
{
	actions[intid] = NULL;
	guest_gic_route(intid, 1);
	guest_gic_set_pending(intid);
	settle();
}

static void moves(uint32_t cpus)
{
	if (everything) {
		fresh();
		prepare(SPI, 0xa0);
		guest_gic_set_pending(SPI);
		settle(); /* CPU 0 has IRQs masked */
		guest_gic_route(SPI, 1);
		while (taken[1][SPI] == 0) {
		}
		collect(SPI, 1, cpus);
		show_counts("moved to CPU 1 while pending at CPU 0", SPI, cpus);
	}

	fresh();
	prepare(SPI, 0xa0);
	actions[SPI] = move_to_1;
	guest_gic_set_pending(SPI);
	collect(SPI, 2, cpus);
	show_counts("moved to CPU 1 while active at CPU 0", SPI, cpus);
}

/* Any of them: each edge is taken once, by somebody. */
static void any(uint32_t cpus)
{
	fresh();
	prepare(SPI, 0xa0);
	guest_gic_route_any(SPI, cpus);
	for (uint32_t i = 1; i <= 20; i++) {
		guest_gic_set_pending(SPI);
		guest_irq_unmask();
		while (total(SPI, cpus) < i) {
		}
		guest_irq_mask();
	}
	collect(SPI, 20, cpus);
	guest_printf("to any CPU: %u\n", total(SPI, cpus));
}

void routes(uint32_t cpus)
{
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		fresh();
		prepare(SPI, 0xa0);
		guest_gic_route(SPI, cpu);
		guest_gic_set_pending(SPI);
		collect(SPI, 1, cpus);
		guest_printf("SPI to CPU %u, ", cpu);
		show_counts("taken", SPI, cpus);
	}
	if (cpus == 1) {
		return; /* v2 has no routes then */
	}
	fresh();
	prepare(SPI, 0xa0);
	to_nobody();
	if (guest_gic.version ==
	    3) { /* QEMU's v2 keeps it pending at its targets, which are none */
		guest_gic_set_pending(SPI);
	}
	collect(SPI, 0, cpus);
	guest_printf("SPI to nobody: %u, ", total(SPI, cpus));
	guest_gic_route(SPI, cpus - 1);
	if (guest_gic.version == 2) {
		guest_gic_set_pending(SPI);
	}
	collect(SPI, 1, cpus);
	show_counts("then to the last", SPI, cpus);
	moves(cpus);
	if (everything) {
		any(cpus);
	}
}

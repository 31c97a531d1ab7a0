/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends a WFI (DDI 0487 D1.6.2), with PSTATE.I clear and set, and WFE with its event. Then the race
 * between "nothing is pending" and sleep: CPUs pass SGIs around thousands of times, each asleep until it
 * has one, with the moment of sending moved about. A wake-up that is lost is a hang, and so a failure.
 * "rounds=" is how many.
 */
#include "gic.h"
#include "timer.h"

#define PASS    1
#define GO      2
#define SPI     40
#define RTC_SPI 34
#define RTCDR   0x000
#define RTCMR   0x004
#define RTCIMSC 0x010
#define RTCICR  0x01c

static volatile uint32_t taken[GUEST_MAX_CPUS][96];
static volatile uint32_t passed[GUEST_MAX_CPUS]; /* SGIs a CPU has had, by its handler */
static volatile uint32_t job[GUEST_MAX_CPUS];
static volatile uint32_t event_wanted;
static uint32_t cpus;
static uint64_t rounds;

enum { IDLE, SEND_SGI, SEND_SPI, SEND_EVENT, RING };

static void on_irq(struct guest_frame *f)
{
	uint32_t cpu = guest_this_cpu();
	uint32_t iar = guest_gic_ack();
	uint32_t intid = iar & 0x3ff;

	(void)f;
	if (intid >= 96) {
		return;
	}
	taken[cpu][intid] = taken[cpu][intid] + 1;
	if (intid == TIMER_VIRT) {
		guest_set_cntv_ctl_el0(0);
	} else if (intid == TIMER_PHYS) {
		guest_set_cntp_ctl_el0(0);
	} else if (intid == RTC_SPI) {
		guest_write32(GUEST_RTC + RTCICR, 1);
		guest_write32(GUEST_RTC + RTCIMSC, 0);
	}
	guest_gic_eoi(iar);
}

/* Arrange for @intid to come in a while, when this CPU sleeps. */
static void arrange(uint32_t intid)
{
	switch (intid) {
	case TIMER_VIRT:
		guest_set_cntv_tval_el0(guest_ticks(2000));
		guest_set_cntv_ctl_el0(TIMER_ENABLE);
		break;
	case TIMER_PHYS:
		guest_set_cntp_tval_el0(guest_ticks(2000));
		guest_set_cntp_ctl_el0(TIMER_ENABLE);
		break;
	case RTC_SPI:
		guest_write32(GUEST_RTC + RTCICR, 1);
		guest_write32(GUEST_RTC + RTCIMSC, 1);
		guest_write32(GUEST_RTC + RTCMR, guest_read32(GUEST_RTC + RTCDR) + 1);
		break;
	default:
		job[1] = intid == SPI ? SEND_SPI : SEND_SGI;
		break;
	}
}

static void wake(const char *what, uint32_t intid)
{
	uint32_t before = taken[0][intid];

	/* Masked: it wakes, and is not taken. A WFI may also end without a reason: ask again. */
	arrange(intid);
	while ((guest_gic_hppir() & 0x3ff) != intid) {
		guest_wfi();
	}
	guest_printf("%s, masked: awake, taken %u", what, taken[0][intid] - before);
	guest_wfi(); /* still pending: does not sleep */
	guest_irq_unmask();
	while (taken[0][intid] == before) {
	}
	guest_irq_mask();
	guest_printf(", unmasked: taken %u", taken[0][intid] - before);
	/* Open: the handler has run when WFI is over, unless it ran before. */
	arrange(intid);
	guest_irq_unmask();
	while (taken[0][intid] == before + 1) {
		guest_wfi();
	}
	guest_irq_mask();
	guest_printf(", open: taken %u\n", taken[0][intid] - before);
}

static void events(void)
{
	__asm__ volatile("sevl\n\twfe\n\tsev\n\twfe" ::: "memory");
	guest_printf("own events: awake\n");
	if (cpus < 2) {
		return;
	}
	event_wanted = 1;
	job[1] = SEND_EVENT;
	while (event_wanted != 0) {
		__asm__ volatile("wfe" ::: "memory");
	}
	guest_printf("an event of CPU 1: awake\n");
}

/* A delay of a different length each time, so that the SGI hits every moment on the way to sleep. */
static void dither(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	for (volatile uint32_t i = *seed >> 24; i != 0; i--) {
	}
}

/* Wait asleep until this CPU has had more than @had of the SGI. */
static void sleep_until_passed(uint32_t cpu, uint32_t had, uint32_t round)
{
	/* One in four rounds begins awake, for a while. */
	for (uint32_t i = 0; round % 4 == 3 && i < 1000 && taken[cpu][PASS] == had; i++) {
	}
	while (taken[cpu][PASS] == had) {
		if (round % 4 != 1) { /* the usual idle loop: masked, looked, slept, opened */
			guest_irq_mask();
			if (taken[cpu][PASS] == had) {
				guest_wfi();
			}
			guest_irq_unmask();
		} else { /* polled: never open while it sleeps */
			guest_irq_mask();
			while ((guest_gic_hppir() & 0x3ff) != PASS && taken[cpu][PASS] == had) {
				guest_wfi();
			}
			guest_irq_unmask();
		}
	}
}

static void ring(uint32_t cpu)
{
	uint32_t next = (cpu + 1) % cpus;
	uint32_t seed = cpu + 1;

	guest_irq_unmask();
	for (uint32_t round = 0; round < rounds; round++) {
		if (cpu != 0) {
			sleep_until_passed(cpu, round, round);
		}
		dither(&seed);
		guest_gic_send_sgi(1u << next, PASS);
		if (cpu == 0) {
			sleep_until_passed(cpu, round, round);
		}
	}
	guest_irq_mask();
	passed[cpu] = taken[cpu][PASS];
}

void guest_secondary_main(uint64_t cpu)
{
	guest_gic_init_cpu();
	guest_gic_enable(PASS);
	guest_gic_enable(GO);
	for (uint32_t what = IDLE; what != RING; what = job[cpu]) {
		if (what == IDLE) {
			continue;
		}
		job[cpu] = IDLE;
		guest_delay_us(2000); /* CPU 0 goes to sleep */
		if (what == SEND_SGI) {
			guest_gic_send_sgi(1, GO);
		} else if (what == SEND_SPI) {
			guest_gic_set_pending(SPI);
		} else if (what == SEND_EVENT) {
			event_wanted = 0;
			__asm__ volatile("dsb sy\n\tsev" ::: "memory");
		}
	}
	ring((uint32_t)cpu);
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	cpus = guest_cpu_count();
	rounds = guest_arg_number("rounds", 1000);
	guest_console_init();
	guest_printf("wfi: CPUs %u\n", cpus);
	guest_mmu_enable();
	guest_set_handler(GUEST_IRQ, on_irq);
	guest_gic_init();
	guest_gic_set_edge(SPI, true);
	guest_gic_enable(PASS);
	guest_gic_enable(GO);
	guest_gic_enable(TIMER_VIRT);
	guest_gic_enable(TIMER_PHYS);
	guest_gic_enable(SPI);
	guest_gic_enable(RTC_SPI);
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		guest_cpu_on(cpu);
	}
	wake("virtual timer", TIMER_VIRT);
	wake("physical timer", TIMER_PHYS);
	wake("RTC", RTC_SPI);
	if (cpus > 1) {
		wake("SGI", GO);
		wake("SPI", SPI);
	}
	events();
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		job[cpu] = RING;
	}
	ring(0);
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		while (passed[cpu] == 0) {
		}
		guest_printf("CPU %u was woken %s\n", cpu,
			     passed[cpu] == rounds ? "each time" : "NOT EACH TIME");
	}
	guest_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends a WFI (Privileged Architecture 3.3.3), with sstatus.SIE clear and set. Then the race between
 * "nothing is pending" and sleep: harts pass IPIs around thousands of times, each asleep until it has one,
 * with the moment of sending moved about. A wake-up that is lost is a hang, and so a failure. "rounds=" is
 * how many.
 */
#include "plic.h"

#define RTC_TIME_LOW    0x00
#define RTC_TIME_HIGH   0x04
#define RTC_ALARM_LOW   0x08
#define RTC_ALARM_HIGH  0x0c
#define RTC_IRQ_ENABLED 0x10
#define RTC_CLEAR       0x1c
#define KINDS           16

static volatile uint32_t taken[GUEST_MAX_CPUS][KINDS]; /* by cause */
static volatile uint32_t passed[GUEST_MAX_CPUS];
static volatile uint32_t job[GUEST_MAX_CPUS];
static uint32_t cpus;
static uint64_t rounds;

enum { IDLE, SEND, RING };

static void on_irq(struct guest_frame *f)
{
	uint32_t cpu = guest_cpu_self();
	uint32_t cause = (uint32_t)f->cause % KINDS;

	if (cause == IRQ_S_SOFT) {
		guest_csr_clear(sip, SIP_SSIP);
		guest_barrier();
	} else if (cause == IRQ_S_TIMER) {
		guest_timer_off();
	} else {
		uint32_t source = guest_plic_claim(PLIC_CONTEXT(cpu));

		guest_write32(GUEST_RTC + RTC_CLEAR, 1);
		guest_write32(GUEST_RTC + RTC_IRQ_ENABLED, 0);
		guest_plic_complete(PLIC_CONTEXT(cpu), source);
	}
	taken[cpu][cause] = taken[cpu][cause] + 1;
}

static bool is_pending(uint32_t cause)
{
	return guest_irq_is_pending(cause);
}

/* Arrange for @cause to come in a while, when this CPU sleeps. */
static void arrange(uint32_t cause)
{
	if (cause == IRQ_S_TIMER) {
		guest_timer_set(guest_counter() + guest_ticks(2000));
	} else if (cause == IRQ_S_SOFT) {
		job[1] = SEND;
	} else {
		uint64_t now = guest_read32(GUEST_RTC + RTC_TIME_LOW);

		now |= (uint64_t)guest_read32(GUEST_RTC + RTC_TIME_HIGH) << 32;
		now += 2000000; /* ns */
		guest_write32(GUEST_RTC + RTC_IRQ_ENABLED, 1);
		guest_write32(GUEST_RTC + RTC_ALARM_HIGH, (uint32_t)(now >> 32));
		guest_write32(GUEST_RTC + RTC_ALARM_LOW, (uint32_t)now);
	}
}

static void wake(const char *what, uint32_t cause)
{
	uint32_t before = taken[0][cause];

	/* Masked: it wakes, and is not taken. A WFI may also end without a reason: ask again. */
	arrange(cause);
	while (!is_pending(cause)) {
		guest_wfi();
	}
	guest_printf("%s, masked: awake, taken %u", what, taken[0][cause] - before);
	guest_wfi(); /* still pending: does not sleep */
	guest_irq_unmask();
	while (taken[0][cause] == before) {
	}
	guest_irq_mask();
	guest_printf(", unmasked: taken %u", taken[0][cause] - before);
	/* Open: the handler has run when WFI is over, unless it ran before. */
	arrange(cause);
	guest_irq_unmask();
	while (taken[0][cause] == before + 1) {
		guest_wfi();
	}
	guest_irq_mask();
	guest_printf(", open: taken %u\n", taken[0][cause] - before);
}

/* Enabled one by one in sie while pending: each is a reason not to sleep. */
static void pending_before(void)
{
	guest_csr_write(sie, 0);
	guest_csr_set(sip, SIP_SSIP);
	guest_timer_set(0);
	while (!is_pending(IRQ_S_TIMER)) {
	}
	guest_csr_write(sie, SIP_SSIP);
	guest_wfi();
	guest_csr_write(sie, SIP_STIP);
	guest_wfi();
	guest_csr_clear(sip, SIP_SSIP);
	guest_timer_off();
	guest_csr_write(sie, SIP_SSIP | SIP_STIP | SIP_SEIP);
	guest_puts("pending before: did not sleep\n");
}

/* A delay of a different length each time, so that the IPI hits every moment on the way to sleep. */
static void dither(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	for (volatile uint32_t i = *seed >> 24; i != 0; i--) {
	}
}

/* Wait asleep until this CPU has had more than @had IPIs. */
static void sleep_until_passed(uint32_t cpu, uint32_t had, uint32_t round)
{
	/* One in four rounds begins awake, for a while. */
	for (uint32_t i = 0; round % 4 == 3 && i < 1000 && taken[cpu][IRQ_S_SOFT] == had; i++) {
	}
	while (taken[cpu][IRQ_S_SOFT] == had) {
		guest_irq_mask();
		if (round % 4 != 1) { /* the usual idle loop: masked, looked, slept, opened */
			if (taken[cpu][IRQ_S_SOFT] == had) {
				guest_wfi();
			}
		} else { /* polled: never open while it sleeps */
			while (!is_pending(IRQ_S_SOFT) && taken[cpu][IRQ_S_SOFT] == had) {
				guest_wfi();
			}
		}
		guest_irq_unmask();
	}
}

static void send(uint32_t cpu)
{
	guest_barrier();
	guest_sbi(SBI_EXT_IPI, 0, 1, cpu, 0);
}

static void ring(uint32_t cpu)
{
	uint32_t next = (cpu + 1) % cpus;
	uint32_t seed = cpu + 1;
	uint32_t first = taken[cpu][IRQ_S_SOFT];

	guest_irq_unmask();
	for (uint32_t round = 0; round < rounds; round++) {
		if (cpu != 0) {
			sleep_until_passed(cpu, first + round, round);
		}
		dither(&seed);
		send(next);
		if (cpu == 0) {
			sleep_until_passed(cpu, first + round, round);
		}
	}
	guest_irq_mask();
	passed[cpu] = taken[cpu][IRQ_S_SOFT] - first;
}

void guest_secondary_main(uint64_t cpu)
{
	guest_csr_write(sie, SIP_SSIP);
	for (uint32_t what = IDLE; what != RING; what = job[cpu]) {
		if (what == SEND) {
			job[cpu] = IDLE;
			guest_delay_us(2000); /* CPU 0 goes to sleep */
			send(0);
		}
	}
	ring((uint32_t)cpu);
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	cpus = guest_cpu_count();
	rounds = guest_arg_number("rounds", 1000);
	guest_printf("wfi: harts %u\n", cpus);
	guest_set_handler(GUEST_IRQ, on_irq);
	guest_plic_priority(PLIC_RTC, 1);
	guest_plic_threshold(PLIC_CONTEXT(0), 0);
	guest_plic_enable(PLIC_CONTEXT(0), PLIC_RTC, true);
	guest_timer_off();
	guest_csr_write(sie, SIP_SSIP | SIP_STIP | SIP_SEIP);
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		guest_cpu_on(cpu);
	}
	wake("timer", IRQ_S_TIMER);
	wake("RTC", IRQ_S_EXTERNAL);
	if (cpus > 1) {
		wake("IPI", IRQ_S_SOFT);
	}
	pending_before();
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		job[cpu] = RING;
	}
	if (cpus > 1) {
		ring(0);
	}
	for (uint32_t cpu = 0; cpus > 1 && cpu < cpus; cpu++) {
		while (passed[cpu] == 0) {
		}
		guest_printf("hart %u was woken %s\n", cpu,
			     passed[cpu] == rounds ? "each time" : "NOT EACH TIME");
	}
	guest_done();
}

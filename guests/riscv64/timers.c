/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timer of S-mode, by SBI set_timer (2.0 chapter 6) and, with Sstc, by stimecmp: the condition STIP,
 * interrupts on every hart, past, far and moved times. An interrupt may be late, never early. by=sbi leaves
 * stimecmp alone on a hart that has it.
 */
#include "guest.h"

#define ROUNDS 100
#define FAR    (UINT64_C(1) << 40) /* ticks: hours */

struct timer {
	const char *name;
	bool sbi;
};

/* Of the handler; each CPU has its own. */
static volatile uint32_t taken[GUEST_MAX_CPUS];
static volatile uint32_t early[GUEST_MAX_CPUS];
static volatile uint32_t strange[GUEST_MAX_CPUS]; /* not a timer's */
static volatile uint32_t limit[GUEST_MAX_CPUS];   /* how often it may come before it is quenched */
static volatile uint64_t due[GUEST_MAX_CPUS];
static volatile uint32_t finished[GUEST_MAX_CPUS];
static volatile uint32_t which[GUEST_MAX_CPUS]; /* 0: SBI, 1: stimecmp */

static void set(uint32_t by, uint64_t when)
{
	due[guest_cpu_self()] = when;
	guest_barrier();
	if (by == 0) {
		guest_sbi(SBI_EXT_TIME, 0, when, 0, 0);
	} else {
		guest_csr_write(CSR_STIMECMP, when);
	}
}

static uint64_t stip(void)
{
	return guest_irq_is_pending(IRQ_S_TIMER);
}

static void on_irq(struct guest_frame *f)
{
	uint32_t cpu = guest_cpu_self();

	if (f->cause != (GUEST_CAUSE_IRQ | IRQ_S_TIMER)) {
		strange[cpu] = strange[cpu] + 1;
		return;
	}
	taken[cpu] = taken[cpu] + 1;
	early[cpu] = early[cpu] + (guest_counter() < due[cpu]);
	if (taken[cpu] >= limit[cpu]) {
		set(which[cpu], ~UINT64_C(0));
	}
}

static void fresh(uint32_t cpu)
{
	taken[cpu] = 0;
	early[cpu] = 0;
	strange[cpu] = 0;
	limit[cpu] = 1;
}

static void settle(void)
{
	guest_delay_us(2000);
}

static void show(const char *what)
{
	guest_printf("%s: taken %u, early %u, strange %u\n", what, taken[0], early[0], strange[0]);
}

static void await(uint32_t count)
{
	guest_irq_unmask();
	while (taken[0] < count) {
	}
	settle();
	guest_irq_mask();
}

/* STIP is the condition, by stimecmp at once, by SBI as soon as the call or the timer has come. */
static void condition(uint32_t by)
{
	static const uint64_t values[] = { 0, 1, 0x1234, UINT64_MAX, UINT64_C(1) << 62, 0 };

	for (unsigned i = 0; i < 6; i++) {
		set(by, values[i]);
		settle();
		guest_printf("set to 0x%lx: STIP %lu\n", values[i], stip());
	}
	uint64_t when = guest_counter() + guest_ticks(300000);

	set(by, when);
	guest_printf("soon: STIP %lu", stip());
	while (stip() == 0) {
	}
	guest_printf(", then 1%s", guest_counter() >= when ? "" : " EARLY");
	set(by, guest_counter() + FAR);
	guest_printf(", far: STIP %lu", stip());
	set(by, 0);
	while (stip() == 0) {
	}
	guest_csr_clear(sip, SIP_STIP); /* read-only in sip */
	guest_printf(", past and not to be cleared in sip: STIP %lu\n", stip());
	set(by, ~UINT64_C(0));
	guest_csr_set(sip, SIP_STIP);
	guest_printf("off, and not to be set in sip: STIP %lu\n", stip());
}

static void interrupts(uint32_t by)
{
	fresh(0);
	which[0] = by;
	guest_csr_write(sie, 0);
	set(by, 0);
	await(0);
	show("disabled in sie");
	guest_csr_write(sie, SIP_STIP);
	settle();
	show("masked in sstatus");
	await(1);
	show("long ago");
	set(by, guest_counter() + FAR);
	await(1);
	show("far away");
	set(by, guest_counter() + guest_ticks(500));
	await(2);
	show("soon");
	fresh(0);
	limit[0] = 5;
	set(by, guest_counter());
	await(5);
	show("not quenched four times");
	fresh(0);
	set(by, guest_counter() + guest_ticks(3000));
	set(by, guest_counter() + FAR); /* taken back in time */
	guest_delay_us(6000);
	await(0);
	show("taken back");
	set(by, guest_counter() + FAR);
	set(by, guest_counter() + guest_ticks(3000)); /* nearer than the one before */
	await(1);
	show("brought nearer");
	fresh(0);
	set(by, 0);
	while (stip() == 0) {
	}
	set(by, guest_counter() + FAR);
	await(0);
	show("pending, then moved away");
}

/* A timer that is masked still ends WFI, which does not take it. */
static void sleeps(uint32_t by)
{
	fresh(0);
	for (unsigned i = 0; i < 20; i++) {
		set(by, guest_counter() + guest_ticks(300 + 100 * i));
		while (stip() == 0) {
			guest_wfi();
		}
		if (guest_counter() < due[0]) {
			guest_puts("WOKEN WITH THE TIMER EARLY\n");
		}
		guest_wfi(); /* still pending: does not sleep */
	}
	show("asleep with interrupts masked, 20 times");
	guest_irq_unmask();
	for (unsigned i = 0; i < 20; i++) {
		uint32_t before = taken[0];

		limit[0] = before + 1;
		set(by, guest_counter() + guest_ticks(1000));
		while (taken[0] == before) {
			guest_irq_mask();
			if (taken[0] == before) {
				guest_wfi();
			}
			guest_irq_unmask();
		}
	}
	guest_irq_mask();
	settle();
	guest_printf("asleep, then taken: %s, early %u, strange %u\n",
		     taken[0] >= 20 ? "20" : "LOST", early[0], strange[0]);
}

/* On every hart at a time: each interval brings one interrupt, after its end. */
static void rounds(uint32_t cpu)
{
	uint32_t seed = cpu + 1;

	fresh(cpu);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t before = taken[cpu];

		seed = seed * 1664525 + 1013904223;
		limit[cpu] = before + 1;
		set(which[cpu], guest_counter() + guest_ticks(1 + (seed >> 16) % 300));
		while (taken[cpu] == before) {
			if ((seed & 0x100) != 0) {
				guest_irq_mask();
				if (taken[cpu] == before) {
					guest_wfi();
				}
				guest_irq_unmask();
			}
		}
	}
	finished[cpu] = finished[cpu] + 1;
}

void guest_secondary_main(uint64_t cpu)
{
	guest_csr_write(sie, SIP_STIP);
	guest_irq_unmask();
	rounds((uint32_t)cpu);
	guest_irq_mask();
	guest_cpu_off();
}

static void everybody(uint32_t cpus, uint32_t by)
{
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		which[cpu] = by;
		finished[cpu] = 0;
	}
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		while (guest_sbi(SBI_EXT_HSM, 2, cpu, 0, 0).value != 1) {
		}
		guest_cpu_on(cpu);
	}
	guest_irq_unmask();
	rounds(0);
	guest_irq_mask();
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		while (finished[cpu] == 0) {
		}
		guest_printf("hart %u: taken %u, early %u, strange %u\n", cpu, taken[cpu],
			     early[cpu], strange[cpu]);
	}
}

void guest_main(uint64_t dtb)
{
	uint32_t cpus = guest_cpu_count();
	uint32_t count = guest_has_sstc() && !guest_arg_is("by", "sbi") ? 2 : 1;

	(void)dtb;
	guest_printf("timers: harts %u, %s\n", cpus,
		     guest_counter_hz() != 0 ? "timebase known" : "NO TIMEBASE");
	guest_set_handler(GUEST_IRQ, on_irq);
	for (uint32_t by = 0; by < count; by++) {
		guest_printf("%s\n", by == 0 ? "by SBI" : "by stimecmp");
		condition(by);
		interrupts(by);
		sleeps(by);
		everybody(cpus, by);
	}
	guest_done();
}

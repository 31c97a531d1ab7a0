/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that end in an interrupt, or on another hart. QEMU's emulated harts take turns; a turn ends at the
 * next expiry of any timer, so a hart that waits sets its own (disabled in sie) a little ahead.
 */
#include "bench/bench.h"

#define HANDLER_OWN 3   /* the vector's two instructions and its read of the counter */
#define SWITCH_OWN  2   /* the store of the one time and the read of the other */
#define COUNTER_OWN 1   /* read of the counter */
#define TICK        100 /* instructions, of 1 ns each, to a tick of time at 10 MHz */
#define AHEAD       50  /* ticks to the timer's expiry */

enum phase { STARTING, READY, RUNNING, IDLE, SWITCHING, OVER };

struct hart {
	uint64_t irq_time; /* of the last interrupt */
	uint64_t irq_count;
	uint64_t sleep_time; /* just before WFI */
	uint64_t wake_time;  /* just after it */
} __attribute__((aligned(64)));

static volatile struct hart harts[2];
static volatile enum phase phase;
static uint64_t cycle_of_0; /* cycle when time was 0 */

void bench_vector(void);
void bench_irq(uint64_t now, uint64_t cause);

static uint64_t cycle(void)
{
	uint64_t v;

	__asm__ volatile("rdcycle %0" : "=r"(v)::"memory");
	return v;
}

void bench_irq(uint64_t now, uint64_t cause)
{
	volatile struct hart *self = &harts[guest_cpu_self()];

	if (cause == (GUEST_CAUSE_IRQ | IRQ_S_TIMER)) {
		guest_timer_off();
	} else if (cause == (GUEST_CAUSE_IRQ | IRQ_S_SOFT)) {
		guest_csr_clear(sip, SIP_SSIP);
	} else {
		guest_printf("bench: scause 0x%lx\n", cause);
		guest_power_off();
	}
	self->irq_time = now;
	self->irq_count++;
}

void bench_irq_init(uint32_t cpu)
{
	(void)cpu;
	guest_csr_write(stvec, (uint64_t)bench_vector);
	guest_csr_write(sie, SIP_SSIP);
}

/* Both clocks are one; of many readings the one just behind a tick is the best. */
static void compare_clocks(void)
{
	cycle_of_0 = ~UINT64_C(0);
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t time = guest_counter();
		uint64_t at = cycle() - 1 - time * TICK; /* an instruction later */

		cycle_of_0 = (int64_t)(at - cycle_of_0) < 0 || i == 0 ? at : cycle_of_0;
	}
}

static uint64_t set_timer(void)
{
	uint64_t at = guest_counter() + AHEAD;

	guest_timer_set(at);
	return at * TICK + cycle_of_0;
}

static uint64_t time_timer(void)
{
	uint64_t before = harts[0].irq_count;
	uint64_t at = set_timer();

	while (harts[0].irq_count == before) {
	}
	return harts[0].irq_time - at;
}

/* Interrupts are masked up to the WFI, as they are in every kernel: none can slip in before it. */
static void sleep_once(void)
{
	__asm__ volatile("wfi\n\tcsrsi sstatus, 2\n\tcsrci sstatus, 2" ::: "memory");
}

static uint64_t time_timer_idle(void)
{
	uint64_t at = set_timer();

	sleep_once();
	return harts[0].irq_time - at;
}

void bench_timer(void)
{
	compare_clocks();
	guest_csr_write(sie, SIP_STIP);
	guest_irq_unmask();
	bench_row("timer", time_timer, HANDLER_OWN);
	guest_irq_mask();
	bench_row("timer_idle", time_timer_idle, HANDLER_OWN + 1);
	guest_csr_write(sie, SIP_SSIP);
}

/* Let the other hart have its turn. */
static void yield(void)
{
	guest_timer_set(guest_counter() + 1);
	for (unsigned i = 0; i < 2 * TICK; i++) {
		__asm__ volatile("nop");
	}
}

static uint64_t send(uint32_t cpu)
{
	register uint64_t a0 __asm__("a0") = UINT64_C(1) << cpu;
	register uint64_t a1 __asm__("a1") = 0;
	register uint64_t a6 __asm__("a6") = 0;
	register uint64_t a7 __asm__("a7") = SBI_EXT_IPI;
	uint64_t t0;

	__asm__ volatile("fence iorw, iorw\n\trdcycle %0\n\tecall"
			 : "=&r"(t0), "+r"(a0), "+r"(a1)
			 : "r"(a6), "r"(a7)
			 : "memory");
	return t0;
}

static void start_other(void)
{
	phase = STARTING;
	if (guest_cpu_on(1) != 0) {
		guest_puts("bench: no second CPU\n");
		guest_power_off();
	}
	while (phase == STARTING) {
		sleep_once();
	}
}

static uint64_t time_ipi(void)
{
	uint64_t before;
	uint64_t t0;

	for (int i = 0; i < 8; i++) { /* the other one is through with the last, and waits again */
		yield();
	}
	before = harts[1].irq_count;
	t0 = send(1);
	while (harts[1].irq_count == before) {
		yield();
	}
	return harts[1].irq_time - t0;
}

/* The sender's own part, as far as the other hart does not have its turn before. */
static uint64_t time_ipi_send(void)
{
	uint64_t t0;

	for (int i = 0; i < 8; i++) {
		yield();
	}
	t0 = send(1);
	return cycle() - t0;
}

void bench_ipi(void)
{
	start_other();
	phase = RUNNING;
	send(1);
	bench_row("ipi", time_ipi, HANDLER_OWN);
	bench_row("ipi_send", time_ipi_send, COUNTER_OWN);
	phase = IDLE;
	bench_row("ipi_idle", time_ipi, HANDLER_OWN + 1);
	phase = OVER;
	send(1);
}

/* Wake the other hart, which then has to wait for this one, and sleep until it does the same. */
static void pass_on(uint32_t self)
{
	volatile struct hart *c = &harts[self];
	uint64_t now;

	send(1 - self);
	__asm__ volatile("rdcycle %0\n\tsd %0, %1\n\twfi\n\trdcycle %0"
			 : "=&r"(now), "=m"(c->sleep_time)
			 :
			 : "memory");
	c->wake_time = now;
	guest_irq_unmask(); /* the IPI that ended the wait */
	guest_irq_mask();
}

static uint64_t time_switch(void)
{
	pass_on(0);
	return harts[0].wake_time - harts[1].sleep_time;
}

void bench_switch(void)
{
	start_other();
	phase = SWITCHING;
	bench_row("vcpu_switch", time_switch, SWITCH_OWN);
	phase = OVER;
	send(1);
}

void guest_secondary_main(uint64_t cpu)
{
	bench_irq_init((uint32_t)cpu);
	phase = READY;
	send(0);
	while (phase == READY) {
		sleep_once();
	}
	while (phase == SWITCHING) {
		pass_on(1);
	}
	guest_irq_unmask();
	while (phase == RUNNING) {
		yield();
	}
	guest_irq_mask();
	guest_timer_off();
	while (phase == IDLE) {
		sleep_once();
	}
}

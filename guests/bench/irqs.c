/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that end in an interrupt, or on another CPU. */
#include "bench.h"

#define AHEAD 5000 /* instructions to the timer's expiry */

enum phase { STARTING, READY, RUNNING, IDLE, SWITCHING, OVER };

struct cpu {
	uint64_t irq_time; /* of the last interrupt */
	uint64_t irq_count;
	uint64_t sleep_time; /* just before WFI */
	uint64_t wake_time;  /* just after it */
} __attribute__((aligned(64)));

static volatile struct cpu cpus[2];
static volatile enum phase phase;

void bench_irq(uint64_t now)
{
	volatile struct cpu *self = &cpus[guest_cpu_self()];

	bench_irq_end();
	self->irq_time = now;
	self->irq_count++;
}

static uint64_t time_timer(void)
{
	uint64_t before = cpus[0].irq_count;
	uint64_t at = bench_set_timer(AHEAD);

	while (cpus[0].irq_count == before) {
	}
	return cpus[0].irq_time - at;
}

static uint64_t time_timer_idle(void)
{
	uint64_t at = bench_set_timer(AHEAD);

	bench_sleep();
	return cpus[0].irq_time - at;
}

void bench_timer(void)
{
	guest_irq_unmask();
	bench_row("timer", time_timer, HANDLER_OWN);
	guest_irq_mask();
	bench_row("timer_idle", time_timer_idle, HANDLER_OWN + WAKE_OWN);
}

static uint64_t time_ipi_self(void)
{
	uint64_t before = cpus[0].irq_count;
	uint64_t t0 = bench_send(0);

	while (cpus[0].irq_count == before) {
	}
	return cpus[0].irq_time - t0;
}

void bench_ipi_self(void)
{
	guest_irq_unmask();
	bench_row("ipi_self", time_ipi_self, HANDLER_OWN);
	guest_irq_mask();
}

static void start_other(void)
{
	phase = STARTING;
	if (guest_cpu_on(1) != 0) {
		guest_puts("bench: no second CPU\n");
		guest_power_off();
	}
	while (phase == STARTING) {
		bench_sleep();
	}
}

static uint64_t once_ipi(void)
{
	uint64_t before;
	uint64_t t0;

	bench_yield(1); /* the other one is through with the last, and waits again */
	before = cpus[1].irq_count;
	t0 = bench_send(1);
	bench_hand_over();
	while (cpus[1].irq_count == before) {
		bench_yield(1);
	}
	return cpus[1].irq_time - t0;
}

/* The sender's own part: it goes on before the other CPU has its turn. */
static uint64_t once_ipi_send(void)
{
	uint64_t t0;

	bench_yield(1);
	t0 = bench_send(1);
	return bench_counter() - t0;
}

/* Emulated CPUs take turns. The other one had its turn when it had something to do: the shortest of some. */
static uint64_t shortest(uint64_t (*once)(void))
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < TURNS; i++) {
		uint64_t time = once();

		least = time < least ? time : least;
	}
	return least;
}

static uint64_t time_ipi(void)
{
	return shortest(once_ipi);
}

static uint64_t time_ipi_send(void)
{
	return shortest(once_ipi_send);
}

void bench_ipi(void)
{
	start_other();
	phase = RUNNING;
	bench_send(1);
	bench_row("ipi", time_ipi, HANDLER_OWN);
	bench_row("ipi_send", time_ipi_send, COUNTER_OWN);
	phase = IDLE;
	bench_row("ipi_idle", time_ipi, HANDLER_OWN + WAKE_OWN);
	phase = OVER;
	bench_send(1);
}

/* Wake the other CPU, which then has to wait for this one, and sleep until it does the same. */
static void pass_on(uint32_t self)
{
	volatile struct cpu *c = &cpus[self];

	bench_send(1 - self);
	c->wake_time = bench_sleep_timed(&c->sleep_time);
	guest_irq_unmask(); /* the interrupt that ended the wait */
	guest_irq_mask();
}

static uint64_t time_switch(void)
{
	pass_on(0);
	return cpus[0].wake_time - cpus[1].sleep_time;
}

void bench_switch(void)
{
	start_other();
	phase = SWITCHING;
	bench_row("vcpu_switch", time_switch, SWITCH_OWN);
	phase = OVER;
	bench_send(1);
}

void guest_secondary_main(uint64_t cpu)
{
	bench_irq_init((uint32_t)cpu);
	phase = READY;
	bench_send(0);
	while (phase == READY) {
		bench_sleep();
	}
	while (phase == SWITCHING) {
		pass_on(1);
	}
	guest_irq_unmask();
	while (phase == RUNNING) {
		bench_yield(0);
	}
	guest_irq_mask();
	while (phase == IDLE) {
		bench_sleep();
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that end in an interrupt, or on another CPU. Waits are loops of YIELD or WFI: QEMU lets emulated
 * CPUs take turns, and a CPU that spins would have its turn for a very long time.
 */
#include "bench.h"
#include "gic.h"
#include "timer.h"

#define SGI         1
#define SGI_TO(cpu) ((uint64_t)SGI << 24 | UINT64_C(1) << (cpu)) /* ICC_SGI1R_EL1 */
#define HANDLER_OWN 2    /* the vector's store and its read of the counter */
#define SWITCH_OWN  2    /* the store of the one time and the read of the other */
#define COUNTER_OWN 2    /* ISB and read of the counter */
#define AHEAD       5000 /* instructions to the timer's expiry */

enum phase { STARTING, READY, RUNNING, IDLE, SWITCHING, OVER };

struct cpu {
	uint64_t irq_time; /* of the last interrupt */
	uint64_t irq_count;
	uint64_t sleep_time; /* just before WFI */
	uint64_t wake_time;  /* just after it */
} __attribute__((aligned(64)));

static volatile struct cpu cpus[2];
static volatile enum phase phase;

extern const char bench_vectors[];
void bench_irq(uint64_t now);
_Noreturn void bench_exception(uint64_t esr, uint64_t elr, uint64_t far);

void bench_irq(uint64_t now)
{
	volatile struct cpu *self = &cpus[guest_this_cpu()];
	uint32_t iar = guest_gic_ack();

	if (iar == TIMER_VIRT) {
		guest_set_cntv_ctl_el0(0);
	}
	guest_gic_eoi(iar);
	self->irq_time = now;
	self->irq_count++;
}

void bench_exception(uint64_t esr, uint64_t elr, uint64_t far)
{
	guest_printf("exception: ESR_EL1 0x%lx ELR_EL1 0x%lx FAR_EL1 0x%lx\n", (unsigned long)esr,
		     (unsigned long)elr, (unsigned long)far);
	guest_power_off();
}

void bench_irq_init(uint32_t cpu)
{
	guest_msr(vbar_el1, (uintptr_t)bench_vectors);
	if (cpu == 0) {
		guest_gic_init();
	} else {
		guest_gic_init_cpu();
	}
	guest_gic_enable(SGI);
	guest_gic_enable(TIMER_VIRT);
}

static void yield(void)
{
	__asm__ volatile("yield" ::: "memory");
}

static uint64_t set_timer(void)
{
	uint64_t at = guest_counter() + AHEAD;

	guest_set_cntv_cval_el0(at);
	guest_set_cntv_ctl_el0(TIMER_ENABLE);
	return at;
}

static uint64_t time_timer(void)
{
	uint64_t before = cpus[0].irq_count;
	uint64_t at = set_timer();

	while (cpus[0].irq_count == before) {
	}
	return cpus[0].irq_time - at;
}

/* Interrupts are masked up to the WFI, as they are in every kernel: none can slip in before it. */
static void sleep_once(void)
{
	__asm__ volatile("dsb sy\n\twfi\n\tmsr daifclr, #2\n\tisb\n\tmsr daifset, #2" ::: "memory");
}

static uint64_t time_timer_idle(void)
{
	uint64_t at = set_timer();

	sleep_once();
	return cpus[0].irq_time - at;
}

void bench_timer(void)
{
	guest_irq_unmask();
	bench_row("timer", time_timer, HANDLER_OWN);
	guest_irq_mask();
	bench_row("timer_idle", time_timer_idle, HANDLER_OWN + 1);
}

static uint64_t send_sgi(uint32_t cpu)
{
	uint64_t t0;

	__asm__ volatile("dsb ish\n\tisb\n\tmrs %0, cntvct_el0\n\tmsr " ICC_SGI1R_EL1 ", %1"
			 : "=&r"(t0)
			 : "r"(SGI_TO(cpu))
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
	before = cpus[1].irq_count;
	t0 = send_sgi(1);
	while (cpus[1].irq_count == before) {
		yield();
	}
	return cpus[1].irq_time - t0;
}

/* The sender's own part: it goes on before the other CPU has its turn. */
static uint64_t time_ipi_send(void)
{
	uint64_t t0;

	for (int i = 0; i < 8; i++) {
		yield();
	}
	t0 = send_sgi(1);
	return guest_counter() - t0;
}

void bench_ipi(void)
{
	start_other();
	phase = RUNNING;
	send_sgi(1);
	bench_row("ipi", time_ipi, HANDLER_OWN);
	bench_row("ipi_send", time_ipi_send, COUNTER_OWN);
	phase = IDLE;
	bench_row("ipi_idle", time_ipi, HANDLER_OWN + 1);
	phase = OVER;
	send_sgi(1);
}

/* Wake the other CPU, which then has to wait for this one, and sleep until it does the same. */
static void pass_on(uint32_t self)
{
	volatile struct cpu *c = &cpus[self];
	uint64_t now;

	send_sgi(1 - self);
	__asm__ volatile("mrs %0, cntvct_el0\n\tstr %0, %1\n\twfi\n\tmrs %0, cntvct_el0"
			 : "=&r"(now), "=m"(c->sleep_time)
			 :
			 : "memory");
	c->wake_time = now;
	guest_irq_unmask(); /* the SGI that ended the wait */
	guest_isb();
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
	send_sgi(1);
}

void guest_secondary_main(uint64_t cpu)
{
	bench_irq_init((uint32_t)cpu);
	phase = READY;
	send_sgi(0);
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
	while (phase == IDLE) {
		sleep_once();
	}
}

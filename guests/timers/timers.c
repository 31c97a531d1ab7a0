/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual and the physical timer of EL1 (DDI 0487 D11.2): what the registers keep, the condition
 * ISTATUS, the interrupts on every CPU. An interrupt may be late, never early.
 */
#include "timer.h"
#include "gic.h"

#define ROUNDS 100
#define FAR    (UINT64_C(1) << 40) /* ticks: hours */

struct timer {
	const char *name;
	uint32_t intid;
	uint64_t (*ctl)(void);
	uint64_t (*cval)(void);
	uint64_t (*tval)(void);
	uint64_t (*count)(void);
	void (*set_ctl)(uint64_t v);
	void (*set_cval)(uint64_t v);
	void (*set_tval)(uint64_t v);
};

/* Functions, not data: the image holds no pointers. */
static struct timer timer(uint32_t which)
{
	if (which == 0) {
		return (struct timer){ .name = "virtual",
				       .intid = TIMER_VIRT,
				       .ctl = guest_cntv_ctl_el0,
				       .cval = guest_cntv_cval_el0,
				       .tval = guest_cntv_tval_el0,
				       .count = guest_cntvct_el0,
				       .set_ctl = guest_set_cntv_ctl_el0,
				       .set_cval = guest_set_cntv_cval_el0,
				       .set_tval = guest_set_cntv_tval_el0 };
	}
	return (struct timer){ .name = "physical",
			       .intid = TIMER_PHYS,
			       .ctl = guest_cntp_ctl_el0,
			       .cval = guest_cntp_cval_el0,
			       .tval = guest_cntp_tval_el0,
			       .count = guest_cntpct_el0,
			       .set_ctl = guest_set_cntp_ctl_el0,
			       .set_cval = guest_set_cntp_cval_el0,
			       .set_tval = guest_set_cntp_tval_el0 };
}

/* Of the handler; each CPU has its own. */
static volatile uint32_t taken[GUEST_MAX_CPUS][2];
static volatile uint32_t early[GUEST_MAX_CPUS];
static volatile uint32_t strange[GUEST_MAX_CPUS]; /* without the condition, or not a timer's */
static volatile uint32_t levels[GUEST_MAX_CPUS];  /* how often it may come before it is quenched */
static volatile uint32_t last[GUEST_MAX_CPUS];
static volatile uint32_t finished[GUEST_MAX_CPUS];

static void on_irq(struct guest_frame *f)
{
	uint32_t cpu = guest_this_cpu();
	uint32_t iar = guest_gic_ack();

	(void)f;
	if (iar != TIMER_VIRT && iar != TIMER_PHYS) {
		strange[cpu] = strange[cpu] + (iar != GIC_SPURIOUS);
		return;
	}
	struct timer t = timer(iar == TIMER_PHYS);
	uint32_t which = iar == TIMER_PHYS;

	taken[cpu][which] = taken[cpu][which] + 1;
	last[cpu] = iar;
	early[cpu] = early[cpu] + (t.count() < t.cval());
	strange[cpu] = strange[cpu] + (t.ctl() != (TIMER_ENABLE | TIMER_ISTATUS));
	if (taken[cpu][which] >= levels[cpu]) {
		t.set_ctl(TIMER_ENABLE | TIMER_IMASK);
	}
	guest_gic_eoi(iar);
}

static void fresh(uint32_t cpu)
{
	taken[cpu][0] = 0;
	taken[cpu][1] = 0;
	early[cpu] = 0;
	strange[cpu] = 0;
	levels[cpu] = 1;
}

static void registers(const struct timer *t)
{
	static const uint64_t values[] = { 0, 1, 0x123456789abcdef0, UINT64_MAX,
					   UINT64_C(1) << 63 };

	t->set_ctl(0);
	t->set_cval(t->count() + FAR);
	guest_printf("CTL:");
	for (uint64_t v = 0; v < 4; v++) {
		t->set_ctl(v | 0xfffffff8);
		guest_printf(" %lx", t->ctl() & ((v & 1) != 0 ? UINT64_MAX : 3));
	}
	t->set_ctl(TIMER_ENABLE | TIMER_IMASK);
	guest_printf("\nCVAL:");
	for (uint32_t i = 0; i < 5; i++) {
		t->set_cval(values[i]);
		guest_printf(" %lx", t->cval());
		if (i <
		    4) { /* the last: whether 2^63 has passed is a matter of the counter's width */
			guest_printf(" (ISTATUS %u)", (t->ctl() & TIMER_ISTATUS) != 0);
		}
	}
	guest_printf("\n");
}

/* TVAL is the signed 32-bit distance of CVAL from the counter. */
static void downcounter(const struct timer *t)
{
	static const uint32_t values[] = { 0, 0x7fffffff, 0x80000000, 0xffffffff, 1, 0x40000000 };

	guest_printf("TVAL:");
	for (uint32_t i = 0; i < 6; i++) {
		uint64_t before = t->count();

		t->set_tval(values[i] | (i % 2 == 0 ? UINT64_C(0xffffffff00000000) : 0));
		uint64_t cval = t->cval();
		uint64_t after = t->count();
		uint64_t offset = (uint64_t)(int64_t)(int32_t)values[i];
		bool placed = cval - offset - before <= after - before;

		while (values[i] == 1 && t->count() <= cval) {
		}
		/* The third is before the counter's start, or after it. */
		bool met = i != 2 && (t->ctl() & TIMER_ISTATUS) != 0;

		guest_printf(" %x%s%s", values[i], placed ? "" : " MISPLACED", met ? " met" : "");
	}
	t->set_cval(t->count() + 0x10000000);
	uint32_t near = (uint32_t)t->tval();
	uint64_t high = t->tval() >> 32;

	guest_printf("; read back %s, upper half %lx", near - 1 < 0x10000000 ? "in range" : "OUT",
		     high);
	t->set_cval(t->count() - 1000);
	guest_printf(", past %s\n", (int32_t)t->tval() <= -1000 ? "negative" : "NOT NEGATIVE");
}

static void settle(void)
{
	guest_delay_us(2000);
}

static void show(const char *what)
{
	guest_printf("%s: virtual %u, physical %u, early %u, strange %u\n", what, taken[0][0],
		     taken[0][1], early[0], strange[0]);
}

static void await(uint32_t which, uint32_t count)
{
	guest_irq_unmask();
	while (taken[0][which] < count) {
	}
	settle();
	guest_irq_mask();
}

static void interrupts(const struct timer *t, uint32_t which)
{
	fresh(0);
	t->set_ctl(TIMER_ENABLE | TIMER_IMASK);
	t->set_cval(0);
	await(which, 0);
	show("IMASK");
	t->set_ctl(0);
	await(which, 0);
	show("off");
	t->set_ctl(TIMER_ENABLE);
	await(which, 1);
	show("long ago");
	t->set_cval(t->count() + FAR);
	t->set_ctl(TIMER_ENABLE);
	await(which, 1);
	show("far away");
	t->set_tval(guest_ticks(500));
	await(which, 2);
	show("soon");
	fresh(0);
	levels[0] = 5;
	t->set_cval(t->count());
	t->set_ctl(TIMER_ENABLE);
	await(which, 5);
	show("not quenched four times");
	t->set_ctl(0);
}

/* An emulated line follows its condition; a linked one (the virtual timer's) may come once for nothing. */
static void level_drops(const struct timer *t)
{
	fresh(0);
	t->set_cval(0);
	t->set_ctl(TIMER_ENABLE);
	settle();
	guest_printf("pending %u", guest_gic_is_pending(t->intid));
	t->set_cval(t->count() + FAR);
	settle();
	guest_printf(", moved away %u", guest_gic_is_pending(t->intid));
	t->set_cval(0);
	guest_printf(", and back %u", guest_gic_is_pending(t->intid));
	t->set_ctl(TIMER_ENABLE | TIMER_IMASK);
	guest_printf(", IMASK %u", guest_gic_is_pending(t->intid));
	t->set_ctl(TIMER_ENABLE);
	t->set_ctl(0);
	guest_printf(", off %u\n", guest_gic_is_pending(t->intid));
	await(1, 0);
	show("none of them taken");
}

static void both(void)
{
	struct timer v = timer(0);
	struct timer p = timer(1);

	for (uint32_t i = 0; i < 2; i++) {
		fresh(0);
		guest_gic_set_priority(TIMER_VIRT, i == 0 ? 0x80 : 0xc0);
		guest_gic_set_priority(TIMER_PHYS, 0xa0);
		v.set_cval(0);
		p.set_cval(0);
		v.set_ctl(TIMER_ENABLE);
		p.set_ctl(TIMER_ENABLE);
		settle();
		await(1 - i, 1);
		await(i, 1);
		guest_printf("last %u, ", last[0]);
		show("both at once");
		v.set_ctl(0);
		p.set_ctl(0);
	}
}

/* On every CPU at a time: each interval brings one interrupt, after its end. */
static void rounds(uint32_t cpu)
{
	uint32_t seed = cpu + 1;

	fresh(cpu);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct timer t = timer(i & 1);
		uint32_t before = taken[cpu][i & 1];

		seed = seed * 1664525 + 1013904223;
		levels[cpu] = before + 1;
		t.set_tval(guest_ticks(1 + (seed >> 16) % 300));
		t.set_ctl(TIMER_ENABLE);
		while (taken[cpu][i & 1] == before) {
			if ((seed & 0x100) != 0) {
				guest_wfi();
			}
		}
	}
	finished[cpu] = 1;
}

static void init_cpu(void)
{
	guest_gic_init_cpu();
	guest_gic_enable(TIMER_VIRT);
	guest_gic_enable(TIMER_PHYS);
}

void guest_secondary_main(uint64_t cpu)
{
	init_cpu();
	guest_irq_unmask();
	rounds((uint32_t)cpu);
}

void guest_main(uint64_t dtb)
{
	uint32_t cpus = guest_cpu_count();

	(void)dtb;
	guest_console_init();
	guest_printf("timers: CPUs %u\n", cpus);
	guest_mmu_enable();
	guest_set_handler(GUEST_IRQ, on_irq);
	guest_gic_init();
	init_cpu();
	for (uint32_t which = 0; which < 2; which++) {
		struct timer t = timer(which);

		guest_printf("the %s timer\n", t.name);
		registers(&t);
		downcounter(&t);
		interrupts(&t, which);
	}
	struct timer p = timer(1);

	level_drops(&p);
	both();
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		guest_cpu_on(cpu);
	}
	guest_irq_unmask();
	rounds(0);
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		while (finished[cpu] == 0) {
		}
		guest_printf("CPU %u: virtual %u, physical %u, early %u, strange %u\n", cpu,
			     taken[cpu][0], taken[cpu][1], early[cpu], strange[cpu]);
	}
	guest_done();
}

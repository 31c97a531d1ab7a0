/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delivery of interrupts: order by priority, masks, preemption, edge and level; in
 * levels.c devices and EOImode 1, in routes.c who gets them (IHI 0069 4, IHI 0048 3). What QEMU's GICv2 does in its own way is left out
 * unless the command line says "full": EOImode 1, a PPI made pending by register (it looks at the targets,
 * which are none), an SPI that changes its target while it is pending (it stays where it was), and one with
 * several targets (it goes to all).
 */
#include "irqs.h"
#include "timer.h"

#define TRACE 128
#define PPI   22
#define HERE  15 /* SGI of a CPU to itself: it is there */

volatile uint32_t taken[GUEST_MAX_CPUS][LINES];
void (*volatile actions[LINES])(uint32_t intid);

bool everything;

static volatile uint32_t boot_taken; /* by the boot CPU */
static volatile int32_t trace[TRACE];
static volatile uint32_t trace_length;

static void note(uint32_t cpu, int32_t what)
{
	if (cpu == 0 && trace_length < TRACE) {
		trace[trace_length] = what;
		trace_length = trace_length + 1;
	}
}

static void on_irq(struct guest_frame *f)
{
	uint32_t cpu = guest_this_cpu();
	uint32_t iar = guest_gic_ack();
	uint32_t intid = iar & 0x3ff;

	(void)f;
	if (intid >= LINES) {
		return; /* gone before it was taken */
	}
	note(cpu, (int32_t)intid);
	taken[cpu][intid] = taken[cpu][intid] + 1;
	if (cpu == 0) {
		boot_taken = boot_taken + 1;
	}
	void (*action)(uint32_t) = actions[intid];

	if (action != NULL) {
		action(intid);
	}
	note(cpu, -(int32_t)intid);
	guest_gic_eoi(iar);
}

void fresh(void)
{
	for (uint32_t i = 0; i < LINES; i++) {
		actions[i] = NULL;
		for (uint32_t cpu = 0; cpu < GUEST_MAX_CPUS; cpu++) {
			taken[cpu][i] = 0;
		}
	}
	for (uint32_t i = 32; i < 64; i++) {
		guest_gic_disable(i);
		guest_gic_clear_active(i);
		guest_gic_set_edge(i, i != UART_SPI && i != RTC_SPI);
		guest_gic_clear_pending(i);
	}
	boot_taken = 0;
	trace_length = 0;
}

void show_trace(const char *what)
{
	guest_printf("%s:", what);
	for (uint32_t i = 0; i < trace_length; i++) {
		guest_printf(" %c%d", trace[i] < 0 ? '-' : '+',
			     trace[i] < 0 ? -trace[i] : trace[i]);
	}
	guest_printf("\n");
}

void show_counts(const char *what, uint32_t intid, uint32_t cpus)
{
	guest_printf("%s:", what);
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		guest_printf(" %u", taken[cpu][intid]);
	}
	guest_printf("\n");
}

uint32_t total(uint32_t intid, uint32_t cpus)
{
	uint32_t sum = 0;

	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		sum += taken[cpu][intid];
	}
	return sum;
}

void settle(void)
{
	guest_delay_us(1000);
}

void let_in(uint32_t count)
{
	uint32_t until = boot_taken + count;

	guest_irq_unmask();
	while (boot_taken < until) {
	}
	settle();
	guest_irq_mask();
}

void prepare(uint32_t intid, uint32_t priority)
{
	guest_gic_set_priority(intid, priority);
	guest_gic_route(intid, 0);
	guest_gic_enable(intid);
}

/* Twelve INTIDs of scattered priorities: more than there are list registers. */
static void pend_twelve(void)
{
	static const uint8_t priorities[12] = { 0x90, 0x20, 0xd0, 0x48, 0xb0, 0x08,
						0x60, 0xa8, 0x38, 0xe0, 0x70, 0xc0 };

	fresh();
	for (uint32_t i = 0; i < 12; i++) {
		prepare(FIRST + i, priorities[i]);
		guest_gic_set_pending(FIRST + i);
	}
}

static void order(void)
{
	pend_twelve();
	let_in(12);
	show_trace("twelve by priority");
	pend_twelve();
	guest_gic_set_pmr(0x70);
	let_in(5);
	show_trace("above a mask of 70");
	guest_gic_set_pmr(0xff);
	let_in(7);
	show_trace("and all");
	fresh();
	prepare(FIRST, 0x80);
	prepare(FIRST + 1, 0x80);
	guest_gic_set_pending(FIRST);
	guest_gic_set_pending(FIRST + 1);
	guest_gic_set_priority(FIRST, 0x88); /* while it is pending */
	let_in(2);
	show_trace("priority changed while pending");
}

static void pend_next(uint32_t intid)
{
	guest_gic_set_pending(intid + 1);
	guest_irq_unmask();
	settle();
	guest_irq_mask();
}

static void pend_next_masked(uint32_t intid)
{
	guest_gic_set_pending(intid + 1);
	settle();
}

/* Group priority is bits 7 to @shift. BPR of group 1 says so; the one of group 0 is one less. */
static void set_group(uint32_t shift)
{
	guest_gic_set_bpr(guest_gic.version == 3 ? shift : shift - 1);
}

static void preemption(void)
{
	fresh();
	for (uint32_t i = 0; i < 16; i++) {
		prepare(FIRST + i, 0xf0 - 8 * i);
		actions[FIRST + i] = i < 15 ? pend_next : NULL;
	}
	guest_gic_set_pending(FIRST);
	let_in(16);
	show_trace("sixteen deep");
	uint32_t active = 0;

	for (uint32_t i = 0; i < 16; i++) {
		active += guest_gic_is_active(FIRST + i);
		actions[FIRST + i] = NULL;
		guest_gic_set_pending(FIRST + i);
	}
	trace_length = 0;
	let_in(16); /* each has really ended */
	guest_printf("active afterwards %u, ", active);
	show_trace("and again");

	fresh();
	prepare(FIRST, 0xa0);
	prepare(FIRST + 1, 0x40);
	actions[FIRST] = pend_next_masked;
	guest_gic_set_pending(FIRST);
	let_in(2);
	show_trace("masked at the processor");

	for (uint32_t shift = 3; shift <= 7; shift++) {
		fresh();
		set_group(shift);
		for (uint32_t i = 0; i < 5; i++) { /* f0, e8, d8, b8, 78: bits 3, 4, 5, 6 below */
			prepare(FIRST + i, 0xf8 - (8u << i) + (i == 0 ? 0 : 8));
			actions[FIRST + i] = i < 4 ? pend_next : NULL;
		}
		guest_gic_set_pending(FIRST);
		let_in(5);
		guest_printf("group priority from bit %u, ", shift);
		show_trace("in turn");
	}
	guest_gic_set_bpr(0);
}

static void pend_self_twice(uint32_t intid)
{
	if (taken[0][intid] == 1) {
		guest_gic_set_pending(intid);
		guest_gic_set_pending(intid);
	}
}

static void edges(void)
{
	fresh();
	prepare(FIRST, 0xa0);
	guest_gic_set_pending(FIRST);
	guest_gic_set_pending(FIRST);
	let_in(1);
	show_trace("two edges before it is taken");
	fresh();
	prepare(FIRST, 0xa0);
	actions[FIRST] = pend_self_twice;
	guest_gic_set_pending(FIRST);
	let_in(2);
	show_trace("two edges while it is active");
	fresh();
	guest_gic_set_edge(FIRST, false);
	prepare(FIRST, 0xa0);
	actions[FIRST] = pend_self_twice;
	guest_gic_set_pending(FIRST);
	let_in(2);
	show_trace("level, set pending by register");
	if (!everything) {
		return;
	}
	fresh();
	guest_gic_enable(PPI);
	guest_gic_set_pending(PPI);
	let_in(1);
	show_trace("PPI, set pending by register");
	guest_gic_disable(PPI);
}

static void enables(void)
{
	uint32_t ctlr = guest_read32(guest_gic.dist + GICD_CTLR);

	fresh();
	prepare(FIRST, 0xa0);
	guest_gic_set_pending(FIRST);
	guest_gic_disable(FIRST);
	let_in(0);
	show_trace("disabled while pending");
	guest_gic_enable(FIRST);
	let_in(1);
	show_trace("enabled again");
	guest_gic_set_pending(FIRST);
	guest_gic_clear_pending(FIRST);
	let_in(0);
	show_trace("pending taken back");
	guest_write32(guest_gic.dist + GICD_CTLR, ctlr & ~3u);
	guest_gic_set_pending(FIRST);
	let_in(0);
	show_trace("distributor off");
	guest_write32(guest_gic.dist + GICD_CTLR, ctlr);
	let_in(1);
	show_trace("distributor on");
	guest_gic_set_active(FIRST);
	guest_gic_set_pending(FIRST);
	let_in(0);
	show_trace("made active by register");
	guest_gic_clear_active(FIRST);
	let_in(1);
	show_trace("made inactive");
}

void guest_secondary_main(uint64_t cpu)
{
	guest_gic_init_cpu();
	for (uint32_t i = 0; i < 16; i++) {
		guest_gic_enable(i);
	}
	guest_irq_unmask();
	guest_gic_send_sgi(1u << cpu, HERE);
	for (;;) {
		guest_wfi();
	}
}

void guest_main(uint64_t dtb)
{
	uint32_t cpus = guest_cpu_count();

	(void)dtb;
	guest_console_init();
	everything = guest_arg("full");
	guest_printf("irqs: CPUs %u\n", cpus);
	guest_mmu_enable();
	guest_set_handler(GUEST_IRQ, on_irq);
	guest_gic_init();
	order();
	preemption();
	edges();
	enables();
	devices();
	if (everything) {
		split();
	}
	fresh();
	for (uint32_t i = 0; i < 16; i++) {
		guest_gic_enable(i);
	}
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		guest_cpu_on(cpu);
		while (taken[cpu][HERE] == 0) {
		}
	}
	sgis(cpus);
	routes(cpus);
	guest_done();
}

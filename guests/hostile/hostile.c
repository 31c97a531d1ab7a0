/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that does what no guest should, in a pseudo-random order that its seed decides, on all its
 * CPUs, until its time is over. It neither resets nor powers off its VM before that; what it does to
 * itself is its own affair.
 *
 * Arguments: seconds=N (10; eight q in a row typed end it too), seed=N (1), only=NAME (one kind of attack).
 * Other modes: mode=quiet (sleep instead), mode=busy (compute instead), mode=reset (reset the VM at once,
 * as long as RAM remembers seconds=N), mode=wild (the other CPUs execute random words, with a reset every
 * 20 ms), mode=off (switch the last CPU off), mode=lost (exceptions for ever).
 */
#include "hostile.h"

#define SYSREG_ICC_BPR1_EL1 GUEST_SYSREG(3, 0, 12, 12, 3)

#define PSTATE_D            UINT64_C(0x200)
#define PSTATE_IL           UINT64_C(0x100000)
#define PSTATE_SS           UINT64_C(0x200000)
#define EC_BREAKPT          0x31
#define EC_STEP             0x33
#define EC_WATCHPT          0x35

uint32_t cpu_count;

static struct hostile_cpu cpus[GUEST_MAX_CPUS];
static _Alignas(PAGE) uint8_t scratch_pages[GUEST_MAX_CPUS][SCRATCH_PAGES * PAGE];
static volatile uint64_t end_of_time;
static const struct attack *the_only;
static volatile bool wild;

static const struct attack attacks[] = {
	{ "calls", attack_calls },
	{ "psci", attack_psci },
	{ "cpus", attack_cpus },
	{ "read_registers", attack_read_registers },
	{ "write_registers", attack_write_registers },
	{ "maintenance", attack_maintenance },
	{ "debug", attack_debug },
	{ "fp", attack_fp },
	{ "distributor", attack_distributor },
	{ "interface", attack_interface },
	{ "sgis", attack_sgis },
	{ "spis", attack_spis },
	{ "timers", attack_timers },
	{ "wait", attack_wait },
	{ "devices", attack_devices },
	{ "nowhere", attack_nowhere },
	{ "tables", attack_tables },
	{ "fetches", attack_fetches },
	{ "rewriting", attack_rewriting },
	{ "touch", attack_touch },
	{ "uart", attack_uart },
	{ "rtc", attack_rtc },
	{ "el0", attack_el0 },
	{ "returns", attack_returns },
};

#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

struct hostile_cpu *me(void)
{
	return &cpus[guest_cpu_self()];
}

uint8_t *scratch(void)
{
	return scratch_pages[guest_cpu_self()];
}

/* xorshift64*, Vigna 2016 */
uint64_t any(void)
{
	struct hostile_cpu *c = me();

	c->seed ^= c->seed >> 12;
	c->seed ^= c->seed << 25;
	c->seed ^= c->seed >> 27;
	return c->seed * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t below(uint64_t n)
{
	return (any() >> 16) % n;
}

uint64_t nasty(void)
{
	switch (below(8)) {
	case 0:
		return below(64);
	case 1:
		return ~UINT64_C(0) - below(64);
	case 2:
		return UINT64_C(1) << below(64);
	case 3:
		return (UINT64_C(1) << below(64)) - 1;
	case 4:
		return guest_gic.dist + below(0x200000);
	case 5:
		return (uint64_t)scratch() + below(PAGE);
	case 6:
		return (uint32_t)any();
	default:
		return any();
	}
}

void try_any(uint32_t insn, struct guest_regs *r)
{
	/* RES0 above bit 2. QEMU, at least up to 7.2, fails an assertion of its own for 8. */
	if ((insn & ~0x1fu) == GUEST_INSN_MSR(SYSREG_ICC_BPR1_EL1, 0)) {
		r->x[insn & 0x1f] &= 7;
	}
	(void)guest_try_insn(insn, r, NULL);
}

/* Ends some, leaves some active, ends what is not there. */
static void on_interrupt(struct guest_frame *f)
{
	struct hostile_cpu *c = me();
	uint32_t iar = guest_gic_ack();

	c->irqs++;
	if (f->vector >= 8 && (c->irqs & 15) == 0) {
		(void)el0_exception(f);
	}
	switch (below(8)) {
	case 0:
		break;
	case 1:
		guest_gic_eoi((uint32_t)below(1024));
		break;
	case 2:
		guest_gic_eoi(iar);
		guest_gic_eoi(iar);
		guest_gic_deactivate(iar);
		break;
	default:
		guest_gic_eoi(iar);
		break;
	}
	if (c->irqs % 64 == 0) {
		guest_set_cntv_ctl_el0(0); /* or this CPU would do nothing else */
		guest_set_cntp_ctl_el0(0);
		f->pstate |= 0xc0;
	}
}

static void on_serror(struct guest_frame *f)
{
	(void)f;
	me()->traps++;
}

static void on_sync(struct guest_frame *f)
{
	me()->traps++;
	if (el0_exception(f)) {
		return;
	}
	switch (GUEST_EC(f->esr)) {
	case GUEST_EC_IABT:
	case GUEST_EC_PC_ALIGN:
		f->pc = f->x[30];
		break;
	case GUEST_EC_ILLEGAL:
		f->pstate &= ~PSTATE_IL;
		break;
	case GUEST_EC_SVC64:
		break;
	case EC_STEP: /* the next one is let through; some steps later it is enough */
		f->pstate |= below(32) == 0 ? PSTATE_D : PSTATE_SS;
		break;
	case EC_BREAKPT:
	case EC_WATCHPT:
		f->pstate |= PSTATE_D;
		break;
	default:
		f->pc += 4;
		break;
	}
}

void calm_with_alarm(uint64_t us)
{
	__asm__ volatile("msr daifset, #0xf" ::: "memory");
	guest_set_cntp_ctl_el0(0);
	guest_gic_init_cpu();
	guest_write32(guest_gic.dist + GICD_CTLR, 3);
	guest_gic_set_priority(TIMER_VIRT, 0x10);
	guest_gic_enable(TIMER_VIRT);
	guest_set_cntv_cval_el0(guest_cntvct_el0() + guest_ticks(us));
	guest_set_cntv_ctl_el0(TIMER_ENABLE);
}

static void start_cpu(uint64_t cpu)
{
	cpus[cpu].id = cpu;
	cpus[cpu].seed = guest_arg_number("seed", 1) * UINT64_C(0x9e3779b97f4a7c15) + cpu + 1;
}

/* The attacks leave the UART in any state and read from it what they like: many are sent, eight count. */
static void look_for_the_end(void)
{
	static uint32_t in_a_row;

	guest_console_init();
	for (unsigned i = 0; i < 64 && (guest_read32(GUEST_UART + 0x18) & 0x10) == 0; i++) {
		in_a_row = (guest_read32(GUEST_UART) & 0xff) == 'q' ? in_a_row + 1 : 0;
		if (in_a_row == 8) {
			end_of_time = 0;
		}
	}
}

static void fight(void)
{
	while (guest_counter() < end_of_time) {
		const struct attack *a = the_only != NULL ? the_only : &attacks[below(ATTACKS)];

		__asm__ volatile("msr daifset, #0xf" ::: "memory");
		if (below(16) == 0) {
			guest_gic_init_cpu();
			guest_write32(guest_gic.dist + GICD_CTLR, 3);
		}
		if (below(4) != 0) {
			__asm__ volatile("msr daifclr, #7" ::: "memory");
		}
		a->run();
		me()->attacks++;
		if (me()->id == 0) {
			look_for_the_end();
		}
	}
	__asm__ volatile("msr daifset, #0xf" ::: "memory");
	guest_set_cntv_ctl_el0(0);
	guest_set_cntp_ctl_el0(0);
}

static void set_up(void)
{
	guest_fp_enable();
	guest_gic_init_cpu();
}

void guest_secondary_main(uint64_t cpu)
{
	(void)cpu;
	set_up();
	if (wild) {
		go_wild();
	}
	fight();
}

/* The neighbour that a hostile one is compared with. */
static void be_good(bool busy)
{
	uint64_t sum = 0;

	while (guest_counter() < end_of_time) {
		if (busy) {
			for (uint64_t i = 0; i < 100000; i++) {
				sum = (sum ^ i) * UINT64_C(0x2545f4914f6cdd1d);
			}
			__asm__ volatile("" ::"r"(sum));
		} else {
			calm_with_alarm(100000);
			guest_wfi();
		}
	}
	guest_set_cntv_ctl_el0(0);
}

static _Noreturn void reset_until_the_end(void)
{
	(void)count_resets(end_of_time);
	guest_reset();
}

static _Noreturn void wild_until_the_end(void)
{
	uint64_t resets = count_resets(end_of_time);
	uint64_t end = guest_counter() + guest_ticks(20000);

	for (uint32_t i = 0; i < cpu_count; i++) {
		start_cpu(i);
		cpus[i].seed += resets << 32;
	}
	wild = true;
	for (uint32_t i = 1; i < cpu_count; i++) {
		(void)guest_cpu_on(i);
	}
	while (guest_counter() < end) {
	}
	guest_reset();
}

/* The first instruction of the vectors cannot be fetched: one exception after the other, no other thing. */
static _Noreturn void get_lost(void)
{
	guest_msr(vbar_el1, NOWHERE);
	for (;;) {
		__asm__ volatile("udf #0");
	}
}

static void choose(void)
{
	for (uint32_t i = 0; i < ATTACKS; i++) {
		if (guest_arg_is("only", attacks[i].name)) {
			the_only = &attacks[i];
		}
	}
}

static void report(void)
{
	uint64_t done = 0;
	uint64_t irqs = 0;

	for (uint32_t i = 0; i < cpu_count; i++) {
		done += cpus[i].attacks;
		irqs += cpus[i].irqs;
	}
	guest_console_init();
	guest_printf("\nhostile: end, %lu attacks, %lu interrupts\n", done, irqs);
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	cpu_count = guest_cpu_count();
	cpu_count = cpu_count > GUEST_MAX_CPUS ? GUEST_MAX_CPUS : cpu_count;
	end_of_time = guest_counter() + guest_counter_hz() * guest_arg_number("seconds", 10);
	if (guest_arg_is("mode", "reset")) {
		reset_until_the_end();
	} else if (guest_arg_is("mode", "off")) {
		guest_cpu_off();
	} else if (guest_arg_is("mode", "lost")) {
		get_lost();
	}
	guest_mmu_enable();
	guest_set_handler(GUEST_SYNC, on_sync);
	guest_set_handler(GUEST_IRQ, on_interrupt);
	guest_set_handler(GUEST_FIQ, on_interrupt);
	guest_set_handler(GUEST_SERROR, on_serror);
	guest_gic_init();
	if (guest_arg_is("mode", "wild")) {
		wild_until_the_end();
	}
	for (uint32_t i = 0; i < cpu_count; i++) {
		start_cpu(i);
	}
	guest_printf("hostile: begin, %u CPUs\n", cpu_count);
	if (guest_arg_is("mode", "quiet") || guest_arg_is("mode", "busy")) {
		be_good(guest_arg_is("mode", "busy"));
	} else {
		choose();
		set_up();
		for (uint32_t i = 1; i < cpu_count; i++) {
			(void)guest_cpu_on(i);
		}
		fight();
	}
	report();
	guest_power_off();
}

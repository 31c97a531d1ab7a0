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

uint32_t cpu_count;
uint64_t ram_base;
uint64_t ram_bytes;

static struct hostile_cpu cpus[GUEST_MAX_CPUS];
static _Alignas(PAGE) uint8_t scratch_pages[GUEST_MAX_CPUS][SCRATCH_PAGES * PAGE];
static volatile uint64_t end_of_time;
static const struct attack *the_only;
static volatile bool wild;

static const char *const floods[] = {
	"\033[2J\033[H\033[?25l\033[1;31m",
	"\033]0;owned\007",
	"[axvisor] panic: not at all\r\n",
	"\033[6n\033[c",
	"\r\r\r\r",
	"\n\n\n\n",
	"guest# ",
	"\016\017\033c",
};

const char *some_flood(void)
{
	return floods[below(sizeof(floods) / sizeof(floods[0]))];
}

/* All of memory comes into being, where it does so at a touch. */
static void attack_touch(void)
{
	for (unsigned i = 0; i < 64; i++) {
		uint64_t at =
			ram_base + (UINT64_C(8) << 20) + below(ram_bytes - (UINT64_C(9) << 20));

		*(volatile uint64_t *)(at & ~UINT64_C(7)) = at;
	}
}

static const struct attack everywhere = { "touch", attack_touch };
static uint32_t attack_count; /* of the architecture's */

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
		return arch_device();
	case 5:
		return (uint64_t)scratch() + below(PAGE);
	case 6:
		return (uint32_t)any();
	default:
		return any();
	}
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
	char c;

	guest_console_init();
	for (unsigned i = 0; i < 64 && guest_getc(&c); i++) {
		in_a_row = c == 'q' ? in_a_row + 1 : 0;
		if (in_a_row == 8) {
			end_of_time = 0;
		}
	}
}

static void choose(void)
{
	for (attack_count = 0; arch_attacks[attack_count].name != NULL; attack_count++) {
		if (guest_arg_is("only", arch_attacks[attack_count].name)) {
			the_only = &arch_attacks[attack_count];
		}
	}
	if (guest_arg_is("only", everywhere.name)) {
		the_only = &everywhere;
	}
}

/* One of the architecture's, or ours. */
static const struct attack *some_attack(void)
{
	uint32_t n = (uint32_t)below(attack_count + 1);

	return n < attack_count ? &arch_attacks[n] : &everywhere;
}

static void fight(void)
{
	while (guest_counter() < end_of_time) {
		const struct attack *a = the_only != NULL ? the_only : some_attack();

		arch_before();
		a->run();
		me()->attacks++;
		if (me()->id == 0) {
			look_for_the_end();
		}
	}
	arch_quiet();
}

void guest_secondary_main(uint64_t cpu)
{
	(void)cpu;
	arch_set_up();
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
	arch_quiet();
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
	guest_memory(&ram_base, &ram_bytes);
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
	arch_begin();
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
		arch_set_up();
		for (uint32_t i = 1; i < cpu_count; i++) {
			(void)guest_cpu_on(i);
		}
		fight();
	}
	report();
	guest_power_off();
}

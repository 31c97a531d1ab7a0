/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Costs as a guest sees them, in instructions: with QEMU's -icount shift=0 one is a nanosecond, and the
 * architecture has a counter of these. Prints "bench NAME MIN MEDIAN MAX" per row, then powers off. What
 * the measurement itself takes is taken off. Which rows: words of the command line. docs/costs.md says
 * what each means.
 */
#include "bench.h"

#define WARM_UP 16

static uint64_t samples[BENCH_SAMPLES];

static void sort(uint64_t *v, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		uint64_t x = v[i];
		uint32_t j = i;

		for (; j > 0 && v[j - 1] > x; j--) {
			v[j] = v[j - 1];
		}
		v[j] = x;
	}
}

static void sample(uint64_t (*once)(void))
{
	for (uint32_t i = 0; i < WARM_UP; i++) {
		once();
	}
	for (uint32_t i = 0; i < BENCH_SAMPLES; i++) {
		samples[i] = once();
	}
	sort(samples, BENCH_SAMPLES);
}

void bench_row(const char *name, uint64_t (*once)(void), uint64_t own)
{
	sample(once);
	guest_printf("bench %s %lu %lu %lu\n", name, (unsigned long)(samples[0] - own),
		     (unsigned long)(samples[BENCH_SAMPLES / 2] - own),
		     (unsigned long)(samples[BENCH_SAMPLES - 1] - own));
}

static void exits(void)
{
	uint64_t own;

	sample(bench_time_nothing);
	own = samples[0];
	for (size_t i = 0; i < bench_exit_count; i++) {
		bench_row(bench_exits[i].name, bench_exits[i].once, own);
	}
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	guest_console_init();
	guest_mmu_enable();
	if (guest_arg("exits")) {
		exits();
	}
	bench_irq_init(0);
	if (guest_arg("timer")) {
		bench_timer();
	}
	if (guest_arg("self")) {
		bench_ipi_self();
	}
	if (guest_arg("ipi")) {
		bench_ipi();
	}
	if (guest_arg("switch")) {
		bench_switch();
	}
	guest_power_off();
}

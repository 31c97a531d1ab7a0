/* SPDX-License-Identifier: Apache-2.0 */
/* The engine with fixed seeds. */
#include "seeds.h"
#include "engine.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define SEEDS 40
#define STEPS 3000

static unsigned seed; /* which one broke it, when the panic has said what */

static void say_seed(int sig)
{
	(void)sig;
	if (seed != 0) {
		fprintf(stderr, "seed %u\n", seed);
	}
}

static struct engine_stats run_seed(void)
{
	static uint8_t bytes[512 * 1024];
	uint64_t r = seed * UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i < sizeof(bytes); i += 8) {
		uint64_t v = axtest_random(&r);

		memcpy(bytes + i, &v, 8);
	}
	return engine_run(bytes, sizeof(bytes), STEPS);
}

void seeds_break_nothing(void **state)
{
	unsigned entries = 0, starts = 0;

	(void)state;
	signal(SIGABRT, say_seed);
	for (seed = 1; seed <= SEEDS; seed++) {
		struct engine_stats s = run_seed();

		assert_int_equal(s.steps, STEPS);
		entries += s.entries;
		starts += s.starts;
	}
	seed = 0;
	/* Far above what is left when the guests no longer get anywhere, or never come back. */
	assert_true(entries > SEEDS * STEPS / 2);
	assert_true(starts > SEEDS * 5);
}

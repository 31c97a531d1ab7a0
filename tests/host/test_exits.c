/* SPDX-License-Identifier: Apache-2.0 */
/* Random exits from fixed seeds, and directed scenarios, through the whole stack. */
#include "engine.h"
#include <string.h>

#define SEEDS 40
#define STEPS 3000

static void random_exits_break_nothing(void **state)
{
	static uint8_t bytes[512 * 1024];
	unsigned entries = 0, starts = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t r = seed * UINT64_C(0x9e3779b97f4a7c15);
		struct engine_stats s;

		for (size_t i = 0; i < sizeof(bytes); i += 8) {
			uint64_t v = axtest_random(&r);

			memcpy(bytes + i, &v, 8);
		}
		s = engine_run(bytes, sizeof(bytes), STEPS);
		assert_int_equal(s.steps, STEPS);
		entries += s.entries;
		starts += s.starts;
		print_message("# seed %u: %u entries, %u starts, %u fails, %u lines\n", (unsigned)seed,
			      s.entries, s.starts, s.fails, s.lines);
	}
	assert_true(entries > SEEDS * 1000);
	assert_true(starts > SEEDS * 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_exits_break_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

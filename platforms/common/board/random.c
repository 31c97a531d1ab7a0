/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness for guests: what the firmware left in the device tree, and what the CPU has. */
#include <axbase/mem.h>
#include <axport/log.h>
#include <axrand/axrand.h>
#include "inline.h"

#define CPU_TRIES 16
#define SEED_MAX  256 /* more bytes of a seed than these are wiped, but not read */

static struct axrand pool;

AX_COLD void board_random_init(uint64_t dtb, const struct axfdt_value seeds[AXFDT_SEED_COUNT])
{
	uint64_t v = board_counter();

	axrand_mix(&pool, &v, sizeof(v), false);
	for (uint32_t i = 0; i < AXFDT_SEED_COUNT; i++) {
		void *at = (void *)(uintptr_t)(dtb + seeds[i].at);

		axrand_mix(&pool, at, ax_min_u64(seeds[i].size, SEED_MAX), true);
		memset(at, 0, seeds[i].size);
	}
	for (uint32_t i = 0; i < CPU_TRIES; i++) {
		if (board_cpu_random(&v)) {
			axrand_mix(&pool, &v, sizeof(v), true);
		}
	}
	if (!axrand_get(&pool, NULL, 0)) {
		ax_log(AX_LOG_WARN, "random: no rng-seed in the device tree" BOARD_CPU_RANDOM_NAME
				    ": guests get no seeds");
	}
}

bool board_random(void *ctx, void *out, size_t bytes)
{
	(void)ctx;
	return axrand_get(&pool, out, bytes);
}

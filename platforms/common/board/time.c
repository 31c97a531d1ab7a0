/* SPDX-License-Identifier: Apache-2.0 */
/* Time from a counter of constant frequency, and deadlines in it. */
#include <axport/port.h>
#include "inline.h"

#define NS_PER_S UINT64_C(1000000000)

__extension__ typedef unsigned __int128 uint128;

/* Both are 32.32 fixed point: nanoseconds for a tick, rounded down, and ticks for one, rounded up. */
static uint64_t ns_per_tick;
static uint64_t ticks_per_ns;

void board_time_init(uint64_t hz)
{
	if (hz == 0 || hz > NS_PER_S * 4) {
		board_fail("timer: " BOARD_COUNTER_HZ_NAME " says %llu Hz", (unsigned long long)hz);
	}
	ns_per_tick = (NS_PER_S << 32) / hz;
	ticks_per_ns = (hz << 32) / NS_PER_S + 1;
}

static uint64_t scale(uint64_t v, uint64_t factor)
{
	return (uint64_t)(((uint128)v * factor) >> 32);
}

uint64_t ax_port_now_ns(void)
{
	return scale(board_counter(), ns_per_tick);
}

void ax_port_timer_arm(uint64_t deadline_ns)
{
	if (deadline_ns == UINT64_MAX) {
		board_timer_disarm();
		return;
	}
	uint64_t count = board_counter();
	uint64_t now = scale(count, ns_per_tick);

	if (deadline_ns > now) {
		uint64_t wait = scale(deadline_ns - now, ticks_per_ns) + 1;

		count = wait < UINT64_MAX - count ? count + wait : UINT64_MAX;
	}
	board_timer_set(count);
}

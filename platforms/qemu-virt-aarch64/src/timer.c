/* SPDX-License-Identifier: Apache-2.0 */
/* Time from the physical counter, deadlines by the EL2 physical timer. Generic Timer, DDI0487 D11. */
#include <axport/port.h>
#include "internal.h"
#include "sysreg.h"

#define CNT_CTL_ENABLE UINT64_C(1)
#define NS_PER_S       UINT64_C(1000000000)

__extension__ typedef unsigned __int128 uint128;

/* Both are 32.32 fixed point: nanoseconds for a tick, rounded down, and ticks for one, rounded up. */
static uint64_t ns_per_tick;
static uint64_t ticks_per_ns;

void board_timer_init(void)
{
	uint64_t hz = read_cntfrq_el0();

	if (hz == 0 || hz > NS_PER_S * 4) {
		board_fail("timer: CNTFRQ_EL0 says %llu Hz", (unsigned long long)hz);
	}
	board_info.cntfrq = hz;
	ns_per_tick = (NS_PER_S << 32) / hz;
	ticks_per_ns = (hz << 32) / NS_PER_S + 1;
}

static uint64_t scale(uint64_t v, uint64_t factor)
{
	return (uint64_t)(((uint128)v * factor) >> 32);
}

uint64_t ax_port_now_ns(void)
{
	isb(); /* the counter may be read early otherwise */
	return scale(read_cntpct_el0(), ns_per_tick);
}

void board_timer_disarm(void)
{
	write_cnthp_ctl_el2(0);
	isb();
}

void ax_port_timer_arm(uint64_t deadline_ns)
{
	if (deadline_ns == UINT64_MAX) {
		board_timer_disarm();
		return;
	}
	isb();
	uint64_t count = read_cntpct_el0();
	uint64_t now = scale(count, ns_per_tick);

	if (deadline_ns > now) {
		uint64_t wait = scale(deadline_ns - now, ticks_per_ns) + 1;

		count = wait < UINT64_MAX - count ? count + wait : UINT64_MAX;
	}
	write_cnthp_cval_el2(count);
	write_cnthp_ctl_el2(CNT_CTL_ENABLE);
	isb();
}

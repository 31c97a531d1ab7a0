/* SPDX-License-Identifier: Apache-2.0 */
/* The generic timer as EL1 sees it (DDI 0487 D11): counters, the virtual and the physical timer. */
#pragma once
#include "guest.h"

#define TIMER_ENABLE  0x1
#define TIMER_IMASK   0x2
#define TIMER_ISTATUS 0x4
#define TIMER_VIRT    27 /* INTIDs of the machine */
#define TIMER_PHYS    30

#define guest_timer_read(reg)                                                 \
	static inline uint64_t guest_##reg(void)                              \
	{                                                                     \
		uint64_t v;                                                   \
                                                                              \
		__asm__ volatile("isb\n\tmrs %0, " #reg : "=r"(v)::"memory"); \
		return v;                                                     \
	}
#define guest_timer_write(reg)                                                   \
	static inline void guest_set_##reg(uint64_t v)                           \
	{                                                                        \
		__asm__ volatile("msr " #reg ", %0\n\tisb" ::"r"(v) : "memory"); \
	}

guest_timer_read(cntfrq_el0) guest_timer_read(cntvct_el0) guest_timer_read(cntpct_el0)
	guest_timer_read(cntv_ctl_el0) guest_timer_read(cntv_cval_el0)
		guest_timer_read(cntv_tval_el0) guest_timer_read(cntp_ctl_el0)
			guest_timer_read(cntp_cval_el0) guest_timer_read(cntp_tval_el0)
				guest_timer_write(cntv_ctl_el0) guest_timer_write(cntv_cval_el0)
					guest_timer_write(cntv_tval_el0)
						guest_timer_write(cntp_ctl_el0)
							guest_timer_write(cntp_cval_el0)
								guest_timer_write(cntp_tval_el0)

	/** Counter ticks of @us microseconds. */
	static inline uint64_t guest_ticks(uint64_t us)
{
	return guest_cntfrq_el0() * us / 1000000;
}

static inline void guest_delay_us(uint64_t us)
{
	uint64_t end = guest_cntvct_el0() + guest_ticks(us);

	while (guest_cntvct_el0() < end) {
	}
}

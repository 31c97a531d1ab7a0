/* SPDX-License-Identifier: Apache-2.0 */
/* stimecmp, or SBI's timer where there is no Sstc. */
#include "steady.h"

static uint64_t when;

static void on_irq(struct guest_frame *f)
{
	if (f->cause == (GUEST_CAUSE_IRQ | IRQ_S_TIMER)) {
		when = steady_tick(when);
		guest_timer_set(when);
	}
}

void steady_timer_start(uint64_t due)
{
	when = due;
	guest_set_handler(GUEST_IRQ, on_irq);
	guest_timer_set(due);
	guest_csr_write(sie, SIP_STIP);
	guest_irq_unmask();
}

void steady_timer_stop(void)
{
	guest_irq_mask();
	guest_timer_off();
}

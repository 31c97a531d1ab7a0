/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual timer. */
#include "steady.h"
#include "gic.h"
#include "timer.h"

static void on_irq(struct guest_frame *f)
{
	uint32_t iar = guest_gic_ack();

	(void)f;
	if ((iar & GIC_SPURIOUS) == TIMER_VIRT) {
		guest_set_cntv_cval_el0(steady_tick(guest_cntv_cval_el0()));
	}
	if ((iar & GIC_SPURIOUS) != GIC_SPURIOUS) {
		guest_gic_eoi(iar);
	}
}

void steady_timer_start(uint64_t due)
{
	guest_set_handler(GUEST_IRQ, on_irq);
	guest_gic_init();
	guest_gic_set_priority(TIMER_VIRT, 0x80);
	guest_gic_enable(TIMER_VIRT);
	guest_set_cntv_cval_el0(due);
	guest_set_cntv_ctl_el0(TIMER_ENABLE);
	guest_irq_unmask();
}

void steady_timer_stop(void)
{
	guest_set_cntv_ctl_el0(0);
	guest_irq_mask();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* This board's part of the self-test: the guest's timer, an interrupt that stays active. */
#include <axport/log.h>
#include <platform/board_aarch64.h>
#include "selftest.h"

const uint32_t selftest_ret = 0xd65f03c0;

void selftest_describe(void)
{
	const struct board_aarch64 *b = board_aarch64_get();

	ax_log(AX_LOG_INFO, "board: GICv%u, counter %llu Hz, VHE %u", b->gic == BOARD_GICV3 ? 3 : 2,
	       (unsigned long long)b->cntfrq, b->vhe);
}

void selftest_own(void)
{
	/* CNTV_CTL_EL0 = ENABLE with a compare value in the past: what a guest's timer does. */
	__asm__ volatile(
		"msr cntv_cval_el0, xzr\n\tmsr cntv_ctl_el0, %0\n\tisb" ::"r"(UINT64_C(1)));
	selftest_check(selftest_wait_irq() == BOARD_IRQ_GUEST_TIMER, "the guest's timer interrupt");
	selftest_check(board_irq_take() == BOARD_IRQ_NONE, "it stays active");
	board_guest_irq_set_active(board_aarch64_get()->vtimer_intid, false);
	selftest_check(selftest_wait_irq() == BOARD_IRQ_GUEST_TIMER,
		       "made inactive, it comes again");
	__asm__ volatile("msr cntv_ctl_el0, xzr\n\tisb");
	board_guest_timer_end();
	selftest_check(board_irq_take() == BOARD_IRQ_NONE, "and is gone with its cause");
}

void selftest_own_smp(void)
{
}

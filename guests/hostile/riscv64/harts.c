/* SPDX-License-Identifier: Apache-2.0 */
/* Harts, interrupts among them, timers and sleep. */
#include "hostile.h"

#define HART_START    0
#define GET_STATUS    2
#define HART_SUSPEND  3
#define NON_RETENTIVE UINT64_C(0x80000000)

/* Each starts all of them, at places that cannot be as well; they stop themselves. One in a while is lost. */
void attack_harts(void)
{
	for (unsigned i = 0; i < 100; i++) {
		(void)guest_cpu_on(below(cpu_count));
		(void)guest_sbi(SBI_EXT_HSM, GET_STATUS, below(2) == 0 ? below(cpu_count) : nasty(),
				0, 0);
		(void)guest_sbi(SBI_EXT_HSM, HART_START, below(cpu_count + 1), any() | 1, any());
		(void)guest_sbi(SBI_EXT_HSM, HART_START, cpu_count + below(64), NOWHERE, any());
	}
	if (below(64) == 0 && cpu_count > 2) {
		(void)guest_sbi(SBI_EXT_HSM, HART_START, cpu_count - 1, NOWHERE, any());
	}
	if (guest_cpu_self() != 0 && below(4) != 0) {
		guest_cpu_off();
	}
}

/* Of both kinds, and of kinds that are none. Those that lose their registers begin anew. */
void attack_suspend(void)
{
	for (unsigned i = 0; i < 20; i++) {
		calm_with_alarm(below(100));
		switch (below(4)) {
		case 0:
			(void)guest_sbi(SBI_EXT_HSM, HART_SUSPEND, 1 + below(0x7fffffff),
					harmless(), nasty());
			(void)guest_sbi(SBI_EXT_HSM, HART_SUSPEND, NON_RETENTIVE, NOWHERE | 1,
					nasty());
			break;
		case 1:
			if (me()->id != 0) {
				(void)guest_sbi(SBI_EXT_HSM, HART_SUSPEND, NON_RETENTIVE,
						(uint64_t)guest_secondary_start, me()->id);
			}
			break;
		default:
			(void)guest_sbi(SBI_EXT_HSM, HART_SUSPEND, any() << 32, nasty(), nasty());
			break;
		}
		guest_csr_write(sie, SIP_SSIP | SIP_STIP | SIP_SEIP);
		if (below(2) == 0) {
			guest_irq_unmask();
		}
	}
}

/* To all, to none, to those that are off, to oneself, by an entry of sip that is not to be written. */
void attack_ipis(void)
{
	for (unsigned i = 0; i < 300; i++) {
		switch (below(4)) {
		case 0:
			(void)guest_sbi(SBI_EXT_IPI, 0, nasty(), nasty(), 0);
			break;
		case 1:
			(void)guest_sbi(SBI_EXT_IPI, 0, 0, ~UINT64_C(0), 0);
			break;
		case 2:
			(void)guest_sbi(SBI_EXT_IPI, 0, any(), below(cpu_count + 1), 0);
			break;
		default:
			guest_csr_write(sip, nasty());
			break;
		}
	}
}

/* Expired, now and for ever, handled or not, set anew before they are seen. */
void attack_timers(void)
{
	for (unsigned i = 0; i < 200; i++) {
		struct guest_regs r = { .x[A0] = 0 };
		uint64_t when = nasty();

		switch (below(4)) {
		case 0:
			when = 0;
			break;
		case 1:
			when = guest_counter() + below(3);
			break;
		case 2:
			when = guest_counter() - 1;
			break;
		default:
			break;
		}
		r.x[A0] = when;
		if (below(2) == 0) {
			(void)guest_sbi(SBI_EXT_TIME, 0, when, 0, 0);
		} else {
			(void)guest_try_insn(GUEST_INSN_CSRRW(CSR_STIMECMP, A1, A0), &r, NULL);
		}
		if (below(8) == 0) {
			guest_csr_write(sie, below(2) == 0 ? 0 : SIP_STIP);
		}
	}
	guest_timer_off();
}

/* Sleeps that end at once, over and over; each has an alarm, so that it ends at all. */
void attack_wait(void)
{
	for (unsigned i = 0; i < 20; i++) {
		calm_with_alarm(below(100));
		if (below(2) == 0) {
			guest_csr_write(sie, SIP_STIP | SIP_SSIP);
			(void)guest_sbi(SBI_EXT_IPI, 0, 0, ~UINT64_C(0), 0);
		}
		guest_wfi();
		if (below(2) == 0) {
			guest_irq_unmask();
		}
	}
}

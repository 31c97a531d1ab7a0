/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generic timers. CNTV belongs to the guest and lives in hardware while it is resident; CNTP is
 * emulated on CNTPCT_EL0, with a line of its own, because EL2 keeps the physical one.
 */
#include "arch/aarch64/sysreg.h"
#include "hw.h"

static bool expired(const struct vcpu_ptimer *t)
{
	return vcpu_aarch64_hw_counter() >= t->cval;
}

static bool armed(uint64_t ctl)
{
	return (ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK)) == CNT_CTL_ENABLE;
}

bool vcpu_aarch64_ptimer_update(struct vcpu_aarch64 *v)
{
	bool line = armed(v->ptimer.ctl) && expired(&v->ptimer);

	if (line == v->ptimer.line) {
		return false;
	}
	v->ptimer.line = line;
	v->cfg.set_line(v->cfg.ctx, v->cfg.id, v->arch.ptimer_intid, line);
	return true;
}

uint64_t vcpu_aarch64_ptimer_read(const struct vcpu_aarch64 *v, uint32_t reg)
{
	const struct vcpu_ptimer *t = &v->ptimer;

	switch (reg) {
	case SYSREG_CNTP_CTL_EL0:
		if ((t->ctl & CNT_CTL_ENABLE) != 0 && expired(t)) {
			return t->ctl | CNT_CTL_ISTATUS;
		}
		return t->ctl;
	case SYSREG_CNTP_CVAL_EL0:
		return t->cval;
	default:
		return (uint32_t)(t->cval - vcpu_aarch64_hw_counter());
	}
}

bool vcpu_aarch64_ptimer_write(struct vcpu_aarch64 *v, uint32_t reg, uint64_t val)
{
	struct vcpu_ptimer *t = &v->ptimer;
	struct vcpu_ptimer was = *t;

	switch (reg) {
	case SYSREG_CNTP_CTL_EL0:
		t->ctl = (uint8_t)(val & (CNT_CTL_ENABLE | CNT_CTL_IMASK));
		break;
	case SYSREG_CNTP_CVAL_EL0:
		t->cval = val;
		break;
	default:
		t->cval = vcpu_aarch64_hw_counter() + ax_sign_extend(val, 32);
		break;
	}
	/* A change that nobody waits for, before or after, is no news. */
	return vcpu_aarch64_ptimer_update(v) || armed(t->ctl) != armed(was.ctl) ||
	       (armed(t->ctl) && t->cval != was.cval);
}

/* ax_port_now_ns() at the moment the counter, now at @now, reads @cval. */
static uint64_t when_ns(uint64_t cval, uint64_t now)
{
	uint64_t freq = vcpu_aarch64_hw_cntfrq();
	uint64_t now_ns = ax_port_now_ns();
	uint64_t ticks;
	uint64_t s;

	if (cval <= now) {
		return now_ns;
	}
	ticks = cval - now;
	s = ticks / freq;
	if (s >= UINT64_C(1000000000)) {
		return UINT64_MAX; /* decades away: an ordinary way to say never */
	}
	/* Rounded up, so that the timer has fired at that time. freq is below 2^32 by CNTFRQ's width. */
	return now_ns + s * UINT64_C(1000000000) +
	       ((ticks % freq) * UINT64_C(1000000000) + freq - 1) / freq;
}

uint64_t vcpu_aarch64_deadline_ns(const struct vcpu_aarch64 *v)
{
	bool physical = armed(v->ptimer.ctl) && !v->ptimer.line;
	bool virtual = !v->resident && armed(v->vtimer.ctl);
	uint64_t earliest = UINT64_MAX;
	uint64_t now;

	if (!physical && !virtual) {
		return UINT64_MAX;
	}
	now = vcpu_aarch64_hw_counter();
	if (physical) {
		earliest = when_ns(v->ptimer.cval, now);
	}
	if (virtual) {
		earliest = ax_min_u64(earliest, when_ns(v->vtimer.cval, now - v->arch.cntvoff));
	}
	return earliest;
}

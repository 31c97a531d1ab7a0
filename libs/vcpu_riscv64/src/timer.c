/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's timer and its interrupts. With Sstc vstimecmp is the guest's own and lives in hardware while
 * it is resident; without, SBI sets vtimecmp and hvip.VSTIP stands for its interrupt.
 */
#include "hw.h"

/*
 * A guest that runs with Sstc is looked at this often, in ns: QEMU 7.2 can lose the interrupt of vstimecmp,
 * pending but not taken, until the next interrupt of any kind comes to that hart. A power of two, and at
 * multiples of it, so that the host's timer is not set anew at each step.
 */
#define WATCH_NS (UINT64_C(1) << 24)

static uint64_t guest_time(const struct vcpu_riscv64 *v)
{
	return vcpu_riscv64_hw_time() + v->arch.htimedelta;
}

static void set_vstip(struct vcpu_riscv64 *v, bool pending)
{
	if (v->vstip == pending) {
		return;
	}
	v->vstip = pending;
	if (v->resident) {
		vcpu_riscv64_hw_set_vstip(pending);
	}
}

void vcpu_riscv64_tick(struct vcpu_riscv64 *v)
{
	if (!v->sstc) {
		set_vstip(v, guest_time(v) >= v->vtimecmp);
	}
}

void vcpu_riscv64_set_timer(struct vcpu_riscv64 *v, uint64_t time)
{
	v->vtimecmp = time;
	if (v->sstc && v->resident) {
		vcpu_riscv64_hw_set_vstimecmp(time);
	}
	vcpu_riscv64_tick(v);
}

/* ax_port_now_ns() when the guest's time has gone on by @ticks. */
static uint64_t after_ns(const struct vcpu_riscv64 *v, uint64_t ticks)
{
	uint64_t hz = v->arch.timebase_hz;
	uint64_t s = ticks / hz;

	if (s >= UINT64_C(1000000000) || hz > UINT64_C(10000000000)) {
		return UINT64_MAX; /* decades away: an ordinary way to say never */
	}
	/* Rounded up, so that it is due at that time. */
	return ax_port_now_ns() + s * UINT64_C(1000000000) +
	       ((ticks % hz) * UINT64_C(1000000000) + hz - 1) / hz;
}

uint64_t vcpu_riscv64_deadline_ns(const struct vcpu_riscv64 *v)
{
	uint64_t cmp = v->vtimecmp;
	uint64_t now;

	if (v->sstc && v->resident) {
		if (!v->waiting) {
			return (ax_port_now_ns() | (WATCH_NS - 1)) +
			       1; /* hardware tells the guest */
		}
		cmp = vcpu_riscv64_hw_get_vstimecmp();
	}
	/* One who waits with the timer's interrupt disabled is not woken by it: stepped, it would wait again. */
	if (v->vstip || cmp == UINT64_MAX ||
	    (v->waiting && (vcpu_riscv64_get_csr(v, CSR_vsie) & SIP_STIP) == 0)) {
		return UINT64_MAX;
	}
	now = guest_time(v);
	return after_ns(v, cmp > now ? cmp - now : 0);
}

void vcpu_riscv64_take_ipi(struct vcpu_riscv64 *v)
{
	/* Most often there is none: no exchange for that. */
	if (atomic_load_explicit(&v->ipi, memory_order_relaxed) != 0 &&
	    atomic_exchange_explicit(&v->ipi, 0, memory_order_acquire) != 0) {
		vcpu_riscv64_hw_set_vssip(true);
	}
}

bool vcpu_riscv64_wakes(struct vcpu_riscv64 *v)
{
	vcpu_riscv64_take_ipi(v);
	vcpu_riscv64_tick(v);
	return (vcpu_riscv64_hw_vsip() & vcpu_riscv64_hw_get_csr(CSR_vsie)) != 0;
}

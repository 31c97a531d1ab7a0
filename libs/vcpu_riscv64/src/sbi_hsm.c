/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI 2.0 HSM, chapter 9, and the ends of the calls that others carry out. Who is on and who is off
 * is struct axvcpu's to know; this library adds who is suspended.
 */
#include "sbi.h"

#define HSM_SUSPEND_RETENTIVE     UINT32_C(0)
#define HSM_SUSPEND_NON_RETENTIVE UINT32_C(0x80000000)

/* Answers of HART_GET_STATUS. The two "pending" states on the way to others last no time here. */
#define HSM_STATE_STARTED       0
#define HSM_STATE_STOPPED       1
#define HSM_STATE_START_PENDING 2
#define HSM_STATE_SUSPENDED     4

/* An instruction may begin at any even address. */
static bool aligned(uint64_t entry)
{
	return (entry & 1) == 0;
}

/* The call is for others to carry out. Until they have, the guest is at its ECALL, to repeat it. */
static bool leave(struct vcpu_riscv64 *v, enum vcpu_pending what)
{
	v->pending = (uint8_t)what;
	return true;
}

static bool hart_start(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	if (sbi_arg(v, 0) >= v->cfg.vcpu_count) {
		return sbi_error(v, SBI_ERR_INVALID_PARAM);
	}
	if (!aligned(sbi_arg(v, 1))) {
		return sbi_error(v, SBI_ERR_INVALID_ADDRESS);
	}
	exit->kind = AXVCPU_EXIT_CPU_UP;
	exit->u.cpu_up.target = (uint32_t)sbi_arg(v, 0);
	exit->u.cpu_up.entry = sbi_arg(v, 1);
	exit->u.cpu_up.arg = sbi_arg(v, 2);
	return leave(v, PEND_CPU_UP);
}

static bool hart_get_status(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	if (sbi_arg(v, 0) >= v->cfg.vcpu_count) {
		return sbi_error(v, SBI_ERR_INVALID_PARAM);
	}
	exit->kind = AXVCPU_EXIT_CPU_QUERY;
	exit->u.cpu_query.target = (uint32_t)sbi_arg(v, 0);
	return leave(v, PEND_CPU_QUERY);
}

static bool is_memory(const struct vcpu_riscv64 *v, uint64_t addr)
{
	uint8_t parcel[2];

	return v->cfg.gmem != NULL &&
	       ax_gmem_read(v->cfg.gmem, gpa(addr), parcel, sizeof(parcel)) == AX_OK;
}

/*
 * An interrupt that is pending already ends a retentive suspend here. The other kind changes all
 * registers, which only run() has in its hands: it is left for that, and comes back.
 */
static bool go_to_sleep(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	bool awake = vcpu_riscv64_wakes(v);

	if (awake && v->suspend_entry == UINT64_MAX) {
		return sbi_value(v, 0);
	}
	atomic_store_explicit(&v->hsm, HSM_SUSPENDED, memory_order_release);
	v->waiting = !awake;
	exit->kind = awake ? AXVCPU_EXIT_REQUEST : AXVCPU_EXIT_IDLE;
	return leave(v, PEND_SUSPEND);
}

/*
 * The type is 32 bits wide. Types that are the platform's are not there, as reserved ones are not.
 */
static bool hart_suspend(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	uint32_t type = (uint32_t)sbi_arg(v, 0);
	uint64_t entry = sbi_arg(v, 1);

	if (type != HSM_SUSPEND_RETENTIVE && type != HSM_SUSPEND_NON_RETENTIVE) {
		return sbi_error(v, SBI_ERR_INVALID_PARAM);
	}
	v->suspend_entry = UINT64_MAX;
	if (type == HSM_SUSPEND_NON_RETENTIVE) {
		if (!aligned(entry) || !is_memory(v, entry)) {
			return sbi_error(v, SBI_ERR_INVALID_ADDRESS);
		}
		v->suspend_entry = entry;
		v->suspend_arg = sbi_arg(v, 2);
	}
	return go_to_sleep(v, exit);
}

/*
 * What makes an interrupt pending from here on finds the vCPU inside run() and leaves a request, or
 * finds it waiting and wakes it: the next run() looks again.
 */
bool vcpu_riscv64_sbi_resume(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	if (!vcpu_riscv64_wakes(v)) {
		v->pending = PEND_SUSPEND;
		exit->kind = AXVCPU_EXIT_IDLE;
		return true;
	}
	v->pending = PEND_NONE;
	atomic_store_explicit(&v->hsm, HSM_RUNNING, memory_order_release);
	if (v->suspend_entry == UINT64_MAX) {
		return sbi_value(v, 0);
	}
	vcpu_riscv64_start_at(v, v->suspend_entry, v->suspend_arg);
	v->suspend_entry = UINT64_MAX;
	return false;
}

bool vcpu_riscv64_sbi_hsm(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	switch (sbi_fid(v)) {
	case SBI_HSM_HART_START:
		return hart_start(v, exit);
	case SBI_HSM_HART_STOP:
		exit->kind = AXVCPU_EXIT_CPU_DOWN;
		return true;
	case SBI_HSM_HART_GET_STATUS:
		return hart_get_status(v, exit);
	case SBI_HSM_HART_SUSPEND:
		return hart_suspend(v, exit);
	default:
		return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
	}
}

/* --- Calls that left, and have been carried out */

static bool up_done(struct vcpu_riscv64 *v, uint64_t result)
{
	switch (result) {
	case AXVCPU_UP_OK:
		return sbi_value(v, 0);
	case AXVCPU_UP_ALREADY_ON:
	case AXVCPU_UP_PENDING:
		return sbi_error(v, SBI_ERR_ALREADY_AVAILABLE);
	case AXVCPU_UP_BAD_ENTRY:
		return sbi_error(v, SBI_ERR_INVALID_ADDRESS);
	default:
		return sbi_error(v, SBI_ERR_INVALID_PARAM);
	}
}

/* a0 still says whom the guest asked about; who asks is not suspended. */
static bool suspended(const struct vcpu_riscv64 *v)
{
	uint64_t id = sbi_arg(v, 0);
	struct vcpu_riscv64 *peer;

	if (id >= v->cfg.vcpu_count || id == v->cfg.id) {
		return false;
	}
	peer = v->cfg.peers->arch(v->cfg.ctx, (uint32_t)id);
	return atomic_load_explicit(&peer->hsm, memory_order_acquire) == HSM_SUSPENDED;
}

static bool query_done(struct vcpu_riscv64 *v, uint64_t result)
{
	switch (result) {
	case AXVCPU_ON:
		return sbi_value(v, suspended(v) ? HSM_STATE_SUSPENDED : HSM_STATE_STARTED);
	case AXVCPU_OFF:
		return sbi_value(v, HSM_STATE_STOPPED);
	case AXVCPU_STARTING:
		return sbi_value(v, HSM_STATE_START_PENDING);
	default:
		return sbi_error(v, SBI_ERR_INVALID_PARAM);
	}
}

void vcpu_riscv64_sbi_done(struct vcpu_riscv64 *v, uint64_t val)
{
	if (v->pending == PEND_CPU_UP) {
		(void)up_done(v, val);
	} else if (v->pending == PEND_CPU_QUERY) {
		(void)query_done(v, val);
	} else {
		/*
		 * All ones is what other architectures' interfaces say to a call that nobody knows.
		 */
		(void)sbi_error(v, val == UINT64_MAX ? SBI_ERR_NOT_SUPPORTED : val);
	}
}

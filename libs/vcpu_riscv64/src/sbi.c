/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI 2.0 for the guest: BASE, TIME, IPI, RFENCE and SRST here, HSM and the consoles in files of
 * their own. Nothing is ever passed on to the firmware below. Hart ids are vCPU ids, and masks are
 * the guest's.
 */
#include "sbi.h"

#define SPEC_VERSION UINT64_C(0x2000000) /* major 2, minor 0 */
/*
 * "AXVC": ours alone. The specification lists small numbers; a guest must not take us for one of
 * those.
 */
#define IMPL_ID      UINT64_C(0x41585643)
#define IMPL_VERSION UINT64_C(1)

/* More pages than this: everything. A fence of all costs less than as many of one page. */
#define FENCE_PAGES_MAX     UINT64_C(64)
#define ASID_MASK           UINT64_C(0xffff)

#define SRST_SHUTDOWN       0
#define SRST_COLD_REBOOT    1
#define SRST_WARM_REBOOT    2
#define SRST_NO_REASON      0
#define SRST_SYSTEM_FAILURE 1

AX_STATIC_ASSERT((int)VCPU_RISCV64_FENCE_I == SBI_RFENCE_REMOTE_FENCE_I);
AX_STATIC_ASSERT((int)VCPU_RISCV64_FENCE_VVMA == SBI_RFENCE_REMOTE_SFENCE_VMA);
AX_STATIC_ASSERT((int)VCPU_RISCV64_FENCE_VVMA_ASID == SBI_RFENCE_REMOTE_SFENCE_VMA_ASID);

/* --- BASE, chapter 4 */

static bool probe(const struct vcpu_riscv64 *v, uint64_t eid)
{
	switch (eid) {
	case SBI_EXT_BASE:
	case SBI_EXT_TIME:
	case SBI_EXT_IPI:
	case SBI_EXT_RFENCE:
	case SBI_EXT_HSM:
	case SBI_EXT_SRST:
	case SBI_EXT_LEGACY_SHUTDOWN:
		return true;
	case SBI_EXT_DBCN:
	case SBI_EXT_LEGACY_PUTCHAR:
	case SBI_EXT_LEGACY_GETCHAR:
		return v->cfg.console != NULL;
	default:
		return false;
	}
}

static AX_NOINLINE bool base_rare(struct vcpu_riscv64 *v, uint64_t fid)
{
	switch (fid) {
	case SBI_BASE_GET_IMPL_ID:
		return sbi_value(v, IMPL_ID);
	case SBI_BASE_GET_IMPL_VERSION:
		return sbi_value(v, IMPL_VERSION);
	case SBI_BASE_PROBE_EXTENSION:
		return sbi_value(v, probe(v, sbi_arg(v, 0)) ? 1 : 0);
	case SBI_BASE_GET_MVENDORID: /* 0 is legal for each, and no erratum is looked for */
	case SBI_BASE_GET_MARCHID:
	case SBI_BASE_GET_MIMPID:
		return sbi_value(v, 0);
	default:
		return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
	}
}

static bool base(struct vcpu_riscv64 *v)
{
	uint64_t fid = sbi_fid(v);

	return fid == SBI_BASE_GET_SPEC_VERSION ? sbi_value(v, SPEC_VERSION) : base_rare(v, fid);
}

/* --- TIME, chapter 6 */

/* Without Sstc the deadline is the host's to watch. Not one that has passed: VSTIP is set then. */
static AX_NOINLINE bool set_timer(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	if (sbi_fid(v) != SBI_TIME_SET_TIMER) {
		return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
	}
	vcpu_riscv64_set_timer(v, sbi_arg(v, 0));
	(void)sbi_value(v, 0);
	if (v->sstc || v->vstip) {
		return false;
	}
	exit->kind = AXVCPU_EXIT_TIMER;
	return true;
}

/*
 * --- Hart masks, 3.1: bit n of a0 is hart a1 + n; a1 of all ones: every hart. False: not all
 * exist.
 */
static bool hart_mask(const struct vcpu_riscv64 *v, uint64_t *vcpus)
{
	uint64_t all = ~UINT64_C(0) >> (64 - v->cfg.vcpu_count);
	uint64_t mask = sbi_arg(v, 0);
	uint64_t base = sbi_arg(v, 1);

	if (base == ~UINT64_C(0)) {
		*vcpus = all;
		return true;
	}
	if (base >= v->cfg.vcpu_count || (mask & ~(all >> base)) != 0) {
		return false;
	}
	*vcpus = mask << base;
	return true;
}

/* --- IPI, chapter 7 */

static AX_NOINLINE bool send_ipi(struct vcpu_riscv64 *v)
{
	const struct axvcpu_peers *peers = v->cfg.peers;
	uint64_t self = AX_BIT64(v->cfg.id);
	uint64_t vcpus;

	if (sbi_fid(v) != SBI_IPI_SEND_IPI) {
		return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
	}
	if (!hart_mask(v, &vcpus)) {
		return sbi_error(v, SBI_ERR_INVALID_PARAM);
	}
	if ((vcpus & self) != 0) {
		vcpu_riscv64_hw_set_vssip(true);
	}
	vcpus &= ~self;
	for (uint64_t left = vcpus; left != 0; left &= left - 1) {
		struct vcpu_riscv64 *peer = peers->arch(v->cfg.ctx, ax_ctz64(left));

		atomic_store_explicit(&peer->ipi, 1, memory_order_release);
	}
	if (vcpus != 0) {
		peers->wake(v->cfg.ctx, vcpus);
	}
	return sbi_value(v, 0);
}

/* --- RFENCE, chapter 8 */

/* From a2 and a3, in whole pages. False: the range goes beyond the last address. */
static bool fence_range(const struct vcpu_riscv64 *v, struct vcpu_riscv64_remote *fence)
{
	uint64_t start = sbi_arg(v, 2);
	uint64_t size = sbi_arg(v, 3);
	uint64_t first = ax_align_down(start, AX_PAGE_SIZE);
	uint64_t bytes;

	if (size == 0 || size == UINT64_MAX) {
		return true;
	}
	if (!ax_range_valid(start, size)) {
		return false;
	}
	bytes = ax_align_down(start + (size - 1), AX_PAGE_SIZE) - first;
	if (bytes < FENCE_PAGES_MAX * AX_PAGE_SIZE) {
		fence->start = first;
		fence->size = bytes + AX_PAGE_SIZE;
	}
	return true;
}

/*
 * On the pCPUs on which these vCPUs are live; what is not live drops its translations when it is
 * loaded.
 */
static void fence_vcpus(const struct vcpu_riscv64 *v, uint64_t vcpus,
			const struct vcpu_riscv64_remote *fence)
{
	uint64_t here = AX_BIT64(ax_port_cpu_id());
	uint64_t self = AX_BIT64(v->cfg.id);
	uint64_t cpus = (vcpus & self) != 0 ? here : 0;

	if ((vcpus & ~self) != 0) {
		cpus |= v->cfg.peers->fence(v->cfg.ctx, vcpus & ~self);
	}
	if ((cpus & here) != 0) {
		vcpu_riscv64_hw_fence(fence);
	}
	if ((cpus & ~here) != 0) {
		ax_port_riscv64_remote_fence(cpus & ~here, fence);
	}
}

static AX_NOINLINE bool remote_fence(struct vcpu_riscv64 *v)
{
	uint64_t fid = sbi_fid(v);
	struct vcpu_riscv64_remote fence = { .size = UINT64_MAX };
	uint64_t vcpus;

	if (fid > SBI_RFENCE_REMOTE_SFENCE_VMA_ASID) {
		return sbi_error(v, SBI_ERR_NOT_SUPPORTED); /* HFENCEs are for guests with H */
	}
	fence.kind = (enum vcpu_riscv64_fence)fid;
	if (!hart_mask(v, &vcpus)) {
		return sbi_error(v, SBI_ERR_INVALID_PARAM);
	}
	if (fid != SBI_RFENCE_REMOTE_FENCE_I && !fence_range(v, &fence)) {
		return sbi_error(v, SBI_ERR_INVALID_ADDRESS);
	}
	if (fid == SBI_RFENCE_REMOTE_SFENCE_VMA_ASID) {
		fence.asid = sbi_arg(v, 4) & ASID_MASK;
	}
	fence_vcpus(v, vcpus, &fence);
	return sbi_value(v, 0);
}

/*
 * --- SRST, chapter 10. Both arguments are 32 bits wide; a guest that is reset has no cold or warm.
 */
static bool system_reset(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	uint32_t type = (uint32_t)sbi_arg(v, 0);
	uint32_t reason = (uint32_t)sbi_arg(v, 1);

	if (sbi_fid(v) != SBI_SRST_SYSTEM_RESET) {
		return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
	}
	if (type > SRST_WARM_REBOOT || reason > SRST_SYSTEM_FAILURE) {
		return sbi_error(v, SBI_ERR_INVALID_PARAM);
	}
	exit->kind = AXVCPU_EXIT_SYSTEM;
	exit->u.system = type == SRST_SHUTDOWN ? AXVCPU_SYSTEM_OFF : AXVCPU_SYSTEM_RESET;
	return true;
}

/* --- */

static bool firmware_exit(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	v->pending = PEND_HYPERCALL;
	exit->kind = AXVCPU_EXIT_HYPERCALL;
	exit->u.hypercall.nr = sbi_eid(v);
	exit->u.hypercall.args[0] = sbi_fid(v);
	for (unsigned i = 0; i < 5; i++) {
		exit->u.hypercall.args[i + 1] = sbi_arg(v, i);
	}
	return true;
}

static AX_NOINLINE bool sbi_rare(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	uint64_t eid = sbi_eid(v);

	switch (eid) {
	case SBI_EXT_HSM:
		return vcpu_riscv64_sbi_hsm(v, exit);
	case SBI_EXT_SRST:
		return system_reset(v, exit);
	case SBI_EXT_DBCN:
		return vcpu_riscv64_sbi_dbcn(v);
	default:
		break;
	}
	if (eid <= SBI_EXT_LEGACY_LAST) {
		return vcpu_riscv64_sbi_legacy(v, exit);
	}
	if (eid >= VCPU_RISCV64_CALL_FIRST && eid <= VCPU_RISCV64_CALL_LAST) {
		return firmware_exit(v, exit);
	}
	return sbi_error(v, SBI_ERR_NOT_SUPPORTED);
}

/*
 * The frequent ones first, each a tail call; BASE before them because its number is the cheapest to
 * compare.
 */
bool vcpu_riscv64_sbi(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	uint64_t eid = sbi_eid(v);

	if (eid == SBI_EXT_BASE) {
		return base(v);
	}
	if (eid == SBI_EXT_TIME) {
		return set_timer(v, exit);
	}
	if (eid == SBI_EXT_IPI) {
		return send_ipi(v);
	}
	if (eid == SBI_EXT_RFENCE) {
		return remote_fence(v);
	}
	return sbi_rare(v, exit);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMC Calling Convention 1.1 (DEN0028) and PSCI 1.1 (DEN0022), by HVC #0 and by SMC #0. Nothing is ever
 * passed on to the firmware below.
 */
#include "../../state.h"

#define SMCCC_SMC64             UINT32_C(0x40000000)
#define SMCCC_VERSION           UINT32_C(0x80000000)
#define SMCCC_ARCH_FEATURES     UINT32_C(0x80000001)
#define PSCI_VERSION            UINT32_C(0x84000000)
#define PSCI_CPU_SUSPEND        UINT32_C(0x84000001)
#define PSCI_CPU_OFF            UINT32_C(0x84000002)
#define PSCI_CPU_ON             UINT32_C(0x84000003)
#define PSCI_AFFINITY_INFO      UINT32_C(0x84000004)
#define PSCI_MIGRATE_INFO_TYPE  UINT32_C(0x84000006)
#define PSCI_SYSTEM_OFF         UINT32_C(0x84000008)
#define PSCI_SYSTEM_RESET       UINT32_C(0x84000009)
#define PSCI_FEATURES           UINT32_C(0x8400000a)
#define PSCI_SYSTEM_RESET2      UINT32_C(0x84000012)
#define VENDOR_HYP_CALL_COUNT   UINT32_C(0x8600ff00)
#define VENDOR_HYP_UID          UINT32_C(0x8600ff01)
#define VENDOR_HYP_REVISION     UINT32_C(0x8600ff03)

#define VERSION_1_1             UINT64_C(0x10001)
#define NOT_SUPPORTED           (~UINT64_C(0))
#define PSCI_SUCCESS            UINT64_C(0)
#define PSCI_INVALID_PARAMETERS (UINT64_C(0) - 2)
#define PSCI_ALREADY_ON         (UINT64_C(0) - 4)
#define PSCI_ON_PENDING         (UINT64_C(0) - 5)
#define PSCI_INVALID_ADDRESS    (UINT64_C(0) - 9)
#define POWER_STATE_BAD         UINT32_C(0xfffe0000) /* all but StateType and StateID */
#define MIGRATE_NOT_NEEDED      2                    /* no trusted OS, or one that does not care */

/* Random, ours alone: a guest that looks for another hypervisor's calls must not find them. */
static const uint32_t vendor_uid[4] = { 0x6f1d7a52, 0x4e0b9c31, 0x9a67d2b4, 0x18c5e37f };

#define PSCI_BIT(fid) (UINT32_C(1) << ((fid)&31))

/* 0xc4000003 is the 64-bit form of 0x84000003; few functions have one. */
static bool psci_known(uint32_t fid)
{
	const uint32_t both = PSCI_BIT(PSCI_CPU_SUSPEND) | PSCI_BIT(PSCI_CPU_ON) |
			      PSCI_BIT(PSCI_AFFINITY_INFO) | PSCI_BIT(PSCI_SYSTEM_RESET2);
	const uint32_t only32 = PSCI_BIT(PSCI_VERSION) | PSCI_BIT(PSCI_CPU_OFF) |
				PSCI_BIT(PSCI_MIGRATE_INFO_TYPE) | PSCI_BIT(PSCI_SYSTEM_OFF) |
				PSCI_BIT(PSCI_SYSTEM_RESET) | PSCI_BIT(PSCI_FEATURES);
	uint32_t known = (fid & SMCCC_SMC64) != 0 ? both : both | only32;

	return (fid & ~(SMCCC_SMC64 | UINT32_C(31))) == PSCI_VERSION &&
	       (known & PSCI_BIT(fid)) != 0;
}

static uint64_t arg(const struct vcpu_aarch64 *v, unsigned n)
{
	return (v->x[0] & SMCCC_SMC64) != 0 ? v->x[n] : (uint32_t)v->x[n];
}

/* vCPU id behind an affinity, by the rule of struct vcpu_aarch64_cfg; UINT32_MAX: none can be there. */
static uint32_t target_of(const struct vcpu_aarch64 *v, uint64_t aff)
{
	uint64_t id = (aff & 15) | (aff >> 8 & 0xff) << 4;

	return VCPU_AARCH64_MPIDR(id) == aff && id < v->cfg.vcpu_count ? (uint32_t)id : UINT32_MAX;
}

static bool answer(struct vcpu_aarch64 *v, uint64_t val)
{
	v->x[0] = val;
	return false;
}

/* The call is for others to carry out. Until they have, the guest is at its instruction, to repeat it. */
static bool leave(struct vcpu_aarch64 *v, enum vcpu_pending what)
{
	v->pc -= 4;
	v->pending = (uint8_t)what;
	return true;
}

static bool cpu_on(struct vcpu_aarch64 *v, struct axvcpu_exit *exit)
{
	uint32_t target = target_of(v, arg(v, 1));

	if (target == UINT32_MAX) {
		return answer(v, PSCI_INVALID_PARAMETERS);
	}
	if ((arg(v, 2) & 3) != 0) {
		return answer(v, PSCI_INVALID_ADDRESS);
	}
	exit->kind = AXVCPU_EXIT_CPU_UP;
	exit->u.cpu_up.target = target;
	exit->u.cpu_up.entry = arg(v, 2);
	exit->u.cpu_up.arg = arg(v, 3);
	return leave(v, PEND_CPU_UP);
}

/*
 * DEN0022 5.4: a wait that any interrupt ends; the state is never lost, so power down is standby too.
 * Levels above the CPU's own and reserved bits are refused.
 */
static bool cpu_suspend(struct vcpu_aarch64 *v, struct axvcpu_exit *exit)
{
	if (((uint32_t)v->x[1] & POWER_STATE_BAD) != 0) {
		return answer(v, PSCI_INVALID_PARAMETERS);
	}
	answer(v, PSCI_SUCCESS);
	exit->kind = AXVCPU_EXIT_IDLE;
	return true;
}

static bool affinity_info(struct vcpu_aarch64 *v, struct axvcpu_exit *exit)
{
	uint32_t target = target_of(v, arg(v, 1));

	if (target == UINT32_MAX || arg(v, 2) != 0) {
		return answer(v, PSCI_INVALID_PARAMETERS);
	}
	exit->kind = AXVCPU_EXIT_CPU_QUERY;
	exit->u.cpu_query.target = target;
	return leave(v, PEND_CPU_QUERY);
}

static bool features(struct vcpu_aarch64 *v)
{
	uint32_t fid = (uint32_t)v->x[1];

	return answer(v, psci_known(fid) || fid == SMCCC_VERSION ? PSCI_SUCCESS : NOT_SUPPORTED);
}

static bool system_exit(enum axvcpu_system what, struct axvcpu_exit *exit)
{
	exit->kind = AXVCPU_EXIT_SYSTEM;
	exit->u.system = what;
	return true;
}

static bool psci(struct vcpu_aarch64 *v, uint32_t fid, struct axvcpu_exit *exit)
{
	switch (fid & ~SMCCC_SMC64) {
	case PSCI_VERSION:
		return answer(v, VERSION_1_1);
	case PSCI_CPU_SUSPEND:
		return cpu_suspend(v, exit);
	case PSCI_CPU_OFF:
		exit->kind = AXVCPU_EXIT_CPU_DOWN;
		return true;
	case PSCI_CPU_ON:
		return cpu_on(v, exit);
	case PSCI_AFFINITY_INFO:
		return affinity_info(v, exit);
	case PSCI_MIGRATE_INFO_TYPE:
		return answer(v, MIGRATE_NOT_NEEDED);
	case PSCI_SYSTEM_OFF:
		return system_exit(AXVCPU_SYSTEM_OFF, exit);
	case PSCI_SYSTEM_RESET:
		return system_exit(AXVCPU_SYSTEM_RESET, exit);
	case PSCI_SYSTEM_RESET2: /* 0: architectural warm reset; there is no other type here */
		if ((uint32_t)v->x[1] != 0) {
			return answer(v, PSCI_INVALID_PARAMETERS);
		}
		return system_exit(AXVCPU_SYSTEM_RESET, exit);
	default:
		return features(v);
	}
}

/* Workarounds of processor errata are the firmware's, which this guest does not have: not offered. */
static bool arch_features(struct vcpu_aarch64 *v)
{
	uint32_t fid = (uint32_t)v->x[1];
	bool known = fid == SMCCC_VERSION || fid == SMCCC_ARCH_FEATURES;

	return answer(v, known ? 0 : NOT_SUPPORTED);
}

static bool vendor_exit(struct vcpu_aarch64 *v, uint32_t fid, struct axvcpu_exit *exit)
{
	exit->kind = AXVCPU_EXIT_HYPERCALL;
	exit->u.hypercall.nr = fid;
	for (unsigned i = 0; i < 6; i++) {
		exit->u.hypercall.args[i] = arg(v, i + 1);
	}
	return leave(v, PEND_HYPERCALL);
}

static bool other(struct vcpu_aarch64 *v, uint32_t fid)
{
	switch (fid) {
	case SMCCC_VERSION:
		return answer(v, VERSION_1_1);
	case SMCCC_ARCH_FEATURES:
		return arch_features(v);
	case VENDOR_HYP_CALL_COUNT:
		return answer(v, 0);
	case VENDOR_HYP_UID:
		for (unsigned i = 0; i < 4; i++) {
			v->x[i] = vendor_uid[i];
		}
		return false;
	case VENDOR_HYP_REVISION:
		v->x[1] = 1;
		return answer(v, 0);
	default:
		return answer(v, NOT_SUPPORTED);
	}
}

bool vcpu_aarch64_smccc(struct vcpu_aarch64 *v, struct axvcpu_exit *exit)
{
	uint32_t fid = (uint32_t)v->x[0];

	if (psci_known(fid)) {
		return psci(v, fid, exit);
	}
	if ((fid & ~(SMCCC_SMC64 | UINT32_C(0xffff))) == VCPU_AARCH64_HVC_FIRST32 &&
	    (fid & 0xffff) < 0xff00) {
		return vendor_exit(v, fid, exit);
	}
	return other(v, fid);
}

static uint64_t up_result(uint64_t val)
{
	switch (val) {
	case AXVCPU_UP_OK:
		return PSCI_SUCCESS;
	case AXVCPU_UP_ALREADY_ON:
		return PSCI_ALREADY_ON;
	case AXVCPU_UP_PENDING:
		return PSCI_ON_PENDING;
	case AXVCPU_UP_BAD_ENTRY:
		return PSCI_INVALID_ADDRESS;
	default:
		return PSCI_INVALID_PARAMETERS;
	}
}

/* AFFINITY_INFO, DEN0022 5.7: 0 is on, 1 off, 2 on pending. */
static uint64_t query_result(uint64_t val)
{
	switch (val) {
	case AXVCPU_ON:
		return 0;
	case AXVCPU_OFF:
		return 1;
	case AXVCPU_STARTING:
		return 2;
	default:
		return PSCI_INVALID_PARAMETERS;
	}
}

void vcpu_aarch64_smccc_done(struct vcpu_aarch64 *v, uint64_t val)
{
	if (v->pending == PEND_CPU_UP) {
		val = up_result(val);
	} else if (v->pending == PEND_CPU_QUERY) {
		val = query_result(val);
	}
	(void)answer(v, val);
	vcpu_skip(v);
}

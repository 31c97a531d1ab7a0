/* SPDX-License-Identifier: Apache-2.0 */
/* SMCCC and PSCI as a guest calls them, by HVC and by SMC. */
#include "rig.h"

#define HVC             EC(0x16)
#define SMC             EC(0x17)
#define NOT_SUPPORTED   (~UINT64_C(0))
#define INVALID         (UINT64_C(0) - 2)
#define ALREADY_ON      (UINT64_C(0) - 4)
#define ON_PENDING      (UINT64_C(0) - 5)
#define INVALID_ADDRESS (UINT64_C(0) - 9)

static enum axvcpu_exit_kind call4(struct rig *r, uint64_t how, uint64_t fid, uint64_t x1,
				   uint64_t x2, uint64_t x3)
{
	set(r, VCPU_AARCH64_PC, ENTRY);
	set(r, 0, fid);
	set(r, 1, x1);
	set(r, 2, x2);
	set(r, 3, x3);
	return trap(r, how);
}

static void calls_answered_without_leaving(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t fid, x1, x2, result;
	} cases[] = {
		{ 0x84000000, 0, 0, 0x10001 },                /* PSCI_VERSION */
		{ 0xc4000000, 0, 0, NOT_SUPPORTED },          /* has no 64-bit form */
		{ 0x84000006, 0, 0, 2 },                      /* MIGRATE_INFO_TYPE */
		{ 0x84000005, 0, 0, NOT_SUPPORTED },          /* MIGRATE */
		{ 0xc4000007, 0, 0, NOT_SUPPORTED },          /* MIGRATE_INFO_UP_CPU */
		{ 0x8400000b, 0, 0, NOT_SUPPORTED },          /* CPU_FREEZE */
		{ 0xc400000c, 0, 0, NOT_SUPPORTED },          /* CPU_DEFAULT_SUSPEND */
		{ 0xc400000e, 0, 0, NOT_SUPPORTED },          /* SYSTEM_SUSPEND */
		{ 0x84000013, 0, 0, NOT_SUPPORTED },          /* MEM_PROTECT */
		{ 0x8400000a, 0x84000000, 0, 0 },             /* PSCI_FEATURES */
		{ 0x8400000a, 0x84000001, 0, 0 },             /* CPU_SUSPEND: original format */
		{ 0x8400000a, 0xc4000003, 0, 0 },             /* CPU_ON */
		{ 0x8400000a, 0xc4000012, 0, 0 },             /* SYSTEM_RESET2 */
		{ 0x8400000a, 0x80000000, 0, 0 },             /* SMCCC_VERSION */
		{ 0x8400000a, 0xc4000008, 0, NOT_SUPPORTED }, /* SYSTEM_OFF is 32-bit only */
		{ 0x8400000a, 0xc400000e, 0, NOT_SUPPORTED }, /* SYSTEM_SUSPEND */
		{ 0x8400000a, 0x80008000, 0, NOT_SUPPORTED },
		{ 0x84000001, 0x01000000, 0, INVALID }, /* CPU_SUSPEND of a cluster */
		{ 0xc4000001, 0x80000000, 0, INVALID }, /* reserved bits */
		{ 0x84000001, 0x00020000, 0, INVALID },
		{ 0x80000000, 0, 0, 0x10001 },    /* SMCCC_VERSION */
		{ 0x80000001, 0x80000000, 0, 0 }, /* ARCH_FEATURES of the two we have */
		{ 0x80000001, 0x80000001, 0, 0 },
		{ 0x80000001, 0x80008000, 0, NOT_SUPPORTED }, /* WORKAROUND_1 */
		{ 0x80000001, 0x80007fff, 0, NOT_SUPPORTED }, /* WORKAROUND_2 */
		{ 0x80000001, 0x80003fff, 0, NOT_SUPPORTED }, /* WORKAROUND_3 */
		{ 0x80008000, 0, 0, NOT_SUPPORTED },          /* WORKAROUND_1 itself */
		{ 0x80000002, 0, 0, NOT_SUPPORTED },          /* SOC_ID */
		{ 0x84000050, 0, 0, NOT_SUPPORTED },          /* TRNG_VERSION */
		{ 0xc4000053, 0, 0, NOT_SUPPORTED },          /* TRNG_RND64 */
		{ 0xc5000020, 0, 0, NOT_SUPPORTED },          /* PV_TIME_FEATURES */
		{ 0x8600ff00, 0, 0, 0 },                      /* call count */
		{ 0x8600ff02, 0, 0, NOT_SUPPORTED },
		{ 0x06000001, 0, 0, NOT_SUPPORTED }, /* yielding call */
		{ 0xbf00ff01, 0, 0, NOT_SUPPORTED }, /* trusted OS UID */
		{ 0x82000000, 0, 0, NOT_SUPPORTED }, /* SiP */
		{ 0, 0, 0, NOT_SUPPORTED },
		{ 0xffffffff, 0, 0, NOT_SUPPORTED },
		{ 0xc4000003, 0x100000000, 0, INVALID },    /* CPU_ON: Aff3 */
		{ 0xc4000003, 0x10000, ENTRY, INVALID },    /* Aff2 */
		{ 0xc4000003, 0x10, ENTRY, INVALID },       /* Aff0 above 15 */
		{ 0xc4000003, 0x104, ENTRY, INVALID },      /* id 20 of 20 */
		{ 0xc4000003, 0x80000001, ENTRY, INVALID }, /* bit 31 is not affinity */
		{ 0xc4000003, 0x2, ENTRY + 2, INVALID_ADDRESS },
		{ 0xc4000004, 0x104, 0, INVALID },      /* AFFINITY_INFO */
		{ 0xc4000004, 0x1, 1, INVALID },        /* of a cluster */
		{ 0xc4000012, 1, 0, INVALID },          /* SYSTEM_RESET2: reserved type */
		{ 0x84000012, 0x80000000, 0, INVALID }, /* vendor type */
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		for (unsigned smc = 0; smc < 2; smc++) {
			call4(r, smc != 0 ? SMC : HVC, cases[i].fid, cases[i].x1, cases[i].x2, 7);
			if (r->e.kind != AXVCPU_EXIT_HOST_IRQ || get(r, 0) != cases[i].result) {
				fail_msg("case %zu: %s, x0 %llx", i, axvcpu_exit_name(r->e.kind),
					 (unsigned long long)get(r, 0));
			}
			assert_int_equal(pc(r), ENTRY + 4);
			assert_int_equal(get(r, 3), 7);
		}
	}
}

static void upper_half_of_the_function_identifier_is_ignored(void **state)
{
	struct rig *r = *state;

	call4(r, HVC, 0xabcd000084000000, 0, 0, 0);
	assert_int_equal(get(r, 0), 0x10001);
}

static void other_immediates_are_not_supported(void **state)
{
	struct rig *r = *state;

	call4(r, HVC | 1, 0x84000008, 0, 0, 0);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(get(r, 0), NOT_SUPPORTED);
	call4(r, SMC | 0xffff, 0x84000008, 0, 0, 0);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY + 4);
}

static void cpu_on_leaves_with_target_entry_and_argument(void **state)
{
	struct rig *r = *state;
	static const struct {
		enum axvcpu_up_result answer;
		uint64_t result;
	} cases[] = {
		{ AXVCPU_UP_OK, 0 },
		{ AXVCPU_UP_NO_SUCH_CPU, INVALID },
		{ AXVCPU_UP_ALREADY_ON, ALREADY_ON },
		{ AXVCPU_UP_PENDING, ON_PENDING },
		{ AXVCPU_UP_BAD_ENTRY, INVALID_ADDRESS },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		uint64_t how = i % 2 != 0 ? SMC : HVC;

		assert_int_equal(call4(r, how, 0xc4000003, 0x102, 0x140000000, 0x8765432112345678),
				 AXVCPU_EXIT_CPU_UP);
		assert_int_equal(r->e.u.cpu_up.target, 18);
		assert_int_equal(r->e.u.cpu_up.entry, 0x140000000);
		assert_int_equal(r->e.u.cpu_up.arg, 0x8765432112345678);
		assert_int_equal(pc(r), ENTRY);
		OPS->complete(r->vcpu, cases[i].answer);
		assert_int_equal(get(r, 0), cases[i].result);
		assert_int_equal(pc(r), ENTRY + 4);
	}
}

static void a_32_bit_call_takes_the_low_halves(void **state)
{
	struct rig *r = *state;
	const uint64_t junk = UINT64_C(0x5555555500000000);

	assert_int_equal(call4(r, HVC, junk | 0x84000003, junk | 2, junk | ENTRY, junk | 9),
			 AXVCPU_EXIT_CPU_UP);
	assert_int_equal(r->e.u.cpu_up.target, 2);
	assert_int_equal(r->e.u.cpu_up.entry, ENTRY);
	assert_int_equal(r->e.u.cpu_up.arg, 9);
}

static void affinity_info_tells_the_power_state(void **state)
{
	struct rig *r = *state;
	static const struct {
		enum axvcpu_power answer;
		uint64_t result;
	} cases[] = {
		{ AXVCPU_ON, 0 },
		{ AXVCPU_OFF, 1 },
		{ AXVCPU_STARTING, 2 },
		{ AXVCPU_NO_SUCH_CPU, INVALID },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		assert_int_equal(call4(r, HVC, i % 2 != 0 ? 0x84000004 : 0xc4000004, 3, 0, 0),
				 AXVCPU_EXIT_CPU_QUERY);
		assert_int_equal(r->e.u.cpu_query.target, 3);
		OPS->complete(r->vcpu, cases[i].answer);
		assert_int_equal(get(r, 0), cases[i].result);
		assert_int_equal(pc(r), ENTRY + 4);
	}
}

static void power_calls_leave(void **state)
{
	struct rig *r = *state;

	assert_int_equal(call4(r, HVC, 0x84000008, 0, 0, 0), AXVCPU_EXIT_SYSTEM);
	assert_int_equal(r->e.u.system, AXVCPU_SYSTEM_OFF);
	assert_int_equal(call4(r, SMC, 0x84000009, 0, 0, 0), AXVCPU_EXIT_SYSTEM);
	assert_int_equal(r->e.u.system, AXVCPU_SYSTEM_RESET);
	assert_int_equal(call4(r, HVC, 0xc4000012, 0, 0, 0), AXVCPU_EXIT_SYSTEM);
	assert_int_equal(r->e.u.system, AXVCPU_SYSTEM_RESET);
	assert_int_equal(call4(r, HVC, 0x84000002, 0, 0, 0), AXVCPU_EXIT_CPU_DOWN);
}

static void cpu_suspend_waits_and_succeeds(void **state)
{
	struct rig *r = *state;

	assert_int_equal(call4(r, HVC, 0xc4000001, 0x10000, ENTRY, 1), AXVCPU_EXIT_IDLE);
	assert_int_equal(get(r, 0), 0);
	assert_int_equal(pc(r), ENTRY + 4);
}

static void vendor_calls_leave_as_hypercalls(void **state)
{
	struct rig *r = *state;

	set(r, 6, 0xffffffff00000006);
	assert_int_equal(call4(r, HVC, VCPU_AARCH64_HVC_FIRST64 | 0xfeff, 1, ~UINT64_C(0), 3),
			 AXVCPU_EXIT_HYPERCALL);
	assert_int_equal(r->e.u.hypercall.nr, 0xc600feff);
	assert_int_equal(r->e.u.hypercall.args[0], 1);
	assert_int_equal(r->e.u.hypercall.args[1], ~UINT64_C(0));
	assert_int_equal(r->e.u.hypercall.args[5], 0xffffffff00000006);
	OPS->complete(r->vcpu, 0x77);
	assert_int_equal(get(r, 0), 0x77);
	assert_int_equal(get(r, 1), 1);
	assert_int_equal(pc(r), ENTRY + 4);
	assert_int_equal(call4(r, SMC, VCPU_AARCH64_HVC_FIRST32, 1, ~UINT64_C(0), 3),
			 AXVCPU_EXIT_HYPERCALL);
	assert_int_equal(r->e.u.hypercall.args[1], UINT32_MAX);
	OPS->fault(r->vcpu, AXVCPU_FAULT_UNDEFINED);
	expect_exception(r, IL, ENTRY, 0x200, EL1H);
}

static void vendor_identifies_itself(void **state)
{
	struct rig *r = *state;

	call4(r, HVC, 0x8600ff01, 0, 0, 0);
	assert_int_not_equal(get(r, 0), NOT_SUPPORTED);
	assert_true(get(r, 0) <= UINT32_MAX && get(r, 3) <= UINT32_MAX && get(r, 3) != 0);
	call4(r, HVC, 0x8600ff03, 0, 0, 0);
	assert_int_equal(get(r, 0), 0);
	assert_int_equal(get(r, 1), 1);
}

static void an_unfinished_call_is_repeated(void **state)
{
	struct rig *r = *state;

	assert_int_equal(call4(r, HVC, 0xc4000003, 2, ENTRY, 1), AXVCPU_EXIT_CPU_UP);
	assert_int_equal(trap(r, EC(0x01)), AXVCPU_EXIT_IDLE); /* nobody completed it */
	assert_int_equal(get(r, 0), 0xc4000003);
	AXTEST_EXPECT_PANIC(OPS->complete(r->vcpu, 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(calls_answered_without_leaving, rig_setup),
		cmocka_unit_test_setup(upper_half_of_the_function_identifier_is_ignored, rig_setup),
		cmocka_unit_test_setup(other_immediates_are_not_supported, rig_setup),
		cmocka_unit_test_setup(cpu_on_leaves_with_target_entry_and_argument, rig_setup),
		cmocka_unit_test_setup(a_32_bit_call_takes_the_low_halves, rig_setup),
		cmocka_unit_test_setup(affinity_info_tells_the_power_state, rig_setup),
		cmocka_unit_test_setup(power_calls_leave, rig_setup),
		cmocka_unit_test_setup(cpu_suspend_waits_and_succeeds, rig_setup),
		cmocka_unit_test_setup(vendor_calls_leave_as_hypercalls, rig_setup),
		cmocka_unit_test_setup(vendor_identifies_itself, rig_setup),
		cmocka_unit_test_setup(an_unfinished_call_is_repeated, rig_setup),
	};

	return cmocka_run_group_tests_name("psci", tests, NULL, NULL);
}

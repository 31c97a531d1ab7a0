/* SPDX-License-Identifier: Apache-2.0 */
/* Trapped system registers, ID registers and the emulated physical timer. */
#include "rig.h"

#define R         VCPU_AARCH64_SYSREG
#define CNTPCT    R(3, 3, 14, 0, 1)
#define CNTP_TVAL R(3, 3, 14, 2, 0)
#define CNTP_CTL  R(3, 3, 14, 2, 1)
#define CNTP_CVAL R(3, 3, 14, 2, 2)
#define MDSCR     R(2, 0, 0, 2, 2)
#define OSLAR     R(2, 0, 1, 0, 4)
#define OSLSR     R(2, 0, 1, 1, 4)

static uint64_t syndrome(uint32_t reg, unsigned rt, bool read)
{
	return EC(0x18) | (uint64_t)(reg >> 14) << 20 | (uint64_t)(reg & 7) << 17 |
	       (uint64_t)(reg >> 11 & 7) << 14 | (uint64_t)(reg >> 7 & 15) << 10 |
	       (uint64_t)rt << 5 | (uint64_t)(reg >> 3 & 15) << 1 | (read ? 1 : 0);
}

static uint64_t mrs(struct rig *r, uint32_t reg)
{
	uint64_t from = pc(r);

	set(r, 7, 0xbad);
	trap(r, syndrome(reg, 7, true));
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), from + 4);
	return get(r, 7);
}

/* The exit kind, because a timer that moves is told. */
static enum axvcpu_exit_kind msr(struct rig *r, uint32_t reg, uint64_t val)
{
	uint64_t from = pc(r);

	set(r, 7, val);
	trap(r, syndrome(reg, 7, false));
	if (r->e.kind == AXVCPU_EXIT_TIMER) {
		assert_int_equal(vcpu_aarch64_fake_pending(), 0);
	}
	assert_int_equal(pc(r), from + 4);
	return r->e.kind;
}

static void absent_but_harmless_registers_read_zero(void **state)
{
	struct rig *r = *state;
	static const uint32_t raz[] = {
		R(3, 0, 1, 0, 1),   /* ACTLR_EL1 */
		R(3, 3, 9, 12, 0),  /* PMCR_EL0 */
		R(3, 3, 9, 13, 0),  /* PMCCNTR_EL0 */
		R(3, 3, 9, 14, 0),  /* PMUSERENR_EL0 */
		R(3, 0, 9, 14, 1),  /* PMINTENSET_EL1 */
		R(3, 3, 14, 8, 0),  /* PMEVCNTR0_EL0 */
		R(3, 3, 14, 15, 7), /* PMCCFILTR_EL0 */
		R(2, 0, 0, 2, 4),   /* DBGBVR2_EL1 */
		R(2, 0, 0, 15, 7),  /* DBGWCR15_EL1 */
		R(2, 0, 1, 3, 4),   /* OSDLR_EL1 */
		R(2, 0, 7, 14, 6),  /* DBGAUTHSTATUS_EL1 */
		R(2, 3, 0, 1, 0),   /* MDCCSR_EL0 */
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(raz); i++) {
		assert_int_equal(msr(r, raz[i], ~UINT64_C(0)), AXVCPU_EXIT_HOST_IRQ);
		assert_int_equal(mrs(r, raz[i]), 0);
	}
}

static void everything_else_is_undefined(void **state)
{
	struct rig *r = *state;
	static const uint32_t undef[] = {
		R(3, 0, 10, 4, 3),                    /* LORC_EL1 */
		R(3, 3, 13, 2, 0),                    /* AMCR_EL0 */
		R(3, 0, 9, 9, 0),                     /* PMSCR_EL1: statistical profiling */
		R(3, 0, 9, 11, 0),                    /* TRBLIMITR_EL1 */
		R(3, 0, 5, 3, 0),                     /* ERRIDR_EL1 */
		R(3, 3, 13, 0, 7),                    /* SCXTNUM_EL0 */
		R(3, 0, 15, 0, 0),                    /* implementation defined */
		R(3, 1, 11, 0, 0),  R(3, 0, 0, 0, 0), /* MIDR is not trapped: not by this bit */
		R(3, 0, 0, 8, 0),   R(3, 1, 0, 0, 4), /* GMID_EL1 */
		R(3, 0, 1, 2, 0),                     /* ZCR_EL1 */
		R(3, 0, 1, 0, 5),                     /* RGSR_EL1 */
		R(2, 1, 0, 0, 0),                     /* trace */
		R(2, 4, 0, 7, 0),                     /* DBGVCR32_EL2 */
		R(1, 0, 7, 6, 2),                     /* DC ISW: not trapped */
		R(3, 4, 1, 1, 0),                     /* HCR_EL2 */
		R(3, 0, 12, 13, 0), R(0, 0, 0, 0, 0),
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(undef); i++) {
		for (unsigned read = 0; read < 2; read++) {
			set(r, VCPU_AARCH64_PC, ENTRY);
			vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H);
			trap(r, syndrome(undef[i], 7, read != 0));
			expect_undef(r, ENTRY, 0x200);
		}
	}
}

static void interrupt_controller_registers_leave(void **state)
{
	struct rig *r = *state;
	const uint32_t sgi1r = R(3, 0, 12, 11, 5);

	set(r, 9, 0x123400010002);
	assert_int_equal(trap(r, syndrome(sgi1r, 9, false)), AXVCPU_EXIT_SYSREG);
	assert_int_equal(r->e.u.sysreg.reg, sgi1r);
	assert_true(r->e.u.sysreg.write);
	assert_int_equal(r->e.u.sysreg.val, 0x123400010002);
	assert_int_equal(pc(r), ENTRY);
	OPS->complete(r->vcpu, 0xbad);
	assert_int_equal(get(r, 9), 0x123400010002);
	assert_int_equal(pc(r), ENTRY + 4);
	assert_int_equal(trap(r, syndrome(R(3, 0, 12, 12, 0), 3, true)), AXVCPU_EXIT_SYSREG);
	assert_false(r->e.u.sysreg.write);
	OPS->complete(r->vcpu, 1023);
	assert_int_equal(get(r, 3), 1023);
	assert_int_equal(trap(r, syndrome(R(3, 0, 4, 6, 0), 31, true)), AXVCPU_EXIT_SYSREG);
	OPS->complete(r->vcpu, 5);
	assert_int_equal(pc(r), ENTRY + 12); /* XZR */
	assert_int_equal(trap(r, syndrome(sgi1r, 9, true)), AXVCPU_EXIT_SYSREG);
	OPS->fault(r->vcpu, AXVCPU_FAULT_UNDEFINED);
	expect_exception(r, IL, ENTRY + 12, 0x200, EL1H);
}

static void gicv3_says_its_system_registers_are_on(void **state)
{
	struct rig *r = *state;

	msr(r, R(3, 0, 12, 12, 5), 0);
	assert_int_equal(mrs(r, R(3, 0, 12, 12, 5)), 7);
}

static void without_gicv3_its_registers_are_undefined(void **state)
{
	struct rig *r = *state;
	static const uint32_t icc[] = { R(3, 0, 12, 11, 5), R(3, 0, 12, 12, 5), R(3, 0, 4, 6, 0) };

	OPS->put(r->vcpu);
	r->arch.gicv3 = false;
	rig_start(r);
	for (size_t i = 0; i < AX_ARRAY_SIZE(icc); i++) {
		set(r, VCPU_AARCH64_PC, ENTRY);
		vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H);
		trap(r, syndrome(icc[i], 1, true));
		expect_undef(r, ENTRY, 0x200);
	}
}

static void software_step_and_breakpoints_are_enabled_for_el1_only(void **state)
{
	struct rig *r = *state;

	msr(r, MDSCR, ~UINT64_C(0));
	assert_int_equal(live(VCPU_AARCH64_FAKE_MDSCR_EL1), 0xa001); /* MDE, KDE, SS */
	assert_int_equal(mrs(r, MDSCR), 0xa001);
	OPS->put(r->vcpu);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_AARCH64_FAKE_MDSCR_EL1), 0xa001);
}

static void breakpoints_are_live_while_mde_is_set(void **state)
{
	struct rig *r = *state;
	const uint32_t bcr0 = R(2, 0, 0, 0, 5);
	const uint32_t wvr1 = R(2, 0, 0, 1, 6);
	const uint32_t wcr1 = R(2, 0, 0, 1, 7);

	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_DBGBCR0_EL1, 0xbad);
	msr(r, bcr0, ~UINT64_C(0));
	msr(r, wvr1, 0x1000);
	msr(r, wcr1, ~UINT64_C(0));
	assert_int_equal(mrs(r, bcr0), 0xf101e7); /* no HMC, SSC */
	assert_int_equal(mrs(r, wcr1), 0x1f111fff);
	assert_int_equal(live(VCPU_AARCH64_FAKE_DBGBCR0_EL1), 0xbad);
	msr(r, MDSCR, 0x8000);
	assert_int_equal(live(VCPU_AARCH64_FAKE_DBGBCR0_EL1), 0xf101e7);
	assert_int_equal(live(VCPU_AARCH64_FAKE_DBGWVR1_EL1), 0x1000);
	msr(r, wvr1, 0x2000);
	assert_int_equal(live(VCPU_AARCH64_FAKE_DBGWVR1_EL1), 0x2000);
	OPS->put(r->vcpu);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_DBGWVR1_EL1, 0xbad); /* another guest's */
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_AARCH64_FAKE_DBGWVR1_EL1), 0x2000);
	OPS->put(r->vcpu);
	OPS->reset(r->vcpu, ENTRY, 0);
	OPS->load(r->vcpu, false);
	assert_int_equal(mrs(r, wvr1), 0);
}

static void the_os_lock_is_set_by_reset(void **state)
{
	struct rig *r = *state;

	assert_int_equal(mrs(r, OSLSR), 0xa);
	msr(r, OSLAR, 0);
	assert_int_equal(mrs(r, OSLSR), 0x8);
	msr(r, OSLAR, 1);
	assert_int_equal(mrs(r, OSLSR), 0xa);
	assert_int_equal(mrs(r, OSLAR), 0);
}

/* --- ID registers */

static void restart_with_id(struct rig *r, uint32_t crm, uint32_t op2, uint64_t val)
{
	OPS->put(r->vcpu);
	vcpu_aarch64_fake_set_id(crm, op2, val);
	rig_start(r);
}

static void id_registers_show_only_what_works(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint32_t crm, op2;
		uint64_t
			val; /* on a processor with all fields at 0xe, which is more than anything has */
	} all[] = {
		{ 4, 0, UINT64_C(0x1101000001110011) }, /* PFR0: GIC, DIT, CSV2, CSV3 */
		{ 4, 1, UINT64_C(0x0000000000000021) }, /* PFR1: BT, SSBS */
		{ 4, 4, 0 },                            /* ZFR0 */
		{ 4, 5, 0 },                            /* SMFR0 */
		{ 5, 0, UINT64_C(0x000000f000101006) }, /* DFR0 */
		{ 5, 1, 0 },
		{ 6, 0, UINT64_C(0x1221111110212120) },
		{ 6, 1, UINT64_C(0x0011111111211552) },
		{ 6, 2, UINT64_C(0x0000000001105110) },
		{ 7, 0, UINT64_C(0x0000000000101022) }, /* MMFR0: 40 bits by the root */
		{ 7, 1, UINT64_C(0x0001101000302002) },
		{ 7, 2, UINT64_C(0x1002001110100111) },
		{ 7, 3, 0 },
		{ 1, 0, 0 }, /* AArch32 */
		{ 2, 0, 0 },
		{ 3, 7, 0 },
	};

	OPS->put(r->vcpu);
	for (uint32_t i = 0; i < 64; i++) {
		vcpu_aarch64_fake_set_id(i / 8, i % 8, UINT64_C(0xeeeeeeeeeeeeeeee));
	}
	rig_start(r);
	for (size_t i = 0; i < AX_ARRAY_SIZE(all); i++) {
		uint64_t val = mrs(r, R(3, 0, 0, all[i].crm, all[i].op2));

		if (val != all[i].val) {
			fail_msg("3, 0, 0, %u, %u: %llx", all[i].crm, all[i].op2,
				 (unsigned long long)val);
		}
	}
	set(r, VCPU_AARCH64_PC, ENTRY);
	trap(r, syndrome(R(3, 0, 0, 4, 0), 7, false));
	expect_undef(r, ENTRY, 0x200);
}

static void id_registers_of_a_plain_processor_show_no_more(void **state)
{
	struct rig *r = *state;

	OPS->put(r->vcpu);
	for (uint32_t i = 0; i < 64; i++) {
		vcpu_aarch64_fake_set_id(i / 8, i % 8, 0);
	}
	vcpu_aarch64_fake_set_id(4, 0, UINT64_C(0x0000000000ff2222)); /* neither FP nor SIMD */
	vcpu_aarch64_fake_set_id(7, 0,
				 UINT64_C(0x00000000ff000004)); /* only 16 KiB granules, 44 bits */
	rig_start(r);
	assert_int_equal(mrs(r, R(3, 0, 0, 4, 0)), 0x1ff0011);
	assert_int_equal(mrs(r, R(3, 0, 0, 6, 0)), 0);
	assert_int_equal(mrs(r, R(3, 0, 0, 6, 1)), 0);
	assert_int_equal(mrs(r, R(3, 0, 0, 7, 0)), 0xff000002);
}

static void physical_address_range_follows_the_root(void **state)
{
	struct rig *r = *state;
	static const struct {
		unsigned host, ipa_bits, range;
	} cases[] = { { 6, 48, 5 }, { 6, 40, 2 }, { 6, 39, 1 },
		      { 6, 32, 0 }, { 1, 48, 1 }, { 4, 44, 4 } };

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		restart_with_id(r, 7, 0, cases[i].host);
		OPS->put(r->vcpu);
		OPS->set_root(r->vcpu, 0, 64 - cases[i].ipa_bits);
		OPS->load(r->vcpu, false);
		assert_int_equal(mrs(r, R(3, 0, 0, 7, 0)) & 15, cases[i].range);
	}
}

static void pointer_authentication_is_there_if_the_processor_has_it(void **state)
{
	struct rig *r = *state;
	const uint64_t api_apk = UINT64_C(3) << 40;

	assert_int_equal(live(VCPU_AARCH64_FAKE_HCR_EL2) & api_apk, api_apk);
	OPS->put(r->vcpu);
	vcpu_aarch64_fake_set_id(6, 1, 0);
	vcpu_aarch64_fake_set_id(6, 2, 0x1112 & 0xff);
	rig_start(r);
	assert_int_equal(live(VCPU_AARCH64_FAKE_HCR_EL2) & api_apk, 0);
	assert_int_equal(mrs(r, R(3, 0, 0, 6, 2)) & 0xff00, 0);
}

/* --- The physical timer; 16 ns a tick */

static void a_trapped_physical_counter_is_the_counter(void **state)
{
	struct rig *r = *state;

	axtest_now_ns = 1600;
	assert_int_equal(mrs(r, CNTPCT), 100);
	set(r, VCPU_AARCH64_PC, ENTRY);
	trap(r, syndrome(CNTPCT, 7, false));
	expect_undef(r, ENTRY, 0x200);
}

static void a_timer_in_the_future_is_a_deadline(void **state)
{
	struct rig *r = *state;

	axtest_now_ns = 16000;
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
	assert_int_equal(msr(r, CNTP_CVAL, 2000), AXVCPU_EXIT_HOST_IRQ); /* off: no news */
	assert_int_equal(msr(r, CNTP_CTL, 1), AXVCPU_EXIT_TIMER);
	assert_int_equal(OPS->deadline_ns(r->vcpu), 32000);
	assert_int_equal(mrs(r, CNTP_CTL), 1);
	assert_int_equal(mrs(r, CNTP_TVAL), 1000);
	assert_int_equal(msr(r, CNTP_CVAL, 2000), AXVCPU_EXIT_HOST_IRQ); /* the same */
	assert_int_equal(msr(r, CNTP_TVAL, 500), AXVCPU_EXIT_TIMER);
	assert_int_equal(mrs(r, CNTP_CVAL), 1500);
	assert_int_equal(OPS->deadline_ns(r->vcpu), 24000);
	assert_false(r->line[PTIMER]);
	assert_int_equal(msr(r, CNTP_CTL, 3), AXVCPU_EXIT_TIMER); /* masked */
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
	assert_int_equal(r->line_calls, 0);
}

static void an_expired_timer_raises_its_line_until_it_is_moved(void **state)
{
	struct rig *r = *state;

	msr(r, CNTP_CVAL, 100);
	msr(r, CNTP_CTL, 1);
	axtest_now_ns = 1599;
	OPS->tick(r->vcpu);
	assert_false(r->line[PTIMER]);
	axtest_now_ns = 1600;
	OPS->tick(r->vcpu);
	assert_true(r->line[PTIMER]);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX); /* has been told */
	assert_int_equal(mrs(r, CNTP_CTL), 5);
	assert_int_equal(mrs(r, CNTP_TVAL), 0);
	OPS->tick(r->vcpu);
	assert_int_equal(r->line_calls, 1);
	assert_int_equal(msr(r, CNTP_CTL, 3), AXVCPU_EXIT_TIMER);
	assert_false(r->line[PTIMER]);
	assert_int_equal(mrs(r, CNTP_CTL), 7);
	assert_int_equal(msr(r, CNTP_CTL, 1), AXVCPU_EXIT_TIMER);
	assert_true(r->line[PTIMER]);
	assert_int_equal(msr(r, CNTP_CVAL, UINT64_MAX), AXVCPU_EXIT_TIMER);
	assert_false(r->line[PTIMER]);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX); /* 9000 years */
}

static void a_negative_timer_value_has_expired(void **state)
{
	struct rig *r = *state;

	axtest_now_ns = 1 << 20;
	msr(r, CNTP_TVAL, 0xffffffff);
	assert_int_equal(mrs(r, CNTP_CVAL), 65535);
	assert_int_equal(mrs(r, CNTP_TVAL), 0xffffffff);
	assert_int_equal(msr(r, CNTP_CTL, 0xff), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(mrs(r, CNTP_CTL), 7);
	assert_int_equal(msr(r, CNTP_CTL, 1), AXVCPU_EXIT_TIMER);
	assert_true(r->line[PTIMER]);
}

static void an_expired_timer_that_nobody_ticked_is_due_now(void **state)
{
	struct rig *r = *state;

	msr(r, CNTP_CVAL, 100);
	msr(r, CNTP_CTL, 1);
	axtest_now_ns = 5000;
	assert_int_equal(OPS->deadline_ns(r->vcpu), 5000);
}

static void the_virtual_timer_is_a_deadline_only_when_not_resident(void **state)
{
	struct rig *r = *state;

	axtest_now_ns = 0x1000 * 16 + 160; /* CNTVCT = 10 */
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CVAL_EL0, 110);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CTL_EL0, 1);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
	OPS->put(r->vcpu);
	assert_int_equal(live(VCPU_AARCH64_FAKE_CNTV_CTL_EL0), 0); /* not the next guest's */
	assert_int_equal(OPS->deadline_ns(r->vcpu), axtest_now_ns + 1600);
	axtest_now_ns += 5000;
	assert_int_equal(OPS->deadline_ns(r->vcpu), axtest_now_ns);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_AARCH64_FAKE_CNTV_CTL_EL0), 1);
	assert_int_equal(live(VCPU_AARCH64_FAKE_CNTV_CVAL_EL0), 110);
	assert_int_equal(live(VCPU_AARCH64_FAKE_CNTVOFF_EL2), 0x1000);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CTL_EL0, 7); /* masked, expired */
	OPS->put(r->vcpu);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_AARCH64_FAKE_CNTV_CTL_EL0), 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(absent_but_harmless_registers_read_zero, rig_setup),
		cmocka_unit_test_setup(everything_else_is_undefined, rig_setup),
		cmocka_unit_test_setup(interrupt_controller_registers_leave, rig_setup),
		cmocka_unit_test_setup(gicv3_says_its_system_registers_are_on, rig_setup),
		cmocka_unit_test_setup(without_gicv3_its_registers_are_undefined, rig_setup),
		cmocka_unit_test_setup(software_step_and_breakpoints_are_enabled_for_el1_only,
				       rig_setup),
		cmocka_unit_test_setup(breakpoints_are_live_while_mde_is_set, rig_setup),
		cmocka_unit_test_setup(the_os_lock_is_set_by_reset, rig_setup),
		cmocka_unit_test_setup(id_registers_show_only_what_works, rig_setup),
		cmocka_unit_test_setup(id_registers_of_a_plain_processor_show_no_more, rig_setup),
		cmocka_unit_test_setup(physical_address_range_follows_the_root, rig_setup),
		cmocka_unit_test_setup(pointer_authentication_is_there_if_the_processor_has_it,
				       rig_setup),
		cmocka_unit_test_setup(a_trapped_physical_counter_is_the_counter, rig_setup),
		cmocka_unit_test_setup(a_timer_in_the_future_is_a_deadline, rig_setup),
		cmocka_unit_test_setup(an_expired_timer_raises_its_line_until_it_is_moved,
				       rig_setup),
		cmocka_unit_test_setup(a_negative_timer_value_has_expired, rig_setup),
		cmocka_unit_test_setup(an_expired_timer_that_nobody_ticked_is_due_now, rig_setup),
		cmocka_unit_test_setup(the_virtual_timer_is_a_deadline_only_when_not_resident,
				       rig_setup),
	};

	return cmocka_run_group_tests_name("sysreg", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's timer with and without Sstc, what wakes a vCPU that waits, and IPIs on their way. */
#include "rig.h"

#define WFI        UINT64_C(0x10500073)
#define VSSIP      UINT64_C(0x4)
#define VSTIP      UINT64_C(0x40)
#define VSEIP      UINT64_C(0x400)
#define SSIE       UINT64_C(0x2)
#define STIE       UINT64_C(0x20)
#define SEIE       UINT64_C(0x200)
#define HTIMEDELTA UINT64_C(0x1000)
#define EXT_TIME   UINT64_C(0x54494d45)

/* Time of the guest, 100 ns a tick, at the start of each test. */
#define NOW_NS UINT64_C(1000000)
#define NOW    (NOW_NS / 100 + HTIMEDELTA)

static int rig_setup_at_now(void **state)
{
	int rc = rig_setup(state);

	axtest_now_ns = NOW_NS;
	return rc;
}

static int rig_setup_without_sstc(void **state)
{
	struct rig *r;

	(void)rig_setup_at_now(state);
	r = *state;
	OPS->put(r->vcpu);
	r->arch.exts &= ~VCPU_RISCV64_EXT(SSTC);
	rig_start(r);
	return 0;
}

static enum axvcpu_exit_kind wfi(struct rig *r)
{
	return trap_with(r, 22, WFI, 0, 0);
}

/* SBI TIME */
static enum axvcpu_exit_kind set_timer(struct rig *r, uint64_t time)
{
	set(r, 10, time);
	set(r, 16, 0);
	set(r, 17, EXT_TIME);
	return trap_with(r, 10, 0, 0, 0);
}

/* Nothing but the regular look at a guest that runs, whatever its timer says. */
static void assert_watched(struct rig *r)
{
	uint64_t watch = UINT64_C(1) << 24;

	assert_int_equal(OPS->deadline_ns(r->vcpu), (axtest_now_ns / watch + 1) * watch);
	axtest_now_ns += 1000;
	assert_int_equal(OPS->deadline_ns(r->vcpu), (axtest_now_ns / watch + 1) * watch);
}

static void hardware_has_the_timer_while_the_guest_runs(void **state)
{
	struct rig *r = *state;

	assert_int_equal(live(VCPU_RISCV64_FAKE_VSTIMECMP), UINT64_MAX);
	assert_int_equal(set_timer(r, NOW + 10), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSTIMECMP), NOW + 10);
	assert_watched(r);
	OPS->tick(r->vcpu);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), 0);
}

static void the_deadline_is_told_while_the_guest_waits_or_is_away(void **state)
{
	struct rig *r = *state;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, STIE);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTIMECMP, NOW + 10); /* by the guest itself */
	assert_int_equal(wfi(r), AXVCPU_EXIT_IDLE);
	assert_int_equal(pc(r), ENTRY + 4);
	assert_int_equal(OPS->deadline_ns(r->vcpu), NOW_NS + 1000);
	OPS->put(r->vcpu);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSTIMECMP), UINT64_MAX); /* not the next guest's */
	assert_int_equal(OPS->deadline_ns(r->vcpu), NOW_NS + 1000);
	axtest_now_ns += 5000;
	assert_int_equal(OPS->deadline_ns(r->vcpu), NOW_NS + 5000); /* has passed: now */
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSTIMECMP), NOW + 10);
	OPS->run(r->vcpu, &r->e);
	assert_watched(r);
}

static void a_disabled_timer_does_not_wake_who_waits(void **state)
{
	struct rig *r = *state;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SSIE | SEIE);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTIMECMP, NOW - 10);
	assert_int_equal(wfi(r), AXVCPU_EXIT_IDLE);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
	OPS->put(r->vcpu);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
}

static void a_timer_that_is_off_has_no_deadline(void **state)
{
	struct rig *r = *state;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, STIE);
	assert_int_equal(wfi(r), AXVCPU_EXIT_IDLE);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
	/* Nor one that is centuries away. */
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTIMECMP, UINT64_MAX - 1);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTIMECMP, UINT64_C(9999999999999999));
	assert_int_equal(OPS->deadline_ns(r->vcpu),
			 NOW_NS + (UINT64_C(9999999999999999) - NOW) * 100);
}

static void deadlines_are_rounded_up(void **state)
{
	struct rig *r = *state;

	OPS->put(r->vcpu);
	r->arch.timebase_hz = 3;
	rig_start(r);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, STIE);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTIMECMP, NOW + 4);
	assert_int_equal(wfi(r), AXVCPU_EXIT_IDLE);
	assert_int_equal(OPS->deadline_ns(r->vcpu), NOW_NS + 1333333334);
}

static void wfi_with_something_pending_goes_on(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t hvip, vsie;
		bool goes_on;
	} cases[] = {
		{ VSSIP, SSIE, true },          { VSEIP, SEIE, true }, { VSSIP, SEIE, false },
		{ VSEIP | VSSIP, STIE, false }, { 0, ~0u, false },
	};

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS, UXL); /* SIE = 0 does not matter */
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		set(r, VCPU_RISCV64_PC, ENTRY);
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, cases[i].hvip);
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, cases[i].vsie);
		assert_int_equal(wfi(r),
				 cases[i].goes_on ? AXVCPU_EXIT_HOST_IRQ : AXVCPU_EXIT_IDLE);
		assert_int_equal(pc(r), ENTRY + 4);
	}
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, 0);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, STIE);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTIMECMP, NOW);
	assert_int_equal(wfi(r), AXVCPU_EXIT_HOST_IRQ);
}

static void without_sstc_the_timer_is_emulated(void **state)
{
	struct rig *r = *state;

	assert_int_equal(live(VCPU_RISCV64_FAKE_HENVCFG), 0);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
	assert_int_equal(set_timer(r, NOW + 10), AXVCPU_EXIT_TIMER);
	assert_int_equal(pc(r), ENTRY + 4);
	assert_int_equal(OPS->deadline_ns(r->vcpu), NOW_NS + 1000); /* while it runs, too */
	axtest_now_ns += 999;
	OPS->tick(r->vcpu);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), 0);
	axtest_now_ns += 1;
	OPS->tick(r->vcpu);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), VSTIP);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
	assert_int_equal(set_timer(r, NOW + 100), AXVCPU_EXIT_TIMER); /* clears what is pending */
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), 0);
	assert_int_equal(set_timer(r, 0), AXVCPU_EXIT_HOST_IRQ); /* due at once: nobody waits */
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), VSTIP);
	assert_int_equal(set_timer(r, UINT64_MAX), AXVCPU_EXIT_TIMER);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
}

static void an_emulated_timer_goes_with_its_vcpu(void **state)
{
	struct rig *r = *state;

	set_timer(r, NOW + 10);
	OPS->put(r->vcpu);
	assert_int_equal(OPS->deadline_ns(r->vcpu), NOW_NS + 1000);
	axtest_now_ns += 1000;
	OPS->tick(r->vcpu); /* not resident */
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), 0);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), VSTIP);
	OPS->put(r->vcpu);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), 0); /* nothing is left behind */
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), VSTIP);
}

static void an_emulated_timer_that_is_due_ends_a_wait(void **state)
{
	struct rig *r = *state;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, STIE);
	set_timer(r, NOW + 10);
	assert_int_equal(wfi(r), AXVCPU_EXIT_IDLE);
	axtest_now_ns += 1000;
	assert_int_equal(wfi(r), AXVCPU_EXIT_HOST_IRQ); /* with no tick in between */
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), VSTIP);
}

static void reset_stops_the_timer(void **state)
{
	struct rig *r = *state;

	set_timer(r, 0);
	OPS->put(r->vcpu);
	OPS->reset(r->vcpu, ENTRY, 0);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hardware_has_the_timer_while_the_guest_runs,
				       rig_setup_at_now),
		cmocka_unit_test_setup(the_deadline_is_told_while_the_guest_waits_or_is_away,
				       rig_setup_at_now),
		cmocka_unit_test_setup(a_disabled_timer_does_not_wake_who_waits, rig_setup_at_now),
		cmocka_unit_test_setup(a_timer_that_is_off_has_no_deadline, rig_setup_at_now),
		cmocka_unit_test_setup(deadlines_are_rounded_up, rig_setup_at_now),
		cmocka_unit_test_setup(wfi_with_something_pending_goes_on, rig_setup_at_now),
		cmocka_unit_test_setup(without_sstc_the_timer_is_emulated, rig_setup_without_sstc),
		cmocka_unit_test_setup(an_emulated_timer_goes_with_its_vcpu,
				       rig_setup_without_sstc),
		cmocka_unit_test_setup(an_emulated_timer_that_is_due_ends_a_wait,
				       rig_setup_without_sstc),
		cmocka_unit_test_setup(reset_stops_the_timer, rig_setup_without_sstc),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}

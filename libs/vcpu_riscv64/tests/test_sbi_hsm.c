/* SPDX-License-Identifier: Apache-2.0 */
/* SBI 2.0 HSM: starting, stopping and asking about harts, and suspending oneself. */
#include "sbi_rig.h"

#define START         0
#define STOP          1
#define GET_STATUS    2
#define SUSPEND       3
#define RETENTIVE     UINT64_C(0)
#define NON_RETENTIVE UINT64_C(0x80000000)
#define RESUME_AT     (MEM_BASE + 0x102)
#define ALL           (~UINT64_C(0))

static void hart_start_leaves_with_target_entry_and_argument(void **state)
{
	struct sbi_rig *r = *state;
	static const struct {
		enum axvcpu_up_result answer;
		uint64_t error;
	} cases[] = {
		{ AXVCPU_UP_OK, SUCCESS },
		{ AXVCPU_UP_NO_SUCH_CPU, INVALID_PARAM },
		{ AXVCPU_UP_ALREADY_ON, ALREADY_AVAILABLE },
		{ AXVCPU_UP_PENDING, ALREADY_AVAILABLE },
		{ AXVCPU_UP_BAD_ENTRY, INVALID_ADDRESS },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		assert_int_equal(call(r, EXT_HSM, START, ARGS(4, 0x140000002, 0x8765432112345678)),
				 AXVCPU_EXIT_CPU_UP);
		assert_int_equal(r->e.u.cpu_up.target, 4);
		assert_int_equal(r->e.u.cpu_up.entry, 0x140000002);
		assert_int_equal(r->e.u.cpu_up.arg, 0x8765432112345678);
		assert_int_equal(pc(r), ENTRY);
		OPS->complete(self(r), cases[i].answer);
		assert_answer(r, cases[i].error, 0);
	}
}

static void harts_that_do_not_exist_and_odd_entries_are_refused(void **state)
{
	struct sbi_rig *r = *state;
	static const uint64_t harts[] = { VCPUS, 64, UINT64_C(0x100000001), ALL };

	for (size_t i = 0; i < AX_ARRAY_SIZE(harts); i++) {
		assert_call(r, EXT_HSM, START, ARGS(harts[i], ENTRY, 0), INVALID_PARAM, 0);
		assert_call(r, EXT_HSM, GET_STATUS, ARGS(harts[i]), INVALID_PARAM, 0);
	}
	assert_call(r, EXT_HSM, START, ARGS(2, ENTRY + 1, 0), INVALID_ADDRESS, 0);
	assert_call(r, EXT_HSM, START, ARGS(2, ALL, 0), INVALID_ADDRESS, 0);
	assert_call(r, EXT_HSM, 4, ARGS(2, ENTRY, 0), NOT_SUPPORTED, 0);
	assert_call(r, EXT_HSM, ALL, ARGS(2, ENTRY, 0), NOT_SUPPORTED, 0);
}

static void a_started_hart_gets_its_id_and_the_argument(void **state)
{
	struct sbi_rig *r = *state;

	become(r, 3);
	OPS->put(self(r));
	OPS->reset(self(r), RESUME_AT, 0x55);
	OPS->load(self(r), false);
	assert_int_equal(pc(r), RESUME_AT);
	assert_int_equal(get(r, A0), 3);
	assert_int_equal(get(r, A1), 0x55);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSATP), 0);
}

static void hart_stop_leaves(void **state)
{
	struct sbi_rig *r = *state;

	assert_int_equal(call(r, EXT_HSM, STOP, ARGS(0)), AXVCPU_EXIT_CPU_DOWN);
}

static void status_of(struct sbi_rig *r, uint64_t hart, enum axvcpu_power power, uint64_t error,
		      uint64_t status)
{
	assert_int_equal(call(r, EXT_HSM, GET_STATUS, ARGS(hart, 99)), AXVCPU_EXIT_CPU_QUERY);
	assert_int_equal(r->e.u.cpu_query.target, hart);
	assert_int_equal(pc(r), ENTRY);
	OPS->complete(self(r), power);
	assert_answer(r, error, status);
}

static void get_status_tells_the_power_state(void **state)
{
	struct sbi_rig *r = *state;

	status_of(r, 4, AXVCPU_ON, SUCCESS, 0);
	status_of(r, 4, AXVCPU_OFF, SUCCESS, 1);
	status_of(r, 4, AXVCPU_STARTING, SUCCESS, 2);
	status_of(r, 4, AXVCPU_NO_SUCH_CPU, INVALID_PARAM, 0);
	status_of(r, 1, AXVCPU_ON, SUCCESS, 0);
}

static void a_suspended_hart_says_so_until_it_resumes(void **state)
{
	struct sbi_rig *r = *state;

	become(r, 3);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
	assert_int_equal(call(r, EXT_HSM, SUSPEND, ARGS(RETENTIVE)), AXVCPU_EXIT_IDLE);
	become(r, 1);
	status_of(r, 3, AXVCPU_ON, SUCCESS, 4);
	status_of(r, 2, AXVCPU_ON, SUCCESS, 0);
	status_of(r, 3, AXVCPU_OFF, SUCCESS, 1); /* reset while it slept */
	assert_call(r, EXT_IPI, 0, ARGS(8, 0), SUCCESS, 0);
	become(r, 3);
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	become(r, 1);
	status_of(r, 3, AXVCPU_ON, SUCCESS, 0);
}

/* --- Suspending */

static void retentive_suspend_waits_and_goes_on_behind_the_call(void **state)
{
	struct sbi_rig *r = *state;
	uint32_t entries;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SEIP);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSATP, 0x8000000000012345);
	assert_int_equal(call(r, EXT_HSM, SUSPEND, ARGS(RETENTIVE, 1, 2)), AXVCPU_EXIT_IDLE);
	entries = vcpu_riscv64_fake_entries();
	/*
	 * Woken for nothing, or for an interrupt that it does not take: asleep again, without going
	 * in.
	 */
	for (unsigned n = 0; n < 3; n++) {
		r->e.kind = AXVCPU_EXIT_REQUEST;
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, n == 0 ? 0 : HVIP_VSSIP);
		OPS->run(self(r), &r->e);
		assert_int_equal(r->e.kind, AXVCPU_EXIT_IDLE);
		assert_int_equal(pc(r), ENTRY);
	}
	assert_int_equal(vcpu_riscv64_fake_entries(), entries);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, HVIP_VSEIP);
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(vcpu_riscv64_fake_entries(), entries + 1);
	assert_answer(r, SUCCESS, 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSATP), 0x8000000000012345);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSIE), SIP_SEIP);
}

static void non_retentive_suspend_resumes_at_its_address(void **state)
{
	struct sbi_rig *r = *state;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSATP, 0x8000000000012345);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS, 0x2); /* SIE */
	/* As C passes the type in a 64-bit register: sign-extended. */
	assert_int_equal(call(r, EXT_HSM, SUSPEND,
			      ARGS(NON_RETENTIVE | UINT64_C(0xffffffff00000000), RESUME_AT,
				   0x5566)),
			 AXVCPU_EXIT_IDLE);
	set(r, A1, 7); /* the arguments have been taken */
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_IDLE);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, HVIP_VSSIP);
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), RESUME_AT);
	assert_int_equal(get(r, A0), 1);
	assert_int_equal(get(r, A1), 0x5566);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSATP), 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSSTATUS) & 2, 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_SPP), 1);
	/* What ended the wait is still there to be taken. */
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), HVIP_VSSIP);
	/* The next suspend is one of its own kind. */
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
	assert_call(r, EXT_HSM, SUSPEND, ARGS(RETENTIVE, RESUME_AT, 0x5566), SUCCESS, 0);
}

static void a_timer_that_ends_the_wait_stays_set_over_a_non_retentive_resume(void **state)
{
	struct sbi_rig *r = *state;

	assert_true(call(r, EXT_TIME, 0, ARGS(1000)) != AXVCPU_EXIT_IDLE);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_STIP);
	assert_int_equal(call(r, EXT_HSM, SUSPEND, ARGS(NON_RETENTIVE, RESUME_AT, 0)),
			 AXVCPU_EXIT_IDLE);
	/* Asleep, it wants the host to watch its timer: 1000 ticks of 100 ns. */
	assert_int_equal(OPS->deadline_ns(self(r)), 100000);
	axtest_now_ns = 99900;
	OPS->tick(self(r));
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_IDLE);
	assert_int_equal(OPS->deadline_ns(self(r)), 100000);
	axtest_now_ns = 100000;
	OPS->tick(self(r));
	OPS->run(self(r), &r->e);
	assert_int_equal(pc(r), RESUME_AT);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_STIP);
	assert_int_equal(trap(r, VIRTUAL_INSN, 0x10500073), AXVCPU_EXIT_HOST_IRQ); /* no wait */
}

static void suspend_with_an_interrupt_pending_does_not_sleep(void **state)
{
	struct sbi_rig *r = *state;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SEIP | SIP_SSIP);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, HVIP_VSEIP);
	assert_call(r, EXT_HSM, SUSPEND, ARGS(RETENTIVE), SUCCESS, 0);
	/* This one comes out, but not to wait. */
	assert_int_equal(call(r, EXT_HSM, SUSPEND, ARGS(NON_RETENTIVE, RESUME_AT, 3)),
			 AXVCPU_EXIT_REQUEST);
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), RESUME_AT);
	assert_int_equal(get(r, A1), 3);
	become(r, 2);
	status_of(r, 1, AXVCPU_ON, SUCCESS, 0);
}

/* Hart 3's guest: when it calls to suspend itself, an IPI of hart 1 has just been sent. */
static void send_then_suspend(void *ctx, void *arch, struct vcpu_riscv64_fake_exit *exit)
{
	struct sbi_rig *r = ctx;

	assert_ptr_equal(arch, r->vcpu[3]);
	vcpu_riscv64_fake_set_guest(NULL, NULL);
	become(r, 1);
	assert_call(r, EXT_IPI, 0, ARGS(8, 0), SUCCESS, 0);
	assert_int_equal(r->woken, 8);
	become(r, 3);
	set(r, VCPU_RISCV64_PC, ENTRY);
	set(r, A0, RETENTIVE);
	set(r, 16, SUSPEND);
	set(r, 17, EXT_HSM);
	exit->scause = ECALL;
}

static void an_ipi_that_comes_before_the_sleep_is_not_lost(void **state)
{
	struct sbi_rig *r = *state;

	become(r, 3);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
	/*
	 * Hart 1 sends while hart 3 is inside, before its call is seen: no entry of hart 3 lies
	 * between.
	 */
	vcpu_riscv64_fake_set_guest(send_then_suspend, r);
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(get(r, A0), SUCCESS);
	assert_int_equal(pc(r), ENTRY + 4);
}

static void a_suspended_hart_sleeps_on_on_another_pcpu(void **state)
{
	struct sbi_rig *r = *state;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
	assert_int_equal(call(r, EXT_HSM, SUSPEND, ARGS(NON_RETENTIVE, RESUME_AT, 5)),
			 AXVCPU_EXIT_IDLE);
	OPS->put(self(r));
	axtest_cpu_id = 30;
	vcpu_riscv64_cpu_init();
	OPS->load(self(r), false);
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_IDLE);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, HVIP_VSSIP);
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), RESUME_AT);
	assert_int_equal(get(r, A1), 5);
}

static void a_snapshot_of_a_suspended_hart_is_suspended(void **state)
{
	struct sbi_rig *r = *state;
	static uint8_t blob[8192];
	size_t len;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS, UINT64_C(2) << 32); /* UXL */
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
	assert_int_equal(call(r, EXT_HSM, SUSPEND, ARGS(NON_RETENTIVE, RESUME_AT, 5)),
			 AXVCPU_EXIT_IDLE);
	OPS->put(self(r));
	assert_int_equal(OPS->save(self(r), blob, sizeof(blob), &len), AX_OK);
	OPS->reset(self(r), ENTRY, 0);
	assert_int_equal(OPS->load_state(self(r), blob, len), AX_OK);
	become(r, 2);
	status_of(r, 1, AXVCPU_ON, SUCCESS, 4);
	become(r, 1);
	OPS->load(self(r), false);
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_IDLE);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, HVIP_VSSIP);
	OPS->run(self(r), &r->e);
	assert_int_equal(pc(r), RESUME_AT);
}

static void a_reset_ends_a_suspend(void **state)
{
	struct sbi_rig *r = *state;

	assert_int_equal(call(r, EXT_HSM, SUSPEND, ARGS(NON_RETENTIVE, RESUME_AT, 5)),
			 AXVCPU_EXIT_IDLE);
	OPS->put(self(r));
	OPS->reset(self(r), ENTRY, 0);
	OPS->load(self(r), false);
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY);
	become(r, 2);
	status_of(r, 1, AXVCPU_ON, SUCCESS, 0);
	/* Nothing of it is left for the next one. */
	become(r, 1);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, HVIP_VSSIP);
	assert_call(r, EXT_HSM, SUSPEND, ARGS(RETENTIVE, RESUME_AT, 5), SUCCESS, 0);
}

/* The registers are the guest's own: what happens between two runs is not seen in them. */
static void a_suspended_hart_keeps_its_registers(void **state)
{
	struct sbi_rig *r = *state;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
	assert_int_equal(call(r, EXT_HSM, SUSPEND, ARGS(RETENTIVE, 1, 2, 3, 4)), AXVCPU_EXIT_IDLE);
	assert_int_equal(get(r, A0), RETENTIVE);
	assert_int_equal(get(r, A1), 1);
	assert_int_equal(get(r, 17), EXT_HSM);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, HVIP_VSSIP);
	OPS->run(self(r), &r->e);
	assert_answer(r, SUCCESS, 0);
	assert_int_equal(get(r, 12), 2);
	assert_int_equal(get(r, 17), EXT_HSM);
}

static void bad_suspends_are_refused_and_do_not_sleep(void **state)
{
	struct sbi_rig *r = *state;
	static const uint64_t types[] = { 1,          0x0fffffff, 0x10000000,
					  0x7fffffff, 0x80000001, 0x8fffffff,
					  0x90000000, 0xffffffff, ALL };
	static const uint64_t entries[] = { RESUME_AT + 1, 0, MEM_BASE - 2, ALL,
					    MEM_BASE + sizeof(r->bytes) };

	for (size_t i = 0; i < AX_ARRAY_SIZE(types); i++) {
		assert_call(r, EXT_HSM, SUSPEND, ARGS(types[i], RESUME_AT, 0), INVALID_PARAM, 0);
	}
	for (size_t i = 0; i < AX_ARRAY_SIZE(entries); i++) {
		assert_call(r, EXT_HSM, SUSPEND, ARGS(NON_RETENTIVE, entries[i], 0),
			    INVALID_ADDRESS, 0);
	}
	become(r, 2);
	status_of(r, 1, AXVCPU_ON, SUCCESS, 0);
}

static void without_guest_memory_there_is_no_address_to_resume_at(void **state)
{
	struct sbi_rig *r = rig_prepare();

	*state = r;
	r->cfg.gmem = NULL;
	rig_start(r);
	assert_call(r, EXT_HSM, SUSPEND, ARGS(NON_RETENTIVE, RESUME_AT, 0), INVALID_ADDRESS, 0);
	assert_call(r, EXT_DBCN, 0, ARGS(1, MEM_BASE), INVALID_PARAM, 0);
	assert_call(r, EXT_DBCN, 1, ARGS(1, MEM_BASE), INVALID_PARAM, 0);
}

static void an_unfinished_call_is_repeated(void **state)
{
	struct sbi_rig *r = *state;

	assert_int_equal(call(r, EXT_HSM, START, ARGS(4, ENTRY, 1)), AXVCPU_EXIT_CPU_UP);
	OPS->run(self(r), &r->e); /* nobody completed it */
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY);
	assert_int_equal(get(r, A0), 4);
	AXTEST_EXPECT_PANIC(OPS->complete(self(r), 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hart_start_leaves_with_target_entry_and_argument, rig_setup),
		cmocka_unit_test_setup(harts_that_do_not_exist_and_odd_entries_are_refused,
				       rig_setup),
		cmocka_unit_test_setup(a_started_hart_gets_its_id_and_the_argument, rig_setup),
		cmocka_unit_test_setup(hart_stop_leaves, rig_setup),
		cmocka_unit_test_setup(get_status_tells_the_power_state, rig_setup),
		cmocka_unit_test_setup(a_suspended_hart_says_so_until_it_resumes, rig_setup),
		cmocka_unit_test_setup(retentive_suspend_waits_and_goes_on_behind_the_call,
				       rig_setup),
		cmocka_unit_test_setup(non_retentive_suspend_resumes_at_its_address, rig_setup),
		{ "a_hardware_timer_that_ends_the_wait_stays_set_over_a_non_retentive_resume",
		  a_timer_that_ends_the_wait_stays_set_over_a_non_retentive_resume, rig_setup, NULL,
		  NULL },
		{ "an_emulated_timer_that_ends_the_wait_stays_set_over_a_non_retentive_resume",
		  a_timer_that_ends_the_wait_stays_set_over_a_non_retentive_resume,
		  rig_setup_without_sstc, NULL, NULL },
		cmocka_unit_test_setup(suspend_with_an_interrupt_pending_does_not_sleep, rig_setup),
		cmocka_unit_test_setup(an_ipi_that_comes_before_the_sleep_is_not_lost, rig_setup),
		cmocka_unit_test_setup(a_suspended_hart_sleeps_on_on_another_pcpu, rig_setup),
		cmocka_unit_test_setup(a_snapshot_of_a_suspended_hart_is_suspended, rig_setup),
		cmocka_unit_test_setup(a_reset_ends_a_suspend, rig_setup),
		cmocka_unit_test_setup(a_suspended_hart_keeps_its_registers, rig_setup),
		cmocka_unit_test_setup(bad_suspends_are_refused_and_do_not_sleep, rig_setup),
		cmocka_unit_test(without_guest_memory_there_is_no_address_to_resume_at),
		cmocka_unit_test_setup(an_unfinished_call_is_repeated, rig_setup),
	};

	return cmocka_run_group_tests_name("sbi_hsm", tests, NULL, NULL);
}

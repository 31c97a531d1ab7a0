/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a vCPU: init, reset, load and put, lazy FP, snapshots, the dump. */
#include "rig.h"
#include <axdev/dev.h>

static void init_rejects_what_cannot_be(void **state)
{
	struct rig *r = *state;

	OPS->put(r->vcpu);
	r->arch.mpidr = VCPU_AARCH64_MPIDR(2);
	assert_int_equal(OPS->init(r->vcpu, &r->cfg), AX_EINVAL);
	r->arch.mpidr = VCPU_AARCH64_MPIDR(1) | UINT64_C(1) << 32;
	assert_int_equal(OPS->init(r->vcpu, &r->cfg), AX_EINVAL);
	r->arch.mpidr = VCPU_AARCH64_MPIDR(1) | UINT64_C(1) << 31;
	assert_int_equal(OPS->init(r->vcpu, &r->cfg), AX_OK);
	r->cfg.vcpu_count = 1;
	assert_int_equal(OPS->init(r->vcpu, &r->cfg), AX_EINVAL);
	r->cfg.vcpu_count = VCPU_AARCH64_MAX_VCPUS + 1;
	assert_int_equal(OPS->init(r->vcpu, &r->cfg), AX_EINVAL);
	assert_int_equal(axtest_log_count, 4);
	r->cfg.arch = NULL;
	AXTEST_EXPECT_PANIC((void)!OPS->init(r->vcpu, &r->cfg));
}

static void reset_is_the_architectures(void **state)
{
	struct rig *r = *state;

	assert_int_equal(pc(r), ENTRY);
	assert_int_equal(get(r, 0), 0x1234);
	for (uint32_t i = 1; i < 31; i++) {
		assert_int_equal(get(r, i), 0);
	}
	assert_int_equal(vcpu_aarch64_fake_get_pstate(r->vcpu), EL1H);
	assert_int_equal(live(VCPU_AARCH64_FAKE_SCTLR_EL1), 0x30d00800);
	assert_int_equal(live(VCPU_AARCH64_FAKE_VBAR_EL1), 0);
	assert_int_equal(live(VCPU_AARCH64_FAKE_VMPIDR_EL2), UINT64_C(0x80000001));
	assert_int_equal(live(VCPU_AARCH64_FAKE_VTTBR_EL2), UINT64_C(0x7000000080000000));
	assert_int_equal(live(VCPU_AARCH64_FAKE_VTCR_EL2), 24);
	/* VM SWIO PTW FMO IMO AMO FB BSU=IS TWI TID3 TSC TIDCP TACR RW */
	assert_int_equal(live(VCPU_AARCH64_FAKE_HCR_EL2) & UINT64_C(0xffffffff), 0x803c263f);
}

static void reset_stops_timers_and_lowers_lines(void **state)
{
	struct rig *r = *state;

	r->line[PTIMER] = true;
	r->line[VTIMER] = true;
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CTL_EL0, 1);
	AXTEST_EXPECT_PANIC(OPS->reset(r->vcpu, 0, 0)); /* resident */
	OPS->put(r->vcpu);
	OPS->reset(r->vcpu, 0x8000, 1);
	assert_false(r->line[PTIMER]);
	assert_false(r->line[VTIMER]);
	assert_int_equal(OPS->deadline_ns(r->vcpu), UINT64_MAX);
}

static void registers_survive_another_guest(void **state)
{
	struct rig *r = *state;
	static uint8_t AX_ALIGNED(64) other[4096];

	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_SP_EL0, 0x1111);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_ELR_EL1, 0x2222);
	AXTEST_EXPECT_PANIC(OPS->load(r->vcpu, false));
	OPS->put(r->vcpu);
	AXTEST_EXPECT_PANIC(OPS->put(r->vcpu));
	assert_int_equal(OPS->init(other, &r->cfg), AX_OK);
	OPS->set_root(other, 1, 24);
	OPS->reset(other, 0, 0);
	OPS->load(other, true);
	assert_int_equal(live(VCPU_AARCH64_FAKE_LOCAL_FLUSHES), 1);
	assert_int_equal(live(VCPU_AARCH64_FAKE_SP_EL0), 0);
	assert_int_equal(live(VCPU_AARCH64_FAKE_VTTBR_EL2), 1);
	OPS->put(other);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_AARCH64_FAKE_LOCAL_FLUSHES), 1);
	assert_int_equal(live(VCPU_AARCH64_FAKE_SP_EL0), 0x1111);
	assert_int_equal(live(VCPU_AARCH64_FAKE_ELR_EL1), 0x2222);
}

static bool fp_trapped(void)
{
	return (live(VCPU_AARCH64_FAKE_CPTR_EL2) & 0x400) != 0;
}

static void fp_is_loaded_at_first_use_and_saved_by_put(void **state)
{
	struct rig *r = *state;
	uint64_t lo;
	uint64_t hi;

	assert_true(fp_trapped());
	vcpu_aarch64_fake_set_q(31, 0xbad, 0xbad); /* somebody else's */
	assert_int_equal(trap(r, EC(0x07)), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY);
	assert_false(fp_trapped());
	vcpu_aarch64_fake_get_q(31, &lo, &hi);
	assert_int_equal(lo | hi, 0);
	vcpu_aarch64_fake_set_q(31, 0x31, 0x131);
	OPS->put(r->vcpu);
	assert_false(fp_trapped()); /* the host may use it in between */
	vcpu_aarch64_fake_set_q(31, 0xbad, 0xbad);
	OPS->load(r->vcpu, false);
	assert_true(fp_trapped());
	trap(r, EC(0x07));
	vcpu_aarch64_fake_get_q(31, &lo, &hi);
	assert_int_equal(lo, 0x31);
	assert_int_equal(hi, 0x131);
	trap(r, EC(0x07)); /* it is open: then this is not ours */
	expect_undef(r, ENTRY, 0x200);
}

static void fp_that_was_not_used_is_not_touched(void **state)
{
	struct rig *r = *state;
	uint64_t lo;
	uint64_t hi;

	trap(r, EC(0x07));
	vcpu_aarch64_fake_set_q(0, 7, 8);
	OPS->put(r->vcpu);
	OPS->load(r->vcpu, false);
	vcpu_aarch64_fake_set_q(0, 0xbad, 0xbad);
	OPS->put(r->vcpu);
	OPS->load(r->vcpu, false);
	trap(r, EC(0x07));
	vcpu_aarch64_fake_get_q(0, &lo, &hi);
	assert_int_equal(lo, 7);
	assert_int_equal(hi, 8);
}

/* --- Snapshots */

static size_t save(struct rig *r, uint8_t *buf, size_t cap)
{
	size_t len = 0;

	assert_int_equal(OPS->save(r->vcpu, buf, cap, &len), AX_OK);
	return len;
}

static void a_saved_vcpu_goes_on_in_another(void **state)
{
	struct rig *r = *state;
	static uint8_t AX_ALIGNED(64) other[4096];
	static uint8_t one[4096];
	static uint8_t two[4096];
	static const struct vcpu_aarch64_fake_exit serror = { .kind = VCPU_AARCH64_FAKE_SERROR };
	size_t len;
	size_t len2 = 0;

	set(r, 30, 0x3030);
	trap(r, EC(0x07));
	vcpu_aarch64_fake_set_q(5, 55, 56);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_SP_EL1, 0x5151);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CTL_EL0, 5);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CVAL_EL0, 1);
	assert_true(vcpu_aarch64_fake_push_exit(&serror));
	OPS->run(r->vcpu, &r->e);
	AXTEST_EXPECT_PANIC((void)!OPS->save(r->vcpu, one, sizeof(one), &len));
	OPS->put(r->vcpu);
	len = save(r, one, sizeof(one));
	assert_int_equal(OPS->save(r->vcpu, two, len - 1, &len2), AX_ENOSPC);
	assert_int_equal(len2, 0);

	assert_int_equal(OPS->init(other, &r->cfg), AX_OK);
	OPS->reset(other, 0, 0);
	assert_int_equal(OPS->load_state(other, one, len), AX_OK);
	assert_int_equal(OPS->save(other, two, sizeof(two), &len2), AX_OK);
	assert_int_equal(len, len2);
	assert_memory_equal(one, two, len);
	OPS->load(other, false);
	assert_int_equal(live(VCPU_AARCH64_FAKE_SP_EL1), 0x5151);
	assert_int_equal(live(VCPU_AARCH64_FAKE_CNTV_CTL_EL0), 1);
	assert_int_equal(live(VCPU_AARCH64_FAKE_HCR_EL2) & 0x100, 0x100);
}

static void an_expired_timer_raises_its_line_again_after_load_state(void **state)
{
	struct rig *r = *state;
	static uint8_t buf[4096];
	size_t len;

	set(r, 7, 1);
	trap(r, EC(0x18) | 3 << 20 | 1 << 17 | 3 << 14 | 14 << 10 | 7 << 5 | 2 << 1); /* CNTP_CTL */
	assert_true(r->line[PTIMER]);
	OPS->put(r->vcpu);
	len = save(r, buf, sizeof(buf));
	OPS->reset(r->vcpu, 0, 0);
	assert_false(r->line[PTIMER]);
	assert_int_equal(OPS->load_state(r->vcpu, buf, len), AX_OK);
	assert_true(r->line[PTIMER]);
}

/* Offsets into the blob: header 12, flags 4, x0-x30, pc, pstate, 34 system registers, FP, timers. */
#define B_FLAGS  12
#define B_PSTATE (16 + 32 * 8)
#define B_MDSCR  (B_PSTATE + 8 + 23 * 8)
#define B_FPSR   (B_PSTATE + 8 + 34 * 8 + 512)
#define B_FPCR   (B_FPSR + 8)
#define B_VCTL   (B_FPCR + 8)
#define B_PCTL   (B_VCTL + 16)

static void damaged_state_is_refused_whole(void **state)
{
	struct rig *r = *state;
	static uint8_t good[4096];
	static uint8_t bad[4096];
	static uint8_t after[4096];
	static const struct {
		size_t off;
		uint64_t val;
		unsigned bytes;
		ax_err_t err;
	} cases[] = {
		{ 0, 0x12345678, 4, AX_EVERSION }, /* magic */
		{ 4, 2, 2, AX_EVERSION },          /* version */
		{ 6, 1, 2, AX_EINVAL },            /* reserved */
		{ 8, 8, 4, AX_EVERSION },          /* size */
		{ B_FLAGS, 4, 4, AX_EINVAL },
		{ B_PSTATE, 0x3c9, 8, AX_EINVAL }, /* EL2h */
		{ B_PSTATE, 0x3c8, 8, AX_EINVAL }, /* EL2t */
		{ B_PSTATE, 0x3cd, 8, AX_EINVAL }, /* EL3h */
		{ B_PSTATE, 0x3c1, 8, AX_EINVAL }, /* EL0h */
		{ B_PSTATE, 0x3c6, 8, AX_EINVAL },
		{ B_PSTATE, 0x1d3, 8, AX_EINVAL },     /* AArch32 supervisor */
		{ B_PSTATE, 0x20003c5, 8, AX_EINVAL }, /* TCO */
		{ B_PSTATE, UINT64_C(0x1000003c5), 8, AX_EINVAL },
		{ B_MDSCR, 0x8000, 8, AX_EINVAL }, /* MDE */
		{ B_FPSR, UINT64_C(1) << 32, 8, AX_EINVAL },
		{ B_FPCR, UINT64_C(1) << 63, 8, AX_EINVAL },
		{ B_VCTL, 4, 8, AX_EINVAL },
		{ B_PCTL, 0x101, 8, AX_EINVAL },
	};
	size_t len;

	OPS->put(r->vcpu);
	len = save(r, good, sizeof(good));
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		memcpy(bad, good, len);
		bad[16] ^= 1; /* x0: must not get in */
		memcpy(bad + cases[i].off, &cases[i].val, cases[i].bytes);
		assert_int_equal(OPS->load_state(r->vcpu, bad, len), cases[i].err);
		assert_int_equal(save(r, after, sizeof(after)), len);
		assert_memory_equal(after, good, len);
	}
	assert_int_equal(axtest_log_count, AX_ARRAY_SIZE(cases));
	for (size_t n = 0; n < len; n += 7) {
		assert_int_equal(OPS->load_state(r->vcpu, good, n), AX_EVERSION);
	}
	assert_int_equal(OPS->load_state(r->vcpu, good, len + 1), AX_EVERSION);
	assert_int_equal(OPS->load_state(r->vcpu, good, len), AX_OK);
	OPS->load(r->vcpu, false);
	AXTEST_EXPECT_PANIC((void)!OPS->load_state(r->vcpu, good, len));
}

static void the_dump_shows_live_registers(void **state)
{
	struct rig *r = *state;

	OPS->dump(r->vcpu);
	assert_in_range(axtest_log_count, 5, 15);
	OPS->put(r->vcpu);
	OPS->dump(r->vcpu);
}

static void the_script_is_bounded(void **state)
{
	struct rig *r = *state;
	static const struct vcpu_aarch64_fake_exit irq = { .kind = VCPU_AARCH64_FAKE_IRQ };

	for (unsigned i = 0; i < VCPU_AARCH64_FAKE_QUEUE; i++) {
		assert_true(vcpu_aarch64_fake_push_exit(&irq));
	}
	assert_false(vcpu_aarch64_fake_push_exit(&irq));
	OPS->run(r->vcpu, &r->e);
	assert_true(vcpu_aarch64_fake_push_exit(&irq));
	assert_int_equal(vcpu_aarch64_fake_pending(), VCPU_AARCH64_FAKE_QUEUE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(init_rejects_what_cannot_be, rig_setup),
		cmocka_unit_test_setup(reset_is_the_architectures, rig_setup),
		cmocka_unit_test_setup(reset_stops_timers_and_lowers_lines, rig_setup),
		cmocka_unit_test_setup(registers_survive_another_guest, rig_setup),
		cmocka_unit_test_setup(fp_is_loaded_at_first_use_and_saved_by_put, rig_setup),
		cmocka_unit_test_setup(fp_that_was_not_used_is_not_touched, rig_setup),
		cmocka_unit_test_setup(a_saved_vcpu_goes_on_in_another, rig_setup),
		cmocka_unit_test_setup(an_expired_timer_raises_its_line_again_after_load_state,
				       rig_setup),
		cmocka_unit_test_setup(damaged_state_is_refused_whole, rig_setup),
		cmocka_unit_test_setup(the_dump_shows_live_registers, rig_setup),
		cmocka_unit_test_setup(the_script_is_bounded, rig_setup),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}

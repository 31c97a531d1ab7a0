/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock as rtc-pl031 drives it, the alarm with its deadline, and snapshots taken across time.
 */
#include <axtest/axtest.h>
#include <string.h>
#include <vrtc/pl031.h>

enum {
	DR = 0x00,
	MR = 0x04,
	LR = 0x08,
	CR = 0x0c,
	IMSC = 0x10,
	RIS = 0x14,
	MIS = 0x18,
	ICR = 0x1c,
};

#define BASE UINT64_C(1767225600) /* 2026-01-01 */
#define S    UINT64_C(1000000000)

static struct vrtc_pl031 rtc;
static struct axtest_irq irq;

static int make(void **st)
{
	(void)st;
	axtest_port_reset();
	irq = (struct axtest_irq){ 0 };
	vrtc_pl031_init(&rtc, axtest_irq_line(&irq), BASE);
	return 0;
}

static uint32_t rd(uint64_t off)
{
	return (uint32_t)axtest_dev_read(&vrtc_pl031_ops, &rtc, off, 4);
}

static void wr(uint64_t off, uint32_t val)
{
	axtest_dev_write(&vrtc_pl031_ops, &rtc, off, 4, val);
}

static void reset_values_are_those_of_a_running_clock(void **st)
{
	static const struct {
		uint64_t off;
		uint32_t val;
	} cases[] = {
		{ DR, (uint32_t)BASE },
		{ MR, 0 },
		{ LR, 0 },
		{ CR, 1 },
		{ IMSC, 0 },
		{ RIS, 0 },
		{ MIS, 0 },
		{ ICR, 0 },
		{ 0xfe0, 0x31 },
		{ 0xfe4, 0x10 },
		{ 0xfe8, 0x14 },
		{ 0xfec, 0x00 },
		{ 0xff0, 0x0d },
		{ 0xff4, 0xf0 },
		{ 0xff8, 0x05 },
		{ 0xffc, 0xb1 },
	};

	(void)st;
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
			assert_int_equal(rd(cases[i].off), cases[i].val);
		}
		wr(LR, 5);
		wr(MR, 5);
		wr(IMSC, 1);
		assert_true(irq.level);
		vrtc_pl031_ops.reset(&rtc);
		assert_false(irq.level);
	}
}

/* amba bus: part 0x031, designer 0x41, class 0xf00d05b1 turned about; rtc-pl031 masks the rest. */
static void the_driver_finds_its_identification(void **st)
{
	uint32_t pid = 0, cid = 0;

	(void)st;
	for (unsigned i = 0; i < 4; i++) {
		pid |= (rd(0xfe0 + 4 * i) & 0xff) << (8 * i);
		cid |= (rd(0xff0 + 4 * i) & 0xff) << (8 * i);
	}
	assert_int_equal(pid & 0xfffff, 0x41031);
	assert_int_equal(cid, 0xb105f00d);
}

static void the_count_follows_the_clock_in_whole_seconds(void **st)
{
	(void)st;
	axtest_now_ns = S - 1;
	assert_int_equal(rd(DR), BASE);
	axtest_now_ns = S;
	assert_int_equal(rd(DR), BASE + 1);
	axtest_now_ns = 86400 * S;
	assert_int_equal(rd(DR), BASE + 86400);
	axtest_now_ns = 0; /* a clock that steps back does not take the guest along */
	assert_int_equal(rd(DR), BASE + 86400);
}

static void a_load_moves_the_count_and_can_be_read_back(void **st)
{
	(void)st;
	wr(LR, 1000);
	assert_int_equal(rd(DR), 1000);
	axtest_now_ns = 7 * S;
	assert_int_equal(rd(DR), 1007);
	assert_int_equal(rd(LR), 1000);
	wr(LR, UINT32_MAX);
	axtest_now_ns = 8 * S;
	assert_int_equal(rd(DR), 0); /* wraps */
}

static void the_alarm_goes_off_at_its_deadline(void **st)
{
	(void)st;
	axtest_now_ns = S / 2;
	assert_int_equal(vrtc_pl031_deadline_ns(&rtc), UINT64_MAX);
	wr(MR, (uint32_t)BASE + 10);
	assert_int_equal(vrtc_pl031_deadline_ns(&rtc), UINT64_MAX); /* masked */
	wr(IMSC, 1);
	assert_int_equal(vrtc_pl031_deadline_ns(&rtc), 10 * S);
	axtest_now_ns = 10 * S - 1;
	vrtc_pl031_tick(&rtc);
	assert_false(irq.level);
	axtest_now_ns = 10 * S;
	vrtc_pl031_tick(&rtc);
	assert_true(irq.level);
	assert_int_equal(rd(RIS), 1);
	assert_int_equal(rd(MIS), 1);
	assert_int_equal(vrtc_pl031_deadline_ns(&rtc), UINT64_MAX); /* it is up already */
	wr(ICR, 0);
	assert_true(irq.level); /* zeros clear nothing */
	wr(ICR, 1);
	assert_false(irq.level);
	assert_int_equal(rd(RIS), 0);
	vrtc_pl031_tick(&rtc); /* still equal: that match is over */
	assert_false(irq.level);
	assert_int_equal(vrtc_pl031_deadline_ns(&rtc), (10 + (UINT64_C(1) << 32)) * S);
}

static void a_late_tick_still_finds_the_match(void **st)
{
	(void)st;
	wr(MR, (uint32_t)BASE + 10);
	wr(IMSC, 1);
	axtest_now_ns = 500 * S;
	assert_true(vrtc_pl031_deadline_ns(&rtc) <= axtest_now_ns);
	vrtc_pl031_tick(&rtc);
	assert_true(irq.level);
}

static void a_masked_match_is_seen_by_polling(void **st)
{
	(void)st;
	wr(MR, (uint32_t)BASE + 1);
	axtest_now_ns = 3 * S;
	assert_int_equal(rd(RIS), 1);
	assert_int_equal(rd(MIS), 0);
	assert_false(irq.level);
	wr(IMSC, 0xffffffff);
	assert_int_equal(rd(IMSC), 1);
	assert_true(irq.level);
	wr(IMSC, 0);
	assert_false(irq.level);
}

static void writing_what_is_equal_now_matches_now(void **st)
{
	(void)st;
	wr(IMSC, 1);
	wr(MR, (uint32_t)BASE);
	assert_true(irq.level);
	wr(ICR, 1);
	wr(MR, 77);
	assert_false(irq.level);
	wr(LR, 77);
	assert_true(irq.level);
}

static void a_deadline_past_the_end_of_time_is_none(void **st)
{
	(void)st;
	axtest_now_ns = UINT64_C(18000000000) * S;
	wr(IMSC, 1);
	wr(MR, rd(DR) - 1);
	assert_int_equal(vrtc_pl031_deadline_ns(&rtc), UINT64_MAX);
}

static void registers_that_cannot_be_written_stay(void **st)
{
	static const uint64_t offsets[] = { DR, CR, RIS, MIS, 0x20, 0x90, 0xfdc, 0xfe0, 0xffc };

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(offsets); i++) {
		uint32_t before = rd(offsets[i]);

		wr(offsets[i], ~before);
		assert_int_equal(rd(offsets[i]), before);
	}
	assert_int_equal(rd(0x20), 0);
	assert_int_equal(rd(0xfdc), 0);
}

static void only_accesses_at_a_register_count(void **st)
{
	static const struct {
		uint64_t off;
		uint8_t size;
	} bad[] = { { MR, 8 }, { MR + 1, 1 }, { MR + 2, 2 }, { MR + 1, 4 }, { 0x1004, 4 } };

	(void)st;
	wr(MR, 0x11223344);
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		assert_int_equal(axtest_dev_read(&vrtc_pl031_ops, &rtc, bad[i].off, bad[i].size),
				 0);
		axtest_dev_write(&vrtc_pl031_ops, &rtc, bad[i].off, bad[i].size, 0xff);
	}
	assert_int_equal(rd(MR), 0x11223344);
	assert_int_equal(axtest_dev_read(&vrtc_pl031_ops, &rtc, MR, 1), 0x44);
	assert_int_equal(axtest_dev_read(&vrtc_pl031_ops, &rtc, MR, 2), 0x3344);
}

static void two_clocks_are_independent(void **st)
{
	struct axtest_irq other_irq = { 0 };
	struct vrtc_pl031 other;

	(void)st;
	vrtc_pl031_init(&other, axtest_irq_line(&other_irq), 100);
	wr(LR, 5);
	wr(MR, 5);
	wr(IMSC, 1);
	assert_true(irq.level);
	assert_false(other_irq.level);
	assert_int_equal(axtest_dev_read(&vrtc_pl031_ops, &other, DR, 4), 100);
	assert_int_equal(axtest_dev_read(&vrtc_pl031_ops, &other, RIS, 4), 0);
}

static void a_snapshot_loads_back_as_it_was(void **st)
{
	uint8_t first[VRTC_PL031_SNAP_SIZE], second[VRTC_PL031_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	wr(LR, 1000);
	wr(MR, 1003);
	wr(IMSC, 1);
	axtest_now_ns = 3 * S;
	assert_int_equal(vrtc_pl031_ops.save(&rtc, first, sizeof(first), &len), AX_OK);
	assert_int_equal(len, sizeof(first));
	assert_false(
		irq.level); /* the match is in the snapshot, the paused device was left alone */
	vrtc_pl031_ops.reset(&rtc);
	assert_int_equal(vrtc_pl031_ops.load(&rtc, first, len), AX_OK);
	assert_true(irq.level);
	assert_int_equal(rd(DR), 1003);
	assert_int_equal(rd(LR), 1000);
	assert_int_equal(vrtc_pl031_ops.save(&rtc, second, sizeof(second), &len), AX_OK);
	assert_memory_equal(first, second, sizeof(first));
	assert_int_equal(vrtc_pl031_ops.save(&rtc, second, sizeof(second) - 1, &len), AX_ENOSPC);
}

static void the_guests_clock_goes_on_while_it_is_saved(void **st)
{
	uint8_t snap[VRTC_PL031_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	wr(LR, 1000);
	wr(MR, 1060);
	wr(IMSC, 1);
	assert_int_equal(vrtc_pl031_ops.save(&rtc, snap, sizeof(snap), &len), AX_OK);
	vrtc_pl031_init(&rtc, axtest_irq_line(&irq), BASE + 59); /* another host, a minute on */
	assert_int_equal(vrtc_pl031_ops.load(&rtc, snap, len), AX_OK);
	assert_int_equal(rd(DR), 1059);
	assert_false(irq.level);
	vrtc_pl031_init(&rtc, axtest_irq_line(&irq), BASE + 60);
	assert_int_equal(vrtc_pl031_ops.load(&rtc, snap, len), AX_OK);
	assert_true(irq.level);
	vrtc_pl031_init(&rtc, axtest_irq_line(&irq), BASE - 60); /* a host that is behind */
	assert_int_equal(vrtc_pl031_ops.load(&rtc, snap, len), AX_OK);
	assert_int_equal(rd(DR), 940);
	assert_false(irq.level);
	assert_int_equal(vrtc_pl031_deadline_ns(&rtc), 120 * S);
}

static void a_damaged_snapshot_changes_nothing(void **st)
{
	static const struct {
		size_t at;
		ax_err_t err;
	} cases[] = {
		{ 0, AX_EVERSION }, { 4, AX_EVERSION }, { 8, AX_EVERSION }, { 6, AX_EINVAL },
		{ 24, AX_EINVAL },  { 25, AX_EINVAL },  { 26, AX_EINVAL },  { 31, AX_EINVAL },
	};
	uint8_t snap[VRTC_PL031_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	assert_int_equal(vrtc_pl031_ops.save(&rtc, snap, sizeof(snap), &len), AX_OK);
	wr(MR, 42);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		snap[cases[i].at] ^= 0x82;
		assert_int_equal(vrtc_pl031_ops.load(&rtc, snap, len), cases[i].err);
		snap[cases[i].at] ^= 0x82;
	}
	assert_int_equal(vrtc_pl031_ops.load(&rtc, snap, len - 1), AX_EVERSION);
	assert_int_equal(vrtc_pl031_ops.load(&rtc, snap, 0), AX_EVERSION);
	assert_int_equal(rd(MR), 42);
}

static unsigned set_count;

/* What another CPU may do while this one tells the line: clear the interrupt. */
static void clear_while_telling(void *ctx, bool level)
{
	set_count++;
	if (level) {
		axtest_dev_write(&vrtc_pl031_ops, ctx, ICR, 4, 1);
	}
	irq.level = level; /* the line is slow */
}

static void the_last_of_two_racing_levels_wins(void **st)
{
	struct ax_irq_line line = { .set = clear_while_telling, .ctx = &rtc };

	(void)st;
	vrtc_pl031_init(&rtc, line, BASE);
	wr(IMSC, 1);
	wr(MR, (uint32_t)BASE);
	assert_false(irq.level);
	assert_int_equal(set_count, 2);
	assert_int_equal(rd(RIS), 0);
}

static void a_clock_without_a_line_is_a_callers_bug(void **st)
{
	(void)st;
	AXTEST_EXPECT_PANIC(vrtc_pl031_init(&rtc, (struct ax_irq_line){ 0 }, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_values_are_those_of_a_running_clock, make),
		cmocka_unit_test_setup(the_driver_finds_its_identification, make),
		cmocka_unit_test_setup(the_count_follows_the_clock_in_whole_seconds, make),
		cmocka_unit_test_setup(a_load_moves_the_count_and_can_be_read_back, make),
		cmocka_unit_test_setup(the_alarm_goes_off_at_its_deadline, make),
		cmocka_unit_test_setup(a_late_tick_still_finds_the_match, make),
		cmocka_unit_test_setup(a_masked_match_is_seen_by_polling, make),
		cmocka_unit_test_setup(writing_what_is_equal_now_matches_now, make),
		cmocka_unit_test_setup(a_deadline_past_the_end_of_time_is_none, make),
		cmocka_unit_test_setup(registers_that_cannot_be_written_stay, make),
		cmocka_unit_test_setup(only_accesses_at_a_register_count, make),
		cmocka_unit_test_setup(two_clocks_are_independent, make),
		cmocka_unit_test_setup(a_snapshot_loads_back_as_it_was, make),
		cmocka_unit_test_setup(the_guests_clock_goes_on_while_it_is_saved, make),
		cmocka_unit_test_setup(a_damaged_snapshot_changes_nothing, make),
		cmocka_unit_test_setup(the_last_of_two_racing_levels_wins, make),
		cmocka_unit_test_setup(a_clock_without_a_line_is_a_callers_bug, make),
	};

	return cmocka_run_group_tests_name("vrtc", tests, NULL, NULL);
}

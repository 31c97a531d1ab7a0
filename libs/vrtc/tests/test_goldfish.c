/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock as rtc-goldfish drives it, the alarm with its deadline, and snapshots taken across time.
 */
#include <axtest/axtest.h>
#include <string.h>
#include <vrtc/goldfish.h>

enum {
	TIME_LOW = 0x00,
	TIME_HIGH = 0x04,
	ALARM_LOW = 0x08,
	ALARM_HIGH = 0x0c,
	IRQ_ENABLED = 0x10,
	CLEAR_ALARM = 0x14,
	ALARM_STATUS = 0x18,
	CLEAR_INTERRUPT = 0x1c,
};

#define S      UINT64_C(1000000000)
#define BASE_S UINT64_C(1767225600) /* 2026-01-01 */
#define BASE   (BASE_S * S)

static struct vrtc_goldfish rtc;
static struct axtest_irq irq;

static int make(void **st)
{
	(void)st;
	axtest_port_reset();
	irq = (struct axtest_irq){ 0 };
	vrtc_goldfish_init(&rtc, axtest_irq_line(&irq), BASE_S);
	return 0;
}

static uint32_t rd(uint64_t off)
{
	return (uint32_t)axtest_dev_read(&vrtc_goldfish_ops, &rtc, off, 4);
}

static void wr(uint64_t off, uint32_t val)
{
	axtest_dev_write(&vrtc_goldfish_ops, &rtc, off, 4, val);
}

/* As the driver reads it: the lower half first. */
static uint64_t rd_time(void)
{
	uint64_t low = rd(TIME_LOW);

	return (uint64_t)rd(TIME_HIGH) << 32 | low;
}

static void wr_time(uint64_t time)
{
	wr(TIME_HIGH, (uint32_t)(time >> 32));
	wr(TIME_LOW, (uint32_t)time);
}

static void wr_alarm(uint64_t time)
{
	wr(ALARM_HIGH, (uint32_t)(time >> 32));
	wr(ALARM_LOW, (uint32_t)time);
	wr(IRQ_ENABLED, 1);
}

static void reset_values_are_those_of_a_running_clock(void **st)
{
	(void)st;
	for (int again = 0; again < 2; again++) {
		assert_int_equal(rd(TIME_HIGH), 0); /* nothing is latched */
		for (uint64_t off = ALARM_LOW; off < 0x40; off += 4) {
			assert_int_equal(rd(off), 0);
		}
		assert_true(rd_time() == BASE);
		wr_time(5);
		wr_alarm(5);
		assert_true(irq.level);
		vrtc_goldfish_ops.reset(&rtc);
		assert_false(irq.level);
	}
}

static void the_time_follows_the_clock_in_nanoseconds(void **st)
{
	(void)st;
	axtest_now_ns = 1;
	assert_true(rd_time() == BASE + 1);
	axtest_now_ns = 86400 * S;
	assert_true(rd_time() == BASE + 86400 * S);
	axtest_now_ns = 0; /* a clock that steps back does not take the guest along */
	assert_true(rd_time() == BASE + 86400 * S);
}

static void reading_the_lower_half_latches_the_other(void **st)
{
	(void)st;
	wr_time(UINT64_C(0x1ffffffff));
	assert_int_equal(rd(TIME_LOW), UINT32_MAX);
	axtest_now_ns = 1;
	assert_int_equal(rd(TIME_HIGH), 1);
	assert_int_equal(rd(TIME_LOW), 0);
	assert_int_equal(rd(TIME_HIGH), 2);
}

static void the_time_can_be_set_by_halves(void **st)
{
	(void)st;
	axtest_now_ns = 3 * S;
	wr(TIME_HIGH, 0x11);
	wr(TIME_LOW, 0x22);
	assert_true(rd_time() == UINT64_C(0x1100000022));
	axtest_now_ns += 8;
	assert_true(rd_time() == UINT64_C(0x110000002a));
	wr(TIME_LOW, UINT32_MAX);
	assert_true(rd_time() == UINT64_C(0x11ffffffff));
}

static void the_alarm_goes_off_at_its_deadline(void **st)
{
	(void)st;
	axtest_now_ns = S / 2;
	assert_true(vrtc_goldfish_deadline_ns(&rtc) == UINT64_MAX);
	wr_alarm(BASE + 10 * S + 7);
	assert_int_equal(rd(ALARM_STATUS), 1);
	assert_int_equal(rd(ALARM_LOW), (uint32_t)(BASE + 10 * S + 7));
	assert_int_equal(rd(ALARM_HIGH), (BASE + 10 * S + 7) >> 32);
	assert_true(vrtc_goldfish_deadline_ns(&rtc) == 10 * S + 7);
	wr(IRQ_ENABLED, 0);
	assert_true(vrtc_goldfish_deadline_ns(&rtc) == UINT64_MAX); /* nobody would hear it */
	wr(IRQ_ENABLED, 0xffffffff);
	assert_int_equal(rd(IRQ_ENABLED), 1);
	axtest_now_ns = 10 * S + 6;
	vrtc_goldfish_tick(&rtc);
	assert_false(irq.level);
	axtest_now_ns++;
	vrtc_goldfish_tick(&rtc);
	assert_true(irq.level);
	assert_int_equal(rd(ALARM_STATUS), 0);
	assert_true(vrtc_goldfish_deadline_ns(&rtc) == UINT64_MAX);
	wr(CLEAR_INTERRUPT, 0); /* any value */
	assert_false(irq.level);
	axtest_now_ns += 100 * S;
	vrtc_goldfish_tick(&rtc); /* it went off once */
	assert_false(irq.level);
}

static void a_late_tick_still_finds_the_alarm(void **st)
{
	(void)st;
	wr_alarm(BASE + 10 * S);
	axtest_now_ns = 500 * S;
	assert_true(vrtc_goldfish_deadline_ns(&rtc) == 10 * S);
	vrtc_goldfish_tick(&rtc);
	assert_true(irq.level);
}

static void an_alarm_nobody_enabled_is_kept_for_later(void **st)
{
	(void)st;
	wr_alarm(BASE + S);
	wr(IRQ_ENABLED, 0);
	axtest_now_ns = 3 * S;
	assert_int_equal(rd(ALARM_STATUS), 0);
	assert_false(irq.level);
	wr(IRQ_ENABLED, 1);
	assert_true(irq.level);
	wr(IRQ_ENABLED, 0);
	assert_false(irq.level);
}

static void an_alarm_in_the_past_goes_off_at_once(void **st)
{
	(void)st;
	wr_alarm(BASE);
	assert_true(irq.level);
	assert_int_equal(rd(ALARM_STATUS), 0);
	wr(CLEAR_INTERRUPT, 1);
	wr(ALARM_HIGH, 0); /* the upper half alone arms nothing */
	assert_int_equal(rd(ALARM_STATUS), 0);
	assert_false(irq.level);
}

static void a_cleared_alarm_does_not_go_off(void **st)
{
	(void)st;
	wr_alarm(BASE + S);
	wr(CLEAR_ALARM, 0);
	assert_int_equal(rd(ALARM_STATUS), 0);
	assert_true(vrtc_goldfish_deadline_ns(&rtc) == UINT64_MAX);
	axtest_now_ns = 2 * S;
	vrtc_goldfish_tick(&rtc);
	assert_false(irq.level);
}

static void setting_the_clock_moves_the_deadline(void **st)
{
	(void)st;
	wr_alarm(BASE + 100 * S);
	wr_time(BASE + 90 * S);
	assert_true(vrtc_goldfish_deadline_ns(&rtc) == 10 * S);
	assert_false(irq.level);
	wr_time(BASE + 100 * S);
	assert_true(irq.level);
}

static void moving_an_armed_alarm_back_sets_it_off(void **st)
{
	(void)st;
	wr_alarm(BASE + 100 * S);
	wr(ALARM_HIGH, 0);
	assert_true(irq.level);
}

static void a_deadline_past_the_end_of_time_is_none(void **st)
{
	(void)st;
	wr_alarm(UINT64_MAX);
	assert_int_equal(rd(ALARM_STATUS), 1);
	assert_true(vrtc_goldfish_deadline_ns(&rtc) == UINT64_MAX - BASE);
	axtest_now_ns = UINT64_MAX - BASE - 1;
	wr_time(0);
	assert_true(vrtc_goldfish_deadline_ns(&rtc) == UINT64_MAX);
	vrtc_goldfish_tick(&rtc);
	assert_false(irq.level);
}

static void only_accesses_at_a_register_count(void **st)
{
	static const struct {
		uint64_t off;
		uint8_t size;
	} bad[] = { { ALARM_HIGH, 8 },         { ALARM_HIGH + 1, 1 }, { ALARM_HIGH + 2, 2 },
		    { ALARM_HIGH + 1, 4 },     { 0x20, 4 },           { 0xffc, 4 },
		    { 0x1000 + ALARM_HIGH, 4 } };

	(void)st;
	wr(ALARM_HIGH, 0x11223344);
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		assert_int_equal(axtest_dev_read(&vrtc_goldfish_ops, &rtc, bad[i].off, bad[i].size),
				 0);
		axtest_dev_write(&vrtc_goldfish_ops, &rtc, bad[i].off, bad[i].size, 0xff);
	}
	assert_int_equal(rd(ALARM_HIGH), 0x11223344);
	assert_int_equal(axtest_dev_read(&vrtc_goldfish_ops, &rtc, ALARM_HIGH, 1), 0x44);
	assert_int_equal(axtest_dev_read(&vrtc_goldfish_ops, &rtc, ALARM_HIGH, 2), 0x3344);
	wr(ALARM_STATUS, 1);
	assert_int_equal(rd(ALARM_STATUS), 0);
}

static void two_clocks_are_independent(void **st)
{
	struct axtest_irq other_irq = { 0 };
	struct vrtc_goldfish other;

	(void)st;
	vrtc_goldfish_init(&other, axtest_irq_line(&other_irq), 1);
	wr_time(5);
	wr_alarm(5);
	assert_true(irq.level);
	assert_false(other_irq.level);
	assert_int_equal(axtest_dev_read(&vrtc_goldfish_ops, &other, TIME_LOW, 4), S);
	assert_int_equal(axtest_dev_read(&vrtc_goldfish_ops, &other, IRQ_ENABLED, 4), 0);
}

static void a_snapshot_loads_back_as_it_was(void **st)
{
	uint8_t first[VRTC_GOLDFISH_SNAP_SIZE], second[VRTC_GOLDFISH_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	wr_time(UINT64_C(0x7ffffffff));
	(void)rd(TIME_LOW);
	wr_alarm(UINT64_C(0x800000003));
	axtest_now_ns = 4;
	assert_int_equal(vrtc_goldfish_ops.save(&rtc, first, sizeof(first), &len), AX_OK);
	assert_int_equal(len, sizeof(first));
	assert_false(irq.level); /* it is in the snapshot, the paused device was left alone */
	vrtc_goldfish_ops.reset(&rtc);
	assert_int_equal(vrtc_goldfish_ops.load(&rtc, first, len), AX_OK);
	assert_true(irq.level);
	assert_int_equal(rd(TIME_HIGH), 7); /* as latched */
	assert_true(rd_time() == UINT64_C(0x800000003));
	assert_int_equal(vrtc_goldfish_ops.load(&rtc, first, len), AX_OK);
	assert_int_equal(vrtc_goldfish_ops.save(&rtc, second, sizeof(second), &len), AX_OK);
	assert_memory_equal(first, second, sizeof(first));
	assert_int_equal(vrtc_goldfish_ops.save(&rtc, second, sizeof(second) - 1, &len), AX_ENOSPC);
}

static void the_guests_clock_goes_on_while_it_is_saved(void **st)
{
	uint8_t snap[VRTC_GOLDFISH_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	wr_time(1000 * S);
	wr_alarm(1060 * S);
	assert_int_equal(vrtc_goldfish_ops.save(&rtc, snap, sizeof(snap), &len), AX_OK);
	vrtc_goldfish_init(&rtc, axtest_irq_line(&irq), BASE_S + 59); /* another host, later */
	assert_int_equal(vrtc_goldfish_ops.load(&rtc, snap, len), AX_OK);
	assert_true(rd_time() == 1059 * S);
	assert_false(irq.level);
	vrtc_goldfish_init(&rtc, axtest_irq_line(&irq), BASE_S + 60);
	assert_int_equal(vrtc_goldfish_ops.load(&rtc, snap, len), AX_OK);
	assert_true(irq.level);
	vrtc_goldfish_init(&rtc, axtest_irq_line(&irq), BASE_S - 60); /* a host that is behind */
	assert_int_equal(vrtc_goldfish_ops.load(&rtc, snap, len), AX_OK);
	assert_true(rd_time() == 940 * S);
	assert_false(irq.level);
	assert_true(vrtc_goldfish_deadline_ns(&rtc) == 120 * S);
}

static void a_damaged_snapshot_changes_nothing(void **st)
{
	static const struct {
		size_t at;
		ax_err_t err;
	} cases[] = {
		{ 0, AX_EVERSION }, { 4, AX_EVERSION }, { 8, AX_EVERSION },
		{ 6, AX_EINVAL },   { 40, AX_EINVAL },  { 41, AX_EINVAL },
		{ 42, AX_EINVAL },  { 43, AX_EINVAL },  { 47, AX_EINVAL },
	};
	uint8_t snap[VRTC_GOLDFISH_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	assert_int_equal(vrtc_goldfish_ops.save(&rtc, snap, sizeof(snap), &len), AX_OK);
	wr(ALARM_HIGH, 42);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		snap[cases[i].at] ^= 0x82;
		assert_int_equal(vrtc_goldfish_ops.load(&rtc, snap, len), cases[i].err);
		snap[cases[i].at] ^= 0x82;
	}
	assert_int_equal(vrtc_goldfish_ops.load(&rtc, snap, len - 1), AX_EVERSION);
	assert_int_equal(vrtc_goldfish_ops.load(&rtc, snap, 0), AX_EVERSION);
	assert_int_equal(rd(ALARM_HIGH), 42);
}

static unsigned set_count;

/* What another CPU may do while this one tells the line: clear the interrupt. */
static void clear_while_telling(void *ctx, bool level)
{
	set_count++;
	if (level) {
		axtest_dev_write(&vrtc_goldfish_ops, ctx, CLEAR_INTERRUPT, 4, 1);
	}
	irq.level = level; /* the line is slow */
}

static void the_last_of_two_racing_levels_wins(void **st)
{
	struct ax_irq_line line = { .set = clear_while_telling, .ctx = &rtc };

	(void)st;
	vrtc_goldfish_init(&rtc, line, BASE_S);
	wr_alarm(BASE);
	assert_false(irq.level);
	assert_int_equal(set_count, 2);
}

static void a_clock_without_a_line_is_a_callers_bug(void **st)
{
	(void)st;
	AXTEST_EXPECT_PANIC(vrtc_goldfish_init(&rtc, (struct ax_irq_line){ 0 }, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_values_are_those_of_a_running_clock, make),
		cmocka_unit_test_setup(the_time_follows_the_clock_in_nanoseconds, make),
		cmocka_unit_test_setup(reading_the_lower_half_latches_the_other, make),
		cmocka_unit_test_setup(the_time_can_be_set_by_halves, make),
		cmocka_unit_test_setup(the_alarm_goes_off_at_its_deadline, make),
		cmocka_unit_test_setup(a_late_tick_still_finds_the_alarm, make),
		cmocka_unit_test_setup(an_alarm_nobody_enabled_is_kept_for_later, make),
		cmocka_unit_test_setup(an_alarm_in_the_past_goes_off_at_once, make),
		cmocka_unit_test_setup(a_cleared_alarm_does_not_go_off, make),
		cmocka_unit_test_setup(setting_the_clock_moves_the_deadline, make),
		cmocka_unit_test_setup(moving_an_armed_alarm_back_sets_it_off, make),
		cmocka_unit_test_setup(a_deadline_past_the_end_of_time_is_none, make),
		cmocka_unit_test_setup(only_accesses_at_a_register_count, make),
		cmocka_unit_test_setup(two_clocks_are_independent, make),
		cmocka_unit_test_setup(a_snapshot_loads_back_as_it_was, make),
		cmocka_unit_test_setup(the_guests_clock_goes_on_while_it_is_saved, make),
		cmocka_unit_test_setup(a_damaged_snapshot_changes_nothing, make),
		cmocka_unit_test_setup(the_last_of_two_racing_levels_wins, make),
		cmocka_unit_test_setup(a_clock_without_a_line_is_a_callers_bug, make),
	};

	return cmocka_run_group_tests_name("vrtc-goldfish", tests, NULL, NULL);
}

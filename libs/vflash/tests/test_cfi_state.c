/* SPDX-License-Identifier: Apache-2.0 */
/* Reset, snapshots, what other CPUs do meanwhile, and what cannot be made. */
#include "bank.h"

/* --- Reset, saving */

static void a_reset_is_a_power_up_with_the_content_as_it_is(void **st)
{
	(void)st;
	cmd(0, 0x60);
	cmd(0, 0x01);
	cmd(BLOCK, 0x20);
	cmd(BLOCK, 0x00);
	cmd(BLOCK, 0x20);
	cmd(BLOCK, 0xd0);
	vflash_cfi_tick(&flash);
	win.calls = 0;
	vflash_cfi_ops.reset(&flash);
	assert_true(win.shown);
	assert_int_equal(win.calls, 1);
	assert_int_equal(vflash_cfi_deadline_ns(&flash), UINT64_MAX);
	vflash_cfi_tick(&flash);
	assert_int_equal(content[BLOCK + VFLASH_CFI_SLICE - 1], 0xff);
	assert_int_not_equal(content[BLOCK + VFLASH_CFI_SLICE + 1], 0xff);
	assert_int_equal(rd(BLOCK, 4), 0xffffffff);
	assert_int_equal(status(), BOTH(0x80));
	try_to_change(0, BOTH(0x80), BOTH(0x80));
	vflash_cfi_ops.reset(&flash);
	win.calls = 0;
	vflash_cfi_ops.reset(&flash); /* told again: the other end may have forgotten */
	assert_int_equal(win.calls, 1);
}

/* Any point of these sequences can be saved; what follows goes the same way after a load. */
static void a_saved_chip_goes_on_where_it_was(void **st)
{
	static const struct {
		uint32_t off, val;
	} steps[] = {
		{ 0, BOTH(0x98) },
		{ 0, BOTH(0x90) },
		{ BLOCK, BOTH(0x60) },
		{ BLOCK, BOTH(1) },
		{ 0, BOTH(0x40) },
		{ 0x20, 0x12345678 },
		{ 0, BOTH(0xe8) },
		{ 0, BOTH(2) },
		{ 0x200, 0x01020304 },
		{ 0x204, 0x55 },
		{ 0x208, 0x77 },
		{ 0, BOTH(0xd0) },
		{ 0, BOTH(0xe8) },
		{ 0, BOTH(1) },
		{ 0x300, 0 },
		{ 0x400, 0 },
		{ 0, BOTH(0xd0) },
		{ BLOCK, BOTH(0x20) },
		{ BLOCK, BOTH(0xd0) },
		{ 0, BOTH(0xff) },
		{ 2 * BLOCK, BOTH(0x20) },
		{ 2 * BLOCK, BOTH(0xd0) },
	};
	static uint8_t expected[SIZE];
	uint8_t snap[VFLASH_CFI_SNAP_SIZE], again[VFLASH_CFI_SNAP_SIZE];
	size_t len = 0;

	for (size_t i = 0; i < AX_ARRAY_SIZE(steps); i++) {
		wr(steps[i].off, 4, steps[i].val);
	}
	vflash_cfi_tick(&flash);
	finish_erase();
	memcpy(expected, content, SIZE);
	for (size_t at = 0; at <= AX_ARRAY_SIZE(steps); at++) {
		struct vflash_cfi_cfg cfg = config();
		bool shown;

		make(st);
		for (size_t i = 0; i < at; i++) {
			wr(steps[i].off, 4, steps[i].val);
		}
		if (at == AX_ARRAY_SIZE(steps)) {
			vflash_cfi_tick(&flash);
		}
		assert_int_equal(vflash_cfi_ops.save(&flash, snap, sizeof(snap), &len), AX_OK);
		assert_int_equal(len, sizeof(snap));
		vflash_cfi_init(&flash, &cfg);
		shown = win.shown;
		win.shown = !shown;
		assert_int_equal(vflash_cfi_ops.load(&flash, snap, len), AX_OK);
		assert_int_equal(win.shown, shown);
		assert_int_equal(vflash_cfi_ops.save(&flash, again, sizeof(again), &len), AX_OK);
		assert_memory_equal(snap, again, len);
		for (size_t i = at; i < AX_ARRAY_SIZE(steps); i++) {
			wr(steps[i].off, 4, steps[i].val);
		}
		finish_erase();
		assert_memory_equal(content, expected, SIZE);
		assert_int_equal(rd(0, 4), BOTH(0xb2)); /* a wrong sequence, and a lock */
	}
	assert_int_equal(vflash_cfi_ops.save(&flash, snap, sizeof(snap) - 1, &len), AX_ENOSPC);
}

/* Field offsets of the snapshot. */
enum { MODE = 16, CYCLE, SR, JOB, LEFT, BAD, RESERVED, START = 24, DONE = 28, LOCKED = 32 };

static void no_snapshot_brings_work_on_a_locked_block(void **st)
{
	uint8_t snap[VFLASH_CFI_SNAP_SIZE];
	size_t len = 0;

	make(st);
	cmd(BLOCK, 0x20);
	cmd(BLOCK, 0xd0);
	assert_int_equal(vflash_cfi_ops.save(&flash, snap, sizeof(snap), &len), AX_OK);
	make_read_only(st);
	assert_int_equal(vflash_cfi_ops.load(&flash, snap, len), AX_EINVAL);
	make(st);
	snap[LOCKED] = 2; /* block 1 */
	assert_int_equal(vflash_cfi_ops.load(&flash, snap, len), AX_EINVAL);
	snap[LOCKED] = 5;
	assert_int_equal(vflash_cfi_ops.load(&flash, snap, len), AX_OK);
	finish_erase();
	assert_int_equal(status(), BOTH(0x80));
	assert_int_equal(content[BLOCK], 0xff);
}

/* Where the last programming was means nothing to the next one. */
static void a_stale_place_in_a_snapshot_is_not_used(void **st)
{
	uint8_t snap[VFLASH_CFI_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	cmd(0, 0x40);
	assert_int_equal(vflash_cfi_ops.save(&flash, snap, sizeof(snap), &len), AX_OK);
	memset(&snap[START], 0x5a, 4);
	assert_int_equal(vflash_cfi_ops.load(&flash, snap, len), AX_OK);
	wr(0x20, 4, 0);
	assert_int_equal(word(0x20), 0);
	assert_int_equal(status(), BOTH(0x80));
}

static void a_damaged_snapshot_changes_nothing(void **st)
{
	static const struct {
		uint8_t steps; /* how far into the buffer's sequence; 8: idle, 9: an erase */
		uint8_t at, val;
		ax_err_t err;
	} cases[] = {
		{ 0, 0, 0, AX_EVERSION },          { 0, 4, 9, AX_EVERSION },
		{ 0, 8, 0, AX_EVERSION },          { 0, 6, 1, AX_EINVAL },
		{ 0, 12, 1, AX_EINVAL },           { 0, 14, 0x20, AX_EINVAL }, /* size */
		{ 0, MODE, 4, AX_EINVAL },         { 0, CYCLE, 7, AX_EINVAL },
		{ 0, SR, 0x80, AX_EINVAL },        { 0, SR, 0x01, AX_EINVAL },
		{ 0, JOB, 3, AX_EINVAL },          { 0, LEFT, 1, AX_EINVAL },
		{ 0, BAD, 2, AX_EINVAL },          { 0, RESERVED, 1, AX_EINVAL },
		{ 0, RESERVED + 1, 1, AX_EINVAL }, { 0, DONE, 1, AX_EINVAL },
		{ 0, LOCKED, 0x10, AX_EINVAL },    { 0, LOCKED + 31, 0x80, AX_EINVAL },
		{ 0, CYCLE, 1, AX_EINVAL },        { 0, JOB, 2, AX_EINVAL }, /* in array mode */
		{ 2, LEFT, 0, AX_EINVAL },         { 2, LEFT, 33, AX_EINVAL },
		{ 2, BAD, 1, AX_EINVAL },          { 2, JOB, 1, AX_EINVAL },
		{ 3, START, 0x10, AX_EINVAL },     { 3, START + 2, 0x10, AX_EINVAL },
		{ 4, START, 0x10, AX_EINVAL },     { 4, START + 3, 0xff, AX_EINVAL },
		{ 4, MODE, 0, AX_EINVAL },         { 9, START, 0x80, AX_EINVAL },
		{ 9, START + 2, 0x10, AX_EINVAL }, { 9, DONE, 4, AX_EINVAL },
		{ 9, DONE + 2, 4, AX_EINVAL },     { 9, MODE, 2, AX_EINVAL },
		{ 9, CYCLE, 1, AX_EINVAL },        { 8, CYCLE, 7, AX_EINVAL },
		{ 8, JOB, 3, AX_EINVAL },
	};
	static const uint32_t values[] = { BOTH(0xe8), BOTH(1), 1, 2 };
	uint8_t snap[VFLASH_CFI_SNAP_SIZE], now[VFLASH_CFI_SNAP_SIZE];
	size_t len = 0;

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		uint8_t steps = cases[i].steps;

		make(st);
		for (uint8_t s = 0; s < steps && s < 4; s++) {
			wr(s < 2 ? 0 : 0x80 + s * 4u, 4, values[s]);
		}
		if (steps == 8) {
			make(st);
			cmd(0, 0x70);
		} else if (steps == 9) {
			make(st);
			cmd(BLOCK, 0x20);
			cmd(BLOCK, 0xd0);
		}
		assert_int_equal(vflash_cfi_ops.save(&flash, snap, sizeof(snap), &len), AX_OK);
		assert_int_not_equal(snap[cases[i].at], cases[i].val);
		snap[cases[i].at] = cases[i].val;
		make(st);
		cmd(0, 0x98);
		win.calls = 0;
		assert_int_equal(vflash_cfi_ops.load(&flash, snap, len), cases[i].err);
		assert_int_equal(win.calls, 0);
		assert_int_equal(rd(0x40, 1), 'Q');
	}
	assert_int_equal(vflash_cfi_ops.save(&flash, now, sizeof(now), &len), AX_OK);
	assert_int_equal(vflash_cfi_ops.load(&flash, now, len - 1), AX_EVERSION);
	assert_int_equal(vflash_cfi_ops.load(&flash, now, 0), AX_EVERSION);
}

/* --- Other CPUs */

static void other_reads_the_array(void)
{
	cmd(0, 0xff);
}

static void other_asks_for_the_status(void)
{
	cmd(0, 0x70);
}

static void the_last_of_two_racing_windows_wins(void **st)
{
	(void)st;
	meanwhile = other_reads_the_array; /* while this CPU hides it */
	cmd(0, 0x70);
	assert_true(win.shown);
	assert_int_equal(win.calls, 2);
	assert_int_equal(rd(0, 4), word(0));
	cmd(0, 0x70);
	assert_false(win.shown);
	meanwhile = other_asks_for_the_status; /* while this CPU shows it */
	cmd(0, 0xff);
	assert_false(win.shown);
	assert_int_equal(win.calls, 5);
	assert_int_equal(rd(0, 4), BOTH(0x80));
}

static void other_finds_it_busy(void)
{
	unsigned before = writes;

	assert_int_equal(vflash_cfi_deadline_ns(&flash), UINT64_MAX); /* somebody is at work */
	vflash_cfi_tick(&flash);
	assert_int_equal(status(), 0);
	cmd(0, 0xff);
	cmd(0, 0x20);
	cmd(0, 0xd0);
	assert_int_equal(writes, before);
	assert_false(win.shown);
}

static void one_cpu_at_a_time_works_on_the_content(void **st)
{
	(void)st;
	cmd(0x40, 0x40);
	meanwhile = other_finds_it_busy;
	wr(0x40, 4, 0);
	assert_null(meanwhile);
	assert_int_equal(word(0x40), 0);
	assert_int_equal(rd(0, 4), BOTH(0x80));
	cmd(BLOCK, 0x20);
	cmd(BLOCK, 0xd0);
	meanwhile = other_finds_it_busy;
	vflash_cfi_tick(&flash);
	assert_null(meanwhile);
	finish_erase();
	assert_int_equal(rd(0, 4), BOTH(0x80));
	assert_int_equal(word(0x40), 0);
	assert_int_equal(content[BLOCK], 0xff);
}

static void two_banks_are_independent(void **st)
{
	struct vflash_cfi_cfg cfg = config();
	struct vflash_cfi other;

	(void)st;
	vflash_cfi_init(&other, &cfg);
	cmd(0, 0x70);
	assert_int_equal(axtest_dev_read(&vflash_cfi_ops, &other, 0x123, 1), content[0x123]);
	cmd(0, 0x60);
	cmd(0, 0x01);
	axtest_dev_write(&vflash_cfi_ops, &other, 0, 4, BOTH(0x90));
	assert_int_equal(axtest_dev_read(&vflash_cfi_ops, &other, 8, 4), 0);
}

static void expect_refusal(const struct vflash_cfi_cfg *cfg)
{
	AXTEST_EXPECT_PANIC(vflash_cfi_init(&flash, cfg));
}

static void a_bank_that_cannot_be_is_a_callers_bug(void **st)
{
	static const uint64_t sizes[] = { 0, 0x20000, 0xc0000, 0x100001, 0x8000000 };
	struct vflash_cfi_cfg cfg;

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(sizes); i++) {
		cfg = config();
		cfg.size = sizes[i];
		expect_refusal(&cfg);
	}
	cfg = config();
	cfg.base = gpa(UINT64_MAX - SIZE + 2);
	expect_refusal(&cfg);
	cfg = config();
	cfg.content.write = NULL;
	expect_refusal(&cfg);
	cfg = config();
	cfg.content.read = NULL;
	expect_refusal(&cfg);
	cfg = config();
	cfg.window.show = NULL;
	expect_refusal(&cfg);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, make)
	const struct CMUnitTest tests[] = {
		T(a_reset_is_a_power_up_with_the_content_as_it_is),
		T(a_saved_chip_goes_on_where_it_was),
		T(no_snapshot_brings_work_on_a_locked_block),
		T(a_stale_place_in_a_snapshot_is_not_used),
		T(a_damaged_snapshot_changes_nothing),
		T(the_last_of_two_racing_windows_wins),
		T(one_cpu_at_a_time_works_on_the_content),
		T(two_banks_are_independent),
		T(a_bank_that_cannot_be_is_a_callers_bug),
	};

	return cmocka_run_group_tests_name("vflash-state", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip as U-Boot's and EDK2's drivers use it, and its refusals. Command sequences are those of
 * U-Boot's drivers/mtd/cfi_flash.c and EDK2's VirtNorFlashDxe.
 */
#include "bank.h"
#include <axbase/bits.h>

/* --- Reading */

static void after_power_up_it_is_memory(void **st)
{
	(void)st;
	assert_int_equal(win.calls, 0);
	assert_int_equal(vflash_cfi_deadline_ns(&flash), UINT64_MAX);
	for (uint8_t size = 1; size <= 8; size = (uint8_t)(size * 2)) {
		for (uint32_t off = 0x12340; off < 0x12348; off++) {
			uint64_t want = 0;

			memcpy(&want, &content[off], size);
			assert_true(rd(off, size) == want);
		}
	}
	assert_int_equal(rd(SIZE - 1, 1), content[SIZE - 1]);
	assert_int_equal(win.calls, 0);
}

static void nothing_is_beyond_the_end(void **st)
{
	(void)st;
	assert_int_equal(rd(SIZE - 2, 4), 0);
	assert_int_equal(rd(SIZE, 1), 0);
	assert_int_equal(rd(UINT64_MAX, 8), 0);
	assert_int_equal(reads, 0);
	cmd(SIZE, 0x70);
	wr(SIZE - 2, 4, 0x70);
	wr(UINT64_MAX, 1, 0x70);
	assert_int_equal(win.calls, 0);
}

/* The bytes of a driver that takes the bank for chips of @chip bytes behind a port of @port bytes. */
static uint64_t make_cmd(uint8_t port, uint8_t chip, uint8_t val)
{
	uint64_t res = 0;

	for (unsigned i = 0; i < port; i += chip) {
		res |= (uint64_t)val << i * 8;
	}
	return res;
}

static bool detect(uint8_t port, uint8_t chip, uint64_t query_off)
{
	static const char qry[] = "QRY";
	bool found = true;

	wr(0, port, make_cmd(port, chip, 0xf0));
	wr(0, port, make_cmd(port, chip, 0xff));
	wr(query_off * port, port, make_cmd(port, chip, 0x98));
	for (unsigned i = 0; i < 3; i++) {
		found = found &&
			rd((0x10 + i) * port, port) == make_cmd(port, chip, (uint8_t)qry[i]);
	}
	wr(0, port, make_cmd(port, chip, 0xff));
	return found;
}

static void a_probe_finds_two_chips_of_16_bits(void **st)
{
	(void)st;
	for (uint8_t port = 1; port <= 8; port = (uint8_t)(port * 2)) {
		for (uint8_t chip = 1; chip <= port; chip = (uint8_t)(chip * 2)) {
			bool right = port == 4 && chip == 2;

			assert_int_equal(detect(port, chip, 0x55), right);
			assert_int_equal(detect(port, chip, 0x555), right);
			assert_true(win.shown);
		}
	}
}

static void the_query_table_gives_the_geometry(void **st)
{
	static const struct {
		uint64_t size;
		uint8_t log2_chip, blocks_less_one;
	} cases[] = { { 0x40000, 17, 0 }, { 0x100000, 19, 3 }, { 0x4000000, 25, 255 } };
	static const struct {
		uint8_t index, val;
	} fixed[] = {
		{ 0x0f, 0 },   { 0x13, 1 },   { 0x14, 0 },   { 0x15, 0x31 }, { 0x16, 0 },
		{ 0x28, 2 },   { 0x2a, 6 },   { 0x2b, 0 },   { 0x2c, 1 },    { 0x2e, 0 },
		{ 0x2f, 0 },   { 0x30, 2 },   { 0x31, 'P' }, { 0x32, 'R' },  { 0x33, 'I' },
		{ 0x34, '1' }, { 0x35, '0' }, { 0x36, 0 },   { 0x3f, 1 },    { 0x40, 0 },
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		struct vflash_cfi_cfg cfg = config();

		cfg.size = cases[i].size;
		vflash_cfi_init(&flash, &cfg);
		cmd(0x154, 0x98);
		assert_int_equal(rd(0x27 * 4, 1), cases[i].log2_chip);
		assert_int_equal(rd(0x2d * 4, 1), cases[i].blocks_less_one);
		for (size_t j = 0; j < AX_ARRAY_SIZE(fixed); j++) {
			uint64_t off = fixed[j].index * 4u;

			assert_int_equal(rd(off, 1), fixed[j].val);
			assert_int_equal(rd(off + 1, 1), 0);
			assert_int_equal(rd(off + 2, 2), fixed[j].val); /* the other chip */
			assert_int_equal(rd(cfg.size - BLOCK + off, 4), BOTH(fixed[j].val));
		}
	}
}

static void the_chips_have_a_name_and_locks_of_blocks(void **st)
{
	(void)st;
	cmd(BLOCK, 0x60);
	cmd(BLOCK, 0x01);
	cmd(0, 0x90);
	assert_false(win.shown);
	for (uint32_t block = 0; block < SIZE / BLOCK; block++) {
		uint64_t at = (uint64_t)block * BLOCK;

		assert_int_equal(rd(at, 4), BOTH(0x89));
		assert_int_equal(rd(at, 1), 0x89);
		assert_int_equal(rd(at + 4, 2), 0x18);
		assert_int_equal(rd(at + 8, 4), block == 1 ? BOTH(1) : 0);
		assert_int_equal(rd(at + 12, 4), 0);
		assert_true(rd(at, 8) == UINT64_C(0x0018001800890089));
	}
	cmd(0, 0xff);
	assert_true(win.shown);
	assert_int_equal(win.calls, 2);
}

static void modes_follow_one_another_without_the_window_moving(void **st)
{
	(void)st;
	cmd(0, 0x90);
	cmd(0, 0x98);
	cmd(0, 0x70);
	cmd(0, 0x50);
	assert_int_equal(rd(0, 4), BOTH(0x80));
	cmd(0, 0x90);
	assert_int_equal(rd(0, 4), BOTH(0x89));
	assert_int_equal(win.calls, 1);
	cmd(0, 0xff);
	cmd(0, 0xff);
	cmd(0, 0x50); /* clearing the status is no reason to leave read-array mode */
	assert_int_equal(win.calls, 2);
	assert_int_equal(rd(0x100, 4), word(0x100));
}

static void commands_of_other_chips_do_nothing(void **st)
{
	static const uint8_t foreign[] = { 0x00, 0xf0, 0xaa, 0x55, 0x80, 0x30, 0xb0, 0xd0, 0x01 };

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(foreign); i++) {
		cmd(0x555, foreign[i]);
	}
	assert_int_equal(win.calls, 0);
	cmd(0, 0x98);
	for (size_t i = 0; i < AX_ARRAY_SIZE(foreign); i++) {
		cmd(0x555, foreign[i]);
	}
	assert_int_equal(rd(0x40, 4), BOTH('Q'));
	assert_int_equal(writes, 0);
	assert_int_equal(status(), BOTH(0x80));
}

/* --- Programming */

static void a_word_is_programmed_and_only_clears_bits(void **st)
{
	static const uint8_t commands[] = { 0x40, 0x10 };

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(commands); i++) {
		uint32_t before = word(0x1000c), after = word(0x10014);

		set_word(0x10010, 0xff00f0f5);
		cmd(0x10010, commands[i]);
		assert_false(win.shown);
		assert_int_equal(rd(0x10010, 4), BOTH(0x80));
		wr(0x10010, 4, 0x12345678);
		assert_int_equal(status(), BOTH(0x80));
		cmd(0, 0x50);
		cmd(0, 0xff);
		assert_true(win.shown);
		assert_int_equal(word(0x10010), 0xff00f0f5 & 0x12345678);
		assert_int_equal(word(0x1000c), before);
		assert_int_equal(word(0x10014), after);
	}
}

static void every_width_programs_its_own_bytes(void **st)
{
	static const struct {
		uint32_t off;
		uint8_t size;
	} cases[] = {
		{ 0x20000, 1 }, { 0x20003, 1 }, { 0x20002, 2 }, { 0x20001, 2 }, { 0x20004, 4 }
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		memset(&content[0x20000], 0xff, 16);
		wr(0x20000, cases[i].size, 0x40);
		wr(cases[i].off, cases[i].size, 0x44332211 & ax_byte_mask(cases[i].size));
		cmd(0, 0xff);
		for (uint32_t off = 0x20000; off < 0x20010; off++) {
			bool inside = off - cases[i].off < cases[i].size;

			assert_int_equal(content[off],
					 inside ? 0x11 * (off - cases[i].off + 1) : 0xff);
		}
	}
}

/* The bank is four bytes wide: a double word is two cycles, and the second finds the chip busy. */
static void a_double_word_is_two_cycles(void **st)
{
	(void)st;
	memset(&content[0x20000], 0xff, 8);
	wr(0x20000, 8, UINT64_C(0x1111111100400040)); /* the command, and its data */
	cmd(0, 0xff);
	assert_int_equal(word(0x20000), 0xffffffff);
	assert_int_equal(word(0x20004), 0x11111111);
	cmd(0x20000, 0x40);
	wr(0x20000, 8, UINT64_C(0x00ff00ff22222222));
	assert_int_equal(word(0x20000), 0x22222222);
	assert_int_equal(word(0x20004), 0x11111111);
	assert_int_equal(rd(0x20000, 4), BOTH(0x80));
	cmd(0, 0xff);
	memset(&content[0x20000], 0xff, 8);
	cmd(0x20000, 0x40);
	wr(0x20003, 2, 0x3344); /* across two words: the first one's byte */
	cmd(0, 0xff);
	assert_int_equal(word(0x20000), 0x44ffffff);
	assert_int_equal(word(0x20004), 0xffffffff);
}

/* EDK2: 32 words, the confirmation at the start of the bank. */
static void a_full_buffer_is_programmed(void **st)
{
	uint32_t at = BLOCK + 0x180;

	(void)st;
	memset(&content[at - 4], 0xff, VFLASH_CFI_BUFFER_SIZE + 8);
	cmd(at, 0xe8);
	assert_int_equal(rd(at, 4), BOTH(0x80));
	cmd(at, 31);
	for (uint32_t i = 0; i < 32; i++) {
		wr(at + i * 4, 4, 0x01010101 * i);
	}
	assert_int_equal(word(at), 0xffffffff);
	assert_int_equal(writes, 0);
	cmd(0, 0xd0);
	assert_int_equal(status(), BOTH(0x80));
	cmd(0, 0xff);
	assert_true(win.shown);
	for (uint32_t i = 0; i < 32; i++) {
		assert_int_equal(word(at + i * 4), 0x01010101 * i);
	}
	assert_int_equal(word(at - 4), 0xffffffff);
	assert_int_equal(word(at + VFLASH_CFI_BUFFER_SIZE), 0xffffffff);
}

/* U-Boot: status first, count and confirmation at the start of the block; not the whole buffer. */
static void a_part_of_a_buffer_leaves_the_rest(void **st)
{
	uint32_t at = 2 * BLOCK + 0x1010, before = word(at - 4), after = word(at + 8);

	(void)st;
	memset(&content[at], 0xff, 8);
	cmd(2 * BLOCK, 0x50);
	cmd(2 * BLOCK, 0x70);
	cmd(2 * BLOCK, 0xe8);
	assert_int_equal(rd(2 * BLOCK, 4) & 0x800080, BOTH(0x80));
	cmd(2 * BLOCK, 1);
	wr(at, 4, 0xcafe0001);
	wr(at + 4, 4, 0xcafe0002);
	cmd(2 * BLOCK, 0xd0);
	assert_int_equal(rd(2 * BLOCK, 4), BOTH(0x80));
	cmd(2 * BLOCK, 0xff);
	assert_int_equal(word(at), 0xcafe0001);
	assert_int_equal(word(at + 4), 0xcafe0002);
	assert_int_equal(word(at - 4), before);
	assert_int_equal(word(at + 8), after);
}

static void halves_of_words_come_together_in_the_buffer(void **st)
{
	(void)st;
	memset(content, 0xff, 20);
	cmd(0, 0xe8);
	cmd(0, 3);
	wr(6, 2, 0x4433);
	wr(4, 2, 0x2211);
	wr(9, 1, 0x66);
	wr(8, 1, 0x55);
	cmd(0, 0xd0);
	assert_int_equal(status(), BOTH(0x80));
	assert_int_equal(word(0), 0xffffffff);
	assert_int_equal(word(4), 0x44332211);
	assert_int_equal(word(8), 0xffff6655);
	cmd(0, 0xe8);
	cmd(0, 1);
	wr(15, 2, 0x8877); /* across two words: two cycles */
	cmd(0, 0xd0);
	assert_int_equal(status(), BOTH(0x80));
	assert_int_equal(word(12), 0x77ffffff);
	assert_int_equal(word(16), 0xffffff88);
}

static void a_buffer_used_wrongly_programs_nothing(void **st)
{
	static const struct {
		uint32_t count, second; /* word count - 1; offset of the second word */
		uint8_t last;           /* confirmation */
	} cases[] = {
		{ 1, 0x80, 0xd0 },  /* the next buffer's place */
		{ 1, BLOCK, 0xd0 }, /* another block */
		{ 1, 4, 0x70 },     /* not confirmed */
		{ 1, 4, 0xff },     /* given up */
		{ 32, 4, 0 },       /* more than there is */
		{ 0xffff, 4, 0 },
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		cmd(0, 0xe8);
		wr(0, 4, BOTH(cases[i].count));
		if (cases[i].last != 0) {
			wr(0, 4, 0);
			wr(cases[i].second, 4, 0);
			cmd(0, cases[i].last);
		}
		assert_int_equal(win.shown, cases[i].last == 0xff);
		assert_int_equal(status(), BOTH(0xb0)); /* SR.4 and SR.5 */
		assert_int_equal(writes, 0);
		cmd(0, 0x50);
		assert_int_equal(status(), BOTH(0x80));
		cmd(0, 0xff);
	}
}

/* --- Erasing */

static void an_erase_is_done_in_ticks_while_the_chip_is_busy(void **st)
{
	static uint8_t before[SIZE];
	uint32_t at = 2 * BLOCK;
	unsigned ticks = 0;

	(void)st;
	memcpy(before, content, SIZE);
	cmd(at + 0x1234 * 4, 0x20);
	assert_int_equal(rd(0, 4), BOTH(0x80));
	assert_int_equal(vflash_cfi_deadline_ns(&flash), UINT64_MAX);
	cmd(at + 0x1234 * 4, 0xd0);
	assert_int_equal(writes, 0); /* nothing in the exit */
	for (; vflash_cfi_deadline_ns(&flash) == 0; ticks++) {
		assert_int_equal(status(), 0);
		assert_memory_equal(&content[at + ticks * VFLASH_CFI_SLICE],
				    &before[at + ticks * VFLASH_CFI_SLICE], 64);
		vflash_cfi_tick(&flash);
	}
	assert_int_equal(ticks, VFLASH_CFI_BLOCK_SIZE / VFLASH_CFI_SLICE);
	assert_int_equal(rd(0, 4), BOTH(0x80));
	memset(&before[at], 0xff, BLOCK);
	assert_memory_equal(content, before, SIZE);
	vflash_cfi_tick(&flash); /* once too often */
	assert_memory_equal(content, before, SIZE);
	assert_int_equal(win.calls, 1);
}

static void a_busy_chip_takes_no_command(void **st)
{
	static const uint8_t commands[] = { 0xff, 0x90, 0x98, 0x40, 0x20, 0xd0, 0x60, 0xe8, 0x50 };

	(void)st;
	cmd(BLOCK, 0x20);
	cmd(BLOCK, 0xd0);
	vflash_cfi_tick(&flash);
	for (size_t i = 0; i < AX_ARRAY_SIZE(commands); i++) {
		cmd(0, commands[i]);
		assert_int_equal(rd(0, 4), 0);
		assert_int_equal(rd(0, 1), 0);
		assert_int_equal(rd(0, 8), 0);
	}
	assert_false(win.shown);
	finish_erase();
	assert_int_equal(rd(0x18, 4), BOTH(0x80));
	assert_int_equal(content[BLOCK], 0xff);
	assert_int_equal(content[2 * BLOCK - 1], 0xff);
	assert_int_equal(rd(0, 8), UINT64_C(0x0080008000800080));
	cmd(0, 0xff);
	assert_int_equal(rd(0, 4), word(0));
}

static void an_erase_that_is_not_confirmed_does_not_happen(void **st)
{
	(void)st;
	cmd(BLOCK, 0x20);
	cmd(BLOCK, 0x70);
	assert_int_equal(rd(0, 4), BOTH(0xb0));
	assert_int_equal(vflash_cfi_deadline_ns(&flash), UINT64_MAX);
	cmd(0, 0x50);
	cmd(BLOCK, 0x20);
	cmd(BLOCK, 0xff);
	assert_true(win.shown);
	assert_int_equal(writes, 0);
}

/* --- Refusals */

static void a_locked_block_stays_until_it_is_unlocked(void **st)
{
	(void)st;
	cmd(BLOCK + 0x100, 0x60);
	assert_int_equal(rd(0, 4), BOTH(0x80));
	cmd(BLOCK + 0x100, 0x01);
	try_to_change(BLOCK, BOTH(0x92), BOTH(0xa2));
	try_to_change(2 * BLOCK - 4, BOTH(0x92), BOTH(0xa2));
	try_to_change(2 * BLOCK, BOTH(0x80), BOTH(0x80));
	try_to_change(BLOCK - 4, BOTH(0x80), BOTH(0x80));
	cmd(BLOCK, 0x60);
	cmd(BLOCK, 0xd0);
	try_to_change(BLOCK, BOTH(0x80), BOTH(0x80));
	cmd(BLOCK, 0x60);
	cmd(BLOCK, 0x02); /* neither */
	assert_int_equal(status(), BOTH(0xb0));
	try_to_change(BLOCK, BOTH(0x80), BOTH(0x80));
	cmd(BLOCK, 0x60);
	cmd(BLOCK, 0xff);
	assert_true(win.shown);
}

static void errors_stay_until_they_are_cleared(void **st)
{
	(void)st;
	cmd(0, 0x60);
	cmd(0, 0x01);
	cmd(0, 0x40);
	wr(0, 4, 0);
	assert_int_equal(status(), BOTH(0x92));
	cmd(BLOCK, 0x40);
	wr(BLOCK, 4, 0);
	assert_int_equal(word(BLOCK), 0);
	assert_int_equal(status(), BOTH(0x92));
	cmd(0, 0x20);
	cmd(0, 0xd0);
	cmd(0, 0xff);
	assert_int_equal(status(), BOTH(0xb2));
	cmd(0, 0x50);
	assert_int_equal(status(), BOTH(0x80));
}

static void a_read_only_bank_is_locked_for_good(void **st)
{
	(void)st;
	try_to_change(0, BOTH(0x92), BOTH(0xa2));
	cmd(0, 0x60);
	cmd(0, 0xd0);
	assert_int_equal(status(), BOTH(0x80));
	try_to_change(3 * BLOCK, BOTH(0x92), BOTH(0xa2));
	cmd(0, 0x90);
	assert_int_equal(rd(8, 4), BOTH(3));
	assert_int_equal(rd(3 * BLOCK + 8, 4), BOTH(3));
	cmd(0, 0x98);
	assert_int_equal(rd(0x40, 4), BOTH('Q'));
	cmd(0, 0xff);
	assert_int_equal(rd(0, 4), word(0));
	assert_int_equal(writes, 0);
}

static void missing_memory_is_an_error_of_the_chip(void **st)
{
	(void)st;
	fail_read = true;
	assert_int_equal(rd(0x10, 2), 0xffff);
	cmd(0, 0x40);
	wr(0, 4, 0);
	assert_int_equal(status(), BOTH(0x90));
	assert_int_equal(writes, 0);
	fail_read = false;
	fail_write = true;
	cmd(0, 0x50);
	cmd(0, 0x40);
	wr(0, 4, 0);
	assert_int_equal(status(), BOTH(0x90));
	cmd(0, 0x50);
	cmd(0, 0x20);
	cmd(0, 0xd0);
	writes = 0;
	vflash_cfi_tick(&flash);
	assert_int_equal(writes, 1); /* and is given up */
	assert_int_equal(vflash_cfi_deadline_ns(&flash), UINT64_MAX);
	assert_int_equal(status(), BOTH(0xa0));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, make)
	const struct CMUnitTest tests[] = {
		T(after_power_up_it_is_memory),
		T(nothing_is_beyond_the_end),
		T(a_probe_finds_two_chips_of_16_bits),
		T(the_query_table_gives_the_geometry),
		T(the_chips_have_a_name_and_locks_of_blocks),
		T(modes_follow_one_another_without_the_window_moving),
		T(commands_of_other_chips_do_nothing),
		T(a_word_is_programmed_and_only_clears_bits),
		T(every_width_programs_its_own_bytes),
		T(a_double_word_is_two_cycles),
		T(a_full_buffer_is_programmed),
		T(a_part_of_a_buffer_leaves_the_rest),
		T(halves_of_words_come_together_in_the_buffer),
		T(a_buffer_used_wrongly_programs_nothing),
		T(an_erase_is_done_in_ticks_while_the_chip_is_busy),
		T(a_busy_chip_takes_no_command),
		T(an_erase_that_is_not_confirmed_does_not_happen),
		T(a_locked_block_stays_until_it_is_unlocked),
		T(errors_stay_until_they_are_cleared),
		cmocka_unit_test_setup(a_read_only_bank_is_locked_for_good, make_read_only),
		T(missing_memory_is_an_error_of_the_chip),
	};

	return cmocka_run_group_tests_name("vflash-cfi", tests, NULL, NULL);
}

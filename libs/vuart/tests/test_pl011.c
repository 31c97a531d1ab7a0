/* SPDX-License-Identifier: Apache-2.0 */
/* PL011 through its ops table: registers, FIFO and interrupt rules of ARM DDI 0183G, snapshots. */
#include <axtest/axtest.h>
#include <vuart/pl011.h>
#include "backend.h"

enum {
	DR = 0x000,
	RSR = 0x004,
	FR = 0x018,
	ILPR = 0x020,
	IBRD = 0x024,
	FBRD = 0x028,
	LCR_H = 0x02c,
	CR = 0x030,
	IFLS = 0x034,
	IMSC = 0x038,
	RIS = 0x03c,
	MIS = 0x040,
	ICR = 0x044,
	DMACR = 0x048,
};

enum {
	FR_CTS = 1,
	FR_DSR = 2,
	FR_DCD = 4,
	FR_RXFE = 0x10,
	FR_RXFF = 0x40,
	FR_TXFE = 0x80,
	FR_RI = 0x100
};
enum {
	INT_RX = 0x10,
	INT_TX = 0x20,
	INT_RT = 0x40,
	INT_BE = 0x200,
	INT_OE = 0x400,
	INT_MODEM = 0xf
};
enum { FEN = 0x10, BRK = 1, CR_ON = 0x301, CR_LOOP = 0x381 };

#define TEXT40 "0123456789abcdefghijklmnopqrstuvwxyzABCD"

static struct vuart_pl011 u;
static struct axtest_irq irq;
static struct backend back;

static int make(void **st)
{
	(void)st;
	axtest_port_reset();
	irq = (struct axtest_irq){ 0 };
	back = (struct backend){ 0 };
	vuart_pl011_init(&u, axtest_irq_line(&irq), backend_chardev(&back));
	return 0;
}

static uint32_t rd(uint64_t off)
{
	return (uint32_t)axtest_dev_read(&vuart_pl011_ops, &u, off, 4);
}

static void wr(uint64_t off, uint32_t val)
{
	axtest_dev_write(&vuart_pl011_ops, &u, off, 4, val);
}

static void type(const char *text)
{
	backend_type(&back, text);
	vuart_pl011_input(&u);
}

static const struct {
	uint64_t off;
	uint32_t reset, writable;
} plain_registers[] = {
	/* table 3-1 */
	{ ILPR, 0, 0xff },     { IBRD, 0, 0xffff },  { FBRD, 0, 0x3f },  { LCR_H, 0, 0xff },
	{ CR, 0x300, 0xff87 }, { IFLS, 0x12, 0x3f }, { IMSC, 0, 0x7ff }, { DMACR, 0, 0x7 },
};

static void registers_have_their_reset_values(void **st)
{
	(void)st;
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < AX_ARRAY_SIZE(plain_registers); i++) {
			assert_int_equal(rd(plain_registers[i].off), plain_registers[i].reset);
			wr(plain_registers[i].off, UINT32_MAX);
		}
		assert_int_equal(rd(RSR), 0);
		assert_int_equal(rd(ICR), 0);
		vuart_pl011_ops.reset(&u);
		assert_int_equal(rd(FR), FR_TXFE | FR_RXFE | FR_CTS | FR_DSR | FR_DCD);
		assert_int_equal(rd(RIS), 0);
		assert_int_equal(rd(MIS), 0);
		assert_int_equal(rd(DR), 0);
	}
}

static void reserved_bits_read_as_zero(void **st)
{
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(plain_registers); i++) {
		wr(plain_registers[i].off, UINT32_MAX);
		assert_int_equal(rd(plain_registers[i].off), plain_registers[i].writable);
		wr(plain_registers[i].off, 0);
		assert_int_equal(rd(plain_registers[i].off), 0);
	}
}

/* What the amba bus and amba-pl011 read: part 0x011 of Arm, revision below 3, so a 16-deep FIFO. */
static void the_driver_finds_its_identification(void **st)
{
	static const uint8_t ids[8] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	(void)st;
	for (unsigned i = 0; i < 8; i++) {
		wr(0xfe0 + 4 * i, 0xff);
		assert_int_equal(rd(0xfe0 + 4 * i), ids[i]);
	}
}

static void what_is_read_only_or_absent_ignores_writes(void **st)
{
	static const uint64_t offsets[] = {
		FR, RIS, MIS, 0x008, 0x014, 0x01c, 0x04c, 0x080, 0xfdc
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(offsets); i++) {
		uint32_t before = rd(offsets[i]);

		wr(offsets[i], ~before);
		assert_int_equal(rd(offsets[i]), before);
	}
	assert_int_equal(back.out_len, 0);
	assert_int_equal(rd(0x008) | rd(0x04c) | rd(0xfdc), 0);
}

static void only_accesses_at_a_register_count(void **st)
{
	static const struct {
		uint64_t off;
		uint8_t size;
	} bad[] = { { DR, 8 }, { DR + 1, 1 }, { DR + 2, 2 }, { IBRD + 1, 4 }, { 0x1000, 4 } };

	(void)st;
	wr(IBRD, 0x1234);
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		axtest_dev_write(&vuart_pl011_ops, &u, bad[i].off, bad[i].size, 0x41);
		assert_int_equal(axtest_dev_read(&vuart_pl011_ops, &u, bad[i].off, bad[i].size), 0);
	}
	assert_int_equal(back.out_len, 0);
	assert_int_equal(rd(IBRD), 0x1234);
	assert_int_equal(axtest_dev_read(&vuart_pl011_ops, &u, IBRD, 1), 0x34);
	assert_int_equal(axtest_dev_read(&vuart_pl011_ops, &u, IBRD, 2), 0x1234);
	axtest_dev_write(&vuart_pl011_ops, &u, DR, 1, 'a'); /* earlycon, mmio and mmio32 */
	axtest_dev_write(&vuart_pl011_ops, &u, DR, 2, 'b');
	axtest_dev_write(&vuart_pl011_ops, &u, DR, 4, 'c');
	assert_int_equal(back.out_len, 3);
	assert_memory_equal(back.out, "abc", 3);
}

static void bytes_are_sent_before_anyone_enables_the_uart(void **st)
{
	(void)st;
	for (const char *c = "hello"; *c != '\0'; c++) {
		assert_int_equal(rd(FR) & (FR_TXFE | 0x20 | 0x8), FR_TXFE); /* never full or busy */
		wr(DR, (uint32_t)*c);
	}
	assert_int_equal(back.out_len, 5);
	assert_memory_equal(back.out, "hello", 5);
}

static void transmission_raises_the_transmit_interrupt(void **st)
{
	(void)st;
	wr(IMSC, INT_TX);
	assert_false(irq.level); /* the level is passed by sending, not by being empty */
	wr(DR, 'x');
	assert_int_equal(rd(MIS), INT_TX);
	assert_true(irq.level);
	wr(ICR, INT_TX);
	assert_int_equal(rd(RIS), 0);
	assert_false(irq.level);
	wr(DR, 'y');
	wr(IMSC, 0);
	assert_int_equal(rd(RIS), INT_TX);
	assert_int_equal(rd(MIS), 0);
	assert_false(irq.level);
}

static void without_the_fifo_one_character_interrupts(void **st)
{
	(void)st;
	wr(CR, CR_ON);
	wr(IMSC, INT_RX);
	type("abc");
	assert_int_equal(rd(FR) & (FR_RXFE | FR_RXFF), FR_RXFF);
	assert_int_equal(back.in_len, 2);
	assert_true(irq.level);
	assert_int_equal(rd(DR), 'a');
	assert_true(irq.level); /* the next one came in at once */
	assert_int_equal(rd(DR), 'b');
	assert_int_equal(rd(DR), 'c');
	assert_false(irq.level);
	assert_int_equal(rd(FR) & (FR_RXFE | FR_RXFF), FR_RXFE);
	assert_int_equal(rd(RIS), 0);
	assert_int_equal(rd(DR), 0);
}

static void each_trigger_level_is_the_documented_one(void **st)
{
	static const struct {
		uint32_t select;
		unsigned level;
	} cases[] = { { 0, 2 }, { 1, 4 }, { 2, 8 }, { 3, 12 }, { 4, 14 }, { 7, 14 } };

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		char text[16] = "";

		make(st);
		wr(CR, CR_ON);
		wr(LCR_H, FEN);
		wr(IFLS, cases[i].select << 3);
		wr(IMSC, INT_RX);
		memset(text, 'x', cases[i].level - 1);
		type(text);
		assert_int_equal(rd(RIS), INT_RT); /* below the level only the timeout */
		assert_false(irq.level);
		type("y");
		assert_int_equal(rd(RIS), INT_RX | INT_RT);
		assert_true(irq.level);
		type("z");
		rd(DR); /* the level still holds */
		assert_int_equal(rd(RIS), INT_RX | INT_RT);
		rd(DR);
		assert_int_equal(rd(RIS), INT_RT);
		assert_false(irq.level);
	}
}

static void data_below_the_level_interrupts_by_timeout(void **st)
{
	(void)st;
	wr(CR, CR_ON);
	wr(LCR_H, FEN);
	wr(IMSC, INT_RX | INT_RT);
	type("ab");
	assert_int_equal(rd(MIS), INT_RT);
	wr(ICR, INT_RT);
	assert_false(irq.level);
	assert_int_equal(rd(DR), 'a');
	assert_int_equal(rd(MIS), INT_RT); /* 'b' would be forgotten otherwise */
	assert_int_equal(rd(DR), 'b');
	assert_false(irq.level);
}

static void moving_the_trigger_level_is_noticed(void **st)
{
	(void)st;
	wr(CR, CR_ON);
	wr(LCR_H, FEN);
	wr(IMSC, INT_RX);
	type("abcd");
	assert_false(irq.level);
	wr(IFLS, 1 << 3);
	assert_true(irq.level);
	wr(IFLS, 2 << 3);
	assert_false(irq.level);
	wr(LCR_H, 0); /* a single register now, and it is full */
	assert_true(irq.level);
	assert_int_equal(rd(FR) & FR_RXFF, FR_RXFF);
	for (unsigned i = 0; i < 4; i++) { /* what was in the FIFO is not lost */
		assert_int_equal(rd(DR), "abcd"[i]);
	}
	assert_int_equal(rd(FR) & FR_RXFE, FR_RXFE);
}

static void nothing_is_lost_when_more_arrives_than_fits(void **st)
{
	(void)st;
	wr(CR, CR_ON);
	wr(LCR_H, FEN);
	type(TEXT40);
	assert_int_equal(back.in_len, 40 - VUART_PL011_FIFO);
	assert_int_equal(rd(FR) & FR_RXFF, FR_RXFF);
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(rd(FR) & FR_RXFE, 0);
		assert_int_equal(rd(DR), TEXT40[i]);
	}
	assert_int_equal(rd(FR) & FR_RXFE, FR_RXFE);
	assert_int_equal(rd(RIS) & (INT_RX | INT_RT | INT_OE), 0);
	assert_int_equal(rd(RSR), 0);
}

static void with_the_receiver_off_the_back_end_keeps_its_bytes(void **st)
{
	(void)st;
	wr(CR, 0x101);
	type("ab");
	vuart_pl011_break(&u);
	assert_int_equal(back.in_len, 2);
	assert_int_equal(rd(FR) & FR_RXFE, FR_RXFE);
	wr(CR, CR_ON); /* no further input call is needed */
	assert_int_equal(rd(DR), 'a');
	assert_int_equal(rd(DR), 'b');
}

static void loopback_receives_what_is_sent_and_nothing_else(void **st)
{
	(void)st;
	wr(LCR_H, FEN);
	wr(CR, CR_LOOP);
	type("in");
	wr(DR, 0x155);
	assert_int_equal(back.out_len, 0);
	assert_int_equal(rd(DR), 0x55);
	assert_int_equal(rd(FR) & FR_RXFE, FR_RXFE);
	wr(CR, CR_ON);
	assert_int_equal(rd(DR), 'i');
}

static void an_overrun_keeps_the_fifo_and_is_told_until_cleared(void **st)
{
	(void)st;
	wr(LCR_H, FEN);
	wr(CR, CR_LOOP);
	wr(IMSC, INT_OE);
	for (unsigned i = 0; i < VUART_PL011_FIFO; i++) {
		wr(DR, 'a' + i);
	}
	assert_false(irq.level);
	wr(DR, 'Z');
	assert_true(irq.level);
	assert_int_equal(rd(RSR), 8);
	assert_int_equal(rd(DR), 0x800 | 'a');
	assert_int_equal(rd(DR), 0x800 | 'b');
	wr(DR, 'c'); /* there was room again */
	assert_int_equal(rd(DR), 'c');
	assert_int_equal(rd(RSR), 8);
	wr(RSR, 0);
	assert_int_equal(rd(RSR), 0);
	wr(ICR, INT_OE);
	assert_false(irq.level);
	for (unsigned i = 3; i < VUART_PL011_FIFO; i++) {
		assert_int_equal(rd(DR), 'a' + i);
	}
	assert_int_equal(rd(DR), 'c'); /* and Z is gone */
}

static void a_break_is_one_zero_with_its_error(void **st)
{
	(void)st;
	wr(CR, CR_ON);
	wr(LCR_H, FEN);
	wr(IMSC, INT_BE);
	type("a");
	vuart_pl011_break(&u);
	assert_true(irq.level);
	assert_int_equal(rd(DR), 'a');
	assert_int_equal(rd(RSR), 0); /* the error is the next character's */
	assert_int_equal(rd(DR), 0x400);
	assert_int_equal(rd(RSR), 4);
	type("b");
	assert_int_equal(rd(DR), 'b');
	assert_int_equal(rd(RSR), 0);
	wr(ICR, INT_BE);
	assert_false(irq.level);
}

static void a_break_sent_in_loopback_comes_back_once(void **st)
{
	(void)st;
	wr(LCR_H, FEN | BRK);
	assert_int_equal(rd(FR) & FR_RXFE, FR_RXFE); /* into nowhere */
	wr(LCR_H, FEN);
	wr(CR, CR_LOOP);
	wr(LCR_H, FEN | BRK);
	wr(LCR_H, FEN | BRK | 0x60);
	assert_int_equal(rd(DR), 0x400);
	assert_int_equal(rd(FR) & FR_RXFE, FR_RXFE);
}

static void loopback_ties_the_modem_outputs_to_the_inputs(void **st)
{
	static const struct {
		uint32_t cr, fr, ris;
	} cases[] = {
		/* 3.3.8 */
		{ 0x0800, FR_CTS, 0x2 },
		{ 0x0400, FR_DSR, 0x8 },
		{ 0x1000, FR_DCD, 0x4 },
		{ 0x2000, FR_RI, 0x1 },
	};

	(void)st;
	wr(CR, CR_LOOP); /* the terminal's three lines go away */
	assert_int_equal(rd(RIS), 0xe);
	wr(IMSC, INT_MODEM);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		wr(CR, CR_LOOP);
		wr(ICR, INT_MODEM);
		assert_false(irq.level);
		assert_int_equal(rd(FR), FR_TXFE | FR_RXFE);
		wr(CR, CR_LOOP | cases[i].cr);
		assert_int_equal(rd(FR), FR_TXFE | FR_RXFE | cases[i].fr);
		assert_int_equal(rd(RIS), cases[i].ris);
		assert_true(irq.level);
	}
}

static void icr_clears_the_written_bits_only(void **st)
{
	(void)st;
	wr(LCR_H, FEN);
	wr(CR, CR_LOOP);
	wr(LCR_H, FEN | BRK);
	wr(DR, 'x');
	assert_int_equal(rd(RIS), 0xe | INT_TX | INT_RT | INT_BE);
	wr(ICR, INT_BE | 0x2);
	assert_int_equal(rd(RIS), 0xc | INT_TX | INT_RT);
	wr(ICR, 0);
	assert_int_equal(rd(RIS), 0xc | INT_TX | INT_RT);
	wr(ICR, UINT32_MAX);
	assert_int_equal(rd(RIS), 0);
}

/* pl011_startup and pl011_enable_interrupts of the stock driver, then one line typed and echoed. */
static void a_driver_like_session_works(void **st)
{
	const char *text = "echo 1\r";
	unsigned got = 0;

	(void)st;
	wr(ICR, 0x7f0);
	wr(IMSC, INT_RT | INT_RX);
	wr(IFLS, 0x12);
	wr(IBRD, 13);
	wr(FBRD, 1);
	wr(LCR_H, 0x70);
	wr(CR, 0xb01);
	wr(ICR, INT_RT | INT_RX);
	for (unsigned i = 0; i < 32 && (rd(FR) & FR_RXFE) == 0; i++) {
		rd(DR);
	}
	wr(IMSC, INT_RT | INT_RX);
	assert_false(irq.level);
	type(text);
	while (irq.level) {
		uint32_t status = rd(RIS) & rd(IMSC);

		wr(ICR, status & ~(uint32_t)(INT_TX | INT_RT | INT_RX));
		while ((rd(FR) & FR_RXFE) == 0) {
			uint32_t c = rd(DR);

			assert_int_equal(c, text[got++]);
			wr(DR, c);
		}
	}
	assert_int_equal(got, strlen(text));
	assert_memory_equal(back.out, text, got);
}

static void two_uarts_are_independent(void **st)
{
	struct axtest_irq other_irq = { 0 };
	struct backend other_back = { 0 };
	struct vuart_pl011 other;

	(void)st;
	vuart_pl011_init(&other, axtest_irq_line(&other_irq), backend_chardev(&other_back));
	wr(IMSC, INT_TX | INT_RT);
	wr(DR, 'x');
	type("y");
	assert_true(irq.level);
	assert_false(other_irq.level);
	assert_int_equal(other_back.out_len, 0);
	assert_int_equal(axtest_dev_read(&vuart_pl011_ops, &other, RIS, 4), 0);
	assert_int_equal(axtest_dev_read(&vuart_pl011_ops, &other, DR, 4), 0);
}

static void fill_for_snapshot(void)
{
	wr(IBRD, 13);
	wr(FBRD, 2);
	wr(CR, CR_ON);
	wr(LCR_H, FEN | 0x60);
	wr(IMSC, INT_RT);
	type("0123456789");
	for (int i = 0; i < 9; i++) {
		rd(DR);
	}
	type("abcdefghij"); /* the FIFO's ring has wrapped */
	vuart_pl011_break(&u);
}

static void a_snapshot_loads_back_as_it_was(void **st)
{
	uint8_t first[VUART_PL011_SNAP_SIZE], second[VUART_PL011_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	fill_for_snapshot();
	assert_int_equal(vuart_pl011_ops.save(&u, first, sizeof(first) - 1, &len), AX_ENOSPC);
	assert_int_equal(vuart_pl011_ops.save(&u, first, sizeof(first), &len), AX_OK);
	assert_int_equal(len, sizeof(first));
	vuart_pl011_ops.reset(&u);
	assert_false(irq.level);
	assert_int_equal(rd(FR) & FR_RXFE, FR_RXFE);
	assert_int_equal(vuart_pl011_ops.load(&u, first, len), AX_OK);
	assert_true(irq.level);
	assert_int_equal(vuart_pl011_ops.save(&u, second, sizeof(second), &len), AX_OK);
	assert_memory_equal(first, second, sizeof(first));
	assert_int_equal(rd(IBRD), 13);
	for (unsigned i = 0; i < 11; i++) {
		assert_int_equal(rd(DR), "9abcdefghij"[i]);
	}
	assert_int_equal(rd(DR), 0x400);
	assert_false(irq.level);
}

static void a_damaged_snapshot_changes_nothing(void **st)
{
	static const struct {
		size_t at;
		uint8_t flip;
		ax_err_t err;
	} cases[] = {
		{ 0, 1, AX_EVERSION },   { 4, 2, AX_EVERSION },   { 8, 1, AX_EVERSION },
		{ 6, 1, AX_EINVAL },     { 13, 1, AX_EINVAL },    { 18, 1, AX_EINVAL },
		{ 20, 0x40, AX_EINVAL }, { 25, 1, AX_EINVAL },    { 28, 8, AX_EINVAL },
		{ 32, 0x40, AX_EINVAL }, { 37, 8, AX_EINVAL },    { 41, 8, AX_EINVAL },
		{ 44, 8, AX_EINVAL },    { 48, 0x10, AX_EINVAL }, { 52, 2, AX_EINVAL },
		{ 53, 0x80, AX_EINVAL }, { 53, 0x1f, AX_EINVAL }, { 54, 1, AX_EINVAL },
		{ 55, 1, AX_EINVAL },    { 57, 0x08, AX_EINVAL }, { 86, 1, AX_EINVAL },
	};
	uint8_t snap[VUART_PL011_SNAP_SIZE], after[VUART_PL011_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	fill_for_snapshot();
	assert_int_equal(vuart_pl011_ops.save(&u, snap, sizeof(snap), &len), AX_OK);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		snap[cases[i].at] ^= cases[i].flip;
		assert_int_equal(vuart_pl011_ops.load(&u, snap, len), cases[i].err);
		snap[cases[i].at] ^= cases[i].flip;
		assert_int_equal(vuart_pl011_ops.save(&u, after, sizeof(after), &len), AX_OK);
		assert_memory_equal(snap, after, len);
	}
	assert_int_equal(vuart_pl011_ops.load(&u, snap, len - 1), AX_EVERSION);
	assert_int_equal(vuart_pl011_ops.load(&u, snap, 0), AX_EVERSION);
	snap[53] = 0; /* an empty FIFO that asks to be read */
	memset(snap + 56, 0, 32);
	assert_int_equal(vuart_pl011_ops.load(&u, snap, len), AX_EINVAL);
}

static unsigned set_count;

/* What another CPU may do while this one tells the line: take the cause away. */
static void clear_while_telling(void *ctx, bool level)
{
	set_count++;
	if (level) {
		axtest_dev_write(&vuart_pl011_ops, ctx, ICR, 4, 0x7ff);
	}
	irq.level = level; /* the line is slow */
}

static void the_last_of_two_racing_levels_wins(void **st)
{
	struct ax_irq_line line = { .set = clear_while_telling, .ctx = &u };

	(void)st;
	set_count = 0;
	vuart_pl011_init(&u, line, backend_chardev(&back));
	wr(IMSC, INT_TX);
	wr(DR, 'x');
	assert_int_equal(set_count, 2);
	assert_false(irq.level);
	assert_int_equal(rd(MIS), 0);
}

/* Or take it away and bring it back: the line has the right level already, and the next is told too. */
static void renew_while_telling(void *ctx, bool level)
{
	set_count++;
	irq.level = level;
	if (level) {
		axtest_dev_write(&vuart_pl011_ops, ctx, ICR, 4, 0x7ff);
		axtest_dev_write(&vuart_pl011_ops, ctx, DR, 4, 'y');
	}
}

static void a_level_that_comes_back_while_it_is_told_stays(void **st)
{
	struct ax_irq_line line = { .set = renew_while_telling, .ctx = &u };

	(void)st;
	set_count = 0;
	vuart_pl011_init(&u, line, backend_chardev(&back));
	wr(IMSC, INT_TX);
	wr(DR, 'x');
	assert_int_equal(set_count, 1);
	assert_true(irq.level);
	wr(ICR, INT_TX);
	assert_int_equal(set_count, 2);
	assert_false(irq.level);
}

/* A back end that answers from within put(): the device must not hold its lock there. */
static void echo_put(void *ctx, uint8_t byte)
{
	backend_put(ctx, byte);
	type("k");
}

static void the_back_end_may_answer_at_once(void **st)
{
	struct ax_chardev echo = { .put = echo_put, .get = backend_get, .ctx = &back };

	(void)st;
	vuart_pl011_init(&u, axtest_irq_line(&irq), echo);
	wr(DR, '?');
	assert_int_equal(rd(DR), 'k');
}

static void an_unconnected_uart_is_a_callers_bug(void **st)
{
	(void)st;
	AXTEST_EXPECT_PANIC(
		vuart_pl011_init(&u, (struct ax_irq_line){ 0 }, backend_chardev(&back)));
	AXTEST_EXPECT_PANIC(vuart_pl011_init(&u, axtest_irq_line(&irq), (struct ax_chardev){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(registers_have_their_reset_values, make),
		cmocka_unit_test_setup(reserved_bits_read_as_zero, make),
		cmocka_unit_test_setup(the_driver_finds_its_identification, make),
		cmocka_unit_test_setup(what_is_read_only_or_absent_ignores_writes, make),
		cmocka_unit_test_setup(only_accesses_at_a_register_count, make),
		cmocka_unit_test_setup(bytes_are_sent_before_anyone_enables_the_uart, make),
		cmocka_unit_test_setup(transmission_raises_the_transmit_interrupt, make),
		cmocka_unit_test_setup(without_the_fifo_one_character_interrupts, make),
		cmocka_unit_test_setup(each_trigger_level_is_the_documented_one, make),
		cmocka_unit_test_setup(data_below_the_level_interrupts_by_timeout, make),
		cmocka_unit_test_setup(moving_the_trigger_level_is_noticed, make),
		cmocka_unit_test_setup(nothing_is_lost_when_more_arrives_than_fits, make),
		cmocka_unit_test_setup(with_the_receiver_off_the_back_end_keeps_its_bytes, make),
		cmocka_unit_test_setup(loopback_receives_what_is_sent_and_nothing_else, make),
		cmocka_unit_test_setup(an_overrun_keeps_the_fifo_and_is_told_until_cleared, make),
		cmocka_unit_test_setup(a_break_is_one_zero_with_its_error, make),
		cmocka_unit_test_setup(a_break_sent_in_loopback_comes_back_once, make),
		cmocka_unit_test_setup(loopback_ties_the_modem_outputs_to_the_inputs, make),
		cmocka_unit_test_setup(icr_clears_the_written_bits_only, make),
		cmocka_unit_test_setup(a_driver_like_session_works, make),
		cmocka_unit_test_setup(two_uarts_are_independent, make),
		cmocka_unit_test_setup(a_snapshot_loads_back_as_it_was, make),
		cmocka_unit_test_setup(a_damaged_snapshot_changes_nothing, make),
		cmocka_unit_test_setup(the_last_of_two_racing_levels_wins, make),
		cmocka_unit_test_setup(a_level_that_comes_back_while_it_is_told_stays, make),
		cmocka_unit_test_setup(the_back_end_may_answer_at_once, make),
		cmocka_unit_test_setup(an_unconnected_uart_is_a_callers_bug, make),
	};

	return cmocka_run_group_tests_name("pl011", tests, NULL, NULL);
}

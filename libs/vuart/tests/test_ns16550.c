/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NS16550A through its ops table: registers, priorities and FIFO rules of the PC16550D data sheet.
 */
#include <axtest/axtest.h>
#include <vuart/ns16550.h>
#include "backend.h"

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR, THR = RBR, FCR = IIR, DLL = RBR, DLM = IER };
enum { ERBFI = 1, ETBEI = 2, ELSI = 4, EDSSI = 8 };
enum { NONE = 0x01, MODEM = 0x00, THRE = 0x02, RDA = 0x04, RLS = 0x06, TIMEOUT = 0x0c };
enum { DR = 1, OE = 2, BI = 0x10, EMPTY = 0x60, FIFO_ERR = 0x80 };
enum { LOOP = 0x10, DLAB = 0x80, FIFO = 0xc0 };

#define TEXT40 "0123456789abcdefghijklmnopqrstuvwxyzABCD"

static struct vuart_ns16550 u;
static struct axtest_irq irq;
static struct backend back;

static int make(void **st)
{
	(void)st;
	axtest_port_reset();
	irq = (struct axtest_irq){ 0 };
	back = (struct backend){ 0 };
	vuart_ns16550_init(&u, axtest_irq_line(&irq), backend_chardev(&back));
	return 0;
}

static unsigned rd(uint64_t off)
{
	return (unsigned)axtest_dev_read(&vuart_ns16550_ops, &u, off, 1);
}

static void wr(uint64_t off, unsigned val)
{
	axtest_dev_write(&vuart_ns16550_ops, &u, off, 1, val);
}

static void type(const char *text)
{
	backend_type(&back, text);
	vuart_ns16550_input(&u);
}

static void registers_have_their_reset_values(void **st)
{
	static const uint8_t reset[8] = {
		0, 0, NONE, 0, 0, EMPTY, 0xb0, 0
	}; /* UART Reset Configuration */

	(void)st;
	for (int again = 0; again < 2; again++) {
		for (unsigned i = 0; i < 8; i++) {
			assert_int_equal(rd(i), reset[i]);
		}
		wr(LCR, DLAB);
		assert_int_equal(rd(DLL), 12);
		assert_int_equal(rd(DLM), 0);
		wr(DLL, 1);
		wr(DLM, 2);
		wr(LCR, 0);
		for (unsigned i = 1; i < 8; i++) {
			wr(i, 0xff);
		}
		wr(LCR, 0);
		wr(THR, 1);
		assert_true(irq.level);
		vuart_ns16550_ops.reset(&u);
		assert_false(irq.level);
	}
}

static void only_defined_bits_can_be_written(void **st)
{
	static const struct {
		uint8_t off, mask;
	} cases[] = { { IER, 0x0f }, { LCR, 0xff }, { MCR, 0x1f }, { SCR, 0xff } };

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		wr(cases[i].off, 0xff);
		assert_int_equal(rd(cases[i].off), cases[i].mask);
		wr(cases[i].off, 0);
		assert_int_equal(rd(cases[i].off), 0);
	}
	wr(LSR, 0xff);
	wr(MSR, 0);
	assert_int_equal(rd(LSR), EMPTY);
	rd(MSR); /* what leaving the loop has changed */
	wr(MSR, 0);
	assert_int_equal(rd(MSR), 0xb0);
}

static void the_divisor_is_behind_dlab_and_nothing_else(void **st)
{
	(void)st;
	wr(IER, 5);
	wr(LCR, DLAB | 3);
	wr(DLL, 0x34);
	wr(DLM, 0x12);
	assert_int_equal(rd(DLL), 0x34);
	assert_int_equal(rd(DLM), 0x12);
	assert_int_equal(back.out_len, 0);
	wr(LCR, 3);
	assert_int_equal(rd(IER), 5);
	assert_int_equal(rd(RBR), 0);
}

static void only_bytes_of_the_eight_registers_count(void **st)
{
	(void)st;
	wr(SCR, 0x5a);
	axtest_dev_write(&vuart_ns16550_ops, &u, SCR, 2, 0);
	axtest_dev_write(&vuart_ns16550_ops, &u, THR, 4, 'x');
	axtest_dev_write(&vuart_ns16550_ops, &u, 8, 1, 'x');
	assert_int_equal(axtest_dev_read(&vuart_ns16550_ops, &u, SCR, 2), 0);
	assert_int_equal(axtest_dev_read(&vuart_ns16550_ops, &u, 8, 1), 0);
	assert_int_equal(axtest_dev_read(&vuart_ns16550_ops, &u, UINT64_MAX, 1), 0);
	assert_int_equal(rd(SCR), 0x5a);
	assert_int_equal(back.out_len, 0);
}

static void bytes_are_sent_and_the_transmitter_is_always_empty(void **st)
{
	(void)st;
	for (const char *c = "hello"; *c != '\0'; c++) {
		assert_int_equal(rd(LSR), EMPTY);
		wr(THR, (unsigned)*c);
	}
	assert_int_equal(back.out_len, 5);
	assert_memory_equal(back.out, "hello", 5);
}

/* The stock driver's test for a broken THRE interrupt does this, twice. */
static void enabling_the_transmit_interrupt_while_empty_raises_it(void **st)
{
	(void)st;
	for (int again = 0; again < 2; again++) {
		wr(IER, ETBEI);
		assert_true(irq.level);
		assert_int_equal(rd(IIR), THRE);
		assert_false(irq.level); /* reading it out has cleared it */
		assert_int_equal(rd(IIR), NONE);
		wr(IER, ETBEI); /* no change, no interrupt */
		assert_false(irq.level);
		wr(THR, 'x');
		assert_true(irq.level);
		wr(IER, 0);
		assert_false(irq.level);
		assert_int_equal(rd(IIR), NONE);
	}
}

static void priorities_are_those_of_the_data_sheet(void **st)
{
	(void)st;
	wr(MCR, LOOP); /* the terminal's lines go away: modem status */
	wr(MCR, 0);
	wr(IER, ERBFI | ETBEI | ELSI | EDSSI);
	type("a");
	vuart_ns16550_break(&u); /* over 'a', which nobody read: overrun */
	assert_int_equal(rd(IIR), RLS);
	assert_int_equal(rd(LSR), EMPTY | DR | OE | BI);
	assert_int_equal(rd(IIR), RDA);
	assert_int_equal(rd(RBR), 0);
	assert_int_equal(rd(IIR), THRE);
	assert_int_equal(rd(IIR), MODEM);
	assert_true(irq.level);
	assert_int_equal(rd(MSR), 0xbb);
	assert_int_equal(rd(IIR), NONE);
	assert_false(irq.level);
	assert_int_equal(rd(MSR), 0xb0);
}

static void a_higher_interrupt_read_out_does_not_clear_thre(void **st)
{
	(void)st;
	wr(IER, ERBFI | ETBEI);
	type("a");
	assert_int_equal(rd(IIR), RDA);
	assert_int_equal(rd(RBR), 'a');
	assert_int_equal(rd(IIR), THRE);
}

static void without_the_fifo_there_is_one_register(void **st)
{
	(void)st;
	wr(IER, ERBFI);
	type("ab");
	assert_int_equal(back.in_len, 1);
	assert_int_equal(rd(IIR), RDA);
	assert_int_equal(rd(LSR), EMPTY | DR);
	assert_int_equal(rd(RBR), 'a');
	assert_int_equal(rd(IIR), RDA); /* the next one came in at once */
	assert_int_equal(rd(RBR), 'b');
	assert_int_equal(rd(IIR), NONE);
	assert_int_equal(rd(LSR), EMPTY);
	assert_int_equal(rd(RBR), 0);
}

static void each_trigger_level_is_the_documented_one(void **st)
{
	static const unsigned levels[4] = { 1, 4, 8, 14 };

	for (unsigned i = 0; i < 4; i++) {
		char text[16] = "";

		make(st);
		wr(FCR, 1 | i << 6);
		wr(IER, ERBFI);
		memset(text, 'x', levels[i] - 1);
		type(text);
		assert_int_equal(rd(IIR), FIFO | (levels[i] == 1 ? NONE : TIMEOUT));
		type("y");
		assert_int_equal(rd(IIR), FIFO | RDA);
		rd(RBR);
		assert_int_equal(rd(IIR), FIFO | (levels[i] == 1 ? NONE : TIMEOUT));
		assert_int_equal(irq.level, levels[i] != 1);
	}
}

static void nothing_is_lost_when_more_arrives_than_fits(void **st)
{
	(void)st;
	wr(FCR, 0x81);
	type(TEXT40);
	assert_int_equal(back.in_len, 40 - VUART_NS16550_FIFO);
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(rd(LSR), EMPTY | DR);
		assert_int_equal(rd(RBR), TEXT40[i]);
	}
	assert_int_equal(rd(LSR), EMPTY);
}

static void fcr_resets_the_fifo_and_wants_its_enable(void **st)
{
	(void)st;
	wr(FCR, 0xc0); /* no enable: no bit counts */
	assert_int_equal(rd(IIR), NONE);
	type("a");
	wr(FCR, 1); /* a change of mode empties it */
	assert_int_equal(rd(LSR), EMPTY);
	type("bc");
	wr(FCR, 1); /* no change, no loss */
	assert_int_equal(rd(RBR), 'b');
	wr(FCR, 3);
	assert_int_equal(rd(LSR), EMPTY);
	type("d");
	wr(FCR, 2); /* 16450 mode again */
	assert_int_equal(rd(LSR), EMPTY);
	assert_int_equal(rd(IIR), NONE);
}

static void loopback_receives_what_is_sent_and_nothing_else(void **st)
{
	(void)st;
	wr(MCR, LOOP);
	type("in");
	vuart_ns16550_break(&u);
	assert_int_equal(rd(LSR), EMPTY);
	wr(THR, 0xa5);
	assert_int_equal(back.out_len, 0);
	assert_int_equal(rd(RBR), 0xa5);
	wr(MCR, 0); /* no further input call is needed */
	assert_int_equal(rd(RBR), 'i');
	assert_int_equal(rd(RBR), 'n');
}

static void loopback_ties_the_modem_outputs_to_the_inputs(void **st)
{
	static const struct {
		uint8_t mcr, set, clear; /* MSR when the output goes on, and off again */
	} cases[] = {
		/* MCR bit 4 */
		{ 0x01, 0x22, 0x02 }, /* DTR to DSR */
		{ 0x02, 0x11, 0x01 }, /* RTS to CTS */
		{ 0x04, 0x40, 0x04 }, /* OUT1 to RI: its trailing edge only */
		{ 0x08, 0x88, 0x08 }, /* OUT2 to DCD */
	};

	(void)st;
	wr(MCR, LOOP);
	assert_int_equal(rd(MSR), 0x0b);
	wr(IER, EDSSI);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		wr(MCR, LOOP | cases[i].mcr);
		assert_int_equal(irq.level, (cases[i].set & 0xf) != 0);
		assert_int_equal(rd(MSR), cases[i].set);
		assert_false(irq.level);
		wr(MCR, LOOP);
		assert_true(irq.level);
		assert_int_equal(rd(MSR), cases[i].clear);
	}
}

static void a_break_shows_when_its_character_is_next(void **st)
{
	(void)st;
	wr(FCR, 1);
	wr(IER, ELSI);
	type("a");
	vuart_ns16550_break(&u);
	assert_false(irq.level);
	assert_int_equal(rd(LSR), EMPTY | DR | FIFO_ERR);
	assert_int_equal(rd(RBR), 'a');
	assert_true(irq.level);
	assert_int_equal(rd(IIR), FIFO | RLS);
	assert_int_equal(rd(LSR), EMPTY | DR | FIFO_ERR | BI);
	assert_false(irq.level);
	assert_int_equal(rd(LSR), EMPTY | DR); /* told once */
	assert_int_equal(rd(RBR), 0);
}

static void an_overrun_of_the_fifo_keeps_what_it_has(void **st)
{
	(void)st;
	wr(FCR, 1);
	wr(MCR, LOOP);
	wr(IER, ELSI);
	for (unsigned i = 0; i < VUART_NS16550_FIFO; i++) {
		wr(THR, i);
	}
	assert_false(irq.level);
	wr(THR, 0xee);
	assert_true(irq.level);
	assert_int_equal(rd(LSR), EMPTY | DR | OE);
	assert_false(irq.level);
	for (unsigned i = 0; i < VUART_NS16550_FIFO; i++) {
		assert_int_equal(rd(RBR), i);
	}
	assert_int_equal(rd(LSR), EMPTY);
}

/* The probing of the stock 8250 driver: IER, loopback, FIFO, and the variants that this is not. */
static void the_8250_driver_takes_it_for_a_16550a(void **st)
{
	unsigned mcr, count;

	(void)st;
	wr(IER, 0);
	assert_int_equal(rd(IER) & 0xf, 0);
	wr(IER, 0xf);
	assert_int_equal(rd(IER) & 0xf, 0xf);
	wr(IER, 0);
	wr(MCR, LOOP | 0xa);
	assert_int_equal(rd(MSR) & 0xf0, 0x90);
	wr(MCR, 0);
	wr(LCR, 0xbf); /* EFR of a 16650 and later would be at 2 */
	wr(2, 0);
	wr(LCR, 0);
	wr(FCR, 1);
	assert_int_equal(rd(IIR) >> 6, 3);
	wr(LCR, DLAB);
	assert_int_not_equal(rd(2), 0); /* 16650 */
	wr(LCR, 0xbf);
	assert_int_not_equal(rd(2), 0); /* 16850 */
	wr(LCR, 0); /* National's Super I/O has another register at 2 with LCR 0xe0 */
	mcr = rd(MCR);
	wr(LCR, 0xe0);
	count = rd(2);
	wr(LCR, 0);
	wr(MCR, mcr ^ LOOP);
	wr(LCR, 0xe0);
	assert_int_equal((rd(2) ^ count) & LOOP, 0);
	wr(LCR, 0);
	wr(MCR, mcr);
	wr(FCR, 0x21); /* 16750: 64 bytes, with and without DLAB */
	assert_int_equal(rd(IIR) >> 5, 6);
	wr(LCR, DLAB);
	wr(FCR, 0x21);
	assert_int_equal(rd(IIR) >> 5, 6);
	wr(LCR, 0);
	wr(IER, 0x40); /* XScale's UUE */
	assert_int_equal(rd(IER), 0);
	wr(SCR, 0xa5);
	assert_int_equal(rd(SCR), 0xa5);
	wr(FCR, 7); /* the size by filling it in loopback */
	wr(MCR, LOOP);
	wr(LCR, 3);
	for (unsigned i = 0; i < 256; i++) {
		wr(THR, i);
	}
	for (count = 0; (rd(LSR) & DR) != 0; count++) {
		assert_int_equal(rd(RBR), count);
	}
	assert_int_equal(count, 16);
}

static void two_uarts_are_independent(void **st)
{
	struct axtest_irq other_irq = { 0 };
	struct backend other_back = { 0 };
	struct vuart_ns16550 other;

	(void)st;
	vuart_ns16550_init(&other, axtest_irq_line(&other_irq), backend_chardev(&other_back));
	wr(IER, ERBFI);
	wr(THR, 'x');
	type("y");
	assert_true(irq.level);
	assert_false(other_irq.level);
	assert_int_equal(other_back.out_len, 0);
	assert_int_equal(axtest_dev_read(&vuart_ns16550_ops, &other, LSR, 1), EMPTY);
	assert_int_equal(axtest_dev_read(&vuart_ns16550_ops, &other, IER, 1), 0);
}

static void fill_for_snapshot(void)
{
	wr(LCR, DLAB);
	wr(DLL, 1);
	wr(LCR, 3);
	wr(FCR, 0x81);
	wr(IER, ERBFI);
	wr(SCR, 0x77);
	type("0123456789");
	for (int i = 0; i < 9; i++) {
		rd(RBR);
	}
	type("abcdefghij"); /* the FIFO's ring has wrapped */
	vuart_ns16550_break(&u);
}

static void a_snapshot_loads_back_as_it_was(void **st)
{
	uint8_t first[VUART_NS16550_SNAP_SIZE], second[VUART_NS16550_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	fill_for_snapshot();
	assert_int_equal(vuart_ns16550_ops.save(&u, first, sizeof(first) - 1, &len), AX_ENOSPC);
	assert_int_equal(vuart_ns16550_ops.save(&u, first, sizeof(first), &len), AX_OK);
	assert_int_equal(len, sizeof(first));
	vuart_ns16550_ops.reset(&u);
	assert_false(irq.level);
	assert_int_equal(vuart_ns16550_ops.load(&u, first, len), AX_OK);
	assert_true(irq.level);
	assert_int_equal(vuart_ns16550_ops.save(&u, second, sizeof(second), &len), AX_OK);
	assert_memory_equal(first, second, sizeof(first));
	assert_int_equal(rd(SCR), 0x77);
	for (unsigned i = 0; i < 11; i++) {
		assert_int_equal(rd(RBR), "9abcdefghij"[i]);
	}
	assert_int_equal(rd(LSR) & BI, BI);
}

static void a_damaged_snapshot_changes_nothing(void **st)
{
	static const struct {
		size_t at;
		uint8_t flip;
		ax_err_t err;
	} cases[] = {
		{ 0, 1, AX_EVERSION },   { 4, 2, AX_EVERSION },   { 8, 1, AX_EVERSION },
		{ 6, 1, AX_EINVAL },     { 12, 0x10, AX_EINVAL }, { 13, 0x02, AX_EINVAL },
		{ 13, 0x01, AX_EINVAL }, { 15, 0x20, AX_EINVAL }, { 19, 0x01, AX_EINVAL },
		{ 20, 0x10, AX_EINVAL }, { 21, 0x02, AX_EINVAL }, { 22, 0x1f, AX_EINVAL },
		{ 22, 0x04, AX_EINVAL }, { 23, 1, AX_EINVAL },    { 25, 0x02, AX_EINVAL },
		{ 54, 1, AX_EINVAL },
	};
	uint8_t snap[VUART_NS16550_SNAP_SIZE], after[VUART_NS16550_SNAP_SIZE];
	size_t len = 0;

	(void)st;
	fill_for_snapshot();
	assert_int_equal(vuart_ns16550_ops.save(&u, snap, sizeof(snap), &len), AX_OK);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		snap[cases[i].at] ^= cases[i].flip;
		assert_int_equal(vuart_ns16550_ops.load(&u, snap, len), cases[i].err);
		snap[cases[i].at] ^= cases[i].flip;
		assert_int_equal(vuart_ns16550_ops.save(&u, after, sizeof(after), &len), AX_OK);
		assert_memory_equal(snap, after, len);
	}
	assert_int_equal(vuart_ns16550_ops.load(&u, snap, len - 1), AX_EVERSION);
}

static void an_unconnected_uart_is_a_callers_bug(void **st)
{
	(void)st;
	AXTEST_EXPECT_PANIC(
		vuart_ns16550_init(&u, (struct ax_irq_line){ 0 }, backend_chardev(&back)));
	AXTEST_EXPECT_PANIC(
		vuart_ns16550_init(&u, axtest_irq_line(&irq), (struct ax_chardev){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(registers_have_their_reset_values, make),
		cmocka_unit_test_setup(only_defined_bits_can_be_written, make),
		cmocka_unit_test_setup(the_divisor_is_behind_dlab_and_nothing_else, make),
		cmocka_unit_test_setup(only_bytes_of_the_eight_registers_count, make),
		cmocka_unit_test_setup(bytes_are_sent_and_the_transmitter_is_always_empty, make),
		cmocka_unit_test_setup(enabling_the_transmit_interrupt_while_empty_raises_it, make),
		cmocka_unit_test_setup(priorities_are_those_of_the_data_sheet, make),
		cmocka_unit_test_setup(a_higher_interrupt_read_out_does_not_clear_thre, make),
		cmocka_unit_test_setup(without_the_fifo_there_is_one_register, make),
		cmocka_unit_test_setup(each_trigger_level_is_the_documented_one, make),
		cmocka_unit_test_setup(nothing_is_lost_when_more_arrives_than_fits, make),
		cmocka_unit_test_setup(fcr_resets_the_fifo_and_wants_its_enable, make),
		cmocka_unit_test_setup(loopback_receives_what_is_sent_and_nothing_else, make),
		cmocka_unit_test_setup(loopback_ties_the_modem_outputs_to_the_inputs, make),
		cmocka_unit_test_setup(a_break_shows_when_its_character_is_next, make),
		cmocka_unit_test_setup(an_overrun_of_the_fifo_keeps_what_it_has, make),
		cmocka_unit_test_setup(the_8250_driver_takes_it_for_a_16550a, make),
		cmocka_unit_test_setup(two_uarts_are_independent, make),
		cmocka_unit_test_setup(a_snapshot_loads_back_as_it_was, make),
		cmocka_unit_test_setup(a_damaged_snapshot_changes_nothing, make),
		cmocka_unit_test_setup(an_unconnected_uart_is_a_callers_bug, make),
	};

	return cmocka_run_group_tests_name("ns16550", tests, NULL, NULL);
}

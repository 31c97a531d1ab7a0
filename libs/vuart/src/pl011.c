/* SPDX-License-Identifier: Apache-2.0 */
/* PL011: receiver, transmitter and registers. Clauses are those of ARM DDI 0183G. */
#include <axport/assert.h>
#include <vuart/pl011.h>
#include "pl011_regs.h"
#include "pl011_snap.h"

/* r1p1, which drivers take for a 16-deep FIFO; PCell ID of every PrimeCell (3.3.15, 3.3.16). */
static const uint8_t id_registers[8] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static uint32_t depth(const struct vuart_pl011_state *s)
{
	return (s->lcr_h & UARTLCR_H_FEN) != 0 ? VUART_PL011_FIFO : 1;
}

/* 3.3.9: 1/8, 1/4, 1/2, 3/4, 7/8 full; the reserved encodings act as the highest. */
static uint32_t rx_trigger(const struct vuart_pl011_state *s)
{
	static const uint8_t levels[8] = { 2, 4, 8, 12, 14, 14, 14, 14 };

	return depth(s) == 1 ? 1 : levels[AX_FIELD_GET(UARTIFLS_RX, s->ifls)];
}

static inline uint32_t flags(const struct vuart_pl011_state *s)
{
	uint32_t fr = UARTFR_TXFE;

	if (s->count == 0) {
		fr |= UARTFR_RXFE;
	}
	if (s->count >= depth(s)) {
		fr |= UARTFR_RXFF;
	}
	if ((s->cr & UARTCR_LBE) == 0) {
		return fr | UARTFR_CTS | UARTFR_DSR | UARTFR_DCD;
	}
	fr |= (s->cr & UARTCR_RTS) != 0 ? UARTFR_CTS : 0; /* 3.3.8, LBE */
	fr |= (s->cr & UARTCR_DTR) != 0 ? UARTFR_DSR : 0;
	fr |= (s->cr & UARTCR_OUT1) != 0 ? UARTFR_DCD : 0;
	fr |= (s->cr & UARTCR_OUT2) != 0 ? UARTFR_RI : 0;
	return fr;
}

/* One character arrives at the receiver. */
static void receive(struct vuart_pl011_state *s, uint32_t character)
{
	if (s->count >= depth(s)) { /* the FIFO keeps what it has: 3.3.2 */
		s->overrun = true;
		s->rsr |= UARTRSR_OE;
		s->ris |= UARTINT_OE;
		return;
	}
	s->fifo[(s->head + s->count) % VUART_PL011_FIFO] = (uint16_t)character;
	s->count++;
	s->overrun = false;
	s->ris |= (character & UARTDR_BE) != 0 ? UARTINT_BE : 0;
	s->ris |= s->count >= rx_trigger(s) ? UARTINT_RX : 0;
	s->ris |= UARTINT_RT; /* nothing follows within 32 bit times of no duration */
}

static void pull(struct vuart_pl011 *u) AX_REQUIRES(u->lock)
{
	uint8_t byte;

	if ((u->s.cr & (UARTCR_LBE | UARTCR_RXE)) != UARTCR_RXE) {
		return;
	}
	while (u->s.count < depth(&u->s) && u->chardev.get(u->chardev.ctx, &byte)) {
		receive(&u->s, byte);
	}
}

static uint32_t read_dr(struct vuart_pl011 *u) AX_REQUIRES(u->lock)
{
	struct vuart_pl011_state *s = &u->s;
	uint32_t val = s->overrun ? UARTDR_OE : 0;

	if (s->count != 0) {
		val |= s->fifo[s->head];
		s->head = (uint8_t)((s->head + 1) % VUART_PL011_FIFO);
		s->count--;
		s->rsr = (s->rsr & UARTRSR_OE) | ((val & UARTDR_IN_FIFO) >> 8);
	}
	if (s->count < rx_trigger(s)) {
		s->ris &= ~UARTINT_RX;
	}
	if (s->count == 0) {
		s->ris &= ~UARTINT_RT;
	} else {
		s->ris |= UARTINT_RT; /* what is left has waited long enough again */
	}
	pull(u);
	return val;
}

/* Stop or go on with the receive interrupt after the trigger level has moved. */
static void recheck_trigger(struct vuart_pl011_state *s)
{
	if (s->count >= rx_trigger(s)) {
		s->ris |= UARTINT_RX;
	} else {
		s->ris &= ~UARTINT_RX;
	}
}

static void write_lcr_h(struct vuart_pl011 *u, uint32_t val) AX_REQUIRES(u->lock)
{
	struct vuart_pl011_state *s = &u->s;
	uint32_t changed = (s->lcr_h ^ val) & UARTLCR_H_MASK;

	s->lcr_h = val & UARTLCR_H_MASK;
	if ((changed & UARTLCR_H_FEN) != 0) {
		recheck_trigger(s);
		pull(u);
	}
	if ((changed & val & UARTLCR_H_BRK) != 0 && (s->cr & UARTCR_LBE) != 0) {
		receive(s, UARTDR_BE); /* one 0 character, however long the break: 3.3.1 */
	}
}

static void write_cr(struct vuart_pl011 *u, uint32_t val) AX_REQUIRES(u->lock)
{
	struct vuart_pl011_state *s = &u->s;
	uint32_t before = flags(s), changed;

	s->cr = val & UARTCR_MASK;
	changed = before ^ flags(s);
	s->ris |= (changed & UARTFR_RI) != 0 ? UARTINT_RI : 0;
	s->ris |= (changed & UARTFR_CTS) != 0 ? UARTINT_CTS : 0;
	s->ris |= (changed & UARTFR_DCD) != 0 ? UARTINT_DCD : 0;
	s->ris |= (changed & UARTFR_DSR) != 0 ? UARTINT_DSR : 0;
	pull(u);
}

static uint32_t read_reg(const struct vuart_pl011_state *s, uint32_t off)
{
	switch (off) {
	case UARTRSR:
		return s->rsr;
	case UARTFR:
		return flags(s);
	case UARTILPR:
		return s->ilpr;
	case UARTIBRD:
		return s->ibrd;
	case UARTFBRD:
		return s->fbrd;
	case UARTLCR_H:
		return s->lcr_h;
	case UARTCR:
		return s->cr;
	case UARTIFLS:
		return s->ifls;
	case UARTIMSC:
		return s->imsc;
	case UARTRIS:
		return s->ris;
	case UARTMIS:
		return s->ris & s->imsc;
	case UARTDMACR:
		return s->dmacr;
	default:
		return off >= UARTPeriphID0 ? id_registers[(off - UARTPeriphID0) / 4] : 0;
	}
}

static AX_NOINLINE void write_reg(struct vuart_pl011 *u, uint32_t off, uint32_t val)
	AX_REQUIRES(u->lock)
{
	switch (off) {
	case UARTRSR: /* UARTECR: any value clears */
		u->s.rsr = 0;
		return;
	case UARTILPR:
		u->s.ilpr = val & UARTILPR_MASK;
		return;
	case UARTIBRD:
		u->s.ibrd = val & UARTIBRD_MASK;
		return;
	case UARTFBRD:
		u->s.fbrd = val & UARTFBRD_MASK;
		return;
	case UARTLCR_H:
		write_lcr_h(u, val);
		return;
	case UARTCR:
		write_cr(u, val);
		return;
	case UARTIFLS:
		u->s.ifls = val & UARTIFLS_MASK;
		recheck_trigger(&u->s);
		return;
	case UARTIMSC:
		u->s.imsc = val & UARTINT_MASK;
		return;
	case UARTICR:
		u->s.ris &= ~val;
		return;
	case UARTDMACR:
		u->s.dmacr = val & UARTDMACR_MASK;
		return;
	default:
		return;
	}
}

static bool level(const struct vuart_pl011_state *s)
{
	return (s->ris & s->imsc) != 0;
}

static AX_NOINLINE void settle(struct vuart_pl011 *u) AX_RELEASES(u->lock)
{
	ax_line_settle(&u->line, &u->lock, level(&u->s));
}

/* Decides the line's level and gives up the lock. One that is no news is told, or being told. */
static inline void finish(struct vuart_pl011 *u) AX_RELEASES(u->lock)
{
	if (AX_LIKELY(level(&u->s) == u->line.level)) {
		ax_spin_unlock(&u->lock);
	} else {
		settle(u);
	}
}

/* Every register is a word on the APB; a narrower access must be at its start. */
static bool is_register_access(const struct ax_io *io)
{
	return io->size <= 4 && (io->off & 3) == 0 && io->off < VUART_PL011_SIZE;
}

/* Apart, so that the other registers cost no stack frame. */
static AX_NOINLINE enum ax_io_result read_data(struct vuart_pl011 *u, uint8_t size, uint64_t *val)
{
	ax_spin_lock(&u->lock);
	*val = read_dr(u) & ax_byte_mask(size);
	finish(u);
	return AX_IO_HANDLED;
}

static enum ax_io_result pl011_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct vuart_pl011 *u = dev;

	if (AX_LIKELY(io->off == UARTFR && io->size == 4)) { /* what drivers poll */
		ax_spin_lock(&u->lock);
		*val = flags(&u->s);
		ax_spin_unlock(&u->lock);
		return AX_IO_HANDLED;
	}
	if (!is_register_access(io)) {
		*val = 0;
		return AX_IO_HANDLED;
	}
	if (io->off == UARTDR) { /* the only one whose reading changes anything */
		return read_data(u, io->size, val);
	}
	ax_spin_lock(&u->lock);
	*val = read_reg(&u->s, (uint32_t)io->off) & ax_byte_mask(io->size);
	ax_spin_unlock(&u->lock);
	return AX_IO_HANDLED;
}

/* A console's every character comes here: nothing else in between. */
static AX_NOINLINE enum ax_io_result write_data(struct vuart_pl011 *u, uint8_t byte)
{
	ax_spin_lock(&u->lock);
	u->s.ris |= UARTINT_TX; /* it is gone at once, so the FIFO passes its level: 3.4.3 */
	if (AX_UNLIKELY((u->s.cr & UARTCR_LBE) != 0)) {
		receive(&u->s, byte);
		settle(u);
		return AX_IO_HANDLED;
	}
	finish(u);
	u->chardev.put(u->chardev.ctx, byte);
	return AX_IO_HANDLED;
}

static enum ax_io_result pl011_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vuart_pl011 *u = dev;

	if (!is_register_access(io)) {
		return AX_IO_HANDLED;
	}
	if (io->off == UARTDR) {
		return write_data(u, (uint8_t)val);
	}
	ax_spin_lock(&u->lock);
	write_reg(u, (uint32_t)io->off, (uint32_t)val);
	finish(u);
	return AX_IO_HANDLED;
}

static void set_reset_state(struct vuart_pl011_state *s)
{
	*s = (struct vuart_pl011_state){ .cr = UARTCR_RESET, .ifls = UARTIFLS_RESET };
}

static void pl011_reset(void *dev)
{
	struct vuart_pl011 *u = dev;

	ax_spin_lock(&u->lock);
	set_reset_state(&u->s);
	ax_line_announce(&u->line, &u->lock, false);
}

static ax_err_t pl011_save(const void *dev, void *buf, size_t cap, size_t *len)
{
	const struct vuart_pl011 *u = dev;

	return vuart_pl011_pack(&u->s, buf, cap, len);
}

static ax_err_t pl011_load(void *dev, const void *buf, size_t len)
{
	struct vuart_pl011 *u = dev;
	struct vuart_pl011_state s;
	ax_err_t err = vuart_pl011_unpack(&s, buf, len);

	if (err != AX_OK) {
		return err;
	}
	ax_spin_lock(&u->lock);
	u->s = s;
	ax_line_announce(&u->line, &u->lock, level(&s));
	return AX_OK;
}

const struct ax_dev_ops vuart_pl011_ops = {
	.name = "pl011",
	.read = pl011_read,
	.write = pl011_write,
	.reset = pl011_reset,
	.save = pl011_save,
	.load = pl011_load,
};

void vuart_pl011_init(struct vuart_pl011 *u, struct ax_irq_line irq, struct ax_chardev chardev)
{
	ax_assert(irq.set != NULL && chardev.put != NULL && chardev.get != NULL);
	*u = (struct vuart_pl011){ .line = { .irq = irq }, .chardev = chardev };
	set_reset_state(&u->s);
}

void vuart_pl011_input(struct vuart_pl011 *u)
{
	ax_spin_lock(&u->lock);
	pull(u);
	finish(u);
}

void vuart_pl011_break(struct vuart_pl011 *u)
{
	ax_spin_lock(&u->lock);
	if ((u->s.cr & (UARTCR_LBE | UARTCR_RXE)) == UARTCR_RXE) {
		receive(&u->s, UARTDR_BE);
	}
	finish(u);
}

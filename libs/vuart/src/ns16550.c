/* SPDX-License-Identifier: Apache-2.0 */
/* NS16550A: receiver, interrupt priorities and registers. "Sheet" is the PC16550D data sheet. */
#include <axport/assert.h>
#include <vuart/ns16550.h>
#include "ns16550_regs.h"
#include "ns16550_snap.h"

static bool fifo_mode(const struct vuart_ns16550_state *s)
{
	return (s->fcr & UART_FCR_ENABLE) != 0;
}

static uint32_t depth(const struct vuart_ns16550_state *s)
{
	return fifo_mode(s) ? VUART_NS16550_FIFO : 1;
}

static uint32_t rx_trigger(const struct vuart_ns16550_state *s)
{
	static const uint8_t levels[4] = { 1, 4, 8, 14 };

	return fifo_mode(s) ? levels[AX_FIELD_GET(UART_FCR_TRIGGER, s->fcr)] : 1;
}

/* The highest pending interrupt (sheet: Interrupt Control Functions), or UART_IIR_NONE. */
static uint32_t pending(const struct vuart_ns16550_state *s)
{
	if ((s->ier & UART_IER_ELSI) != 0 && s->errors != 0) {
		return UART_IIR_RLS;
	}
	if ((s->ier & UART_IER_ERBFI) != 0 && s->count != 0) {
		return s->count >= rx_trigger(s) ? UART_IIR_RDA : UART_IIR_TIMEOUT;
	}
	if ((s->ier & UART_IER_ETBEI) != 0 && s->thre_pending) {
		return UART_IIR_THRE;
	}
	if ((s->ier & UART_IER_EDSSI) != 0 && s->deltas != 0) {
		return UART_IIR_MODEM;
	}
	return UART_IIR_NONE;
}

static uint32_t modem_inputs(const struct vuart_ns16550_state *s)
{
	uint32_t msr = 0;

	if ((s->mcr & UART_MCR_LOOP) == 0) {
		return UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD;
	}
	msr |= (s->mcr & UART_MCR_RTS) != 0 ? UART_MSR_CTS : 0; /* sheet: MCR bit 4 */
	msr |= (s->mcr & UART_MCR_DTR) != 0 ? UART_MSR_DSR : 0;
	msr |= (s->mcr & UART_MCR_OUT1) != 0 ? UART_MSR_RI : 0;
	msr |= (s->mcr & UART_MCR_OUT2) != 0 ? UART_MSR_DCD : 0;
	return msr;
}

/* The errors of a character show in LSR when it becomes the next one to be read. */
static void reveal(struct vuart_ns16550_state *s)
{
	if (s->count != 0) {
		s->errors |= (uint8_t)(s->fifo[s->head] >> 8);
	}
}

/* One character arrives at the receiver. */
static void receive(struct vuart_ns16550_state *s, uint32_t character)
{
	if (s->count == depth(s)) {
		s->errors |= UART_LSR_OE;
		if (!fifo_mode(s)) { /* the new one destroys the old one: LSR bit 1 */
			s->fifo[s->head] = (uint16_t)character;
			reveal(s);
		}
		return;
	}
	s->fifo[(s->head + s->count) % VUART_NS16550_FIFO] = (uint16_t)character;
	s->count++;
	if (s->count == 1) {
		reveal(s);
	}
}

static void pull(struct vuart_ns16550 *u) AX_REQUIRES(u->lock)
{
	uint8_t byte;

	if ((u->s.mcr & UART_MCR_LOOP) != 0) {
		return;
	}
	while (u->s.count < depth(&u->s) && u->chardev.get(u->chardev.ctx, &byte)) {
		receive(&u->s, byte);
	}
}

static uint32_t read_rbr(struct vuart_ns16550 *u) AX_REQUIRES(u->lock)
{
	struct vuart_ns16550_state *s = &u->s;
	uint32_t val = 0;

	if (s->count != 0) {
		val = s->fifo[s->head] & 0xff;
		s->head = (uint8_t)((s->head + 1) % VUART_NS16550_FIFO);
		s->count--;
		reveal(s);
	}
	pull(u);
	return val;
}

static uint32_t read_iir(struct vuart_ns16550_state *s)
{
	uint32_t id = pending(s);

	if (id == UART_IIR_THRE) { /* reading it out is one of the two ways to clear it */
		s->thre_pending = false;
	}
	return id | (fifo_mode(s) ? UART_IIR_FIFO : 0);
}

static uint32_t read_lsr(struct vuart_ns16550_state *s)
{
	uint32_t lsr = UART_LSR_THRE | UART_LSR_TEMT | s->errors;

	lsr |= s->count != 0 ? UART_LSR_DR : 0;
	for (uint32_t i = 0; fifo_mode(s) && i < s->count; i++) {
		if (s->fifo[(s->head + i) % VUART_NS16550_FIFO] > 0xff) {
			lsr |= UART_LSR_FIFO_ERR;
		}
	}
	s->errors = 0;
	if (s->count != 0) {
		s->fifo[s->head] &= 0xff;
	}
	return lsr;
}

static uint32_t read_msr(struct vuart_ns16550_state *s)
{
	uint32_t msr = modem_inputs(s) | s->deltas;

	s->deltas = 0;
	return msr;
}

static uint32_t read_reg(struct vuart_ns16550 *u, uint64_t off) AX_REQUIRES(u->lock)
{
	bool dlab = (u->s.lcr & UART_LCR_DLAB) != 0;

	switch (off) {
	case UART_RBR:
		return dlab ? u->s.dll : read_rbr(u);
	case UART_IER:
		return dlab ? u->s.dlm : u->s.ier;
	case UART_IIR:
		return read_iir(&u->s);
	case UART_LCR:
		return u->s.lcr;
	case UART_MCR:
		return u->s.mcr;
	case UART_LSR:
		return read_lsr(&u->s);
	case UART_MSR:
		return read_msr(&u->s);
	case UART_SCR:
		return u->s.scr;
	default:
		return 0;
	}
}

/* True if @val is a byte to be sent once the lock is free. */
static bool write_thr(struct vuart_ns16550_state *s, uint8_t val)
{
	s->thre_pending = true; /* the write clears it, and the byte is gone at once */
	if ((s->mcr & UART_MCR_LOOP) == 0) {
		return true;
	}
	receive(s, val);
	return false;
}

static void write_ier(struct vuart_ns16550_state *s, uint32_t val)
{
	uint32_t changed = (s->ier ^ val) & UART_IER_MASK;

	s->ier = (uint8_t)(val & UART_IER_MASK);
	if ((changed & UART_IER_ETBEI) != 0) { /* enabling it while THR is empty interrupts */
		s->thre_pending = (val & UART_IER_ETBEI) != 0;
	}
}

static void write_fcr(struct vuart_ns16550 *u, uint32_t val) AX_REQUIRES(u->lock)
{
	bool enable = (val & UART_FCR_ENABLE) != 0;

	/* A change of mode empties the FIFO; without the enable no other bit counts: FCR bit 0. */
	if (fifo_mode(&u->s) != enable || (enable && (val & UART_FCR_RX_RESET) != 0)) {
		u->s.count = 0;
	}
	u->s.fcr = enable ? (uint8_t)(val & UART_FCR_KEPT) : 0;
	pull(u);
}

static void write_mcr(struct vuart_ns16550 *u, uint32_t val) AX_REQUIRES(u->lock)
{
	struct vuart_ns16550_state *s = &u->s;
	uint32_t before = modem_inputs(s), after, changed;

	s->mcr = (uint8_t)(val & UART_MCR_MASK);
	after = modem_inputs(s);
	changed = before ^ after;
	s->deltas |= (changed & UART_MSR_CTS) != 0 ? UART_MSR_DCTS : 0;
	s->deltas |= (changed & UART_MSR_DSR) != 0 ? UART_MSR_DDSR : 0;
	s->deltas |= (changed & before & UART_MSR_RI) != 0 ? UART_MSR_TERI : 0;
	s->deltas |= (changed & UART_MSR_DCD) != 0 ? UART_MSR_DDCD : 0;
	pull(u);
}

static bool write_reg(struct vuart_ns16550 *u, uint64_t off, uint8_t val) AX_REQUIRES(u->lock)
{
	bool dlab = (u->s.lcr & UART_LCR_DLAB) != 0;

	switch (off) {
	case UART_RBR:
		if (!dlab) {
			return write_thr(&u->s, val);
		}
		u->s.dll = val;
		return false;
	case UART_IER:
		if (dlab) {
			u->s.dlm = val;
		} else {
			write_ier(&u->s, val);
		}
		return false;
	case UART_IIR:
		write_fcr(u, val);
		return false;
	case UART_LCR:
		u->s.lcr = val;
		return false;
	case UART_MCR:
		write_mcr(u, val);
		return false;
	case UART_SCR:
		u->s.scr = val;
		return false;
	default: /* LSR and MSR can be written in the factory only */
		return false;
	}
}

static AX_NOINLINE void settle(struct vuart_ns16550 *u, bool level) AX_RELEASES(u->lock)
{
	ax_line_settle(&u->line, &u->lock, level);
}

/* Decides the line's level and gives up the lock. One that is no news is told, or being told. */
static void finish(struct vuart_ns16550 *u) AX_RELEASES(u->lock)
{
	bool level = pending(&u->s) != UART_IIR_NONE;

	if (AX_LIKELY(level == u->line.level)) {
		ax_spin_unlock(&u->lock);
	} else {
		settle(u, level);
	}
}

/* Apart, so that the shortest way needs no stack frame. */
static AX_NOINLINE enum ax_io_result read_locked(struct vuart_ns16550 *u, uint64_t off,
						 uint64_t *val) AX_RELEASES(u->lock)
{
	*val = read_reg(u, off);
	finish(u);
	return AX_IO_HANDLED;
}

static enum ax_io_result ns16550_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct vuart_ns16550 *u = dev;

	if (AX_UNLIKELY(io->size != 1)) {
		*val = 0;
		return AX_IO_HANDLED;
	}
	ax_spin_lock(&u->lock);
	if (io->off != UART_LSR || (u->s.count | u->s.errors) != 0) {
		return read_locked(u, io->off, val);
	}
	/* What drivers poll, and nothing has come: nothing changes by it. */
	ax_spin_unlock(&u->lock);
	*val = UART_LSR_THRE | UART_LSR_TEMT;
	return AX_IO_HANDLED;
}

static enum ax_io_result ns16550_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vuart_ns16550 *u = dev;
	bool send;

	if (io->size == 1) {
		ax_spin_lock(&u->lock);
		send = write_reg(u, io->off, (uint8_t)val);
		finish(u);
		if (send) {
			u->chardev.put(u->chardev.ctx, (uint8_t)val);
		}
	}
	return AX_IO_HANDLED;
}

static void set_reset_state(struct vuart_ns16550_state *s)
{
	*s = (struct vuart_ns16550_state){ .dll = 12 }; /* undefined at reset: 9600 baud of a PC */
}

static void ns16550_reset(void *dev)
{
	struct vuart_ns16550 *u = dev;

	ax_spin_lock(&u->lock);
	set_reset_state(&u->s);
	ax_line_announce(&u->line, &u->lock, false);
}

static ax_err_t ns16550_save(const void *dev, void *buf, size_t cap, size_t *len)
{
	const struct vuart_ns16550 *u = dev;

	return vuart_ns16550_pack(&u->s, buf, cap, len);
}

static ax_err_t ns16550_load(void *dev, const void *buf, size_t len)
{
	struct vuart_ns16550 *u = dev;
	struct vuart_ns16550_state s;
	ax_err_t err = vuart_ns16550_unpack(&s, buf, len);

	if (err != AX_OK) {
		return err;
	}
	ax_spin_lock(&u->lock);
	u->s = s;
	ax_line_announce(&u->line, &u->lock, pending(&s) != UART_IIR_NONE);
	return AX_OK;
}

const struct ax_dev_ops vuart_ns16550_ops = {
	.name = "ns16550",
	.read = ns16550_read,
	.write = ns16550_write,
	.reset = ns16550_reset,
	.save = ns16550_save,
	.load = ns16550_load,
};

void vuart_ns16550_init(struct vuart_ns16550 *u, struct ax_irq_line irq, struct ax_chardev chardev)
{
	ax_assert(irq.set != NULL && chardev.put != NULL && chardev.get != NULL);
	*u = (struct vuart_ns16550){ .line = { .irq = irq }, .chardev = chardev };
	set_reset_state(&u->s);
}

void vuart_ns16550_input(struct vuart_ns16550 *u)
{
	ax_spin_lock(&u->lock);
	pull(u);
	finish(u);
}

void vuart_ns16550_break(struct vuart_ns16550 *u)
{
	ax_spin_lock(&u->lock);
	if ((u->s.mcr & UART_MCR_LOOP) == 0) {
		receive(&u->s, UART_LSR_BI << 8);
	}
	finish(u);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any sequence of accesses, input, breaks, resets and reloads on both UARTs. After each step the
 * line is what the registers say, and a snapshot loads back to itself. In the end the receiver can
 * be set up and drained to the last byte that was typed, whatever state the sequence has left.
 */
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axtest/axtest.h>
#include <vuart/ns16550.h>
#include <vuart/pl011.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond)                       \
	do {                              \
		if (!(cond)) {            \
			__builtin_trap(); \
		}                         \
	} while (0)

struct source {
	unsigned allowed; /* bytes typed and not yet taken */
	uint8_t next;     /* they count up */
};

static struct source source;
static struct axtest_irq irq;
static struct vuart_pl011 pl011;
static struct vuart_ns16550 ns16550;

static void put(void *ctx, uint8_t byte)
{
	(void)ctx;
	(void)byte;
}

static bool get(void *ctx, uint8_t *byte)
{
	struct source *s = ctx;

	if (s->allowed == 0) {
		return false;
	}
	s->allowed--;
	*byte = s->next++;
	return true;
}

/* A model under test, with what this file must know of it. */
struct model {
	const struct ax_dev_ops *ops;
	void *dev;
	size_t snap_size;
	void (*input)(void);
	void (*send_break)(void);
	bool (*irq_expected)(void); /* by reading registers; must not change anything */
};

static void pl011_input(void)
{
	vuart_pl011_input(&pl011);
}

static void pl011_break(void)
{
	vuart_pl011_break(&pl011);
}

static uint64_t rd(const struct model *m, uint64_t off, uint8_t size)
{
	struct ax_io io = { .off = off, .size = size };
	uint64_t val = UINT64_MAX;

	CHECK(m->ops->read(m->dev, &io, &val) == AX_IO_HANDLED);
	CHECK(val <= UINT32_MAX);
	return val;
}

static const struct model models[2];

static bool pl011_expected(void)
{
	uint64_t ris = rd(&models[0], 0x3c, 4), imsc = rd(&models[0], 0x38, 4);
	uint64_t fr = rd(&models[0], 0x18, 4);

	CHECK(rd(&models[0], 0x40, 4) == (ris & imsc));
	CHECK((ris & ~UINT64_C(0x7ff)) == 0);
	CHECK((fr & 0x10) == 0 || (ris & 0x50) == 0); /* empty: neither RX nor RT */
	CHECK((fr & 0x50) != 0x50);
	CHECK(pl011.s.count <= VUART_PL011_FIFO && pl011.s.head < VUART_PL011_FIFO);
	return (ris & imsc) != 0;
}

static void ns16550_input(void)
{
	vuart_ns16550_input(&ns16550);
}

static void ns16550_break(void)
{
	vuart_ns16550_break(&ns16550);
}

/* IIR, read on a copy since reading it has an effect. The copy's line records elsewhere. */
static bool ns16550_expected(void)
{
	static struct axtest_irq other;
	struct vuart_ns16550 copy = { .line.irq = axtest_irq_line(&other), .s = ns16550.s };
	struct ax_io io = { .off = 2, .size = 1 };
	uint64_t iir = 0;

	CHECK(vuart_ns16550_ops.read(&copy, &io, &iir) == AX_IO_HANDLED);
	CHECK(ns16550.s.count <= VUART_NS16550_FIFO && ns16550.s.head < VUART_NS16550_FIFO);
	return (iir & 1) == 0;
}

static const struct model models[2] = {
	{ &vuart_pl011_ops, &pl011, VUART_PL011_SNAP_SIZE, pl011_input, pl011_break,
	  pl011_expected },
	{ &vuart_ns16550_ops, &ns16550, VUART_NS16550_SNAP_SIZE, ns16550_input, ns16550_break,
	  ns16550_expected },
};

static void reload(const struct model *m, uint8_t at, uint8_t flip)
{
	uint8_t first[128], second[128], damaged[128];
	size_t len = 0;

	CHECK(m->ops->save(m->dev, first, sizeof(first), &len) == AX_OK && len == m->snap_size);
	memcpy(damaged, first, len);
	damaged[at % len] ^= flip;
	if (m->ops->load(m->dev, damaged, len) != AX_OK) {
		CHECK(m->ops->save(m->dev, second, sizeof(second), &len) == AX_OK);
		CHECK(memcmp(first, second, len) == 0); /* refused: as it was */
	} else {
		CHECK(m->ops->save(m->dev, second, sizeof(second), &len) == AX_OK);
		CHECK(memcmp(damaged, second, len) == 0); /* accepted: all of it */
	}
	CHECK(irq.level == m->irq_expected());
	CHECK(m->ops->load(m->dev, first, len) == AX_OK);
}

/* Set up and drain: the last byte to come is the last one typed. */
static void nothing_stays_behind(const struct model *m)
{
	static const uint64_t setup[2][2][2] = {
		{ { 0x30, 0x301 }, { 0x2c, 0x10 } }, /* CR, LCR_H */
		{ { 3, 0 }, { 4, 0 } },              /* LCR, MCR */
	};
	bool is_pl011 = m == &models[0];
	uint8_t size = is_pl011 ? 4 : 1;
	uint64_t last = 0;

	for (unsigned i = 0; i < 2; i++) {
		struct ax_io io = { .off = setup[!is_pl011][i][0], .size = size };

		CHECK(m->ops->write(m->dev, &io, setup[!is_pl011][i][1]) == AX_IO_HANDLED);
	}
	source.allowed += 20;
	m->input();
	for (unsigned left = source.allowed + 17; left != 0; left--) {
		uint64_t status = rd(m, is_pl011 ? 0x18 : 5, size);

		if (is_pl011 ? (status & 0x10) != 0 : (status & 1) == 0) {
			break;
		}
		last = rd(m, 0, size) & 0xff;
	}
	CHECK(source.allowed == 0 && last == (uint8_t)(source.next - 1));
}

static uint64_t offset(const struct model *m, uint8_t pick)
{
	if (m == &models[1]) {
		return pick & 15;
	}
	if (pick < 0x20) {
		return (uint64_t)pick * 4;
	}
	return pick < 0x40 ? 0xf80 + (uint64_t)pick % 0x20 * 4 : pick;
}

static void step(const struct model *m, const uint8_t *op)
{
	static const uint8_t sizes[8] = { 4, 4, 4, 1, 1, 1, 2, 8 };
	struct ax_io io = { .size = sizes[op[0] >> 3 & 7], .vcpu = op[0] & 1 };
	uint64_t val;

	io.off = offset(m, op[1]);
	switch (op[0] & 7) {
	case 0:
		source.allowed += op[1] & 31;
		m->input();
		break;
	case 1:
		m->send_break();
		break;
	case 2:
		reload(m, op[1], op[2]);
		break;
	case 3:
		if (op[1] == 0) {
			m->ops->reset(m->dev);
		}
		break;
	case 4:
	case 5:
		val = rd(m, io.off, io.size);
		CHECK(val <= ax_byte_mask(io.size));
		break;
	default:
		val = ((uint64_t)op[3] << 8 | op[2]) & ax_byte_mask(io.size);
		CHECK(m->ops->write(m->dev, &io, val) == AX_IO_HANDLED);
		break;
	}
	CHECK(irq.level == m->irq_expected());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_chardev chardev = { .put = put, .get = get, .ctx = &source };
	const struct model *m = &models[size != 0 && (data[0] & 1) != 0];

	source = (struct source){ 0 };
	irq = (struct axtest_irq){ 0 };
	vuart_pl011_init(&pl011, axtest_irq_line(&irq), chardev);
	vuart_ns16550_init(&ns16550, axtest_irq_line(&irq), chardev);
	for (size_t i = 1; i + 4 <= size; i += 4) {
		step(m, data + i);
	}
	nothing_stays_behind(m);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any sequence of accesses, waits, ticks and reloads. After each step an armed alarm is ahead of the
 * guest's time, that time has moved by exactly what passed, and a deadline is neither early nor late.
 */
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axtest/axtest.h>
#include <vrtc/goldfish.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond)                       \
	do {                              \
		if (!(cond)) {            \
			__builtin_trap(); \
		}                         \
	} while (0)

static struct vrtc_goldfish rtc;
static struct axtest_irq irq;

static uint32_t rd(uint64_t off)
{
	struct ax_io io = { .off = off, .size = 4 };
	uint64_t val = UINT64_MAX;

	CHECK(vrtc_goldfish_ops.read(&rtc, &io, &val) == AX_IO_HANDLED && val <= UINT32_MAX);
	return (uint32_t)val;
}

static uint64_t rd_time(void)
{
	uint64_t low = rd(0x00);

	return (uint64_t)rd(0x04) << 32 | low;
}

static void wr(uint64_t off, uint8_t size, uint64_t val)
{
	struct ax_io io = { .off = off, .size = size };

	CHECK(vrtc_goldfish_ops.write(&rtc, &io, val & ax_byte_mask(size)) == AX_IO_HANDLED);
}

static void wait_ns(uint64_t ns)
{
	uint64_t before = rd_time();

	axtest_now_ns += ns;
	CHECK(rd_time() == before + ns);
}

/* Just before the deadline the line is low, at the deadline it is high. */
static void wait_for_the_alarm(void)
{
	uint64_t deadline = vrtc_goldfish_deadline_ns(&rtc);

	if (deadline > UINT64_MAX / 4) {
		return;
	}
	CHECK(!irq.level);
	if (deadline > axtest_now_ns) {
		axtest_now_ns = deadline - 1;
		vrtc_goldfish_tick(&rtc);
		CHECK(!irq.level && vrtc_goldfish_deadline_ns(&rtc) == deadline);
		axtest_now_ns = deadline;
	}
	vrtc_goldfish_tick(&rtc);
	CHECK(irq.level && vrtc_goldfish_deadline_ns(&rtc) == UINT64_MAX);
}

static void reload(uint8_t at, uint8_t flip)
{
	uint8_t first[VRTC_GOLDFISH_SNAP_SIZE], second[VRTC_GOLDFISH_SNAP_SIZE];
	size_t len = 0;

	CHECK(vrtc_goldfish_ops.save(&rtc, first, sizeof(first), &len) == AX_OK);
	first[at % len] ^= flip;
	(void)vrtc_goldfish_ops.load(&rtc, first, len);
	CHECK(vrtc_goldfish_ops.save(&rtc, first, sizeof(first), &len) == AX_OK);
	CHECK(vrtc_goldfish_ops.load(&rtc, first, len) == AX_OK);
	CHECK(vrtc_goldfish_ops.save(&rtc, second, sizeof(second), &len) == AX_OK);
	CHECK(memcmp(first, second, len) == 0);
}

/* An alarm soon, the upper half first. */
static void arm(uint32_t ahead)
{
	uint64_t alarm = rd_time() + ahead;

	wr(0x0c, 4, alarm >> 32);
	wr(0x08, 4, alarm);
	CHECK(rd(0x18) == (ahead != 0 && alarm >= ahead));
}

static void step(const uint8_t *op)
{
	static const uint8_t sizes[4] = { 4, 4, 1, 8 };

	switch (op[0] & 7) {
	case 0:
		wait_ns((uint64_t)op[1] << (op[2] & 31));
		break;
	case 1:
		wait_for_the_alarm();
		break;
	case 2:
		reload(op[1], op[2]);
		break;
	case 3:
		arm(op[1]);
		break;
	default:
		wr(op[1] & 0x3f, sizes[op[0] >> 3 & 3], (uint64_t)op[3] << 24 | op[2]);
		break;
	}
	if (rd(0x18) != 0) {
		CHECK(((uint64_t)rd(0x0c) << 32 | rd(0x08)) > rd_time());
	}
	CHECK(!irq.level || rd(0x10) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	axtest_port_reset();
	irq = (struct axtest_irq){ 0 };
	vrtc_goldfish_init(&rtc, axtest_irq_line(&irq), UINT64_C(1767225600));
	for (; size >= 4; data += 4, size -= 4) {
		step(data);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any sequence of accesses, waits, ticks and reloads. After each step the line is RIS and IMSC, the
 * count has moved by exactly the seconds that passed, and a deadline is neither early nor late.
 */
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axtest/axtest.h>
#include <vrtc/pl031.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define S UINT64_C(1000000000)
#define CHECK(cond)                       \
	do {                              \
		if (!(cond)) {            \
			__builtin_trap(); \
		}                         \
	} while (0)

static struct vrtc_pl031 rtc;
static struct axtest_irq irq;

static uint32_t rd(uint64_t off)
{
	struct ax_io io = { .off = off, .size = 4 };
	uint64_t val = UINT64_MAX;

	CHECK(vrtc_pl031_ops.read(&rtc, &io, &val) == AX_IO_HANDLED && val <= UINT32_MAX);
	return (uint32_t)val;
}

static void wr(uint64_t off, uint8_t size, uint64_t val)
{
	struct ax_io io = { .off = off, .size = size };

	CHECK(vrtc_pl031_ops.write(&rtc, &io, val & ax_byte_mask(size)) == AX_IO_HANDLED);
}

static void wait_ns(uint64_t ns)
{
	uint32_t before = rd(0x00);
	uint64_t seconds = (axtest_now_ns + ns) / S - axtest_now_ns / S;

	axtest_now_ns += ns;
	CHECK(rd(0x00) == (uint32_t)(before + seconds));
}

/* Just before the deadline the line is low, at the deadline it is high. */
static void wait_for_the_alarm(void)
{
	uint64_t deadline = vrtc_pl031_deadline_ns(&rtc);

	if (deadline == UINT64_MAX || deadline > UINT64_MAX / 2) {
		return;
	}
	CHECK(!irq.level);
	if (deadline > axtest_now_ns) {
		axtest_now_ns = deadline - 1;
		vrtc_pl031_tick(&rtc);
		CHECK(!irq.level && vrtc_pl031_deadline_ns(&rtc) == deadline);
		axtest_now_ns = deadline;
	}
	vrtc_pl031_tick(&rtc);
	CHECK(irq.level && vrtc_pl031_deadline_ns(&rtc) == UINT64_MAX);
}

static void reload(uint8_t at, uint8_t flip)
{
	uint8_t first[VRTC_PL031_SNAP_SIZE], second[VRTC_PL031_SNAP_SIZE];
	size_t len = 0;

	CHECK(vrtc_pl031_ops.save(&rtc, first, sizeof(first), &len) == AX_OK);
	first[at % len] ^= flip;
	if (vrtc_pl031_ops.load(&rtc, first, len) == AX_OK) {
		CHECK(irq.level == (rd(0x18) != 0));
	}
	CHECK(vrtc_pl031_ops.save(&rtc, first, sizeof(first), &len) == AX_OK);
	CHECK(vrtc_pl031_ops.load(&rtc, first, len) == AX_OK);
	CHECK(vrtc_pl031_ops.save(&rtc, second, sizeof(second), &len) == AX_OK);
	CHECK(memcmp(first, second, len) == 0);
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
	case 3: /* MR or LR near the count: a match soon */
		wr((op[2] & 1) != 0 ? 0x04 : 0x08, 4, rd(0x00) + op[1] % 8);
		break;
	default:
		wr(op[1], sizes[op[0] >> 3 & 3], (uint64_t)op[3] << 24 | op[2]);
		break;
	}
	CHECK(irq.level == ((rd(0x14) & rd(0x10)) != 0));
	CHECK(rd(0x18) == (rd(0x14) & rd(0x10)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	axtest_port_reset();
	irq = (struct axtest_irq){ 0 };
	vrtc_pl031_init(&rtc, axtest_irq_line(&irq), UINT64_C(1767225600));
	for (; size >= 4; data += 4, size -= 4) {
		step(data);
	}
	return 0;
}

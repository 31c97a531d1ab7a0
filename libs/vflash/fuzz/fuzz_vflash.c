/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any sequence of accesses, ticks, resets and reloads, against a second content that is changed only in
 * the ways there are: bits cleared by a programming, a block set by an erase. After each step the window
 * is shown exactly if reads give the content, and a deadline is there exactly if the chip is busy.
 */
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axtest/axtest.h>
#include <vflash/cfi.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE  (2 * VFLASH_CFI_BLOCK_SIZE)
#define BLOCK VFLASH_CFI_BLOCK_SIZE
#define CHECK(cond)                       \
	do {                              \
		if (!(cond)) {            \
			__builtin_trap(); \
		}                         \
	} while (0)

static struct vflash_cfi flash;
static uint8_t content[SIZE], seen[SIZE]; /* @seen: as of the step before */
static uint64_t low, high;                /* what was written since */
static bool shown, read_only;

static void show(void *ctx, bool readable)
{
	(void)ctx;
	shown = readable;
}

static ax_err_t content_read(void *ctx, gpa_t addr, void *buf, size_t len)
{
	(void)ctx;
	CHECK(addr.v < SIZE && len <= SIZE - addr.v);
	memcpy(buf, content + addr.v, len);
	return AX_OK;
}

static ax_err_t content_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	(void)ctx;
	CHECK(addr.v < SIZE && len <= SIZE - addr.v && !read_only && !shown);
	memcpy(content + addr.v, buf, len);
	low = ax_min_u64(low, addr.v);
	high = ax_max_u64(high, addr.v + len);
	return AX_OK;
}

static uint64_t rd(uint64_t off, uint8_t bytes)
{
	struct ax_io io = { .off = off, .size = bytes };
	uint64_t val = UINT64_MAX;

	CHECK(vflash_cfi_ops.read(&flash, &io, &val) == AX_IO_HANDLED &&
	      (val & ~ax_byte_mask(bytes)) == 0);
	return val;
}

static void wr(uint64_t off, uint8_t bytes, uint64_t val)
{
	struct ax_io io = { .off = off, .size = bytes };

	CHECK(vflash_cfi_ops.write(&flash, &io, val & ax_byte_mask(bytes)) == AX_IO_HANDLED);
}

/* An erase sets a slice, in a tick; a programming clears bits, in one buffer's place. */
static void check_content(bool tick)
{
	bool erase = tick && high - low == VFLASH_CFI_SLICE;

	for (uint64_t i = low; i < high; i++) {
		CHECK(erase ? content[i] == 0xff : (content[i] & ~seen[i]) == 0);
		seen[i] = content[i];
	}
	CHECK(low >= high || erase || high - low == VFLASH_CFI_BUFFER_SIZE);
	low = SIZE;
	high = 0;
}

static void check_state(void)
{
	uint64_t status = rd(0, 4), want = 0;

	CHECK((status >> 16 & 0xffff) == (status & 0xffff) || shown);
	if (vflash_cfi_deadline_ns(&flash) == 0) {
		CHECK(!shown && (status & 0x800080) == 0);
	}
	if (shown) {
		memcpy(&want, content + 0x40, 8);
		CHECK(rd(0x40, 8) == want);
	}
}

static void reload(uint8_t at, uint8_t flip)
{
	uint8_t first[VFLASH_CFI_SNAP_SIZE], second[VFLASH_CFI_SNAP_SIZE];
	size_t len = 0;

	CHECK(vflash_cfi_ops.save(&flash, first, sizeof(first), &len) == AX_OK);
	first[at % len] ^= flip;
	if (vflash_cfi_ops.load(&flash, first, len) != AX_OK) {
		CHECK(flip != 0);
	}
	CHECK(vflash_cfi_ops.save(&flash, first, sizeof(first), &len) == AX_OK);
	CHECK(vflash_cfi_ops.load(&flash, first, len) == AX_OK);
	CHECK(vflash_cfi_ops.save(&flash, second, sizeof(second), &len) == AX_OK);
	CHECK(memcmp(first, second, len) == 0);
}

static void step(const uint8_t *op)
{
	static const uint8_t commands[16] = { 0x40, 0x10, 0x20, 0xd0, 0x50, 0x60, 0x70, 0x90,
					      0x98, 0xe8, 0xff, 0x01, 0x00, 0x02, 0xd0, 0xd0 };
	uint64_t off = (uint64_t)(op[1] & 0x80) << 11 | (uint64_t)(op[1] & 0x7f) << 2;
	uint8_t bytes = (uint8_t)(1 << (op[0] >> 3 & 3));

	switch (op[0] & 7) {
	case 0:
		vflash_cfi_tick(&flash);
		check_content(true);
		break;
	case 1:
		reload(op[1], op[2]);
		break;
	case 2:
		if (op[1] == 0) {
			vflash_cfi_ops.reset(&flash);
			CHECK(shown && vflash_cfi_deadline_ns(&flash) == UINT64_MAX);
		}
		rd(off + op[2] % 4, bytes);
		break;
	case 3:
		wr(off + op[2] % 8, bytes, (uint64_t)op[3] << 24 | (uint64_t)op[2] << 8 | op[3]);
		break;
	default:
		wr(off, 4, commands[op[2] & 15] * UINT64_C(0x10001));
		break;
	}
	if ((op[0] & 7) != 0) {
		check_content(false);
	}
	check_state();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vflash_cfi_cfg cfg = {
		.content = { .read = content_read, .write = content_write },
		.size = SIZE,
		.read_only = size > 0 && (data[0] & 7) == 7,
		.window = { .show = show },
	};

	axtest_port_reset();
	memset(content, 0xfe, sizeof(content));
	memcpy(seen, content, sizeof(seen));
	low = SIZE;
	high = 0;
	shown = true;
	read_only = cfg.read_only;
	vflash_cfi_init(&flash, &cfg);
	for (; size >= 4; data += 4, size -= 4) {
		step(data);
	}
	return 0;
}

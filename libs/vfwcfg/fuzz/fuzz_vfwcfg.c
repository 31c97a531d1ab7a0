/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any sequence of accesses, transfers, resets and reloads. The data register and finished transfers give
 * what a model of the items gives; guest memory changes only where a descriptor said; an access makes a
 * bounded number of calls; no transfer is without an end.
 */
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axtest/axtest.h>
#include <vfwcfg/vfwcfg.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAM      UINT64_C(0x40000000)
#define RAM_SIZE 0x10000
#define DESC     (RAM + RAM_SIZE - 16)
#define CHECK(cond)                       \
	do {                              \
		if (!(cond)) {            \
			__builtin_trap(); \
		}                         \
	} while (0)

static uint8_t ram[RAM_SIZE], expected[RAM_SIZE], blob[0x6000];
static const struct vfwcfg_item items[] = {
	{ .key = VFWCFG_NB_CPUS, .size = 2, .value = 0x1234 },
	{ .key = VFWCFG_KERNEL_DATA, .size = sizeof(blob), .data = blob },
	{ .file = "opt/file", .size = 300, .data = blob },
};
static const uint16_t keys[] = { VFWCFG_SIGNATURE,   VFWCFG_ID,         VFWCFG_NB_CPUS,
				 VFWCFG_KERNEL_DATA, VFWCFG_FILE_FIRST, VFWCFG_SETUP_DATA };
static struct vfwcfg dev;
static unsigned calls;

/* The model: which item is selected, and where in it the next byte is. */
static uint16_t key;
static uint32_t off;
static bool in_sync; /* until a damaged snapshot is loaded */

static ax_err_t mem_read(void *ctx, gpa_t addr, void *buf, size_t len)
{
	(void)ctx;
	calls++;
	if (addr.v < RAM || addr.v - RAM > RAM_SIZE || len > RAM_SIZE - (addr.v - RAM)) {
		return AX_EFAULT;
	}
	memcpy(buf, ram + (addr.v - RAM), len);
	return AX_OK;
}

static ax_err_t mem_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	(void)ctx;
	calls++;
	if (addr.v < RAM || addr.v - RAM > RAM_SIZE || len > RAM_SIZE - (addr.v - RAM)) {
		return AX_EFAULT;
	}
	memcpy(ram + (addr.v - RAM), buf, len);
	return AX_OK;
}

static uint8_t model_byte(uint32_t at)
{
	switch (key) {
	case VFWCFG_SIGNATURE:
		return at < 4 ? (uint8_t) "QEMU"[at] : 0;
	case VFWCFG_ID:
		return at == 0 ? 3 : 0;
	case VFWCFG_NB_CPUS:
		return at < 2 ? (uint8_t)(0x1234 >> at * 8) : 0;
	case VFWCFG_KERNEL_DATA:
		return at < sizeof(blob) ? blob[at] : 0;
	case VFWCFG_FILE_FIRST:
		return at < 300 ? blob[at] : 0;
	default:
		return 0;
	}
}

static uint32_t model_size(void)
{
	switch (key) {
	case VFWCFG_SIGNATURE:
	case VFWCFG_ID:
		return 4;
	case VFWCFG_NB_CPUS:
		return 2;
	case VFWCFG_KERNEL_DATA:
		return sizeof(blob);
	case VFWCFG_FILE_FIRST:
		return 300;
	default:
		return 0;
	}
}

static void model_skip(uint32_t length)
{
	off += (uint32_t)ax_min_u64(length, model_size() - off);
}

static uint64_t rd(uint64_t at, uint8_t bytes)
{
	struct ax_io io = { .off = at, .size = bytes };
	uint64_t val = UINT64_MAX;

	CHECK(vfwcfg_ops.read(&dev, &io, &val) == AX_IO_HANDLED &&
	      (val & ~ax_byte_mask(bytes)) == 0);
	return val;
}

static enum ax_io_result wr(uint64_t at, uint8_t bytes, uint64_t val)
{
	struct ax_io io = { .off = at, .size = bytes };
	enum ax_io_result res;

	calls = 0;
	res = vfwcfg_ops.write(&dev, &io, val & ax_byte_mask(bytes));
	CHECK(calls <= VFWCFG_EXIT_BYTES / 1024 + 2);
	CHECK(res == AX_IO_HANDLED || (res == AX_IO_RETRY && at >= 16));
	return res;
}

/* A vCPU that repeats the write of a descriptor's address until it is done. */
static void start(uint64_t desc)
{
	for (unsigned i = 0; wr(16, 8, __builtin_bswap64(desc)) == AX_IO_RETRY; i++) {
		CHECK(i < 2 * 131072); /* 4 GiB of zeros, of another one and of its own */
	}
}

/* Whatever is under way ends, though its own vCPU does not come back. */
static void finish(void)
{
	start(0);
}

static void read_data(uint8_t bytes)
{
	uint64_t val = rd(0, bytes);

	for (unsigned i = 0; i < bytes && in_sync; i++) {
		CHECK((uint8_t)(val >> i * 8) == model_byte(off));
		model_skip(1);
	}
}

static void select_key(uint16_t k)
{
	wr(8, 2, __builtin_bswap16(k));
	key = k;
	off = 0;
}

/* A transfer that is waited for. */
static void transfer(uint8_t control, uint16_t k, uint32_t length, uint64_t to)
{
	uint32_t words[2] = { __builtin_bswap32((uint32_t)k << 16 | control),
			      __builtin_bswap32(length) };
	uint64_t addr = __builtin_bswap64(to);
	uint32_t result;
	bool fits = to >= RAM && to - RAM <= DESC - RAM && length <= DESC - to;

	finish();
	memcpy(ram + (DESC - RAM), words, sizeof(words));
	memcpy(ram + (DESC - RAM) + 8, &addr, sizeof(addr));
	memcpy(expected, ram, sizeof(ram));
	start(DESC);
	memcpy(&result, ram + (DESC - RAM), sizeof(result));
	memcpy(expected + (DESC - RAM), &result, sizeof(result));
	CHECK(result == 0 || result == __builtin_bswap32(1));
	if ((control & 8) != 0) {
		key = k;
		off = 0;
		in_sync = true;
	}
	if (!in_sync) {
		return;
	}
	if ((control & 2) != 0 && fits) {
		CHECK(result == 0);
		for (uint32_t i = 0; i < length; i++) {
			expected[to - RAM + i] = model_byte(off + i);
		}
	}
	if ((control & 2) != 0 ? fits : true) {
		CHECK(memcmp(ram, expected, sizeof(ram)) == 0);
	}
	if ((control & 2) != 0 || ((control & 4) != 0 && (control & 16) == 0)) {
		model_skip(length);
	}
}

static void reload(uint8_t at, uint8_t flip)
{
	uint8_t first[VFWCFG_SNAP_SIZE], second[VFWCFG_SNAP_SIZE];
	size_t len = 0;

	CHECK(vfwcfg_ops.save(&dev, first, sizeof(first), &len) == AX_OK);
	first[at % len] ^= flip;
	if (vfwcfg_ops.load(&dev, first, len) == AX_OK) {
		in_sync = in_sync && flip == 0;
	} else {
		CHECK(flip != 0);
	}
	CHECK(vfwcfg_ops.save(&dev, first, sizeof(first), &len) == AX_OK);
	CHECK(vfwcfg_ops.load(&dev, first, len) == AX_OK);
	CHECK(vfwcfg_ops.save(&dev, second, sizeof(second), &len) == AX_OK);
	CHECK(memcmp(first, second, len) == 0);
}

static void step(const uint8_t *op)
{
	uint16_t k = keys[op[1] % AX_ARRAY_SIZE(keys)];
	uint8_t bytes = (uint8_t)(1 << (op[1] & 3));
	uint64_t wild = (uint64_t)op[2] << (op[3] & 63);

	switch (op[0] & 7) {
	case 0:
		select_key(k);
		in_sync = true;
		break;
	case 1:
		read_data(bytes);
		break;
	case 2:
		transfer(op[2] & 0x1f, k, op[3] * 97u, RAM + op[1] * 31u);
		break;
	case 3: /* a length or an address that is anything */
		transfer(op[2] & 0x1f, k, (uint32_t)wild & 0x3ffffff, RAM - 8 + wild);
		break;
	case 4:
		reload(op[1], op[2]);
		break;
	case 5: /* any access; one to the selector or of DMA may lose the model */
		wr(op[1] % 0x1a, bytes, RAM >> 8 | wild);
		in_sync = false;
		break;
	case 6:
		rd(op[2] % 0x1a + 1u, bytes);
		break;
	default:
		vfwcfg_ops.reset(&dev);
		key = 0;
		off = 0;
		in_sync = true;
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_gmem mem = { .read = mem_read, .write = mem_write };

	axtest_port_reset();
	for (size_t i = 0; i < sizeof(blob); i++) {
		blob[i] = (uint8_t)(i ^ i >> 8);
	}
	memset(ram, 0xa5, sizeof(ram));
	vfwcfg_init(&dev, &mem, items, AX_ARRAY_SIZE(items));
	key = 0;
	off = 0;
	in_sync = true;
	for (; size >= 4; data += 4, size -= 4) {
		step(data);
	}
	finish();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any sequence of attach, attach_all, detach and accesses against a plain list searched from end to
 * end: both must agree on every error and on which device answers at which offset.
 */
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axbus/axbus.h>
#include <axtest/axtest.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CAPACITY 6
#define CHECK(cond)                       \
	do {                              \
		if (!(cond)) {            \
			__builtin_trap(); \
		}                         \
	} while (0)

static struct axbus bus;
static struct axbus_region table[CAPACITY];
static struct axbus_region list[CAPACITY]; /* the oracle */
static unsigned list_count;
static unsigned devices[256]; /* only their addresses matter */
static const struct axbus_region *answering;
static uint64_t answer_off;

static enum ax_io_result fake_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	CHECK(answering != NULL && dev == answering->dev && io->off == answer_off);
	*val = UINT64_MAX;
	return AX_IO_HANDLED;
}

static enum ax_io_result fake_write(void *dev, const struct ax_io *io, uint64_t val)
{
	CHECK(answering != NULL && dev == answering->dev && io->off == answer_off);
	CHECK(val <= ax_byte_mask(io->size));
	return AX_IO_HANDLED;
}

static const struct ax_dev_ops ops = { .name = "fake", .read = fake_read, .write = fake_write };

/* Addresses near 0, near the end of each space, and past it. */
static uint64_t address(enum axbus_space space, uint8_t pick)
{
	static const uint64_t ends[AXBUS_SPACES] = { UINT64_MAX, UINT16_MAX, UINT32_MAX };

	return pick < 0xc0 ? pick : ends[space] - 0x20 + (pick & 0x3f);
}

static bool overlaps(const struct axbus_region *a, const struct axbus_region *b)
{
	return a->space == b->space && a->base <= b->base + (b->size - 1) &&
	       b->base <= a->base + (a->size - 1);
}

/* Puts @count regions behind the list one by one, and takes them back if one does not go. */
static ax_err_t expected_attach(const struct axbus_region *new, unsigned count)
{
	static const uint64_t ends[AXBUS_SPACES] = { UINT64_MAX, UINT16_MAX, UINT32_MAX };

	for (unsigned i = 0; i < count; i++) {
		uint64_t last = new[i].base + (new[i].size - 1);

		if (new[i].size == 0 || last < new[i].base || last > ends[new[i].space]) {
			return AX_EINVAL;
		}
		for (unsigned k = 0; k < list_count; k++) {
			if (overlaps(&new[i], &list[k])) {
				return AX_EEXIST;
			}
		}
		for (unsigned k = 0; k < i; k++) {
			if (overlaps(&new[i], &new[k])) {
				return AX_EEXIST;
			}
		}
	}
	if (list_count + count > CAPACITY) {
		return AX_ENOMEM;
	}
	memcpy(&list[list_count], new, count * sizeof(*new));
	list_count += count;
	return AX_OK;
}

static void attach(enum axbus_space space, const uint8_t *op)
{
	struct axbus_region new[3];
	struct axbus_diag diag;
	unsigned count = 1 + op[0] / 64 % 3;
	ax_err_t err;

	for (unsigned i = 0; i < count; i++) {
		uint8_t pick = (uint8_t)(op[1] + i * op[3]);

		new[i] = (struct axbus_region){
			.base = address(space, pick),
			.size = op[2] % 24,
			.ops = &ops,
			.dev = &devices[pick],
			.space = (op[0] & 32) != 0 ? space : (space + i) % AXBUS_SPACES,
		};
	}
	err = axbus_attach_all(&bus, new, count, &diag);
	CHECK(err == expected_attach(new, count));
	CHECK((err == AX_OK) == (diag.text[0] == '\0'));
}

static void detach(enum axbus_space space, const uint8_t *op)
{
	uint64_t base = address(space, op[1]);
	ax_err_t expected = AX_ENOENT;

	for (unsigned k = 0; k < list_count; k++) {
		if (list[k].space == space && list[k].base == base) {
			list[k] = list[--list_count];
			expected = AX_OK;
			break;
		}
	}
	CHECK(axbus_detach(&bus, space, base) == expected);
}

static void access(enum axbus_space space, const uint8_t *op)
{
	static const uint8_t sizes[4] = { 1, 2, 4, 8 };
	uint8_t size = sizes[op[2] & 3];
	uint64_t addr = address(space, op[1]), val = 1;
	enum ax_io_result expected;

	answering = NULL;
	for (unsigned k = 0; k < list_count; k++) {
		uint64_t extent = space == AXBUS_SYSREG ? 1 : size;

		if (list[k].space == space && addr >= list[k].base &&
		    addr - list[k].base < list[k].size &&
		    list[k].size - (addr - list[k].base) >= extent) {
			answering = &list[k];
			answer_off = addr - list[k].base;
		}
	}
	expected = answering != NULL ? AX_IO_HANDLED : AX_IO_UNHANDLED;
	CHECK(axbus_read(&bus, space, addr, size, 0, &val) == expected);
	CHECK(val == (answering != NULL ? ax_byte_mask(size) : 0));
	CHECK(axbus_write(&bus, space, addr, size, 0, UINT64_MAX) == expected);
}

static ax_err_t count_one(void *ctx, const struct axbus_region *region)
{
	const struct axbus_region **last = ctx;

	CHECK(*last == NULL || (*last)->space < region->space ||
	      ((*last)->space == region->space && (*last)->base < region->base));
	*last = region;
	return AX_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct axbus_region *last = NULL;

	axbus_init(&bus, table, CAPACITY);
	list_count = 0;
	for (; size >= 4; data += 4, size -= 4) {
		enum axbus_space space = (enum axbus_space)(data[0] / 4 % 8 % AXBUS_SPACES);

		switch (data[0] & 3) {
		case 0:
			attach(space, data);
			break;
		case 1:
			detach(space, data);
			break;
		default:
			access(space, data);
			break;
		}
		CHECK(bus.end[AXBUS_SPACES - 1] == list_count);
	}
	CHECK(axbus_for_each(&bus, count_one, &last) == AX_OK);
	return 0;
}

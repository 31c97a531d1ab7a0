/* SPDX-License-Identifier: Apache-2.0 */
/* Routing by address, transactional attach and its diagnostics, on devices that record accesses. */
#include <axbus/axbus.h>
#include <axtest/axtest.h>
#include <string.h>

struct probe {
	struct ax_io io;
	uint64_t written;
	uint64_t value; /* what reads give */
	enum ax_io_result result;
	unsigned access_count;
};

static enum ax_io_result probe_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct probe *p = dev;

	p->io = *io;
	p->access_count++;
	*val = p->value;
	return p->result;
}

static enum ax_io_result probe_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct probe *p = dev;

	p->io = *io;
	p->access_count++;
	p->written = val;
	return p->result;
}

static const struct ax_dev_ops probe_ops = { .name = "probe",
					     .read = probe_read,
					     .write = probe_write };
static const struct ax_dev_ops other_ops = { .name = "other",
					     .read = probe_read,
					     .write = probe_write };

#define CAPACITY 8
static struct axbus_region table[CAPACITY];
static struct axbus bus;
static struct probe a, b, c;
static struct axbus_diag diag;

static int make(void **st)
{
	(void)st;
	a = b = c = (struct probe){ .result = AX_IO_HANDLED };
	memset(table, 0xa5, sizeof(table));
	axbus_init(&bus, table, CAPACITY);
	return 0;
}

static ax_err_t attach_ops(enum axbus_space space, uint64_t base, uint64_t size,
			   const struct ax_dev_ops *ops, struct probe *p, const char *name)
{
	return axbus_attach(&bus, space, base, size, ops, p, name, &diag);
}

static ax_err_t attach(enum axbus_space space, uint64_t base, uint64_t size, struct probe *p,
		       const char *name)
{
	return attach_ops(space, base, size, &probe_ops, p, name);
}

static enum ax_io_result rd(enum axbus_space space, uint64_t addr, uint8_t size, uint64_t *val)
{
	*val = UINT64_C(0xdeadbeefdeadbeef);
	return axbus_read(&bus, space, addr, size, 3, val);
}

static void an_access_reaches_its_device_with_offset_size_and_vcpu(void **st)
{
	uint64_t val;

	(void)st;
	assert_int_equal(attach(AXBUS_MMIO, 0x9000000, 0x1000, &a, "uart"), AX_OK);
	assert_int_equal(attach(AXBUS_MMIO, 0x8000000, 0x1000, &b, "gic"), AX_OK);
	assert_string_equal(diag.text, "");
	a.value = 0x1234;
	assert_int_equal(rd(AXBUS_MMIO, 0x9000ffe, 2, &val), AX_IO_HANDLED);
	assert_int_equal(val, 0x1234);
	assert_int_equal(a.io.off, 0xffe);
	assert_int_equal(a.io.size, 2);
	assert_int_equal(a.io.vcpu, 3);
	assert_int_equal(axbus_write(&bus, AXBUS_MMIO, 0x8000008, 4, 1, 7), AX_IO_HANDLED);
	assert_int_equal(b.io.off, 8);
	assert_int_equal(b.written, 7);
	assert_int_equal(a.access_count + b.access_count, 2);
}

static void values_stay_inside_the_access_size(void **st)
{
	static const struct {
		uint8_t size;
		uint64_t mask;
	} cases[] = { { 1, 0xff }, { 2, 0xffff }, { 4, 0xffffffff }, { 8, UINT64_MAX } };
	uint64_t val;

	(void)st;
	assert_int_equal(attach(AXBUS_MMIO, 0, 0x100, &a, "a"), AX_OK);
	a.value = UINT64_C(0x8899aabbccddeeff);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		assert_int_equal(rd(AXBUS_MMIO, 0, cases[i].size, &val), AX_IO_HANDLED);
		assert_int_equal(val, a.value & cases[i].mask);
		assert_int_equal(axbus_write(&bus, AXBUS_MMIO, 0, cases[i].size, 0, a.value),
				 AX_IO_HANDLED);
		assert_int_equal(a.written, a.value & cases[i].mask);
	}
	AXTEST_EXPECT_PANIC(rd(AXBUS_MMIO, 0, 3, &val));
	AXTEST_EXPECT_PANIC(rd(AXBUS_SPACES, 0, 4, &val));
}

static void what_no_region_holds_whole_is_unhandled(void **st)
{
	uint64_t val;

	(void)st;
	assert_int_equal(rd(AXBUS_MMIO, 0, 4, &val), AX_IO_UNHANDLED); /* an empty bus */
	assert_int_equal(attach(AXBUS_MMIO, 0x1000, 0x10, &a, "a"), AX_OK);
	assert_int_equal(attach(AXBUS_MMIO, 0x1010, 0x10, &b, "b"), AX_OK);
	for (uint64_t addr = 0x100d; addr < 0x1010; addr++) { /* from a into b: neither */
		assert_int_equal(rd(AXBUS_MMIO, addr, 4, &val), AX_IO_UNHANDLED);
		assert_int_equal(val, 0);
		assert_int_equal(axbus_write(&bus, AXBUS_MMIO, addr, 4, 0, 1), AX_IO_UNHANDLED);
	}
	assert_int_equal(rd(AXBUS_MMIO, 0xfff, 1, &val), AX_IO_UNHANDLED);
	assert_int_equal(rd(AXBUS_MMIO, 0x1020, 1, &val), AX_IO_UNHANDLED);
	assert_int_equal(rd(AXBUS_MMIO, 0x101d, 4, &val), AX_IO_UNHANDLED);
	assert_int_equal(rd(AXBUS_MMIO, UINT64_MAX, 8, &val), AX_IO_UNHANDLED);
	assert_int_equal(a.access_count + b.access_count, 0);
	assert_int_equal(rd(AXBUS_MMIO, 0x101c, 4, &val), AX_IO_HANDLED);
	assert_int_equal(b.access_count, 1);
}

static void the_last_byte_of_each_space_can_be_used(void **st)
{
	uint64_t val;

	(void)st;
	assert_int_equal(attach(AXBUS_MMIO, UINT64_MAX - 0xf, 0x10, &a, "top"), AX_OK);
	assert_int_equal(rd(AXBUS_MMIO, UINT64_MAX, 1, &val), AX_IO_HANDLED);
	assert_int_equal(rd(AXBUS_MMIO, UINT64_MAX, 2, &val), AX_IO_UNHANDLED);
	assert_int_equal(attach(AXBUS_PIO, 0xffff, 1, &b, "port"), AX_OK);
	assert_int_equal(rd(AXBUS_PIO, 0xffff, 1, &val), AX_IO_HANDLED);
	assert_int_equal(attach(AXBUS_SYSREG, UINT32_MAX, 1, &c, "reg"), AX_OK);
	assert_int_equal(rd(AXBUS_SYSREG, UINT32_MAX, 8, &val), AX_IO_HANDLED);
}

static void the_spaces_are_apart(void **st)
{
	uint64_t val;

	(void)st;
	assert_int_equal(attach(AXBUS_SYSREG, 0x60, 4, &c, "regs"), AX_OK);
	assert_int_equal(attach(AXBUS_MMIO, 0x60, 4, &a, "mem"), AX_OK);
	assert_int_equal(attach(AXBUS_PIO, 0x60, 4, &b, "ports"), AX_OK);
	assert_int_equal(rd(AXBUS_PIO, 0x61, 1, &val), AX_IO_HANDLED);
	assert_int_equal(b.access_count, 1);
	assert_int_equal(rd(AXBUS_SYSREG, 0x63, 8, &val), AX_IO_HANDLED); /* one number, 8 bytes */
	assert_int_equal(c.io.off, 3);
	assert_int_equal(c.io.size, 8);
	assert_int_equal(rd(AXBUS_MMIO, 0x60, 4, &val), AX_IO_HANDLED);
	assert_int_equal(a.access_count, 1);
	assert_int_equal(axbus_detach(&bus, AXBUS_MMIO, 0x60), AX_OK);
	assert_int_equal(rd(AXBUS_MMIO, 0x60, 4, &val), AX_IO_UNHANDLED);
	assert_int_equal(rd(AXBUS_PIO, 0x60, 4, &val), AX_IO_HANDLED);
	assert_int_equal(b.access_count, 2);
}

static void a_devices_refusal_is_passed_on_without_a_value(void **st)
{
	uint64_t val;

	(void)st;
	assert_int_equal(attach(AXBUS_MMIO, 0, 16, &a, "a"), AX_OK);
	a.value = 5;
	a.result = AX_IO_FAULT;
	assert_int_equal(rd(AXBUS_MMIO, 0, 4, &val), AX_IO_FAULT);
	assert_int_equal(val, 0);
	a.result = AX_IO_RETRY;
	assert_int_equal(axbus_write(&bus, AXBUS_MMIO, 0, 4, 0, 1), AX_IO_RETRY);
}

static void a_conflict_names_both_sides(void **st)
{
	(void)st;
	assert_int_equal(attach(AXBUS_MMIO, 0x9000000, 0x1000, &a, "uart0"), AX_OK);
	assert_int_equal(attach(AXBUS_MMIO, 0x9000fff, 0x10, &b, "rtc"), AX_EEXIST);
	assert_string_equal(diag.text, "mmio 0x9000fff-0x900100e (rtc) overlaps "
				       "0x9000000-0x9000fff (uart0)");
	assert_int_equal(attach(AXBUS_MMIO, 0x8000000, 0x10000000, &b, NULL), AX_EEXIST);
	assert_string_equal(diag.text, "mmio 0x8000000-0x17ffffff (probe) overlaps "
				       "0x9000000-0x9000fff (uart0)");
	assert_null(axbus_find(&bus, AXBUS_MMIO, 0x8000000));
}

static void ranges_outside_their_space_are_refused(void **st)
{
	static const struct {
		enum axbus_space space;
		uint64_t base, size;
	} cases[] = {
		{ AXBUS_MMIO, 0x1000, 0 },         { AXBUS_MMIO, UINT64_MAX, 2 },
		{ AXBUS_MMIO, 1, UINT64_MAX - 0 }, { AXBUS_PIO, 0xfff9, 8 },
		{ AXBUS_PIO, 0x10000, 1 },         { AXBUS_SYSREG, UINT32_MAX, 2 },
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		ax_err_t err = attach(cases[i].space, cases[i].base, cases[i].size, &a, "a");

		if (i == 2) { /* [1, 2^64) does not wrap */
			assert_int_equal(err, AX_OK);
			continue;
		}
		assert_int_equal(err, AX_EINVAL);
		assert_non_null(strstr(diag.text, "(a) is empty or ends past"));
	}
}

static void a_full_table_refuses_and_keeps_working(void **st)
{
	uint64_t val;

	(void)st;
	for (uint64_t i = 0; i < CAPACITY; i++) {
		assert_int_equal(attach(AXBUS_MMIO, 0x1000 * (CAPACITY - i), 0x1000, &a, "a"),
				 AX_OK);
	}
	assert_int_equal(attach(AXBUS_PIO, 0x60, 1, &b, "late"), AX_ENOMEM);
	assert_string_equal(diag.text, "no room for 1 regions from late on: 8 of 8 are in use");
	assert_int_equal(axbus_attach(&bus, AXBUS_PIO, 0x60, 1, &probe_ops, &b, "late", NULL),
			 AX_ENOMEM);
	assert_int_equal(axbus_detach(&bus, AXBUS_MMIO, 0x4000), AX_OK);
	assert_int_equal(attach(AXBUS_PIO, 0x60, 1, &b, "late"), AX_OK);
	for (uint64_t page = 1; page <= CAPACITY; page++) {
		assert_int_equal(rd(AXBUS_MMIO, page * 0x1000 + 8, 4, &val),
				 page == 4 ? AX_IO_UNHANDLED : AX_IO_HANDLED);
	}
}

static void several_regions_are_attached_together_or_not_at_all(void **st)
{
	struct axbus_region list[] = {
		{ 0x8000000, 0x10000, &probe_ops, &a, "dist", AXBUS_MMIO },
		{ 0x3f8, 8, &probe_ops, &b, "com1", AXBUS_PIO },
		{ 0x80a0000, 0x20000, &other_ops, &a, "redist", AXBUS_MMIO },
		{ 0x800ffff, 1, &probe_ops, &c, "bad", AXBUS_MMIO },
	};

	(void)st;
	assert_int_equal(axbus_attach_all(&bus, list, 4, &diag), AX_EEXIST);
	assert_string_equal(diag.text, "mmio 0x800ffff-0x800ffff (bad) overlaps "
				       "0x8000000-0x800ffff (dist)");
	assert_null(axbus_find(&bus, AXBUS_MMIO, 0x8000000));
	assert_null(axbus_find(&bus, AXBUS_PIO, 0x3f8));
	assert_int_equal(axbus_attach_all(&bus, list, 3, &diag), AX_OK);
	assert_string_equal(axbus_find(&bus, AXBUS_MMIO, 0x80bffff)->name, "redist");
	assert_string_equal(axbus_find(&bus, AXBUS_PIO, 0x3ff)->name, "com1");
	assert_null(axbus_find(&bus, AXBUS_PIO, 0x400));
	assert_int_equal(axbus_attach_all(&bus, list, 0, NULL), AX_OK);
}

static void detach_wants_the_start_of_a_region(void **st)
{
	uint64_t val;

	(void)st;
	assert_int_equal(axbus_detach(&bus, AXBUS_PIO, 0x60), AX_ENOENT);
	assert_int_equal(attach(AXBUS_PIO, 0x60, 8, &a, "a"), AX_OK);
	assert_int_equal(axbus_detach(&bus, AXBUS_PIO, 0x61), AX_ENOENT);
	assert_int_equal(axbus_detach(&bus, AXBUS_MMIO, 0x60), AX_ENOENT);
	assert_int_equal(rd(AXBUS_PIO, 0x60, 1, &val), AX_IO_HANDLED);
	assert_int_equal(axbus_detach(&bus, AXBUS_PIO, 0x60), AX_OK);
	assert_null(axbus_find(&bus, AXBUS_PIO, 0x60));
	assert_int_equal(rd(AXBUS_PIO, 0x60, 1, &val), AX_IO_UNHANDLED); /* not the last hit */
}

static void ops_without_read_or_write_are_a_callers_bug(void **st)
{
	static const struct ax_dev_ops half = { .name = "half", .read = probe_read };

	(void)st;
	AXTEST_EXPECT_PANIC(attach_ops(AXBUS_PIO, 0, 1, &half, &a, "a"));
	AXTEST_EXPECT_PANIC(attach_ops(AXBUS_PIO, 0, 1, NULL, &a, "a"));
	AXTEST_EXPECT_PANIC(axbus_init(&bus, NULL, 1));
}

struct visits {
	char names[64];
	unsigned left; /* AX_EBUSY when it runs out */
};

static ax_err_t visit(void *ctx, const struct axbus_region *r)
{
	struct visits *v = ctx;

	if (v->left-- == 0) {
		return AX_EBUSY;
	}
	strncat(v->names, r->name, sizeof(v->names) - strlen(v->names) - 1);
	return AX_OK;
}

static void each_device_is_visited_once_in_address_order(void **st)
{
	struct visits v = { .left = 10 };

	(void)st;
	assert_int_equal(attach(AXBUS_PIO, 0x70, 2, &c, "C"), AX_OK);
	assert_int_equal(attach(AXBUS_MMIO, 0x3000, 0x1000, &a, "A2"), AX_OK);
	assert_int_equal(attach(AXBUS_MMIO, 0x2000, 0x1000, &b, "B"), AX_OK);
	assert_int_equal(attach(AXBUS_MMIO, 0x1000, 0x1000, &a, "A1"), AX_OK);
	assert_int_equal(axbus_attach(&bus, AXBUS_MMIO, 0x4000, 1, &other_ops, &a, "D", NULL),
			 AX_OK);
	assert_int_equal(axbus_for_each(&bus, visit, &v), AX_OK);
	assert_string_equal(v.names, "A1BDC");
	v = (struct visits){ .left = 2 };
	assert_int_equal(axbus_for_each(&bus, visit, &v), AX_EBUSY);
	assert_string_equal(v.names, "A1B");
}

/*
 * A flat map of 256 bytes per space says what must answer; the bus must agree after every change.
 */
static void random_attach_and_detach_agree_with_a_flat_map(void **st)
{
	static struct probe probes[CAPACITY];
	int16_t map[AXBUS_SPACES][256];
	uint64_t seed = 2026, val;

	(void)st;
	memset(map, -1, sizeof(map));
	for (unsigned round = 0; round < 4000; round++) {
		enum axbus_space space = (enum axbus_space)(axtest_random(&seed) % AXBUS_SPACES);
		uint64_t base = axtest_random(&seed) % 240, size = 1 + axtest_random(&seed) % 15;
		unsigned id = (unsigned)(axtest_random(&seed) % CAPACITY);
		uint64_t probe = axtest_random(&seed) % 256;
		bool taken = false;

		for (uint64_t i = base; i < base + size; i++) {
			taken = taken || map[space][i] >= 0;
		}
		if (map[space][base] >= 0 &&
		    (base == 0 || map[space][base - 1] != map[space][base])) {
			int16_t gone = map[space][base];

			assert_int_equal(axbus_detach(&bus, space, base), AX_OK);
			for (uint64_t i = base; i < 256 && map[space][i] == gone; i++) {
				map[space][i] = -1;
			}
		} else if (!taken && (base == 0 || map[space][base - 1] != (int16_t)id) &&
			   map[space][base + size] != (int16_t)id) {
			ax_err_t err = attach(space, base, size, &probes[id], "p");

			if (err == AX_OK) {
				for (uint64_t i = base; i < base + size; i++) {
					map[space][i] = (int16_t)id;
				}
			} else {
				assert_int_equal(err, AX_ENOMEM);
			}
		} else if (taken) {
			assert_int_equal(attach(space, base, size, &probes[id], "p"), AX_EEXIST);
		}
		for (unsigned i = 0; i < CAPACITY; i++) {
			probes[i] = (struct probe){ .result = AX_IO_HANDLED };
		}
		if (map[space][probe] < 0) {
			assert_int_equal(rd(space, probe, 1, &val), AX_IO_UNHANDLED);
		} else {
			assert_int_equal(rd(space, probe, 1, &val), AX_IO_HANDLED);
			assert_int_equal(probes[map[space][probe]].access_count, 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_access_reaches_its_device_with_offset_size_and_vcpu,
				       make),
		cmocka_unit_test_setup(values_stay_inside_the_access_size, make),
		cmocka_unit_test_setup(what_no_region_holds_whole_is_unhandled, make),
		cmocka_unit_test_setup(the_last_byte_of_each_space_can_be_used, make),
		cmocka_unit_test_setup(the_spaces_are_apart, make),
		cmocka_unit_test_setup(a_devices_refusal_is_passed_on_without_a_value, make),
		cmocka_unit_test_setup(a_conflict_names_both_sides, make),
		cmocka_unit_test_setup(ranges_outside_their_space_are_refused, make),
		cmocka_unit_test_setup(a_full_table_refuses_and_keeps_working, make),
		cmocka_unit_test_setup(several_regions_are_attached_together_or_not_at_all, make),
		cmocka_unit_test_setup(detach_wants_the_start_of_a_region, make),
		cmocka_unit_test_setup(ops_without_read_or_write_are_a_callers_bug, make),
		cmocka_unit_test_setup(each_device_is_visited_once_in_address_order, make),
		cmocka_unit_test_setup(random_attach_and_detach_agree_with_a_flat_map, make),
	};

	return cmocka_run_group_tests_name("axbus", tests, NULL, NULL);
}

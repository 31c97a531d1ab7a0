/* SPDX-License-Identifier: Apache-2.0 */
/* SBI 2.0 DBCN and the legacy calls. */
#include "sbi_rig.h"

#define WRITE      0
#define READ       1
#define WRITE_BYTE 2
#define END        (MEM_BASE + sizeof(((struct sbi_rig *)0)->bytes))
#define CHUNK      128
#define MOST       1024 /* bytes that one write takes */
#define ALL        (~UINT64_C(0))

static void fill(struct sbi_rig *r)
{
	for (size_t i = 0; i < sizeof(r->bytes); i++) {
		r->bytes[i] = (uint8_t)('!' + i % 90);
	}
}

static void write_takes_what_memory_holds(void **state)
{
	struct sbi_rig *r = *state;
	static const uint64_t sizes[] = { 0, 1, 5, CHUNK - 1, CHUNK, CHUNK + 1, 500, MOST };

	fill(r);
	for (size_t i = 0; i < AX_ARRAY_SIZE(sizes); i++) {
		r->out_len = 0;
		assert_call(r, EXT_DBCN, WRITE, ARGS(sizes[i], MEM_BASE + 3, 0), SUCCESS, sizes[i]);
		assert_int_equal(r->out_len, sizes[i]);
		assert_memory_equal(r->out, r->bytes + 3, sizes[i]);
	}
	assert_true(r->gmem_read_max <= CHUNK);
}

static void a_long_write_is_bounded_and_says_how_far_it_got(void **state)
{
	struct sbi_rig *r = *state;

	fill(r);
	assert_call(r, EXT_DBCN, WRITE, ARGS(MOST + 1, MEM_BASE, 0), SUCCESS, MOST);
	assert_int_equal(r->out_len, MOST);
	/* As large as the guest likes: no more is taken, or read. */
	r->out_len = 0;
	r->gmem_reads = 0;
	assert_call(r, EXT_DBCN, WRITE, ARGS(UINT64_C(1) << 40, MEM_BASE, 0), SUCCESS, MOST);
	assert_int_equal(r->out_len, MOST);
	assert_int_equal(r->gmem_reads, MOST / CHUNK);
	assert_int_equal(r->gmem_read_max, CHUNK);
}

static void a_write_that_runs_out_of_memory_stops_there(void **state)
{
	struct sbi_rig *r = *state;

	fill(r);
	assert_call(r, EXT_DBCN, WRITE, ARGS(600, END - 300, 0), SUCCESS, 2 * CHUNK);
	assert_int_equal(r->out_len, 2 * CHUNK);
	assert_memory_equal(r->out, r->bytes + sizeof(r->bytes) - 300, 2 * CHUNK);
	r->out_len = 0;
	assert_call(r, EXT_DBCN, WRITE, ARGS(600 - 2 * CHUNK, END - 300 + 2 * CHUNK, 0),
		    INVALID_PARAM, 0);
	assert_int_equal(r->out_len, 0);
	/* Up to the last byte. */
	assert_call(r, EXT_DBCN, WRITE, ARGS(7, END - 7, 0), SUCCESS, 7);
}

static const struct {
	uint64_t bytes;
	uint64_t lo;
	uint64_t hi;
} bad[] = {
	{ 1, 0, 0 },          { 1, END, 0 },
	{ 8, END - 7, 0 },    { 8, MEM_BASE - 1, 0 },
	{ 1, MEM_BASE, 1 },   { 1, MEM_BASE, ALL },
	{ 0, MEM_BASE, 1 },   { 2, ALL, 0 },
	{ ALL, MEM_BASE, 0 }, { ALL - MEM_BASE + 2, MEM_BASE, 0 },
	{ 1, ALL, 0 },
};

static void memory_that_is_not_the_guests_is_refused(void **state)
{
	struct sbi_rig *r = *state;

	r->in = "typed";
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		assert_call(r, EXT_DBCN, WRITE, ARGS(bad[i].bytes, bad[i].lo, bad[i].hi),
			    INVALID_PARAM, 0);
		assert_call(r, EXT_DBCN, READ, ARGS(bad[i].bytes, bad[i].lo, bad[i].hi),
			    INVALID_PARAM, 0);
	}
	assert_int_equal(r->out_len, 0);
	assert_string_equal(r->in, "typed"); /* nothing taken that cannot be given */
}

static void read_gives_what_has_been_typed(void **state)
{
	struct sbi_rig *r = *state;

	memset(r->bytes, '.', 64);
	r->in = "hello world";
	assert_call(r, EXT_DBCN, READ, ARGS(5, MEM_BASE + 1, 0), SUCCESS, 5);
	assert_memory_equal(r->bytes, ".hello..", 8);
	assert_string_equal(r->in, " world");
	assert_call(r, EXT_DBCN, READ, ARGS(40, MEM_BASE + 10, 0), SUCCESS, 6);
	assert_memory_equal(r->bytes, ".hello.... world....", 20);
	assert_call(r, EXT_DBCN, READ, ARGS(40, MEM_BASE, 0), SUCCESS, 0);
	assert_call(r, EXT_DBCN, READ, ARGS(0, MEM_BASE, 0), SUCCESS, 0);
	assert_memory_equal(r->bytes, ".hello.... world....", 20);
}

static void a_long_read_is_bounded(void **state)
{
	struct sbi_rig *r = *state;
	static char typed[301];

	memset(typed, 'x', 300);
	r->in = typed;
	assert_call(r, EXT_DBCN, READ, ARGS(4096, MEM_BASE, 0), SUCCESS, CHUNK);
	assert_int_equal(strlen(r->in), 300 - CHUNK);
	assert_int_equal(r->bytes[CHUNK - 1], 'x');
	assert_int_equal(r->bytes[CHUNK], 0);
}

static void memory_that_cannot_be_written_takes_no_input(void **state)
{
	struct sbi_rig *r = *state;

	r->in = "typed";
	r->gmem_writes_left = 0;
	assert_call(r, EXT_DBCN, READ, ARGS(5, MEM_BASE, 0), INVALID_PARAM, 0);
	assert_string_equal(r->in, "typed");
	/* Unmapped by the guest's other hart in the middle of it. */
	r->gmem_writes_left = 1;
	assert_call(r, EXT_DBCN, READ, ARGS(5, MEM_BASE, 0), INVALID_PARAM, 0);
}

static void write_byte_writes_one(void **state)
{
	struct sbi_rig *r = *state;

	assert_call(r, EXT_DBCN, WRITE_BYTE, ARGS(UINT64_C(0x1234567890000041), 8, 8), SUCCESS, 0);
	assert_string_equal(r->out, "A");
	assert_call(r, EXT_DBCN, 3, ARGS('B', 8, 8), NOT_SUPPORTED, 0);
	assert_call(r, EXT_DBCN, ALL, ARGS('B', 8, 8), NOT_SUPPORTED, 0);
	assert_string_equal(r->out, "A");
}

static void legacy_console_has_one_result(void **state)
{
	struct sbi_rig *r = *state;

	assert_call(r, 1, 77, ARGS(0x5541, 8), SUCCESS, 8); /* the function id does not count */
	assert_string_equal(r->out, "A");
	r->in = "\xffz";
	assert_call(r, 2, 0, ARGS(3, 8), 0xff, 8);
	assert_call(r, 2, 0, ARGS(3, 8), 'z', 8);
	assert_call(r, 2, 0, ARGS(3, 8), ALL, 8);
}

static void legacy_shutdown_leaves(void **state)
{
	struct sbi_rig *r = *state;

	assert_int_equal(call(r, 8, 0, ARGS(0)), AXVCPU_EXIT_SYSTEM);
	assert_int_equal(r->e.u.system, AXVCPU_SYSTEM_OFF);
}

static void other_legacy_calls_are_not_there(void **state)
{
	struct sbi_rig *r = *state;
	static const uint64_t eids[] = { 0, 3, 4, 5, 6, 7, 9, 0xf };

	for (size_t i = 0; i < AX_ARRAY_SIZE(eids); i++) {
		assert_call(r, eids[i], 0, ARGS(MEM_BASE, 8), NOT_SUPPORTED, 8);
		assert_int_equal(r->wakes + r->fences + vcpu_riscv64_fake_fence_count(), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(write_takes_what_memory_holds, rig_setup),
		cmocka_unit_test_setup(a_long_write_is_bounded_and_says_how_far_it_got, rig_setup),
		cmocka_unit_test_setup(a_write_that_runs_out_of_memory_stops_there, rig_setup),
		cmocka_unit_test_setup(memory_that_is_not_the_guests_is_refused, rig_setup),
		cmocka_unit_test_setup(read_gives_what_has_been_typed, rig_setup),
		cmocka_unit_test_setup(a_long_read_is_bounded, rig_setup),
		cmocka_unit_test_setup(memory_that_cannot_be_written_takes_no_input, rig_setup),
		cmocka_unit_test_setup(write_byte_writes_one, rig_setup),
		cmocka_unit_test_setup(legacy_console_has_one_result, rig_setup),
		cmocka_unit_test_setup(legacy_shutdown_leaves, rig_setup),
		cmocka_unit_test_setup(other_legacy_calls_are_not_there, rig_setup),
	};

	return cmocka_run_group_tests_name("sbi_console", tests, NULL, NULL);
}

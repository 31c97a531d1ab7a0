/* SPDX-License-Identifier: Apache-2.0 */
/* The dirty log, and what its end must not merge. */
#include "ram.h"

static unsigned count_bits(const uint64_t *map, size_t bits)
{
	unsigned n = 0;

	for (size_t i = 0; i < bits; i++) {
		n += ax_bitmap_test(map, i);
	}
	return n;
}

static void the_first_write_to_each_page_is_logged(void **st)
{
	uint32_t id = add(RAM, 4 * MIB, RWX, 0, 0);
	uint64_t map[16], out[16];

	(void)st;
	assert_int_equal(axaddrspace_populate(&as, id, UINT64_MAX), AX_OK);
	memset(map, 0xff, sizeof(map));
	assert_int_equal(axaddrspace_log_enable(&as, id, map, 16), AX_OK);
	assert_int_equal(query(RAM).prot, RO | AXADDRSPACE_PROT_EXEC);
	assert_int_equal(query(RAM).bytes, 2 * MIB); /* split only where it is written */
	assert_int_equal(fault(RAM + 5 * 4096 + 8, true), AX_OK);
	assert_int_equal(query(RAM + 5 * 4096).prot, RWX);
	assert_int_equal(query(RAM + 5 * 4096).bytes, 4096);
	assert_int_equal(query(RAM + 6 * 4096).prot, RO | AXADDRSPACE_PROT_EXEC);
	assert_int_equal(query(RAM + 2 * MIB).bytes, 2 * MIB);
	assert_int_equal(fault(RAM + 5 * 4096, true), AX_OK); /* again, from another CPU */
	assert_int_equal(fault(RAM + 7 * 4096, false), AX_OK);

	assert_int_equal(axaddrspace_log_take(&as, id, out, 16), AX_OK);
	assert_int_equal(count_bits(out, 1024), 1);
	assert_true(ax_bitmap_test(out, 5));
	assert_int_equal(query(RAM + 5 * 4096).prot, RO | AXADDRSPACE_PROT_EXEC);
	assert_int_equal(axaddrspace_log_take(&as, id, out, 16), AX_OK);
	assert_int_equal(count_bits(out, 1024), 0);
	assert_int_equal(fault(RAM + 5 * 4096, true), AX_OK);
	assert_int_equal(axaddrspace_log_take(&as, id, out, 16), AX_OK);
	assert_true(ax_bitmap_test(out, 5));
}

static void writes_of_the_host_are_logged(void **st)
{
	uint32_t id = add(RAM, 4 * MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	uint64_t map[16], out[16];
	uint8_t bytes[4098] = { 1 };

	(void)st;
	assert_int_equal(axaddrspace_log_enable(&as, id, map, 16), AX_OK);
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM + 2 * MIB - 1), bytes, 4098), AX_OK);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM), bytes, 8), AX_OK);
	assert_int_equal(query(RAM).prot, RO | AXADDRSPACE_PROT_EXEC); /* the guest still asks */
	assert_int_equal(axaddrspace_log_take(&as, id, out, 16), AX_OK);
	assert_int_equal(count_bits(out, 1024), 3);
	assert_true(ax_bitmap_test(out, 511) && ax_bitmap_test(out, 512) &&
		    ax_bitmap_test(out, 513));
}

static void memory_that_comes_while_logging_is_logged_when_written(void **st)
{
	uint32_t id = add(RAM, 4 * MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	uint64_t map[16];

	(void)st;
	assert_int_equal(axaddrspace_log_enable(&as, id, map, 16), AX_OK);
	assert_int_equal(fault(RAM, false), AX_OK);
	assert_int_equal(query(RAM).prot, RO | AXADDRSPACE_PROT_EXEC);
	assert_int_equal(fault(RAM + 2 * MIB + 4096, true), AX_OK);
	assert_int_equal(query(RAM + 2 * MIB + 4096).prot, RWX);
	assert_int_equal(query(RAM + 2 * MIB).prot, RO | AXADDRSPACE_PROT_EXEC);
	assert_int_equal(count_bits(map, 1024), 1);
	assert_true(ax_bitmap_test(map, 513));
}

static void ending_the_log_puts_blocks_back(void **st)
{
	uint32_t id = add(RAM, 4 * MIB, RWX, 0, 0);
	uint64_t map[16];

	(void)st;
	assert_int_equal(axaddrspace_populate(&as, id, UINT64_MAX), AX_OK);
	unsigned used = frames.used_count;
	struct axaddrspace_mapping before = query(RAM);

	assert_int_equal(axaddrspace_log_enable(&as, id, map, 16), AX_OK);
	for (uint64_t i = 0; i < 512; i++) { /* all of it: uniform, and still in pages */
		assert_int_equal(fault(RAM + i * 4096, true), AX_OK);
	}
	assert_int_equal(query(RAM).bytes, 4096);
	assert_int_equal(frames.used_count, used + 1);
	assert_int_equal(axaddrspace_log_disable(&as, id), AX_OK);
	assert_int_equal(query(RAM).bytes, 2 * MIB);
	assert_int_equal(query(RAM).hpa.v, before.hpa.v);
	assert_int_equal(query(RAM).prot, RWX);
	assert_int_equal(query(RAM + 2 * MIB).prot, RWX);
	assert_int_equal(frames.used_count, used);
	assert_int_equal(axaddrspace_log_disable(&as, id), AX_ENOENT);
}

static void a_log_needs_a_slot_room_and_to_be_off(void **st)
{
	uint32_t id = add(RAM, MIB, RO, 0, 0);
	uint64_t map[4];

	(void)st;
	assert_int_equal(axaddrspace_log_enable(&as, id + 1, map, 4), AX_ENOENT);
	assert_int_equal(axaddrspace_log_enable(&as, id, map, 3), AX_ENOSPC);
	assert_int_equal(axaddrspace_log_take(&as, id, map, 4), AX_ENOENT);
	assert_int_equal(axaddrspace_log_disable(&as, SLOTS), AX_ENOENT);
	assert_int_equal(axaddrspace_log_enable(&as, id, map, 4), AX_OK);
	assert_int_equal(axaddrspace_log_enable(&as, id, map, 4), AX_EBUSY);
	assert_int_equal(axaddrspace_log_take(&as, id, map, 3), AX_ENOSPC);
	assert_int_equal(fault(RAM, true), AX_EINVAL); /* read-only stays read-only */
	assert_int_equal(axaddrspace_log_take(&as, id + 1, map, 4), AX_ENOENT);
}

static void a_write_fault_without_a_frame_to_split_with_logs_nothing(void **st)
{
	uint32_t id = add(RAM, 2 * MIB, RWX, 0, 0);
	uint64_t map[8];

	(void)st;
	assert_int_equal(axaddrspace_populate(&as, id, UINT64_MAX), AX_OK);
	assert_int_equal(axaddrspace_log_enable(&as, id, map, 8), AX_OK);
	frames.fail_at = 1;
	assert_int_equal(fault(RAM, true), AX_ENOMEM);
	assert_int_equal(query(RAM).bytes, 2 * MIB);
	assert_int_equal(count_bits(map, 512), 0);
	assert_int_equal(fault(RAM, true), AX_OK);
	unsigned calls = tlb.range_count;

	assert_int_equal(fault(RAM, true),
			 AX_OK); /* open already: this CPU may remember it closed */
	assert_int_equal(tlb.range_count, calls + 1);
}

/** Memory that lies together and has no bytes; tables come from the pool. */
#define FAR_BASE (UINT64_C(1) << 38)
static uint64_t far_unit;       /* size of the pieces it comes in; larger ones are not to be had */
static unsigned far_count;      /* pieces given out */
static unsigned far_tables_due; /* 4 KiB requests after the first piece that are for tables */

static ax_err_t far_alloc(void *ctx, uint64_t bytes, hpa_t *out)
{
	if (bytes > far_unit) {
		return AX_ENOMEM;
	}
	if (bytes < far_unit || (far_count > 0 && far_tables_due > 0)) {
		far_tables_due -= far_tables_due > 0;
		return axtest_frame_ops.alloc(ctx, bytes, out);
	}
	*out = hpa(FAR_BASE + far_count++ * bytes);
	return AX_OK;
}

static void far_free(void *ctx, hpa_t frame, uint64_t bytes)
{
	if (frame.v >= FAR_BASE && frame.v < AXTEST_FRAME_BASE) {
		assert_int_equal(bytes, far_unit);
		far_count--;
	} else {
		axtest_frame_ops.free(ctx, frame, bytes);
	}
}

static void *far_to_virt(void *ctx, hpa_t frame)
{
	static uint64_t nothing[8];

	return frame.v < AXTEST_FRAME_BASE ? nothing : axtest_frame_ops.to_virt(ctx, frame);
}

static void owned_memory_keeps_the_size_it_was_allocated_in(void **st)
{
	static const struct {
		uint64_t unit, bytes;
		unsigned tables_due;
	} cases[] = { { 4096, 2 * MIB, 2 }, { 2 * MIB, UINT64_C(1) << 30, 0 } };
	static uint64_t map[512 * 512 / 64];
	struct ax_frame_ops far = { .alloc = far_alloc, .free = far_free, .to_virt = far_to_virt };

	(void)st;
	as.cfg.frames = &far;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		uint32_t id = add(UINT64_C(2) << 30, cases[i].bytes, RWX, 0, 0);

		far_unit = cases[i].unit;
		far_tables_due = cases[i].tables_due;
		assert_int_equal(axaddrspace_populate(&as, id, UINT64_MAX), AX_OK);
		assert_int_equal(far_count, 512);
		assert_int_equal(query((UINT64_C(2) << 30) + cases[i].unit).hpa.v,
				 FAR_BASE + cases[i].unit);
		/* One leaf could map it all, but it must be given back in its pieces. */
		assert_int_equal(axaddrspace_log_enable(&as, id, map, AX_ARRAY_SIZE(map)), AX_OK);
		assert_int_equal(axaddrspace_log_disable(&as, id), AX_OK);
		assert_int_equal(query(UINT64_C(2) << 30).bytes, cases[i].unit);
		assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);
		assert_int_equal(far_count, 0);
	}
	as.cfg.frames = &axtest_frame_ops;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_write_to_each_page_is_logged),
		T(writes_of_the_host_are_logged),
		T(memory_that_comes_while_logging_is_logged_when_written),
		T(ending_the_log_puts_blocks_back),
		T(owned_memory_keeps_the_size_it_was_allocated_in),
		T(a_log_needs_a_slot_room_and_to_be_off),
		cmocka_unit_test_setup_teardown(
			a_write_fault_without_a_frame_to_split_with_logs_nothing, make_riscv, drop),
	};

	return cmocka_run_group_tests_name("axaddrspace_log", tests, NULL, NULL);
}

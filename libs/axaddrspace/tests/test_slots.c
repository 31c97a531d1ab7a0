/* SPDX-License-Identifier: Apache-2.0 */
/* RAM in slots: how memory comes and goes, and the faults that ask for it. */
#include "ram.h"

static void populate_goes_in_steps_of_its_budget(void **st)
{
	uint32_t id = add(RAM, 8 * MIB, RWX, 0, 0);
	unsigned used = frames.used_count;

	(void)st;
	assert_int_equal(query(RAM).bytes, 0);
	assert_int_equal(axaddrspace_populate(&as, id, 4 * MIB), AX_EBUSY);
	assert_int_equal(query(RAM + 2 * MIB).bytes, 2 * MIB);
	assert_int_equal(query(RAM + 4 * MIB).bytes, 0);
	assert_int_equal(axaddrspace_populate(&as, id, 1), AX_EBUSY); /* at least one leaf */
	assert_int_equal(query(RAM + 4 * MIB).bytes, 2 * MIB);
	assert_int_equal(axaddrspace_populate(&as, id, 4 * MIB), AX_OK);
	assert_int_equal(axaddrspace_populate(&as, id, 4 * MIB), AX_OK);
	assert_int_equal(frames.used_count, used + 4 * 512 + 1); /* and one table */
	assert_int_equal(query(RAM).prot, RWX);
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);
	assert_int_equal(frames.used_count, used);
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_ENOENT);
	assert_int_equal(axaddrspace_populate(&as, id, 1), AX_ENOENT);
	assert_int_equal(axaddrspace_populate(&as, SLOTS, 1), AX_ENOENT);
}

static void populate_falls_back_to_pages_and_keeps_what_it_got(void **st)
{
	uint32_t id = add(RAM + 4096, 2 * MIB, RWX, 0, 0); /* no block fits anywhere */

	(void)st;
	assert_int_equal(axaddrspace_populate(&as, id, UINT64_MAX), AX_OK);
	assert_int_equal(query(RAM + MIB).bytes, 4096);
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);

	frames.max_bytes = 4096;
	id = add(RAM, 32 * MIB, RWX, 0, 0);
	axtest_port_reset();
	assert_int_equal(axaddrspace_populate(&as, id, UINT64_MAX), AX_ENOMEM);
	assert_int_equal(axtest_log_count, 1);
	assert_int_equal(query(RAM).bytes, 4096);
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);
}

static void removing_a_slot_gives_back_blocks_and_pages_as_they_came(void **st)
{
	uint32_t id = add(RAM, 6 * MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	uint64_t dirty[24];
	unsigned used = frames.used_count;

	(void)st;
	assert_int_equal(fault(RAM, true), AX_OK); /* a block */
	frames.max_bytes = 4096;
	assert_int_equal(fault(RAM + 2 * MIB, true), AX_OK); /* a page */
	assert_int_equal(axaddrspace_log_enable(&as, id, dirty, 24), AX_OK);
	assert_int_equal(fault(RAM + 4096, true), AX_OK); /* the block is in pages now */
	assert_int_equal(query(RAM).bytes, 4096);
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);
	assert_int_equal(frames.used_count, used);
	assert_int_equal(tlb.pending, false);
}

static void lazy_memory_comes_at_the_first_fault(void **st)
{
	uint32_t id = add(RAM, 5 * MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);

	(void)st;
	assert_int_equal(axaddrspace_populate(&as, id, UINT64_MAX), AX_OK);
	assert_int_equal(query(RAM).bytes, 0);
	assert_int_equal(fault(RAM + 3 * MIB, false), AX_OK);
	assert_int_equal(query(RAM + 3 * MIB).bytes, 2 * MIB);
	assert_int_equal(query(RAM).bytes, 0);
	assert_int_equal(fault(RAM + 4 * MIB, false), AX_OK); /* half a block */
	assert_int_equal(query(RAM + 4 * MIB).bytes, 4096);
	assert_int_equal(query(RAM + 4 * MIB + 4096).bytes, 0);
	unsigned used = frames.used_count;

	assert_int_equal(fault(RAM + 3 * MIB, true), AX_OK); /* another CPU was first */
	assert_int_equal(frames.used_count, used);

	/* A page in a block keeps the rest of it in pages, even when blocks are to be had again. */
	frames.max_bytes = 4096;
	assert_int_equal(fault(RAM, false), AX_OK);
	frames.max_bytes = 0;
	used = frames.used_count;
	assert_int_equal(fault(RAM + 4096, false), AX_OK);
	assert_int_equal(query(RAM + 4096).bytes, 4096);
	assert_int_equal(frames.used_count, used + 1);
}

static void a_fault_that_finds_no_frame_changes_nothing(void **st)
{
	uint32_t id = add(RAM, 4 * MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	unsigned used = frames.used_count;

	(void)st;
	(void)id;
	frames.max_bytes = 4096;
	for (unsigned n = 2; n < 4; n++) { /* 1 is the block, which may fail: a page is tried */
		frames.fail_at = n;
		assert_int_equal(fault(RAM, true), AX_ENOMEM);
		assert_int_equal(frames.used_count, used);
		assert_int_equal(query(RAM).bytes, 0);
	}
	frames.fail_at = 0;
	assert_int_equal(fault(RAM, true), AX_OK);
	assert_int_equal(frames.used_count, used + 3); /* the page and two tables */
}

static void a_fault_tells_memory_from_nothing_and_from_forbidden(void **st)
{
	(void)st;
	(void)add(RAM, 2 * MIB, RO, AXADDRSPACE_SLOT_LAZY, 0);
	assert_int_equal(axaddrspace_map(&as, gpa(0x9000000), hpa(0x9000000), 4096,
					 RW | AXADDRSPACE_PROT_DEV),
			 AX_OK);
	assert_int_equal(fault(RAM - 1, false), AX_ENOENT);
	assert_int_equal(fault(RAM + 2 * MIB, false), AX_ENOENT);
	assert_int_equal(fault(UINT64_C(1) << 40, false), AX_ENOENT);
	assert_int_equal(fault(UINT64_MAX, false), AX_ENOENT);
	assert_int_equal(fault(RAM, true), AX_EINVAL);
	assert_int_equal(axaddrspace_fault(&as, gpa(RAM), false, true), AX_EINVAL);
	assert_int_equal(query(RAM).bytes, 0); /* refused, so not populated */
	assert_int_equal(fault(RAM, false), AX_OK);
	assert_int_equal(query(RAM).prot, RO);
	assert_int_equal(fault(0x9000000, true), AX_OK);
	assert_int_equal(axaddrspace_fault(&as, gpa(0x9000000), false, true), AX_EINVAL);
	assert_int_equal(query(0x9000000).prot, RW | AXADDRSPACE_PROT_DEV);
	assert_int_equal(tlb.range_count, 0); /* Arm does not remember invalid entries */
}

static void a_cpu_that_remembers_an_invalid_entry_is_made_to_forget(void **st)
{
	(void)st;
	(void)add(RAM, 2 * MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	assert_int_equal(fault(RAM, true), AX_OK);
	assert_int_equal(tlb.range_count, 0);
	assert_int_equal(fault(RAM, true), AX_OK);
	assert_int_equal(tlb.range_count, 1);
	assert_int_equal(tlb.ranges[0].start, RAM);
	assert_int_equal(tlb.sync_count, 1);
}

static void fixed_memory_is_mapped_where_it_is_and_never_freed(void **st)
{
	hpa_t block;
	uint64_t probe = 0x1122334455667788;
	uint64_t got = 0;

	(void)st;
	assert_int_equal(axtest_frame_ops.alloc(&frames, 2 * MIB, &block), AX_OK);
	unsigned used = frames.used_count;
	uint32_t id = add(RAM, 2 * MIB, RWX, AXADDRSPACE_SLOT_FIXED, block.v);

	/* The host reads and writes it before the guest has touched it. */
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM + 4092), &probe, 8), AX_OK);
	assert_memory_equal((char *)axtest_frame_ops.to_virt(&frames, block) + 4092, &probe, 8);
	assert_int_equal(query(RAM).bytes, 2 * MIB);
	assert_int_equal(query(RAM).hpa.v, block.v);
	assert_int_equal(axaddrspace_populate(&as, id, 1), AX_OK);
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);
	assert_int_equal(frames.used_count, used);

	/* Not congruent: pages, all those of the 2 MiB around the address at once. */
	id = add(RAM + 4096, 2 * MIB - 8192, RWX, AXADDRSPACE_SLOT_FIXED | AXADDRSPACE_SLOT_LAZY,
		 block.v);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + 8188), &got, 8), AX_OK);
	assert_int_equal(got, probe);
	assert_int_equal(query(RAM + 4096).bytes, 0);
	assert_int_equal(fault(RAM + MIB, true), AX_OK);
	assert_int_equal(query(RAM + 4096).hpa.v, block.v);
	assert_int_equal(query(RAM + 2 * MIB - 8192).bytes, 4096);
	assert_int_equal(query(RAM + 2 * MIB - 4096).bytes, 0);
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);
	assert_int_equal(frames.used_count, used);
	axtest_frame_ops.free(&frames, block, 2 * MIB);
}

static void identity_memory_has_the_same_address_on_both_sides(void **st)
{
	uint32_t id = add(UINT64_C(2) << 30, UINT64_C(1) << 31, RWX, AXADDRSPACE_SLOT_IDENTITY, 0);

	(void)st;
	assert_int_equal(axaddrspace_populate(&as, id, 1), AX_EBUSY);
	assert_int_equal(query(UINT64_C(2) << 30).bytes, UINT64_C(1) << 30);
	assert_int_equal(query(UINT64_C(2) << 30).hpa.v, UINT64_C(2) << 30);
	assert_int_equal(axaddrspace_populate(&as, id, 1), AX_OK);
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);
}

static void a_hidden_slot_is_the_hosts_alone(void **st)
{
	const uint32_t rx = RO | AXADDRSPACE_PROT_EXEC;
	struct ax_gmem loader = axaddrspace_gmem_loader(&as);
	uint64_t probe = 0x1122334455667788;
	uint64_t got = 0;
	hpa_t block;

	(void)st;
	assert_int_equal(axtest_frame_ops.alloc(&frames, 2 * MIB, &block), AX_OK);
	uint32_t id = add(RAM, 2 * MIB, rx, AXADDRSPACE_SLOT_FIXED, block.v);
	unsigned used = frames.used_count;

	assert_int_equal(axaddrspace_show_slot(&as, id, true), AX_OK);
	assert_int_equal(query(RAM + MIB).bytes, 2 * MIB);
	assert_int_equal(query(RAM).prot, rx);
	assert_int_equal(fault(RAM, true), AX_EINVAL); /* a write is somebody else's */
	unsigned ranges = tlb.range_count;

	assert_int_equal(axaddrspace_show_slot(&as, id, false), AX_OK);
	assert_int_equal(tlb.range_count, ranges + 1);
	assert_int_equal(tlb.ranges[ranges % AX_ARRAY_SIZE(tlb.ranges)].start, RAM);
	assert_false(tlb.pending);
	assert_int_equal(query(RAM).bytes, 0);
	assert_int_equal(frames.used_count, used); /* the table went too */
	assert_int_equal(fault(RAM, false), AX_ENOENT);
	assert_int_equal(axaddrspace_fault(&as, gpa(RAM), false, true), AX_ENOENT);
	assert_int_equal(axaddrspace_show_slot(&as, id, false), AX_OK);
	assert_int_equal(tlb.range_count, ranges + 1); /* it was hidden */

	/* The host goes on to use it, and that does not bring it back. */
	assert_int_equal(ax_gmem_write(&loader, gpa(RAM + MIB - 4), &probe, 8), AX_OK);
	assert_int_equal(axaddrspace_populate(&as, id, UINT64_MAX), AX_OK);
	assert_int_equal(query(RAM).bytes, 0);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 4), &got, 8), AX_OK);
	assert_int_equal(got, probe);

	assert_int_equal(axaddrspace_show_slot(&as, id, true), AX_OK);
	assert_int_equal(query(RAM).hpa.v, block.v);
	assert_int_equal(query(RAM + MIB).bytes, 2 * MIB);
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);
	assert_int_equal(axaddrspace_show_slot(&as, id, true), AX_ENOENT);
	id = add(RAM, 2 * MIB, RWX, 0, 0);
	assert_int_equal(axaddrspace_show_slot(&as, id, false), AX_EINVAL);
	axtest_frame_ops.free(&frames, block, 2 * MIB);
}

static void a_slot_that_cannot_be_shown_for_want_of_a_table_comes_at_the_next_fault(void **st)
{
	hpa_t block;

	(void)st;
	assert_int_equal(axtest_frame_ops.alloc(&frames, 2 * MIB, &block), AX_OK);
	uint32_t id = add(RAM, 2 * MIB, RO, AXADDRSPACE_SLOT_FIXED, block.v);

	assert_int_equal(axaddrspace_show_slot(&as, id, true), AX_OK);
	assert_int_equal(axaddrspace_show_slot(&as, id, false), AX_OK);
	frames.fail_at = 1;
	assert_int_equal(axaddrspace_show_slot(&as, id, true), AX_ENOMEM);
	frames.fail_at = 0;
	assert_int_equal(query(RAM).bytes, 0);
	assert_int_equal(fault(RAM + MIB, false), AX_OK);
	assert_int_equal(query(RAM).bytes, 2 * MIB);
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);
	axtest_frame_ops.free(&frames, block, 2 * MIB);
}

static void bad_slots_are_refused_with_a_line(void **st)
{
	static const struct {
		struct axaddrspace_slot_cfg cfg;
		ax_err_t err;
	} cases[] = {
		{ { { RAM + 1 }, 4096, RWX, 0, { 0 } }, AX_EINVAL },
		{ { { RAM }, 4095, RWX, 0, { 0 } }, AX_EINVAL },
		{ { { RAM }, 0, RWX, 0, { 0 } }, AX_EINVAL },
		{ { { UINT64_C(1) << 40 }, 4096, RWX, 0, { 0 } }, AX_EINVAL },
		{ { { RAM }, 4096, AXADDRSPACE_PROT_WRITE, 0, { 0 } }, AX_EINVAL },
		{ { { RAM }, 4096, RWX | AXADDRSPACE_PROT_DEV, 0, { 0 } }, AX_EINVAL },
		{ { { RAM }, 4096, RWX, 8, { 0 } }, AX_EINVAL },
		{ { { RAM }, 4096, RWX, AXADDRSPACE_SLOT_FIXED, { 1 } }, AX_EINVAL },
		{ { { RAM }, 4096, RWX, AXADDRSPACE_SLOT_FIXED, { UINT64_C(1) << 40 } },
		  AX_EINVAL },
		{ { { 0x10000000 - 4096 }, 8192, RWX, 0, { 0 } }, AX_EEXIST }, /* the slot */
		{ { { 0x9000000 - 4096 }, 8192, RWX, 0, { 0 } }, AX_EEXIST },  /* the device */
	};
	uint32_t id = 77;

	(void)st;
	(void)add(0x10000000, 2 * MIB, RWX, 0, 0);
	assert_int_equal(axaddrspace_map(&as, gpa(0x9000000), hpa(0x9000000), 4096, RW), AX_OK);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		axtest_port_reset();
		assert_int_equal(axaddrspace_add_slot(&as, &cases[i].cfg, &id), cases[i].err);
		assert_int_equal(axtest_log_count, 1);
		assert_int_equal(id, 77);
	}
	for (uint64_t i = 1; i < SLOTS; i++) {
		(void)add(RAM + i * MIB, 4096, RWX, 0, 0);
	}
	assert_int_equal(axaddrspace_add_slot(&as,
					      &(struct axaddrspace_slot_cfg){
						      .gpa = gpa(RAM), .bytes = 4096, .prot = RWX },
					      &id),
			 AX_ENOSPC);
}

static void slots_are_found_by_address_and_guard_their_range(void **st)
{
	uint32_t id = add(RAM, 2 * MIB, RWX, 0, 0);
	uint32_t found = 99;

	(void)st;
	assert_int_equal(axaddrspace_find_slot(&as, gpa(RAM + 2 * MIB - 1), &found), AX_OK);
	assert_int_equal(found, id);
	found = 99;
	assert_int_equal(axaddrspace_find_slot(&as, gpa(RAM + 2 * MIB), &found), AX_ENOENT);
	assert_int_equal(axaddrspace_find_slot(&as, gpa(RAM - 1), &found), AX_ENOENT);
	assert_int_equal(found, 99);
	assert_int_equal(axaddrspace_map(&as, gpa(RAM - 4096), hpa(0), 8192, RWX), AX_EEXIST);
	assert_int_equal(axaddrspace_unmap(&as, gpa(RAM - 4096), 8192), AX_EBUSY);
	assert_int_equal(axaddrspace_protect(&as, gpa(RAM), 4096, RO), AX_EBUSY);
}

static void leaves_do_not_grow_over_a_slots_end(void **st)
{
	hpa_t block;

	(void)st;
	assert_int_equal(axtest_frame_ops.alloc(&frames, 2 * MIB, &block), AX_OK);
	uint32_t id = add(RAM, MIB, RWX, AXADDRSPACE_SLOT_FIXED, block.v);

	assert_int_equal(axaddrspace_populate(&as, id, MIB), AX_OK);
	assert_int_equal(axaddrspace_map(&as, gpa(RAM + MIB), hpa(block.v + MIB), MIB, RWX), AX_OK);
	assert_int_equal(query(RAM).bytes, 4096); /* uniform, but half of it goes with the slot */
	assert_int_equal(axaddrspace_remove_slot(&as, id), AX_OK);
	assert_int_equal(query(RAM).bytes, 0);
	assert_int_equal(query(RAM + MIB).bytes, 4096);
	axtest_frame_ops.free(&frames, block, 2 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(populate_goes_in_steps_of_its_budget),
		T(populate_falls_back_to_pages_and_keeps_what_it_got),
		T(removing_a_slot_gives_back_blocks_and_pages_as_they_came),
		T(lazy_memory_comes_at_the_first_fault),
		T(a_fault_that_finds_no_frame_changes_nothing),
		T(a_fault_tells_memory_from_nothing_and_from_forbidden),
		cmocka_unit_test_setup_teardown(
			a_cpu_that_remembers_an_invalid_entry_is_made_to_forget, make_riscv, drop),
		T(fixed_memory_is_mapped_where_it_is_and_never_freed),
		T(identity_memory_has_the_same_address_on_both_sides),
		T(a_hidden_slot_is_the_hosts_alone),
		T(a_slot_that_cannot_be_shown_for_want_of_a_table_comes_at_the_next_fault),
		T(bad_slots_are_refused_with_a_line),
		T(slots_are_found_by_address_and_guard_their_range),
		T(leaves_do_not_grow_over_a_slots_end),
	};

	return cmocka_run_group_tests_name("axaddrspace_slots", tests, NULL, NULL);
}

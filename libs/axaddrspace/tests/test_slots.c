/* SPDX-License-Identifier: Apache-2.0 */
/* RAM in slots: how memory comes and goes, faults, access from the host, the dirty log. */
#include <axaddrspace/space.h>
#include <axtest/axtest.h>
#include <string.h>

#define RW    (AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_WRITE)
#define RWX   AXADDRSPACE_PROT_RWX
#define RO    AXADDRSPACE_PROT_READ
#define MIB   (UINT64_C(1) << 20)
#define RAM   UINT64_C(0x40000000)
#define SLOTS 4

static struct axtest_frames frames;
static struct axaddrspace_tlb_fake tlb;
static struct axaddrspace as;
static struct axaddrspace_slot slots[SLOTS];
static struct ax_gmem gmem;

static int make_fmt(const struct axaddrspace_fmt *fmt)
{
	axtest_port_reset();
	axtest_frames_init(&frames);
	tlb = (struct axaddrspace_tlb_fake){ .range_count = 0 };
	ax_err_t err =
		axaddrspace_init(&as, &(struct axaddrspace_cfg){ .fmt = fmt,
								 .input_bits = 40,
								 .pa_bits = 40,
								 .tag_bits = 8,
								 .frames = &axtest_frame_ops,
								 .frames_ctx = &frames,
								 .tlb = &axaddrspace_tlb_fake,
								 .tlb_ctx = &tlb,
								 .slots = slots,
								 .slot_count = SLOTS });
	gmem = axaddrspace_gmem(&as);
	return err;
}

static int make(void **st)
{
	(void)st;
	return make_fmt(&axaddrspace_fmt_aarch64);
}

static int make_riscv(void **st)
{
	(void)st;
	return make_fmt(&axaddrspace_fmt_sv39x4);
}

/** Whatever a test leaves behind, fini gives it all back. */
static int drop(void **st)
{
	(void)st;
	axaddrspace_fini(&as);
	return (int)axtest_frames_fini(&frames);
}

static uint32_t add(uint64_t at, uint64_t bytes, uint32_t prot, uint32_t flags, uint64_t to)
{
	uint32_t id = UINT32_MAX;

	assert_int_equal(axaddrspace_add_slot(&as,
					      &(struct axaddrspace_slot_cfg){ .gpa = gpa(at),
									      .bytes = bytes,
									      .prot = prot,
									      .flags = flags,
									      .hpa = hpa(to) },
					      &id),
			 AX_OK);
	return id;
}

static ax_err_t fault(uint64_t at, bool write)
{
	return axaddrspace_fault(&as, gpa(at), write, false);
}

static struct axaddrspace_mapping query(uint64_t at)
{
	struct axaddrspace_mapping map = { .bytes = 0 };

	if (axaddrspace_query(&as, gpa(at), &map) != AX_OK) {
		map.bytes = 0;
	}
	return map;
}

static void populate_goes_in_steps_of_its_budget(void **st)
{
	uint32_t id = add(RAM, 8 * MIB, RWX, 0, 0);
	unsigned used = frames.used_count;

	(void)st;
	assert_int_equal(query(RAM).bytes, 0);
	uint64_t cleaned = axaddrspace_fake_cleaned_bytes;

	assert_int_equal(axaddrspace_populate(&as, id, 4 * MIB), AX_EBUSY);
	assert_int_equal(axaddrspace_fake_cleaned_bytes - cleaned, 4 * MIB);
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

static void the_host_reads_and_writes_across_pages_and_slots(void **st)
{
	uint8_t out[10000];
	uint8_t in[10000];

	(void)st;
	frames.max_bytes = 4096;
	(void)add(RAM, MIB, RWX, 0, 0);
	(void)add(RAM + MIB, MIB, RW, AXADDRSPACE_SLOT_LAZY, 0);
	for (size_t i = 0; i < sizeof(out); i++) {
		out[i] = (uint8_t)(i * 7);
	}
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM + MIB - 5000), out, sizeof(out)), AX_OK);
	memset(in, 0xee, sizeof(in));
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 5000), in, sizeof(in)), AX_OK);
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 5001), in, 2), AX_OK);
	assert_int_equal(in[0], 0);
	assert_int_equal(in[1], out[0]);
	assert_int_equal(ax_gmem_write(&gmem, gpa(0), out, 0), AX_OK);
	assert_int_equal(ax_gmem_read(&gmem, gpa(0), in, 0), AX_OK);
}

static void memory_that_does_not_exist_yet_reads_as_zeroes_and_stays_so(void **st)
{
	uint64_t got = 1;
	unsigned used;

	(void)st;
	(void)add(RAM, 4 * MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	used = frames.used_count;
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + 2 * MIB - 4), &got, 8), AX_OK);
	assert_int_equal(got, 0);
	assert_int_equal(frames.used_count, used);
}

static void a_write_that_meets_a_hole_writes_nothing(void **st)
{
	uint64_t zero = 0;
	uint64_t ones = UINT64_MAX;
	uint64_t got = 1;
	unsigned used;

	(void)st;
	(void)add(RAM, MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	(void)add(RAM + 2 * MIB, MIB, RO, AXADDRSPACE_SLOT_LAZY, 0);
	(void)add(RAM + 3 * MIB, MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	used = frames.used_count;
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM + MIB - 4), &ones, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 4), &got, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM + 2 * MIB), &ones, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM + 3 * MIB - 4), &ones, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_write(&gmem, gpa(UINT64_MAX - 3), &ones, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_read(&gmem, gpa(UINT64_MAX - 3), &got, 8), AX_EFAULT);
	assert_int_equal(frames.used_count, used);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 8), &got, 8), AX_OK);
	assert_memory_equal(&got, &zero, 8);

	frames.fail_at = 2; /* the page behind the block that 1 MiB has no room for */
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM), &ones, 8), AX_ENOMEM);
	frames.fail_at = 0;
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM), &got, 8), AX_OK);
	assert_int_equal(got, 0);
}

static void the_loader_writes_into_read_only_slots(void **st)
{
	struct ax_gmem loader = axaddrspace_gmem_loader(&as);
	uint32_t word = 0xd65f03c0;
	uint32_t got = 0;

	(void)st;
	(void)add(RAM, 2 * MIB, RO | AXADDRSPACE_PROT_EXEC, 0, 0);
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM), &word, 4), AX_EFAULT);
	assert_int_equal(ax_gmem_write(&loader, gpa(RAM), &word, 4), AX_OK);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM), &got, 4), AX_OK);
	assert_int_equal(got, word);
	assert_int_equal(query(RAM).prot, RO | AXADDRSPACE_PROT_EXEC);
	assert_int_equal(ax_gmem_write(&loader, gpa(RAM - 2), &word, 4), AX_EFAULT);
}

static void publishing_covers_what_exists_and_skips_the_rest(void **st)
{
	uint64_t before = axaddrspace_fake_published_bytes;

	(void)st;
	frames.max_bytes = 4096;
	(void)add(RAM, MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	assert_int_equal(fault(RAM, true), AX_OK);
	assert_int_equal(fault(RAM + 4096, true), AX_OK);
	axaddrspace_publish(&as, gpa(RAM - MIB + 5), 4 * MIB);
	assert_int_equal(axaddrspace_fake_published_bytes - before, 8192);
	axaddrspace_publish(&as, gpa(RAM + 4090), 10);
	assert_int_equal(axaddrspace_fake_published_bytes - before, 8192 + 10);
	axaddrspace_publish(&as, gpa(RAM), 0);
	axaddrspace_publish(&as, gpa(UINT64_MAX - 4096), UINT64_MAX);
	assert_int_equal(axaddrspace_fake_published_bytes - before, 8192 + 10);
}

/* --- Dirty log */

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
	struct ax_frame_ops far = { far_alloc, far_free, far_to_virt };

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

static void memory_to_come_ends_at_its_slots_end(void **st)
{
	hpa_t block;
	uint32_t word = 0xcafe;
	uint64_t got = UINT64_MAX;

	(void)st;
	assert_int_equal(axtest_frame_ops.alloc(&frames, 2 * MIB, &block), AX_OK);
	memcpy(axtest_frame_ops.to_virt(&frames, block), &word, 4);
	(void)add(RAM, MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	(void)add(RAM + MIB, MIB, RWX, AXADDRSPACE_SLOT_FIXED, block.v);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 4), &got, 8), AX_OK);
	assert_true(got == (uint64_t)word << 32);
	axtest_frame_ops.free(&frames, block, 2 * MIB);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make, drop)

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
		T(bad_slots_are_refused_with_a_line),
		T(slots_are_found_by_address_and_guard_their_range),
		T(leaves_do_not_grow_over_a_slots_end),
		T(the_host_reads_and_writes_across_pages_and_slots),
		T(memory_that_does_not_exist_yet_reads_as_zeroes_and_stays_so),
		T(a_write_that_meets_a_hole_writes_nothing),
		T(the_loader_writes_into_read_only_slots),
		T(publishing_covers_what_exists_and_skips_the_rest),
		T(the_first_write_to_each_page_is_logged),
		T(writes_of_the_host_are_logged),
		T(memory_that_comes_while_logging_is_logged_when_written),
		T(ending_the_log_puts_blocks_back),
		T(owned_memory_keeps_the_size_it_was_allocated_in),
		T(memory_to_come_ends_at_its_slots_end),
		T(a_log_needs_a_slot_room_and_to_be_off),
		cmocka_unit_test_setup_teardown(
			a_write_fault_without_a_frame_to_split_with_logs_nothing, make_riscv, drop),
	};

	return cmocka_run_group_tests_name("axaddrspace_slots", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Mapping by address: against the reference for every format, leaf sizes, order, running out. */
#include "model.h"

#define RW  (AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_WRITE)
#define RWX AXADDRSPACE_PROT_RWX
#define RO  AXADDRSPACE_PROT_READ
#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

static const struct tree {
	const struct axaddrspace_fmt *fmt;
	uint32_t input_bits, pa_bits;
	uint64_t base;
} trees[] = {
	{ &axaddrspace_fmt_aarch64, 32, 40, GIB - 12 * MIB },
	{ &axaddrspace_fmt_aarch64, 40, 40, 0 },
	{ &axaddrspace_fmt_aarch64, 43, 44, (UINT64_C(1) << 43) - 24 * MIB },
	{ &axaddrspace_fmt_aarch64, 48, 48, (UINT64_C(1) << 39) - 12 * MIB },
	{ &axaddrspace_fmt_sv39x4, 41, 56, (UINT64_C(1) << 41) - 24 * MIB },
	{ &axaddrspace_fmt_sv48x4, 50, 56, (UINT64_C(1) << 48) - 12 * MIB },
	{ &axaddrspace_fmt_sv57x4, 59, 56, (UINT64_C(1) << 48) - 12 * MIB },
	{ &axaddrspace_fmt_ept, 48, 46, GIB - 12 * MIB },
	{ &axaddrspace_fmt_npt, 48, 48, (UINT64_C(1) << 39) - 12 * MIB },
};

static struct model m;

static void start(const struct tree *t)
{
	model_init(&m, t->fmt, t->input_bits, t->pa_bits, t->base);
}

static uint64_t leaf_bytes_at(uint64_t addr)
{
	struct axaddrspace_mapping map;

	assert_int_equal(axaddrspace_query(&m.as, gpa(addr), &map), AX_OK);
	return map.bytes;
}

/** One step that is as likely to meet blocks as odd pages. */
static void random_step(uint64_t *rng)
{
	static const uint32_t prots[] = { RO, RW, RWX, RWX, RO | AXADDRSPACE_PROT_EXEC };
	uint64_t r = axtest_random(rng);
	uint32_t unit = (r & 1) != 0 ? 512 : 1;
	uint32_t first = (uint32_t)((r >> 8) % (MODEL_PAGES / unit)) * unit;
	uint32_t count = (uint32_t)(1 + (r >> 24) % (unit == 1 ? 700 : 4)) * unit;
	uint32_t prot = prots[(r >> 36) % AX_ARRAY_SIZE(prots)];
	uint64_t delta = ((r >> 40) & 3) == 0 ? AX_PAGE_SIZE : ((r >> 42) & 3) * 2 * MIB;
	uint64_t to = (m.base + first * AX_PAGE_SIZE) % (64 * MIB) + 4 * GIB - 1 * GIB + delta;

	count = first + count > MODEL_PAGES ? MODEL_PAGES - first : count;
	switch ((r >> 48) % 5) {
	case 0:
	case 1:
		if (((r >> 56) & 7) == 0) {
			prot = RW | AXADDRSPACE_PROT_DEV;
		}
		model_map(&m, first, count, to, prot);
		break;
	case 2:
		model_unmap(&m, first, count);
		break;
	default:
		model_protect(&m, first, count, prot);
		break;
	}
}

static void random_sequences_match_the_reference_in_every_format(void **st)
{
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(trees); i++) {
		uint64_t rng = 0x5eed + i;

		start(&trees[i]);
		for (int step = 0; step < 250; step++) {
			random_step(&rng);
		}
		model_fini(&m);
	}
}

static void running_out_of_frames_changes_nothing_and_leaks_nothing(void **st)
{
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(trees); i += 2) {
		uint64_t rng = 0xbad + i;

		start(&trees[i]);
		m.fail_frames = true;
		for (int step = 0; step < 200; step++) {
			random_step(&rng);
		}
		model_fini(&m);
	}
}

static void each_failing_allocation_of_one_map_is_undone(void **st)
{
	(void)st;
	start(&trees[0]);
	/* Pages only, over the 1 GiB boundary: two tables of level 1, twelve of level 0. */
	for (unsigned n = 1;; n++) {
		unsigned used = m.frames.used_count;

		m.frames.fail_at = n;
		ax_err_t err = axaddrspace_map(&m.as, gpa(m.base), hpa(4 * GIB + AX_PAGE_SIZE),
					       24 * MIB, RWX);

		if (err == AX_OK) {
			assert_int_equal(n, 15);
			break;
		}
		assert_int_equal(err, AX_ENOMEM);
		assert_int_equal(m.frames.used_count, used);
		assert_int_equal(axaddrspace_query(&m.as, gpa(m.base),
						   &(struct axaddrspace_mapping){ .prot = 0 }),
				 AX_ENOENT);
	}
	m.frames.fail_at = 0;
	assert_int_equal(axaddrspace_unmap(&m.as, gpa(m.base), 24 * MIB), AX_OK);
	model_fini(&m);
}

static void the_largest_leaf_that_alignment_allows_is_used(void **st)
{
	static const struct {
		uint64_t gpa, hpa, bytes, probe, leaf;
	} cases[] = {
		{ 8 * GIB, 16 * GIB, 2 * GIB, 9 * GIB, GIB },
		{ 12 * GIB - 2 * MIB, 20 * GIB - 2 * MIB, GIB + 2 * MIB, 12 * GIB - MIB, 2 * MIB },
		{ 16 * GIB, 24 * GIB + 2 * MIB, GIB, 16 * GIB, 2 * MIB },
		{ 18 * GIB, 24 * GIB + 4096, 4 * MIB, 18 * GIB, 4096 },
		{ 20 * GIB + 4096, 28 * GIB + 4096, 4 * MIB, 20 * GIB + 2 * MIB, 2 * MIB },
	};

	(void)st;
	start(&(struct tree){ &axaddrspace_fmt_aarch64, 40, 40, 0 });
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		assert_int_equal(axaddrspace_map(&m.as, gpa(cases[i].gpa), hpa(cases[i].hpa),
						 cases[i].bytes, RWX),
				 AX_OK);
		assert_int_equal(leaf_bytes_at(cases[i].probe), cases[i].leaf);
	}
	assert_int_equal(leaf_bytes_at(12 * GIB), GIB);
	assert_int_equal(leaf_bytes_at(20 * GIB + 4096), 4096);
	assert_int_equal(leaf_bytes_at(20 * GIB + 4 * MIB), 4096);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		assert_int_equal(axaddrspace_unmap(&m.as, gpa(cases[i].gpa), cases[i].bytes),
				 AX_OK);
	}
	model_fini(&m);
}

static void one_page_splits_a_gibibyte_and_merges_back(void **st)
{
	struct axaddrspace_mapping map;
	uint64_t page = 5 * GIB + 6 * MIB + 3 * AX_PAGE_SIZE;

	(void)st;
	start(&(struct tree){ &axaddrspace_fmt_npt, 48, 48, 0 });
	assert_int_equal(axaddrspace_map(&m.as, gpa(5 * GIB), hpa(7 * GIB), GIB, RWX), AX_OK);
	unsigned used = m.frames.used_count;

	assert_int_equal(axaddrspace_protect(&m.as, gpa(page), AX_PAGE_SIZE, RO), AX_OK);
	assert_int_equal(m.frames.used_count, used + 2);
	assert_int_equal(leaf_bytes_at(5 * GIB), 2 * MIB);
	assert_int_equal(leaf_bytes_at(page + AX_PAGE_SIZE), AX_PAGE_SIZE);
	assert_int_equal(axaddrspace_query(&m.as, gpa(page), &map), AX_OK);
	assert_int_equal(map.prot, RO);
	assert_int_equal(map.hpa.v, page + 2 * GIB);
	assert_int_equal(axaddrspace_protect(&m.as, gpa(page), AX_PAGE_SIZE, RWX), AX_OK);
	assert_int_equal(leaf_bytes_at(page), GIB);
	assert_int_equal(m.frames.used_count, used);

	assert_int_equal(axaddrspace_unmap(&m.as, gpa(page), AX_PAGE_SIZE), AX_OK);
	assert_int_equal(axaddrspace_query(&m.as, gpa(page), &map), AX_ENOENT);
	assert_int_equal(axaddrspace_map(&m.as, gpa(page), hpa(page + 2 * GIB), AX_PAGE_SIZE, RWX),
			 AX_OK);
	assert_int_equal(leaf_bytes_at(page), GIB);
	assert_int_equal(axaddrspace_unmap(&m.as, gpa(5 * GIB), GIB), AX_OK);
	model_fini(&m);
}

static void leaf_sizes_can_be_limited(void **st)
{
	static const uint64_t limits[] = { 4096, 2 * MIB, GIB };

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(limits); i++) {
		struct axtest_frames frames;
		struct axaddrspace_tlb_fake tlb = { .range_count = 0 };

		axtest_frames_init(&frames);
		assert_int_equal(axaddrspace_init(&m.as,
						  &(struct axaddrspace_cfg){
							  .fmt = &axaddrspace_fmt_ept,
							  .input_bits = 48,
							  .pa_bits = 46,
							  .max_leaf_bytes = limits[i],
							  .frames = &axtest_frame_ops,
							  .frames_ctx = &frames,
							  .tlb = &axaddrspace_tlb_fake,
							  .tlb_ctx = &tlb }),
				 AX_OK);
		assert_int_equal(axaddrspace_map(&m.as, gpa(0), hpa(0), GIB, RWX), AX_OK);
		assert_int_equal(leaf_bytes_at(0), limits[i]);
		axaddrspace_fini(&m.as); /* frees the tables of what is still mapped */
		assert_int_equal(tlb.all_count, 1);
		assert_int_equal(axtest_frames_fini(&frames), 0);
		axaddrspace_fini(&m.as); /* zeroed by the first */
	}
}

/* Entries of the range must be invalid when the TLB is told, and valid only after that. */
static unsigned broken_pages;

static void count_broken(void *ctx, uint64_t start_gpa, uint64_t bytes)
{
	struct axaddrspace_mapping map;

	(void)ctx;
	for (uint64_t at = start_gpa; at < start_gpa + bytes; at += AX_PAGE_SIZE) {
		broken_pages += !model_walk(&m.as, at, &map);
	}
}

static void entries_are_invalid_before_they_are_invalidated(void **st)
{
	(void)st;
	start(&(struct tree){ &axaddrspace_fmt_aarch64, 40, 40, 0 });
	m.tlb.observe = count_broken;
	assert_int_equal(axaddrspace_map(&m.as, gpa(0), hpa(GIB), 4 * MIB, RWX), AX_OK);
	assert_int_equal(m.tlb.range_count, 0); /* from invalid to valid needs none */

	broken_pages = 0;
	assert_int_equal(axaddrspace_protect(&m.as, gpa(4096), 4096, RO), AX_OK);
	assert_int_equal(m.tlb.range_count, 1);
	assert_int_equal(m.tlb.ranges[0].start, 0); /* all of the leaf that was split */
	assert_int_equal(m.tlb.ranges[0].bytes, 2 * MIB);
	assert_int_equal(m.tlb.ranges[0].stride, 2 * MIB);
	assert_false(m.tlb.last.tables);
	assert_int_equal(broken_pages, 512);
	assert_int_equal(m.tlb.sync_count, 1);

	broken_pages = 0;
	assert_int_equal(axaddrspace_protect(&m.as, gpa(4096), 4096, RO), AX_OK);
	assert_int_equal(m.tlb.range_count, 1); /* nothing changed */

	broken_pages = 0;
	assert_int_equal(axaddrspace_protect(&m.as, gpa(4096), 4096, RWX), AX_OK);
	assert_int_equal(m.tlb.range_count,
			 3); /* the page, then the block that replaces its table */
	assert_int_equal(m.tlb.ranges[1].bytes, 4096);
	assert_int_equal(m.tlb.ranges[2].bytes, 2 * MIB);
	assert_int_equal(m.tlb.ranges[2].stride, 4096);
	assert_true(m.tlb.last.tables);
	assert_int_equal(broken_pages, 1 + 512);

	broken_pages = 0;
	assert_int_equal(axaddrspace_unmap(&m.as, gpa(0), 4 * MIB), AX_OK);
	assert_int_equal(m.tlb.range_count, 4); /* one for all of it */
	assert_int_equal(broken_pages, 1024);
	assert_true(m.tlb.last.tables); /* the emptied table went as well */
	assert_false(m.tlb.pending);
	m.tlb.observe = NULL;
	model_fini(&m);
}

static void the_tlb_is_told_whose_translations_go(void **st)
{
	(void)st;
	start(&(struct tree){ &axaddrspace_fmt_aarch64, 40, 40, 0 });
	atomic_store(&m.as.tag.v, 0x20007);
	assert_int_equal(axaddrspace_map(&m.as, gpa(0), hpa(GIB), 4096, RWX), AX_OK);
	assert_int_equal(axaddrspace_unmap(&m.as, gpa(0), 4096), AX_OK);
	assert_int_equal(m.tlb.last.tag, 7);
	assert_int_equal(m.tlb.last.root, m.as.root.v | UINT64_C(7) << 48);
	assert_int_equal(m.tlb.last.root, axaddrspace_root_value(&m.as));
	assert_int_equal(m.tlb.last.control, axaddrspace_control_value(&m.as));
	model_fini(&m);
}

static void bad_arguments_are_refused(void **st)
{
	static const struct {
		uint64_t gpa, hpa, bytes;
		uint32_t prot;
	} cases[] = {
		{ 1, 0, 4096, RWX },
		{ 0, 1, 4096, RWX },
		{ 0, 0, 4095, RWX },
		{ 0, 0, 0, RWX },
		{ UINT64_C(1) << 40, 0, 4096, RWX },
		{ (UINT64_C(1) << 40) - 4096, 0, 8192, RWX },
		{ 0, UINT64_C(1) << 40, 4096, RWX },
		{ UINT64_MAX - 4095, 0, 8192, RWX },
		{ 0, UINT64_MAX - 4095, 8192, RWX },
		{ 0, 0, 4096, AXADDRSPACE_PROT_WRITE },
		{ 0, 0, 4096, RWX | AXADDRSPACE_OWN_PAGE },
		{ 0, 0, 4096, 0 },
	};

	(void)st;
	start(&(struct tree){ &axaddrspace_fmt_aarch64, 40, 40, 0 });
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		assert_int_equal(axaddrspace_map(&m.as, gpa(cases[i].gpa), hpa(cases[i].hpa),
						 cases[i].bytes, cases[i].prot),
				 AX_EINVAL);
	}
	assert_int_equal(axaddrspace_unmap(&m.as, gpa(0), 1), AX_EINVAL);
	assert_int_equal(axaddrspace_protect(&m.as, gpa(1), 4096, RWX), AX_EINVAL);
	assert_int_equal(axaddrspace_protect(&m.as, gpa(0), 4096, RW | AXADDRSPACE_PROT_DEV),
			 AX_EINVAL);
	assert_int_equal(axaddrspace_protect(&m.as, gpa(0), 4096, AXADDRSPACE_PROT_EXEC),
			 AX_EINVAL);
	assert_int_equal(axaddrspace_query(&m.as, gpa(UINT64_MAX),
					   &(struct axaddrspace_mapping){ .prot = 0 }),
			 AX_ENOENT);
	model_fini(&m);
}

static void init_says_what_the_machine_lacks(void **st)
{
	struct axtest_frames frames;
	struct axaddrspace_tlb_fake tlb = { .range_count = 0 };
	struct axaddrspace_cfg cfg = { .fmt = &axaddrspace_fmt_aarch64,
				       .input_bits = 44,
				       .pa_bits = 40,
				       .frames = &axtest_frame_ops,
				       .frames_ctx = &frames,
				       .tlb = &axaddrspace_tlb_fake,
				       .tlb_ctx = &tlb };

	(void)st;
	axtest_frames_init(&frames);
	axtest_port_reset();
	assert_int_equal(axaddrspace_init(&m.as, &cfg), AX_ENOTSUP);
	assert_int_equal(axtest_log_count, 1);
	cfg.input_bits = 40;
	frames.max_bytes = 4096; /* the concatenated root takes 8 KiB */
	assert_int_equal(axaddrspace_init(&m.as, &cfg), AX_ENOMEM);
	assert_int_equal(axtest_log_count, 2);
	cfg.tag_bits = 17;
	AXTEST_EXPECT_PANIC((void)!axaddrspace_init(&m.as, &cfg));
	assert_int_equal(axtest_frames_fini(&frames), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_sequences_match_the_reference_in_every_format),
		cmocka_unit_test(running_out_of_frames_changes_nothing_and_leaks_nothing),
		cmocka_unit_test(each_failing_allocation_of_one_map_is_undone),
		cmocka_unit_test(the_largest_leaf_that_alignment_allows_is_used),
		cmocka_unit_test(one_page_splits_a_gibibyte_and_merges_back),
		cmocka_unit_test(leaf_sizes_can_be_limited),
		cmocka_unit_test(entries_are_invalid_before_they_are_invalidated),
		cmocka_unit_test(the_tlb_is_told_whose_translations_go),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(init_says_what_the_machine_lacks),
	};

	return cmocka_run_group_tests_name("axaddrspace_tables", tests, NULL, NULL);
}

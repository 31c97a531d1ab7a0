/* SPDX-License-Identifier: Apache-2.0 */
/* Tags: one per guest, new generations when they run out, and nobody's pulled from under a CPU. */
#include <axaddrspace/tag.h>
#include <axtest/axtest.h>

#define TAGS 8
#define CPUS 3

static struct axaddrspace_tags tags;
static uint64_t map[AX_BITMAP_WORDS(TAGS)];
static unsigned flushes;

static void flush_all(void *ctx)
{
	assert_ptr_equal(ctx, &flushes);
	flushes++;
}

static void make(bool broadcast)
{
	flushes = 0;
	axaddrspace_tags_init(&tags, &(struct axaddrspace_tags_cfg){
					     .count = TAGS,
					     .map = map,
					     .cpu_count = CPUS,
					     .flush_all = broadcast ? flush_all : NULL,
					     .ctx = &flushes });
}

static void each_guest_gets_a_number_of_its_own_and_never_0(void **st)
{
	struct axaddrspace_tag guest[TAGS - 1] = { 0 };
	bool seen[TAGS] = { true };

	(void)st;
	make(true);
	for (size_t i = 0; i < AX_ARRAY_SIZE(guest); i++) {
		assert_false(axaddrspace_tag_valid(&tags, &guest[i]));
		assert_int_equal(axaddrspace_tag_number(&guest[i]), 0);
		assert_int_equal(axaddrspace_tag_get(&tags, &guest[i], 0), AXADDRSPACE_TAG_CHANGED);
		assert_true(axaddrspace_tag_valid(&tags, &guest[i]));
		assert_in_range(axaddrspace_tag_number(&guest[i]), 1, TAGS - 1);
		assert_false(seen[axaddrspace_tag_number(&guest[i])]);
		seen[axaddrspace_tag_number(&guest[i])] = true;
		assert_int_equal(axaddrspace_tag_get(&tags, &guest[i], 1), 0);
	}
	assert_int_equal(flushes, 0);
}

static void running_out_starts_a_generation_that_keeps_the_live_ones(void **st)
{
	struct axaddrspace_tag guest[TAGS] = { 0 };

	(void)st;
	make(true);
	for (uint32_t i = 0; i < TAGS - 1; i++) {
		axaddrspace_tag_get(&tags, &guest[i], i == 2 || i == 4 ? 1 + i / 4 : 0);
	}
	uint32_t two = axaddrspace_tag_number(&guest[2]);
	uint32_t four = axaddrspace_tag_number(&guest[4]);

	assert_int_equal(axaddrspace_tag_get(&tags, &guest[TAGS - 1], 0), AXADDRSPACE_TAG_CHANGED);
	assert_int_equal(flushes, 1);
	for (uint32_t i = 0; i < TAGS - 1; i++) {
		assert_int_equal(axaddrspace_tag_valid(&tags, &guest[i]), i == 2 || i == 4);
	}
	assert_int_equal(axaddrspace_tag_number(&guest[2]), two);
	assert_int_equal(axaddrspace_tag_number(&guest[4]), four);
	assert_int_not_equal(axaddrspace_tag_number(&guest[TAGS - 1]), two);
	assert_int_not_equal(axaddrspace_tag_number(&guest[TAGS - 1]), four);
	assert_int_equal(axaddrspace_tag_get(&tags, &guest[2], 1), 0); /* number unchanged */
	assert_int_equal(axaddrspace_tag_get(&tags, &guest[0], 1), AXADDRSPACE_TAG_CHANGED);
}

static void valid_numbers_are_never_shared_whatever_the_order(void **st)
{
	struct axaddrspace_tag guest[20] = { 0 };
	uint64_t rng = 7;

	(void)st;
	make(true);
	for (int step = 0; step < 3000; step++) {
		uint64_t r = axtest_random(&rng);
		struct axaddrspace_tag *g = &guest[(r >> 8) % 20];

		if ((r & 7) == 0) {
			axaddrspace_tag_put(&tags, (uint32_t)(r >> 32) % CPUS);
			continue;
		}
		axaddrspace_tag_get(&tags, g, (uint32_t)(r >> 32) % CPUS);
		assert_true(axaddrspace_tag_valid(&tags, g));
		for (size_t i = 0; i < 20; i++) {
			for (size_t j = 0; j < i; j++) {
				if (axaddrspace_tag_valid(&tags, &guest[i]) &&
				    axaddrspace_tag_valid(&tags, &guest[j])) {
					assert_int_not_equal(axaddrspace_tag_number(&guest[i]),
							     axaddrspace_tag_number(&guest[j]));
				}
			}
		}
	}
	assert_true(flushes > 10);
}

static void without_a_broadcast_each_cpu_is_told_once_to_flush(void **st)
{
	struct axaddrspace_tag guest[TAGS] = { 0 };

	(void)st;
	make(false);
	for (uint32_t i = 0; i < TAGS; i++) {
		uint32_t todo = axaddrspace_tag_get(&tags, &guest[i], 0);

		assert_int_equal(todo, i == TAGS - 1 ? AXADDRSPACE_TAG_CHANGED |
							       AXADDRSPACE_TAG_FLUSH_LOCAL
						     : AXADDRSPACE_TAG_CHANGED);
	}
	assert_int_equal(axaddrspace_tag_get(&tags, &guest[TAGS - 1], 2),
			 AXADDRSPACE_TAG_FLUSH_LOCAL);
	assert_int_equal(axaddrspace_tag_get(&tags, &guest[TAGS - 1], 2), 0);
	assert_int_equal(axaddrspace_tag_get(&tags, &guest[0], 0), AXADDRSPACE_TAG_CHANGED);
}

static void a_guest_put_off_its_cpu_loses_its_tag_with_the_generation(void **st)
{
	struct axaddrspace_tag guest[TAGS] = { 0 };

	(void)st;
	make(true);
	axaddrspace_tag_get(&tags, &guest[0], 1);
	axaddrspace_tag_put(&tags, 1);
	for (uint32_t i = 1; i < TAGS; i++) {
		axaddrspace_tag_get(&tags, &guest[i], 0);
	}
	assert_int_equal(flushes, 1);
	assert_false(axaddrspace_tag_valid(&tags, &guest[0]));
}

static void too_few_tags_for_the_cpus_is_a_callers_bug(void **st)
{
	struct axaddrspace_tag guest = { 0 };
	struct axaddrspace_tags_cfg cfg = { .count = 4, .map = map, .cpu_count = 3 };

	(void)st;
	AXTEST_EXPECT_PANIC(axaddrspace_tags_init(&tags, &cfg));
	cfg = (struct axaddrspace_tags_cfg){ .count = 65537, .map = map, .cpu_count = 1 };
	AXTEST_EXPECT_PANIC(axaddrspace_tags_init(&tags, &cfg));
	cfg = (struct axaddrspace_tags_cfg){ .count = 8, .map = map, .cpu_count = 0 };
	AXTEST_EXPECT_PANIC(axaddrspace_tags_init(&tags, &cfg));
	make(true);
	AXTEST_EXPECT_PANIC((void)axaddrspace_tag_get(&tags, &guest, CPUS));
	AXTEST_EXPECT_PANIC(axaddrspace_tag_put(&tags, CPUS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_guest_gets_a_number_of_its_own_and_never_0),
		cmocka_unit_test(running_out_starts_a_generation_that_keeps_the_live_ones),
		cmocka_unit_test(valid_numbers_are_never_shared_whatever_the_order),
		cmocka_unit_test(without_a_broadcast_each_cpu_is_told_once_to_flush),
		cmocka_unit_test(a_guest_put_off_its_cpu_loses_its_tag_with_the_generation),
		cmocka_unit_test(too_few_tags_for_the_cpus_is_a_callers_bug),
	};

	return cmocka_run_group_tests_name("axaddrspace_tag", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Bits, strings, list, bitmap, ring and arena. */
#include <axtest/axtest.h>
#include <axbase/arena.h>
#include <axbase/bitmap.h>
#include <axbase/bits.h>
#include <axbase/list.h>
#include <axbase/lock.h>
#include <axbase/ring.h>
#include <axbase/str.h>

static void fields_round_trip(void **st)
{
	(void)st;
	uint64_t mask = AX_MASK64(18, 16);

	assert_int_equal(mask, 0x70000);
	assert_int_equal(AX_FIELD_PREP(mask, 5), 0x50000);
	assert_int_equal(AX_FIELD_PREP(mask, 0xd), 0x50000);
	assert_int_equal(AX_FIELD_GET(mask, UINT64_C(0xfff5ffff)), 5);
	assert_int_equal(AX_MASK64(63, 0), UINT64_MAX);
}

static void sign_extension_and_byte_masks(void **st)
{
	(void)st;
	assert_int_equal(ax_sign_extend(0x80, 8), UINT64_C(0xffffffffffffff80));
	assert_int_equal(ax_sign_extend(0x7f, 8), 0x7f);
	assert_int_equal(ax_sign_extend(UINT64_MAX, 64), UINT64_MAX);
	assert_int_equal(ax_byte_mask(1), 0xff);
	assert_int_equal(ax_byte_mask(8), UINT64_MAX);
}

static void ranges_at_the_top_of_the_address_space(void **st)
{
	(void)st;
	assert_true(ax_range_valid(UINT64_MAX, 1));
	assert_false(ax_range_valid(UINT64_MAX, 2));
	assert_false(ax_range_valid(0, 0));
	assert_true(ax_ranges_overlap(UINT64_MAX - 9, 10, UINT64_MAX, 1));
	assert_false(ax_ranges_overlap(0, 10, 10, 5));
	assert_false(ax_ranges_overlap(5, 0, 0, 10));
}

static void strings_are_cut_to_empty(void **st)
{
	(void)st;
	char buf[4] = "xxx";

	assert_int_equal(ax_strcpy(buf, sizeof(buf), "abcd"), AX_ETOOBIG);
	assert_string_equal(buf, "");
	assert_int_equal(ax_strcpy(buf, sizeof(buf), "abc"), AX_OK);
	assert_true(ax_streq(buf, "abc"));
	assert_false(ax_streq(buf, "abcd"));
	assert_false(ax_streq("abcd", buf));
	assert_int_equal(ax_strnlen("abc", 2), 2);
}

static void every_error_has_its_own_name(void **st)
{
	(void)st;
	for (int a = AX_ETOOBIG; a <= AX_OK; a++) {
		assert_string_not_equal(ax_err_name((ax_err_t)a), "AX_E?");
		for (int b = AX_ETOOBIG; b < a; b++) {
			assert_string_not_equal(ax_err_name((ax_err_t)a), ax_err_name((ax_err_t)b));
		}
	}
	assert_string_equal(ax_err_name((ax_err_t)1), "AX_E?");
}

static void list_keeps_order(void **st)
{
	(void)st;
	struct ax_list head, n[3];
	unsigned i = 0;

	ax_list_init(&head);
	assert_true(ax_list_empty(&head));
	for (unsigned k = 0; k < 3; k++) {
		ax_list_init(&n[k]);
		ax_list_insert(&head, &n[k]);
	}
	ax_list_remove(&n[1]);
	ax_list_remove(&n[1]);
	ax_list_for_each (pos, &head) {
		assert_ptr_equal(pos, &n[i]);
		i += 2;
	}
	assert_int_equal(i, 4);
}

static void bitmap_next_crosses_words(void **st)
{
	(void)st;
	uint64_t map[AX_BITMAP_WORDS(130)] = { 0 };

	ax_bitmap_set(map, 3);
	ax_bitmap_set(map, 129);
	assert_int_equal(ax_bitmap_next(map, 130, 0), 3);
	assert_int_equal(ax_bitmap_next(map, 130, 4), 129);
	assert_int_equal(ax_bitmap_next(map, 129, 4), 129); /* beyond the end: the end */
	ax_bitmap_clear(map, 129);
	assert_false(ax_bitmap_test(map, 129));
	assert_int_equal(ax_bitmap_next(map, 130, 130), 130);
}

static void ring_fills_and_drains(void **st)
{
	(void)st;
	uint8_t store[4];
	struct ax_ring r;
	uint8_t b;

	ax_ring_init(&r, store, sizeof(store));
	assert_false(ax_ring_get(&r, &b));
	for (unsigned round = 0; round < 3; round++) {
		for (uint8_t i = 0; i < 4; i++) {
			assert_true(ax_ring_put(&r, i));
		}
		assert_true(ax_ring_full(&r));
		assert_false(ax_ring_put(&r, 9));
		for (uint8_t i = 0; i < 4; i++) {
			assert_true(ax_ring_get(&r, &b));
			assert_int_equal(b, i);
		}
	}
	assert_int_equal(ax_ring_count(&r), 0);
}

static void arena_aligns_and_runs_out(void **st)
{
	(void)st;
	static uint8_t AX_ALIGNED(64) store[256];
	struct ax_arena a;
	uint8_t *p;

	ax_arena_init(&a, store, sizeof(store));
	assert_ptr_equal(ax_arena_alloc(&a, 1, 1), store);
	p = ax_arena_alloc(&a, 64, 64);
	assert_ptr_equal(p, store + 64);
	assert_null(ax_arena_alloc(&a, 129, 1));
	assert_null(ax_arena_alloc(&a, SIZE_MAX, 1));
	assert_ptr_equal(ax_arena_alloc(&a, 128, 1), store + 128);
	assert_null(ax_arena_alloc(&a, 1, 1));
}

static void spinlock_is_taken_and_given_back(void **st)
{
	(void)st;
	struct ax_spinlock l = AX_SPINLOCK_INIT;

	ax_spin_lock(&l);
	assert_true(ax_spin_is_held(&l));
	ax_spin_unlock(&l);
	assert_false(ax_spin_is_held(&l));
}

static void the_lowest_set_bit_by_table_is_the_builtins(void **st)
{
	(void)st;
	for (unsigned i = 0; i < 64; i++) {
		assert_int_equal(ax_ctz64_by_table(UINT64_C(1) << i), i);
		assert_int_equal(ax_ctz64_by_table(~UINT64_C(0) << i), i);
		assert_int_equal(ax_ctz64(UINT64_C(0x8000000000000001) << i | UINT64_C(1) << 63),
				 i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lowest_set_bit_by_table_is_the_builtins),
		cmocka_unit_test(fields_round_trip),
		cmocka_unit_test(sign_extension_and_byte_masks),
		cmocka_unit_test(ranges_at_the_top_of_the_address_space),
		cmocka_unit_test(strings_are_cut_to_empty),
		cmocka_unit_test(every_error_has_its_own_name),
		cmocka_unit_test(list_keeps_order),
		cmocka_unit_test(bitmap_next_crosses_words),
		cmocka_unit_test(ring_fills_and_drains),
		cmocka_unit_test(arena_aligns_and_runs_out),
		cmocka_unit_test(spinlock_is_taken_and_given_back),
	};

	return cmocka_run_group_tests_name("axbase", tests, NULL, NULL);
}

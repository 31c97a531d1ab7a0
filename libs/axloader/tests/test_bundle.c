/* SPDX-License-Identifier: Apache-2.0 */
#include <axtest/axtest.h>
#include <axloader/bundle.h>
#include "fixtures.h"
#include <stdlib.h>
#include <string.h>

static void walk_gives_every_entry_in_order(void **state)
{
	static const struct {
		const char *name;
		const char *data;
	} want[] = {
		{ "vms", "" }, { "vms/one.vm", "first" }, { "Image", "12345678" }, { "empty", "" }
	};
	struct axloader_file f;
	size_t pos = 0;

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(want); i++) {
		assert_int_equal(axloader_bundle_next(fx_cpio.bytes, fx_cpio.size, &pos, &f),
				 AX_OK);
		assert_string_equal(f.name, want[i].name);
		assert_int_equal(f.size, strlen(want[i].data));
		assert_memory_equal(f.data, want[i].data, f.size);
	}
	/* The end stays the end. */
	assert_int_equal(axloader_bundle_next(fx_cpio.bytes, fx_cpio.size, &pos, &f), AX_ENOENT);
	assert_int_equal(axloader_bundle_next(fx_cpio.bytes, fx_cpio.size, &pos, &f), AX_ENOENT);
}

static void find_knows_names_with_and_without_a_dot(void **state)
{
	struct axloader_file f = { 0 };

	(void)state;
	assert_int_equal(axloader_bundle_find(fx_cpio.bytes, fx_cpio.size, "vms/one.vm", &f),
			 AX_OK);
	assert_memory_equal(f.data, "first", 5);
	assert_int_equal(axloader_bundle_find(fx_cpio.bytes, fx_cpio.size, "one.vm", &f),
			 AX_ENOENT);
	assert_int_equal(axloader_bundle_find(fx_cpio.bytes, fx_cpio.size, "TRAILER!!!", &f),
			 AX_ENOENT);
	assert_int_equal(axloader_bundle_find(NULL, 0, "Image", &f), AX_ENOENT);
}

/*
 * Walks a heap copy, so that a read past its end is the sanitizer's. Returns what ended the walk.
 */
static ax_err_t walk(const uint8_t *bytes, size_t len, unsigned *count, size_t *pos)
{
	uint8_t *copy = malloc(len + 1);
	struct axloader_file f;
	ax_err_t err;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	copy = realloc(copy, len == 0 ? 1 : len);
	assert_non_null(copy);
	*count = 0;
	*pos = 0;
	while ((err = axloader_bundle_next(copy, len, pos, &f)) == AX_OK) {
		const uint8_t *data = f.data;

		assert_true(data >= copy && f.size <= len && data + f.size <= copy + len);
		assert_true((const uint8_t *)f.name + strlen(f.name) < copy + len);
		*count += 1;
	}
	free(copy);
	return err;
}

static void cut_archive_ends_in_a_format_error(void **state)
{
	size_t whole = fx_cpio.size - 512; /* the padding after the trailer is no loss */
	unsigned count;
	size_t pos;

	(void)state;
	for (size_t len = 0; len + 4 < whole; len++) {
		assert_int_equal(walk(fx_cpio.bytes, len, &count, &pos), AX_EFORMAT);
		assert_true(pos <= len && count <= 4);
	}
	assert_int_equal(walk(fx_cpio.bytes, whole, &count, &pos), AX_ENOENT);
	assert_int_equal(count, 4);
}

static void damage_anywhere_is_survived(void **state)
{
	static const uint8_t values[] = { 0, 0xff, 'f', '0', 'g' };
	uint8_t *copy = malloc(fx_cpio.size);
	unsigned count;
	size_t pos;

	(void)state;
	assert_non_null(copy);
	for (size_t i = 0; i < fx_cpio.size; i++) {
		for (size_t v = 0; v < AX_ARRAY_SIZE(values); v++) {
			memcpy(copy, fx_cpio.bytes, fx_cpio.size);
			copy[i] = values[v];
			assert_int_not_equal(walk(copy, fx_cpio.size, &count, &pos), AX_OK);
		}
	}
	free(copy);
}

static void damaged_header_stays_where_it_is(void **state)
{
	uint8_t copy[512];
	struct axloader_file f;
	size_t pos = 0;
	size_t second;

	(void)state;
	assert_true(fx_cpio.size > sizeof(copy));
	memcpy(copy, fx_cpio.bytes, sizeof(copy));
	assert_int_equal(axloader_bundle_next(copy, sizeof(copy), &pos, &f), AX_OK);
	second = pos;
	copy[second] = 'x';
	assert_int_equal(axloader_bundle_next(copy, sizeof(copy), &pos, &f), AX_EFORMAT);
	assert_int_equal(pos, second);
	copy[second] = '0';
	copy[second + 5] = '2'; /* the variant with checksums is another format */
	assert_int_equal(axloader_bundle_next(copy, sizeof(copy), &pos, &f), AX_EFORMAT);
	pos = sizeof(copy) + 1;
	assert_int_equal(axloader_bundle_next(copy, sizeof(copy), &pos, &f), AX_EFORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk_gives_every_entry_in_order),
		cmocka_unit_test(find_knows_names_with_and_without_a_dot),
		cmocka_unit_test(cut_archive_ends_in_a_format_error),
		cmocka_unit_test(damage_anywhere_is_survived),
		cmocka_unit_test(damaged_header_stays_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

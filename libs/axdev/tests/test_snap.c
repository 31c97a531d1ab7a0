/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a snapshot: what is accepted, and that a refusal leaves everything as it was. */
#include <axdev/snap.h>
#include <axtest/axtest.h>
#include <string.h>

#define MAGIC   UINT32_C(0x54534554)
#define VERSION 3

struct snap {
	struct ax_snap_hdr hdr;
	uint32_t value;
};

static const struct snap good = {
	.hdr = { .magic = MAGIC, .version = VERSION, .size = sizeof(good) },
	.value = 0x12345678,
};

static void what_is_written_is_read_back_at_any_alignment(void **st)
{
	uint8_t buf[sizeof(good) + 1];
	struct snap snap = { .value = 0 };
	size_t len = 0;

	(void)st;
	assert_int_equal(ax_snap_write(&good, sizeof(good), buf + 1, sizeof(good), &len), AX_OK);
	assert_int_equal(len, sizeof(good));
	assert_int_equal(ax_snap_read(&snap, sizeof(snap), buf + 1, len, MAGIC, VERSION), AX_OK);
	assert_memory_equal(&snap, &good, sizeof(good));
}

static void too_small_a_buffer_is_left_alone(void **st)
{
	uint8_t buf[sizeof(good)], before[sizeof(good)];
	size_t len = 77;

	(void)st;
	memset(buf, 0xa5, sizeof(buf));
	memcpy(before, buf, sizeof(buf));
	assert_int_equal(ax_snap_write(&good, sizeof(good), buf, sizeof(buf) - 1, &len), AX_ENOSPC);
	assert_memory_equal(buf, before, sizeof(buf));
	assert_int_equal(len, 77);
}

static void a_foreign_header_or_length_is_of_another_version(void **st)
{
	const struct {
		struct ax_snap_hdr hdr;
		size_t len;
	} rows[] = {
		{ { MAGIC + 1, VERSION, 0, sizeof(good) }, sizeof(good) },
		{ { MAGIC, VERSION + 1, 0, sizeof(good) }, sizeof(good) },
		{ { MAGIC, VERSION - 1, 0, sizeof(good) }, sizeof(good) },
		{ { MAGIC, VERSION, 0, sizeof(good) - 4 }, sizeof(good) },
		{ { MAGIC, VERSION, 0, sizeof(good) }, sizeof(good) - 1 },
		{ { MAGIC, VERSION, 0, sizeof(good) }, sizeof(good) + 1 },
		{ { MAGIC, VERSION, 0, sizeof(good) }, 0 },
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(rows); i++) {
		struct snap bad[2] = { { .hdr = rows[i].hdr } }, snap = good;

		assert_int_equal(ax_snap_check(bad, rows[i].len, MAGIC, VERSION, sizeof(good)),
				 AX_EVERSION);
		assert_int_equal(ax_snap_read(&snap, sizeof(snap), bad, rows[i].len, MAGIC,
					      VERSION),
				 AX_EVERSION);
		assert_memory_equal(&snap, &good, sizeof(good));
	}
}

/* A reader whose size depends on what it reads may pass any length as the one it expects. */
static void no_length_is_so_short_that_the_header_is_read_behind_it(void **st)
{
	uint8_t buf[sizeof(struct ax_snap_hdr)];

	(void)st;
	for (size_t len = 0; len <= sizeof(buf); len++) {
		uint8_t *end = buf + sizeof(buf) - len; /* a sanitizer watches what is behind */
		struct ax_snap_hdr hdr = { MAGIC, VERSION, 0, (uint32_t)len };

		memcpy(end, &hdr, len);
		assert_int_equal(ax_snap_check(end, len, MAGIC, VERSION, len),
				 len == sizeof(hdr) ? AX_OK : AX_EVERSION);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back_at_any_alignment),
		cmocka_unit_test(too_small_a_buffer_is_left_alone),
		cmocka_unit_test(a_foreign_header_or_length_is_of_another_version),
		cmocka_unit_test(no_length_is_so_short_that_the_header_is_read_behind_it),
	};

	return cmocka_run_group_tests_name("axdev snap", tests, NULL, NULL);
}

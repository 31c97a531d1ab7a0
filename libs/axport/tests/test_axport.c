/* SPDX-License-Identifier: Apache-2.0 */
/* The formatter, the rate limit and the assertion. */
#include <axtest/axtest.h>
#include <axport/assert.h>
#include <axport/log.h>
#include <stdio.h>
#include <string.h>

static void formats_like_the_c_library(void **st)
{
	(void)st;
	char ours[128], libc[128];

#define SAME(...)                                                                       \
	do {                                                                            \
		size_t n = ax_format(ours, sizeof(ours), __VA_ARGS__);                  \
		assert_int_equal(n, (size_t)snprintf(libc, sizeof(libc), __VA_ARGS__)); \
		assert_string_equal(ours, libc);                                        \
	} while (0)
	SAME("plain");
	SAME("%d %i %u", -5, 7, 4000000000u);
	SAME("%ld %lu %lx", INT64_MIN, UINT64_MAX, UINT64_C(0xfeedfacecafe));
	SAME("%08x|%8x|%-8x|%X", 0xabcu, 0xabcu, 0xabcu, 0xabcu);
	SAME("%05d|%-5d|%5d", -42, -42, -42);
	SAME("%s|%8s|%-8s|%.2s", "abc", "abc", "abc", "abc");
	SAME("%c%c%%", 'o', 'k');
	SAME("%zu", sizeof(ours));
#undef SAME
	ax_format(ours, sizeof(ours), "%p", (void *)(uintptr_t)0x1234);
	assert_string_equal(ours, "0x1234");
}

static void long_text_is_cut_and_its_length_told(void **st)
{
	(void)st;
	char buf[5];

	assert_int_equal(ax_format(buf, sizeof(buf), "%s", "abcdefgh"), 8);
	assert_string_equal(buf, "abcd");
	assert_int_equal(ax_format(buf, 1, "x"), 1);
	assert_string_equal(buf, "");
}

static void a_log_line_reaches_the_port(void **st)
{
	(void)st;
	const char *volatile null = NULL; /* volatile: out of the sight of the format check */

	axtest_port_reset();
	ax_log(AX_LOG_WARN, "vm%u: %s", 3u, (const char *)null);
	assert_int_equal(axtest_log_count, 1);
	assert_string_equal(axtest_log_last, "vm3: (null)");
}

static void limit_opens_again_after_its_period(void **st)
{
	(void)st;
	struct ax_log_limit limit = { .burst = 2, .period_ns = 1000 };

	axtest_port_reset();
	assert_true(ax_log_allowed(&limit));
	assert_true(ax_log_allowed(&limit));
	assert_false(ax_log_allowed(&limit));
	axtest_now_ns = 999;
	assert_false(ax_log_allowed(&limit));
	axtest_now_ns = 1000;
	assert_true(ax_log_allowed(&limit));
}

static void failed_assert_panics(void **st)
{
	(void)st;
	int one = 1;

	AXTEST_EXPECT_PANIC(ax_assert(one == 2));
	ax_assert(one == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_like_the_c_library),
		cmocka_unit_test(long_text_is_cut_and_its_length_told),
		cmocka_unit_test(a_log_line_reaches_the_port),
		cmocka_unit_test(limit_opens_again_after_its_period),
		cmocka_unit_test(failed_assert_panics),
	};

	return cmocka_run_group_tests_name("axport", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of fdtlibc beside those of the host's libc. The build gives ours the prefix fdtlibc_,
 * since a process can have only one strlen().
 */
#include <axtest/axtest.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

void *fdtlibc_memchr(const void *s, int c, size_t n);
size_t fdtlibc_strlen(const char *s);
size_t fdtlibc_strnlen(const char *s, size_t cap);
char *fdtlibc_strchr(const char *s, int c);
char *fdtlibc_strrchr(const char *s, int c);
unsigned long fdtlibc_strtoul(const char *s, char **end, int base);
void fdtlibc_stack_chk_fail(void);

static const char *const texts[] = { "", "a", "/", "/a/b/c", "abcabc", "x\xff\x80y", "a=b" };
static const int wanted[] = { 'a', '/', 'c', 0xff, -1, 0, 'z', 'a' + 256 };

static void searches_find_what_libc_finds(void **st)
{
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(texts); i++) {
		const char *s = texts[i];
		size_t len = strlen(s);

		assert_int_equal(fdtlibc_strlen(s), len);
		assert_int_equal(fdtlibc_strnlen(s, 2), len < 2 ? len : 2);
		for (size_t j = 0; j < AX_ARRAY_SIZE(wanted); j++) {
			assert_ptr_equal(fdtlibc_strchr(s, wanted[j]), strchr(s, wanted[j]));
			assert_ptr_equal(fdtlibc_strrchr(s, wanted[j]), strrchr(s, wanted[j]));
			assert_ptr_equal(fdtlibc_memchr(s, wanted[j], len),
					 memchr(s, wanted[j], len));
		}
	}
}

static const char *const numbers[] = {
	"0",
	"12",
	" \t\n\v\f\r7",
	"+5",
	"-1",
	"0x1fZ",
	"0X1F",
	"0x",
	"0xg",
	"010",
	"08",
	"",
	"abc",
	"zZ9 8",
	"18446744073709551615",
	"18446744073709551616",
	"-18446744073709551616",
	"99999999999999999999999",
	"--1",
	"+-1",
	"- 1",

};
static const int bases[] = { 0, 2, 8, 10, 16, 36 };

static void numbers_are_read_as_libc_reads_them(void **st)
{
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(numbers); i++) {
		for (size_t j = 0; j < AX_ARRAY_SIZE(bases); j++) {
			char *ours, *theirs;
			unsigned long expected = strtoul(numbers[i], &theirs, bases[j]);

			assert_int_equal(fdtlibc_strtoul(numbers[i], &ours, bases[j]), expected);
			assert_ptr_equal(ours, theirs);
			assert_int_equal(fdtlibc_strtoul(numbers[i], NULL, bases[j]), expected);
		}
	}
}

static void an_impossible_base_reads_nothing(void **st)
{
	static const char text[] = "12";
	static const int impossible[] = { 1, 37, -1, INT_MIN };
	char *end;

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(impossible); i++) {
		assert_int_equal(fdtlibc_strtoul(text, &end, impossible[i]), 0);
		assert_ptr_equal(end, text);
	}
}

static void a_smashed_stack_stops_the_machine(void **st)
{
	(void)st;
	AXTEST_EXPECT_PANIC(fdtlibc_stack_chk_fail());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_find_what_libc_finds),
		cmocka_unit_test(numbers_are_read_as_libc_reads_them),
		cmocka_unit_test(an_impossible_base_reads_nothing),
		cmocka_unit_test(a_smashed_stack_stops_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

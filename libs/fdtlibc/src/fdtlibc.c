/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few libc functions that a packaged libfdt.a imports besides mem*, and the two symbols of the
 * stack protector it was compiled with. Only for bare metal: a hosted image has a libc.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <axport/port.h>

/* The names are the compiler's; a NUL in the value stops an overrun that copies strings. */
extern const uintptr_t __stack_chk_guard;
const uintptr_t __stack_chk_guard = (uintptr_t)UINT64_C(0x3c8e51d7a96b2f00);
_Noreturn void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
	ax_port_panic("stack smashed inside libfdt");
}

/* C gives search functions a const argument and a plain result; the union states that on purpose. */
static char *unconst(const char *s)
{
	union {
		const char *in;
		char *out;
	} u = { .in = s };

	return u.out;
}

void *memchr(const void *s, int c, size_t n)
{
	const char *p = s;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == (char)c) {
			return unconst(p + i);
		}
	}
	return NULL;
}

size_t strnlen(const char *s, size_t cap)
{
	size_t n = 0;

	while (n < cap && s[n] != '\0') {
		n++;
	}
	return n;
}

size_t strlen(const char *s)
{
	return strnlen(s, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (*s == '\0') {
			return NULL;
		}
	}
	return unconst(s);
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c) {
			last = s;
		}
		if (*s == '\0') {
			return unconst(last);
		}
	}
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Value of @c as a digit; 36 for what is none. */
static unsigned digit(char c)
{
	if (c >= '0' && c <= '9') {
		return (unsigned)(c - '0');
	}
	if (c >= 'a' && c <= 'z') {
		return (unsigned)(c - 'a') + 10;
	}
	if (c >= 'A' && c <= 'Z') {
		return (unsigned)(c - 'A') + 10;
	}
	return 36;
}

/* Skip "0x" where it is a prefix, and choose the base where @base leaves that open. */
static const char *skip_prefix(const char *s, unsigned *base)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit(s[2]) < 16;

	if (hex && (*base == 0 || *base == 16)) {
		*base = 16;
		return s + 2;
	}
	if (*base == 0) {
		*base = s[0] == '0' ? 8 : 10;
	}
	return s;
}

unsigned long strtoul(const char *s, char **end, int base)
{
	const char *p = s;
	unsigned radix = (unsigned)base;
	unsigned long val = 0;
	bool overflow = false, negative, any = false;

	while (is_space(*p)) {
		p++;
	}
	negative = *p == '-';
	if (*p == '-' || *p == '+') {
		p++;
	}
	p = skip_prefix(p, &radix);
	if (radix >= 2 && radix <= 36) {
		for (; digit(*p) < radix; p++) {
			any = true;
			overflow = overflow || val > (ULONG_MAX - digit(*p)) / radix;
			val = val * radix + digit(*p);
		}
	}
	if (end != NULL) {
		*end = unconst(any ? p : s);
	}
	if (overflow) {
		return ULONG_MAX;
	}
	return negative ? 0 - val : val;
}

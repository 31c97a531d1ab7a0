/* SPDX-License-Identifier: Apache-2.0 */
/* The guests' console above characters, and the mem* functions that the compiler calls. */
#include "guest.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memset(void *dst, int c, size_t n);

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	for (size_t i = 0; i < n; i++) {
		d[i] = s[i];
	}
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	uint8_t *d = dst;

	for (size_t i = 0; i < n; i++) {
		d[i] = (uint8_t)c;
	}
	return dst;
}

bool guest_equal(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

void guest_puts(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n') {
			guest_putc('\r');
		}
		guest_putc(*s);
	}
}

struct field {
	unsigned width;
	bool zero;
	bool left;
};

static void put_field(const char *s, unsigned len, const struct field *f)
{
	for (unsigned i = len; !f->left && i < f->width; i++) {
		guest_putc(f->zero ? '0' : ' ');
	}
	for (unsigned i = 0; i < len; i++) {
		guest_putc(s[i]);
	}
	for (unsigned i = len; f->left && i < f->width; i++) {
		guest_putc(' ');
	}
}

static void put_number(uint64_t v, unsigned base, bool minus, const struct field *f)
{
	char digits[24];
	unsigned at = sizeof(digits);

	do {
		unsigned digit = (unsigned)(v % base);

		digits[--at] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
		v /= base;
	} while (v != 0);
	if (minus) {
		digits[--at] = '-';
	}
	put_field(digits + at, (unsigned)sizeof(digits) - at, f);
}

void guest_put_dec(uint64_t v)
{
	put_number(v, 10, false, &(struct field){ 0 });
}

void guest_put_hex(uint64_t v)
{
	guest_puts("0x");
	put_number(v, 16, false, &(struct field){ 0 });
}

static void put_string(const char *s, const struct field *f)
{
	unsigned len = 0;

	while (s[len] != '\0') {
		len++;
	}
	put_field(s, len, f);
}

/* What stands between % and the conversion; returns the place of the latter. */
static const char *take_flags(const char *p, struct field *f, bool *is_long)
{
	*f = (struct field){ 0 };
	*is_long = false;
	for (; *p == '0' || *p == '-'; p++) {
		f->zero = f->zero || *p == '0';
		f->left = f->left || *p == '-';
	}
	for (; *p >= '0' && *p <= '9'; p++) {
		f->width = f->width * 10 + (unsigned)(*p - '0');
	}
	for (; *p == 'l'; p++) {
		*is_long = true;
	}
	return p;
}

void guest_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	for (const char *p = fmt; *p != '\0'; p++) {
		struct field f;
		bool is_long;

		if (*p != '%') {
			guest_puts((char[]){ *p, '\0' });
			continue;
		}
		p = take_flags(p + 1, &f, &is_long);
		if (*p == 's') {
			put_string(va_arg(ap, const char *), &f);
		} else if (*p == 'c') {
			guest_putc((char)va_arg(ap, int));
		} else if (*p == 'd') {
			int64_t v = is_long ? va_arg(ap, long) : va_arg(ap, int);

			put_number(v < 0 ? -(uint64_t)v : (uint64_t)v, 10, v < 0, &f);
		} else if (*p == 'u' || *p == 'x') {
			uint64_t v = is_long ? va_arg(ap, unsigned long) : va_arg(ap, unsigned int);

			put_number(v, *p == 'u' ? 10 : 16, false, &f);
		} else {
			guest_putc(*p);
		}
	}
	va_end(ap);
}

void guest_read_line(char *buf, size_t cap)
{
	size_t len = 0;

	for (;;) {
		char c;

		while (!guest_getc(&c)) {
		}
		if (c == '\r' || c == '\n') {
			break;
		}
		if ((c == '\b' || c == 0x7f) && len > 0) {
			len--;
			guest_puts("\b \b");
		} else if (c >= ' ' && c < 0x7f && len < cap - 1) {
			buf[len++] = c;
			guest_putc(c);
		}
	}
	buf[len] = '\0';
	guest_puts("\n");
}

static unsigned wrong;

bool guest_check(bool good, const char *what)
{
	guest_printf("%s: %s\n", what, good ? "ok" : "WRONG");
	wrong += !good;
	return good;
}

void guest_done(void)
{
	if (wrong != 0) {
		guest_printf("done, %u wrong\n", wrong);
	} else {
		guest_puts("done\n");
	}
	guest_power_off();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The formatter: integers, strings and characters; no floating point, no allocation. */
#include <axport/log.h>

struct out {
	char *buf;
	size_t cap;
	size_t len; /* of the whole text, cut or not */
};

struct spec {
	bool left;
	bool zero;
	bool upper;
	unsigned width;
	unsigned precision; /* UINT_MAX-like ~0u: none given */
	unsigned bytes;     /* size of the integer argument as promoted or declared */
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->cap) {
		o->buf[o->len] = c;
	}
	o->len++;
}

static void pad(struct out *o, char c, size_t used, unsigned width)
{
	for (; used < width; used++) {
		put(o, c);
	}
}

static void put_text(struct out *o, const struct spec *s, const char *text, size_t len)
{
	if (!s->left) {
		pad(o, ' ', len, s->width);
	}
	for (size_t i = 0; i < len; i++) {
		put(o, text[i]);
	}
	if (s->left) {
		pad(o, ' ', len, s->width);
	}
}

static void put_number(struct out *o, const struct spec *s, uint64_t v, unsigned base,
		       bool negative)
{
	const char *digits = s->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	size_t pos = sizeof(text);

	do {
		text[--pos] = digits[v % base];
		v /= base;
	} while (v != 0);
	if (s->zero && !s->left) {
		size_t len = sizeof(text) - pos + (negative ? 1 : 0);

		if (negative) {
			put(o, '-');
		}
		pad(o, '0', len, s->width);
		for (; pos < sizeof(text); pos++) {
			put(o, text[pos]);
		}
		return;
	}
	if (negative) {
		text[--pos] = '-';
	}
	put_text(o, s, text + pos, sizeof(text) - pos);
}

static const char *parse_spec(const char *f, struct spec *s)
{
	*s = (struct spec){ .precision = ~0u, .bytes = sizeof(int) };
	for (; *f == '-' || *f == '0'; f++) {
		s->left |= *f == '-';
		s->zero |= *f == '0';
	}
	for (; *f >= '0' && *f <= '9'; f++) {
		s->width = s->width * 10 + (unsigned)(*f - '0');
	}
	if (*f == '.') {
		s->precision = 0;
		for (f++; *f >= '0' && *f <= '9'; f++) {
			s->precision = s->precision * 10 + (unsigned)(*f - '0');
		}
	}
	for (; *f == 'h'; f++) { /* promoted to int by the call */
	}
	for (; *f == 'l' || *f == 'z'; f++) {
		s->bytes = sizeof(uint64_t);
	}
	return f;
}

static uint64_t unsigned_arg(const struct spec *s, va_list *args)
{
	return s->bytes == sizeof(uint64_t) ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);
}

static int64_t signed_arg(const struct spec *s, va_list *args)
{
	return s->bytes == sizeof(uint64_t) ? va_arg(*args, int64_t) : va_arg(*args, int);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	size_t len = 0;

	if (text == NULL) {
		text = "(null)";
	}
	while (len < s->precision && text[len] != '\0') {
		len++;
	}
	put_text(o, s, text, len);
}

/* One conversion; @f points at its letter. False if the letter is not known. */
static bool convert(struct out *o, char letter, struct spec *s, va_list *args)
{
	int64_t i;
	char c;

	switch (letter) {
	case '%':
		put(o, '%');
		return true;
	case 'c':
		c = (char)va_arg(*args, int);
		put_text(o, s, &c, 1);
		return true;
	case 's':
		put_string(o, s, va_arg(*args, const char *));
		return true;
	case 'd':
	case 'i':
		i = signed_arg(s, args);
		put_number(o, s, i < 0 ? 0 - (uint64_t)i : (uint64_t)i, 10, i < 0);
		return true;
	case 'u':
		put_number(o, s, unsigned_arg(s, args), 10, false);
		return true;
	case 'X':
	case 'x':
		s->upper = letter == 'X';
		put_number(o, s, unsigned_arg(s, args), 16, false);
		return true;
	case 'p':
		put(o, '0');
		put(o, 'x');
		put_number(o, s, (uintptr_t)va_arg(*args, void *), 16, false);
		return true;
	default:
		return false;
	}
}

size_t ax_vformat(char *buf, size_t cap, const char *fmt, va_list args)
{
	struct out o = { .buf = buf, .cap = cap };
	va_list ap;

	va_copy(ap, args); /* so that its address may be taken whatever type va_list has */
	for (const char *f = fmt; *f != '\0'; f++) {
		struct spec s;
		const char *letter;

		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		letter = parse_spec(f + 1, &s);
		if (!convert(&o, *letter, &s, &ap)) {
			put(&o, '%');
			continue;
		}
		f = letter;
	}
	va_end(ap);
	buf[o.len < cap ? o.len : cap - 1] = '\0';
	return o.len;
}

size_t ax_format(char *buf, size_t cap, const char *fmt, ...)
{
	va_list args;
	size_t len;

	va_start(args, fmt);
	len = ax_vformat(buf, cap, fmt, args);
	va_end(args);
	return len;
}

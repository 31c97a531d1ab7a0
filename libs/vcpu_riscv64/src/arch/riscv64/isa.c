/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "riscv,isa" and "riscv,isa-extensions": naming conventions of the unprivileged manual (chapter
 * 27), with the readings that Linux gives to strings of device trees.
 */
#include <axbase/str.h>
#include <vcpu_riscv64/vcpu.h>

#define BASE_I    1u
#define BASE_M    2u
#define BASE_A    4u
#define BASE_C    8u
#define BASE_IMAC (BASE_I | BASE_M | BASE_A | BASE_C)
#define EXT       VCPU_RISCV64_EXT

/*
 * In canonical order: the letters, Z by the letter that follows, then S. Without a bit in @exts:
 * what every guest has.
 */
static const struct {
	const char *text;
	uint64_t exts;
} names[] = {
	{ "i", 0 },
	{ "m", 0 },
	{ "a", 0 },
	{ "f", EXT(F) },
	{ "d", EXT(D) },
	{ "c", 0 },
	{ "v", EXT(V) },
	{ "zicbom", EXT(ZICBOM) },
	{ "zicboz", EXT(ZICBOZ) },
	{ "zicntr", EXT(ZICNTR) },
	{ "zicsr", 0 },
	{ "zifencei", 0 },
	{ "zihintpause", EXT(ZIHINTPAUSE) },
	{ "zba", EXT(ZBA) },
	{ "zbb", EXT(ZBB) },
	{ "zbc", EXT(ZBC) },
	{ "zbs", EXT(ZBS) },
	{ "sstc", EXT(SSTC) },
	{ "svinval", EXT(SVINVAL) },
	{ "svnapot", EXT(SVNAPOT) },
	{ "svpbmt", EXT(SVPBMT) },
};

/* --- Reading */

struct isa {
	const char *p;
	uint64_t exts;
	unsigned base; /* BASE_ bits */
	bool h;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void one_letter(struct isa *s, char c)
{
	switch (c) {
	case 'g':
		s->base |= BASE_I | BASE_M | BASE_A;
		s->exts |= EXT(ZICNTR) | EXT(F) | EXT(D);
		break;
	case 'i': /* the counters were part of I when the string's format was fixed */
		s->base |= BASE_I;
		s->exts |= EXT(ZICNTR);
		break;
	case 'm':
		s->base |= BASE_M;
		break;
	case 'a':
		s->base |= BASE_A;
		break;
	case 'c':
		s->base |= BASE_C;
		break;
	case 'f':
		s->exts |= EXT(F);
		break;
	case 'd':
		s->exts |= EXT(F) | EXT(D);
		break;
	case 'v':
		s->exts |= EXT(F) | EXT(D) | EXT(V);
		break;
	case 'b':
		s->exts |= EXT(ZBA) | EXT(ZBB) | EXT(ZBS);
		break;
	case 'h':
		s->h = true;
		break;
	default:
		break;
	}
}

/* Length of @text without its version. Names may end in a digit and a letter, not in a digit. */
static size_t without_version(const char *text, size_t len)
{
	size_t n = len;

	while (n != 0 && is_digit(text[n - 1])) {
		n--;
	}
	if (n == len || n < 2 || lower(text[n - 1]) != 'p' || !is_digit(text[n - 2])) {
		return n;
	}
	n--;
	while (n != 0 && is_digit(text[n - 1])) {
		n--;
	}
	return n;
}

static bool same_name(const char *name, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '\0' || name[i] != lower(text[i])) {
			return false;
		}
	}
	return name[len] == '\0';
}

static void long_name(struct isa *s)
{
	const char *text = s->p;
	size_t len;

	while (*s->p != '\0' && *s->p != '_') {
		s->p++;
	}
	len = without_version(text, (size_t)(s->p - text));
	for (size_t i = 0; i < AX_ARRAY_SIZE(names); i++) {
		if (same_name(names[i].text, text, len)) {
			s->exts |= names[i].exts;
		}
	}
}

/* Old QEMUs write the privilege modes as letters: "rv64imafdcsu". */
static bool is_su(const struct isa *s)
{
	return lower(s->p[0]) == 's' && s->p[-1] != '_' && lower(s->p[1]) == 'u';
}

bool vcpu_riscv64_isa_parse(const char *isa, uint64_t *exts, bool *h)
{
	struct isa s = { .p = isa };

	if (!same_name("rv64", isa, ax_strnlen(isa, 4))) {
		return false;
	}
	s.p += 4;
	while (*s.p != '\0') {
		char c = lower(*s.p);

		if (is_su(&s)) {
			s.p += 2;
		} else if (c == 'z' || c == 's' || c == 'x') {
			long_name(&s);
		} else {
			one_letter(&s, c); /* or a part of its version, as "2p0" */
			s.p++;
		}
	}
	if (s.base != BASE_IMAC) {
		return false;
	}
	*exts = s.exts;
	*h = s.h;
	return true;
}

/* --- Writing */

/* Text into @p from @len on; counts what does not fit, and writes nothing with @p NULL. */
struct out {
	char *p;
	size_t len;
};

static void put(struct out *o, const char *text)
{
	for (; *text != '\0'; text++, o->len++) {
		if (o->p != NULL) {
			o->p[o->len] = *text;
		}
	}
}

static void put_zero(struct out *o)
{
	if (o->p != NULL) {
		o->p[o->len] = '\0';
	}
	o->len++;
}

static void put_all(uint64_t exts, struct out *isa, struct out *list)
{
	put(isa, "rv64");
	for (size_t i = 0; i < AX_ARRAY_SIZE(names); i++) {
		bool letter = names[i].text[1] == '\0';

		if ((names[i].exts & ~exts) != 0) {
			continue;
		}
		put(isa, letter ? "" : "_");
		put(isa, names[i].text);
		put(list, names[i].text);
		put_zero(list);
	}
	put_zero(isa);
}

ax_err_t vcpu_riscv64_isa_write(uint64_t exts, char *isa, size_t isa_cap, char *list,
				size_t list_cap, size_t *list_len)
{
	struct out to_isa = { 0 };
	struct out to_list = { 0 };

	put_all(exts, &to_isa, &to_list);
	if (to_isa.len > isa_cap || to_list.len > list_cap) {
		return AX_ENOSPC;
	}
	to_isa = (struct out){ .p = isa };
	to_list = (struct out){ .p = list };
	put_all(exts, &to_isa, &to_list);
	*list_len = to_list.len;
	return AX_OK;
}

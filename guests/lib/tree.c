/* SPDX-License-Identifier: Apache-2.0 */
/* The device tree as the guests read it (Devicetree Specification 5), and the command line in it. */
#include "guest.h"
#include "internal.h"

#define FDT_MAGIC      0xd00dfeed
#define FDT_BEGIN_NODE 1
#define FDT_END_NODE   2
#define FDT_PROP       3
#define FDT_NOP        4

static uint64_t blob; /* 0: there is none */

static uint32_t be32(uint64_t address)
{
	uint32_t v = *(const volatile uint32_t *)address; /* one access: memory may be Device */

	return v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24;
}

static const char *text(uint64_t address)
{
	return (const char *)address;
}

static uint64_t length(const char *s)
{
	uint64_t n = 0;

	while (s[n] != '\0') {
		n++;
	}
	return n;
}

void guest_tree_init(uint64_t dtb)
{
	blob = dtb != 0 && dtb % 8 == 0 && be32(dtb) == FDT_MAGIC ? dtb : 0;
}

uint64_t guest_tree_root(void)
{
	return blob == 0 ? 0 : blob + be32(blob + 8);
}

/* The token behind the one at @at; 0 behind the last. */
static uint64_t next_token(uint64_t at)
{
	switch (be32(at)) {
	case FDT_BEGIN_NODE:
		return (at + 4 + length(text(at + 4)) + 1 + 3) & ~UINT64_C(3);
	case FDT_PROP:
		return (at + 12 + be32(at + 4) + 3) & ~UINT64_C(3);
	case FDT_END_NODE:
	case FDT_NOP:
		return at + 4;
	default:
		return 0;
	}
}

static uint64_t next_node(uint64_t node)
{
	uint64_t at = node == 0 ? 0 : next_token(node);

	while (at != 0 && be32(at) != FDT_BEGIN_NODE) {
		at = next_token(at);
	}
	return at;
}

static bool begins(const char *s, const char *prefix)
{
	while (*prefix != '\0' && *s == *prefix) {
		s++;
		prefix++;
	}
	return *prefix == '\0';
}

uint64_t guest_tree_next(uint64_t node, const char *prefix)
{
	do {
		node = next_node(node);
	} while (node != 0 && !begins(text(node + 4), prefix));
	return node;
}

const uint8_t *guest_tree_prop(uint64_t node, const char *name, uint32_t *bytes)
{
	uint64_t strings = blob + (blob == 0 ? 0 : be32(blob + 12));

	*bytes = 0;
	for (uint64_t at = node == 0 ? 0 : next_token(node); at != 0; at = next_token(at)) {
		uint32_t token = be32(at);

		if (token == FDT_BEGIN_NODE || token == FDT_END_NODE) {
			break;
		}
		if (token == FDT_PROP && guest_equal(text(strings + be32(at + 8)), name)) {
			*bytes = be32(at + 4);
			return (const uint8_t *)(at + 12);
		}
	}
	return NULL;
}

uint64_t guest_tree_compatible(uint64_t node, const char *what)
{
	for (node = next_node(node); node != 0; node = next_node(node)) {
		uint32_t bytes;
		const char *s = (const char *)guest_tree_prop(node, "compatible", &bytes);

		for (uint64_t at = 0; s != NULL && at < bytes; at += length(s + at) + 1) {
			if (guest_equal(s + at, what)) {
				return node;
			}
		}
	}
	return 0;
}

uint64_t guest_tree_cells(uint64_t node, const char *name, uint32_t first, uint32_t count)
{
	uint32_t bytes;
	uint64_t at = (uint64_t)guest_tree_prop(node, name, &bytes);
	uint64_t v = 0;

	if ((uint64_t)first + count > bytes / 4) {
		return 0;
	}
	for (uint32_t i = first; i < first + count; i++) {
		v = v << 32 | be32(at + 4 * (uint64_t)i);
	}
	return v;
}

uint32_t guest_cpu_count(void)
{
	uint32_t count = 0;

	for (uint64_t node = guest_tree_root(); (node = guest_tree_next(node, "cpu@")) != 0;) {
		count++;
	}
	return count;
}

void guest_memory(uint64_t *base, uint64_t *bytes)
{
	uint64_t node = guest_tree_next(guest_tree_root(), "memory@");

	*base = guest_tree_cells(node, "reg", 0, 2);
	*bytes = guest_tree_cells(node, "reg", 2, 2);
}

/* The value of the word @name of the command line: behind "=", or its end; NULL if there is no such word. */
static const char *find_arg(const char *name)
{
	uint32_t bytes;
	uint64_t chosen = guest_tree_next(guest_tree_root(), "chosen");
	const char *p = (const char *)guest_tree_prop(chosen, "bootargs", &bytes);
	uint64_t len = length(name);

	while (p != NULL && *p != '\0') {
		if (begins(p, name) && (p[len] == '\0' || p[len] == ' ' || p[len] == '=')) {
			return p + len + (p[len] == '=');
		}
		while (*p != '\0' && *p != ' ') {
			p++;
		}
		while (*p == ' ') {
			p++;
		}
	}
	return NULL;
}

bool guest_arg(const char *name)
{
	return find_arg(name) != NULL;
}

bool guest_arg_is(const char *name, const char *value)
{
	const char *p = find_arg(name);

	return p != NULL && begins(p, value) &&
	       (p[length(value)] == '\0' || p[length(value)] == ' ');
}

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9') {
		return (unsigned)(c - '0');
	}
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

uint64_t guest_arg_number(const char *name, uint64_t otherwise)
{
	const char *p = find_arg(name);
	unsigned base = 10;
	uint64_t v = 0;

	if (p == NULL || digit_of(*p) > 9) {
		return otherwise;
	}
	if (begins(p, "0x")) {
		base = 16;
		p += 2;
	}
	for (; digit_of(*p) < base; p++) {
		v = v * base + digit_of(*p);
	}
	return v;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Inflate, written from RFC 1951. Codes must be complete, but for a distance code that is alone. */
#include "inflate.h"
#include <axbase/bits.h>
#include <axbase/mem.h>

#define WINDOW_MASK        (INFLATE_WINDOW - 1)
#define FAST_MASK          ((1U << HUFFMAN_FAST_BITS) - 1)
#define END_OF_BLOCK       256
#define NO_SYMBOL          UINT32_MAX
#define BLOCK_HEADERS_MAX  16 /* per run: a stream of empty blocks must not hold the CPU */
#define LITERAL_CODES_MAX  286
#define DISTANCE_CODES_MAX 30

/* RFC 1951 3.2.5: lengths of codes 257 to 285, distances of codes 0 to 29. */
static const uint16_t length_base[29] = { 3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
					  15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
					  67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const uint8_t length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
					  2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const uint16_t distance_base[30] = { 1,    2,    3,    4,     5,     7,    9,    13,
					    17,   25,   33,   49,    65,    97,   129,  193,
					    257,  385,  513,  769,   1025,  1537, 2049, 3073,
					    4097, 6145, 8193, 12289, 16385, 24577 };
static const uint8_t distance_extra[30] = { 0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
					    6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13 };

static bool bad(struct inflate *z, const char *fault)
{
	z->state = INFLATE_BAD;
	z->fault = fault;
	return false;
}

static void refill(struct inflate *z)
{
	while (z->bit_count <= 56 && z->in_pos < z->in_size) {
		z->bits |= (uint64_t)z->in[z->in_pos++] << z->bit_count;
		z->bit_count += 8;
	}
}

static bool take(struct inflate *z, unsigned count, uint32_t *value)
{
	if (z->bit_count < count) {
		refill(z);
		if (z->bit_count < count) {
			return bad(z, "ends before its last block does");
		}
	}
	*value = (uint32_t)(z->bits & ((UINT64_C(1) << count) - 1));
	z->bits >>= count;
	z->bit_count -= count;
	return true;
}

static uint32_t reverse(uint32_t code, unsigned len)
{
	uint32_t r = 0;

	for (unsigned i = 0; i < len; i++) {
		r = r << 1 | ((code >> i) & 1);
	}
	return r;
}

static void fill_fast(struct huffman *h, uint32_t code, unsigned len, unsigned symbol)
{
	for (uint32_t i = reverse(code, len); i <= FAST_MASK; i += UINT32_C(1) << len) {
		h->fast[i] = (uint16_t)(len << 12 | symbol);
	}
}

/*
 * The code whose symbol i has @lengths[i] bits (0: none). Returns the share of code space that is
 * not used: 0 for a complete code, negative for an impossible one.
 */
static int32_t huffman_build(struct huffman *h, const uint8_t *lengths, unsigned symbols)
{
	uint16_t place[HUFFMAN_MAX_BITS + 2] = { 0 };
	uint32_t next_code[HUFFMAN_MAX_BITS + 2] = { 0 };
	int32_t left = 1;

	memset(h, 0, sizeof(*h));
	for (unsigned i = 0; i < symbols; i++) {
		h->count[lengths[i]]++;
	}
	h->count[0] = 0;
	for (unsigned len = 1; len <= HUFFMAN_MAX_BITS; len++) {
		left = left * 2 - h->count[len];
		if (left < 0) {
			return left;
		}
		place[len + 1] = (uint16_t)(place[len] + h->count[len]);
		next_code[len + 1] = (next_code[len] + h->count[len]) << 1;
	}
	for (unsigned i = 0; i < symbols; i++) {
		unsigned len = lengths[i];

		if (len == 0) {
			continue;
		}
		h->symbol[place[len]++] = (uint16_t)i;
		if (len <= HUFFMAN_FAST_BITS) {
			fill_fast(h, next_code[len], len, i);
		}
		next_code[len]++;
	}
	return left;
}

/*
 * RFC 1951 3.2.7 lets one distance code stand alone with one bit; no code at all means literals
 * only.
 */
static bool is_usable(const struct huffman *h, int32_t left)
{
	unsigned longer = 0;

	for (unsigned len = 2; len <= HUFFMAN_MAX_BITS; len++) {
		longer += h->count[len];
	}
	return left == 0 || (left > 0 && longer == 0);
}

static uint32_t decode_long(const struct inflate *z, const struct huffman *h, unsigned *len)
{
	uint32_t code = 0;
	uint32_t first = 0;
	uint32_t index = 0;

	for (unsigned i = 1; i <= HUFFMAN_MAX_BITS; i++) {
		code |= (uint32_t)(z->bits >> (i - 1)) & 1;
		if (code - first < h->count[i]) {
			*len = i;
			return h->symbol[index + (code - first)];
		}
		index += h->count[i];
		first = (first + h->count[i]) << 1;
		code <<= 1;
	}
	return NO_SYMBOL;
}

static uint32_t decode(struct inflate *z, const struct huffman *h)
{
	refill(z);
	unsigned entry = h->fast[z->bits & FAST_MASK];
	unsigned len = entry >> 12;
	uint32_t symbol = entry & 0xfff;

	if (entry == 0) {
		symbol = decode_long(z, h, &len);
		if (symbol == NO_SYMBOL) {
			bad(z, "uses a code that no symbol has");
			return NO_SYMBOL;
		}
	}
	if (len > z->bit_count) {
		bad(z, "ends before its last block does");
		return NO_SYMBOL;
	}
	z->bits >>= len;
	z->bit_count -= len;
	return symbol;
}

static bool begin_stored(struct inflate *z)
{
	uint32_t pad;
	uint32_t len;
	uint32_t nlen;

	if (!take(z, z->bit_count % 8, &pad) || !take(z, 16, &len) || !take(z, 16, &nlen)) {
		return false;
	}
	if (len != (nlen ^ 0xffff)) {
		return bad(z, "has a stored block with a damaged length");
	}
	z->stored_left = len;
	z->state = INFLATE_STORED;
	return true;
}

static void begin_fixed(struct inflate *z)
{
	uint8_t lengths[HUFFMAN_SYMBOLS];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	(void)huffman_build(&z->literals, lengths, HUFFMAN_SYMBOLS);
	memset(lengths, 5, 32);
	(void)huffman_build(&z->distances, lengths, 32);
	z->state = INFLATE_CODES;
}

/* The code that the two others' lengths are written in (RFC 1951 3.2.7). */
static bool read_length_code(struct inflate *z, unsigned count)
{
	static const uint8_t order[19] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
					   11, 4,  12, 3, 13, 2, 14, 1, 15 };
	uint8_t lengths[19] = { 0 };

	for (unsigned i = 0; i < count; i++) {
		uint32_t v;

		if (!take(z, 3, &v)) {
			return false;
		}
		lengths[order[i]] = (uint8_t)v;
	}
	if (huffman_build(&z->literals, lengths, 19) != 0) {
		return bad(z, "has an incomplete code of code lengths");
	}
	return true;
}

/* Symbols 16 to 18 of that code: the previous length again, or zeros. */
static bool read_repeat(struct inflate *z, uint32_t symbol, uint32_t *times)
{
	static const uint8_t extra[3] = { 2, 3, 7 };
	static const uint8_t base[3] = { 3, 3, 11 };

	if (!take(z, extra[symbol - 16], times)) {
		return false;
	}
	*times += base[symbol - 16];
	return true;
}

static bool read_lengths(struct inflate *z, uint8_t *lengths, unsigned total)
{
	for (unsigned i = 0; i < total;) {
		uint32_t symbol = decode(z, &z->literals);
		uint32_t times = 1;

		if (symbol == NO_SYMBOL || (symbol >= 16 && !read_repeat(z, symbol, &times))) {
			return false;
		}
		if ((symbol == 16 && i == 0) || times > total - i) {
			return bad(z, "repeats a code length past the table");
		}
		uint8_t len = (uint8_t)(symbol == 16 ? lengths[i - 1] : symbol > 16 ? 0 : symbol);

		memset(lengths + i, len, times);
		i += times;
	}
	return true;
}

static bool begin_dynamic(struct inflate *z)
{
	uint8_t lengths[LITERAL_CODES_MAX + DISTANCE_CODES_MAX];
	uint32_t hlit;
	uint32_t hdist;
	uint32_t hclen;

	if (!take(z, 5, &hlit) || !take(z, 5, &hdist) || !take(z, 4, &hclen)) {
		return false;
	}
	hlit += 257;
	hdist += 1;
	if (hlit > LITERAL_CODES_MAX || hdist > DISTANCE_CODES_MAX) {
		return bad(z, "has more codes than there are symbols");
	}
	if (!read_length_code(z, hclen + 4) || !read_lengths(z, lengths, hlit + hdist)) {
		return false;
	}
	if (lengths[END_OF_BLOCK] == 0) {
		return bad(z, "has a block without an end code");
	}
	if (!is_usable(&z->literals, huffman_build(&z->literals, lengths, hlit)) ||
	    !is_usable(&z->distances, huffman_build(&z->distances, lengths + hlit, hdist))) {
		return bad(z, "has an incomplete or impossible code");
	}
	z->state = INFLATE_CODES;
	return true;
}

static bool begin_block(struct inflate *z)
{
	uint32_t last;
	uint32_t type;

	if (z->last_block) {
		z->state = INFLATE_END;
		return true;
	}
	if (!take(z, 1, &last) || !take(z, 2, &type)) {
		return false;
	}
	z->last_block = last != 0;
	switch (type) {
	case 0:
		return begin_stored(z);
	case 1:
		begin_fixed(z);
		return true;
	case 2:
		return begin_dynamic(z);
	default:
		return bad(z, "has a block of the reserved type");
	}
}

static void put_byte(struct inflate *z, uint8_t byte)
{
	z->window[z->out & WINDOW_MASK] = byte;
	z->out++;
}

static bool copy_stored(struct inflate *z, uint64_t limit)
{
	while (z->stored_left > 0 && z->out < limit) {
		uint32_t byte;

		if (!take(z, 8, &byte)) {
			return false;
		}
		put_byte(z, (uint8_t)byte);
		z->stored_left--;
	}
	if (z->stored_left == 0) {
		z->state = INFLATE_BLOCK;
	}
	return true;
}

static void repeat_match(struct inflate *z, uint64_t limit)
{
	while (z->match_len > 0 && z->out < limit) {
		put_byte(z, z->window[(z->out - z->match_dist) & WINDOW_MASK]);
		z->match_len--;
	}
	if (z->match_len == 0) {
		z->state = INFLATE_CODES;
	}
}

static bool begin_match(struct inflate *z, uint32_t symbol)
{
	uint32_t extra;

	if (symbol > 285 || !take(z, length_extra[symbol - 257], &extra)) {
		return z->state != INFLATE_BAD ? bad(z, "has a length symbol out of range") : false;
	}
	z->match_len = length_base[symbol - 257] + extra;
	uint32_t dist = decode(z, &z->distances);

	if (dist == NO_SYMBOL) {
		return false;
	}
	if (dist >= DISTANCE_CODES_MAX) {
		return bad(z, "has a distance symbol out of range");
	}
	if (!take(z, distance_extra[dist], &extra)) {
		return false;
	}
	z->match_dist = distance_base[dist] + extra;
	if (z->match_dist > z->out) {
		return bad(z, "repeats bytes from before its start");
	}
	z->state = INFLATE_MATCH;
	return true;
}

static bool run_codes(struct inflate *z, uint64_t limit)
{
	while (z->out < limit) {
		uint32_t symbol = decode(z, &z->literals);

		if (symbol == NO_SYMBOL) {
			return false;
		}
		if (symbol < END_OF_BLOCK) {
			put_byte(z, (uint8_t)symbol);
		} else if (symbol == END_OF_BLOCK) {
			z->state = INFLATE_BLOCK;
			return true;
		} else if (!begin_match(z, symbol)) {
			return false;
		} else {
			repeat_match(z, limit);
			if (z->state == INFLATE_MATCH) {
				return true;
			}
		}
	}
	return true;
}

void axloader_inflate_begin(struct inflate *z, const uint8_t *in, size_t size)
{
	z->in = in;
	z->in_size = size;
	z->in_pos = 0;
	z->bits = 0;
	z->bit_count = 0;
	z->state = INFLATE_BLOCK;
	z->last_block = false;
	z->out = 0;
	z->fault = NULL;
}

ax_err_t axloader_inflate_run(struct inflate *z, size_t budget, const uint8_t **slice, size_t *n)
{
	size_t start = (size_t)(z->out & WINDOW_MASK);
	uint64_t from = z->out;
	uint64_t limit = from + ax_min_u64(budget, INFLATE_WINDOW - start);
	unsigned headers = 0;

	while (z->out < limit && z->state < INFLATE_END && headers < BLOCK_HEADERS_MAX) {
		switch (z->state) {
		case INFLATE_BLOCK:
			headers++;
			(void)begin_block(z);
			break;
		case INFLATE_STORED:
			(void)copy_stored(z, limit);
			break;
		case INFLATE_CODES:
			(void)run_codes(z, limit);
			break;
		case INFLATE_MATCH:
			repeat_match(z, limit);
			break;
		case INFLATE_END:
		case INFLATE_BAD:
		default:
			break;
		}
	}
	*slice = z->window + start;
	*n = (size_t)(z->out - from);
	return z->state == INFLATE_END ? AX_OK : z->state == INFLATE_BAD ? AX_EFORMAT : AX_EBUSY;
}

size_t axloader_inflate_unused(const struct inflate *z)
{
	return z->in_size - z->in_pos + z->bit_count / 8;
}

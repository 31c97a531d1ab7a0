/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inflate (RFC 1951) and its gzip wrapping (RFC 1952), one slice of output at a time. All input is
 * in memory, so only the output side suspends: after any number of bytes.
 */
#pragma once
#include <axbase/types.h>

#define INFLATE_WINDOW    32768
#define HUFFMAN_FAST_BITS 9
#define HUFFMAN_MAX_BITS  15
#define HUFFMAN_SYMBOLS   288

/* A canonical code. Short codes are found in one look-up, long ones by counting. */
struct huffman {
	uint16_t fast[1 << HUFFMAN_FAST_BITS]; /* length << 12 | symbol; 0: a longer code or none */
	uint16_t count[HUFFMAN_MAX_BITS + 1];  /* codes of each length */
	uint16_t symbol[HUFFMAN_SYMBOLS];      /* in order of code */
};

enum inflate_state {
	INFLATE_BLOCK,  /* at a block header */
	INFLATE_STORED, /* stored_left bytes to copy */
	INFLATE_CODES,  /* at a literal/length code */
	INFLATE_MATCH,  /* match_len bytes to repeat */
	INFLATE_END,
	INFLATE_BAD,
};

struct inflate {
	const uint8_t *in;
	size_t in_size;
	size_t in_pos;
	uint64_t bits; /* input not used yet, first bit lowest */
	unsigned bit_count;
	enum inflate_state state;
	bool last_block;
	uint32_t stored_left;
	uint32_t match_len;
	uint32_t match_dist;
	uint64_t out;      /* bytes so far */
	const char *fault; /* what was wrong, in INFLATE_BAD */
	struct huffman literals;
	struct huffman distances;
	uint8_t window[INFLATE_WINDOW]; /* the last bytes of output, a ring indexed by @out */
};

void axloader_inflate_begin(struct inflate *z, const uint8_t *in, size_t size);

/*
 * Up to @budget bytes; *@slice (in the window, good until the next call) has *@n of them, maybe
 * none. AX_EBUSY: there is more. AX_OK: that was the end. AX_EFORMAT: see z->fault. The time is
 * bounded by @budget and a fixed number of block headers.
 */
ax_err_t axloader_inflate_run(struct inflate *z, size_t budget, const uint8_t **slice, size_t *n);

/*
 * Bytes of input not used, once the end is reached: whole bytes in the bit buffer are given back.
 */
size_t axloader_inflate_unused(const struct inflate *z);

struct gzip {
	struct inflate z;
	uint32_t crc;
	uint32_t crc_table[256];
	const char *fault;
};

/* Read the header of @data. AX_EFORMAT: gz->fault says why. */
ax_err_t axloader_gzip_begin(struct gzip *gz, const uint8_t *data, size_t size);

/* As axloader_inflate_run(), with AX_OK only after CRC-32 and length have been found right. */
ax_err_t axloader_gzip_run(struct gzip *gz, size_t budget, const uint8_t **slice, size_t *n);

/* The length that the last four bytes of @data claim. @size must be at least 4. */
uint32_t axloader_gzip_isize(const uint8_t *data, size_t size);

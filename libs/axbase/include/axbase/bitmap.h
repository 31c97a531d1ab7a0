/* SPDX-License-Identifier: Apache-2.0 */
/* Bitmaps in caller's arrays of uint64_t words. None of these is atomic. */
#pragma once
#include <axbase/bits.h>

/** Words needed for @bits bits. A constant expression for a constant argument. */
#define AX_BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline bool ax_bitmap_test(const uint64_t *map, size_t bit)
{
	return (map[bit / 64] & AX_BIT64(bit % 64)) != 0;
}

static inline void ax_bitmap_set(uint64_t *map, size_t bit)
{
	map[bit / 64] |= AX_BIT64(bit % 64);
}

static inline void ax_bitmap_clear(uint64_t *map, size_t bit)
{
	map[bit / 64] &= ~AX_BIT64(bit % 64);
}

/** Index of the first set bit at or after @from, or @bits if there is none below @bits. */
static inline size_t ax_bitmap_next(const uint64_t *map, size_t bits, size_t from)
{
	for (size_t w = from / 64; w < AX_BITMAP_WORDS(bits); w++) {
		uint64_t word = map[w];

		if (w == from / 64) {
			word &= ~UINT64_C(0) << (from % 64);
		}
		if (word != 0) {
			size_t bit = w * 64 + ax_ctz64(word);

			return bit < bits ? bit : bits;
		}
	}
	return bits;
}

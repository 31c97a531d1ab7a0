/* SPDX-License-Identifier: Apache-2.0 */
/* How this machine copies and fills memory: a hart may have misaligned accesses emulated. For mem.c alone. */
#pragma once
#include "inline.h"

#define BOARD_MEM_UNALIGNED 0

typedef uint64_t __attribute__((may_alias)) board_u64;
typedef uint32_t __attribute__((may_alias)) board_u32;

static inline void board_copy_up(uint8_t *d, const uint8_t *s, size_t n)
{
	uintptr_t apart = (uintptr_t)d ^ (uintptr_t)s;

	if ((apart & 3) == 0) {
		for (; n > 0 && ((uintptr_t)d & 7) != 0; n--) {
			*d++ = *s++;
		}
	}
	if ((apart & 7) == 0) {
		for (; n >= 32; n -= 32, d += 32, s += 32) {
			const board_u64 *from = (const board_u64 *)(const void *)s;
			board_u64 *to = (board_u64 *)(void *)d;
			uint64_t a = from[0];
			uint64_t b = from[1];
			uint64_t e = from[2];
			uint64_t f = from[3];

			to[0] = a;
			to[1] = b;
			to[2] = e;
			to[3] = f;
		}
		for (; n >= 8; n -= 8, d += 8, s += 8) {
			*(board_u64 *)(void *)d = *(const board_u64 *)(const void *)s;
		}
	}
	if ((apart & 3) == 0) { /* as files in an archive lie */
		for (; n >= 4; n -= 4, d += 4, s += 4) {
			*(board_u32 *)(void *)d = *(const board_u32 *)(const void *)s;
		}
	}
	for (; n > 0; n--) {
		*d++ = *s++;
	}
}

static inline void board_fill(uint8_t *d, int c, size_t n)
{
	uint64_t pattern = (uint8_t)c * UINT64_C(0x0101010101010101);

	for (; n > 0 && ((uintptr_t)d & 7) != 0; n--) {
		*d++ = (uint8_t)c;
	}
	for (; n >= 32; n -= 32, d += 32) {
		board_u64 *to = (board_u64 *)(void *)d;

		to[0] = pattern;
		to[1] = pattern;
		to[2] = pattern;
		to[3] = pattern;
	}
	for (; n > 0; n--) {
		*d++ = (uint8_t)c;
	}
}

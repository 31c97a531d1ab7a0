/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memcpy and its kin, with general registers only: guests' vector state is live while this runs.
 * Built with -fno-builtin, so that no loop here becomes a call to itself.
 */
#include <axbase/mem.h>
#include "mem_inline.h"

/* Read at any address where the machine can, else at aligned ones. */
struct word {
	uint64_t v;
} AX_PACKED __attribute__((may_alias));

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	board_copy_up(dst, src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	if ((uintptr_t)d - (uintptr_t)s >= n) { /* @dst does not start inside what is to be read */
		board_copy_up(d, s, n);
	} else {
		while (n > 0) {
			n--;
			d[n] = s[n];
		}
	}
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	board_fill(dst, c, n);
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	bool words = BOARD_MEM_UNALIGNED || ax_is_aligned((uintptr_t)x | (uintptr_t)y, 8);

	for (; words && n >= 8; n -= 8, x += 8, y += 8) {
		if (((const struct word *)(const void *)x)->v !=
		    ((const struct word *)(const void *)y)->v) {
			break;
		}
	}
	for (; n > 0; n--, x++, y++) {
		if (*x != *y) {
			return *x < *y ? -1 : 1;
		}
	}
	return 0;
}

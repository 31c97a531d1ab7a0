/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memcpy and its kin, with general registers only: guests' vector state is live while this runs.
 * Built with -fno-builtin, so that no loop here becomes a call to itself.
 */
#include <axbase/mem.h>
#include "internal.h"
#include "sysreg.h"

#define DCZID_BS  AX_MASK64(3, 0)
#define DCZID_DZP AX_BIT64(4)
#define ZVA_MIN   1024 /* below, finding the block boundaries costs more than it saves */

/* Unaligned accesses are fine: this is normal memory, whenever @n is worth it. */
struct word {
	uint64_t v;
} AX_PACKED __attribute__((may_alias));

static void copy_up(uint8_t *d, const uint8_t *s, size_t n)
{
	for (; n >= 64; n -= 64, d += 64, s += 64) {
		uint64_t a;
		uint64_t b;
		uint64_t e;
		uint64_t f;

		__asm__ volatile("ldp %[a], %[b], [%[s]]\n\tldp %[e], %[f], [%[s], #16]\n\t"
				 "stp %[a], %[b], [%[d]]\n\tstp %[e], %[f], [%[d], #16]\n\t"
				 "ldp %[a], %[b], [%[s], #32]\n\tldp %[e], %[f], [%[s], #48]\n\t"
				 "stp %[a], %[b], [%[d], #32]\n\tstp %[e], %[f], [%[d], #48]"
				 : [a] "=&r"(a), [b] "=&r"(b), [e] "=&r"(e), [f] "=&r"(f)
				 : [s] "r"(s), [d] "r"(d)
				 : "memory");
	}
	for (; n >= 8; n -= 8, d += 8, s += 8) {
		uint64_t a;

		__asm__ volatile("ldr %[a], [%[s]]\n\tstr %[a], [%[d]]"
				 : [a] "=&r"(a)
				 : [s] "r"(s), [d] "r"(d)
				 : "memory");
	}
	for (; n > 0; n--) {
		*d++ = *s++;
	}
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	copy_up(dst, src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	if ((uintptr_t)d - (uintptr_t)s >= n) { /* @dst does not start inside what is to be read */
		copy_up(d, s, n);
	} else {
		while (n > 0) {
			n--;
			d[n] = s[n];
		}
	}
	return dst;
}

/** Clear whole cache blocks of [@d, @d + @n); returns how far that went, and starts aligned. */
static size_t zero_blocks(uint8_t *d, size_t n, size_t block)
{
	size_t done = 0;

	for (; n - done >= block; done += block) {
		__asm__ volatile("dc zva, %0" ::"r"(d + done) : "memory");
	}
	return done;
}

static void fill(uint8_t *d, uint64_t pattern, size_t n)
{
	for (; n >= 16; n -= 16, d += 16) {
		__asm__ volatile("stp %0, %0, [%1]" ::"r"(pattern), "r"(d) : "memory");
	}
	for (; n > 0; n--) {
		*d++ = (uint8_t)pattern;
	}
}

void *memset(void *dst, int c, size_t n)
{
	uint8_t *d = dst;
	uint64_t pattern = (uint8_t)c * UINT64_C(0x0101010101010101);

	if (pattern == 0 && n >= ZVA_MIN) {
		uint64_t id = read_dczid_el0();
		size_t block = (size_t)4 << AX_FIELD_GET(DCZID_BS, id);

		if ((id & DCZID_DZP) == 0 && block <= ZVA_MIN / 2) {
			size_t head = (size_t)(-(uintptr_t)d & (block - 1));

			fill(d, 0, head);
			head += zero_blocks(d + head, n - head, block);
			d += head;
			n -= head;
		}
	}
	fill(d, pattern, n);
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	for (; n >= 8; n -= 8, x += 8, y += 8) {
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

/* SPDX-License-Identifier: Apache-2.0 */
/* How this machine copies and fills memory. For mem.c alone; see there. */
#pragma once
#include "inline.h"

#define BOARD_MEM_UNALIGNED 1 /* loads and stores of normal memory may be */

#define DCZID_BS            AX_MASK64(3, 0)
#define DCZID_DZP           AX_BIT64(4)
#define ZVA_MIN             1024 /* below, finding the block boundaries costs more than it saves */

static inline void board_copy_up(uint8_t *d, const uint8_t *s, size_t n)
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

/** Clear whole cache blocks of [@d, @d + @n); returns how far that went, and starts aligned. */
static inline size_t zero_blocks(uint8_t *d, size_t n, size_t block)
{
	size_t done = 0;

	for (; n - done >= block; done += block) {
		__asm__ volatile("dc zva, %0" ::"r"(d + done) : "memory");
	}
	return done;
}

static inline void fill(uint8_t *d, uint64_t pattern, size_t n)
{
	for (; n >= 16; n -= 16, d += 16) {
		__asm__ volatile("stp %0, %0, [%1]" ::"r"(pattern), "r"(d) : "memory");
	}
	for (; n > 0; n--) {
		*d++ = (uint8_t)pattern;
	}
}

static inline void board_fill(uint8_t *d, int c, size_t n)
{
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
}

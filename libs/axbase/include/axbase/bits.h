/* SPDX-License-Identifier: Apache-2.0 */
/* Bits, fields and alignment. One mask constant describes a register field; shifts are derived from it. */
#pragma once
#include <axbase/types.h>

#define AX_BIT64(n)       (UINT64_C(1) << (n))
#define AX_MASK64(hi, lo) ((~UINT64_C(0) >> (63 - (hi))) & (~UINT64_C(0) << (lo)))
#define AX_LSB(mask)      ((mask) & (~(mask) + 1))

/** Value of the field @mask in @reg. Folds to a shift and an AND. */
#define AX_FIELD_GET(mask, reg) (((reg) & (mask)) / AX_LSB(mask))
/** @v placed in the field @mask; excess bits of @v are dropped. Usable in static asserts. */
#define AX_FIELD_PREP(mask, v) (((uint64_t)(v)*AX_LSB(mask)) & (mask))

/** @a must be a power of two. ax_align_up() wraps to 0 past the top of the address space. */
static inline uint64_t ax_align_down(uint64_t v, uint64_t a)
{
	return v & ~(a - 1);
}

static inline uint64_t ax_align_up(uint64_t v, uint64_t a)
{
	return (v + a - 1) & ~(a - 1);
}

static inline bool ax_is_aligned(uint64_t v, uint64_t a)
{
	return (v & (a - 1)) == 0;
}

static inline uint64_t ax_min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t ax_max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/** For ax_ctz64_by_table(): by the six top bits of a de Bruijn sequence, shifted. */
extern const uint8_t ax_ctz64_table[64];

/** What ax_ctz64() is where the processor has no instruction for it. */
static inline unsigned ax_ctz64_by_table(uint64_t v)
{
	return ax_ctz64_table[((v & (~v + 1)) * UINT64_C(0x022fdd63cc95386d)) >> 58];
}

/** Index of the lowest set bit. @v must not be 0. */
static inline unsigned ax_ctz64(uint64_t v)
{
#if defined(__riscv) && !defined(__riscv_zbb) /* the builtin would be a call into libgcc */
	return ax_ctz64_by_table(v);
#else
	return (unsigned)__builtin_ctzll(v);
#endif
}

/** The low @bits (1 to 64) of @v as a sign-extended 64-bit value. */
static inline uint64_t ax_sign_extend(uint64_t v, unsigned bits)
{
	unsigned shift = 64 - bits;

	return (uint64_t)((int64_t)(v << shift) >> shift);
}

/** All-ones mask of the @bytes (1 to 8) low bytes. */
static inline uint64_t ax_byte_mask(unsigned bytes)
{
	return ~UINT64_C(0) >> (-(UINT64_C(8) * bytes) & 63);
}

/** True if [@a, @a + @a_len) and [@b, @b + @b_len) share a byte. Neither range may wrap. */
static inline bool ax_ranges_overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a_len != 0 && b_len != 0 && a <= b + (b_len - 1) && b <= a + (a_len - 1);
}

/** True if [@start, @start + @len) neither wraps nor is empty. */
static inline bool ax_range_valid(uint64_t start, uint64_t len)
{
	return len != 0 && start <= ~UINT64_C(0) - (len - 1);
}

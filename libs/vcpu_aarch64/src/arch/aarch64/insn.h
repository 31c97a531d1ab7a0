/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoder for the loads and stores whose aborts come without a syndrome (C4.1 of the Arm ARM): pairs,
 * writeback forms, SIMD&FP registers. Pure.
 */
#pragma once
#include <axbase/types.h>

/** One memory access, as elements of equal size that lie one behind the other. */
struct insn_access {
	uint64_t va; /* of the first byte */
	uint64_t wback_val;
	uint8_t size;       /* of an element: 1, 2, 4 or 8 bytes */
	uint8_t count;      /* elements, 1 to 4 */
	uint8_t per_reg;    /* elements in a register: 2 for Q registers, else 1 */
	uint8_t log2_bytes; /* of a register */
	uint8_t rt[2];      /* registers; 31 is XZR, or V31 */
	uint8_t rn;         /* base; 31 is SP */
	bool write;
	bool fp;
	bool sign;  /* extend the element's sign */
	bool sf;    /* to 64 bits rather than 32 */
	bool wback; /* then rn = wback_val */
};

/** Register values the address is made of: x[31] is the SP in use. */
struct insn_regs {
	uint64_t x[32];
	uint64_t pc;
};

/**
 * False: not a load or store of a kind that may be emulated piece by piece (atomics, exclusives,
 * structures, tags, prefetches), or its use of registers is CONSTRAINED UNPREDICTABLE.
 */
bool vcpu_aarch64_insn_decode(uint32_t insn, const struct insn_regs *r, struct insn_access *a);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guests gicd and gicr ask of a bank of registers with fields for interrupts: the same
 * registers at the same offsets in the distributor and in a redistributor's SGI frame.
 */
#pragma once
#include "gic.h"

/**
 * A register for setting bits and its twin for clearing them, word @word: set, clear, zeroes written.
 * @mask: the bits that are writable on every implementation; the others are not looked at.
 */
void gic_probe_pair(const char *name, uint64_t set, uint64_t clear, uint32_t mask);
/** A word that can be written: ones, zeroes, a pattern; only the bits of @mask are printed. */
void gic_probe_word(const char *name, uint64_t at, uint32_t mask);
/**
 * Four priorities or targets: by word (@value) and by byte. Only @mask of each byte is printed. Leaves
 * them as they were.
 */
void gic_probe_bytes(const char *name, uint64_t at, uint32_t value, uint32_t mask);
/** Words that must read as zero and ignore writes: whether they do, or say so. */
bool gic_is_zero(uint64_t at, uint32_t words);
void gic_probe_zero(const char *name, uint64_t at, uint32_t words);

/** A register and the sizes, a sum of 1, 2, 4 and 8, that the manual allows. */
struct gic_sizes {
	const char *name;
	uint32_t off;
	uint32_t allowed;
};
/**
 * Reads and writes of every size, also misaligned. What IHI 0069 12.1.3 and IHI 0048 4.1.3 do not allow
 * may be ignored, done, or aborted; the register must be as it was afterwards.
 */
void gic_probe_sizes(uint64_t base, const struct gic_sizes *rows, uint32_t count);

/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores, as instruction words and as what htinst tells of them. Pure. */
#pragma once
#include <axbase/types.h>

/** One load or store of a general or FP register. AMOs, LR and SC are not described: see below. */
struct insn_access {
	uint8_t reg;  /* rd of a load, rs2 of a store: 0 to 31 */
	uint8_t size; /* 1, 2, 4 or 8 bytes */
	uint8_t len;  /* of the instruction: 2 or 4 bytes */
	bool write;
	bool sign; /* a load that sign-extends */
	bool fp;   /* @reg is an FP register; one of 4 bytes is NaN-boxed */
};

/** Where an instruction word says that its first byte is: x[@base] + @off. */
struct insn_address {
	uint8_t base;
	int16_t off; /* bytes */
};

/**
 * Decode the word @insn (its upper half is ignored if it is compressed). RVC included, FP loads and
 * stores included. False: not a load or store that a device can be given; @a is undefined then.
 */
bool vcpu_riscv64_insn_decode(uint32_t insn, struct insn_access *a);

/** The address operand of @insn, for which vcpu_riscv64_insn_decode() has said true. */
struct insn_address vcpu_riscv64_insn_address(uint32_t insn);

/**
 * Decode a non-zero htinst: a transformed instruction (8.6.3), in which bit 1 clear says that the
 * original had 2 bytes. False: a pseudoinstruction, a custom value, not a load or store, or one
 * whose first byte is not at the faulting address.
 */
bool vcpu_riscv64_htinst_decode(uint32_t htinst, struct insn_access *a);

/**
 * htinst says that the fault is an implicit access of VS-stage translation; @write: to update A or
 * D.
 */
bool vcpu_riscv64_htinst_walk(uint64_t htinst, bool *write);

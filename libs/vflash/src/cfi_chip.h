/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two chips of a bank, which work in step: what a read gives, what a bus cycle does to the state. All
 * calls want the device's lock and touch nothing but the state.
 */
#pragma once
#include <vflash/cfi.h>

/* Status register of each chip. */
#define SR_READY   0x80 /* SR.7 */
#define SR_ERASE   0x20 /* SR.5 erase failed; with SR.4: wrong command sequence */
#define SR_PROGRAM 0x10 /* SR.4 programming failed */
#define SR_LOCKED  0x02 /* SR.1 the block is locked */

enum mode { MODE_ARRAY, MODE_STATUS, MODE_ID, MODE_QUERY, MODE_COUNT };
enum cycle {
	CYCLE_COMMAND,
	CYCLE_PROGRAM,
	CYCLE_ERASE,
	CYCLE_LOCK,
	CYCLE_BUFFER_COUNT,
	CYCLE_BUFFER_DATA,
	CYCLE_BUFFER_CONFIRM,
	CYCLE_COUNT
};
enum job { JOB_NONE, JOB_PROGRAM, JOB_ERASE, JOB_COUNT };

#define VFLASH_CFI_BANK_WIDTH 4

/** One bus cycle. */
struct vflash_cfi_cycle {
	uint32_t off;  /* of its four bytes */
	uint32_t data; /* in place; ones where the access has no byte */
	uint32_t raw;  /* the access's own bytes, from the lowest */
};

/** The bank's word at @off, outside read-array mode. */
uint32_t vflash_cfi_read_word(const struct vflash_cfi *f, uint32_t off) AX_REQUIRES(f->lock);

/** A write. It may leave a job in the state. */
void vflash_cfi_write_cycle(struct vflash_cfi *f, const struct vflash_cfi_cycle *c)
	AX_REQUIRES(f->lock);

/** Could @s be the state of @f? */
bool vflash_cfi_is_valid(const struct vflash_cfi *f, const struct vflash_cfi_state *s);

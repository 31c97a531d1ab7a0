/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parallel NOR flash with the Common Flash Interface (JESD68) and the Intel/Sharp extended command set,
 * as QEMU's virt machine has it: a bank four bytes wide made of two x16 chips that work in step, blocks
 * of 256 KiB (128 KiB of each chip). U-Boot's and Linux's CFI drivers and EDK2's NOR flash drivers find
 * and drive it.
 *
 * The content is memory of the VM. In read-array mode the guest reads and executes it directly and only
 * writes come here; in every other mode the window is hidden (axdev/window.h) and reads come too.
 *
 * No access does long work: a programming of at most one buffer is done at once, an erase by
 * vflash_cfi_tick(), slice by slice, while the guest sees the chip busy (SR.7 = 0).
 */
#pragma once
#include <axbase/lock.h>
#include <axdev/gmem.h>
#include <axdev/line.h>
#include <axdev/window.h>

#define VFLASH_CFI_BLOCK_SIZE  UINT64_C(0x40000) /* bytes of the bank that are erased together */
#define VFLASH_CFI_MAX_SIZE    UINT64_C(0x4000000)
#define VFLASH_CFI_MAX_BLOCKS  256
#define VFLASH_CFI_BUFFER_SIZE 128 /* bytes of the bank that one buffered programming can write */
#define VFLASH_CFI_SLICE       UINT64_C(0x10000) /* bytes that one tick erases at most */

/** What the guest can observe beside the content, and the work that is under way. A save is made of it. */
struct vflash_cfi_state {
	uint8_t mode;         /* what a read gives: enum in cfi.c */
	uint8_t cycle;        /* what the next write is: enum in cfi.c */
	uint8_t sr;           /* error bits of the status register; SR.7 is not kept */
	uint8_t job;          /* programming, erasing or neither: enum in cfi.c */
	uint8_t words_left;   /* of a buffered programming, still to come */
	uint8_t buffer_error; /* 1: its writes did not all go to one buffer */
	uint8_t reserved[2];
	uint32_t start; /* first byte of the buffer's place, or of the block being erased */
	uint32_t done;  /* bytes of it erased so far */
	uint32_t locked[VFLASH_CFI_MAX_BLOCKS / 32];
	uint32_t buffer[VFLASH_CFI_BUFFER_SIZE / 4]; /* ones where nothing is to be programmed */
};

/** Owned by the caller. Lock rank: device. */
struct vflash_cfi {
	struct ax_spinlock lock;
	struct vflash_cfi_state s; /* lock */
	bool working;              /* lock: some CPU works on the job, without the lock */
	struct ax_line window;     /* lock, as axdev/line.h says; high is shown */
	struct ax_gmem content;    /* const after init, as the rest */
	gpa_t base;
	uint32_t size;
	bool read_only;
};

struct vflash_cfi_cfg {
	/**
	 * The content, at [@base, @base + @size). Called without the device's lock. write() must reach
	 * memory that the guest cannot write, and make it visible to a guest that reads it uncached. If
	 * a call fails the guest reads ones, or is told of a programming or erase error.
	 */
	struct ax_gmem content;
	gpa_t base;
	uint64_t size; /* a power of two, VFLASH_CFI_BLOCK_SIZE to VFLASH_CFI_MAX_SIZE */
	/** All blocks are locked for good: programming and erasing end with SR.1. */
	bool read_only;
	struct ax_window window;
};

/** In reset state, with the window taken for shown: show() is not called. */
void vflash_cfi_init(struct vflash_cfi *f, const struct vflash_cfi_cfg *cfg);

/**
 * When tick() is due, in ax_port_now_ns() time: 0 while an erase waits for work, UINT64_MAX otherwise.
 * Ask again after each write of the guest, each tick, and after load. Any CPU.
 */
uint64_t vflash_cfi_deadline_ns(struct vflash_cfi *f);

/** Do the next VFLASH_CFI_SLICE bytes of an erase, if one is under way. Any CPU; never in an exit. */
void vflash_cfi_tick(struct vflash_cfi *f);

/** Bytes that a save takes. The content is not in it: it is saved as memory. */
#define VFLASH_CFI_SNAP_SIZE 192

/**
 * The dev is a struct vflash_cfi; its region is @size bytes. All widths are answered: an access is cut
 * into cycles of the bank's four bytes, the command of a cycle is its lowest byte. Reset is a power-up
 * with the content as it is: read-array mode, all blocks unlocked, a half-done erase stays half-done.
 */
extern const struct ax_dev_ops vflash_cfi_ops;

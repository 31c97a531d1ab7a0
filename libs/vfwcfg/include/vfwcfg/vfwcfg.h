/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's firmware configuration device (QEMU, docs/specs/fw_cfg), MMIO variant, with DMA: items under a
 * 16-bit key or a file name, read by a guest's firmware. U-Boot's qfw, EDK2's QemuFwCfgLib and Linux's
 * qemu_fw_cfg drive it. All items are read-only.
 *
 * No access does long work. The write that starts a DMA transfer copies VFWCFG_EXIT_BYTES and answers
 * AX_IO_RETRY as long as there is more: the vCPU repeats it, and finds the transfer done behind it. So
 * drivers expect it; U-Boot's looks at the control word once.
 */
#pragma once
#include <axbase/lock.h>
#include <axdev/dev.h>
#include <axdev/gmem.h>

#define VFWCFG_SIZE       0x18    /* bytes of its region */
#define VFWCFG_EXIT_BYTES 0x10000 /* copied by one access, at most */

/* Keys (FW_CFG_* in QEMU). The device itself answers the first two and the directory. */
#define VFWCFG_SIGNATURE    0x00
#define VFWCFG_ID           0x01
#define VFWCFG_NB_CPUS      0x05
#define VFWCFG_KERNEL_SIZE  0x08
#define VFWCFG_INITRD_SIZE  0x0b
#define VFWCFG_MAX_CPUS     0x0f
#define VFWCFG_KERNEL_DATA  0x11
#define VFWCFG_INITRD_DATA  0x12
#define VFWCFG_CMDLINE_SIZE 0x14
#define VFWCFG_CMDLINE_DATA 0x15
#define VFWCFG_SETUP_SIZE   0x17
#define VFWCFG_SETUP_DATA   0x18
#define VFWCFG_FILE_DIR     0x19
#define VFWCFG_FILE_FIRST   0x20 /* first of the keys that files get, in the order of the table */
#define VFWCFG_MAX_FILES    0x20
#define VFWCFG_NAME_SIZE    56 /* of a file, with its final zero byte */

/** One item. */
struct vfwcfg_item {
	const char *file; /* its name; NULL: the item has a @key */
	uint16_t key;     /* ignored for a file; bit 15: of one architecture */
	uint32_t size;    /* bytes */
	const void *data; /* host memory; NULL: the item is @value */
	uint64_t value;   /* little-endian, the low @size (at most 8) bytes of it */
};

/** A DMA transfer; all is zero when there is none. */
struct vfwcfg_dma {
	uint64_t desc; /* guest address of its FWCfgDmaAccess */
	uint64_t to;   /* and of the next byte */
	uint32_t off;  /* place in the item */
	uint32_t left; /* bytes to copy */
	uint16_t key;  /* item */
	uint8_t stage; /* enum in vfwcfg.c */
	uint8_t reserved[5];
};

/** What the guest can observe, and the transfer that is under way. A save is made of it. */
struct vfwcfg_state {
	uint32_t off;      /* of the next byte of the item; not beyond its end */
	uint32_t dma_high; /* upper half of the DMA address, if it was written by itself */
	uint16_t key;      /* item selected */
	uint8_t reserved[6];
	struct vfwcfg_dma dma;
};

/** Owned by the caller. Lock rank: device. */
struct vfwcfg {
	struct ax_spinlock lock;
	struct vfwcfg_state s; /* lock */
	bool working;          /* lock: some CPU works on the transfer, without the lock */
	struct ax_gmem mem;    /* const after init, as the rest */
	const struct vfwcfg_item *items;
	uint32_t item_count;
};

/**
 * In reset state. @items with their names and data stay with the caller, and unchanged, as long as the
 * device; each key may occur once, VFWCFG_MAX_FILES may be files, each name has fewer than
 * VFWCFG_NAME_SIZE bytes. @mem is the guest's memory, for DMA; it is called without the device's lock.
 */
void vfwcfg_init(struct vfwcfg *f, const struct ax_gmem *mem, const struct vfwcfg_item *items,
		 uint32_t item_count);

/** Bytes that a save takes. Items are not in it: the loading device must have been given the same. */
#define VFWCFG_SNAP_SIZE 64

/**
 * The dev is a struct vfwcfg. Data register at 0 (any width, at its start), selector at 8 (2 bytes),
 * DMA address at 16 (8 bytes, or the upper and then the lower 4); all big-endian. Everything else reads
 * as zero and ignores writes. Reset drops a transfer: its control word stays as it is.
 */
extern const struct ax_dev_ops vfwcfg_ops;

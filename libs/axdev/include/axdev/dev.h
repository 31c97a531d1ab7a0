/* SPDX-License-Identifier: Apache-2.0 */
/* What an emulated device is to the rest: accesses by offset, an interrupt line, save and load. */
#pragma once
#include <axbase/types.h>

/** Outcome of one emulated access. */
enum ax_io_result {
	AX_IO_HANDLED,   /* done; a read has its value */
	AX_IO_UNHANDLED, /* nothing answers at this offset: the caller applies the bus's policy */
	AX_IO_FAULT,     /* the specification says this access faults */
	AX_IO_RETRY,     /* not now: run the vCPU again, it repeats the access */
};

/** One decoded guest access. */
struct ax_io {
	uint64_t off;  /* bytes from the start of the device's region */
	uint32_t vcpu; /* id, within its VM, of the vCPU that makes the access */
	uint8_t size;  /* 1, 2, 4 or 8 bytes; @off need not be aligned to it */
};

/**
 * A level-triggered output. The device owns the level and tells each change; repeating a level is
 * harmless. The interrupt controller decides what an edge is. set() may take the controller's lock.
 */
struct ax_irq_line {
	void (*set)(void *ctx, bool level);
	void *ctx;
};

static inline void ax_irq_set(const struct ax_irq_line *line, bool level)
{
	line->set(line->ctx, level);
}

/**
 * A device model. All calls take the device's own lock where it needs one, may come from any CPU and
 * never sleep. Nothing here trusts the guest.
 */
struct ax_dev_ops {
	const char *name;
	/** Writes *@val on every result. Bits above the access size are ignored by the caller. */
	enum ax_io_result (*read)(void *dev, const struct ax_io *io, uint64_t *val);
	/** @val has no bits set above the access size. */
	enum ax_io_result (*write)(void *dev, const struct ax_io *io, uint64_t val);
	/** Back to the state after power-on; outputs follow. The VM is stopped. */
	void (*reset)(void *dev);
	/**
	 * Append the state, behind the header of axdev/snap.h. The VM is paused. AX_ENOSPC: @cap too
	 * small.
	 */
	ax_err_t (*save)(const void *dev, void *buf, size_t cap, size_t *len);
	/**
	 * Replace the state. @buf is untrusted: AX_EVERSION for a foreign header, AX_EINVAL for a value
	 * no device of this kind can hold; the device is then as it was. Outputs are recomputed.
	 */
	ax_err_t (*load)(void *dev, const void *buf, size_t len);
};

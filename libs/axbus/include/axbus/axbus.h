/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address to device dispatch for one VM: memory-mapped registers, ports and system registers. The
 * table is written while the VM is stopped and only read while it runs, so an access takes no lock
 * here; each device locks for itself.
 */
#pragma once
#include <axbase/bits.h>
#include <axdev/dev.h>
#include <axport/assert.h>
#include <stdatomic.h>

enum axbus_space {
	AXBUS_MMIO,   /* guest-physical bytes, 64 bits */
	AXBUS_PIO,    /* ports, 16 bits */
	AXBUS_SYSREG, /* register numbers as the back end gives them, 32 bits; one number each */
	AXBUS_SPACES, /* count */
};

/**
 * What answers at [@base, @base + @size) of @space. The device sees offsets from @base. All that is
 * pointed to must outlive the region; @ops needs read and write.
 */
struct axbus_region {
	uint64_t base;
	uint64_t size; /* bytes; for AXBUS_SYSREG, numbers */
	const struct ax_dev_ops *ops;
	void *dev;
	const char *name; /* of this instance, for diagnostics */
	enum axbus_space space;
};

/** Owned by the caller, like the array behind @regions. Fields are the library's. */
struct axbus {
	/*
	 * The last hit in each space: a guess, checked before use; a table that changes starts anew.
	 * Stored only when it changes: vCPUs that poll one device share the line unwritten.
	 */
	const struct axbus_region *_Atomic hint[AXBUS_SPACES];
	struct axbus_region *regions; /* sorted by space, then base; no two overlap */
	uint32_t capacity;            /* elements of @regions */
	uint32_t end[AXBUS_SPACES];   /* index behind the last region of each space */
};

#define AXBUS_DIAG_MAX 160 /* bytes with the NUL */

/** One line that says why nothing was attached; empty after AX_OK. */
struct axbus_diag {
	char text[AXBUS_DIAG_MAX];
};

/** An empty bus over @capacity elements of @regions, which must outlive it. */
void axbus_init(struct axbus *bus, struct axbus_region *regions, uint32_t capacity);

/**
 * Attach one region, or change nothing. The VM is stopped. @diag may be NULL.
 * AX_EEXIST: it overlaps another region; the diagnostic names both. AX_EINVAL: empty, wrapping, or
 * past the end of @space. AX_ENOMEM: the array is full.
 */
AX_NODISCARD ax_err_t axbus_attach(struct axbus *bus, enum axbus_space space, uint64_t base,
				   uint64_t size, const struct ax_dev_ops *ops, void *dev,
				   const char *name, struct axbus_diag *diag);

/**
 * Attach all @count regions or none of them, in any order; they must not overlap each other either.
 * @list is copied and must not lie in the bus's own array. Otherwise as axbus_attach().
 */
AX_NODISCARD ax_err_t axbus_attach_all(struct axbus *bus, const struct axbus_region *list,
				       uint32_t count, struct axbus_diag *diag);

/** Remove the region that starts at @base. The VM is stopped. AX_ENOENT: none starts there. */
AX_NODISCARD ax_err_t axbus_detach(struct axbus *bus, enum axbus_space space, uint64_t base);

/*
 * --- The dispatch path, in line in its callers but for a miss of the hint: around the call of a device's
 * function few registers are worth keeping.
 */

enum ax_io_result axbus_read_missed(struct axbus *bus, enum axbus_space space, uint64_t addr,
				    uint32_t size, uint32_t vcpu, uint64_t *val);
enum ax_io_result axbus_write_missed(struct axbus *bus, enum axbus_space space, uint64_t addr,
				     uint32_t size, uint32_t vcpu, uint64_t val);

/* @off is in @r; what an access there covers may be more than the rest of it. */
static inline bool axbus_fits(const struct axbus_region *r, enum axbus_space space, uint64_t off,
			      uint32_t size)
{
	return space == AXBUS_SYSREG || (uint8_t)size <= r->size - off;
}

static inline enum ax_io_result axbus_read_at(const struct axbus_region *r, enum axbus_space space,
					      uint64_t off, uint32_t size, uint32_t vcpu,
					      uint64_t *val)
{
	enum ax_io_result result = AX_IO_UNHANDLED;
	struct ax_io io;

	if (AX_LIKELY(axbus_fits(r, space, off, size))) {
		io = (struct ax_io){ .off = off, .size = (uint8_t)size, .vcpu = vcpu };
		result = r->ops->read(r->dev, &io, val);
		if (AX_LIKELY(result == AX_IO_HANDLED)) {
			*val &= ax_byte_mask(io.size);
			return AX_IO_HANDLED;
		}
	}
	*val = 0;
	return result;
}

static inline enum ax_io_result axbus_write_at(const struct axbus_region *r, enum axbus_space space,
					       uint64_t off, uint32_t size, uint32_t vcpu,
					       uint64_t val)
{
	struct ax_io io;

	if (AX_UNLIKELY(!axbus_fits(r, space, off, size))) {
		return AX_IO_UNHANDLED;
	}
	io = (struct ax_io){ .off = off, .size = (uint8_t)size, .vcpu = vcpu };
	return r->ops->write(r->dev, &io, val & ax_byte_mask(size));
}

/**
 * axbus_read() and axbus_write() where @space and @size are right whatever the guest did, as what a
 * back end has made of an instruction: not checked.
 */
static inline enum ax_io_result axbus_read_unchecked(struct axbus *bus, enum axbus_space space,
						     uint64_t addr, uint32_t size, uint32_t vcpu,
						     uint64_t *val)
{
	const struct axbus_region *r =
		atomic_load_explicit(&bus->hint[space], memory_order_relaxed);

	return AX_LIKELY(addr - r->base < r->size)
		       ? axbus_read_at(r, space, addr - r->base, size, vcpu, val)
		       : axbus_read_missed(bus, space, addr, size, vcpu, val);
}

static inline enum ax_io_result axbus_write_unchecked(struct axbus *bus, enum axbus_space space,
						      uint64_t addr, uint32_t size, uint32_t vcpu,
						      uint64_t val)
{
	const struct axbus_region *r =
		atomic_load_explicit(&bus->hint[space], memory_order_relaxed);

	return AX_LIKELY(addr - r->base < r->size)
		       ? axbus_write_at(r, space, addr - r->base, size, vcpu, val)
		       : axbus_write_missed(bus, space, addr, size, vcpu, val);
}

static inline void axbus_assert_access(enum axbus_space space, uint32_t size)
{
	ax_assert((unsigned)space < AXBUS_SPACES);
	ax_assert(size - 1u < 8 && (size & (size - 1u)) == 0);
}

/**
 * One access of vCPU @vcpu, @size 1, 2, 4 or 8 bytes. The result is the device's; AX_IO_UNHANDLED
 * too where no region holds the whole access. In AXBUS_SYSREG an access covers one number, whatever
 * its width. Any CPU while nobody attaches or detaches; no lock held that a device may want.
 *
 * @val is written on every result, with no bit above the size; 0 unless AX_IO_HANDLED.
 */
static inline enum ax_io_result axbus_read(struct axbus *bus, enum axbus_space space, uint64_t addr,
					   uint32_t size, uint32_t vcpu, uint64_t *val)
{
	axbus_assert_access(space, size);
	return axbus_read_unchecked(bus, space, addr, size, vcpu, val);
}

/** As axbus_read(). Bits of @val above the size do not reach the device. */
static inline enum ax_io_result axbus_write(struct axbus *bus, enum axbus_space space,
					    uint64_t addr, uint32_t size, uint32_t vcpu,
					    uint64_t val)
{
	axbus_assert_access(space, size);
	return axbus_write_unchecked(bus, space, addr, size, vcpu, val);
}

/** The region that holds @addr, for diagnostics; NULL if there is none. Good until a detach. */
const struct axbus_region *axbus_find(const struct axbus *bus, enum axbus_space space,
				      uint64_t addr);

/**
 * Call @fn once per device, which is a pair of ops and dev, with the first of its regions, ordered
 * by space and base: the same order for the same machine, fit for save, load and reset. Stops at
 * the first result that is not AX_OK and returns it. @fn must not attach or detach.
 */
AX_NODISCARD ax_err_t axbus_for_each(const struct axbus *bus,
				     ax_err_t (*fn)(void *ctx, const struct axbus_region *region),
				     void *ctx);

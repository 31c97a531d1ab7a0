/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatch path: find the region, pass the access on, keep values inside their size. */
#include <axbase/bits.h>
#include <axbus/axbus.h>
#include <axport/assert.h>
#include "table.h"

void axbus_init(struct axbus *bus, struct axbus_region *regions, uint32_t capacity)
{
	ax_assert(regions != NULL || capacity == 0);
	bus->regions = regions;
	bus->capacity = capacity;
	for (unsigned s = 0; s < AXBUS_SPACES; s++) {
		bus->end[s] = 0;
	}
	atomic_init(&bus->hint, 0);
}

static bool holds(const struct axbus_region *r, enum axbus_space space, uint64_t addr)
{
	return r->space == space && addr >= r->base && addr - r->base < r->size;
}

uint32_t axbus_table_upper(const struct axbus *bus, enum axbus_space space, uint64_t addr)
{
	uint32_t low = axbus_table_start(bus, space);
	uint32_t high = bus->end[space];

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (bus->regions[mid].base <= addr) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

const struct axbus_region *axbus_find(const struct axbus *bus, enum axbus_space space,
				      uint64_t addr)
{
	uint32_t upper;

	ax_assert((unsigned)space < AXBUS_SPACES);
	upper = axbus_table_upper(bus, space, addr);
	if (upper == axbus_table_start(bus, space) ||
	    !holds(&bus->regions[upper - 1], space, addr)) {
		return NULL;
	}
	return &bus->regions[upper - 1];
}

/* The region that holds all of the access, and the offset in it; NULL if none does. */
static const struct axbus_region *route(struct axbus *bus, enum axbus_space space, uint64_t addr,
					struct ax_io *io)
{
	uint64_t extent = space == AXBUS_SYSREG ? 1 : io->size;
	uint32_t hint = atomic_load_explicit(&bus->hint, memory_order_relaxed);
	const struct axbus_region *r;

	ax_assert((unsigned)space < AXBUS_SPACES);
	ax_assert(io->size == 1 || io->size == 2 || io->size == 4 || io->size == 8);
	if (hint < bus->end[AXBUS_SPACES - 1] && holds(&bus->regions[hint], space, addr)) {
		r = &bus->regions[hint];
	} else {
		r = axbus_find(bus, space, addr);
		if (r == NULL) {
			return NULL;
		}
		/* Stored only when it changes: vCPUs polling one device share the line unwritten. */
		atomic_store_explicit(&bus->hint, (uint32_t)(r - bus->regions),
				      memory_order_relaxed);
	}
	io->off = addr - r->base;
	return extent <= r->size - io->off ? r : NULL;
}

enum ax_io_result axbus_read(struct axbus *bus, enum axbus_space space, uint64_t addr, uint8_t size,
			     uint32_t vcpu, uint64_t *val)
{
	struct ax_io io = { .vcpu = vcpu, .size = size };
	const struct axbus_region *r = route(bus, space, addr, &io);
	enum ax_io_result result;

	*val = 0;
	if (r == NULL) {
		return AX_IO_UNHANDLED;
	}
	result = r->ops->read(r->dev, &io, val);
	*val = result == AX_IO_HANDLED ? *val & ax_byte_mask(size) : 0;
	return result;
}

enum ax_io_result axbus_write(struct axbus *bus, enum axbus_space space, uint64_t addr,
			      uint8_t size, uint32_t vcpu, uint64_t val)
{
	struct ax_io io = { .vcpu = vcpu, .size = size };
	const struct axbus_region *r = route(bus, space, addr, &io);

	if (r == NULL) {
		return AX_IO_UNHANDLED;
	}
	return r->ops->write(r->dev, &io, val & ax_byte_mask(size));
}

static bool seen_before(const struct axbus *bus, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (bus->regions[i].dev == bus->regions[index].dev &&
		    bus->regions[i].ops == bus->regions[index].ops) {
			return true;
		}
	}
	return false;
}

ax_err_t axbus_for_each(const struct axbus *bus,
			ax_err_t (*fn)(void *ctx, const struct axbus_region *region), void *ctx)
{
	for (uint32_t i = 0; i < bus->end[AXBUS_SPACES - 1]; i++) {
		ax_err_t err = seen_before(bus, i) ? AX_OK : fn(ctx, &bus->regions[i]);

		if (err != AX_OK) {
			return err;
		}
	}
	return AX_OK;
}

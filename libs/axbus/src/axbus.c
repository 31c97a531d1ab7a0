/* SPDX-License-Identifier: Apache-2.0 */
/* The table as it is searched; the dispatch path itself is in line, in the header. */
#include <axbus/axbus.h>
#include <axport/assert.h>
#include "table.h"

/* What the hint points to at first: no address is in it. */
static const struct axbus_region nowhere;

void axbus_table_forget(struct axbus *bus)
{
	for (unsigned s = 0; s < AXBUS_SPACES; s++) {
		atomic_store_explicit(&bus->hint[s], &nowhere, memory_order_relaxed);
	}
}

void axbus_init(struct axbus *bus, struct axbus_region *regions, uint32_t capacity)
{
	ax_assert(regions != NULL || capacity == 0);
	bus->regions = regions;
	bus->capacity = capacity;
	for (unsigned s = 0; s < AXBUS_SPACES; s++) {
		bus->end[s] = 0;
	}
	axbus_table_forget(bus);
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

/* As axbus_find(), and the next access to the region finds it at once. */
static const struct axbus_region *search(struct axbus *bus, enum axbus_space space, uint64_t addr)
{
	const struct axbus_region *r = axbus_find(bus, space, addr);

	if (r != NULL) {
		atomic_store_explicit(&bus->hint[space], r, memory_order_relaxed);
	}
	return r;
}

enum ax_io_result axbus_read_missed(struct axbus *bus, enum axbus_space space, uint64_t addr,
				    uint32_t size, uint32_t vcpu, uint64_t *val)
{
	const struct axbus_region *r = search(bus, space, addr);

	if (r == NULL) {
		*val = 0;
		return AX_IO_UNHANDLED;
	}
	return axbus_read_at(r, space, addr - r->base, size, vcpu, val);
}

enum ax_io_result axbus_write_missed(struct axbus *bus, enum axbus_space space, uint64_t addr,
				     uint32_t size, uint32_t vcpu, uint64_t val)
{
	const struct axbus_region *r = search(bus, space, addr);

	return r == NULL ? AX_IO_UNHANDLED
			 : axbus_write_at(r, space, addr - r->base, size, vcpu, val);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Attach and detach: every check first, then inserts that cannot fail. */
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axbus/axbus.h>
#include <axport/assert.h>
#include <axport/log.h>
#include "table.h"

static const struct {
	const char *name;
	uint64_t last; /* highest address */
} spaces[AXBUS_SPACES] = {
	[AXBUS_MMIO] = { "mmio", UINT64_MAX },
	[AXBUS_PIO] = { "pio", UINT16_MAX },
	[AXBUS_SYSREG] = { "sysreg", UINT32_MAX },
};

static const char *region_name(const struct axbus_region *r)
{
	return r->name != NULL ? r->name : r->ops->name;
}

static ax_err_t conflict(struct axbus_diag *diag, const struct axbus_region *a,
			 const struct axbus_region *b)
{
	ax_format(diag->text, sizeof(diag->text),
		  "%s 0x%llx-0x%llx (%.24s) overlaps 0x%llx-0x%llx (%.24s)", spaces[a->space].name,
		  (unsigned long long)a->base, (unsigned long long)(a->base + (a->size - 1)),
		  region_name(a), (unsigned long long)b->base,
		  (unsigned long long)(b->base + (b->size - 1)), region_name(b));
	return AX_EEXIST;
}

static ax_err_t check_shape(const struct axbus_region *r, struct axbus_diag *diag)
{
	if (ax_range_valid(r->base, r->size) && r->base + (r->size - 1) <= spaces[r->space].last) {
		return AX_OK;
	}
	ax_format(diag->text, sizeof(diag->text),
		  "%s base 0x%llx size 0x%llx (%.24s) is empty or ends past 0x%llx",
		  spaces[r->space].name, (unsigned long long)r->base, (unsigned long long)r->size,
		  region_name(r), (unsigned long long)spaces[r->space].last);
	return AX_EINVAL;
}

static bool overlap(const struct axbus_region *a, const struct axbus_region *b)
{
	return a->space == b->space && ax_ranges_overlap(a->base, a->size, b->base, b->size);
}

static ax_err_t check_free(const struct axbus *bus, const struct axbus_region *list, uint32_t index,
			   struct axbus_diag *diag)
{
	const struct axbus_region *r = &list[index];

	for (uint32_t i = axbus_table_start(bus, r->space); i < bus->end[r->space]; i++) {
		if (overlap(r, &bus->regions[i])) {
			return conflict(diag, r, &bus->regions[i]);
		}
	}
	for (uint32_t i = 0; i < index; i++) {
		if (overlap(r, &list[i])) {
			return conflict(diag, r, &list[i]);
		}
	}
	return AX_OK;
}

static ax_err_t prepare(const struct axbus *bus, const struct axbus_region *list, uint32_t count,
			struct axbus_diag *diag)
{
	uint32_t used = bus->end[AXBUS_SPACES - 1];

	for (uint32_t i = 0; i < count; i++) {
		ax_err_t err;

		ax_assert((unsigned)list[i].space < AXBUS_SPACES && list[i].ops != NULL);
		ax_assert(list[i].ops->read != NULL && list[i].ops->write != NULL);
		err = check_shape(&list[i], diag);
		if (err == AX_OK) {
			err = check_free(bus, list, i, diag);
		}
		if (err != AX_OK) {
			return err;
		}
	}
	if (count > bus->capacity - used) {
		ax_format(diag->text, sizeof(diag->text),
			  "no room for %u regions from %.24s on: %u of %u are in use", count,
			  region_name(&list[0]), used, bus->capacity);
		return AX_ENOMEM;
	}
	return AX_OK;
}

static void insert(struct axbus *bus, const struct axbus_region *r)
{
	uint32_t at = axbus_table_upper(bus, r->space, r->base);
	uint32_t used = bus->end[AXBUS_SPACES - 1];

	axbus_table_forget(bus);
	memmove(&bus->regions[at + 1], &bus->regions[at], (used - at) * sizeof(*r));
	bus->regions[at] = *r;
	for (unsigned s = r->space; s < AXBUS_SPACES; s++) {
		bus->end[s]++;
	}
}

ax_err_t axbus_attach_all(struct axbus *bus, const struct axbus_region *list, uint32_t count,
			  struct axbus_diag *diag)
{
	struct axbus_diag unread;
	ax_err_t err;

	if (diag == NULL) {
		diag = &unread;
	}
	diag->text[0] = '\0';
	err = prepare(bus, list, count, diag);
	if (err != AX_OK) {
		return err;
	}
	for (uint32_t i = 0; i < count; i++) {
		insert(bus, &list[i]);
	}
	return AX_OK;
}

ax_err_t axbus_attach(struct axbus *bus, enum axbus_space space, uint64_t base, uint64_t size,
		      const struct ax_dev_ops *ops, void *dev, const char *name,
		      struct axbus_diag *diag)
{
	struct axbus_region r = {
		.base = base,
		.size = size,
		.ops = ops,
		.dev = dev,
		.name = name,
		.space = space,
	};

	return axbus_attach_all(bus, &r, 1, diag);
}

ax_err_t axbus_detach(struct axbus *bus, enum axbus_space space, uint64_t base)
{
	const struct axbus_region *r = axbus_find(bus, space, base);
	uint32_t used = bus->end[AXBUS_SPACES - 1];
	uint32_t at;

	if (r == NULL || r->base != base) {
		return AX_ENOENT;
	}
	at = (uint32_t)(r - bus->regions);
	axbus_table_forget(bus);
	memmove(&bus->regions[at], &bus->regions[at + 1], (used - at - 1) * sizeof(*r));
	for (unsigned s = space; s < AXBUS_SPACES; s++) {
		bus->end[s]--;
	}
	return AX_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Devicetree Specification v0.3, 2.3.5 (cells), 2.3.6 (reg), 2.3.8 (ranges), 2.3.4 (status). */
#include "reader.h"
#include <axbase/bits.h>
#include <axbase/str.h>

#define CELL_BYTES ((int)sizeof(fdt32_t))
#define DEPTH_MAX  16
#define TREE_ALIGN 8
/* Of the format that dtc has written since 2005; older ones lack sizes that a check needs. */
#define OLDEST_VERSION 17

int axfdt_check(const void *fdt, size_t max_bytes)
{
	if (((uintptr_t)fdt & (TREE_ALIGN - 1)) != 0) {
		return -FDT_ERR_ALIGNMENT;
	}
	if (max_bytes < sizeof(struct fdt_header)) {
		return -FDT_ERR_TRUNCATED;
	}
	if (fdt_magic(fdt) != FDT_MAGIC) {
		return -FDT_ERR_BADMAGIC;
	}
	if (fdt_version(fdt) < OLDEST_VERSION) {
		return -FDT_ERR_BADVERSION;
	}
	return fdt_check_full(fdt, max_bytes);
}

uint64_t axfdt_number(const fdt32_t *cells, int count)
{
	uint64_t v = 0;

	for (int i = 0; i < count; i++) {
		v = v << 32 | fdt32_to_cpu(cells[i]);
	}
	return v;
}

const char *axfdt_get_string(const void *fdt, int node, const char *prop)
{
	int len;
	const char *s = fdt_getprop(fdt, node, prop, &len);

	return s != NULL && len > 0 && ax_strnlen(s, (size_t)len) < (size_t)len ? s : NULL;
}

bool axfdt_get_number(const void *fdt, int node, const char *prop, uint64_t *value)
{
	int len;
	const fdt32_t *cells = fdt_getprop(fdt, node, prop, &len);

	if (cells == NULL || (len != CELL_BYTES && len != 2 * CELL_BYTES)) {
		return false;
	}
	*value = axfdt_number(cells, len / CELL_BYTES);
	return true;
}

bool axfdt_is_enabled(const void *fdt, int node)
{
	int len;
	const char *s = fdt_getprop(fdt, node, "status", &len);

	return s == NULL || (len == 5 && memcmp(s, "okay", 5) == 0) ||
	       (len == 3 && memcmp(s, "ok", 3) == 0);
}

static bool bus_cells(const void *fdt, int bus, int *address, int *size)
{
	*address = fdt_address_cells(fdt, bus);
	*size = fdt_size_cells(fdt, bus);
	return *address >= 1 && *address <= 2 && *size >= 0 && *size <= 2;
}

/* A walk through all nodes in the order of the tree, that knows what is above the one it is at. */
struct walk {
	const void *fdt;
	int at;
	int depth;
	int above[DEPTH_MAX];
};

/* From the root on: the next node that is not too deep; negative: none. */
static int walk_next(struct walk *w)
{
	do {
		if (w->depth < DEPTH_MAX) {
			w->above[w->depth] = w->at;
		}
		w->at = fdt_next_node(w->fdt, w->at, &w->depth);
	} while (w->at >= 0 && w->depth >= DEPTH_MAX);
	return w->depth > 0 ? w->at : -FDT_ERR_NOTFOUND;
}

int axfdt_parent(const void *fdt, int node)
{
	struct walk w = { .fdt = fdt };

	while (walk_next(&w) >= 0) {
		if (w.at == node) {
			return w.above[w.depth - 1];
		}
	}
	return -FDT_ERR_NOTFOUND;
}

int axfdt_find(const void *fdt, const char *name, int *parent)
{
	struct walk w = { .fdt = fdt };

	while (walk_next(&w) >= 0) {
		if (fdt_node_check_compatible(fdt, w.at, name) == 0 &&
		    axfdt_is_enabled(fdt, w.at)) {
			*parent = w.above[w.depth - 1];
			return w.at;
		}
	}
	return -FDT_ERR_NOTFOUND;
}

bool axfdt_get_reg(const void *fdt, int parent, int node, int index, struct axfdt_range *range)
{
	int address;
	int size;
	int len;
	const fdt32_t *cells = fdt_getprop(fdt, node, "reg", &len);

	if (parent < 0 || cells == NULL || !bus_cells(fdt, parent, &address, &size)) {
		return false;
	}
	int entry = address + size;

	if (index >= len / (entry * CELL_BYTES)) {
		return false;
	}
	cells += (size_t)index * (size_t)entry;
	*range = (struct axfdt_range){
		.base = axfdt_number(cells, address),
		.size = axfdt_number(cells + address, size),
	};
	return true;
}

/* One step up: from the address space inside @bus to the one that @bus is in. */
static bool translate_once(const void *fdt, int bus, int outer, struct axfdt_range *range)
{
	int address;
	int size;
	int outer_address;
	int outer_size;
	int len;
	const fdt32_t *cells = fdt_getprop(fdt, bus, "ranges", &len);

	if (cells == NULL || !bus_cells(fdt, bus, &address, &size) ||
	    !bus_cells(fdt, outer, &outer_address, &outer_size)) {
		return false;
	}
	if (len == 0) {
		return true;
	}
	int entry = address + outer_address + size;

	for (int i = 0; i < len / (entry * CELL_BYTES); i++, cells += entry) {
		uint64_t from = axfdt_number(cells, address);
		uint64_t to = axfdt_number(cells + address, outer_address);
		uint64_t room = axfdt_number(cells + address + outer_address, size);

		if (range->base >= from && range->base - from < room &&
		    range->size <= room - (range->base - from)) {
			range->base = to + (range->base - from);
			return true;
		}
	}
	return false;
}

bool axfdt_translate(const void *fdt, int bus, struct axfdt_range *range)
{
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		int outer = bus > 0 ? axfdt_parent(fdt, bus) : -1;

		if (bus == 0) {
			return range->size == 0 || ax_range_valid(range->base, range->size);
		}
		if (outer < 0 || !translate_once(fdt, bus, outer, range)) {
			return false;
		}
		bus = outer;
	}
	return false;
}

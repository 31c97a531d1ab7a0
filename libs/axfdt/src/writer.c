/* SPDX-License-Identifier: Apache-2.0 */
/* Thin layer over libfdt's sequential write calls. */
#include "writer.h"
#include <axbase/str.h>
#include <axport/assert.h>
#include <axport/log.h>

#define CELLS_MAX (4 * AXFDT_MAX_CPUS)

static void keep(struct writer *w, int err)
{
	if (w->err == 0) {
		w->err = err;
	}
}

static void property(struct writer *w, const char *prop, const void *value, size_t bytes)
{
	if (w->err == 0) {
		keep(w, fdt_property(w->fdt, prop, value, (int)bytes));
	}
}

void axfdt_begin(struct writer *w, const char *name)
{
	if (w->err == 0) {
		keep(w, fdt_begin_node(w->fdt, name));
	}
}

void axfdt_begin_at(struct writer *w, const char *name, uint64_t unit)
{
	char full[NODE_NAME_MAX];

	(void)ax_format(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit);
	axfdt_begin(w, full);
}

void axfdt_end(struct writer *w)
{
	if (w->err == 0) {
		keep(w, fdt_end_node(w->fdt));
	}
}

void axfdt_empty(struct writer *w, const char *prop)
{
	property(w, prop, "", 0);
}

void axfdt_str(struct writer *w, const char *prop, const char *value)
{
	property(w, prop, value, ax_strnlen(value, INT32_MAX - 1) + 1);
}

void axfdt_strs(struct writer *w, const char *prop, const char *values, size_t bytes)
{
	property(w, prop, values, bytes);
}

void axfdt_u32(struct writer *w, const char *prop, uint32_t value)
{
	axfdt_cells(w, prop, &value, 1);
}

void axfdt_u64(struct writer *w, const char *prop, uint64_t value)
{
	const uint32_t cells[2] = { (uint32_t)(value >> 32), (uint32_t)value };

	axfdt_cells(w, prop, cells, 2);
}

void axfdt_cells(struct writer *w, const char *prop, const uint32_t *cells, uint32_t count)
{
	fdt32_t big_endian[CELLS_MAX];

	ax_assert(count <= CELLS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		big_endian[i] = cpu_to_fdt32(cells[i]);
	}
	property(w, prop, big_endian, count * sizeof(big_endian[0]));
}

void axfdt_reg(struct writer *w, const struct axfdt_range *ranges, uint32_t count)
{
	uint32_t cells[8];
	uint32_t *cell = cells;

	ax_assert(count <= 2);
	for (uint32_t i = 0; i < count; i++) {
		*cell++ = (uint32_t)(ranges[i].base >> 32);
		*cell++ = (uint32_t)ranges[i].base;
		*cell++ = (uint32_t)(ranges[i].size >> 32);
		*cell++ = (uint32_t)ranges[i].size;
	}
	axfdt_cells(w, "reg", cells, 4 * count);
}

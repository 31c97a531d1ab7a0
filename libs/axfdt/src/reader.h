/* SPDX-License-Identifier: Apache-2.0 */
/* Reading values out of a checked tree, with the cell counts that hold where they stand. */
#pragma once
#include <axfdt/host.h>
#include <libfdt.h>

/*
 * 0 if @fdt is a whole tree within @max_bytes, 8-byte aligned; else libfdt's error. Call it before
 * anything else: libfdt 1.6's own check follows a NULL pointer in a tree of an older version.
 */
int axfdt_check(const void *fdt, size_t max_bytes);

/* @count (1 or 2) cells as one number. */
uint64_t axfdt_number(const fdt32_t *cells, int count);

/*
 * A property that is one NUL-terminated string (or starts with one); NULL if absent or
 * unterminated.
 */
const char *axfdt_get_string(const void *fdt, int node, const char *prop);

/* A property of one or two cells. */
bool axfdt_get_number(const void *fdt, int node, const char *prop, uint64_t *value);

/* True unless there is a status that is neither "okay" nor "ok". */
bool axfdt_is_enabled(const void *fdt, int node);

/* The node that @node stands in; negative: none, or too deep. Walks the tree up to @node, once. */
int axfdt_parent(const void *fdt, int node);

/* The first enabled node that is compatible with @name, and its parent; negative: none. One walk. */
int axfdt_find(const void *fdt, const char *name, int *parent);

/*
 * Entry @index of the node's reg, as the cells of @parent say, in the parent's address space. False:
 * no such entry, or more than two cells for a number. A negative @parent has none.
 */
bool axfdt_get_reg(const void *fdt, int parent, int node, int index, struct axfdt_range *range);

/* @range moved through the ranges of @bus and of every bus above it, to the root's address space. */
bool axfdt_translate(const void *fdt, int bus, struct axfdt_range *range);

/* axfdt_find_seeds() for who has found /chosen (negative: none) already. */
void axfdt_get_seeds(const void *fdt, int chosen, struct axfdt_value seeds[AXFDT_SEED_COUNT]);

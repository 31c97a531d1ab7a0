/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequential writing with the first error kept, so that the callers read like the tree they write.
 */
#pragma once
#include <axfdt/guest.h>
#include <libfdt.h>

#define PHANDLE_INTC  1
#define PHANDLE_CLOCK 2
#define PHANDLE_CPU0  16 /* cpu i's interrupt controller (riscv64) is PHANDLE_CPU0 + i */

#define NODE_NAME_MAX 40

struct writer {
	void *fdt;
	int err; /* libfdt's, of the first call that failed */
};

void axfdt_begin(struct writer *w, const char *name);
/* "@name@@unit" in hex. */
void axfdt_begin_at(struct writer *w, const char *name, uint64_t unit);
void axfdt_end(struct writer *w);
void axfdt_empty(struct writer *w, const char *prop);
void axfdt_str(struct writer *w, const char *prop, const char *value);
/* @bytes of NUL-terminated strings, one after the other: what sizeof("a\0b") counts. */
void axfdt_strs(struct writer *w, const char *prop, const char *values, size_t bytes);
void axfdt_u32(struct writer *w, const char *prop, uint32_t value);
void axfdt_u64(struct writer *w, const char *prop, uint64_t value);
void axfdt_cells(struct writer *w, const char *prop, const uint32_t *cells, uint32_t count);
/* @count (up to 2) ranges with two cells each for address and size. */
void axfdt_reg(struct writer *w, const struct axfdt_range *ranges, uint32_t count);

void axfdt_write_cpus(struct writer *w, const struct axfdt_machine *m);
void axfdt_write_intc(struct writer *w, const struct axfdt_machine *m);
void axfdt_write_devices(struct writer *w, const struct axfdt_machine *m);
/* The node name that axfdt_write_devices() gives to @d. */
const char *axfdt_device_node(const struct axfdt_device *d);

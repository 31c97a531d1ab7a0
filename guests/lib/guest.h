/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our own guests share, on every architecture: console, device tree, command line, the count of
 * checks. The processor's side (exceptions, system registers, MMU, CPUs) is in guest_arch.h.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "guest_arch.h"

/** The guest: called on the boot CPU with the device tree's address; returning powers off. */
void guest_main(uint64_t dtb);
/** Called on a CPU started by guest_cpu_on(); returning parks it. Optional: the default returns. */
void guest_secondary_main(uint64_t cpu);

/* --- Console: one CPU at a time */

void guest_console_init(void);
void guest_putc(char c);
/** The next character typed; false: there is none. */
bool guest_getc(char *c);
void guest_puts(const char *s);
void guest_put_dec(uint64_t v);
/** With 0x before it. */
void guest_put_hex(uint64_t v);
/** %s %c %u %d %x %% with l for 64 bits, a width, 0 to fill it with zeroes, - to fill on the right. */
__attribute__((format(printf, 1, 2))) void guest_printf(const char *fmt, ...);
/** One line without its end, echoed, cut at @cap - 1 characters. Waits for it. */
void guest_read_line(char *buf, size_t cap);

/* --- Device tree: set by the runtime before guest_main(). A node is its place; 0 is none. */

uint64_t guest_tree_root(void);
/** First node behind @node, at any depth, whose name begins with @prefix. */
uint64_t guest_tree_next(uint64_t node, const char *prefix);
/** First node behind @node, at any depth, that is compatible with @what. */
uint64_t guest_tree_compatible(uint64_t node, const char *what);
/** Property of a node; NULL if it has none of that name. It may be at any 4-byte boundary. */
const uint8_t *guest_tree_prop(uint64_t node, const char *name, uint32_t *bytes);
/** @count cells (1 or 2) of a property, from the cell @first on; 0 where it is shorter. */
uint64_t guest_tree_cells(uint64_t node, const char *name, uint32_t first, uint32_t count);
/** Number of cpu@ nodes. */
uint32_t guest_cpu_count(void);
/** First cell pair of the memory node: where RAM begins, and how much there is. */
void guest_memory(uint64_t *base, uint64_t *bytes);

/* --- Command line (/chosen/bootargs): blank-separated words */

/** Whether there is a word @name, alone or followed by "=". */
bool guest_arg(const char *name);
/** The number N, decimal or 0x, of "@name=N"; @otherwise if there is none. */
uint64_t guest_arg_number(const char *name, uint64_t otherwise);
/** Whether there is the word "@name=@value". */
bool guest_arg_is(const char *name, const char *value);

/* --- Checks */

/** Prints "@what: ok" or "@what: WRONG", and counts the latter. Returns @good. */
bool guest_check(bool good, const char *what);
/** Prints "done", or "done, N wrong", and powers off. */
_Noreturn void guest_done(void);

bool guest_equal(const char *a, const char *b);

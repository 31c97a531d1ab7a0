/* SPDX-License-Identifier: Apache-2.0 */
/* The sorted table, as the dispatch path and the attach path share it. */
#pragma once
#include <axbus/axbus.h>

/* Index of the first region of @space, or where it would be. */
static inline uint32_t axbus_table_start(const struct axbus *bus, enum axbus_space space)
{
	return space == 0 ? 0 : bus->end[space - 1];
}

/* No region of the table is the last hit any more. */
void axbus_table_forget(struct axbus *bus);

/* Index of the first region of @space that starts above @addr, or the end of the space. */
uint32_t axbus_table_upper(const struct axbus *bus, enum axbus_space space, uint64_t addr);

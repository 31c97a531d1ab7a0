/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bump allocation out of one caller-given buffer, for the structures of a VM while it is prepared.
 * Nothing is freed one by one: whoever owns the buffer takes it back whole.
 */
#pragma once
#include <axbase/bits.h>

struct ax_arena {
	uint8_t *base;
	size_t size; /* bytes */
	size_t used; /* bytes, padding included */
};

static inline void ax_arena_init(struct ax_arena *a, void *base, size_t size)
{
	*a = (struct ax_arena){ .base = base, .size = size };
}

/** @size bytes aligned to @align (a power of two), not zeroed; NULL if the buffer has no room left. */
static inline void *ax_arena_alloc(struct ax_arena *a, size_t size, size_t align)
{
	uintptr_t start = (uintptr_t)a->base;
	size_t off = (size_t)(ax_align_up(start + a->used, align) - start);

	if (off > a->size || size > a->size - off) {
		return NULL;
	}
	a->used = off + size;
	return a->base + off;
}

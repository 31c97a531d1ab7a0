/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte ring in caller's storage. One producer and one consumer may use it at the same time from two
 * CPUs without a lock; several of either need one around their side.
 */
#pragma once
#include <axbase/types.h>
#include <stdatomic.h>

struct ax_ring {
	uint8_t *buf;
	uint32_t mask;         /* size - 1 */
	_Atomic uint32_t head; /* written by the consumer */
	_Atomic uint32_t tail; /* written by the producer */
};

/** @size in bytes must be a power of two; all of it is usable. @buf must outlive the ring. */
static inline void ax_ring_init(struct ax_ring *r, uint8_t *buf, uint32_t size)
{
	r->buf = buf;
	r->mask = size - 1;
	atomic_init(&r->head, 0);
	atomic_init(&r->tail, 0);
}

static inline uint32_t ax_ring_count(const struct ax_ring *r)
{
	return atomic_load_explicit(&r->tail, memory_order_acquire) -
	       atomic_load_explicit(&r->head, memory_order_acquire);
}

static inline bool ax_ring_full(const struct ax_ring *r)
{
	return ax_ring_count(r) == r->mask + 1;
}

/** Producer side. False if the ring is full; the byte is then not stored. */
static inline bool ax_ring_put(struct ax_ring *r, uint8_t byte)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	if (tail - atomic_load_explicit(&r->head, memory_order_acquire) == r->mask + 1) {
		return false;
	}
	r->buf[tail & r->mask] = byte;
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return true;
}

/** Consumer side. False if the ring is empty; @byte is then untouched. */
static inline bool ax_ring_get(struct ax_ring *r, uint8_t *byte)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	if (atomic_load_explicit(&r->tail, memory_order_acquire) == head) {
		return false;
	}
	*byte = r->buf[head & r->mask];
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return true;
}

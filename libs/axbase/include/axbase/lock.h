/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ticket spinlock, with the annotations that let clang's -Wthread-safety find a missing lock on the
 * host build. Ranks are in docs/locking.md. Takes no port: the caller masks interrupts where needed.
 */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

#if defined(__clang__)
#define AX_CAPABILITY  __attribute__((capability("lock")))
#define AX_ACQUIRES(l) __attribute__((acquire_capability(l)))
#define AX_RELEASES(l) __attribute__((release_capability(l)))
#define AX_REQUIRES(l) __attribute__((requires_capability(l)))
#define AX_LOCK_IMPL   __attribute__((no_thread_safety_analysis))
#else
#define AX_CAPABILITY
#define AX_ACQUIRES(l)
#define AX_RELEASES(l)
#define AX_REQUIRES(l)
#define AX_LOCK_IMPL
#endif

struct AX_CAPABILITY ax_spinlock {
	_Atomic uint32_t next;
	_Atomic uint32_t owner;
};

/** An all-zero lock is an unlocked one. */
#define AX_SPINLOCK_INIT \
	{                \
		0, 0     \
	}

static inline void ax_spin_lock(struct ax_spinlock *l) AX_ACQUIRES(l) AX_LOCK_IMPL;
static inline void ax_spin_lock(struct ax_spinlock *l)
{
	uint32_t me = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);

	while (atomic_load_explicit(&l->owner, memory_order_acquire) != me) {
	}
}

static inline void ax_spin_unlock(struct ax_spinlock *l) AX_RELEASES(l) AX_LOCK_IMPL;
static inline void ax_spin_unlock(struct ax_spinlock *l)
{
	uint32_t me = atomic_load_explicit(&l->owner, memory_order_relaxed);

	atomic_store_explicit(&l->owner, me + 1, memory_order_release);
}

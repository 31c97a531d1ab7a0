/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spinlock, with the annotations that let clang's -Wthread-safety find a missing lock on the host
 * build. Ranks are in docs/locking.md. Takes no port: the caller masks interrupts where needed.
 *
 * Not a fair one: where the CPUs themselves are scheduled (an emulator, a cloud), the next in a queue
 * may not be running, and everybody behind it waits for its turn on the host. Sections are short, so
 * that nobody starves where CPUs are real.
 */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
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

/* Tells whoever runs this CPU (its other thread, an emulator) that it waits for another one. */
#if defined(__aarch64__)
#define AX_SPIN_HINT() __asm__ volatile("yield")
#elif defined(__riscv)
#define AX_SPIN_HINT() __asm__ volatile(".4byte 0x0100000f") /* PAUSE (Zihintpause), else a fence */
#elif defined(__x86_64__)
#define AX_SPIN_HINT() __asm__ volatile("pause")
#else
#define AX_SPIN_HINT() ((void)0)
#endif

struct AX_CAPABILITY ax_spinlock {
	_Atomic uint32_t held;
};

/** An all-zero lock is an unlocked one. */
#define AX_SPINLOCK_INIT \
	{                \
		0        \
	}

static inline void ax_spin_lock(struct ax_spinlock *l) AX_ACQUIRES(l) AX_LOCK_IMPL;
static inline void ax_spin_lock(struct ax_spinlock *l)
{
	while (atomic_exchange_explicit(&l->held, 1, memory_order_acquire) != 0) {
		/* Wait on a copy in the own cache, not on the line's owner. */
		while (atomic_load_explicit(&l->held, memory_order_relaxed) != 0) {
			AX_SPIN_HINT();
		}
	}
}

static inline void ax_spin_unlock(struct ax_spinlock *l) AX_RELEASES(l) AX_LOCK_IMPL;
static inline void ax_spin_unlock(struct ax_spinlock *l)
{
	atomic_store_explicit(&l->held, 0, memory_order_release);
}

/** True if somebody holds @l now: for a report that cannot wait for ever. */
static inline bool ax_spin_is_held(const struct ax_spinlock *l)
{
	return atomic_load_explicit(&l->held, memory_order_relaxed) != 0;
}

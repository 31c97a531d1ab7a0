/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An interrupt output that is told outside the device's lock and still ends at the last level. Two
 * CPUs that change the level one after the other could otherwise tell it in the opposite order.
 *
 * The level is decided under the lock. One CPU at a time is the teller: it tells a level unlocked,
 * then looks again under the lock until what it told is what holds. A CPU that finds a teller at
 * work leaves its change to it. So each change is told or overtaken by a later one, and when no
 * call into the device is under way, the line has the device's level.
 */
#pragma once
#include <axbase/lock.h>
#include <axdev/dev.h>

/** Part of the device; { .irq = ... } and the rest zero is a line that is low. */
struct ax_line {
	struct ax_irq_line irq; /* const after init; called without the device's lock */
	bool level;             /* device's lock: as the registers say */
	bool told;              /* device's lock: as last told, or being told */
	bool telling;           /* device's lock: some CPU is the teller */
};

/**
 * The last thing that an access does. The caller holds @lock, its device's, under which it found
 * @level; it returns without it. irq.set() is called without @lock, if the level is news and no other
 * CPU is the teller. The teller may be given levels that other CPUs leave to it meanwhile, and tells
 * them too; so a call may return before its own level is told, and then the teller has it.
 */
static inline void ax_line_settle(struct ax_line *line, struct ax_spinlock *lock, bool level)
	AX_RELEASES(lock);
static inline void ax_line_settle(struct ax_line *line, struct ax_spinlock *lock, bool level)
{
	line->level = level;
	while (!line->telling && line->told != line->level) {
		bool news = line->level;

		line->told = news;
		line->telling = true;
		ax_spin_unlock(lock);
		ax_irq_set(&line->irq, news);
		ax_spin_lock(lock);
		line->telling = false;
	}
	ax_spin_unlock(lock);
}

/**
 * As ax_line_settle(), and tells @level even if it is not news: after reset and load, when the
 * other end of the line may have forgotten it.
 */
static inline void ax_line_announce(struct ax_line *line, struct ax_spinlock *lock, bool level)
	AX_RELEASES(lock);
static inline void ax_line_announce(struct ax_line *line, struct ax_spinlock *lock, bool level)
{
	line->told = !level;
	ax_line_settle(line, lock, level);
}

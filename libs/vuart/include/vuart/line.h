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
#include <axdev/dev.h>

struct vuart_line {
	struct ax_irq_line irq; /* const after init */
	bool level;             /* lock: as the registers say */
	bool told;              /* lock: as last told, or being told */
	bool telling;           /* lock: some CPU is the teller */
};

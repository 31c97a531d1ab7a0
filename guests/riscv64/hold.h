/* SPDX-License-Identifier: Apache-2.0 */
/* Between a guest whose harts hold a state in registers, and the part that has things happen meanwhile. */
#pragma once
#include "guest.h"

#define HOLD_WORDS 520 /* at most */

/* Of the guest. */

/** Words of the state. */
uint32_t hold_words(void);
/** A new value of each from the sequence of @x (hold_random()). */
void hold_fill(uint64_t *words, uint64_t *x);
void hold_put(const uint64_t *words);
void hold_get(uint64_t *words);
/** sstatus says that the state is off; or that it is as in memory. */
void hold_off(void);
void hold_clean(void);

/* Of hold.c. */

uint64_t hold_random(uint64_t *x);
/** All harts hold for "rounds=" rounds, "seed=" decides what; prints a line for each. */
void hold_on_all(void);

/* SPDX-License-Identifier: Apache-2.0 */
/* Between the steady guest and its architecture's part: a timer, and the FP state. */
#pragma once
#include "guest.h"
#include "steady_arch.h" /* STEADY_FP_WORDS of the state; the last STEADY_FP_CONTROLS of them are controls */

/** For the timer's handler: its interrupt was due at @due. Returns when the next one is. */
uint64_t steady_tick(uint64_t due);

/* --- The architecture's */

/** Timer interrupts of this CPU, the first at @due, whose handler calls steady_tick(); unmasked. */
void steady_timer_start(uint64_t due);
void steady_timer_stop(void);
/** All of the FP state; the last word is the status, whose low five bits are the exception flags. */
void fp_put(const uint64_t *words);
void fp_get(uint64_t *words);

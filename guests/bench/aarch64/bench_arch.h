/* SPDX-License-Identifier: Apache-2.0 */
/* What the measurement itself takes, in instructions. */
#pragma once

#define HANDLER_OWN 2 /* the vector's store and its read of the counter */
#define WAKE_OWN    1 /* more for a handler that ends a wait: the interrupt is unmasked first */
#define SWITCH_OWN  2 /* the store of the one time and the read of the other */
#define COUNTER_OWN 2 /* ISB and read of the counter */
#define TURNS       1 /* tries of a row in which another CPU must have its turn at the right time */

/* YIELD does that. */
static inline void bench_hand_over(void)
{
}

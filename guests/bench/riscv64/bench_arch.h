/* SPDX-License-Identifier: Apache-2.0 */
/* What the measurement itself takes, in instructions. */
#pragma once

#define HANDLER_OWN 3  /* the vector's SP and store, and its read of the counter */
#define WAKE_OWN    1  /* more for a handler that ends a wait: the interrupt is unmasked first */
#define SWITCH_OWN  2  /* the store of the one count and the read of the other */
#define COUNTER_OWN 1  /* read of the counter */
#define TURNS       24 /* tries of a row in which another CPU must have its turn at the right time */

void bench_hand_over(void);

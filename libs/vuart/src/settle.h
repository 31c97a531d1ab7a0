/* SPDX-License-Identifier: Apache-2.0 */
/* The teller of vuart/line.h, for both models. */
#pragma once
#include <axbase/lock.h>
#include <vuart/line.h>

/* Requires and releases @lock; tells the line after that if its level is news. */
void vuart_line_settle(struct vuart_line *line, struct ax_spinlock *lock) AX_RELEASES(lock);

/* As vuart_line_settle(), and tells the level even if it is not news: after reset and load. */
void vuart_line_announce(struct vuart_line *line, struct ax_spinlock *lock) AX_RELEASES(lock);

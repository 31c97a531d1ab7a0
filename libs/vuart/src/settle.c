/* SPDX-License-Identifier: Apache-2.0 */
/* See vuart/line.h for the protocol. */
#include "settle.h"

void vuart_line_settle(struct vuart_line *line, struct ax_spinlock *lock)
{
	if (line->telling) {
		ax_spin_unlock(lock);
		return;
	}
	while (line->told != line->level) {
		bool level = line->level;

		line->told = level;
		line->telling = true;
		ax_spin_unlock(lock);
		ax_irq_set(&line->irq, level);
		ax_spin_lock(lock);
		line->telling = false;
	}
	ax_spin_unlock(lock);
}

void vuart_line_announce(struct vuart_line *line, struct ax_spinlock *lock)
{
	line->told = !line->level;
	vuart_line_settle(line, lock);
}

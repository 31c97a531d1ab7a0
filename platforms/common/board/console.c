/* SPDX-License-Identifier: Apache-2.0 */
/* The console's lock, around the board's UART. */
#include <axbase/lock.h>
#include "internal.h"

/* How long a report waits for a lock that a stopped CPU may hold. */
#define LOCK_TRIES 10000000

static struct ax_spinlock lock = AX_SPINLOCK_INIT;

size_t board_console_write(const void *buf, size_t len)
{
	ax_spin_lock(&lock);
	board_uart_write(buf, len);
	ax_spin_unlock(&lock);
	return len;
}

void board_console_write_unlocked(const char *text, size_t len)
{
	for (uint32_t i = 0; i < LOCK_TRIES && ax_spin_is_held(&lock); i++) {
	}
	board_uart_write((const uint8_t *)text, len);
}

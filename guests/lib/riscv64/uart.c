/* SPDX-License-Identifier: Apache-2.0 */
/* The NS16550A, polled. */
#include "../guest.h"

#define RBR      0
#define THR      0
#define FCR      2
#define LCR      3
#define LSR      5
#define LSR_DR   0x01
#define LSR_THRE 0x20

void guest_console_init(void)
{
	guest_write8(GUEST_UART + LCR, 0x03); /* 8 bits */
	guest_write8(GUEST_UART + FCR, 0x01); /* FIFO */
}

void guest_putc(char c)
{
	while ((guest_read8(GUEST_UART + LSR) & LSR_THRE) == 0) {
	}
	guest_write8(GUEST_UART + THR, (uint8_t)c);
}

bool guest_getc(char *c)
{
	if ((guest_read8(GUEST_UART + LSR) & LSR_DR) == 0) {
		return false;
	}
	*c = (char)guest_read8(GUEST_UART + RBR);
	return true;
}

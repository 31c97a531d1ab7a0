/* SPDX-License-Identifier: Apache-2.0 */
/* The PL011, polled (DDI 0183). */
#include "../guest.h"

#define UARTDR      0x000
#define UARTFR      0x018
#define UARTLCR_H   0x02c
#define UARTCR      0x030
#define UARTFR_RXFE 0x10
#define UARTFR_TXFF 0x20

void guest_console_init(void)
{
	guest_write32(GUEST_UART + UARTLCR_H, 0x70); /* 8 bits, FIFO */
	guest_write32(GUEST_UART + UARTCR, 0x301);   /* on, both ways */
}

void guest_putc(char c)
{
	while ((guest_read32(GUEST_UART + UARTFR) & UARTFR_TXFF) != 0) {
	}
	guest_write32(GUEST_UART + UARTDR, (uint8_t)c);
}

bool guest_getc(char *c)
{
	if ((guest_read32(GUEST_UART + UARTFR) & UARTFR_RXFE) != 0) {
		return false;
	}
	*c = (char)(guest_read32(GUEST_UART + UARTDR) & 0xff);
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The console: Arm PrimeCell UART PL011 (DDI0183), section 3.3. Line settings are the firmware's. */
#include "inline.h"

#define UARTDR         0x000
#define UARTFR         0x018
#define UARTLCR_H      0x02c
#define UARTCR         0x030
#define UARTIMSC       0x038
#define UARTICR        0x044

#define UARTFR_RXFE    AX_BIT64(4)
#define UARTFR_TXFF    AX_BIT64(5)
#define UARTLCR_H_FEN  UINT32_C(0x10)
#define UARTLCR_H_8BIT UINT32_C(0x60)
#define UARTCR_UARTEN  UINT32_C(0x001)
#define UARTCR_TXE     UINT32_C(0x100)
#define UARTCR_RXE     UINT32_C(0x200)
#define UARTINT_RX     UINT32_C(0x010)
#define UARTINT_RT     UINT32_C(0x040) /* receive timeout: a few bytes, then silence */
#define UARTINT_ALL    UINT32_C(0x7ff)

static uint8_t *uart = (uint8_t *)(uintptr_t)BOARD_EARLY_UART; /* const after init */

void board_pl011_init(uint64_t base)
{
	uart = (uint8_t *)(uintptr_t)base;
	mmio_write32(uart, UARTIMSC, 0);
	mmio_write32(uart, UARTICR, UARTINT_ALL);
	mmio_write32(uart, UARTLCR_H, UARTLCR_H_FEN | UARTLCR_H_8BIT);
	mmio_write32(uart, UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
}

void board_uart_write(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		while ((mmio_read32(uart, UARTFR) & UARTFR_TXFF) != 0) {
		}
		mmio_write32(uart, UARTDR, bytes[i]);
	}
}

bool board_console_read(uint8_t *byte)
{
	if ((mmio_read32(uart, UARTFR) & UARTFR_RXFE) != 0) {
		return false;
	}
	*byte = (uint8_t)mmio_read32(uart, UARTDR); /* without the error bits above */
	return true;
}

void board_console_rx_irq(bool on)
{
	mmio_write32(uart, UARTIMSC, on ? UARTINT_RX | UARTINT_RT : 0);
}

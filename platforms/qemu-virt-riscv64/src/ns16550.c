/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console: NS16550A, registers apart by reg-shift, each of reg-io-width. Line settings are the
 * firmware's. Before it is known, the firmware's console.
 */
#include <axbase/str.h>
#include "inline.h"

#define RBR         0 /* read; THR when written */
#define IER         1
#define FCR         2
#define LCR         3
#define MCR         4
#define LSR         5

#define IER_RDI     0x01
#define FCR_FIFO    0x01
#define LCR_8BIT    0x03
#define MCR_DTR_RTS 0x03
#define MCR_OUT2    0x08 /* lets the interrupt out, on some */
#define LSR_DR      0x01
#define LSR_THRE    0x20

static uint8_t *uart; /* const after init, as are the next two */
static uint32_t shift;
static bool wide;

static uint32_t get(uint32_t reg)
{
	return wide ? mmio_read32(uart, (uint64_t)reg << shift)
		    : mmio_read8(uart, (uint64_t)reg << shift);
}

static void set(uint32_t reg, uint8_t v)
{
	if (wide) {
		mmio_write32(uart, (uint64_t)reg << shift, v);
	} else {
		mmio_write8(uart, (uint64_t)reg << shift, v);
	}
}

void board_console_early(void)
{
}

void board_console_init(const struct axfdt_host *host)
{
	if (host->uart.size == 0 || (!ax_streq(host->uart_compatible, "ns16550a") &&
				     !ax_streq(host->uart_compatible, "ns16550") &&
				     !ax_streq(host->uart_compatible, "snps,dw-apb-uart"))) {
		board_fail("console: no NS16550A in the device tree");
	}
	board_mmu_map_device("console: NS16550A", host->uart);
	uart = (uint8_t *)(uintptr_t)host->uart.base;
	shift = board_tree.uart_shift;
	wide = board_tree.uart_width == 4;
	set(IER, 0);
	set(LCR, LCR_8BIT);
	set(FCR, FCR_FIFO);
	set(MCR, MCR_DTR_RTS | MCR_OUT2);
}

void board_uart_write(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (uart == NULL) {
			board_sbi_putchar(bytes[i]);
			continue;
		}
		while ((get(LSR) & LSR_THRE) == 0) {
		}
		set(RBR, bytes[i]);
	}
}

bool board_console_read(uint8_t *byte)
{
	if ((get(LSR) & LSR_DR) == 0) {
		return false;
	}
	*byte = (uint8_t)get(RBR);
	return true;
}

void board_console_rx_irq(bool on)
{
	set(IER, on ? IER_RDI : 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Guest irqs: interrupts of devices, whose level stays until they are served, and EOImode 1. */
#include "irqs.h"

#define UARTIMSC 0x038
#define UARTICR  0x044
#define UART_TX  0x020
#define RTCDR    0x000
#define RTCMR    0x004
#define RTCIMSC  0x010
#define RTCICR   0x01c

/* The line stays up: it comes again until the third handler serves the device. */
static void serve_third(uint32_t intid)
{
	if (taken[0][intid] < 3) {
		return;
	}
	if (intid == UART_SPI) {
		guest_write32(GUEST_UART + UARTIMSC, 0);
		guest_write32(GUEST_UART + UARTICR, UART_TX);
	} else {
		guest_write32(GUEST_RTC + RTCICR, 1);
		guest_write32(GUEST_RTC + RTCIMSC, 0);
	}
}

void devices(void)
{
	fresh();
	prepare(UART_SPI, 0xa0);
	actions[UART_SPI] = serve_third;
	guest_write32(GUEST_UART + UARTIMSC, UART_TX);
	let_in(3);
	show_trace("UART, level");
	guest_printf("pending afterwards %u\n", guest_gic_is_pending(UART_SPI));
	fresh();
	prepare(RTC_SPI, 0xa0);
	actions[RTC_SPI] = serve_third;
	guest_write32(GUEST_RTC + RTCICR, 1);
	guest_write32(GUEST_RTC + RTCIMSC, 1);
	guest_write32(GUEST_RTC + RTCMR, guest_read32(GUEST_RTC + RTCDR) + 1);
	let_in(3);
	show_trace("RTC alarm, level");
	guest_printf("pending afterwards %u\n", guest_gic_is_pending(RTC_SPI));
}

/* EOImode 1: once its priority is dropped the next may come, but it itself only when deactivated. */
void split(void)
{
	fresh();
	guest_gic_set_eoimode(true);
	for (uint32_t i = 0; i < 3; i++) {
		prepare(FIRST + i, 0xa0 + 8 * i);
		guest_gic_set_pending(FIRST + i);
	}
	let_in(3);
	for (uint32_t i = 0; i < 3; i++) {
		guest_gic_set_pending(FIRST + i);
	}
	let_in(0);
	show_trace("dropped");
	guest_gic_deactivate(FIRST + 2);
	let_in(1);
	guest_gic_deactivate(FIRST);
	let_in(1);
	guest_gic_deactivate(FIRST + 1);
	let_in(1);
	show_trace("deactivated 42, 40, 41");
	for (uint32_t i = 0; i < 3; i++) {
		guest_gic_deactivate(FIRST + i);
		guest_printf("%u ", guest_gic_is_active(FIRST + i));
	}
	guest_printf("active in the end\n");
	guest_gic_set_eoimode(false);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* This board's steps on the way from the device tree to app_main(). */
#include <axbase/str.h>
#include "inline.h"

struct board_aarch64 board_aarch64_info;

const struct board_aarch64 *board_aarch64_get(void)
{
	return &board_aarch64_info;
}

void board_console_early(void)
{
	board_pl011_init(BOARD_EARLY_UART);
}

void board_firmware_init(const void *fdt, struct axfdt_host *host)
{
	(void)fdt;
	if (board_booted_at_el3 == 0) { /* else this image is the firmware */
		board_psci_init(host->psci_smc   ? BOARD_PSCI_SMC
				: host->psci_hvc ? BOARD_PSCI_HVC
						 : BOARD_PSCI_NONE);
	}
}

void board_console_init(const struct axfdt_host *host)
{
	if (host->uart.size == 0 || !ax_streq(host->uart_compatible, "arm,pl011")) {
		board_fail("console: no PL011 in the device tree");
	}
	board_mmu_map_device("console: PL011", host->uart);
	board_pl011_init(host->uart.base);
}

void board_timer_init(const struct axfdt_host *host)
{
	(void)host;
	board_aarch64_info.cntfrq = read_cntfrq_el0();
	board_time_init(board_aarch64_info.cntfrq);
}

uint64_t board_cpu_init(void)
{
	static const uint8_t pa_bits[] = { 32, 36, 40, 42, 44, 48 };
	uint64_t parange = ax_min_u64(read_id_aa64mmfr0_el1() & 0xf, AX_ARRAY_SIZE(pa_bits) - 1);

	board_info.pa_bits = pa_bits[parange];
	board_aarch64_info.vhe = ((read_id_aa64mmfr1_el1() >> 8) & 0xf) != 0;
	return read_mpidr_el1() & MPIDR_AFFINITY;
}

/* RTCDR (DDI 0224, 3.3.1). */
uint64_t board_read_clock(const struct axfdt_host *host)
{
	return mmio_read32((const void *)(uintptr_t)host->rtc.base, 0);
}

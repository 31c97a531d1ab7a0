/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the firmware: PSCI (DEN0022) over SMC or HVC, SMCCC register use (DEN0028, 2.6). */
#include "internal.h"
#include "sysreg.h"

#define PSCI_CPU_ON       UINT64_C(0xc4000003)
#define PSCI_SYSTEM_OFF   UINT64_C(0x84000008)
#define PSCI_SYSTEM_RESET UINT64_C(0x84000009)

static enum board_psci conduit; /* const after init */

static int64_t call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a1;
	register uint64_t x2 __asm__("x2") = a2;
	register uint64_t x3 __asm__("x3") = a3;

	if (conduit == BOARD_PSCI_HVC) {
		__asm__ volatile("hvc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
				 :
				 : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
				   "x14", "x15", "x16", "x17", "memory");
	} else {
		__asm__ volatile("smc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
				 :
				 : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
				   "x14", "x15", "x16", "x17", "memory");
	}
	return (int64_t)x0;
}

void board_psci_init(enum board_psci how)
{
	conduit = how;
}

bool board_psci_present(void)
{
	return conduit != BOARD_PSCI_NONE;
}

int64_t board_psci_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context)
{
	return call(PSCI_CPU_ON, mpidr, entry, context);
}

void board_park(void)
{
	for (;;) {
		__asm__ volatile("wfi");
	}
}

void board_power_off(void)
{
	atomic_store(&board_stopping, true);
	if (board_psci_present()) {
		call(PSCI_SYSTEM_OFF, 0, 0, 0);
	}
	board_park();
}

void board_reset(void)
{
	atomic_store(&board_stopping, true);
	if (board_psci_present()) {
		call(PSCI_SYSTEM_RESET, 0, 0, 0);
	}
	board_park();
}

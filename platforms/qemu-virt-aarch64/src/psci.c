/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to the firmware: PSCI (DEN0022) over SMC or HVC, SMCCC register use (DEN0028, 2.6). Power off,
 * reset, and CPUs on; where this image is the firmware, those wait in boot.S.
 */
#include <axport/log.h>
#include "inline.h"

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

ax_err_t board_cpu_prepare(void)
{
	if (conduit == BOARD_PSCI_NONE && board_booted_at_el3 == 0) {
		ax_log(AX_LOG_ERROR, "cpus: no PSCI to start the other CPUs with");
		return AX_ENOTSUP;
	}
	/* Both are read with the caches off. */
	board_cache_clean(&board_mmu_regs, sizeof(board_mmu_regs));
	board_cache_clean(board_cpus, sizeof(board_cpus));
	return AX_OK;
}

/** Call a CPU that boot.S keeps waiting, because there is no firmware that would. */
static void call_from_pen(const struct board_cpu *cpu)
{
	board_pen_cpu = (uint64_t)(uintptr_t)cpu;
	board_cache_clean(&board_pen_cpu, sizeof(board_pen_cpu));
	board_pen_mpidr = cpu->hw_id;
	board_cache_clean(&board_pen_mpidr, sizeof(board_pen_mpidr));
	__asm__ volatile("sev" ::: "memory");
}

ax_err_t board_cpu_power_on(struct board_cpu *cpu)
{
	if (board_booted_at_el3 != 0) {
		call_from_pen(cpu);
		return AX_OK;
	}
	int64_t ret = call(PSCI_CPU_ON, cpu->hw_id, (uint64_t)(uintptr_t)board_secondary_start,
			   (uint64_t)(uintptr_t)cpu);

	if (ret != 0) {
		ax_log(AX_LOG_ERROR, "cpus: CPU %u: PSCI CPU_ON: %lld", cpu->id, (long long)ret);
	}
	return ret == 0 ? AX_OK : AX_EBUSY;
}

void board_park(void)
{
	for (;;) {
		__asm__ volatile("wfi");
	}
}

void board_power_off(void)
{
	atomic_store(&board_stopping, 1);
	if (conduit != BOARD_PSCI_NONE) {
		call(PSCI_SYSTEM_OFF, 0, 0, 0);
	}
	board_park();
}

void board_reset(void)
{
	atomic_store(&board_stopping, 1);
	if (conduit != BOARD_PSCI_NONE) {
		call(PSCI_SYSTEM_RESET, 0, 0, 0);
	}
	board_park();
}

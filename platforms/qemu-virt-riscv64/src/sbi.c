/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to the firmware: RISC-V SBI 1.0. BASE, TIME, IPI, RFENCE, HSM, SRST, and the legacy console for what
 * is said before the UART is known. Masks of harts are relative to a base: hart ids need not be dense.
 */
#include <axport/log.h>
#include "inline.h"

#define BASE_PROBE                3
#define SRST_SHUTDOWN             0
#define SRST_COLD_REBOOT          1

#define SBI_ERR_ALREADY_AVAILABLE (-6)

static bool has_srst; /* const after init */

struct board_sbi_ret board_sbi_call(uint64_t extension, uint64_t function, const uint64_t args[5])
{
	register uint64_t a0 __asm__("a0") = *args;
	register uint64_t a1 __asm__("a1") = *(args + 1);
	register uint64_t a2 __asm__("a2") = *(args + 2);
	register uint64_t a3 __asm__("a3") = *(args + 3);
	register uint64_t a4 __asm__("a4") = *(args + 4);
	register uint64_t a6 __asm__("a6") = function;
	register uint64_t a7 __asm__("a7") = extension;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
	return (struct board_sbi_ret){ (int64_t)a0, a1 };
}

static bool has(uint64_t extension)
{
	struct board_sbi_ret ret = board_sbi_call(SBI_BASE, BASE_PROBE, BOARD_SBI_ARGS(extension));

	return ret.error == 0 && ret.value != 0;
}

void board_sbi_init(void)
{
	has_srst = has(SBI_SRST);
	if (!board_riscv64_info.sstc && !has(SBI_TIME)) {
		board_fail("timer: neither Sstc nor the firmware's TIME extension");
	}
}

void board_sbi_putchar(uint8_t byte)
{
	(void)board_sbi_call(SBI_LEGACY_PUTCHAR, 0, BOARD_SBI_ARGS(byte));
}

void board_sbi_set_timer(uint64_t count)
{
	(void)board_sbi_call(SBI_TIME, 0, BOARD_SBI_ARGS(count));
}

void board_sbi_kick(uint64_t hart)
{
	(void)board_sbi_call(SBI_IPI, 0, BOARD_SBI_ARGS(1, hart));
}

/* --- The other harts */

ax_err_t board_cpu_prepare(void)
{
	static const struct {
		uint32_t extension;
		const char *name;
	} needed[] = { { SBI_HSM, "HSM" }, { SBI_IPI, "IPI" }, { SBI_RFENCE, "RFENCE" } };

	for (size_t i = 0; i < AX_ARRAY_SIZE(needed); i++) {
		if (!has(needed[i].extension)) {
			ax_log(AX_LOG_ERROR, "cpus: the firmware has no %s extension",
			       needed[i].name);
			return AX_ENOTSUP;
		}
	}
	atomic_store_explicit(&board_called, board_info.cpu_count, memory_order_release);
	return AX_OK;
}

ax_err_t board_cpu_power_on(struct board_cpu *cpu)
{
	struct board_sbi_ret ret = board_sbi_call(
		SBI_HSM, 0, BOARD_SBI_ARGS(cpu->hw_id, (uint64_t)(uintptr_t)board_secondary_start));

	if (ret.error == SBI_ERR_ALREADY_AVAILABLE) { /* it has come by itself: see boot.S */
		return AX_OK;
	}
	if (ret.error != 0) {
		ax_log(AX_LOG_ERROR, "cpus: CPU %u: SBI hart_start of hart %llu: %lld", cpu->id,
		       (unsigned long long)cpu->hw_id, (long long)ret.error);
	}
	return ret.error == 0 ? AX_OK : AX_EBUSY;
}

/* --- The end */

void board_park(void)
{
	for (;;) {
		__asm__ volatile("wfi");
	}
}

static _Noreturn void reset(uint64_t type)
{
	atomic_store(&board_stopping, 1);
	if (has_srst) {
		(void)board_sbi_call(SBI_SRST, 0, BOARD_SBI_ARGS(type, 0));
	}
	(void)board_sbi_call(SBI_LEGACY_SHUTDOWN, 0, BOARD_SBI_ARGS(0));
	board_park();
}

void board_power_off(void)
{
	reset(SRST_SHUTDOWN);
}

void board_reset(void)
{
	reset(SRST_COLD_REBOOT);
}

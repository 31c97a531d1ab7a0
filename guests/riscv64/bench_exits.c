/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of one exit each: calls, and reads of the emulated devices. */
#include "bench/bench.h"
#include "plic.h"

#define LSR     5
#define NOBODYS 0x12345678 /* an SBI extension that does not exist */

/*
 * Ticks from before to after @op. One statement, so that the compiler puts nothing in between. The operand
 * is in t3, and a7 if it is a call; a0, a1 and t0 may change.
 */
#define TIME(op, operand)                                             \
	do {                                                          \
		register uint64_t t3 __asm__("t3") = (operand);       \
		register uint64_t a7 __asm__("a7") = (operand);       \
		register uint64_t a6 __asm__("a6") = 0;               \
		uint64_t c0;                                          \
		uint64_t c1;                                          \
                                                                      \
		__asm__ volatile("rdcycle %0\n\t" op "\n\trdcycle %1" \
				 : "=&r"(c0), "=&r"(c1)               \
				 : "r"(t3), "r"(a7), "r"(a6)          \
				 : "a0", "a1", "t0", "memory");       \
		return c1 - c0;                                       \
	} while (0)

static uint64_t time_nothing(void)
{
	TIME("", 0);
}

static uint64_t time_hypercall(void)
{
	TIME("ecall", SBI_EXT_BASE);
}

static uint64_t time_hypercall_unknown(void)
{
	TIME("ecall", NOBODYS);
}

static uint64_t time_priority_read(void)
{
	TIME("lw t0, 0(t3)", GUEST_PLIC + PLIC_PRIORITY + 4);
}

static uint64_t time_enable_read(void)
{
	TIME("lw t0, 0(t3)", GUEST_PLIC + PLIC_ENABLE + 0x80);
}

static uint64_t time_threshold_read(void)
{
	TIME("lw t0, 0(t3)", GUEST_PLIC + PLIC_THRESHOLD + 0x1000);
}

static uint64_t time_uart_read(void)
{
	TIME("lbu t0, 0(t3)", GUEST_UART + LSR);
}

void bench_exits(void)
{
	static const struct {
		const char *name;
		uint64_t (*once)(void);
	} rows[] = {
		{ "hypercall", time_hypercall },
		{ "hypercall_unknown", time_hypercall_unknown },
		{ "irqchip_read", time_priority_read },
		{ "irqchip_enable_read", time_enable_read },
		{ "irqchip_redist_read", time_threshold_read },
		{ "uart_read", time_uart_read },
	};
	uint64_t own = bench_least(time_nothing);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bench_row(rows[i].name, rows[i].once, own);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that a guest of the hypervisor does not do alone. CNTVCT_EL0 runs at 1 GHz: a tick is one. */
#include "bench.h"

#define GICD            UINT64_C(0x08000000)
#define GICD_TYPER      0x0004
#define GICD_ISENABLER1 0x0104
#define GICR            UINT64_C(0x080a0000)
#define GICR_TYPER      0x0008
#define UARTFR          0x018

#define PSCI_VERSION    UINT64_C(0x84000000)
#define NO_FUNCTION     UINT64_C(0xc600beef) /* vendor specific: nobody has it */

/*
 * Ticks from before to after @op. One statement, so that the compiler puts nothing in between; ISB, so
 * that the counter is not read early. The operand is in X9, X0 to X17 may change.
 */
#define TIME(op, operand)                                                                       \
	do {                                                                                    \
		register uint64_t x9 __asm__("x9") = (operand);                                 \
		uint64_t t0;                                                                    \
		uint64_t t1;                                                                    \
                                                                                                \
		__asm__ volatile("mov x0, x9\n\tisb\n\tmrs %0, cntvct_el0\n\t" op               \
				 "\n\tisb\n\tmrs %1, cntvct_el0"                                \
				 : "=&r"(t0), "=&r"(t1), "+r"(x9)                               \
				 :                                                              \
				 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x10", \
				   "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");  \
		return t1 - t0;                                                                 \
	} while (0)

uint64_t bench_time_nothing(void)
{
	TIME("", 0);
}

static uint64_t time_hypercall(void)
{
	TIME("hvc #0", PSCI_VERSION);
}

static uint64_t time_hypercall_unknown(void)
{
	TIME("hvc #0", NO_FUNCTION);
}

static uint64_t time_gicd_read(void)
{
	TIME("ldr w1, [x9]", GICD + GICD_TYPER);
}

static uint64_t time_gicd_enable_read(void)
{
	TIME("ldr w1, [x9]", GICD + GICD_ISENABLER1);
}

static uint64_t time_gicr_read(void)
{
	TIME("ldr x1, [x9]", GICR + GICR_TYPER);
}

static uint64_t time_uart_read(void)
{
	TIME("ldr w1, [x9]", GUEST_UART + UARTFR);
}

const struct bench_exit bench_exits[] = {
	{ "hypercall", time_hypercall },           { "hypercall_unknown", time_hypercall_unknown },
	{ "irqchip_read", time_gicd_read },        { "irqchip_enable_read", time_gicd_enable_read },
	{ "irqchip_redist_read", time_gicr_read }, { "uart_read", time_uart_read },
};
const size_t bench_exit_count = sizeof(bench_exits) / sizeof(bench_exits[0]);

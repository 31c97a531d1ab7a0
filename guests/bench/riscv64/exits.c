/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that a guest of the hypervisor does not do alone, between two reads of the CSR cycle. */
#include "bench.h"
#include "plic.h"

#define CONTEXT      PLIC_CONTEXT(0)
#define PRIORITY     (GUEST_PLIC + PLIC_PRIORITY + 4 * PLIC_UART)
#define ENABLE       (GUEST_PLIC + PLIC_ENABLE + 0x80 * CONTEXT)
#define THRESHOLD    (GUEST_PLIC + PLIC_THRESHOLD + 0x1000 * CONTEXT)
#define UART_LSR     (GUEST_UART + 5)

#define SPEC_VERSION 0          /* BASE, function 0 */
#define NO_EXTENSION 0x09ffbeef /* vendor specific: nobody has it */

/* Counts from before to after @op, with @ext in a7, 0 in a6 and @address in t0. */
#define TIME(op, ext, address)                                                               \
	do {                                                                                 \
		register uint64_t a7 __asm__("a7") = (ext);                                  \
		register uint64_t a6 __asm__("a6") = SPEC_VERSION;                           \
		register uint64_t t0 __asm__("t0") = (address);                              \
		uint64_t before;                                                             \
		uint64_t after;                                                              \
                                                                                             \
		__asm__ volatile("csrr %0, cycle\n\t" op "\n\tcsrr %1, cycle"                \
				 : "=&r"(before), "=&r"(after), "+r"(a7), "+r"(a6), "+r"(t0) \
				 :                                                           \
				 : "a0", "a1", "t1", "memory");                              \
		return after - before;                                                       \
	} while (0)

uint64_t bench_time_nothing(void)
{
	TIME("", 0, 0);
}

static uint64_t time_hypercall(void)
{
	TIME("ecall", SBI_EXT_BASE, 0);
}

static uint64_t time_hypercall_unknown(void)
{
	TIME("ecall", NO_EXTENSION, 0);
}

static uint64_t time_plic_priority(void)
{
	TIME("lw t1, 0(t0)", 0, PRIORITY);
}

static uint64_t time_plic_enable(void)
{
	TIME("lw t1, 0(t0)", 0, ENABLE);
}

static uint64_t time_plic_threshold(void)
{
	TIME("lw t1, 0(t0)", 0, THRESHOLD);
}

static uint64_t time_uart_read(void)
{
	TIME("lbu t1, 0(t0)", 0, UART_LSR);
}

const struct bench_exit bench_exits[] = {
	{ "hypercall", time_hypercall },
	{ "hypercall_unknown", time_hypercall_unknown },
	{ "irqchip_read", time_plic_priority },
	{ "irqchip_enable_read", time_plic_enable },
	{ "irqchip_redist_read", time_plic_threshold },
	{ "uart_read", time_uart_read },
};
const size_t bench_exit_count = sizeof(bench_exits) / sizeof(bench_exits[0]);

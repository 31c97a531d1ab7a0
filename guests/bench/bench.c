/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Costs as a guest sees them, read from CNTVCT_EL0: with QEMU's -icount shift=0 and a counter of 1 GHz
 * a tick is an instruction. Prints "bench NAME MIN MEDIAN MAX" per row, then powers off. What the
 * measurement itself takes is taken off. Which rows: words of the command line. docs/costs.md says what
 * each means.
 */
#include "bench.h"

#define GICD            UINT64_C(0x08000000)
#define GICD_TYPER      0x0004
#define GICD_ISENABLER1 0x0104
#define GICR            UINT64_C(0x080a0000)
#define GICR_TYPER      0x0008
#define UARTFR          0x018

#define PSCI_VERSION    UINT64_C(0x84000000)
#define NO_FUNCTION     UINT64_C(0xc600beef) /* vendor specific: nobody has it */

#define WARM_UP         16

static uint64_t samples[BENCH_SAMPLES];

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

static uint64_t time_nothing(void)
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

static void sort(uint64_t *v, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		uint64_t x = v[i];
		uint32_t j = i;

		for (; j > 0 && v[j - 1] > x; j--) {
			v[j] = v[j - 1];
		}
		v[j] = x;
	}
}

static void sample(uint64_t (*once)(void))
{
	for (uint32_t i = 0; i < WARM_UP; i++) {
		once();
	}
	for (uint32_t i = 0; i < BENCH_SAMPLES; i++) {
		samples[i] = once();
	}
	sort(samples, BENCH_SAMPLES);
}

void bench_row(const char *name, uint64_t (*once)(void), uint64_t own)
{
	sample(once);
	guest_printf("bench %s %lu %lu %lu\n", name, (unsigned long)(samples[0] - own),
		     (unsigned long)(samples[BENCH_SAMPLES / 2] - own),
		     (unsigned long)(samples[BENCH_SAMPLES - 1] - own));
}

static void bench_exits(void)
{
	static const struct {
		const char *name;
		uint64_t (*once)(void);
	} rows[] = {
		{ "hypercall", time_hypercall },
		{ "hypercall_unknown", time_hypercall_unknown },
		{ "irqchip_read", time_gicd_read },
		{ "irqchip_enable_read", time_gicd_enable_read },
		{ "irqchip_redist_read", time_gicr_read },
		{ "uart_read", time_uart_read },
	};

	sample(time_nothing);
	for (size_t i = 0, own = samples[0]; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bench_row(rows[i].name, rows[i].once, own);
	}
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	guest_console_init();
	guest_mmu_enable();
	if (guest_arg("exits")) {
		bench_exits();
	}
	bench_irq_init(0);
	if (guest_arg("timer")) {
		bench_timer();
	}
	if (guest_arg("ipi")) {
		bench_ipi();
	}
	if (guest_arg("switch")) {
		bench_switch();
	}
	guest_power_off();
}

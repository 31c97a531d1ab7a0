/* SPDX-License-Identifier: Apache-2.0 */
/* The port of a bare-metal program on QEMU's arm64 "virt" machine at EL1: PL011, generic timer, PSCI. */
#include <axbase/mem.h>
#include <axport/port.h>
#include "demo.h"

#define UART_DR         UINT64_C(0x09000000)
#define PSCI_SYSTEM_OFF UINT64_C(0x84000008)

void start_c(void);

uint64_t ax_port_now_ns(void)
{
	uint64_t count, hz;

	__asm__ volatile("mrs %0, cntvct_el0\n\tmrs %1, cntfrq_el0" : "=r"(count), "=r"(hz));
	return count * (1000000000u / hz);
}

void ax_port_timer_arm(uint64_t deadline_ns)
{
	(void)deadline_ns;
}

uint32_t ax_port_cpu_id(void)
{
	return 0;
}

void ax_port_cpu_kick(uint32_t cpu)
{
	(void)cpu;
}

static void put(char c)
{
	*(volatile uint32_t *)UART_DR = (unsigned char)c;
}

void ax_port_log(enum ax_log_level level, const char *line)
{
	(void)level;
	while (*line != '\0') {
		put(*line++);
	}
	put('\n');
}

static _Noreturn void power_off(void)
{
	register uint64_t x0 __asm__("x0") = PSCI_SYSTEM_OFF;

	__asm__ volatile("hvc #0" : "+r"(x0) : : "memory");
	for (;;) {
	}
}

_Noreturn void ax_port_panic(const char *msg)
{
	ax_port_log(AX_LOG_ERROR, msg);
	power_off();
}

void *memset(void *dst, int c, size_t n)
{
	volatile unsigned char *d = dst; /* or the compiler makes a call of memset() from it */

	while (n-- > 0) {
		*d++ = (unsigned char)c;
	}
	return dst;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	volatile unsigned char *d = dst;
	const unsigned char *s = src;

	while (n-- > 0) {
		*d++ = *s++;
	}
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	volatile unsigned char *d = dst;
	const unsigned char *s = src;

	if ((uintptr_t)dst < (uintptr_t)src) {
		return memcpy(dst, src, n);
	}
	while (n-- > 0) {
		d[n] = s[n];
	}
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < n; i++) {
		if (x[i] != y[i]) {
			return x[i] < y[i] ? -1 : 1;
		}
	}
	return 0;
}

void start_c(void)
{
	ax_port_log(AX_LOG_INFO, demo() == 0 ? "demo: passed" : "demo: failed");
	power_off();
}

__asm__(".pushsection .text.start, \"ax\"\n"
	".global start\n"
	"start:\tldr x0, =stack_top\n"
	"\tmov sp, x0\n"
	"\tb start_c\n"
	".popsection\n.pushsection .bss\n"
	".balign 16\n.skip 16384\n"
	"stack_top:\n.popsection\n");

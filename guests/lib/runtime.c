/* SPDX-License-Identifier: Apache-2.0 */
/* Console, tree, PSCI and the mem* functions of our own guests. */
#include "guest.h"

#define UARTDR            0x000
#define UARTFR            0x018
#define UARTLCR_H         0x02c
#define UARTCR            0x030
#define UARTFR_RXFE       0x10
#define UARTFR_TXFF       0x20

#define FDT_MAGIC         0xd00dfeed
#define FDT_BEGIN_NODE    1
#define FDT_END_NODE      2
#define FDT_PROP          3
#define FDT_NOP           4

#define PSCI_CPU_ON       0xc4000003
#define PSCI_SYSTEM_OFF   0x84000008
#define PSCI_SYSTEM_RESET 0x84000009

void guest_secondary_start(void);
void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memset(void *dst, int c, size_t n);

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	for (size_t i = 0; i < n; i++) {
		d[i] = s[i];
	}
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	uint8_t *d = dst;

	for (size_t i = 0; i < n; i++) {
		d[i] = (uint8_t)c;
	}
	return dst;
}

void guest_console_init(void)
{
	guest_write32(GUEST_UART + UARTLCR_H, 0x70); /* 8 bits, FIFO */
	guest_write32(GUEST_UART + UARTCR, 0x301);   /* on, both ways */
}

void guest_putc(char c)
{
	while ((guest_read32(GUEST_UART + UARTFR) & UARTFR_TXFF) != 0) {
	}
	guest_write32(GUEST_UART + UARTDR, (uint8_t)c);
}

void guest_puts(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n') {
			guest_putc('\r');
		}
		guest_putc(*s);
	}
}

static void put_number(uint64_t v, unsigned base)
{
	char digits[20];
	unsigned n = 0;

	do {
		unsigned digit = (unsigned)(v % base);

		digits[n++] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
		v /= base;
	} while (v != 0);
	while (n > 0) {
		guest_putc(digits[--n]);
	}
}

void guest_put_dec(uint64_t v)
{
	put_number(v, 10);
}

void guest_put_hex(uint64_t v)
{
	guest_puts("0x");
	put_number(v, 16);
}

void guest_read_line(char *buf, size_t cap)
{
	size_t len = 0;

	for (;;) {
		while ((guest_read32(GUEST_UART + UARTFR) & UARTFR_RXFE) != 0) {
		}
		char c = (char)(guest_read32(GUEST_UART + UARTDR) & 0xff);

		if (c == '\r' || c == '\n') {
			break;
		}
		if ((c == '\b' || c == 0x7f) && len > 0) {
			len--;
			guest_puts("\b \b");
		} else if (c >= ' ' && c < 0x7f && len < cap - 1) {
			buf[len++] = c;
			guest_putc(c);
		}
	}
	buf[len] = '\0';
	guest_puts("\n");
}

static uint32_t be32(uint64_t address)
{
	return __builtin_bswap32(guest_read32(address));
}

static bool is_cpu_name(uint64_t address)
{
	static const char prefix[] = "cpu@";

	for (size_t i = 0; i < 4; i++) {
		if (((const volatile char *)address)[i] != prefix[i]) {
			return false;
		}
	}
	return true;
}

uint32_t guest_count_cpus(uint64_t dtb)
{
	uint32_t count = 0;

	if (dtb % 8 != 0 || be32(dtb) != FDT_MAGIC) {
		return 0;
	}
	uint64_t at = dtb + be32(dtb + 8);
	uint64_t end = dtb + be32(dtb + 4);

	while (at < end) {
		uint32_t token = be32(at);

		at += 4;
		if (token == FDT_BEGIN_NODE) {
			count += is_cpu_name(at);
			while (*(const volatile char *)at != '\0') {
				at++;
			}
			at = (at + 4) & ~UINT64_C(3);
		} else if (token == FDT_PROP) {
			at = (at + 8 + be32(at) + 3) & ~UINT64_C(3);
		} else if (token != FDT_END_NODE && token != FDT_NOP) {
			break;
		}
	}
	return count;
}

static int64_t hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a1;
	register uint64_t x2 __asm__("x2") = a2;
	register uint64_t x3 __asm__("x3") = a3;

	__asm__ volatile("hvc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			 :
			 : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
			   "x15", "x16", "x17", "memory");
	return (int64_t)x0;
}

int64_t guest_cpu_on(uint64_t cpu)
{
	return hvc(PSCI_CPU_ON, cpu, (uint64_t)guest_secondary_start, cpu);
}

static _Noreturn void park(void)
{
	for (;;) {
		__asm__ volatile("wfi");
	}
}

void guest_power_off(void)
{
	hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
	park();
}

void guest_reset(void)
{
	hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
	park();
}

void guest_exception(uint64_t esr, uint64_t elr, uint64_t far)
{
	guest_puts("exception: ESR_EL1 ");
	guest_put_hex(esr);
	guest_puts(" ELR_EL1 ");
	guest_put_hex(elr);
	guest_puts(" FAR_EL1 ");
	guest_put_hex(far);
	guest_puts("\n");
	guest_power_off();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The PLIC, the UART and the clock, and accesses of every kind to all that is no memory. */
#include "hostile.h"

#define UART_REGS   8
#define UART_MCR    4
#define RTC_ALARM   0x08 /* low, high behind it */
#define RTC_ENABLED 0x10
#define RTC_LAST    0x20
#define NS_PER_MS   1000000

static void write_at(uint64_t address, uint64_t val)
{
	(void)guest_try_write(address, 1u << below(4), val, NULL);
}

static uint64_t some_plic_address(void)
{
	uint64_t context = below(2 * (uint64_t)cpu_count + 2);

	switch (below(6)) {
	case 0:
		return GUEST_PLIC + PLIC_PRIORITY + below(128) * 4;
	case 1:
		return GUEST_PLIC + PLIC_PENDING + below(0x80);
	case 2:
		return GUEST_PLIC + PLIC_ENABLE + context * 0x80 + below(0x80);
	case 3:
		return GUEST_PLIC + PLIC_THRESHOLD + context * 0x1000 + below(16);
	default:
		return arch_device();
	}
}

/* Anywhere, in any size, aligned or not, mostly writes. */
void attack_plic(void)
{
	for (unsigned i = 0; i < 300; i++) {
		uint64_t address = some_plic_address();
		uint64_t val;

		if (below(8) != 0) {
			address &= ~UINT64_C(3);
		}
		if (below(4) == 0) {
			(void)guest_try_read(address, 1u << below(4), &val, NULL);
		} else {
			write_at(address, nasty());
		}
	}
}

/* In all contexts: claimed and never completed, completed twice, by others, and what was never claimed. */
void attack_claims(void)
{
	guest_write8(GUEST_UART + 1, 0x0f); /* IER: THR is empty, mostly */
	for (unsigned i = 0; i < 200; i++) {
		uint32_t context = (uint32_t)below(2 * (uint64_t)cpu_count);
		uint32_t source = below(2) == 0 ? PLIC_UART : (uint32_t)below(PLIC_SOURCES + 4);

		guest_plic_priority(source, (uint32_t)below(8));
		guest_plic_threshold(context, (uint32_t)below(8));
		guest_plic_enable(context, source, below(4) != 0);
		switch (below(4)) {
		case 0:
			guest_plic_complete(context, guest_plic_claim(context));
			break;
		case 1:
			(void)guest_plic_claim(context);
			break;
		default:
			guest_plic_complete(context, source);
			break;
		}
	}
}

/* All kinds of instructions with such an address: atomics, FP, compressed, and what is no access at all. */
void attack_devices(void)
{
	static const uint32_t forms[] = {
		0x00058503, 0x0005c503, 0x00059503, 0x0005a503, 0x0005b503,
		0x0005e503, 0x00a58023, 0x00a59023, 0x00a5a023, 0x00a5b023,
		0x0005a507, 0x0005b507, 0x00a5a027, 0x00a5b027, 0x100 << 20 | 0x5a52f,
		0x1005b52f, 0x18a5a52f, 0x18a5b52f, 0x00a5a52f, 0x08a5b52f,
		0xe0a5a52f, 0x4188,     0xc188,     0x6188,     0xe188,
		0x2188,     0xa188,     0x12b50073, 0x7ff5b583, 0x8005b583,
		0x00058067,
	};

	for (unsigned i = 0; i < 200; i++) {
		uint64_t address = some_device();
		struct guest_regs r = { .x[A0] = nasty() };

		r.x[A1] = below(2) == 0 ? address & ~UINT64_C(7) : address;
		(void)guest_try_insn(forms[below(sizeof(forms) / sizeof(forms[0]))], &r, NULL);
	}
}

/* Text without end, and all that the registers can do, in all sizes. */
void attack_uart(void)
{
	for (unsigned i = 0; i < 8; i++) {
		if (below(2) == 0) {
			guest_console_init();
			guest_write8(GUEST_UART + UART_MCR, 0);
			for (const char *s = some_flood(); *s != '\0'; s++) {
				guest_write8(GUEST_UART, (uint8_t)*s);
			}
			continue;
		}
		for (unsigned k = 0; k < 20; k++) {
			uint64_t val;

			write_at(GUEST_UART + below(UART_REGS + 1), any());
			(void)guest_try_read(GUEST_UART + below(UART_REGS), 1u << below(4), &val,
					     NULL);
		}
	}
	guest_write8(GUEST_UART + UART_MCR, 0);
	guest_console_init();
}

/* Alarms now, a moment ago and in one, and the clock set forth and back. */
void attack_rtc(void)
{
	for (unsigned i = 0; i < 100; i++) {
		uint64_t now = guest_read32(GUEST_RTC);

		now |= (uint64_t)guest_read32(GUEST_RTC + 4) << 32;
		now += below(3 * NS_PER_MS) - NS_PER_MS;
		guest_write32(GUEST_RTC + RTC_ENABLED, 1);
		guest_write32(GUEST_RTC + RTC_ALARM + 4, (uint32_t)(now >> 32));
		guest_write32(GUEST_RTC + RTC_ALARM, (uint32_t)now);
		write_at(GUEST_RTC + below(RTC_LAST), nasty());
	}
	guest_write32(GUEST_RTC + RTC_ENABLED, (uint32_t)below(2));
}

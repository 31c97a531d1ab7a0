/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses, fetches and table walks to devices and to where nothing is; the devices themselves. */
#include "hostile.h"

static uint64_t some_device(void)
{
	switch (below(6)) {
	case 0:
		return GUEST_UART + 4 + below(PAGE - 4);
	case 1:
		return GUEST_RTC + below(PAGE);
	case 2:
		return guest_gic.dist + below(0x10000);
	case 3:
		return guest_gic.version == 3 ? guest_gic.redist + below(0x40000)
					      : guest_gic.cpu + below(0x2000);
	case 4:
		return NOWHERE + below(0x1000000);
	default:
		return below(0x40000000);
	}
}

/* All of load/store space (op0 x1x0), at register x1: with and without a syndrome, atomics, pairs, SIMD. */
static uint32_t some_access(void)
{
	static const uint32_t forms[] = {
		0x39000020, 0xb9400020, 0xf9400420, 0x39c00020, 0xb8004420, 0xb8404c20, 0xa9400820,
		0xa8c10820, 0x69400820, 0x3d800020, 0xad400420, 0xacc10420, 0x885f7c20, 0xc8007c22,
		0xc87f0820, 0xb8e00020, 0xf8200020, 0x88a27c20, 0x38600820, 0xd5087420, 0x0c407020,
		0x4c9f2020, 0xb8008020, 0x889ffc20, 0x88dffc20, 0xf9800020, 0xd50b7421, 0xb8400820,
	};
	uint32_t insn = forms[below(sizeof(forms) / sizeof(forms[0]))];

	return below(4) == 0 ? ((uint32_t)any() & ~0x1a0003ffu) | 0x08000020u : insn;
}

static void access_at(uint64_t address)
{
	struct guest_regs r;

	for (unsigned i = 0; i < 30; i++) {
		r.x[i] = below(2) == 0 ? 0 : address;
	}
	r.x[1] = address;
	r.sp = 0;
	try_any(some_access(), &r);
}

void attack_devices(void)
{
	for (unsigned i = 0; i < 200; i++) {
		uint64_t address = some_device();

		access_at(below(2) == 0 ? address & ~UINT64_C(7) : address);
	}
	guest_fp_enable();
}

void attack_nowhere(void)
{
	for (unsigned i = 0; i < 100; i++) {
		uint64_t address = NOWHERE + below(0x1000000);
		uint64_t val;

		switch (below(4)) {
		case 0:
			address = UINT64_C(0x2000000000) + below(UINT64_C(1) << 36);
			break;
		case 1:
			address = nasty();
			break;
		default:
			break;
		}
		if ((address >> 30) != 1) { /* RAM is there, and ours */
			(void)guest_try_read(address, 1u << below(4), &val, NULL);
			(void)guest_try_write(address, 1u << below(4), any(), NULL);
		}
	}
}

static uint64_t some_table_address(void)
{
	switch (below(6)) {
	case 0:
		return (uint64_t)guest_mmu_table(); /* itself: a loop */
	case 1:
		return guest_gic.version == 2 ? guest_gic.cpu : GUEST_UART;
	case 2:
		return NOWHERE + below(16) * PAGE;
	case 3:
		return (uint64_t)scratch() + below(SCRATCH_PAGES) * PAGE;
	case 4:
		return guest_gic.dist;
	default:
		return any() & UINT64_C(0x0000fffffffff000);
	}
}

/* Tables that lie nowhere, in devices or in themselves, walked by loads, stores, AT and fetches. */
void attack_tables(void)
{
	uint64_t slot = 4 + me()->id;
	uint64_t va = slot << 30;
	uint64_t *page = (uint64_t *)(scratch() + PAGE);
	uint64_t val;

	for (unsigned i = 0; i < 512; i += 1 + (unsigned)below(16)) {
		page[i] = some_table_address() | (any() & UINT64_C(0xfff)) | below(2) * 3;
	}
	for (unsigned i = 0; i < 20; i++) {
		guest_mmu_table()[slot] = some_table_address() | 3;
		if (below(4) == 0) {
			guest_mmu_table()[slot] = (some_table_address() & ~UINT64_C(0x3fffffff)) |
						  0x401 | (any() & 0xfc);
		}
		guest_tlb_flush();
		for (unsigned k = 0; k < 4; k++) {
			uint64_t at = va + (below(UINT64_C(1) << 30) & ~UINT64_C(7));
			struct guest_regs r = { .x[0] = at };

			(void)guest_try_read(at, 8, &val, NULL);
			try_any(GUEST_INSN_MSR(GUEST_SYSREG(1, (uint32_t)below(8), 7, 8,
							    (uint32_t)below(8)),
					       0),
				&r);
		}
	}
	guest_mmu_table()[slot] = 0;
	guest_tlb_flush();
}

/* A call to where no instruction can be. */
void attack_fetches(void)
{
	guest_trap_begin();
	for (unsigned i = 0; i < 50; i++) {
		uint64_t at = some_device() & ~UINT64_C(3);

		switch (below(4)) {
		case 0:
			at = NOWHERE;
			break;
		case 1:
			at = VA_WILD + below(UINT64_C(1) << 34);
			break;
		case 2:
			at |= 1;
			break;
		default:
			break;
		}
		__asm__ volatile("blr %0" ::"r"(at)
				 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9",
				   "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18",
				   "x30", "memory");
	}
	(void)guest_trap_end();
}

/* An instruction without a syndrome that changes while it traps: by another CPU, or under a stale TLB. */
void attack_rewriting(void)
{
	volatile uint32_t *code = (volatile uint32_t *)(scratch() + 2 * PAGE);
	uint64_t other = (me()->id + 1) % cpu_count;
	volatile uint32_t *theirs = code + (int64_t)(other - me()->id) * SCRATCH_PAGES * PAGE / 4;

	for (unsigned i = 0; i < 50; i++) {
		struct guest_regs r = { .x[1] = some_device(), .x[2] = any() };

		*theirs = some_access();
		r.x[1] &= ~UINT64_C(7);
		try_any(0xa9400820, &r); /* LDP X0, X2, [X1] */
		try_any(below(2) == 0 ? 0xa8c10820 : *code, &r);
	}
}

/* Text without end, sequences for the terminal, and all that the interrupt registers can do. */
void attack_uart(void)
{
	for (unsigned i = 0; i < 8; i++) {
		if (below(2) == 0) {
			guest_write32(GUEST_UART + 0x30, 0x301);
			for (const char *s = some_flood(); *s != '\0'; s++) {
				guest_write32(GUEST_UART, (uint8_t)*s);
			}
			continue;
		}
		for (unsigned k = 0; k < 20; k++) {
			static const uint8_t regs[] = { 0x00, 0x04, 0x2c, 0x30,
							0x34, 0x38, 0x44, 0x48 };

			guest_write32(GUEST_UART + regs[below(sizeof(regs))], (uint32_t)any());
			(void)guest_read32(GUEST_UART + below(18) * 4);
		}
	}
	guest_write32(GUEST_UART + 0x38, 0x7ff);
}

/* Alarms now, a second ago, in a second, and the clock set forth and back. */
void attack_rtc(void)
{
	guest_write32(GUEST_RTC + 0x10, 1);
	for (unsigned i = 0; i < 100; i++) {
		uint32_t now = guest_read32(GUEST_RTC);

		guest_write32(GUEST_RTC + 4, now - 1 + (uint32_t)below(3));
		guest_write32(GUEST_RTC + 0x1c, 1);
		if (below(8) == 0) {
			guest_write32(GUEST_RTC + 8, (uint32_t)nasty());
		}
		guest_write32(GUEST_RTC + below(9) * 4, (uint32_t)any());
	}
	guest_write32(GUEST_RTC + 0x10, (uint32_t)below(2));
}

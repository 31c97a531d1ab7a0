/* SPDX-License-Identifier: Apache-2.0 */
/* Accesses, fetches and table walks to devices and to where nothing is. */
#include "hostile.h"

#define TEST_DEVICE UINT64_C(0x100000) /* plain QEMU's, which ends it */
#define MAPPED      (UINT64_C(1) << 38)
#define GIB(n)      ((uint64_t)(n) << 30)
#define ASID(n)     ((uint64_t)(n) << 44)
#define PPN         ((UINT64_C(1) << 44) - 1)

uint64_t some_device(void)
{
	uint64_t at;

	switch (below(6)) {
	case 0:
		return GUEST_UART + 1 + below(PAGE - 1);
	case 1:
		return GUEST_RTC + below(PAGE);
	case 2:
		return arch_device();
	case 3:
		return FW_CFG + below(32);
	case 4:
		return NOWHERE + below(0x1000000);
	default:
		at = below(GUEST_RAM - PAGE);
		return at - TEST_DEVICE < PAGE ? NOWHERE : at;
	}
}

void attack_nowhere(void)
{
	for (unsigned i = 0; i < 100; i++) {
		uint64_t address = NOWHERE + below(0x1000000);
		uint64_t val;

		switch (below(4)) {
		case 0:
			address = MAPPED - 1 - below(MAPPED / 2); /* beyond RAM */
			break;
		case 1:
			address = harmless();
			break;
		default:
			break;
		}
		(void)guest_try_read(address, 1u << below(4), &val, NULL);
		(void)guest_try_write(address, 1u << below(4), any(), NULL);
	}
}

/* Accesses and instructions over the end of a page behind which there is nothing, a device, or the page itself. */
void attack_crossings(void)
{
	static const uint32_t insns[] = { 0x0005b503, 0x00a5b023, 0x0005a507, 0x00a5b52f,
					  0x1005b52f, 0x10500073, 0x00000073, 0x0005e503 };
	uint64_t va = VA_USER + GIB(me()->id);
	uint64_t *level_0 = (uint64_t *)(void *)scratch_page(LEVEL_0);
	uint16_t *code = (uint16_t *)(void *)scratch_page(CODE);
	uint64_t page = va + U_CHANGES * PAGE;

	for (unsigned i = 0; i < 50; i++) {
		static const uint64_t beyond[] = { GUEST_UART, NOWHERE, GUEST_PLIC };
		uint32_t insn = insns[below(sizeof(insns) / sizeof(insns[0]))];
		struct guest_regs r = { .x[A0] = any() };
		uint64_t flags = below(8) == 0 ? below(256) : GUEST_MAP_RWX | GUEST_PTE_U;
		/* QEMU itself fails an assertion of its own when an instruction ends where no RAM is. */
		uint64_t never = under_a_hypervisor ? 0 : GUEST_PTE_X;

		level_0[U_CHANGES] = GUEST_PTE((uint64_t)code, GUEST_MAP_RWX | GUEST_PTE_U);
		level_0[U_CHANGES + 1] = below(2) == 0
						 ? GUEST_PTE((uint64_t)code, flags)
						 : GUEST_PTE(beyond[below(3)], flags & ~never);
		guest_tlb_flush();
		code[PAGE / 2 - 1] = (uint16_t)insn;
		code[0] = (uint16_t)(insn >> 16);
		code[1] = (uint16_t)GUEST_INSN_EBREAK;
		code[2] = (uint16_t)(GUEST_INSN_EBREAK >> 16);
		r.x[A1] = page + PAGE - below(8);
		limit_begin();
		(void)guest_try_code(page + PAGE - 2, page + PAGE + 2, true, &r, NULL);
		limit_end();
		guest_csr_set(sstatus, SSTATUS_SUM);
		(void)guest_try_write(page + PAGE - below(8), 1u << below(4), any(), NULL);
		guest_csr_clear(sstatus, SSTATUS_SUM);
	}
	level_0[U_CHANGES] = 0;
	level_0[U_CHANGES + 1] = 0;
	guest_tlb_flush();
}

static uint64_t some_table_address(void)
{
	switch (below(6)) {
	case 0:
		return (uint64_t)guest_mmu_table(); /* itself: a loop */
	case 1:
		return below(2) == 0 ? GUEST_UART : GUEST_RTC;
	case 2:
		return NOWHERE + below(16) * PAGE;
	case 3:
		return (uint64_t)scratch() + below(SCRATCH_PAGES) * PAGE;
	case 4:
		return GUEST_PLIC + below(0x200) * PAGE;
	default:
		return any() & PPN << 12;
	}
}

/* A pointer to a next table, or a leaf that is not to be written and may be misaligned; reserved bits, too. */
static uint64_t some_entry(void)
{
	uint64_t at = some_table_address();

	switch (below(4)) {
	case 0:
		return GUEST_PTE(at, GUEST_PTE_V | (any() & ~GUEST_PTE_W & 0xff)) | below(8) << 54;
	case 1:
		return GUEST_PTE(at & ~(GIB(1) - 1), GUEST_PTE_V | GUEST_PTE_R | GUEST_PTE_A);
	default:
		return GUEST_PTE(at, GUEST_PTE_V);
	}
}

static void look(uint64_t va)
{
	uint64_t val;

	for (unsigned k = 0; k < 4; k++) {
		(void)guest_try_read(va + (below(GIB(1)) & ~UINT64_C(7)), 8, &val, NULL);
	}
}

static void fill_with_entries(enum page page)
{
	uint64_t *entries = (uint64_t *)(void *)scratch_page(page);

	for (unsigned i = 0; i < 512; i++) {
		entries[i] = some_entry();
	}
}

/* Tables that lie nowhere, in devices or in themselves, walked by loads. */
void attack_tables(void)
{
	uint64_t slot = (VA_WILD >> 30) + me()->id;

	fill_with_entries(JUNK);
	for (unsigned i = 0; i < 20; i++) {
		guest_mmu_table()[slot] =
			below(4) == 0 ? GUEST_PTE((uint64_t)scratch_page(JUNK), GUEST_PTE_V)
				      : some_entry();
		guest_tlb_flush();
		look(slot << 30);
	}
	guest_mmu_table()[slot] = 0;
	guest_tlb_flush();
}

/*
 * Roots whose lowest part is this guest's own and whose rest is wild, in all modes, with any ASID; and modes
 * that do not exist, with which satp stays what it was.
 */
void attack_satp(void)
{
	uint64_t *root_57 = (uint64_t *)(void *)scratch_page(ROOT_57);
	uint64_t *root_48 = (uint64_t *)(void *)scratch_page(ROOT_48);
	uint64_t *root_39 = (uint64_t *)(void *)scratch_page(ROOT_39);
	uint64_t satp;

	guest_csr_read(satp, satp);
	for (unsigned i = 0; i < 10; i++) {
		unsigned levels = (unsigned)below(3);
		uint64_t mode = GUEST_SATP_SV39 + ((uint64_t)levels << 60);
		unsigned shift = 30 + 9 * levels;

		fill_with_entries(ROOT_57);
		fill_with_entries(ROOT_48);
		fill_with_entries(ROOT_39);
		for (unsigned k = 0; k < 4; k++) {
			root_39[k] = GUEST_PTE(GIB(k), GUEST_MAP_RWX);
		}
		root_48[0] = GUEST_PTE((uint64_t)root_39, GUEST_PTE_V);
		root_57[0] = GUEST_PTE((uint64_t)root_48, GUEST_PTE_V);
		guest_barrier();
		guest_csr_write(satp, (11 + below(5)) << 60 | (any() & PPN));
		guest_csr_write(satp, (1 + below(7)) << 60 | (any() & PPN));
		guest_csr_write(satp, mode | ASID(below(0x10000)) |
					      (uint64_t)scratch_page(ROOT_39 - levels) >> 12);
		guest_tlb_flush();
		for (unsigned k = 0; k < 8; k++) {
			look((4 + below(508)) << 30);
			look((1 + below(255)) << shift);
		}
		guest_csr_write(satp, satp); /* those tables are filled anew now */
		guest_tlb_flush();
	}
}

/* A call to where no instruction can be. */
void attack_fetches(void)
{
	guest_trap_begin();
	for (unsigned i = 0; i < 50; i++) {
		uint64_t at = some_device();

		switch (below(4)) {
		case 0:
			at = NOWHERE + below(PAGE);
			break;
		case 1:
			at = VA_WILD + (me()->id << 30) + below(GIB(1));
			break;
		case 2:
			at = any() | UINT64_C(1) << 62; /* no address of Sv39, mostly */
			break;
		default:
			break;
		}
		if (!under_a_hypervisor && at < GUEST_RAM) {
			continue; /* QEMU executes what it reads from a device */
		}
		__asm__ volatile("jalr ra, %0" ::"r"(at)
				 : "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2",
				   "a3", "a4", "a5", "a6", "a7", "memory");
	}
	(void)guest_trap_end();
}

/* An access to a device that is another one when the hypervisor looks at it: another hart writes it. */
void attack_rewriting(void)
{
	static const uint32_t forms[] = { 0x0005b503, 0x00a58023, 0x00a5b52f,
					  0x0005c503, 0x00014188, 0x0001c188 };
	volatile uint32_t *code = (volatile uint32_t *)(void *)scratch_page(REWRITTEN);
	int64_t other = (int64_t)((me()->id + 1) % cpu_count);
	volatile uint32_t *theirs = code + (other - (int64_t)me()->id) * SCRATCH_PAGES * PAGE / 4;

	code[1] = GUEST_INSN_EBREAK;
	for (unsigned i = 0; i < 50; i++) {
		struct guest_regs r = { .x[A0] = any(), .x[A1] = some_device() & ~UINT64_C(7) };

		*theirs = forms[below(sizeof(forms) / sizeof(forms[0]))];
		*code = cpu_count == 1 ? forms[below(6)] : *code == 0 ? GUEST_INSN_NOP : *code;
		(void)guest_try_code((uint64_t)code, (uint64_t)&code[1], false, &r, NULL);
	}
}

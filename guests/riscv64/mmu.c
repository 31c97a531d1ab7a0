/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation (Privileged Architecture 4.3 to 4.5): Sv39, Sv48, Sv57, which accesses a page table entry
 * allows, entries that are not valid; then fences: after one, local or by SBI RFENCE, no hart may use what
 * was there before. "rounds=" is how many changes the others are told of.
 */
#include "mmu.h"

#define LEVELS 5

volatile uint64_t mmu_pages[4][PAGE / 8] __attribute__((aligned(PAGE)));
static _Alignas(PAGE) uint64_t tables[LEVELS][512];

/* --- Modes: the same identity map at the leaf level of 1 GiB, below one or two more */

static void modes(void)
{
	static const struct {
		const char *name;
		uint64_t mode;
		unsigned above;  /* levels above that of 1 GiB */
		uint64_t beyond; /* an address that the mode has not */
	} list[] = {
		{ "Sv39", GUEST_SATP_SV39, 0, UINT64_C(1) << 38 },
		{ "Sv48", GUEST_SATP_SV48, 1, UINT64_C(1) << 47 },
		{ "Sv57", GUEST_SATP_SV57, 2, UINT64_C(1) << 56 },
	};

	for (unsigned i = 0; i < 512; i++) {
		tables[0][i] = i < 256 ? GUEST_PTE((uint64_t)i << 30, GUEST_MAP_RWX) : 0;
	}
	tables[1][0] = GUEST_PTE((uint64_t)tables[0], GUEST_PTE_V);
	tables[2][0] = GUEST_PTE((uint64_t)tables[1], GUEST_PTE_V);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t satp = list[i].mode | (uint64_t)tables[list[i].above] >> 12;
		struct guest_regs r = { .x = { 0 } };
		struct guest_trap t;
		uint64_t back;
		uint64_t v;

		guest_csr_write(satp, satp);
		guest_tlb_flush();
		guest_csr_read(satp, back);
		guest_printf("%s: %s\n", list[i].name, back == satp ? "there" : "missing");
		if (back == satp) {
			static const struct {
				const char *name;
				uint64_t bits;
			} wrong[] = { { "sign bit only", 0 }, { "top bit", UINT64_C(1) << 63 } };

			for (unsigned k = 0; k < 2; k++) {
				uint64_t at = (k == 0 ? list[i].beyond : wrong[k].bits) | GUEST_RAM;

				guest_try_read(at, 8, &v, &t);
				guest_printf("  %s: %s, stval %s", wrong[k].name,
					     guest_cause_name(t.cause),
					     t.tval == at ? "right" : "WRONG");
				r.x[11] = at;
				guest_try_insn(JR_A1, &r, &t);
				guest_printf("; %s, stval %s\n", guest_cause_name(t.cause),
					     t.tval == at ? "right" : "WRONG");
			}
			guest_try_read((uint64_t)&mmu_pages[1][0], 8, &v, &t);
			guest_printf("  memory: %lu\n", v);
		}
		guest_csr_write(satp, 0);
		guest_tlb_flush();
	}
}

/* --- Entries: one page at WINDOW */

static uint64_t map(uint64_t pte)
{
	guest_mmu_table()[WINDOW] = GUEST_PTE((uint64_t)tables[3], GUEST_PTE_V);
	tables[3][0] = GUEST_PTE((uint64_t)tables[4], GUEST_PTE_V);
	tables[4][0] = pte;
	guest_tlb_flush();
	return GIB(WINDOW);
}

/* r, w, x where load, store, execution pass; their cause where they do not. */
static void accesses(uint64_t at, bool run)
{
	struct guest_regs r = { .x = { 0 } };
	struct guest_trap t;
	uint64_t v;

	guest_try_read(at, 8, &v, &t);
	guest_printf(t.count == 0 ? " r" : " %lu", t.cause);
	guest_try_write(at + 8, 8, 1, &t);
	guest_printf(t.count == 0 ? " w" : " %lu", t.cause);
	if (!run) {
		return;
	}
	mmu_pages[0][2] = (uint64_t)GUEST_INSN_EBREAK << 32 | GUEST_INSN_NOP;
	guest_try_code(at + 16, at + 20, false, &r, &t);
	guest_printf(t.count == 0 ? " x" : " %lu", t.cause);
	guest_printf("%s", t.count == 0 || t.tval == at + 16 ? "" : " STVAL WRONG");
}

static void permissions(void)
{
	uint64_t pa = (uint64_t)mmu_pages[0];

	for (uint64_t flags = 0; flags < 32; flags++) { /* V, R, W, X, U */
		guest_printf("%c%c%c%c%c:", (flags & 1) != 0 ? 'V' : '-',
			     (flags & 2) != 0 ? 'R' : '-', (flags & 4) != 0 ? 'W' : '-',
			     (flags & 8) != 0 ? 'X' : '-', (flags & 16) != 0 ? 'U' : '-');
		for (unsigned how = 0; how < 4; how++) {
			uint64_t at = map(GUEST_PTE(pa, flags | GUEST_PTE_A | GUEST_PTE_D));

			guest_csr_set(sstatus, (how & 1) != 0 ? SSTATUS_SUM : 0);
			guest_csr_set(sstatus, (how & 2) != 0 ? SSTATUS_MXR : 0);
			/* QEMU executes from pages of U-mode what it has loaded from them under SUM. */
			accesses(at, (flags & GUEST_PTE_U) == 0 || (how & 1) == 0);
			guest_csr_clear(sstatus, SSTATUS_SUM | SSTATUS_MXR);
			guest_puts(how < 3 ? ";" : "\n");
		}
	}
}

/* Accessed and dirty: set by the hardware, or a page fault asks for them. */
static void accessed(void)
{
	uint64_t pa = (uint64_t)mmu_pages[0];
	struct guest_trap t;
	uint64_t v;
	uint64_t at;

	for (unsigned i = 0; i < 4; i++) {
		at = map(GUEST_PTE(pa, GUEST_PTE_V | GUEST_PTE_R | GUEST_PTE_W |
					       (i % 2 != 0 ? GUEST_PTE_A : 0)));
		if (i < 2) {
			guest_try_read(at, 8, &v, &t);
		} else {
			guest_try_write(at + 8, 8, 1, &t);
		}
		guest_printf("%s with A %u and D 0: %s, A %lu, D %lu\n", i < 2 ? "load" : "store",
			     i % 2, t.count == 0 ? "done" : guest_cause_name(t.cause),
			     tables[4][0] >> 6 & 1, tables[4][0] >> 7 & 1);
	}
}

static void invalid(void)
{
	uint64_t pa = (uint64_t)mmu_pages[0];
	uint64_t good = GUEST_PTE(pa, GUEST_MAP_RWX);
	static const struct {
		const char *name;
		uint64_t bits;
	} more[] = {
		{ "bit 54", UINT64_C(1) << 54 },
		{ "bit 60", UINT64_C(1) << 60 },
		{ "PBMT", UINT64_C(1) << 61 },
		{ "N", UINT64_C(1) << 63 },
	};
	static const struct {
		const char *name;
		uint64_t flags;
	} inner[] = { { "A", GUEST_PTE_A },
		      { "D", GUEST_PTE_D },
		      { "U", GUEST_PTE_U },
		      { "G", GUEST_PTE_G } };

	for (unsigned i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		guest_printf("leaf with %s:", more[i].name);
		accesses(map(good | more[i].bits), true);
		guest_puts("\n");
	}
	for (unsigned i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
		uint64_t at = map(good);

		tables[3][0] |= inner[i].flags;
		guest_tlb_flush();
		guest_printf("table with %s:", inner[i].name);
		accesses(at, true);
		guest_puts("\n");
	}
	guest_printf("table at the last level:");
	accesses(map(GUEST_PTE(pa, GUEST_PTE_V)), true);
	uint64_t at = map(good);

	tables[3][0] = GUEST_PTE(pa & ~UINT64_C(0x1fffff), GUEST_MAP_RWX);
	guest_tlb_flush();
	guest_printf("\nlarge page:");
	accesses(at + (pa & 0x1fffff), true);
	tables[3][0] = GUEST_PTE((pa & ~UINT64_C(0x1fffff)) + PAGE, GUEST_MAP_RWX);
	guest_tlb_flush();
	guest_printf("\nlarge page, misaligned:");
	accesses(at + (pa & 0x1fffff), true);
	guest_puts("\n");
}

/* What is below the table at the end: levels of tables, one after the other. */
static void missing(void)
{
	uint64_t at = map(0);
	struct guest_trap t;
	uint64_t v;

	for (unsigned level = 0; level < 3; level++) {
		if (level == 1) {
			tables[3][0] = 0;
		} else if (level == 2) {
			guest_mmu_table()[WINDOW] = 0;
		}
		guest_tlb_flush();
		guest_try_read(at + 0x123, 1, &v, &t);
		guest_printf("not valid at level %u: %s, stval %s\n", level,
			     guest_cause_name(t.cause), t.tval == at + 0x123 ? "right" : "WRONG");
	}
}

void guest_secondary_main(uint64_t cpu)
{
	mmu_serve((uint32_t)cpu);
	guest_cpu_off();
}

void guest_main(uint64_t dtb)
{
	uint32_t cpus = guest_cpu_count();

	(void)dtb;
	guest_printf("mmu: harts %u\n", cpus);
	for (unsigned i = 0; i < 4; i++) {
		mmu_pages[i][0] = i;
	}
	modes();
	guest_mmu_enable();
	permissions();
	accessed();
	invalid();
	missing();
	mmu_local_fences();
	mmu_remote_fences(cpus, guest_arg_number("rounds", 30));
	guest_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stale translations. Each hart also has tables of its own with an ASID that all of them use: harts that share
 * a processor must not see each other's.
 */
#include "mmu.h"

#define VA      GIB(WINDOW)
#define OWN     GIB(WINDOW + 1)
#define ASID(n) ((uint64_t)(n) << 44)
#define ASIDS   3

enum order { REST, READ, RUN, STOP };

/* What hart 0 wants of the others: the number of the round, and what they saw of it. */
static volatile uint64_t round_no;
static volatile uint64_t kind;
static volatile uint64_t seen[GUEST_MAX_CPUS];
static volatile uint64_t told[GUEST_MAX_CPUS]; /* the round that seen[] is of */
static volatile uint64_t strange[GUEST_MAX_CPUS];

static _Alignas(PAGE) uint64_t roots[GUEST_MAX_CPUS][512];
static _Alignas(PAGE) uint64_t upper[GUEST_MAX_CPUS][512];
static _Alignas(PAGE) uint64_t lower[GUEST_MAX_CPUS][512];
static _Alignas(PAGE) volatile uint64_t own[GUEST_MAX_CPUS][PAGE / 8];
static _Alignas(PAGE) uint64_t shared_upper[512];
static _Alignas(PAGE) volatile uint64_t shared_lower[512];
static _Alignas(PAGE) volatile uint32_t code[2][PAGE / 4];

static uint64_t look(uint64_t va)
{
	return *(volatile uint64_t *)va;
}

static void set_page(uint64_t index, const volatile void *page, uint64_t flags)
{
	shared_lower[index] = GUEST_PTE((uint64_t)page, flags);
	guest_barrier();
}

/* @cpu's root: everything as in the common one, the shared window, and a page of its own. */
static void make_tables(uint32_t cpu)
{
	for (unsigned i = 0; i < 512; i++) {
		roots[cpu][i] = guest_mmu_table()[i];
	}
	shared_upper[0] = GUEST_PTE((uint64_t)shared_lower, GUEST_PTE_V);
	roots[cpu][WINDOW] = GUEST_PTE((uint64_t)shared_upper, GUEST_PTE_V);
	roots[cpu][WINDOW + 1] = GUEST_PTE((uint64_t)upper[cpu], GUEST_PTE_V);
	upper[cpu][0] = GUEST_PTE((uint64_t)lower[cpu], GUEST_PTE_V);
	lower[cpu][0] = GUEST_PTE((uint64_t)own[cpu], GUEST_MAP_RW);
	own[cpu][0] = 1000 + cpu;
	guest_barrier();
}

static void use_tables(uint32_t cpu, uint64_t asid)
{
	guest_csr_write(satp, GUEST_SATP_SV39 | ASID(asid) | (uint64_t)roots[cpu] >> 12);
}

/* --- This hart */

static void fence(unsigned how, uint64_t va, uint64_t asid)
{
	switch (how) {
	case 0:
		__asm__ volatile("sfence.vma" ::: "memory");
		break;
	case 1:
		__asm__ volatile("sfence.vma %0" ::"r"(va) : "memory");
		break;
	case 2:
		__asm__ volatile("sfence.vma zero, %0" ::"r"(asid) : "memory");
		break;
	case 3:
		__asm__ volatile("sfence.vma %0, %1" ::"r"(va), "r"(asid) : "memory");
		break;
	case 4:
		guest_sbi6(SBI_EXT_RFENCE, 1, (const uint64_t[6]){ 1, 0, va, PAGE });
		break;
	case 5:
		guest_sbi6(SBI_EXT_RFENCE, 1, (const uint64_t[6]){ 1, 0, 0, 0 });
		break;
	case 6:
		guest_sbi6(SBI_EXT_RFENCE, 2, (const uint64_t[6]){ 1, 0, va, PAGE, asid });
		break;
	case 7:
		guest_sbi6(SBI_EXT_RFENCE, 2,
			   (const uint64_t[6]){ 1, 0, va & ~UINT64_C(0x1fffff), 0x40000000, asid });
		break;
	default:
		guest_sbi6(SBI_EXT_RFENCE, 1,
			   (const uint64_t[6]){ 0, ~UINT64_C(0), 0, ~UINT64_C(0) });
		break;
	}
}

void mmu_local_fences(void)
{
	static const char *const names[] = { "everything",
					     "an address",
					     "an ASID",
					     "both",
					     "RFENCE, a page",
					     "RFENCE, everything",
					     "RFENCE, page and ASID",
					     "RFENCE, a gigabyte and ASID",
					     "RFENCE, all harts" };

	make_tables(0);
	use_tables(0, 1);
	guest_tlb_flush();
	for (unsigned how = 0; how < 9; how++) {
		unsigned stale = 0;
		unsigned faults = 0;
		struct guest_trap t;
		uint64_t v;

		for (uint64_t i = 0; i < 100; i++) {
			uint64_t at = VA + PAGE * (i % 7);

			set_page(i % 7, mmu_pages[i % 4], GUEST_MAP_RW);
			fence(how, at, 1);
			stale += look(at) != i % 4;
			set_page(i % 7, mmu_pages[(i + 1) % 4], GUEST_MAP_RW);
			fence(how, at, 1);
			stale += look(at) != (i + 1) % 4;
			set_page(i % 7, NULL, 0);
			fence(how, at, 1);
			faults +=
				!guest_try_read(at, 8, &v, &t) && t.cause == GUEST_CAUSE_LOAD_PAGE;
		}
		guest_printf("fence of %s: %u stale, %u of 100 gone\n", names[how], stale, faults);
	}
	/* ASIDs keep apart what is not global, without a fence between them. */
	uint64_t wrong = 0;

	for (uint64_t a = 0; a < ASIDS; a++) {
		make_tables((uint32_t)a);
	}
	guest_tlb_flush();
	for (uint64_t i = 0; i < 300; i++) {
		use_tables((uint32_t)(i % ASIDS), 10 + i % ASIDS);
		wrong += look(OWN) != 1000 + i % ASIDS;
	}
	guest_printf("ASIDs: %lu wrong\n", wrong);
	use_tables(0, 1);
	guest_tlb_flush();
}

/* --- Others */

static void answer(uint32_t cpu, uint64_t round)
{
	if (kind == READ) {
		seen[cpu] = look(VA + PAGE * (round % 5));
	} else if (kind == RUN) {
		uint64_t (*f)(void) = (uint64_t(*)(void))(uint64_t)code[0];

		seen[cpu] = f();
	}
	strange[cpu] = strange[cpu] + (look(OWN) != 1000 + cpu);
	guest_barrier();
	told[cpu] = round;
}

void mmu_serve(uint32_t cpu)
{
	uint64_t last = 0;

	make_tables(cpu);
	use_tables(cpu, 1);
	guest_tlb_flush();
	told[cpu] = ~UINT64_C(0); /* here */
	while (kind != STOP) {
		uint64_t round = round_no;

		guest_barrier();
		/* Used all the time, so that it is cached when it changes. */
		if (kind == READ) {
			(void)look(VA + PAGE * (round % 5));
			(void)look(VA + PAGE * ((round + 1) % 5));
		}
		strange[cpu] = strange[cpu] + (look(OWN) != 1000 + cpu);
		if (round != last) {
			last = round;
			answer(cpu, round);
		}
	}
}

static void wait_for_all(uint32_t cpus, uint64_t round)
{
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		while (told[cpu] != round) {
		}
	}
}

/* Change the page of this round, fence, and only then let the others look for it. */
static uint64_t change_pages(uint32_t cpus, uint64_t rounds, unsigned how)
{
	uint64_t stale = 0;

	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t round = round_no + 1;
		uint64_t at = VA + PAGE * (round % 5);
		uint64_t all = (UINT64_C(1) << cpus) - 1;
		struct guest_sbi_ret ret;

		set_page(round % 5, mmu_pages[round % 3], GUEST_MAP_RW);
		switch (how) {
		case 0:
			ret = guest_sbi6(SBI_EXT_RFENCE, 1,
					 (const uint64_t[6]){ all, 0, at, PAGE });
			break;
		case 1:
			ret = guest_sbi6(SBI_EXT_RFENCE, 1,
					 (const uint64_t[6]){ 0, ~UINT64_C(0), 0, 0 });
			break;
		case 2:
			ret = guest_sbi6(SBI_EXT_RFENCE, 2,
					 (const uint64_t[6]){ all >> 1, 1, at, PAGE, 1 });
			break;
		default:
			ret = guest_sbi6(SBI_EXT_RFENCE, 2,
					 (const uint64_t[6]){ 0, ~UINT64_C(0), 0, ~UINT64_C(0),
							      1 });
			break;
		}
		stale += ret.error != 0;
		guest_barrier();
		round_no = round;
		wait_for_all(cpus, round);
		for (uint32_t cpu = 1; cpu < cpus; cpu++) {
			stale += seen[cpu] != round % 3;
		}
	}
	return stale;
}

/* li a0, n; ret */
static void write_code(uint32_t n)
{
	code[0][0] = 0x00000513u | n << 20;
	code[0][1] = 0x00008067u;
}

static uint64_t change_code(uint32_t cpus, uint64_t rounds)
{
	uint64_t stale = 0;

	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t round = round_no + 1;

		write_code((uint32_t)(round % 1000));
		guest_barrier();
		stale += guest_sbi(SBI_EXT_RFENCE, 0, 0, ~UINT64_C(0), 0).error != 0;
		round_no = round;
		wait_for_all(cpus, round);
		for (uint32_t cpu = 1; cpu < cpus; cpu++) {
			stale += seen[cpu] != round % 1000;
		}
	}
	return stale;
}

void mmu_remote_fences(uint32_t cpus, uint64_t rounds)
{
	static const char *const names[] = { "a page", "everything of all",
					     "page and ASID of the others", "an ASID of all" };
	uint64_t sum = 0;

	write_code(0);
	for (uint64_t i = 0; i < 5; i++) {
		set_page(i, mmu_pages[0], GUEST_MAP_RW);
	}
	kind = READ;
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		guest_cpu_on(cpu);
	}
	wait_for_all(cpus, ~UINT64_C(0));
	for (unsigned how = 0; how < 4; how++) {
		guest_printf("remote fence of %s: %lu stale\n", names[how],
			     change_pages(cpus, rounds, how));
	}
	kind = RUN;
	guest_printf("remote fence.i: %lu stale\n", change_code(cpus, rounds));
	kind = STOP;
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		while (guest_sbi(SBI_EXT_HSM, 2, cpu, 0, 0).value != 1) {
		}
		sum += strange[cpu];
	}
	guest_printf("pages of other harts seen: %lu\n", sum);
}

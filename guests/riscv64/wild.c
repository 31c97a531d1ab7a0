/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Not differential: on all harts, at random, SBI calls with arguments that nobody should give, instructions
 * and CSRs that are not there, accesses to everything, page tables that lead into devices and nowhere, and
 * code that other harts change while it faults. seed=, seconds=, only= one kind. The hypervisor has to
 * answer each of it, or this VM alone.
 */
#include "guest.h"

#define PAGE            4096
#define GIB(n)          ((uint64_t)(n) << 30)
#define WINDOW          200 /* entry of the root table that the tables of attack_tables() hang from */
#define HOT             64 /* words of code that all harts write and run */
#define CPUS            8
#define EBREAK          0x00100073u
#define LEGACY_SHUTDOWN 8

struct cpu {
	uint64_t seed;
	uint64_t rounds;
	_Alignas(PAGE) uint64_t level_1[512];
	uint64_t level_0[512];
	uint8_t scratch[4 * PAGE];
};

static struct cpu cpus[CPUS];
static _Alignas(PAGE) volatile uint32_t hot[PAGE / 4];
static volatile uint32_t over;
static uint64_t end_of_time;

static struct cpu *me(void)
{
	return &cpus[guest_cpu_self()];
}

static uint64_t any(void)
{
	struct cpu *c = me();

	c->seed ^= c->seed >> 12;
	c->seed ^= c->seed << 25;
	c->seed ^= c->seed >> 27;
	return c->seed * UINT64_C(0x2545f4914f6cdd1d);
}

static uint64_t below(uint64_t n)
{
	return (any() >> 16) % n;
}

/* Nothing of this is the image's: what is written there is written for nothing. Not the UART. */
static uint64_t place(void)
{
	switch (below(10)) {
	case 0:
		return GUEST_PLIC + below(0x400000);
	case 1:
		return GUEST_PLIC + 0x200000 + below(16) * PAGE + below(16);
	case 2:
		return GUEST_RTC + below(PAGE);
	case 3:
		return UINT64_C(0x10001000) + below(0x8000);
	case 4:
		return UINT64_C(0x20000000) + below(0x4000000);
	case 5: /* about the end of what a guest can address */
		return (UINT64_C(1) << (36 + below(8))) - 16 + below(32);
	case 6:
		return below(PAGE) - 64;
	case 7:
		return UINT64_C(0x18000000) + below(PAGE);
	default:
		return (uint64_t)me()->scratch + PAGE + below(2 * PAGE);
	}
}

static uint64_t nasty(void)
{
	switch (below(7)) {
	case 0:
		return below(64);
	case 1:
		return ~UINT64_C(0) - below(64);
	case 2:
		return UINT64_C(1) << below(64);
	case 3:
		return (UINT64_C(1) << below(64)) - 1;
	case 4:
		return place();
	case 5:
		return (uint32_t)any();
	default:
		return any();
	}
}

/* --- Calls. What ends the VM or a hart is left out; a suspended hart has a timer to wake it. */

static uint64_t some_extension(void)
{
	static const uint64_t known[] = { SBI_EXT_BASE, SBI_EXT_TIME, SBI_EXT_IPI, SBI_EXT_RFENCE,
					  SBI_EXT_HSM,  SBI_EXT_DBCN, 0x0a000000,  0x0affffff };

	return below(8) == 0 ? nasty() : known[below(8)] | (below(16) == 0 ? any() << 32 : 0);
}

static void attack_calls(void)
{
	for (unsigned i = 0; i < 50; i++) {
		uint64_t ext = some_extension();
		uint64_t function = below(16) == 0 ? nasty() : below(8);
		uint64_t a[6] = { nasty(), nasty(), nasty(), nasty(), nasty(), nasty() };

		if (ext == SBI_EXT_SRST || ext <= 2 || ext == LEGACY_SHUTDOWN ||
		    (ext == SBI_EXT_HSM && (function == 1 || function == 3)) ||
		    (ext == SBI_EXT_DBCN && (function == 2 || a[2] == 0))) {
			continue; /* the last two would only print */
		}
		if (ext == SBI_EXT_HSM && function == 0 && a[0] < CPUS) {
			a[0] += CPUS;
		}
		if (ext == SBI_EXT_RFENCE || ext == SBI_EXT_IPI) {
			a[1] = below(2) == 0 ? 0 : ~UINT64_C(0);
			a[0] = below(2) == 0 ? (UINT64_C(1) << guest_cpu_count()) - 1 : a[0];
		}
		(void)guest_sbi6(ext, function, a);
	}
}

static void attack_suspend(void)
{
	guest_timer_set(guest_counter() + below(2) * guest_ticks(50));
	guest_csr_write(sie, SIP_STIP);
	if (below(2) == 0) {
		(void)guest_sbi(SBI_EXT_HSM, 3, 0, nasty(), nasty());
	} else {
		guest_wfi();
	}
	guest_csr_write(sie, 0);
	guest_timer_off();
}

/* --- Instructions */

static uint32_t some_access(void)
{
	static const uint32_t opcodes[] = { 0x03, 0x23, 0x07, 0x27, 0x2f };
	uint32_t word = (uint32_t)any() & ~0x7fu;

	return word | opcodes[below(5)];
}

/* Not: jumps, what changes the runtime's own CSRs, SRET and WFI, an EBREAK or ECALL. */
static uint32_t some_insn(void)
{
	uint32_t word = (uint32_t)any() & ~0x7fu;
	uint32_t csr = word >> 20;

	switch (below(4)) {
	case 0:
		return some_access();
	case 1: /* FENCE and its kin, CBO */
		return word | 0x0f;
	case 2: { /* loads and stores of two bytes */
		uint32_t c = (uint32_t)any() & 0x7fff;

		return (c & 3) == 2 ? 0x4002u | (c & 0x0ffc) | 1u << 7 : c & 0x7ffcu;
	}
	default:
		break;
	}
	if ((word & 0x3000) == 0) { /* HLV, HFENCE, SINVAL, SFENCE */
		return (word & 0x4fff80u) | 0x4073u | (0x60u + (uint32_t)below(32)) << 24;
	}
	if (csr == 0x100 || csr == 0x104 || csr == 0x105 || csr == 0x140 || csr == 0x180) {
		return GUEST_INSN_CSRRS(csr, 10, 0);
	}
	return word | 0x73;
}

static void try(uint32_t word)
{
	struct guest_regs r;

	for (unsigned i = 0; i < 32; i++) {
		r.x[i] = place();
	}
	(void)guest_try_insn(word, &r, NULL);
}

static void attack_insns(void)
{
	for (unsigned i = 0; i < 100; i++) {
		try(some_insn());
	}
}

/* --- Accesses; tables */

static void attack_places(void)
{
	for (unsigned i = 0; i < 100; i++) {
		unsigned size = 1u << below(4);
		uint64_t val;

		if (below(2) == 0) {
			(void)guest_try_read(place(), size, &val, NULL);
		} else {
			(void)guest_try_write(place(), size, nasty(), NULL);
		}
	}
}

static uint64_t some_entry(void)
{
	uint64_t pa = below(2) == 0 ? place() : any() & ((UINT64_C(1) << 56) - 1);
	uint64_t flags = any() & 0x3ff;

	if (below(8) == 0) {
		flags |= any() << 54;
	}
	return GUEST_PTE(pa & ~(uint64_t)(PAGE - 1), flags | (below(4) != 0 ? GUEST_PTE_V : 0));
}

static void attack_tables(void)
{
	struct cpu *c = me();
	uint64_t root = WINDOW + guest_cpu_self();

	for (unsigned i = 0; i < 512; i++) {
		c->level_0[i] = some_entry();
		c->level_1[i] =
			below(2) == 0 ? GUEST_PTE((uint64_t)c->level_0, GUEST_PTE_V) : some_entry();
	}
	guest_mmu_table()[root] =
		below(8) == 0 ? some_entry() : GUEST_PTE((uint64_t)c->level_1, GUEST_PTE_V);
	guest_tlb_flush();
	for (unsigned i = 0; i < 50; i++) {
		uint64_t va = GIB(root) + below(GIB(1));
		struct guest_regs r = { .x = { 0 } };
		uint64_t val;

		switch (below(4)) {
		case 0: /* reads alone: where a leaf leads is not known */
			r.x[10] = va & ~UINT64_C(7);
			(void)guest_try_insn(0x1005352fu | 3u << 12, &r, NULL); /* lr.d a0, (a0) */
			break;
		case 1:
			r.x[10] = va;
			(void)guest_try_insn(0x00053507u, &r, NULL); /* fld fa0, (a0) */
			break;
		default:
			(void)guest_try_read(va, 1u << below(4), &val, NULL);
			break;
		}
	}
	guest_mmu_table()[root] = 0;
	guest_tlb_flush();
}

/* --- Code that changes while it faults: all harts write it, and run it */

static void attack_code(void)
{
	struct guest_regs r;

	for (unsigned i = 0; i < 100; i++) {
		for (unsigned n = 0; n < 4; n++) {
			hot[below(HOT - 1)] = some_access();
		}
		for (unsigned n = 0; n < 32; n++) {
			r.x[n] = below(4) == 0 ? place() : GUEST_PLIC + below(512) * 8;
		}
		(void)guest_try_code((uint64_t)(hot + below(HOT - 1)), (uint64_t)(hot + HOT - 1),
				     false, &r, NULL);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {
	{ "calls", attack_calls },   { "suspend", attack_suspend }, { "insns", attack_insns },
	{ "places", attack_places }, { "tables", attack_tables },   { "code", attack_code },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void play(void)
{
	struct cpu *c = me();

	c->seed = guest_arg_number("seed", 1) * 977 + guest_cpu_self() + 1;
	guest_mmu_enable();
	guest_fp_enable();
	while (guest_counter() < end_of_time) {
		unsigned k = (unsigned)below(KINDS);

		if (!guest_arg("only") || guest_arg_is("only", kinds[k].name)) {
			kinds[k].run();
			c->rounds++;
		}
	}
	__atomic_add_fetch(&over, 1, __ATOMIC_SEQ_CST);
}

void guest_secondary_main(uint64_t cpu)
{
	(void)cpu;
	play();
}

void guest_main(uint64_t dtb)
{
	uint32_t count = guest_cpu_count() < CPUS ? guest_cpu_count() : CPUS;
	bool all = true;

	(void)dtb;
	for (unsigned i = 0; i < HOT - 1; i++) {
		hot[i] = GUEST_INSN_NOP;
	}
	hot[HOT - 1] = EBREAK;
	end_of_time = guest_counter() + guest_arg_number("seconds", 3) * guest_counter_hz();
	for (uint32_t i = 1; i < count; i++) {
		(void)guest_cpu_on(i);
	}
	play();
	while (over < count) {
		guest_delay_us(100);
	}
	for (uint32_t i = 0; i < count; i++) {
		all = all && cpus[i].rounds != 0;
	}
	guest_check(all, "every hart was wild");
	guest_done();
}

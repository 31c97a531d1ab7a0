/* SPDX-License-Identifier: Apache-2.0 */
/* EL0 with any state and any program, in AArch32 too, and returns to where none can lead. */
#include "hostile.h"

#define EL0_VA    (VA_WILD + (UINT64_C(32) << 30))
#define EL1H_DAIF 0x3c5
#define A64_SVC   0xd4000001u
#define A32_SVC   0xef000000u

/* A CPU that is out of el0_run() has here what it needs to come back. */
static struct {
	uint64_t keep[13];
	volatile uint64_t away;
} out[GUEST_MAX_CPUS];

void el0_run(uint64_t pc, uint64_t spsr, uint64_t *keep);
void el0_back(void);

bool el0_exception(struct guest_frame *f)
{
	uint64_t id = guest_cpu_self();

	if (out[id].away == 0) {
		return false;
	}
	out[id].away = 0;
	f->pc = (uint64_t)el0_back;
	f->pstate = EL1H_DAIF;
	f->x[0] = (uint64_t)out[id].keep;
	return true;
}

static void go(uint64_t pc, uint64_t spsr)
{
	uint64_t id = guest_cpu_self();

	__asm__ volatile("msr daifset, #0xf" ::: "memory");
	out[id].away = 1;
	el0_run(pc, spsr, out[id].keep);
}

/* Level 2 and 3 tables and one page of programs, which EL0 may read, write and execute. */
static uint64_t map_page(void)
{
	uint64_t slot = (EL0_VA >> 30) + me()->id;
	uint64_t *l2 = (uint64_t *)(scratch() + 3 * PAGE);
	uint64_t *l3 = (uint64_t *)(scratch() + 4 * PAGE);

	if (guest_mmu_table()[slot] != ((uint64_t)l2 | 3)) {
		for (unsigned i = 0; i < 512; i++) {
			l2[i] = 0;
			l3[i] = 0;
		}
		l2[0] = (uint64_t)l3 | 3;
		l3[0] = (uint64_t)(scratch() + 5 * PAGE) |
			0x747; /* AF, inner shareable, EL0, Normal */
		/* The same for EL0 to execute only, and behind it a device. */
		l3[1] = (uint64_t)(scratch() + 5 * PAGE) | UINT64_C(0x20000000000707);
		l3[2] = GUEST_UART | 0x443;
		guest_mmu_table()[slot] = (uint64_t)l2 | 3;
		guest_tlb_flush();
	}
	return slot << 30;
}

static void sync_code(uint32_t *code, unsigned words)
{
	for (unsigned i = 0; i < words; i += 16) {
		__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0" ::"r"(&code[i])
				 : "memory");
	}
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

/* Instructions that EL0 has no right to, and any; the last one comes back. */
static uint32_t some_a64(void)
{
	static const uint32_t insns[] = {
		0xd5033fdf, 0xd503207f, 0xd503205f, 0xd4000002, 0xd4000003, 0xd4200000, 0xd4400000,
		0xd69f03e0, 0xd53be040, 0xd53b0020, 0xd50b7420, 0xd50b7e20, 0xd508831f, 0xd5384240,
		0xd5184240, 0xd51be220, 0xd51be320, 0x1e604020, 0xb9400000, 0xa9400820, 0xd50344df,
	};

	if (below(4) == 0) {
		return GUEST_INSN_MRS(below(32768) | 32768, (uint32_t)below(8));
	}
	return insns[below(sizeof(insns) / sizeof(insns[0]))];
}

void attack_el0(void)
{
	uint64_t va = map_page();
	uint32_t *code = (uint32_t *)(scratch() + 5 * PAGE);

	guest_msr(cntkctl_el1, below(1024));
	for (unsigned i = 0; i < 50; i++) {
		bool aarch32 = below(4) == 0;
		uint64_t junk = any() & UINT64_C(0xf1e00000);

		for (unsigned k = 0; k < 256; k++) {
			code[k] = aarch32 ? A32_SVC : A64_SVC;
		}
		for (unsigned k = 0; k < 8 && !aarch32; k++) {
			code[k] = some_a64();
		}
		if (aarch32) {
			code[0] = 0xee000f10u | ((uint32_t)any() & 0x00ff00efu); /* MCR, MRC p15 */
			code[1] = 0xe320f003u;                                   /* WFI */
		}
		sync_code(code, 256);
		/* AArch32 is User mode, Thumb or not; a processor without it takes an illegal return. */
		go(va, aarch32 ? junk | 0x1d0 | below(2) << 5 : junk | below(4) << 8 | 0x40);
	}
	code[1020] = 0xa9440c04; /* LDP X4, X3, [X0, #64] */
	code[1021] = A64_SVC;
	sync_code(code + 1008, 16);
	go(va + 2 * PAGE - 16, 0x40);
	guest_msr(cntkctl_el1, 0);
	guest_msr(mdscr_el1, 0);
}

/* To EL2, EL3, AArch32 at EL1, modes that are reserved. The processor stays, with PSTATE.IL set. */
void attack_returns(void)
{
	static const uint16_t modes[] = { 0x8,  0x9,  0xc,  0xd,  0x1,  0x2,  0x3,
					  0x6,  0x7,  0xa,  0xb,  0xe,  0xf,  0x11,
					  0x12, 0x13, 0x16, 0x17, 0x1a, 0x1b, 0x1f };

	for (unsigned i = 0; i < 50; i++) {
		uint64_t spsr = modes[below(sizeof(modes) / sizeof(modes[0]))] | 0x3c0;

		/* Should it lead anywhere, there is an SVC. */
		uint32_t *code = (uint32_t *)(scratch() + 5 * PAGE);

		code[0] = A64_SVC;
		sync_code(code, 16);
		go((uint64_t)code, spsr | (any() & UINT64_C(0xf0000000)) | below(2) << 20);
	}
}

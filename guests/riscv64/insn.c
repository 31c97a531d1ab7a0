/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is illegal in S-mode and in U-mode: encodings that are no instruction, those of M-mode and of the
 * hypervisor, of extensions that are not there; what U-mode may do once S-mode lets it; memory of U-mode;
 * calls and returns between the two. Each line: the exception, or that the instruction passed.
 */
#include "guest.h"

#define PAGE       4096
#define GIB(n)     ((uint64_t)(n) << 30)
#define WINDOW     200 /* entry of the root table: pages of U-mode */
#define U_CODE     (GIB(WINDOW) + 0 * PAGE)
#define U_DATA     (GIB(WINDOW) + 1 * PAGE)
#define U_READ     (GIB(WINDOW) + 2 * PAGE)
#define U_EXEC     (GIB(WINDOW) + 3 * PAGE)
#define S_DATA     (GIB(WINDOW) + 4 * PAGE)
#define U_DEVICE   (GIB(WINDOW) + 5 * PAGE)
#define U_NOTHING  (GIB(WINDOW) + 6 * PAGE)
#define U_UNMAPPED (GIB(WINDOW) + 7 * PAGE)
#define NOTHING    UINT64_C(0x18000000)
#define SCR        7
#define A0         10
#define A1         11

struct insn {
	const char *name;
	uint32_t word;
	uint32_t bytes;
};

extern const struct insn insns[];

static _Alignas(PAGE) volatile uint16_t code[PAGE / 2];
static _Alignas(PAGE) volatile uint64_t data[PAGE / 8];
static _Alignas(PAGE) uint64_t level_1[512];
static _Alignas(PAGE) uint64_t level_0[512];

static void map(void)
{
	uint64_t user = GUEST_PTE_V | GUEST_PTE_U | GUEST_PTE_A | GUEST_PTE_D;

	level_0[0] = GUEST_PTE((uint64_t)code, user | GUEST_PTE_R | GUEST_PTE_X);
	level_0[1] = GUEST_PTE((uint64_t)data, user | GUEST_PTE_R | GUEST_PTE_W);
	level_0[2] = GUEST_PTE((uint64_t)data, user | GUEST_PTE_R);
	level_0[3] = GUEST_PTE((uint64_t)code, user | GUEST_PTE_X);
	level_0[4] = GUEST_PTE((uint64_t)data, GUEST_MAP_RWX);
	level_0[5] = GUEST_PTE(GUEST_UART, user | GUEST_PTE_R | GUEST_PTE_W);
	level_0[6] = GUEST_PTE(NOTHING, user | GUEST_PTE_R | GUEST_PTE_W | GUEST_PTE_X);
	level_1[0] = GUEST_PTE((uint64_t)level_0, GUEST_PTE_V);
	guest_mmu_table()[WINDOW] = GUEST_PTE((uint64_t)level_1, GUEST_PTE_V);
	guest_tlb_flush();
}

/* @word in U-mode, with a0 and a1; returns a0 of then. */
static uint64_t user(uint32_t word, uint64_t a0, uint64_t a1, struct guest_trap *t)
{
	struct guest_regs r = { .x = { [A0] = a0, [A1] = a1, [2] = U_DATA + 2048 } };
	unsigned n = (word & 3) == 3 ? 2 : 1;

	code[0] = (uint16_t)word;
	code[1] = (uint16_t)(word >> 16);
	code[n] = (uint16_t)GUEST_INSN_EBREAK;
	code[n + 1] = (uint16_t)(GUEST_INSN_EBREAK >> 16);
	guest_try_code(U_CODE, U_CODE + 2 * n, true, &r, t);
	return r.x[A0];
}

static void show(const char *what, const struct guest_trap *t, uint64_t pc, uint32_t word)
{
	guest_printf("%s: ", what);
	if (t->count == 0) {
		guest_puts("passes\n");
		return;
	}
	guest_printf("%s%s", guest_cause_name(t->cause), t->pc == pc ? "" : ", sepc WRONG");
	if (t->cause == GUEST_CAUSE_ILLEGAL) {
		guest_puts(t->tval == word || t->tval == 0 ? ", stval right" : ", stval WRONG");
	}
	guest_puts(t->count == 1 ? "\n" : ", NOT ONE\n");
}

static void all(const char *title, bool in_u)
{
	guest_printf("%s\n", title);
	for (const struct insn *i = insns; i->name != NULL; i++) {
		struct guest_regs r = { .x = { [A0] = 0, [A1] = (uint64_t)&data[8] } };
		struct guest_trap t;
		uint64_t pc = U_CODE;

		if (in_u) {
			user(i->word, 0, U_DATA, &t);
		} else {
			guest_try_insn(i->word, &r, &t);
			pc = t.pc; /* the runtime's own place */
		}
		show(i->name, &t, pc, i->word);
	}
}

/* Ends the hypervisor's patience in VU-mode only: in S-mode it sleeps. */
static void wait_and_return(void)
{
	struct guest_trap t;

	user(0x10500073, 0, 0, &t);
	show("wfi", &t, U_CODE, 0x10500073);
	user(0x10200073, 0, 0, &t);
	show("sret", &t, U_CODE, 0x10200073);
	user(GUEST_INSN_ECALL, 0, 0, &t);
	show("ecall", &t, U_CODE, 0);
}

static void memory(void)
{
	static const struct {
		const char *name;
		uint64_t at;
	} places[] = {
		{ "data of U-mode", U_DATA },
		{ "read-only", U_READ },
		{ "code that is not to be read", U_EXEC },
		{ "data of S-mode", S_DATA },
		{ "device of U-mode", U_DEVICE + SCR },
		{ "nothing, mapped", U_NOTHING + 0x120 },
		{ "unmapped", U_UNMAPPED },
		{ "code of S-mode", GUEST_RAM + 0x200000 },
		{ "upper half", UINT64_C(0xffffffff80000000) },
	};
	static const struct {
		const char *name;
		uint32_t word;
	} forms[] = {
		{ "lb a0, (a1)", 0x00058503 },
		{ "lbu a0, (a1)", 0x0005c503 },
		{ "sb zero, (a1)", 0x00058023 },
		{ "jr a1", 0x00058067 },
	};

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (unsigned k = 0; k < sizeof(forms) / sizeof(forms[0]); k++) {
			struct guest_trap t;
			uint64_t a0;

			/* Not executed: what is there is no program; of a device, QEMU 7.2 would. */
			if (k == 3 && (i == 2 || i == 4)) {
				continue;
			}
			data[0] = 0xf2;
			guest_write8(GUEST_UART + SCR, 0xf1);
			a0 = user(forms[k].word, 0xabcd, places[i].at, &t);
			guest_printf("%s, %s: ", places[i].name, forms[k].name);
			if (t.count == 0) {
				guest_printf("passes, 0x%lx\n", a0);
			} else {
				guest_printf("%s, stval %s\n", guest_cause_name(t.cause),
					     t.tval == places[i].at ? "right" : "WRONG");
			}
		}
	}
}

/* What the frame of a trap says about where it came from; S-mode's own are told apart. */
static struct guest_frame last;

static void on_sync(struct guest_frame *f)
{
	last = *f;
	guest_set_handler(GUEST_SYNC, NULL);
	f->pc += 4;
	f->status |= SSTATUS_SPP;
	f->pc = f->x[1];
}

static void origins(void)
{
	struct guest_trap t;

	guest_set_handler(GUEST_SYNC, on_sync);
	__asm__ volatile("la ra, 1f\n\tebreak\n1:" ::: "ra", "memory");
	guest_printf("from S-mode: %s, SPP %lu, SPIE %lu\n", guest_cause_name(last.cause),
		     last.status >> 8 & 1, last.status >> 5 & 1);
	user(GUEST_INSN_ECALL, 0, 0, &t);
	guest_printf("from U-mode: %s\n", guest_cause_name(t.cause));
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	guest_mmu_enable();
	map();
	guest_csr_write(sstatus, 0);
	all("S-mode, FS off", false);
	all("U-mode, S-mode allows nothing", true);
	wait_and_return();
	memory();
	guest_fp_enable();
	guest_csr_write(scounteren, 7);
	guest_csr_write(senvcfg, ~UINT64_C(0));
	all("S-mode, FS on", false);
	all("U-mode, S-mode allows what it can", true);
	origins();
	guest_done();
}

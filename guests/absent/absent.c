/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses where nothing is: each kind of access ends in a synchronous external abort, as it does on a
 * bus that answers with an error; it names its address, and the guest goes on.
 */
#include "guest.h"

#define NOWHERE \
	UINT64_C(0xc0000000) /* Normal memory in the map, above the RAM of a small machine */
#define NOWHERE_LOW  UINT64_C(0x0fff0000)   /* Device in the map */
#define WINDOW       UINT64_C(0x4000000000) /* 256 GiB: entry of the map that is changed here */
#define WINDOW_ENTRY 256
#define ISS_WNR      UINT64_C(0x40)

static const char *class_of(const struct guest_trap *t)
{
	switch (GUEST_EC(t->esr)) {
	case GUEST_EC_DABT:
		return "data abort";
	case GUEST_EC_IABT:
		return "instruction abort";
	default:
		return "other exception";
	}
}

/* Where the fault arose: an abort on a table walk names its level (DDI 0487, ESR_EL1.DFSC). */
static const char *status_of(const struct guest_trap *t)
{
	static const char *const on_walk[] = { "external on walk, level 0",
					       "external on walk, level 1",
					       "external on walk, level 2",
					       "external on walk, level 3" };
	uint32_t fsc = GUEST_ISS_FSC(t->esr);

	if (fsc == GUEST_FSC_EXTERNAL) {
		return "external";
	}
	return fsc >> 2 == 5 ? on_walk[fsc & 3] : "other status";
}

static void show(const char *what, uint64_t far, const struct guest_trap *t)
{
	if (t->count == 0) {
		guest_printf("%s: no exception\n", what);
		return;
	}
	guest_printf("%s: %s, %s, %s%s%s\n", what, class_of(t), status_of(t),
		     t->far == far ? "FAR right" : "FAR WRONG",
		     GUEST_EC(t->esr) == GUEST_EC_DABT && (t->esr & ISS_WNR) != 0 ? ", write" : "",
		     t->count != 1 ? ", repeated" : "");
}

static void accesses(const char *region, uint64_t base)
{
	for (unsigned size = 1; size <= 8; size *= 2) {
		struct guest_trap t;
		uint64_t v;

		guest_printf("%s %u: ", region, size);
		guest_try_read(base + 8 * size, size, &v, &t);
		show("load", base + 8 * size, &t);
		guest_printf("%s %u: ", region, size);
		guest_try_write(base + 8 * size, size, 1, &t);
		show("store", base + 8 * size, &t);
	}
}

struct insn {
	const char *name;
	uint32_t word; /* with the address in x1 */
	uint32_t offset;
};

/* The data goes to and from x0, x2; x3 is a result. */
static const struct insn insns[] = {
	{ "ldrsb x0, [x1]", 0x39800020, 0 },
	{ "ldr x0, [x1], #8", 0xf8408420, 0 },
	{ "ldr x0, [x1, #8]!", 0xf8408c20, 8 },
	{ "str w0, [x1, #-4]!", 0xb81fcc20, (uint32_t)-4 },
	{ "ldp x0, x2, [x1]", 0xa9400820, 0 },
	{ "stp x0, x2, [x1, #16]!", 0xa9810820, 16 },
	{ "ldar w0, [x1]", 0x88dffc20, 0 },
	{ "stlr w0, [x1]", 0x889ffc20, 0 },
	{ "ldxr x0, [x1]", 0xc85f7c20, 0 },
	{ "ldtr w0, [x1]", 0xb8400820, 0 },
	{ "dc ivac, x1", 0xd5087621, 0 },
	{ "dc cvac, x1", 0xd50b7a21, 0 },
	{ "dc civac, x1", 0xd50b7e21, 0 },
	{ "dc cvau, x1", 0xd50b7b21, 0 },
	{ "ic ivau, x1", 0xd50b7521, 0 },
	{ "dc zva, x1", 0xd50b7421, 0 },
	{ "prfm pldl1keep, [x1]", 0xf9800020, 0 },
};

static void forms(const char *region, uint64_t base)
{
	for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
		struct guest_regs r = { .x = { 0x1234, base, 0x5678 } };
		struct guest_trap t;

		guest_try_insn(insns[i].word, &r, &t);
		guest_printf("%s ", region);
		show(insns[i].name, base + (uint64_t)(int32_t)insns[i].offset, &t);
		if (t.count != 0 && (r.x[0] != 0x1234 || r.x[1] != base || r.x[2] != 0x5678)) {
			guest_printf("  registers changed\n");
		}
	}
}

static void fetch(const char *region, uint64_t at)
{
	struct guest_regs r = { .x = { 0, at } };
	struct guest_trap t;

	guest_try_insn(0xd63f0020, &r, &t); /* blr x1 */
	guest_printf("%s ", region);
	show("fetch", at, &t);
}

/* AT does not access what it translates to, unless the tables are not there (checked by walks()). */
static void translate(const char *region, uint64_t at)
{
	struct guest_trap t;
	uint64_t par;

	guest_trap_begin();
	__asm__ volatile("at s1e1r, %0\n\tisb" : : "r"(at) : "memory");
	guest_mrs(par_el1, par);
	t = guest_trap_end();
	guest_printf("%s at s1e1r: %s, F %lu, PA %s\n", region, t.count == 0 ? "done" : "exception",
		     par & 1,
		     (par & 0xfffffffff000) == (at & ~UINT64_C(0xfff)) ? "right" : "other");
}

static void walk(const char *level)
{
	static const struct insn forms[] = {
		{ "ldr w0, [x1]", 0xb9400020, 0 },
		{ "str x0, [x1]", 0xf9000020, 0 },
		{ "ldp x0, x2, [x1], #16", 0xa8c10820, 0 },
		{ "ldxr w0, [x1]", 0x885f7c20, 0 },
		{ "blr x1", 0xd63f0020, 0 },
		{ "at s1e1r, x1", 0xd5087801, 0 },
		{ "dc civac, x1", 0xd50b7e21, 0 },
		{ "dc zva, x1", 0xd50b7421, 0 },
	};

	guest_tlb_flush();
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		uint64_t at = WINDOW + 0x1200;
		struct guest_regs r = { .x = { 0, at } };
		struct guest_trap t;

		guest_try_insn(forms[i].word, &r, &t);
		guest_printf("%s, ", level);
		show(forms[i].name, at, &t);
	}
}

/* Tables that lie where nothing is, at each level that there can be one. */
static void walks(void)
{
	static _Alignas(4096) uint64_t level_2[512];
	static _Alignas(4096) uint64_t level_3[512];

	guest_mmu_table()[WINDOW_ENTRY] = NOWHERE | GUEST_MAP_TABLE;
	walk("no table of level 2");
	level_2[0] = NOWHERE | GUEST_MAP_TABLE;
	guest_mmu_table()[WINDOW_ENTRY] = (uint64_t)level_2 | GUEST_MAP_TABLE;
	walk("no table of level 3");
	level_2[0] = (uint64_t)level_3 | GUEST_MAP_TABLE;
	level_3[1] = (NOWHERE + 0x5000) | GUEST_MAP_NORMAL | 2;
	walk("no page");
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	accesses("MMU off", NOWHERE);
	fetch("MMU off", NOWHERE);
	guest_mmu_enable();
	accesses("Normal", NOWHERE);
	accesses("Device", NOWHERE_LOW);
	forms("Normal", NOWHERE + 0x1000);
	forms("Device", NOWHERE_LOW + 0x1000);
	fetch("Normal", NOWHERE + 0x2000);
	fetch("Normal end of page", NOWHERE + 0x2ffc);
	translate("Normal", NOWHERE);
	translate("Device", NOWHERE_LOW);
	walks();
	guest_done();
}

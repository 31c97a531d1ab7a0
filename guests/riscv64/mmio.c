/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device accesses in every width, sign and compressed form, of general and FP registers: on a register of the
 * RTC that keeps a word, on one of the UART that keeps a byte; then where nothing is, over the end of what is
 * there. mode=strict: what QEMU lets pass that the hypervisor refuses (atomics, execution, page tables in a
 * device), and sizes that QEMU's devices refuse.
 */
#include "guest.h"

#define ALARM_HIGH (GUEST_RTC + 0x0c) /* 32 bits, all of which it keeps, and nothing comes of it */
#define SCR        (GUEST_UART + 7)
#define NOWHERE    UINT64_C(0x18000000)
#define ABOVE_RAM  UINT64_C(0xf0000000)
#define GIB(n)     ((uint64_t)(n) << 30)
#define WINDOW     200 /* entry of the root table that is changed here */
#define A0         10
#define A1         11
#define SP         2
#define FILL       UINT64_C(0xa5a5a5a5a5a5a5a5)
#define DATA       UINT64_C(0x1122334455667788)

/* Rows of mmio_forms.S; the last has no name. */
struct form {
	const char *name;
	uint32_t insn;
	int32_t disp; /* of the address from the base register */
};
_Static_assert(sizeof(struct form) == 16, "mmio_forms.S");

extern const struct form word_loads[], word_stores[], byte_loads[], byte_stores[], half_loads[],
	half_stores[], wide_loads[], wide_stores[], atomics[];
void put_f(const uint64_t v[2]);
void get_f(uint64_t v[2]);

struct outcome {
	struct guest_regs before;
	struct guest_regs after;
	uint64_t f[2];
	struct guest_trap trap;
};

static bool uses_sp(const struct form *f)
{
	const char *p = f->name;

	while (*p != '(') {
		p++;
	}
	return p[1] == 's' && p[2] == 'p';
}

static void run(const struct form *f, uint64_t target, struct outcome *o)
{
	uint64_t base = target - (uint64_t)(int64_t)f->disp;
	uint64_t v[2] = { DATA ^ 1, DATA ^ 2 };

	for (unsigned i = 1; i < 32; i++) {
		o->before.x[i] = FILL + i;
	}
	for (unsigned i = A0; i < 18; i++) {
		o->before.x[i] = DATA + i;
	}
	o->before.x[uses_sp(f) ? SP : A1] = base;
	o->after = o->before;
	put_f(v);
	guest_try_insn(f->insn, &o->after, &o->trap);
	get_f(o->f);
	o->f[0] ^= DATA ^ 1; /* 0: not changed */
	o->f[1] ^= DATA ^ 2;
}

/* The registers that are not what they were. An address among them is told relative to @target. */
static void show(const struct form *f, const struct outcome *o)
{
	bool any = false;

	guest_printf("%s:", f->name);
	if (o->trap.count != 0) {
		guest_printf(" %s", guest_cause_name(o->trap.cause));
	}
	for (unsigned i = 1; i < 32; i++) {
		if (o->after.x[i] != o->before.x[i]) {
			guest_printf(" x%u = %lx", i, o->after.x[i]);
			any = true;
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		if (o->f[i] != 0) {
			guest_printf(" f%s = %lx", i == 0 ? "10" : "31", o->f[i] ^ DATA ^ (i + 1));
			any = true;
		}
	}
	guest_puts(any ? "\n" : " no register\n");
}

static void words(void)
{
	struct outcome o;

	for (const struct form *f = word_loads; f->name != NULL; f++) {
		guest_write32(ALARM_HIGH, 0x8765f321);
		run(f, ALARM_HIGH, &o);
		show(f, &o);
		guest_write32(ALARM_HIGH, 0x12345678);
		run(f, ALARM_HIGH, &o);
		show(f, &o);
	}
	for (const struct form *f = word_stores; f->name != NULL; f++) {
		guest_write32(ALARM_HIGH, 0x5a5a5a5a);
		run(f, ALARM_HIGH, &o);
		show(f, &o);
		guest_printf("  register 0x%x\n", guest_read32(ALARM_HIGH));
	}
	guest_write32(ALARM_HIGH, 0);
}

static void bytes(void)
{
	struct outcome o;

	for (const struct form *f = byte_loads; f->name != NULL; f++) {
		guest_write8(SCR, 0xf3);
		run(f, SCR, &o);
		show(f, &o);
		guest_write8(SCR, 0x31);
		run(f, SCR, &o);
		show(f, &o);
	}
	for (const struct form *f = byte_stores; f->name != NULL; f++) {
		guest_write8(SCR, 0xf3);
		run(f, SCR, &o);
		show(f, &o);
		guest_printf("  register 0x%x\n", guest_read8(SCR));
	}
}

/* --- Where nothing is: access faults, with the address, and all registers kept */

static void absent(const struct form *list, uint64_t at)
{
	for (const struct form *f = list; f->name != NULL; f++) {
		struct outcome o;

		run(f, at, &o);
		if (list == atomics && o.trap.cause == GUEST_CAUSE_STORE_ACCESS) {
			o.trap.cause = GUEST_CAUSE_LOAD_ACCESS; /* QEMU's choice */
		}
		guest_printf("%s, stval %s%s: ", guest_cause_name(o.trap.cause),
			     o.trap.tval == at ? "right" : "WRONG",
			     o.trap.count == 1 ? "" : ", NOT ONE");
		o.trap.count = 0;
		show(f, &o);
	}
}

static void absent_all(const char *where, uint64_t at)
{
	static const struct form *const lists[] = { word_loads,  word_stores, byte_loads,
						    byte_stores, half_loads,  half_stores,
						    wide_loads,  wide_stores, atomics };
	struct guest_regs r = { .x = { 0 } };
	struct guest_trap t;

	guest_printf("nothing %s\n", where);
	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		absent(lists[i], at);
	}
	r.x[A1] = at;
	guest_try_insn(0x00058067, &r, &t); /* jr a1 */
	guest_printf("jump: %s, stval %s, sepc %s\n", guest_cause_name(t.cause),
		     t.tval == at ? "right" : "WRONG", t.pc == at ? "right" : "WRONG");
}

/* --- Two pages of memory at WINDOW, and behind them what @flags and @pa say */

static _Alignas(4096) uint64_t level_1[512];
static _Alignas(4096) uint64_t level_0[512];
static _Alignas(4096) volatile uint8_t pages[2 * 4096];

static uint64_t window(uint64_t pa, uint64_t flags)
{
	uint64_t *root = guest_mmu_table();

	level_0[0] = GUEST_PTE((uint64_t)pages, GUEST_MAP_RWX);
	level_0[1] = GUEST_PTE((uint64_t)pages + 4096, GUEST_MAP_RWX);
	level_0[2] = GUEST_PTE(pa, flags);
	level_1[0] = GUEST_PTE((uint64_t)level_0, GUEST_PTE_V);
	root[WINDOW] = GUEST_PTE((uint64_t)level_1, GUEST_PTE_V);
	guest_tlb_flush();
	return GIB(WINDOW);
}

/* Which part faults is told by stval (3.1.17), and no register has changed. */
static void crossing(const char *what, uint64_t pa, uint64_t flags)
{
	static const struct {
		const char *name;
		uint32_t insn;
		uint32_t size;
	} insns[] = {
		{ "lw", 0x0005a503, 4 }, { "ld", 0x0005b503, 8 }, { "lhu", 0x0005d503, 2 },
		{ "sw", 0x00a5a023, 4 }, { "sd", 0x00a5b023, 8 },
	};
	uint64_t end = window(pa, flags) + 0x2000;

	for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
		for (uint32_t before = 1; before < insns[i].size; before++) {
			struct guest_regs r = { .x = { 0 } };
			struct guest_trap t;

			r.x[A0] = DATA;
			r.x[A1] = end - before;
			guest_try_insn(insns[i].insn, &r, &t);
			guest_printf("%s of %s, %u before the end: %s, stval %s%s\n", insns[i].name,
				     what, before,
				     t.count == 0 ? "done" : guest_cause_name(t.cause),
				     t.tval >= end - before && t.tval < end - before + insns[i].size
					     ? "inside"
					     : "WRONG",
				     r.x[A0] == DATA ? "" : ", REGISTER CHANGED");
		}
	}
}

/* An instruction of four bytes, two of them there. QEMU 7.2 fails an assertion if the others are not memory. */
static void half_an_instruction(void)
{
	uint64_t end = window(0, 0) + 0x2000;
	struct guest_regs r = { .x = { 0 } };
	struct guest_trap t;

	pages[8190] = 0x13;
	pages[8191] = 0x00;
	guest_try_code(end - 2, 0, false, &r, &t);
	guest_printf("half an instruction: %s, sepc %s, stval %s\n", guest_cause_name(t.cause),
		     t.pc == end - 2 ? "right" : "WRONG", t.tval == end ? "right" : "WRONG");
}

static void misaligned_in_memory(void)
{
	uint64_t at = window((uint64_t)pages, GUEST_MAP_RW);
	uint64_t v;
	struct guest_trap t;

	for (unsigned i = 0; i < 8; i++) {
		pages[4092 + i] = (uint8_t)(0x80 + i); /* over the border of the two */
	}
	guest_try_read(at + 4093, 4, &v, &t);
	guest_printf("misaligned word over two pages: %s 0x%lx\n",
		     t.count == 0 ? "read" : guest_cause_name(t.cause), v);
	guest_try_write(at + 4090, 8, DATA, &t);
	guest_printf("misaligned double word over two pages: %s, %x %x\n",
		     t.count == 0 ? "written" : guest_cause_name(t.cause), pages[4090],
		     pages[4097]);
}

/* --- What QEMU lets pass */

static bool faults(const struct guest_trap *t, uint64_t cause, uint64_t tval)
{
	return t->count == 1 && t->cause == cause && t->tval == tval;
}

/* QEMU's choice for an AMO, and for all that fail on a walk: a load's fault. Else the access's own. */
static bool is_access_fault(const struct guest_trap *t, uint64_t cause)
{
	return t->count == 1 && (t->cause == cause || t->cause == GUEST_CAUSE_LOAD_ACCESS);
}

static void check_atomics(void)
{
	guest_write32(ALARM_HIGH, 0x1234);
	for (const struct form *f = atomics; f->name != NULL; f++) {
		struct outcome o;

		run(f, ALARM_HIGH - (f->name[5] == '.' && f->name[6] == 'd' ? 4 : 0), &o);
		guest_check(is_access_fault(&o.trap, GUEST_CAUSE_STORE_ACCESS) &&
				    o.after.x[A0] == o.before.x[A0],
			    f->name);
	}
	guest_check(guest_read32(ALARM_HIGH) == 0x1234, "the device is as it was");
}

static void check_sizes(void)
{
	struct outcome o;

	guest_write32(ALARM_HIGH, 0x8765f321);
	run(&half_loads[0], ALARM_HIGH, &o);
	guest_check(o.trap.count == 0 && o.after.x[A0] == UINT64_C(0xfffffffffffff321),
		    "lh has a sign");
	run(&half_loads[1], ALARM_HIGH, &o);
	guest_check(o.trap.count == 0 && o.after.x[A0] == 0xf321, "lhu has none");
	run(&byte_loads[0], ALARM_HIGH, &o);
	guest_check(o.trap.count == 0 && o.after.x[A0] == 0x21, "lb of a word");
	/* 8 bytes: the RTC has no such register, and reads as zero; the registers of the hart are written. */
	for (const struct form *f = wide_loads; f->name != NULL; f++) {
		bool fp = f->name[0] == 'f' || f->name[2] == 'f';
		unsigned reg = f->disp == 248 ? 15 : f->disp == 0 ? A0 : 31;

		run(f, GUEST_RTC + 8, &o);
		guest_check(o.trap.count == 0 &&
				    (fp ? (o.f[reg == 31] ^ DATA ^ (reg == 31 ? 2 : 1)) == 0
					: o.after.x[reg] == 0),
			    f->name);
	}
	for (const struct form *f = wide_stores; f->name != NULL; f++) {
		run(f, GUEST_RTC + 8, &o);
		guest_check(o.trap.count == 0 && guest_read32(ALARM_HIGH) == 0x8765f321, f->name);
	}
	guest_write32(ALARM_HIGH, 0);
}

static void check_execution(void)
{
	struct guest_regs r = { .x = { 0 } };
	struct guest_trap t;

	for (unsigned i = 0; i < 3; i++) {
		static const uint64_t at[3] = { GUEST_UART, GUEST_RTC, GUEST_PLIC };

		r.x[A1] = at[i];
		guest_try_insn(0x00058067, &r, &t); /* jr a1 */
		guest_check(faults(&t, GUEST_CAUSE_FETCH_ACCESS, at[i]) && t.pc == at[i],
			    "execution in a device");
	}
}

/* 4.3.2: an access fault of the original access, wherever the table should be. No jump: QEMU 7.2 calls its fault a load's. */
static void check_tables(void)
{
	static const uint64_t bad[] = { GUEST_UART, GUEST_PLIC, NOWHERE, ABOVE_RAM,
					UINT64_C(1) << 50 };
	uint64_t at = window(0, 0) + 0x10123;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (unsigned level = 0; level < 2; level++) {
			struct guest_trap t;
			uint64_t v;

			window(0, 0);
			*(level == 0 ? &level_1[0] : &guest_mmu_table()[WINDOW]) =
				GUEST_PTE(bad[i], GUEST_PTE_V);
			guest_tlb_flush();
			guest_try_read(at, 1, &v, &t);
			guest_printf("table at 0x%lx, level %u, ", bad[i], level);
			guest_check(is_access_fault(&t, GUEST_CAUSE_LOAD_ACCESS) && t.tval == at,
				    "load");
			guest_try_write(at, 1, 0, &t);
			guest_check(is_access_fault(&t, GUEST_CAUSE_STORE_ACCESS) && t.tval == at,
				    "store");
		}
	}
	window(0, 0);
}

static _Noreturn void strict(void)
{
	guest_mmu_enable();
	check_atomics();
	check_sizes();
	check_execution();
	check_tables();
	guest_done();
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	guest_fp_enable();
	if (guest_arg_is("mode", "strict")) {
		strict();
	}
	for (unsigned on = 0; on < 2; on++) {
		guest_printf("translation %s\n", on == 0 ? "off" : "on");
		words();
		bytes();
		absent_all("between the devices", NOWHERE);
		absent_all("above RAM", ABOVE_RAM);
		guest_mmu_enable();
	}
	crossing("nothing", NOWHERE, GUEST_MAP_RWX);
	crossing("an invalid page", 0, 0);
	half_an_instruction();
	misaligned_in_memory();
	guest_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What EL0 may not do: privileged instructions, the registers of other levels, memory of EL1 and of
 * nobody; then what EL1 may let it do; debug exceptions of EL0; returns to levels and states that are
 * not there. Each line: the exception that EL1 gets, or that the instruction passed.
 */
#include "guest.h"

#define EC_STEP_EL0 0x32
#define MARK        0x7777          /* the SVC behind what is tried */
#define PSTATE      UINT64_C(0x3c0) /* EL0, all masked */
#define PSTATE_SS   UINT64_C(0x200000)
#define GIB(n)      ((uint64_t)(n) << 30)
#define ALIAS       400 /* entries of the map: RAM and devices for EL0 */
#define DEVICES     401
#define ABSENT      402 /* what lies at 3 GiB: nothing */
#define NORMAL_AT   0x40000000
#define NOTHING     UINT64_C(0xc0000000)

struct user_insn {
	const char *name;
	uint32_t word;
	uint32_t unused;
};

extern const struct user_insn el0_insns[];
void el0_run(const uint64_t x[4], uint64_t pc, uint64_t spsr);
void el0_back(void);

static _Alignas(4096) volatile uint32_t code[1024];
static _Alignas(64) volatile uint64_t data[8];
static struct guest_frame last;

static void on_sync(struct guest_frame *f)
{
	last = *f;
	f->pc = (uint64_t)el0_back;
	f->pstate = PSTATE | 5;
}

static uint64_t alias(const volatile void *p)
{
	return GIB(ALIAS) + ((uint64_t)p - NORMAL_AT);
}

static void put_code(unsigned at, uint32_t word)
{
	code[at] = word;
	__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
			 :
			 : "r"(&code[at])
			 : "memory");
}

static bool is_abort(uint32_t ec)
{
	return ec == GUEST_EC_DABT || ec == GUEST_EC_DABT_EL0 || ec == GUEST_EC_IABT ||
	       ec == GUEST_EC_IABT_EL0;
}

/* What @last says; @far is the address that an abort must name. */
static void show(const char *what, uint64_t far)
{
	uint32_t ec = GUEST_EC(last.esr);
	uint32_t iss = (uint32_t)(last.esr & 0x1ffffff);

	guest_printf("%s: ", what);
	if (ec == GUEST_EC_SVC64 && (iss & 0xffff) == MARK) {
		guest_puts("passes\n");
		return;
	}
	guest_printf("EC 0x%x", ec);
	if (is_abort(ec)) {
		guest_printf(" status 0x%x%s, FAR %s", iss & 0x3f,
			     (iss & 0x40) != 0 ? " write" : "",
			     last.far == far ? "right" : "WRONG");
	} else if (ec ==
		   EC_STEP_EL0) { /* ISV is 0 where the instruction was emulated (ESR_EL1.ISS) */
		guest_printf(" status 0x%x", iss & 0x3f);
	} else {
		guest_printf(" ISS 0x%x", iss);
	}
	guest_printf(", from EL%s\n", last.vector >= 12  ? "0 AArch32"
				      : last.vector >= 8 ? "0"
							 : "1");
}

/* @word at EL0, with x0 and x1; returns x0 of then. */
static uint64_t user(uint32_t word, uint64_t x0, uint64_t x1, uint64_t spsr)
{
	const uint64_t x[4] = { x0, x1, 0x1111, 0x2222 };

	put_code(0, word);
	put_code(1, GUEST_INSN_SVC(MARK));
	el0_run(x, alias(code), spsr);
	return last.x[0];
}

static void instructions(const char *title)
{
	guest_printf("%s\n", title);
	for (const struct user_insn *i = el0_insns; i->name != NULL; i++) {
		user(i->word, 0, alias(data), PSTATE);
		show(i->name, alias(data));
	}
}

static void memory(void)
{
	static const struct {
		const char *name;
		uint64_t at;
	} places[] = {
		{ "memory of EL1", NORMAL_AT + 0x300000 },
		{ "device of EL1", GUEST_UART + 0x18 },
		{ "device of EL0", GIB(DEVICES) + GUEST_RTC + 0xff0 },
		{ "nothing", GIB(ABSENT) + 0x123000 },
		{ "unmapped", GIB(500) },
		{ "beyond the map", UINT64_C(0x0000800000000000) },
		{ "upper half", UINT64_C(0xffff000000000000) },
	};
	static const struct {
		const char *name;
		uint32_t word;
	} forms[] = {
		{ "ldr w0, [x1]", 0xb9400020 },     { "ldrsb x0, [x1], #4", 0x38804420 },
		{ "ldp w0, w2, [x1]", 0x29400820 }, { "str wzr, [x1]", 0xb900003f },
		{ "ldxr w0, [x1]", 0x885f7c20 },    { "br x1", 0xd61f0020 },
	};

	guest_mmu_table()[500] = 0;
	guest_tlb_flush();
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (unsigned k = 0; k < sizeof(forms) / sizeof(forms[0]); k++) {
			uint64_t x0;

			/* Exclusives on a device are a documented difference. It is execute-never. */
			if (i == 2 && k == 4) {
				continue;
			}
			x0 = user(forms[k].word, 0xabcd, places[i].at, PSTATE);
			guest_printf("%s, ", places[i].name);
			show(forms[k].name, places[i].at);
			if (GUEST_EC(last.esr) == GUEST_EC_SVC64) {
				guest_printf("  x0 0x%lx x2 0x%lx\n", x0, last.x[2]);
			}
		}
	}
	user(0xd61f0020, 0, alias(code) + 2, PSTATE);
	show("br x1, misaligned", alias(code) + 2);
}

/* --- Debug exceptions (D2): EL1 is the debugger of EL0 */

#define MDSCR_SS  1
#define MDSCR_MDE 0x8000
#define BCR_EL0   0x1e5  /* E, PMC: EL0, BAS: all four bytes */
#define WCR_EL0   0x1ffd /* E, PAC: EL0, LSC: both, BAS: all eight bytes */

static void debug(void)
{
	put_code(2, GUEST_INSN_NOP);
	guest_msr(oslar_el1, 0);
	guest_msr(mdscr_el1, MDSCR_SS);
	user(GUEST_INSN_NOP, 0, 0, PSTATE | PSTATE_SS);
	/* D bit of PSTATE does not mask at EL0 what goes to EL1. */
	show("stepped nop", 0);
	guest_printf("  PC + %lu\n", last.pc - alias(code));
	user(0xd53b0020, 0, 0, PSTATE | PSTATE_SS); /* mrs x0, ctr_el0 */
	show("stepped trap", 0);
	user(0xb9400020, 0, GIB(DEVICES) + GUEST_RTC + 0xff0, PSTATE | PSTATE_SS);
	show("stepped device load", 0);
	guest_printf("  x0 0x%lx, PC + %lu\n", last.x[0], last.pc - alias(code));
	user(0x38404420, 0, GIB(DEVICES) + GUEST_RTC + 0xff0, PSTATE | PSTATE_SS);
	show("stepped device load with post-index", 0);
	guest_printf("  x0 0x%lx, PC + %lu\n", last.x[0], last.pc - alias(code));
	guest_msr(mdscr_el1, MDSCR_MDE);
	guest_msr(dbgbvr0_el1, alias(code));
	guest_msr(dbgbcr0_el1, BCR_EL0);
	user(GUEST_INSN_NOP, 0, 0, PSTATE);
	show("breakpoint", 0);
	guest_msr(dbgbcr0_el1, 0);
	user(GUEST_INSN_NOP, 0, 0, PSTATE);
	show("no breakpoint", 0);
	guest_msr(dbgwvr1_el1, alias(data));
	guest_msr(dbgwcr1_el1, WCR_EL0);
	user(0xf9400020, 0, alias(data), PSTATE); /* ldr x0, [x1] */
	show("watchpoint", 0);
	guest_printf("  FAR %s\n", last.far == alias(data) ? "right" : "WRONG");
	user(0xf9400020, 0, alias(&data[1]), PSTATE);
	show("beside the watchpoint", 0);
	guest_msr(dbgwcr1_el1, 0);
	guest_msr(mdscr_el1, 0);
}

/* D1.6.2: an illegal return stays at its level, sets PSTATE.IL, and ends in an exception of class 0xe. */
static void returns(void)
{
	static const uint32_t modes[] = { 0x1,  0x2,  0x3,  0x6,  0x7,  0x8,  0x9,  0xa,
					  0xb,  0xc,  0xd,  0xe,  0xf,  0x11, 0x12, 0x13,
					  0x16, 0x17, 0x1a, 0x1b, 0x1f, 0x14 };
	const uint64_t x[4] = { 0 };

	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		el0_run(x, (uint64_t)el0_back, PSTATE | modes[i]);
		guest_printf("return to mode 0x%x: EC 0x%x ISS 0x%x from EL%s, IL %lu\n", modes[i],
			     GUEST_EC(last.esr), (uint32_t)(last.esr & 0x1ffffff),
			     last.vector >= 8 ? "0" : "1", last.pstate >> 20 & 1);
		last = (struct guest_frame){ 0 };
	}
	put_code(0, GUEST_INSN_NOP);
	el0_run(x, alias(code), PSTATE | UINT64_C(1) << 20);
	show("return to EL0 with IL", 0);
}

void guest_main(uint64_t dtb)
{
	uint64_t user_rw = GUEST_MAP_NORMAL | GUEST_MAP_EL0;
	uint64_t sctlr;

	(void)dtb;
	guest_mmu_enable();
	guest_mmu_table()[ALIAS] = NORMAL_AT | user_rw;
	guest_mmu_table()[DEVICES] = GUEST_MAP_DEVICE | GUEST_MAP_EL0 | GUEST_MAP_XN;
	guest_mmu_table()[ABSENT] = NOTHING | user_rw;
	guest_tlb_flush();
	guest_set_handler(GUEST_SYNC, on_sync);
	guest_mrs(sctlr_el1, sctlr);
	instructions("EL1 allows nothing");
	memory();
	/* UMA, DZE, UCT, nTWE, UCI; not nTWI: nothing would wake it. EL0 may use counters and timers. */
	guest_msr(sctlr_el1, sctlr | 1 << 9 | 1 << 14 | 1 << 15 | 1 << 18 | 1 << 26);
	guest_msr(cntkctl_el1, 0x303);
	guest_msr(tpidrro_el0, 0);
	instructions("EL1 allows what it can");
	guest_msr(cntkctl_el1, 0);
	guest_msr(cntv_ctl_el0, 0);
	guest_msr(cntp_ctl_el0, 0);
	guest_msr(sctlr_el1, sctlr);
	debug();
	returns();
	guest_done();
}

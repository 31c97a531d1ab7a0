/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System registers: what EL1's keep of all ones and of patterns, over exits to the hypervisor. mode=sweep
 * goes through every encoding; mode=ids checks the ID registers against what the hypervisor documents.
 */
#include "guest.h"
#include "sweep.h"

#define KEPT(X)           \
	X(ttbr1_el1)      \
	X(mair_el1)       \
	X(amair_el1)      \
	X(contextidr_el1) \
	X(tpidr_el0)      \
	X(tpidrro_el0)    \
	X(afsr0_el1)      \
	X(afsr1_el1)      \
	X(far_el1)        \
	X(esr_el1)        \
	X(elr_el1)        \
	X(spsr_el1)       \
	X(sp_el0)         \
	X(cntkctl_el1)    \
	X(vbar_el1)       \
	X(csselr_el1)     \
	X(cntv_cval_el0)  \
	X(cntp_cval_el0)  \
	X(tcr_el1)        \
	X(cpacr_el1)      \
	X(par_el1)

/* An exit that the hypervisor answers, and one that it answers in a device. */
static void leave(void)
{
	guest_hvc(0x84000000, 0, 0, 0);
	(void)guest_read32(GUEST_UART + 0x18);
}

/* With the MMU off nothing here takes effect but VBAR_EL1, which stands while no exception comes. */
#define TRY(reg)                                                              \
	static void try_##reg(void)                                           \
	{                                                                     \
		uint64_t old;                                                 \
		uint64_t ones;                                                \
		uint64_t zero;                                                \
		uint64_t pattern;                                             \
                                                                              \
		guest_mrs(reg, old);                                          \
		guest_msr(reg, ~UINT64_C(0));                                 \
		leave();                                                      \
		guest_mrs(reg, ones);                                         \
		guest_msr(reg, 0);                                            \
		leave();                                                      \
		guest_mrs(reg, zero);                                         \
		guest_msr(reg, UINT64_C(0x123456789abcdef0));                 \
		leave();                                                      \
		guest_mrs(reg, pattern);                                      \
		guest_msr(reg, old);                                          \
		guest_printf("%s: %lx %lx %lx\n", #reg, ones, zero, pattern); \
	}
KEPT(TRY)

static void identity(void)
{
	uint64_t v;

	guest_mrs(midr_el1, v);
	guest_printf("MIDR_EL1 %lx\n", v);
	guest_mrs(revidr_el1, v);
	guest_printf("REVIDR_EL1 %lx\n", v);
	guest_mrs(mpidr_el1, v);
	guest_printf("MPIDR_EL1 RES1 %lu U %lu affinity %lx\n", v >> 31 & 1, v >> 30 & 1,
		     v & 0xff00ffffff);
	guest_mrs(ctr_el0, v);
	guest_printf("CTR_EL0 %lx\n", v);
	guest_mrs(dczid_el0, v);
	guest_printf("DCZID_EL0 %lx\n", v);
	guest_mrs(clidr_el1, v);
	guest_printf("CLIDR_EL1 %lx\n", v);
	guest_mrs(aidr_el1, v);
	guest_printf("AIDR_EL1 %lx\n", v);
	for (uint64_t i = 0; i < 4; i++) {
		guest_msr(csselr_el1, i);
		guest_mrs(ccsidr_el1, v);
		guest_printf("CCSIDR_EL1 of %lu: %lx\n", i, v);
	}
	guest_mrs(CurrentEL, v);
	guest_printf("CurrentEL %lx\n", v);
	guest_mrs(cntfrq_el0, v);
	guest_printf("CNTFRQ_EL0 %lu\n", v);
}

struct field {
	const char *name;
	uint8_t crm, op2, shift;
	uint8_t least, most;
};

/* docs/caveats.md, "The guest's processor". Signed fields say "not implemented" by 15. */
static const struct field fields[] = {
	{ "EL0 is AArch64 only", 4, 0, 0, 1, 1 },
	{ "EL1 is AArch64 only", 4, 0, 4, 1, 1 },
	{ "no EL2", 4, 0, 8, 0, 0 },
	{ "no EL3", 4, 0, 12, 0, 0 },
	{ "no RAS", 4, 0, 28, 0, 0 },
	{ "no SVE", 4, 0, 32, 0, 0 },
	{ "no Secure EL2", 4, 0, 36, 0, 0 },
	{ "no MPAM", 4, 0, 40, 0, 0 },
	{ "no AMU", 4, 0, 44, 0, 0 },
	{ "no RME", 4, 0, 52, 0, 0 },
	{ "no MTE", 4, 1, 8, 0, 0 },
	{ "no fractional RAS", 4, 1, 12, 0, 0 },
	{ "no fractional MPAM", 4, 1, 16, 0, 0 },
	{ "no SME", 4, 1, 24, 0, 0 },
	{ "debug of Armv8.0", 5, 0, 0, 6, 6 },
	{ "no trace", 5, 0, 4, 0, 0 },
	{ "no PMU", 5, 0, 8, 0, 0 },
	{ "two breakpoints", 5, 0, 12, 1, 1 },
	{ "two watchpoints", 5, 0, 20, 1, 1 },
	{ "no SPE", 5, 0, 32, 0, 0 },
	{ "no double lock", 5, 0, 36, 15, 15 },
	{ "no trace filter", 5, 0, 40, 0, 0 },
	{ "no TME", 6, 0, 24, 0, 0 },
	{ "no LS64", 6, 1, 60, 0, 0 },
	{ "no WFxT", 6, 2, 0, 0, 0 },
	{ "no MOPS", 6, 2, 16, 0, 0 },
	{ "at most 40 bits of address", 7, 0, 0, 0, 2 },
	{ "no mixed endianness", 7, 0, 8, 0, 0 },
	{ "4 KiB pages as without LPA2", 7, 0, 28, 0, 0 },
	{ "no fine-grained traps", 7, 0, 56, 0, 0 },
	{ "no VHE", 7, 1, 8, 0, 0 },
	{ "no LOR", 7, 1, 16, 0, 0 },
	{ "no HCRX", 7, 1, 40, 0, 0 },
	{ "no 52-bit addresses", 7, 2, 16, 0, 0 },
	{ "no nested virtualisation", 7, 2, 24, 0, 0 },
};

static void ids(void)
{
	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = &fields[i];
		struct guest_regs r = { 0 };

		guest_try_insn(GUEST_INSN_MRS(GUEST_SYSREG(3, 0, 0, f->crm, f->op2), 0), &r, NULL);
		guest_check((r.x[0] >> f->shift & 15) >= f->least &&
				    (r.x[0] >> f->shift & 15) <= f->most,
			    f->name);
	}
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	if (guest_arg_is("mode", "sweep")) {
		sweep();
		guest_done();
	}
	if (guest_arg_is("mode", "ids")) {
		ids();
		guest_done();
	}
	identity();
#define CALL(reg) try_##reg();
	KEPT(CALL)
	guest_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every system register, cache, TLB and address-translation instruction, debug and FP. */
#include "hostile.h"

#define SYSREG_SPSEL     GUEST_SYSREG(3, 0, 4, 2, 0)
#define SYSREG_SCTLR_EL1 GUEST_SYSREG(3, 0, 1, 0, 0)
#define SYSREG_TTBR0_EL1 GUEST_SYSREG(3, 0, 2, 0, 0)
#define SYSREG_TCR_EL1   GUEST_SYSREG(3, 0, 2, 0, 2)
#define SYSREG_TCR2_EL1  GUEST_SYSREG(3, 0, 2, 0, 3)
#define SYSREG_MAIR_EL1  GUEST_SYSREG(3, 0, 10, 2, 0)
#define SYSREG_VBAR_EL1  GUEST_SYSREG(3, 0, 12, 0, 0)
#define SYSREG_DAIF      GUEST_SYSREG(3, 3, 4, 2, 1)
#define SYSREG_TPIDR_EL1 GUEST_SYSREG(3, 0, 13, 0, 4)

/* What this guest stands on. All others take whatever is written. */
static bool is_own_ground(uint32_t reg)
{
	static const uint32_t own[] = {
		SYSREG_SPSEL,    SYSREG_SCTLR_EL1, SYSREG_TTBR0_EL1,
		SYSREG_TCR_EL1,  SYSREG_TCR2_EL1,  SYSREG_MAIR_EL1,
		SYSREG_VBAR_EL1, SYSREG_TPIDR_EL1, SYSREG_DAIF,
	};

	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (reg == own[i]) {
			return true;
		}
	}
	return false;
}

static uint32_t some_register(void)
{
	uint32_t op0 = 2 + (uint32_t)below(2);

	return op0 << 14 | (uint32_t)below(1u << 14);
}

/* A stretch of the whole space of op0 2 and 3: all of it in time. */
void attack_read_registers(void)
{
	uint32_t first = some_register();

	for (uint32_t i = 0; i < 256; i++) {
		struct guest_regs r = { .x[0] = 1 };
		uint32_t reg = 2u << 14 | ((first + i) & 0x7fff);

		try_any(GUEST_INSN_MRS(reg, (uint32_t)below(31)), &r);
	}
}

void attack_write_registers(void)
{
	uint32_t first = some_register();

	for (uint32_t i = 0; i < 128; i++) {
		uint32_t reg = below(4) == 0 ? some_register() : 2u << 14 | ((first + i) & 0x7fff);
		struct guest_regs r = { .x[0] = nasty() };

		if (!is_own_ground(reg)) {
			try_any(GUEST_INSN_MSR(reg, 0), &r);
		}
	}
	/* Back to a processor that goes on: no step or breakpoint at each instruction, EL1's own FP. */
	guest_msr(mdscr_el1, 0);
	guest_msr(cntkctl_el1, 0);
	guest_fp_enable();
	guest_set_cntp_ctl_el0(0);
	guest_set_cntv_ctl_el0(0);
}

static uint64_t some_address(void)
{
	switch (below(6)) {
	case 0:
		return (uint64_t)scratch() + below(PAGE);
	case 1:
		return GUEST_UART + below(PAGE);
	case 2:
		return guest_gic.dist + below(0x10000);
	case 3:
		return NOWHERE + below(0x100000);
	case 4:
		return VA_WILD + below(UINT64_C(1) << 34);
	default:
		return nasty();
	}
}

/* DC, IC, AT and TLBI of all exception levels, and what lies between them (op0 = 1). */
void attack_maintenance(void)
{
	for (unsigned i = 0; i < 200; i++) {
		uint32_t op1 = (uint32_t)below(8);
		uint32_t crn = below(8) != 0 ? 7 + (uint32_t)below(2) : (uint32_t)below(16);
		uint32_t reg = GUEST_SYSREG(1, op1, crn, (uint32_t)below(16), (uint32_t)below(8));
		struct guest_regs r = { .x[0] = some_address() };

		/* DC IVAC and ZVA, and their like, change memory: only of our own. */
		if (crn == 7 && (r.x[0] >> 30) == 1) {
			r.x[0] = (uint64_t)scratch() + below(PAGE);
		}
		try_any(GUEST_INSN_MSR(reg, 0), &r);
	}
}

/* Breakpoints and watchpoints anywhere, and steps; the OS lock and its double. */
void attack_debug(void)
{
	struct guest_regs r = { .x[0] = 0 };

	for (unsigned i = 0; i < 40; i++) {
		uint32_t n = (uint32_t)below(4);
		uint32_t kind = 4 + (uint32_t)below(4);

		r.x[0] = kind % 2 == 0 ? some_address() : any() | 1;
		try_any(GUEST_INSN_MSR(GUEST_SYSREG(2, 0, 0, n, kind), 0), &r);
	}
	guest_msr(oslar_el1, below(2));
	try_any(GUEST_INSN_MSR(GUEST_SYSREG(2, 0, 1, 3, 4), 0), &r); /* OSDLR_EL1 */
	guest_msr(mdscr_el1, below(2) | 1 << 13 | 1 << 15);          /* SS, KDE, MDE */
	__asm__ volatile("msr daifclr, #8" ::: "memory");
	for (unsigned i = 0; i < 20; i++) {
		uint64_t v;

		(void)guest_read32((uint64_t)scratch());
		__asm__ volatile("mrs %0, cntvct_el0\n\thvc #1\n\tbrk #3"
				 : "=r"(v)
				 :
				 : "x0", "memory");
	}
	__asm__ volatile("msr daifset, #8" ::: "memory");
	guest_msr(mdscr_el1, 0);
}

/* Junk in all registers, traps of all kinds on, and divisions that nobody should do. */
void attack_fp(void)
{
	uint64_t *junk = (uint64_t *)scratch();

	for (unsigned i = 0; i < 64; i++) {
		junk[i] = nasty();
	}
	guest_trap_begin();
	__asm__ volatile(".arch_extension fp\n\t"
			 "msr fpcr, %1\n\tmsr fpsr, %2\n\t"
			 "ldp q0, q1, [%0]\n\tldp q2, q3, [%0, #32]\n\tldp q30, q31, [%0, #64]\n\t"
			 "fdiv d4, d0, d1\n\tfsqrt d5, d2\n\tfcvtzs x9, d3\n\tfmul d6, d0, d30\n\t"
			 "fdiv s7, s0, s31\n\tstp q4, q5, [%0, #96]\n\t"
			 ".arch_extension nofp" ::"r"(junk),
			 "r"(nasty()), "r"(nasty())
			 : "x9", "memory");
	guest_msr(cpacr_el1, below(4) << 20 | below(4) << 16);
	__asm__ volatile(".arch_extension fp\n\tfmov d0, xzr\n\t.arch_extension nofp");
	guest_fp_enable();
	(void)guest_trap_end();
}

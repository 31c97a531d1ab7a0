/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The FP/SIMD state (and TPIDR_EL0) of each CPU holds what was put there, over exits of all kinds and while other CPUs
 * of this and of other VMs use theirs. With more CPUs than the host has, and in two VMs with different
 * seed=, it shows whether the state is switched. rounds= is the length. Prints a line per CPU.
 */
#include "guest.h"

#define FPCR_BITS 0x07c00000u /* AHP, DN, FZ, RMode */
#define FPSR_BITS 0x0800009fu /* QC, IDC, IXC to IOC */
#define WORDS     66

struct state {
	uint64_t w[WORDS]; /* fp.S */
};

struct report {
	uint64_t rounds;
	uint64_t wrong;
	uint64_t first; /* number of the first word that was wrong, plus 1 */
	uint64_t ended;
};

static volatile struct report reports[GUEST_MAX_CPUS];
static _Alignas(16) struct state states[GUEST_MAX_CPUS][2];
static uint64_t seed;
static uint64_t rounds;

void fp_put(const struct state *s);
void fp_get(struct state *s);

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void fill(struct state *s, uint64_t *x)
{
	for (unsigned i = 0; i < WORDS; i++) {
		s->w[i] = next_random(x);
	}
	s->w[64] &= FPCR_BITS;
	s->w[65] &= FPSR_BITS;
}

static void spin(uint64_t us)
{
	uint64_t end = guest_counter() + guest_counter_hz() * us / 1000000;

	while (guest_counter() < end) {
	}
}

/* Something during which the state is not looked at. */
static void happen(uint64_t what)
{
	switch (what % 8) {
	case 0:
		guest_hvc(0x84000000, 0, 0, 0);
		break;
	case 1:
		(void)guest_read32(GUEST_UART + 0x18);
		break;
	case 2:
		spin(12000); /* longer than a quantum */
		break;
	case 3:
		spin(what >> 8 & 0xfff);
		break;
	case 4:
		__asm__ volatile("wfe\n\tyield" : : : "memory");
		break;
	case 5:
		(void)guest_read32(GUEST_RTC); /* and several in a row */
		guest_hvc(0x84000000, 0, 0, 0);
		(void)guest_read32(GUEST_RTC);
		break;
	default:
		break; /* nothing: only what comes by itself */
	}
}

static void hold(uint32_t cpu)
{
	uint64_t x = (seed << 32 | (cpu + 1)) * UINT64_C(0x9e3779b97f4a7c15);
	struct state *want = &states[cpu][0];
	struct state *have = &states[cpu][1];

	guest_fp_enable();
	__asm__ volatile("sevl" : : : "memory");
	for (uint64_t n = 0; n < rounds; n++) {
		bool wrong;
		uint64_t tid;
		uint64_t back;

		fill(want, &x);
		fp_put(want);
		guest_msr(tpidr_el0, x);
		tid = x;
		happen(next_random(&x));
		fp_get(have);
		guest_mrs(tpidr_el0, back);
		wrong = back != tid;

		for (unsigned i = 0; i < WORDS; i++) {
			if (want->w[i] != have->w[i]) {
				wrong = true;
				reports[cpu].first = i + 1;
			}
		}
		reports[cpu].wrong += wrong;
		reports[cpu].rounds++;
	}
	guest_dsb();
	reports[cpu].ended = 1;
	guest_dsb();
}

void guest_secondary_main(uint64_t cpu)
{
	hold((uint32_t)cpu);
	guest_cpu_off();
}

/* While FP is off for it, EL1 itself takes the trap: it is not the hypervisor's (CPTR_EL2.TFP). */
static void disabled(void)
{
	struct guest_regs r = { 0 };
	struct guest_trap t;

	guest_try_insn(0x9e670000, &r, &t); /* fmov d0, x0 */
	guest_printf("FP while it is off: EC 0x%x\n", GUEST_EC(t.esr));
	guest_try_insn(0xd51b4400, &r, &t); /* msr fpcr, x0 */
	guest_printf("FPCR while it is off: EC 0x%x\n", GUEST_EC(t.esr));
	guest_fp_enable();
	guest_try_insn(0x9e670000, &r, &t);
	guest_printf("FP while it is on: %lu exceptions\n", t.count);
}

void guest_main(uint64_t dtb)
{
	uint32_t cpus = guest_cpu_count();

	(void)dtb;
	seed = guest_arg_number("seed", 1);
	rounds = guest_arg_number("rounds", 150);
	disabled();
	for (uint32_t cpu = 1; cpu < cpus; cpu++) {
		if (guest_cpu_on(cpu) != 0) {
			guest_printf("cpu %u: refused\n", cpu);
		}
	}
	hold(0);
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		while (reports[cpu].ended == 0) {
		}
		guest_printf("cpu %u: %lu rounds, %lu wrong", cpu, reports[cpu].rounds,
			     reports[cpu].wrong);
		if (reports[cpu].wrong != 0) {
			guest_printf(", such as word %lu: WRONG", reports[cpu].first - 1);
		}
		guest_puts("\n");
	}
	guest_done();
}

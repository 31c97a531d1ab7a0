/* SPDX-License-Identifier: Apache-2.0 */
/* Hypercalls and SMCs that nobody offers, and PSCI with arguments that nobody should give. */
#include "hostile.h"

#define PSCI_FIRST   0x84000000u
#define SMC64        0x40000000u
#define CPU_SUSPEND  1u
#define CPU_OFF      2u
#define CPU_ON       3u
#define SYSTEM_OFF   8u
#define SYSTEM_RESET 9u
#define RESET2       18u

static void nasty_registers(struct guest_regs *r)
{
	for (unsigned i = 0; i < 30; i++) {
		r->x[i] = nasty();
	}
	r->sp = 0;
}

/* What would end the game, or this CPU. CPU_SUSPEND has attack_wait(). */
static bool is_fatal(uint64_t function)
{
	uint32_t f = (uint32_t)function;

	if ((f & ~(SMC64 | 0x1fu)) != PSCI_FIRST) {
		return false;
	}
	f &= 0x1f;
	return f == CPU_SUSPEND || f == CPU_OFF || f == SYSTEM_OFF || f == SYSTEM_RESET ||
	       f == RESET2;
}

static uint64_t some_function(void)
{
	static const uint32_t ranges[] = {
		0x80000000, 0x81000000, 0x82000000, 0x83000000, 0x84000000, 0x85000000,
		0x86000000, 0xb2000000, 0xbf000000, 0x8600ff00, 0x04000000,
	};
	uint64_t f = ranges[below(sizeof(ranges) / sizeof(ranges[0]))] | below(64);

	switch (below(4)) {
	case 0:
		return nasty();
	case 1:
		return f | SMC64;
	case 2:
		return f | any() << 32;
	default:
		return f;
	}
}

static void call(uint64_t function)
{
	struct guest_regs r;
	uint32_t imm = below(4) == 0 ? (uint32_t)below(65536) : 0;

	if (is_fatal(function)) {
		return;
	}
	nasty_registers(&r);
	r.x[0] = function;
	try_any(below(2) == 0 ? GUEST_INSN_HVC(imm) : GUEST_INSN_SMC(imm), &r);
}

void attack_calls(void)
{
	for (unsigned i = 0; i < 200; i++) {
		call(some_function());
	}
}

/* CPU_ON only with targets and entries that cannot be: attack_cpus() has the others. */
void attack_psci(void)
{
	for (unsigned i = 0; i < 200; i++) {
		uint64_t function = PSCI_FIRST | below(32) | (below(2) != 0 ? SMC64 : 0);
		struct guest_regs r;

		if (is_fatal(function)) {
			continue;
		}
		nasty_registers(&r);
		r.x[0] = function;
		r.x[1] = below(2) == 0 ? below(cpu_count + 2) : r.x[1];
		if ((function & 0x1f) == CPU_ON) {
			r.x[2] = below(2) == 0 ? NOWHERE : any() | 1;
		}
		try_any(below(2) == 0 ? GUEST_INSN_HVC(0) : GUEST_INSN_SMC(0), &r);
	}
}

/* The boot CPU switches the others on, they switch themselves off, and each asks for all of them. */
void attack_cpus(void)
{
	for (unsigned i = 0; i < 100; i++) {
		(void)guest_cpu_on(below(cpu_count));
		(void)guest_hvc(0xc4000004, below(cpu_count), below(4), 0);
	}
	if (guest_cpu_self() != 0 && below(4) != 0) {
		guest_cpu_off();
	}
}

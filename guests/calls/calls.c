/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls and monitor calls that mean nothing: other immediates, other owners, identifiers with
 * rubbish around them. Each is answered as SMCCC 1.1 (DEN0028) asks, with -1 and all registers but x0
 * kept. Checked against that text: plain QEMU answers PSCI only.
 */
#include "guest.h"

#define NOT_SUPPORTED (~UINT64_C(0))
#define SMCCC_VERSION 0x80000000u
#define ARCH_FEATURES 0x80000001u
#define PSCI_VERSION  0x84000000u
#define TOP           UINT64_C(0xfeedf00d00000000)

static uint64_t value_of(unsigned reg)
{
	return UINT64_C(0x0123456789abcd00) ^ ((uint64_t)reg << 56 | reg);
}

/* One call with values in all registers. False: an exception, or a register behind @results is lost. */
static bool call(uint32_t insn, uint64_t function, unsigned results, uint64_t *x0)
{
	struct guest_regs r = { .x = { function } };
	struct guest_trap t;
	bool kept = true;

	for (unsigned i = 1; i < 30; i++) {
		r.x[i] = value_of(i);
	}
	if (!guest_try_insn(insn, &r, &t)) {
		guest_printf("function 0x%lx: exception 0x%x\n", function, GUEST_EC(t.esr));
		return false;
	}
	for (unsigned i = results; i < 30; i++) {
		kept = kept && r.x[i] == value_of(i);
	}
	*x0 = r.x[0];
	return kept;
}

static bool refused(uint32_t insn, uint64_t function)
{
	uint64_t x0;

	if (call(insn, function, 1, &x0) && x0 == NOT_SUPPORTED) {
		return true;
	}
	guest_printf("function 0x%lx: x0 0x%lx\n", function, x0);
	return false;
}

/* DEN0028 2.9: immediates other than 0 are reserved. With functions that would be there, too. */
static bool immediates(uint32_t base)
{
	static const uint32_t functions[] = { PSCI_VERSION, SMCCC_VERSION, 0, 0x84000008 };
	bool good = true;

	for (unsigned bit = 0; bit < 16; bit++) {
		for (unsigned i = 0; i < 4; i++) {
			good = refused(base | 1u << (bit + 5), functions[i]) && good;
		}
	}
	return refused(base | 0xffffu << 5, PSCI_VERSION) && good;
}

/* All owners (6.1): 4 to 5 are ours in part, see specific(); the others nobody's. */
static bool owners(uint32_t insn)
{
	static const uint32_t numbers[] = { 0, 1, 2, 0x20, 0x7fff, 0x8000, 0xff00, 0xff03, 0xffff };
	bool good = true;

	for (uint32_t owner = 0; owner < 64; owner++) {
		for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			for (uint32_t kind = 0; kind < 4;
			     kind++) { /* fast or yielding, 64 or 32 bits */
				uint32_t id = kind << 30 | owner << 24 | numbers[i];
				bool ours = kind >= 2 && (owner == 0 || owner == 4 || owner == 6);

				good = (ours || refused(insn, id)) && good;
			}
		}
	}
	return good;
}

/* In the ranges that have functions: what is between them. */
static bool between(uint32_t insn)
{
	bool good = true;

	for (uint32_t n = 2; n < 0x10000; n = n < 0x100 ? n + 1 : n * 5 / 4) {
		good = refused(insn, 0x80000000u | n) && refused(insn, 0xc0000000u | n) && good;
	}
	for (uint32_t n = 0x13; n < 0x10000; n = n < 0x100 ? n + 1 : n * 5 / 4) {
		good = refused(insn, 0x84000000u | n) && refused(insn, 0xc4000000u | n) && good;
	}
	for (uint32_t n = 0; n < 0x10000; n = n < 0x100 ? n + 1 : n * 5 / 4) {
		bool known = n == 0xff00 || n == 0xff01 || n == 0xff03;

		good = (known || refused(insn, 0x86000000u | n)) &&
		       refused(insn, 0xc6000000u | n) && good;
	}
	return good;
}

static bool answers(uint32_t insn, uint64_t function, uint64_t x0_wanted)
{
	uint64_t x0;

	return call(insn, function, 1, &x0) && x0 == x0_wanted;
}

static bool features(uint32_t insn, uint32_t of, uint64_t wanted)
{
	struct guest_regs r = { .x = { ARCH_FEATURES, of } };

	return guest_try_insn(insn, &r, NULL) && r.x[0] == wanted;
}

/* 2.8: w0 is the function, whatever is above it. Calls of both sizes. */
static void specific(uint32_t insn)
{
	uint64_t x0;

	guest_check(answers(insn, SMCCC_VERSION, 0x10001), "SMCCC_VERSION");
	guest_check(answers(insn, TOP | SMCCC_VERSION, 0x10001), "SMCCC_VERSION below rubbish");
	guest_check(answers(insn, TOP | PSCI_VERSION, 0x10001), "PSCI_VERSION below rubbish");
	guest_check(answers(insn, TOP | 0x8400001f, NOT_SUPPORTED), "no function below rubbish");
	guest_check(features(insn, SMCCC_VERSION, 0), "ARCH_FEATURES of SMCCC_VERSION");
	guest_check(features(insn, ARCH_FEATURES, 0), "ARCH_FEATURES of itself");
	guest_check(features(insn, 0x80000002, NOT_SUPPORTED), "ARCH_FEATURES of SOC_ID");
	guest_check(features(insn, 0x80008000, NOT_SUPPORTED), "ARCH_FEATURES of WORKAROUND_1");
	guest_check(features(insn, 0, NOT_SUPPORTED), "ARCH_FEATURES of 0");
	/* 6.3: how many calls, whose they are, which revision; a UID is four 32-bit words */
	guest_check(call(insn, 0x8600ff00, 1, &x0), "vendor hypervisor's call count");
	guest_check(call(insn, 0x8600ff01, 4, &x0) && x0 != NOT_SUPPORTED && x0 >> 32 == 0,
		    "vendor hypervisor's UID");
	guest_check(x0 != 0xb66fb428, "which is not KVM's");
	guest_check(call(insn, 0x8600ff03, 2, &x0), "vendor hypervisor's revision");
}

static void all(const char *name, uint32_t base)
{
	guest_printf("by %s\n", name);
	guest_check(immediates(base), "reserved immediates");
	guest_check(owners(base), "owners without functions");
	guest_check(between(base), "identifiers between functions");
	specific(base);
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	all("HVC", GUEST_INSN_HVC(0));
	all("SMC", GUEST_INSN_SMC(0));
	guest_done();
}

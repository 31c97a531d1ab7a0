/* SPDX-License-Identifier: Apache-2.0 */
/* Every CSR, the instructions of the hypervisor extension, and random words in S-mode and in U-mode. */
#include "hostile.h"

#define CSR_SSTATUS  0x100
#define CSR_STVEC    0x105
#define CSR_SSCRATCH 0x140
#define CSR_SATP     0x180
#define CSRS         4096

/* What this guest stands on. All others take whatever is written. */
static bool is_own_ground(uint32_t csr)
{
	return csr == CSR_STVEC || csr == CSR_SSCRATCH || csr == CSR_SATP;
}

/* Of S-mode and of VS-mode half of the time. */
static uint32_t some_csr(void)
{
	static const uint16_t stretches[] = { 0x000, 0x100, 0x140, 0x200, 0x240, 0x600,
					      0x640, 0xc00, 0xda0, 0xe10, 0x300, 0x3a0 };

	return below(2) == 0 ? (uint32_t)below(CSRS)
			     : stretches[below(sizeof(stretches) / sizeof(stretches[0]))] +
				       (uint32_t)below(32);
}

/* A stretch of all numbers: all of them in time. */
void attack_read_csrs(void)
{
	uint32_t first = some_csr();

	for (uint32_t i = 0; i < 256; i++) {
		struct guest_regs r = { .x[A0] = 0 };

		(void)guest_try_insn(GUEST_INSN_CSRRS((first + i) % CSRS, (uint32_t)below(31), 0),
				     &r, NULL);
	}
}

/* Back to a processor that goes on: U-mode may be what it can be, no timer, FP on. */
static void settle(void)
{
	guest_csr_write(sstatus, 0);
	guest_csr_write(sie, 0);
	guest_csr_write(scounteren, 7);
	guest_csr_write(senvcfg, 0);
	guest_timer_off();
	guest_fp_enable();
}

void attack_write_csrs(void)
{
	uint32_t first = some_csr();

	for (uint32_t i = 0; i < 128; i++) {
		uint32_t csr = below(4) == 0 ? some_csr() : (first + i) % CSRS;
		struct guest_regs r = { .x[A0] = nasty(), .x[A1] = nasty() };
		uint32_t forms[] = { GUEST_INSN_CSRRW(csr, A1, A0), GUEST_INSN_CSRRS(csr, A1, A0),
				     GUEST_INSN_CSRRC(csr, 0, A0),
				     GUEST_INSN_CSRRW(csr, 0, (uint32_t)below(32)) | 0x4000 };

		if (!is_own_ground(csr)) {
			(void)guest_try_insn(forms[below(4)], &r, NULL);
		}
	}
	settle();
}

/* HFENCE, HLV, HLVX, HSV, HINVAL, and SFENCE with any operands: all of SYSTEM with funct3 0 and 4 but two. */
void attack_hypervisor_insns(void)
{
	static const uint8_t funct7[] = { 0x09, 0x0b, 0x0c, 0x11, 0x13, 0x31, 0x33,
					  0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36,
					  0x37, 0x08, 0x18, 0x38, 0x16, 0x56 };

	for (unsigned i = 0; i < 200; i++) {
		uint32_t f7 = below(4) == 0 ? (uint32_t)below(128)
					    : funct7[below(sizeof(funct7) / sizeof(funct7[0]))];
		uint32_t insn = 0x73 | f7 << 25 | (uint32_t)below(32) << 20 |
				(uint32_t)below(32) << 15 | (uint32_t)below(2) << 14 |
				(uint32_t)below(32) << 7;
		struct guest_regs r;

		if (insn == INSN_WFI || insn == GUEST_INSN_ECALL) {
			continue;
		}
		harmless_registers(&r);
		(void)guest_try_insn(insn, &r, NULL);
	}
	guest_fp_enable();
}

/* Half of the words are of the classes that have to do with more than the processor's own registers. */
uint32_t some_insn(void)
{
	static const uint8_t opcodes[] = { 0x03, 0x07, 0x0f, 0x23, 0x27,
					   0x2f, 0x53, 0x67, 0x73, 0x73 };

	if (below(2) == 0) {
		return (uint32_t)any();
	}
	return opcodes[below(sizeof(opcodes))] | ((uint32_t)any() & ~0x7fu);
}

/* Whether it ends where it began: no jump, no call, no sleep without an end, nothing that we stand on. */
static bool is_tame(uint32_t insn)
{
	uint32_t funct3 = insn >> 12 & 7;

	if ((insn & 3) == 1) {
		return (insn >> 13 & 7) < 5; /* neither C.J, C.BEQZ nor C.BNEZ */
	}
	if ((insn & 3) == 2) {
		return (insn >> 13 & 7) != 4 || (insn & 0x7c) != 0; /* neither C.JR nor C.JALR */
	}
	switch (insn & 0x7f) {
	case 0x63: /* BRANCH */
	case 0x67: /* JALR */
	case 0x6f: /* JAL */
		return false;
	case 0x73:
		return insn != INSN_WFI && insn != GUEST_INSN_ECALL &&
		       (funct3 == 0 || funct3 == 4 || !is_own_ground(insn >> 20));
	default:
		return true;
	}
}

void attack_words(void)
{
	for (unsigned i = 0; i < 200; i++) {
		uint32_t insn = some_insn();
		struct guest_regs r;

		if (is_tame(insn)) {
			harmless_registers(&r);
			(void)guest_try_insn(insn, &r, NULL);
		}
	}
	settle();
}

/* A register of a program in U-mode: one of its pages, one that is not there, or anything. */
static uint64_t user_value(uint64_t va)
{
	return below(2) == 0 ? va + below(8) * PAGE + below(PAGE) : nasty();
}

/* Programs of some words, with all that S-mode can allow or without; the alarm ends those that go round. */
void attack_user_words(void)
{
	uint64_t va = VA_USER + (me()->id << 30);
	volatile uint32_t *code = (volatile uint32_t *)(void *)scratch_page(CODE);

	for (unsigned i = 0; i < 30; i++) {
		unsigned count = 1 + (unsigned)below(16);
		struct guest_regs r;

		for (unsigned k = 0; k < 64; k++) {
			code[k] = k < count ? some_insn() : GUEST_INSN_EBREAK;
		}
		for (unsigned k = 0; k < 32; k++) {
			r.x[k] = user_value(va);
		}
		guest_csr_write(scounteren, below(8));
		guest_csr_write(senvcfg, nasty());
		guest_csr_write(sstatus, below(4) << 13 | below(4) << 18);
		limit_begin();
		(void)guest_try_code(va, va + UINT64_C(4) * count, true, &r, NULL);
		limit_end();
	}
	settle();
}

/* Arithmetic, loads and stores with the state off, new, clean and dirty, and what is no rounding mode. */
void attack_fp(void)
{
	static const uint8_t opcodes[] = { 0x53, 0x53, 0x43, 0x47, 0x4b, 0x4f, 0x07, 0x27 };

	for (unsigned i = 0; i < 100; i++) {
		struct guest_regs r;

		guest_csr_clear(sstatus, SSTATUS_FS);
		guest_csr_set(sstatus, below(4) << 13);
		harmless_registers(&r);
		if (below(4) == 0) {
			(void)guest_try_insn(GUEST_INSN_CSRRW(3, 0, A0), &r, NULL); /* fcsr */
		}
		(void)guest_try_insn(opcodes[below(sizeof(opcodes))] | ((uint32_t)any() & ~0x7fu),
				     &r, NULL);
	}
	guest_fp_enable();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSRs: what those of S-mode keep of all ones, of zeros and of patterns, over exits to the hypervisor. With
 * mode=sweep, every number by read, by write and by the forms that do neither: what a hart of the tree's
 * riscv,isa has, and nothing else. (Plain OpenSBI lets hpmcounter3 to 31 be read, the hypervisor does not.)
 */
#include "guest.h"

#define PATTERN  UINT64_C(0x123456789abcdef0)
#define ONES     (~UINT64_C(0))
#define LEAVE(x) guest_sbi(SBI_EXT_BASE, 0, (x), 0, 0)

/* An exit that the hypervisor answers, and one that it answers in a device. */
static void leave(void)
{
	LEAVE(0);
	(void)guest_read8(GUEST_UART + 5);
}

/* With all interrupts masked and disabled none of these takes effect, but as the comment says. */
#define KEPT(X)       \
	X(sepc)       \
	X(scause)     \
	X(stval)      \
	X(scounteren) \
	X(senvcfg)    \
	X(sip)

#define TRY(csr)                                                              \
	static void try_##csr(void)                                           \
	{                                                                     \
		uint64_t old;                                                 \
		uint64_t ones;                                                \
		uint64_t zero;                                                \
		uint64_t pattern;                                             \
                                                                              \
		guest_csr_read(csr, old);                                     \
		guest_csr_write(csr, ONES);                                   \
		leave();                                                      \
		guest_csr_read(csr, ones);                                    \
		guest_csr_write(csr, 0);                                      \
		leave();                                                      \
		guest_csr_read(csr, zero);                                    \
		guest_csr_write(csr, PATTERN);                                \
		leave();                                                      \
		guest_csr_read(csr, pattern);                                 \
		guest_csr_write(csr, old);                                    \
		guest_printf("%s: %lx %lx %lx\n", #csr, ones, zero, pattern); \
	}
KEPT(TRY)

/* The runtime needs these for any trap: nothing in between but an SBI call, which is none of this level. */
#define SHORT(csr, v)                                                   \
	do {                                                            \
		uint64_t old;                                           \
		uint64_t kept;                                          \
                                                                        \
		__asm__ volatile("csrrw %0, " #csr ", %2\n\t"           \
				 "li a6, 0\n\tli a7, 0x10\n\tecall\n\t" \
				 "csrrw %1, " #csr ", %0"               \
				 : "=&r"(old), "=&r"(kept)              \
				 : "r"(v)                               \
				 : "a0", "a1", "a6", "a7", "memory");   \
		guest_printf(" %lx", kept);                             \
	} while (0)

static void short_ones(void)
{
	guest_printf("sscratch:");
	SHORT(sscratch, ONES);
	SHORT(sscratch, UINT64_C(0));
	SHORT(sscratch, PATTERN);
	guest_printf("\nstvec:");
	SHORT(stvec, ONES & ~UINT64_C(3));
	SHORT(stvec, UINT64_C(0));
	SHORT(stvec, PATTERN);
	SHORT(stvec, PATTERN | 1);
	guest_puts("\n");
}

static void try_sstatus(void)
{
	static const uint64_t values[] = {
		ONES & ~(uint64_t)SSTATUS_VS, 0,      SSTATUS_SPP, SSTATUS_SPIE,
		SSTATUS_SUM | SSTATUS_MXR,    0x2000, 0x4000,      0x6000
	};

	guest_printf("sstatus:");
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint64_t v;

		guest_csr_write(sstatus, values[i]);
		leave();
		guest_csr_read(sstatus, v);
		guest_csr_write(sstatus, 0);
		guest_printf(" %lx", v);
	}
	guest_puts("\n");
}

/* Nothing pends here, but what the last rows set. */
static void try_sie(void)
{
	uint64_t v[4];

	guest_timer_off();
	guest_csr_write(sie, ONES);
	leave();
	guest_csr_read(sie, v[0]);
	guest_csr_write(sie, 0);
	leave();
	guest_csr_read(sie, v[1]);
	guest_csr_set(sip, ONES); /* only SSIP is S-mode's to set */
	leave();
	guest_csr_read(sip, v[2]);
	guest_csr_clear(sip, ONES);
	leave();
	guest_csr_read(sip, v[3]);
	guest_printf("sie: %lx %lx, sip: %lx %lx\n", v[0], v[1], v[2], v[3]);
}

static void try_satp(void)
{
	static const uint64_t reserved[] = { 1, 2, 7, 11, 12, 13, 14, 15 };

	guest_printf("satp of reserved modes:");
	for (unsigned i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		uint64_t v;

		guest_csr_write(satp, reserved[i] << 60 | 0x80200);
		leave();
		guest_csr_read(satp, v);
		guest_printf(" %lx", v);
	}
	guest_puts("\n");
}

static void try_stimecmp(void)
{
	uint64_t v;

	if (!guest_has_sstc()) {
		guest_puts("no stimecmp\n");
		return;
	}
	guest_printf("stimecmp:");
	for (unsigned i = 0; i < 4; i++) {
		static const uint64_t values[] = { ONES, 0, PATTERN, UINT64_C(1) << 63 };

		guest_csr_write(CSR_STIMECMP, values[i]);
		leave();
		guest_csr_read(CSR_STIMECMP, v);
		guest_printf(" %lx", v);
	}
	guest_timer_off();
	guest_puts("\n");
}

static void counters(void)
{
	static const char *const names[] = { "cycle", "time", "instret" };

	for (uint32_t i = 0; i < 3; i++) {
		struct guest_regs a = { .x = { 0 } };
		struct guest_regs b = { .x = { 0 } };
		struct guest_trap t;
		bool there = guest_try_insn(GUEST_INSN_CSRRS(0xc00 + i, 10, 0), &a, &t);

		leave();
		guest_delay_us(100);
		guest_try_insn(GUEST_INSN_CSRRS(0xc00 + i, 10, 0), &b, NULL);
		/* time is always there; the others an implementation may keep to itself */
		guest_printf("%s: %s\n", names[i],
			     (there ? b.x[10] > a.x[10] : i != 1 && t.cause == GUEST_CAUSE_ILLEGAL)
				     ? "counts, or is not there"
				     : "WRONG");
		guest_try_insn(GUEST_INSN_CSRRW(0xc00 + i, 0, 10), &b, &t);
		guest_printf("  written: %s\n", guest_cause_name(t.cause));
	}
}

/* --- Every number */

enum access { NEITHER, RW, MAYBE };

static enum access access_of(uint32_t csr)
{
	switch (csr) {
	case 0x001: /* fflags, frm, fcsr: FS is on */
	case 0x002:
	case 0x003:
		return guest_isa_has("f") ? RW : NEITHER;
	case 0x008: /* vstart, vxsat, vxrm, vcsr */
	case 0x009:
	case 0x00a:
	case 0x00f:
	case 0xc20: /* vl, vtype, vlenb */
	case 0xc21:
	case 0xc22:
		return guest_isa_has("v") ? RW : NEITHER;
	case 0x100: /* sstatus */
	case 0x104: /* sie, stvec, scounteren */
	case 0x105:
	case 0x106:
	case 0x10a: /* senvcfg */
	case 0x140: /* sscratch to sip */
	case 0x141:
	case 0x142:
	case 0x143:
	case 0x144:
	case 0x180: /* satp */
	case 0xc01: /* time */
		return RW;
	case CSR_STIMECMP:
		return guest_has_sstc() ? RW : NEITHER;
	case 0xc00: /* cycle, instret */
	case 0xc02:
		return MAYBE;
	default:
		return NEITHER;
	}
}

static bool is_illegal(const struct guest_trap *t, uint32_t insn)
{
	return t->count == 1 && t->cause == GUEST_CAUSE_ILLEGAL &&
	       (t->tval == insn || t->tval == 0);
}

static void complain(const char *what, uint32_t csr, const struct guest_trap *t)
{
	guest_printf("%s of 0x%x: %s, stval 0x%lx: WRONG\n", what, csr,
		     t->count == 0 ? "done" : guest_cause_name(t->cause), t->tval);
}

static void sweep(void)
{
	uint32_t bad_reads = 0;
	uint32_t bad_writes = 0;
	uint32_t bad_forms = 0;

	guest_fp_enable();
	guest_csr_set(sstatus, 0x200); /* VS, if it is there */
	for (uint32_t csr = 0; csr < 0x1000; csr++) {
		static const uint32_t forms[] = { 3, 5, 6, 7 }; /* csrrc, csrrwi, csrrsi, csrrci */
		enum access a = access_of(csr);
		struct guest_regs r = { .x = { [10] = 0x5a5a, [5] = ONES } };
		struct guest_trap t;
		uint32_t insn = GUEST_INSN_CSRRS(csr, 10, 0);
		bool done = guest_try_insn(insn, &r, &t);

		if (done ? a == NEITHER : a == RW || !is_illegal(&t, insn) || r.x[10] != 0x5a5a) {
			complain("read", csr, &t);
			bad_reads++;
		}
		/* Writes only where nothing may come of it. */
		insn = GUEST_INSN_CSRRW(csr, 0, 5);
		if ((csr >> 10 == 3 || a == NEITHER) &&
		    (guest_try_insn(insn, &r, &t) || !is_illegal(&t, insn))) {
			complain("write", csr, &t);
			bad_writes++;
		}
		for (unsigned i = 0; i < 4 && a == NEITHER; i++) {
			insn = 0x00000073u | csr << 20 | 1u << 15 | forms[i] << 12 | 10u << 7;
			if (guest_try_insn(insn, &r, &t) || !is_illegal(&t, insn)) {
				complain("another form", csr, &t);
				bad_forms++;
			}
		}
	}
	guest_check(bad_reads == 0, "reads of all");
	guest_check(bad_writes == 0, "writes of what cannot be written");
	guest_check(bad_forms == 0, "the other instructions on what is not there");
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	if (guest_arg_is("mode", "sweep")) {
		sweep();
		guest_done();
	}
	short_ones();
#define CALL(csr) try_##csr();
	KEPT(CALL)
	try_sstatus();
	try_sie();
	try_satp();
	try_stimecmp();
	counters();
	guest_done();
}

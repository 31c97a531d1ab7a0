/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The F and D state of each hart holds what was put there, over exits of all kinds, suspension, and while
 * other harts of this and of other VMs use theirs; sstatus.FS says what was done to it. With more harts than
 * the host has, and in two VMs with different seed=, it shows whether the state is switched. rounds= is the
 * length. Prints a line per hart.
 */
#include "hold.h"

#define FS_OFF       0x0000
#define FS_INITIAL   0x2000
#define FS_CLEAN     0x4000
#define FS_DIRTY     0x6000
#define FCSR_BITS    0x7f /* fflags, frm 0 to 3 */
#define WORDS        33
#define CSR_FFLAGS   0x001
#define CSR_FRM      0x002
#define CSR_FCSR     0x003
#define INSN_FMV_D_X 0xf2000053u /* fmv.d.x f0, x0 */
#define INSN_FSD     0x00053027u /* fsd f0, 0(a0) */
#define INSN_C_FLD   0x2108u     /* c.fld fa0, 0(a0) */

struct state {
	uint64_t w[WORDS]; /* fp.S */
};

void fp_put(const uint64_t *words);
void fp_get(uint64_t *words);
void fp_write_one(uint64_t v);
uint64_t fp_read_one(void);
uint64_t fp_divide(uint64_t by);

static void set_fs(uint64_t fs)
{
	guest_csr_clear(sstatus, SSTATUS_FS & ~fs);
	guest_csr_set(sstatus, fs);
}

static const char *fs(void)
{
	static const char names[4][8] = { "Off", "Initial", "Clean", "Dirty" };
	uint64_t sstatus;

	guest_csr_read(sstatus, sstatus);
	/* SD is the summary of FS, VS and XS */
	bool dirty = (sstatus & SSTATUS_FS) == SSTATUS_FS || (sstatus & SSTATUS_VS) == SSTATUS_VS;

	if (((sstatus & SSTATUS_SD) != 0) != dirty) {
		return "SD WRONG";
	}
	return names[sstatus >> 13 & 3];
}

/* What a guest may not look at. */
static void leave(void)
{
	(void)guest_read8(GUEST_UART + 5);
	guest_sbi(SBI_EXT_BASE, 0, 0, 0, 0);
}

/* While FS is Off, everything that touches the state is illegal for the guest itself (3.1.6.6). */
static void off(void)
{
	static uint64_t word;
	static const struct {
		const char *name;
		uint32_t insn;
	} insns[] = {
		{ "fmv.d.x", INSN_FMV_D_X },
		{ "fsd", INSN_FSD },
		{ "c.fld", INSN_C_FLD },
		{ "read of fcsr", GUEST_INSN_CSRRS(CSR_FCSR, 5, 0) },
		{ "write of fflags", GUEST_INSN_CSRRW(CSR_FFLAGS, 0, 5) },
		{ "write of frm", GUEST_INSN_CSRRW(CSR_FRM, 0, 0) },
	};

	for (unsigned on = 0; on < 2; on++) {
		for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
			struct guest_regs r = { .x = { 0 } };
			struct guest_trap t;

			set_fs(on == 0 ? FS_OFF : FS_INITIAL);
			leave();
			r.x[10] = (uint64_t)&word;
			guest_try_insn(insns[i].insn, &r, &t);
			guest_printf("%s, FS %s: %s\n", insns[i].name, on == 0 ? "Off" : "Initial",
				     t.count == 0 ? "done" : guest_cause_name(t.cause));
		}
	}
}

/*
 * FS after what was done. The architecture lets an implementation say Dirty more often than it is; QEMU
 * does for no read.
 */
static void tracking(void)
{
	static const uint64_t from[] = { FS_INITIAL, FS_CLEAN, FS_DIRTY };

	for (unsigned i = 0; i < 3; i++) {
		struct state s;

		set_fs(from[i]);
		leave();
		guest_printf("FS %s", fs());
		(void)fp_read_one();
		leave();
		guest_printf(", read: %s", fs());
		fp_write_one(UINT64_C(0x1234567890abcdef));
		leave();
		guest_printf(", written: %s", fs());
		set_fs(FS_CLEAN);
		leave();
		guest_printf(", set Clean: %s, holds 0x%lx", fs(), fp_read_one());
		fp_get(s.w);
		guest_printf(", stored: %s", fs());
		set_fs(FS_OFF);
		leave();
		guest_printf(", set Off: %s", fs());
		set_fs(FS_CLEAN);
		leave();
		guest_printf(", back on: holds 0x%lx\n", fp_read_one());
	}
}

static void flags(void)
{
	uint64_t v;

	set_fs(FS_CLEAN);
	guest_csr_write(CSR_FCSR, 0);
	guest_printf("1 / 0 is 0x%lx", fp_divide(0));
	leave();
	guest_csr_read(CSR_FFLAGS, v);
	guest_printf(", fflags 0x%lx", v);
	guest_csr_write(CSR_FCSR, 0);
	guest_printf("; 1 / 3 is 0x%lx", fp_divide(3));
	guest_csr_read(CSR_FCSR, v);
	guest_printf(", fcsr 0x%lx", v);
	guest_csr_write(CSR_FRM, 3); /* up */
	leave();
	guest_printf("; rounded up 0x%lx", fp_divide(3));
	guest_csr_write(CSR_FCSR, ~UINT64_C(0));
	leave();
	guest_csr_read(CSR_FCSR, v);
	guest_printf("; fcsr keeps 0x%lx\n", v);
	guest_csr_write(CSR_FCSR, 0);
}

uint32_t hold_words(void)
{
	return WORDS;
}

void hold_fill(uint64_t *words, uint64_t *x)
{
	for (unsigned i = 0; i < WORDS; i++) {
		words[i] = hold_random(x);
	}
	words[32] &= FCSR_BITS;
}

void hold_put(const uint64_t *words)
{
	fp_put(words);
}

void hold_get(uint64_t *words)
{
	fp_get(words);
}

void hold_off(void)
{
	set_fs(FS_OFF);
}

void hold_clean(void)
{
	set_fs(FS_CLEAN);
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	off();
	tracking();
	flags();
	hold_on_all();
	guest_done();
}

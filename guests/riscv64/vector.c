/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The V state of each hart (registers, vl, vtype, vcsr) holds what was put there, as in guest fp; what
 * sstatus.VS says. Of use where the tree's riscv,isa has v: else it says so.
 */
#include "hold.h"

#define VS_OFF     0x000
#define VS_INITIAL 0x200
#define VS_CLEAN   0x400
#define VLENB_MAX  128
#define CSR_VLENB  0xc22
#define CSR_VSTART 0x008
#define CONTROLS   3 /* vl, vtype, vcsr */

void vector_put(const uint64_t *registers, const uint64_t *controls, uint64_t bytes_of_8);
void vector_get(uint64_t *registers, uint64_t *controls, uint64_t bytes_of_8);

static uint64_t vlenb;

static void set_vs(uint64_t vs)
{
	guest_csr_clear(sstatus, SSTATUS_VS & ~vs);
	guest_csr_set(sstatus, vs);
}

static const char *vs(void)
{
	static const char names[4][8] = { "Off", "Initial", "Clean", "Dirty" };
	uint64_t sstatus;

	guest_csr_read(sstatus, sstatus);
	return names[sstatus >> 9 & 3];
}

uint32_t hold_words(void)
{
	return (uint32_t)(32 * vlenb / 8 + CONTROLS);
}

/* vtype: SEW 8 to 64, LMUL 1 to 8, tail and mask policy; vl up to what a register of that has. */
void hold_fill(uint64_t *words, uint64_t *x)
{
	uint32_t count = hold_words() - CONTROLS;
	uint64_t sew = hold_random(x) >> 20 & 3;
	uint64_t lmul = hold_random(x) >> 20 & 3;

	for (uint32_t i = 0; i < count; i++) {
		words[i] = hold_random(x);
	}
	words[count] = (hold_random(x) >> 20) % ((vlenb << lmul >> sew) + 1);
	words[count + 1] = (hold_random(x) >> 20 & 3) << 6 | sew << 3 | lmul;
	words[count + 2] = hold_random(x) >> 20 & 7;
}

void hold_put(const uint64_t *words)
{
	vector_put(words, words + hold_words() - CONTROLS, 8 * vlenb);
}

void hold_get(uint64_t *words)
{
	vector_get(words, words + hold_words() - CONTROLS, 8 * vlenb);
}

void hold_off(void)
{
	set_vs(VS_OFF);
}

void hold_clean(void)
{
	set_vs(VS_CLEAN);
}

static void tracking(void)
{
	struct guest_regs r = { .x = { 0 } };
	struct guest_trap t;

	set_vs(VS_OFF);
	guest_try_insn(0x5e003057, &r, &t); /* vmv.v.i v0, 0 */
	guest_printf("vmv.v.i while VS is off: %s\n", guest_cause_name(t.cause));
	guest_try_insn(GUEST_INSN_CSRRS(CSR_VLENB, 10, 0), &r, &t);
	guest_printf("vlenb while VS is off: %s\n", guest_cause_name(t.cause));
	set_vs(VS_INITIAL);
	guest_sbi(SBI_EXT_BASE, 0, 0, 0, 0);
	guest_printf("VS %s", vs());
	guest_try_insn(0x0c0572d7, &r, &t); /* vsetvli t0, a0, e8, m1 */
	guest_sbi(SBI_EXT_BASE, 0, 0, 0, 0);
	guest_printf(", configured: %s", vs());
	set_vs(VS_CLEAN);
	guest_sbi(SBI_EXT_BASE, 0, 0, 0, 0);
	guest_printf(", set Clean: %s\n", vs());
	guest_csr_write(CSR_VSTART, 0);
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	if (!guest_isa_has("v")) {
		guest_puts("no V\n");
		guest_done();
	}
	guest_fp_enable();
	tracking();
	guest_csr_read(CSR_VLENB, vlenb);
	guest_printf("vlenb %lu\n", vlenb);
	if (vlenb <= VLENB_MAX) {
		hold_on_all();
	}
	guest_done();
}

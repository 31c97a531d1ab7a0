/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores by encoding class, section C4.1.94 of DDI 0487. */
#include <axbase/bits.h>
#include "insn.h"

static uint32_t field(uint32_t insn, unsigned hi, unsigned lo)
{
	return (insn >> lo) & ((UINT32_C(2) << (hi - lo)) - 1);
}

static uint64_t simm(uint32_t insn, unsigned hi, unsigned lo)
{
	return ax_sign_extend(field(insn, hi, lo), hi - lo + 1);
}

/* One register of 1 to 16 bytes; a Q register goes as two elements. */
static void one_register(struct insn_access *a, uint32_t insn, unsigned log2_bytes)
{
	a->rt[0] = (uint8_t)field(insn, 4, 0);
	a->per_reg = log2_bytes == 4 ? 2 : 1;
	a->size = (uint8_t)(1u << (log2_bytes == 4 ? 3 : log2_bytes));
	a->count = a->per_reg;
	a->log2_bytes = (uint8_t)log2_bytes;
}

/* size, V and opc, common to the forms with one register. False: unallocated, or a prefetch. */
static bool size_v_opc(struct insn_access *a, uint32_t insn)
{
	unsigned size = field(insn, 31, 30);
	unsigned opc = field(insn, 23, 22);

	a->fp = field(insn, 26, 26) != 0;
	if (a->fp) {
		unsigned log2_bytes = (opc & 2) << 1 | size;

		if (log2_bytes > 4) {
			return false;
		}
		a->write = (opc & 1) == 0;
		one_register(a, insn, log2_bytes);
		return true;
	}
	if (size == 3 && opc >= 2) {
		return false; /* PRFM */
	}
	if (size == 2 && opc == 3) {
		return false;
	}
	a->write = opc == 0;
	a->sign = opc >= 2;
	a->sf = opc == 2 || size == 3;
	one_register(a, insn, size);
	return true;
}

/* Writeback to a base that is also transferred is CONSTRAINED UNPREDICTABLE. */
static bool writeback(struct insn_access *a, uint64_t val)
{
	bool two = a->count / a->per_reg == 2;

	if (!a->fp && a->rn != 31 && (a->rt[0] == a->rn || (two && a->rt[1] == a->rn))) {
		return false;
	}
	a->wback = true;
	a->wback_val = val;
	return true;
}

/* xx111x00 xx0: unscaled, post-indexed, unprivileged, pre-indexed */
static bool decode_imm9(uint32_t insn, uint64_t base, struct insn_access *a)
{
	uint64_t addr = base + simm(insn, 20, 12);

	if (!size_v_opc(a, insn)) {
		return false;
	}
	switch (field(insn, 11, 10)) {
	case 0:
		a->va = addr;
		return true;
	case 1:
		a->va = base;
		return writeback(a, addr);
	case 2:
		a->va = addr;
		return !a->fp;
	default:
		a->va = addr;
		return writeback(a, addr);
	}
}

/* xx111x00 xx1 Rm option S 10 */
static bool decode_register_offset(uint32_t insn, const struct insn_regs *r, struct insn_access *a)
{
	unsigned rm = field(insn, 20, 16);
	uint64_t off = rm == 31 ? 0 : r->x[rm];

	if (!size_v_opc(a, insn)) {
		return false;
	}
	switch (field(insn, 15, 13)) {
	case 2:
		off = (uint32_t)off;
		break;
	case 6:
		off = ax_sign_extend(off, 32);
		break;
	case 3:
	case 7:
		break;
	default:
		return false;
	}
	a->va = r->x[a->rn] + (field(insn, 12, 12) != 0 ? off << a->log2_bytes : off);
	return true;
}

static bool decode_single(uint32_t insn, const struct insn_regs *r, struct insn_access *a)
{
	if (field(insn, 24, 24) != 0) { /* unsigned scaled immediate */
		if (!size_v_opc(a, insn)) {
			return false;
		}
		a->va = r->x[a->rn] + ((uint64_t)field(insn, 21, 10) << a->log2_bytes);
		return true;
	}
	if (field(insn, 21, 21) == 0) {
		return decode_imm9(insn, r->x[a->rn], a);
	}
	if (field(insn, 11, 10) == 2) {
		return decode_register_offset(insn, r, a);
	}
	if ((insn & UINT32_C(0x3ffffc00)) == UINT32_C(0x38bfc000)) { /* LDAPR */
		a->sf = field(insn, 31, 30) == 3;
		a->va = r->x[a->rn];
		one_register(a, insn, field(insn, 31, 30));
		return true;
	}
	return false; /* atomics, LDRAA */
}

/* xx101x0x: pairs. False: an opc that is not allocated. */
static bool pair_shape(uint32_t insn, struct insn_access *a)
{
	unsigned opc = field(insn, 31, 30);
	unsigned log2_bytes;

	a->fp = field(insn, 26, 26) != 0;
	a->write = field(insn, 22, 22) == 0;
	if (opc == 3) {
		return false;
	}
	if (a->fp) {
		log2_bytes = 2 + opc;
	} else if (opc == 1) { /* LDPSW; as a store, STGP */
		if (a->write || field(insn, 24, 23) == 0) {
			return false;
		}
		a->sign = true;
		a->sf = true;
		log2_bytes = 2;
	} else {
		log2_bytes = opc == 2 ? 3 : 2;
		a->sf = opc == 2;
	}
	one_register(a, insn, log2_bytes);
	a->rt[1] = (uint8_t)field(insn, 14, 10);
	a->count = (uint8_t)(2 * a->per_reg);
	return a->write || a->rt[0] != a->rt[1];
}

static bool decode_pair(uint32_t insn, const struct insn_regs *r, struct insn_access *a)
{
	uint64_t base = r->x[a->rn];
	uint64_t addr;

	if (!pair_shape(insn, a)) {
		return false;
	}
	addr = base + (simm(insn, 21, 15) << a->log2_bytes);
	switch (field(insn, 24, 23)) {
	case 1: /* post-indexed */
		a->va = base;
		return writeback(a, addr);
	case 3: /* pre-indexed */
		a->va = addr;
		return writeback(a, addr);
	default: /* offset, no-allocate hint */
		a->va = addr;
		return true;
	}
}

/* xx011x00: relative to the PC */
static bool decode_literal(uint32_t insn, const struct insn_regs *r, struct insn_access *a)
{
	unsigned opc = field(insn, 31, 30);

	a->fp = field(insn, 26, 26) != 0;
	if (opc == 3) {
		return false; /* PRFM */
	}
	a->sign = !a->fp && opc == 2;
	a->sf = opc != 0;
	one_register(a, insn, a->fp || opc != 2 ? 2 + opc : 2);
	a->va = r->pc + (simm(insn, 23, 5) << 2);
	return true;
}

/* xx001000 1x0: LDAR, STLR, LDLAR, STLLR. The exit orders more than they ask for. */
static bool decode_ordered(uint32_t insn, const struct insn_regs *r, struct insn_access *a)
{
	unsigned size = field(insn, 31, 30);

	a->write = field(insn, 22, 22) == 0;
	a->sf = size == 3;
	a->va = r->x[a->rn];
	one_register(a, insn, size);
	return true;
}

/* xx011001 xx0 imm9 00: LDAPUR, STLUR */
static bool decode_rcpc_unscaled(uint32_t insn, const struct insn_regs *r, struct insn_access *a)
{
	a->va = r->x[a->rn] + simm(insn, 20, 12);
	return size_v_opc(a, insn);
}

bool vcpu_aarch64_insn_decode(uint32_t insn, const struct insn_regs *r, struct insn_access *a)
{
	*a = (struct insn_access){ .rn = (uint8_t)field(insn, 9, 5) };
	if ((insn & UINT32_C(0x3a000000)) == UINT32_C(0x38000000)) {
		return decode_single(insn, r, a);
	}
	if ((insn & UINT32_C(0x3a000000)) == UINT32_C(0x28000000)) {
		return decode_pair(insn, r, a);
	}
	if ((insn & UINT32_C(0x3b000000)) == UINT32_C(0x18000000)) {
		return decode_literal(insn, r, a);
	}
	if ((insn & UINT32_C(0x3fa00000)) == UINT32_C(0x08800000)) {
		return decode_ordered(insn, r, a);
	}
	if ((insn & UINT32_C(0x3f200c00)) == UINT32_C(0x19000000)) {
		return decode_rcpc_unscaled(insn, r, a);
	}
	return false;
}

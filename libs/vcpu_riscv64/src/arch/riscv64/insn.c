/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores of RV64I, F, D, C and Zcb: chapters 2, 4, 13, 14, 18 and the code-size chapter
 * of the unprivileged manual. Transformed instructions and pseudoinstructions: 8.6.3 of the
 * privileged one.
 */
#include <axbase/bits.h>
#include "insn.h"

#define OPCODE_LOAD           UINT32_C(0x03)
#define OPCODE_LOAD_FP        UINT32_C(0x07)
#define OPCODE_STORE          UINT32_C(0x23)
#define OPCODE_STORE_FP       UINT32_C(0x27)

#define HTINST_WALK_READ      UINT64_C(0x3000) /* of a 64-bit entry */
#define HTINST_WALK_WRITE     UINT64_C(0x3020)
#define HTINST_LOAD_ZERO      UINT32_C(0xfff00000) /* the immediate */
#define HTINST_STORE_ZERO     UINT32_C(0xfe000f80)
#define HTINST_ADDRESS_OFFSET UINT32_C(0x000f8000)

static uint32_t field(uint32_t insn, unsigned hi, unsigned lo)
{
	return (insn >> lo) & ((UINT32_C(2) << (hi - lo)) - 1);
}

/* --- 32-bit encodings */

/*
 * Common to instructions and to what htinst makes of them: opcode, width and the transferred
 * register.
 */
static bool decode_word(uint32_t insn, struct insn_access *a)
{
	uint32_t opcode = insn & 0x7f;
	uint32_t width = field(insn, 14, 12);

	a->fp = (insn & 4) != 0;
	a->write = (insn & 0x20) != 0;
	a->size = (uint8_t)(1u << (width & 3));
	a->sign = opcode == OPCODE_LOAD && width < 4;
	a->reg = (uint8_t)(a->write ? field(insn, 24, 20) : field(insn, 11, 7));
	switch (opcode) {
	case OPCODE_LOAD:
		return width != 7;
	case OPCODE_STORE:
		return width < 4;
	case OPCODE_LOAD_FP:
	case OPCODE_STORE_FP:
		return width == 2 || width == 3; /* else half, quad, or a vector's */
	default:
		return false;
	}
}

static struct insn_address address_word(uint32_t insn)
{
	bool write = (insn & 0x20) != 0;
	uint32_t imm = write ? field(insn, 31, 25) << 5 | field(insn, 11, 7) : field(insn, 31, 20);

	return (struct insn_address){
		.base = (uint8_t)field(insn, 19, 15),
		.off = (int16_t)ax_sign_extend(imm, 12),
	};
}

/* --- 16-bit encodings. @key is quadrant and funct3, which tell all but Zcb's apart. */

#define KEY(quadrant, funct3) ((uint32_t)(quadrant) << 3 | (uint32_t)(funct3))
enum rvc {
	C_FLD = KEY(0, 1),
	C_LW = KEY(0, 2),
	C_LD = KEY(0, 3),
	C_ZCB = KEY(0, 4),
	C_FSD = KEY(0, 5),
	C_SW = KEY(0, 6),
	C_SD = KEY(0, 7),
	C_FLDSP = KEY(2, 1),
	C_LWSP = KEY(2, 2),
	C_LDSP = KEY(2, 3),
	C_FSDSP = KEY(2, 5),
	C_SWSP = KEY(2, 6),
	C_SDSP = KEY(2, 7),
};

static uint32_t rvc_key(uint32_t insn)
{
	return KEY(insn & 3, field(insn, 15, 13));
}

/* C.LBU, C.LHU, C.LH, C.SB, C.SH by funct6; bit 6 tells LHU from LH. */
static bool decode_zcb(uint32_t insn, struct insn_access *a)
{
	bool half = field(insn, 10, 10) != 0;

	a->write = field(insn, 11, 11) != 0;
	a->size = half ? 2 : 1;
	a->sign = half && !a->write && field(insn, 6, 6) != 0;
	return field(insn, 12, 12) == 0 && !(a->write && half && field(insn, 6, 6) != 0);
}

static bool decode_rvc(uint32_t insn, struct insn_access *a)
{
	uint32_t key = rvc_key(insn);
	bool sp = (insn & 3) == 2;

	/* Of the six pairs bit 15 is set in stores; the widths are 8 for FP, 4, 8. */
	a->write = field(insn, 15, 15) != 0;
	a->fp = (key & 3) == 1;
	a->size = (key & 3) == 2 ? 4 : 8;
	a->sign = !a->write && !a->fp;
	a->reg = (uint8_t)(!sp        ? 8 + field(insn, 4, 2)
			   : a->write ? field(insn, 6, 2)
				      : field(insn, 11, 7));
	switch (key) {
	case C_LWSP:
	case C_LDSP:
		return a->reg != 0;
	case C_ZCB:
		return decode_zcb(insn, a);
	case C_FLD:
	case C_LW:
	case C_LD:
	case C_FSD:
	case C_SW:
	case C_SD:
	case C_FLDSP:
	case C_FSDSP:
	case C_SWSP:
	case C_SDSP:
		return true;
	default:
		return false;
	}
}

static struct insn_address address_rvc(uint32_t insn)
{
	uint32_t key = rvc_key(insn);
	bool four = (key & 3) == 2;
	uint32_t imm;

	if (key == C_ZCB) {
		imm = field(insn, 5, 5) << 1;
		imm |= field(insn, 10, 10) == 0 ? field(insn, 6, 6) : 0;
	} else if ((insn & 3) == 0) {
		imm = field(insn, 12, 10) << 3;
		imm |= four ? field(insn, 6, 6) << 2 | field(insn, 5, 5) << 6
			    : field(insn, 6, 5) << 6;
	} else if (field(insn, 15, 15) != 0) {
		imm = four ? field(insn, 12, 9) << 2 | field(insn, 8, 7) << 6
			   : field(insn, 12, 10) << 3 | field(insn, 9, 7) << 6;
	} else {
		imm = field(insn, 12, 12) << 5;
		imm |= four ? field(insn, 6, 4) << 2 | field(insn, 3, 2) << 6
			    : field(insn, 6, 5) << 3 | field(insn, 4, 2) << 6;
	}
	return (struct insn_address){
		.base = (insn & 3) == 0 ? (uint8_t)(8 + field(insn, 9, 7)) : 2,
		.off = (int16_t)imm,
	};
}

bool vcpu_riscv64_insn_decode(uint32_t insn, struct insn_access *a)
{
	if ((insn & 3) == 3) {
		a->len = 4;
		return decode_word(insn, a);
	}
	a->len = 2;
	return decode_rvc(insn, a);
}

struct insn_address vcpu_riscv64_insn_address(uint32_t insn)
{
	return (insn & 3) == 3 ? address_word(insn) : address_rvc(insn);
}

/* --- htinst */

bool vcpu_riscv64_htinst_decode(uint32_t htinst, struct insn_access *a)
{
	uint32_t zero;

	if ((htinst & 1) == 0) {
		return false;
	}
	a->len = (htinst & 2) != 0 ? 4 : 2;
	zero = (htinst & 0x20) != 0 ? HTINST_STORE_ZERO : HTINST_LOAD_ZERO;
	return (htinst & (zero | HTINST_ADDRESS_OFFSET)) == 0 && decode_word(htinst | 2, a);
}

bool vcpu_riscv64_htinst_walk(uint64_t htinst, bool *write)
{
	*write = htinst == HTINST_WALK_WRITE;
	return htinst == HTINST_WALK_READ || *write;
}

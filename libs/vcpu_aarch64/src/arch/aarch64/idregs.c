/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ID registers as the guest reads them: an allow list of fields. A feature is shown if the processor
 * has it, it needs nothing of the hypervisor (no trap to be opened, no EL2 control) and its state is
 * switched. All that is not named here reads as zero: not implemented. Fields as in DDI 0487 D17.2.
 */
#include "../../hw.h"

enum rule {
	UP_TO,   /* the processor's value, at most @limit */
	SIGNED,  /* the same, but 0xf means not implemented and stays */
	FIXED,   /* @limit, whatever the processor says */
	KEY_ONLY /* the processor's value if pointer authentication keys are switched */
};

struct field {
	uint8_t crm;
	uint8_t op2;
	uint8_t shift;
	uint8_t rule;
	uint8_t limit;
};

static const struct field fields[] = {
	/* ID_AA64PFR0_EL1: EL0 and EL1 in AArch64 only; no EL2, EL3, RAS, SVE, MPAM, AMU */
	{ 4, 0, 0, FIXED, 1 },
	{ 4, 0, 4, FIXED, 1 },
	{ 4, 0, 16, SIGNED, 1 }, /* FP */
	{ 4, 0, 20, SIGNED, 1 }, /* AdvSIMD */
	{ 4, 0, 48, UP_TO, 1 },  /* DIT */
	{ 4, 0, 56, UP_TO, 1 },  /* CSV2: SCXTNUM_ELx of CSV2_2 is not switched */
	{ 4, 0, 60, UP_TO, 1 },  /* CSV3 */
	/* ID_AA64PFR1_EL1: no MTE, SME */
	{ 4, 1, 0, UP_TO, 1 }, /* BT */
	{ 4, 1, 4, UP_TO, 2 }, /* SSBS */
	/* ID_AA64DFR0_EL1: DebugVer 8.0, the least of breakpoints and watchpoints, no double lock */
	{ 5, 0, 0, FIXED, 6 },
	{ 5, 0, 12, FIXED, 1 },
	{ 5, 0, 20, FIXED, 1 },
	{ 5, 0, 36, FIXED, 15 },
	/* ID_AA64ISAR0_EL1: instructions; no TME */
	{ 6, 0, 4, UP_TO, 2 },
	{ 6, 0, 8, UP_TO, 1 },
	{ 6, 0, 12, UP_TO, 2 },
	{ 6, 0, 16, UP_TO, 1 },
	{ 6, 0, 20, UP_TO, 2 },
	{ 6, 0, 28, UP_TO, 1 },
	{ 6, 0, 32, UP_TO, 1 },
	{ 6, 0, 36, UP_TO, 1 },
	{ 6, 0, 40, UP_TO, 1 },
	{ 6, 0, 44, UP_TO, 1 },
	{ 6, 0, 48, UP_TO, 1 },
	{ 6, 0, 52, UP_TO, 2 },
	{ 6, 0, 56, UP_TO, 2 }, /* TLB */
	{ 6, 0, 60, UP_TO, 1 }, /* RNDR */
	/* ID_AA64ISAR1_EL1: no XS, LS64 */
	{ 6, 1, 0, UP_TO, 2 },
	{ 6, 1, 4, KEY_ONLY, 5 },
	{ 6, 1, 8, KEY_ONLY, 5 },
	{ 6, 1, 12, UP_TO, 1 },
	{ 6, 1, 16, UP_TO, 1 },
	{ 6, 1, 20, UP_TO, 2 },
	{ 6, 1, 24, KEY_ONLY, 1 },
	{ 6, 1, 28, KEY_ONLY, 1 },
	{ 6, 1, 32, UP_TO, 1 },
	{ 6, 1, 36, UP_TO, 1 },
	{ 6, 1, 40, UP_TO, 1 },
	{ 6, 1, 44, UP_TO, 1 },
	{ 6, 1, 48, UP_TO, 1 },
	{ 6, 1, 52, UP_TO, 1 },
	/* ID_AA64ISAR2_EL1: no WFxT (WFI is trapped), MOPS */
	{ 6, 2, 4, UP_TO, 1 },
	{ 6, 2, 8, KEY_ONLY, 1 },
	{ 6, 2, 12, KEY_ONLY, 5 },
	{ 6, 2, 20, UP_TO, 1 },
	{ 6, 2, 24, UP_TO, 1 },
	/* ID_AA64MMFR0_EL1: 48 bits at most, little-endian data only, no FGT, ECV; PARange by the root */
	{ 7, 0, 0, UP_TO, 5 },
	{ 7, 0, 4, UP_TO, 2 },
	{ 7, 0, 12, UP_TO, 1 },
	{ 7, 0, 20, UP_TO, 1 },
	{ 7, 0, 24, SIGNED, 0 },
	{ 7, 0, 28, SIGNED, 0 },
	/* ID_AA64MMFR1_EL1: stage 1 only; no VMID, VH, LOR, HCX */
	{ 7, 1, 0, UP_TO, 2 },
	{ 7, 1, 12, UP_TO, 2 },
	{ 7, 1, 20, UP_TO, 3 },
	{ 7, 1, 36, UP_TO, 1 },
	{ 7, 1, 44, UP_TO, 1 },
	{ 7, 1, 48, UP_TO, 1 },
	/* ID_AA64MMFR2_EL1: no 52-bit addresses, NV, IESB, FWB */
	{ 7, 2, 0, UP_TO, 1 },
	{ 7, 2, 4, UP_TO, 1 },
	{ 7, 2, 8, UP_TO, 1 },
	{ 7, 2, 20, UP_TO, 1 },
	{ 7, 2, 28, UP_TO, 1 },
	{ 7, 2, 32, UP_TO, 1 },
	{ 7, 2, 36, UP_TO, 1 }, /* IDS: how the processor refuses ID registers that are not there */
	{ 7, 2, 48, UP_TO, 2 },
	{ 7, 2, 60, UP_TO, 1 },
};

static uint64_t field_value(const struct field *f, uint64_t host, bool keys)
{
	uint64_t raw = host >> f->shift & 15;

	switch ((enum rule)f->rule) {
	case FIXED:
		return f->limit;
	case SIGNED:
		return raw == 15 ? raw : ax_min_u64(raw, f->limit);
	case KEY_ONLY:
		return keys ? ax_min_u64(raw, f->limit) : 0;
	case UP_TO:
	default:
		return ax_min_u64(raw, f->limit);
	}
}

static bool has_keys(void)
{
	uint64_t isar1 = vcpu_aarch64_hw_id(6, 1);
	uint64_t isar2 = vcpu_aarch64_hw_id(6, 2);

	return (isar1 & (AX_MASK64(11, 4) | AX_MASK64(31, 24))) != 0 ||
	       (isar2 & AX_MASK64(15, 8)) != 0;
}

void vcpu_aarch64_id_init(struct vcpu_aarch64 *v)
{
	v->pauth = has_keys();
	for (size_t i = 0; i < AX_ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];
		uint64_t host = vcpu_aarch64_hw_id(f->crm, f->op2);

		v->id[f->crm][f->op2] |= field_value(f, host, v->pauth) << f->shift;
	}
	if (v->arch.gicv3) {
		v->id[4][0] |= UINT64_C(1) << 24; /* ID_AA64PFR0_EL1.GIC */
	}
}

void vcpu_aarch64_id_set_ipa_bits(struct vcpu_aarch64 *v, unsigned bits)
{
	static const uint8_t range_bits[] = { 32, 36, 40, 42, 44, 48 };
	uint64_t host = ax_min_u64(vcpu_aarch64_hw_id(7, 0) & 15, 5);
	uint64_t range = 0;

	while (range < host && range_bits[range + 1] <= bits) {
		range++;
	}
	v->id[7][0] = (v->id[7][0] & ~UINT64_C(15)) | range;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Table walks that end where nothing is: the level that the guest is told. */
#include "rig.h"

#define DABT_S1PTW (EC(0x24) | 0x80 | 0x7)
#define NOWHERE    UINT64_C(0x50000000)
#define TG0_64K    (UINT64_C(1) << 14)
#define TG0_16K    (UINT64_C(2) << 14)
#define TG1_16K    (UINT64_C(1) << 30)
#define TG1_4K     (UINT64_C(2) << 30)
#define TG1_64K    (UINT64_C(3) << 30)
#define T1SZ(n)    ((uint64_t)(n) << 16)
#define HIGH(tsz)  (~UINT64_C(0) << (64 - (tsz)))

/* The page at ENTRY is the only memory: tables of the guest as far as there are any. */
static void put_desc(struct rig *r, unsigned index, uint64_t desc)
{
	for (unsigned i = 0; i < 8; i++) {
		r->code[8 * index + i] = (uint8_t)(desc >> (8 * i));
	}
}

static void expect_level(struct rig *r, uint64_t va, uint64_t ipa, unsigned level)
{
	vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H);
	set(r, VCPU_AARCH64_PC, ENTRY);
	assert_int_equal(trap_at(r, DABT_S1PTW, va, ipa), AXVCPU_EXIT_PAGE_FAULT);
	assert_false(OPS->decode(r->vcpu, &r->e));
	expect_exception(r, EC(0x25) | 0x14 | level, ENTRY, 0x200, EL1H);
	assert_int_equal(live(VCPU_AARCH64_FAKE_FAR_EL1), va);
}

static void the_first_level_follows_from_granule_and_size(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t tcr, va;
		unsigned level;
	} cases[] = {
		{ 16, 0, 0 }, /* 48 bits of 4 KiB */
		{ 24, 0, 0 },
		{ 25, 0, 1 },
		{ 33, 0, 1 },
		{ 34, 0, 2 },
		{ 42, 0, 2 },
		{ 43, 0, 3 },
		{ 48, 0, 3 },
		{ 63, 0, 3 }, /* reserved */
		{ TG0_16K | 16, 0, 0 },
		{ TG0_16K | 17, 0, 1 },
		{ TG0_16K | 28, 0, 2 },
		{ TG0_64K | 16, 0, 1 },
		{ TG0_64K | 22, 0, 2 },
		{ TG0_64K | 48, 0, 3 },
		{ TG1_4K | T1SZ(16), HIGH(16), 0 },
		{ TG1_4K | T1SZ(25), HIGH(25), 1 },
		{ TG1_16K | T1SZ(17), HIGH(17), 1 },
		{ TG1_64K | T1SZ(22), HIGH(22), 2 },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_TCR_EL1, cases[i].tcr);
		vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_TTBR0_EL1, NOWHERE);
		vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_TTBR1_EL1, NOWHERE);
		expect_level(r, cases[i].va, NOWHERE, cases[i].level);
	}
}

static void tables_are_followed_to_the_one_that_is_not_there(void **state)
{
	struct rig *r = *state;
	const uint64_t va = UINT64_C(1) << 39 | UINT64_C(2) << 30 | UINT64_C(3) << 21;

	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_TCR_EL1, 16);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_TTBR0_EL1, ENTRY & ~UINT64_C(0xfff));
	/* One page is the table of each level. */
	put_desc(r, 1, NOWHERE | 3);
	expect_level(r, va, NOWHERE, 1);
	put_desc(r, 1, (ENTRY & ~UINT64_C(0xfff)) | 3);
	put_desc(r, 2, NOWHERE | 3);
	expect_level(r, va, NOWHERE, 2);
	put_desc(r, 2, UINT64_C(0x8000000000000003) | (ENTRY & ~UINT64_C(0xfff)));
	put_desc(r, 3, NOWHERE | 3);
	expect_level(r, va, NOWHERE, 3);
}

static void tables_that_changed_meanwhile_end_somewhere(void **state)
{
	struct rig *r = *state;

	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_TCR_EL1, 16);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_TTBR0_EL1, ENTRY & ~UINT64_C(0xfff));
	put_desc(r, 0, (ENTRY & ~UINT64_C(0xfff)) | 3); /* round and round */
	expect_level(r, 0, NOWHERE, 3);
	put_desc(r, 0, NOWHERE | 1); /* a block */
	expect_level(r, 0, NOWHERE, 0);
	r->cfg.gmem = NULL;
	OPS->put(r->vcpu);
	rig_start(r);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_TCR_EL1, 25);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_TTBR0_EL1, ENTRY & ~UINT64_C(0xfff));
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_VBAR_EL1, 0);
	expect_level(r, 0, NOWHERE, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_first_level_follows_from_granule_and_size, rig_setup),
		cmocka_unit_test_setup(tables_are_followed_to_the_one_that_is_not_there, rig_setup),
		cmocka_unit_test_setup(tables_that_changed_meanwhile_end_somewhere, rig_setup),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}

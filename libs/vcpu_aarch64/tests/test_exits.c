/* SPDX-License-Identifier: Apache-2.0 */
/* From recorded ESR_EL2, FAR_EL2 and HPFAR_EL2 values to exits, and from their ends to registers. */
#include "rig.h"

#define DABT        EC(0x24)
#define IABT        EC(0x20)
#define ISV         (UINT64_C(1) << 24)
#define SSE         (UINT64_C(1) << 21)
#define SF          (UINT64_C(1) << 15)
#define CM          0x100
#define S1PTW       0x80
#define WNR         0x40
#define TRANS3      0x7
#define PERM3       0xf
#define SAS(n)      ((uint64_t)(n) << 22)
#define SRT(n)      ((uint64_t)(n) << 16)
#define VA          UINT64_C(0xffff800009000018)
#define IPA         UINT64_C(0x0a0b0c0d1000)
#define EXT_ABT_EL1 (EC(0x25) | 0x10)

static void loads_extend_as_the_syndrome_says(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t iss;
		uint8_t size;
		uint64_t val, result;
	} cases[] = {
		{ SAS(0), 1, 0x80, 0x80 },
		{ SAS(0) | SF, 1, 0x80, 0x80 },
		{ SAS(0) | SSE, 1, 0x80, 0xffffff80 },
		{ SAS(0) | SSE | SF, 1, 0x80, 0xffffffffffffff80 },
		{ SAS(1), 2, 0x8001, 0x8001 },
		{ SAS(1) | SSE, 2, 0x8001, 0xffff8001 },
		{ SAS(1) | SSE | SF, 2, 0x7001, 0x7001 },
		{ SAS(2), 4, 0x80000001, 0x80000001 },
		{ SAS(2) | SSE, 4, 0x80000001, 0x80000001 },
		{ SAS(2) | SSE | SF, 4, 0x80000001, 0xffffffff80000001 },
		{ SAS(3) | SF, 8, 0x8877665544332211, 0x8877665544332211 },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		uint64_t from = pc(r);

		set(r, 5, ~UINT64_C(0));
		assert_int_equal(trap_at(r, DABT | ISV | SRT(5) | cases[i].iss | TRANS3, VA, IPA),
				 AXVCPU_EXIT_MMIO);
		assert_int_equal(r->e.u.mmio.addr.v, IPA | 0x018);
		assert_int_equal(r->e.u.mmio.size, cases[i].size);
		assert_false(r->e.u.mmio.write);
		assert_int_equal(r->e.u.mmio.val, 0);
		assert_int_equal(pc(r), from);
		OPS->complete(r->vcpu, cases[i].val);
		assert_int_equal(get(r, 5), cases[i].result);
		assert_int_equal(pc(r), from + 4);
	}
}

static void stores_carry_the_register_cut_to_size(void **state)
{
	struct rig *r = *state;

	set(r, 30, 0x1122334455667788);
	for (unsigned sas = 0; sas < 4; sas++) {
		assert_int_equal(trap_at(r, DABT | ISV | WNR | SRT(30) | SAS(sas) | TRANS3, VA,
					 IPA),
				 AXVCPU_EXIT_MMIO);
		assert_true(r->e.u.mmio.write);
		assert_int_equal(r->e.u.mmio.size, 1u << sas);
		assert_int_equal(r->e.u.mmio.val,
				 UINT64_C(0x1122334455667788) & ax_byte_mask(1u << sas));
		OPS->complete(r->vcpu, 0xdead);
		assert_int_equal(get(r, 30), 0x1122334455667788);
	}
}

static void register_31_is_zero_and_not_the_pc(void **state)
{
	struct rig *r = *state;

	assert_int_equal(trap_at(r, DABT | ISV | WNR | SRT(31) | SAS(3) | TRANS3, VA, IPA),
			 AXVCPU_EXIT_MMIO);
	assert_int_equal(r->e.u.mmio.val, 0);
	OPS->complete(r->vcpu, 0);
	assert_int_equal(trap_at(r, DABT | ISV | SRT(31) | SAS(3) | SF | TRANS3, VA, IPA),
			 AXVCPU_EXIT_MMIO);
	OPS->complete(r->vcpu, 0x666);
	assert_int_equal(pc(r), ENTRY + 8);
}

static void every_stage_2_fault_type_is_an_access(void **state)
{
	struct rig *r = *state;
	static const uint64_t fsc[] = { 0x00, 0x04, 0x05, 0x06, 0x07, 0x09, 0x0b };

	for (size_t i = 0; i < AX_ARRAY_SIZE(fsc); i++) {
		assert_int_equal(trap_at(r, DABT | ISV | SAS(2) | fsc[i], VA, IPA),
				 AXVCPU_EXIT_MMIO);
		assert_int_equal(r->e.u.mmio.addr.v, IPA | 0x018);
	}
}

static void a_permission_fault_asks_stage_1_for_the_address(void **state)
{
	struct rig *r = *state;

	vcpu_aarch64_fake_stage1(true, 0x1000);
	/* HPFAR_EL2 is unknown: here it is rubbish. */
	assert_int_equal(trap_at(r, DABT | ISV | WNR | SAS(2) | PERM3, 0x40001018, 0xbad000),
			 AXVCPU_EXIT_MMIO);
	assert_int_equal(r->e.u.mmio.addr.v, 0x40002018);
	vcpu_aarch64_fake_stage1(false, 0);
	assert_int_equal(trap_at(r, DABT | ISV | WNR | SAS(2) | PERM3, 0x40001018, 0xbad000),
			 AXVCPU_EXIT_HOST_IRQ); /* gone again: the guest repeats it */
	assert_int_equal(pc(r), ENTRY);
}

static void page_faults_tell_the_kind_of_access(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t esr;
		uint64_t addr;
		bool write, exec;
	} cases[] = {
		{ DABT | TRANS3, IPA | 0x018, false, false },
		{ DABT | WNR | TRANS3, IPA | 0x018, true, false },
		{ DABT | WNR | CM | TRANS3, IPA | 0x018, false, false },
		{ DABT | ISV | S1PTW | TRANS3, IPA, false, false },
		{ DABT | WNR | S1PTW | TRANS3, IPA, false, false },
		{ DABT | S1PTW | PERM3, IPA, true, false },
		{ IABT | TRANS3, IPA | 0x018, false, true },
		{ IABT | S1PTW | TRANS3, IPA, false, false },
		{ IABT | S1PTW | PERM3, IPA, true, false },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		assert_int_equal(trap_at(r, cases[i].esr, VA, IPA), AXVCPU_EXIT_PAGE_FAULT);
		assert_int_equal(r->e.u.fault.addr.v, cases[i].addr);
		assert_int_equal(r->e.u.fault.write, cases[i].write);
		assert_int_equal(r->e.u.fault.exec, cases[i].exec);
		assert_int_equal(r->e.u.fault.walk, (cases[i].esr & S1PTW) != 0);
		assert_int_equal(pc(r), ENTRY);
	}
}

static void a_page_fault_without_memory_becomes_the_guests(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t esr, guest_esr;
	} cases[] = {
		{ IABT | TRANS3, EC(0x21) | 0x10 },
		{ IABT | S1PTW | TRANS3, EC(0x21) | 0x14 }, /* level 0 of no tables */
		{ DABT | S1PTW | TRANS3, EC(0x25) | 0x14 },
		{ DABT | WNR | TRANS3, EC(0x25) | WNR | 0x10 }, /* an atomic, say */
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		uint64_t from = pc(r);

		vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H);
		trap_at(r, cases[i].esr, VA, IPA);
		assert_false(OPS->decode(r->vcpu, &r->e));
		expect_exception(r, cases[i].guest_esr, from, 0x200, EL1H);
		assert_int_equal(live(VCPU_AARCH64_FAKE_FAR_EL1), VA);
	}
	trap_at(r, IABT | TRANS3, VA, IPA);
	OPS->fault(r->vcpu, AXVCPU_FAULT_BUS);
	expect_exception(r, EC(0x21) | 0x10, 0x200, 0x200, EL1H);
}

static void cache_maintenance_of_a_device_does_nothing(void **state)
{
	struct rig *r = *state;

	assert_int_equal(trap_at(r, DABT | WNR | CM | TRANS3, VA, IPA), AXVCPU_EXIT_PAGE_FAULT);
	assert_false(OPS->decode(r->vcpu, &r->e));
	assert_int_equal(pc(r), ENTRY + 4);
}

static void external_aborts_are_the_guests(void **state)
{
	struct rig *r = *state;

	assert_int_equal(trap_at(r, DABT | ISV | 0x10, VA, IPA), AXVCPU_EXIT_HOST_IRQ);
	expect_exception(r, EXT_ABT_EL1, ENTRY, 0x200, EL1H);
	vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H);
	assert_int_equal(trap_at(r, IABT | 0x18, VA, IPA), AXVCPU_EXIT_HOST_IRQ);
	expect_exception(r, EC(0x21) | 0x10, 0x200, 0x200, EL1H);
	vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H);
	assert_int_equal(trap_at(r, DABT | WNR | 0x16, VA, IPA), AXVCPU_EXIT_HOST_IRQ);
	expect_exception(r, EC(0x25) | WNR | 0x16, 0x200, 0x200, EL1H); /* on a walk, level 2 */
}

static void a_refused_access_is_an_external_abort_at_its_instruction(void **state)
{
	struct rig *r = *state;

	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_VBAR_EL1, 0xffff800008010800);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_SCTLR_EL1, UINT64_C(0x30d00800) | 1);
	trap_at(r, DABT | ISV | SAS(2) | SRT(5) | TRANS3, VA, IPA);
	OPS->fault(r->vcpu, AXVCPU_FAULT_BUS);
	expect_exception(r, EXT_ABT_EL1, ENTRY, 0xffff800008010a00, EL1H);
	assert_int_equal(live(VCPU_AARCH64_FAKE_FAR_EL1), VA);
	set(r, VCPU_AARCH64_PC, ENTRY);
	vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H);
	trap_at(r, DABT | ISV | WNR | SAS(2) | SRT(5) | TRANS3, VA, IPA);
	OPS->fault(r->vcpu, AXVCPU_FAULT_BUS);
	expect_exception(r, EXT_ABT_EL1 | WNR, ENTRY, 0xffff800008010a00, EL1H);
}

static void exceptions_go_to_the_vector_of_their_origin(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t pstate, vector, esr;
	} cases[] = {
		{ 0x3c4, 0x000, EXT_ABT_EL1 },
		{ 0x3c5, 0x200, EXT_ABT_EL1 },
		{ 0x000, 0x400, EC(0x24) | 0x10 },
		{ 0x010, 0x600, EC(0x24) | 0x10 }, /* AArch32 user */
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		vcpu_aarch64_fake_set_pstate(r->vcpu, cases[i].pstate);
		set(r, VCPU_AARCH64_PC, ENTRY);
		trap_at(r, DABT | TRANS3, VA, IPA);
		OPS->fault(r->vcpu, AXVCPU_FAULT_BUS);
		expect_exception(r, cases[i].esr, ENTRY, cases[i].vector, cases[i].pstate);
	}
}

static void exception_entry_sets_pstate_by_the_book(void **state)
{
	struct rig *r = *state;
	const uint64_t n_z_dit = UINT64_C(0xc1000000);
	const uint64_t span = UINT64_C(1) << 23;
	const uint64_t dssbs = UINT64_C(1) << 44;
	const uint64_t dropped = UINT64_C(0x00b01c00); /* UAO, SS, IL, SSBS, BTYPE */

	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_SCTLR_EL1, span);
	vcpu_aarch64_fake_set_pstate(r->vcpu, n_z_dit | dropped | 5);
	trap(r, EC(0x00));
	assert_int_equal(vcpu_aarch64_fake_get_pstate(r->vcpu), n_z_dit | EL1H);
	assert_int_equal(live(VCPU_AARCH64_FAKE_SPSR_EL1), n_z_dit | dropped | 5);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_SCTLR_EL1, dssbs);
	trap(r, EC(0x00));
	assert_int_equal(vcpu_aarch64_fake_get_pstate(r->vcpu),
			 n_z_dit | EL1H | UINT64_C(0x00401000)); /* PAN by SPAN = 0; SSBS */
}

static void wfi_idles_and_wfe_goes_on(void **state)
{
	struct rig *r = *state;

	assert_int_equal(trap(r, EC(0x01)), AXVCPU_EXIT_IDLE);
	assert_int_equal(pc(r), ENTRY + 4);
	assert_int_equal(trap(r, EC(0x01) | 1), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY + 8);
	assert_int_equal(trap(r, EC(0x01) | 2), AXVCPU_EXIT_IDLE); /* WFIT: hidden */
	assert_int_equal(trap(r, EC(0x01) | 3), AXVCPU_EXIT_HOST_IRQ);
}

static void skipping_ends_step_and_branch_state(void **state)
{
	struct rig *r = *state;

	vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H | UINT64_C(0x200c00)); /* SS, BTYPE */
	trap(r, EC(0x01));
	assert_int_equal(vcpu_aarch64_fake_get_pstate(r->vcpu), EL1H);
}

static void interrupts_leave_at_once(void **state)
{
	struct rig *r = *state;
	static const struct vcpu_aarch64_fake_exit fiq = { .kind = VCPU_AARCH64_FAKE_FIQ };

	OPS->run(r->vcpu, &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_true(vcpu_aarch64_fake_push_exit(&fiq));
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(vcpu_aarch64_fake_entries(), 2);
}

static void serror_comes_back_to_the_guest_that_caused_it(void **state)
{
	struct rig *r = *state;
	static const struct vcpu_aarch64_fake_exit serror = { .kind = VCPU_AARCH64_FAKE_SERROR };
	const uint64_t vse = 0x100;

	assert_int_equal(live(VCPU_AARCH64_FAKE_HCR_EL2) & vse, 0);
	assert_true(vcpu_aarch64_fake_push_exit(&serror));
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(live(VCPU_AARCH64_FAKE_HCR_EL2) & vse, vse);
	OPS->put(r->vcpu);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_AARCH64_FAKE_HCR_EL2) & vse, vse); /* masked still */
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_HCR_EL2, live(VCPU_AARCH64_FAKE_HCR_EL2) & ~vse);
	OPS->put(r->vcpu);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_AARCH64_FAKE_HCR_EL2) & vse, 0); /* taken */
}

static void what_is_hidden_is_undefined(void **state)
{
	struct rig *r = *state;
	/* unknown, PAuth, LS64, SVE, ERET, SME, CP15, reserved */
	static const uint64_t ecs[] = { 0x00, 0x09, 0x0a, 0x19, 0x1a, 0x1d, 0x03, 0x3f };

	for (size_t i = 0; i < AX_ARRAY_SIZE(ecs); i++) {
		set(r, VCPU_AARCH64_PC, ENTRY);
		vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H);
		trap(r, EC(ecs[i]));
		expect_undef(r, ENTRY, 0x200);
	}
}

static void exceptions_that_are_el1s_are_passed_on(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t esr, guest_esr;
	} cases[] = {
		{ EC(0x0e), EC(0x0e) },           /* illegal execution state */
		{ EC(0x22), EC(0x22) },           /* PC alignment */
		{ EC(0x26), EC(0x26) },           /* SP alignment */
		{ EC(0x2c) | 5, EC(0x2c) | 5 },   /* FP exception */
		{ EC(0x3c) | 77, EC(0x3c) | 77 }, /* BRK */
		{ EC(0x30), EC(0x31) },           /* breakpoint, now from the same level */
		{ EC(0x32), EC(0x33) },           /* software step */
		{ EC(0x34), EC(0x35) },           /* watchpoint */
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		set(r, VCPU_AARCH64_PC, ENTRY);
		vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H);
		assert_int_equal(trap_at(r, cases[i].esr, VA, 0), AXVCPU_EXIT_HOST_IRQ);
		expect_exception(r, cases[i].guest_esr, ENTRY, 0x200, EL1H);
	}
	set(r, VCPU_AARCH64_PC, ENTRY);
	vcpu_aarch64_fake_set_pstate(r->vcpu, 0);
	trap(r, EC(0x30));
	expect_exception(r, EC(0x30), ENTRY, 0x400, 0);
}

static void aarch32_gets_memory_and_nothing_else(void **state)
{
	struct rig *r = *state;
	const uint64_t usr = 0x10;
	static const uint64_t ecs[] = { 0x01, 0x03, 0x07 + 1, 0x12, 0x11 };

	vcpu_aarch64_fake_set_pstate(r->vcpu, usr);
	assert_int_equal(trap_at(r, DABT | ISV | SAS(2) | TRANS3, VA, IPA), AXVCPU_EXIT_PAGE_FAULT);
	assert_int_equal(trap_at(r, IABT | TRANS3, VA, IPA), AXVCPU_EXIT_PAGE_FAULT);
	assert_int_equal(trap(r, EC(0x07)), AXVCPU_EXIT_HOST_IRQ); /* FP opened */
	assert_int_equal(pc(r), ENTRY);
	trap_at(r, DABT | ISV | SAS(2) | TRANS3, VA, IPA);
	assert_false(OPS->decode(r->vcpu, &r->e));
	expect_exception(r, EC(0x24) | 0x10, ENTRY, 0x600, usr);
	for (size_t i = 0; i < AX_ARRAY_SIZE(ecs); i++) {
		set(r, VCPU_AARCH64_PC, ENTRY);
		vcpu_aarch64_fake_set_pstate(r->vcpu, usr);
		assert_int_equal(trap(r, EC(ecs[i])), AXVCPU_EXIT_HOST_IRQ);
		expect_exception(r, IL, ENTRY, 0x600, usr);
	}
}

static void an_unfinished_access_is_repeated(void **state)
{
	struct rig *r = *state;

	trap_at(r, DABT | ISV | SAS(2) | SRT(5) | TRANS3, VA, IPA);
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(pc(r), ENTRY);
	AXTEST_EXPECT_PANIC(OPS->complete(r->vcpu, 0));
	AXTEST_EXPECT_PANIC((void)OPS->decode(r->vcpu, &r->e));
}

static void a_page_fault_cannot_be_completed(void **state)
{
	struct rig *r = *state;

	trap_at(r, DABT | TRANS3, VA, IPA);
	AXTEST_EXPECT_PANIC(OPS->complete(r->vcpu, 0));
}

static void registers_are_bounded(void **state)
{
	struct rig *r = *state;
	uint64_t val = 1;

	assert_int_equal(vcpu_aarch64_get_gpr(r->vcpu, 32, &val), AX_EINVAL);
	assert_int_equal(val, 1);
	assert_int_equal(vcpu_aarch64_set_gpr(r->vcpu, 32, 0), AX_EINVAL);
	assert_int_equal(vcpu_aarch64_set_gpr(r->vcpu, UINT32_MAX, 0), AX_EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(loads_extend_as_the_syndrome_says, rig_setup),
		cmocka_unit_test_setup(stores_carry_the_register_cut_to_size, rig_setup),
		cmocka_unit_test_setup(register_31_is_zero_and_not_the_pc, rig_setup),
		cmocka_unit_test_setup(every_stage_2_fault_type_is_an_access, rig_setup),
		cmocka_unit_test_setup(a_permission_fault_asks_stage_1_for_the_address, rig_setup),
		cmocka_unit_test_setup(page_faults_tell_the_kind_of_access, rig_setup),
		cmocka_unit_test_setup(a_page_fault_without_memory_becomes_the_guests, rig_setup),
		cmocka_unit_test_setup(cache_maintenance_of_a_device_does_nothing, rig_setup),
		cmocka_unit_test_setup(external_aborts_are_the_guests, rig_setup),
		cmocka_unit_test_setup(a_refused_access_is_an_external_abort_at_its_instruction,
				       rig_setup),
		cmocka_unit_test_setup(exceptions_go_to_the_vector_of_their_origin, rig_setup),
		cmocka_unit_test_setup(exception_entry_sets_pstate_by_the_book, rig_setup),
		cmocka_unit_test_setup(wfi_idles_and_wfe_goes_on, rig_setup),
		cmocka_unit_test_setup(skipping_ends_step_and_branch_state, rig_setup),
		cmocka_unit_test_setup(interrupts_leave_at_once, rig_setup),
		cmocka_unit_test_setup(serror_comes_back_to_the_guest_that_caused_it, rig_setup),
		cmocka_unit_test_setup(what_is_hidden_is_undefined, rig_setup),
		cmocka_unit_test_setup(exceptions_that_are_el1s_are_passed_on, rig_setup),
		cmocka_unit_test_setup(aarch32_gets_memory_and_nothing_else, rig_setup),
		cmocka_unit_test_setup(an_unfinished_access_is_repeated, rig_setup),
		cmocka_unit_test_setup(a_page_fault_cannot_be_completed, rig_setup),
		cmocka_unit_test_setup(registers_are_bounded, rig_setup),
	};

	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}

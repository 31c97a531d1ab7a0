/* SPDX-License-Identifier: Apache-2.0 */
/* From recorded scause, stval, htval and htinst values to exits, and from their ends to registers. */
#include "rig.h"

#define GVA UINT64_C(0xffffffc600009018)
#define GPA UINT64_C(0x10000018)
#define A4  14
#define S1  9
#define S11 27

/* Instruction words: LOAD and STORE with offset 0 from a5. */
#define LOAD(f3, rd)   (UINT32_C(0x03) | (uint32_t)(f3) << 12 | (uint32_t)(rd) << 7 | 15u << 15)
#define STORE(f3, rs2) (UINT32_C(0x23) | (uint32_t)(f3) << 12 | (uint32_t)(rs2) << 20 | 15u << 15)
/* The same as hardware transforms it. */
#define HT(insn)     ((uint64_t)(insn) & ~UINT64_C(0xf8000))
#define HT_RVC(insn) (HT(insn) & ~UINT64_C(2))
#define FLW(rd)      (UINT32_C(0x2007) | (uint32_t)(rd) << 7 | 15u << 15)
#define FLD(rd)      (UINT32_C(0x3007) | (uint32_t)(rd) << 7 | 15u << 15)
#define FSW(rs2)     (UINT32_C(0x2027) | (uint32_t)(rs2) << 20 | 15u << 15)
#define FSD(rs2)     (UINT32_C(0x3027) | (uint32_t)(rs2) << 20 | 15u << 15)
#define AMOADD_W     UINT32_C(0x00a7a52f) /* amoadd.w a0, a0, (a5) */
#define C_LW         UINT16_C(0x4398)     /* c.lw a4, 0(a5) */
#define C_LD_S1      UINT16_C(0x6384)     /* c.ld s1, 0(a5) */
#define C_SW         UINT16_C(0xc398)     /* c.sw a4, 0(a5) */
#define C_SD         UINT16_C(0xe398)     /* c.sd a4, 0(a5) */
#define C_FLD        UINT16_C(0x2398)     /* c.fld fa4, 0(a5) */
#define C_LWSP       UINT16_C(0x4702)     /* c.lwsp a4, 0(sp) */

static void put_code(struct rig *r, uint64_t va, uint32_t insn)
{
	memcpy(r->code + (va - ENTRY), &insn, (insn & 3) == 3 ? 4 : 2);
}

/* A fault of the instruction at the PC, htinst as given or, 0, by fetching it. a5 points to GVA. */
static enum axvcpu_exit_kind access_at(struct rig *r, uint32_t insn, uint64_t htinst, uint64_t gva,
				       uint64_t gpa)
{
	bool store = (insn & 3) == 3 ? (insn & 0x20) != 0 : (insn & 0x8000) != 0;

	set(r, 15, gva);
	set(r, 2, gva);
	memset(r->code, 0, sizeof(r->code));
	put_code(r, pc(r), insn);
	return trap_with(r, store ? STORE_FAULT : LOAD_FAULT, gva, gpa, htinst);
}

static const struct {
	uint8_t f3, size;
	uint64_t val, result;
} loads[] = {
	{ 0, 1, 0x80, 0xffffffffffffff80 },
	{ 0, 1, 0x7f, 0x7f },
	{ 4, 1, 0x80, 0x80 },
	{ 1, 2, 0x8001, 0xffffffffffff8001 },
	{ 5, 2, 0x8001, 0x8001 },
	{ 2, 4, 0x80000001, 0xffffffff80000001 },
	{ 6, 4, 0x80000001, 0x80000001 },
	{ 3, 8, 0x8877665544332211, 0x8877665544332211 },
};

static void expect_mmio(const struct rig *r, uint64_t gpa, uint8_t size, bool write)
{
	assert_int_equal(r->e.kind, AXVCPU_EXIT_MMIO);
	assert_int_equal(r->e.u.mmio.addr.v, gpa);
	assert_int_equal(r->e.u.mmio.size, size);
	assert_int_equal(r->e.u.mmio.write, write);
}

static void loads_extend_as_the_instruction_says(void **state)
{
	struct rig *r = *state;
	static const uint8_t regs[] = { A4, S1, S11, 31, 3 };

	for (size_t i = 0; i < AX_ARRAY_SIZE(loads) * AX_ARRAY_SIZE(regs) * 2; i++) {
		size_t n = i / 2 % AX_ARRAY_SIZE(loads);
		uint8_t rd = regs[i / 2 / AX_ARRAY_SIZE(loads)];
		uint32_t insn = LOAD(loads[n].f3, rd);
		uint64_t from = pc(r);

		set(r, rd, UINT64_C(0x1111111111111111));
		access_at(r, insn, i % 2 != 0 ? HT(insn) : 0, GVA, GPA);
		expect_mmio(r, GPA, loads[n].size, false);
		assert_int_equal(r->e.u.mmio.val, 0);
		assert_int_equal(pc(r), from);
		OPS->complete(r->vcpu, loads[n].val);
		assert_int_equal(get(r, rd), loads[n].result);
		assert_int_equal(pc(r), from + 4);
	}
}

static void stores_carry_the_register_cut_to_size(void **state)
{
	struct rig *r = *state;

	for (unsigned f3 = 0; f3 < 4; f3++) {
		for (unsigned how = 0; how < 4; how++) {
			uint8_t rs2 = (how & 1) != 0 ? A4 : S11;
			uint32_t insn = STORE(f3, rs2);
			uint64_t from = pc(r);

			set(r, rs2, UINT64_C(0x1122334455667788));
			access_at(r, insn, (how & 2) != 0 ? HT(insn) : 0, GVA, GPA);
			expect_mmio(r, GPA, (uint8_t)(1u << f3), true);
			assert_int_equal(r->e.u.mmio.val,
					 UINT64_C(0x1122334455667788) & ax_byte_mask(1u << f3));
			OPS->complete(r->vcpu, 0xdead);
			assert_int_equal(get(r, rs2), 0x1122334455667788);
			assert_int_equal(pc(r), from + 4);
		}
	}
}

static void compressed_instructions_have_two_bytes(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint16_t insn;
		uint8_t size, reg;
		bool write;
		uint32_t htinst; /* of the expanded one */
	} cases[] = {
		{ C_LW, 4, A4, false, LOAD(2, A4) },   { C_LD_S1, 8, S1, false, LOAD(3, S1) },
		{ C_SW, 4, A4, true, STORE(2, A4) },   { C_SD, 8, A4, true, STORE(3, A4) },
		{ C_LWSP, 4, A4, false, LOAD(2, A4) },
	};

	for (size_t i = 0; i < 2 * AX_ARRAY_SIZE(cases); i++) {
		size_t n = i / 2;
		uint64_t from = pc(r);

		set(r, cases[n].reg, 0xaabbccdd);
		access_at(r, cases[n].insn, i % 2 != 0 ? HT_RVC(cases[n].htinst) : 0, GVA, GPA);
		expect_mmio(r, GPA, cases[n].size, cases[n].write);
		assert_int_equal(r->e.u.mmio.val, cases[n].write ? 0xaabbccdd : 0);
		OPS->complete(r->vcpu, 0x1234);
		assert_int_equal(get(r, cases[n].reg), cases[n].write ? 0xaabbccdd : 0x1234);
		assert_int_equal(pc(r), from + 2);
	}
}

static void fp_registers_are_boxed_and_dirtied(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint32_t insn;
		uint8_t size;
		uint64_t result;
	} cases[] = {
		{ FLW(7), 4, UINT64_C(0xffffffff89abcdef) },
		{ FLD(7), 8, UINT64_C(0x89abcdef) },
		{ C_FLD, 8, UINT64_C(0x89abcdef) },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		uint32_t f = cases[i].insn == C_FLD ? 14 : 7;

		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS, UXL | 0x4000); /* Clean */
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_FS, 2);
		set(r, f, 0x77);
		access_at(r, cases[i].insn, 0, GVA, GPA);
		expect_mmio(r, GPA, cases[i].size, false);
		OPS->complete(r->vcpu, 0x89abcdef);
		assert_int_equal(vcpu_riscv64_fake_get_f(f), cases[i].result);
		assert_int_equal(get(r, f), 0x77);
		assert_int_equal(live(VCPU_RISCV64_FAKE_VSSTATUS) & FS, FS);
		assert_int_equal(live(VCPU_RISCV64_FAKE_FS), 3);
	}
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS, UXL | 0x4000);
	vcpu_riscv64_fake_set_f(9, UINT64_C(0x1122334455667788));
	access_at(r, FSW(9), HT(FSW(9)), GVA, GPA);
	expect_mmio(r, GPA, 4, true);
	assert_int_equal(r->e.u.mmio.val, 0x55667788);
	access_at(r, FSD(9), 0, GVA, GPA);
	assert_int_equal(r->e.u.mmio.val, 0x1122334455667788);
}

/* A VM that answers accesses without an exit. */
static struct {
	enum axvcpu_access result;
	uint64_t addr, val;
	uint32_t size, reads, writes;
} vm;

static enum axvcpu_access vm_read(void *ctx, gpa_t addr, uint32_t size, uint64_t *val)
{
	assert_ptr_equal(ctx, &vm);
	vm.addr = addr.v;
	vm.size = size;
	vm.reads++;
	*val = vm.val;
	return vm.result;
}

static enum axvcpu_access vm_write(void *ctx, gpa_t addr, uint32_t size, uint64_t val)
{
	assert_ptr_equal(ctx, &vm);
	vm.addr = addr.v;
	vm.size = size;
	vm.writes++;
	vm.val = val;
	return vm.result;
}

static void offer_accesses(struct rig *r)
{
	OPS->put(r->vcpu);
	memset(&vm, 0, sizeof(vm));
	r->cfg.read = vm_read;
	r->cfg.write = vm_write;
	r->cfg.access_ctx = &vm;
	rig_start(r);
}

static void an_access_that_the_vm_carries_out_is_no_exit(void **state)
{
	struct rig *r = *state;
	static const uint8_t regs[] = { A4, S1, 3, 0 };

	offer_accesses(r);
	for (size_t i = 0; i < AX_ARRAY_SIZE(loads) * AX_ARRAY_SIZE(regs) * 2; i++) {
		size_t n = i / 2 % AX_ARRAY_SIZE(loads);
		uint8_t rd = regs[i / 2 / AX_ARRAY_SIZE(loads)];
		uint32_t insn = LOAD(loads[n].f3, rd);
		uint64_t from = pc(r);

		vm.val = loads[n].val;
		set(r, rd, 1);
		assert_int_equal(access_at(r, insn, i % 2 != 0 ? HT(insn) : 0, GVA, GPA),
				 AXVCPU_EXIT_HOST_IRQ);
		assert_int_equal(vm.addr, GPA);
		assert_int_equal(vm.size, loads[n].size);
		assert_int_equal(get(r, rd), rd == 0 ? 0 : loads[n].result);
		assert_int_equal(pc(r), from + 4);
	}
	for (unsigned i = 0; i < 32; i++) {
		static const uint8_t from_regs[] = { A4, S1, 3, 31 };
		uint8_t rs2 = from_regs[i >> 3];
		uint32_t insn = STORE(i >> 1 & 3, rs2);
		uint64_t from = pc(r);

		set(r, rs2, UINT64_C(0x1122334455667788));
		assert_int_equal(access_at(r, insn, (i & 1) != 0 ? HT(insn) : 0, GVA, GPA),
				 AXVCPU_EXIT_HOST_IRQ);
		assert_int_equal(vm.size, 1u << (i >> 1 & 3));
		assert_int_equal(vm.val & ax_byte_mask(vm.size),
				 UINT64_C(0x1122334455667788) & ax_byte_mask(vm.size));
		assert_int_equal(pc(r), from + 4);
	}
	access_at(r, STORE(3, 0), HT(STORE(3, 0)), GVA, GPA);
	assert_int_equal(vm.val, 0);
	AXTEST_EXPECT_PANIC(OPS->complete(r->vcpu, 0));
}

static void compressed_accesses_are_carried_out_too(void **state)
{
	struct rig *r = *state;

	offer_accesses(r);
	vm.val = 0x80000000;
	for (unsigned i = 0; i < 2; i++) {
		set(r, VCPU_RISCV64_PC, ENTRY);
		access_at(r, C_LW, i != 0 ? HT_RVC(LOAD(2, A4)) : 0, GVA, GPA);
		assert_int_equal(get(r, A4), 0xffffffff80000000);
		assert_int_equal(pc(r), ENTRY + 2);
		set(r, A4, 0x1122334455667788);
		access_at(r, C_SD, i != 0 ? HT_RVC(STORE(3, A4)) : 0, GVA, GPA);
		assert_int_equal(vm.val, 0x1122334455667788);
		assert_int_equal(vm.size, 8);
		access_at(r, C_SW, 0, GVA, GPA);
		assert_int_equal(vm.size, 4);
		assert_int_equal(pc(r), ENTRY + 6);
		vm.val = 5;
		access_at(r, C_LD_S1, 0, GVA, GPA);
		assert_int_equal(get(r, S1), 5);
		access_at(r, C_LWSP, 0, GVA, GPA);
		assert_int_equal(get(r, A4), 5);
		assert_int_equal(pc(r), ENTRY + 10);
		vm.val = 0x80000000;
	}
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
}

static void an_access_may_end_in_the_vcpu_coming_out(void **state)
{
	struct rig *r = *state;

	offer_accesses(r);
	vm.result = AXVCPU_ACCESS_LEAVE;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t reg = (i & 1) != 0 ? A4 : S1;

		vm.val = 0x8234;
		set(r, VCPU_RISCV64_PC, ENTRY);
		access_at(r, LOAD(1, reg), (i & 2) != 0 ? HT(LOAD(1, reg)) : 0, GVA, GPA);
		assert_int_equal(r->e.kind, AXVCPU_EXIT_REQUEST);
		assert_int_equal(get(r, reg), 0xffffffffffff8234);
		access_at(r, STORE(1, reg), (i & 2) != 0 ? HT(STORE(1, reg)) : 0, GVA, GPA);
		assert_int_equal(r->e.kind, AXVCPU_EXIT_REQUEST);
		assert_int_equal(pc(r), ENTRY + 8);
	}
	assert_int_equal(vm.reads, 4);
	assert_int_equal(vm.writes, 4);
}

/* FP registers: not the short way, and still in place. The start of a page, which is looked at twice. */
static void less_frequent_accesses_are_carried_out_too(void **state)
{
	struct rig *r = *state;

	offer_accesses(r);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS, UXL | FS);
	vcpu_riscv64_fake_set_f(9, UINT64_C(0x1122334455667788));
	assert_int_equal(access_at(r, FSD(9), 0, GVA, GPA), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(vm.val, 0x1122334455667788);
	assert_int_equal(access_at(r, FLD(10), HT(FLD(10)), GVA, GPA), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(vcpu_riscv64_fake_get_f(10), 0x1122334455667788);
	set(r, A4, 0x99);
	assert_int_equal(access_at(r, STORE(2, A4), 0, GVA - 0x18, GPA - 0x18),
			 AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(vm.val, 0x99);
	assert_int_equal(vm.addr, GPA - 0x18);
	vm.result = AXVCPU_ACCESS_LEAVE;
	assert_int_equal(access_at(r, FSW(9), 0, GVA, GPA), AXVCPU_EXIT_REQUEST);
	assert_int_equal(vm.val & UINT32_MAX, 0x55667788);
	assert_int_equal(access_at(r, FLW(10), 0, GVA, GPA), AXVCPU_EXIT_REQUEST);
	assert_int_equal(pc(r), ENTRY + 20);
	assert_int_equal(vm.writes, 3);
	assert_int_equal(vm.reads, 2);
}

static void an_access_that_the_vm_leaves_alone_is_an_exit(void **state)
{
	struct rig *r = *state;

	offer_accesses(r);
	vm.result = AXVCPU_ACCESS_EXIT;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t reg = (i & 1) != 0 ? A4 : S1;

		vm.val = 0xbad;
		set(r, VCPU_RISCV64_PC, ENTRY);
		set(r, reg, 0xaabbccdd);
		access_at(r, LOAD(1, reg), (i & 2) != 0 ? HT(LOAD(1, reg)) : 0, GVA, GPA);
		expect_mmio(r, GPA, 2, false);
		assert_int_equal(r->e.u.mmio.val, 0);
		assert_int_equal(get(r, reg), 0xaabbccdd);
		assert_int_equal(pc(r), ENTRY);
		OPS->complete(r->vcpu, 0x77);
		assert_int_equal(get(r, reg), 0x77);
		set(r, reg, 0xaabbccdd);
		access_at(r, STORE(1, reg), (i & 2) != 0 ? HT(STORE(1, reg)) : 0, GVA, GPA);
		expect_mmio(r, GPA, 2, true);
		assert_int_equal(r->e.u.mmio.val, 0xccdd);
		OPS->fault(r->vcpu, AXVCPU_FAULT_BUS);
		expect_trap(r, 7, GVA, ENTRY + 4);
	}
}

static void register_0_is_zero(void **state)
{
	struct rig *r = *state;

	access_at(r, STORE(3, 0), 0, GVA, GPA);
	assert_int_equal(r->e.u.mmio.val, 0);
	access_at(r, LOAD(3, 0), 0, GVA, GPA);
	OPS->complete(r->vcpu, 0x666);
	assert_int_equal(get(r, 0), 0);
	assert_int_equal(pc(r), ENTRY + 4);
	set(r, 0, 5);
	assert_int_equal(get(r, 0), 0);
}

static void bits_1_and_0_of_the_address_come_from_stval(void **state)
{
	struct rig *r = *state;

	for (unsigned i = 0; i < 4; i++) {
		access_at(r, LOAD(4, A4), HT(LOAD(4, A4)), (GVA & ~UINT64_C(3)) + i, GPA);
		expect_mmio(r, GPA + i, 1, false);
		OPS->complete(r->vcpu, 0);
	}
	/* Misaligned, within its page: as it is. */
	access_at(r, LOAD(3, A4), HT(LOAD(3, A4)), GVA + 3, GPA);
	expect_mmio(r, GPA + 3, 8, false);
	offer_accesses(r);
	for (unsigned i = 0; i < 4; i++) {
		access_at(r, LOAD(4, A4), 0, (GVA & ~UINT64_C(3)) + i, GPA);
		assert_int_equal(vm.addr, GPA + i);
		access_at(r, STORE(0, A4), HT(STORE(0, A4)), (GVA & ~UINT64_C(3)) + i, GPA);
		assert_int_equal(vm.addr, GPA + i);
	}
	assert_int_equal(vm.writes, 4);
}

static void what_leaves_its_page_is_not_an_access_to_a_device(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint32_t insn;
		uint64_t gva, htinst;
		uint64_t base; /* of a5: where the access began */
	} cases[] = {
		/* It faults on its first part. */
		{ LOAD(3, A4), GVA - 0x18 + 0xff9, HT(LOAD(3, A4)), GVA - 0x18 + 0xff9 },
		{ LOAD(3, A4), GVA - 0x18 + 0xff9, 0, GVA - 0x18 + 0xff9 },
		{ STORE(2, A4), GVA - 0x18 + 0xffd, HT(STORE(2, A4)), GVA - 0x18 + 0xffd },
		{ STORE(1, S1), GVA - 0x18 + 0xfff, 0, GVA - 0x18 + 0xfff },
		/* On its second: Addr. Offset says so, or the instruction does. */
		{ LOAD(3, A4), GVA - 0x18, HT(LOAD(3, A4)) | 4u << 15, GVA - 0x18 - 4 },
		{ LOAD(3, A4), GVA - 0x18, 0, GVA - 0x18 - 4 },
		{ STORE(3, A4), GVA - 0x18, 0, GVA - 0x18 - 1 },
	};

	offer_accesses(r);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		bool store = (cases[i].insn & 0x20) != 0;

		set(r, VCPU_RISCV64_PC, ENTRY);
		set(r, 15, cases[i].base);
		put_code(r, ENTRY, cases[i].insn);
		assert_int_equal(trap_with(r, store ? STORE_FAULT : LOAD_FAULT, cases[i].gva,
					   0x10000000 | (cases[i].gva & 0xfff), cases[i].htinst),
				 AXVCPU_EXIT_PAGE_FAULT);
		assert_int_equal(r->e.u.fault.addr.v, 0x10000000 | (cases[i].gva & 0xfff));
		assert_int_equal(r->e.u.fault.write, store);
		assert_false(OPS->decode(r->vcpu, &r->e));
		expect_trap(r, store ? 7 : 5, cases[i].gva, ENTRY);
	}
	assert_int_equal(vm.reads + vm.writes, 0);
	/* What stays in it is one, also at its two ends. */
	set(r, VCPU_RISCV64_PC, ENTRY);
	assert_int_equal(access_at(r, LOAD(3, A4), 0, GVA - 0x18, GPA - 0x18),
			 AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(access_at(r, LOAD(2, A4), 0, GVA - 0x18 + 0xffc, GPA - 0x18 + 0xffc),
			 AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(access_at(r, LOAD(1, A4), HT(LOAD(1, A4)), GVA - 0x18 + 0xffd,
				   GPA - 0x18 + 0xffd),
			 AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(access_at(r, LOAD(0, A4), 0, GVA - 0x18, GPA - 0x18),
			 AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(vm.reads, 4);
}

/* The base and what is transferred: at hand at the trap, or not. */
static void a_fetched_access_at_the_start_of_a_page_has_begun_there(void **state)
{
	struct rig *r = *state;
	static const uint8_t regs[] = { 10, 8, 27, 3 };
	static const int8_t before[] = { 0, 1, 4, 7 };
	static const uint64_t page = GVA - 0x18;
	unsigned done = 0;

	offer_accesses(r);
	for (unsigned i = 0; i < 128; i++) {
		uint8_t base = regs[i & 3], reg = (i & 4) != 0 ? A4 : S1;
		int8_t off = before[i >> 3 & 3];
		bool store = (i & 32) != 0;
		uint32_t insn = (store ? STORE(3, reg) : LOAD(3, reg)) & ~(31u << 15);

		/* The offset in the instruction counts. */
		insn |= (uint32_t)base << 15 | ((i & 64) != 0 ? (store ? 8u << 7 : 8u << 20) : 0);
		set(r, VCPU_RISCV64_PC, ENTRY);
		set(r, reg, 0x77);
		set(r, base, page - (uint64_t)off - ((i & 64) != 0 ? 8 : 0));
		put_code(r, ENTRY, insn);
		assert_int_equal(trap_with(r, store ? STORE_FAULT : LOAD_FAULT, page, GPA - 0x18,
					   0),
				 off == 0 ? AXVCPU_EXIT_HOST_IRQ : AXVCPU_EXIT_PAGE_FAULT);
		if (off != 0) {
			assert_false(OPS->decode(r->vcpu, &r->e));
			expect_trap(r, store ? 7 : 5, page, ENTRY);
		} else {
			assert_int_equal(pc(r), ENTRY + 4);
			assert_int_equal(vm.addr, GPA - 0x18);
		}
		done += off == 0 ? 1 : 0;
		assert_int_equal(vm.reads + vm.writes, done);
	}
	/* What the stand-in leaves in place of s0 would be such an address. */
	set(r, VCPU_RISCV64_PC, ENTRY);
	set(r, 8, 0);
	put_code(r, ENTRY, (LOAD(3, A4) & ~(31u << 15)) | 8u << 15 | 0x111u << 20);
	assert_int_equal(trap_with(r, LOAD_FAULT, UINT64_C(0xdeadbeefdeadc000), GPA - 0x18, 0),
			 AXVCPU_EXIT_PAGE_FAULT);
	assert_int_equal(vm.reads + vm.writes, done);
}

static void an_instruction_that_does_not_match_its_fault_is_not_carried_out(void **state)
{
	struct rig *r = *state;

	offer_accesses(r);
	/* A store where a load faulted; no access at all. */
	set(r, 15, GVA);
	put_code(r, ENTRY, STORE(2, A4));
	assert_int_equal(trap_with(r, LOAD_FAULT, GVA, GPA, 0), AXVCPU_EXIT_PAGE_FAULT);
	put_code(r, ENTRY, 0x13);
	assert_int_equal(trap_with(r, LOAD_FAULT, GVA, GPA, 0), AXVCPU_EXIT_PAGE_FAULT);
	set(r, 15, GVA); /* no such store */
	put_code(r, ENTRY, STORE(6, A4));
	assert_int_equal(trap_with(r, STORE_FAULT, GVA, GPA, 0), AXVCPU_EXIT_PAGE_FAULT);
	assert_int_equal(trap_with(r, STORE_FAULT, GVA, GPA, HT(STORE(6, A4))),
			 AXVCPU_EXIT_PAGE_FAULT);
	assert_int_equal(trap_with(r, LOAD_FAULT, GVA, GPA, HT(STORE(2, A4))),
			 AXVCPU_EXIT_PAGE_FAULT);
	assert_int_equal(trap_with(r, STORE_FAULT, GVA, GPA, HT(LOAD(2, A4))),
			 AXVCPU_EXIT_PAGE_FAULT);
	assert_int_equal(trap_with(r, LOAD_FAULT, GVA, GPA, UINT64_C(1) << 32 | LOAD(2, A4)),
			 AXVCPU_EXIT_PAGE_FAULT);
	assert_int_equal(vm.reads + vm.writes, 0);
	assert_int_equal(pc(r), ENTRY);
}

/* What is fetched may have been changed since the fault, also into what this guest has not. */
static void a_guest_without_fp_registers_accesses_nothing_by_them(void **state)
{
	struct rig *r = *state;
	static const uint32_t insns[] = { FLD(A4), FSD(A4), FLW(A4), FSW(A4), C_FLD };

	OPS->put(r->vcpu);
	r->arch.exts = VCPU_RISCV64_EXT(SSTC);
	rig_start(r);
	offer_accesses(r);
	for (size_t i = 0; i < AX_ARRAY_SIZE(insns); i++) {
		assert_int_equal(access_at(r, insns[i], 0, GVA, GPA), AXVCPU_EXIT_PAGE_FAULT);
	}
	/* Nor by those that it has switched off. */
	r->arch.exts |= VCPU_RISCV64_EXT(F) | VCPU_RISCV64_EXT(D);
	OPS->put(r->vcpu);
	rig_start(r);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS, UXL);
	for (size_t i = 0; i < AX_ARRAY_SIZE(insns); i++) {
		assert_int_equal(access_at(r, insns[i], 0, GVA, GPA), AXVCPU_EXIT_PAGE_FAULT);
	}
	assert_int_equal(vm.reads + vm.writes, 0);
}

static void an_atomic_on_a_device_is_an_access_fault(void **state)
{
	struct rig *r = *state;
	const uint64_t htinst = AMOADD_W & ~UINT32_C(0xf8000);

	offer_accesses(r);
	for (unsigned i = 0; i < 2; i++) {
		set(r, VCPU_RISCV64_PC, ENTRY);
		set(r, 15, GVA);
		put_code(r, ENTRY, AMOADD_W);
		assert_int_equal(trap_with(r, STORE_FAULT, GVA, GPA, i != 0 ? htinst : 0),
				 AXVCPU_EXIT_PAGE_FAULT);
		assert_int_equal(r->e.u.fault.addr.v, GPA);
		assert_true(r->e.u.fault.write);
		assert_false(r->e.u.fault.walk);
		assert_false(OPS->decode(r->vcpu, &r->e));
		expect_trap(r, 7, GVA, ENTRY);
	}
	assert_int_equal(vm.reads + vm.writes, 0);
	AXTEST_EXPECT_PANIC((void)OPS->decode(r->vcpu, &r->e));
}

static void a_fetch_that_faults_lets_the_guest_take_its_own_fault(void **state)
{
	struct rig *r = *state;
	uint32_t entries = vcpu_riscv64_fake_entries();

	vcpu_riscv64_fake_set_code(ENTRY, r->code, 0);
	assert_int_equal(trap_with(r, LOAD_FAULT, GVA, GPA, 0), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY);
	assert_int_equal(vcpu_riscv64_fake_entries(), entries + 2);
	/* The second half lies in a page that is gone. */
	vcpu_riscv64_fake_set_code(ENTRY, r->code, 0x1000);
	memcpy(r->code + 0xffe, "\x03\x27", 2);
	set(r, VCPU_RISCV64_PC, ENTRY + 0xffe);
	assert_int_equal(trap_with(r, LOAD_FAULT, GVA, GPA, 0), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY + 0xffe);
	/* A compressed one there has no second half. */
	memcpy(r->code + 0xffe, "\x98\x43", 2);
	set(r, 15, GVA);
	assert_int_equal(trap_with(r, LOAD_FAULT, GVA, GPA, 0), AXVCPU_EXIT_MMIO);
	offer_accesses(r);
	vcpu_riscv64_fake_set_code(ENTRY, r->code, 0);
	assert_int_equal(trap_with(r, STORE_FAULT, GVA, GPA, 0), AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY);
}

static void page_faults_tell_the_kind_of_access(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t cause, htinst, addr;
		bool write, exec, walk;
		uint64_t guest_cause;
	} cases[] = {
		{ FETCH_FAULT, 0, GPA + 2, false, true, false, 1 },
		{ FETCH_FAULT, 0x3000, GPA, false, false, true, 1 },
		{ LOAD_FAULT, 0x3000, GPA, false, false, true, 5 },
		{ STORE_FAULT, 0x3000, GPA, false, false, true, 7 },
		{ LOAD_FAULT, 0x3020, GPA, true, false, true, 5 }, /* the A bit */
		{ STORE_FAULT, 0x3020, GPA, true, false, true, 7 },
		{ LOAD_FAULT, 0x1b, GPA + 2, false, false, false, 5 }, /* custom */
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		set(r, VCPU_RISCV64_PC, ENTRY);
		assert_int_equal(trap_with(r, cases[i].cause, GVA + 2, GPA, cases[i].htinst),
				 AXVCPU_EXIT_PAGE_FAULT);
		assert_int_equal(r->e.u.fault.addr.v, cases[i].addr);
		assert_int_equal(r->e.u.fault.write, cases[i].write);
		assert_int_equal(r->e.u.fault.exec, cases[i].exec);
		assert_int_equal(r->e.u.fault.walk, cases[i].walk);
		assert_int_equal(pc(r), ENTRY);
		if (i % 2 != 0) {
			OPS->fault(r->vcpu, AXVCPU_FAULT_BUS);
		} else {
			assert_false(OPS->decode(r->vcpu, &r->e));
		}
		expect_trap(r, cases[i].guest_cause, GVA + 2, ENTRY);
	}
}

static void a_page_fault_with_memory_is_repeated(void **state)
{
	struct rig *r = *state;

	assert_int_equal(trap_with(r, FETCH_FAULT, GVA, GPA, 0), AXVCPU_EXIT_PAGE_FAULT);
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(pc(r), ENTRY);
	AXTEST_EXPECT_PANIC((void)OPS->decode(r->vcpu, &r->e));
}

static void an_exit_that_is_not_finished_is_repeated(void **state)
{
	struct rig *r = *state;

	access_at(r, LOAD(2, A4), 0, GVA, GPA);
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(pc(r), ENTRY);
	AXTEST_EXPECT_PANIC(OPS->complete(r->vcpu, 0));
}

static void traps_enter_the_guest_by_the_book(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t status, spp, after;
	} cases[] = {
		{ UXL | SIE, 1, UXL | SPP | SPIE },
		{ UXL | SIE, 0, UXL | SPIE },
		{ UXL | SPIE | SPP | FS, 0, UXL | FS },
		{ UXL, 1, UXL | SPP },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		set(r, VCPU_RISCV64_PC, ENTRY);
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS, cases[i].status);
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_SPP, cases[i].spp);
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTVEC, VEC | 1); /* vectored */
		access_at(r, LOAD(2, A4), 0, GVA, GPA);
		OPS->fault(r->vcpu, AXVCPU_FAULT_BUS);
		expect_trap(r, 5, GVA, ENTRY);
		assert_int_equal(live(VCPU_RISCV64_FAKE_VSSTATUS), cases[i].after);
	}
}

static void a_refused_register_is_an_illegal_instruction(void **state)
{
	struct rig *r = *state;

	OPS->fault(r->vcpu, AXVCPU_FAULT_UNDEFINED);
	expect_trap(r, 2, 0, ENTRY);
}

static void the_guests_own_traps_go_back_to_it(void **state)
{
	struct rig *r = *state;
	/* Access faults are the host's to see; the others are delegated, if the machine can. */
	static const uint64_t causes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 15, 18 };

	for (size_t i = 0; i < AX_ARRAY_SIZE(causes); i++) {
		set(r, VCPU_RISCV64_PC, ENTRY);
		assert_int_equal(trap_with(r, causes[i], 0x1234, 0, 0), AXVCPU_EXIT_HOST_IRQ);
		expect_trap(r, causes[i], 0x1234, ENTRY);
	}
}

static void an_unknown_trap_stops_the_vm(void **state)
{
	struct rig *r = *state;
	static const uint64_t causes[] = { 9, 11, 14, 16, 19, 24, 63, 0x1000000000000000 };

	for (size_t i = 0; i < AX_ARRAY_SIZE(causes); i++) {
		assert_int_equal(trap_with(r, causes[i], 0x1234, 0, 0), AXVCPU_EXIT_FATAL);
		assert_int_equal(r->e.u.fatal.code, causes[i]);
		assert_int_equal(r->e.u.fatal.addr, 0x1234);
		assert_non_null(r->e.u.fatal.reason);
		assert_int_equal(pc(r), ENTRY);
	}
}

static void interrupts_leave_at_once(void **state)
{
	struct rig *r = *state;
	static const uint64_t irqs[] = { 1, 5, 9, 13 };

	for (size_t i = 0; i < AX_ARRAY_SIZE(irqs); i++) {
		assert_int_equal(trap_with(r, UINT64_C(1) << 63 | irqs[i], 0, 0, 0),
				 AXVCPU_EXIT_HOST_IRQ);
		assert_int_equal(pc(r), ENTRY);
	}
	assert_int_equal(vcpu_riscv64_fake_entries(), AX_ARRAY_SIZE(irqs));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(loads_extend_as_the_instruction_says, rig_setup),
		cmocka_unit_test_setup(stores_carry_the_register_cut_to_size, rig_setup),
		cmocka_unit_test_setup(compressed_instructions_have_two_bytes, rig_setup),
		cmocka_unit_test_setup(fp_registers_are_boxed_and_dirtied, rig_setup),
		cmocka_unit_test_setup(an_access_that_the_vm_carries_out_is_no_exit, rig_setup),
		cmocka_unit_test_setup(compressed_accesses_are_carried_out_too, rig_setup),
		cmocka_unit_test_setup(an_access_may_end_in_the_vcpu_coming_out, rig_setup),
		cmocka_unit_test_setup(less_frequent_accesses_are_carried_out_too, rig_setup),
		cmocka_unit_test_setup(an_access_that_the_vm_leaves_alone_is_an_exit, rig_setup),
		cmocka_unit_test_setup(register_0_is_zero, rig_setup),
		cmocka_unit_test_setup(bits_1_and_0_of_the_address_come_from_stval, rig_setup),
		cmocka_unit_test_setup(a_fetched_access_at_the_start_of_a_page_has_begun_there,
				       rig_setup),
		cmocka_unit_test_setup(what_leaves_its_page_is_not_an_access_to_a_device,
				       rig_setup),
		cmocka_unit_test_setup(
			an_instruction_that_does_not_match_its_fault_is_not_carried_out, rig_setup),
		cmocka_unit_test_setup(a_guest_without_fp_registers_accesses_nothing_by_them,
				       rig_setup),
		cmocka_unit_test_setup(an_atomic_on_a_device_is_an_access_fault, rig_setup),
		cmocka_unit_test_setup(a_fetch_that_faults_lets_the_guest_take_its_own_fault,
				       rig_setup),
		cmocka_unit_test_setup(page_faults_tell_the_kind_of_access, rig_setup),
		cmocka_unit_test_setup(a_page_fault_with_memory_is_repeated, rig_setup),
		cmocka_unit_test_setup(an_exit_that_is_not_finished_is_repeated, rig_setup),
		cmocka_unit_test_setup(traps_enter_the_guest_by_the_book, rig_setup),
		cmocka_unit_test_setup(a_refused_register_is_an_illegal_instruction, rig_setup),
		cmocka_unit_test_setup(the_guests_own_traps_go_back_to_it, rig_setup),
		cmocka_unit_test_setup(an_unknown_trap_stops_the_vm, rig_setup),
		cmocka_unit_test_setup(interrupts_leave_at_once, rig_setup),
	};

	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}

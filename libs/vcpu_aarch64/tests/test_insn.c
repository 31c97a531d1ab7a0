/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses without a syndrome, from the abort to the registers. Encodings are the assembler's. X1 is
 * the base, X2 the index, register 3 (and 4) is transferred.
 */
#include "rig.h"

#define BASE   UINT64_C(0xffff000009000100)
#define DEV    UINT64_C(0x09000000)
#define INDEX  UINT64_C(0x10)
#define DABT   EC(0x24)
#define WNR    0x40
#define TRANS3 0x7

/* What a device gives for element n; the top bit of every byte size is set, so signs show. */
static uint64_t device_word(unsigned n)
{
	return UINT64_C(0xf1e2d3c4b5a69788) + n;
}

#define X3_VAL UINT64_C(0x1111222233334444)
#define X4_VAL UINT64_C(0x5555666677778888)
#define Q3_HI  UINT64_C(0x9999aaaabbbbcccc)

enum kind { LD, ST, FAULTS };
enum ext { Z, S32, S64 };

static const struct insn_case {
	uint32_t insn;
	const char *text;
	enum kind kind;
	int64_t off; /* from BASE to the first byte accessed */
	uint8_t size;
	uint8_t regs;
	enum ext ext;
	int64_t wback; /* what the base moves by */
	bool fp;
	bool q;
} cases[] = {
	{ 0xf9400023, "ldr x3, [x1]", LD, 0, 8, 1, Z, 0, 0, 0 },
	{ 0xf8408c23, "ldr x3, [x1, #8]!", LD, 8, 8, 1, Z, 8, 0, 0 },
	{ 0xf85f8423, "ldr x3, [x1], #-8", LD, 0, 8, 1, Z, -8, 0, 0 },
	{ 0xb8004c23, "str w3, [x1, #4]!", ST, 4, 4, 1, Z, 4, 0, 0 },
	{ 0xb8004423, "str w3, [x1], #4", ST, 0, 4, 1, Z, 4, 0, 0 },
	{ 0x38401423, "ldrb w3, [x1], #1", LD, 0, 1, 1, Z, 1, 0, 0 },
	{ 0x381ffc23, "strb w3, [x1, #-1]!", ST, -1, 1, 1, Z, -1, 0, 0 },
	{ 0x78402423, "ldrh w3, [x1], #2", LD, 0, 2, 1, Z, 2, 0, 0 },
	{ 0x78002423, "strh w3, [x1], #2", ST, 0, 2, 1, Z, 2, 0, 0 },
	{ 0x38801423, "ldrsb x3, [x1], #1", LD, 0, 1, 1, S64, 1, 0, 0 },
	{ 0x38c01423, "ldrsb w3, [x1], #1", LD, 0, 1, 1, S32, 1, 0, 0 },
	{ 0x78802c23, "ldrsh x3, [x1, #2]!", LD, 2, 2, 1, S64, 2, 0, 0 },
	{ 0x78c02c23, "ldrsh w3, [x1, #2]!", LD, 2, 2, 1, S32, 2, 0, 0 },
	{ 0xb8804423, "ldrsw x3, [x1], #4", LD, 0, 4, 1, S64, 4, 0, 0 },
	{ 0xf85f8023, "ldur x3, [x1, #-8]", LD, -8, 8, 1, Z, 0, 0, 0 },
	{ 0xb8005023, "stur w3, [x1, #5]", ST, 5, 4, 1, Z, 0, 0, 0 },
	{ 0xf8408823, "ldtr x3, [x1, #8]", LD, 8, 8, 1, Z, 0, 0, 0 },
	{ 0xb8004823, "sttr w3, [x1, #4]", ST, 4, 4, 1, Z, 0, 0, 0 },
	{ 0x38800823, "ldtrsb x3, [x1]", LD, 0, 1, 1, S64, 0, 0, 0 },
	{ 0xf9401023, "ldr x3, [x1, #32]", LD, 32, 8, 1, Z, 0, 0, 0 },
	{ 0x79000c23, "strh w3, [x1, #6]", ST, 6, 2, 1, Z, 0, 0, 0 },
	{ 0xb8626823, "ldr w3, [x1, x2]", LD, 0x10, 4, 1, Z, 0, 0, 0 },
	{ 0xf8627823, "ldr x3, [x1, x2, lsl #3]", LD, 0x80, 8, 1, Z, 0, 0, 0 },
	{ 0xb862d823, "ldr w3, [x1, w2, sxtw #2]", LD, 0x40, 4, 1, Z, 0, 0, 0 },
	{ 0x38624823, "ldrb w3, [x1, w2, uxtw]", LD, 0x10, 1, 1, Z, 0, 0, 0 },
	{ 0xf822f823, "str x3, [x1, x2, sxtx #3]", ST, 0x80, 8, 1, Z, 0, 0, 0 },
	{ 0xa9401023, "ldp x3, x4, [x1]", LD, 0, 8, 2, Z, 0, 0, 0 },
	{ 0xa9c11023, "ldp x3, x4, [x1, #16]!", LD, 16, 8, 2, Z, 16, 0, 0 },
	{ 0xa8ff1023, "ldp x3, x4, [x1], #-16", LD, 0, 8, 2, Z, -16, 0, 0 },
	{ 0x29411023, "ldp w3, w4, [x1, #8]", LD, 8, 4, 2, Z, 0, 0, 0 },
	{ 0x69411023, "ldpsw x3, x4, [x1, #8]", LD, 8, 4, 2, S64, 0, 0, 0 },
	{ 0xa9811023, "stp x3, x4, [x1, #16]!", ST, 16, 8, 2, Z, 16, 0, 0 },
	{ 0x28811023, "stp w3, w4, [x1], #8", ST, 0, 4, 2, Z, 8, 0, 0 },
	{ 0xa8411023, "ldnp x3, x4, [x1, #16]", LD, 16, 8, 2, Z, 0, 0, 0 },
	{ 0x28001023, "stnp w3, w4, [x1]", ST, 0, 4, 2, Z, 0, 0, 0 },
	{ 0x3c401423, "ldr b3, [x1], #1", LD, 0, 1, 1, Z, 1, 1, 0 },
	{ 0x7c402423, "ldr h3, [x1], #2", LD, 0, 2, 1, Z, 2, 1, 0 },
	{ 0xbc404423, "ldr s3, [x1], #4", LD, 0, 4, 1, Z, 4, 1, 0 },
	{ 0xfc408423, "ldr d3, [x1], #8", LD, 0, 8, 1, Z, 8, 1, 0 },
	{ 0x3cc10423, "ldr q3, [x1], #16", LD, 0, 8, 1, Z, 16, 1, 1 },
	{ 0x3d000023, "str b3, [x1]", ST, 0, 1, 1, Z, 0, 1, 0 },
	{ 0x7d000423, "str h3, [x1, #2]", ST, 2, 2, 1, Z, 0, 1, 0 },
	{ 0xbc004c23, "str s3, [x1, #4]!", ST, 4, 4, 1, Z, 4, 1, 0 },
	{ 0xfc008c23, "str d3, [x1, #8]!", ST, 8, 8, 1, Z, 8, 1, 0 },
	{ 0x3c9f0c23, "str q3, [x1, #-16]!", ST, -16, 8, 1, Z, -16, 1, 1 },
	{ 0x3d800423, "str q3, [x1, #16]", ST, 16, 8, 1, Z, 0, 1, 1 },
	{ 0x3cc01023, "ldur q3, [x1, #1]", LD, 1, 8, 1, Z, 0, 1, 1 },
	{ 0x3ce27823, "ldr q3, [x1, x2, lsl #4]", LD, 0x100, 8, 1, Z, 0, 1, 1 },
	{ 0x2d401023, "ldp s3, s4, [x1]", LD, 0, 4, 2, Z, 0, 1, 0 },
	{ 0x6d411023, "ldp d3, d4, [x1, #16]", LD, 16, 8, 2, Z, 0, 1, 0 },
	{ 0xacc11023, "ldp q3, q4, [x1], #32", LD, 0, 8, 2, Z, 32, 1, 1 },
	{ 0xad011023, "stp q3, q4, [x1, #32]", ST, 32, 8, 2, Z, 0, 1, 1 },
	{ 0x6dbf1023, "stp d3, d4, [x1, #-16]!", ST, -16, 8, 2, Z, -16, 1, 0 },
	{ 0xc8dffc23, "ldar x3, [x1]", LD, 0, 8, 1, Z, 0, 0, 0 },
	{ 0x08dffc23, "ldarb w3, [x1]", LD, 0, 1, 1, Z, 0, 0, 0 },
	{ 0x889ffc23, "stlr w3, [x1]", ST, 0, 4, 1, Z, 0, 0, 0 },
	{ 0x489ffc23, "stlrh w3, [x1]", ST, 0, 2, 1, Z, 0, 0, 0 },
	{ 0xc8df7c23, "ldlar x3, [x1]", LD, 0, 8, 1, Z, 0, 0, 0 },
	{ 0xc89f7c23, "stllr x3, [x1]", ST, 0, 8, 1, Z, 0, 0, 0 },
	{ 0xf8bfc023, "ldapr x3, [x1]", LD, 0, 8, 1, Z, 0, 0, 0 },
	{ 0x38bfc023, "ldaprb w3, [x1]", LD, 0, 1, 1, Z, 0, 0, 0 },
	{ 0xd9408023, "ldapur x3, [x1, #8]", LD, 8, 8, 1, Z, 0, 0, 0 },
	{ 0x19c01023, "ldapursb w3, [x1, #1]", LD, 1, 1, 1, S32, 0, 0, 0 },
	{ 0x191ff023, "stlurb w3, [x1, #-1]", ST, -1, 1, 1, Z, 0, 0, 0 },
	{ .insn = 0xc85f7c23, .text = "ldxr x3, [x1]", .kind = FAULTS },
	{ .insn = 0xc8057c23, .text = "stxr w5, x3, [x1]", .kind = FAULTS },
	{ .insn = 0xc87f9023, .text = "ldaxp x3, x4, [x1]", .kind = FAULTS },
	{ .insn = 0xc8a37c24, .text = "cas x3, x4, [x1]", .kind = FAULTS },
	{ .insn = 0x48227c24, .text = "casp x2, x3, x4, x5, [x1]", .kind = FAULTS },
	{ .insn = 0xf8230024, .text = "ldadd x3, x4, [x1]", .kind = FAULTS },
	{ .insn = 0xf8238024, .text = "swp x3, x4, [x1]", .kind = FAULTS },
	{ .insn = 0xf9800020, .text = "prfm pldl1keep, [x1]", .kind = FAULTS },
	{ .insn = 0xf8a26820, .text = "prfm pldl1keep, [x1, x2]", .kind = FAULTS },
	{ .insn = 0xf8800020, .text = "prfum pldl1keep, [x1]", .kind = FAULTS },
	{ .insn = 0xd8000040, .text = "prfm pldl1keep, .+8", .kind = FAULTS },
	{ .insn = 0x4c407823, .text = "ld1 {v3.4s}, [x1]", .kind = FAULTS },
	{ .insn = 0x4cdf7823, .text = "ld1 {v3.4s}, [x1], #16", .kind = FAULTS },
	{ .insn = 0x0d000423, .text = "st1 {v3.b}[1], [x1]", .kind = FAULTS },
	{ .insn = 0xd50b7421, .text = "dc zva, x1", .kind = FAULTS },
	{ .insn = 0xd9200823, .text = "stg x3, [x1]", .kind = FAULTS },
	{ .insn = 0x69001023, .text = "stgp x3, x4, [x1]", .kind = FAULTS },
	{ .insn = 0xf8200423, .text = "ldraa x3, [x1]", .kind = FAULTS },
	{ .insn = 0xd9600023, .text = "ldg x3, [x1]", .kind = FAULTS },
	{ .insn = 0xf8408421, .text = "ldr x1, [x1], #8", .kind = FAULTS },
	{ .insn = 0xa9400c63, .text = "ldp x3, x3, [x3]", .kind = FAULTS },
	{ .insn = 0xa8c10421, .text = "ldp x1, x1, [x1], #16", .kind = FAULTS },
	{ .insn = 0xd503201f, .text = "nop", .kind = FAULTS },
	{ .insn = 0xffffffff, .text = "unallocated", .kind = FAULTS },
	{ .insn = 0xf8620823, .text = "register offset, reserved extend", .kind = FAULTS },
	{ .insn = 0x7cc00423, .text = "FP, size 01 with opc 11", .kind = FAULTS },
	{ .insn = 0xb8c00423, .text = "ldrsw to a W register", .kind = FAULTS },
	{ .insn = 0xe9400c23, .text = "pair, opc 11", .kind = FAULTS },
	{ .insn = 0x68400c23, .text = "ldpsw without allocation", .kind = FAULTS },
	{ .insn = 0x3c400823, .text = "unprivileged FP", .kind = FAULTS },
};

static void put_insn(struct rig *r, uint32_t insn)
{
	for (unsigned i = 0; i < 4; i++) {
		r->code[i] = (uint8_t)(insn >> 8 * i);
	}
}

static void start(struct rig *r, uint32_t insn)
{
	put_insn(r, insn);
	set(r, VCPU_AARCH64_PC, ENTRY);
	set(r, 1, BASE);
	set(r, 2, INDEX);
	set(r, 3, X3_VAL);
	set(r, 4, X4_VAL);
	vcpu_aarch64_fake_set_q(3, X3_VAL, Q3_HI);
	vcpu_aarch64_fake_set_q(4, X4_VAL, ~Q3_HI);
}

/* The guest touches FP for the first time, which opens it. */
static void use_fp(struct rig *r)
{
	assert_int_equal(trap(r, EC(0x07)), AXVCPU_EXIT_HOST_IRQ);
}

static uint64_t extend(uint64_t val, unsigned size, enum ext ext)
{
	val &= ax_byte_mask(size);
	switch (ext) {
	case S64:
		return ax_sign_extend(val, 8 * size);
	case S32:
		return (uint32_t)ax_sign_extend(val, 8 * size);
	case Z:
	default:
		return val;
	}
}

static void check_load(const struct insn_case *c, const struct rig *r)
{
	for (unsigned i = 0; i < c->regs; i++) {
		uint64_t lo = 0;
		uint64_t hi = 0;

		if (!c->fp) {
			assert_int_equal(get(r, 3 + i), extend(device_word(i), c->size, c->ext));
			continue;
		}
		vcpu_aarch64_fake_get_q(3 + i, &lo, &hi);
		assert_int_equal(lo, device_word(c->q ? 2 * i : i) & ax_byte_mask(c->size));
		assert_int_equal(hi, c->q ? device_word(2 * i + 1) : 0);
	}
}

static uint64_t stored(const struct insn_case *c, unsigned n)
{
	static const uint64_t q[4] = { X3_VAL, Q3_HI, X4_VAL, ~Q3_HI };

	return q[c->q ? n : 2 * n] & ax_byte_mask(c->size);
}

static void run_case(struct rig *r, const struct insn_case *c)
{
	uint64_t va = BASE + (uint64_t)c->off;
	uint64_t ipa = DEV | (va & 0xfff);
	unsigned elements = c->regs * (c->q ? 2u : 1u);
	uint32_t entries;

	start(r, c->insn);
	assert_int_equal(trap_at(r, DABT | TRANS3 | (c->kind == ST ? WNR : 0), va, ipa),
			 AXVCPU_EXIT_PAGE_FAULT);
	assert_int_equal(r->e.u.fault.addr.v, ipa);
	assert_int_equal(r->e.u.fault.write, c->kind == ST);
	assert_true(OPS->decode(r->vcpu, &r->e));
	entries = vcpu_aarch64_fake_entries();
	for (unsigned n = 0; n < elements; n++) {
		if (n != 0) {
			OPS->run(r->vcpu, &r->e);
		}
		assert_int_equal(r->e.kind, AXVCPU_EXIT_MMIO);
		assert_int_equal(r->e.u.mmio.addr.v, ipa + n * c->size);
		assert_int_equal(r->e.u.mmio.size, c->size);
		assert_int_equal(r->e.u.mmio.write, c->kind == ST);
		assert_int_equal(r->e.u.mmio.val, c->kind == ST ? stored(c, n) : 0);
		assert_int_equal(pc(r), ENTRY);
		assert_int_equal(get(r, 1), BASE);
		OPS->complete(r->vcpu, device_word(n));
	}
	assert_int_equal(vcpu_aarch64_fake_entries(), entries);
	assert_int_equal(pc(r), ENTRY + 4);
	assert_int_equal(get(r, 1), BASE + (uint64_t)c->wback);
	if (c->kind == LD) {
		check_load(c, r);
	}
}

static void run_fault(struct rig *r, const struct insn_case *c)
{
	start(r, c->insn);
	set(r, 3, BASE);
	assert_int_equal(trap_at(r, DABT | TRANS3, BASE, DEV), AXVCPU_EXIT_PAGE_FAULT);
	assert_false(OPS->decode(r->vcpu, &r->e));
	/* Synchronous external abort from the same level */
	expect_exception(r, EC(0x25) | 0x10, ENTRY, 0x200, EL1H);
	assert_int_equal(live(VCPU_AARCH64_FAKE_FAR_EL1), BASE);
	vcpu_aarch64_fake_set_pstate(r->vcpu, EL1H);
}

static void every_form_does_what_the_instruction_says(void **state)
{
	struct rig *r = *state;

	use_fp(r);
	vcpu_aarch64_fake_stage1(true, 0);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		print_message("# %s\n", cases[i].text);
		if (cases[i].kind == FAULTS) {
			run_fault(r, &cases[i]);
		} else {
			run_case(r, &cases[i]);
		}
	}
}

static void literals_are_relative_to_the_pc(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint32_t insn;
		uint64_t off;
		uint8_t size;
		uint8_t elements;
		enum ext ext;
	} lit[] = {
		{ 0x58000043, 8, 8, 1, Z },   /* ldr x3 */
		{ 0x18000083, 16, 4, 1, Z },  /* ldr w3 */
		{ 0x98000043, 8, 4, 1, S64 }, /* ldrsw x3 */
		{ 0x9c000083, 16, 8, 2, Z },  /* ldr q3 */
		{ 0x5c000083, 16, 8, 1, Z },  /* ldr d3 */
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(lit); i++) {
		start(r, lit[i].insn);
		assert_int_equal(trap_at(r, DABT | TRANS3, ENTRY + lit[i].off, DEV),
				 AXVCPU_EXIT_PAGE_FAULT);
		assert_true(OPS->decode(r->vcpu, &r->e));
		assert_int_equal(r->e.u.mmio.addr.v, DEV | lit[i].off);
		assert_int_equal(r->e.u.mmio.size, lit[i].size);
		OPS->complete(r->vcpu, device_word(0));
		assert_int_equal(pc(r), lit[i].elements == 1 ? ENTRY + 4 : ENTRY);
		if (i < 3) {
			assert_int_equal(get(r, 3),
					 extend(device_word(0), lit[i].size, lit[i].ext));
		}
		OPS->run(r->vcpu, &r->e); /* drops the rest or enters */
		if (r->e.kind == AXVCPU_EXIT_MMIO) {
			OPS->complete(r->vcpu, 0);
		}
	}
}

static void the_stack_pointer_is_the_one_in_use(void **state)
{
	struct rig *r = *state;
	static const uint64_t pstates[] = { 0x3c5, 0x3c4, 0x0 }; /* EL1h, EL1t, EL0t */

	for (size_t i = 0; i < AX_ARRAY_SIZE(pstates); i++) {
		enum vcpu_aarch64_fake_reg in_use =
			i == 0 ? VCPU_AARCH64_FAKE_SP_EL1 : VCPU_AARCH64_FAKE_SP_EL0;
		enum vcpu_aarch64_fake_reg other =
			i == 0 ? VCPU_AARCH64_FAKE_SP_EL0 : VCPU_AARCH64_FAKE_SP_EL1;

		start(r, 0xf84107e3); /* ldr x3, [sp], #16 */
		vcpu_aarch64_fake_set_pstate(r->vcpu, pstates[i]);
		vcpu_aarch64_fake_set(in_use, BASE);
		vcpu_aarch64_fake_set(other, 0x5000);
		assert_int_equal(trap_at(r, DABT | TRANS3, BASE, DEV), AXVCPU_EXIT_PAGE_FAULT);
		assert_true(OPS->decode(r->vcpu, &r->e));
		OPS->complete(r->vcpu, 7);
		assert_int_equal(get(r, 3), 7);
		assert_int_equal(live(in_use), BASE + 16);
		assert_int_equal(live(other), 0x5000);
	}
}

static void the_zero_register_stores_zero_and_loads_nowhere(void **state)
{
	struct rig *r = *state;

	start(r, 0xa900103f); /* stp xzr, x4, [x1] */
	assert_int_equal(trap_at(r, DABT | TRANS3 | WNR, BASE, DEV), AXVCPU_EXIT_PAGE_FAULT);
	assert_true(OPS->decode(r->vcpu, &r->e));
	assert_int_equal(r->e.u.mmio.val, 0);
	OPS->complete(r->vcpu, 0);
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(r->e.u.mmio.val, X4_VAL);
}

static void a_fault_in_the_middle_leaves_no_trace(void **state)
{
	struct rig *r = *state;

	start(r, 0xa8c11023); /* ldp x3, x4, [x1], #16 */
	assert_int_equal(trap_at(r, DABT | TRANS3, BASE, DEV | 0x100), AXVCPU_EXIT_PAGE_FAULT);
	assert_true(OPS->decode(r->vcpu, &r->e));
	OPS->complete(r->vcpu, 7);
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(r->e.u.mmio.addr.v, DEV | 0x108);
	OPS->fault(r->vcpu, AXVCPU_FAULT_BUS);
	expect_exception(r, EC(0x25) | 0x10, ENTRY, 0x200, EL1H);
	assert_int_equal(get(r, 1), BASE);
	assert_int_equal(get(r, 3), X3_VAL);
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
}

static void accesses_that_leave_the_page_or_changed_fault(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t base, far;
		uint32_t insn;
		uint32_t wnr;
	} bad[] = {
		{ BASE + 0xef8, BASE + 0xef8, 0xa9401023, 0 }, /* ldp over the page's end */
		{ BASE + 0xefd, BASE + 0xf00, 0xf9400023, 0 }, /* ldr over it, abort behind it */
		{ BASE + 0x1000, BASE, 0xf9400023, 0 },        /* somewhere else */
		{ BASE, BASE, 0xf9400023, WNR }, /* a load, but the abort was a store */
		{ BASE, BASE, 0xf9000023, 0 },   /* the other way round */
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		start(r, bad[i].insn);
		set(r, 1, bad[i].base);
		assert_int_equal(trap_at(r, DABT | TRANS3 | bad[i].wnr, bad[i].far, DEV),
				 AXVCPU_EXIT_PAGE_FAULT);
		assert_false(OPS->decode(r->vcpu, &r->e));
		expect_exception(r, EC(0x25) | bad[i].wnr | 0x10, ENTRY, 0x200, EL1H);
	}
}

static void a_tagged_address_is_the_same_page(void **state)
{
	struct rig *r = *state;

	start(r, 0xf8408c23);
	set(r, 1, BASE ^ UINT64_C(0x5a00000000000000));
	assert_int_equal(trap_at(r, DABT | TRANS3, BASE + 8, DEV), AXVCPU_EXIT_PAGE_FAULT);
	assert_true(OPS->decode(r->vcpu, &r->e));
}

static void an_instruction_that_cannot_be_read_is_repeated_or_faults(void **state)
{
	struct rig *r = *state;

	start(r, 0xf8408c23);
	vcpu_aarch64_fake_stage1(false, 0);
	assert_int_equal(trap_at(r, DABT | TRANS3, BASE + 8, DEV), AXVCPU_EXIT_PAGE_FAULT);
	assert_false(OPS->decode(r->vcpu, &r->e));
	assert_int_equal(pc(r), ENTRY); /* stage 1 changed: the guest tries again */
	vcpu_aarch64_fake_stage1(true, 0x100000000);
	assert_int_equal(trap_at(r, DABT | TRANS3, BASE + 8, DEV), AXVCPU_EXIT_PAGE_FAULT);
	assert_false(OPS->decode(r->vcpu, &r->e));
	expect_exception(r, EC(0x25) | 0x10, ENTRY, 0x200, EL1H); /* code that is not memory */
}

static void an_instruction_that_el0_may_only_execute_is_decoded(void **state)
{
	struct rig *r = *state;

	start(r, 0xf8408c23);
	vcpu_aarch64_fake_set_pstate(r->vcpu, 0); /* EL0t */
	vcpu_aarch64_fake_stage1_hide_from_el0();
	assert_int_equal(trap_at(r, DABT | TRANS3, BASE + 8, DEV), AXVCPU_EXIT_PAGE_FAULT);
	assert_true(OPS->decode(r->vcpu, &r->e));
}

static void fp_loads_go_to_memory_when_fp_is_not_live(void **state)
{
	struct rig *r = *state;
	uint64_t lo;
	uint64_t hi;

	start(r, 0xfc408423); /* ldr d3, [x1], #8 */
	assert_int_equal(trap_at(r, DABT | TRANS3, BASE, DEV), AXVCPU_EXIT_PAGE_FAULT);
	assert_true(OPS->decode(r->vcpu, &r->e));
	OPS->complete(r->vcpu, 0xabcdef);
	use_fp(r);
	vcpu_aarch64_fake_get_q(3, &lo, &hi);
	assert_int_equal(lo, 0xabcdef);
	assert_int_equal(hi, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_form_does_what_the_instruction_says, rig_setup),
		cmocka_unit_test_setup(literals_are_relative_to_the_pc, rig_setup),
		cmocka_unit_test_setup(the_stack_pointer_is_the_one_in_use, rig_setup),
		cmocka_unit_test_setup(the_zero_register_stores_zero_and_loads_nowhere, rig_setup),
		cmocka_unit_test_setup(a_fault_in_the_middle_leaves_no_trace, rig_setup),
		cmocka_unit_test_setup(accesses_that_leave_the_page_or_changed_fault, rig_setup),
		cmocka_unit_test_setup(a_tagged_address_is_the_same_page, rig_setup),
		cmocka_unit_test_setup(an_instruction_that_cannot_be_read_is_repeated_or_faults,
				       rig_setup),
		cmocka_unit_test_setup(an_instruction_that_el0_may_only_execute_is_decoded,
				       rig_setup),
		cmocka_unit_test_setup(fp_loads_go_to_memory_when_fp_is_not_live, rig_setup),
	};

	return cmocka_run_group_tests_name("insn", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoder of loads and stores against GNU binutils 2.40: words as its assembler made them, and
 * all 16-bit encodings as its disassembler reads them.
 */
#include <axtest/axtest.h>
#include <axbase/bits.h>
#include <stdio.h>
#include <string.h>
#include "arch/riscv64/insn.h"

/*
 * What the disassembler would print with "-M no-aliases,numeric", without a prefix of the mnemonic.
 */
static void render(uint32_t insn, const struct insn_access *a, char *text, size_t cap)
{
	static const char letter[] = { [1] = 'b', [2] = 'h', [4] = 'w', [8] = 'd' };
	struct insn_address at = vcpu_riscv64_insn_address(insn);
	bool zero = !a->write && !a->sign && !a->fp && a->size != 8;

	(void)snprintf(text, cap, "%s%c%c%s %c%u,%d(x%u)", a->fp ? "f" : "", a->write ? 's' : 'l',
		       letter[a->size], zero ? "u" : "", a->fp ? 'f' : 'x', a->reg, at.off,
		       at.base);
}

static const struct {
	uint32_t insn;
	const char *text; /* of a load or store; else what is refused begins with a ! */
} words[] = {
	{ 0xfff30283, "lb x5,-1(x6)" },
	{ 0x00209f83, "lh x31,2(x1)" },
	{ 0x80042383, "lw x7,-2048(x8)" },
	{ 0x7fffb083, "ld x1,2047(x31)" },
	{ 0x00054483, "lbu x9,0(x10)" },
	{ 0xffe65583, "lhu x11,-2(x12)" },
	{ 0x00476683, "lwu x13,4(x14)" },
	{ 0x0007a003, "lw x0,0(x15)" },
	{ 0xfe530fa3, "sb x5,-1(x6)" },
	{ 0x01f09123, "sh x31,2(x1)" },
	{ 0x80742023, "sw x7,-2048(x8)" },
	{ 0x7e1fbfa3, "sd x1,2047(x31)" },
	{ 0xff4aa023, "sw x20,-32(x21)" },
	{ 0x0042a187, "flw f3,4(x5)" },
	{ 0xff833f87, "fld f31,-8(x6)" },
	{ 0x7e03afa7, "fsw f0,2047(x7)" },
	{ 0x81143027, "fsd f17,-2048(x8)" },
	{ 0x00429187, "! flh f3,4(x5)" },
	{ 0x00329227, "! fsh f3,4(x5)" },
	{ 0x0102c187, "! flq f3,16(x5)" },
	{ 0x0032c827, "! fsq f3,16(x5)" },
	{ 0x100322af, "! lr.w x5,(x6)" },
	{ 0x100332af, "! lr.d x5,(x6)" },
	{ 0x187322af, "! sc.w x5,x7,(x6)" },
	{ 0x187332af, "! sc.d x5,x7,(x6)" },
	{ 0x007322af, "! amoadd.w x5,x7,(x6)" },
	{ 0x0e7332af, "! amoswap.d.aqrl x5,x7,(x6)" },
	{ 0xe07322af, "! amomaxu.w x5,x7,(x6)" },
	{ 0x02028087, "! vle8.v v1,(x5)" },
	{ 0x0202f087, "! vle64.v v1,(x5)" },
	{ 0x0202e0a7, "! vse32.v v1,(x5)" },
	{ 0x0a62d087, "! vlse16.v v1,(x5),x6" },
	{ 0x02828087, "! vl1re8.v v1,(x5)" },
	{ 0xe2828427, "! vs8r.v v8,(x5)" },
	{ 0x03028087, "! vle8ff.v v1,(x5)" },
	{ 0x0042a00f, "! cbo.zero (x5)" },
	{ 0x0012a00f, "! cbo.clean (x5)" },
	{ 0x0022a00f, "! cbo.flush (x5)" },
	{ 0x0002a00f, "! cbo.inval (x5)" },
	{ 0x0012e013, "! prefetch.r 0(x5)" },
	{ 0x0ff0000f, "! fence iorw,iorw" },
	{ 0x0000100f, "! fence.i" },
	{ 0x00000073, "! ecall" },
	{ 0x10500073, "! wfi" },
	{ 0x0000006f, "! j ." },
	{ 0x00028067, "! jalr x0,0(x5)" },
	{ 0x00628063, "! beq x5,x6,." },
	{ 0x100022f3, "! csrrs x5,sstatus,x0" },
	{ 0x023170d3, "! fadd.d f1,f2,f3" },
	{ 0x600342f3, "! hlv.b x5,(x6)" },
	{ 0x643342f3, "! hlvx.hu x5,(x6)" },
	{ 0x6e534073, "! hsv.d x5,(x6)" },
	{ 0x0007f003, "! load, width 7" },
	{ 0x0007c023, "! store, width 4" },
	{ 0xffffffff, "! all ones" },
};

static void words_are_read_as_the_assembler_wrote_them(void **state)
{
	struct insn_access a;
	char text[64];

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(words); i++) {
		bool known = vcpu_riscv64_insn_decode(words[i].insn, &a);

		if (known != (words[i].text[0] != '!')) {
			fail_msg("%08x %s: %s", words[i].insn, words[i].text,
				 known ? "accepted" : "refused");
		}
		if (known) {
			render(words[i].insn, &a, text, sizeof(text));
			assert_string_equal(text, words[i].text);
			assert_int_equal(a.len, 4);
		}
	}
}

/* Widths that there are, as bits by funct3. */
static uint32_t widths_of(uint32_t opcode)
{
	switch (opcode) {
	case 0x03:
		return 0x7f;
	case 0x23:
		return 0x0f;
	case 0x07:
	case 0x27:
		return 0x0c;
	default:
		return 0;
	}
}

static void no_other_word_is_a_load_or_store(void **state)
{
	uint64_t seed = 7;
	struct insn_access a;

	(void)state;
	for (uint32_t n = 0; n < 256 * 64; n++) {
		uint32_t opcode = (n & 31) << 2 | 3;
		uint32_t width = n >> 5 & 7;
		uint32_t insn =
			((uint32_t)axtest_random(&seed) & 0xffff8f80) | opcode | width << 12;
		bool want = (widths_of(opcode) >> width & 1) != 0;

		if (vcpu_riscv64_insn_decode(insn, &a) != want) {
			fail_msg("%08x: %s", insn, want ? "refused" : "accepted");
		}
	}
}

/*
 * Each line "4082 c.lwsp x1,0(x2)\n" that objdump -m riscv:rv64 -M no-aliases,numeric makes of a
 * load or store among all 16-bit encodings, in their order: how many per mnemonic, and their FNV-1a
 * hash.
 */
static const struct rvc_case {
	const char *mnemonic;
	uint32_t count;
	uint64_t hash;
} rvc_cases[] = {
	{ "c.fld", 2048, UINT64_C(0xd86d8bac6f7da515) },
	{ "c.fldsp", 2048, UINT64_C(0xecb0841a38b75aa5) },
	{ "c.lw", 2048, UINT64_C(0x859d8ef3904371a5) },
	{ "c.lwsp", 1984, UINT64_C(0xcb5418f3126bcc5f) },
	{ "c.ld", 2048, UINT64_C(0x7ba033e13b5d26f5) },
	{ "c.ldsp", 1984, UINT64_C(0x6ebdcaa926329291) },
	{ "c.fsd", 2048, UINT64_C(0x72cc385cfe20e5ad) },
	{ "c.fsdsp", 2048, UINT64_C(0x55bd210b3c3c0781) },
	{ "c.sw", 2048, UINT64_C(0x30022b5cb63daa2d) },
	{ "c.swsp", 2048, UINT64_C(0x2a623721b7c8684d) },
	{ "c.sd", 2048, UINT64_C(0x37c7ffa82feb3745) },
	{ "c.sdsp", 2048, UINT64_C(0x0abeee6834e2e9a1) },
};

static void fold(uint64_t *hash, const char *text)
{
	for (; *text != '\0'; text++) {
		*hash = (*hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	}
}

/* Zcb's, which that disassembler does not know: 100, two bits of operation, one of size. */
static bool is_zcb(uint32_t half)
{
	return (half & 0xe003) == 0x8000;
}

/* The mnemonic of an access, by the quadrant and the operands only. */
static bool is_mnemonic(const char *mnemonic, uint32_t half, const char *text)
{
	size_t op = strcspn(text, " ");
	bool sp = (half & 3) == 2;

	return strncmp(mnemonic + 2, text, op) == 0 &&
	       strcmp(mnemonic + 2 + op, sp ? "sp" : "") == 0;
}

static void each_compressed_encoding_is_read_as_the_disassembler_reads_it(void **state)
{
	uint64_t hash[AX_ARRAY_SIZE(rvc_cases)];
	uint32_t count[AX_ARRAY_SIZE(rvc_cases)] = { 0 };
	uint32_t unknown = 0;

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(rvc_cases); i++) {
		hash[i] = UINT64_C(0xcbf29ce484222325);
	}
	for (uint32_t half = 0; half < 0x10000; half++) {
		struct insn_access a;
		char text[64];
		char line[96];
		size_t i = 0;

		if ((half & 3) == 3 || is_zcb(half) ||
		    !vcpu_riscv64_insn_decode(half | UINT32_C(0xa5a50000), &a)) {
			continue;
		}
		assert_int_equal(a.len, 2);
		render(half, &a, text, sizeof(text));
		while (i < AX_ARRAY_SIZE(rvc_cases) &&
		       !is_mnemonic(rvc_cases[i].mnemonic, half, text)) {
			i++;
		}
		if (i == AX_ARRAY_SIZE(rvc_cases)) {
			unknown++;
			continue;
		}
		(void)snprintf(line, sizeof(line), "%04x %s%s\n", half, rvc_cases[i].mnemonic,
			       strchr(text, ' '));
		fold(&hash[i], line);
		count[i]++;
	}
	assert_int_equal(unknown, 0);
	for (size_t i = 0; i < AX_ARRAY_SIZE(rvc_cases); i++) {
		if (count[i] != rvc_cases[i].count || hash[i] != rvc_cases[i].hash) {
			fail_msg("%s: %u encodings, hash %llx", rvc_cases[i].mnemonic, count[i],
				 (unsigned long long)hash[i]);
		}
	}
}

/* By the tables of the code-size chapter: funct6, bit 6, and where the immediate's bits are. */
static void zcb_is_read_by_its_table(void **state)
{
	static const struct {
		uint16_t base;
		uint16_t offs[4]; /* by bits 6:5 */
		const char *form; /* NULL: reserved for the encodings with that bit 6 */
		const char *form_bit6;
	} cases[] = {
		{ 0x8000, { 0, 2, 1, 3 }, "lbu x%u,%u(x%u)", "lbu x%u,%u(x%u)" },
		{ 0x8400, { 0, 2, 0, 2 }, "lhu x%u,%u(x%u)", "lh x%u,%u(x%u)" },
		{ 0x8800, { 0, 2, 1, 3 }, "sb x%u,%u(x%u)", "sb x%u,%u(x%u)" },
		{ 0x8c00, { 0, 2, 0, 2 }, "sh x%u,%u(x%u)", NULL },
	};

	(void)state;
	for (uint32_t half = 0x8000; half < 0xa000; half += 4) {
		uint32_t n = (half - 0x8000) >> 10;
		uint32_t bits = half >> 5 & 3;
		const char *form = n >= 4            ? NULL
				   : (bits & 2) != 0 ? cases[n].form_bit6
						     : cases[n].form;
		struct insn_access a;
		char want[64];
		char text[64];

		if (vcpu_riscv64_insn_decode(half, &a) != (form != NULL)) {
			fail_msg("%04x: %s", half, form != NULL ? "refused" : "accepted");
		}
		if (form != NULL) {
			/* The form is one of the constants above. */
			const char *rest = strchr(form, ' ');

			(void)snprintf(want, sizeof(want), "%.*s x%u,%u(x%u)", (int)(rest - form),
				       form, 8 + (half >> 2 & 7), cases[n].offs[bits],
				       8 + (half >> 7 & 7));
			render(half, &a, text, sizeof(text));
			assert_string_equal(text, want);
			assert_int_equal(a.len, 2);
		}
	}
}

/* 8.6.3: no immediate, the base register's place says how far into the access the fault was. */
static uint32_t transformed(uint32_t insn)
{
	return insn & ((insn & 0x20) != 0 ? UINT32_C(0x01f0707f) : UINT32_C(0x00007fff));
}

static void assert_same(const struct insn_access *a, const struct insn_access *b)
{
	assert_int_equal(a->reg, b->reg);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->write, b->write);
	assert_int_equal(a->sign, b->sign);
	assert_int_equal(a->fp, b->fp);
}

static void a_transformed_instruction_tells_what_the_instruction_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(words); i++) {
		uint32_t htinst = transformed(words[i].insn);
		struct insn_access a;
		struct insn_access b;

		if (!vcpu_riscv64_insn_decode(words[i].insn, &a)) {
			if (words[i].text[2] !=
			    'v') { /* some look like FLD without their immediate */
				assert_false(vcpu_riscv64_htinst_decode(htinst, &b));
			}
			continue;
		}
		assert_true(vcpu_riscv64_htinst_decode(htinst, &b));
		assert_same(&b, &a);
		assert_int_equal(b.len, 4);
		assert_true(vcpu_riscv64_htinst_decode(htinst & ~UINT32_C(2), &b));
		assert_same(&b, &a);
		assert_int_equal(b.len, 2);
	}
}

static void htinst_with_bits_that_no_transformed_instruction_has_is_refused(void **state)
{
	static const uint32_t htinst[] = { 0x00002283, 0x00002281, 0x00502023, 0x00502021 };
	struct insn_access a;

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(htinst); i++) {
		uint32_t zero = ~(transformed(UINT32_MAX & ~UINT32_C(0x20)) |
				  ((htinst[i] & 0x20) != 0 ? UINT32_C(0x01f00000) : 0));

		if ((htinst[i] & 0x20) != 0) {
			zero |= UINT32_C(0xf80);
		}
		assert_true(vcpu_riscv64_htinst_decode(htinst[i], &a));
		for (uint32_t bit = 7; bit < 32; bit++) {
			if ((zero >> bit & 1) != 0 &&
			    vcpu_riscv64_htinst_decode(htinst[i] | UINT32_C(1) << bit, &a)) {
				fail_msg("%08x with bit %u accepted", htinst[i], bit);
			}
		}
	}
}

static void pseudoinstructions_and_custom_values_are_no_accesses(void **state)
{
	static const uint32_t htinst[] = { 0,      0x2000, 0x2020, 0x3000,    0x3020,
					   0x2282, 0x2280, 0x3002, 0x00502022 };
	struct insn_access a;

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(htinst); i++) {
		assert_false(vcpu_riscv64_htinst_decode(htinst[i], &a));
	}
}

static void a_table_walk_is_told_by_its_pseudoinstruction(void **state)
{
	static const struct {
		uint64_t htinst;
		bool walk;
		bool write;
	} cases[] = {
		{ 0x3000, true, false },
		{ 0x3020, true, true },
		{ 0x2000, false, false },
		{ 0x2020, false, false },
		{ 0, false, false },
		{ 0x2283, false, false },
		{ 0x3002, false, false },
		{ 0x13020, false, false },
		{ UINT64_C(0x100003000), false, false },
	};

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		bool write = !cases[i].write;

		assert_int_equal(vcpu_riscv64_htinst_walk(cases[i].htinst, &write), cases[i].walk);
		assert_int_equal(write, cases[i].write);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_read_as_the_assembler_wrote_them),
		cmocka_unit_test(no_other_word_is_a_load_or_store),
		cmocka_unit_test(each_compressed_encoding_is_read_as_the_disassembler_reads_it),
		cmocka_unit_test(zcb_is_read_by_its_table),
		cmocka_unit_test(a_transformed_instruction_tells_what_the_instruction_does),
		cmocka_unit_test(htinst_with_bits_that_no_transformed_instruction_has_is_refused),
		cmocka_unit_test(pseudoinstructions_and_custom_values_are_no_accesses),
		cmocka_unit_test(a_table_walk_is_told_by_its_pseudoinstruction),
	};

	return cmocka_run_group_tests_name("insn", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Bit patterns of entries and registers, worked out by hand from the manuals named in each table. */
#include <axaddrspace/fmt.h>
#include <axtest/axtest.h>

#define R    AXADDRSPACE_PROT_READ
#define W    AXADDRSPACE_PROT_WRITE
#define X    AXADDRSPACE_PROT_EXEC
#define DEV  AXADDRSPACE_PROT_DEV
#define PAGE AXADDRSPACE_OWN_PAGE
#define BLK  AXADDRSPACE_OWN_BLOCK

static const struct leaf_case {
	const struct axaddrspace_fmt *fmt;
	uint64_t addr;
	uint32_t attr, level;
	uint64_t pte;
	const char *clause;
} leaves[] = {
	/* DDI 0487 D8.3.1, D8.4.2.1 (S2AP), D8.5.5 (MemAttr): AF, SH inner, MemAttr 0b1111 */
	{ &axaddrspace_fmt_aarch64, 0x80001000, R | W | X, 0, 0x800017ff, "page: type 0b11" },
	{ &axaddrspace_fmt_aarch64, 0x80200000, R | W | X, 1, 0x802007fd, "block: type 0b01" },
	{ &axaddrspace_fmt_aarch64, 0xffffc0000000, R | W | X, 2, 0xffffc00007fd, "bits 47:30" },
	{ &axaddrspace_fmt_aarch64, 0x80001000, R, 0, 0x004000008000177f, "S2AP 0b01, XN" },
	{ &axaddrspace_fmt_aarch64, 0x80001000, R | X, 0, 0x8000177f, "S2AP 0b01" },
	{ &axaddrspace_fmt_aarch64, 0x09000000, R | W | DEV, 0, 0x00400000090004c7,
	  "Device-nGnRE: MemAttr 0b0001" },
	{ &axaddrspace_fmt_aarch64, 0x80001000, R | W | X | PAGE, 0, 0x00800000800017ff, "bit 55" },
	{ &axaddrspace_fmt_aarch64, 0x80200000, R | W | X | BLK, 1, 0x01000000802007fd, "bit 56" },
	/* Privileged 1.12 4.4.1 (PPN from bit 10), 8.5.1 (U set): V R W X U A D */
	{ &axaddrspace_fmt_sv39x4, 0x80001000, R | W | X, 0, 0x200004df, "DAUXWRV" },
	{ &axaddrspace_fmt_sv48x4, 0x80200000, R, 1, 0x200800d3, "DAU-R-V" },
	{ &axaddrspace_fmt_sv57x4, 0xc0000000, R | X, 2, 0x300000db, "DAUX-RV" },
	{ &axaddrspace_fmt_sv39x4, 0x10000000, R | W | DEV, 0, 0x040001d7, "RSW 1" },
	{ &axaddrspace_fmt_sv39x4, 0x80001000, R | W | X | PAGE, 0, 0x200006df, "RSW 2" },
	{ &axaddrspace_fmt_sv39x4, 0x80200000, R | W | X | BLK, 1, 0x200803df, "RSW 3" },
	/* SDM Vol. 3 29.3.2 tables 29-3, 29-5, 29-7: memory type WB = 6 in bits 5:3, bit 7 for a leaf */
	{ &axaddrspace_fmt_ept, 0x80001000, R | W | X, 0, 0x80001037, "4 KiB" },
	{ &axaddrspace_fmt_ept, 0x80200000, R | W | X, 1, 0x802000b7, "2 MiB" },
	{ &axaddrspace_fmt_ept, 0xc0000000, R, 2, 0xc00000b1, "1 GiB" },
	{ &axaddrspace_fmt_ept, 0xfee00000, R | W | DEV, 0, 0xfee00003, "UC = 0" },
	{ &axaddrspace_fmt_ept, 0x80001000, R | W | X | PAGE, 0, 0x0010000080001037, "bit 52" },
	{ &axaddrspace_fmt_ept, 0x80200000, R | W | X | BLK, 1, 0x00200000802000b7, "bit 53" },
	/* APM Vol. 2 5.4.1, 15.25.5: P RW US A D, NX in bit 63 */
	{ &axaddrspace_fmt_npt, 0x80001000, R | W | X, 0, 0x80001067, "4 KiB" },
	{ &axaddrspace_fmt_npt, 0x80200000, R | W | X, 1, 0x802000e7, "2 MiB" },
	{ &axaddrspace_fmt_npt, 0xc0000000, R, 2, 0x80000000c00000e5, "1 GiB, NX" },
	{ &axaddrspace_fmt_npt, 0xfee00000, R | W | DEV, 0, 0x80000000fee0007f, "PCD PWT" },
	{ &axaddrspace_fmt_npt, 0x80001000, R | W | X | PAGE, 0, 0x80001267, "bit 9" },
	{ &axaddrspace_fmt_npt, 0x80200000, R | W | X | BLK, 1, 0x802004e7, "bit 10" },
};

static void leaves_have_the_manuals_bits_and_decode_back(void **st)
{
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(leaves); i++) {
		const struct leaf_case *c = &leaves[i];
		uint64_t pte = c->fmt->leaf(hpa(c->addr), c->attr, c->level);
		struct axaddrspace_pte back = c->fmt->decode(pte, c->level);

		if (pte != c->pte) {
			fail_msg("%s, %s: %#llx, not %#llx", c->fmt->name, c->clause,
				 (unsigned long long)pte, (unsigned long long)c->pte);
		}
		assert_int_equal(back.kind, AXADDRSPACE_PTE_LEAF);
		assert_int_equal(back.addr.v, c->addr);
		assert_int_equal(back.attr, c->attr);
	}
}

static void table_entries_have_the_manuals_bits_and_decode_back(void **st)
{
	static const struct {
		const struct axaddrspace_fmt *fmt;
		uint64_t pte;
	} tables[] = {
		{ &axaddrspace_fmt_aarch64, 0x80001003 }, /* D8.3.1: 0b11 */
		{ &axaddrspace_fmt_sv39x4, 0x20000401 },  /* 4.3.1: V, and R W X clear */
		{ &axaddrspace_fmt_ept, 0x80001007 },     /* table 29-2 */
		{ &axaddrspace_fmt_npt, 0x80001027 },     /* 5.4.1: P RW US A */
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(tables); i++) {
		for (uint32_t level = 1; level < 3; level++) {
			struct axaddrspace_pte back = tables[i].fmt->decode(tables[i].pte, level);

			assert_int_equal(back.kind, AXADDRSPACE_PTE_TABLE);
			assert_int_equal(back.addr.v, 0x80001000);
		}
		assert_int_equal(tables[i].fmt->table(hpa(0x80001000)), tables[i].pte);
		assert_int_equal(tables[i].fmt->decode(0, 1).kind, AXADDRSPACE_PTE_NONE);
		assert_int_equal(tables[i].fmt->decode(0x80001ff0 & ~UINT64_C(7), 1).kind,
				 AXADDRSPACE_PTE_NONE);
	}
}

static void arm_root_is_concatenated_up_to_sixteen_tables(void **st)
{
	static const struct {
		uint32_t input_bits, pa_bits, levels, entries, root_bytes;
	} shapes[] = {
		/* DDI 0487 table D8-9: initial level 1 for 31 to 43 bits, level 0 above */
		{ 32, 40, 3, 4, 4096 },    { 36, 36, 3, 64, 4096 },    { 39, 40, 3, 512, 4096 },
		{ 40, 40, 3, 1024, 8192 }, { 42, 42, 3, 4096, 32768 }, { 43, 44, 3, 8192, 65536 },
		{ 44, 44, 4, 32, 4096 },   { 48, 48, 4, 512, 4096 },   { 48, 52, 4, 512, 4096 }
	};
	struct axaddrspace_shape s;

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(shapes); i++) {
		assert_int_equal(axaddrspace_fmt_aarch64.shape(&axaddrspace_fmt_aarch64,
							       shapes[i].input_bits,
							       shapes[i].pa_bits, &s),
				 AX_OK);
		assert_int_equal(s.levels, shapes[i].levels);
		assert_int_equal(s.root_entries, shapes[i].entries);
		assert_int_equal(s.root_bytes, shapes[i].root_bytes);
		assert_int_equal(s.leaf_level, 2);
	}
}

static void sizes_a_format_does_not_have_are_refused(void **st)
{
	static const struct {
		const struct axaddrspace_fmt *fmt;
		uint32_t input_bits, pa_bits;
		ax_err_t err;
	} cases[] = {
		{ &axaddrspace_fmt_aarch64, 31, 40, AX_ENOTSUP },
		{ &axaddrspace_fmt_aarch64, 49, 52, AX_ENOTSUP },
		{ &axaddrspace_fmt_aarch64, 44, 42, AX_ENOTSUP }, /* more than PAMax */
		{ &axaddrspace_fmt_aarch64, 32, 31, AX_ENOTSUP },
		{ &axaddrspace_fmt_sv39x4, 41, 56, AX_OK },
		{ &axaddrspace_fmt_sv39x4, 42, 56, AX_ENOTSUP },
		{ &axaddrspace_fmt_sv48x4, 50, 56, AX_OK },
		{ &axaddrspace_fmt_sv48x4, 51, 56, AX_ENOTSUP },
		{ &axaddrspace_fmt_sv57x4, 59, 56, AX_OK },
		{ &axaddrspace_fmt_sv57x4, 60, 56, AX_ENOTSUP },
		{ &axaddrspace_fmt_ept, 48, 46, AX_OK },
		{ &axaddrspace_fmt_ept, 49, 52, AX_ENOTSUP },
		{ &axaddrspace_fmt_npt, 48, 52, AX_OK },
		{ &axaddrspace_fmt_npt, 12, 52, AX_ENOTSUP },
	};
	struct axaddrspace_shape s;

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		assert_int_equal(cases[i].fmt->shape(cases[i].fmt, cases[i].input_bits,
						     cases[i].pa_bits, &s),
				 cases[i].err);
	}
}

static void risc_v_roots_have_2048_entries(void **st)
{
	struct axaddrspace_shape s;

	(void)st;
	assert_int_equal(axaddrspace_fmt_sv57x4.shape(&axaddrspace_fmt_sv57x4, 40, 44, &s), AX_OK);
	assert_int_equal(s.levels, 5);
	assert_int_equal(s.root_entries, 2048); /* 8.5.1 */
	assert_int_equal(s.root_bytes, 16384);
	assert_int_equal(s.output_bits, 44);
}

static void registers_have_the_manuals_bits(void **st)
{
	static const struct {
		const struct axaddrspace_fmt *fmt;
		struct axaddrspace_regs regs;
		uint64_t root, control;
	} cases[] = {
		/* VTCR_EL2: RES1 31, VS 19, PS 18:16, SH0 3, ORGN0 1, IRGN0 1, SL0 7:6, T0SZ 5:0 */
		{ &axaddrspace_fmt_aarch64,
		  { { 0x40010000 }, 40, 40, 0x1234, 16 },
		  0x1234000040010000,
		  0x800a3558 },
		{ &axaddrspace_fmt_aarch64,
		  { { 0x40010000 }, 48, 52, 0x1234, 8 },
		  0x0034000040010000,
		  0x80053590 },
		{ &axaddrspace_fmt_aarch64,
		  { { 0x40010000 }, 32, 36, 1, 8 },
		  0x0001000040010000,
		  0x80013560 },
		{ &axaddrspace_fmt_aarch64,
		  { { 0x40010000 }, 43, 44, 1, 8 },
		  0x0001000040010000,
		  0x80043555 },
		/* hgatp: MODE 8, 9, 10; 14-bit VMID from bit 44; PPN */
		{ &axaddrspace_fmt_sv39x4,
		  { { 0x80204000 }, 41, 56, 5, 14 },
		  0x8000500000080204,
		  0 },
		{ &axaddrspace_fmt_sv48x4,
		  { { 0x80204000 }, 50, 56, 0x85, 7 },
		  0x9000500000080204,
		  0 },
		{ &axaddrspace_fmt_sv57x4,
		  { { 0x80204000 }, 59, 56, 5, 0 },
		  0xa000000000080204,
		  0 },
		/* EPTP: WB 6 in 2:0, walk length - 1 in 5:3 */
		{ &axaddrspace_fmt_ept, { { 0x1234000 }, 48, 46, 7, 16 }, 0x123401e, 7 },
		{ &axaddrspace_fmt_npt, { { 0x1234000 }, 48, 46, 7, 16 }, 0x1234000, 7 },
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		const struct axaddrspace_fmt *fmt = cases[i].fmt;

		assert_int_equal(fmt->root(fmt, &cases[i].regs), cases[i].root);
		assert_int_equal(fmt->control(fmt, &cases[i].regs), cases[i].control);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_have_the_manuals_bits_and_decode_back),
		cmocka_unit_test(table_entries_have_the_manuals_bits_and_decode_back),
		cmocka_unit_test(arm_root_is_concatenated_up_to_sixteen_tables),
		cmocka_unit_test(sizes_a_format_does_not_have_are_refused),
		cmocka_unit_test(risc_v_roots_have_2048_entries),
		cmocka_unit_test(registers_have_the_manuals_bits),
	};

	return cmocka_run_group_tests_name("axaddrspace_fmt", tests, NULL, NULL);
}

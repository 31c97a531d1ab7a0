/* SPDX-License-Identifier: Apache-2.0 */
/* ISA strings of device trees, read and written. */
#include <axtest/axtest.h>
#include <string.h>
#include <vcpu_riscv64/vcpu.h>

#define X   VCPU_RISCV64_EXT
#define FD  (X(F) | X(D))
#define ALL (X(EXT_COUNT) - 1)

static const struct {
	const char *isa;
	uint64_t exts;
	bool h;
} good[] = {
	{ "rv64imac", X(ZICNTR), false },
	/* QEMU 7.2, its virt machine with h=true */
	{ "rv64imafdch_zicsr_zifencei_zihintpause_zba_zbb_zbc_zbs_sstc",
	  X(ZICNTR) | FD | X(ZIHINTPAUSE) | X(ZBA) | X(ZBB) | X(ZBC) | X(ZBS) | X(SSTC), true },
	{ "rv64gc", X(ZICNTR) | FD, false },
	{ "rv64gcvh", X(ZICNTR) | FD | X(V), true },
	{ "rv64imafc", X(ZICNTR) | X(F), false },
	{ "rv64imadc", X(ZICNTR) | FD, false },
	{ "rv64imacv", X(ZICNTR) | FD | X(V), false },
	{ "rv64imacb", X(ZICNTR) | X(ZBA) | X(ZBB) | X(ZBS), false },
	{ "rv64imacp", X(ZICNTR), false }, /* the extension P, not a version */
	{ "rv64i2p0m2a2p1f2p2d2c2p0_zicsr2p0_zba1p0_sstc1", X(ZICNTR) | FD | X(ZBA) | X(SSTC),
	  false },
	{ "rv64i20p1m2ac_zbb10p21", X(ZICNTR) | X(ZBB), false },
	{ "RV64IMAFDC_Zicbom_ZICBOZ", X(ZICNTR) | FD | X(ZICBOM) | X(ZICBOZ), false },
	{ "rv64imaczba_zbb", X(ZICNTR) | X(ZBA) | X(ZBB), false },
	{ "rv64imafdcsuh", X(ZICNTR) | FD, true }, /* QEMU up to 7.0 */
	{ "rv64imac_svinval_svnapot_svpbmt", X(ZICNTR) | X(SVINVAL) | X(SVNAPOT) | X(SVPBMT),
	  false },
	{ "rv64imacsstc", X(ZICNTR) | X(SSTC), false },
	{ "rv64imac_zicntr_zihintpause", X(ZICNTR) | X(ZIHINTPAUSE), false },
	{ "rv64i_m_a_c", X(ZICNTR), false },
	/* names that are not ours, or only begin or end like ours */
	{ "rv64imac_zve32x_zvl128b_zic64b_zbkb_zbax_zb_sst_sstcx_smstateen_xventanacondops",
	  X(ZICNTR), false },
	{ "rv64imac_supm_sha_shcounterenw_ssu", X(ZICNTR), false },
	{ "rv64imac_suvh", X(ZICNTR), false }, /* not the modes: a name */
	{ "rv64imac_h", X(ZICNTR), true },
	{ "rv64imac_zh_xh", X(ZICNTR), false },
	{ "rv64imac__", X(ZICNTR), false },
	{ "rv64imac_zba1p", X(ZICNTR), false },
	{ "rv64imac_z1p2_z_s_x12", X(ZICNTR), false },
};

static void strings_of_device_trees_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(good); i++) {
		uint64_t exts = ALL;
		bool h = !good[i].h;

		if (!vcpu_riscv64_isa_parse(good[i].isa, &exts, &h) || exts != good[i].exts ||
		    h != good[i].h) {
			fail_msg("%s: 0x%llx, h %d", good[i].isa, (unsigned long long)exts, h);
		}
	}
}

static void what_is_not_rv64_with_imac_is_refused_and_nothing_written(void **state)
{
	static const char *const bad[] = {
		"",         "rv",          "rv64",    "rv32imac",   "rv128imac",
		"xv64imac", "rv64mac",     "rv64iac", "rv64imc",    "rv64ima",
		"rv64g",    "rv64ima_zca", "imac",    "rv64i_zmac",
	};

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		uint64_t exts = 0x1234;
		bool h = true;

		if (vcpu_riscv64_isa_parse(bad[i], &exts, &h)) {
			fail_msg("\"%s\" accepted", bad[i]);
		}
		assert_int_equal(exts, 0x1234);
		assert_true(h);
	}
}

/* The list with bars for its zeros. */
static const struct {
	uint64_t exts;
	const char *isa;
	const char *list;
} written[] = {
	{ 0, "rv64imac_zicsr_zifencei", "i|m|a|c|zicsr|zifencei|" },
	{ FD | X(ZICNTR) | X(SSTC), "rv64imafdc_zicntr_zicsr_zifencei_sstc",
	  "i|m|a|f|d|c|zicntr|zicsr|zifencei|sstc|" },
	{ ALL,
	  "rv64imafdcv_zicbom_zicboz_zicntr_zicsr_zifencei_zihintpause_zba_zbb_zbc_zbs_sstc_"
	  "svinval_"
	  "svnapot_svpbmt",
	  "i|m|a|f|d|c|v|zicbom|zicboz|zicntr|zicsr|zifencei|zihintpause|zba|zbb|zbc|zbs|sstc|"
	  "svinval|"
	  "svnapot|svpbmt|" },
	{ ~ALL, "rv64imac_zicsr_zifencei", "i|m|a|c|zicsr|zifencei|" },
};

static void strings_are_written_in_canonical_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(written); i++) {
		char isa[256];
		char list[256];
		size_t len = 0;

		memset(isa, 0x5a, sizeof(isa));
		memset(list, 0x5a, sizeof(list));
		assert_int_equal(vcpu_riscv64_isa_write(written[i].exts, isa, sizeof(isa), list,
							sizeof(list), &len),
				 AX_OK);
		assert_string_equal(isa, written[i].isa);
		assert_int_equal(len, strlen(written[i].list));
		assert_int_equal(list[len], 0x5a);
		for (size_t n = 0; n < len; n++) {
			list[n] = list[n] == '\0' ? '|' : list[n];
		}
		assert_memory_equal(list, written[i].list, len);
	}
}

static void room_is_checked_to_the_byte_and_nothing_half_written(void **state)
{
	static const size_t isa_size = sizeof("rv64imac_zicsr_zifencei");
	static const size_t list_size = sizeof("i|m|a|c|zicsr|zifencei|") - 1;

	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		size_t isa_cap = isa_size - (n & 1);
		size_t list_cap = list_size - (n >> 1);
		char isa[64] = "unchanged";
		char list[64] = "unchanged";
		size_t len = 77;
		ax_err_t err = vcpu_riscv64_isa_write(0, isa, isa_cap, list, list_cap, &len);

		assert_int_equal(err, n == 0 ? AX_OK : AX_ENOSPC);
		if (err != AX_OK) {
			assert_string_equal(isa, "unchanged");
			assert_string_equal(list, "unchanged");
			assert_int_equal(len, 77);
		}
	}
	assert_int_equal(vcpu_riscv64_isa_write(0, NULL, 0, NULL, 0, &(size_t){ 0 }), AX_ENOSPC);
}

static void what_is_written_is_read_again_without_h(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (unsigned n = 0; n < 1000; n++) {
		uint64_t exts = (axtest_random(&seed) & ALL) | X(ZICNTR);
		uint64_t back = 0;
		bool h = true;
		char isa[256];
		char list[256];
		size_t len;

		exts |= (exts & X(V)) != 0 ? X(D) : 0;
		exts |= (exts & X(D)) != 0 ? X(F) : 0;
		assert_int_equal(vcpu_riscv64_isa_write(exts, isa, sizeof(isa), list, sizeof(list),
							&len),
				 AX_OK);
		assert_true(vcpu_riscv64_isa_parse(isa, &back, &h));
		assert_int_equal(back, exts);
		assert_false(h);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_of_device_trees_are_understood),
		cmocka_unit_test(what_is_not_rv64_with_imac_is_refused_and_nothing_written),
		cmocka_unit_test(strings_are_written_in_canonical_order),
		cmocka_unit_test(room_is_checked_to_the_byte_and_nothing_half_written),
		cmocka_unit_test(what_is_written_is_read_again_without_h),
	};

	return cmocka_run_group_tests_name("isa", tests, NULL, NULL);
}

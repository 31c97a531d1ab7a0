/* SPDX-License-Identifier: Apache-2.0 */
#include <axtest/axtest.h>
#include <axloader/loader.h>
#include <string.h>

#define MIB  (UINT64_C(1) << 20)
#define AUTO AXLOADER_AUTO

static struct axloader_diag diag;

struct place_case {
	const char *name;
	enum axloader_kind kind;
	uint64_t mem_size;
	uint64_t load_offset; /* ELF: its base */
	uint64_t initrd_size;
	uint64_t dtb_size;
	uint64_t ram_base;
	uint64_t ram_size;
	struct axloader_wish wish;
	ax_err_t err;
	const char *text;                    /* in the diagnostic */
	uint64_t kernel, entry, initrd, dtb; /* 0: not looked at */
};

#define ALL_AUTO                       \
	{                              \
		AUTO, AUTO, AUTO, AUTO \
	}
#define ARM64 AXLOADER_ARM64_IMAGE
#define RISCV AXLOADER_RISCV_IMAGE

static const struct place_case cases[] = {
	{ .name = "arm64: lowest 2 MiB, dtb behind, initrd behind that",
	  .kind = ARM64,
	  .mem_size = 20 * MIB + 100,
	  .initrd_size = 5 * MIB,
	  .dtb_size = 5000,
	  .ram_base = 0x40000000,
	  .ram_size = 64 * MIB,
	  .wish = ALL_AUTO,
	  .kernel = 0x40000000,
	  .entry = 0x40000000,
	  .dtb = 0x41400068,
	  .initrd = 0x41402000 },
	{ .name = "arm64: base is rounded up, text_offset added",
	  .kind = ARM64,
	  .mem_size = 20 * MIB,
	  .load_offset = 0x80000,
	  .dtb_size = 4096,
	  .ram_base = 0x40001000,
	  .ram_size = 64 * MIB,
	  .wish = ALL_AUTO,
	  .kernel = 0x40280000,
	  .entry = 0x40280000,
	  .dtb = 0x41680000 },
	{ .name = "dtb does not cross a 2 MiB boundary",
	  .kind = ARM64,
	  .mem_size = 2 * MIB - 4096,
	  .dtb_size = 8192,
	  .initrd_size = 1,
	  .ram_base = 0x40000000,
	  .ram_size = 64 * MIB,
	  .wish = ALL_AUTO,
	  .kernel = 0x40000000,
	  .dtb = 0x40200000,
	  .initrd = 0x401ff000 },
	{ .name = "dtb larger than 2 MiB has to cross",
	  .kind = ARM64,
	  .mem_size = 2 * MIB - 4096,
	  .dtb_size = 3 * MIB,
	  .ram_base = 0x40000000,
	  .ram_size = 64 * MIB,
	  .wish = ALL_AUTO,
	  .dtb = 0x401ff000 },
	{ .name = "riscv: text_offset above the base",
	  .kind = RISCV,
	  .mem_size = 20 * MIB,
	  .load_offset = 0x200000,
	  .dtb_size = 4096,
	  .ram_base = 0x80000000,
	  .ram_size = 64 * MIB,
	  .wish = ALL_AUTO,
	  .kernel = 0x80200000,
	  .dtb = 0x81600000 },
	{ .name = "riscv: all of the kernel's last 2 MiB is its own",
	  .kind = RISCV,
	  .mem_size = 20 * MIB + 4096,
	  .load_offset = 0x200000,
	  .dtb_size = 4096,
	  .initrd_size = MIB,
	  .ram_base = 0x80000000,
	  .ram_size = 64 * MIB,
	  .wish = ALL_AUTO,
	  .kernel = 0x80200000,
	  .dtb = 0x81800000,
	  .initrd = 0x81801000 },
	{ .name = "raw: the unknown bss has half of the free room",
	  .kind = AXLOADER_RAW,
	  .mem_size = MIB,
	  .dtb_size = 4096,
	  .initrd_size = MIB,
	  .ram_base = 0x40000000,
	  .ram_size = 33 * MIB,
	  .wish = ALL_AUTO,
	  .kernel = 0x40000000,
	  .dtb = 0x41100000,
	  .initrd = 0x41101000 },
	{ .name = "raw: an initrd too large for the upper half goes lower",
	  .kind = AXLOADER_RAW,
	  .mem_size = MIB,
	  .dtb_size = 4096,
	  .initrd_size = 14 * MIB,
	  .ram_base = 0x40000000,
	  .ram_size = 17 * MIB,
	  .wish = { AUTO, AUTO, AUTO, 0x40f00000 },
	  .kernel = 0x40000000,
	  .initrd = 0x40100000 },
	{ .name = "elf: where it is linked to",
	  .kind = AXLOADER_ELF64,
	  .mem_size = MIB,
	  .load_offset = 0x40100000,
	  .dtb_size = 4096,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = ALL_AUTO,
	  .kernel = 0x40100000,
	  .entry = 0x40100040,
	  .dtb = 0x40200000 },
	{ .name = "elf: linked outside RAM",
	  .kind = AXLOADER_ELF64,
	  .mem_size = MIB,
	  .load_offset = 0x80000000,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = ALL_AUTO,
	  .err = AX_ETOOBIG,
	  .text = "kernel: 1048576 bytes at 0x80000000 are not in RAM" },
	{ .name = "elf: moved by a wish, entry with it",
	  .kind = AXLOADER_ELF64,
	  .mem_size = MIB,
	  .load_offset = 0x80000000,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = { 0x40000000, AUTO, AUTO, AUTO },
	  .kernel = 0x40000000,
	  .entry = 0x40000040 },
	{ .name = "all four wishes hold",
	  .kind = ARM64,
	  .mem_size = MIB,
	  .initrd_size = 100,
	  .dtb_size = 100,
	  .ram_base = 0x40000000,
	  .ram_size = 64 * MIB,
	  .wish = { 0x40400000, 0x40400100, 0x40300001, 0x40200008 },
	  .kernel = 0x40400000,
	  .entry = 0x40400100,
	  .initrd = 0x40300001,
	  .dtb = 0x40200008 },
	{ .name = "the kernel goes above a dtb that was put at the base",
	  .kind = ARM64,
	  .mem_size = MIB,
	  .load_offset = 0x80000,
	  .dtb_size = 0x90000,
	  .initrd_size = 4096,
	  .ram_base = 0x40000000,
	  .ram_size = 64 * MIB,
	  .wish = { AUTO, AUTO, AUTO, 0x40000000 },
	  .kernel = 0x40280000,
	  .dtb = 0x40000000,
	  .initrd = 0x40380000 },
	{ .name = "the kernel shares the first 2 MiB with a dtb below its text_offset",
	  .kind = ARM64,
	  .mem_size = MIB,
	  .load_offset = 0x80000,
	  .dtb_size = 0x80000,
	  .ram_base = 0x40000000,
	  .ram_size = 64 * MIB,
	  .wish = { AUTO, AUTO, AUTO, 0x40000000 },
	  .kernel = 0x40080000,
	  .dtb = 0x40000000 },
	{ .name = "with no room above, parts go below the kernel",
	  .kind = ARM64,
	  .mem_size = 2 * MIB,
	  .dtb_size = 4096,
	  .initrd_size = 4096,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = { 0x40600000, AUTO, AUTO, AUTO },
	  .kernel = 0x40600000,
	  .dtb = 0x40000000,
	  .initrd = 0x40001000 },
	{ .name = "kernel larger than RAM",
	  .kind = ARM64,
	  .mem_size = 65 * MIB,
	  .ram_base = 0x40000000,
	  .ram_size = 64 * MIB,
	  .wish = ALL_AUTO,
	  .err = AX_ETOOBIG,
	  .text = "kernel: no room for 68157440 bytes in RAM 0x40000000-0x43ffffff" },
	{ .name = "initrd larger than what is left",
	  .kind = ARM64,
	  .mem_size = 2 * MIB,
	  .initrd_size = 7 * MIB,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = ALL_AUTO,
	  .err = AX_ETOOBIG,
	  .text = "initrd: no room for 7340032 bytes" },
	{ .name = "no room for the dtb",
	  .kind = ARM64,
	  .mem_size = 8 * MIB,
	  .dtb_size = 8,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = ALL_AUTO,
	  .err = AX_ETOOBIG,
	  .text = "dtb: no room for 8 bytes" },
	{ .name = "dtb and kernel overlap",
	  .kind = ARM64,
	  .mem_size = 4 * MIB,
	  .dtb_size = 4096,
	  .ram_base = 0x40000000,
	  .ram_size = 64 * MIB,
	  .wish = { 0x40200000, AUTO, AUTO, 0x40300000 },
	  .err = AX_ETOOBIG,
	  .text = "dtb: 4096 bytes at 0x40300000 overlap the kernel, 4194304 at 0x40200000" },
	{ .name = "initrd wish outside RAM",
	  .kind = ARM64,
	  .mem_size = MIB,
	  .initrd_size = 4096,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = { AUTO, AUTO, 0x40800000 - 4095, AUTO },
	  .err = AX_ETOOBIG,
	  .text = "initrd: 4096 bytes at 0x407ff001 are not in RAM" },
	{ .name = "initrd of a size that would wrap",
	  .kind = ARM64,
	  .mem_size = MIB,
	  .initrd_size = UINT64_MAX,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = ALL_AUTO,
	  .err = AX_ETOOBIG,
	  .text = "initrd: no room" },
	{ .name = "load_offset that would wrap",
	  .kind = RISCV,
	  .mem_size = MIB,
	  .load_offset = UINT64_MAX - 5,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = ALL_AUTO,
	  .err = AX_ETOOBIG,
	  .text = "kernel: no room" },
	{ .name = "mem_size of the whole address space",
	  .kind = ARM64,
	  .mem_size = UINT64_MAX,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = ALL_AUTO,
	  .err = AX_ETOOBIG,
	  .text = "kernel: no room" },
	{ .name = "RAM up to the last byte",
	  .kind = ARM64,
	  .mem_size = 2 * MIB,
	  .dtb_size = 8,
	  .ram_base = UINT64_MAX - 2 * MIB + 1,
	  .ram_size = 2 * MIB,
	  .wish = ALL_AUTO,
	  .err = AX_ETOOBIG,
	  .text = "dtb: no room" },
	{ .name = "RAM that cannot be rounded up to",
	  .kind = ARM64,
	  .mem_size = 1,
	  .ram_base = UINT64_MAX - MIB,
	  .ram_size = MIB,
	  .wish = ALL_AUTO,
	  .err = AX_ETOOBIG,
	  .text = "kernel: no room" },
	{ .name = "arm64 wish off its alignment",
	  .kind = ARM64,
	  .mem_size = MIB,
	  .load_offset = 0x80000,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = { 0x40000000, AUTO, AUTO, AUTO },
	  .err = AX_EINVAL,
	  .text = "kernel: 0x40000000 is not a multiple of 2 MiB plus 0x80000" },
	{ .name = "dtb wish off its alignment",
	  .kind = ARM64,
	  .mem_size = MIB,
	  .dtb_size = 4096,
	  .ram_base = 0x40000000,
	  .ram_size = 8 * MIB,
	  .wish = { AUTO, AUTO, AUTO, 0x40400004 },
	  .err = AX_EINVAL,
	  .text = "dtb: 0x40400004 is not a multiple of 8" },
	{ .name = "no RAM",
	  .kind = ARM64,
	  .mem_size = MIB,
	  .ram_base = 0x40000000,
	  .wish = ALL_AUTO,
	  .err = AX_EINVAL,
	  .text = "is no region" },
	{ .name = "RAM that wraps",
	  .kind = ARM64,
	  .mem_size = MIB,
	  .ram_base = UINT64_MAX,
	  .ram_size = 2,
	  .wish = ALL_AUTO,
	  .err = AX_EINVAL,
	  .text = "is no region" },
};

static struct axloader_image image_of(const struct place_case *c)
{
	bool elf = c->kind == AXLOADER_ELF64;

	return (struct axloader_image){
		.kind = c->kind,
		.mem_size = c->mem_size,
		.load_offset = elf ? 0 : c->load_offset,
		.elf_base = elf ? c->load_offset : 0,
		.entry_offset = elf ? 0x40 : 0,
	};
}

static void check(const struct place_case *c, const char *what, uint64_t got, uint64_t want)
{
	if (want != 0 && got != want) {
		fail_msg("%s: %s at 0x%llx, not 0x%llx", c->name, what, (unsigned long long)got,
			 (unsigned long long)want);
	}
}

static void parts_go_where_the_boot_protocol_has_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		const struct place_case *c = &cases[i];
		struct axloader_image image = image_of(c);
		struct axloader_window ram = { gpa(c->ram_base), c->ram_size };
		struct axloader_layout got = { 0 };
		ax_err_t err = axloader_place(&image, c->initrd_size, c->dtb_size, &ram, &c->wish,
					      &got, &diag);

		if (err != c->err || (err != AX_OK && strstr(diag.text, c->text) == NULL)) {
			fail_msg("%s: %s, \"%s\"", c->name, ax_err_name(err), diag.text);
		}
		check(c, "kernel", got.kernel.v, c->kernel);
		check(c, "entry", got.entry.v, c->entry);
		check(c, "initrd", got.initrd.v, c->initrd);
		check(c, "dtb", got.dtb.v, c->dtb);
	}
}

static bool apart(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a + a_size <= b || b + b_size <= a;
}

static void random_layouts_never_overlap_or_leave_the_region(void **state)
{
	uint64_t seed = 7;
	unsigned placed = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t base = 0x40000000 + (axtest_random(&seed) % 4096) * 4096;
		struct axloader_window ram = { gpa(base), axtest_random(&seed) % (32 * MIB) + 1 };
		struct axloader_image image = {
			.kind = (enum axloader_kind)(axtest_random(&seed) % 3),
			.mem_size = axtest_random(&seed) % (8 * MIB),
			.load_offset = axtest_random(&seed) % 2 * 0x80000,
		};
		uint64_t initrd = axtest_random(&seed) % (8 * MIB) + 1;
		uint64_t dtb = axtest_random(&seed) % 100000 + 1;
		struct axloader_wish wish = ALL_AUTO;
		struct axloader_layout l;

		if (axtest_random(&seed) % 4 == 0) {
			wish.initrd = base + axtest_random(&seed) % ram.size;
		}
		if (axloader_place(&image, initrd, dtb, &ram, &wish, &l, &diag) != AX_OK) {
			continue;
		}
		placed++;
		uint64_t end = base + ram.size;

		assert_true(l.kernel.v >= base && l.kernel.v + image.mem_size <= end);
		assert_true(l.initrd.v >= base && l.initrd.v + initrd <= end);
		assert_true(l.dtb.v >= base && l.dtb.v + dtb <= end);
		assert_true(apart(l.kernel.v, image.mem_size, l.initrd.v, initrd));
		assert_true(apart(l.kernel.v, image.mem_size, l.dtb.v, dtb));
		assert_true(apart(l.initrd.v, initrd, l.dtb.v, dtb));
		assert_int_equal(l.dtb.v / (2 * MIB), (l.dtb.v + dtb - 1) / (2 * MIB));
		assert_int_equal(l.dtb.v % 8, 0);
		if (image.kind != AXLOADER_RAW) {
			assert_int_equal((l.kernel.v - image.load_offset) % (2 * MIB), 0);
		}
	}
	assert_true(placed > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_go_where_the_boot_protocol_has_them),
		cmocka_unit_test(random_layouts_never_overlap_or_leave_the_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include <stdlib.h>
#include <string.h>

static struct axloader_diag diag;

static ax_err_t probe(const struct fixture *in, struct axloader_image *image)
{
	return axloader_probe(rig_loader(), in->bytes, in->size, image, &diag);
}

static void linux_headers_give_offset_and_room(void **state)
{
	struct axloader_image i;

	(void)state;
	assert_int_equal(probe(&fx_arm64_image, &i), AX_OK);
	assert_int_equal(i.kind, AXLOADER_ARM64_IMAGE);
	assert_int_equal(i.load_offset, 0x80000);
	assert_int_equal(i.mem_size, 8192); /* image_size, bss included */
	assert_int_equal(i.file_size, 3000);
	assert_false(i.gzip);
	assert_int_equal(probe(&fx_riscv_image, &i), AX_OK);
	assert_int_equal(i.kind, AXLOADER_RISCV_IMAGE);
	assert_int_equal(i.load_offset, 0x200000);
	assert_int_equal(i.mem_size, 6000);
	/* booting.rst: image_size 0 means a text_offset of 0x80000 and an unknown bss. */
	assert_int_equal(probe(&fx_arm64_old, &i), AX_OK);
	assert_int_equal(i.load_offset, 0x80000);
	assert_int_equal(i.mem_size, 16 << 20);
}

static void unknown_bytes_are_raw(void **state)
{
	static const uint8_t none[1];
	struct axloader_image i;

	(void)state;
	assert_int_equal(probe(&fx_text, &i), AX_OK);
	assert_int_equal(i.kind, AXLOADER_RAW);
	assert_int_equal(i.mem_size, fx_text.size);
	assert_int_equal(axloader_probe(rig_loader(), none, 0, &i, &diag), AX_OK);
	assert_int_equal(i.kind, AXLOADER_RAW);
	assert_int_equal(i.mem_size, 0);
	/* Too short for the header that its first bytes begin. */
	assert_int_equal(axloader_probe(rig_loader(), fx_arm64_image.bytes, 63, &i, &diag), AX_OK);
	assert_int_equal(i.kind, AXLOADER_RAW);
	axloader_raw(fx_gz_fixed.bytes, fx_gz_fixed.size, &i);
	assert_false(i.gzip);
	assert_int_equal(i.file_size, fx_gz_fixed.size);
}

static void elf_segments_are_placed_by_physical_address(void **state)
{
	struct axloader_image i;

	(void)state;
	assert_int_equal(probe(&fx_elf_arm64, &i), AX_OK);
	assert_int_equal(i.kind, AXLOADER_ELF64);
	assert_int_equal(i.elf_base, 0x80000000);
	assert_int_equal(i.mem_size, 0x3000 + 5000);
	assert_int_equal(i.entry_offset, 0x40); /* from a virtual e_entry */
	assert_int_equal(i.segment_count, 2);
	assert_int_equal(i.segments[0].mem_offset, 0x3000);
	assert_int_equal(i.segments[0].file_size, 300);
	assert_int_equal(probe(&fx_elf_x86, &i), AX_OK);
	assert_int_equal(i.entry_offset, 0x10); /* from a physical one */
}

static void gzip_is_named_by_what_is_inside(void **state)
{
	struct axloader_image i;

	(void)state;
	assert_int_equal(probe(&fx_gz_image, &i), AX_OK);
	assert_true(i.gzip);
	assert_int_equal(i.kind, AXLOADER_ARM64_IMAGE);
	assert_int_equal(i.file_size, fx_arm64_image.size);
	assert_int_equal(i.mem_size, 8192);
	assert_int_equal(probe(&fx_gz_elf, &i), AX_OK);
	assert_int_equal(i.kind, AXLOADER_ELF64);
	assert_int_equal(i.segment_count, 2);
	/* Program headers past the first look, but within the window. */
	assert_int_equal(probe(&fx_gz_elf_far, &i), AX_OK);
	assert_int_equal(i.segment_count, 1);
	assert_int_equal(probe(&fx_gz_elf_too_far, &i), AX_EFORMAT);
	assert_diag(&diag, "gzip: ELF: program headers are not near");
	assert_int_equal(probe(&fx_gz_named, &i), AX_OK);
	assert_int_equal(i.kind, AXLOADER_RAW);
	assert_int_equal(probe(&fx_gz_empty, &i), AX_OK);
	assert_int_equal(i.mem_size, 0);
}

static void efi_zboot_is_opened(void **state)
{
	uint8_t copy[4096];
	struct axloader_image i;

	(void)state;
	assert_int_equal(probe(&fx_zboot, &i), AX_OK);
	assert_true(i.gzip);
	assert_int_equal(i.kind, AXLOADER_ARM64_IMAGE);
	assert_ptr_equal(i.data, fx_zboot.bytes + 512);
	assert_int_equal(i.size, fx_gz_image.size);
	assert_int_equal(probe(&fx_zboot_zstd, &i), AX_ENOTSUP);
	assert_diag(&diag, "compressed with zstd22");
	assert_int_equal(probe(&fx_zboot_raw, &i), AX_EFORMAT);
	assert_diag(&diag, "payload is not gzip");
	assert_true(fx_zboot.size < sizeof(copy));
	memcpy(copy, fx_zboot.bytes, fx_zboot.size);
	copy[11] = 0xff; /* payload offset */
	assert_int_equal(axloader_probe(rig_loader(), copy, fx_zboot.size, &i, &diag), AX_EFORMAT);
	assert_diag(&diag, "payload past the end");
	copy[11] = 0;
	copy[15] = 0xff; /* payload size */
	assert_int_equal(axloader_probe(rig_loader(), copy, fx_zboot.size, &i, &diag), AX_EFORMAT);
	assert_diag(&diag, "payload past the end");
}

static void broken_elf_is_refused_by_name(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *text;
	} damage[] = {
		{ 4, 1, "64-bit" },
		{ 5, 2, "little-endian" },
		{ 16, 1, "executable" },
		{ 18, 40, "machine" },
		{ 54, 32, "program headers" }, /* e_phentsize */
		{ 56, 0, "program headers" },  /* e_phnum */
		{ 56, 255, "past the end" },
		{ 38, 1, "past the end" },                             /* e_phoff */
		{ 64 + 32 + 4, 1, "program header 0 has more bytes" }, /* p_filesz */
		{ 64 + 8 + 4, 1, "program header 0 lies past" },       /* p_offset */
		{ 24 + 1, 0x77, "entry" },
	};
	uint8_t copy[2048];
	struct axloader_image i;

	(void)state;
	for (size_t d = 0; d < AX_ARRAY_SIZE(damage); d++) {
		memcpy(copy, fx_elf_arm64.bytes, fx_elf_arm64.size);
		copy[damage[d].at] = damage[d].value;
		assert_int_equal(axloader_probe(rig_loader(), copy, fx_elf_arm64.size, &i, &diag),
				 AX_EFORMAT);
		assert_diag(&diag, damage[d].text);
	}
	assert_int_equal(axloader_probe(rig_loader(), fx_elf_arm64.bytes, 63, &i, &diag),
			 AX_EFORMAT);
	assert_diag(&diag, "header is cut");
	assert_int_equal(probe(&fx_elf_many, &i), AX_EFORMAT);
	assert_diag(&diag, "program header 16 is one too many");
}

static void elf_ranges_must_not_wrap(void **state)
{
	uint8_t copy[2048];
	struct axloader_image i;
	size_t phdr0 = 64;
	size_t phdr2 = 64 + 2 * 56;

	(void)state;
	memcpy(copy, fx_elf_arm64.bytes, fx_elf_arm64.size);
	memset(copy + phdr0 + 24, 0xff, 8); /* p_paddr */
	assert_int_equal(axloader_probe(rig_loader(), copy, fx_elf_arm64.size, &i, &diag),
			 AX_EFORMAT);
	assert_diag(&diag, "wraps");
	/* Two segments that span the whole address space: a size that is no wrapped 0. */
	memcpy(copy, fx_elf_arm64.bytes, fx_elf_arm64.size);
	memset(copy + phdr2 + 24, 0, 8);
	memset(copy + phdr0 + 24, 0xff, 8);
	copy[phdr0 + 24] = 0x78;
	copy[phdr0 + 25] = 0xec; /* 5000 bytes up to the very end */
	assert_int_equal(axloader_probe(rig_loader(), copy, fx_elf_arm64.size, &i, &diag), AX_OK);
	assert_int_equal(i.mem_size, UINT64_MAX);
	/* Nothing but empty segments. */
	memcpy(copy, fx_elf_arm64.bytes, fx_elf_arm64.size);
	copy[phdr0] = 0;
	copy[phdr2] = 4;
	assert_int_equal(axloader_probe(rig_loader(), copy, fx_elf_arm64.size, &i, &diag),
			 AX_EFORMAT);
	assert_diag(&diag, "nothing to load");
}

static void broken_gzip_header_is_refused_by_name(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *text;
	} damage[] = {
		{ 2, 7, "unknown method" },
		{ 3, 0x20, "unknown method or flag" },
	};
	uint8_t copy[8192];
	struct axloader_image i;

	(void)state;
	assert_true(fx_gz_stored.size < sizeof(copy));
	for (size_t d = 0; d < AX_ARRAY_SIZE(damage); d++) {
		memcpy(copy, fx_gz_stored.bytes, fx_gz_stored.size);
		copy[damage[d].at] = damage[d].value;
		assert_int_equal(axloader_probe(rig_loader(), copy, fx_gz_stored.size, &i, &diag),
				 AX_EFORMAT);
		assert_diag(&diag, damage[d].text);
	}
	assert_int_equal(axloader_probe(rig_loader(), copy, 17, &i, &diag), AX_EFORMAT);
	assert_diag(&diag, "shorter");
	assert_int_equal(probe(&fx_gz_named_bad_crc, &i), AX_EFORMAT);
	assert_diag(&diag, "damaged header");
	/* A length that no stream of this size can have. */
	memcpy(copy, fx_gz_stored.bytes, fx_gz_stored.size);
	copy[fx_gz_stored.size - 1] = 0x7f;
	assert_int_equal(axloader_probe(rig_loader(), copy, fx_gz_stored.size, &i, &diag),
			 AX_EFORMAT);
	assert_diag(&diag, "cannot inflate to");
}

/* Heap copies: a read past the end is the sanitizer's. */
static void cut_images_are_survived(void **state)
{
	static const struct fixture *const in[] = { &fx_elf_arm64, &fx_gz_elf, &fx_gz_named,
						    &fx_arm64_image };

	(void)state;
	for (size_t f = 0; f < AX_ARRAY_SIZE(in); f++) {
		for (size_t len = 0; len < in[f]->size; len++) {
			struct axloader_image i;
			uint8_t *copy = malloc(len == 0 ? 1 : len);

			assert_non_null(copy);
			memcpy(copy, in[f]->bytes, len);
			if (axloader_probe(rig_loader(), copy, len, &i, &diag) == AX_OK) {
				assert_int_equal(i.size, len);
			}
			free(copy);
		}
	}
}

static void kinds_have_names(void **state)
{
	(void)state;
	assert_string_equal(axloader_kind_name(AXLOADER_RAW), "raw image");
	assert_string_equal(axloader_kind_name(AXLOADER_ARM64_IMAGE), "arm64 Image");
	assert_string_equal(axloader_kind_name(AXLOADER_RISCV_IMAGE), "riscv Image");
	assert_string_equal(axloader_kind_name(AXLOADER_ELF64), "ELF");
	assert_string_equal(axloader_kind_name((enum axloader_kind)99), "unknown image");
}

static void probe_without_scratch_is_a_bug(void **state)
{
	struct axloader_image i;

	(void)state;
	AXTEST_EXPECT_PANIC((void)!axloader_probe(NULL, fx_text.bytes, 1, &i, &diag));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_headers_give_offset_and_room),
		cmocka_unit_test(unknown_bytes_are_raw),
		cmocka_unit_test(elf_segments_are_placed_by_physical_address),
		cmocka_unit_test(gzip_is_named_by_what_is_inside),
		cmocka_unit_test(efi_zboot_is_opened),
		cmocka_unit_test(broken_elf_is_refused_by_name),
		cmocka_unit_test(elf_ranges_must_not_wrap),
		cmocka_unit_test(broken_gzip_header_is_refused_by_name),
		cmocka_unit_test(cut_images_are_survived),
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(probe_without_scratch_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

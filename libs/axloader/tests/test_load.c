/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include <string.h>

static struct rig rig;
static struct rig other;

static ax_err_t probe(const uint8_t *bytes, size_t size, struct axloader_image *image)
{
	return axloader_probe(rig_loader(), bytes, size, image, &rig.diag);
}

static void load_whole(const struct fixture *in, uint64_t at, size_t budget)
{
	struct axloader_image image;

	rig_reset(&rig);
	assert_int_equal(probe(in->bytes, in->size, &image), AX_OK);
	assert_int_equal(rig_load(&rig, &image, at, budget), AX_OK);
	assert_guards(&rig);
}

static void every_block_type_inflates_to_its_content(void **state)
{
	static const struct {
		const struct fixture *in;
		const struct fixture *out;
	} cases[] = {
		{ &fx_gz_stored, &fx_text },   { &fx_gz_fixed, &fx_text },
		{ &fx_gz_dynamic, &fx_text },  { &fx_gz_huffman_only, &fx_text },
		{ &fx_gz_skewed, &fx_skewed }, { &fx_gz_wide, &fx_wide },
		{ &fx_gz_far, &fx_far },       { &fx_gz_named, &fx_text },
		{ &fx_gz_run, &fx_run },
	};

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		load_whole(cases[i].in, RIG_BASE + 16, 10000);
		assert_filled(rig_window(&rig), 16, RIG_FILL);
		assert_memory_equal(rig_window(&rig) + 16, cases[i].out->bytes, cases[i].out->size);
		assert_filled(rig_window(&rig) + 16 + cases[i].out->size,
			      RIG_WINDOW - 16 - cases[i].out->size, RIG_FILL);
	}
	load_whole(&fx_gz_empty, RIG_BASE, 1);
	assert_filled(rig_window(&rig), RIG_WINDOW, RIG_FILL);
}

static void every_budget_gives_the_same_memory(void **state)
{
	static const struct fixture *const in[] = { &fx_text,       &fx_gz_stored, &fx_gz_fixed,
						    &fx_gz_dynamic, &fx_gz_wide,   &fx_gz_elf,
						    &fx_elf_arm64,  &fx_gz_image };
	static const size_t budgets[] = { 1, 7, 4096, SIZE_MAX };

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(in); i++) {
		for (size_t b = 0; b < AX_ARRAY_SIZE(budgets); b++) {
			load_whole(in[i], RIG_BASE, budgets[b]);
			if (b == 0) {
				memcpy(other.bytes, rig.bytes, sizeof(rig.bytes));
			}
			assert_memory_equal(other.bytes, rig.bytes, sizeof(rig.bytes));
		}
	}
}

struct counted {
	struct ax_gmem inner;
	size_t bytes;
};

static ax_err_t counted_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	struct counted *c = ctx;

	c->bytes += len;
	return ax_gmem_write(&c->inner, addr, buf, len);
}

static void a_step_writes_no_more_than_its_budget(void **state)
{
	static const struct fixture *const in[] = { &fx_wide, &fx_gz_wide, &fx_elf_arm64,
						    &fx_arm64_image };
	struct axloader_image image;

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(in); i++) {
		rig_reset(&rig);
		struct counted c = { .inner = rig.gmem };
		struct ax_gmem gmem = { .write = counted_write, .ctx = &c };
		ax_err_t err;
		size_t total = 0;

		assert_int_equal(probe(in[i]->bytes, in[i]->size, &image), AX_OK);
		assert_int_equal(axloader_begin(rig_loader(), &image, gpa(RIG_BASE), &rig.window,
						&gmem, &rig.diag),
				 AX_OK);
		assert_int_equal(c.bytes, 0); /* nothing is written by begin */
		do {
			c.bytes = 0;
			err = axloader_step(rig_loader(), 100, &rig.diag);
			assert_true(c.bytes <= 100);
			total += c.bytes;
		} while (err == AX_EBUSY);
		assert_int_equal(err, AX_OK);
		assert_true(total <= image.mem_size && total > 0);
		assert_int_equal(axloader_step(rig_loader(), 100, &rig.diag), AX_OK);
	}
}

static void elf_segments_land_with_their_bss_zeroed(void **state)
{
	static const struct fixture *const in[] = { &fx_elf_arm64, &fx_gz_elf };

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(in); i++) {
		const uint8_t *body = fx_elf_arm64.bytes + 64 + 3 * 56;

		load_whole(in[i], RIG_BASE, 64);
		assert_memory_equal(rig_window(&rig), body, 600);
		assert_filled(rig_window(&rig) + 600, 0x3000 - 600, RIG_FILL);
		assert_memory_equal(rig_window(&rig) + 0x3000, body + 600, 300);
		assert_filled(rig_window(&rig) + 0x3000 + 300, 4700, 0);
		assert_filled(rig_window(&rig) + 0x3000 + 5000, RIG_WINDOW - 0x3000 - 5000,
			      RIG_FILL);
	}
}

static void linux_image_is_followed_by_zeros(void **state)
{
	static const struct fixture *const in[] = { &fx_arm64_image, &fx_gz_image, &fx_zboot };

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(in); i++) {
		load_whole(in[i], RIG_BASE, 4096);
		assert_memory_equal(rig_window(&rig), fx_arm64_image.bytes, 3000);
		assert_filled(rig_window(&rig) + 3000, 8192 - 3000, 0);
		assert_filled(rig_window(&rig) + 8192, RIG_WINDOW - 8192, RIG_FILL);
	}
}

static void each_fault_of_deflated_data_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(faults); i++) {
		struct axloader_image image;

		rig_reset(&rig);
		ax_err_t err = probe(faults[i].in->bytes, faults[i].in->size, &image);

		if (err == AX_OK) {
			err = rig_load(&rig, &image, RIG_BASE, 4096);
		}
		if (err != AX_EFORMAT) {
			fail_msg("%s: %s", faults[i].name, ax_err_name(err));
		}
		assert_diag(&rig.diag, faults[i].text);
		assert_guards(&rig);
	}
}

static void trailer_is_checked(void **state)
{
	static const struct {
		size_t from_end;
		int add;
		const char *text;
	} damage[] = { { 8, 1, "CRC-32" },
		       { 4, 1, "wrong length" },
		       { 4, -1, "inflates past its length" } };
	struct axloader_image image;
	uint8_t copy[8192];

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(damage); i++) {
		size_t size = fx_gz_dynamic.size;

		memcpy(copy, fx_gz_dynamic.bytes, size);
		copy[size - damage[i].from_end] =
			(uint8_t)(copy[size - damage[i].from_end] + damage[i].add);
		rig_reset(&rig);
		assert_int_equal(probe(copy, size, &image), AX_OK);
		assert_int_equal(rig_load(&rig, &image, RIG_BASE, 4096), AX_EFORMAT);
		assert_diag(&rig.diag, damage[i].text);
		assert_guards(&rig);
		/* The load is over: the same error, and nothing more is written. */
		memset(rig.bytes, RIG_FILL, sizeof(rig.bytes));
		assert_int_equal(axloader_step(rig_loader(), 10, &rig.diag), AX_EFORMAT);
		assert_filled(rig.bytes, sizeof(rig.bytes), RIG_FILL);
	}
}

static void bytes_after_the_member_are_refused(void **state)
{
	struct axloader_image image;
	uint8_t copy[8192];
	size_t size = fx_gz_dynamic.size;

	(void)state;
	memcpy(copy, fx_gz_dynamic.bytes, size);
	memcpy(copy + size, copy + size - 4,
	       4); /* so that the last four bytes still are the length */
	rig_reset(&rig);
	assert_int_equal(probe(copy, size + 4, &image), AX_OK);
	assert_int_equal(rig_load(&rig, &image, RIG_BASE, 4096), AX_EFORMAT);
	assert_diag(&rig.diag, "more bytes after its end");
}

/*
 * @copy is a file whose memory is in @other, but for one bit: it fails, or the bit meant nothing.
 */
static void check_damaged(const uint8_t *copy, size_t size)
{
	struct axloader_image image;

	rig_reset(&rig);
	if (probe(copy, size, &image) != AX_OK) {
		return;
	}
	/* Padding, MTIME, XFL and OS mean nothing; all else is under the CRC or checked. */
	if (rig_load(&rig, &image, RIG_BASE, 4096) == AX_OK && image.gzip) {
		assert_memory_equal(rig.bytes, other.bytes, sizeof(rig.bytes));
	}
	assert_guards(&rig);
}

static void damage_anywhere_is_caught_or_harmless(void **state)
{
	static const struct fixture *const in[] = { &fx_gz_stored, &fx_gz_fixed, &fx_gz_dynamic,
						    &fx_gz_run, &fx_gz_elf };
	uint8_t copy[8192];

	(void)state;
	for (size_t f = 0; f < AX_ARRAY_SIZE(in); f++) {
		load_whole(in[f], RIG_BASE, 4096);
		memcpy(other.bytes, rig.bytes, sizeof(rig.bytes));
		memcpy(copy, in[f]->bytes, in[f]->size);
		for (size_t i = 0; i < in[f]->size; i++) {
			copy[i] ^= (uint8_t)(1U << i % 8);
			check_damaged(copy, in[f]->size);
			copy[i] ^= (uint8_t)(1U << i % 8);
		}
	}
}

static void damaged_elf_stays_in_its_window(void **state)
{
	uint8_t copy[2048];

	(void)state;
	for (size_t i = 0; i < 64 + 3 * 56; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct axloader_image image;

			rig_reset(&rig);
			memcpy(copy, fx_elf_arm64.bytes, fx_elf_arm64.size);
			copy[i] ^= (uint8_t)(1U << bit);
			if (probe(copy, fx_elf_arm64.size, &image) == AX_OK) {
				(void)!rig_load(&rig, &image, image.elf_base, 65536);
			}
			assert_guards(&rig);
		}
	}
}

static void image_larger_than_the_window_is_refused_by_name_and_sizes(void **state)
{
	struct axloader_image image;

	(void)state;
	rig_reset(&rig);
	assert_int_equal(probe(fx_gz_image.bytes, fx_gz_image.size, &image), AX_OK);
	rig.window.size = 8191;
	assert_int_equal(rig_load(&rig, &image, RIG_BASE, 1), AX_ETOOBIG);
	assert_string_equal(
		rig.diag.text,
		"arm64 Image: 8192 bytes at 0x80000000 do not fit 0x80000000, 8191 bytes");
	rig.window.size = 8192;
	assert_int_equal(rig_load(&rig, &image, RIG_BASE + 1, 1), AX_ETOOBIG);
	assert_int_equal(rig_load(&rig, &image, RIG_BASE - 1, 1), AX_ETOOBIG);
	assert_int_equal(rig_load(&rig, &image, RIG_BASE + 8193, 1), AX_ETOOBIG);
	assert_int_equal(rig_load(&rig, &image, UINT64_MAX - 10, 1), AX_ETOOBIG);
	assert_filled(rig.bytes, sizeof(rig.bytes), RIG_FILL);
	assert_int_equal(rig_load(&rig, &image, RIG_BASE, 4096), AX_OK);
}

static void window_without_memory_is_a_fault(void **state)
{
	static const struct fixture *const in[] = { &fx_gz_dynamic, &fx_arm64_image, &fx_text };
	struct axloader_image image;

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(in); i++) {
		rig_reset(&rig);
		rig.mem.size = RIG_GUARD + 2000; /* the window promises more than there is */
		assert_int_equal(probe(in[i]->bytes, in[i]->size, &image), AX_OK);
		assert_int_equal(rig_load(&rig, &image, RIG_BASE, 64), AX_EFAULT);
		assert_diag(&rig.diag, "no memory at 0x8000");
		assert_guards(&rig);
	}
}

static void header_that_changed_since_the_probe_is_refused(void **state)
{
	struct axloader_image image;
	uint8_t copy[8192];

	(void)state;
	rig_reset(&rig);
	memcpy(copy, fx_gz_fixed.bytes, fx_gz_fixed.size);
	assert_int_equal(probe(copy, fx_gz_fixed.size, &image), AX_OK);
	copy[3] = 0xff;
	assert_int_equal(rig_load(&rig, &image, RIG_BASE, 64), AX_EFORMAT);
	assert_diag(&rig.diag, "gzip: has an unknown method or flag");
}

static void misuse_is_a_bug(void **state)
{
	struct axloader_image image;
	ax_err_t err;

	(void)state;
	rig_reset(&rig);
	axloader_raw(fx_text.bytes, fx_text.size, &image);
	err = axloader_begin(rig_loader(), &image, gpa(RIG_BASE), &rig.window, &rig.gmem,
			     &rig.diag);
	assert_int_equal(err, AX_OK);
	AXTEST_EXPECT_PANIC((void)!axloader_step(rig_loader(), 0, &rig.diag));
	image.segments[0].mem_size += 1;
	AXTEST_EXPECT_PANIC((void)!axloader_begin(rig_loader(), &image, gpa(RIG_BASE), &rig.window,
						  &rig.gmem, &rig.diag));
	/* After a begin that failed there is no load to move on. */
	AXTEST_EXPECT_PANIC((void)!axloader_step(rig_loader(), 1, &rig.diag));
}

static void storage_bytes_are_enough(void **state)
{
	(void)state;
	assert_true(axloader_size <= AXLOADER_STORAGE_BYTES);
	assert_true(axloader_align <= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_block_type_inflates_to_its_content),
		cmocka_unit_test(every_budget_gives_the_same_memory),
		cmocka_unit_test(a_step_writes_no_more_than_its_budget),
		cmocka_unit_test(elf_segments_land_with_their_bss_zeroed),
		cmocka_unit_test(linux_image_is_followed_by_zeros),
		cmocka_unit_test(each_fault_of_deflated_data_is_named),
		cmocka_unit_test(trailer_is_checked),
		cmocka_unit_test(bytes_after_the_member_are_refused),
		cmocka_unit_test(damage_anywhere_is_caught_or_harmless),
		cmocka_unit_test(damaged_elf_stays_in_its_window),
		cmocka_unit_test(image_larger_than_the_window_is_refused_by_name_and_sizes),
		cmocka_unit_test(window_without_memory_is_a_fault),
		cmocka_unit_test(header_that_changed_since_the_probe_is_refused),
		cmocka_unit_test(misuse_is_a_bug),
		cmocka_unit_test(storage_bytes_are_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

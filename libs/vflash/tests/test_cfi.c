/* SPDX-License-Identifier: Apache-2.0 */
#include <axtest/axtest.h>
#include <vflash/cfi.h>

static uint8_t bytes[0x100000];
static struct axtest_gmem gmem = { .base = 0x4000000, .bytes = bytes, .size = sizeof(bytes) };
static struct vflash_cfi flash;
static bool shown = true;

static void show(void *ctx, bool readable)
{
	(void)ctx;
	shown = readable;
}

static void a_query_hides_the_window(void **st)
{
	struct vflash_cfi_cfg cfg = { .content = axtest_gmem(&gmem),
				      .base = gpa(0x4000000),
				      .size = sizeof(bytes),
				      .window = { .show = show } };

	(void)st;
	vflash_cfi_init(&flash, &cfg);
	axtest_dev_write(&vflash_cfi_ops, &flash, 0x154, 4, 0x980098);
	assert_false(shown);
	assert_int_equal(axtest_dev_read(&vflash_cfi_ops, &flash, 0x40, 4), 0x510051);
	axtest_dev_write(&vflash_cfi_ops, &flash, 0, 4, 0xff00ff);
	assert_true(shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_hides_the_window),
	};

	return cmocka_run_group_tests_name("vflash", tests, NULL, NULL);
}

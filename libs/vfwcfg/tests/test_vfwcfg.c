/* SPDX-License-Identifier: Apache-2.0 */
#include <axtest/axtest.h>
#include <vfwcfg/vfwcfg.h>

static uint8_t ram[0x1000];
static struct axtest_gmem gmem = { .base = 0x40000000, .bytes = ram, .size = sizeof(ram) };
static struct vfwcfg dev;

static void the_signature_is_read_as_a_string(void **st)
{
	struct ax_gmem m = axtest_gmem(&gmem);

	(void)st;
	vfwcfg_init(&dev, &m, NULL, 0);
	axtest_dev_write(&vfwcfg_ops, &dev, 8, 2, 0);
	assert_int_equal(axtest_dev_read(&vfwcfg_ops, &dev, 0, 4), 0x554d4551);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_signature_is_read_as_a_string),
	};

	return cmocka_run_group_tests_name("vfwcfg", tests, NULL, NULL);
}

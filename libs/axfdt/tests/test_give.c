/* SPDX-License-Identifier: Apache-2.0 */
/* Which devices of host_give.dts a guest may have. */
#include <axfdt/give.h>
#include <axtest/axtest.h>
#include "trees.h"

static struct axfdt_host host;

static bool may(uint64_t base, uint64_t size)
{
	return axfdt_may_give(tree_host_give, &host, (struct axfdt_range){ base, size });
}

static int read_host(void **st)
{
	struct axfdt_diag diag;

	(void)st;
	return axfdt_read_host(tree_host_give, tree_host_give_size, &host, &diag) == AX_OK ? 0 : -1;
}

static void a_device_may_be_given_in_whole_pages(void **st)
{
	static const struct axfdt_range given[] = {
		{ 0x101000, 0x1000 },      /* the rest of its page is nobody's */
		{ 0x20000000, 0x2000000 }, /* one range of two */
		{ 0x23fff000, 0x1000 },    /* a part of the other */
		{ 0x10001000, 0x1000 },    /* two devices, of which none is withheld */
		{ 0x50002000, 0x1000 },    /* behind a bus */
		{ 0x50008000, 0x2000 },
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(given); i++) {
		if (!may(given[i].base, given[i].size)) {
			fail_msg("0x%llx is withheld", (unsigned long long)given[i].base);
		}
	}
}

static void all_else_is_withheld(void **st)
{
	static const struct {
		const char *what;
		struct axfdt_range pages;
	} withheld[] = {
		{ "nothing", { 0x101000, 0 } },
		{ "a range that wraps", { UINT64_MAX - 0xfff, 0x2000 } },
		{ "where nothing is", { 0x102000, 0x1000 } },
		{ "more than the device", { 0x101000, 0x2000 } },
		{ "a page before it", { 0x100000, 0x2000 } },
		{ "two banks at once", { 0x21fff000, 0x2000 } },
		{ "what powers off", { 0x100000, 0x1000 } },
		{ "what interrupts CPUs", { 0x2000000, 0x10000 } },
		{ "the interrupt controller", { 0xc000000, 0x600000 } },
		{ "a context of it", { 0xc201000, 0x1000 } },
		{ "the console, and who shares its page", { 0x10000000, 0x1000 } },
		{ "what shares a page with a disabled device", { 0x10002000, 0x1000 } },
		{ "configuration space", { 0x30000000, 0x10000000 } },
		{ "a window of PCI", { 0x40000000, 0x1000 } },
		{ "memory", { 0x80000000, 0x1000 } },
		{ "what has no compatible", { 0x70000000, 0x10000 } },
		{ "the number of a CPU", { 0x10010000, 0x1000 } },
		{ "an address on a bus", { 0x2000, 0x1000 } },
		{ "what its bus does not reach", { 0x50020000, 0x1000 } },
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(withheld); i++) {
		if (may(withheld[i].pages.base, withheld[i].pages.size)) {
			fail_msg("%s is given", withheld[i].what);
		}
	}
}

static void the_hosts_own_are_withheld_whatever_the_tree_says(void **st)
{
	struct axfdt_host saved = host;

	(void)st;
	assert_int_equal(host.uart.base, 0x10000000);
	host.uart = (struct axfdt_range){ 0x101000, 0x10 };
	assert_false(may(0x101000, 0x1000));
	assert_true(may(0x10000000, 0x1000));
	host.intc_reg[0] = (struct axfdt_range){ 0x50009000, 0x1000 };
	assert_false(may(0x50008000, 0x2000));
	assert_true(may(0x50008000, 0x1000));
	host = saved;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_may_be_given_in_whole_pages),
		cmocka_unit_test(all_else_is_withheld),
		cmocka_unit_test(the_hosts_own_are_withheld_whatever_the_tree_says),
	};

	return cmocka_run_group_tests(tests, read_host, NULL);
}

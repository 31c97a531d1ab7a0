/* SPDX-License-Identifier: Apache-2.0 */
#include <axfdt/host.h>
#include <axtest/axtest.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include "trees.h"

#define EDIT_BYTES 16384

static struct axfdt_host h;
static struct axfdt_host_riscv r;
static struct axfdt_diag diag;
static _Alignas(8) uint8_t edit[EDIT_BYTES]; /* a copy to change */

static void read_both(const void *tree, size_t size)
{
	assert_int_equal(axfdt_read_host(tree, size, &h, &diag), AX_OK);
	memset(&r, 0xee, sizeof(r));
	axfdt_read_host_riscv(tree, &h, &r);
}

static int edit_from(const uint8_t *tree, const char *path)
{
	assert_int_equal(fdt_open_into(tree, edit, sizeof(edit)), 0);
	int node = fdt_path_offset(edit, path);

	assert_true(node >= 0);
	return node;
}

static void set_text(int node, const char *prop, const char *text)
{
	assert_int_equal(fdt_setprop(edit, node, prop, text, (int)strlen(text) + 1), 0);
}

static void append_text(int node, const char *prop, const char *text)
{
	assert_int_equal(fdt_appendprop(edit, node, prop, text, (int)strlen(text) + 1), 0);
}

static void read_edit(void)
{
	read_both(edit, sizeof(edit));
}

static void a_virt_machine_is_read_whole(void **state)
{
	(void)state;
	read_both(tree_host_riscv, tree_host_riscv_size);
	assert_string_equal(r.isa, "rv64imafdch_zicsr_sstc");
	assert_string_equal(r.mmu_type, "riscv,sv48");
	assert_int_equal(r.plic_sources, 95);
	assert_int_equal(r.plic_context[0], 1);
	assert_int_equal(r.plic_context[1], AXFDT_HOST_NONE);
	assert_int_equal(r.sswi.size, 0);
	assert_int_equal(r.sswi_index[0], AXFDT_HOST_NONE);
	assert_int_equal(r.uart_shift, 0);
	assert_int_equal(r.uart_width, 1);
	assert_int_equal(r.goldfish_rtc.size, 0);
	assert_int_equal(r.cbom_bytes, 0);
}

static void harts_of_any_number_find_their_contexts(void **state)
{
	(void)state;
	read_both(tree_host_riscv_harts, tree_host_riscv_harts_size);
	assert_int_equal(h.cpu_count, 2);
	assert_int_equal(h.cpu_reg[0], 4);
	assert_int_equal(h.cpu_reg[1], 1);
	assert_int_equal(r.plic_context[0], 4);
	assert_int_equal(r.plic_context[1], 2); /* not the one that leads nowhere */
	assert_int_equal(r.plic_context[2], AXFDT_HOST_NONE);
	assert_int_equal(r.plic_sources, 53);
	assert_int_equal(r.sswi.base, 0x42f00000);
	assert_int_equal(r.sswi_index[0], 0);
	assert_int_equal(r.sswi_index[1], AXFDT_HOST_NONE);
}

static void the_first_cpu_is_described(void **state)
{
	(void)state;
	read_both(tree_host_riscv_harts, tree_host_riscv_harts_size);
	assert_string_equal(r.isa, "rv64imafdch_zicsr_zicbom_sstc"); /* letters first */
	assert_string_equal(r.mmu_type, "riscv,sv57");
	assert_int_equal(r.cbom_bytes, 64);
	assert_int_equal(r.cboz_bytes, 32);
	assert_int_equal(fdt_delprop(edit, edit_from(tree_host_riscv_harts, "/cpus/cpu@4"),
				     "riscv,isa-base"),
			 0);
	read_edit();
	assert_string_equal(r.isa, "rv64imac");
}

static void the_console_is_the_node_at_its_address(void **state)
{
	const fdt32_t odd = cpu_to_fdt32(7);

	(void)state;
	read_both(tree_host_riscv_harts, tree_host_riscv_harts_size);
	assert_string_equal(h.uart_compatible, "snps,dw-apb-uart");
	assert_int_equal(h.uart.base, 0x50000000);
	assert_int_equal(r.uart_shift, 2);
	assert_int_equal(r.uart_width, 4);
	int node = edit_from(tree_host_riscv_harts, "/soc/serial@10000000");

	assert_int_equal(fdt_setprop(edit, node, "reg-shift", &odd, 4), 0);
	assert_int_equal(fdt_setprop(edit, node, "reg-io-width", &odd, 4), 0);
	read_edit();
	assert_int_equal(r.uart_shift, 0);
	assert_int_equal(r.uart_width, 1);
	assert_int_equal(r.goldfish_rtc.base, 0x40101000);
	assert_int_equal(r.goldfish_rtc.size, 0x1000);
}

static void a_long_isa_is_cut_at_an_extension(void **state)
{
	static char line[AXFDT_HOST_ISA_MAX * 2];

	(void)state;
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		line[i] = i % 10 == 9 ? '_' : 'x';
	}
	int node = edit_from(tree_host_riscv, "/cpus/cpu@0");

	set_text(node, "riscv,isa", line);
	read_edit();
	assert_int_equal(strlen(r.isa), AXFDT_HOST_ISA_MAX / 10 * 10 - 1); /* an underscore */
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		line[i] = 'x';
	}
	node = edit_from(tree_host_riscv, "/cpus/cpu@0");
	set_text(node, "riscv,isa", line);
	read_edit();
	assert_string_equal(r.isa, "");
	/* In the list: those that have room. */
	node = edit_from(tree_host_riscv_harts, "/cpus/cpu@4");
	line[AXFDT_HOST_ISA_MAX] = '\0';
	append_text(node, "riscv,isa-extensions", line);
	append_text(node, "riscv,isa-extensions", "zba");
	set_text(node, "mmu-type", "riscv,something-longer");
	read_edit();
	assert_string_equal(r.isa, "rv64imafdch_zicsr_zicbom_sstc_zba");
	assert_string_equal(r.mmu_type, "");
}

static void other_machines_have_none_of_it(void **state)
{
	(void)state;
	read_both(tree_host_arm64, tree_host_arm64_size);
	assert_string_equal(r.isa, "");
	assert_int_equal(r.plic_sources, 0);
	assert_int_equal(r.plic_context[0], AXFDT_HOST_NONE);
	assert_int_equal(fdt_del_node(edit, edit_from(tree_host_riscv, "/soc/plic@c000000")), 0);
	read_edit();
	assert_int_equal(r.plic_sources, 0);
	assert_int_equal(r.plic_context[0], AXFDT_HOST_NONE);
	assert_int_equal(fdt_del_node(edit, edit_from(tree_host_riscv,
						      "/cpus/cpu@0/interrupt-controller")),
			 0);
	read_edit();
	assert_int_equal(r.plic_context[0], AXFDT_HOST_NONE);
}

static void damage_anywhere_is_survived(void **state)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	size_t size = tree_host_riscv_harts_size;
	uint8_t *copy = aligned_alloc(8, (size + 7) & ~(size_t)7);

	(void)state;
	assert_non_null(copy);
	for (size_t i = 0; i < size; i++) {
		for (size_t f = 0; f < AX_ARRAY_SIZE(flips); f++) {
			memcpy(copy, tree_host_riscv_harts, size);
			copy[i] ^= flips[f];
			if (axfdt_read_host(copy, size, &h, &diag) == AX_OK) {
				axfdt_read_host_riscv(copy, &h, &r);
				assert_true(r.plic_sources <= 1023 && r.uart_shift <= 4);
			}
		}
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_virt_machine_is_read_whole),
		cmocka_unit_test(harts_of_any_number_find_their_contexts),
		cmocka_unit_test(the_first_cpu_is_described),
		cmocka_unit_test(the_console_is_the_node_at_its_address),
		cmocka_unit_test(a_long_isa_is_cut_at_an_extension),
		cmocka_unit_test(other_machines_have_none_of_it),
		cmocka_unit_test(damage_anywhere_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <axfdt/host.h>
#include <axtest/axtest.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include "trees.h"

#define EDIT_BYTES 16384

static struct axfdt_host h;
static struct axfdt_diag diag;
static _Alignas(8) uint8_t edit[EDIT_BYTES]; /* a copy to change */

static void assert_range(struct axfdt_range r, uint64_t base, uint64_t size)
{
	assert_int_equal(r.base, base);
	assert_int_equal(r.size, size);
}

static void assert_diag(const char *text)
{
	if (strstr(diag.text, text) == NULL) {
		fail_msg("\"%s\" is not in \"%s\"", text, diag.text);
	}
}

static void read_tree(const uint8_t *tree, size_t size)
{
	assert_int_equal(axfdt_read_host(tree, size, &h, &diag), AX_OK);
	assert_int_equal(h.size, size);
}

static void arm64_machine_is_read_whole(void **state)
{
	(void)state;
	read_tree(tree_host_arm64, tree_host_arm64_size);
	assert_int_equal(h.mem_count, 2); /* neither the empty entry nor the disabled node */
	assert_range(h.mem[0], 0x40000000, 0x40000000);
	assert_range(h.mem[1], 0x900000000, 0x100000000);
	assert_int_equal(h.reserved_count, 3);
	assert_range(h.reserved[0], 0x48000000, 0x1000);
	assert_range(h.reserved[1], 0x40000000, 0x80000);
	assert_range(h.reserved[2], 0x50000000, 0x2000);
	assert_int_equal(h.cpu_count, 2);
	assert_int_equal(h.cpu_reg[0], 0);
	assert_int_equal(h.cpu_reg[1], 0x100);
	assert_true(h.psci_smc);
	assert_false(h.psci_hvc);
	assert_true(h.has_intc);
	assert_int_equal(h.intc, AXFDT_INTC_GICV3);
	assert_int_equal(h.intc_reg_count, 2);
	assert_range(h.intc_reg[1], 0x80a0000, 0xf60000);
	assert_range(h.uart, 0x9000000, 0x1000);
	assert_range(h.rtc, 0x9010000, 0x1000);
	assert_string_equal(h.uart_compatible, "arm,pl011");
	assert_int_equal(h.uart_irq, 33);
	assert_range(h.initrd, 0x48000000, 0x1000000); /* one cell and two cells */
	assert_string_equal(h.bootargs, "console=ttyAMA0 quiet");
	assert_int_equal(h.seeds[AXFDT_RNG_SEED].size, 5);
	assert_memory_equal(tree_host_arm64 + h.seeds[AXFDT_RNG_SEED].at, "\1\2\3\4\5", 5);
	assert_int_equal(h.seeds[AXFDT_KASLR_SEED].size, 8);
	assert_int_equal(tree_host_arm64[h.seeds[AXFDT_KASLR_SEED].at + 7], 0x22);
	assert_int_equal(h.timebase_hz, 0);
}

static void bus_addresses_are_translated(void **state)
{
	(void)state;
	read_tree(tree_host_soc, tree_host_soc_size);
	assert_range(h.mem[0], 0, 0x3b400000);
	assert_int_equal(h.cpu_count, 2);
	assert_int_equal(h.cpu_reg[0], 3);
	assert_int_equal(h.cpu_reg[1], 0x100000000);
	assert_true(h.psci_hvc);
	assert_int_equal(h.intc, AXFDT_INTC_GICV2);
	assert_int_equal(h.intc_reg_count, 4);
	assert_range(h.intc_reg[0], 0xff841000, 0x1000);
	assert_range(h.intc_reg[3], 0xff846000, 0x2000);
	assert_range(h.uart, 0xfe201000, 0x200);
	assert_string_equal(h.uart_compatible, "arm,pl011"); /* the name a driver knows */
	assert_int_equal(h.uart_irq, 153);
	assert_int_equal(h.initrd.size, 0);
}

static void riscv_machine_is_read_whole(void **state)
{
	(void)state;
	read_tree(tree_host_riscv, tree_host_riscv_size);
	assert_int_equal(h.intc, AXFDT_INTC_PLIC);
	assert_range(h.intc_reg[0], 0xc000000, 0x600000);
	assert_int_equal(h.intc_reg_count, 1);
	assert_int_equal(h.timebase_hz, 10000000);
	assert_range(h.uart, 0x10000000, 0x100); /* without stdout-path: the first one known */
	assert_int_equal(h.uart_irq, 10);
	assert_false(h.psci_smc || h.psci_hvc);
	assert_int_equal(h.bootargs[0], '\0');
}

/* --- Edited trees */

static int edit_from(const uint8_t *tree, const char *path)
{
	assert_int_equal(fdt_open_into(tree, edit, sizeof(edit)), 0);
	int node = fdt_path_offset(edit, path);

	assert_true(node >= 0);
	return node;
}

static void set_cells(int node, const char *prop, unsigned count, const uint32_t *values)
{
	fdt32_t cells[16];

	for (unsigned i = 0; i < count; i++) {
		cells[i] = cpu_to_fdt32(values[i]);
	}
	assert_int_equal(fdt_setprop(edit, node, prop, cells, (int)(count * 4)), 0);
}

static void set_text(int node, const char *prop, const char *text)
{
	assert_int_equal(fdt_setprop(edit, node, prop, text, (int)strlen(text) + 1), 0);
}

static ax_err_t read_edit(void)
{
	return axfdt_read_host(edit, sizeof(edit), &h, &diag);
}

static void tree_without_memory_is_refused(void **state)
{
	(void)state;
	assert_int_equal(fdt_del_node(edit, edit_from(tree_host_arm64, "/memory@40000000")), 0);
	assert_int_equal(read_edit(), AX_EFORMAT);
	assert_diag("no memory node");
	const uint32_t wraps[4] = { 0xffffffff, 0xfffff000, 0, 0x2000 };

	set_cells(edit_from(tree_host_arm64, "/memory@40000000"), "reg", 4, wraps);
	assert_int_equal(read_edit(), AX_EFORMAT);
	assert_diag("/memory@40000000: reg 0 wraps");
}

static void tree_without_cpus_is_refused(void **state)
{
	(void)state;
	assert_int_equal(fdt_del_node(edit, edit_from(tree_host_arm64, "/cpus")), 0);
	assert_int_equal(read_edit(), AX_EFORMAT);
	assert_diag("no /cpus");
	set_text(edit_from(tree_host_riscv, "/cpus/cpu@0"), "status", "fail");
	assert_int_equal(read_edit(), AX_EFORMAT);
	assert_diag("none is enabled");
	assert_int_equal(fdt_delprop(edit, edit_from(tree_host_arm64, "/cpus/cpu@100"), "reg"), 0);
	assert_int_equal(read_edit(), AX_EFORMAT);
	assert_diag("/cpus/cpu@100: cannot read its reg");
	const uint32_t three = 3;

	set_cells(edit_from(tree_host_arm64, "/cpus"), "#address-cells", 1, &three);
	assert_int_equal(read_edit(), AX_EFORMAT);
}

static void a_reservation_is_never_passed_over(void **state)
{
	const uint32_t wraps[4] = { 0xffffffff, 0xfffff000, 0, 0x2000 };
	const uint32_t cut[3] = { 0, 0x1000, 0 };

	(void)state;
	set_cells(edit_from(tree_host_arm64, "/reserved-memory/firmware@40000000"), "reg", 4,
		  wraps);
	assert_int_equal(read_edit(), AX_EFORMAT);
	assert_diag("firmware@40000000: a reservation wraps");
	set_cells(edit_from(tree_host_arm64, "/reserved-memory/firmware@40000000"), "reg", 3, cut);
	assert_int_equal(read_edit(), AX_EFORMAT);
	assert_diag("/reserved-memory/firmware@40000000: cannot read");
	(void)edit_from(tree_host_arm64, "/");
	for (unsigned i = 0; i < AXFDT_HOST_MAX_RESERVED; i++) {
		assert_int_equal(fdt_add_mem_rsv(edit, 0x1000 * (uint64_t)i, 0x1000), 0);
	}
	assert_int_equal(read_edit(), AX_EFORMAT);
	assert_diag("more than 32 reservations");
}

static void odd_optional_nodes_read_as_absent(void **state)
{
	const uint32_t sgi[3] = { 2, 0, 4 };
	const uint32_t ppi[3] = { 1, 16, 4 };
	const uint32_t spi[3] = { 0, 988, 4 };
	const uint32_t backwards[2] = { 1, 0 };

	(void)state;
	set_cells(edit_from(tree_host_arm64, "/pl011@9000000"), "interrupts", 3, sgi);
	assert_int_equal(read_edit(), AX_OK);
	assert_int_equal(h.uart_irq, 0);
	set_cells(edit_from(tree_host_arm64, "/pl011@9000000"), "interrupts", 3, ppi);
	assert_int_equal(read_edit(), AX_OK);
	assert_int_equal(h.uart_irq, 0);
	set_cells(edit_from(tree_host_arm64, "/pl011@9000000"), "interrupts", 3, spi);
	assert_int_equal(read_edit(), AX_OK);
	assert_int_equal(h.uart_irq, 0);
	set_cells(edit_from(tree_host_arm64, "/pl011@9000000"), "interrupts", 2, ppi);
	assert_int_equal(read_edit(), AX_OK);
	assert_int_equal(h.uart_irq, 0);
	set_cells(edit_from(tree_host_arm64, "/chosen"), "linux,initrd-end", 2, backwards);
	assert_int_equal(read_edit(), AX_OK);
	assert_int_equal(h.initrd.size, 0xb8000000);
	set_cells(edit_from(tree_host_arm64, "/chosen"), "linux,initrd-end", 1, sgi);
	assert_int_equal(read_edit(), AX_OK);
	assert_int_equal(h.initrd.size, 0);
	/* A device on a bus without ranges has no address that a CPU could use. */
	assert_int_equal(fdt_delprop(edit, edit_from(tree_host_soc, "/soc"), "ranges"), 0);
	assert_int_equal(read_edit(), AX_OK);
	assert_int_equal(h.uart.size, 0);
	assert_int_equal(h.intc_reg_count, 0);
	/* A path to nowhere: the first uart known. */
	set_text(edit_from(tree_host_soc, "/chosen"), "stdout-path", "serial7:9600");
	assert_int_equal(read_edit(), AX_OK);
	assert_range(h.uart, 0xfe201000, 0x200);
	assert_int_equal(fdt_setprop(edit, edit_from(tree_host_soc, "/chosen"), "stdout-path", "x",
				     1),
			 0);
	assert_int_equal(read_edit(), AX_OK);
	assert_range(h.uart, 0xfe201000, 0x200);
	assert_int_equal(fdt_del_node(edit, edit_from(tree_host_arm64, "/intc@8000000")), 0);
	assert_int_equal(read_edit(), AX_OK);
	assert_false(h.has_intc);
	assert_int_equal(h.uart_irq, 0);
}

static void what_stands_too_deep_is_passed_over(void **state)
{
	int node;

	(void)state;
	node = edit_from(tree_host_arm64, "/");
	for (int i = 0; i < 40; i++) { /* a new node stands before its siblings */
		node = fdt_add_subnode(edit, node, "deep");
		assert_true(node >= 0);
	}
	set_text(node, "compatible", "arm,gic-v3");
	assert_int_equal(read_edit(), AX_OK);
	assert_range(h.intc_reg[0], 0x8000000, 0x10000);
	assert_int_equal(h.uart.base, 0x9000000);
}

static void a_disabled_controller_is_passed_over(void **state)
{
	(void)state;
	int node = fdt_add_subnode(edit, edit_from(tree_host_arm64, "/"), "other@1");

	set_text(node, "compatible", "arm,gic-v3");
	set_text(node, "status", "disabled");
	assert_int_equal(read_edit(), AX_OK);
	assert_range(h.intc_reg[0], 0x8000000, 0x10000);
	set_text(edit_from(tree_host_arm64, "/intc@8000000"), "status", "disabled");
	assert_int_equal(read_edit(), AX_OK);
	assert_false(h.has_intc);
}

static void aliases_that_lead_nowhere_end_there(void **state)
{
	(void)state;
	set_text(edit_from(tree_host_soc, "/aliases"), "serial0", "serial0"); /* itself */
	assert_int_equal(read_edit(), AX_OK);
	assert_range(h.uart, 0xfe201000, 0x200);
	set_text(edit_from(tree_host_soc, "/chosen"), "stdout-path",
		 "an-alias-with-more-than-thirty-one-characters");
	assert_int_equal(read_edit(), AX_OK);
	assert_range(h.uart, 0xfe201000, 0x200);
	assert_int_equal(fdt_del_node(edit, edit_from(tree_host_soc, "/aliases")), 0);
	assert_int_equal(read_edit(), AX_OK);
	assert_range(h.uart, 0xfe201000, 0x200);
	set_text(edit_from(tree_host_soc, "/chosen"), "stdout-path", "/memory@0:1");
	assert_int_equal(read_edit(), AX_OK);
	assert_range(h.uart, 0, 0x3b400000); /* the path counts, whatever it names */
	assert_string_equal(h.uart_compatible, "");
}

static void a_header_that_is_none_is_refused(void **state)
{
	(void)state;
	(void)edit_from(tree_host_soc, "/");
	assert_int_equal(axfdt_read_host(edit + 4, sizeof(edit) - 4, &h, &diag), AX_EFORMAT);
	assert_diag("not aligned");
	fdt_set_magic(edit, ~FDT_MAGIC); /* libfdt's own mark of a tree half written */
	assert_int_equal(read_edit(), AX_EFORMAT);
	assert_diag("BADMAGIC");
}

static void old_versions_are_refused(void **state)
{
	(void)state;
	(void)edit_from(tree_host_soc, "/");
	fdt_set_version(edit, 16);
	assert_int_equal(read_edit(), AX_EFORMAT);
	assert_diag("BADVERSION");
}

static void long_texts_are_cut(void **state)
{
	char line[400];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	set_text(edit_from(tree_host_arm64, "/chosen"), "bootargs", line);
	assert_int_equal(read_edit(), AX_OK);
	assert_int_equal(strlen(h.bootargs), sizeof(h.bootargs) - 1);
	set_text(edit_from(tree_host_arm64, "/pl011@9000000"), "compatible", line);
	assert_int_equal(read_edit(), AX_OK);
	assert_int_equal(strlen(h.uart_compatible), sizeof(h.uart_compatible) - 1);
}

static void more_than_the_tables_hold_is_left_out(void **state)
{
	(void)state;
	int cpus = edit_from(tree_host_riscv, "/cpus");

	for (uint32_t i = 0; i < AXFDT_HOST_MAX_CPUS + 4; i++) {
		char name[16] = "cpu@100";

		name[5] = (char)('a' + i / 16);
		name[6] = (char)('a' + i % 16);
		int cpu = fdt_add_subnode(edit, cpus, name);

		assert_true(cpu > 0);
		set_text(cpu, "device_type", "cpu");
		assert_int_equal(fdt_setprop_u32(edit, cpu, "reg", i), 0);
	}
	for (uint32_t i = 0; i < AXFDT_MAX_MEM + 1; i++) {
		char name[16] = "memory@0";

		name[7] = (char)('a' + i);
		int mem = fdt_add_subnode(edit, 0, name);
		const uint32_t reg[4] = { 1 + i, 0, 0, 0x1000 };

		set_text(mem, "device_type", "memory");
		set_cells(mem, "reg", 4, reg);
	}
	assert_int_equal(read_edit(), AX_OK);
	assert_int_equal(h.cpu_count, AXFDT_HOST_MAX_CPUS);
	assert_int_equal(h.mem_count, AXFDT_MAX_MEM);
}

/* Exact heap copies: a read past the end is the sanitizer's. */
static void cut_trees_are_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len < tree_host_soc_size; len++) {
		void *copy = aligned_alloc(8, (len + 8) & ~(size_t)7);

		assert_non_null(copy);
		memcpy(copy, tree_host_soc, len);
		assert_int_equal(axfdt_read_host(copy, len, &h, &diag), AX_EFORMAT);
		assert_diag("device tree: FDT_ERR");
		free(copy);
	}
}

static void damage_anywhere_is_survived(void **state)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	size_t size = tree_host_arm64_size;
	uint8_t *copy = aligned_alloc(8, (size + 7) & ~(size_t)7);

	(void)state;
	assert_non_null(copy);
	for (size_t i = 0; i < size; i++) {
		for (size_t f = 0; f < AX_ARRAY_SIZE(flips); f++) {
			memcpy(copy, tree_host_arm64, size);
			copy[i] ^= flips[f];
			if (axfdt_read_host(copy, size, &h, &diag) == AX_OK) {
				assert_true(h.size <= size && h.mem_count >= 1 && h.cpu_count >= 1);
			}
		}
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arm64_machine_is_read_whole),
		cmocka_unit_test(bus_addresses_are_translated),
		cmocka_unit_test(riscv_machine_is_read_whole),
		cmocka_unit_test(tree_without_memory_is_refused),
		cmocka_unit_test(tree_without_cpus_is_refused),
		cmocka_unit_test(a_reservation_is_never_passed_over),
		cmocka_unit_test(odd_optional_nodes_read_as_absent),
		cmocka_unit_test(what_stands_too_deep_is_passed_over),
		cmocka_unit_test(a_disabled_controller_is_passed_over),
		cmocka_unit_test(aliases_that_lead_nowhere_end_there),
		cmocka_unit_test(a_header_that_is_none_is_refused),
		cmocka_unit_test(old_versions_are_refused),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(more_than_the_tables_hold_is_left_out),
		cmocka_unit_test(cut_trees_are_refused),
		cmocka_unit_test(damage_anywhere_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "machines.h"
#include <axfdt/host.h>
#include <axtest/axtest.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define TREE_BYTES 16384

static _Alignas(8) uint8_t tree[TREE_BYTES];

static size_t write_tree(const struct axfdt_machine *m)
{
	size_t len = 0;

	assert_int_equal(axfdt_write_machine(m, tree, sizeof(tree), &len), AX_OK);
	assert_int_equal(fdt_check_full(tree, len), 0);
	return len;
}

static uint32_t cell(const char *path, const char *prop, int index)
{
	int len;
	const fdt32_t *cells = fdt_getprop(tree, fdt_path_offset(tree, path), prop, &len);

	assert_non_null(cells);
	assert_true(len >= 4 * (index + 1));
	return fdt32_to_cpu(cells[index]);
}

static bool has(const char *path, const char *prop)
{
	return fdt_getprop(tree, fdt_path_offset(tree, path), prop, NULL) != NULL;
}

static void assert_text(const char *path, const char *prop, const char *want)
{
	const char *s = fdt_getprop(tree, fdt_path_offset(tree, path), prop, NULL);

	assert_non_null(s);
	assert_string_equal(s, want);
}

/* What one half of the library writes, the other half reads. */
static void reader_sees_the_machine_that_was_written(void **state)
{
	struct axfdt_machine machines[] = { machine_gicv3(), machine_gicv2(), machine_plic() };

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(machines); i++) {
		const struct axfdt_machine *m = &machines[i];
		size_t len = write_tree(m);
		struct axfdt_host h;
		struct axfdt_diag diag;

		assert_int_equal(axfdt_read_host(tree, len, &h, &diag), AX_OK);
		assert_int_equal(h.size, len);
		assert_int_equal(h.mem_count, m->mem_count);
		assert_memory_equal(h.mem, m->mem, m->mem_count * sizeof(m->mem[0]));
		assert_int_equal(h.cpu_count, m->cpu_count);
		assert_memory_equal(h.cpu_reg, m->cpu_reg, m->cpu_count * sizeof(m->cpu_reg[0]));
		assert_true(h.has_intc);
		assert_int_equal(h.intc, m->intc);
		assert_memory_equal(&h.intc_reg[0], &m->intc_dist, sizeof(m->intc_dist));
		assert_int_equal(h.psci_hvc, m->intc != AXFDT_INTC_PLIC);
		assert_int_equal(h.timebase_hz, m->riscv.timebase_hz);
		assert_memory_equal(&h.initrd, &m->initrd,
				    m->initrd.size != 0 ? sizeof(m->initrd) : 0);
		assert_int_equal(h.initrd.size, m->initrd.size);
		assert_string_equal(h.bootargs, m->cmdline != NULL ? m->cmdline : "");
		if (m->intc != AXFDT_INTC_PLIC) {
			assert_memory_equal(&h.intc_reg[1], &m->intc_cpu, sizeof(m->intc_cpu));
		}
		assert_int_equal(h.uart.base, m->intc == AXFDT_INTC_PLIC ? 0x10000000 : 0x9000000);
		assert_int_equal(h.uart_irq, m->intc == AXFDT_INTC_PLIC ? 10 : 33);
	}
}

static void gic_interrupts_are_told_apart(void **state)
{
	struct axfdt_machine m = machine_gicv3();

	(void)state;
	(void)write_tree(&m);
	assert_int_equal(cell("/serial@9000000", "interrupts", 0), 0); /* SPI */
	assert_int_equal(cell("/serial@9000000", "interrupts", 1), 1);
	assert_int_equal(cell("/serial@9000000", "interrupts", 2), 4); /* level high */
	assert_int_equal(cell("/virtio_mmio@a000000", "interrupts", 1), 16);
	assert_int_equal(cell("/virtio_mmio@a000000", "interrupts", 2), 1); /* edge rising */
	assert_int_equal(cell("/virtio_mmio@a000200", "interrupts", 0), 1); /* PPI */
	assert_int_equal(cell("/virtio_mmio@a000200", "interrupts", 1), 15);
	assert_int_equal(cell("/", "interrupt-parent", 0),
			 cell("/interrupt-controller@8000000", "phandle", 0));
	assert_int_equal(cell("/serial@9000000", "clocks", 0), cell("/apb-pclk", "phandle", 0));
	assert_int_equal(cell("/apb-pclk", "clock-frequency", 0), 24000000);
	assert_text("/cpus/cpu@100", "enable-method", "psci");
	m.devices[0].irq = 0; /* none */
	(void)write_tree(&m);
	assert_false(has("/rtc@9010000", "interrupts"));
}

static void flash_and_fw_cfg_are_as_firmware_looks_for_them(void **state)
{
	struct axfdt_machine m = machine_gicv3();

	(void)state;
	m.devices[2] = (struct axfdt_device){ .kind = AXFDT_CFI_FLASH, .reg = { 0, 0x200000 } };
	m.devices[3] = (struct axfdt_device){ .kind = AXFDT_FW_CFG, .reg = { 0x9020000, 0x18 } };
	(void)write_tree(&m);
	assert_text("/flash@0", "compatible", "cfi-flash");
	assert_int_equal(cell("/flash@0", "bank-width", 0), 4);
	assert_int_equal(cell("/flash@0", "reg", 3), 0x200000);
	assert_false(has("/flash@0", "interrupts"));
	assert_text("/fw-cfg@9020000", "compatible", "qemu,fw-cfg-mmio");
	assert_true(has("/fw-cfg@9020000", "dma-coherent"));
	assert_int_equal(cell("/fw-cfg@9020000", "reg", 3), 0x18);
	assert_false(has("/fw-cfg@9020000", "interrupts"));
}

static void a_passed_through_device_is_what_its_compatible_says(void **state)
{
	struct axfdt_machine m = machine_plic();
	int len;
	const char *list;

	(void)state;
	m.device_count = 4;
	m.devices[2] = (struct axfdt_device){ .kind = AXFDT_PASSTHROUGH,
					      .reg = { 0x101000, 0x1000 },
					      .irq = 11,
					      .compatible = "google,goldfish-rtc\0" };
	m.devices[3] = (struct axfdt_device){ .kind = AXFDT_PASSTHROUGH,
					      .reg = { 0x200000, 0x2000 },
					      .compatible = "a,b\0c\0" };
	write_tree(&m);
	assert_text("/device@101000", "compatible", "google,goldfish-rtc");
	assert_int_equal(cell("/device@101000", "reg", 1), 0x101000);
	assert_int_equal(cell("/device@101000", "reg", 3), 0x1000);
	assert_int_equal(cell("/device@101000", "interrupts", 0), 11);
	list = fdt_getprop(tree, fdt_path_offset(tree, "/device@200000"), "compatible", &len);
	assert_int_equal(len, 6);
	assert_memory_equal(list, "a,b\0c", 6);
	assert_false(has("/device@200000", "interrupts"));

	m = machine_gicv3();
	m.devices[0] = (struct axfdt_device){ .kind = AXFDT_PASSTHROUGH,
					      .reg = { 0xa003e00, 0x200 },
					      .irq = 79,
					      .compatible = "virtio,mmio\0" };
	write_tree(&m);
	assert_int_equal(cell("/device@a003e00", "interrupts", 1), 47);
	assert_int_equal(cell("/device@a003e00", "interrupts", 2), 4); /* level, active high */
}

/* The root's would be inherited by each CPU's own controller, which has no parent. */
static void only_devices_have_the_plic_as_their_parent(void **state)
{
	struct axfdt_machine m = machine_plic();

	(void)state;
	(void)write_tree(&m);
	assert_false(has("/", "interrupt-parent"));
	assert_true(has("/serial@10000000", "interrupt-parent"));
}

/* What Linux looks for: the list has each name in full, and one line of text for older readers. */
static void every_riscv_cpu_says_what_it_can(void **state)
{
	struct axfdt_machine m = machine_plic();
	int node, len;

	(void)state;
	(void)write_tree(&m);
	for (uint32_t i = 0; i < m.cpu_count; i++) {
		const char *path = i == 0 ? "/cpus/cpu@0" : "/cpus/cpu@1";

		node = fdt_path_offset(tree, path);
		assert_int_equal(fdt_stringlist_count(tree, node, "riscv,isa-extensions"), 10);
		assert_int_equal(fdt_stringlist_search(tree, node, "riscv,isa-extensions", "sstc"),
				 9);
		assert_non_null(fdt_getprop(tree, node, "riscv,isa-extensions", &len));
		assert_int_equal(len, m.riscv.isa_extensions_bytes);
		assert_text(path, "riscv,isa-base", "rv64i");
		assert_text(path, "riscv,isa", m.riscv.isa);
		assert_text(path, "mmu-type", "riscv,sv48");
		assert_text(path, "status", "okay");
		assert_int_equal(cell(path, "riscv,cbom-block-size", 0), 64);
		assert_int_equal(cell(path, "riscv,cboz-block-size", 0), 128);
	}
	assert_text("/chosen", "stdout-path", "/serial@10000000");
	assert_int_equal(cell("/rtc@101000", "interrupts", 0), 11);
	assert_int_equal(cell("/rtc@101000", "interrupt-parent", 0),
			 cell("/interrupt-controller@c000000", "phandle", 0));
	/* Inherited from the root, it would make the PLIC the parent of its own parents. */
	assert_false(has("/", "interrupt-parent"));
	assert_text("/rtc@101000", "compatible", "google,goldfish-rtc");
	assert_false(has("/rtc@101000", "clocks"));
}

static void what_is_not_given_is_not_there(void **state)
{
	struct axfdt_machine m = machine_gicv3();

	(void)state;
	m.cmdline = "";
	m.initrd.size = 0;
	m.stdout_device = -1;
	m.device_count = 0;
	m.compatible = NULL;
	m.model = NULL;
	m.cpu_compatible = NULL;
	(void)write_tree(&m);
	assert_false(has("/chosen", "bootargs"));
	assert_false(has("/chosen", "stdout-path"));
	assert_false(has("/chosen", "linux,initrd-start"));
	assert_int_equal(fdt_path_offset(tree, "/apb-pclk"), -FDT_ERR_NOTFOUND);
	m = machine_plic();
	(void)write_tree(&m);
	assert_int_equal(fdt_path_offset(tree, "/psci"), -FDT_ERR_NOTFOUND);
	assert_int_equal(fdt_path_offset(tree, "/timer"), -FDT_ERR_NOTFOUND);
	assert_int_equal(cell("/serial@10000000", "clock-frequency", 0), 3686400);
	m.riscv = (struct axfdt_riscv){ .timebase_hz = 1 };
	(void)write_tree(&m);
	assert_false(has("/cpus/cpu@0", "riscv,isa"));
	assert_false(has("/cpus/cpu@0", "riscv,isa-base"));
	assert_false(has("/cpus/cpu@0", "riscv,isa-extensions"));
	assert_false(has("/cpus/cpu@0", "riscv,cbom-block-size"));
	assert_false(has("/cpus/cpu@0", "mmu-type"));
}

static void largest_machine_can_be_written(void **state)
{
	struct axfdt_machine m = machine_plic();

	(void)state;
	m.cpu_count = AXFDT_MAX_CPUS;
	m.device_count = AXFDT_MAX_DEVICES;
	m.mem_count = AXFDT_MAX_MEM;
	for (uint32_t i = 0; i < AXFDT_MAX_CPUS; i++) {
		m.cpu_reg[i] = i;
	}
	for (uint32_t i = 0; i < AXFDT_MAX_DEVICES; i++) {
		m.devices[i] = (struct axfdt_device){
			.kind = AXFDT_VIRTIO_MMIO,
			.reg = { 0x10001000 + 0x1000 * i, 0x1000 },
			.irq = i + 1,
		};
	}
	for (uint32_t i = 0; i < AXFDT_MAX_MEM; i++) {
		m.mem[i] = (struct axfdt_range){ 0x80000000 + UINT64_C(0x10000000) * i, 0x8000000 };
	}
	(void)write_tree(&m);
	assert_int_equal(cell("/interrupt-controller@c000000", "interrupts-extended", 62),
			 cell("/cpus/cpu@f/interrupt-controller", "phandle", 0));
}

static void wrong_machines_are_refused(void **state)
{
	struct axfdt_machine good = machine_gicv3();
	struct axfdt_machine bad[13];
	size_t len;

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		bad[i] = good;
	}
	bad[0].cpu_count = 0;
	bad[1].cpu_count = AXFDT_MAX_CPUS + 1;
	bad[2].mem_count = AXFDT_MAX_MEM + 1;
	bad[3].device_count = AXFDT_MAX_DEVICES + 1;
	bad[4].stdout_device = 4;
	bad[5].devices[0].irq = 15;   /* an SGI */
	bad[6].devices[0].irq = 1020; /* reserved INTIDs */
	bad[7].initrd.base = UINT64_MAX;
	bad[8] = machine_plic();
	bad[8].devices[0].irq = 97;
	bad[9].stdout_device = INT32_MAX;
	bad[10] = bad[11] = bad[12] = machine_plic();
	memset(bad[10].riscv.isa, 'a', sizeof(bad[10].riscv.isa));
	bad[11].riscv.isa_extensions_bytes = sizeof(bad[11].riscv.isa_extensions) + 1;
	bad[12].riscv.isa_extensions_bytes--; /* the last name loses its end */
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		assert_int_equal(axfdt_write_machine(&bad[i], tree, sizeof(tree), &len), AX_EINVAL);
	}
}

/* Exact heap blocks: a byte past the capacity is the sanitizer's. */
static void every_smaller_buffer_is_enospc(void **state)
{
	struct axfdt_machine m = machine_gicv3();
	size_t need = write_tree(&m);
	size_t len;

	(void)state;
	for (size_t cap = 0; cap <= need; cap += cap + 8 < need ? 4 : 1) {
		void *buf = aligned_alloc(8, cap == 0 ? 8 : (cap + 7) & ~(size_t)7);

		assert_non_null(buf);
		assert_int_equal(axfdt_write_machine(&m, buf, cap, &len),
				 cap < need ? AX_ENOSPC : AX_OK);
		free(buf);
	}
}

static const struct axfdt_range no_initrd = { 0, 0 };

static void chosen_is_set_in_a_given_tree(void **state)
{
	struct axfdt_machine m = machine_gicv3();
	const struct axfdt_range initrd = { 0x50000000, 0x1234 };
	size_t len = 0;

	(void)state;
	(void)write_tree(&m);
	assert_int_equal(axfdt_set_chosen(tree, sizeof(tree), "root=/dev/vda a-longer-line", initrd,
					  &len),
			 AX_OK);
	assert_int_equal(fdt_check_full(tree, len), 0);
	assert_text("/chosen", "bootargs", "root=/dev/vda a-longer-line");
	assert_text("/chosen", "stdout-path", "/serial@9000000"); /* the rest stays */
	assert_int_equal(cell("/chosen", "linux,initrd-start", 1), 0x50000000);
	assert_int_equal(cell("/chosen", "linux,initrd-end", 1), 0x50001234);
	/* NULL and size 0 leave alone what is there. */
	assert_int_equal(axfdt_set_chosen(tree, sizeof(tree), NULL, no_initrd, &len), AX_OK);
	assert_text("/chosen", "bootargs", "root=/dev/vda a-longer-line");
	assert_int_equal(cell("/chosen", "linux,initrd-end", 1), 0x50001234);
}

static void chosen_is_made_where_there_is_none(void **state)
{
	size_t len = 0;

	(void)state;
	assert_int_equal(fdt_create_empty_tree(tree, 256), 0);
	assert_int_equal(axfdt_set_chosen(tree, 256, "quiet", no_initrd, &len), AX_OK);
	assert_text("/chosen", "bootargs", "quiet");
	assert_false(has("/chosen", "linux,initrd-start"));
}

static const uint8_t *value_of(const char *prop, size_t *size)
{
	int len;
	const uint8_t *v = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), prop, &len);

	*size = v != NULL ? (size_t)len : 0;
	return v;
}

static void seeds_are_found_where_the_tree_has_room_for_them(void **state)
{
	static const char *const names[] = { "rng-seed", "kaslr-seed" };
	static const size_t sizes[] = { 32, 8 };
	static const uint8_t zeros[32];
	struct axfdt_machine m = machine_gicv3();
	struct axfdt_value seeds[AXFDT_SEED_COUNT];
	size_t size;

	(void)state;
	m.seeds = true;
	(void)write_tree(&m);
	axfdt_find_seeds(tree, seeds);
	for (size_t i = 0; i < AXFDT_SEED_COUNT; i++) {
		assert_ptr_equal(tree + seeds[i].at, value_of(names[i], &size));
		assert_int_equal(seeds[i].size, sizes[i]);
		assert_int_equal(size, sizes[i]);
		assert_memory_equal(tree + seeds[i].at, zeros, sizes[i]);
	}
	m.seeds = false;
	(void)write_tree(&m);
	axfdt_find_seeds(tree, seeds);
	for (size_t i = 0; i < AXFDT_SEED_COUNT; i++) {
		assert_null(value_of(names[i], &size));
		assert_int_equal(seeds[i].size, 0);
	}
}

static void no_seeds_are_found_without_chosen(void **state)
{
	struct axfdt_value seeds[AXFDT_SEED_COUNT] = { { 1, 1 }, { 1, 1 } };

	(void)state;
	assert_int_equal(fdt_create_empty_tree(tree, sizeof(tree)), 0);
	axfdt_find_seeds(tree, seeds);
	assert_int_equal(seeds[0].size, 0);
	assert_int_equal(seeds[1].size, 0);
}

static void set_chosen_knows_its_limits(void **state)
{
	const struct axfdt_range initrd = { 0x50000000, 0x1234 };
	const struct axfdt_range wraps = { UINT64_MAX, 2 };
	size_t len;

	(void)state;
	assert_int_equal(fdt_create_empty_tree(tree, 256), 0);
	assert_int_equal(fdt_pack(tree), 0);
	size_t packed = fdt_totalsize(tree);

	assert_int_equal(axfdt_set_chosen(tree, sizeof(tree), NULL, wraps, &len), AX_EINVAL);
	for (size_t cap = packed; cap < packed + 100; cap += 4) {
		assert_int_equal(fdt_create_empty_tree(tree, 256), 0);
		assert_int_equal(fdt_pack(tree), 0);
		assert_int_equal(axfdt_set_chosen(tree, cap, "0123456789abcdef", initrd, &len),
				 AX_ENOSPC);
	}
	assert_int_equal(fdt_create_empty_tree(tree, 256), 0);
	assert_int_equal(axfdt_set_chosen(tree, 10, "a", no_initrd, &len), AX_EFORMAT);
	assert_int_equal(axfdt_set_chosen(tree, 255, "a", no_initrd, &len), AX_EFORMAT);
	memset(tree, 0, 64);
	assert_int_equal(axfdt_set_chosen(tree, 256, "a", no_initrd, &len), AX_EFORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_sees_the_machine_that_was_written),
		cmocka_unit_test(gic_interrupts_are_told_apart),
		cmocka_unit_test(flash_and_fw_cfg_are_as_firmware_looks_for_them),
		cmocka_unit_test(a_passed_through_device_is_what_its_compatible_says),
		cmocka_unit_test(only_devices_have_the_plic_as_their_parent),
		cmocka_unit_test(every_riscv_cpu_says_what_it_can),
		cmocka_unit_test(what_is_not_given_is_not_there),
		cmocka_unit_test(largest_machine_can_be_written),
		cmocka_unit_test(wrong_machines_are_refused),
		cmocka_unit_test(every_smaller_buffer_is_enospc),
		cmocka_unit_test(chosen_is_set_in_a_given_tree),
		cmocka_unit_test(chosen_is_made_where_there_is_none),
		cmocka_unit_test(seeds_are_found_where_the_tree_has_room_for_them),
		cmocka_unit_test(no_seeds_are_found_without_chosen),
		cmocka_unit_test(set_chosen_knows_its_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

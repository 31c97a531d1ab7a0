/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs from the compiler come back as they were meant; damaged ones are refused by name. */
#include <axtest/axtest.h>
#include <axconf/vm.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

struct blob {
	_Alignas(8) unsigned char bytes[8192];
	size_t len;
};

static struct blob full, minimal, axvisor; /* compiled from tests/ *.toml by the build */
static struct blob work;
static struct axconf_vm vm;
static struct axconf_diag diag;

static void load_file(struct blob *b, const char *path)
{
	FILE *f = fopen(path, "rb");

	if (f != NULL) {
		b->len = fread(b->bytes, 1, sizeof(b->bytes), f);
		fclose(f);
	}
}

static ax_err_t parse(const struct blob *b)
{
	memset(&vm, 0xa5, sizeof(vm));
	memset(&diag, 0, sizeof(diag));
	return axconf_parse(b->bytes, b->len, &vm, &diag);
}

/* @b is refused with @err and a line that holds @what, and leaves nothing behind. */
static void assert_refused(const struct blob *b, ax_err_t err, const char *what)
{
	static const struct axconf_vm zero;

	assert_int_equal(parse(b), err);
	if (strstr(diag.text, what) == NULL) {
		fail_msg("\"%s\" does not say \"%s\"", diag.text, what);
	}
	assert_memory_equal(&vm, &zero, sizeof(vm));
}

/* A copy of full.toml's blob that libfdt may edit. */
static void *edit(void)
{
	assert_int_equal(fdt_open_into(full.bytes, work.bytes, sizeof(work.bytes)), 0);
	work.len = sizeof(work.bytes);
	return work.bytes;
}

static int node(const char *path)
{
	int at = fdt_path_offset(work.bytes, path);

	assert_true(at >= 0);
	return at;
}

static void everything_in_a_blob_arrives(void **st)
{
	(void)st;
	assert_int_equal(parse(&full), AX_OK);
	assert_string_equal(vm.name, "full-1.0_x");
	assert_int_equal(vm.id, 7);
	assert_int_equal(vm.vcpu_count, 3);
	assert_int_equal(vm.vcpu_cpus[0], 5);
	assert_int_equal(vm.vcpu_cpus[1], 2);
	assert_int_equal(vm.vcpu_cpus[2], 15);
	assert_int_equal(vm.vcpu_cpus[3], 0);
	assert_int_equal(vm.intc, AXCONF_INTC_GICV3);
	assert_int_equal(vm.entry, 0x40080000);
	assert_string_equal(vm.kernel.path, "images/Image");
	assert_int_equal(vm.kernel.load_addr, 0x40080000);
	assert_string_equal(vm.ramdisk.path, "images/initrd");
	assert_int_equal(vm.ramdisk.load_addr, 0x48000000);
	assert_string_equal(vm.dtb.path, "images/board.dtb");
	assert_int_equal(vm.dtb.load_addr, 0x4a000000);
	assert_string_equal(vm.bios.path, "images/firmware");
	assert_int_equal(vm.bios.load_addr, 0x10000000);
	assert_string_equal(vm.cmdline, "console=ttyAMA0 quiet");
}

static void memory_keeps_its_order_kind_and_protection(void **st)
{
	(void)st;
	assert_int_equal(parse(&full), AX_OK);
	assert_int_equal(vm.mem_count, 3);
	assert_int_equal(vm.mem[0].base.v, 0x40000000);
	assert_int_equal(vm.mem[0].size, 256 << 20);
	assert_int_equal(vm.mem[0].prot, AXCONF_MEM_R | AXCONF_MEM_W | AXCONF_MEM_X);
	assert_int_equal(vm.mem[0].kind, AXCONF_MEM_EAGER);
	assert_int_equal(vm.mem[1].base.v, 0x10000000);
	assert_int_equal(vm.mem[1].prot, AXCONF_MEM_R | AXCONF_MEM_X);
	assert_int_equal(vm.mem[1].kind, AXCONF_MEM_LAZY);
	assert_int_equal(vm.mem[2].prot, AXCONF_MEM_R | AXCONF_MEM_W);
	assert_int_equal(vm.mem[2].kind, AXCONF_MEM_IDENTITY);
}

static void devices_and_passed_through_ranges_arrive(void **st)
{
	(void)st;
	assert_int_equal(parse(&full), AX_OK);
	assert_int_equal(vm.device_count, 2);
	assert_string_equal(vm.devices[0].name, "console");
	assert_string_equal(vm.devices[0].model, "pl011");
	assert_int_equal(vm.devices[0].base, 0x9000000);
	assert_int_equal(vm.devices[0].size, 0x1000);
	assert_int_equal(vm.devices[0].irq, 33);
	assert_string_equal(vm.devices[1].model, "pl031");
	assert_true(vm.devices[1].base == AXCONF_AUTO && vm.devices[1].size == AXCONF_AUTO &&
		    vm.devices[1].irq == AXCONF_AUTO);
	assert_int_equal(vm.passthrough_count, 2);
	assert_string_equal(vm.passthrough[0].name, "gpio");
	assert_int_equal(vm.passthrough[0].base.v, 0x9030000);
	assert_int_equal(vm.passthrough[0].host.v, 0x109030000);
	assert_int_equal(vm.passthrough[0].size, 0x1000);
	assert_int_equal(vm.passthrough[0].irq, 39);
	assert_memory_equal(vm.passthrough[0].compatible, "vendor,gpio-2\0arm,pl061\0", 25);
	assert_int_equal(vm.passthrough[1].host.v, 0xa000000);
	assert_true(vm.passthrough[1].irq == AXCONF_AUTO);
	assert_memory_equal(vm.passthrough[1].compatible, "vendor,dma\0", 12);
}

static void what_is_left_out_is_chosen_later(void **st)
{
	(void)st;
	assert_int_equal(parse(&minimal), AX_OK);
	assert_int_equal(vm.id, 1);
	assert_int_equal(vm.vcpu_count, 1);
	assert_int_equal(vm.vcpu_cpus[0], 0);
	assert_int_equal(vm.intc, AXCONF_INTC_DEFAULT);
	assert_true(vm.entry == AXCONF_AUTO && vm.kernel.load_addr == AXCONF_AUTO &&
		    vm.dtb.load_addr == AXCONF_AUTO && vm.bios.load_addr == AXCONF_AUTO);
	assert_string_equal(vm.ramdisk.path, "");
	assert_int_equal(vm.device_count, 0);
	assert_int_equal(vm.mem_count, 1);
}

static void a_file_in_axvisors_style_is_understood(void **st)
{
	(void)st;
	assert_int_equal(parse(&axvisor), AX_OK);
	assert_int_equal(vm.id, 2);
	assert_int_equal(vm.vcpu_cpus[1], 2);
	assert_int_equal(vm.mem[0].kind, AXCONF_MEM_IDENTITY);
	assert_string_equal(vm.dtb.path, "");
	assert_int_equal(vm.dtb.load_addr, 0x2020000000);
	assert_int_equal(vm.device_count, 1); /* the controller's are the machine's own */
	assert_string_equal(vm.devices[0].model, "pl011");
	assert_int_equal(vm.passthrough_count, 2);
	assert_true(vm.passthrough[0].irq == AXCONF_AUTO);
	assert_string_equal(vm.passthrough[0].compatible, "");
	assert_int_equal(vm.passthrough[1].host.v, 0x28041000);
}

static void a_blob_cut_anywhere_is_refused(void **st)
{
	(void)st;
	work = full;
	for (work.len = 0; work.len < full.len; work.len++) {
		memset(work.bytes + work.len, 0, 1);
		assert_refused(&work, AX_EFORMAT, "not a whole device tree");
		work.bytes[work.len] = full.bytes[work.len];
	}
}

static void a_flipped_byte_never_leaves_half_a_configuration(void **st)
{
	struct axconf_diag ignored;

	(void)st;
	for (size_t i = 0; i < full.len; i++) {
		work = full;
		work.bytes[i] ^= 0xff;
		if (parse(&work) == AX_OK) {
			assert_int_equal(axconf_validate(&vm, &ignored), AX_OK);
		} else {
			assert_string_not_equal(diag.text, "");
			assert_int_equal(vm.vcpu_count, 0);
		}
	}
}

static void a_misaligned_blob_is_refused(void **st)
{
	(void)st;
	memcpy(work.bytes + 4, full.bytes, full.len);
	assert_int_equal(axconf_parse(work.bytes + 4, full.len, &vm, &diag), AX_EFORMAT);
	assert_string_equal(diag.text, "the blob is not aligned to 8 bytes");
}

static void another_tree_or_version_is_refused(void **st)
{
	(void)st;
	fdt_setprop_string(edit(), 0, "compatible", "axvisor,vm-configs");
	assert_refused(&work, AX_EFORMAT, "compatible");
	fdt_setprop_u32(edit(), 0, "version", 2);
	assert_refused(&work, AX_EVERSION, "version: 2 is not 1");
	fdt_setprop_string(edit(), 0, "version", "1");
	assert_refused(&work, AX_EFORMAT, "version");
	work = full;
	fdt_set_version(work.bytes, 16);
	assert_refused(&work, AX_EFORMAT, "format 16");
	edit();
	fdt_set_version(work.bytes,
			15); /* fdt_check_full() of libfdt 1.6 would read through NULL */
	fdt_set_last_comp_version(work.bytes, 2);
	assert_refused(&work, AX_EFORMAT, "format 15");
}

static const char *const required[][3] = {
	{ "/", "vm-name", "vm-name: is missing" },
	{ "/", "id", "id: is missing" },
	{ "/", "vcpus", "vcpus: is missing" },
	{ "/", "version", "version: is missing" },
	{ "/", "compatible", "compatible" },
	{ "/memory-1", "range", "memory[1].range: is missing" },
	{ "/memory-1", "prot", "memory[1].prot: is missing" },
	{ "/memory-1", "kind", "memory[1].kind: is missing" },
	{ "/devices/device-1", "label", "devices[1].label: is missing" },
	{ "/devices/device-1", "model", "devices[1].model: is missing" },
	{ "/passthrough/range-0", "label", "passthrough[0].label: is missing" },
	{ "/passthrough/range-0", "range", "passthrough[0].range: is missing" },
};

static void a_missing_property_is_named(void **st)
{
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(required); i++) {
		void *fdt = edit();

		assert_int_equal(fdt_delprop(fdt, node(required[i][0]), required[i][1]), 0);
		assert_refused(&work, AX_EFORMAT, required[i][2]);
	}
}

#define TEN  "0123456789"
#define LONG TEN TEN TEN TEN TEN TEN "\0" TEN TEN TEN TEN TEN TEN "123456"

static const struct {
	const char *node, *prop, *val;
	int len;
	const char *says;
} bad_props[] = {
	{ "/", "speed", "", 0, "speed: unknown property" },
	{ "/", "bad\nname", "", 0, "bad?name: unknown property" },
	{ "/images", "x", "", 0, "images/x: unknown property" },
	{ "/images/dtb", "x", "", 0, "images/dtb.x: unknown property" },
	{ "/devices/device-0", "reg", "", 0, "devices[0].reg: unknown property" },
	{ "/", "id", "\0\0\0", 3, "id: 3 bytes is not its size" },
	{ "/", "id", "\0\0\0\0\0\0\0\1", 8, "id: 8 bytes is not its size" },
	{ "/", "entry", "\0\0\0\1", 4, "entry: 4 bytes is not its size" },
	{ "/memory-0", "range", "\0\0\0\0\0\0\0\0", 8, "memory[0].range: 8 bytes" },
	{ "/", "vcpu-cpus", "", 0, "vcpu-cpus: 0 bytes" },
	{ "/", "vcpu-cpus", "1234567", 7, "vcpu-cpus: 7 bytes" },
	{ "/", "vcpu-cpus", "12345678", 8, "vcpu-cpus: 1 masks for 3 vCPUs" },
	{ "/", "vm-name", "abc", 3, "vm-name: is not one string" },
	{ "/", "vm-name", "", 0, "vm-name: is not one string" },
	{ "/", "vm-name", "a\0b", 4, "vm-name: is not one string" },
	{ "/", "vm-name", "0123456789012345678901234567890z", 33,
	  "vm-name: has 32 bytes, more than 31" },
	{ "/", "intc", "gicv4", 6, "intc: \"gicv4\" is not known" },
	{ "/", "intc", "", 1, "intc: \"\" is not known" },
	{ "/", "intc", "plic", 4, "intc: is not one string" },
	{ "/passthrough/range-1", "compatible", "", 0, "passthrough[1].compatible: is not a list" },
	{ "/passthrough/range-1", "compatible", "", 1, "passthrough[1].compatible: is not a list" },
	{ "/passthrough/range-1", "compatible", "ab", 2, "compatible: is not a list of strings" },
	{ "/passthrough/range-1", "compatible", "a\0", 3, "compatible: is not a list of strings" },
	{ "/passthrough/range-1", "compatible", "a\0\0b", 5,
	  "compatible: is not a list of strings" },
	{ "/passthrough/range-1", "compatible", LONG, 128,
	  "compatible: has 128 bytes, more than 127" },
	{ "/memory-2", "kind", "none", 5, "memory[2].kind: \"none\" is not known" },
};

static void a_property_that_does_not_fit_is_named(void **st)
{
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad_props); i++) {
		void *fdt = edit();

		assert_int_equal(fdt_setprop(fdt, node(bad_props[i].node), bad_props[i].prop,
					     bad_props[i].val, bad_props[i].len),
				 0);
		assert_refused(&work, AX_EFORMAT, bad_props[i].says);
	}
}

static const char *const bad_nodes[][3] = {
	{ "/", "cpus", "cpus: unknown node" },
	{ "/", "memory", "memory: unknown node" },
	{ "/images", "initrd", "images/initrd: unknown node" },
	{ "/images", "kern", "images/kern: unknown node" },
	{ "/devices", "uart", "devices/uart: unknown node" },
	{ "/passthrough", "device-0", "passthrough/device-0: unknown node" },
	{ "/memory-0", "x", "memory[0].x: unknown node" },
	{ "/devices/device-0", "x", "devices[0].x: unknown node" },
	{ "/images/kernel", "x", "images/kernel.x: unknown node" },
};

static void a_list_of_strings_may_fill_its_room(void **st)
{
	static const char list[] = LONG;
	void *fdt = edit();

	(void)st;
	assert_int_equal(fdt_setprop(fdt, node("/passthrough/range-1"), "compatible", list + 1,
				     127),
			 0);
	assert_int_equal(parse(&work), AX_OK);
	assert_memory_equal(vm.passthrough[1].compatible, list + 1, 127);
	assert_int_equal(vm.passthrough[1].compatible[127], 0);
}

static void an_unknown_node_is_named(void **st)
{
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad_nodes); i++) {
		void *fdt = edit();

		assert_true(fdt_add_subnode(fdt, node(bad_nodes[i][0]), bad_nodes[i][1]) >= 0);
		assert_refused(&work, AX_EFORMAT, bad_nodes[i][2]);
	}
}

static void a_value_out_of_range_is_found_by_the_parser_too(void **st)
{
	(void)st;
	fdt_setprop_u32(edit(), 0, "vcpus", 17);
	fdt_delprop(work.bytes, 0, "vcpu-cpus");
	assert_refused(&work, AX_EINVAL, "vcpus: 17 is not within 1 to 16");
	fdt_setprop_u64(edit(), 0, "entry", 0x20);
	assert_refused(&work, AX_EINVAL, "entry: 0x20 is outside");
}

/* Adds nodes until one is too many. */
static void fill(const char *folder, const char *prefix, unsigned count)
{
	char name[32];

	for (unsigned i = 0; i < count; i++) {
		int at;

		snprintf(name, sizeof(name), "%s-new%u", prefix, i);
		at = fdt_add_subnode(work.bytes, node(folder), name);
		assert_true(at >= 0);
		fdt_setprop_u64(work.bytes, at, "range", 0);
		fdt_appendprop_u64(work.bytes, at, "range", 0x1000);
		if (strcmp(prefix, "memory") == 0) {
			fdt_setprop_u32(work.bytes, at, "prot", 7);
			fdt_setprop_string(work.bytes, at, "kind", "eager");
			continue;
		}
		fdt_appendprop_u64(work.bytes, at, "range", 0x1000);
		fdt_setprop_string(work.bytes, at, "label", "x");
		if (strcmp(prefix, "device") == 0) {
			fdt_delprop(work.bytes, at, "range");
			fdt_setprop_string(work.bytes, at, "model", "pl011");
		}
	}
}

static void more_entries_than_room_are_refused(void **st)
{
	(void)st;
	edit();
	fill("/", "memory", AXCONF_MAX_MEM);
	assert_refused(&work, AX_EINVAL, "memory: more than 8");
	edit();
	fill("/devices", "device", AXCONF_MAX_DEVICES);
	assert_refused(&work, AX_EINVAL, "devices: more than 16");
	edit();
	fill("/passthrough", "range", AXCONF_MAX_PASSTHROUGH);
	assert_refused(&work, AX_EINVAL, "passthrough: more than 16");
}

/* libfdt refuses to write the same name twice, so this is written by its sequential half. */
static void what_is_given_twice_is_refused(void **st)
{
	(void)st;
	fdt_create(work.bytes, sizeof(work.bytes));
	fdt_finish_reservemap(work.bytes);
	fdt_begin_node(work.bytes, "");
	fdt_property_string(work.bytes, "compatible", "axvisor,vm-config");
	fdt_property_u32(work.bytes, "version", 1);
	fdt_property_u32(work.bytes, "id", 1);
	fdt_property_u32(work.bytes, "id", 2);
	fdt_end_node(work.bytes);
	assert_int_equal(fdt_finish(work.bytes), 0);
	work.len = sizeof(work.bytes);
	assert_refused(&work, AX_EFORMAT, "id: is given twice");
}

static void an_image_given_twice_is_refused(void **st)
{
	(void)st;
	fdt_create(work.bytes, sizeof(work.bytes));
	fdt_finish_reservemap(work.bytes);
	fdt_begin_node(work.bytes, "");
	fdt_property_string(work.bytes, "compatible", "axvisor,vm-config");
	fdt_property_u32(work.bytes, "version", 1);
	fdt_property_string(work.bytes, "vm-name", "a");
	fdt_property_u32(work.bytes, "id", 1);
	fdt_property_u32(work.bytes, "vcpus", 1);
	fdt_begin_node(work.bytes, "images");
	for (int i = 0; i < 2; i++) {
		fdt_begin_node(work.bytes, "kernel");
		fdt_property_string(work.bytes, "path", "k");
		fdt_end_node(work.bytes);
	}
	fdt_end_node(work.bytes);
	fdt_end_node(work.bytes);
	assert_int_equal(fdt_finish(work.bytes), 0);
	work.len = sizeof(work.bytes);
	assert_refused(&work, AX_EFORMAT, "images/kernel: is given twice");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_in_a_blob_arrives),
		cmocka_unit_test(memory_keeps_its_order_kind_and_protection),
		cmocka_unit_test(devices_and_passed_through_ranges_arrive),
		cmocka_unit_test(what_is_left_out_is_chosen_later),
		cmocka_unit_test(a_file_in_axvisors_style_is_understood),
		cmocka_unit_test(a_blob_cut_anywhere_is_refused),
		cmocka_unit_test(a_flipped_byte_never_leaves_half_a_configuration),
		cmocka_unit_test(a_misaligned_blob_is_refused),
		cmocka_unit_test(another_tree_or_version_is_refused),
		cmocka_unit_test(a_missing_property_is_named),
		cmocka_unit_test(a_property_that_does_not_fit_is_named),
		cmocka_unit_test(a_list_of_strings_may_fill_its_room),
		cmocka_unit_test(an_unknown_node_is_named),
		cmocka_unit_test(a_value_out_of_range_is_found_by_the_parser_too),
		cmocka_unit_test(more_entries_than_room_are_refused),
		cmocka_unit_test(what_is_given_twice_is_refused),
		cmocka_unit_test(an_image_given_twice_is_refused),
	};

	if (argc != 4) {
		fprintf(stderr, "usage: %s full.vm minimal.vm axvisor.vm\n", argv[0]);
		return 2;
	}
	load_file(&full, argv[1]);
	load_file(&minimal, argv[2]);
	load_file(&axvisor, argv[3]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every rule of axconf_validate(), each broken alone in a configuration that is otherwise good. */
#include <axtest/axtest.h>
#include <axconf/vm.h>
#include <string.h>

#define MIB UINT64_C(0x100000)

static struct axconf_diag diag;

/* Two memories, two devices, two ranges; nothing overlaps. */
static struct axconf_vm good(void)
{
	struct axconf_vm vm = {
		.name = "vm0",
		.vcpu_count = 2,
		.vcpu_cpus = { 1, 0 },
		.intc = AXCONF_INTC_GICV3,
		.entry = 0x40080000,
		.kernel = { "images/k", 0x40080000 },
		.ramdisk = { "images/r", AXCONF_AUTO },
		.cmdline = "quiet",
		.mem_count = 2,
		.mem = { { { 0x40000000 }, 16 * MIB, 7, AXCONF_MEM_EAGER },
			 { { 0x80000000 }, MIB, 1, AXCONF_MEM_IDENTITY } },
		.device_count = 2,
		.devices = { { "uart", "pl011", 0x9000000, 0x1000, 33 },
			     { "rtc", "pl031", AXCONF_AUTO, AXCONF_AUTO, AXCONF_AUTO } },
		.passthrough_count = 2,
		.passthrough = { { "gpio", { 0x9030000 }, { 0x9030000 }, 0x1000, 39, "a\0b" },
				 { "dma",
				   { 0xa000000 },
				   { 0x1000000000 },
				   0x4000,
				   AXCONF_AUTO,
				   "" } },
	};

	return vm;
}

static void a_good_configuration_passes(void **st)
{
	struct axconf_vm vm = good();

	(void)st;
	assert_int_equal(axconf_validate(&vm, &diag), AX_OK);
	vm.intc = AXCONF_INTC_PLIC;
	vm.devices[0].irq = 1;
	vm.passthrough[0].irq = 1023;
	vm.dtb.load_addr = AXCONF_AUTO;
	vm.bios = (struct axconf_image){ "images/b", 0x80000000 };
	vm.kernel = (struct axconf_image){ "", 0 };
	assert_int_equal(axconf_validate(&vm, &diag), AX_OK);
}

static void the_last_byte_of_the_address_space_can_be_used(void **st)
{
	struct axconf_vm vm = good();

	(void)st;
	vm.mem[1].base = gpa(UINT64_MAX - MIB + 1);
	assert_int_equal(axconf_validate(&vm, &diag), AX_OK);
	vm.mem[1].size += 0x1000;
	assert_int_equal(axconf_validate(&vm, &diag), AX_EINVAL);
}

static void ranges_that_touch_do_not_overlap(void **st)
{
	struct axconf_vm vm = good();

	(void)st;
	vm.mem[1].base = gpa(0x40000000 + 16 * MIB);
	vm.devices[0].base = 0x40000000 - 0x1000;
	assert_int_equal(axconf_validate(&vm, &diag), AX_OK);
}

/* One field of the configuration given another value. */
struct change {
	size_t offset;
	size_t width; /* bytes; 0: no change */
	uint64_t value;
};

#define AT(field) offsetof(struct axconf_vm, field), sizeof(((struct axconf_vm *)0)->field)
#define SET(field, value)                \
	{                                \
		{                        \
			AT(field), value \
		}                        \
	}
#define SET2(field, value, field2, value2) \
	{                                  \
		{ AT(field), value },      \
		{                          \
			AT(field2), value2 \
		}                          \
	}
#define FULL      (UINT64_MAX - 1) /* an array of characters without a NUL */
#define LAST      (AXCONF_COMPATIBLE_MAX - 1)
#define LAST_PAGE UINT64_C(0xfffffffffffff000)

static const struct {
	const char *says;
	struct change change[2];
} rules[] = {
	{ "name: is empty", SET(name[0], '\0') },
	{ "name: has no end", SET(name, FULL) },
	{ "name: has a control character", SET(name[1], '\n') },
	{ "name: \"-m0\" is not made of", SET(name[0], '-') },
	{ "name: \"v/0\" is not made of", SET(name[1], '/') },
	{ "vcpus: 0 is not within 1 to 16", SET(vcpu_count, 0) },
	{ "vcpus: 17 is not within 1 to 16", SET(vcpu_count, 17) },
	{ "vcpus: 9 is not within 1 to 8 (GICv2)", SET2(vcpu_count, 9, intc, AXCONF_INTC_GICV2) },
	{ "intc: 4 is not known", SET(intc, 4) },
	{ "vcpu-cpus[2]: there are 2 vCPUs", SET(vcpu_cpus[2], 1) },
	{ "memory: there is none", SET(mem_count, 0) },
	{ "memory: 9 are more than 8", SET(mem_count, 9) },
	{ "devices: 17 are more than 16", SET(device_count, 17) },
	{ "passthrough: 17 are more than 16", SET(passthrough_count, 17) },
	{ "memory[1].base: 0x80000001 is not a multiple of 0x1000", SET(mem[1].base, 0x80000001) },
	{ "memory[1].size: 0x1001 is not a positive multiple of 0x1000", SET(mem[1].size, 0x1001) },
	{ "memory[1].size: 0x0 is not", SET(mem[1].size, 0) },
	{ "memory[1].size: is not given", SET(mem[1].size, AXCONF_AUTO) },
	{ "memory[1]: base 0xfffffffffffff000 + size 0x100000 wraps", SET(mem[1].base, LAST_PAGE) },
	{ "memory[1].prot: 0x6 is not R", SET(mem[1].prot, 6) },
	{ "memory[1].prot: 0xf is not R", SET(mem[1].prot, 15) },
	{ "memory[1].kind: 3 is not known", SET(mem[1].kind, 3) },
	{ "devices[0].base: 0x9000002 is not a multiple of 0x4", SET(devices[0].base, 0x9000002) },
	{ "devices[0].size: 0x0 is not", SET(devices[0].size, 0) },
	{ "devices[1].size: 0x2 is not", SET(devices[1].size, 2) },
	{ "devices[0].model: is empty", SET(devices[0].model[0], '\0') },
	{ "devices[0].model: has no end", SET(devices[0].model, FULL) },
	{ "devices[0].name: has a control character", SET(devices[0].name[0], '\t') },
	{ "devices[0].irq: 31 is not within 32 to 1019", SET(devices[0].irq, 31) },
	{ "devices[0].irq: 1020 is not within 32 to 1019", SET(devices[0].irq, 1020) },
	{ "devices[0].irq: 1024 is not within 1 to 1023",
	  SET2(devices[0].irq, 1024, intc, AXCONF_INTC_DEFAULT) },
	{ "passthrough[1].base: 0xa000200 is not", SET(passthrough[1].base, 0xa000200) },
	{ "passthrough[1].host: 0x1000000200 is not", SET(passthrough[1].host, 0x1000000200) },
	{ "passthrough[1].size: 0x4200 is not", SET(passthrough[1].size, 0x4200) },
	{ "passthrough[1].size: is not given", SET(passthrough[1].size, AXCONF_AUTO) },
	{ "passthrough[1]: host 0xfffffffffffff000 + size 0x4000 wraps",
	  SET(passthrough[1].host, LAST_PAGE) },
	{ "passthrough[1].irq: 0 is not within", SET(passthrough[1].irq, 0) },
	{ "passthrough[1].name: has no end", SET(passthrough[1].name, FULL) },
	{ "passthrough[1].compatible: has no end", SET(passthrough[1].compatible, FULL) },
	{ "passthrough[1].compatible: has no end",
	  SET2(passthrough[1].compatible, FULL, passthrough[1].compatible[LAST], '\0') },
	{ "passthrough[1].compatible: has a control character",
	  SET(passthrough[1].compatible[0], '\n') },
	{ "memory[1]: 0x40fff000-0x410fefff overlaps memory[0]: 0x40000000-0x40ffffff",
	  SET(mem[1].base, 0x40fff000) },
	{ "device uart: 0x80000000-0x80000fff overlaps memory[1]: 0x80000000-0x800fffff",
	  SET(devices[0].base, 0x80000000) },
	{ "passthrough gpio: 0x9000000-0x9000fff overlaps device uart: 0x9000000-0x9000fff",
	  SET(passthrough[0].base, 0x9000000) },
	{ "passthrough dma: 0x40000000-0x40003fff overlaps memory[0]: 0x40000000-0x40ffffff",
	  SET(passthrough[1].base, 0x40000000) },
	{ "device rtc: 0x9000800-0x9000800 overlaps device uart", SET(devices[1].base, 0x9000800) },
	{ "device rtc: irq 33 is taken by device uart", SET(devices[1].irq, 33) },
	{ "passthrough gpio: irq 33 is taken by device uart", SET(passthrough[0].irq, 33) },
	{ "entry: 0x41000000 is outside of the VM's memory", SET(entry, 0x41000000) },
	{ "images/kernel.load-addr: 0x1000 is outside", SET(kernel.load_addr, 0x1000) },
	{ "images/ramdisk.load-addr: 0x80100000 is outside", SET(ramdisk.load_addr, 0x80100000) },
	{ "images/dtb.load-addr: 0x1000 is outside", SET(dtb.load_addr, 0x1000) },
	{ "images/bios.path: has a control character", SET(bios.path[0], 0x7f) },
	{ "images/dtb.path: has no end", SET(dtb.path, FULL) },
	{ "images: neither a kernel nor a bios", SET(kernel.path[0], '\0') },
	{ "cmdline: has no end", SET(cmdline, FULL) },
	{ "cmdline: has a control character", SET(cmdline[0], 0x1b) },
};

static void apply(struct axconf_vm *vm, const struct change *c)
{
	if (c->value == FULL) {
		memset((char *)vm + c->offset, 'x', c->width);
	} else {
		memcpy((char *)vm + c->offset, &c->value, c->width);
	}
}

static void each_broken_rule_is_named(void **st)
{
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(rules); i++) {
		struct axconf_vm vm = good();

		apply(&vm, &rules[i].change[0]);
		apply(&vm, &rules[i].change[1]);
		memset(&diag, 0, sizeof(diag));
		assert_int_equal(axconf_validate(&vm, &diag), AX_EINVAL);
		if (strstr(diag.text, rules[i].says) == NULL) {
			fail_msg("\"%s\" does not say \"%s\"", diag.text, rules[i].says);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_configuration_passes),
		cmocka_unit_test(the_last_byte_of_the_address_space_can_be_used),
		cmocka_unit_test(ranges_that_touch_do_not_overlap),
		cmocka_unit_test(each_broken_rule_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A firmware in flash: what it finds, what it may change, what a reset leaves. */
#include "cases.h"
#include <libfdt.h>

static int make_firmware(void **st)
{
	(void)st;
	world_reset(2);
	world_add_file("images/fw", "firmware", 8);
	world_add_file("images/rd", "ramdisk!", 8);
	world.conf.bios = (struct axconf_image){ "images/fw", AXCONF_AUTO };
	world.conf.ramdisk = (struct axconf_image){ "images/rd", AXCONF_AUTO };
	return world_create() == AX_OK ? 0 : -1;
}

static uint64_t in_guest(uint64_t at)
{
	struct ax_gmem mem = axaddrspace_gmem(&world.vm.as);
	uint64_t got = 0;

	assert_int_equal(ax_gmem_read(&mem, gpa(at), &got, 8), AX_OK);
	return got;
}

static bool is_mapped(uint64_t at)
{
	struct axaddrspace_mapping m;

	return axaddrspace_query(&world.vm.as, gpa(at), &m) == AX_OK;
}

static void firmware_starts_in_flash_and_finds_the_kernel(void **st)
{
	const struct axvm_firmware *fw = world.devs[2]->env.firmware;
	struct axaddrspace_mapping m;
	uint64_t want;

	(void)st;
	start();
	assert_int_equal(world.vcpus[0]->entry, WORLD_FLASH);
	assert_int_equal(world.vcpus[0]->arg, WORLD_RAM);
	memcpy(&want, "firmware", 8);
	assert_int_equal(in_guest(WORLD_FLASH), want);
	assert_int_equal(in_guest(WORLD_FLASH + 8), UINT64_MAX); /* erased flash behind it */
	assert_int_equal(in_guest(WORLD_STORE), UINT64_MAX);
	assert_int_equal(in_guest(WORLD_STORE + (2 << 20) - 8), UINT64_MAX);
	assert_int_equal(axaddrspace_query(&world.vm.as, gpa(WORLD_FLASH), &m), AX_OK);
	assert_int_equal(m.prot, AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_EXEC);
	assert_int_equal(m.bytes, 2 << 20);
	assert_int_equal(in_guest(WORLD_RAM) & 0xffffffff, 0xedfe0dd0); /* a device tree */
	assert_memory_equal(fw->kernel, "kernel bytes", 12);
	assert_int_equal(fw->kernel_size, 12);
	assert_memory_equal(fw->initrd, "ramdisk!", 8);
	assert_int_equal(fw->initrd_size, 8);
	assert_string_equal(fw->cmdline, "quiet");
	assert_int_equal(fw->vcpu_count, 2);
}

static void the_guest_changes_its_flash_through_the_device_alone(void **st)
{
	struct ax_gmem *content = &world.devs[3]->env.content;
	struct ax_gmem dma = world.devs[3]->env.gmem;
	uint64_t val = 0x1122334455667788;

	(void)st;
	start();
	assert_int_equal(world.devs[3]->env.window_bytes, 2 << 20);
	assert_int_equal(ax_gmem_write(&dma, gpa(WORLD_STORE), &val, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_write(content, gpa((2 << 20) - 8), &val, 8), AX_OK);
	assert_int_equal(in_guest(WORLD_STORE + (2 << 20) - 8), val);
	assert_int_equal(ax_gmem_write(content, gpa((2 << 20) - 7), &val, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_read(content, gpa(UINT64_MAX), &val, 2), AX_EFAULT);
	val = 0;
	assert_int_equal(ax_gmem_read(content, gpa((2 << 20) - 8), &val, 8), AX_OK);
	assert_int_equal(val, 0x1122334455667788);
	world.devs[3]->reg = 0;
	run_script((struct axvcpu_exit)MMIO_WRITE(WORLD_STORE + 4, 0x77));
	assert_int_equal(world.devs[3]->reg, 0x77);
	assert_int_equal(in_guest(WORLD_STORE), UINT64_MAX);
}

static void a_hidden_flash_is_read_through_the_device(void **st)
{
	struct ax_window window = world.devs[2]->env.window;
	struct axvcpu_exit undescribed = { .kind = AXVCPU_EXIT_PAGE_FAULT,
					   .u.fault = { .addr = gpa(WORLD_FLASH) } };

	(void)st;
	start();
	window.show(window.ctx, false);
	assert_false(is_mapped(WORLD_FLASH));
	assert_true(is_mapped(WORLD_STORE));
	world.devs[2]->reg = 0x80;
	run_script((struct axvcpu_exit)MMIO_READ(WORLD_FLASH + 4));
	assert_int_equal(world.vcpus[0]->completed, 0x84);
	world.vcpus[0]->decode_as_mmio = true;
	run_script(undescribed);
	assert_int_equal(world.vcpus[0]->completed, 0x80);
	assert_false(is_mapped(WORLD_FLASH));
	window.show(window.ctx, true);
	assert_true(is_mapped(WORLD_FLASH));
	run_script(undescribed); /* the instruction read it before it was shown: it is repeated */
	assert_int_equal(world.vcpus[0]->decode_count, 1);
	assert_int_equal(world.vcpus[0]->fault_count, 0);
}

static void a_reset_reloads_the_firmware_and_keeps_what_it_stored(void **st)
{
	struct ax_gmem *rom = &world.devs[2]->env.content;
	struct ax_gmem *store = &world.devs[3]->env.content;
	uint64_t val = 0x1122334455667788;
	uint64_t want;

	(void)st;
	start();
	assert_int_equal(ax_gmem_write(rom, gpa(0), &val, 8), AX_OK);
	assert_int_equal(ax_gmem_write(store, gpa(0), &val, 8), AX_OK);
	assert_int_equal(axvm_reset(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_RUNNING);
	memcpy(&want, "firmware", 8);
	assert_int_equal(in_guest(WORLD_FLASH), want);
	assert_int_equal(in_guest(WORLD_STORE), val);
	assert_int_equal(world.vcpus[0]->reset_count, 2);
	assert_int_equal(world.vcpus[0]->entry, WORLD_FLASH);
	assert_int_equal(world.vcpus[0]->arg, world.vm.dtb_at.v);
}

static void work_that_is_due_at_once_goes_on_in_the_same_turn(void **st)
{
	(void)st;
	start();
	world.devs[2]->deadline = 0;
	world.devs[3]->deadline = 0;
	run_script((struct axvcpu_exit)MMIO_WRITE(WORLD_FLASH, 1));
	assert_int_equal(world.devs[2]->tick_count, 1);
	assert_int_equal(axvm_work_deadline_ns(&world.vm), UINT64_MAX);
	world.work_woken = false;
	run_script((struct axvcpu_exit)MMIO_WRITE(WORLD_FLASH, 1)); /* nothing is due: no wake-up */
	assert_false(world.work_woken);
}

static void firmware_conf(void)
{
	axtest_frames_init(&world.frames);
	world.conf.bios = (struct axconf_image){ "images/fw", AXCONF_AUTO };
	world.conf.kernel = (struct axconf_image){ "images/k", AXCONF_AUTO };
	world.conf.ramdisk = (struct axconf_image){ "images/rd", AXCONF_AUTO };
	world.conf.dtb.load_addr = AXCONF_AUTO;
	world.conf.entry = AXCONF_AUTO;
	world.conf.mem[0].base = gpa(WORLD_RAM);
	world.conf.device_count = 0;
}

static void a_firmware_that_cannot_be_is_named(void **st)
{
	static uint8_t large[(2 << 20) + 1];

	(void)st;
	(void)make_firmware(NULL);
	assert_int_equal(world_fini(), 0);
	firmware_conf();
	world.conf.entry = WORLD_RAM;
	refuses(AX_EINVAL, "kernel.entry_point: the firmware \"images/fw\"");
	firmware_conf();
	world.conf.kernel.load_addr = WORLD_RAM;
	refuses(AX_EINVAL, "kernel.kernel_load_addr");
	firmware_conf();
	world.conf.ramdisk.load_addr = WORLD_RAM;
	refuses(AX_EINVAL, "kernel.ramdisk_load_addr");
	firmware_conf();
	world.conf.kernel.path[0] = '\0';
	refuses(AX_EINVAL, "kernel.ramdisk_path: the firmware \"images/fw\" has no kernel");
	firmware_conf();
	world.conf.dtb.load_addr = WORLD_RAM + (2 << 20) - 4096;
	refuses(AX_EINVAL, "kernel.dtb_load_addr");
	firmware_conf();
	world.conf.mem[0].base = gpa(WORLD_FLASH + (1 << 20));
	refuses(AX_EEXIST, "flash");
	firmware_conf();
	world.conf.device_count = 1;
	world.conf.devices[0] = (struct axconf_device){
		.name = "x", .model = "flash", .base = 0x30000000, .size = AXCONF_AUTO, .irq = 40
	};
	refuses(AX_EINVAL, "device x: a flash comes with a firmware");
	firmware_conf();
	strcpy(world.conf.bios.path, "images/none");
	refuses(AX_ENOENT, "kernel.bios_path");
	firmware_conf();
	strcpy(world.conf.kernel.path, "images/none");
	refuses(AX_ENOENT, "kernel.kernel_path");
	firmware_conf();
	strcpy(world.conf.bios.path, "images/large");
	world_add_file("images/large", large, sizeof(large));
	refuses(AX_ETOOBIG, "kernel.bios_path \"images/large\": 2097153 bytes, but a flash has at "
			    "most 2097152");
}

static void no_host_memory_for_flash_leaves_nothing(void **st)
{
	(void)st;
	(void)make_firmware(NULL);
	assert_int_equal(world_fini(), 0);
	no_host_memory_leaves_nothing(firmware_conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(make_firmware, firmware_starts_in_flash_and_finds_the_kernel),
		WITH(make_firmware, the_guest_changes_its_flash_through_the_device_alone),
		WITH(make_firmware, a_hidden_flash_is_read_through_the_device),
		WITH(make_firmware, a_reset_reloads_the_firmware_and_keeps_what_it_stored),
		WITH(make_firmware, work_that_is_due_at_once_goes_on_in_the_same_turn),
		cmocka_unit_test(a_firmware_that_cannot_be_is_named),
		cmocka_unit_test(no_host_memory_for_flash_leaves_nothing),
	};

	return cmocka_run_group_tests_name("axvm_firmware", tests, NULL, NULL);
}

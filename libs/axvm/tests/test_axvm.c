/* SPDX-License-Identifier: Apache-2.0 */
/* Building a VM, its lifecycle, and what each exit does, in a scripted world. */
#include "world.h"
#include <libfdt.h>
#include <string.h>

#define MMIO_READ(where)                                                            \
	{                                                                           \
		.kind = AXVCPU_EXIT_MMIO, .u.mmio = {.addr = { where }, .size = 4 } \
	}
#define MMIO_WRITE(where, what)                       \
	{                                             \
		.kind = AXVCPU_EXIT_MMIO, .u.mmio = { \
			.addr = { where },            \
			.size = 4,                    \
			.write = true,                \
			.val = what                   \
		}                                     \
	}

static int make_one(void **st)
{
	(void)st;
	world_reset(1);
	return world_create();
}

static int make_two(void **st)
{
	(void)st;
	world_reset(2);
	return world_create();
}

static int drop(void **st)
{
	(void)st;
	if (axvm_stop(&world.vm) == AX_OK) {
		world_settle();
	}
	return (int)world_fini(); /* nothing may be left */
}

static void start(void)
{
	assert_int_equal(axvm_start(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_RUNNING);
}

static void run_script(struct axvcpu_exit exit)
{
	world_script(0, exit);
	world.woken[0] = true;
	world_settle();
}

/* --- Building */

static void start_loads_the_kernel_and_runs_vcpu_0(void **st)
{
	char text[12];

	(void)st;
	assert_int_equal(axvm_state(&world.vm), AXVM_CREATED);
	axaddrspace_fake_published_bytes = 0;
	start();
	assert_true(axaddrspace_fake_published_bytes >= sizeof(text) + world.vm.dtb_size);
	assert_int_equal(ax_gmem_read(&world.vm.gmem, gpa(world.vcpus[0]->entry), text, 12), AX_OK);
	assert_memory_equal(text, "kernel bytes", 12);
	assert_int_equal(world.vcpus[0]->reset_count, 1);
	assert_int_equal(world.vcpus[1]->reset_count, 0);
	assert_int_equal(world.vcpus[0]->entry_count, 1);
	assert_int_equal(world.states[0], AXVM_RUNNING);
	assert_int_not_equal(world.vcpus[0]->root, 0);
	assert_int_equal(axvm_start(&world.vm), AX_EBUSY);
}

static void the_device_tree_describes_the_graph(void **st)
{
	static uint8_t tree[32768];
	const char *args;
	int node;

	(void)st;
	start();
	assert_int_equal(ax_gmem_read(&world.vm.gmem, gpa(world.vcpus[0]->arg), tree, 16384),
			 AX_OK);
	assert_int_equal(fdt_check_header(tree), 0);
	node = fdt_path_offset(tree, "/chosen");
	args = fdt_getprop(tree, node, "bootargs", NULL);
	assert_string_equal(args, "quiet");
	assert_true(fdt_node_offset_by_compatible(tree, -1, "arm,pl011") > 0);
	assert_true(fdt_node_offset_by_compatible(tree, -1, "arm,pl031") > 0);
	assert_true(fdt_node_offset_by_compatible(tree, -1, "arm,gic-v3") > 0);
}

/* --- Seeds */

static int make_seeded(void **st)
{
	(void)st;
	world_reset(1);
	world.has_random = true;
	return world_create();
}

/* The first byte of a seed of @bytes in the guest's tree, all of whose bytes are the same; 0: no seed. */
static unsigned guest_seed(const char *name, int bytes)
{
	static _Alignas(8) uint8_t tree[16384];
	const uint8_t *seed;
	int len;

	assert_int_equal(ax_gmem_read(&world.vm.gmem, world.vm.dtb_at, tree, world.vm.dtb_size),
			 AX_OK);
	seed = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), name, &len);
	if (seed == NULL) {
		return 0;
	}
	assert_int_equal(len, bytes);
	for (int i = 1; i < len; i++) {
		assert_int_equal(seed[i], seed[0]);
	}
	return seed[0];
}

static void the_tree_brings_seeds_and_no_copy_of_them_is_kept(void **st)
{
	const uint8_t *kept = world.vm.dtb;

	(void)st;
	assert_int_equal(world.random_count, 0); /* none for a VM that never starts */
	start();
	assert_int_equal(guest_seed("rng-seed", 32), 1);
	assert_int_equal(guest_seed("kaslr-seed", 8), 2);
	for (size_t i = 0; i < AXFDT_SEED_COUNT; i++) {
		assert_int_not_equal(world.vm.seeds[i].size, 0);
		for (size_t k = 0; k < world.vm.seeds[i].size; k++) {
			assert_int_equal(kept[world.vm.seeds[i].at + k], 0);
		}
	}
}

static void each_start_and_reset_brings_new_seeds(void **st)
{
	(void)st;
	start();
	assert_int_equal(axvm_reset(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(guest_seed("rng-seed", 32), 3);
	assert_int_equal(guest_seed("kaslr-seed", 8), 4);
	assert_int_equal(axvm_stop(&world.vm), AX_OK);
	world_settle();
	start();
	assert_int_equal(guest_seed("rng-seed", 32), 5);
	assert_int_equal(guest_seed("kaslr-seed", 8), 6);
}

static void without_a_source_there_is_no_seed(void **st)
{
	(void)st;
	start();
	assert_int_equal(guest_seed("rng-seed", 32), 0);
	assert_int_equal(guest_seed("kaslr-seed", 8), 0);
	assert_int_equal(world.random_count, 0);
}

/* With a seed of its own, with none: what the user's tree says, the guest gets. */
static void the_users_tree_gets_no_seeds(void **st)
{
	(void)st;
	for (int own = 0; own < 2; own++) {
		static _Alignas(8) uint8_t tree[1024];
		int chosen;

		world_reset(1);
		world.has_random = true;
		assert_int_equal(fdt_create_empty_tree(tree, sizeof(tree)), 0);
		chosen = fdt_add_subnode(tree, 0, "chosen");
		assert_true(chosen > 0);
		if (own != 0) {
			assert_int_equal(fdt_setprop_u64(tree, chosen, "rng-seed",
							 UINT64_C(0x7777777777777777)),
					 0);
		}
		assert_int_equal(fdt_pack(tree), 0);
		world_add_file("images/dtb", tree, fdt_totalsize(tree));
		world.conf.dtb = (struct axconf_image){ "images/dtb", AXCONF_AUTO };
		assert_int_equal(world_create(), AX_OK);
		start();
		assert_int_equal(guest_seed("rng-seed", 8), own != 0 ? 0x77 : 0);
		assert_int_equal(guest_seed("kaslr-seed", 8), 0);
		assert_int_equal(world.random_count, 0);
		assert_int_equal(drop(NULL), 0);
	}
}

static void refuses(ax_err_t err, const char *part)
{
	assert_int_equal(world_create(), err);
	if (strstr(world.diag.text, part) == NULL) {
		fail_msg("\"%s\" is not in \"%s\"", part, world.diag.text);
	}
	assert_int_equal(axtest_frames_fini(&world.frames), 0);
}

static void what_cannot_be_built_is_named(void **st)
{
	(void)st;
	world_reset(1);
	strcpy(world.conf.kernel.path, "images/none");
	refuses(AX_ENOENT, "vm t: kernel.kernel_path: \"images/none\" is not in the bundle");

	world_reset(1);
	world.conf.ramdisk = (struct axconf_image){ "images/rd", AXCONF_AUTO };
	refuses(AX_ENOENT, "kernel.ramdisk_path: \"images/rd\"");

	world_reset(1);
	world.conf.dtb = (struct axconf_image){ "images/dtb", AXCONF_AUTO };
	refuses(AX_ENOENT, "kernel.dtb_path: \"images/dtb\"");

	world_reset(1);
	world.conf.dtb = (struct axconf_image){ "images/k", AXCONF_AUTO };
	refuses(AX_EFORMAT, "kernel.dtb_path \"images/k\"");

	world_reset(WORLD_VCPUS + 1);
	refuses(AX_EINVAL, "at most 4");

	world_reset(1);
	world.conf.vcpu_cpus[0] = 0x10;
	refuses(AX_EINVAL, "there are only 4");

	world_reset(1);
	world.conf.intc = AXCONF_INTC_PLIC;
	refuses(AX_ENOTSUP, "no plic");

	world_reset(1);
	world.conf.intc = AXCONF_INTC_GICV3;
	world.intc_available = false;
	refuses(AX_ENOTSUP, "cannot give a gicv3");

	world_reset(1);
	world.conf.mem[0].kind = AXCONF_MEM_IDENTITY;
	refuses(AX_ENOTSUP, "memory[0]");

	world_reset(1);
	world.conf.mem[0].base = gpa(0x09000000);
	refuses(AX_EEXIST, "overlaps memory[0]");

	world_reset(1);
	world.conf.mem[0].kind = AXCONF_MEM_EAGER;
	world.conf.mem[0].size = UINT64_C(1) << 30; /* more than there is */
	refuses(AX_ENOMEM, "memory[0]");

	world_reset(1);
	world.conf.mem[0].size = AX_PAGE_SIZE; /* no room for the device tree beside the kernel */
	refuses(AX_ETOOBIG, "kernel.kernel_path \"images/k\"");

	world_reset(1);
	world.conf.vcpu_count = 0;
	refuses(AX_EINVAL, "vcpus: 0");
}

static struct axconf_device device(const char *name, const char *model, uint64_t base, uint64_t irq)
{
	struct axconf_device d = { .base = base, .size = AXCONF_AUTO, .irq = irq };

	strcpy(d.name, name);
	strcpy(d.model, model);
	return d;
}

static void devices_that_cannot_be_are_named(void **st)
{
	(void)st;
	world_reset(1);
	world.conf.device_count = 1;
	world.conf.devices[0] = device("x", "toaster", 0x0a000000, 40);
	refuses(AX_ENOENT, "no model \"toaster\"");

	world_reset(1);
	world.conf.device_count = 1;
	world.conf.devices[0] = device("x", "odd", AXCONF_AUTO, 40);
	refuses(AX_EINVAL, "no usual place");

	world_reset(1);
	world.conf.device_count = 1;
	world.conf.devices[0] = device("x", "uart", AXCONF_AUTO, 64);
	refuses(AX_EINVAL, "irq 64 is not one of 32 to 63");

	world_reset(1);
	world.conf.device_count = 2;
	world.conf.devices[0] = device("a", "uart", AXCONF_AUTO, 40);
	world.conf.devices[1] = device("b", "odd", 0x0a000000, 40);
	refuses(AX_EINVAL, "");

	world_reset(1);
	world.conf.device_count = 2;
	world.conf.devices[0] = device("a", "uart", AXCONF_AUTO, AXCONF_AUTO);
	world.conf.devices[1] = device("b", "odd", AXCONF_AUTO, 33);
	refuses(AX_EINVAL, "b");

	world_reset(1);
	world.conf.device_count = 2;
	world.conf.devices[0] = device("a", "uart", AXCONF_AUTO, AXCONF_AUTO);
	world.conf.devices[1] = device("b", "odd", WORLD_UART + 0x800, 41);
	refuses(AX_EEXIST, "b");

	world_reset(1);
	world.conf.device_count = 1;
	world.conf.devices[0] = device("a", "uart", AXCONF_AUTO, AXCONF_AUTO);
	world.conf.devices[0].size = 0x100;
	refuses(AX_EINVAL, "");
}

static void configured_devices_replace_the_default_ones(void **st)
{
	(void)st;
	world_reset(1);
	world.conf.device_count = 1;
	world.conf.devices[0] = device("a", "uart", 0x0b000000, 50);
	assert_int_equal(world_create(), AX_OK);
	assert_int_equal(world.vm.device_count, 1);
	assert_ptr_equal(world.vm.console, &world.vm.devices[0]);
	assert_int_equal(world.vm.devices[0].base, 0x0b000000);
	assert_int_equal(world.vm.devices[0].irq, 50);
	assert_int_equal(world_fini(), 0);
}

static void passthrough_is_denied_unless_listed(void **st)
{
	struct axaddrspace_mapping m;

	(void)st;
	world_reset(1);
	world.conf.passthrough_count = 1;
	world.conf.passthrough[0] = (struct axconf_passthrough){ .name = "p",
								 .base = { 0x0c000000 },
								 .host = { 0x40000000 },
								 .size = 0x1000,
								 .irq = AXCONF_AUTO };
	refuses(AX_EINVAL, "passthrough p: host address 0x40000000");

	world_reset(1);
	world.conf.passthrough_count = 1;
	world.conf.passthrough[0] = (struct axconf_passthrough){ .name = "p",
								 .base = { 0x0c000000 },
								 .host = { 0x0a000000 },
								 .size = 0x1000,
								 .irq = 48 };
	refuses(AX_ENOTSUP, "passthrough p: irq 48");

	world_reset(1);
	world.conf.passthrough_count = 1;
	world.conf.passthrough[0] = (struct axconf_passthrough){ .name = "p",
								 .base = { 0x0c000000 },
								 .host = { 0x0a000000 },
								 .size = 0x1000,
								 .irq = AXCONF_AUTO };
	assert_int_equal(world_create(), AX_OK);
	assert_int_equal(axaddrspace_query(&world.vm.as, gpa(0x0c000000), &m), AX_OK);
	assert_int_equal(m.hpa.v, 0x0a000000);
	assert_true((m.prot & AXADDRSPACE_PROT_DEV) != 0);
	assert_int_equal(world_fini(), 0);

	world_reset(1);
	world.no_list = true;
	world.conf.passthrough_count = 1;
	world.conf.passthrough[0] = (struct axconf_passthrough){ .name = "p",
								 .base = { 0x0c000000 },
								 .host = { 0x0a000000 },
								 .size = 0x1000,
								 .irq = AXCONF_AUTO };
	refuses(AX_EINVAL, "passthrough p: host address 0xa000000");
}

static void no_host_memory_at_any_point_leaves_nothing(void **st)
{
	ax_err_t err = AX_ENOMEM;

	(void)st;
	for (unsigned n = 1; err != AX_OK; n++) {
		assert_true(n < 50);
		world_reset(2);
		world.conf.mem[0].kind = AXCONF_MEM_EAGER;
		world.frames.fail_at = n;
		err = world_create();
		if (err != AX_OK) {
			assert_int_equal(err, AX_ENOMEM);
			assert_true(world.diag.text[0] != '\0');
			assert_int_equal(axtest_frames_fini(&world.frames), 0);
		}
	}
	assert_int_equal(world_fini(), 0);
}

static void a_bios_is_started_instead_of_the_kernel(void **st)
{
	(void)st;
	world_reset(1);
	world_add_file("images/fw", "firmware", 8);
	world_add_file("images/rd", "ramdisk!", 8);
	world.conf.bios = (struct axconf_image){ "images/fw", WORLD_RAM + 0x10000 };
	world.conf.ramdisk = (struct axconf_image){ "images/rd", AXCONF_AUTO };
	refuses(AX_EINVAL, "kernel.kernel_path");
	axtest_frames_init(&world.frames);
	world.conf.kernel.path[0] = '\0';
	assert_int_equal(world_create(), AX_OK);
	assert_int_equal(world.vm.device_count, 2);
	start();
	assert_int_equal(world.vcpus[0]->entry, WORLD_RAM + 0x10000);
	assert_int_equal(drop(NULL), 0);
}

/* --- Firmware in flash */

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
	assert_int_equal(world.vcpus[0]->arg, 0);
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
	ax_err_t err = AX_ENOMEM;

	(void)st;
	(void)make_firmware(NULL);
	assert_int_equal(world_fini(), 0);
	for (unsigned n = 1; err != AX_OK; n++) {
		assert_true(n < 50);
		firmware_conf();
		world.frames.fail_at = n;
		err = world_create();
		if (err != AX_OK) {
			assert_int_equal(err, AX_ENOMEM);
			assert_true(world.diag.text[0] != '\0');
			assert_int_equal(axtest_frames_fini(&world.frames), 0);
		}
	}
	assert_int_equal(world_fini(), 0);
}

/* --- Exits */

static void mmio_reaches_its_device(void **st)
{
	(void)st;
	start();
	run_script((struct axvcpu_exit)MMIO_WRITE(WORLD_UART, 0x77));
	assert_int_equal(world.devs[0]->reg, 0x77);
	assert_true(world.intc->level[33]);
	run_script((struct axvcpu_exit)MMIO_READ(WORLD_UART + 8));
	assert_int_equal(world.vcpus[0]->completed, 0x77 + 8);
	assert_int_equal(world.vcpus[0]->complete_count, 2);
}

static void an_access_to_nothing_is_a_bus_fault(void **st)
{
	(void)st;
	start();
	run_script((struct axvcpu_exit)MMIO_READ(0x1000));
	assert_int_equal(world.vcpus[0]->fault_count, 1);
	assert_int_equal(world.vcpus[0]->fault, AXVCPU_FAULT_BUS);
	assert_int_equal(world.vcpus[0]->complete_count, 0);
	world.devs[0]->result = AX_IO_FAULT;
	run_script((struct axvcpu_exit)MMIO_READ(WORLD_UART));
	assert_int_equal(world.vcpus[0]->fault_count, 2);
	world.devs[0]->result = AX_IO_RETRY;
	run_script((struct axvcpu_exit)MMIO_READ(WORLD_UART));
	assert_int_equal(world.vcpus[0]->fault_count, 2);
	assert_int_equal(world.vcpus[0]->complete_count, 0);
}

static void a_guest_cannot_flood_the_log(void **st)
{
	unsigned before;

	(void)st;
	start();
	before = axtest_log_count;
	for (unsigned i = 0; i < 100; i++) {
		world.vcpus[0]->length = world.vcpus[0]->next = 0;
		run_script((struct axvcpu_exit)MMIO_READ(0x1000));
	}
	assert_in_range(axtest_log_count - before, 1, 10);
}

static void lazy_memory_appears_and_the_access_is_repeated(void **st)
{
	struct axaddrspace_mapping m;

	(void)st;
	start();
	assert_int_equal(axaddrspace_query(&world.vm.as, gpa(WORLD_RAM + 0x100000), &m), AX_OK);
	(void)m;
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_PAGE_FAULT,
					 .u.fault = { .addr = { WORLD_RAM + 0x1ff000 } } });
	run_script((struct axvcpu_exit)MMIO_WRITE(WORLD_RAM + 0x1ff000, 1));
	assert_int_equal(world.vcpus[0]->complete_count, 0); /* repeated, not emulated */
	assert_int_equal(world.vcpus[0]->fault_count, 0);
	assert_int_equal(world.vcpus[0]->decode_count, 0);
}

static void an_undescribed_access_is_decoded(void **st)
{
	(void)st;
	start();
	world.vcpus[0]->decode_as_mmio = true;
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_PAGE_FAULT,
					 .u.fault = { .addr = { WORLD_UART + 4 } } });
	assert_int_equal(world.vcpus[0]->decode_count, 1);
	assert_int_equal(world.vcpus[0]->completed, 4);
	world.vcpus[0]->decode_as_mmio = false;
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_PAGE_FAULT,
					 .u.fault = { .addr = { 0x5000 }, .exec = true } });
	assert_int_equal(world.vcpus[0]->complete_count, 1);
}

static void a_table_walk_into_a_mapped_device_is_not_repeated_for_ever(void **st)
{
	struct axvcpu_exit walk = { .kind = AXVCPU_EXIT_PAGE_FAULT,
				    .u.fault = {
					    .addr = { 0x7000 }, .write = true, .walk = true } };

	(void)st;
	start();
	assert_int_equal(axaddrspace_map(&world.vm.as, gpa(0x7000), hpa(0x7000), 4096,
					 AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_WRITE |
						 AXADDRSPACE_PROT_DEV),
			 AX_OK);
	run_script(walk);
	assert_int_equal(world.vcpus[0]->decode_count, 1); /* which makes it an abort */
	walk.u.fault.walk = false; /* an access: what was in its way has gone */
	run_script(walk);
	walk.u.fault.walk = true;
	walk.u.fault.addr = gpa(WORLD_RAM);
	run_script(walk);
	assert_int_equal(world.vcpus[0]->decode_count, 1);
}

static void a_storm_of_interrupts_leaves_the_host_its_turn(void **st)
{
	(void)st;
	start();
	world.intc->storm = 1000;
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_AGAIN);
	assert_in_range(world.intc->storm, 900, 999);
	world.intc->storm = 3; /* and a shower is no reason to leave */
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_BLOCK);
	assert_int_equal(world.intc->storm, 0);
}

static void a_controller_that_has_nothing_to_do_is_not_called(void **st)
{
	(void)st;
	start();
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_HYPERCALL });
	assert_int_not_equal(world.intc->flush_count, 0);
	assert_int_equal(world.intc->flush_count, world.intc->sync_count);
	world.intc->flush_due = 0;
	world.intc->flush_count = 0;
	world.intc->sync_count = 0;
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_HYPERCALL });
	assert_int_equal(world.intc->flush_count, 0);
	assert_int_not_equal(world.intc->sync_count, 0);
	world.intc->sync_due = 0;
	world.intc->sync_count = 0;
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_HYPERCALL });
	assert_int_equal(world.intc->sync_count, 0);
}

static void running_out_of_memory_stops_the_vm(void **st)
{
	(void)st;
	world_reset(1);
	world.conf.mem[0].size = UINT64_C(8) << 20;
	assert_int_equal(world_create(), AX_OK);
	start();
	memset(world.frames.used, true, sizeof(world.frames.used));
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_PAGE_FAULT,
					 .u.fault = { .addr = { WORLD_RAM + 0x700000 } } });
	assert_int_equal(axvm_state(&world.vm), AXVM_FAILED);
	assert_int_equal(world.vcpus[0]->dump_count, 1);
	assert_int_equal(world_fini(), 0);
}

static void sysregs_reach_the_controller_or_are_undefined(void **st)
{
	(void)st;
	start();
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_SYSREG,
					 .u.sysreg = { .reg = WORLD_SYSREG } });
	assert_int_equal(world.vcpus[0]->completed, 0x5a);
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_SYSREG,
					 .u.sysreg = { .reg = WORLD_SYSREG + 1, .write = true } });
	assert_int_equal(world.vcpus[0]->fault, AXVCPU_FAULT_UNDEFINED);
	assert_int_equal(world.vcpus[0]->fault_count, 1);
}

static void an_empty_port_floats(void **st)
{
	(void)st;
	start();
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_PIO,
					 .u.pio = { .port = 0x60, .size = 2 } });
	assert_int_equal(world.vcpus[0]->completed, 0xffff);
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_PIO,
					 .u.pio = { .port = 0x60, .size = 2, .write = true } });
	assert_int_equal(world.vcpus[0]->complete_count, 2);
}

static void unknown_hypercalls_are_not_supported(void **st)
{
	(void)st;
	start();
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_HYPERCALL });
	assert_int_equal(world.vcpus[0]->completed, UINT64_MAX);
}

static struct axvcpu_exit cpu_up(uint32_t target, uint64_t entry)
{
	return (struct axvcpu_exit){ .kind = AXVCPU_EXIT_CPU_UP,
				     .u.cpu_up = { .entry = entry, .arg = 9, .target = target } };
}

static void cpu_up_starts_each_vcpu_once(void **st)
{
	(void)st;
	start();
	run_script(cpu_up(1, 0x1000));
	assert_int_equal(world.vcpus[0]->completed, AXVCPU_UP_BAD_ENTRY);
	run_script(cpu_up(2, WORLD_RAM));
	assert_int_equal(world.vcpus[0]->completed, AXVCPU_UP_NO_SUCH_CPU);
	run_script(cpu_up(UINT32_MAX, WORLD_RAM));
	assert_int_equal(world.vcpus[0]->completed, AXVCPU_UP_NO_SUCH_CPU);
	run_script(cpu_up(1, WORLD_RAM + 0x100));
	assert_int_equal(world.vcpus[0]->completed, AXVCPU_UP_OK);
	assert_int_equal(world.vcpus[1]->entry, WORLD_RAM + 0x100);
	assert_int_equal(world.vcpus[1]->arg, 9);
	assert_int_equal(world.vcpus[1]->entry_count, 1);
	run_script(cpu_up(1, WORLD_RAM));
	assert_int_equal(world.vcpus[0]->completed, AXVCPU_UP_ALREADY_ON);
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_CPU_QUERY, .u.cpu_query = { 1 } });
	assert_int_equal(world.vcpus[0]->completed, AXVCPU_ON);
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_CPU_QUERY, .u.cpu_query = { 2 } });
	assert_int_equal(world.vcpus[0]->completed, AXVCPU_NO_SUCH_CPU);
}

static void the_last_vcpu_down_ends_the_vm(void **st)
{
	(void)st;
	start();
	run_script(cpu_up(1, WORLD_RAM));
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_CPU_DOWN });
	assert_int_equal(axvm_state(&world.vm), AXVM_RUNNING);
	assert_int_equal(world.vcpus[0]->put_count, 1);
	world_script(1, (struct axvcpu_exit){ .kind = AXVCPU_EXIT_CPU_DOWN });
	world.woken[1] = true;
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_OFF);
}

static void host_interrupts_go_where_they_belong(void **st)
{
	(void)st;
	start();
	world.timer_fires = true;
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_HOST_IRQ });
	assert_true(world.intc->level[WORLD_TIMER]);
	world_script(0, (struct axvcpu_exit){ .kind = AXVCPU_EXIT_HOST_IRQ });
	world.woken[0] = false;
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_AGAIN); /* the host's own */
	/* A kick, after which the host wants nothing: on to the next exit. */
	world.keeps_guest = true;
	world_script(0, (struct axvcpu_exit){ .kind = AXVCPU_EXIT_HOST_IRQ });
	world_script(0, (struct axvcpu_exit){ .kind = AXVCPU_EXIT_IDLE });
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_BLOCK);
	world.keeps_guest = false;
	world.intc->level[WORLD_TIMER] = false;
	axvm_vcpu_take_irq(&world.vm.vcpus[0]);
	assert_false(world.intc->level[WORLD_TIMER]);
	world.timer_fires = true;
	axvm_vcpu_take_irq(&world.vm.vcpus[0]);
	assert_true(world.intc->level[WORLD_TIMER]);
}

static void a_waiting_vcpu_stays_if_something_is_deliverable(void **st)
{
	unsigned entries;

	(void)st;
	start();
	entries = world.vcpus[0]->entry_count;
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_BLOCK);
	assert_int_equal(world.vcpus[0]->entry_count, entries + 1);
	world.intc->deliverable = true;
	world_script(0, (struct axvcpu_exit){ .kind = AXVCPU_EXIT_IDLE });
	world_script(0, (struct axvcpu_exit){ .kind = AXVCPU_EXIT_TIMER });
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_AGAIN); /* not at the IDLE */
	assert_int_equal(world.vcpus[0]->next, 2);
	world.intc->deliverable = false;
}

static void an_interrupt_from_elsewhere_requests_and_wakes(void **st)
{
	(void)st;
	start();
	run_script(cpu_up(1, WORLD_RAM));
	axtest_cpu_id = 0;
	world.intc->kick(world.intc->ctx, 0x3);
	assert_true(world.woken[0] && world.woken[1]);
	/* vCPU 0 lives on this very pCPU and looks anyway; vCPU 1 must be told. */
	assert_int_equal(axvcpu_take_requests(&world.vm.vcpus[0].core, AXVCPU_REQ_IRQ), 0);
	assert_int_equal(axvcpu_take_requests(&world.vm.vcpus[1].core, AXVCPU_REQ_IRQ),
			 AXVCPU_REQ_IRQ);
}

static void a_fatal_exit_dumps_and_fails_only_the_vm(void **st)
{
	(void)st;
	start();
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_FATAL, .u.fatal = { "test", 1, 2 } });
	assert_int_equal(axvm_state(&world.vm), AXVM_FAILED);
	assert_int_equal(world.vcpus[0]->dump_count, 1);
	assert_int_equal(axvm_start(&world.vm), AX_OK); /* it can be started again */
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_RUNNING);
}

static void another_vcpu_on_the_same_pcpu_flushes_its_translations(void **st)
{
	(void)st;
	start();
	run_script(cpu_up(1, WORLD_RAM));
	assert_int_equal(world.vcpus[0]->flush_count, 1); /* nobody had run there */
	axtest_cpu_id = 0;
	axvm_vcpu_switch_out(&world.vm.vcpus[0]);
	axtest_cpu_id = 1;
	axvm_vcpu_switch_out(&world.vm.vcpus[1]);
	axtest_cpu_id = 0;
	(void)axvm_vcpu_step(&world.vm.vcpus[0]);
	assert_int_equal(world.vcpus[0]->flush_count, 1); /* the same as before */
	axvm_vcpu_switch_out(&world.vm.vcpus[0]);
	(void)axvm_vcpu_step(&world.vm.vcpus[1]);
	assert_int_equal(world.vcpus[1]->flush_count, 2);
	axvm_vcpu_switch_out(&world.vm.vcpus[1]);
}

static void a_tlb_request_drops_what_this_pcpu_has_cached(void **st)
{
	unsigned entries;

	(void)st;
	start();
	assert_int_equal(world.vcpus[0]->flush_count, 1);
	entries = world.vcpus[0]->entry_count;
	axvcpu_request(&world.vm.vcpus[0].core, AXVCPU_REQ_TLB | AXVCPU_REQ_IRQ);
	world.woken[0] = true;
	world_settle();
	assert_int_equal(world.vcpus[0]->flush_count, 2);
	assert_int_equal(world.vcpus[0]->entry_count, entries + 1); /* and not before the flush */
	assert_int_equal(world.vcpus[0]->reset_count, 1);
	world.woken[0] = true;
	world_settle();
	assert_int_equal(world.vcpus[0]->flush_count, 2); /* once */
}

/* --- Lifecycle */

static void reset_reloads_the_images(void **st)
{
	char text[12];
	gpa_t entry;

	(void)st;
	start();
	entry = gpa(world.vcpus[0]->entry);
	run_script(cpu_up(1, WORLD_RAM));
	assert_int_equal(ax_gmem_write(&world.vm.gmem, entry, "overwritten!", 12), AX_OK);
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_SYSTEM,
					 .u.system = AXVCPU_SYSTEM_RESET });
	assert_int_equal(axvm_state(&world.vm), AXVM_RUNNING);
	assert_int_equal(ax_gmem_read(&world.vm.gmem, entry, text, 12), AX_OK);
	assert_memory_equal(text, "kernel bytes", 12);
	assert_int_equal(world.vcpus[0]->reset_count, 2);
	assert_int_equal(axvcpu_power(&world.vm.vcpus[1].core), AXVCPU_OFF);
	assert_int_equal(world.devs[0]->reset_count, 1);
	assert_int_equal(world.intc->reset_count, 1);
	assert_int_equal(world.states[1], AXVM_LOADING);
	assert_int_equal(world.states[2], AXVM_RUNNING);
	for (unsigned i = 0; i < 9; i++) {
		assert_int_equal(axvm_reset(&world.vm), AX_OK);
		world_settle();
		assert_int_equal(axvm_state(&world.vm), AXVM_RUNNING);
	}
	assert_int_equal(world.vcpus[0]->reset_count, 11);
}

static void pause_waits_for_every_vcpu(void **st)
{
	unsigned entries;

	(void)st;
	start();
	run_script(cpu_up(1, WORLD_RAM));
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	assert_int_equal(axvm_state(&world.vm), AXVM_QUIESCING);
	axtest_cpu_id = 0;
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_BLOCK);
	assert_int_equal(axvm_work_step(&world.vm), AXVM_BLOCK);
	assert_int_equal(axvm_state(&world.vm), AXVM_QUIESCING); /* vCPU 1 is still out there */
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_PAUSED);
	entries = world.vcpus[0]->entry_count;
	world.woken[0] = true;
	world_settle();
	assert_int_equal(world.vcpus[0]->entry_count, entries); /* a wake-up does not run it */
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_resume(&world.vm), AX_OK);
	world_settle();
	assert_true(world.vcpus[0]->entry_count > entries);
	assert_int_equal(world.vcpus[0]->reset_count, 1);
	assert_int_equal(axvm_resume(&world.vm), AX_EBUSY);
}

static void a_stop_wins_over_a_reset(void **st)
{
	(void)st;
	start();
	assert_int_equal(axvm_reset(&world.vm), AX_OK);
	assert_int_equal(axvm_stop(&world.vm), AX_OK);
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_OFF);
	assert_int_equal(axvm_pause(&world.vm), AX_EBUSY);
	assert_int_equal(axvm_stop(&world.vm), AX_EBUSY);
	start();
}

static void a_paused_vm_can_be_stopped_and_a_loading_one(void **st)
{
	(void)st;
	start();
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_stop(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_OFF);
	assert_int_equal(axvm_start(&world.vm), AX_OK);
	assert_int_equal(axvm_pause(&world.vm), AX_EBUSY);
	assert_int_equal(axvm_stop(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_OFF);
}

static void a_running_vm_cannot_be_destroyed(void **st)
{
	(void)st;
	start();
	assert_int_equal(axvm_destroy(&world.vm), AX_EBUSY);
}

static void a_damaged_image_fails_its_vm_with_a_line(void **st)
{
	static const uint8_t gz[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3,
				      3,    0,    1, 2, 3, 4, 0, 0, 0, 0 };

	(void)st;
	world_reset(1);
	world_add_file("images/gz", gz, sizeof(gz));
	strcpy(world.conf.kernel.path, "images/gz");
	assert_int_equal(world_create(), AX_OK);
	assert_int_equal(axvm_start(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_FAILED);
	assert_true(strstr(axtest_log_last, "vm t: kernel.kernel_path \"images/gz\": ") ==
		    axtest_log_last);
	assert_int_equal(world_fini(), 0);
}

static void device_timers_are_the_work_tasks_deadline(void **st)
{
	(void)st;
	start();
	assert_int_equal(axvm_work_deadline_ns(&world.vm), UINT64_MAX);
	world.devs[1]->deadline = 700;
	world.work_woken = false;
	run_script((struct axvcpu_exit)MMIO_WRITE(WORLD_RTC, 0));
	assert_int_equal(axvm_work_deadline_ns(&world.vm), 700);
	assert_int_equal(world.devs[1]->tick_count, 0);
	axtest_now_ns = 700;
	world.work_woken = true;
	world_settle();
	assert_int_equal(world.devs[1]->tick_count, 1);
	run_script((struct axvcpu_exit)MMIO_READ(WORLD_RTC + 4));
	assert_int_equal(world.vcpus[0]->completed, 4);
}

static void a_paused_vm_has_no_deadline_until_it_goes_on(void **st)
{
	(void)st;
	start();
	world.devs[1]->deadline = 700;
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	world_settle();
	axtest_now_ns = 700;
	assert_int_equal(axvm_work_deadline_ns(&world.vm), UINT64_MAX); /* nobody would tick it */
	assert_int_equal(world.devs[1]->tick_count, 0);
	world.work_woken = false;
	assert_int_equal(axvm_resume(&world.vm), AX_OK);
	assert_true(world.work_woken);
	assert_int_equal(axvm_work_deadline_ns(&world.vm), 700);
	world_settle();
	assert_int_equal(world.devs[1]->tick_count, 1);
}

static void vcpu_deadlines_count_only_while_it_is_on(void **st)
{
	(void)st;
	assert_int_equal(axvm_vcpu_deadline_ns(&world.vm.vcpus[0]), UINT64_MAX);
	start();
	world.vcpus[0]->deadline = 5;
	world.vcpus[1]->deadline = 6;
	assert_int_equal(axvm_vcpu_deadline_ns(&world.vm.vcpus[0]), 5);
	assert_int_equal(axvm_vcpu_deadline_ns(&world.vm.vcpus[1]), UINT64_MAX);
}

static void console_input_reaches_the_first_console(void **st)
{
	(void)st;
	axvm_console_input(&world.vm);
	assert_int_equal(world.devs[0]->input_count, 1);
	assert_int_equal(world.devs[0]->env.epoch_s, 1000);
}

static void every_state_has_a_name(void **st)
{
	(void)st;
	assert_string_equal(axvm_state_name(AXVM_CREATED), "created");
	assert_string_equal(axvm_state_name(AXVM_FAILED), "failed");
	assert_string_equal(axvm_state_name((enum axvm_state)99), "?");
}

#define WITH(make, test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(make_two, start_loads_the_kernel_and_runs_vcpu_0),
		WITH(make_one, the_device_tree_describes_the_graph),
		WITH(make_seeded, the_tree_brings_seeds_and_no_copy_of_them_is_kept),
		WITH(make_seeded, each_start_and_reset_brings_new_seeds),
		WITH(make_one, without_a_source_there_is_no_seed),
		cmocka_unit_test(the_users_tree_gets_no_seeds),
		cmocka_unit_test(what_cannot_be_built_is_named),
		cmocka_unit_test(devices_that_cannot_be_are_named),
		cmocka_unit_test(configured_devices_replace_the_default_ones),
		cmocka_unit_test(passthrough_is_denied_unless_listed),
		cmocka_unit_test(no_host_memory_at_any_point_leaves_nothing),
		cmocka_unit_test(a_bios_is_started_instead_of_the_kernel),
		WITH(make_firmware, firmware_starts_in_flash_and_finds_the_kernel),
		WITH(make_firmware, the_guest_changes_its_flash_through_the_device_alone),
		WITH(make_firmware, a_hidden_flash_is_read_through_the_device),
		WITH(make_firmware, a_reset_reloads_the_firmware_and_keeps_what_it_stored),
		WITH(make_firmware, work_that_is_due_at_once_goes_on_in_the_same_turn),
		cmocka_unit_test(a_firmware_that_cannot_be_is_named),
		cmocka_unit_test(no_host_memory_for_flash_leaves_nothing),
		WITH(make_one, mmio_reaches_its_device),
		WITH(make_one, an_access_to_nothing_is_a_bus_fault),
		WITH(make_one, a_guest_cannot_flood_the_log),
		WITH(make_one, lazy_memory_appears_and_the_access_is_repeated),
		WITH(make_one, an_undescribed_access_is_decoded),
		WITH(make_one, a_storm_of_interrupts_leaves_the_host_its_turn),
		WITH(make_one, a_controller_that_has_nothing_to_do_is_not_called),
		WITH(make_one, a_table_walk_into_a_mapped_device_is_not_repeated_for_ever),
		cmocka_unit_test(running_out_of_memory_stops_the_vm),
		WITH(make_one, sysregs_reach_the_controller_or_are_undefined),
		WITH(make_one, an_empty_port_floats),
		WITH(make_one, unknown_hypercalls_are_not_supported),
		WITH(make_two, cpu_up_starts_each_vcpu_once),
		WITH(make_two, the_last_vcpu_down_ends_the_vm),
		WITH(make_one, host_interrupts_go_where_they_belong),
		WITH(make_one, a_waiting_vcpu_stays_if_something_is_deliverable),
		WITH(make_two, an_interrupt_from_elsewhere_requests_and_wakes),
		WITH(make_one, a_fatal_exit_dumps_and_fails_only_the_vm),
		WITH(make_two, another_vcpu_on_the_same_pcpu_flushes_its_translations),
		WITH(make_one, a_tlb_request_drops_what_this_pcpu_has_cached),
		WITH(make_two, reset_reloads_the_images),
		WITH(make_two, pause_waits_for_every_vcpu),
		WITH(make_one, a_stop_wins_over_a_reset),
		WITH(make_one, a_paused_vm_can_be_stopped_and_a_loading_one),
		WITH(make_one, a_running_vm_cannot_be_destroyed),
		cmocka_unit_test(a_damaged_image_fails_its_vm_with_a_line),
		WITH(make_one, device_timers_are_the_work_tasks_deadline),
		WITH(make_one, a_paused_vm_has_no_deadline_until_it_goes_on),
		WITH(make_two, vcpu_deadlines_count_only_while_it_is_on),
		WITH(make_one, console_input_reaches_the_first_console),
		cmocka_unit_test(every_state_has_a_name),
	};

	return cmocka_run_group_tests_name("axvm", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Building a VM from its configuration, its device tree and the seeds in it. */
#include "cases.h"
#include <libfdt.h>

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

/* As if the controller were one whose tree counts its inputs. */
static void describe_riscv(struct axfdt_machine *tree)
{
	tree->intc = AXFDT_INTC_PLIC;
	memcpy(tree->riscv.isa, "rv64imac", 9);
}

static int make_described(void **st)
{
	(void)st;
	world_reset(2);
	world.describe_cpus = describe_riscv;
	return world_create();
}

static void the_machine_adds_what_it_knows_of_its_cpus(void **st)
{
	static _Alignas(8) uint8_t tree[16384];
	const fdt32_t *ndev;
	int node;

	(void)st;
	assert_true(world.vm.dtb_size <= sizeof(tree));
	memcpy(tree, world.vm.dtb, world.vm.dtb_size);
	node = fdt_path_offset(tree, "/cpus/cpu@1");
	assert_string_equal(fdt_getprop(tree, node, "riscv,isa", NULL), "rv64imac");
	node = fdt_node_offset_by_compatible(tree, -1, "riscv,plic0");
	ndev = fdt_getprop(tree, node, "riscv,ndev", NULL);
	assert_non_null(ndev);
	assert_int_equal(fdt32_to_cpu(*ndev), 63);
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

static void two_vcpus_and_eager_memory(void)
{
	world_reset(2);
	world.conf.mem[0].kind = AXCONF_MEM_EAGER;
}

static void no_host_memory_at_any_point_leaves_nothing(void **st)
{
	(void)st;
	no_host_memory_leaves_nothing(two_vcpus_and_eager_memory);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(make_two, start_loads_the_kernel_and_runs_vcpu_0),
		WITH(make_one, the_device_tree_describes_the_graph),
		WITH(make_described, the_machine_adds_what_it_knows_of_its_cpus),
		WITH(make_seeded, the_tree_brings_seeds_and_no_copy_of_them_is_kept),
		WITH(make_seeded, each_start_and_reset_brings_new_seeds),
		WITH(make_one, without_a_source_there_is_no_seed),
		cmocka_unit_test(the_users_tree_gets_no_seeds),
		cmocka_unit_test(what_cannot_be_built_is_named),
		cmocka_unit_test(devices_that_cannot_be_are_named),
		cmocka_unit_test(configured_devices_replace_the_default_ones),
		cmocka_unit_test(no_host_memory_at_any_point_leaves_nothing),
		cmocka_unit_test(a_bios_is_started_instead_of_the_kernel),
	};

	return cmocka_run_group_tests_name("axvm_build", tests, NULL, NULL);
}

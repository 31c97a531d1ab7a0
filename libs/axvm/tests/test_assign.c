/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM is given of the host itself: memory at its own place, and devices. */
#include "cases.h"
#include <libfdt.h>

/* The host has 16 MiB from there; this is where two regions can be, one of them of odd pieces. */
#define HOST    AXTEST_FRAME_BASE
#define ALIGNED (HOST + (UINT64_C(4) << 20))
#define ODD     (HOST + UINT64_C(0x9ff000))

static struct axconf_mem identity(uint64_t base, uint64_t size)
{
	return (struct axconf_mem){ gpa(base), size, 7, AXCONF_MEM_IDENTITY };
}

static void identity_conf(void)
{
	world_reset(1);
	world.conf.mem_count = 2;
	world.conf.mem[0] = identity(ALIGNED, UINT64_C(4) << 20);
	world.conf.mem[1] = identity(ODD, 0x203000);
}

static int make_identity(void **st)
{
	(void)st;
	identity_conf();
	return world_create();
}

static struct axaddrspace_mapping mapping(uint64_t at)
{
	struct axaddrspace_mapping m;

	assert_int_equal(axaddrspace_query(&world.vm.as, gpa(at), &m), AX_OK);
	return m;
}

static void identity_memory_is_the_hosts_of_the_same_address(void **st)
{
	static const uint64_t at[] = { ALIGNED, ALIGNED + 0x3fffff, ODD, ODD + 0x1000,
				       ODD + 0x202fff };

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(at); i++) {
		struct axaddrspace_mapping m = mapping(at[i]);

		assert_int_equal(m.hpa.v, m.gpa.v);
		assert_int_equal(m.prot, AXADDRSPACE_PROT_RWX);
	}
	assert_int_equal(mapping(ALIGNED).bytes, UINT64_C(2) << 20);
	assert_int_equal(mapping(ODD).bytes, 0x1000);
	assert_int_equal(mapping(ODD + 0x1000).bytes, UINT64_C(2) << 20);
}

static void images_are_loaded_into_identity_memory(void **st)
{
	const uint8_t *page;

	(void)st;
	for (int turn = 0; turn < 2; turn++) {
		start();
		page = axtest_frame_ops.to_virt(&world.frames, hpa(world.vcpus[0]->entry));
		assert_memory_equal(page, "kernel bytes", 12);
		assert_int_equal(axvm_stop(&world.vm), AX_OK);
		world_settle();
	}
}

static void identity_memory_is_nobody_elses_while_the_vm_exists(void **st)
{
	const struct ax_frame_ops *frames = &axtest_frame_ops;

	(void)st;
	assert_int_equal(make_identity(NULL), AX_OK);
	assert_int_equal(frames->take(&world.frames, hpa(ALIGNED), 0x1000), AX_EBUSY);
	assert_int_equal(frames->take(&world.frames, hpa(ODD + 0x202000), 0x1000), AX_EBUSY);
	assert_int_equal(axvm_destroy(&world.vm), AX_OK);
	assert_int_equal(world.frames.used_count, 0);
	assert_int_equal(axtest_frames_fini(&world.frames), 0);
}

static void memory_that_cannot_be_mapped_identically_is_named(void **st)
{
	hpa_t at = hpa(ODD + 0x1000);

	(void)st;
	identity_conf();
	world.no_take = true;
	refuses(AX_ENOTSUP, "vm t: memory[0]: this host gives no identity-mapped memory");

	identity_conf();
	assert_int_equal(axtest_frame_ops.take(&world.frames, at, 0x1000), AX_OK);
	assert_int_equal(world_create(), AX_EBUSY);
	assert_string_equal(
		world.diag.text,
		"vm t: memory[1]: the host's memory at 0x77009ff000-0x7700c01fff is not "
		"free: 0x7700a00000-0x7700bfffff is in use");
	assert_int_equal(world.frames.used_count,
			 1); /* what was taken before has been given back */
	axtest_frame_ops.free(&world.frames, at, 0x1000);
	assert_int_equal(axtest_frames_fini(&world.frames), 0);

	identity_conf();
	world.conf.mem[1] = identity(WORLD_RAM, 0x1000);
	refuses(AX_ENOENT, "0x40000000-0x40000fff is not memory");

	/* The last page of the host is there, the next is not. */
	identity_conf();
	world.conf.mem[1] = identity(HOST + AXTEST_FRAME_COUNT * UINT64_C(0x1000) - 0x1000, 0x2000);
	refuses(AX_ENOENT, "0x7701000000-0x7701000fff is not memory");

	identity_conf();
	world.conf.cmdline[0] = '\n'; /* anything that is found later */
	refuses(AX_EINVAL, "cmdline");

	identity_conf();
	strcpy(world.conf.kernel.path, "images/none");
	refuses(AX_ENOENT, "kernel.kernel_path");
}

static void no_host_memory_beside_it_leaves_nothing(void **st)
{
	(void)st;
	no_host_memory_leaves_nothing(identity_conf);
}

/* --- Devices */

/* The board lists four pages from here on; each with what it is called. */
#define LISTED UINT64_C(0x0a000000)

static struct axconf_passthrough *pass(const char *name, uint64_t base, uint64_t host, uint64_t irq)
{
	struct axconf_passthrough *p = &world.conf.passthrough[world.conf.passthrough_count++];

	*p = (struct axconf_passthrough){
		.base = { base }, .host = { host }, .size = 0x1000, .irq = irq
	};
	strcpy(p->name, name);
	return p;
}

static void two_devices(void)
{
	world_reset(2);
	world.has_assign = true;
	(void)pass("p", 0x0c000000, LISTED, 48);
	strcpy(pass("q", 0x0c001000, LISTED + 0x1000, AXCONF_AUTO)->compatible, "none,such");
	memcpy(pass("r", 0x0c002000, LISTED + 0x2000, 50)->compatible, "a,b\0c", 5);
}

static int make_two_devices(void **st)
{
	(void)st;
	two_devices();
	return world_create();
}

static void listed_devices_are_mapped_as_devices(void **st)
{
	(void)st;
	for (uint64_t i = 0; i < 3; i++) {
		struct axaddrspace_mapping m = mapping(0x0c000000 + i * 0x1000);

		assert_int_equal(m.hpa.v, LISTED + i * 0x1000);
		assert_int_equal(m.prot, AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_WRITE |
						 AXADDRSPACE_PROT_DEV);
	}
}

static void only_devices_with_a_compatible_are_in_the_tree(void **st)
{
	const char *list;
	int len, node;

	(void)st;
	assert_int_equal(fdt_path_offset(world.vm.dtb, "/device@c000000"), -FDT_ERR_NOTFOUND);
	node = fdt_path_offset(world.vm.dtb, "/device@c001000");
	assert_true(node > 0);
	assert_null(fdt_getprop(world.vm.dtb, node, "interrupts", NULL));
	node = fdt_path_offset(world.vm.dtb, "/device@c002000");
	list = fdt_getprop(world.vm.dtb, node, "compatible", &len);
	assert_int_equal(len, 6);
	assert_memory_equal(list, "a,b\0c", 6);
	assert_non_null(fdt_getprop(world.vm.dtb, node, "interrupts", NULL));
}

static void a_vm_has_its_interrupts_until_it_is_destroyed(void **st)
{
	(void)st;
	assert_int_equal(make_two_devices(NULL), AX_OK);
	for (int turn = 0; turn < 2; turn++) {
		start();
		assert_int_equal(axvm_reset(&world.vm), AX_OK);
		world_settle();
		assert_int_equal(axvm_stop(&world.vm), AX_OK);
		world_settle();
		assert_ptr_equal(world.owner[48], world.intc);
		assert_ptr_equal(world.owner[50], world.intc);
		assert_int_equal(world.release_count, 0);
	}
	/* Each reset and stop has reset the controller, which is what ends an interrupt half way. */
	assert_int_equal(world.intc->reset_count, 4);
	assert_int_equal(world_fini(), 0);
	assert_int_equal(world.release_count, 1);
	assert_null(world.owner[48]);
	assert_null(world.owner[50]);
}

static void interrupts_that_cannot_be_given_are_named(void **st)
{
	static const int other;

	(void)st;
	two_devices();
	world.has_assign = false;
	refuses(AX_ENOTSUP, "vm t: passthrough p: irq 48: this host passes no interrupts through");

	two_devices();
	world.owner[50] = &other;
	refuses(AX_EEXIST, "passthrough r: irq 50 of the host is another VM's or the hypervisor's");
	assert_null(world.owner[48]); /* given first, and taken back */
	assert_ptr_equal(world.owner[50], &other);
	assert_int_equal(world.release_count, 1);

	two_devices();
	world.conf.passthrough[2].irq = 62;
	refuses(AX_EEXIST, "passthrough r: irq 62 of the host is another VM's");

	two_devices();
	world.conf.passthrough[2].irq = 63;
	refuses(AX_EINVAL, "passthrough r: irq 63 of the host cannot be given");

	two_devices();
	world.conf.passthrough[0].irq = 64;
	refuses(AX_EINVAL, "passthrough p: irq 64 is not one of 32 to 63");
	assert_int_equal(world.release_count, 0);

	two_devices();
	world.conf.passthrough[0].irq = 34; /* the machine has an emulated one by itself */
	refuses(AX_EEXIST, "passthrough p: irq 34 is the emulated rtc's");

	/* What is wrong is found before an interrupt can come. */
	two_devices();
	strcpy(world.conf.kernel.path, "images/none");
	refuses(AX_ENOENT, "kernel.kernel_path");
	assert_int_equal(world.release_count, 0);
}

static void passthrough_is_denied_unless_listed(void **st)
{
	(void)st;
	world_reset(1);
	(void)pass("p", 0x0c000000, 0x40000000, AXCONF_AUTO);
	refuses(AX_EINVAL, "passthrough p: host address 0x40000000 is not on the board's list");

	world_reset(1);
	world.no_list = true;
	(void)pass("p", 0x0c000000, LISTED, AXCONF_AUTO);
	refuses(AX_EINVAL, "passthrough p: host address 0xa000000");
}

static void a_device_hides_no_other(void **st)
{
	(void)st;
	world_reset(1);
	(void)pass("p", WORLD_RTC, LISTED, AXCONF_AUTO);
	refuses(AX_EEXIST,
		"passthrough p at 0x9010000 (0x1000 bytes) overlaps the emulated rtc at");

	world_reset(1);
	(void)pass("p", WORLD_INTC, LISTED, AXCONF_AUTO);
	refuses(AX_EEXIST,
		"passthrough p at 0x8000000 (0x1000 bytes) overlaps the emulated regs at");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(make_identity, identity_memory_is_the_hosts_of_the_same_address),
		WITH(make_identity, images_are_loaded_into_identity_memory),
		cmocka_unit_test(identity_memory_is_nobody_elses_while_the_vm_exists),
		cmocka_unit_test(memory_that_cannot_be_mapped_identically_is_named),
		cmocka_unit_test(no_host_memory_beside_it_leaves_nothing),
		WITH(make_two_devices, listed_devices_are_mapped_as_devices),
		WITH(make_two_devices, only_devices_with_a_compatible_are_in_the_tree),
		cmocka_unit_test(a_vm_has_its_interrupts_until_it_is_destroyed),
		cmocka_unit_test(interrupts_that_cannot_be_given_are_named),
		cmocka_unit_test(passthrough_is_denied_unless_listed),
		cmocka_unit_test(a_device_hides_no_other),
	};

	return cmocka_run_group_tests_name("axvm_assign", tests, NULL, NULL);
}

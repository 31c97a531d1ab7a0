/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM is given of the host itself: memory at its own place, and devices. */
#include "cases.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(make_identity, identity_memory_is_the_hosts_of_the_same_address),
		WITH(make_identity, images_are_loaded_into_identity_memory),
		cmocka_unit_test(identity_memory_is_nobody_elses_while_the_vm_exists),
		cmocka_unit_test(memory_that_cannot_be_mapped_identically_is_named),
		cmocka_unit_test(no_host_memory_beside_it_leaves_nothing),
		cmocka_unit_test(passthrough_is_denied_unless_listed),
	};

	return cmocka_run_group_tests_name("axvm_assign", tests, NULL, NULL);
}

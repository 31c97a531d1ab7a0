/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of axvm have in common: VMs to begin with, and the ways of most cases. */
#pragma once
#include "world.h"
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

static inline int make_one(void **st)
{
	(void)st;
	world_reset(1);
	return world_create();
}

static inline int make_two(void **st)
{
	(void)st;
	world_reset(2);
	return world_create();
}

static inline int drop(void **st)
{
	(void)st;
	if (axvm_stop(&world.vm) == AX_OK) {
		world_settle();
	}
	return (int)world_fini(); /* nothing may be left */
}

static inline void start(void)
{
	assert_int_equal(axvm_start(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_RUNNING);
}

static inline void run_script(struct axvcpu_exit exit)
{
	world_script(0, exit);
	world.woken[0] = true;
	world_settle();
}

static inline struct axvcpu_exit cpu_up(uint32_t target, uint64_t entry)
{
	return (struct axvcpu_exit){ .kind = AXVCPU_EXIT_CPU_UP,
				     .u.cpu_up = { .entry = entry, .arg = 9, .target = target } };
}

static inline void refuses(ax_err_t err, const char *part)
{
	assert_int_equal(world_create(), err);
	if (strstr(world.diag.text, part) == NULL) {
		fail_msg("\"%s\" is not in \"%s\"", part, world.diag.text);
	}
	assert_int_equal(axtest_frames_fini(&world.frames), 0);
}

/* One allocation after the other fails, until what @conf describes can be built: nothing may be left. */
static inline void no_host_memory_leaves_nothing(void (*conf)(void))
{
	ax_err_t err = AX_ENOMEM;

	for (unsigned n = 1; err != AX_OK; n++) {
		assert_true(n < 50);
		conf();
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

#define WITH(make, test) cmocka_unit_test_setup_teardown(test, make, drop)

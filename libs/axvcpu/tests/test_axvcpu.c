/* SPDX-License-Identifier: Apache-2.0 */
/* Power state, requests, residency and kicks, on a back end that only counts. */
#include <axtest/axtest.h>
#include <axvcpu/vcpu.h>

struct fake {
	unsigned run_count, load_count, put_count, reset_count;
	bool flushed;
	uint64_t entry, arg;
	struct axvcpu *request_from_inside; /* set a request on it while "in the guest" */
};

static ax_err_t fake_init(void *arch, const struct axvcpu_cfg *cfg)
{
	*(struct fake *)arch = (struct fake){ 0 };
	return cfg->vcpu_count == 0 ? AX_EINVAL : AX_OK;
}

static void fake_reset(void *arch, uint64_t entry, uint64_t arg)
{
	struct fake *f = arch;

	f->reset_count++;
	f->entry = entry;
	f->arg = arg;
}

static void fake_load(void *arch, bool flush_local)
{
	struct fake *f = arch;

	f->load_count++;
	f->flushed = flush_local;
}

static void fake_put(void *arch)
{
	((struct fake *)arch)->put_count++;
}

static void fake_run(void *arch, struct axvcpu_exit *exit)
{
	struct fake *f = arch;

	f->run_count++;
	if (f->request_from_inside != NULL) {
		axvcpu_request(f->request_from_inside, AXVCPU_REQ_IRQ);
	}
	exit->kind = AXVCPU_EXIT_IDLE;
}

static const struct axvcpu_ops fake_ops = {
	.name = "fake",
	.size = sizeof(struct fake),
	.align = _Alignof(struct fake),
	.init = fake_init,
	.reset = fake_reset,
	.load = fake_load,
	.put = fake_put,
	.run = fake_run,
};

static struct fake arch;
static struct axvcpu v;

static int make(void **st)
{
	(void)st;
	axtest_port_reset();
	return axvcpu_init(&v, &fake_ops, &arch, &(struct axvcpu_cfg){ .vcpu_count = 1 });
}

static void init_passes_on_the_back_ends_error(void **st)
{
	struct axvcpu w;

	(void)st;
	assert_int_equal(axvcpu_init(&w, &fake_ops, &arch, &(struct axvcpu_cfg){ .id = 1 }),
			 AX_EINVAL);
}

static void power_on_happens_once_and_starts_at_its_entry(void **st)
{
	(void)st;
	assert_int_equal(axvcpu_power(&v), AXVCPU_OFF);
	assert_int_equal(axvcpu_power_on(&v, 0x40000000, 7), AX_OK);
	assert_int_equal(axvcpu_power(&v), AXVCPU_STARTING);
	assert_int_equal(axvcpu_power_on(&v, 0x1, 8), AX_EBUSY);
	axvcpu_start(&v);
	assert_int_equal(axvcpu_power(&v), AXVCPU_ON);
	assert_int_equal(arch.entry, 0x40000000);
	assert_int_equal(arch.arg, 7);
	assert_int_equal(axvcpu_power_on(&v, 0x1, 8), AX_EEXIST);
	axvcpu_start(&v); /* nothing pending: no second reset */
	assert_int_equal(arch.reset_count, 1);
	axvcpu_power_off(&v);
	assert_int_equal(axvcpu_power_on(&v, 0x1, 8), AX_OK);
}

static void power_off_gives_up_residency(void **st)
{
	(void)st;
	axvcpu_load(&v, true);
	assert_true(arch.flushed);
	axvcpu_load(&v, false); /* already here */
	assert_int_equal(arch.load_count, 1);
	axvcpu_power_off(&v);
	assert_int_equal(arch.put_count, 1);
	axvcpu_put(&v);
	assert_int_equal(arch.put_count, 1);
}

/* As the last vCPU of its VM that ran here, with images loaded anew by another pCPU. */
static void the_first_load_after_a_start_drops_what_the_cpu_remembers(void **st)
{
	(void)st;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(axvcpu_power_on(&v, 0x40000000, 0), AX_OK);
		axvcpu_start(&v);
		axvcpu_load(&v, false);
		assert_true(arch.flushed);
		axvcpu_put(&v);
		axvcpu_load(&v, false);
		assert_false(arch.flushed);
		axvcpu_power_off(&v);
	}
}

static void state_live_on_another_cpu_is_a_callers_bug(void **st)
{
	(void)st;
	axvcpu_load(&v, false);
	axtest_cpu_id = 1;
	AXTEST_EXPECT_PANIC(axvcpu_load(&v, false));
	AXTEST_EXPECT_PANIC(axvcpu_put(&v));
}

static void a_request_stops_the_next_entry(void **st)
{
	struct axvcpu_exit exit;

	(void)st;
	axvcpu_load(&v, false);
	axvcpu_request(&v, AXVCPU_REQ_PAUSE | AXVCPU_REQ_IRQ);
	assert_int_equal(axtest_kick_count[0], 0); /* it was not in the guest */
	axvcpu_run(&v, &exit);
	assert_int_equal(exit.kind, AXVCPU_EXIT_REQUEST);
	assert_int_equal(arch.run_count, 0);
	assert_int_equal(axvcpu_take_requests(&v, AXVCPU_REQ_IRQ), AXVCPU_REQ_IRQ);
	axvcpu_run(&v, &exit);
	assert_int_equal(exit.kind, AXVCPU_EXIT_REQUEST); /* the other one stays until taken */
	assert_int_equal(axvcpu_take_requests(&v, UINT32_MAX), AXVCPU_REQ_PAUSE);
	assert_int_equal(axvcpu_take_requests(&v, UINT32_MAX), 0);
	axvcpu_run(&v, &exit);
	assert_int_equal(exit.kind, AXVCPU_EXIT_IDLE);
}

static void a_request_to_a_running_vcpu_kicks_its_cpu(void **st)
{
	struct axvcpu_exit exit;

	(void)st;
	axtest_cpu_id = 5;
	axvcpu_load(&v, false);
	arch.request_from_inside = &v;
	axvcpu_run(&v, &exit);
	assert_int_equal(axtest_kick_count[5], 1);
	axvcpu_run(&v, &exit);
	assert_int_equal(exit.kind, AXVCPU_EXIT_REQUEST);
}

static void a_fence_names_the_cpu_or_waits_for_the_next_load(void **st)
{
	(void)st;
	assert_int_equal(axvcpu_fence(&v), AXVCPU_NO_CPU);
	axtest_cpu_id = 2;
	axvcpu_load(&v, false);
	assert_true(arch.flushed);
	assert_int_equal(axvcpu_fence(&v), 2);
	axvcpu_put(&v);
	axvcpu_load(&v, false); /* the fence was done where it was live, and the debt is paid */
	assert_false(arch.flushed);
}

static void running_without_residency_is_a_callers_bug(void **st)
{
	struct axvcpu_exit exit;

	(void)st;
	AXTEST_EXPECT_PANIC(axvcpu_run(&v, &exit));
}

static void every_exit_has_a_name(void **st)
{
	(void)st;
	for (int k = AXVCPU_EXIT_REQUEST; k <= AXVCPU_EXIT_FATAL; k++) {
		assert_string_not_equal(axvcpu_exit_name((enum axvcpu_exit_kind)k), "?");
	}
	assert_string_equal(axvcpu_exit_name((enum axvcpu_exit_kind)99), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(init_passes_on_the_back_ends_error, make),
		cmocka_unit_test_setup(power_on_happens_once_and_starts_at_its_entry, make),
		cmocka_unit_test_setup(power_off_gives_up_residency, make),
		cmocka_unit_test_setup(the_first_load_after_a_start_drops_what_the_cpu_remembers,
				       make),
		cmocka_unit_test_setup(state_live_on_another_cpu_is_a_callers_bug, make),
		cmocka_unit_test_setup(a_request_stops_the_next_entry, make),
		cmocka_unit_test_setup(a_request_to_a_running_vcpu_kicks_its_cpu, make),
		cmocka_unit_test_setup(a_fence_names_the_cpu_or_waits_for_the_next_load, make),
		cmocka_unit_test_setup(running_without_residency_is_a_callers_bug, make),
		cmocka_unit_test(every_exit_has_a_name),
	};

	return cmocka_run_group_tests_name("axvcpu", tests, NULL, NULL);
}

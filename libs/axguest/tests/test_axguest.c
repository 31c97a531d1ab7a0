/* SPDX-License-Identifier: Apache-2.0 */
/* Where the tasks of a VM go, who a wake-up reaches, and whose state is live. The VM is at rest. */
#include <axtest/axtest.h>
#include <axguest/guest.h>

static struct axsched s;
static struct axsched_cpu cpus[4];
static struct axguest g;
static unsigned idle_count;

static void idle(void *ctx)
{
	(void)ctx;
	idle_count++;
}

static int make(void **st)
{
	(void)st;
	axtest_port_reset();
	idle_count = 0;
	axsched_init(&s, &(struct axsched_cfg){ .cpu_count = 4, .idle = idle }, cpus);
	g = (struct axguest){ .vm = { .vcpu_count = 3 } };
	g.vm.conf.vcpu_cpus[0] = 0x4;
	g.vm.conf.vcpu_cpus[1] = 0x4 | 0x2;
	for (uint32_t i = 0; i < 3; i++) {
		g.vm.vcpus[i].vm = &g.vm;
		g.vm.vcpus[i].parked = true;
		g.vm.vcpus[i].core.resident_on = AXVCPU_NO_CPU;
	}
	axguest_add(&g, &s);
	return 0;
}

static void tasks_go_where_the_configuration_allows(void **st)
{
	(void)st;
	assert_int_equal(g.vcpus[0].cpu->id, 2);
	assert_int_equal(g.vcpus[1].cpu->id, 1); /* 2 has one already */
	assert_int_equal(g.vcpus[2].cpu->id, 0);
	assert_int_equal(g.work.cpu->id, 2); /* beside vCPU 0 */
}

static void a_wake_up_reaches_the_task_it_names(void **st)
{
	(void)st;
	axguest_wake(&g.vm, 1);
	assert_int_equal(axtest_kick_count[1], 1);
	axtest_cpu_id = 1;
	axsched_once(&s);
	assert_ptr_equal(axsched_resident(&s, 1), &g.vcpus[1]);
	axsched_once(&s); /* a vCPU at rest waits */
	assert_int_equal(idle_count, 1);
	axguest_wake(&g.vm, AXVM_TASK_WORK);
	axtest_cpu_id = 2;
	axsched_once(&s);
	assert_ptr_equal(axsched_resident(&s, 2), &g.work);
	axsched_once(&s);
	assert_int_equal(idle_count, 2);
	axguest_wake(&g.vm, 0);
	axsched_once(&s); /* another task comes in here */
	assert_ptr_equal(axsched_resident(&s, 2), &g.vcpus[0]);
}

static void only_a_vcpu_in_the_registers_is_live(void **st)
{
	(void)st;
	axtest_cpu_id = 2;
	assert_null(axguest_live(&s)); /* nobody yet */
	axguest_wake(&g.vm, AXVM_TASK_WORK);
	axsched_once(&s);
	assert_null(axguest_live(&s)); /* not a vCPU */
	axguest_wake(&g.vm, 0);
	axsched_once(&s);
	assert_null(axguest_live(&s)); /* stepped last, but put away */
	g.vm.vcpus[0].core.resident_on = 2;
	assert_ptr_equal(axguest_live(&s), &g.vm.vcpus[0]);
	axtest_cpu_id = 1;
	assert_null(axguest_live(&s)); /* elsewhere */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(tasks_go_where_the_configuration_allows, make),
		cmocka_unit_test_setup(a_wake_up_reaches_the_task_it_names, make),
		cmocka_unit_test_setup(only_a_vcpu_in_the_registers_is_live, make),
	};

	return cmocka_run_group_tests_name("axguest", tests, NULL, NULL);
}

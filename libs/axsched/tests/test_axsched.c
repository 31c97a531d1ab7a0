/* SPDX-License-Identifier: Apache-2.0 */
/* Order, quanta, deadlines and wake-ups, with the test's own clock. */
#include <axtest/axtest.h>
#include <axsched/sched.h>

struct task {
	struct axsched_task t;
	enum axsched_verdict verdict;
	uint64_t takes_ns;
	uint64_t deadline;
	uint64_t next_deadline; /* not 0: the deadline from the next step on */
	uint64_t away_deadline; /* not 0: the deadline from being switched out on */
	unsigned steps, switched_in, switched_out;
	struct task *wakes; /* woken from inside the step */
};

static struct axsched s;
static struct axsched_cpu cpus[2];
static unsigned idle_count;

static enum axsched_verdict step(void *ctx)
{
	struct task *t = ctx;

	t->steps++;
	axtest_now_ns += t->takes_ns;
	t->deadline = t->next_deadline != 0 ? t->next_deadline : t->deadline;
	if (t->wakes != NULL) {
		axsched_wake(&t->wakes->t);
	}
	return t->verdict;
}

static void switch_out(void *ctx)
{
	struct task *t = ctx;

	t->switched_out++;
	t->deadline = t->away_deadline != 0 ? t->away_deadline : t->deadline;
}

static uint64_t deadline_ns(const void *ctx)
{
	return ((const struct task *)ctx)->deadline;
}

static void switch_in(void *ctx)
{
	((struct task *)ctx)->switched_in++;
}

static const struct axsched_task_ops ops = { step, switch_in, switch_out, deadline_ns };

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
	axsched_init(&s, &(struct axsched_cfg){ .cpu_count = 2, .quantum_ns = 100, .idle = idle },
		     cpus);
	return 0;
}

static void add(struct task *t, uint32_t cpu)
{
	if (t->deadline == 0) {
		t->deadline = UINT64_MAX;
	}
	axsched_add(&s, &t->t, &ops, t, cpu);
}

static void nothing_ready_means_idle(void **st)
{
	struct task a = { .verdict = AXSCHED_BLOCK };

	(void)st;
	add(&a, 0);
	axsched_once(&s);
	assert_int_equal(idle_count, 1);
	assert_int_equal(a.steps, 0);
	axsched_wake(&a.t);
	axsched_once(&s);
	axsched_once(&s);
	assert_int_equal(a.steps, 1);
	assert_int_equal(idle_count, 2);
	assert_ptr_equal(axsched_resident(&s, 0),
			 &a.t); /* state stays until another wants the CPU */
	assert_int_equal(a.switched_out, 0);
}

static void two_tasks_share_by_quanta(void **st)
{
	struct task a = { .verdict = AXSCHED_AGAIN, .takes_ns = 40 };
	struct task b = { .verdict = AXSCHED_AGAIN, .takes_ns = 40 };

	(void)st;
	add(&a, 0);
	add(&b, 0);
	axsched_wake(&a.t);
	axsched_wake(&b.t);
	for (unsigned i = 0; i < 3; i++) {
		axsched_once(&s);
	}
	assert_int_equal(axtest_timer_ns, 100);
	assert_int_equal(a.steps, 3); /* 120 ns: the quantum is over */
	assert_int_equal(b.steps, 0);
	for (unsigned i = 0; i < 60; i++) {
		axsched_once(&s);
	}
	assert_in_range(a.steps, 30, 33);
	assert_int_equal(a.steps + b.steps, 63);
	assert_true(a.switched_out >= 10);
	assert_in_range(a.switched_in, a.switched_out, a.switched_out + 1);
}

static void a_lone_task_is_not_interrupted_by_quanta(void **st)
{
	struct task a = { .verdict = AXSCHED_AGAIN, .takes_ns = 1000 };

	(void)st;
	add(&a, 0);
	axsched_wake(&a.t);
	axsched_once(&s);
	assert_int_equal(axtest_timer_ns, UINT64_MAX);
	axsched_once(&s);
	assert_int_equal(a.steps, 2);
	assert_int_equal(a.switched_out, 0);
}

static void a_task_woken_here_gets_its_turn_at_the_quantums_end(void **st)
{
	struct task a = { .verdict = AXSCHED_AGAIN, .takes_ns = 30 };
	struct task b = { .verdict = AXSCHED_BLOCK };

	(void)st;
	add(&a, 0);
	add(&b, 0);
	axsched_wake(&a.t);
	a.wakes = &b;
	axsched_once(&s); /* the timer was off when a began: the wake-up must set it */
	assert_int_equal(axtest_timer_ns, 100);
	a.wakes = NULL;
	for (unsigned i = 0; i < 4; i++) {
		axsched_once(&s);
	}
	assert_int_equal(b.steps, 1);
}

static void a_wake_up_during_the_step_is_not_lost(void **st)
{
	struct task a = { .verdict = AXSCHED_BLOCK };

	(void)st;
	add(&a, 0);
	a.wakes = &a;
	axsched_wake(&a.t);
	axsched_once(&s);
	a.wakes = NULL;
	axsched_once(&s);
	assert_int_equal(a.steps, 2);
	axsched_once(&s);
	assert_int_equal(a.steps, 2);
	assert_int_equal(idle_count, 1);
}

static void waking_twice_runs_once(void **st)
{
	struct task a = { .verdict = AXSCHED_BLOCK };

	(void)st;
	add(&a, 0);
	axsched_wake(&a.t);
	axsched_wake(&a.t);
	axsched_once(&s);
	axsched_once(&s);
	assert_int_equal(a.steps, 1);
}

static void a_waiting_task_runs_at_its_deadline(void **st)
{
	struct task a = { .verdict = AXSCHED_BLOCK, .deadline = 500 };

	(void)st;
	add(&a, 0);
	axsched_once(&s);
	assert_int_equal(axtest_timer_ns, 500);
	assert_int_equal(a.steps, 0);
	axtest_now_ns = 499;
	axsched_once(&s);
	assert_int_equal(a.steps, 0);
	axtest_now_ns = 500;
	a.next_deadline = 1000;
	axsched_once(&s);
	assert_int_equal(a.steps, 1);
	axtest_timer_ns = 0;
	axsched_once(&s); /* the spent deadline is programmed anew */
	assert_int_equal(axtest_timer_ns, 1000);
}

static void the_running_tasks_own_deadline_is_armed(void **st)
{
	struct task a = { .verdict = AXSCHED_AGAIN };

	(void)st;
	add(&a, 0);
	a.deadline = 77;
	axsched_wake(&a.t);
	axsched_once(&s);
	assert_int_equal(axtest_timer_ns, 77);
}

/* A vCPU's timer is the hardware's business while it is resident, and the host's from then on. */
static void a_deadline_that_begins_with_being_switched_out_is_armed(void **st)
{
	struct task a = { .verdict = AXSCHED_BLOCK, .away_deadline = 500 };
	struct task b = { .verdict = AXSCHED_AGAIN };

	(void)st;
	add(&a, 0);
	add(&b, 0);
	axsched_wake(&a.t);
	axsched_once(&s);
	assert_int_equal(a.steps, 1);
	axsched_wake(&b.t);
	axsched_once(&s); /* b may now run for ever without coming back by itself */
	assert_int_equal(b.steps, 1);
	assert_int_equal(axtest_timer_ns, 500);
	axtest_now_ns = 500;
	axsched_once(&s);
	axsched_once(&s);
	assert_int_equal(a.steps, 2);
}

static void a_task_of_another_cpu_is_kicked_not_stepped(void **st)
{
	struct task a = { .verdict = AXSCHED_BLOCK };

	(void)st;
	add(&a, 1);
	axsched_wake(&a.t);
	assert_int_equal(axtest_kick_count[1], 1);
	axsched_once(&s);
	assert_int_equal(a.steps, 0);
	axtest_cpu_id = 1;
	axsched_once(&s);
	assert_int_equal(a.steps, 1);
}

static void placement_prefers_the_emptiest_cpu_of_the_mask(void **st)
{
	struct task a = { 0 }, b = { 0 };

	(void)st;
	assert_int_equal(axsched_place(&s, 0), 0);
	add(&a, 0);
	assert_int_equal(axsched_place(&s, 0), 1);
	assert_int_equal(axsched_place(&s, 1), 0);
	add(&b, 1);
	assert_int_equal(axsched_place(&s, 0), 0);
	assert_int_equal(axsched_place(&s, UINT64_C(1) << 63), 0); /* no such CPU: any */
}

/* A task whose step looks whether it should end, before and after something happens. */
static struct {
	struct axsched_task *wakes;
	uint64_t until_ns;
	bool stops, before, after;
} looker;

static enum axsched_verdict look(void *ctx)
{
	(void)ctx;
	looker.before = axsched_wants_cpu(&s);
	if (looker.wakes != NULL) {
		axsched_wake(looker.wakes);
	}
	if (looker.stops) {
		axsched_stop(&s);
	}
	axtest_now_ns = looker.until_ns;
	looker.after = axsched_wants_cpu(&s);
	return AXSCHED_AGAIN;
}

static void a_step_can_see_whether_its_end_is_wanted(void **st)
{
	static const struct axsched_task_ops look_ops = { .step = look };
	struct axsched_task t;
	struct task other = { .verdict = AXSCHED_BLOCK, .deadline = 700 };
	struct task far = { .verdict = AXSCHED_BLOCK };

	(void)st;
	axsched_add(&s, &t, &look_ops, NULL, 0);
	add(&other, 0);
	add(&far, 1);
	axsched_wake(&t);
	looker.wakes = &t; /* no news: it runs anyway */
	axsched_once(&s);
	assert_false(looker.before);
	assert_false(looker.after);
	looker.wakes = &far.t; /* another pCPU's */
	axsched_once(&s);
	assert_false(looker.after);
	looker.wakes = NULL;
	looker.until_ns = 699;
	axsched_once(&s);
	assert_false(looker.after);
	looker.until_ns = 700; /* the other's deadline, which the timer was armed for */
	axsched_once(&s);
	assert_true(looker.after);
	other.deadline = UINT64_MAX;
	axsched_once(&s);
	axsched_once(&s);
	axsched_once(&s);
	assert_false(looker.before);
	looker.wakes = &other.t;
	axsched_once(&s);
	assert_false(looker.before);
	assert_true(looker.after);
	looker.wakes = NULL;
	looker.stops = true;
	axtest_now_ns +=
		UINT64_C(1000000000); /* past the quantum, so that the other has had its turn */
	looker.until_ns = axtest_now_ns;
	axsched_once(&s);
	axsched_once(&s);
	assert_true(looker.after);
}

static void stop_ends_the_loop_and_wakes_every_cpu(void **st)
{
	(void)st;
	axsched_stop(&s);
	axsched_run(&s);
	assert_int_equal(idle_count, 0);
	assert_int_equal(axtest_kick_count[0], 1);
	assert_int_equal(axtest_kick_count[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_ready_means_idle, make),
		cmocka_unit_test_setup(two_tasks_share_by_quanta, make),
		cmocka_unit_test_setup(a_lone_task_is_not_interrupted_by_quanta, make),
		cmocka_unit_test_setup(a_task_woken_here_gets_its_turn_at_the_quantums_end, make),
		cmocka_unit_test_setup(a_wake_up_during_the_step_is_not_lost, make),
		cmocka_unit_test_setup(waking_twice_runs_once, make),
		cmocka_unit_test_setup(a_waiting_task_runs_at_its_deadline, make),
		cmocka_unit_test_setup(the_running_tasks_own_deadline_is_armed, make),
		cmocka_unit_test_setup(a_deadline_that_begins_with_being_switched_out_is_armed,
				       make),
		cmocka_unit_test_setup(a_task_of_another_cpu_is_kicked_not_stepped, make),
		cmocka_unit_test_setup(placement_prefers_the_emptiest_cpu_of_the_mask, make),
		cmocka_unit_test_setup(a_step_can_see_whether_its_end_is_wanted, make),
		cmocka_unit_test_setup(stop_ends_the_loop_and_wakes_every_cpu, make),
	};

	return cmocka_run_group_tests_name("axsched", tests, NULL, NULL);
}

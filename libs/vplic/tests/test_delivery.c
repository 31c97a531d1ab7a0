/* SPDX-License-Identifier: Apache-2.0 */
/* From a line to the vCPU's wire, through claim and completion in orders legal and not. */
#include "fixture.h"
#include <axbase/bitmap.h>

static struct fixture f;

static void a_source_goes_from_its_line_to_the_guest_and_back(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(1), 10);
	fix_line(&f, 10, true);
	assert_true(vplic_intc_ops.pending(&f.p, 1));
	assert_false(vplic_intc_ops.pending(&f.p, 0));
	fix_enter(&f, 1);
	assert_true(f.wire[1]);
	assert_int_equal(fix_claim(&f, S(1)), 10);
	assert_false(f.wire[1]); /* told on the spot: the vCPU itself has claimed */
	assert_false(fix_pending(&f, 10));
	fix_line(&f, 10, false);
	fix_complete(&f, S(1), 10);
	assert_false(fix_pending(&f, 10));
	assert_int_equal(fix_claim(&f, S(1)), 0);
}

static void a_level_that_is_still_high_at_completion_comes_again(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	fix_line(&f, 10, true);
	assert_int_equal(fix_claim(&f, S(0)), 10);
	assert_false(fix_pending(&f, 10));
	fix_line(&f, 10, false);
	fix_line(&f, 10, true); /* not forwarded before the completion */
	assert_false(fix_pending(&f, 10));
	assert_false(f.wire[0]);
	fix_complete(&f, S(0), 10);
	assert_true(f.wire[0]);
	assert_int_equal(fix_claim(&f, S(0)), 10);
}

static void a_request_stays_when_the_line_falls_before_the_claim(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	fix_line(&f, 10, true);
	fix_line(&f, 10, false);
	fix_enter(&f, 0);
	assert_true(fix_pending(&f, 10) && f.wire[0]);
	assert_int_equal(fix_claim(&f, S(0)), 10);
	fix_complete(&f, S(0), 10);
	assert_int_equal(fix_claim(&f, S(0)), 0);
}

static void of_edges_while_claimed_one_is_kept(void **state)
{
	uint64_t edge[VPLIC_WORDS] = { 0 };

	(void)state;
	fix_cfg(&f);
	ax_bitmap_set(edge, 70);
	f.cfg.edge = edge;
	fix_start(&f);
	fix_open(&f, S(0), 70);
	fix_line(&f, 70, true);
	fix_line(&f, 70, false);
	fix_line(&f, 70, true); /* one with the first */
	assert_int_equal(fix_claim(&f, S(0)), 70);
	for (int i = 0; i < 3; i++) {
		fix_line(&f, 70, false);
		fix_line(&f, 70, true);
		assert_false(fix_pending(&f, 70));
	}
	fix_complete(&f, S(0), 70);
	assert_int_equal(fix_claim(&f, S(0)), 70);
	fix_complete(&f, S(0), 70); /* high, but no edge */
	assert_int_equal(fix_claim(&f, S(0)), 0);
}

static void a_pulse_is_one_request(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(2), 6);
	axtest_cpu_id = 7;
	vplic_pulse(&f.p, 6);
	assert_int_equal(f.kicked, 4);
	vplic_pulse(&f.p, 0);
	vplic_pulse(&f.p, FIX_SOURCES + 1);
	assert_int_equal(fix_claim(&f, S(2)), 6);
	vplic_pulse(&f.p,
		    6); /* of a level, while claimed: the line is low again by the completion */
	fix_complete(&f, S(2), 6);
	assert_int_equal(fix_claim(&f, S(2)), 0);
}

static void the_highest_priority_comes_first_then_the_lowest_id(void **state)
{
	static const uint32_t order[] = { 100, 5, 64, 128, 63, 65, 1 };
	static const uint32_t priority[] = { 7, 6, 6, 6, 5, 5, 1 };

	(void)state;
	fix_init(&f);
	for (size_t i = 0; i < AX_ARRAY_SIZE(order); i++) {
		fix_open(&f, S(0), order[6 - i]);
		fix_priority(&f, order[6 - i], priority[6 - i]);
		fix_line(&f, order[6 - i], true);
	}
	for (size_t i = 0; i < AX_ARRAY_SIZE(order); i++) {
		assert_int_equal(fix_claim(&f, S(0)), order[i]);
	}
	assert_int_equal(fix_claim(&f, S(0)), 0);
}

static void priority_0_never_interrupts(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	fix_priority(&f, 10, 0);
	fix_line(&f, 10, true);
	assert_true(fix_pending(&f, 10));
	assert_int_equal(fix_claim(&f, S(0)), 0);
	fix_priority(&f, 10, 2);
	assert_true(f.wire[0]);
	fix_priority(&f, 10, 0);
	assert_false(f.wire[0]);
}

static void a_threshold_masks_the_wire_and_not_the_claim(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	fix_priority(&f, 10, 3);
	fix_threshold(&f, S(0), 3);
	fix_line(&f, 10, true);
	fix_enter(&f, 0);
	assert_false(f.wire[0]);
	fix_threshold(&f, S(0), 2);
	assert_true(f.wire[0]);
	fix_threshold(&f, S(0), 7);
	assert_false(f.wire[0]);
	assert_int_equal(fix_claim(&f, S(0)), 10);
}

static void a_threshold_is_its_contexts_only(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	fix_enable(&f, S(1), 10, true);
	fix_threshold(&f, S(0), 7);
	fix_line(&f, 10, true);
	fix_enter(&f, 0);
	fix_enter(&f, 1);
	assert_false(f.wire[0]);
	assert_true(f.wire[1]);
}

static void an_unwired_context_claims_and_has_no_wire(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, M(0), 10);
	fix_line(&f, 10, true);
	assert_int_equal(f.kick_count, 0);
	assert_false(vplic_intc_ops.pending(&f.p, 0));
	assert_int_equal(fix_claim(&f, S(0)), 0);
	assert_int_equal(fix_claim(&f, M(0)), 10);
}

static void of_two_contexts_one_gets_it_and_the_others_wire_falls(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	fix_enable(&f, S(1), 10, true);
	fix_line(&f, 10, true);
	assert_int_equal(f.kicked, 3);
	fix_enter(&f, 0);
	fix_enter(&f, 1);
	assert_int_equal(fix_claim(&f, S(1)), 10);
	assert_int_equal(f.kicked, 1); /* it may be looking at its sip */
	fix_enter(&f, 0);
	assert_false(f.wire[0] || f.wire[1]);
	assert_int_equal(fix_claim(&f, S(0)), 0);
}

static void another_context_may_complete_if_it_has_the_source_enabled(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	fix_line(&f, 10, true);
	assert_int_equal(fix_claim(&f, S(0)), 10);
	fix_complete(&f, S(1), 10);
	assert_false(fix_pending(&f, 10)); /* silently ignored */
	fix_enable(&f, S(1), 10, true);
	fix_complete(&f, S(1), 10);
	assert_true(fix_pending(&f, 10));
}

static void a_completion_with_the_source_disabled_is_ignored(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	fix_line(&f, 10, true);
	assert_int_equal(fix_claim(&f, S(0)), 10);
	fix_enable(&f, S(0), 10, false);
	fix_complete(&f, S(0), 10);
	fix_enable(&f, S(0), 10, true);
	assert_int_equal(fix_claim(&f, S(0)), 0);
	fix_complete(&f, S(0), 10);
	assert_int_equal(fix_claim(&f, S(0)), 10);
}

static void completing_what_was_not_claimed_changes_nothing(void **state)
{
	static const uint32_t ids[] = { 0, 10, 11, FIX_SOURCES, FIX_SOURCES + 1, 1024, UINT32_MAX };

	(void)state;
	fix_init(&f);
	assert_int_equal(vplic_link(&f.p, 10, 1), AX_OK);
	fix_open(&f, S(0), 10);
	fix_line(&f, 10, true);
	for (size_t i = 0; i < AX_ARRAY_SIZE(ids); i++) {
		fix_complete(&f, S(0), ids[i]);
	}
	assert_true(fix_pending(&f, 10));
	assert_int_equal(fix_claim(&f, S(0)), 10);
	fix_line(&f, 10, false);
	fix_complete(&f, S(0), 10);
	fix_complete(&f, S(0), 10);
	assert_int_equal(fix_claim(&f, S(0)), 0);
	assert_int_equal(f.completed_count, 1);
}

static void several_sources_are_in_service_at_once(void **state)
{
	(void)state;
	fix_init(&f);
	for (uint32_t i = 1; i <= FIX_SOURCES; i++) {
		fix_open(&f, S(0), i);
		fix_line(&f, i, true);
	}
	fix_enter(&f, 0);
	for (uint32_t i = 1; i <= FIX_SOURCES; i++) {
		assert_int_equal(fix_claim(&f, S(0)), i);
		assert_int_equal(f.wire[0], i != FIX_SOURCES);
	}
	for (uint32_t i = FIX_SOURCES; i >= 1; i--) { /* the lines are still high */
		fix_complete(&f, S(0), i);
		assert_int_equal(fix_claim(&f, S(0)), i);
	}
}

/* --- vCPUs on pCPUs */

static void a_vcpu_out_of_the_guest_on_this_cpu_is_told_and_not_kicked(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(2), 10);
	axtest_cpu_id = 2;
	vplic_intc_ops.set_irq(&f.p, 0, 10, true);
	assert_true(f.wire[2]);
	assert_int_equal(f.kick_count, 0);
}

static void nothing_to_tell_means_no_kick(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	fix_open(&f, S(0), 11);
	fix_line(&f, 10, true);
	fix_line(&f, 10, true);
	assert_int_equal(f.kick_count, 1);
	fix_enter(&f, 0);
	fix_line(&f, 11, true); /* the wire is high already */
	fix_line(&f, 10, false);
	assert_int_equal(f.kick_count, 1);
	assert_true(f.wire[0]);
}

static void a_wire_that_is_back_before_the_vcpu_came_out_needs_no_telling(void **state)
{
	struct ax_intc_watch watch;
	unsigned told;

	(void)state;
	fix_init(&f);
	fix_open(&f, S(1), 10);
	vplic_intc_ops.watch(&f.p, 1, &watch);
	told = f.told;
	fix_line(&f, 10, true);
	assert_int_equal(*watch.flush, 1);
	fix_threshold(&f, S(0), 0);
	fix_enable(&f, S(1), 10, false); /* by vCPU 0 */
	assert_int_equal(*watch.flush, 0);
	assert_int_equal(f.told, told);
	vplic_intc_ops.flush(&f.p, 1);
	assert_int_equal(f.told, told);
}

static void the_wire_is_low_between_two_vcpus_and_moves_with_its_own(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	fix_line(&f, 10, true);
	fix_enter(&f, 0);
	assert_true(f.wire[0]);
	vplic_intc_ops.put(&f.p, 0);
	assert_false(f.wire[0]);
	assert_true(vplic_intc_ops.pending(&f.p, 0));
	axtest_cpu_id = 5;
	vplic_intc_ops.load(&f.p, 0);
	assert_true(f.wire[5]);
	assert_false(f.wire[0]);
	vplic_intc_ops.put(&f.p, 0);
	assert_false(f.wire[5]);
}

static void one_that_is_loaded_nowhere_is_woken_and_told_when_it_comes(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(1), 10);
	axtest_cpu_id = 1;
	vplic_intc_ops.put(&f.p, 1);
	fix_line(&f, 10, true);
	assert_int_equal(f.kicked, 2);
	axtest_cpu_id = 1;
	vplic_intc_ops.flush(&f.p, 1); /* not its time */
	assert_false(f.wire[1]);
	f.kicked = 0;
	fix_enable(&f, S(1), 10, false);
	assert_int_equal(f.kicked, 0); /* nobody waits for nothing */
	fix_enable(&f, S(1), 10, true);
	axtest_cpu_id = 1;
	vplic_intc_ops.load(&f.p, 1);
	assert_true(f.wire[1]);
}

static void a_wait_is_refused_if_the_wire_would_end_it(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	axtest_cpu_id = 0;
	assert_false(vplic_prepare_idle(&f.p, 0));
	fix_enter(&f, 0);
	fix_line(&f, 10, true);
	axtest_cpu_id = 0;
	assert_true(vplic_prepare_idle(&f.p, 0)); /* though hardware has not been told yet */
	f.enabled[0] = false;
	assert_false(vplic_prepare_idle(&f.p, 0));
	f.enabled[0] = true;
	vplic_intc_ops.put(&f.p, 0);
	assert_true(vplic_prepare_idle(&f.p, 0)); /* somebody else's sie is live now */
}

static void a_sleeping_vcpu_is_kicked_on_its_own_cpu_too(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	axtest_cpu_id = 0;
	assert_false(vplic_prepare_idle(&f.p, 0));
	vplic_intc_ops.set_irq(&f.p, 0, 10, true);
	assert_int_equal(f.kicked, 1);
	fix_enter(&f, 0); /* awake */
	assert_true(f.wire[0]);
	assert_int_equal(fix_claim(&f, S(0)), 10);
	vplic_intc_ops.set_irq(&f.p, 0, 10, false);
	fix_complete(&f, S(0), 10);
	vplic_intc_ops.set_irq(&f.p, 0, 10, true);
	assert_int_equal(f.kicked, 0);
}

static void a_sleep_that_a_timer_ended_leaves_no_kick_behind(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 10);
	axtest_cpu_id = 0;
	assert_false(vplic_prepare_idle(&f.p, 0));
	fix_enter(&f, 0);
	vplic_intc_ops.set_irq(&f.p, 0, 10, true);
	assert_int_equal(f.kick_count, 0);
	assert_true(f.wire[0]);
}

static void a_sleeper_elsewhere_is_kicked_by_what_rises_not_by_what_falls(void **state)
{
	(void)state;
	fix_init(&f);
	fix_open(&f, S(1), 10);
	fix_line(&f, 10, true);
	fix_enter(&f, 1);
	f.enabled[1] = false;
	axtest_cpu_id = 1;
	assert_false(vplic_prepare_idle(&f.p, 1));
	fix_enable(&f, S(1), 10, false); /* by vCPU 0 */
	assert_int_equal(f.kicked, 0);
	assert_true(f.wire[1]);
	fix_enable(&f, S(1), 10, true);
	assert_int_equal(f.kicked, 2);
	fix_enable(&f, S(1), 10, false);
	fix_enter(&f, 1); /* told when it comes, whyever */
	assert_false(f.wire[1]);
}

static void links_are_told_of_completions_only(void **state)
{
	(void)state;
	fix_init(&f);
	assert_int_equal(vplic_link(&f.p, 10, 77), AX_OK);
	assert_int_equal(vplic_link(&f.p, 10, 78), AX_EEXIST);
	assert_int_equal(vplic_link(&f.p, 0, 78), AX_EINVAL);
	assert_int_equal(vplic_link(&f.p, FIX_SOURCES + 1, 78), AX_EINVAL);
	assert_int_equal(vplic_link(&f.p, 11, 0), AX_EINVAL);
	assert_int_equal(vplic_link(&f.p, 11, UINT16_MAX + 1), AX_EINVAL);
	fix_open(&f, S(0), 10);
	fix_open(&f, S(0), 11);
	fix_line(&f, 10, true);
	fix_line(&f, 11, true);
	assert_int_equal(fix_claim(&f, S(0)), 10);
	assert_int_equal(fix_claim(&f, S(0)), 11);
	assert_int_equal(f.completed_count, 0);
	fix_complete(&f, S(0), 11);
	assert_int_equal(f.completed_count, 0);
	fix_complete(&f, S(0), 10);
	assert_int_equal(f.completed_count, 1);
	assert_int_equal(f.completed[0], 77);
	vplic_unlink(&f.p, 10);
	vplic_unlink(&f.p, 0);
	assert_int_equal(fix_claim(&f, S(0)), 10);
	fix_complete(&f, S(0), 10);
	assert_int_equal(f.completed_count, 1);
	fix_cfg(&f);
	f.cfg.completed = NULL;
	fix_start(&f);
	assert_int_equal(vplic_link(&f.p, 10, 77), AX_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_goes_from_its_line_to_the_guest_and_back),
		cmocka_unit_test(a_level_that_is_still_high_at_completion_comes_again),
		cmocka_unit_test(a_request_stays_when_the_line_falls_before_the_claim),
		cmocka_unit_test(of_edges_while_claimed_one_is_kept),
		cmocka_unit_test(a_pulse_is_one_request),
		cmocka_unit_test(the_highest_priority_comes_first_then_the_lowest_id),
		cmocka_unit_test(priority_0_never_interrupts),
		cmocka_unit_test(a_threshold_masks_the_wire_and_not_the_claim),
		cmocka_unit_test(a_threshold_is_its_contexts_only),
		cmocka_unit_test(an_unwired_context_claims_and_has_no_wire),
		cmocka_unit_test(of_two_contexts_one_gets_it_and_the_others_wire_falls),
		cmocka_unit_test(another_context_may_complete_if_it_has_the_source_enabled),
		cmocka_unit_test(a_completion_with_the_source_disabled_is_ignored),
		cmocka_unit_test(completing_what_was_not_claimed_changes_nothing),
		cmocka_unit_test(several_sources_are_in_service_at_once),
		cmocka_unit_test(a_vcpu_out_of_the_guest_on_this_cpu_is_told_and_not_kicked),
		cmocka_unit_test(nothing_to_tell_means_no_kick),
		cmocka_unit_test(a_wire_that_is_back_before_the_vcpu_came_out_needs_no_telling),
		cmocka_unit_test(the_wire_is_low_between_two_vcpus_and_moves_with_its_own),
		cmocka_unit_test(one_that_is_loaded_nowhere_is_woken_and_told_when_it_comes),
		cmocka_unit_test(a_wait_is_refused_if_the_wire_would_end_it),
		cmocka_unit_test(a_sleeping_vcpu_is_kicked_on_its_own_cpu_too),
		cmocka_unit_test(a_sleep_that_a_timer_ended_leaves_no_kick_behind),
		cmocka_unit_test(a_sleeper_elsewhere_is_kicked_by_what_rises_not_by_what_falls),
		cmocka_unit_test(links_are_told_of_completions_only),
	};

	return cmocka_run_group_tests_name("vplic-delivery", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What vCPUs do to each other without an interrupt controller, and to one that is about to wait. */
#include "cases.h"

static void elsewhere(uint32_t cpu)
{
	axtest_cpu_id = cpu;
}

static void wake_vcpu_0(void)
{
	elsewhere(3);
	world.vcpus[1]->cfg.peers->wake(world.vcpus[1]->cfg.ctx, 0x1);
	elsewhere(0);
}

static void request_a_pause(void)
{
	elsewhere(3);
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	elsewhere(0);
}

/* vCPU 0 and, on its own pCPU, vCPU 1, both waiting. */
static int make_both_live(void **st)
{
	(void)st;
	world_reset(2);
	if (world_create() != AX_OK) {
		return -1;
	}
	start();
	run_script(cpu_up(1, WORLD_RAM));
	world.woken[0] = world.woken[1] = false;
	return 0;
}

static void a_wait_that_a_request_came_before_is_none(void **st)
{
	unsigned entries = world.vcpus[0]->entry_count;

	(void)st;
	/* Who woke it has kicked this pCPU, and left it at that. */
	world.vcpus[0]->in_guest = wake_vcpu_0;
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_BLOCK);
	assert_int_equal(world.vcpus[0]->entry_count, entries + 2);
	assert_int_equal(axtest_kick_count[0], 1);
	assert_false(world.woken[0]);
	assert_int_equal(axvcpu_take_requests(&world.vm.vcpus[0].core, UINT32_MAX), 0);
	/* Nothing came before the second wait. */
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_BLOCK);
	assert_int_equal(world.vcpus[0]->entry_count, entries + 3);
}

static void a_wait_that_a_pause_came_before_ends_the_step(void **st)
{
	unsigned entries = world.vcpus[0]->entry_count;

	(void)st;
	world.vcpus[0]->in_guest = request_a_pause;
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_AGAIN);
	assert_int_equal(world.vcpus[0]->entry_count, entries + 1);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_PAUSED);
}

static void peers_find_each_others_state(void **st)
{
	const struct axvcpu_cfg *cfg = &world.vcpus[0]->cfg;

	(void)st;
	assert_int_equal(cfg->vcpu_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_ptr_equal(cfg->peers->arch(cfg->ctx, i), world.vcpus[i]);
		assert_ptr_equal(world.vcpus[i]->cfg.peers, cfg->peers);
		assert_ptr_equal(world.vcpus[i]->cfg.ctx, cfg->ctx);
	}
}

static void a_peer_that_waits_is_woken(void **st)
{
	const struct axvcpu_cfg *cfg = &world.vcpus[0]->cfg;

	(void)st;
	elsewhere(0);
	cfg->peers->wake(cfg->ctx, 0x2);
	assert_true(world.woken[1]);
	assert_false(world.woken[0]);
	assert_int_equal(axtest_kick_count[1], 0); /* nobody runs there */
	assert_int_equal(axvcpu_take_requests(&world.vm.vcpus[1].core, UINT32_MAX), AXVCPU_REQ_IRQ);
	cfg->peers->wake(cfg->ctx, 0);
	assert_false(world.woken[0]);
}

static void a_fence_goes_to_the_pcpus_where_peers_are_live(void **st)
{
	const struct axvcpu_cfg *cfg = &world.vcpus[0]->cfg;
	struct axvm_vcpu *one = &world.vm.vcpus[1];
	unsigned flushes = world.vcpus[1]->flush_count;

	(void)st;
	assert_int_equal(cfg->peers->fence(cfg->ctx, 0x3), 0x3);
	assert_int_equal(cfg->peers->fence(cfg->ctx, 0x2), 0x2);
	assert_int_equal(cfg->peers->fence(cfg->ctx, 0), 0);

	/* Back on the same pCPU: what it has cached there is still its own. */
	elsewhere(1);
	axvm_vcpu_switch_out(one);
	(void)axvm_vcpu_step(one);
	assert_int_equal(world.vcpus[1]->flush_count, flushes);

	/* Live nowhere, it drops all itself, once, when it comes back. */
	axvm_vcpu_switch_out(one);
	elsewhere(0);
	assert_int_equal(cfg->peers->fence(cfg->ctx, 0x3), 0x1);
	elsewhere(1);
	(void)axvm_vcpu_step(one);
	assert_int_equal(world.vcpus[1]->flush_count, flushes + 1);
	axvm_vcpu_switch_out(one);
	(void)axvm_vcpu_step(one);
	assert_int_equal(world.vcpus[1]->flush_count, flushes + 1);
	elsewhere(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(make_both_live, a_wait_that_a_request_came_before_is_none),
		WITH(make_both_live, a_wait_that_a_pause_came_before_ends_the_step),
		WITH(make_both_live, peers_find_each_others_state),
		WITH(make_both_live, a_peer_that_waits_is_woken),
		WITH(make_both_live, a_fence_goes_to_the_pcpus_where_peers_are_live),
	};

	return cmocka_run_group_tests_name("axvm_peers", tests, NULL, NULL);
}

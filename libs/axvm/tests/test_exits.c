/* SPDX-License-Identifier: Apache-2.0 */
/* What each exit does, and the accesses that need none. */
#include "cases.h"

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

static void an_access_without_an_exit_reaches_its_device_too(void **st)
{
	const struct axvcpu_cfg *cfg;
	uint64_t val = 1;

	(void)st;
	start();
	cfg = &world.vcpus[0]->cfg;
	world.intc->flush_count = world.intc->sync_count = 0;
	assert_int_equal(cfg->write(cfg->access_ctx, gpa(WORLD_UART), 1, 0x177),
			 AXVCPU_ACCESS_DONE);
	assert_int_equal(world.devs[0]->reg, 0x77);
	assert_true(world.intc->level[33]);
	axvcpu_request(&world.vm.vcpus[0].core, AXVCPU_REQ_PAUSE);
	assert_int_equal(cfg->read(cfg->access_ctx, gpa(WORLD_UART + 8), 4, &val),
			 AXVCPU_ACCESS_LEAVE);
	assert_int_equal(val, 0x77 + 8);
	assert_int_equal(world.intc->flush_count, 2);
	assert_int_equal(world.intc->sync_count, 2);
	world.intc->flush_due = world.intc->sync_due = 0;
	(void)cfg->read(cfg->access_ctx, gpa(WORLD_UART), 4, &val);
	(void)cfg->write(cfg->access_ctx, gpa(WORLD_UART), 4, 0);
	assert_int_equal(world.intc->flush_count, 2);
	assert_int_equal(world.intc->sync_count, 2);
}

static void a_refused_access_is_not_made_twice(void **st)
{
	const struct axvcpu_cfg *cfg;
	uint64_t val = 1;

	(void)st;
	start();
	cfg = &world.vcpus[0]->cfg;
	world.devs[0]->result = AX_IO_FAULT;
	assert_int_equal(cfg->read(cfg->access_ctx, gpa(WORLD_UART), 4, &val), AXVCPU_ACCESS_EXIT);
	world.devs[0]->result = AX_IO_HANDLED;
	run_script((struct axvcpu_exit)MMIO_READ(WORLD_UART));
	assert_int_equal(world.vcpus[0]->fault_count, 1);
	assert_int_equal(world.vcpus[0]->complete_count, 0);
	run_script((struct axvcpu_exit)MMIO_READ(WORLD_UART)); /* the next one is its own */
	assert_int_equal(world.vcpus[0]->complete_count, 1);
	assert_int_equal(cfg->write(cfg->access_ctx, gpa(0x1000), 4, 0), AXVCPU_ACCESS_EXIT);
	run_script((struct axvcpu_exit)MMIO_WRITE(0x1000, 0));
	assert_int_equal(world.vcpus[0]->fault_count, 2);
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

static void a_kick_is_over_without_an_exit(void **st)
{
	struct axvcpu *core = &world.vm.vcpus[0].core;
	const struct axvcpu_cfg *cfg;

	(void)st;
	start();
	cfg = &world.vcpus[0]->cfg;
	world.keeps_guest = true;
	world.irq_count = world.intc->flush_count = world.intc->sync_count = 0;
	world.intc->flush_due = world.intc->sync_due = 0;
	axvcpu_request(core, AXVCPU_REQ_IRQ);
	assert_true(cfg->host_irq(cfg->access_ctx));
	assert_int_equal(world.irq_count, 1);
	assert_int_equal(axvcpu_take_requests(core, UINT32_MAX), 0);
	assert_int_equal(world.intc->flush_count + world.intc->sync_count, 0);

	/* What comes with the interrupt is at the guest before it goes on. */
	world.device_fires = true;
	world.intc->sync_due = 1;
	assert_true(cfg->host_irq(cfg->access_ctx));
	assert_int_equal(world.intc->flush_count, 1);
	assert_int_equal(world.intc->sync_count, 1);
}

static void a_kick_for_more_than_an_interrupt_is_an_exit(void **st)
{
	struct axvcpu *core = &world.vm.vcpus[0].core;
	const struct axvcpu_cfg *cfg;

	(void)st;
	start();
	cfg = &world.vcpus[0]->cfg;
	assert_false(cfg->host_irq(cfg->access_ctx)); /* the host wants the pCPU */
	world.keeps_guest = true;
	axvcpu_request(core, AXVCPU_REQ_IRQ | AXVCPU_REQ_PAUSE);
	assert_false(cfg->host_irq(cfg->access_ctx));
	assert_int_equal(axvcpu_take_requests(core, UINT32_MAX), AXVCPU_REQ_PAUSE);
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

static void a_new_tag_comes_without_what_the_last_owner_has_cached(void **st)
{
	static struct axaddrspace_tag others[300];

	(void)st;
	start();
	assert_int_equal(world.vcpus[0]->flush_count, 1);
	axvm_vcpu_switch_out(&world.vm.vcpus[0]);
	for (unsigned i = 0; i < AX_ARRAY_SIZE(others); i++) {
		(void)axaddrspace_tag_get(&world.tags, &others[i], 0);
	}
	axaddrspace_tag_put(&world.tags, 0);
	(void)axvm_vcpu_step(&world.vm.vcpus[0]);
	assert_int_equal(world.vcpus[0]->flush_count, 2);
	axvm_vcpu_switch_out(&world.vm.vcpus[0]);
	(void)axvm_vcpu_step(&world.vm.vcpus[0]);
	assert_int_equal(world.vcpus[0]->flush_count, 2);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(make_one, mmio_reaches_its_device),
		WITH(make_one, an_access_without_an_exit_reaches_its_device_too),
		WITH(make_one, a_refused_access_is_not_made_twice),
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
		WITH(make_one, a_kick_is_over_without_an_exit),
		WITH(make_one, a_kick_for_more_than_an_interrupt_is_an_exit),
		WITH(make_one, a_waiting_vcpu_stays_if_something_is_deliverable),
		WITH(make_two, an_interrupt_from_elsewhere_requests_and_wakes),
		WITH(make_one, a_fatal_exit_dumps_and_fails_only_the_vm),
		WITH(make_two, another_vcpu_on_the_same_pcpu_flushes_its_translations),
		WITH(make_one, a_new_tag_comes_without_what_the_last_owner_has_cached),
		WITH(make_one, a_tlb_request_drops_what_this_pcpu_has_cached),
	};

	return cmocka_run_group_tests_name("axvm_exits", tests, NULL, NULL);
}

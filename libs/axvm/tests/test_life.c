/* SPDX-License-Identifier: Apache-2.0 */
/* Reset, pause, stop, deadlines, the console. */
#include "cases.h"

static void reset_reloads_the_images(void **st)
{
	char text[12];
	gpa_t entry;

	(void)st;
	start();
	entry = gpa(world.vcpus[0]->entry);
	run_script(cpu_up(1, WORLD_RAM));
	assert_int_equal(ax_gmem_write(&world.vm.gmem, entry, "overwritten!", 12), AX_OK);
	run_script((struct axvcpu_exit){ .kind = AXVCPU_EXIT_SYSTEM,
					 .u.system = AXVCPU_SYSTEM_RESET });
	assert_int_equal(axvm_state(&world.vm), AXVM_RUNNING);
	assert_int_equal(ax_gmem_read(&world.vm.gmem, entry, text, 12), AX_OK);
	assert_memory_equal(text, "kernel bytes", 12);
	assert_int_equal(world.vcpus[0]->reset_count, 2);
	assert_int_equal(axvcpu_power(&world.vm.vcpus[1].core), AXVCPU_OFF);
	assert_int_equal(world.devs[0]->reset_count, 1);
	assert_int_equal(world.intc->reset_count, 1);
	assert_int_equal(world.states[1], AXVM_LOADING);
	assert_int_equal(world.states[2], AXVM_RUNNING);
	for (unsigned i = 0; i < 9; i++) {
		assert_int_equal(axvm_reset(&world.vm), AX_OK);
		world_settle();
		assert_int_equal(axvm_state(&world.vm), AXVM_RUNNING);
	}
	assert_int_equal(world.vcpus[0]->reset_count, 11);
}

static void pause_waits_for_every_vcpu(void **st)
{
	unsigned entries;

	(void)st;
	start();
	run_script(cpu_up(1, WORLD_RAM));
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	assert_int_equal(axvm_state(&world.vm), AXVM_QUIESCING);
	axtest_cpu_id = 0;
	assert_int_equal(axvm_vcpu_step(&world.vm.vcpus[0]), AXVM_BLOCK);
	assert_int_equal(axvm_work_step(&world.vm), AXVM_BLOCK);
	assert_int_equal(axvm_state(&world.vm), AXVM_QUIESCING); /* vCPU 1 is still out there */
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_PAUSED);
	entries = world.vcpus[0]->entry_count;
	world.woken[0] = true;
	world_settle();
	assert_int_equal(world.vcpus[0]->entry_count, entries); /* a wake-up does not run it */
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_resume(&world.vm), AX_OK);
	world_settle();
	assert_true(world.vcpus[0]->entry_count > entries);
	assert_int_equal(world.vcpus[0]->reset_count, 1);
	assert_int_equal(axvm_resume(&world.vm), AX_EBUSY);
}

static void a_stop_wins_over_a_reset(void **st)
{
	(void)st;
	start();
	assert_int_equal(axvm_reset(&world.vm), AX_OK);
	assert_int_equal(axvm_stop(&world.vm), AX_OK);
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_OFF);
	assert_int_equal(axvm_pause(&world.vm), AX_EBUSY);
	assert_int_equal(axvm_stop(&world.vm), AX_EBUSY);
	start();
}

static void a_paused_vm_can_be_stopped_and_a_loading_one(void **st)
{
	(void)st;
	start();
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_stop(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_OFF);
	assert_int_equal(axvm_start(&world.vm), AX_OK);
	assert_int_equal(axvm_pause(&world.vm), AX_EBUSY);
	assert_int_equal(axvm_stop(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_OFF);
}

static void a_running_vm_cannot_be_destroyed(void **st)
{
	(void)st;
	start();
	assert_int_equal(axvm_destroy(&world.vm), AX_EBUSY);
}

static void a_damaged_image_fails_its_vm_with_a_line(void **st)
{
	static const uint8_t gz[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3,
				      3,    0,    1, 2, 3, 4, 0, 0, 0, 0 };

	(void)st;
	world_reset(1);
	world_add_file("images/gz", gz, sizeof(gz));
	strcpy(world.conf.kernel.path, "images/gz");
	assert_int_equal(world_create(), AX_OK);
	assert_int_equal(axvm_start(&world.vm), AX_OK);
	world_settle();
	assert_int_equal(axvm_state(&world.vm), AXVM_FAILED);
	assert_true(strstr(axtest_log_last, "vm t: kernel.kernel_path \"images/gz\": ") ==
		    axtest_log_last);
	assert_int_equal(world_fini(), 0);
}

static void device_timers_are_the_work_tasks_deadline(void **st)
{
	(void)st;
	start();
	assert_int_equal(axvm_work_deadline_ns(&world.vm), UINT64_MAX);
	world.devs[1]->deadline = 700;
	world.work_woken = false;
	run_script((struct axvcpu_exit)MMIO_WRITE(WORLD_RTC, 0));
	assert_int_equal(axvm_work_deadline_ns(&world.vm), 700);
	assert_int_equal(world.devs[1]->tick_count, 0);
	axtest_now_ns = 700;
	world.work_woken = true;
	world_settle();
	assert_int_equal(world.devs[1]->tick_count, 1);
	run_script((struct axvcpu_exit)MMIO_READ(WORLD_RTC + 4));
	assert_int_equal(world.vcpus[0]->completed, 4);
}

static void a_paused_vm_has_no_deadline_until_it_goes_on(void **st)
{
	(void)st;
	start();
	world.devs[1]->deadline = 700;
	assert_int_equal(axvm_pause(&world.vm), AX_OK);
	world_settle();
	axtest_now_ns = 700;
	assert_int_equal(axvm_work_deadline_ns(&world.vm), UINT64_MAX); /* nobody would tick it */
	assert_int_equal(world.devs[1]->tick_count, 0);
	world.work_woken = false;
	assert_int_equal(axvm_resume(&world.vm), AX_OK);
	assert_true(world.work_woken);
	assert_int_equal(axvm_work_deadline_ns(&world.vm), 700);
	world_settle();
	assert_int_equal(world.devs[1]->tick_count, 1);
}

static void vcpu_deadlines_count_only_while_it_is_on(void **st)
{
	(void)st;
	assert_int_equal(axvm_vcpu_deadline_ns(&world.vm.vcpus[0]), UINT64_MAX);
	start();
	world.vcpus[0]->deadline = 5;
	world.vcpus[1]->deadline = 6;
	assert_int_equal(axvm_vcpu_deadline_ns(&world.vm.vcpus[0]), 5);
	assert_int_equal(axvm_vcpu_deadline_ns(&world.vm.vcpus[1]), UINT64_MAX);
}

static void console_input_reaches_the_first_console(void **st)
{
	(void)st;
	axvm_console_input(&world.vm);
	assert_int_equal(world.devs[0]->input_count, 1);
	assert_int_equal(world.devs[0]->env.epoch_s, 1000);
}

static void every_state_has_a_name(void **st)
{
	(void)st;
	assert_string_equal(axvm_state_name(AXVM_CREATED), "created");
	assert_string_equal(axvm_state_name(AXVM_FAILED), "failed");
	assert_string_equal(axvm_state_name((enum axvm_state)99), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(make_two, reset_reloads_the_images),
		WITH(make_two, pause_waits_for_every_vcpu),
		WITH(make_one, a_stop_wins_over_a_reset),
		WITH(make_one, a_paused_vm_can_be_stopped_and_a_loading_one),
		WITH(make_one, a_running_vm_cannot_be_destroyed),
		cmocka_unit_test(a_damaged_image_fails_its_vm_with_a_line),
		WITH(make_one, device_timers_are_the_work_tasks_deadline),
		WITH(make_one, a_paused_vm_has_no_deadline_until_it_goes_on),
		WITH(make_two, vcpu_deadlines_count_only_while_it_is_on),
		WITH(make_one, console_input_reaches_the_first_console),
		cmocka_unit_test(every_state_has_a_name),
	};

	return cmocka_run_group_tests_name("axvm_life", tests, NULL, NULL);
}

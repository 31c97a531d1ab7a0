/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that follow a plan. */
#include "script.h"

static struct {
	script_fn fn;
	unsigned n;
} scripts[MACHINE_VMS][MACHINE_MAX_VCPUS];

static void play(void *ctx, const struct machine_entry *e)
{
	uint32_t vm = e->guest->conf.id;

	(void)ctx;
	if (machine_irq_pending(axtest_cpu_id)) {
		return; /* comes before the next instruction */
	}
	if (scripts[vm][e->vcpu].fn != NULL) {
		scripts[vm][e->vcpu].fn(e, scripts[vm][e->vcpu].n++);
	}
}

void script_on(uint32_t intc, uint32_t vcpus)
{
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		for (uint32_t i = 0; i < MACHINE_MAX_VCPUS; i++) {
			script_set(k, i, NULL);
		}
	}
	machine_on(&(struct machine_cfg){
		.cpus = 2, .vcpus = { vcpus, vcpus }, .intc = { intc, intc } });
	assert_int_equal(machine_request(&machine.guests[0], MACHINE_START), AX_OK);
	machine_settle();
	assert_int_equal(machine.guests[0].told, AXVM_RUNNING);
	machine.play = play;
}

void script_set(uint32_t vm, uint32_t vcpu, script_fn fn)
{
	scripts[vm][vcpu].fn = fn;
	scripts[vm][vcpu].n = 0;
}

void script_run(uint32_t cpu)
{
	for (unsigned i = 0; i < 8; i++) {
		machine_round(cpu);
	}
}

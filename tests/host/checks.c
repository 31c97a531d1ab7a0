/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold whatever the guests do. Looked at around each entry and each step. */
#include "checks.h"
#include "parts.h"

void checks_on_entry(struct guest *g, uint32_t id)
{
	const struct axvm_vcpu *vc = &g->vm.vcpus[id];

	ax_assert(axvcpu_power(&vc->core) == AXVCPU_ON && !vc->parked);
	/* A stop may come while the back end is between two entries of its own; the kick ends that. */
	ax_assert(g->vm.state == AXVM_RUNNING ||
		  (g->vm.state == AXVM_QUIESCING && axtest_kick_count[axtest_cpu_id] != 0));
	ax_assert(axaddrspace_tag_valid(&machine.tags, &g->vm.as.tag));
	arch_check_entry(g, id);
}

/* A vCPU that waits while something is deliverable would wait for ever. */
static void check_sleeper(struct guest *g, uint32_t id)
{
	const struct axvm_vcpu *vc = &g->vm.vcpus[id];

	if (!g->vcpus[id].asleep || g->vm.state != AXVM_RUNNING || vc->parked) {
		return;
	}
	ax_assert(axvcpu_power(&vc->core) != AXVCPU_STARTING);
	if (axvcpu_power(&vc->core) == AXVCPU_ON) {
		arch_check_sleeper(g, id);
	}
}

static void check_cpu(uint32_t cpu)
{
	bool taken = false;

	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		for (uint32_t i = 0; i < machine.guests[k].vm.vcpu_count; i++) {
			if (machine.guests[k].vm.vcpus[i].core.resident_on == cpu) {
				ax_assert(!taken);
				taken = true;
			}
		}
	}
	if (!taken) {
		arch_check_empty(cpu);
	}
}

void checks_after_step(void)
{
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		for (uint32_t i = 0; i < machine.guests[k].vm.vcpu_count; i++) {
			check_sleeper(&machine.guests[k], i);
		}
	}
	for (uint32_t cpu = 0; cpu < machine.cpu_count; cpu++) {
		check_cpu(cpu);
	}
	ax_assert(!machine.tlb.pending);
}

bool checks_may_call(enum machine_request what, enum axvm_state state)
{
	switch (what) {
	case MACHINE_START:
		return state == AXVM_CREATED || state == AXVM_OFF || state == AXVM_FAILED;
	case MACHINE_RESUME:
		return state == AXVM_PAUSED;
	case MACHINE_STOP:
		if (state == AXVM_LOADING) {
			return true;
		}
		return state == AXVM_RUNNING || state == AXVM_PAUSED || state == AXVM_QUIESCING;
	case MACHINE_PAUSE:
	case MACHINE_RESET:
	default:
		return state == AXVM_RUNNING || state == AXVM_PAUSED || state == AXVM_QUIESCING;
	}
}

void checks_on_state(const struct guest *g, enum axvm_state state)
{
	switch (state) {
	case AXVM_PAUSED:
		ax_assert(g->want_pause && !g->want_reset && !g->want_off);
		break;
	case AXVM_LOADING:
		ax_assert((g->want_reset || g->may_reset) && !g->want_off);
		break;
	case AXVM_RUNNING:
		ax_assert(!g->want_off);
		break;
	case AXVM_OFF:
		ax_assert(g->want_off || g->may_off);
		break;
	case AXVM_FAILED:
		ax_assert(g->may_fail);
		break;
	case AXVM_CREATED:
	case AXVM_QUIESCING:
	default:
		ax_port_panic("not a state that is told");
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold whatever the guests do. Looked at around each entry and each step. */
#include "checks.h"

#define PSTATE_M     UINT64_C(0x1f) /* M[4] is nRW */
#define PSTATE_EL0T  0x00
#define PSTATE_EL1T  0x04
#define PSTATE_EL1H  0x05
#define PSTATE_USR32 0x10

static void check_pstate(const void *arch)
{
	uint64_t m = vcpu_aarch64_fake_get_pstate(arch) & PSTATE_M;

	ax_assert(m == PSTATE_EL0T || m == PSTATE_EL1T || m == PSTATE_EL1H || m == PSTATE_USR32);
}

/* After an exit a guest is where it was, behind that instruction, or at a vector of its own. */
static void check_pc(const struct machine_vcpu *v, const void *arch)
{
	uint64_t base = v->vbar & ~UINT64_C(0x7ff);
	uint64_t pc;

	ax_assert(vcpu_aarch64_get_gpr(arch, VCPU_AARCH64_PC, &pc) == AX_OK);
	if (!v->pc_known || pc == v->pc || pc == v->pc + 4) {
		return;
	}
	ax_assert(pc == base || pc == base + 0x200 || pc == base + 0x400 || pc == base + 0x600);
	ax_assert((vcpu_aarch64_fake_get_pstate(arch) & PSTATE_M) == PSTATE_EL1H);
}

static void check_lrs(const struct vgic_fake *gic)
{
	ax_assert((gic->hcr & ICH_HCR_En) != 0);
	for (uint32_t i = 0; i < gic->lr_count; i++) {
		uint64_t lr = gic->lr[i];
		uint64_t id = lr & (ICH_LR_v2_INTID | ICH_LR_v2_CPUID);

		if ((lr & ICH_LR_State) == 0) {
			continue;
		}
		if ((lr & ICH_LR_HW) != 0) { /* or its deactivation would hit another's interrupt */
			ax_assert((lr & ICH_LR_vINTID) == VTIMER_INTID);
			ax_assert(AX_FIELD_GET(ICH_LR_pINTID, lr) == VTIMER_INTID);
			ax_assert(machine.vtimer_active[axtest_cpu_id]);
		}
		ax_assert((id & ICH_LR_v2_INTID) < 32 + GUEST_SPIS);
		for (uint32_t j = 0; j < i; j++) { /* two of a kind are UNPREDICTABLE */
			ax_assert((gic->lr[j] & ICH_LR_State) == 0 ||
				  (gic->lr[j] & (ICH_LR_v2_INTID | ICH_LR_v2_CPUID)) != id);
		}
	}
}

void checks_on_entry(const struct guest *g, uint32_t id)
{
	const struct axvm_vcpu *vc = &g->vm.vcpus[id];

	ax_assert(axvcpu_power(&vc->core) == AXVCPU_ON && !vc->parked);
	/* A stop may come while the back end is between two entries of its own; the kick ends that. */
	ax_assert(g->vm.state == AXVM_RUNNING ||
		  (g->vm.state == AXVM_QUIESCING && axtest_kick_count[axtest_cpu_id] != 0));
	ax_assert(vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_VTTBR_EL2) ==
		  axaddrspace_root_value(&g->vm.as));
	ax_assert(vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_VTCR_EL2) ==
		  axaddrspace_control_value(&g->vm.as));
	ax_assert(axaddrspace_tag_valid(&machine.tags, &g->vm.as.tag));
	ax_assert((vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_VMPIDR_EL2) & 0xffffff) ==
		  VCPU_AARCH64_MPIDR(id));
	check_pstate(vc->core.arch);
	check_pc(&g->vcpus[id], vc->core.arch);
	check_lrs(&machine.gic[axtest_cpu_id]);
}

/* A vCPU that waits while something is deliverable would wait for ever. */
static void check_sleeper(struct guest *g, uint32_t id)
{
	const struct axvm_vcpu *vc = &g->vm.vcpus[id];

	if (!g->vcpus[id].asleep || g->vm.state != AXVM_RUNNING || vc->parked) {
		return;
	}
	ax_assert(axvcpu_power(&vc->core) != AXVCPU_STARTING);
	ax_assert(axvcpu_power(&vc->core) != AXVCPU_ON ||
		  !g->vm.intc.intc.ops->pending(g->vm.intc.intc.ctx, id));
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
	if (!taken) { /* nothing of a guest is left: no timer, no interrupt, nothing active */
		ax_assert(!machine.vtimer_active[cpu]);
		ax_assert((machine.gic[cpu].hcr & ICH_HCR_En) == 0);
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

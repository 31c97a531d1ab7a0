/* SPDX-License-Identifier: Apache-2.0 */
/* AArch64 processors: the virtual timer that is tied to the hardware, and what must hold of registers. */
#include "parts.h"

#define EC_HVC64     0x16
#define EC_SMC64     0x17
#define PSTATE_M     UINT64_C(0x1f) /* M[4] is nRW */
#define PSTATE_EL0T  0x00
#define PSTATE_EL1T  0x04
#define PSTATE_EL1H  0x05
#define PSTATE_USR32 0x10
#define FIRST_LINE   16 /* below are SGIs */

static void enter(void *ctx, void *arch, struct vcpu_aarch64_fake_exit *exit)
{
	struct machine_entry e = {
		.arch = arch,
		.exit = exit,
		.gic = &machine.arch.gic[axtest_cpu_id],
	};

	(void)ctx;
	machine_enter(&e);
}

/* The guest deactivated what is behind a list register of this pCPU. */
static void deactivate(void *ctx, uint32_t pintid)
{
	ax_assert(pintid == VTIMER_INTID && *(bool *)ctx);
	*(bool *)ctx = false;
}

void arch_power_on(void)
{
	vcpu_aarch64_fake_reset();
	vcpu_aarch64_fake_set_guest(enter, NULL);
	for (uint32_t i = 0; i < MACHINE_MAX_CPUS; i++) {
		machine.arch.gic[i] = (struct vgic_fake){ .lr_count = MACHINE_LRS,
							  .deactivate = deactivate,
							  .ctx = &machine.arch.vtimer_active[i] };
	}
}

void arch_configure(struct axconf_vm *conf, uint32_t intc)
{
	conf->intc = intc == ARCH_GICV2 ? AXCONF_INTC_GICV2 : AXCONF_INTC_GICV3;
}

static bool vtimer_line(void)
{
	uint64_t ctl = vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_CNTV_CTL_EL0);
	uint64_t count =
		ax_port_now_ns() / 16 - vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_CNTVOFF_EL2);

	return (ctl & 3) == 1 && count >= vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_CNTV_CVAL_EL0);
}

bool arch_timer_pending(void)
{
	return vtimer_line() && !machine.arch.vtimer_active[axtest_cpu_id];
}

void arch_take_timer(void)
{
	machine.arch.vtimer_active[axtest_cpu_id] = true;
}

/* By a PSCI call's function (DEN0022 5.1). */
void arch_note_call(const struct machine_entry *e)
{
	struct machine_vcpu *v = &e->guest->vcpus[e->vcpu];
	uint64_t ec = (e->exit->esr >> 26) & 0x3f;
	uint64_t x0;

	if (e->exit->kind != VCPU_AARCH64_FAKE_SYNC || (ec != EC_HVC64 && ec != EC_SMC64)) {
		return;
	}
	ax_assert(vcpu_aarch64_get_gpr(e->arch, 0, &x0) == AX_OK);
	switch ((uint32_t)x0) {
	case UINT32_C(0x84000002): /* CPU_OFF: the last one off ends the VM */
		v->went_down = true;
		e->guest->may_off = true;
		break;
	case UINT32_C(0x84000008):
		e->guest->may_off = true;
		break;
	case UINT32_C(0x84000009):
	case UINT32_C(0x84000012):
	case UINT32_C(0xc4000012):
		e->guest->may_reset = true;
		break;
	default:
		break;
	}
}

void arch_note_exit(struct arch_vcpu *v, const void *arch)
{
	(void)arch;
	v->vbar = vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_VBAR_EL1);
}

bool arch_line_is_free(uint32_t line)
{
	return line >= FIRST_LINE && line != VTIMER_INTID;
}

/* In AArch32 state, which the guest is told it has not. */
bool arch_is_stuck(const void *arch)
{
	return (vcpu_aarch64_fake_get_pstate(arch) & PSTATE_USR32) != 0;
}

static void check_pstate(const void *arch)
{
	uint64_t m = vcpu_aarch64_fake_get_pstate(arch) & PSTATE_M;

	ax_assert(m == PSTATE_EL0T || m == PSTATE_EL1T || m == PSTATE_EL1H || m == PSTATE_USR32);
}

/* After an exit a guest is where it was, behind that instruction, or at a vector of its own. */
static void check_pc(const struct machine_vcpu *v, const void *arch)
{
	uint64_t base = v->at_exit.vbar & ~UINT64_C(0x7ff);
	uint64_t pc;

	ax_assert(vcpu_aarch64_get_gpr(arch, VCPU_AARCH64_PC, &pc) == AX_OK);
	if (!v->pc_known || pc == v->pc || pc == v->pc + 4) {
		return;
	}
	ax_assert(pc == base || pc == base + 0x200 || pc == base + 0x400 || pc == base + 0x600);
	ax_assert((vcpu_aarch64_fake_get_pstate(arch) & PSTATE_M) == PSTATE_EL1H);
}

static void check_lrs(void)
{
	const struct vgic_fake *gic = &machine.arch.gic[axtest_cpu_id];

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
			ax_assert(machine.arch.vtimer_active[axtest_cpu_id]);
		}
		ax_assert((id & ICH_LR_v2_INTID) < 32 + GUEST_SPIS);
		for (uint32_t j = 0; j < i; j++) { /* two of a kind are UNPREDICTABLE */
			ax_assert((gic->lr[j] & ICH_LR_State) == 0 ||
				  (gic->lr[j] & (ICH_LR_v2_INTID | ICH_LR_v2_CPUID)) != id);
		}
	}
}

void arch_check_entry(struct guest *g, uint32_t id)
{
	const void *arch = g->vm.vcpus[id].core.arch;

	ax_assert(vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_VTTBR_EL2) ==
		  axaddrspace_root_value(&g->vm.as));
	ax_assert(vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_VTCR_EL2) ==
		  axaddrspace_control_value(&g->vm.as));
	ax_assert((vcpu_aarch64_fake_get(VCPU_AARCH64_FAKE_VMPIDR_EL2) & 0xffffff) ==
		  VCPU_AARCH64_MPIDR(id));
	check_pstate(arch);
	check_pc(&g->vcpus[id], arch);
	check_lrs();
}

void arch_check_sleeper(struct guest *g, uint32_t id)
{
	ax_assert(!g->vm.intc.intc.ops->pending(g->vm.intc.intc.ctx, id));
}

/* No timer, no interrupt, nothing active. */
void arch_check_empty(uint32_t cpu)
{
	ax_assert(!machine.arch.vtimer_active[cpu]);
	ax_assert((machine.arch.gic[cpu].hcr & ICH_HCR_En) == 0);
}

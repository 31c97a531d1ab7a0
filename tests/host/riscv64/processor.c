/* SPDX-License-Identifier: Apache-2.0 */
/* RISC-V processors: what a call may lead to, and what must hold of registers and fences. */
#include "parts.h"

#define HSM_STOP        1
#define HSM_SUSPEND     3
#define LEGACY_SHUTDOWN 8
#define FENCES_MAX      64 /* that the stand-in keeps */

static void enter(void *ctx, void *arch, struct vcpu_riscv64_fake_exit *exit)
{
	struct machine_entry e = { .arch = arch, .exit = exit };

	(void)ctx;
	machine_enter(&e);
}

void arch_power_on(void)
{
	vcpu_riscv64_fake_reset();
	vcpu_riscv64_fake_set_guest(enter, NULL);
}

void arch_configure(struct axconf_vm *conf, uint32_t intc)
{
	conf->intc = AXCONF_INTC_PLIC;
	machine.arch.kind = intc;
}

/* The guest's timer interrupts the guest itself. */
bool arch_timer_pending(void)
{
	return false;
}

void arch_take_timer(void)
{
}

static uint64_t reg(const struct machine_entry *e, uint32_t n)
{
	uint64_t val;

	ax_assert(vcpu_riscv64_get_gpr(e->arch, n, &val) == AX_OK);
	return val;
}

/* The vCPUs that a hart mask means (SBI 2.0, 3.1), reckoned one by one. False: not all of them exist. */
static bool harts(const struct machine_entry *e, uint64_t *vcpus)
{
	uint64_t mask = reg(e, REG_A0), base = reg(e, REG_A0 + 1);
	uint32_t count = e->guest->vm.vcpu_count;

	*vcpus = 0;
	if (base == UINT64_MAX) {
		*vcpus = (UINT64_C(1) << count) - 1;
		return true;
	}
	for (uint32_t bit = 0; bit < 64; bit++) {
		if ((mask >> bit & 1) != 0) {
			if (base >= count || bit >= count - base) {
				return false;
			}
			*vcpus |= UINT64_C(1) << (base + bit);
		}
	}
	return base < count;
}

static void note_ipi(const struct machine_entry *e)
{
	uint64_t vcpus;

	if (reg(e, REG_A6) == 0 && harts(e, &vcpus)) {
		for (uint32_t i = 0; i < e->guest->vm.vcpu_count; i++) {
			e->guest->vcpus[i].at_exit.owed_ipi |= (vcpus >> i & 1) != 0;
		}
	}
}

/* A range that goes beyond the last address is refused; that of FENCE.I is nobody's business. */
static bool range_exists(const struct machine_entry *e)
{
	uint64_t start = reg(e, REG_A0 + 2), size = reg(e, REG_A0 + 3);

	return reg(e, REG_A6) == 0 || size == 0 || size == UINT64_MAX ||
	       size - 1 <= UINT64_MAX - start;
}

/* The pCPUs that translate for these vCPUs now, and no other, are to drop something. */
static void note_fence(const struct machine_entry *e)
{
	uint64_t vcpus;

	machine.arch.fence_asked = true;
	machine.arch.fence_cpus = 0;
	vcpu_riscv64_fake_clear_fences();
	if (reg(e, REG_A6) > 2 || !harts(e, &vcpus) || !range_exists(e)) {
		return;
	}
	for (uint32_t i = 0; i < e->guest->vm.vcpu_count; i++) {
		uint32_t cpu = e->guest->vm.vcpus[i].core.resident_on;

		if ((vcpus >> i & 1) != 0 && cpu != AXVCPU_NO_CPU) {
			machine.arch.fence_cpus |= UINT64_C(1) << cpu;
		}
	}
}

static void check_fence(void)
{
	uint64_t cpus = 0;

	ax_assert(vcpu_riscv64_fake_fence_count() <= FENCES_MAX);
	for (uint32_t i = 0; i < vcpu_riscv64_fake_fence_count(); i++) {
		const struct vcpu_riscv64_fake_fence *f = vcpu_riscv64_fake_get_fence(i);

		cpus |= f->remote ? f->cpu_mask : UINT64_C(1) << f->cpu;
	}
	ax_assert(cpus == (machine.arch.fence_asked ? machine.arch.fence_cpus : 0));
	machine.arch.fence_asked = false;
	vcpu_riscv64_fake_clear_fences();
}

static void note_hsm(const struct machine_entry *e, struct machine_vcpu *v)
{
	if (reg(e, REG_A6) == HSM_STOP) { /* the last one off ends the VM */
		v->went_down = true;
		e->guest->may_off = true;
	}
	if (reg(e, REG_A6) == HSM_SUSPEND) { /* and may go on elsewhere */
		v->went_down = true;
	}
}

void arch_note_call(const struct machine_entry *e)
{
	struct machine_vcpu *v = &e->guest->vcpus[e->vcpu];

	if (e->exit->scause >> 63 == 0 &&
	    (e->exit->scause > CAUSE_STORE_FAULT || e->exit->scause == 9 || e->exit->scause == 11 ||
	     e->exit->scause == 14 ||
	     (e->exit->scause > 15 && e->exit->scause < CAUSE_FETCH_FAULT))) {
		e->guest->may_fail = true; /* a cause that cannot be: the VM is stopped */
	}
	if (e->exit->scause != CAUSE_VS_ECALL) {
		return;
	}
	switch (reg(e, REG_A7)) {
	case SBI_IPI:
		note_ipi(e);
		break;
	case SBI_RFENCE:
		note_fence(e);
		break;
	case SBI_HSM:
		note_hsm(e, v);
		break;
	case SBI_SRST:
		e->guest->may_off |= (uint32_t)reg(e, REG_A0) == 0;
		e->guest->may_reset |= (uint32_t)reg(e, REG_A0) != 0;
		break;
	case LEGACY_SHUTDOWN:
		e->guest->may_off = true;
		break;
	default:
		break;
	}
}

void arch_note_exit(struct arch_vcpu *v, const void *arch)
{
	(void)arch;
	v->vstvec = vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_VSTVEC);
	v->vsie = vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_VSIE);
	v->f0 = vcpu_riscv64_fake_get_f(0);
}

bool arch_line_is_free(uint32_t line)
{
	return line >= 1 && line <= GUEST_SOURCES;
}

bool arch_is_stuck(const void *arch)
{
	(void)arch;
	return false;
}

/* After an exit a guest is where it was, behind that instruction, or at its trap vector in VS-mode. */
static void check_pc(const struct machine_vcpu *v, const void *arch)
{
	uint64_t pc;

	ax_assert(vcpu_riscv64_get_gpr(arch, VCPU_RISCV64_PC, &pc) == AX_OK);
	if (!v->pc_known || pc == v->pc || pc == v->pc + 2 || pc == v->pc + 4) {
		return;
	}
	ax_assert(pc == (v->at_exit.vstvec & ~UINT64_C(3)));
	ax_assert(vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_SPP) == 1);
}

/* What has been sent is there, and the wire is as the controller has it unless that is to be told yet. */
static void check_interrupts(struct guest *g, uint32_t id)
{
	const struct ax_intc *intc = &g->vm.intc.intc;
	uint64_t hvip = vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_HVIP);
	struct arch_vcpu *at = &g->vcpus[id].at_exit;

	ax_assert(!at->owed_ipi || !g->vcpus[id].pc_known || (hvip & HVIP_VSSIP) != 0);
	at->owed_ipi = false;
	ax_assert(*g->vm.vcpus[id].watch.flush != 0 ||
		  ((hvip & HVIP_VSEIP) != 0) == intc->ops->pending(intc->ctx, id));
	ax_assert((hvip & ~(HVIP_VSSIP | HVIP_VSTIP | HVIP_VSEIP)) == 0);
}

void arch_check_entry(struct guest *g, uint32_t id)
{
	const void *arch = g->vm.vcpus[id].core.arch;
	const struct machine_vcpu *v = &g->vcpus[id];

	ax_assert(vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_HGATP) ==
		  axaddrspace_root_value(&g->vm.as));
	ax_assert(!v->pc_known || vcpu_riscv64_fake_get_f(0) == v->at_exit.f0);
	check_pc(v, arch);
	check_interrupts(g, id);
	check_fence();
}

/* The controller does not know what the guest has enabled; that has not changed since it came out. */
void arch_check_sleeper(struct guest *g, uint32_t id)
{
	const struct ax_intc *intc = &g->vm.intc.intc;
	const struct arch_vcpu *at = &g->vcpus[id].at_exit;

	ax_assert(!intc->ops->pending(intc->ctx, id) || (at->vsie & SIP_SEIP) == 0);
	ax_assert(!at->owed_ipi || !g->vcpus[id].pc_known || (at->vsie & SIP_SSIP) == 0);
}

/* No root, no timer, no interrupt, and FP and vector registers out of reach. */
void arch_check_empty(uint32_t cpu)
{
	uint32_t was = axtest_cpu_id;

	machine_on_cpu(cpu);
	ax_assert(vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_HGATP) == 0);
	ax_assert(vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_HVIP) == 0);
	ax_assert(vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_VSTIMECMP) == UINT64_MAX);
	ax_assert(vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_FS) == 0);
	ax_assert(vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_VS) == 0);
	machine_on_cpu(was);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's processors, timers and tasks. */
#include "machine.h"
#include "checks.h"
#include "parts.h"

#define ENTRIES_MAX    256 /* in one step: what goes on longer does not end */
#define SETTLE_MIN     24  /* passes in which every task has had its turn */
#define SETTLE_MAX     200
#define SETTLE_TICK_NS UINT64_C(11000000) /* more than a quantum */

struct machine machine;

/* --- Processors */

/* The timer is armed for the calling pCPU: keep each one's own. */
void machine_on_cpu(uint32_t cpu)
{
	machine.timer_ns[axtest_cpu_id] = axtest_timer_ns;
	axtest_cpu_id = cpu;
	axtest_timer_ns = machine.timer_ns[cpu];
}

bool machine_irq_pending(uint32_t cpu)
{
	uint32_t was = axtest_cpu_id;
	bool pending;

	machine_on_cpu(cpu);
	pending = axtest_kick_count[cpu] != 0 || axtest_timer_ns <= axtest_now_ns ||
		  arch_timer_pending();
	machine_on_cpu(was);
	return pending;
}

void machine_advance(uint64_t now_ns)
{
	axtest_now_ns = ax_max_u64(axtest_now_ns, now_ns);
}

bool machine_take_irq(void *ctx)
{
	(void)ctx;
	if (axtest_kick_count[axtest_cpu_id] != 0) {
		axtest_kick_count[axtest_cpu_id] = 0;
	} else if (axtest_timer_ns <= axtest_now_ns) {
		axtest_timer_ns = UINT64_MAX; /* spent */
	} else if (arch_timer_pending()) {
		arch_take_timer();
		return true;
	}
	return false;
}

/* --- Guests */

static struct guest *guest_of(const void *arch, uint32_t *id)
{
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		for (uint32_t i = 0; i < machine.guests[k].vm.vcpu_count; i++) {
			if (machine.guests[k].vm.vcpus[i].core.arch == arch) {
				*id = i;
				return &machine.guests[k];
			}
		}
	}
	ax_port_panic("an entry of a vCPU that nobody has");
}

void machine_enter(struct machine_entry *e)
{
	struct machine_vcpu *v;

	e->guest = guest_of(e->arch, &e->vcpu);
	v = &e->guest->vcpus[e->vcpu];
	ax_assert(++machine.entries <= ENTRIES_MAX);
	checks_on_entry(e->guest, e->vcpu);
	v->went_down = false;
	if (machine.play != NULL && e->guest->vm.state == AXVM_RUNNING) {
		machine.play(machine.play_ctx, e);
	}
	arch_note_call(e);
	v->pc_known = !v->went_down;
	ax_assert(arch_get_gpr(e->arch, ARCH_PC, &v->pc) == AX_OK);
	arch_note_exit(&v->at_exit, e->arch);
}

/* --- Tasks */

static enum axsched_verdict verdict_of(enum axvm_step step)
{
	return step == AXVM_AGAIN ? AXSCHED_AGAIN : AXSCHED_BLOCK;
}

static struct guest *guest_of_vcpu(struct axvm_vcpu *vc)
{
	return AX_CONTAINER_OF(vc->vm, struct guest, vm);
}

static enum axsched_verdict step_vcpu(void *ctx)
{
	struct axvm_vcpu *vc = ctx;
	struct guest *g = guest_of_vcpu(vc);
	enum axsched_verdict verdict;

	machine.entries = 0;
	g->stepped = true;
	g->vcpus[vc->core.id].step_count++;
	g->vcpus[vc->core.id].asleep = true; /* unless woken meanwhile */
	verdict = verdict_of(axvm_vcpu_step(vc));
	if (verdict == AXSCHED_AGAIN) {
		g->vcpus[vc->core.id].asleep = false;
	}
	return verdict;
}

static void switch_out_vcpu(void *ctx)
{
	struct axvm_vcpu *vc = ctx;

	if (vc->vm != NULL) {
		guest_of_vcpu(vc)->stepped = true;
		axvm_vcpu_switch_out(vc);
	}
}

static uint64_t vcpu_deadline(const void *ctx)
{
	return axvm_vcpu_deadline_ns(ctx);
}

static const struct axsched_task_ops vcpu_task_ops = {
	.step = step_vcpu,
	.switch_out = switch_out_vcpu,
	.deadline_ns = vcpu_deadline,
};

static enum axsched_verdict step_work(void *ctx)
{
	struct axvm *vm = ctx;
	struct guest *g = AX_CONTAINER_OF(vm, struct guest, vm);
	enum axsched_verdict verdict;

	g->stepped = true;
	g->work_count++;
	g->work_asleep = true;
	verdict = verdict_of(axvm_work_step(vm));
	if (verdict == AXSCHED_AGAIN) {
		g->work_asleep = false;
	}
	return verdict;
}

static uint64_t work_deadline(const void *ctx)
{
	return axvm_work_deadline_ns(ctx);
}

static const struct axsched_task_ops work_task_ops = {
	.step = step_work,
	.deadline_ns = work_deadline,
};

void machine_wake(void *ctx, struct axvm *vm, uint32_t task)
{
	struct guest *g = AX_CONTAINER_OF(vm, struct guest, vm);

	(void)ctx;
	if (task == AXVM_TASK_WORK) {
		g->work_asleep = false;
		axsched_wake(&g->work);
	} else {
		g->vcpus[task].asleep = false;
		axsched_wake(&g->vcpus[task].task);
	}
}

static void idle(void *ctx)
{
	const struct axsched_task *t = axsched_resident(&machine.sched, axtest_cpu_id);

	(void)ctx;
	if (!machine_irq_pending(axtest_cpu_id)) {
		return;
	}
	if (t != NULL && t->ops == &vcpu_task_ops) {
		guest_of_vcpu(t->ctx)->stepped = true;
		axvm_vcpu_take_irq(t->ctx);
	} else {
		ax_assert(!machine_take_irq(NULL));
	}
}

void machine_sched_init(void)
{
	axsched_init(&machine.sched,
		     &(struct axsched_cfg){ .cpu_count = machine.cpu_count, .idle = idle },
		     machine.cpus);
}

void machine_place(uint32_t shift)
{
	uint32_t cpu = shift % machine.cpu_count;

	for (uint32_t i = 0; i < machine.cpu_count; i++) {
		const struct axsched_task *t = axsched_resident(&machine.sched, i);

		machine_on_cpu(i);
		if (t != NULL && t->ops->switch_out != NULL) {
			t->ops->switch_out(t->ctx);
		}
		axtest_timer_ns = UINT64_MAX;
	}
	machine_sched_init();
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		struct guest *g = &machine.guests[k];

		axsched_add(&machine.sched, &g->work, &work_task_ops, &g->vm, cpu);
		axsched_wake(&g->work);
		for (uint32_t i = 0; i < g->vm.vcpu_count; i++) {
			axsched_add(&machine.sched, &g->vcpus[i].task, &vcpu_task_ops,
				    &g->vm.vcpus[i], cpu);
			axsched_wake(&g->vcpus[i].task);
			cpu = (cpu + 1) % machine.cpu_count;
		}
	}
}

void machine_round_only(uint32_t cpu)
{
	machine_on_cpu(cpu);
	axsched_once(&machine.sched);
}

void machine_round(uint32_t cpu)
{
	machine_round_only(cpu);
	checks_after_step();
}

static bool passing(void)
{
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		enum axvm_state state = machine.guests[k].vm.state;

		if (state == AXVM_LOADING || state == AXVM_QUIESCING) {
			return true;
		}
	}
	return false;
}

/* As the scheduler asks it: on the pCPU where the vCPU may have its registers. */
static uint64_t deadline_of(const struct axvm_vcpu *vc)
{
	uint32_t was = axtest_cpu_id;
	uint64_t deadline;

	if (vc->core.resident_on != AXVCPU_NO_CPU) {
		machine_on_cpu(vc->core.resident_on);
	}
	deadline = axvm_vcpu_deadline_ns(vc);
	machine_on_cpu(was);
	return deadline;
}

/* Whoever waits, waits for a later time; whoever was woken has had a turn. */
static void check_turns(struct guest *g, uint64_t start_ns)
{
	ax_assert(!g->work_asleep || axvm_work_deadline_ns(&g->vm) > start_ns);
	ax_assert(!g->work_awaits || g->work_count != 0);
	for (uint32_t i = 0; i < g->vm.vcpu_count; i++) {
		ax_assert(!g->vcpus[i].asleep || deadline_of(&g->vm.vcpus[i]) > start_ns);
		ax_assert(!g->vcpus[i].awaits || g->vcpus[i].step_count != 0);
	}
}

static void forget_turns(struct guest *g)
{
	g->work_awaits = !g->work_asleep;
	g->work_count = 0;
	for (uint32_t i = 0; i < g->vm.vcpu_count; i++) {
		g->vcpus[i].awaits = !g->vcpus[i].asleep;
		g->vcpus[i].step_count = 0;
	}
}

void machine_settle(void)
{
	void (*play)(void *, const struct machine_entry *) = machine.play;
	uint64_t start_ns = axtest_now_ns;
	unsigned passes = 0;

	machine.play = NULL;
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		forget_turns(&machine.guests[k]);
	}
	while (passes < SETTLE_MIN || passing()) {
		ax_assert(passes++ < SETTLE_MAX);
		for (uint32_t cpu = 0; cpu < machine.cpu_count; cpu++) {
			machine_round(cpu);
		}
		axtest_now_ns += SETTLE_TICK_NS;
	}
	for (uint32_t k = 0; k < MACHINE_VMS; k++) {
		check_turns(&machine.guests[k], start_ns);
	}
	machine.play = play;
}

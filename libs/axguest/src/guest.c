/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of axvm under the names that axsched has for them. */
#include <axguest/guest.h>

static enum axsched_verdict verdict_of(enum axvm_step step)
{
	return step == AXVM_AGAIN ? AXSCHED_AGAIN : AXSCHED_BLOCK;
}

static enum axsched_verdict step_vcpu(void *ctx)
{
	return verdict_of(axvm_vcpu_step(ctx));
}

static void switch_in_vcpu(void *ctx)
{
	axvm_vcpu_switch_in(ctx);
}

static void switch_out_vcpu(void *ctx)
{
	axvm_vcpu_switch_out(ctx);
}

static uint64_t vcpu_deadline(const void *ctx)
{
	return axvm_vcpu_deadline_ns(ctx);
}

static const struct axsched_task_ops vcpu_ops = {
	.step = step_vcpu,
	.switch_in = switch_in_vcpu,
	.switch_out = switch_out_vcpu,
	.deadline_ns = vcpu_deadline,
};

static enum axsched_verdict step_work(void *ctx)
{
	return verdict_of(axvm_work_step(ctx));
}

static uint64_t work_deadline(const void *ctx)
{
	return axvm_work_deadline_ns(ctx);
}

static const struct axsched_task_ops work_ops = {
	.step = step_work,
	.deadline_ns = work_deadline,
};

void axguest_add(struct axguest *g, struct axsched *s)
{
	for (uint32_t i = 0; i < g->vm.vcpu_count; i++) {
		axsched_add(s, &g->vcpus[i], &vcpu_ops, &g->vm.vcpus[i],
			    axsched_place(s, g->vm.conf.vcpu_cpus[i]));
	}
	axsched_add(s, &g->work, &work_ops, &g->vm, g->vcpus[0].cpu->id);
}

void axguest_wake(struct axvm *vm, uint32_t task)
{
	struct axguest *g = AX_CONTAINER_OF(vm, struct axguest, vm);

	axsched_wake(task == AXVM_TASK_WORK ? &g->work : &g->vcpus[task]);
}

struct axvm_vcpu *axguest_live(const struct axsched *s)
{
	const struct axsched_task *t = axsched_resident(s, ax_port_cpu_id());
	struct axvm_vcpu *vc = t != NULL && t->ops == &vcpu_ops ? t->ctx : NULL;

	return vc != NULL && axvcpu_is_resident_here(&vc->core) ? vc : NULL;
}

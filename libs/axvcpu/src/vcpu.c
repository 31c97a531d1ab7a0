/* SPDX-License-Identifier: Apache-2.0 */
/* Power state, requests and the run call. */
#include <axport/assert.h>
#include <axvcpu/vcpu.h>

/* One more value of struct axvcpu's power than others see; axvcpu_power() shows it as starting. */
#define AXVCPU_CLAIMED UINT32_C(0x100)

ax_err_t axvcpu_init(struct axvcpu *v, const struct axvcpu_ops *ops, void *arch,
		     const struct axvcpu_cfg *cfg)
{
	ax_assert(((uintptr_t)arch & (ops->align - 1)) == 0);
	*v = (struct axvcpu){
		.ops = ops,
		.arch = arch,
		.id = cfg->id,
		.vm_id = cfg->vm_id,
		.running_on = AXVCPU_NO_CPU,
		.power = AXVCPU_OFF,
		.resident_on = AXVCPU_NO_CPU,
	};
	return ops->init(arch, cfg);
}

ax_err_t axvcpu_power_on(struct axvcpu *v, uint64_t entry, uint64_t arg)
{
	uint32_t was = AXVCPU_OFF;

	/* Claimed keeps a second caller out while the entry is written; the vCPU does not start yet. */
	if (!atomic_compare_exchange_strong(&v->power, &was, AXVCPU_CLAIMED)) {
		return was == AXVCPU_ON ? AX_EEXIST : AX_EBUSY;
	}
	v->entry = entry;
	v->arg = arg;
	atomic_store_explicit(&v->power, AXVCPU_STARTING, memory_order_release);
	return AX_OK;
}

void axvcpu_start(struct axvcpu *v)
{
	if (atomic_load_explicit(&v->power, memory_order_acquire) != AXVCPU_STARTING) {
		return;
	}
	axvcpu_put(v);
	v->ops->reset(v->arch, v->entry, v->arg);
	/* The code at its entry came from another pCPU, and what this one remembers is of before. */
	atomic_store_explicit(&v->fence_due, true, memory_order_relaxed);
	atomic_store_explicit(&v->power, AXVCPU_ON, memory_order_release);
}

void axvcpu_power_off(struct axvcpu *v)
{
	axvcpu_put(v);
	atomic_store_explicit(&v->power, AXVCPU_OFF, memory_order_release);
}

void axvcpu_load(struct axvcpu *v, bool flush_local)
{
	uint32_t cpu = ax_port_cpu_id();

	if (v->resident_on == cpu) {
		return;
	}
	ax_assert(v->resident_on == AXVCPU_NO_CPU);
	/* Before the look at fence_due; axvcpu_fence() does the two the other way round. */
	atomic_store_explicit(&v->resident_on, cpu, memory_order_seq_cst);
	if (AX_UNLIKELY(atomic_load_explicit(&v->fence_due, memory_order_seq_cst))) {
		atomic_store_explicit(&v->fence_due, false, memory_order_relaxed);
		flush_local = true;
	}
	v->ops->load(v->arch, flush_local);
}

uint32_t axvcpu_fence(struct axvcpu *v)
{
	uint32_t cpu = atomic_load_explicit(&v->resident_on, memory_order_seq_cst);

	if (cpu == AXVCPU_NO_CPU) {
		atomic_store_explicit(&v->fence_due, true, memory_order_seq_cst);
		cpu = atomic_load_explicit(&v->resident_on, memory_order_seq_cst);
	}
	return cpu;
}

void axvcpu_put(struct axvcpu *v)
{
	if (v->resident_on == AXVCPU_NO_CPU) {
		return;
	}
	ax_assert(v->resident_on == ax_port_cpu_id());
	v->ops->put(v->arch);
	v->resident_on = AXVCPU_NO_CPU;
}

/*
 * The requester stores its bit and then reads running_on; the runner stores running_on and then reads
 * the bits. Both orders are sequentially consistent, so at least one sees the other: either the entry
 * is given up or the kick is sent.
 */
void axvcpu_request(struct axvcpu *v, uint32_t bits)
{
	uint32_t cpu;

	atomic_fetch_or_explicit(&v->requests, bits, memory_order_seq_cst);
	cpu = atomic_load_explicit(&v->running_on, memory_order_seq_cst);
	if (cpu != AXVCPU_NO_CPU) {
		ax_port_cpu_kick(cpu);
	}
}

uint32_t axvcpu_take_requests(struct axvcpu *v, uint32_t mask)
{
	if ((atomic_load_explicit(&v->requests, memory_order_relaxed) & mask) == 0) {
		return 0;
	}
	return atomic_fetch_and_explicit(&v->requests, ~mask, memory_order_acq_rel) & mask;
}

const char *axvcpu_exit_name(enum axvcpu_exit_kind kind)
{
	static const char *const names[] = {
		[AXVCPU_EXIT_REQUEST] = "request",
		[AXVCPU_EXIT_MMIO] = "mmio",
		[AXVCPU_EXIT_PIO] = "pio",
		[AXVCPU_EXIT_SYSREG] = "sysreg",
		[AXVCPU_EXIT_PAGE_FAULT] = "page fault",
		[AXVCPU_EXIT_HYPERCALL] = "hypercall",
		[AXVCPU_EXIT_HOST_IRQ] = "host irq",
		[AXVCPU_EXIT_IDLE] = "idle",
		[AXVCPU_EXIT_TIMER] = "timer",
		[AXVCPU_EXIT_CPU_UP] = "cpu up",
		[AXVCPU_EXIT_CPU_DOWN] = "cpu down",
		[AXVCPU_EXIT_CPU_QUERY] = "cpu query",
		[AXVCPU_EXIT_SYSTEM] = "system",
		[AXVCPU_EXIT_FATAL] = "fatal",
	};

	return (unsigned)kind < AX_ARRAY_SIZE(names) ? names[kind] : "?";
}

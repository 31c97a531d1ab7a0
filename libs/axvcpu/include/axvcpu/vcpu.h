/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU of any architecture: power state, requests from other CPUs, residency, and the run call.
 * Exactly one pCPU runs a vCPU at a time; only axvcpu_request(), axvcpu_power(), axvcpu_power_on() and
 * axvcpu_fence() may be called from others.
 */
#pragma once
#include <axport/assert.h>
#include <axvcpu/ops.h>
#include <stdatomic.h>

/** Requests, observed before every entry. A bit stays set until axvcpu_take_requests() takes it. */
#define AXVCPU_REQ_PAUSE UINT32_C(0x1) /* come out, and do not go in again until told */
#define AXVCPU_REQ_STOP  UINT32_C(0x2) /* come out for good: the VM goes off or is reset */
#define AXVCPU_REQ_IRQ   UINT32_C(0x4) /* look at the interrupt controller again */
#define AXVCPU_REQ_TLB   UINT32_C(0x8) /* drop this pCPU's cached translations of the VM */

/** Not resident on any pCPU. */
#define AXVCPU_NO_CPU UINT32_MAX

struct axvcpu {
	const struct axvcpu_ops *ops;
	void *arch;
	uint32_t id;
	uint32_t vm_id;
	_Atomic uint32_t requests;
	_Atomic uint32_t running_on; /* pCPU inside axvcpu_run(), or AXVCPU_NO_CPU */
	_Atomic uint32_t power; /* enum axvcpu_power; more than AXVCPU_ON: about to be starting */
	_Atomic uint32_t resident_on; /* pCPU whose registers hold the state, or AXVCPU_NO_CPU */
	atomic_bool fence_due;        /* drop cached translations at the next load */
	uint64_t entry;               /* from axvcpu_power_on() to the first step */
	uint64_t arg;
};

/**
 * Prepare @v, powered off. @arch is storage of @ops->size bytes aligned to @ops->align, owned by the
 * caller, that outlives @v. Errors are the back end's.
 */
AX_NODISCARD ax_err_t axvcpu_init(struct axvcpu *v, const struct axvcpu_ops *ops, void *arch,
				  const struct axvcpu_cfg *cfg);

/**
 * Accept a power-on: the vCPU will start at @entry with @arg when its pCPU next calls axvcpu_start().
 * Any CPU. AX_EEXIST: it is on. AX_EBUSY: a power-on is pending already. The caller wakes it.
 */
AX_NODISCARD ax_err_t axvcpu_power_on(struct axvcpu *v, uint64_t entry, uint64_t arg);

/** Power state now. Any CPU. */
static inline enum axvcpu_power axvcpu_power(const struct axvcpu *v)
{
	uint32_t power = atomic_load_explicit(&v->power, memory_order_acquire);

	return power <= AXVCPU_ON ? (enum axvcpu_power)power : AXVCPU_STARTING;
}

/**
 * If a power-on is pending: reset the state and switch on. The next load drops what the pCPU has cached,
 * instructions as well: others have written what is run now. On the vCPU's pCPU.
 */
void axvcpu_start(struct axvcpu *v);

/** Switch off: state is no longer resident, a new power-on may come. On the vCPU's pCPU. */
void axvcpu_power_off(struct axvcpu *v);

/** True if the state is live on the calling pCPU. Any CPU. */
static inline bool axvcpu_is_resident_here(const struct axvcpu *v)
{
	return atomic_load_explicit(&v->resident_on, memory_order_relaxed) == ax_port_cpu_id();
}

/** Residency, on the pCPU that is to run it. Both are no-ops when there is nothing to change. */
void axvcpu_load(struct axvcpu *v, bool flush_local);
void axvcpu_put(struct axvcpu *v);

/**
 * The translations of @v are to be dropped. The pCPU it is live on, for the caller to do it there before
 * the guest goes on; or AXVCPU_NO_CPU: its next load will. Any CPU.
 */
uint32_t axvcpu_fence(struct axvcpu *v);

/**
 * Set request @bits, and force an exit if the vCPU is inside the guest. Any CPU, any lock held: by
 * the time this returns, the next entry will see the bits. Waking a vCPU that waits elsewhere is the
 * caller's part.
 */
void axvcpu_request(struct axvcpu *v, uint32_t bits);

/** The requests among @mask that are set, and clear them. On the vCPU's pCPU. */
uint32_t axvcpu_take_requests(struct axvcpu *v, uint32_t mask);

/**
 * Run the resident, powered-on @v until its next exit; AXVCPU_EXIT_REQUEST at once if a request is
 * set. Interrupts masked by the caller: a kick that comes after the check is then pending at the
 * entry and forces the exit, so none is lost.
 */
static inline void axvcpu_run(struct axvcpu *v, struct axvcpu_exit *exit)
{
	uint32_t cpu = atomic_load_explicit(&v->resident_on, memory_order_relaxed);

	ax_assert(cpu != AXVCPU_NO_CPU);
	/* axvcpu_request() does the same the other way round: one of the two sees the other. */
	atomic_store_explicit(&v->running_on, cpu, memory_order_seq_cst);
	if (AX_UNLIKELY(atomic_load_explicit(&v->requests, memory_order_seq_cst) != 0)) {
		exit->kind = AXVCPU_EXIT_REQUEST;
	} else {
		v->ops->run(v->arch, exit);
	}
	atomic_store_explicit(&v->running_on, AXVCPU_NO_CPU, memory_order_release);
}

/** Finish the last exit; see enum axvcpu_exit_kind. */
static inline void axvcpu_complete(struct axvcpu *v, uint64_t val)
{
	v->ops->complete(v->arch, val);
}

static inline void axvcpu_fault(struct axvcpu *v, enum axvcpu_fault fault)
{
	v->ops->fault(v->arch, fault);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The operations table: life of a vCPU, residency, the run loop. */
#include <axbase/mem.h>
#include <axport/log.h>
#include "hw.h"

/* By pCPU, whose FP and vector registers were loaded last. Compared, never followed. */
static const struct vcpu_riscv64 *fp_owner[AX_PORT_MAX_CPUS];

static uint64_t guest_henvcfg(uint64_t exts)
{
	uint64_t henvcfg = 0; /* FIOM too: devices are emulated in the order of accesses */

	if ((exts & VCPU_RISCV64_EXT(SSTC)) != 0) {
		henvcfg |= ENVCFG_STCE;
	}
	if ((exts & VCPU_RISCV64_EXT(SVPBMT)) != 0) {
		henvcfg |= ENVCFG_PBMTE;
	}
	if ((exts & VCPU_RISCV64_EXT(ZICBOM)) != 0) {
		/* A bare invalidate could bring back what memory held before it was the guest's. */
		henvcfg |= ENVCFG_CBIE_FLUSH | ENVCFG_CBCFE;
	}
	if ((exts & VCPU_RISCV64_EXT(ZICBOZ)) != 0) {
		henvcfg |= ENVCFG_CBZE;
	}
	return henvcfg;
}

/* What is switched is D's registers, and V counts on them. The list ends where its last name does. */
static bool exts_possible(uint64_t exts)
{
	bool f = (exts & VCPU_RISCV64_EXT(F)) != 0;
	bool d = (exts & VCPU_RISCV64_EXT(D)) != 0;

	return exts >> VCPU_RISCV64_EXT_COUNT == 0 && f == d &&
	       ((exts & VCPU_RISCV64_EXT(V)) == 0 || d);
}

uint64_t vcpu_riscv64_get_csr(const struct vcpu_riscv64 *v, enum vcpu_csr n)
{
	return v->resident ? vcpu_riscv64_hw_get_csr(n) : v->csr[n];
}

void vcpu_riscv64_set_csr(struct vcpu_riscv64 *v, enum vcpu_csr n, uint64_t val)
{
	if (v->resident) {
		vcpu_riscv64_hw_set_csr(n, val);
	} else {
		v->csr[n] = val;
	}
}

bool vcpu_riscv64_get_spp(const struct vcpu_riscv64 *v)
{
	return v->resident ? vcpu_riscv64_hw_get_spp() : v->spp;
}

void vcpu_riscv64_set_spp(struct vcpu_riscv64 *v, bool spp)
{
	if (v->resident) {
		vcpu_riscv64_hw_set_spp(spp);
	} else {
		v->spp = spp;
	}
}

void vcpu_riscv64_start_at(struct vcpu_riscv64 *v, uint64_t entry, uint64_t arg)
{
	memset(v->x, 0, sizeof(v->x));
	for (unsigned n = 0; n < CSR_COUNT; n++) {
		vcpu_riscv64_set_csr(v, (enum vcpu_csr)n, 0);
	}
	vcpu_riscv64_set_csr(v, CSR_vsstatus, SSTATUS_UXL_64);
	/* What firmware leaves, and user programs of a kernel that does not know the register expect. */
	vcpu_riscv64_set_csr(v, CSR_scounteren, COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR);
	vcpu_riscv64_set_spp(v, true);
	v->x[10] = v->cfg.id;
	v->x[11] = arg;
	v->pc = entry;
}

static void op_reset(void *arch, uint64_t entry, uint64_t arg)
{
	struct vcpu_riscv64 *v = arch;

	ax_assert(!v->resident);
	vcpu_riscv64_start_at(v, entry, arg);
	memset(&v->fp, 0, sizeof(v->fp));
	memset(&v->vector, 0, sizeof(v->vector));
	v->vector.vtype = VTYPE_VILL;
	v->fp_cpu = 0;
	v->vssip = false;
	v->vstip = false;
	v->vtimecmp = UINT64_MAX;
	v->waiting = false;
	v->pending = PEND_NONE;
	v->suspend_entry = UINT64_MAX;
	atomic_store_explicit(&v->ipi, 0, memory_order_relaxed);
	atomic_store_explicit(&v->hsm, HSM_RUNNING, memory_order_relaxed);
}

static ax_err_t op_init(void *arch, const struct axvcpu_cfg *cfg)
{
	const struct vcpu_riscv64_cfg *acfg = cfg->arch;
	struct vcpu_riscv64 *v = arch;

	ax_assert(acfg != NULL && (cfg->read == NULL) == (cfg->write == NULL));
	ax_assert(cfg->peers != NULL || cfg->vcpu_count <= 1);
	if (cfg->vcpu_count > VCPU_RISCV64_MAX_VCPUS || cfg->id >= cfg->vcpu_count) {
		ax_log(AX_LOG_ERROR, "vm %u vcpu %u: id not below the count %u, or count above %u",
		       cfg->vm_id, cfg->id, cfg->vcpu_count, VCPU_RISCV64_MAX_VCPUS);
		return AX_EINVAL;
	}
	if (acfg->timebase_hz == 0 || !exts_possible(acfg->exts)) {
		ax_log(AX_LOG_ERROR,
		       "vm %u vcpu %u: no timebase, or extensions 0x%llx that cannot be",
		       cfg->vm_id, cfg->id, (unsigned long long)acfg->exts);
		return AX_EINVAL;
	}
	if (vcpu_riscv64_hw_usable(acfg->exts) != acfg->exts) {
		ax_log(AX_LOG_ERROR, "vm %u vcpu %u: this machine lacks some of extensions 0x%llx",
		       cfg->vm_id, cfg->id, (unsigned long long)acfg->exts);
		return AX_ENOTSUP;
	}
	memset(v, 0, sizeof(*v));
	v->cfg = *cfg;
	v->arch = *acfg;
	v->sstc = vcpu_has(v, VCPU_RISCV64_EXT(SSTC));
	v->vlenb = vcpu_has(v, VCPU_RISCV64_EXT(V)) ? vcpu_riscv64_hw_vlenb() : 0;
	v->henvcfg = guest_henvcfg(acfg->exts);
	op_reset(v, 0, 0); /* one that never runs has a state as well */
	return AX_OK;
}

static void op_set_root(void *arch, uint64_t root, uint64_t control)
{
	struct vcpu_riscv64 *v = arch;

	(void)control; /* hgatp says it all */
	v->hgatp = root;
}

static void op_load(void *arch, bool flush_local)
{
	struct vcpu_riscv64 *v = arch;
	uint32_t cpu = ax_port_cpu_id();
	bool live = v->fp_cpu == cpu + 1 && fp_owner[cpu] == v;

	ax_assert(!v->resident);
	vcpu_riscv64_hw_load(v, flush_local);
	vcpu_riscv64_hw_load_csrs(v->csr);
	vcpu_riscv64_hw_fp_load(v, !live);
	if (vcpu_has(v, VCPU_RISCV64_EXT(F))) {
		fp_owner[cpu] = v;
		v->fp_cpu = cpu + 1;
	}
	v->resident = true;
}

static void op_put(void *arch)
{
	struct vcpu_riscv64 *v = arch;

	ax_assert(v->resident);
	vcpu_riscv64_hw_fp_save(v);
	vcpu_riscv64_hw_fp_off();
	vcpu_riscv64_hw_save_csrs(v->csr);
	vcpu_riscv64_hw_put(v);
	v->resident = false;
}

/* Something is left from the last exit, or has come since. True: @exit says what, and nothing ran. */
static AX_COLD bool run_rare(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	vcpu_riscv64_take_ipi(v);
	if (v->pending == PEND_SUSPEND && vcpu_riscv64_sbi_resume(v, exit)) {
		v->waiting = true;
		return true;
	}
	v->pending = PEND_NONE; /* dropped: the guest is at its instruction again */
	return false;
}

static void op_run(void *arch, struct axvcpu_exit *exit)
{
	struct vcpu_riscv64 *v = arch;

	v->waiting = false;
	if (AX_UNLIKELY(v->pending != PEND_NONE ||
			atomic_load_explicit(&v->ipi, memory_order_relaxed) != 0) &&
	    run_rare(v, exit)) {
		return;
	}
	vcpu_riscv64_hw_run(v, exit);
}

static void op_complete(void *arch, uint64_t val)
{
	struct vcpu_riscv64 *v = arch;

	if (AX_LIKELY(v->pending == PEND_MMIO)) {
		vcpu_riscv64_mmio_done(v, val);
	} else {
		ax_assert(v->pending == PEND_HYPERCALL || v->pending == PEND_CPU_UP ||
			  v->pending == PEND_CPU_QUERY);
		vcpu_riscv64_sbi_done(v, val);
	}
	v->pending = PEND_NONE;
}

static void op_fault(void *arch, enum axvcpu_fault fault)
{
	struct vcpu_riscv64 *v = arch;

	v->pending = PEND_NONE;
	if (fault == AXVCPU_FAULT_UNDEFINED) {
		vcpu_riscv64_inject(v, CAUSE_ILLEGAL_INSTRUCTION, 0);
	} else {
		vcpu_riscv64_inject_access(v);
	}
}

static bool op_decode(void *arch, struct axvcpu_exit *exit)
{
	return vcpu_riscv64_decode(arch, exit);
}

static uint64_t op_deadline_ns(const void *arch)
{
	return vcpu_riscv64_deadline_ns(arch);
}

static void op_tick(void *arch)
{
	vcpu_riscv64_tick(arch);
}

static ax_err_t op_save(const void *arch, void *buf, size_t cap, size_t *len)
{
	return vcpu_riscv64_save(arch, buf, cap, len);
}

static ax_err_t op_load_state(void *arch, const void *buf, size_t len)
{
	return vcpu_riscv64_load_state(arch, buf, len);
}

static void op_dump(const void *arch)
{
	vcpu_riscv64_dump(arch);
}

const struct axvcpu_ops vcpu_riscv64_ops = {
	.name = "riscv64",
	.size = sizeof(struct vcpu_riscv64),
	.align = 64,
	.init = op_init,
	.reset = op_reset,
	.set_root = op_set_root,
	.load = op_load,
	.put = op_put,
	.run = op_run,
	.complete = op_complete,
	.fault = op_fault,
	.decode = op_decode,
	.deadline_ns = op_deadline_ns,
	.tick = op_tick,
	.save = op_save,
	.load_state = op_load_state,
	.dump = op_dump,
};

void vcpu_riscv64_cpu_init(void)
{
	vcpu_riscv64_hw_cpu_init();
}

uint64_t vcpu_riscv64_usable(uint64_t exts)
{
	return vcpu_riscv64_hw_usable(exts);
}

ax_err_t vcpu_riscv64_get_gpr(const void *arch, uint32_t n, uint64_t *val)
{
	const struct vcpu_riscv64 *v = arch;

	if (n > VCPU_RISCV64_PC) {
		return AX_EINVAL;
	}
	*val = n == VCPU_RISCV64_PC ? v->pc : v->x[n];
	return AX_OK;
}

ax_err_t vcpu_riscv64_set_gpr(void *arch, uint32_t n, uint64_t val)
{
	struct vcpu_riscv64 *v = arch;

	if (n > VCPU_RISCV64_PC) {
		return AX_EINVAL;
	}
	if (n == VCPU_RISCV64_PC) {
		v->pc = val;
	} else {
		vcpu_set_reg(v, n, val);
	}
	return AX_OK;
}

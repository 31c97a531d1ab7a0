/* SPDX-License-Identifier: Apache-2.0 */
/* The operations table: life of a vCPU, residency, the run loop. */
#include <axbase/mem.h>
#include <axport/log.h>
#include "hw.h"

#define HCR_GUEST                                                                          \
	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_IS | \
	 HCR_TWI | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_RW)

/* Traps of registers that exist only with their feature: the bits are RES0 without it. */
static uint64_t guest_hcr(bool pauth)
{
	uint64_t hcr = HCR_GUEST;

	if ((vcpu_aarch64_hw_id(4, 0) & AX_MASK64(31, 28)) != 0) { /* PFR0.RAS */
		hcr |= HCR_TERR;
	}
	if ((vcpu_aarch64_hw_id(7, 1) & AX_MASK64(19, 16)) != 0) { /* MMFR1.LO */
		hcr |= HCR_TLOR;
	}
	if ((vcpu_aarch64_hw_id(4, 1) & AX_MASK64(11, 8)) != 0) { /* PFR1.MTE */
		hcr |= HCR_TID5;
	}
	return pauth ? hcr | HCR_API | HCR_APK : hcr;
}

static ax_err_t op_init(void *arch, const struct axvcpu_cfg *cfg)
{
	const struct vcpu_aarch64_cfg *acfg = cfg->arch;
	struct vcpu_aarch64 *v = arch;

	ax_assert(acfg != NULL && cfg->set_line != NULL);
	if (cfg->vcpu_count > VCPU_AARCH64_MAX_VCPUS || cfg->id >= cfg->vcpu_count) {
		ax_log(AX_LOG_ERROR, "vm %u vcpu %u: id not below the count %u, or count above %u",
		       cfg->vm_id, cfg->id, cfg->vcpu_count, VCPU_AARCH64_MAX_VCPUS);
		return AX_EINVAL;
	}
	if ((acfg->mpidr & MPIDR_AFF) != VCPU_AARCH64_MPIDR(cfg->id)) {
		ax_log(AX_LOG_ERROR, "vm %u vcpu %u: mpidr 0x%llx is not the affinity of this id",
		       cfg->vm_id, cfg->id, (unsigned long long)acfg->mpidr);
		return AX_EINVAL;
	}
	memset(v, 0, sizeof(*v));
	v->cfg = *cfg;
	v->arch = *acfg;
	v->arch.mpidr |= MPIDR_RES1;
	v->midr = vcpu_aarch64_hw_midr();
	vcpu_aarch64_id_init(v);
	v->hcr = guest_hcr(v->pauth);
	return AX_OK;
}

/* What a warm reset leaves: EL1 with everything masked, MMU and caches off (D1.10). */
static void op_reset(void *arch, uint64_t entry, uint64_t arg)
{
	struct vcpu_aarch64 *v = arch;

	ax_assert(!v->resident);
	memset(v->x, 0, sizeof(v->x));
	memset(v->sys, 0, sizeof(v->sys));
	memset(v->dbg, 0, sizeof(v->dbg));
	memset(&v->fp, 0, sizeof(v->fp));
	v->x[0] = arg;
	v->pc = entry;
	v->pstate = PSTATE_DAIF | PSTATE_M_EL1H;
	v->sys[SYS_SCTLR_EL1] = SCTLR_EL1_RESET;
	v->hcr &= ~HCR_VSE;
	v->oslk = true;
	v->pending = PEND_NONE;
	v->vtimer = (struct vcpu_vtimer){ 0 };
	v->ptimer = (struct vcpu_ptimer){ 0 };
	v->cfg.set_line(v->cfg.ctx, v->cfg.id, v->arch.ptimer_intid, false);
	v->cfg.set_line(v->cfg.ctx, v->cfg.id, v->arch.vtimer_intid, false);
}

static void op_set_root(void *arch, uint64_t root, uint64_t control)
{
	struct vcpu_aarch64 *v = arch;

	v->vttbr = root;
	if (v->vtcr != control) { /* with each load the same */
		v->vtcr = control;
		vcpu_aarch64_id_set_ipa_bits(v, 64 - (unsigned)AX_FIELD_GET(VTCR_T0SZ, control));
	}
}

static void op_load(void *arch, bool flush_local)
{
	struct vcpu_aarch64 *v = arch;

	ax_assert(!v->resident);
	vcpu_aarch64_hw_load(v, flush_local);
	vcpu_aarch64_hw_load_sys(v->sys, v->pauth);
	vcpu_aarch64_hw_fp_trap(true);
	v->resident = true;
	vcpu_aarch64_push_dbg(v);
}

static void op_put(void *arch)
{
	struct vcpu_aarch64 *v = arch;

	ax_assert(v->resident);
	if (v->fp_live) {
		vcpu_aarch64_hw_fp_save(&v->fp);
		v->fp_live = false;
	}
	vcpu_aarch64_hw_fp_trap(false);
	vcpu_aarch64_hw_save_sys(v->sys, v->pauth);
	vcpu_aarch64_hw_put(v);
	v->resident = false;
}

void vcpu_aarch64_pull(struct vcpu_aarch64 *v)
{
	if (v->resident) {
		vcpu_aarch64_hw_save_sys(v->sys, v->pauth);
	}
}

void vcpu_aarch64_push(const struct vcpu_aarch64 *v)
{
	if (v->resident) {
		vcpu_aarch64_hw_load_sys(v->sys, v->pauth);
	}
}

void vcpu_aarch64_push_dbg(const struct vcpu_aarch64 *v)
{
	if (v->resident && (v->sys[SYS_MDSCR_EL1] & MDSCR_MDE) != 0) {
		vcpu_aarch64_hw_load_dbg(v);
	}
}

/* The rest of an exit that was not finished is dropped: the guest is at its instruction again. */
static AX_COLD void run_rare(struct vcpu_aarch64 *v, struct axvcpu_exit *exit)
{
	if (v->pending == PEND_NEXT) {
		vcpu_aarch64_element(v, exit);
		return;
	}
	v->pending = PEND_NONE;
	vcpu_aarch64_hw_run(v, exit);
}

/* Two tail calls, so that an exit does not return through here. */
static void op_run(void *arch, struct axvcpu_exit *exit)
{
	struct vcpu_aarch64 *v = arch;

	if (AX_LIKELY(v->pending == PEND_NONE)) {
		vcpu_aarch64_hw_run(v, exit);
	} else {
		run_rare(v, exit);
	}
}

/* The value takes its sign and register from the syndrome; above its width it has no bits yet. */
static void complete_mmio(struct vcpu_aarch64 *v, uint64_t val)
{
	uint32_t esr = v->fault_esr;

	if ((esr & ISS_WNR) == 0) {
		if (AX_UNLIKELY((esr & ISS_SSE) != 0)) {
			val = ax_sign_extend(val, 8u << AX_FIELD_GET(ISS_SAS, esr));
			val = (esr & ISS_SF) != 0 ? val : (uint32_t)val;
		}
		vcpu_set_reg(v, (unsigned)AX_FIELD_GET(ISS_SRT, esr), val);
	}
	vcpu_skip(v);
}

static AX_COLD void complete_rare(struct vcpu_aarch64 *v, uint64_t val)
{
	enum vcpu_pending next = PEND_NONE;

	ax_assert(v->pending != PEND_NONE && v->pending != PEND_NEXT && v->pending != PEND_ABORT);
	if (v->pending == PEND_ELEMENT) {
		next = vcpu_aarch64_element_done(v, val);
	} else { /* a hypercall, or about another vCPU */
		vcpu_aarch64_smccc_done(v, val);
	}
	v->pending = (uint8_t)next;
}

static void op_complete(void *arch, uint64_t val)
{
	struct vcpu_aarch64 *v = arch;

	if (AX_LIKELY(v->pending == PEND_MMIO)) {
		complete_mmio(v, val);
	} else if (AX_LIKELY(v->pending == PEND_SYSREG)) {
		if (!v->sysreg_write) {
			vcpu_set_reg(v, v->sysreg_rt, val);
		}
		vcpu_skip(v);
	} else {
		complete_rare(v, val);
		return;
	}
	v->pending = PEND_NONE;
}

static void op_fault(void *arch, enum axvcpu_fault fault)
{
	struct vcpu_aarch64 *v = arch;

	v->pending = PEND_NONE;
	if (fault == AXVCPU_FAULT_UNDEFINED) {
		vcpu_aarch64_inject_undef(v);
	} else {
		vcpu_aarch64_inject_abort(v);
	}
}

static bool op_decode(void *arch, struct axvcpu_exit *exit)
{
	return vcpu_aarch64_decode(arch, exit);
}

static uint64_t op_deadline_ns(const void *arch)
{
	return vcpu_aarch64_deadline_ns(arch);
}

static void op_tick(void *arch)
{
	(void)vcpu_aarch64_ptimer_update(arch);
}

static ax_err_t op_save(const void *arch, void *buf, size_t cap, size_t *len)
{
	return vcpu_aarch64_save(arch, buf, cap, len);
}

static ax_err_t op_load_state(void *arch, const void *buf, size_t len)
{
	return vcpu_aarch64_load_state(arch, buf, len);
}

static void op_dump(const void *arch)
{
	vcpu_aarch64_dump(arch);
}

const struct axvcpu_ops vcpu_aarch64_ops = {
	.name = "aarch64",
	.size = sizeof(struct vcpu_aarch64),
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

void vcpu_aarch64_cpu_init(void)
{
	vcpu_aarch64_hw_cpu_init();
}

ax_err_t vcpu_aarch64_get_gpr(const void *arch, uint32_t n, uint64_t *val)
{
	const struct vcpu_aarch64 *v = arch;

	if (n > VCPU_AARCH64_PC) {
		return AX_EINVAL;
	}
	*val = n == VCPU_AARCH64_PC ? v->pc : v->x[n];
	return AX_OK;
}

ax_err_t vcpu_aarch64_set_gpr(void *arch, uint32_t n, uint64_t val)
{
	struct vcpu_aarch64 *v = arch;

	if (n > VCPU_AARCH64_PC) {
		return AX_EINVAL;
	}
	if (n == VCPU_AARCH64_PC) {
		v->pc = val;
	} else {
		v->x[n] = val;
	}
	return AX_OK;
}

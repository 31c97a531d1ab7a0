/* SPDX-License-Identifier: Apache-2.0 */
/* From a synchronous trap (ESR_EL2, FAR_EL2, HPFAR_EL2) to an exit, an emulation or a guest exception. */
#include <axbase/mem.h>
#include "hw.h"

static uint64_t page_ipa(uint64_t hpfar)
{
	return AX_FIELD_GET(HPFAR_FIPA, hpfar) << AX_PAGE_SHIFT;
}

/*
 * Guest-physical address of an abort. HPFAR_EL2 is not given for a permission fault outside a table
 * walk (D17.2.64), so that one asks stage 1 again; false if stage 1 has changed meanwhile.
 */
static bool abort_ipa(uint64_t pstate, uint32_t esr, uint64_t far, uint64_t hpfar, uint64_t *ipa)
{
	bool walk = (esr & ISS_S1PTW) != 0;

	if ((esr & FSC_TYPE) == FSC_TYPE_PERM && !walk) {
		bool el0 = (pstate & PSTATE_M) == PSTATE_M_EL0T;

		return vcpu_aarch64_hw_stage1(far, el0, ipa);
	}
	*ipa = page_ipa(hpfar);
	if (!walk) {
		*ipa |= far & (AX_PAGE_SIZE - 1);
	}
	return true;
}

static bool stage2_fault(uint32_t esr)
{
	uint32_t type = esr & FSC_TYPE;

	return type == FSC_TYPE_SIZE || type == FSC_TYPE_TRANS || type == FSC_TYPE_ACCESS ||
	       type == FSC_TYPE_PERM;
}

/* A table walk that faults on permission wanted to write: it sets access flags or dirty state. */
static bool abort_writes(uint32_t esr)
{
	if ((esr & ISS_S1PTW) != 0) {
		return (esr & FSC_TYPE) == FSC_TYPE_PERM;
	}
	return (esr & (ISS_WNR | ISS_CM)) == ISS_WNR; /* RES0 for a fetch */
}

/* The access is described by the syndrome, from which complete() will take the rest. */
static bool mmio_exit(struct vcpu_aarch64 *v, struct axvcpu_exit *exit, uint32_t esr, uint64_t far,
		      uint64_t ipa)
{
	unsigned rt = (unsigned)AX_FIELD_GET(ISS_SRT, esr);
	uint8_t size = (uint8_t)(1u << AX_FIELD_GET(ISS_SAS, esr));

	v->fault_esr = esr;
	v->fault_far = far;
	v->fault_ipa = ipa;
	v->pending = PEND_MMIO;
	exit->kind = AXVCPU_EXIT_MMIO;
	exit->u.mmio.addr = gpa(ipa);
	exit->u.mmio.val = 0;
	exit->u.mmio.size = size;
	exit->u.mmio.write = (esr & ISS_WNR) != 0;
	if ((esr & ISS_WNR) != 0) {
		exit->u.mmio.val = vcpu_reg(v, rt) & ax_byte_mask(size);
	}
	return true;
}

static AX_COLD bool abort_exit(struct vcpu_aarch64 *v, struct axvcpu_exit *exit, uint32_t esr,
			       uint64_t far, uint64_t hpfar)
{
	bool fetch = AX_FIELD_GET(ESR_EC, esr) == EC_IABT_LOWER;
	uint64_t ipa;

	v->fault_esr = esr;
	v->fault_far = far;
	if (!stage2_fault(esr)) {
		vcpu_aarch64_inject_abort(v);
		return false;
	}
	if (!abort_ipa(v->pstate, esr, far, hpfar, &ipa)) {
		return false;
	}
	if ((esr & (ISS_ISV | ISS_S1PTW | ISS_CM)) == ISS_ISV && !fetch &&
	    (v->pstate & PSTATE_NRW) == 0) {
		return mmio_exit(v, exit, esr, far, ipa);
	}
	v->fault_ipa = ipa;
	v->pending = PEND_ABORT;
	exit->kind = AXVCPU_EXIT_PAGE_FAULT;
	exit->u.fault.addr = gpa(v->fault_ipa);
	/* A table walk reads or updates tables, also one on behalf of a fetch. */
	exit->u.fault.write = abort_writes(esr);
	exit->u.fault.exec = fetch && (esr & ISS_S1PTW) == 0;
	exit->u.fault.walk = (esr & ISS_S1PTW) != 0;
	return true;
}

static bool wfx(struct vcpu_aarch64 *v, uint32_t esr, struct axvcpu_exit *exit)
{
	vcpu_skip(v);
	if ((AX_FIELD_GET(ISS_WFX_TI, esr) & 1) != 0) {
		return false; /* WFE and WFET may end at any time */
	}
	exit->kind = AXVCPU_EXIT_IDLE;
	return true;
}

/* FP/SIMD is trapped until its first use after load(). */
static bool fp_access(struct vcpu_aarch64 *v)
{
	if (v->fp_live) {
		vcpu_aarch64_inject_undef(v);
		return false;
	}
	vcpu_aarch64_hw_fp_trap(false);
	vcpu_aarch64_hw_fp_load(&v->fp);
	v->fp_live = true;
	return false;
}

/* SMCCC 2.9: other immediates than 0 are reserved. */
static bool reserved_call(struct vcpu_aarch64 *v)
{
	v->x[0] = ~UINT64_C(0); /* NOT_SUPPORTED */
	return false;
}

/* AArch32 is hidden from the guest; one that uses it anyway can fetch and access memory, no more. */
static bool sync_aarch32(struct vcpu_aarch64 *v, struct axvcpu_exit *exit, uint32_t esr,
			 uint64_t far, uint64_t hpfar)
{
	switch (AX_FIELD_GET(ESR_EC, esr)) {
	case EC_DABT_LOWER:
	case EC_IABT_LOWER:
		return abort_exit(v, exit, esr, far, hpfar);
	case EC_FP:
		return fp_access(v);
	default:
		vcpu_aarch64_inject_undef(v);
		return false;
	}
}

static AX_COLD bool sync_rare(struct vcpu_aarch64 *v, struct axvcpu_exit *exit, uint32_t esr,
			      uint64_t far, uint64_t hpfar)
{
	if ((v->pstate & PSTATE_NRW) != 0) {
		return sync_aarch32(v, exit, esr, far, hpfar);
	}
	switch (AX_FIELD_GET(ESR_EC, esr)) {
	case EC_HVC64:
		return reserved_call(v);
	case EC_SMC64:
		vcpu_skip(v); /* traps with the PC at it, HVC with the PC behind it */
		return (esr & ISS_IMM16) == 0 ? vcpu_aarch64_smccc(v, exit) : reserved_call(v);
	case EC_FP:
		return fp_access(v);
	case EC_DABT_LOWER:
	case EC_IABT_LOWER:
		return abort_exit(v, exit, esr, far, hpfar);
	case EC_ILLEGAL:
	case EC_PC_ALIGN:
	case EC_SP_ALIGN:
	case EC_FP_EXC64:
	case EC_BREAKPT_LOWER:
	case EC_STEP_LOWER:
	case EC_WATCHPT_LOWER:
	case EC_BRK64:
		/* EL1's own business that reached EL2 all the same: passed on as it is. */
		v->fault_far = far;
		vcpu_aarch64_inject_same(v, esr, far);
		return false;
	default: /* what the ID registers say is not there */
		vcpu_aarch64_inject_undef(v);
		return false;
	}
}

/*
 * A load or store of a general register at a page that stage 2 does not map: what a device's registers
 * look like. ESR_EL2 from bit 24 up is EC, IL and ISV; IL is set for what executes in AArch64.
 */
#define ESR_MMIO_SHIFT 24
#define ESR_MMIO       ((AX_FIELD_PREP(ESR_EC, EC_DABT_LOWER) | ESR_IL | ISS_ISV) >> ESR_MMIO_SHIFT)
#define ISS_MMIO_MASK  (ISS_S1PTW | ISS_CM | FSC_TYPE)
/* HVC #0, and nothing else of the syndrome is defined */
#define ESR_HVC_0 (AX_FIELD_PREP(ESR_EC, EC_HVC64) | ESR_IL)

/* The frequent classes first, each a tail call. */
bool vcpu_aarch64_sync(struct vcpu_aarch64 *v, struct axvcpu_exit *exit, uint64_t esr64,
		       uint64_t far, uint64_t hpfar)
{
	uint32_t esr = (uint32_t)esr64;
	uint32_t ec = (uint32_t)AX_FIELD_GET(ESR_EC, esr);

	if (AX_LIKELY((v->pstate & PSTATE_NRW) == 0)) {
		if (esr >> ESR_MMIO_SHIFT == ESR_MMIO &&
		    AX_LIKELY((esr & ISS_MMIO_MASK) == FSC_TYPE_TRANS)) {
			return mmio_exit(v, exit, esr, far,
					 page_ipa(hpfar) | (far & (AX_PAGE_SIZE - 1)));
		}
		if (esr == ESR_HVC_0) {
			return vcpu_aarch64_smccc(v, exit);
		}
		if (ec == EC_SYS64) {
			return vcpu_aarch64_sysreg(v, esr, exit);
		}
		if (ec == EC_WFX) {
			return wfx(v, esr, exit);
		}
	}
	return sync_rare(v, exit, esr, far, hpfar);
}

/* FIQ is as IRQ: an interrupt of the host. */
bool vcpu_aarch64_async(struct vcpu_aarch64 *v, struct axvcpu_exit *exit, bool serror)
{
	if (AX_UNLIKELY(serror)) {
		vcpu_aarch64_inject_serror(v);
		return false;
	}
	exit->kind = AXVCPU_EXIT_HOST_IRQ;
	return true;
}

/* --- Accesses without a syndrome */

static bool el0_or_sp0(const struct vcpu_aarch64 *v)
{
	return (v->pstate & PSTATE_M) != PSTATE_M_EL1H;
}

/* Decode the instruction at the PC. False: it could not be read just now (let the guest repeat it). */
static bool fetch_access(struct vcpu_aarch64 *v, struct insn_access *a, bool *ok)
{
	bool el0 = (v->pstate & PSTATE_M) == PSTATE_M_EL0T;
	struct insn_regs r;
	uint64_t ipa;
	uint8_t b[4];

	*ok = false;
	/* EL0 may execute what it may not read; EL1 then can. */
	if (!vcpu_aarch64_hw_stage1(v->pc, el0, &ipa) &&
	    !(el0 && vcpu_aarch64_hw_stage1(v->pc, false, &ipa))) {
		return false;
	}
	if (v->cfg.gmem == NULL || ax_gmem_read(v->cfg.gmem, gpa(ipa), b, sizeof(b)) != AX_OK) {
		return true;
	}
	vcpu_aarch64_pull(v);
	memcpy(r.x, v->x, sizeof(v->x));
	r.x[31] = v->sys[el0_or_sp0(v) ? SYS_SP_EL0 : SYS_SP_EL1];
	r.pc = v->pc;
	*ok = vcpu_aarch64_insn_decode((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
					       (uint32_t)b[3] << 24,
				       &r, a);
	return true;
}

/*
 * One translation is known, that of the faulting page: an access that leaves it, or that has nothing
 * to do with it because the instruction was changed meanwhile, is not emulated.
 */
static bool access_fits(const struct vcpu_aarch64 *v, const struct insn_access *a)
{
	uint64_t bytes = (uint64_t)a->size * a->count;
	uint64_t page = AX_MASK64(55, AX_PAGE_SHIFT); /* bits 63:56 may be a tag */

	return ((a->va ^ v->fault_far) & page) == 0 &&
	       (a->va & (AX_PAGE_SIZE - 1)) + bytes <= AX_PAGE_SIZE &&
	       a->write == ((v->fault_esr & ISS_WNR) != 0);
}

static void seq_fill(struct vcpu_aarch64 *v)
{
	const struct insn_access *a = &v->seq.a;

	if (a->fp && v->fp_live) {
		vcpu_aarch64_hw_fp_save(&v->fp);
	}
	for (unsigned i = 0; a->write && i < a->count; i++) {
		unsigned rt = a->rt[i / a->per_reg];

		v->seq.val[i] = a->fp ? v->fp.q[rt][i % a->per_reg] : vcpu_reg(v, rt);
	}
}

bool vcpu_aarch64_decode(struct vcpu_aarch64 *v, struct axvcpu_exit *exit)
{
	bool fetch = AX_FIELD_GET(ESR_EC, v->fault_esr) == EC_IABT_LOWER;
	bool ok = false;

	ax_assert(v->pending == PEND_ABORT);
	v->pending = PEND_NONE;
	if (!fetch && (v->fault_esr & (ISS_CM | ISS_S1PTW)) == ISS_CM) {
		vcpu_skip(v); /* there is no cache in front of a device: nothing to maintain */
		return false;
	}
	if (!fetch && (v->fault_esr & ISS_S1PTW) == 0 && (v->pstate & PSTATE_NRW) == 0 &&
	    !fetch_access(v, &v->seq.a, &ok)) {
		return false;
	}
	if (!ok || !access_fits(v, &v->seq.a)) {
		vcpu_aarch64_inject_abort(v);
		return false;
	}
	v->seq.next = 0;
	v->seq.ipa = ax_align_down(v->fault_ipa, AX_PAGE_SIZE) | (v->seq.a.va & (AX_PAGE_SIZE - 1));
	seq_fill(v);
	vcpu_aarch64_element(v, exit);
	return true;
}

void vcpu_aarch64_element(struct vcpu_aarch64 *v, struct axvcpu_exit *exit)
{
	const struct vcpu_seq *s = &v->seq;

	v->pending = PEND_ELEMENT;
	exit->kind = AXVCPU_EXIT_MMIO;
	exit->u.mmio.addr = gpa(s->ipa + (uint64_t)s->next * s->a.size);
	exit->u.mmio.val = s->a.write ? s->val[s->next] & ax_byte_mask(s->a.size) : 0;
	exit->u.mmio.size = s->a.size;
	exit->u.mmio.write = s->a.write;
}

static void load_gpr(struct vcpu_aarch64 *v, unsigned rt, const struct insn_access *a, uint64_t val)
{
	if (a->sign) {
		val = ax_sign_extend(val, 8u * a->size);
	}
	vcpu_set_reg(v, rt, a->sf ? val : (uint32_t)val);
}

/* All elements are there: the instruction happens at once, as the guest sees it. */
static void seq_commit(struct vcpu_aarch64 *v)
{
	const struct insn_access *a = &v->seq.a;
	unsigned regs = a->count / a->per_reg;

	for (unsigned i = 0; !a->write && i < regs; i++) {
		unsigned rt = a->rt[i];

		if (a->fp) {
			v->fp.q[rt][0] = v->seq.val[i * a->per_reg];
			v->fp.q[rt][1] = a->per_reg == 2 ? v->seq.val[2 * i + 1] : 0;
		} else {
			load_gpr(v, rt, a, v->seq.val[i]);
		}
	}
	if (a->fp && !a->write && v->fp_live) {
		vcpu_aarch64_hw_fp_load(&v->fp);
	}
	if (a->wback && a->rn != 31) {
		v->x[a->rn] = a->wback_val;
	} else if (a->wback) {
		vcpu_aarch64_pull(v);
		v->sys[el0_or_sp0(v) ? SYS_SP_EL0 : SYS_SP_EL1] = a->wback_val;
		vcpu_aarch64_push(v);
	}
	vcpu_skip(v);
}

enum vcpu_pending vcpu_aarch64_element_done(struct vcpu_aarch64 *v, uint64_t val)
{
	struct vcpu_seq *s = &v->seq;

	if (!s->a.write) {
		s->val[s->next] = val & ax_byte_mask(s->a.size);
	}
	s->next++;
	if (s->next < s->a.count) {
		return PEND_NEXT;
	}
	seq_commit(v);
	return PEND_NONE;
}

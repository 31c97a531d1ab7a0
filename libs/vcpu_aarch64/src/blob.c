/* SPDX-License-Identifier: Apache-2.0 */
/* The vCPU's state as a snapshot, and as lines for a developer. */
#include <axbase/mem.h>
#include <axdev/snap.h>
#include <axport/log.h>
#include "hw.h"

#define BLOB_MAGIC   UINT32_C(0x34364156) /* "VA64" */
#define BLOB_VERSION 1
#define BLOB_OSLK    UINT32_C(0x1)
#define BLOB_VSE     UINT32_C(0x2)

/*
 * Everything the guest can observe of its processor, but for what its configuration gives again (ID
 * registers, root, counter offset). Fixed layout, native byte order.
 */
struct blob {
	struct ax_snap_hdr hdr;
	uint32_t flags;
	uint64_t x[31];
	uint64_t pc;
	uint64_t pstate;
	uint64_t sys[SYS_COUNT];
	uint64_t dbg[VCPU_DBG_COUNT][DBG_KIND_COUNT];
	uint64_t fp_q[32][2];
	uint64_t fpsr;
	uint64_t fpcr;
	uint64_t vtimer_ctl;
	uint64_t vtimer_cval;
	uint64_t ptimer_ctl;
	uint64_t ptimer_cval;
};
AX_STATIC_ASSERT(SYS_COUNT == 34);
AX_STATIC_ASSERT(sizeof(struct blob) == 16 + 8 * (33 + 34 + 8 + 64 + 6));

ax_err_t vcpu_aarch64_save(const struct vcpu_aarch64 *v, void *buf, size_t cap, size_t *len)
{
	struct blob b = {
		.hdr = { .magic = BLOB_MAGIC, .version = BLOB_VERSION, .size = sizeof(b) },
		.flags = (v->oslk ? BLOB_OSLK : 0) | ((v->hcr & HCR_VSE) != 0 ? BLOB_VSE : 0),
		.pc = v->pc,
		.pstate = v->pstate,
		.fpsr = v->fp.fpsr,
		.fpcr = v->fp.fpcr,
		.vtimer_ctl = v->vtimer.ctl,
		.vtimer_cval = v->vtimer.cval,
		.ptimer_ctl = v->ptimer.ctl,
		.ptimer_cval = v->ptimer.cval,
	};

	ax_assert(!v->resident);
	memcpy(b.x, v->x, sizeof(b.x));
	memcpy(b.sys, v->sys, sizeof(b.sys));
	memcpy(b.dbg, v->dbg, sizeof(b.dbg));
	memcpy(b.fp_q, v->fp.q, sizeof(b.fp_q));
	return ax_snap_write(&b, sizeof(b), buf, cap, len);
}

/* EL0 or EL1, AArch64, and no bit without a meaning to some processor: never EL2 or EL3. */
static bool pstate_valid(uint64_t p)
{
	uint64_t known = PSTATE_M | PSTATE_DAIF | PSTATE_BTYPE | PSTATE_SSBS | PSTATE_IL |
			 PSTATE_SS | PSTATE_PAN | PSTATE_UAO | PSTATE_DIT | PSTATE_TCO |
			 PSTATE_ALLINT | PSTATE_NZCV;
	uint64_t m = p & PSTATE_M;

	return (p & ~known) == 0 &&
	       (m == PSTATE_M_EL0T || m == PSTATE_M_EL1T || m == PSTATE_M_EL1H);
}

static bool dbg_valid(const struct blob *b)
{
	bool valid = true;

	for (unsigned n = 0; n < VCPU_DBG_COUNT; n++) {
		for (unsigned kind = 0; kind < DBG_KIND_COUNT; kind++) {
			valid = valid && (b->dbg[n][kind] & ~vcpu_dbg_mask(kind)) == 0;
		}
	}
	return valid;
}

static const char *blob_fault(const struct blob *b)
{
	const uint64_t ctl = CNT_CTL_ENABLE | CNT_CTL_IMASK;

	if (!pstate_valid(b->pstate)) {
		return "pstate";
	}
	if ((b->vtimer_ctl & ~ctl) != 0 || (b->ptimer_ctl & ~ctl) != 0) {
		return "timer control";
	}
	if ((b->sys[SYS_MDSCR_EL1] & ~MDSCR_GUEST) != 0) {
		return "mdscr_el1";
	}
	if (!dbg_valid(b)) {
		return "breakpoint";
	}
	if ((b->fpsr & ~UINT64_C(0xf800009f)) != 0 || (b->fpcr & ~UINT64_C(0x07f79f07)) != 0) {
		return "fpsr or fpcr";
	}
	if ((b->flags & ~(BLOB_OSLK | BLOB_VSE)) != 0 || b->hdr.reserved != 0) {
		return "flags";
	}
	return NULL;
}

ax_err_t vcpu_aarch64_load_state(struct vcpu_aarch64 *v, const void *buf, size_t len)
{
	struct blob b;
	const char *bad;

	ax_assert(!v->resident);
	if (len != sizeof(b)) {
		ax_log(AX_LOG_ERROR, "vm %u vcpu %u: state of %zu bytes, not %zu", v->cfg.vm_id,
		       v->cfg.id, len, sizeof(b));
		return AX_EVERSION;
	}
	if (ax_snap_read(&b, sizeof(b), buf, len, BLOB_MAGIC, BLOB_VERSION) != AX_OK) {
		ax_log(AX_LOG_ERROR, "vm %u vcpu %u: state of another kind or version",
		       v->cfg.vm_id, v->cfg.id);
		return AX_EVERSION;
	}
	bad = blob_fault(&b);
	if (bad != NULL) {
		ax_log(AX_LOG_ERROR, "vm %u vcpu %u: state has an impossible %s", v->cfg.vm_id,
		       v->cfg.id, bad);
		return AX_EINVAL;
	}
	memcpy(v->x, b.x, sizeof(b.x));
	memcpy(v->sys, b.sys, sizeof(b.sys));
	memcpy(v->dbg, b.dbg, sizeof(b.dbg));
	memcpy(v->fp.q, b.fp_q, sizeof(b.fp_q));
	v->pc = b.pc;
	v->pstate = b.pstate;
	v->fp.fpsr = b.fpsr;
	v->fp.fpcr = b.fpcr;
	v->vtimer = (struct vcpu_vtimer){ .ctl = b.vtimer_ctl, .cval = b.vtimer_cval };
	v->ptimer.ctl = (uint8_t)b.ptimer_ctl;
	v->ptimer.cval = b.ptimer_cval;
	v->oslk = (b.flags & BLOB_OSLK) != 0;
	v->hcr = (v->hcr & ~HCR_VSE) | ((b.flags & BLOB_VSE) != 0 ? HCR_VSE : 0);
	v->pending = PEND_NONE;
	(void)vcpu_aarch64_ptimer_update(v);
	return AX_OK;
}

static void dump_line(const struct vcpu_aarch64 *v, unsigned first)
{
	ax_log(AX_LOG_ERROR, "  x%-2u %016llx %016llx %016llx %016llx", first,
	       (unsigned long long)v->x[first], (unsigned long long)v->x[first + 1],
	       (unsigned long long)v->x[first + 2],
	       (unsigned long long)(first + 3 < 31 ? v->x[first + 3] : 0));
}

void vcpu_aarch64_dump(const struct vcpu_aarch64 *v)
{
	uint64_t live[SYS_COUNT];
	const uint64_t *sys = v->sys;

	if (v->resident) {
		vcpu_aarch64_hw_save_sys(live, v->pauth);
		sys = live;
	}
	ax_log(AX_LOG_ERROR, "vm %u vcpu %u: pc %016llx pstate %08llx", v->cfg.vm_id, v->cfg.id,
	       (unsigned long long)v->pc, (unsigned long long)v->pstate);
	for (unsigned i = 0; i < 31; i += 4) {
		dump_line(v, i);
	}
	ax_log(AX_LOG_ERROR, "  sctlr_el1 %llx tcr_el1 %llx ttbr0_el1 %llx ttbr1_el1 %llx",
	       (unsigned long long)sys[SYS_SCTLR_EL1], (unsigned long long)sys[SYS_TCR_EL1],
	       (unsigned long long)sys[SYS_TTBR0_EL1], (unsigned long long)sys[SYS_TTBR1_EL1]);
	ax_log(AX_LOG_ERROR, "  vbar_el1 %llx esr_el1 %llx far_el1 %llx elr_el1 %llx spsr_el1 %llx",
	       (unsigned long long)sys[SYS_VBAR_EL1], (unsigned long long)sys[SYS_ESR_EL1],
	       (unsigned long long)sys[SYS_FAR_EL1], (unsigned long long)sys[SYS_ELR_EL1],
	       (unsigned long long)sys[SYS_SPSR_EL1]);
	ax_log(AX_LOG_ERROR, "  last abort: esr %08x far %llx ipa %llx", v->fault_esr,
	       (unsigned long long)v->fault_far, (unsigned long long)v->fault_ipa);
}

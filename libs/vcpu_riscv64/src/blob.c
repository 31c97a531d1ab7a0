/* SPDX-License-Identifier: Apache-2.0 */
/* The vCPU's state as a snapshot, and as lines for a developer. */
#include <axbase/mem.h>
#include <axdev/snap.h>
#include <axport/log.h>
#include "hw.h"

#define BLOB_MAGIC     UINT32_C(0x34365652) /* "RV64" */
#define BLOB_VERSION   1
#define BLOB_SPP       UINT32_C(0x1)
#define BLOB_VSSIP     UINT32_C(0x2)
#define BLOB_IPI       UINT32_C(0x4) /* sent, and not yet in VSSIP */
#define BLOB_SUSPENDED UINT32_C(0x8)
#define BLOB_FLAGS     (BLOB_SPP | BLOB_VSSIP | BLOB_IPI | BLOB_SUSPENDED)

/*
 * Everything the guest can observe of its processor, but for what its configuration gives again (root,
 * time offset). Fixed layout, native byte order. A guest with V has its vector registers behind this, 32
 * times vlenb bytes: other than AArch64's, they have a length that depends on the machine.
 */
struct blob {
	struct ax_snap_hdr hdr;
	uint32_t flags;
	uint64_t exts;
	uint64_t x[31]; /* x1 to x31 */
	uint64_t pc;
	uint64_t csr[CSR_COUNT];
	uint64_t vtimecmp;
	uint64_t suspend_entry;
	uint64_t suspend_arg;
	uint64_t f[32];
	uint64_t fcsr;
	uint64_t vlenb;
	uint64_t vstart;
	uint64_t vcsr;
	uint64_t vl;
	uint64_t vtype;
};
AX_STATIC_ASSERT(CSR_COUNT == 10);
AX_STATIC_ASSERT(sizeof(struct blob) == 16 + 8 * (1 + 32 + 10 + 3 + 33 + 5));

static size_t blob_size(const struct vcpu_riscv64 *v)
{
	return sizeof(struct blob) + 32 * (size_t)v->vlenb;
}

static uint32_t blob_flags(const struct vcpu_riscv64 *v)
{
	return (v->spp ? BLOB_SPP : 0) | (v->vssip ? BLOB_VSSIP : 0) |
	       (atomic_load_explicit(&v->ipi, memory_order_acquire) != 0 ? BLOB_IPI : 0) |
	       (v->pending == PEND_SUSPEND ? BLOB_SUSPENDED : 0);
}

ax_err_t vcpu_riscv64_save(const struct vcpu_riscv64 *v, void *buf, size_t cap, size_t *len)
{
	size_t size = blob_size(v);
	struct blob b = {
		.hdr = { .magic = BLOB_MAGIC, .version = BLOB_VERSION, .size = (uint32_t)size },
		.flags = blob_flags(v),
		.exts = v->arch.exts,
		.pc = v->pc,
		.vtimecmp = v->vtimecmp,
		.suspend_entry = v->suspend_entry,
		.suspend_arg = v->suspend_arg,
		.fcsr = v->fp.fcsr,
		.vlenb = v->vlenb,
		.vstart = v->vector.vstart,
		.vcsr = v->vector.vcsr,
		.vl = v->vector.vl,
		.vtype = v->vector.vtype,
	};

	ax_assert(!v->resident);
	if (cap < size) {
		return AX_ENOSPC;
	}
	memcpy(b.x, v->x + 1, sizeof(b.x));
	memcpy(b.csr, v->csr, sizeof(b.csr));
	memcpy(b.f, v->fp.f, sizeof(b.f));
	memcpy(buf, &b, sizeof(b));
	memcpy((uint8_t *)buf + sizeof(b), v->vector.v, size - sizeof(b));
	*len = size;
	return AX_OK;
}

static bool csrs_valid(const uint64_t *csr)
{
	uint64_t status = SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_VS | SSTATUS_FS |
			  SSTATUS_SUM | SSTATUS_MXR | SSTATUS_UXL | SSTATUS_SD;
	uint64_t mode = AX_FIELD_GET(SATP_MODE, csr[CSR_vsatp]);

	return (csr[CSR_vsstatus] & ~status) == 0 &&
	       (csr[CSR_vsstatus] & SSTATUS_UXL) == SSTATUS_UXL_64 &&
	       (csr[CSR_vsie] & ~SIP_MASK) == 0 &&
	       AX_FIELD_GET(TVEC_MODE, csr[CSR_vstvec]) <= TVEC_VECTORED &&
	       (csr[CSR_vsepc] & 1) == 0 && csr[CSR_scounteren] <= UINT32_MAX &&
	       (csr[CSR_senvcfg] & ~(ENVCFG_FIOM | ENVCFG_CBIE | ENVCFG_CBCFE | ENVCFG_CBZE)) ==
		       0 &&
	       (mode == SATP_MODE_BARE || (mode >= SATP_MODE_SV39 && mode <= SATP_MODE_SV57));
}

/* What the vector CSRs can hold with registers of @vlenb bytes: vl is at most 8 registers of bytes. */
static bool vector_valid(const struct blob *b)
{
	return (b->vstart == 0 || b->vstart < 8 * b->vlenb) && b->vcsr <= 7 &&
	       b->vl <= 8 * b->vlenb && (b->vtype & ~VTYPE_VILL) <= 0xff;
}

static const char *blob_fault(const struct vcpu_riscv64 *v, const struct blob *b)
{
	if (b->hdr.reserved != 0 || (b->flags & ~BLOB_FLAGS) != 0) {
		return "flags";
	}
	if (b->exts != v->arch.exts) {
		return "set of extensions, not this vCPU's";
	}
	if ((b->pc & 1) != 0 || ((b->suspend_entry & 1) != 0 && b->suspend_entry != UINT64_MAX)) {
		return "pc";
	}
	if (!csrs_valid(b->csr)) {
		return "CSR";
	}
	if (b->fcsr > 0xff) {
		return "fcsr";
	}
	if (b->vlenb != v->vlenb) {
		return "vector length, not this machine's";
	}
	return vector_valid(b) ? NULL : "vector CSR";
}

static void take_blob(struct vcpu_riscv64 *v, const struct blob *b)
{
	memcpy(v->x + 1, b->x, sizeof(b->x));
	memcpy(v->csr, b->csr, sizeof(b->csr));
	memcpy(v->fp.f, b->f, sizeof(b->f));
	v->pc = b->pc;
	v->fp.fcsr = b->fcsr;
	v->vector.vstart = b->vstart;
	v->vector.vcsr = b->vcsr;
	v->vector.vl = b->vl;
	v->vector.vtype = b->vtype;
	v->fp_cpu = 0;
	v->spp = (b->flags & BLOB_SPP) != 0;
	v->vssip = (b->flags & BLOB_VSSIP) != 0;
	v->vtimecmp = b->vtimecmp;
	v->suspend_entry = b->suspend_entry;
	v->suspend_arg = b->suspend_arg;
	v->waiting = false;
	v->pending = (b->flags & BLOB_SUSPENDED) != 0 ? PEND_SUSPEND : PEND_NONE;
	atomic_store_explicit(&v->ipi, (b->flags & BLOB_IPI) != 0 ? 1 : 0, memory_order_release);
	atomic_store_explicit(&v->hsm, v->pending == PEND_SUSPEND ? HSM_SUSPENDED : HSM_RUNNING,
			      memory_order_release);
	vcpu_riscv64_tick(v);
}

ax_err_t vcpu_riscv64_load_state(struct vcpu_riscv64 *v, const void *buf, size_t len)
{
	size_t size = blob_size(v);
	const char *bad;
	struct blob b;

	ax_assert(!v->resident);
	if (ax_snap_check(buf, len, BLOB_MAGIC, BLOB_VERSION, size) != AX_OK) {
		ax_log(AX_LOG_ERROR,
		       "vm %u vcpu %u: state of another kind, version or size (%zu bytes, not %zu)",
		       v->cfg.vm_id, v->cfg.id, len, size);
		return AX_EVERSION;
	}
	memcpy(&b, buf, sizeof(b));
	bad = blob_fault(v, &b);
	if (bad != NULL) {
		ax_log(AX_LOG_ERROR, "vm %u vcpu %u: state has an impossible %s", v->cfg.vm_id,
		       v->cfg.id, bad);
		return AX_EINVAL;
	}
	take_blob(v, &b);
	memcpy(v->vector.v, (const uint8_t *)buf + sizeof(b), size - sizeof(b));
	return AX_OK;
}

static void dump_line(const struct vcpu_riscv64 *v, unsigned first)
{
	ax_log(AX_LOG_ERROR, "  x%-2u %016llx %016llx %016llx %016llx", first,
	       (unsigned long long)v->x[first], (unsigned long long)v->x[first + 1],
	       (unsigned long long)v->x[first + 2], (unsigned long long)v->x[first + 3]);
}

static unsigned long long csr(const struct vcpu_riscv64 *v, enum vcpu_csr n)
{
	return vcpu_riscv64_get_csr(v, n);
}

void vcpu_riscv64_dump(const struct vcpu_riscv64 *v)
{
	ax_log(AX_LOG_ERROR, "vm %u vcpu %u: pc %016llx in %s", v->cfg.vm_id, v->cfg.id,
	       (unsigned long long)v->pc, vcpu_riscv64_get_spp(v) ? "VS-mode" : "VU-mode");
	for (unsigned i = 0; i < 32; i += 4) {
		dump_line(v, i);
	}
	ax_log(AX_LOG_ERROR, "  sstatus %llx stvec %llx satp %llx sie %llx sscratch %llx",
	       csr(v, CSR_vsstatus), csr(v, CSR_vstvec), csr(v, CSR_vsatp), csr(v, CSR_vsie),
	       csr(v, CSR_vsscratch));
	ax_log(AX_LOG_ERROR, "  sepc %llx scause %llx stval %llx", csr(v, CSR_vsepc),
	       csr(v, CSR_vscause), csr(v, CSR_vstval));
	ax_log(AX_LOG_ERROR, "  last guest-page fault: scause %u at %llx, gpa %llx, htinst %llx",
	       v->fault_cause, (unsigned long long)v->fault_gva, (unsigned long long)v->fault_gpa,
	       (unsigned long long)v->fault_htinst);
}

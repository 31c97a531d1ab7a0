/* SPDX-License-Identifier: Apache-2.0 */
/* The HS-mode instructions of the back end, one short function each. */
#include "../../hw.h"

#define READ(csr, val)  __asm__ volatile("csrr %0, " #csr : "=r"(val))
#define WRITE(csr, val) __asm__ volatile("csrw " #csr ", %0" : : "r"((uint64_t)(val)) : "memory")
#define SET(csr, val)   __asm__ volatile("csrs " #csr ", %0" : : "r"((uint64_t)(val)) : "memory")
#define CLEAR(csr, val) __asm__ volatile("csrc " #csr ", %0" : : "r"((uint64_t)(val)) : "memory")

/* An instruction of the H extension, with up to two operands. */
#define HYP(insn, a, b)                                                                \
	__asm__ volatile(".option push\n\t.option arch, +h\n\t" insn "\n\t.option pop" \
			 :                                                             \
			 : "r"((uint64_t)(a)), "r"((uint64_t)(b))                      \
			 : "memory")

/*
 * One instruction that may trap: @ok tells whether it did not. stvec points behind it meanwhile, where a
 * trap in HS-mode simply goes on, as all that it changes is in CSRs: sepc, scause, stval, htval and
 * htinst, of no use any more, and sstatus.SPP and hstatus.SPV, which are the guest's.
 */
#define TRY(insn, ok, val, arg)                                                           \
	do {                                                                              \
		uint64_t old_stvec;                                                       \
		uint64_t behind;                                                          \
		__asm__ volatile("li %0, 0\n\t"                                           \
				 "lla %3, 1f\n\t"                                         \
				 "csrrw %2, stvec, %3\n\t"                                \
				 ".option push\n\t"                                       \
				 ".option arch, +h\n\t" insn "\n\t"                       \
				 ".option pop\n\t"                                        \
				 "li %0, 1\n\t"                                           \
				 ".balign 4\n"                                            \
				 "1:\n\t"                                                 \
				 "csrw stvec, %2"                                         \
				 : "=&r"(ok), "+&r"(val), "=&r"(old_stvec), "=&r"(behind) \
				 : "r"(arg)                                               \
				 : "memory");                                             \
	} while (0)

/* A CSR that an implementation may lack, or the firmware keep to itself. */
#define TRY_READ(csr, ok, val) TRY("csrr %1, " #csr, ok, val, 0)
#define TRY_WRITE(csr, ok, arg)                                      \
	do {                                                         \
		uint64_t none = 0;                                   \
		TRY("csrw " #csr ", %4", ok, none, (uint64_t)(arg)); \
	} while (0)

/* What the guest takes by itself. Not: access faults, for its memory's state is the host's business. */
#define HEDELEG_GUEST                                                             \
	(AX_BIT64(CAUSE_MISALIGNED_FETCH) | AX_BIT64(CAUSE_ILLEGAL_INSTRUCTION) | \
	 AX_BIT64(CAUSE_BREAKPOINT) | AX_BIT64(CAUSE_MISALIGNED_LOAD) |           \
	 AX_BIT64(CAUSE_MISALIGNED_STORE) | AX_BIT64(CAUSE_USER_ECALL) |          \
	 AX_BIT64(CAUSE_FETCH_PAGE_FAULT) | AX_BIT64(CAUSE_LOAD_PAGE_FAULT) |     \
	 AX_BIT64(CAUSE_STORE_PAGE_FAULT))
#define HIDELEG_GUEST (HVIP_VSSIP | HVIP_VSTIP | HVIP_VSEIP)
/*
 * WFI traps, so that the pCPU is not the guest's to hold. Not VTVM, VTSR: satp, SFENCE.VMA and SRET are the
 * guest's. HU = 0: no HLV in VU-mode. VGEIN = 0: no guest external interrupt file.
 */
#define HSTATUS_GUEST (HSTATUS_VSXL_64 | HSTATUS_VTW | HSTATUS_SPV)

static atomic_bool has_vsiselect; /* the harts are alike */

extern const char vcpu_riscv64_hw_vector[];
uint32_t vcpu_riscv64_hw_fetch_failed(void);
void vcpu_riscv64_hw_f_load(const struct vcpu_fp *fp);
void vcpu_riscv64_hw_f_save(struct vcpu_fp *fp);
uint64_t vcpu_riscv64_hw_f_get(unsigned n);
void vcpu_riscv64_hw_f_set(unsigned n, uint64_t val);
void vcpu_riscv64_hw_v_load(const struct vcpu_vector *vector);
void vcpu_riscv64_hw_v_save(struct vcpu_vector *vector);

/* --- What the guest could do, and may */

/* From switch.S: a fetch has trapped, which took these from the guest. SPVP, which it left, tells of SPP. */
uint32_t vcpu_riscv64_hw_fetch_failed(void)
{
	uint64_t hstatus;

	SET(hstatus, HSTATUS_SPV);
	READ(hstatus, hstatus);
	vcpu_riscv64_hw_set_spp((hstatus & HSTATUS_SPVP) != 0);
	return 0;
}

/* Of henvcfg's @bits, those that can be set. It is the resident guest's: put back. */
static uint64_t henvcfg_can(uint64_t bits)
{
	uint64_t old = 0;
	uint64_t can = 0;
	uint64_t ok;

	TRY_READ(henvcfg, ok, old);
	if (ok == 0) {
		return 0;
	}
	SET(henvcfg, bits);
	READ(henvcfg, can);
	WRITE(henvcfg, old);
	return can & bits;
}

static bool has_vstimecmp(void)
{
	uint64_t val = 0;
	uint64_t ok;

	TRY_READ(vstimecmp, ok, val);
	return ok != 0;
}

/* With a trap there is no V; the register cannot be read with VS off. */
static uint64_t read_vlenb(void)
{
	uint64_t sstatus;
	uint64_t vlenb = 0;
	uint64_t ok;

	READ(sstatus, sstatus);
	SET(sstatus, AX_FIELD_PREP(SSTATUS_VS, SSTATUS_XS_CLEAN));
	TRY_READ(0xc22, ok, vlenb);
	WRITE(sstatus, sstatus);
	return ok != 0 ? vlenb : 0;
}

uint32_t vcpu_riscv64_hw_vlenb(void)
{
	return (uint32_t)read_vlenb();
}

static uint64_t usable(uint64_t exts)
{
	uint64_t can = henvcfg_can(ENVCFG_STCE | ENVCFG_PBMTE | ENVCFG_CBZE | ENVCFG_CBCFE |
				   ENVCFG_CBIE_FLUSH);
	uint64_t fp = VCPU_RISCV64_EXT(F) | VCPU_RISCV64_EXT(D);
	uint64_t vlenb;

	if ((can & ENVCFG_STCE) == 0 || !has_vstimecmp()) {
		exts &= ~VCPU_RISCV64_EXT(SSTC);
	}
	if ((can & ENVCFG_PBMTE) == 0) {
		exts &= ~VCPU_RISCV64_EXT(SVPBMT);
	}
	if ((can & ENVCFG_CBZE) == 0) {
		exts &= ~VCPU_RISCV64_EXT(ZICBOZ);
	}
	if ((can & (ENVCFG_CBCFE | ENVCFG_CBIE_FLUSH)) != (ENVCFG_CBCFE | ENVCFG_CBIE_FLUSH)) {
		exts &= ~VCPU_RISCV64_EXT(ZICBOM);
	}
	if ((exts & fp) != fp) { /* what is switched is D's registers */
		exts &= ~(fp | VCPU_RISCV64_EXT(V));
	}
	if ((exts & VCPU_RISCV64_EXT(V)) != 0) {
		vlenb = read_vlenb();
		if (vlenb == 0 || vlenb > VCPU_RISCV64_VLENB_MAX) {
			exts &= ~VCPU_RISCV64_EXT(V);
		}
	}
	return exts;
}

/* What a trap of these takes may be a resident guest's, and would let it in at the wrong level. */
uint64_t vcpu_riscv64_hw_usable(uint64_t exts)
{
	uint64_t hstatus;
	uint64_t sstatus;

	READ(hstatus, hstatus);
	READ(sstatus, sstatus);
	exts = usable(exts);
	WRITE(sstatus, sstatus);
	WRITE(hstatus, hstatus);
	return exts;
}

/* Smstateen: nothing but senvcfg, whatever the firmware allows us. In old machines there is no such CSR. */
static void stateen_init(void)
{
	uint64_t ok;

	TRY_WRITE(0x60c, ok, HSTATEEN0_ENVCFG);
	if (ok == 0) {
		return;
	}
	TRY_WRITE(0x60d, ok, 0);
	TRY_WRITE(0x60e, ok, 0);
	TRY_WRITE(0x60f, ok, 0);
	TRY_WRITE(0x10c, ok, 0); /* sstateen0, which a guest cannot reach, holds for its VU-mode */
	TRY_WRITE(0x10d, ok, 0);
	TRY_WRITE(0x10e, ok, 0);
	TRY_WRITE(0x10f, ok, 0);
}

/*
 * Ssaia: interrupts that nobody delegates, and what they look like to the guest, whatever was there before.
 * Without Smstateen a guest reaches siselect as well, which is then what one leaves to the next.
 */
static void aia_init(void)
{
	uint64_t ok;

	TRY_WRITE(0x609, ok, 0); /* hvictl */
	if (ok == 0) {
		return;
	}
	TRY_WRITE(0x608, ok, 0); /* hvien */
	TRY_WRITE(0x646, ok, 0); /* hviprio1 */
	TRY_WRITE(0x647, ok, 0); /* hviprio2 */
	TRY_WRITE(0x250, ok, 0); /* vsiselect */
	atomic_store_explicit(&has_vsiselect, ok != 0, memory_order_relaxed);
}

void vcpu_riscv64_hw_cpu_init(void)
{
	uint64_t ok;

	WRITE(sscratch, 0);
	WRITE(stvec, (uintptr_t)vcpu_riscv64_hw_vector);
	WRITE(vsatp, 0);
	WRITE(hgatp, 0);
	WRITE(hedeleg, HEDELEG_GUEST);
	WRITE(hideleg, HIDELEG_GUEST);
	WRITE(hcounteren, COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR);
	WRITE(hvip, 0);
	WRITE(hie, 0);
	WRITE(hgeie, 0);
	WRITE(htimedelta, 0);
	WRITE(hstatus, HSTATUS_GUEST);
	TRY_WRITE(henvcfg, ok, 0);
	TRY_WRITE(vstimecmp, ok, UINT64_MAX);
	stateen_init();
	aia_init();
	vcpu_riscv64_hw_fp_off();
}

/* --- Residency */

void vcpu_riscv64_hw_load(const struct vcpu_riscv64 *v, bool flush_local)
{
	uint64_t ok;

	WRITE(hgatp, v->hgatp); /* with vsatp = 0 */
	if (v->henvcfg != 0) {
		WRITE(henvcfg, v->henvcfg);
	} else {
		TRY_WRITE(henvcfg, ok, 0); /* a machine of before it has none */
	}
	WRITE(htimedelta, v->arch.htimedelta);
	if (v->sstc) {
		WRITE(vstimecmp, v->vtimecmp);
	}
	vcpu_riscv64_hw_set_vssip(v->vssip);
	vcpu_riscv64_hw_set_vstip(v->vstip);
	WRITE(hstatus, HSTATUS_GUEST);
	vcpu_riscv64_hw_set_spp(v->spp);
	if (flush_local) {
		HYP("hfence.vvma zero, zero", 0, 0);
		__asm__ volatile("fence.i" : : : "memory");
	}
}

void vcpu_riscv64_hw_put(struct vcpu_riscv64 *v)
{
	uint64_t hvip;

	READ(hvip, hvip);
	v->vssip = (hvip & HVIP_VSSIP) != 0;
	CLEAR(hvip, HVIP_VSSIP | HVIP_VSTIP);
	v->spp = vcpu_riscv64_hw_get_spp();
	if (v->sstc) {
		READ(vstimecmp, v->vtimecmp);
		WRITE(vstimecmp, UINT64_MAX);
	}
	if (AX_UNLIKELY(atomic_load_explicit(&has_vsiselect, memory_order_relaxed))) {
		WRITE(0x250, 0); /* vsiselect */
	}
	WRITE(vsie, 0); /* nothing of this guest ends the host's WFI */
	/* No walk of one guest's tables under another's root, also none by speculation (8.2.10). */
	WRITE(vsatp, 0);
	WRITE(hgatp, 0);
}

void vcpu_riscv64_hw_load_csrs(const uint64_t *csr)
{
#define X(name) WRITE(name, csr[CSR_##name]);
	VCPU_RISCV64_CSRS(X)
#undef X
}

void vcpu_riscv64_hw_save_csrs(uint64_t *csr)
{
#define X(name) READ(name, csr[CSR_##name]);
	VCPU_RISCV64_CSRS(X)
#undef X
}

uint64_t vcpu_riscv64_hw_get_csr(enum vcpu_csr n)
{
	uint64_t val = 0;

	switch (n) {
#define X(name)                  \
	case CSR_##name:         \
		READ(name, val); \
		break;
		VCPU_RISCV64_CSRS(X)
#undef X
	case CSR_COUNT:
	default:
		break;
	}
	return val;
}

void vcpu_riscv64_hw_set_csr(enum vcpu_csr n, uint64_t val)
{
	switch (n) {
#define X(name)                   \
	case CSR_##name:          \
		WRITE(name, val); \
		break;
		VCPU_RISCV64_CSRS(X)
#undef X
	case CSR_COUNT:
	default:
		break;
	}
}

bool vcpu_riscv64_hw_get_spp(void)
{
	uint64_t sstatus;

	READ(sstatus, sstatus);
	return (sstatus & SSTATUS_SPP) != 0;
}

void vcpu_riscv64_hw_set_spp(bool spp)
{
	if (spp) {
		SET(sstatus, SSTATUS_SPP);
		SET(hstatus, HSTATUS_SPVP);
	} else {
		CLEAR(sstatus, SSTATUS_SPP);
		CLEAR(hstatus, HSTATUS_SPVP);
	}
}

/* --- Timer and interrupts */

uint64_t vcpu_riscv64_hw_time(void)
{
	uint64_t val;

	READ(time, val);
	return val;
}

void vcpu_riscv64_hw_set_vssip(bool pending)
{
	if (pending) {
		SET(hvip, HVIP_VSSIP);
	} else {
		CLEAR(hvip, HVIP_VSSIP);
	}
}

void vcpu_riscv64_hw_set_vstip(bool pending)
{
	if (pending) {
		SET(hvip, HVIP_VSTIP);
	} else {
		CLEAR(hvip, HVIP_VSTIP);
	}
}

/* From hip, whose bits are those of vsip one place up: QEMU before 8 shows nothing but SSIP in vsip. */
uint64_t vcpu_riscv64_hw_vsip(void)
{
	uint64_t val;

	READ(hip, val);
	return val >> 1 & SIP_MASK;
}

uint64_t vcpu_riscv64_hw_get_vstimecmp(void)
{
	uint64_t val;

	READ(vstimecmp, val);
	return val;
}

void vcpu_riscv64_hw_set_vstimecmp(uint64_t val)
{
	WRITE(vstimecmp, val);
}

/* --- FP and vector state */

static void set_fs_vs(uint64_t fs, uint64_t vs)
{
	/* On before off: a field that is to stay on is not off in between, which is all the same. */
	CLEAR(sstatus, SSTATUS_FS | SSTATUS_VS);
	SET(sstatus, AX_FIELD_PREP(SSTATUS_FS, fs) | AX_FIELD_PREP(SSTATUS_VS, vs));
}

void vcpu_riscv64_hw_fp_save(struct vcpu_riscv64 *v)
{
	uint64_t sstatus;

	READ(sstatus, sstatus);
	if (AX_FIELD_GET(SSTATUS_FS, sstatus) == SSTATUS_XS_DIRTY) {
		vcpu_riscv64_hw_f_save(&v->fp);
	}
	if (AX_FIELD_GET(SSTATUS_VS, sstatus) == SSTATUS_XS_DIRTY) {
		vcpu_riscv64_hw_v_save(&v->vector);
	}
}

void vcpu_riscv64_hw_fp_load(const struct vcpu_riscv64 *v, bool regs)
{
	uint64_t fs = vcpu_has(v, VCPU_RISCV64_EXT(F)) ? SSTATUS_XS_CLEAN : SSTATUS_XS_OFF;
	uint64_t vs = vcpu_has(v, VCPU_RISCV64_EXT(V)) ? SSTATUS_XS_CLEAN : SSTATUS_XS_OFF;

	set_fs_vs(fs, vs);
	if (!regs) {
		return;
	}
	if (fs != SSTATUS_XS_OFF) {
		vcpu_riscv64_hw_f_load(&v->fp);
	}
	if (vs != SSTATUS_XS_OFF) {
		vcpu_riscv64_hw_v_load(&v->vector);
	}
	set_fs_vs(fs, vs);
}

void vcpu_riscv64_hw_fp_off(void)
{
	set_fs_vs(SSTATUS_XS_OFF, SSTATUS_XS_OFF);
}

uint64_t vcpu_riscv64_hw_fp_get(unsigned n)
{
	return vcpu_riscv64_hw_f_get(n);
}

void vcpu_riscv64_hw_fp_set(unsigned n, uint64_t val)
{
	vcpu_riscv64_hw_f_set(n, val); /* makes FS Dirty */
}

/* --- Fences */

#define FENCE_PAGES_MAX 64 /* more single ones cost more than what one of everything loses */

static void fence_vvma(const struct vcpu_riscv64_remote *f, bool asid)
{
	uint64_t first = ax_align_down(f->start, AX_PAGE_SIZE);
	uint64_t bytes = f->start - first + f->size;
	bool all = f->size == 0 || f->size > FENCE_PAGES_MAX * AX_PAGE_SIZE;

	if (all && asid) {
		HYP("hfence.vvma zero, %1", 0, f->asid);
	} else if (all) {
		HYP("hfence.vvma zero, zero", 0, 0);
	}
	for (uint64_t off = 0; !all && off < bytes; off += AX_PAGE_SIZE) {
		if (asid) {
			HYP("hfence.vvma %0, %1", first + off, f->asid);
		} else {
			HYP("hfence.vvma %0, zero", first + off, 0);
		}
	}
}

void vcpu_riscv64_hw_fence(const struct vcpu_riscv64_remote *fence)
{
	switch (fence->kind) {
	case VCPU_RISCV64_FENCE_I:
		__asm__ volatile("fence.i" : : : "memory");
		break;
	case VCPU_RISCV64_FENCE_VVMA:
		fence_vvma(fence, false);
		break;
	case VCPU_RISCV64_FENCE_VVMA_ASID:
	default:
		fence_vvma(fence, true);
		break;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The state behind the back end's @arch, and what its files ask of each other. */
#pragma once
#include <axport/assert.h>
#include <vcpu_aarch64/vcpu.h>
#include "arch/aarch64/insn.h"
#include "arch/aarch64/regs.h"

/*
 * EL1 and EL0 registers that load() and put() switch, all accessible by their names in any Armv8.0.
 * TCR_EL1 comes last: until it is written no walk of the guest's tables can start.
 */
#define VCPU_AARCH64_SYS(X) \
	X(SCTLR_EL1)        \
	X(CPACR_EL1)        \
	X(TTBR0_EL1)        \
	X(TTBR1_EL1)        \
	X(MAIR_EL1)         \
	X(AMAIR_EL1)        \
	X(VBAR_EL1)         \
	X(CONTEXTIDR_EL1)   \
	X(TPIDR_EL0)        \
	X(TPIDRRO_EL0)      \
	X(TPIDR_EL1)        \
	X(SP_EL0)           \
	X(SP_EL1)           \
	X(ELR_EL1)          \
	X(SPSR_EL1)         \
	X(ESR_EL1)          \
	X(FAR_EL1)          \
	X(AFSR0_EL1)        \
	X(AFSR1_EL1)        \
	X(CSSELR_EL1)       \
	X(PAR_EL1)          \
	X(CNTKCTL_EL1)      \
	X(MDSCR_EL1)        \
	X(TCR_EL1)

/* Pointer authentication keys, by encoding: the assembler's base architecture lacks the names. */
#define VCPU_AARCH64_KEYS(X)           \
	X(APIAKEYLO_EL1, S3_0_C2_C1_0) \
	X(APIAKEYHI_EL1, S3_0_C2_C1_1) \
	X(APIBKEYLO_EL1, S3_0_C2_C1_2) \
	X(APIBKEYHI_EL1, S3_0_C2_C1_3) \
	X(APDAKEYLO_EL1, S3_0_C2_C2_0) \
	X(APDAKEYHI_EL1, S3_0_C2_C2_1) \
	X(APDBKEYLO_EL1, S3_0_C2_C2_2) \
	X(APDBKEYHI_EL1, S3_0_C2_C2_3) \
	X(APGAKEYLO_EL1, S3_0_C2_C3_0) \
	X(APGAKEYHI_EL1, S3_0_C2_C3_1)

/* Breakpoints and watchpoints a guest has: the least there can be, so every processor has as many. */
#define VCPU_DBG_COUNT 2

/* In the order of op2 in DBGBVRn_EL1, DBGBCRn_EL1, DBGWVRn_EL1, DBGWCRn_EL1. */
enum vcpu_dbg_kind { DBG_BVR, DBG_BCR, DBG_WVR, DBG_WCR, DBG_KIND_COUNT };

enum vcpu_sys {
#define X(name) SYS_##name,
	VCPU_AARCH64_SYS(X)
#undef X
#define X(name, code) SYS_##name,
		VCPU_AARCH64_KEYS(X)
#undef X
			SYS_COUNT
};

struct vcpu_fp {
	uint64_t q[32][2]; /* low word first */
	uint64_t fpsr;
	uint64_t fpcr;
} AX_ALIGNED(16);

/* The guest's virtual timer; live in hardware while resident. */
struct vcpu_vtimer {
	uint64_t ctl;
	uint64_t cval;
};

/* The guest's physical timer; never in hardware. */
struct vcpu_ptimer {
	uint64_t cval;
	uint8_t ctl; /* ENABLE and IMASK */
	bool line;   /* level last told */
};

/* What complete() has to finish. The PC stays at the instruction until then. */
enum vcpu_pending {
	PEND_NONE,
	PEND_MMIO,    /* the access that fault_esr describes */
	PEND_ELEMENT, /* one element of struct vcpu_seq */
	PEND_NEXT,    /* run() returns the next element without entering */
	PEND_SYSREG,
	PEND_HYPERCALL,
	PEND_CPU_UP,
	PEND_CPU_QUERY,
	PEND_ABORT, /* decode() or fault(), or the guest repeats it */
};

/* A decoded access of several elements on its way; nothing of it is in guest registers yet. */
struct vcpu_seq {
	struct insn_access a;
	uint64_t ipa; /* of element 0 */
	uint64_t val[4];
	uint8_t next; /* element to do next */
};

struct vcpu_aarch64 {
	/* switch.S knows these three. */
	uint64_t x[31];
	uint64_t pc;
	uint64_t pstate;
	/* Exit path. */
	uint8_t pending; /* enum vcpu_pending */
	bool resident;
	bool fp_live;
	uint8_t sysreg_rt;
	bool sysreg_write;
	uint32_t fault_esr; /* of the last abort */
	uint64_t fault_far;
	uint64_t fault_ipa;
	struct vcpu_ptimer ptimer;
	struct axvcpu_cfg cfg;
	struct vcpu_aarch64_cfg arch;
	/* load() and put(). */
	uint64_t hcr;
	uint64_t vttbr;
	uint64_t vtcr;
	uint64_t midr;
	struct vcpu_vtimer vtimer;
	struct vcpu_seq seq;
	bool pauth; /* this machine has pointer authentication keys */
	bool oslk;  /* OS lock */
	uint64_t sys[SYS_COUNT];
	/* Always as the guest wrote them; in hardware too while MDSCR_EL1.MDE is set and resident. */
	uint64_t dbg[VCPU_DBG_COUNT][DBG_KIND_COUNT];
	uint64_t id[8][8]; /* 3, 0, 0, crm, op2 as the guest reads them */
	struct vcpu_fp fp;
};
AX_STATIC_ASSERT(offsetof(struct vcpu_aarch64, pc) == 248);
AX_STATIC_ASSERT(offsetof(struct vcpu_aarch64, pstate) == 256);
AX_STATIC_ASSERT(offsetof(struct vcpu_fp, fpsr) == 512);

static inline uint64_t vcpu_reg(const struct vcpu_aarch64 *v, unsigned n)
{
	return n == 31 ? 0 : v->x[n];
}

static inline void vcpu_set_reg(struct vcpu_aarch64 *v, unsigned n, uint64_t val)
{
	if (n != 31) {
		v->x[n] = val;
	}
}

/* Past the instruction at the PC: as if it had executed, also for software step and BTI. */
static inline void vcpu_skip(struct vcpu_aarch64 *v)
{
	v->pc += 4;
	v->pstate &= ~(PSTATE_BTYPE | PSTATE_SS);
}

/* The access of fault_esr is done; @val has no bit above its size. */
static inline void vcpu_finish_mmio(struct vcpu_aarch64 *v, uint64_t val)
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

static inline uint64_t vcpu_dbg_mask(unsigned kind)
{
	switch (kind) {
	case DBG_BCR:
		return DBGBCR_GUEST;
	case DBG_WCR:
		return DBGWCR_GUEST;
	default:
		return ~UINT64_C(0);
	}
}

/* The EL1 registers into v->sys and back, when they are live; free otherwise. Cold paths only. */
void vcpu_aarch64_pull(struct vcpu_aarch64 *v);
void vcpu_aarch64_push(const struct vcpu_aarch64 *v);
/* Breakpoints into hardware, if v->sys says that they are on and they are live. */
void vcpu_aarch64_push_dbg(const struct vcpu_aarch64 *v);

/*
 * exit.c. True: @exit is for the caller of run(); false: enter again. The first two are called from
 * switch.S at a trap. ESR_EL2 has more than 32 bits only with features that are hidden (ISS2).
 */
bool vcpu_aarch64_sync(struct vcpu_aarch64 *v, struct axvcpu_exit *exit, uint64_t esr, uint64_t far,
		       uint64_t hpfar);
bool vcpu_aarch64_async(struct vcpu_aarch64 *v, struct axvcpu_exit *exit, bool serror);
void vcpu_aarch64_element(struct vcpu_aarch64 *v, struct axvcpu_exit *exit);
bool vcpu_aarch64_decode(struct vcpu_aarch64 *v, struct axvcpu_exit *exit);
/* What is pending then: the next element, or nothing. */
enum vcpu_pending vcpu_aarch64_element_done(struct vcpu_aarch64 *v, uint64_t val);

/* smccc.c. Called with the PC behind the HVC or SMC; on true with something to finish it is at it again. */
bool vcpu_aarch64_smccc(struct vcpu_aarch64 *v, struct axvcpu_exit *exit);
void vcpu_aarch64_smccc_done(struct vcpu_aarch64 *v, uint64_t val);

/* sysreg.c. The register's own policy; as vcpu_aarch64_sync(). */
bool vcpu_aarch64_sysreg(struct vcpu_aarch64 *v, struct axvcpu_exit *exit, uint32_t esr);

/* idregs.c */
void vcpu_aarch64_id_init(struct vcpu_aarch64 *v);
void vcpu_aarch64_id_set_ipa_bits(struct vcpu_aarch64 *v, unsigned bits);

/* inject.c. The guest takes the exception at its current PC. */
void vcpu_aarch64_inject_undef(struct vcpu_aarch64 *v);
void vcpu_aarch64_inject_abort(struct vcpu_aarch64 *v); /* for the last abort, fault_* */
void vcpu_aarch64_inject_same(struct vcpu_aarch64 *v, uint64_t esr, uint64_t far);
void vcpu_aarch64_inject_serror(struct vcpu_aarch64 *v);

/* walk.c. Level of the stage 1 walk for @va that went to the page of @stopped_at. */
unsigned vcpu_aarch64_walk_level(struct vcpu_aarch64 *v, uint64_t va, uint64_t stopped_at);

/* timer.c. update() returns true if the deadline or the line changed. */
bool vcpu_aarch64_ptimer_update(struct vcpu_aarch64 *v);
uint64_t vcpu_aarch64_ptimer_read(const struct vcpu_aarch64 *v, uint32_t reg);
bool vcpu_aarch64_ptimer_write(struct vcpu_aarch64 *v, uint32_t reg, uint64_t val);
uint64_t vcpu_aarch64_deadline_ns(const struct vcpu_aarch64 *v);

/* blob.c */
ax_err_t vcpu_aarch64_save(const struct vcpu_aarch64 *v, void *buf, size_t cap, size_t *len);
ax_err_t vcpu_aarch64_load_state(struct vcpu_aarch64 *v, const void *buf, size_t len);
void vcpu_aarch64_dump(const struct vcpu_aarch64 *v);

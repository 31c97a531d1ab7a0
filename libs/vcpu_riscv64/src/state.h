/* SPDX-License-Identifier: Apache-2.0 */
/* The state behind the back end's @arch, and what its files ask of each other. */
#pragma once
#include <axport/assert.h>
#include <stdatomic.h>
#include <vcpu_riscv64/vcpu.h>
#include "arch/riscv64/insn.h"
#include "arch/riscv64/regs.h"

/* CSRs of the guest that load() and put() switch. vsatp comes last: translation is complete then. */
#define VCPU_RISCV64_CSRS(X) \
	X(vsstatus)          \
	X(vsie)              \
	X(vstvec)            \
	X(vsscratch)         \
	X(vsepc)             \
	X(vscause)           \
	X(vstval)            \
	X(scounteren)        \
	X(senvcfg)           \
	X(vsatp)

enum vcpu_csr {
#define X(name) CSR_##name,
	VCPU_RISCV64_CSRS(X)
#undef X
		CSR_COUNT
};

#define VCPU_RISCV64_VLENB_MAX 128 /* bytes of a vector register there is room for */

struct vcpu_fp {
	uint64_t f[32];
	uint64_t fcsr;
};

struct vcpu_vector {
	uint64_t vstart;
	uint64_t vcsr;
	uint64_t vl;
	uint64_t vtype;
	uint8_t v[32 * VCPU_RISCV64_VLENB_MAX] AX_ALIGNED(16); /* registers follow one another */
};

/* What complete() has to finish. The PC stays at the instruction until then. */
enum vcpu_pending {
	PEND_NONE,
	PEND_MMIO, /* the access in v->access */
	PEND_HYPERCALL,
	PEND_CPU_UP,
	PEND_CPU_QUERY,
	PEND_FAULT,   /* decode() or fault(), or the guest repeats it */
	PEND_SUSPEND, /* SBI HSM: the vCPU sleeps until an interrupt is pending */
};

/* HSM states that this library keeps; the others are struct axvcpu's power. */
enum vcpu_hsm { HSM_RUNNING, HSM_SUSPENDED };

struct vcpu_riscv64 {
	/* switch.S knows these four. */
	uint64_t x[32]; /* x[0] stays 0 */
	uint64_t pc;
	uint64_t host_sp;         /* of the run call, while inside it */
	struct axvcpu_exit *exit; /* its argument */
	/* Exit path. */
	uint8_t pending; /* enum vcpu_pending */
	bool resident;
	bool waiting; /* left with AXVCPU_EXIT_IDLE and has not run since: its timer wants a deadline */
	bool sstc; /* vstimecmp is the guest's; else vtimecmp below is emulated through hvip.VSTIP */
	bool vstip; /* hvip.VSTIP as last set; without Sstc */
	struct insn_access access;
	uint32_t fast_op;     /* fast.c: the access on its way */
	uint32_t fault_cause; /* of the last guest page fault: scause */
	uint64_t fault_gva;
	uint64_t fault_gpa;
	uint64_t fault_htinst;
	bool fault_walk;      /* it was an access of VS-stage translation */
	_Atomic uint32_t ipi; /* VSSIP to be set before the next entry; any CPU */
	_Atomic uint32_t hsm; /* enum vcpu_hsm; any CPU reads */
	struct axvcpu_cfg cfg;
	struct vcpu_riscv64_cfg arch;
	/* load() and put(). */
	uint64_t hgatp;
	uint64_t henvcfg;
	uint64_t vtimecmp; /* guest time; live in vstimecmp while resident, with Sstc */
	uint32_t vlenb;    /* bytes of a vector register; 0: the guest has none */
	bool spp; /* the guest was in VS-mode; live in sstatus.SPP and hstatus.SPVP while resident */
	bool vssip;             /* hvip.VSSIP; live there while resident */
	uint64_t suspend_entry; /* non-retentive: where the vCPU goes on; else UINT64_MAX */
	uint64_t suspend_arg;
	uint64_t csr[CSR_COUNT];
	uint32_t
		fp_cpu; /* pCPU + 1 whose FP and vector registers hold what is saved here; 0: none */
	struct vcpu_fp fp;
	struct vcpu_vector vector;
};
AX_STATIC_ASSERT(offsetof(struct vcpu_riscv64, x) == 0);
AX_STATIC_ASSERT(offsetof(struct vcpu_riscv64, pc) == 256);
AX_STATIC_ASSERT(offsetof(struct vcpu_riscv64, host_sp) == 264);
AX_STATIC_ASSERT(offsetof(struct vcpu_riscv64, exit) == 272);
AX_STATIC_ASSERT(offsetof(struct vcpu_fp, fcsr) == 256);

static inline bool vcpu_has(const struct vcpu_riscv64 *v, uint64_t ext)
{
	return (v->arch.exts & ext) != 0;
}

static inline void vcpu_set_reg(struct vcpu_riscv64 *v, unsigned n, uint64_t val)
{
	if (n != 0) {
		v->x[n] = val;
	}
}

/*
 * Called from switch.S at a trap that is not an ECALL. The first (fast.c) finds the guest's s0-s11 and gp in the
 * processor still, not in v->x, and settles what does not need them; the second (exit.c) is called with all of
 * them saved, if the first says so, and then: true: v->exit is for the caller of run(); false: enter again.
 */
enum vcpu_next {
	NEXT_ENTER,
	NEXT_LEAVE,
	NEXT_FULL, /* nothing is done yet: vcpu_riscv64_trap() */
};
enum vcpu_next vcpu_riscv64_trap_fast(struct vcpu_riscv64 *v, uint64_t stval, uint64_t htval,
				      uint64_t htinst, uint64_t scause);
/* fast.c, of a load or store guest-page fault: the same, with all registers in v->x. */
enum vcpu_next vcpu_riscv64_access_fast(struct vcpu_riscv64 *v, uint64_t stval, uint64_t htval,
					uint64_t htinst, uint64_t scause);
bool vcpu_riscv64_trap(struct vcpu_riscv64 *v, uint64_t stval, uint64_t htval, uint64_t htinst,
		       uint64_t scause);
/* After AXVCPU_EXIT_PAGE_FAULT: see struct axvcpu_ops. */
bool vcpu_riscv64_decode(struct vcpu_riscv64 *v, struct axvcpu_exit *exit);

/*
 * sbi.c. An ECALL from VS-mode, the PC still at it. Returns as vcpu_riscv64_trap(); whoever answers moves
 * the PC on by 4. Called from switch.S, with
 * s0-s11 and gp not in v->x, as vcpu_riscv64_trap_fast() is. _done(): complete() of what it left pending (HYPERCALL, CPU_UP, CPU_QUERY).
 * _resume(): run() of a suspended vCPU; true: still suspended, @exit says so.
 */
bool vcpu_riscv64_sbi(struct vcpu_riscv64 *v, struct axvcpu_exit *exit);
void vcpu_riscv64_sbi_done(struct vcpu_riscv64 *v, uint64_t val);
bool vcpu_riscv64_sbi_resume(struct vcpu_riscv64 *v, struct axvcpu_exit *exit);

/* csr.c. A virtual-instruction trap; stval is the instruction, or 0. Returns as vcpu_riscv64_trap(). */
bool vcpu_riscv64_virtual_insn(struct vcpu_riscv64 *v, struct axvcpu_exit *exit, uint64_t stval);

/* Leave with v->access at v->fault_gpa, for complete() to finish. True. */
bool vcpu_riscv64_mmio_exit(struct vcpu_riscv64 *v, struct axvcpu_exit *exit);
/* The access of v->access is done: @val, without a bit above its size, into its register; the PC on. */
void vcpu_riscv64_mmio_done(struct vcpu_riscv64 *v, uint64_t val);

/* inject.c. The guest takes the trap in VS-mode, at its current PC (vsepc = pc). */
void vcpu_riscv64_inject(struct vcpu_riscv64 *v, uint64_t cause, uint64_t tval);
/* An access fault for the last guest-page fault: to the guest, the G-stage is the bus. */
void vcpu_riscv64_inject_access(struct vcpu_riscv64 *v);

/* timer.c */
void vcpu_riscv64_set_timer(struct vcpu_riscv64 *v, uint64_t guest_time);
void vcpu_riscv64_tick(struct vcpu_riscv64 *v);
uint64_t vcpu_riscv64_deadline_ns(const struct vcpu_riscv64 *v);
/* An interrupt is pending and enabled in vsie, whatever vsstatus.SIE says: a wait is over. Resident. */
bool vcpu_riscv64_wakes(struct vcpu_riscv64 *v);
/* Take v->ipi into hvip.VSSIP. Resident. */
void vcpu_riscv64_take_ipi(struct vcpu_riscv64 *v);

/* vcpu.c. Reset as the architecture and SBI HSM want it: a0 = hart id, a1 = @arg, VS-mode, vsatp = 0. */
void vcpu_riscv64_start_at(struct vcpu_riscv64 *v, uint64_t entry, uint64_t arg);

/* One CSR, one privilege mode, wherever they are just now. */
uint64_t vcpu_riscv64_get_csr(const struct vcpu_riscv64 *v, enum vcpu_csr n);
void vcpu_riscv64_set_csr(struct vcpu_riscv64 *v, enum vcpu_csr n, uint64_t val);
bool vcpu_riscv64_get_spp(const struct vcpu_riscv64 *v);
void vcpu_riscv64_set_spp(struct vcpu_riscv64 *v, bool spp);

/* blob.c */
ax_err_t vcpu_riscv64_save(const struct vcpu_riscv64 *v, void *buf, size_t cap, size_t *len);
ax_err_t vcpu_riscv64_load_state(struct vcpu_riscv64 *v, const void *buf, size_t len);
void vcpu_riscv64_dump(const struct vcpu_riscv64 *v);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stand-in for the processor that builds other than bare-metal AArch64 get: run() does not enter a
 * guest but takes the next exit of a script. One script per program; not for several threads. Each pCPU
 * (ax_port_cpu_id()) has registers of its own.
 */
#pragma once
#include <axbase/types.h>

enum vcpu_aarch64_fake_kind {
	VCPU_AARCH64_FAKE_SYNC,
	VCPU_AARCH64_FAKE_IRQ,
	VCPU_AARCH64_FAKE_FIQ,
	VCPU_AARCH64_FAKE_SERROR,
};

/** What the hardware would have left behind. esr, far and hpfar are raw register values. */
struct vcpu_aarch64_fake_exit {
	enum vcpu_aarch64_fake_kind kind;
	uint64_t esr;
	uint64_t far;
	uint64_t hpfar;
};

#define VCPU_AARCH64_FAKE_QUEUE 64

/**
 * Append to the script; false if it is full. With an empty script an entry ends in an IRQ. The PC is
 * where the guest's registers say; an HVC (by EC) moves it on by 4, as the hardware does.
 */
bool vcpu_aarch64_fake_push_exit(const struct vcpu_aarch64_fake_exit *exit);
/** Exits of the script that are left. */
uint32_t vcpu_aarch64_fake_pending(void);
/** Guest entries since the last vcpu_aarch64_fake_reset(). */
uint32_t vcpu_aarch64_fake_entries(void);
/**
 * A guest in place of the script: called at each entry that finds the script empty, on the pCPU of the
 * resident @arch, to fill @exit, which stands at an IRQ. It may use all of this header and set
 * registers. NULL: none, as after vcpu_aarch64_fake_reset().
 */
void vcpu_aarch64_fake_set_guest(void (*guest)(void *ctx, void *arch,
					       struct vcpu_aarch64_fake_exit *exit),
				 void *ctx);
/** Empty script, default ID registers, stage 1 off (identity), all live registers scrambled. */
void vcpu_aarch64_fake_reset(void);

/** Stage 1 as AT and PAR_EL1 would tell: IPA = VA + @offset, or (@ok false) a fault. */
void vcpu_aarch64_fake_stage1(bool ok, uint64_t offset);
/** What EL1 may read is not EL0's to read. */
void vcpu_aarch64_fake_stage1_hide_from_el0(void);
/** What the processor's ID register 3, 0, 0, @crm, @op2 reads (0 to 7 each). Before init(). */
void vcpu_aarch64_fake_set_id(uint32_t crm, uint32_t op2, uint64_t val);

/** Registers that a test may look at or set while the vCPU is resident. */
enum vcpu_aarch64_fake_reg {
	VCPU_AARCH64_FAKE_HCR_EL2,
	VCPU_AARCH64_FAKE_CPTR_EL2,
	VCPU_AARCH64_FAKE_VTTBR_EL2,
	VCPU_AARCH64_FAKE_VTCR_EL2,
	VCPU_AARCH64_FAKE_VMPIDR_EL2,
	VCPU_AARCH64_FAKE_CNTVOFF_EL2,
	VCPU_AARCH64_FAKE_CNTV_CTL_EL0,
	VCPU_AARCH64_FAKE_CNTV_CVAL_EL0,
	VCPU_AARCH64_FAKE_SCTLR_EL1,
	VCPU_AARCH64_FAKE_VBAR_EL1,
	VCPU_AARCH64_FAKE_SP_EL0,
	VCPU_AARCH64_FAKE_SP_EL1,
	VCPU_AARCH64_FAKE_ELR_EL1,
	VCPU_AARCH64_FAKE_SPSR_EL1,
	VCPU_AARCH64_FAKE_ESR_EL1,
	VCPU_AARCH64_FAKE_FAR_EL1,
	VCPU_AARCH64_FAKE_MDSCR_EL1,
	VCPU_AARCH64_FAKE_TCR_EL1,
	VCPU_AARCH64_FAKE_TTBR0_EL1,
	VCPU_AARCH64_FAKE_TTBR1_EL1,
	VCPU_AARCH64_FAKE_DBGBCR0_EL1,
	VCPU_AARCH64_FAKE_DBGWVR1_EL1,
	VCPU_AARCH64_FAKE_LOCAL_FLUSHES, /* counts */
	VCPU_AARCH64_FAKE_REG_COUNT,
};
uint64_t vcpu_aarch64_fake_get(enum vcpu_aarch64_fake_reg reg);
void vcpu_aarch64_fake_set(enum vcpu_aarch64_fake_reg reg, uint64_t val);
/** Live FP registers: Q@n (0 to 31) as two words. */
void vcpu_aarch64_fake_set_q(uint32_t n, uint64_t lo, uint64_t hi);
void vcpu_aarch64_fake_get_q(uint32_t n, uint64_t *lo, uint64_t *hi);
/** PSTATE the guest was in at the last exit. */
uint64_t vcpu_aarch64_fake_get_pstate(const void *arch);
void vcpu_aarch64_fake_set_pstate(void *arch, uint64_t pstate);

/** Ticks of the fake counter are 16 ns of ax_port_now_ns(): 62.5 MHz. */
#define VCPU_AARCH64_FAKE_CNTFRQ UINT64_C(62500000)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An AArch64 guest at EL1 and EL0 under EL2 without VHE (HCR_EL2.E2H = 0). The back end answers by
 * itself: PSCI 1.1 and SMCCC 1.1 (HVC and SMC), ID, debug and PMU registers, the physical timer,
 * lazy FP/SIMD. Everything else leaves as a struct axvcpu_exit.
 *
 * The host: IRQ, FIQ and SError stay masked at EL2, and between axvcpu load() and put() no code of the
 * host may touch FP/SIMD registers, nor the EL1 system registers, CNTV_*, CNTVOFF_EL2, CNTHCTL_EL2,
 * HCR_EL2, VTTBR_EL2, CPTR_EL2 and MDCR_EL2. (TLB maintenance may borrow VTTBR_EL2 and give it back.)
 */
#pragma once
#include <axvcpu/ops.h>

/** struct axvcpu_cfg's @arch. */
struct vcpu_aarch64_cfg {
	/**
	 * What MPIDR_EL1 reads. Affinity must follow the vCPU id: Aff0 = id & 15, Aff1 = id >> 4, the
	 * rest 0 (VCPU_AARCH64_MPIDR() makes it); PSCI finds vCPUs by that rule. Bit 31 is set anyway.
	 */
	uint64_t mpidr;
	bool gicv3; /* ICC_* registers exist for the guest; trapped ones leave as SYSREG */
	uint32_t vtimer_intid; /* interrupt of CNTV (PPI 27 by custom) */
	uint32_t ptimer_intid; /* interrupt of CNTP, which is emulated (PPI 30) */
	uint64_t cntvoff;      /* CNTVOFF_EL2: CNTVCT = CNTPCT - cntvoff. One value per VM */
};

#define VCPU_AARCH64_MPIDR(id) ((uint64_t)((id)&15) | ((uint64_t)((id) >> 4) << 8))

/** More vCPUs than a VM of this kind can have: 16 in a cluster, 256 clusters. */
#define VCPU_AARCH64_MAX_VCPUS UINT32_C(4096)

extern const struct axvcpu_ops vcpu_aarch64_ops;

/**
 * Once on each pCPU, at EL2 with the MMU on, before the first load() there: VBAR_EL2 points to this
 * library's vectors from here on, and what a guest may reach without a trap is set. Exceptions from
 * EL2 itself are handed to ax_port_aarch64_fault.
 */
void vcpu_aarch64_cpu_init(void);

/**
 * Asked of the host, in assembly: where any exception taken from EL2 to EL2 goes. No register has been
 * changed since the exception, the stack pointer included.
 */
void ax_port_aarch64_fault(void);

/** Number of a system register in AXVCPU_EXIT_SYSREG: the fields of an MSR/MRS instruction. */
#define VCPU_AARCH64_SYSREG(op0, op1, crn, crm, op2)                            \
	((uint32_t)(op0) << 14 | (uint32_t)(op1) << 11 | (uint32_t)(crn) << 7 | \
	 (uint32_t)(crm) << 3 | (uint32_t)(op2))

/**
 * Calls that leave as AXVCPU_EXIT_HYPERCALL: SMCCC fast calls of the vendor-specific hypervisor
 * service (owner 6, both widths) with function numbers below 0xff00, by HVC #0 or SMC #0. nr is the
 * function identifier (W0), args are X1 to X6, cut to 32 bits for an SMC32 call.
 */
#define VCPU_AARCH64_HVC_FIRST32 UINT32_C(0x86000000)
#define VCPU_AARCH64_HVC_FIRST64 UINT32_C(0xc6000000)

/**
 * A general register as the guest sees it: X0 to X30 for 0 to 30, the PC for VCPU_AARCH64_PC. Not
 * while the vCPU is inside run(). AX_EINVAL: no such register.
 */
#define VCPU_AARCH64_PC 31
AX_NODISCARD ax_err_t vcpu_aarch64_get_gpr(const void *arch, uint32_t n, uint64_t *val);
AX_NODISCARD ax_err_t vcpu_aarch64_set_gpr(void *arch, uint32_t n, uint64_t val);

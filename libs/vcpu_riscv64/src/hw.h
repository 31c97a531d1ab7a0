/* SPDX-License-Identifier: Apache-2.0 */
/* The privileged part: hw/riscv64 on the target, hw/fake everywhere else. */
#pragma once
#include "state.h"

/** Run the guest until vcpu_riscv64_trap(), called at each trap, returns true. */
void vcpu_riscv64_hw_run(struct vcpu_riscv64 *v, struct axvcpu_exit *exit);

/**
 * The instruction at guest-virtual @va, as the guest would fetch it (HLVX); 0, which is none, if that faults.
 * Bits above 15 of a compressed one are not its own.
 */
uint32_t vcpu_riscv64_hw_fetch(uint64_t va);

uint64_t vcpu_riscv64_hw_time(void);

/** hvip.VSSIP and hvip.VSTIP of this pCPU. */
void vcpu_riscv64_hw_set_vssip(bool pending);
void vcpu_riscv64_hw_set_vstip(bool pending);
/** The guest's sip: SIP_SSIP, SIP_STIP, SIP_SEIP. Resident. */
uint64_t vcpu_riscv64_hw_vsip(void);
/** The guest's stimecmp, with Sstc. Resident. */
uint64_t vcpu_riscv64_hw_get_vstimecmp(void);
void vcpu_riscv64_hw_set_vstimecmp(uint64_t val);

/** Privilege the guest was in: SPP and SPVP. Resident. */
bool vcpu_riscv64_hw_get_spp(void);
void vcpu_riscv64_hw_set_spp(bool spp);

void vcpu_riscv64_hw_cpu_init(void);
uint64_t vcpu_riscv64_hw_usable(uint64_t exts);
/** Bytes of a vector register; the machine has V. */
uint32_t vcpu_riscv64_hw_vlenb(void);
/**
 * hgatp, henvcfg, htimedelta, vstimecmp, hvip, SPP. @flush_local: HFENCE.VVMA of everything, FENCE.I. vsatp
 * is 0 from put() until load_csrs(), so that no walk mixes two guests.
 */
void vcpu_riscv64_hw_load(const struct vcpu_riscv64 *v, bool flush_local);
void vcpu_riscv64_hw_put(struct vcpu_riscv64 *v);
void vcpu_riscv64_hw_load_csrs(const uint64_t *csr);
void vcpu_riscv64_hw_save_csrs(uint64_t *csr);
uint64_t vcpu_riscv64_hw_get_csr(enum vcpu_csr n);
void vcpu_riscv64_hw_set_csr(enum vcpu_csr n, uint64_t val);

/** FP and vector state by sstatus.FS and .VS: registers into @v if Dirty. */
void vcpu_riscv64_hw_fp_save(struct vcpu_riscv64 *v);
/** The fields become Clean where the guest has such state, else Off; the registers from @v if @regs. */
void vcpu_riscv64_hw_fp_load(const struct vcpu_riscv64 *v, bool regs);
/** Both fields become Off. */
void vcpu_riscv64_hw_fp_off(void);
/** One FP register, for a load or store that is emulated; the second makes FS Dirty. */
uint64_t vcpu_riscv64_hw_fp_get(unsigned n);
void vcpu_riscv64_hw_fp_set(unsigned n, uint64_t val);

/** Fences of this pCPU. */
void vcpu_riscv64_hw_fence(const struct vcpu_riscv64_remote *fence);

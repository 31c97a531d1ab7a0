/* SPDX-License-Identifier: Apache-2.0 */
/* The privileged part: hw/aarch64 on the target, hw/fake everywhere else. */
#pragma once
#include "state.h"

/** What hw_enter() returns instead of ESR_EL2 (a 32-bit value, or more with FEAT_LS64's ISS2). */
#define VCPU_HW_IRQ    (~UINT64_C(0))
#define VCPU_HW_SERROR (~UINT64_C(1))

/** Run the guest until it traps. */
uint64_t vcpu_aarch64_hw_enter(struct vcpu_aarch64 *v);
void vcpu_aarch64_hw_abort_regs(uint64_t *far, uint64_t *hpfar);
/** Stage 1 translation of @va as EL1 or EL0 would read it; false if it faults. Resident. */
bool vcpu_aarch64_hw_stage1(uint64_t va, bool el0, uint64_t *ipa);

void vcpu_aarch64_hw_cpu_init(void);
/** Everything that load() and put() switch except sys[] and FP: root, HCR, ids, timer, traps. */
void vcpu_aarch64_hw_load(const struct vcpu_aarch64 *v, bool flush_local);
void vcpu_aarch64_hw_put(struct vcpu_aarch64 *v);
void vcpu_aarch64_hw_load_sys(const uint64_t *sys, bool keys);
void vcpu_aarch64_hw_save_sys(uint64_t *sys, bool keys);
/** Breakpoint and watchpoint registers. What was there is of no use to anyone any more. */
void vcpu_aarch64_hw_load_dbg(const struct vcpu_aarch64 *v);
void vcpu_aarch64_hw_write_hcr(uint64_t hcr);
/** Trap, or let through, the guest's FP/SIMD instructions. */
void vcpu_aarch64_hw_fp_trap(bool trap);
void vcpu_aarch64_hw_fp_load(const struct vcpu_fp *fp);
void vcpu_aarch64_hw_fp_save(struct vcpu_fp *fp);

uint64_t vcpu_aarch64_hw_midr(void);
uint64_t vcpu_aarch64_hw_id(uint32_t crm, uint32_t op2);
uint64_t vcpu_aarch64_hw_counter(void);
uint64_t vcpu_aarch64_hw_cntfrq(void);

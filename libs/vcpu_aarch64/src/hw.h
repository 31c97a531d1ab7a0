/* SPDX-License-Identifier: Apache-2.0 */
/* The privileged part: hw/aarch64 on the target, hw/fake everywhere else. */
#pragma once
#include "state.h"

/** Run the guest until vcpu_aarch64_sync() or vcpu_aarch64_async(), called at each trap, returns true. */
void vcpu_aarch64_hw_run(struct vcpu_aarch64 *v, struct axvcpu_exit *exit);
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

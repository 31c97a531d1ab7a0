/* SPDX-License-Identifier: Apache-2.0 */
/* What machine.c and owner.c share. */
#pragma once
#include "machine.h"

/** For struct axvm_host_ops. */
void machine_wake(void *ctx, struct axvm *vm, uint32_t task);
bool machine_take_irq(void *ctx);
/** For struct vgic_fake; the ctx is the pCPU's element of machine.vtimer_active. */
void machine_deactivate(void *ctx, uint32_t pintid);
/** For vcpu_aarch64_fake_set_guest(). */
void machine_enter(void *ctx, void *arch, struct vcpu_aarch64_fake_exit *exit);
/** An empty scheduler. */
void machine_sched_init(void);

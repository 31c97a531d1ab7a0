/* SPDX-License-Identifier: Apache-2.0 */
/* What machine.c, owner.c and the folder of an architecture share. */
#pragma once
#include "machine.h"

/** For struct axvm_host_ops. */
void machine_wake(void *ctx, struct axvm *vm, uint32_t task);
bool machine_take_irq(void *ctx);
/** A guest is entered: @e with all but its guest and vcpu. Fills the exit. */
void machine_enter(struct machine_entry *e);
/** An empty scheduler. */
void machine_sched_init(void);

/* --- <arch>/processor.c */

/** All processors as after power-on, whose guests come in by machine_enter(). */
void arch_power_on(void);
/** Choose controller @intc (below ARCH_INTCS) and whatever else is not the same everywhere. */
void arch_configure(struct axconf_vm *conf, uint32_t intc);
/** A timer that the guest on the calling pCPU programs itself interrupts the host; and does so now. */
bool arch_timer_pending(void);
void arch_take_timer(void);
/** What the exit of @e may lead to: went_down, may_off, may_reset. */
void arch_note_call(const struct machine_entry *e);
/** Of the registers that the guest has at its exit. */
void arch_note_exit(struct arch_vcpu *v, const void *arch);
/** May anybody move interrupt line @line, of any kind? Not if hardware does. */
bool arch_line_is_free(uint32_t line);
/** A state that may be saved and yet not loaded again. */
bool arch_is_stuck(const void *arch);
/** vCPU @id of @g, at an entry: what must hold of its registers. */
void arch_check_entry(struct guest *g, uint32_t id);
/** vCPU @id of @g waits: nothing may be there for it. */
void arch_check_sleeper(struct guest *g, uint32_t id);
/** No vCPU is live on pCPU @cpu: nothing of one may be left there. */
void arch_check_empty(uint32_t cpu);

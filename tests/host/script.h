/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that follow a plan: a function for each vCPU, called at each of its entries. */
#pragma once
#include "machine.h"

/** @n counts the entries of this vCPU since the function was set, from 0. Without an exit: an IRQ. */
typedef void (*script_fn)(const struct machine_entry *e, unsigned n);

/** Power on two VMs of @vcpus vCPUs on two pCPUs, and let the first one run. */
void script_on(uint32_t gic, uint32_t vcpus);
/** What vCPU @vcpu of VM @vm does from now on. */
void script_set(uint32_t vm, uint32_t vcpu, script_fn fn);
/** A few rounds of pCPU @cpu: each of its tasks has its turn. */
void script_run(uint32_t cpu);

/* Ends of an entry. */
void script_write32(const struct machine_entry *e, uint64_t addr, uint32_t val);
/** Read into X2. */
void script_read32(const struct machine_entry *e, uint64_t addr);
/** An access without a syndrome by @insn, whose address is X0. */
void script_insn(const struct machine_entry *e, uint32_t insn, uint64_t addr, bool write);
void script_fetch(const struct machine_entry *e, uint64_t addr);
void script_hvc(const struct machine_entry *e, uint32_t fid, uint64_t x1, uint64_t x2, uint64_t x3);
void script_msr(const struct machine_entry *e, uint32_t reg, uint64_t val);
void script_wfi(const struct machine_entry *e);

/**
 * The usual way to open the controller for everything; one write for each @n from 0 on. False: there
 * is no such step, and nothing was done.
 */
bool script_open_gic(const struct machine_entry *e, unsigned n);

uint64_t script_x(const struct machine_entry *e, uint32_t n);
/** A list register of this pCPU holds @intid as pending. */
bool script_has_lr(const struct machine_entry *e, uint32_t intid);

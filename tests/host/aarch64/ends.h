/* SPDX-License-Identifier: Apache-2.0 */
/* How an entry of an AArch64 guest ends. */
#pragma once
#include "script.h"

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

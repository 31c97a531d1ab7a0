/* SPDX-License-Identifier: Apache-2.0 */
/* How an entry of a RISC-V guest ends. */
#pragma once
#include "script.h"

/** Described by htinst. */
void script_write32(const struct machine_entry *e, uint64_t addr, uint32_t val);
/** Read into x12, a2. */
void script_read32(const struct machine_entry *e, uint64_t addr);
/** An access by @insn, at the guest's address GUEST_CODE, that htinst does not describe. */
void script_insn(const struct machine_entry *e, uint32_t insn, uint64_t addr, bool write);
void script_fetch(const struct machine_entry *e, uint64_t addr);
/** SBI; @a0 to @a3 are a0 to a3, and a4 is 0. */
void script_call(const struct machine_entry *e, uint64_t eid, uint64_t fid, uint64_t a0,
		 uint64_t a1, uint64_t a2, uint64_t a3);
void script_wfi(const struct machine_entry *e);

/**
 * The usual way to open the controller for everything, and sie with it; one write for each @n from 0 on.
 * False: there is no such step, and nothing was done.
 */
bool script_open_plic(const struct machine_entry *e, unsigned n);

uint64_t script_x(const struct machine_entry *e, uint32_t n);
void script_set_x(const struct machine_entry *e, uint32_t n, uint64_t val);

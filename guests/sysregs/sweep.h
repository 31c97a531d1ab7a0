/* SPDX-License-Identifier: Apache-2.0 */
/* The sweep over all encodings of system registers, against the table of those that EL1 has. */
#pragma once
#include <stdint.h>

enum sysreg_access {
	NEITHER, /* what only other states have: as if it were not in the table */
	RO,
	WO,
	RW,
	RAZ,   /* RO, and reads as zero */
	RAZWI, /* reads as zero, ignores writes */
	MAYBE, /* RAZWI, RAZ or UNDEFINED: implementations differ, the hypervisor hides it */
	OPEN,  /* any outcome */
	GICV3, /* as the interrupt controller says; UNDEFINED without GICv3's system registers */
};

/** @count registers that follow each other in op2, then CRm. */
struct sysreg_row {
	uint32_t first; /* GUEST_SYSREG() */
	uint32_t count;
	enum sysreg_access access;
	uint8_t id_crm, id_op2,
		id_shift; /* ID register 3,0,0,crm,op2 and field; id_crm 0: always */
};

extern const struct sysreg_row sysreg_rows[];
extern const uint32_t sysreg_row_count;

void sweep(void);

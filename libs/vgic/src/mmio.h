/* SPDX-License-Identifier: Apache-2.0 */
/* Register tables: what the distributor and the redistributors have in common. */
#pragma once
#include "internal.h"

/** One access being carried out. */
struct vgic_access {
	struct vgic *g;
	uint32_t vcpu; /* whose private interrupts and frame */
	uint32_t off;  /* from the start of the register or register array */
	uint8_t size;
	struct vgic_fx fx;
};

/** A plain register, or an array of them, 4 or 8 bytes each. */
struct vgic_reg {
	uint32_t off;
	uint32_t len;   /* bytes */
	uint32_t width; /* bytes of one register; one of 8 may also be accessed by its halves */
	/** The whole register. */
	uint64_t (*read)(const struct vgic_access *a);
	/** Replace the bits of @mask. NULL: writes are ignored. */
	void (*write)(struct vgic_access *a, uint64_t val, uint64_t mask);
};

/** A register array with a field for each interrupt. */
struct vgic_irq_reg {
	uint32_t off; /* in the distributor's page and in the redistributor's SGI_base alike */
	uint32_t len;
	uint8_t bits; /* of a field */
	bool bytes;   /* byte accesses are allowed besides words */
	bool v2_only;
	uint32_t (*get)(const struct vgic_access *a, const struct vgic_irq *q);
	void (*set)(struct vgic_access *a, struct vgic_irq *q, uint32_t field);
};

/** Find @off among @count registers and do the access; false: there is none. Locked by the caller. */
bool vgic_plain_read(const struct vgic_reg *regs, size_t count, struct vgic_access *a,
		     uint64_t *val);
bool vgic_plain_write(const struct vgic_reg *regs, size_t count, struct vgic_access *a,
		      uint64_t val);

/** The same among the arrays, for interrupts @first to below @limit; others read as zero. */
uint64_t vgic_irq_reg_read(struct vgic_access *a, uint32_t first, uint32_t limit);
void vgic_irq_reg_write(struct vgic_access *a, uint32_t first, uint32_t limit, uint64_t val)
	AX_REQUIRES(a->g->lock);

/** Implementer 0: no quirks of anybody's are meant. */
#define VGIC_IIDR 0x56000000u
/** Peripheral and component identification, by word from PIDR2 (index 0) on and from CIDR0 on. */
#define VGIC_PIDR2_JEDEC 0x0bu
uint64_t vgic_read_cidr(const struct vgic_access *a);

/** sgi.c: @sgi from @from to the vCPUs of @targets. @group0_only: a group 1 SGI stays unsent. */
void vgic_send_sgi(struct vgic *g, uint32_t from, uint32_t targets, uint32_t sgi, bool group0_only,
		   struct vgic_fx *fx) AX_REQUIRES(g->lock);

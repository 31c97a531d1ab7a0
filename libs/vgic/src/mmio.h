/* SPDX-License-Identifier: Apache-2.0 */
/* Registers: what the distributor and the redistributors have in common. */
#pragma once
#include "internal.h"

/** A write that is being carried out. */
struct vgic_access {
	struct vgic *g;
	uint32_t vcpu; /* whose private interrupts */
	struct vgic_fx fx;
};

/** The usual access; @io->off may be anything. */
static inline bool vgic_is_word(const struct ax_io *io)
{
	return io->size == 4 && (io->off & 3) == 0;
}

/** An access to a register of 64 bits, or to a half of one. */
static inline bool vgic_is_64_or_half(const struct ax_io *io)
{
	return io->size >= 4 && ax_is_aligned(io->off, io->size);
}

/** What such an access reads of @reg. */
static inline uint64_t vgic_part(const struct ax_io *io, uint64_t reg)
{
	return io->size == 8 ? reg : (uint32_t)(reg >> 8 * (io->off & 4));
}

/**
 * The arrays with a field for each interrupt, which the distributor and SGI_base have alike. @off is
 * from the start of either frame and may be anything; @has says which interrupts the frame has, and
 * @vcpu whose the private ones are. What is not there, has a wrong size or is misaligned reads as zero
 * and ignores writes (the manuals leave it open). Take g->lock. The result is AX_IO_HANDLED.
 */
enum ax_io_result vgic_irq_reg_read(struct vgic *g, uint32_t vcpu, uint32_t has, uint32_t off,
				    const struct ax_io *io, uint64_t *val);
enum ax_io_result vgic_irq_reg_write(struct vgic *g, uint32_t vcpu, uint32_t has, uint32_t off,
				     const struct ax_io *io, uint64_t val);
#define VGIC_HAS_PRIVATE 1u
#define VGIC_HAS_SHARED  2u

/** Implementer 0: no quirks of anybody's are meant. */
#define VGIC_IIDR 0x56000000u

/** A word of those that end every frame: @off is from PIDR2 on. The result is AX_IO_HANDLED. */
enum ax_io_result vgic_read_id(const struct vgic *g, uint32_t off, uint64_t *val);
#define VGIC_ID_SIZE 0x18u

/** sgi.c: @sgi from @from to the vCPUs of @targets. @group0_only: a group 1 SGI stays unsent. */
void vgic_send_sgi(struct vgic *g, uint32_t from, uint32_t targets, uint32_t sgi, bool group0_only,
		   struct vgic_fx *fx) AX_REQUIRES(g->lock);

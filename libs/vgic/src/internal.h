/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interrupt state machine that registers and list registers share.
 *
 * Pending is the sum of: the line (level-triggered), the latch (an edge, ISPENDR, an SGI's sources)
 * and LR_PENDING, a latch that was handed to a list register and has not come back as acknowledged.
 * An interrupt is in the queue of at most one vCPU, its home; it does not change homes while it is
 * in a list register or active. What others change meanwhile, the home's next flush() makes true.
 */
#pragma once
#include <vgic/vgic.h>
#include <axbase/bitmap.h>

#define IRQ_ENABLED    0x0001u
#define IRQ_GROUP1     0x0002u
#define IRQ_EDGE       0x0004u
#define IRQ_LINE       0x0008u
#define IRQ_LATCH      0x0010u
#define IRQ_ACTIVE     0x0020u
#define IRQ_LR_PENDING 0x0040u
#define IRQ_HW         0x0080u /* linked to pintid */
#define IRQ_HW_HELD    0x0100u /* the physical interrupt is active for this one's sake */

/** What must be done after the lock is released. */
struct vgic_fx {
	uint64_t kick; /* vCPUs to call back */
	uint32_t self; /* the vCPU that is out of the guest and will flush anyway, or VGIC_NONE */
};

static inline void irq_flag(struct vgic_irq *q, uint32_t flag, bool on)
{
	q->flags = (uint16_t)(on ? q->flags | flag : q->flags & ~flag);
}

static inline bool irq_is(const struct vgic_irq *q, uint32_t flag)
{
	return (q->flags & flag) != 0;
}

static inline bool irq_is_v2_sgi(const struct vgic *g, const struct vgic_irq *q)
{
	return q->intid < GIC_SGI_COUNT && g->cfg.version == 2;
}

static inline bool irq_pending(const struct vgic_irq *q)
{
	return q->sources != 0 || irq_is(q, IRQ_LATCH | IRQ_LR_PENDING) ||
	       (irq_is(q, IRQ_LINE) && !irq_is(q, IRQ_EDGE));
}

/** The distributor forwards it if it is pending: enabled itself and by its group. */
static inline bool irq_forwarded(const struct vgic *g, const struct vgic_irq *q)
{
	return irq_is(q, IRQ_ENABLED) &&
	       (g->ctlr & (irq_is(q, IRQ_GROUP1) ? GICD_CTLR_EnableGrp1 : GICD_CTLR_EnableGrp0));
}

/** An exit was asked for that the list registers themselves need not show. NPIE's they do. */
static inline bool vgic_sync_asked(const struct vgic_vcpu *v)
{
	return (v->hcr & ~(uint32_t)(ICH_HCR_En | ICH_HCR_NPIE)) != 0;
}

/** The interrupt @intid as @vcpu sees it, or NULL if there is none. @intid may be anything. */
static inline struct vgic_irq *vgic_irq_at(const struct vgic *g, uint32_t vcpu, uint32_t intid)
{
	if (intid < GIC_SPI_BASE) {
		return &g->irqs[vcpu * GIC_SPI_BASE + intid];
	}
	return intid < g->intid_limit
		       ? &g->irqs[(g->cfg.vcpu_count - 1) * (size_t)GIC_SPI_BASE + intid]
		       : NULL;
}

#define VGIC_QUEUE_END (64u * VGIC_QUEUE_WORDS)

/** The lowest INTID from @from on in @v's queue; VGIC_QUEUE_END: none. Under the lock. */
static inline uint32_t vgic_queue_next(const struct vgic_vcpu *v, uint32_t from)
{
	uint32_t queued = atomic_load_explicit(&v->queued, memory_order_relaxed);
	uint32_t w = from / 64;
	uint64_t bits = 0;

	if ((queued >> w & 1u) != 0) {
		bits = v->queue[w] & ~UINT64_C(0) << from % 64;
	}
	if (bits == 0) {
		queued &= ~1u << w;
		if (queued == 0) {
			return VGIC_QUEUE_END;
		}
		w = ax_ctz64(queued);
		bits = v->queue[w];
	}
	return w * 64 + ax_ctz64(bits);
}

/** Which vCPU gets @q, were it pending now; VGIC_NONE if nobody. Pure. The second is in route.c. */
uint32_t vgic_route_shared(const struct vgic *g, const struct vgic_irq *q);
static inline uint32_t vgic_route(const struct vgic *g, const struct vgic_irq *q)
{
	return q->owner != VGIC_NONE ? q->owner : vgic_route_shared(g, q);
}

/** route.c: the vCPU of this affinity (MPIDR layout), or VGIC_NONE. Pure. */
uint32_t vgic_find_affinity(const struct vgic *g, uint64_t affinity);
/** Who must deal with @q as it stands; ignores list registers. Pure. */
static inline uint32_t vgic_wanted_by(const struct vgic *g, const struct vgic_irq *q)
{
	if (irq_is(q, IRQ_ACTIVE)) {
		return q->active_on;
	}
	return irq_pending(q) && irq_forwarded(g, q) ? vgic_route(g, q) : VGIC_NONE;
}

/** core.c: after any change to @q: queue it where it belongs, and have that vCPU look at it. */
void vgic_update(struct vgic *g, struct vgic_irq *q, struct vgic_fx *fx) AX_REQUIRES(g->lock);
void vgic_update_all(struct vgic *g, struct vgic_fx *fx) AX_REQUIRES(g->lock);
/** Kicks and deactivations (these in core.c) that are due. Without the lock. */
void vgic_release_spis(struct vgic *g);
static inline void vgic_finish(struct vgic *g, const struct vgic_fx *fx)
{
	if (AX_UNLIKELY(atomic_load_explicit(&g->spi_release_count, memory_order_relaxed) != 0)) {
		vgic_release_spis(g);
	}
	if (fx->kick != 0) {
		g->cfg.kick(g->cfg.kick_ctx, fx->kick);
	}
}
/** core.c: power-on values; lines and links stay. */
void vgic_reset_locked(struct vgic *g, struct vgic_fx *fx) AX_REQUIRES(g->lock);
void vgic_reset(void *intc);

/** What flush() is to put into the list registers, and the ICH_HCR that goes with it. */
struct vgic_choice {
	uint16_t intid[VGIC_MAX_LRS];
	uint32_t count;
	uint32_t hcr;
};
/** choose.c: for a queue that is longer than the list registers are many, of what @vcpu must deal with. */
void vgic_choose(struct vgic *g, uint32_t vcpu, struct vgic_choice *c) AX_REQUIRES(g->lock);

/** lrs.c: put @q of @vcpu's queue into its list register, or a free one. On @vcpu's pCPU. */
void vgic_place(struct vgic *g, uint32_t vcpu, struct vgic_irq *q, bool overflow)
	AX_REQUIRES(g->lock);
void vgic_flush_work(struct vgic *g, uint32_t vcpu);
void vgic_sync_used(struct vgic *g, uint32_t vcpu);
static inline void vgic_sync(struct vgic *g, uint32_t vcpu)
{
	const struct vgic_vcpu *v = &g->vcpus[vcpu];

	if (v->lr_used != 0 || vgic_sync_asked(v)) { /* neither, while not loaded */
		vgic_sync_used(g, vcpu);
	}
}
void vgic_load(void *intc, uint32_t vcpu);
void vgic_put(void *intc, uint32_t vcpu);

/** snapshot.c */
ax_err_t vgic_save(const void *intc, void *buf, size_t cap, size_t *len);
ax_err_t vgic_load_state(void *intc, const void *buf, size_t len);
ax_err_t vgic_save_nothing(const void *dev, void *buf, size_t cap, size_t *len);
ax_err_t vgic_load_nothing(void *dev, const void *buf, size_t len);

/* SPDX-License-Identifier: Apache-2.0 */
/* Input lines, queues, reset, and what follows a change once the lock is released. */
#include "internal.h"
#include <axport/assert.h>

/* The summary is written under the lock, and read without by vgic_pending(). */
static inline void dequeue(struct vgic_vcpu *v, uint32_t intid)
{
	uint32_t queued = atomic_load_explicit(&v->queued, memory_order_relaxed);

	ax_bitmap_clear(v->queue, intid);
	v->queue_count--;
	if (v->queue[intid / 64] == 0) {
		atomic_store_explicit(&v->queued, queued & ~(1u << intid / 64),
				      memory_order_relaxed);
	}
}

static inline void enqueue(struct vgic_vcpu *v, uint32_t intid)
{
	uint32_t queued = atomic_load_explicit(&v->queued, memory_order_relaxed);

	ax_bitmap_set(v->queue, intid);
	v->queue_count++;
	atomic_store_explicit(&v->queued, queued | 1u << intid / 64, memory_order_relaxed);
}

/* Out of the guest on this pCPU, and on its way in: it will flush(). */
static inline bool is_out_here(const struct vgic_vcpu *v)
{
	return v->loaded && !v->idle && v->cpu == ax_port_cpu_id();
}

static inline void touch(struct vgic *g, uint32_t vcpu, struct vgic_fx *fx)
{
	struct vgic_vcpu *v = &g->vcpus[vcpu];

	atomic_store_explicit(&v->work, 1, memory_order_release);
	if (vcpu != fx->self && !is_out_here(v)) {
		fx->kick |= AX_BIT64(vcpu);
	}
}

/* Nothing is left that would deactivate the physical interrupt: have it done by hand. */
static AX_COLD void release_hw(struct vgic *g, struct vgic_irq *q, struct vgic_fx *fx)
	AX_REQUIRES(g->lock)
{
	if (q->lr != VGIC_NONE || irq_is(q, IRQ_ACTIVE) || irq_pending(q)) {
		return;
	}
	irq_flag(q, IRQ_HW_HELD, false);
	if (q->owner == VGIC_NONE) {
		ax_bitmap_set(g->spi_release, q->intid);
		atomic_fetch_add_explicit(&g->spi_release_count, 1, memory_order_relaxed);
	} else if (g->vcpus[q->owner].loaded) { /* only its own pCPU can reach it */
		g->vcpus[q->owner].hw_release |= 1u << q->intid;
		touch(g, q->owner, fx);
	}
}

void vgic_update(struct vgic *g, struct vgic_irq *q, struct vgic_fx *fx)
{
	uint32_t to = q->lr != VGIC_NONE ? q->home : vgic_wanted_by(g, q);

	if (to == VGIC_NONE && irq_is(q, IRQ_HW_HELD)) {
		release_hw(g, q, fx);
	}
	if (to != q->home) {
		if (q->home != VGIC_NONE) {
			dequeue(&g->vcpus[q->home], q->intid);
		}
		if (to != VGIC_NONE) {
			enqueue(&g->vcpus[to], q->intid);
		}
		q->home = (uint8_t)to;
	}
	if (to != VGIC_NONE) {
		touch(g, to, fx);
	}
}

/*
 * What flush() would do, without its looking at everything: the vCPU is out of the guest here, its
 * registers hold all of its queue, there is room for one more, and that is all the news.
 */
static bool deliver_at_once(struct vgic *g, struct vgic_irq *q) AX_REQUIRES(g->lock)
{
	uint32_t to = vgic_wanted_by(g, q);
	struct vgic_vcpu *v;

	if (to == VGIC_NONE || q->home != VGIC_NONE) {
		return false;
	}
	v = &g->vcpus[to];
	if (!is_out_here(v) || atomic_load_explicit(&v->work, memory_order_relaxed) != 0 ||
	    v->hcr != ICH_HCR_En || v->queue_count >= g->cfg.lr_count) {
		return false;
	}
	enqueue(v, q->intid);
	q->home = (uint8_t)to;
	vgic_place(g, to, q, false);
	return true;
}

void vgic_update_all(struct vgic *g, struct vgic_fx *fx)
{
	size_t count = VGIC_IRQ_COUNT(g->cfg.vcpu_count, g->cfg.spi_count);

	for (size_t i = 0; i < count; i++) {
		vgic_update(g, &g->irqs[i], fx);
	}
}

static bool take_spi_release(struct vgic *g, uint32_t *pintid)
{
	size_t intid;

	ax_spin_lock(&g->lock);
	intid = ax_bitmap_next(g->spi_release, g->intid_limit, 0);
	if (intid < g->intid_limit) {
		ax_bitmap_clear(g->spi_release, intid);
		atomic_store_explicit(&g->spi_release_count, 1, memory_order_relaxed);
		*pintid = vgic_irq_at(g, 0, (uint32_t)intid)->pintid;
	} else {
		atomic_store_explicit(&g->spi_release_count, 0, memory_order_relaxed);
	}
	ax_spin_unlock(&g->lock);
	return intid < g->intid_limit;
}

AX_COLD void vgic_release_spis(struct vgic *g)
{
	uint32_t pintid = 0;

	while (atomic_load_explicit(&g->spi_release_count, memory_order_relaxed) != 0 &&
	       take_spi_release(g, &pintid)) {
		g->cfg.hw->set_active(g->cfg.hw_ctx, pintid, false);
	}
}

/* A physical interrupt is an event: it stays active, so it cannot come again before it is done. */
static bool set_hw_irq(struct vgic_irq *q, bool level)
{
	if (level) {
		irq_flag(q, IRQ_LATCH | IRQ_HW_HELD, true);
	}
	return level;
}

/* Returns whether the state has changed in a way that somebody must look at. */
static bool set_line(struct vgic_irq *q, bool level)
{
	if (irq_is(q, IRQ_LINE) == level) {
		return false;
	}
	irq_flag(q, IRQ_LINE, level);
	if (irq_is(q, IRQ_EDGE)) {
		irq_flag(q, IRQ_LATCH, level || irq_is(q, IRQ_LATCH));
		return level;
	}
	return true;
}

static void vgic_set_irq(void *intc, uint32_t vcpu, uint32_t intid, bool level)
{
	struct vgic *g = intc;
	struct vgic_irq *q;
	struct vgic_fx fx = { .self = VGIC_NONE };

	if (vcpu >= g->cfg.vcpu_count || intid < GIC_PPI_BASE) {
		return; /* SGIs have no line */
	}
	q = vgic_irq_at(g, vcpu, intid);
	if (q == NULL) {
		return;
	}
	ax_spin_lock(&g->lock);
	if (irq_is(q, IRQ_HW) ? set_hw_irq(q, level) : set_line(q, level)) {
		if (!level && irq_is(q, IRQ_ACTIVE)) {
			fx.self = q->home; /* at worst the guest's EOI costs an exit more */
		}
		if (!level || !deliver_at_once(g, q)) {
			vgic_update(g, q, &fx);
		}
	}
	ax_spin_unlock(&g->lock);
	vgic_finish(g, &fx);
}

/* Something in the queue could be signalled with the VMCR last seen. */
static bool deliverable(const struct vgic *g, uint32_t vcpu)
{
	const struct vgic_vcpu *v = &g->vcpus[vcpu];
	uint32_t pmr = (uint32_t)AX_FIELD_GET(ICH_VMCR_VPMR, v->state.vmcr);

	for (uint32_t i = vgic_queue_next(v, 0); i < VGIC_QUEUE_END;
	     i = vgic_queue_next(v, i + 1)) {
		const struct vgic_irq *q = vgic_irq_at(g, vcpu, i);
		uint64_t group = irq_is(q, IRQ_GROUP1) ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0;

		if (!irq_is(q, IRQ_ACTIVE) && irq_pending(q) && irq_forwarded(g, q) &&
		    q->priority < pmr && (v->state.vmcr & group) != 0) {
			return true;
		}
	}
	return false;
}

static bool vgic_pending(void *intc, uint32_t vcpu)
{
	struct vgic *g = intc;
	bool yes;

	ax_assert(vcpu < g->cfg.vcpu_count);
	if (atomic_load_explicit(&g->vcpus[vcpu].queued, memory_order_acquire) == 0) {
		return false;
	}
	ax_spin_lock(&g->lock);
	yes = deliverable(g, vcpu);
	ax_spin_unlock(&g->lock);
	return yes;
}

bool vgic_prepare_idle(void *intc, uint32_t vcpu)
{
	struct vgic *g = intc;
	struct vgic_vcpu *v;
	bool yes;

	ax_assert(vcpu < g->cfg.vcpu_count);
	v = &g->vcpus[vcpu];
	ax_spin_lock(&g->lock);
	if (v->loaded) {
		v->state.vmcr = g->cfg.lr->read_vmcr(g->cfg.lr_ctx);
	}
	yes = deliverable(g, vcpu);
	v->idle = !yes;
	ax_spin_unlock(&g->lock);
	return yes;
}

/* Every exit comes through these two: small, and the work is in another file so that it stays out. */
static void vgic_flush(void *intc, uint32_t vcpu)
{
	struct vgic *g = intc;
	const struct vgic_vcpu *v = &g->vcpus[vcpu];

	ax_assert(vcpu < g->cfg.vcpu_count);
	if (v->loaded && atomic_load_explicit(&v->work, memory_order_acquire) != 0) {
		vgic_flush_work(g, vcpu);
	}
}

static void sync_vcpu(void *intc, uint32_t vcpu)
{
	struct vgic *g = intc;

	ax_assert(vcpu < g->cfg.vcpu_count);
	vgic_sync(g, vcpu);
}

/* Whatever asks for a look at what the guest did holds a list register: see vgic_choose(). */
static void vgic_watch(void *intc, uint32_t vcpu, struct ax_intc_watch *watch)
{
	struct vgic *g = intc;

	ax_assert(vcpu < g->cfg.vcpu_count);
	watch->flush = &g->vcpus[vcpu].work;
	watch->sync = &g->vcpus[vcpu].lr_used;
}

static void reset_irq(const struct vgic *g, struct vgic_irq *q)
{
	uint32_t keep = q->flags & (IRQ_LINE | IRQ_HW | IRQ_HW_HELD);
	bool sgi = q->intid < GIC_SGI_COUNT;

	keep |= sgi ? IRQ_EDGE : 0;
	/* IHI 0069 leaves the groups open; group 1 is what a guest without EL3 can live with. */
	keep |= g->cfg.version == 3 ? IRQ_GROUP1 : 0;
	keep |= sgi && g->cfg.version == 2 ? IRQ_ENABLED : 0;
	q->flags = (uint16_t)keep;
	q->route = 0;
	q->priority = 0;
	q->active_priority = 0;
	q->active_on = VGIC_NONE;
	q->targets = 0;
	q->sources = 0;
	q->source = 0;
}

void vgic_reset_locked(struct vgic *g, struct vgic_fx *fx)
{
	size_t count = VGIC_IRQ_COUNT(g->cfg.vcpu_count, g->cfg.spi_count);

	g->ctlr = 0;
	for (uint32_t i = 0; i < g->cfg.vcpu_count; i++) {
		g->vcpus[i].state = (struct vgic_lr_state){ 0 };
		g->vcpus[i].asleep = g->cfg.version == 3;
	}
	for (size_t i = 0; i < count; i++) {
		reset_irq(g, &g->irqs[i]);
		vgic_update(g, &g->irqs[i], fx);
	}
}

void vgic_reset(void *intc)
{
	struct vgic *g = intc;
	struct vgic_fx fx = { .self = VGIC_NONE };

	for (uint32_t i = 0; i < g->cfg.vcpu_count; i++) {
		ax_assert(!g->vcpus[i].loaded);
	}
	ax_spin_lock(&g->lock);
	vgic_reset_locked(g, &fx);
	ax_spin_unlock(&g->lock);
	vgic_finish(g, &fx);
}

const struct ax_intc_ops vgic_intc_ops = {
	.name = "vgic",
	.watch = vgic_watch,
	.set_irq = vgic_set_irq,
	.pending = vgic_pending,
	.flush = vgic_flush,
	.sync = sync_vcpu,
	.load = vgic_load,
	.put = vgic_put,
	.reset = vgic_reset,
	.save = vgic_save,
	.load_state = vgic_load_state,
};

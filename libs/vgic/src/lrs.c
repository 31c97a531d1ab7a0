/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the queues and the list registers. Which register holds what, and the value last seen in
 * each, belongs to the vCPU's pCPU: an exit that finds the registers as they were takes no lock.
 */
#include "internal.h"
#include <axport/assert.h>

#define NO_VALUE UINT64_C(0)

static struct vgic_vcpu *vcpu_at(struct vgic *g, uint32_t vcpu)
{
	ax_assert(vcpu < g->cfg.vcpu_count);
	return &g->vcpus[vcpu];
}

/* Take back the latch that a list register carried. */
static void take_back_latch(const struct vgic *g, struct vgic_irq *q)
{
	if (!irq_is(q, IRQ_LR_PENDING)) {
		return;
	}
	irq_flag(q, IRQ_LR_PENDING, false);
	if (irq_is_v2_sgi(g, q)) {
		q->sources = (uint8_t)(q->sources | 1u << q->source);
	} else {
		irq_flag(q, IRQ_LATCH, true);
	}
}

static void leave_lr(struct vgic_vcpu *v, struct vgic_irq *q)
{
	v->lr_used &= ~(1u << q->lr);
	q->lr = VGIC_NONE;
}

static inline void write_lr(const struct vgic *g, struct vgic_vcpu *v, uint32_t i, uint64_t lr)
{
	v->lr[i] = lr;
	g->cfg.lr->write_lr(g->cfg.lr_ctx, i, lr);
}

/* --- What the guest did */

static void fold(struct vgic *g, uint32_t vcpu, uint32_t i, uint64_t now, struct vgic_fx *fx)
	AX_REQUIRES(g->lock)
{
	struct vgic_vcpu *v = &g->vcpus[vcpu];
	struct vgic_irq *q = v->lr_irq[i];
	uint64_t old = v->lr[i];
	bool acked = (old & ICH_LR_Pending) && !(now & ICH_LR_Pending);

	/* Transitions count, not values: others may have changed the state meanwhile. */
	if (acked) {
		irq_flag(q, IRQ_LR_PENDING, false);
	}
	if (((old ^ now) & ICH_LR_Active) || (acked && (now & ICH_LR_Active))) {
		irq_flag(q, IRQ_ACTIVE, now & ICH_LR_Active);
		q->active_on = (uint8_t)vcpu;
		q->active_priority = (uint8_t)AX_FIELD_GET(ICH_LR_Priority, now);
	}
	v->lr[i] = now;
	if ((now & ICH_LR_State) == 0) {
		if (old & ICH_LR_HW) {
			irq_flag(q, IRQ_HW_HELD, false); /* the hardware deactivated it */
		}
		leave_lr(v, q);
	}
	vgic_update(g, q, fx);
}

/*
 * The guest ended @count active interrupts that were in no list register. Priorities drop from the
 * highest, so that is the order; a guest with EOImode 1 that deactivates spilled ones in another
 * order cannot be told apart.
 */
static AX_COLD void deactivate_spilled(struct vgic *g, uint32_t vcpu, uint32_t count,
				       struct vgic_fx *fx) AX_REQUIRES(g->lock)
{
	struct vgic_vcpu *v = &g->vcpus[vcpu];

	for (; count != 0; count--) {
		struct vgic_irq *best = NULL;

		for (uint32_t i = vgic_queue_next(v, 0); i < VGIC_QUEUE_END;
		     i = vgic_queue_next(v, i + 1)) {
			struct vgic_irq *q = vgic_irq_at(g, vcpu, i);

			if (irq_is(q, IRQ_ACTIVE) && q->lr == VGIC_NONE &&
			    (best == NULL || q->active_priority < best->active_priority)) {
				best = q;
			}
		}
		if (best == NULL) {
			return;
		}
		irq_flag(best, IRQ_ACTIVE, false);
		vgic_update(g, best, fx);
	}
}

static void sync_changed(struct vgic *g, uint32_t vcpu, uint32_t changed, const uint64_t *now)
{
	struct vgic_vcpu *v = &g->vcpus[vcpu];
	struct vgic_fx fx = { .self = vcpu };

	ax_spin_lock(&g->lock);
	for (uint32_t left = changed; left != 0; left &= left - 1) {
		uint32_t i = ax_ctz64(left);

		fold(g, vcpu, i, now[i], &fx);
		if ((now[i] & ICH_LR_State) == 0 && !(now[i] & ICH_LR_HW) &&
		    (now[i] & ICH_LR_EOI)) {
			write_lr(g, v, i, NO_VALUE); /* or it would go on asking */
		}
	}
	/* Whatever asked for this exit stops asking now; flush() decides anew. */
	if (v->hcr & ICH_HCR_LRENPIE) {
		uint32_t hcr = g->cfg.lr->read_hcr(g->cfg.lr_ctx);

		deactivate_spilled(g, vcpu, (uint32_t)AX_FIELD_GET(ICH_HCR_EOIcount, hcr), &fx);
	}
	if (v->hcr != ICH_HCR_En) {
		v->hcr = ICH_HCR_En;
		g->cfg.lr->write_hcr(g->cfg.lr_ctx, v->hcr);
		atomic_store_explicit(&v->work, 1, memory_order_relaxed);
	}
	ax_spin_unlock(&g->lock);
	vgic_finish(g, &fx);
}

void vgic_sync_used(struct vgic *g, uint32_t vcpu)
{
	struct vgic_vcpu *v = &g->vcpus[vcpu];
	uint64_t now[VGIC_MAX_LRS];
	uint32_t changed = 0;

	for (uint32_t left = v->lr_used; left != 0; left &= left - 1) {
		uint32_t i = ax_ctz64(left);

		now[i] = g->cfg.lr->read_lr(g->cfg.lr_ctx, i);
		changed |= now[i] != v->lr[i] ? 1u << i : 0;
	}
	if (changed != 0 || vgic_sync_asked(v)) {
		sync_changed(g, vcpu, changed, now);
	}
}

/* --- What the guest is to see */

/* What is to happen to the physical interrupt at the end of the virtual one. */
static uint64_t hw_end(const struct vgic *g, const struct vgic_irq *q)
{
	return g->cfg.hw_by_maintenance ? ICH_LR_EOI
					: ICH_LR_HW | AX_FIELD_PREP(ICH_LR_pINTID, q->pintid);
}

/* The register takes the latch along. */
static uint64_t hand_over_latch(struct vgic_irq *q)
{
	irq_flag(q, IRQ_LR_PENDING, irq_is(q, IRQ_LATCH));
	irq_flag(q, IRQ_LATCH, false);
	return ICH_LR_Pending;
}

/*
 * Of one that is not active, so pending and forwarded, or it would not be in the queue. EOI (a
 * maintenance interrupt at the end) is asked for where more is pending than the register can say.
 */
static uint64_t pending_state(const struct vgic *g, struct vgic_irq *q)
{
	bool level = irq_is(q, IRQ_LINE) && !irq_is(q, IRQ_EDGE);

	if (irq_is_v2_sgi(g, q)) {
		q->source = (uint8_t)ax_ctz64(q->sources);
		q->sources = (uint8_t)(q->sources & ~(1u << q->source));
		irq_flag(q, IRQ_LR_PENDING, true);
		return ICH_LR_Pending | AX_FIELD_PREP(ICH_LR_v2_CPUID, q->source) |
		       (q->sources != 0 ? ICH_LR_EOI : 0);
	}
	return hand_over_latch(q) | (irq_is(q, IRQ_HW_HELD) ? hw_end(g, q)
				     : level                ? ICH_LR_EOI
							    : 0);
}

/*
 * An edge that comes while the last one is active goes along as pending and active; not with
 * @overflow, where it could turn pending unseen and hide better ones that wait outside; nor when it
 * is another vCPU's by now. Others are pending again only after their end, which EOI tells.
 */
static AX_COLD uint64_t active_state(const struct vgic *g, uint32_t vcpu, struct vgic_irq *q,
				     bool overflow)
{
	bool again = irq_pending(q) && irq_forwarded(g, q);
	bool both =
		irq_is(q, IRQ_EDGE) && !irq_is(q, IRQ_HW) && !overflow && vgic_route(g, q) == vcpu;

	if (irq_is_v2_sgi(g, q)) {
		return ICH_LR_Active | AX_FIELD_PREP(ICH_LR_v2_CPUID, q->source) |
		       (again ? ICH_LR_EOI : 0);
	}
	if (irq_is(q, IRQ_HW_HELD) && !irq_is(q, IRQ_LATCH)) {
		return ICH_LR_Active | hw_end(g, q);
	}
	if (!again) {
		return ICH_LR_Active;
	}
	return ICH_LR_Active | (both ? hand_over_latch(q) : ICH_LR_EOI);
}

static uint64_t build_lr(const struct vgic *g, uint32_t vcpu, struct vgic_irq *q, bool overflow)
{
	uint64_t lr = q->intid | AX_FIELD_PREP(ICH_LR_Priority, q->priority) |
		      (irq_is(q, IRQ_GROUP1) ? ICH_LR_Group : 0);

	take_back_latch(g, q);
	return lr | (AX_UNLIKELY(irq_is(q, IRQ_ACTIVE)) ? active_state(g, vcpu, q, overflow)
							: pending_state(g, q));
}

void vgic_place(struct vgic *g, uint32_t vcpu, struct vgic_irq *q, bool overflow)
{
	struct vgic_vcpu *v = &g->vcpus[vcpu];
	uint64_t lr = build_lr(g, vcpu, q, overflow);
	uint32_t i = q->lr;

	if (i == VGIC_NONE) {
		i = ax_ctz64(~v->lr_used);
		q->lr = (uint8_t)i;
		v->lr_used |= 1u << i;
		v->lr_irq[i] = q;
	}
	if (lr != v->lr[i]) {
		write_lr(g, v, i, lr);
	}
}

static bool chosen(const struct vgic_choice *c, uint32_t intid)
{
	for (uint32_t i = 0; i < c->count; i++) {
		if (c->intid[i] == intid) {
			return true;
		}
	}
	return false;
}

static void retire(struct vgic *g, uint32_t vcpu, uint32_t i, struct vgic_fx *fx)
	AX_REQUIRES(g->lock)
{
	struct vgic_irq *q = g->vcpus[vcpu].lr_irq[i];

	take_back_latch(g, q);
	leave_lr(&g->vcpus[vcpu], q);
	vgic_update(g, q, fx);
}

static void retire_unwanted(struct vgic *g, uint32_t vcpu, struct vgic_fx *fx) AX_REQUIRES(g->lock)
{
	struct vgic_vcpu *v = &g->vcpus[vcpu];

	for (uint32_t left = v->lr_used; left != 0; left &= left - 1) {
		uint32_t i = ax_ctz64(left);

		if (vgic_wanted_by(g, v->lr_irq[i]) != vcpu) {
			retire(g, vcpu, i, fx);
		}
	}
}

static void retire_unchosen(struct vgic *g, uint32_t vcpu, const struct vgic_choice *c,
			    struct vgic_fx *fx) AX_REQUIRES(g->lock)
{
	struct vgic_vcpu *v = &g->vcpus[vcpu];

	for (uint32_t left = v->lr_used; left != 0; left &= left - 1) {
		uint32_t i = ax_ctz64(left);

		if (!chosen(c, v->lr_irq[i]->intid)) {
			retire(g, vcpu, i, fx);
		}
	}
}

/* More than fits: the best of them get the registers, and ICH_HCR brings the vCPU back for the others. */
static uint32_t place_best(struct vgic *g, uint32_t vcpu, struct vgic_fx *fx) AX_REQUIRES(g->lock)
{
	struct vgic_choice c;

	vgic_choose(g, vcpu, &c);
	retire_unchosen(g, vcpu, &c, fx);
	for (uint32_t n = 0; n < c.count; n++) {
		vgic_place(g, vcpu, vgic_irq_at(g, vcpu, c.intid[n]), (c.hcr & ICH_HCR_NPIE) != 0);
	}
	return c.hcr;
}

static void place_all(struct vgic *g, uint32_t vcpu) AX_REQUIRES(g->lock)
{
	const struct vgic_vcpu *v = &g->vcpus[vcpu];

	for (uint32_t words = atomic_load_explicit(&v->queued, memory_order_relaxed); words != 0;
	     words &= words - 1) {
		uint32_t w = ax_ctz64(words);

		for (uint64_t bits = v->queue[w]; bits != 0; bits &= bits - 1) {
			vgic_place(g, vcpu, vgic_irq_at(g, vcpu, w * 64 + ax_ctz64(bits)), false);
		}
	}
}

static void set_active(const struct vgic *g, uint32_t vcpu, uint32_t mask, bool active)
{
	for (; mask != 0; mask &= mask - 1) {
		const struct vgic_irq *q = vgic_irq_at(g, vcpu, ax_ctz64(mask));

		g->cfg.hw->set_active(g->cfg.hw_ctx, q->pintid, active);
	}
}

void vgic_flush_work(struct vgic *g, uint32_t vcpu)
{
	struct vgic_vcpu *v = &g->vcpus[vcpu];
	struct vgic_fx fx = { .self = vcpu };
	uint32_t hcr = ICH_HCR_En;
	uint32_t before = v->lr_used;
	uint32_t release;

	ax_spin_lock(&g->lock);
	retire_unwanted(g, vcpu, &fx);
	if (AX_LIKELY(v->queue_count <= g->cfg.lr_count)) {
		place_all(g, vcpu);
	} else {
		hcr = place_best(g, vcpu, &fx);
	}
	for (uint32_t left = before & ~v->lr_used; left != 0; left &= left - 1) {
		write_lr(g, v, ax_ctz64(left), NO_VALUE);
	}
	if (hcr != v->hcr) {
		v->hcr = hcr;
		g->cfg.lr->write_hcr(g->cfg.lr_ctx, hcr);
	}
	release = v->hw_release;
	v->hw_release = 0;
	v->idle = false;
	atomic_store_explicit(&v->work, 0, memory_order_relaxed);
	ax_spin_unlock(&g->lock);
	if (release != 0) {
		set_active(g, vcpu, release, false);
	}
	vgic_finish(g, &fx);
}

/* --- Residency */

/* The linked private interrupts whose physical one is held active. */
static uint32_t held_mask(const struct vgic *g, uint32_t vcpu)
{
	const struct vgic_irq *irqs = vgic_irq_at(g, vcpu, 0);
	uint32_t held = 0;

	for (uint32_t left = g->vcpus[vcpu].hw_private; left != 0; left &= left - 1) {
		uint32_t intid = ax_ctz64(left);

		held |= irq_is(&irqs[intid], IRQ_HW_HELD) ? 1u << intid : 0;
	}
	return held;
}

void vgic_load(void *intc, uint32_t vcpu)
{
	struct vgic *g = intc;
	struct vgic_vcpu *v = vcpu_at(g, vcpu);
	uint32_t held;

	ax_assert(!v->loaded && g->cfg.lr != NULL);
	ax_spin_lock(&g->lock);
	v->loaded = true;
	v->idle = false;
	v->cpu = ax_port_cpu_id();
	held = held_mask(g, vcpu);
	if ((g->cpus_seen & AX_BIT64(v->cpu)) == 0) { /* unknown after the pCPU's reset */
		g->cpus_seen |= AX_BIT64(v->cpu);
		for (uint32_t i = 0; i < g->cfg.lr_count; i++) {
			write_lr(g, v, i, NO_VALUE);
		}
	}
	v->hcr = ICH_HCR_En;
	g->cfg.lr->restore(g->cfg.lr_ctx, &v->state);
	g->cfg.lr->write_hcr(g->cfg.lr_ctx, v->hcr);
	atomic_store_explicit(&v->work, 1, memory_order_relaxed);
	ax_spin_unlock(&g->lock);
	set_active(g, vcpu, held, true);
}

void vgic_put(void *intc, uint32_t vcpu)
{
	struct vgic *g = intc;
	struct vgic_vcpu *v = vcpu_at(g, vcpu);
	struct vgic_fx fx = { .self = vcpu };
	uint32_t held;

	ax_assert(v->loaded);
	vgic_sync(g, vcpu);
	ax_spin_lock(&g->lock);
	for (uint32_t left = v->lr_used; left != 0; left &= left - 1) {
		retire(g, vcpu, ax_ctz64(left), &fx);
		write_lr(g, v, ax_ctz64(left), NO_VALUE);
	}
	held = held_mask(g, vcpu) | v->hw_release;
	v->hw_release = 0;
	g->cfg.lr->save(g->cfg.lr_ctx, &v->state);
	g->cfg.lr->write_hcr(g->cfg.lr_ctx, 0);
	v->hcr = 0;
	v->loaded = false;
	ax_spin_unlock(&g->lock);
	set_active(g, vcpu, held, false);
	vgic_finish(g, &fx);
}

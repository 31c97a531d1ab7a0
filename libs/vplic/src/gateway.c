/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gateways: a source's way from its line to pending, claimed and back (PLIC 1.0.0, Interrupt
 * Gateways, Claim Process, Completion). QEMU 7.2's model is not followed where the text leaves no
 * choice: it takes a request back when the line falls, forwards no line that is still high at
 * completion, applies the threshold to claims, and completes what is not enabled.
 */
#include "internal.h"

static void forward(struct vplic *p, uint32_t source, struct vplic_fx *fx) AX_REQUIRES(p->lock)
{
	if (!vplic_is_pending(p, source)) {
		vplic_set_pending(p, source, true);
		vplic_refresh(p, source, fx);
	}
}

/*
 * A request that is in the core stays there when the line falls: "the gateway does not have the
 * facility to retract". Of edges that come before the last one is completed the text lets a gateway
 * forget or count any number; as in QEMU's, those before the claim are one with it, and of those
 * after it one is kept.
 */
static void raise(struct vplic *p, uint32_t source, struct vplic_fx *fx) AX_REQUIRES(p->lock)
{
	struct vplic_source *s = &p->sources[source];

	if ((s->flags & SRC_CLAIMED) == 0) {
		forward(p, source, fx);
	} else if ((s->flags & SRC_EDGE) != 0) {
		s->flags |= SRC_LATCH;
	}
}

void vplic_set_irq(void *intc, uint32_t vcpu, uint32_t source, bool level)
{
	struct vplic *p = intc;
	struct vplic_fx fx = { 0 };
	struct vplic_source *s;

	(void)vcpu;
	if (!vplic_is_source(p, source)) {
		return;
	}
	s = &p->sources[source];
	ax_spin_lock(&p->lock);
	if (((s->flags & SRC_LINE) != 0) != level) {
		s->flags ^= SRC_LINE;
		if (level) {
			raise(p, source, &fx);
		}
	}
	ax_spin_unlock(&p->lock);
	vplic_finish(p, &fx);
}

void vplic_pulse(struct vplic *p, uint32_t source)
{
	struct vplic_fx fx = { 0 };

	if (!vplic_is_source(p, source)) {
		return;
	}
	ax_spin_lock(&p->lock);
	raise(p, source, &fx);
	ax_spin_unlock(&p->lock);
	vplic_finish(p, &fx);
}

/* "The claim operation is not affected by the setting of the priority threshold register." */
uint32_t vplic_claim(struct vplic *p, struct vplic_context *c)
{
	struct vplic_fx fx = { 0 };
	uint32_t source;

	/*
	 * A guest asks until the answer is 0: that one needs no lock, as it is true at this moment.
	 */
	if (atomic_load_explicit(&c->best, memory_order_relaxed) == 0) {
		return 0;
	}
	ax_spin_lock(&p->lock);
	source = atomic_load_explicit(&c->best, memory_order_relaxed);
	if (source != 0) { /* nobody else was faster */
		p->sources[source].flags |= SRC_CLAIMED;
		vplic_set_pending(p, source, false);
		vplic_refresh(p, source, &fx);
	}
	ax_spin_unlock(&p->lock);
	vplic_finish(p, &fx);
	return source;
}

/*
 * Any context that has the source enabled may complete it, whoever claimed it: "the PLIC does not
 * check whether the completion ID is the same as the last claim ID for that target". One that has
 * not is silently ignored. So is the completion of what nobody has claimed: its gateway waits for
 * none.
 */
void vplic_complete(struct vplic *p, const struct vplic_context *c, uint64_t id)
{
	uint32_t source = (uint32_t)id;
	struct vplic_fx fx = { 0 };
	struct vplic_source *s;

	if (!vplic_is_source(p, id)) {
		return;
	}
	s = &p->sources[source];
	ax_spin_lock(&p->lock);
	if ((s->flags & SRC_CLAIMED) != 0 &&
	    (vplic_word(&c->enable[source / 64]) >> source % 64 & 1) != 0) {
		bool again = (s->flags & ((s->flags & SRC_EDGE) != 0 ? SRC_LATCH : SRC_LINE)) != 0;

		s->flags = (uint16_t)(s->flags & ~(SRC_CLAIMED | SRC_LATCH));
		fx.link = s->link;
		if (again) {
			forward(p, source, &fx);
		}
	}
	ax_spin_unlock(&p->lock);
	vplic_finish(p, &fx);
}

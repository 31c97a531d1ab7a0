/* SPDX-License-Identifier: Apache-2.0 */
/* Obviously correct, or meant to be: every question is answered by looking at every interrupt. */
#include "model.h"

struct model_irq *model_irq(struct model *m, int vcpu, uint32_t intid)
{
	return &m->irq[intid < 32 ? vcpu : 0][intid];
}

void model_line(struct model *m, int vcpu, uint32_t intid, bool level)
{
	struct model_irq *q = model_irq(m, vcpu, intid);

	if (q->hw) {
		q->latch = q->latch || level;
		return;
	}
	if (q->edge && level && !q->line) {
		q->latch = true;
	}
	q->line = level;
}

void model_sgi(struct model *m, int from, int to, uint32_t intid)
{
	struct model_irq *q = model_irq(m, to, intid);

	if (m->v2) {
		q->sources |= (uint8_t)(1 << from);
	} else {
		q->latch = true;
	}
}

void model_enable(struct model *m, int vcpu, uint32_t intid, bool on)
{
	struct model_irq *q = model_irq(m, vcpu, intid);

	if (q->hw && !q->active && q->enabled != on) {
		q->latch = false; /* the physical one comes again if it is still there */
	}
	q->enabled = on || (m->v2 && intid < 16);
}

static bool pending(const struct model_irq *q)
{
	return q->latch || q->sources != 0 || (q->line && !q->edge && !q->hw);
}

static bool mine(struct model *m, int vcpu, uint32_t intid)
{
	return intid < 32 || m->irq[0][intid].target == vcpu;
}

static bool candidate(struct model *m, int vcpu, uint32_t intid)
{
	struct model_irq *q = model_irq(m, vcpu, intid);

	return q->enabled && pending(q) && !q->active && mine(m, vcpu, intid) &&
	       m->cpu[vcpu].group_on[q->group];
}

static uint32_t running_priority(const struct model_cpu *c)
{
	uint32_t best = 256;

	for (uint32_t i = 0; i < c->depth; i++) {
		best = c->stack_priority[i] < best ? c->stack_priority[i] : best;
	}
	return best;
}

/* The best priority that vcpu can be shown, or 256. */
static uint32_t best_priority(struct model *m, int vcpu)
{
	uint32_t best = 256;

	for (uint32_t i = 0; i < MODEL_IRQS; i++) {
		if (candidate(m, vcpu, i) && model_irq(m, vcpu, i)->priority < best) {
			best = model_irq(m, vcpu, i)->priority;
		}
	}
	return best < m->cpu[vcpu].pmr && best < running_priority(&m->cpu[vcpu]) ? best : 256;
}

bool model_accepts(struct model *m, int vcpu, uint32_t iar)
{
	uint32_t best = best_priority(m, vcpu), intid = iar & 0x3ff;
	const struct model_irq *q;

	if (iar == MODEL_NONE) {
		return best == 256;
	}
	if (intid >= MODEL_IRQS || !candidate(m, vcpu, intid)) {
		return false;
	}
	q = model_irq(m, vcpu, intid);
	if (m->v2 && intid < 16 ? !(q->sources >> (iar >> 10) & 1) : iar >> 10 != 0) {
		return false;
	}
	return q->priority == best;
}

void model_ack(struct model *m, int vcpu, uint32_t iar)
{
	struct model_irq *q = model_irq(m, vcpu, iar & 0x3ff);
	struct model_cpu *c = &m->cpu[vcpu];

	q->latch = false;
	q->sources &= (uint8_t) ~(m->v2 && (iar & 0x3ff) < 16 ? 1 << (iar >> 10) : 0);
	q->active = true;
	q->active_on = vcpu;
	q->active_priority = q->priority;
	c->stack[c->depth] = iar;
	c->stack_priority[c->depth++] = q->priority;
}

uint32_t model_eoi(struct model *m, int vcpu)
{
	struct model_cpu *c = &m->cpu[vcpu];
	uint32_t iar = c->stack[--c->depth];

	if (c->split) {
		c->dropped[c->dropped_count++] = iar;
	} else {
		model_irq(m, vcpu, iar & 0x3ff)->active = false;
	}
	return iar;
}

uint32_t model_dir(struct model *m, int vcpu, uint32_t index)
{
	struct model_cpu *c = &m->cpu[vcpu];
	uint32_t iar = c->dropped[index];

	c->dropped[index] = c->dropped[--c->dropped_count];
	model_irq(m, vcpu, iar & 0x3ff)->active = false;
	return iar;
}

unsigned model_active_count(struct model *m, int vcpu)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < MODEL_IRQS; i++) {
		const struct model_irq *q = model_irq(m, vcpu, i);

		count += q->active && q->active_on == vcpu;
	}
	return count;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a vCPU's queue get its list registers, and what brings it back for the others. */
#include "internal.h"

/* The best few of a kind, in order. */
struct best {
	uint32_t total;
	uint32_t count;
	uint16_t intid[VGIC_MAX_LRS];
	uint16_t key[VGIC_MAX_LRS];
};

static void best_add(struct best *b, uint32_t limit, uint32_t intid, uint32_t key)
{
	uint32_t at = b->count < limit ? b->count++ : limit;

	b->total++;
	if (at == limit && key >= b->key[limit - 1]) {
		return;
	}
	at = at == limit ? limit - 1 : at;
	for (; at > 0 && b->key[at - 1] > key; at--) {
		b->key[at] = b->key[at - 1];
		b->intid[at] = b->intid[at - 1];
	}
	b->key[at] = (uint16_t)key;
	b->intid[at] = (uint16_t)intid;
}

/*
 * What to ask for so that a change of the enabled groups brings the vCPU back: one that is off goes on;
 * or one goes off while the other is on. With the last one going off nothing can be delivered, and
 * asking for it would be costly: QEMU, at least up to 7.2, has VGrp0DIE look at group 1, so that group 0
 * alone would have the maintenance interrupt come for ever.
 */
static uint32_t group_changes(uint32_t vmcr)
{
	bool on0 = (vmcr & ICH_VMCR_VENG0) != 0;
	bool on1 = (vmcr & ICH_VMCR_VENG1) != 0;

	if (on0 && on1) {
		return (uint32_t)(ICH_HCR_VGrp0DIE | ICH_HCR_VGrp1DIE);
	}
	return (uint32_t)((on0 ? 0 : ICH_HCR_VGrp0EIE) | (on1 ? 0 : ICH_HCR_VGrp1EIE));
}

/*
 * More interrupts than registers. The best pending one always has a register, so NPIE cannot fire
 * before it is taken; then the active ones, which the guest will end; then more pending ones. Those of
 * a group that the guest has disabled come last, and a change of that brings the vCPU back.
 */
void vgic_choose(struct vgic *g, uint32_t vcpu, struct vgic_choice *c)
{
	struct vgic_vcpu *v = &g->vcpus[vcpu];
	uint32_t limit = g->cfg.lr_count;
	uint32_t vmcr = g->cfg.lr->read_vmcr(g->cfg.lr_ctx);
	struct best pending = { .count = 0 }, active = { .count = 0 };
	uint32_t groups = 0, take;

	for (uint32_t i = vgic_queue_next(v, 0); i < VGIC_QUEUE_END;
	     i = vgic_queue_next(v, i + 1)) {
		const struct vgic_irq *q = vgic_irq_at(g, vcpu, i);
		uint32_t group = irq_is(q, IRQ_GROUP1) ? 1 : 0;

		if (irq_is(q, IRQ_ACTIVE)) {
			best_add(&active, limit, i, q->active_priority);
		} else {
			groups |= 1u << group;
			best_add(&pending, limit, i,
				 q->priority | ((vmcr >> group & 1u) ? 0 : 0x100u));
		}
	}
	take = (uint32_t)ax_min_u64(active.count, limit - (pending.count != 0));
	c->count = 0;
	c->hcr = (uint32_t)ICH_HCR_En | (active.total > take ? (uint32_t)ICH_HCR_LRENPIE : 0);
	for (uint32_t i = 0; i < take; i++) {
		c->intid[c->count++] = active.intid[i];
	}
	take = (uint32_t)ax_min_u64(pending.count, limit - take);
	for (uint32_t i = 0; i < take; i++) {
		c->intid[c->count++] = pending.intid[i];
	}
	if (pending.total > take) {
		c->hcr |= ICH_HCR_NPIE;
		if (groups == 3) {
			c->hcr |= group_changes(vmcr);
		}
	}
}

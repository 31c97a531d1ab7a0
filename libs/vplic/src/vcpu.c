/* SPDX-License-Identifier: Apache-2.0 */
/* The vCPU's side: its wire told to the hardware it runs on, and whether it may sleep. */
#include "internal.h"
#include <axport/assert.h>
#include <axport/port.h>

static struct vplic_context *wire_of(struct vplic *p, uint32_t vcpu)
{
	ax_assert(vcpu < p->cfg.vcpu_count);
	return &p->contexts[p->wire[vcpu]];
}

static inline bool level_of(const struct vplic_context *c)
{
	return atomic_load_explicit(&c->level, memory_order_relaxed);
}

static void vplic_watch(void *intc, uint32_t vcpu, struct ax_intc_watch *watch)
{
	static const uint32_t nothing = 0;

	watch->flush = &wire_of(intc, vcpu)->due;
	watch->sync = &nothing;
}

static bool vplic_pending(void *intc, uint32_t vcpu)
{
	return level_of(wire_of(intc, vcpu));
}

/*
 * What comes from now on comes with a kick, also from this pCPU. The flush word is set so that the
 * end of the wait is noticed, whatever ends it: many waits are for a timer that this controller
 * knows nothing of.
 */
bool vplic_prepare_idle(void *intc, uint32_t vcpu)
{
	struct vplic *p = intc;
	struct vplic_context *c = wire_of(p, vcpu);
	bool yes;

	ax_spin_lock(&p->lock);
	yes = level_of(c) && (!c->loaded || p->cfg.hw->external_enabled(p->cfg.hw_ctx));
	c->idle = c->loaded && !yes;
	if (c->idle) {
		atomic_store_explicit(&c->due, 1, memory_order_relaxed);
	}
	ax_spin_unlock(&p->lock);
	return yes;
}

static void vplic_flush(void *intc, uint32_t vcpu)
{
	struct vplic *p = intc;
	struct vplic_context *c = wire_of(p, vcpu);

	if (!c->loaded || atomic_load_explicit(&c->due, memory_order_acquire) == 0) {
		return;
	}
	ax_spin_lock(&p->lock);
	atomic_store_explicit(&c->due, 0, memory_order_relaxed);
	c->idle = false;
	if (c->told != level_of(c)) {
		c->told = level_of(c);
		p->cfg.hw->set_external(p->cfg.hw_ctx, c->told);
	}
	ax_spin_unlock(&p->lock);
}

static void vplic_sync(void *intc, uint32_t vcpu)
{
	(void)wire_of(intc, vcpu);
}

static void vplic_load(void *intc, uint32_t vcpu)
{
	struct vplic *p = intc;
	struct vplic_context *c = wire_of(p, vcpu);

	ax_assert(!c->loaded && p->cfg.hw != NULL);
	ax_spin_lock(&p->lock);
	c->loaded = true;
	c->cpu = ax_port_cpu_id();
	c->told = level_of(c);
	p->cfg.hw->set_external(p->cfg.hw_ctx, c->told);
	ax_spin_unlock(&p->lock);
}

/* The wire is low between two vCPUs, so that the next guest here does not see this one's. */
static void vplic_put(void *intc, uint32_t vcpu)
{
	struct vplic *p = intc;
	struct vplic_context *c = wire_of(p, vcpu);

	ax_assert(c->loaded);
	ax_spin_lock(&p->lock);
	c->loaded = false;
	c->idle = false;
	c->told = false;
	atomic_store_explicit(&c->due, 0, memory_order_relaxed);
	p->cfg.hw->set_external(p->cfg.hw_ctx, false);
	ax_spin_unlock(&p->lock);
}

const struct ax_intc_ops vplic_intc_ops = {
	.name = "vplic",
	.watch = vplic_watch,
	.set_irq = vplic_set_irq,
	.pending = vplic_pending,
	.flush = vplic_flush,
	.sync = vplic_sync,
	.load = vplic_load,
	.put = vplic_put,
	.reset = vplic_reset,
	.save = vplic_save,
	.load_state = vplic_load_state,
};

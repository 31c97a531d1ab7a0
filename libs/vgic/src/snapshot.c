/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Save and load. Little-endian records of fixed size behind the usual header; queues, list registers
 * and physical states are not in it but follow from it.
 */
#include "internal.h"
#include <axbase/mem.h>
#include <axdev/snap.h>
#include <axport/log.h>

#define SNAP_MAGIC       0x63696776u /* "vgic" */
#define SNAP_MAGIC_FRAME 0x66696776u /* "vgif": a frame without state */
#define SNAP_VERSION     1
#define SNAP_FLAGS       (IRQ_ENABLED | IRQ_GROUP1 | IRQ_EDGE | IRQ_LINE | IRQ_LATCH | IRQ_ACTIVE)

struct snap_head {
	struct ax_snap_hdr hdr;
	uint32_t version;
	uint32_t vcpu_count;
	uint32_t spi_count;
	uint32_t ctlr;
	uint32_t reserved; /* 0 */
};
AX_STATIC_ASSERT(sizeof(struct snap_head) == 32);

struct snap_vcpu {
	uint64_t mpidr;
	struct vgic_lr_state state;
	uint32_t asleep;
};
AX_STATIC_ASSERT(sizeof(struct snap_vcpu) == 48);

struct snap_irq {
	uint64_t route;
	uint16_t flags;
	uint8_t priority;
	uint8_t active_priority;
	uint8_t active_on;
	uint8_t targets;
	uint8_t sources;
	uint8_t source;
};
AX_STATIC_ASSERT(sizeof(struct snap_irq) == 16);

static size_t irq_count(const struct vgic *g)
{
	return VGIC_IRQ_COUNT(g->cfg.vcpu_count, g->cfg.spi_count);
}

static size_t snap_size(const struct vgic *g)
{
	return sizeof(struct snap_head) + g->cfg.vcpu_count * sizeof(struct snap_vcpu) +
	       irq_count(g) * sizeof(struct snap_irq);
}

static bool any_loaded(const struct vgic *g)
{
	for (uint32_t i = 0; i < g->cfg.vcpu_count; i++) {
		if (g->vcpus[i].loaded) {
			return true;
		}
	}
	return false;
}

static struct snap_irq pack(const struct vgic_irq *q)
{
	return (struct snap_irq){
		.route = q->route,
		.flags = (uint16_t)(q->flags & SNAP_FLAGS),
		.priority = q->priority,
		.active_priority = irq_is(q, IRQ_ACTIVE) ? q->active_priority : 0,
		.active_on = irq_is(q, IRQ_ACTIVE) ? q->active_on : 0,
		.targets = q->targets,
		.sources = q->sources,
		.source = irq_is(q, IRQ_ACTIVE) ? q->source : 0,
	};
}

ax_err_t vgic_save(const void *intc, void *buf, size_t cap, size_t *len)
{
	const struct vgic *g = intc;
	uint8_t *p = buf;
	struct snap_head head = {
		.hdr = { SNAP_MAGIC, SNAP_VERSION, 0, (uint32_t)snap_size(g) },
		.version = g->cfg.version,
		.vcpu_count = g->cfg.vcpu_count,
		.spi_count = g->cfg.spi_count,
		.ctlr = g->ctlr,
	};

	if (any_loaded(g)) {
		ax_log(AX_LOG_ERROR, "vgic: save with a vCPU's interface still live");
		return AX_EBUSY;
	}
	if (cap < snap_size(g)) {
		return AX_ENOSPC;
	}
	memcpy(p, &head, sizeof(head));
	p += sizeof(head);
	for (uint32_t i = 0; i < g->cfg.vcpu_count; i++) {
		const struct vgic_vcpu *v = &g->vcpus[i];
		struct snap_vcpu s = { v->mpidr, v->state, v->asleep };

		memcpy(p, &s, sizeof(s));
		p += sizeof(s);
	}
	for (size_t i = 0; i < irq_count(g); i++) {
		struct snap_irq s = pack(&g->irqs[i]);

		memcpy(p, &s, sizeof(s));
		p += sizeof(s);
	}
	*len = snap_size(g);
	return AX_OK;
}

/* --- Load: everything is checked before anything changes */

static ax_err_t bad(const char *what, size_t index)
{
	ax_log(AX_LOG_ERROR, "vgic: snapshot: bad %s (%zu)", what, index);
	return AX_EINVAL;
}

static ax_err_t check_head(const struct vgic *g, const void *buf, size_t len)
{
	struct snap_head h;

	if (len < sizeof(h) || ax_snap_check(buf, len, SNAP_MAGIC, SNAP_VERSION, len) != AX_OK) {
		return AX_EVERSION;
	}
	memcpy(&h, buf, sizeof(h));
	if (h.hdr.reserved != 0) {
		return AX_EVERSION;
	}
	if (h.version != g->cfg.version || h.vcpu_count != g->cfg.vcpu_count ||
	    h.spi_count != g->cfg.spi_count || len != snap_size(g)) {
		return bad("shape", h.vcpu_count);
	}
	if ((h.ctlr & ~(GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1)) != 0 || h.reserved != 0) {
		return bad("GICD_CTLR", h.ctlr);
	}
	return AX_OK;
}

static bool vcpu_ok(const struct vgic *g, uint32_t i, const struct snap_vcpu *s)
{
	const uint64_t vmcr = ICH_VMCR_VENG0 | ICH_VMCR_VENG1 | ICH_VMCR_VAckCtl | ICH_VMCR_VFIQEn |
			      ICH_VMCR_VCBPR | ICH_VMCR_VEOIM | ICH_VMCR_VBPR1 | ICH_VMCR_VBPR0 |
			      ICH_VMCR_VPMR;

	return s->mpidr == g->vcpus[i].mpidr && s->asleep <= 1 && (s->state.vmcr & ~vmcr) == 0;
}

static bool private_ok(const struct vgic *g, const struct vgic_irq *q, const struct snap_irq *s)
{
	bool sgi = q->intid < GIC_SGI_COUNT;
	bool v2_sgi = irq_is_v2_sgi(g, q);
	uint32_t must = (sgi ? IRQ_EDGE : 0) | (v2_sgi ? IRQ_ENABLED : 0);

	if (s->route != 0 || s->targets != 0 || (s->flags & must) != must ||
	    (sgi && (s->flags & IRQ_LINE)) || (v2_sgi && (s->flags & IRQ_LATCH))) {
		return false;
	}
	if ((s->flags & IRQ_ACTIVE) && s->active_on != q->owner) {
		return false;
	}
	return v2_sgi ? s->sources >> g->cfg.vcpu_count == 0 && s->source < g->cfg.vcpu_count
		      : s->sources == 0 && s->source == 0;
}

static bool irq_ok(const struct vgic *g, const struct vgic_irq *q, const struct snap_irq *s)
{
	bool v3 = g->cfg.version == 3;

	if ((s->flags & ~SNAP_FLAGS) != 0 || (s->priority & 7) != 0 ||
	    (s->active_priority & 7) != 0 || s->active_on >= g->cfg.vcpu_count ||
	    (!(s->flags & IRQ_ACTIVE) && (s->active_on | s->active_priority | s->source) != 0) ||
	    (irq_is(q, IRQ_HW) && (s->flags & IRQ_LINE))) {
		return false;
	}
	if (q->owner != VGIC_NONE) {
		return private_ok(g, q, s);
	}
	return s->sources == 0 && s->source == 0 && (v3 || s->route == 0) &&
	       (s->route & ~(GICD_IROUTER_Aff | GICD_IROUTER_IRM)) == 0 &&
	       (v3 ? s->targets == 0 : s->targets >> g->cfg.vcpu_count == 0);
}

static ax_err_t check(const struct vgic *g, const uint8_t *p, size_t len)
{
	ax_err_t err = check_head(g, p, len);
	struct snap_vcpu v;
	struct snap_irq q;

	if (err != AX_OK) {
		return err;
	}
	p += sizeof(struct snap_head);
	for (uint32_t i = 0; i < g->cfg.vcpu_count; i++, p += sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		if (!vcpu_ok(g, i, &v)) {
			return bad("vCPU", i);
		}
	}
	for (size_t i = 0; i < irq_count(g); i++, p += sizeof(q)) {
		memcpy(&q, p, sizeof(q));
		if (!irq_ok(g, &g->irqs[i], &q)) {
			return bad("interrupt", i);
		}
	}
	return AX_OK;
}

static void unpack(struct vgic_irq *q, const struct snap_irq *s)
{
	q->route = s->route;
	q->flags = (uint16_t)((q->flags & (IRQ_HW | IRQ_HW_HELD)) | s->flags);
	q->priority = s->priority;
	q->active_priority = s->active_priority;
	q->active_on = s->active_on;
	q->targets = s->targets;
	q->sources = s->sources;
	q->source = s->source;
}

static void commit(struct vgic *g, const uint8_t *p, struct vgic_fx *fx) AX_REQUIRES(g->lock)
{
	struct snap_head head;
	struct snap_vcpu v;
	struct snap_irq q;

	vgic_reset_locked(g, fx); /* physical interrupts of the old state are released */
	memcpy(&head, p, sizeof(head));
	g->ctlr = head.ctlr;
	p += sizeof(head);
	for (uint32_t i = 0; i < g->cfg.vcpu_count; i++, p += sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		g->vcpus[i].state = v.state;
		g->vcpus[i].asleep = v.asleep != 0;
	}
	for (size_t i = 0; i < irq_count(g); i++, p += sizeof(q)) {
		memcpy(&q, p, sizeof(q));
		unpack(&g->irqs[i], &q);
	}
	vgic_update_all(g, fx);
}

ax_err_t vgic_load_state(void *intc, const void *buf, size_t len)
{
	struct vgic *g = intc;
	struct vgic_fx fx = { .self = VGIC_NONE };
	ax_err_t err = any_loaded(g) ? AX_EBUSY : check(g, buf, len);

	if (err != AX_OK) {
		return err;
	}
	ax_spin_lock(&g->lock);
	commit(g, buf, &fx);
	ax_spin_unlock(&g->lock);
	vgic_finish(g, &fx);
	return AX_OK;
}

ax_err_t vgic_save_nothing(const void *dev, void *buf, size_t cap, size_t *len)
{
	struct ax_snap_hdr hdr = { SNAP_MAGIC_FRAME, SNAP_VERSION, 0, sizeof(hdr) };

	(void)dev;
	return ax_snap_write(&hdr, sizeof(hdr), buf, cap, len);
}

ax_err_t vgic_load_nothing(void *dev, const void *buf, size_t len)
{
	struct ax_snap_hdr hdr;
	ax_err_t err = ax_snap_read(&hdr, sizeof(hdr), buf, len, SNAP_MAGIC_FRAME, SNAP_VERSION);

	(void)dev;
	return err == AX_OK && hdr.reserved != 0 ? AX_EVERSION : err;
}

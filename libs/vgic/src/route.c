/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets an interrupt: affinity routing and 1 of N (IHI 0069 3.2, 3.3), target lists (IHI 0048 3.2.3). */
#include "internal.h"

uint32_t vgic_find_affinity(const struct vgic *g, uint64_t affinity)
{
	uint32_t guess = affinity % VGIC_MAX_VCPUS; /* with Aff0 alone, they are numbered by it */

	if (guess < g->cfg.vcpu_count && g->vcpus[guess].mpidr == (affinity & GICD_IROUTER_Aff)) {
		return guess;
	}
	for (uint32_t i = 0; i < g->cfg.vcpu_count; i++) {
		if (g->vcpus[i].mpidr == (affinity & GICD_IROUTER_Aff)) {
			return i;
		}
	}
	return VGIC_NONE;
}

/* The one of N that has it keeps it; else the first awake one, starting at a different one for each
 * interrupt so that they spread. */
static uint32_t one_of_n(const struct vgic *g, const struct vgic_irq *q)
{
	uint32_t start = q->intid % g->cfg.vcpu_count;

	if (q->home != VGIC_NONE) {
		return q->home;
	}
	for (uint32_t i = 0; i < g->cfg.vcpu_count; i++) {
		uint32_t vcpu = (start + i) % g->cfg.vcpu_count;

		if (!g->vcpus[vcpu].asleep) {
			return vcpu;
		}
	}
	return start;
}

uint32_t vgic_route_shared(const struct vgic *g, const struct vgic_irq *q)
{
	if (g->cfg.version == 3) {
		return (q->route & GICD_IROUTER_IRM) ? one_of_n(g, q)
						     : vgic_find_affinity(g, q->route);
	}
	if (g->cfg.vcpu_count == 1) {
		return 0; /* GICD_ITARGETSRn is RAZ/WI there (IHI 0048 4.3.12) */
	}
	if (q->home != VGIC_NONE && (q->targets >> q->home & 1u)) {
		return q->home;
	}
	return q->targets != 0 ? ax_ctz64(q->targets) : VGIC_NONE;
}

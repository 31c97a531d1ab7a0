/* SPDX-License-Identifier: Apache-2.0 */
/* A controller on fake list registers, one pCPU for each vCPU unless the test says otherwise. */
#pragma once
#include <axtest/axtest.h>
#include <axbase/mem.h>
#include <vgic/fake.h>

#define FIX_VCPUS 4u
#define FIX_SPIS  64u

struct fixture {
	struct vgic g;
	struct vgic_irq irqs[VGIC_IRQ_COUNT(FIX_VCPUS, FIX_SPIS)];
	struct vgic_vcpu vcpus[FIX_VCPUS];
	struct vgic_fake fake[FIX_VCPUS];
	uint64_t kicked;
	unsigned kick_count;
	struct {
		uint32_t cpu, pintid;
		bool active;
	} hw[16]; /* calls of set_active() */
	unsigned hw_count;
	unsigned deactivated; /* by the guest, through a list register */
};

/** All vCPUs loaded, groups and priorities open, distributor off. */
void fix_init(struct fixture *f, uint32_t version, uint32_t lr_count);
/** The same with struct vgic_cfg.hw_by_maintenance. */
void fix_init_by_maintenance(struct fixture *f, uint32_t version, uint32_t lr_count);
/** Distributor on, @intid (a private one on every vCPU) enabled in group 1 (v2: group 0), priority @prio. */
void fix_open(struct fixture *f, uint32_t intid, uint8_t prio, bool edge);

uint64_t fix_dist_read(struct fixture *f, uint32_t vcpu, uint64_t off, uint8_t size);
void fix_dist_write(struct fixture *f, uint32_t vcpu, uint64_t off, uint8_t size, uint64_t val);
/** @off within vCPU @of's stride; the access is @of's own. */
uint64_t fix_redist_read(struct fixture *f, uint32_t of, uint64_t off, uint8_t size);
void fix_redist_write(struct fixture *f, uint32_t of, uint64_t off, uint8_t size, uint64_t val);
/** Bit @intid of a one-bit register array, wherever the version has it. */
bool fix_bit(struct fixture *f, uint32_t vcpu, uint32_t off, uint32_t intid);
void fix_set_bit(struct fixture *f, uint32_t vcpu, uint32_t off, uint32_t intid);

void fix_set_irq(struct fixture *f, uint32_t vcpu, uint32_t intid, bool level);
/** An exit and the next entry of @vcpu. */
void fix_exit(struct fixture *f, uint32_t vcpu);
/** The vCPU's guest; the group is 1 in v3 and 0 in v2. */
uint32_t fix_shown(struct fixture *f, uint32_t vcpu);
uint32_t fix_ack(struct fixture *f, uint32_t vcpu);
void fix_eoi(struct fixture *f, uint32_t vcpu, uint32_t iar);

/* SPDX-License-Identifier: Apache-2.0 */
/* See fixture.h. */
#include "fixture.h"

static void kick(void *ctx, uint64_t mask)
{
	struct fixture *f = ctx;

	f->kicked |= mask;
	f->kick_count++;
}

static void set_active(void *ctx, uint32_t pintid, bool active)
{
	struct fixture *f = ctx;

	assert_true(f->hw_count < AX_ARRAY_SIZE(f->hw));
	f->hw[f->hw_count].cpu = axtest_cpu_id;
	f->hw[f->hw_count].pintid = pintid;
	f->hw[f->hw_count++].active = active;
}
static const struct vgic_hw_ops hw_ops = { .set_active = set_active };

static void deactivate(void *ctx, uint32_t pintid)
{
	(void)pintid;
	((struct fixture *)ctx)->deactivated++;
}

static void init(struct fixture *f, uint32_t version, uint32_t lr_count, bool by_maintenance)
{
	static const uint64_t mpidr[FIX_VCPUS] = { 0x80000000, 0x80000001, 0x80000100,
						   UINT64_C(0x0780000302) };
	struct vgic_cfg cfg = { .version = version,
				.vcpu_count = FIX_VCPUS,
				.spi_count = FIX_SPIS,
				.mpidr = mpidr,
				.lr = &vgic_fake_lr_ops,
				.lr_ctx = f->fake,
				.lr_count = lr_count,
				.kick = kick,
				.kick_ctx = f,
				.hw = &hw_ops,
				.hw_ctx = f,
				.hw_by_maintenance = by_maintenance };

	memset(f, 0, sizeof(*f));
	axtest_port_reset();
	assert_int_equal(vgic_init(&f->g, &cfg, f->irqs, AX_ARRAY_SIZE(f->irqs), f->vcpus), AX_OK);
	for (uint32_t i = 0; i < FIX_VCPUS; i++) {
		f->fake[i] = (struct vgic_fake){ .lr_count = lr_count,
						 .deactivate = deactivate,
						 .ctx = f };
		axtest_cpu_id = i;
		vgic_intc_ops.load(&f->g, i);
		f->fake[i].st.vmcr = (uint32_t)(ICH_VMCR_VENG0 | ICH_VMCR_VENG1 | ICH_VMCR_VPMR);
		vgic_intc_ops.flush(&f->g, i);
	}
	axtest_cpu_id = FIX_VCPUS; /* a pCPU without a vCPU */
	f->kicked = 0;
	f->kick_count = 0;
}

void fix_init(struct fixture *f, uint32_t version, uint32_t lr_count)
{
	init(f, version, lr_count, false);
}

void fix_init_by_maintenance(struct fixture *f, uint32_t version, uint32_t lr_count)
{
	init(f, version, lr_count, true);
}

uint64_t fix_dist_read(struct fixture *f, uint32_t vcpu, uint64_t off, uint8_t size)
{
	uint64_t val = UINT64_MAX;

	assert_int_equal(vgic_dist_ops.read(&f->g, &(struct ax_io){ off, vcpu, size }, &val),
			 AX_IO_HANDLED);
	return val;
}

void fix_dist_write(struct fixture *f, uint32_t vcpu, uint64_t off, uint8_t size, uint64_t val)
{
	assert_int_equal(vgic_dist_ops.write(&f->g, &(struct ax_io){ off, vcpu, size }, val),
			 AX_IO_HANDLED);
}

uint64_t fix_redist_read(struct fixture *f, uint32_t of, uint64_t off, uint8_t size)
{
	struct ax_io io = { off + (uint64_t)of * GICR_STRIDE, of % FIX_VCPUS, size };
	uint64_t val = UINT64_MAX;

	assert_int_equal(vgic_redist_ops.read(&f->g, &io, &val), AX_IO_HANDLED);
	return val;
}

void fix_redist_write(struct fixture *f, uint32_t of, uint64_t off, uint8_t size, uint64_t val)
{
	struct ax_io io = { off + (uint64_t)of * GICR_STRIDE, of % FIX_VCPUS, size };

	assert_int_equal(vgic_redist_ops.write(&f->g, &io, val), AX_IO_HANDLED);
}

static bool in_redist(const struct fixture *f, uint32_t intid)
{
	return intid < GIC_SPI_BASE && f->g.cfg.version == 3;
}

bool fix_bit(struct fixture *f, uint32_t vcpu, uint32_t off, uint32_t intid)
{
	uint64_t val = in_redist(f, intid) ? fix_redist_read(f, vcpu, GICR_SGI_BASE + off, 4)
					   : fix_dist_read(f, vcpu, off + intid / 32 * 4, 4);

	return val >> intid % 32 & 1;
}

void fix_set_bit(struct fixture *f, uint32_t vcpu, uint32_t off, uint32_t intid)
{
	if (in_redist(f, intid)) {
		fix_redist_write(f, vcpu, GICR_SGI_BASE + off, 4, UINT64_C(1) << intid);
	} else {
		fix_dist_write(f, vcpu, off + intid / 32 * 4, 4, UINT64_C(1) << intid % 32);
	}
}

void fix_open(struct fixture *f, uint32_t intid, uint8_t prio, bool edge)
{
	uint64_t cfg = edge ? UINT64_C(2) << intid % 16 * 2 : 0, old;

	fix_dist_write(f, 0, GICD_CTLR, 4, 3);
	for (uint32_t v = 0; v < (intid < GIC_SPI_BASE ? FIX_VCPUS : 1); v++) {
		if (in_redist(f, intid)) {
			old = fix_redist_read(f, v, GICR_ICFGR0 + intid / 16 * 4, 4);
			fix_redist_write(f, v, GICR_ICFGR0 + intid / 16 * 4, 4, old | cfg);
			fix_redist_write(f, v, GICR_IPRIORITYR0 + intid, 1, prio);
		} else {
			old = fix_dist_read(f, v, GICD_ICFGR + intid / 16 * 4, 4);
			fix_dist_write(f, v, GICD_ICFGR + intid / 16 * 4, 4, old | cfg);
			fix_dist_write(f, v, GICD_IPRIORITYR + intid, 1, prio);
		}
		if (f->g.cfg.version == 2 && intid >= GIC_SPI_BASE) {
			fix_dist_write(f, v, GICD_ITARGETSR + intid, 1, 1);
		}
		fix_set_bit(f, v, GICD_ISENABLER, intid);
	}
	f->kicked = 0;
	f->kick_count = 0;
}

void fix_set_irq(struct fixture *f, uint32_t vcpu, uint32_t intid, bool level)
{
	vgic_intc_ops.set_irq(&f->g, vcpu, intid, level);
}

void fix_exit(struct fixture *f, uint32_t vcpu)
{
	uint32_t back = axtest_cpu_id;

	axtest_cpu_id = vcpu;
	vgic_intc_ops.sync(&f->g, vcpu);
	vgic_intc_ops.flush(&f->g, vcpu);
	axtest_cpu_id = back;
	f->kicked &= ~(UINT64_C(1) << vcpu);
}

uint32_t fix_shown(struct fixture *f, uint32_t vcpu)
{
	return vgic_fake_signalled(&f->fake[vcpu], f->g.cfg.version - 2);
}

uint32_t fix_ack(struct fixture *f, uint32_t vcpu)
{
	return vgic_fake_ack(&f->fake[vcpu], f->g.cfg.version - 2);
}

void fix_eoi(struct fixture *f, uint32_t vcpu, uint32_t iar)
{
	vgic_fake_eoi(&f->fake[vcpu], f->g.cfg.version - 2, iar);
}

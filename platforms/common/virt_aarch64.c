/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest of the AArch64 machine "virt" is made of: GICv2 and GICv3, PL011, PL031, vCPUs; flash and
 * fw_cfg come from virt.c. These and the initialisers in platform/virt_aarch64.h name every provider
 * that a guest sees; what it stands on comes from the board.c that defines virt_aarch64_host.
 */
#include <platform/virt_aarch64.h>

#define FIRST_SPI 32

/* What the two versions have in common; the list registers' kind and the frames differ. */
static ax_err_t create_vgic(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			    uint32_t version, const struct virt_aarch64_gic *host,
			    struct vgic **out)
{
	struct vgic_cfg g_cfg = {
		.version = version,
		.vcpu_count = cfg->vcpu_count,
		.spi_count = VIRT_AARCH64_SPIS,
		.mpidr = cfg->cpu_reg,
		.lr = host->lr,
		.lr_ctx = host->lr_ctx,
		.lr_count = host->lr_count,
		.kick = cfg->kick,
		.kick_ctx = cfg->ctx,
		.hw = virt_aarch64_host.hw,
		.hw_by_maintenance = host->hw_by_maintenance,
	};
	size_t irq_count = VGIC_IRQ_COUNT(cfg->vcpu_count, VIRT_AARCH64_SPIS);
	struct vgic *g = ax_arena_alloc(arena, sizeof(*g), _Alignof(struct vgic));
	struct vgic_irq *irqs =
		ax_arena_alloc(arena, irq_count * sizeof(*irqs), _Alignof(struct vgic_irq));
	struct vgic_vcpu *vcpus =
		ax_arena_alloc(arena, cfg->vcpu_count * sizeof(*vcpus), _Alignof(struct vgic_vcpu));
	ax_err_t err;

	if (g == NULL || irqs == NULL || vcpus == NULL) {
		return AX_ENOMEM;
	}
	err = vgic_init(g, &g_cfg, irqs, irq_count, vcpus);
	for (uint32_t i = 0; err == AX_OK && i < cfg->vcpu_count; i++) {
		err = vgic_map_hw(g, i, VIRT_AARCH64_VTIMER_INTID,
				  virt_aarch64_host.vtimer_intid());
	}
	*out = g;
	return err;
}

static bool gicv3_available(void)
{
	struct virt_aarch64_gic host;

	return virt_aarch64_host.gic(3, &host);
}

static ax_err_t create_gicv3(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			     struct axvm_intc_parts *parts)
{
	uint64_t gicr_size = (uint64_t)cfg->vcpu_count * GICR_STRIDE;
	struct virt_aarch64_gic host;
	struct vgic *g;
	ax_err_t err;

	if (!virt_aarch64_host.gic(3, &host)) {
		return AX_ENOTSUP;
	}
	err = create_vgic(arena, cfg, 3, &host, &g);
	if (err != AX_OK) {
		return err;
	}
	*parts = (struct axvm_intc_parts){
		.intc = { &vgic_intc_ops, g },
		.prepare_idle = vgic_prepare_idle,
		.region_count = 3,
		.regions = {
			{ VIRT_AARCH64_GICD, GICD_V3_SIZE, &vgic_dist_ops, g, "gicd", AXBUS_MMIO },
			{ VIRT_AARCH64_GICR, gicr_size, &vgic_redist_ops, g, "gicr", AXBUS_MMIO },
			{ 0, UINT64_C(1) << 16, &vgic_sysreg_ops, g, "icc", AXBUS_SYSREG },
		},
		.fdt_dist = { VIRT_AARCH64_GICD, GICD_V3_SIZE },
		.fdt_cpu = { VIRT_AARCH64_GICR, gicr_size },
	};
	return AX_OK;
}

static bool gicv2_available(void)
{
	struct virt_aarch64_gic host;

	return virt_aarch64_host.gic(2, &host);
}

static ax_err_t create_gicv2(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			     struct axvm_intc_parts *parts)
{
	struct virt_aarch64_gic host;
	struct vgic *g;
	ax_err_t err;

	if (!virt_aarch64_host.gic(2, &host)) {
		return AX_ENOTSUP;
	}
	err = create_vgic(arena, cfg, 2, &host, &g);
	if (err != AX_OK) {
		return err;
	}
	*parts = (struct axvm_intc_parts){
		.intc = { &vgic_intc_ops, g },
		.prepare_idle = vgic_prepare_idle,
		.region_count = 1,
		.regions = {
			{ VIRT_AARCH64_GICD, GICD_V2_SIZE, &vgic_dist_ops, g, "gicd", AXBUS_MMIO },
		},
		.map_size = GICC_SIZE,
		.map_gpa = gpa(VIRT_AARCH64_GICC),
		.map_hpa = host.gicv,
		.fdt_dist = { VIRT_AARCH64_GICD, GICD_V2_SIZE },
		.fdt_cpu = { VIRT_AARCH64_GICC, GICC_SIZE },
	};
	return AX_OK;
}

const struct axvm_intc_kind virt_aarch64_intcs[2] = {
	{
		.kind = AXCONF_INTC_GICV3,
		.fdt = AXFDT_INTC_GICV3,
		.max_vcpus = VGIC_MAX_VCPUS,
		.first_shared = FIRST_SPI,
		.last_shared = FIRST_SPI + VIRT_AARCH64_SPIS - 1,
		.available = gicv3_available,
		.create = create_gicv3,
	},
	{
		.kind = AXCONF_INTC_GICV2,
		.fdt = AXFDT_INTC_GICV2,
		.max_vcpus = VGIC_MAX_VCPUS_V2,
		.first_shared = FIRST_SPI,
		.last_shared = FIRST_SPI + VIRT_AARCH64_SPIS - 1,
		.available = gicv2_available,
		.create = create_gicv2,
	},
};

void virt_aarch64_pl011_init(void *dev, const struct axvm_device_env *env)
{
	vuart_pl011_init(dev, env->irq, *env->chardev);
}

void virt_aarch64_pl011_input(void *dev)
{
	vuart_pl011_input(dev);
}

void virt_aarch64_pl031_init(void *dev, const struct axvm_device_env *env)
{
	vrtc_pl031_init(dev, env->irq, env->epoch_s);
}

uint64_t virt_aarch64_pl031_deadline_ns(void *dev)
{
	return vrtc_pl031_deadline_ns(dev);
}

void virt_aarch64_pl031_tick(void *dev)
{
	vrtc_pl031_tick(dev);
}

const struct axvm_default_device virt_aarch64_firmware[3] = {
	{ "flash0", VIRT_AARCH64_FLASH0, 0 },
	{ "flash1", VIRT_AARCH64_FLASH1, 0 },
	{ "fw-cfg", VIRT_AARCH64_FW_CFG, 0 },
};

const struct axaddrspace_fmt *virt_aarch64_fmt(void)
{
	return &axaddrspace_fmt_aarch64;
}

uint64_t virt_aarch64_cpu_reg(uint32_t id)
{
	return VCPU_AARCH64_MPIDR(id);
}

AX_STATIC_ASSERT(sizeof(struct vcpu_aarch64_cfg) <= AXVM_VCPU_CFG_BYTES);

void virt_aarch64_vcpu_cfg(uint32_t id, enum axconf_intc intc, void *buf)
{
	*(struct vcpu_aarch64_cfg *)buf = (struct vcpu_aarch64_cfg){
		.mpidr = virt_aarch64_cpu_reg(id),
		.gicv3 = intc == AXCONF_INTC_GICV3,
		.vtimer_intid = VIRT_AARCH64_VTIMER_INTID,
		.ptimer_intid = VIRT_AARCH64_PTIMER_INTID,
	};
}

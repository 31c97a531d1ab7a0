/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only list of concrete providers: what a guest of this board is made of, and where its parts
 * stand. The addresses are those of QEMU's own "virt" machine, so that firmware and bare-metal guests
 * built for it run unchanged.
 */
#include <axaddrspace/tlb.h>
#include <platform/board.h>
#include <platform/machine.h>
#include <vcpu_aarch64/vcpu.h>
#include <vgic/vgic.h>
#include <vrtc/pl031.h>
#include <vuart/pl011.h>

#define GUEST_GICD UINT64_C(0x08000000)
#define GUEST_GICC UINT64_C(0x08010000)
#define GUEST_GICR UINT64_C(0x080a0000)
#define GUEST_UART UINT64_C(0x09000000)
#define GUEST_RTC  UINT64_C(0x09010000)
#define GUEST_SPIS 64
#define VTIMER_PPI 27
#define PTIMER_PPI 30

static void hw_set_active(void *ctx, uint32_t pintid, bool active)
{
	(void)ctx;
	board_guest_irq_set_active(pintid, active);
}

static const struct vgic_hw_ops hw_ops = { .set_active = hw_set_active };

/* What the two versions have in common; the list registers' kind and the frames differ. */
static ax_err_t create_vgic(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			    struct vgic_cfg *g_cfg, struct vgic **out)
{
	size_t irq_count = VGIC_IRQ_COUNT(cfg->vcpu_count, GUEST_SPIS);
	struct vgic *g = ax_arena_alloc(arena, sizeof(*g), _Alignof(struct vgic));
	struct vgic_irq *irqs =
		ax_arena_alloc(arena, irq_count * sizeof(*irqs), _Alignof(struct vgic_irq));
	struct vgic_vcpu *vcpus =
		ax_arena_alloc(arena, cfg->vcpu_count * sizeof(*vcpus), _Alignof(struct vgic_vcpu));
	ax_err_t err;

	if (g == NULL || irqs == NULL || vcpus == NULL) {
		return AX_ENOMEM;
	}
	g_cfg->vcpu_count = cfg->vcpu_count;
	g_cfg->spi_count = GUEST_SPIS;
	g_cfg->mpidr = cfg->cpu_reg;
	g_cfg->kick = cfg->kick;
	g_cfg->kick_ctx = cfg->ctx;
	g_cfg->hw = &hw_ops;
	err = vgic_init(g, g_cfg, irqs, irq_count, vcpus);
	for (uint32_t i = 0; err == AX_OK && i < cfg->vcpu_count; i++) {
		err = vgic_map_hw(g, i, VTIMER_PPI, board_get()->vtimer_intid);
	}
	*out = g;
	return err;
}

static bool gicv3_available(void)
{
	return board_get()->gic == BOARD_GICV3;
}

static ax_err_t create_gicv3(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			     struct axvm_intc_parts *parts)
{
	struct vgic_cfg g_cfg = {
		.version = 3,
		.lr = &vgic_lr_ich_ops,
		.lr_count = vgic_ich_lr_count(),
	};
	struct vgic *g;
	ax_err_t err = create_vgic(arena, cfg, &g_cfg, &g);
	uint64_t gicr_size = (uint64_t)cfg->vcpu_count * GICR_STRIDE;

	if (err != AX_OK) {
		return err;
	}
	*parts = (struct axvm_intc_parts){
		.intc = { &vgic_intc_ops, g },
		.prepare_idle = vgic_prepare_idle,
		.region_count = 3,
		.regions = {
			{ GUEST_GICD, GICD_V3_SIZE, &vgic_dist_ops, g, "gicd", AXBUS_MMIO },
			{ GUEST_GICR, gicr_size, &vgic_redist_ops, g, "gicr", AXBUS_MMIO },
			{ 0, UINT64_C(1) << 16, &vgic_sysreg_ops, g, "icc", AXBUS_SYSREG },
		},
		.fdt_dist = { GUEST_GICD, GICD_V3_SIZE },
		.fdt_cpu = { GUEST_GICR, gicr_size },
	};
	return AX_OK;
}

static bool gicv2_available(void)
{
	return board_get()->gic == BOARD_GICV2 && board_get()->gicv_size != 0;
}

static ax_err_t create_gicv2(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			     struct axvm_intc_parts *parts)
{
	static struct vgic_gich gich;
	struct vgic_cfg g_cfg = {
		.version = 2,
		.lr = &vgic_lr_gich_ops,
		.lr_ctx = &gich,
		.hw_by_maintenance = true, /* QEMU's gic_clear_active() does not update the CPUs */
	};
	struct vgic *g;
	ax_err_t err;

	gich.base = (uintptr_t)board_get()->gich;
	g_cfg.lr_count = vgic_gich_lr_count(&gich);
	err = create_vgic(arena, cfg, &g_cfg, &g);
	if (err != AX_OK) {
		return err;
	}
	*parts = (struct axvm_intc_parts){
		.intc = { &vgic_intc_ops, g },
		.prepare_idle = vgic_prepare_idle,
		.region_count = 1,
		.regions = {
			{ GUEST_GICD, GICD_V2_SIZE, &vgic_dist_ops, g, "gicd", AXBUS_MMIO },
		},
		.map_size = GICC_SIZE,
		.map_gpa = gpa(GUEST_GICC),
		.map_hpa = board_get()->gicv,
		.fdt_dist = { GUEST_GICD, GICD_V2_SIZE },
		.fdt_cpu = { GUEST_GICC, GICC_SIZE },
	};
	return AX_OK;
}

static const struct axvm_intc_kind intcs[] = {
	{
		.kind = AXCONF_INTC_GICV3,
		.fdt = AXFDT_INTC_GICV3,
		.max_vcpus = VGIC_MAX_VCPUS,
		.first_shared = 32,
		.last_shared = 32 + GUEST_SPIS - 1,
		.available = gicv3_available,
		.create = create_gicv3,
	},
	{
		.kind = AXCONF_INTC_GICV2,
		.fdt = AXFDT_INTC_GICV2,
		.max_vcpus = VGIC_MAX_VCPUS_V2,
		.first_shared = 32,
		.last_shared = 32 + GUEST_SPIS - 1,
		.available = gicv2_available,
		.create = create_gicv2,
	},
};

static void pl011_init(void *dev, const struct axvm_device_env *env)
{
	vuart_pl011_init(dev, env->irq, *env->chardev);
}

static void pl011_input(void *dev)
{
	vuart_pl011_input(dev);
}

static void pl031_init(void *dev, const struct axvm_device_env *env)
{
	vrtc_pl031_init(dev, env->irq, env->epoch_s);
}

static uint64_t pl031_deadline_ns(void *dev)
{
	return vrtc_pl031_deadline_ns(dev);
}

static void pl031_tick(void *dev)
{
	vrtc_pl031_tick(dev);
}

static const struct axvm_model models[] = {
	{
		.name = "pl011",
		.ops = &vuart_pl011_ops,
		.size = sizeof(struct vuart_pl011),
		.align = _Alignof(struct vuart_pl011),
		.reg_size = VUART_PL011_SIZE,
		.fdt = AXFDT_PL011,
		.init = pl011_init,
		.input = pl011_input,
	},
	{
		.name = "pl031",
		.ops = &vrtc_pl031_ops,
		.size = sizeof(struct vrtc_pl031),
		.align = _Alignof(struct vrtc_pl031),
		.reg_size = VRTC_PL031_SIZE,
		.fdt = AXFDT_PL031,
		.init = pl031_init,
		.deadline_ns = pl031_deadline_ns,
		.tick = pl031_tick,
	},
};

static const struct axvm_default_device defaults[] = {
	{ "pl011", GUEST_UART, 33 },
	{ "pl031", GUEST_RTC, 34 },
};

static uint64_t cpu_reg(uint32_t id)
{
	return VCPU_AARCH64_MPIDR(id);
}

AX_STATIC_ASSERT(sizeof(struct vcpu_aarch64_cfg) <= AXVM_VCPU_CFG_BYTES);

static void vcpu_cfg(uint32_t id, enum axconf_intc intc, void *buf)
{
	*(struct vcpu_aarch64_cfg *)buf = (struct vcpu_aarch64_cfg){
		.mpidr = cpu_reg(id),
		.gicv3 = intc == AXCONF_INTC_GICV3,
		.vtimer_intid = VTIMER_PPI,
		.ptimer_intid = PTIMER_PPI,
	};
}

static uint32_t pa_bits(void)
{
	return board_get()->pa_bits;
}

const struct axvm_machine board_machine = {
	.compatible = "linux,dummy-virt",
	.cpu_compatible = "arm,armv8",
	.vcpu = &vcpu_aarch64_ops,
	.cpu_init = vcpu_aarch64_cpu_init,
	.vcpu_cfg = vcpu_cfg,
	.cpu_reg = cpu_reg,
	.fmt = &axaddrspace_fmt_aarch64,
	.tlb = &axaddrspace_tlb_aarch64,
	.tlb_flush_all = axaddrspace_tlb_aarch64_flush_all,
	.pa_bits = pa_bits,
	.tag_bits = 8, /* every implementation has these; 255 guests are enough */
	.gpa_bits = 40,
	.models = models,
	.model_count = AX_ARRAY_SIZE(models),
	.defaults = defaults,
	.default_count = AX_ARRAY_SIZE(defaults),
	.intcs = intcs,
	.intc_count = AX_ARRAY_SIZE(intcs),
};

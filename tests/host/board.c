/* SPDX-License-Identifier: Apache-2.0 */
/* What the host's machine is made of: the real providers, on fake hardware where they touch it. */
#include "machine.h"
#include <vrtc/pl031.h>
#include <vuart/ns16550.h>
#include <vuart/pl011.h>

static void hw_set_active(void *ctx, uint32_t pintid, bool active)
{
	(void)ctx;
	ax_assert(pintid == VTIMER_INTID);
	machine.vtimer_active[axtest_cpu_id] = active;
}

static const struct vgic_hw_ops hw_ops = { .set_active = hw_set_active };

static ax_err_t create_vgic(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			    uint32_t version, struct vgic **out)
{
	struct vgic_cfg g_cfg = {
		.version = version,
		.vcpu_count = cfg->vcpu_count,
		.spi_count = GUEST_SPIS,
		.mpidr = cfg->cpu_reg,
		.lr = &vgic_fake_lr_ops,
		.lr_ctx = machine.gic,
		.lr_count = MACHINE_LRS,
		.kick = cfg->kick,
		.kick_ctx = cfg->ctx,
		.hw = &hw_ops,
	};
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
	err = vgic_init(g, &g_cfg, irqs, irq_count, vcpus);
	for (uint32_t i = 0; err == AX_OK && i < cfg->vcpu_count; i++) {
		err = vgic_map_hw(g, i, VTIMER_INTID, VTIMER_INTID);
	}
	*out = g;
	return err;
}

static bool available(void)
{
	return true;
}

static ax_err_t create_gicv3(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			     struct axvm_intc_parts *parts)
{
	uint64_t gicr_size = (uint64_t)cfg->vcpu_count * GICR_STRIDE;
	struct vgic *g;
	ax_err_t err = create_vgic(arena, cfg, 3, &g);

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

static ax_err_t create_gicv2(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			     struct axvm_intc_parts *parts)
{
	struct vgic *g;
	ax_err_t err = create_vgic(arena, cfg, 2, &g);

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
		.map_hpa = hpa(0x08040000),
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
		.available = available,
		.create = create_gicv3,
	},
	{
		.kind = AXCONF_INTC_GICV2,
		.fdt = AXFDT_INTC_GICV2,
		.max_vcpus = VGIC_MAX_VCPUS_V2,
		.first_shared = 32,
		.last_shared = 32 + GUEST_SPIS - 1,
		.available = available,
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

static void ns16550_init(void *dev, const struct axvm_device_env *env)
{
	vuart_ns16550_init(dev, env->irq, *env->chardev);
}

static void ns16550_input(void *dev)
{
	vuart_ns16550_input(dev);
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
	{
		.name = "ns16550a",
		.ops = &vuart_ns16550_ops,
		.size = sizeof(struct vuart_ns16550),
		.align = _Alignof(struct vuart_ns16550),
		.reg_size = VUART_NS16550_SIZE,
		.fdt = AXFDT_NS16550A,
		.init = ns16550_init,
		.input = ns16550_input,
	},
};

static const struct axvm_default_device defaults[] = {
	{ "pl011", GUEST_UART, UART_INTID },
	{ "pl031", GUEST_RTC, RTC_INTID },
	{ "ns16550a", GUEST_NS16550, NS16550_INTID },
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
		.vtimer_intid = VTIMER_INTID,
		.ptimer_intid = PTIMER_INTID,
	};
}

static uint32_t pa_bits(void)
{
	return 44;
}

const struct axvm_machine machine_board = {
	.compatible = "linux,dummy-virt",
	.cpu_compatible = "arm,armv8",
	.vcpu = &vcpu_aarch64_ops,
	.cpu_init = vcpu_aarch64_cpu_init,
	.vcpu_cfg = vcpu_cfg,
	.cpu_reg = cpu_reg,
	.fmt = &axaddrspace_fmt_aarch64,
	.tlb = &axaddrspace_tlb_fake,
	.tlb_ctx = &machine.tlb,
	.pa_bits = pa_bits,
	.tag_bits = 8,
	.gpa_bits = 40,
	.models = models,
	.model_count = AX_ARRAY_SIZE(models),
	.defaults = defaults,
	.default_count = AX_ARRAY_SIZE(defaults),
	.intcs = intcs,
	.intc_count = AX_ARRAY_SIZE(intcs),
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host's machine is made of: the guest machine that the AArch64 boards offer, with one device
 * more, on fake hardware.
 */
#include "machine.h"
#include <vuart/ns16550.h>

static void hw_set_active(void *ctx, uint32_t pintid, bool active)
{
	(void)ctx;
	ax_assert(pintid == VTIMER_INTID);
	machine.arch.vtimer_active[axtest_cpu_id] = active;
}

static const struct vgic_hw_ops hw_ops = { .set_active = hw_set_active };

static bool host_gic(uint32_t version, struct virt_aarch64_gic *out)
{
	*out = (struct virt_aarch64_gic){
		.lr = &vgic_fake_lr_ops,
		.lr_ctx = machine.arch.gic,
		.lr_count = MACHINE_LRS,
	};
	if (version == 2) {
		out->gicv = hpa(0x08040000);
	}
	return true;
}

static uint32_t vtimer_intid(void)
{
	return VTIMER_INTID;
}

const struct virt_aarch64_host virt_aarch64_host = {
	.gic = host_gic,
	.hw = &hw_ops,
	.vtimer_intid = vtimer_intid,
};

static void ns16550_init(void *dev, const struct axvm_device_env *env)
{
	vuart_ns16550_init(dev, env->irq, *env->chardev);
}

static void ns16550_input(void *dev)
{
	vuart_ns16550_input(dev);
}

static const struct axvm_model models[] = {
	VIRT_AARCH64_MODELS,
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
	VIRT_AARCH64_DEFAULTS,
	{ "ns16550a", GUEST_NS16550, NS16550_INTID },
};

static uint32_t pa_bits(void)
{
	return 44;
}

const struct axvm_machine machine_board = {
	VIRT_AARCH64_MACHINE,
	.cpu_init = vcpu_aarch64_cpu_init,
	.tlb = &axaddrspace_tlb_fake,
	.tlb_ctx = &machine.tlb,
	.pa_bits = pa_bits,
	.models = models,
	.model_count = AX_ARRAY_SIZE(models),
	.defaults = defaults,
	.default_count = AX_ARRAY_SIZE(defaults),
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this board's guests are made of: the machine of platform/virt_aarch64.h, which names the vCPU
 * back end, the interrupt controllers and the device models, on the providers named here, which are all
 * that touch this host: list registers, physical interrupts, TLB, CPU setup.
 */
#include <axaddrspace/tlb.h>
#include <platform/board_aarch64.h>
#include <platform/machine.h>
#include <platform/virt_aarch64.h>

static void hw_set_active(void *ctx, uint32_t pintid, bool active)
{
	(void)ctx;
	board_guest_irq_set_active(pintid, active);
}

static const struct vgic_hw_ops hw_ops = { .set_active = hw_set_active };

static bool host_gic(uint32_t version, struct virt_aarch64_gic *out)
{
	static struct vgic_gich gich;
	const struct board_aarch64 *b = board_aarch64_get();

	if (version == 3 && b->gic == BOARD_GICV3) {
		*out = (struct virt_aarch64_gic){
			.lr = &vgic_lr_ich_ops,
			.lr_count = vgic_ich_lr_count(),
		};
		return true;
	}
	if (version == 2 && b->gic == BOARD_GICV2 && b->gicv_size != 0) {
		gich.base = (uintptr_t)b->gich;
		*out = (struct virt_aarch64_gic){
			.lr = &vgic_lr_gich_ops,
			.lr_ctx = &gich,
			.lr_count = vgic_gich_lr_count(&gich),
			/* QEMU's gic_clear_active() does not update the CPUs */
			.hw_by_maintenance = true,
			.gicv = b->gicv,
		};
		return true;
	}
	return false;
}

static uint32_t vtimer_intid(void)
{
	return board_aarch64_get()->vtimer_intid;
}

const struct virt_aarch64_host virt_aarch64_host = {
	.gic = host_gic,
	.hw = &hw_ops,
	.vtimer_intid = vtimer_intid,
};

static uint32_t pa_bits(void)
{
	return board_get()->pa_bits;
}

static const struct axvm_model models[] = { VIRT_AARCH64_MODELS };

static const struct axvm_default_device defaults[] = { VIRT_AARCH64_DEFAULTS };

const struct axvm_machine board_machine = {
	VIRT_AARCH64_MACHINE,
	.cpu_init = vcpu_aarch64_cpu_init,
	.tlb = &axaddrspace_tlb_aarch64,
	.tlb_flush_all = axaddrspace_tlb_aarch64_flush_all,
	.pa_bits = pa_bits,
	.models = models,
	.model_count = AX_ARRAY_SIZE(models),
	.defaults = defaults,
	.default_count = AX_ARRAY_SIZE(defaults),
};

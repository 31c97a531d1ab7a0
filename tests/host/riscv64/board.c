/* SPDX-License-Identifier: Apache-2.0 */
/* What the host's machine is made of: the guest machine that the RISC-V boards offer, on fake hardware. */
#include "machine.h"

static void set_external(void *ctx, bool level)
{
	uint64_t hvip = vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_HVIP);

	(void)ctx;
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP,
			      level ? hvip | HVIP_VSEIP : hvip & ~HVIP_VSEIP);
}

static bool external_enabled(void *ctx)
{
	(void)ctx;
	return (vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_VSIE) & SIP_SEIP) != 0;
}

static const struct vplic_hw_ops hw_ops = {
	.set_external = set_external,
	.external_enabled = external_enabled,
};

static void host_cpu(struct virt_riscv64_cpu *out)
{
	static const struct axaddrspace_fmt *const fmts[ARCH_INTCS] = {
		[ARCH_SV39] = &axaddrspace_fmt_sv39x4,
		[ARCH_SV48] = &axaddrspace_fmt_sv48x4,
		[ARCH_SV57] = &axaddrspace_fmt_sv57x4,
	};
	uint64_t all = (UINT64_C(1) << VCPU_RISCV64_EXT_COUNT) - 1;

	*out = (struct virt_riscv64_cpu){
		.exts = machine.arch.kind == ARCH_SV48 ? all & ~VCPU_RISCV64_EXT(SSTC) : all,
		.timebase_hz = VCPU_RISCV64_FAKE_TIMEBASE_HZ,
		.mmu = "riscv,sv39",
		.fmt = fmts[machine.arch.kind],
		.cbom_block = machine.arch.kind == ARCH_SV57 ? 0 : 64,
		.cboz_block = machine.arch.kind == ARCH_SV57 ? 0 : 128,
	};
}

const struct virt_riscv64_host virt_riscv64_host = {
	.cpu = host_cpu,
	.hw = &hw_ops,
};

static uint32_t pa_bits(void)
{
	return 56;
}

static const struct axvm_model models[] = { VIRT_RISCV64_MODELS };

static const struct axvm_default_device defaults[] = { VIRT_RISCV64_DEFAULTS };

const struct axvm_machine machine_board = {
	VIRT_RISCV64_MACHINE,
	.cpu_init = vcpu_riscv64_cpu_init,
	.tlb = &axaddrspace_tlb_fake,
	.tlb_ctx = &machine.tlb,
	.pa_bits = pa_bits,
	.models = models,
	.model_count = AX_ARRAY_SIZE(models),
	.defaults = defaults,
	.default_count = AX_ARRAY_SIZE(defaults),
};

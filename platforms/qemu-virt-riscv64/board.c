/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this board's guests are made of: the machine of platform/virt_riscv64.h, which names the vCPU
 * back end, the interrupt controller and the device models, on the providers named here, which are all
 * that touch this host: the interrupt wire, what harts can do, TLB, CPU setup.
 */
#include <axport/assert.h>
#include <platform/board_riscv64.h>
#include <platform/machine.h>
#include <platform/virt_riscv64.h>

/* hgatp.MODE, privileged manual 8.2.10. */
#define HGATP_SV39X4 8
#define HGATP_SV48X4 9

static uint64_t usable_exts(const struct board_riscv64 *b)
{
	uint64_t exts = 0;
	bool h;

	if (!vcpu_riscv64_isa_parse(b->isa, &exts, &h)) {
		return 0; /* what every guest has is there, or this would not run; no more is known */
	}
	if (!b->sstc) {
		exts &= ~VCPU_RISCV64_EXT(SSTC);
	}
	return vcpu_riscv64_usable(exts);
}

/* The smallest tree: fewer levels to walk, and room for any guest. */
static const struct axaddrspace_fmt *smallest_fmt(uint32_t modes)
{
	return (modes >> HGATP_SV39X4 & 1) != 0   ? &axaddrspace_fmt_sv39x4
	       : (modes >> HGATP_SV48X4 & 1) != 0 ? &axaddrspace_fmt_sv48x4
						  : &axaddrspace_fmt_sv57x4;
}

static void host_cpu(struct virt_riscv64_cpu *out)
{
	const struct board_riscv64 *b = board_riscv64_get();

	*out = (struct virt_riscv64_cpu){
		.exts = usable_exts(b),
		.timebase_hz = b->timebase_hz,
		.mmu = b->mmu_type[0] != '\0' ? b->mmu_type : NULL,
		.fmt = smallest_fmt(b->hgatp_modes),
		.cbom_block = b->cbom_bytes,
		.cboz_block = b->cboz_bytes,
	};
}

/* --- Interrupts of the host's devices, for guests under the same numbers */

static struct vplic_assign assign;

const struct virt_riscv64_host virt_riscv64_host = {
	.cpu = host_cpu,
	.hw = &vplic_hw_hvip_ops,
	.assign = &assign,
};

static void enable_source(void *ctx, uint32_t source, bool on)
{
	ax_err_t err = board_plic_enable(source, on);

	(void)ctx;
	ax_assert(err == AX_OK); /* bind_source() has asked for it before */
}

static void complete_source(void *ctx, uint32_t source)
{
	(void)ctx;
	board_plic_complete(source);
}

static bool take_source(uint32_t source)
{
	return vplic_assign_claimed(&assign, source);
}

static ax_err_t bind_source(void *intc, uint32_t irq)
{
	static const struct vplic_assign_host_ops host = { enable_source, complete_source };
	static struct vplic_assign_source sources[VPLIC_SOURCE_COUNT(VIRT_RISCV64_SOURCES)];

	if (assign.sources == NULL) {
		vplic_assign_init(&assign, sources, VIRT_RISCV64_SOURCES, &host, NULL);
		board_plic_set_guest(take_source);
	}
	return board_plic_may_give(irq) ? vplic_assign_bind(&assign, irq, intc, irq) : AX_EEXIST;
}

static void release_sources(void *intc)
{
	vplic_assign_release(&assign, intc);
}

static const struct axvm_assign_ops assign_ops = { bind_source, release_sources };

static uint32_t pa_bits(void)
{
	return board_get()->pa_bits;
}

static const struct axvm_model models[] = { VIRT_RISCV64_MODELS };

static const struct axvm_default_device defaults[] = { VIRT_RISCV64_DEFAULTS };

const struct axvm_machine board_machine = {
	VIRT_RISCV64_MACHINE,
	.cpu_init = vcpu_riscv64_cpu_init,
	.tlb = &board_tlb_ops,
	.tlb_flush_all = board_tlb_flush_all,
	.pa_bits = pa_bits,
	.models = models,
	.model_count = AX_ARRAY_SIZE(models),
	.defaults = defaults,
	.default_count = AX_ARRAY_SIZE(defaults),
	.passthrough_allowed = board_may_give,
	.assign = &assign_ops,
};

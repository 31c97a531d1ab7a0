/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest of the RISC-V machine "virt" is made of: PLIC, NS16550A, goldfish RTC, vCPUs; flash and
 * fw_cfg come from virt.c. These and the initialisers in platform/virt_riscv64.h name every provider that a
 * guest sees; what it stands on comes from the board.c that defines virt_riscv64_host.
 */
#include <axport/assert.h>
#include <platform/virt_riscv64.h>

static bool plic_available(void)
{
	return true;
}

static ax_err_t create_plic(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			    struct axvm_intc_parts *parts)
{
	const struct virt_riscv64_host *host = &virt_riscv64_host;
	uint32_t context_count = VIRT_RISCV64_CONTEXT_M(cfg->vcpu_count);
	size_t source_room = VPLIC_SOURCE_COUNT(VIRT_RISCV64_SOURCES);
	struct vplic_context_cfg contexts[VIRT_RISCV64_CONTEXT_M(VIRT_RISCV64_MAX_VCPUS)];
	struct vplic_cfg p_cfg = {
		.source_count = VIRT_RISCV64_SOURCES,
		.priority_bits = VIRT_RISCV64_PRIORITY_BITS,
		.vcpu_count = cfg->vcpu_count,
		.context_count = context_count,
		.contexts = contexts,
		.kick = cfg->kick,
		.kick_ctx = cfg->ctx,
		.completed = host->assign != NULL ? vplic_assign_completed : NULL,
		.completed_ctx = host->assign,
		.hw = host->hw,
		.hw_ctx = host->hw_ctx,
	};
	struct vplic *p = ax_arena_alloc(arena, sizeof(*p), _Alignof(struct vplic));
	struct vplic_source *sources = ax_arena_alloc(arena, source_room * sizeof(*sources),
						      _Alignof(struct vplic_source));
	struct vplic_context *store = ax_arena_alloc(arena, context_count * sizeof(*store),
						     _Alignof(struct vplic_context));
	ax_err_t err;

	if (p == NULL || sources == NULL || store == NULL) {
		return AX_ENOMEM;
	}
	for (uint16_t i = 0; i < cfg->vcpu_count; i++) {
		contexts[VIRT_RISCV64_CONTEXT_M(i)] = (struct vplic_context_cfg){ .vcpu = i };
		contexts[VIRT_RISCV64_CONTEXT_S(i)] =
			(struct vplic_context_cfg){ .vcpu = i, .wired = true };
	}
	err = vplic_init(p, &p_cfg, sources, source_room, store);
	*parts = (struct axvm_intc_parts){
		.intc = { &vplic_intc_ops, p },
		.prepare_idle = vplic_prepare_idle,
		.region_count = 1,
		.regions = {
			{ VIRT_RISCV64_PLIC, VPLIC_SIZE(context_count), &vplic_dev_ops, p, "plic",
			  AXBUS_MMIO },
		},
		.fdt_dist = { VIRT_RISCV64_PLIC, VPLIC_SIZE(context_count) },
	};
	return err;
}

const struct axvm_intc_kind virt_riscv64_intcs[1] = {
	{
		.kind = AXCONF_INTC_PLIC,
		.fdt = AXFDT_INTC_PLIC,
		.max_vcpus = VIRT_RISCV64_MAX_VCPUS,
		.first_shared = 1,
		.last_shared = VIRT_RISCV64_SOURCES,
		.available = plic_available,
		.create = create_plic,
	},
};

void virt_riscv64_uart_init(void *dev, const struct axvm_device_env *env)
{
	vuart_ns16550_init(dev, env->irq, *env->chardev);
}

void virt_riscv64_uart_input(void *dev)
{
	vuart_ns16550_input(dev);
}

void virt_riscv64_rtc_init(void *dev, const struct axvm_device_env *env)
{
	vrtc_goldfish_init(dev, env->irq, env->epoch_s);
}

uint64_t virt_riscv64_rtc_deadline_ns(void *dev)
{
	return vrtc_goldfish_deadline_ns(dev);
}

void virt_riscv64_rtc_tick(void *dev)
{
	vrtc_goldfish_tick(dev);
}

const struct axvm_default_device virt_riscv64_firmware[3] = {
	{ "flash0", VIRT_RISCV64_FLASH0, 0 },
	{ "flash1", VIRT_RISCV64_FLASH1, 0 },
	{ "fw-cfg", VIRT_RISCV64_FW_CFG, 0 },
};

/* The guest's: nobody can use an extension whose blocks have an unknown size. */
static struct virt_riscv64_cpu guest_cpu(void)
{
	struct virt_riscv64_cpu cpu;

	virt_riscv64_host.cpu(&cpu);
	if (cpu.cbom_block == 0) {
		cpu.exts &= ~VCPU_RISCV64_EXT(ZICBOM);
	}
	if (cpu.cboz_block == 0) {
		cpu.exts &= ~VCPU_RISCV64_EXT(ZICBOZ);
	}
	return cpu;
}

void virt_riscv64_describe_cpus(struct axfdt_machine *tree)
{
	struct virt_riscv64_cpu cpu = guest_cpu();
	struct axfdt_riscv *r = &tree->riscv;
	ax_err_t err;

	*r = (struct axfdt_riscv){
		.mmu = cpu.mmu,
		.timebase_hz = (uint32_t)cpu.timebase_hz,
		.cbom_block = (cpu.exts & VCPU_RISCV64_EXT(ZICBOM)) != 0 ? cpu.cbom_block : 0,
		.cboz_block = (cpu.exts & VCPU_RISCV64_EXT(ZICBOZ)) != 0 ? cpu.cboz_block : 0,
	};
	err = vcpu_riscv64_isa_write(cpu.exts, r->isa, sizeof(r->isa), r->isa_extensions,
				     sizeof(r->isa_extensions), &r->isa_extensions_bytes);
	ax_assert(err == AX_OK); /* there is room for all names there are */
}

const struct axaddrspace_fmt *virt_riscv64_fmt(void)
{
	return guest_cpu().fmt;
}

uint64_t virt_riscv64_cpu_reg(uint32_t id)
{
	return id;
}

AX_STATIC_ASSERT(sizeof(struct vcpu_riscv64_cfg) <= AXVM_VCPU_CFG_BYTES);

void virt_riscv64_vcpu_cfg(uint32_t id, enum axconf_intc intc, void *buf)
{
	struct virt_riscv64_cpu cpu = guest_cpu();

	(void)id;
	(void)intc;
	*(struct vcpu_riscv64_cfg *)buf = (struct vcpu_riscv64_cfg){
		.exts = cpu.exts,
		.timebase_hz = cpu.timebase_hz,
	};
}

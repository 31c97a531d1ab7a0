/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPUs, PSCI, timer and interrupt controller. Bindings: Linux Documentation/devicetree/bindings
 * arm/cpus.yaml, arm/psci.yaml, timer/arm,arch_timer.yaml, interrupt-controller/arm,gic*.yaml,
 * riscv/cpus.yaml, riscv/extensions.yaml, interrupt-controller/sifive,plic-1.0.0.yaml.
 */
#include "writer.h"

#define GIC_PPI         1
#define IRQ_LEVEL_LOW   8
#define RISCV_IRQ_S_EXT 9
#define RISCV_IRQ_NONE  UINT32_MAX

/* INTID 16 is PPI 0. */
#define PPI_TIMER_SECURE   13
#define PPI_TIMER_PHYSICAL 14
#define PPI_TIMER_VIRTUAL  11
#define PPI_TIMER_HYP      10

/* One cell holds Aff2.Aff1.Aff0 or a small hart id; any CPU with more makes it two for all. */
static uint32_t reg_cells(const struct axfdt_machine *m)
{
	for (uint32_t i = 0; i < m->cpu_count; i++) {
		if (m->cpu_reg[i] > UINT32_MAX) {
			return 2;
		}
	}
	return 1;
}

static void write_nonzero(struct writer *w, const char *prop, uint32_t value)
{
	if (value != 0) {
		axfdt_u32(w, prop, value);
	}
}

static void write_riscv_cpu(struct writer *w, const struct axfdt_machine *m, uint32_t cpu)
{
	const struct axfdt_riscv *r = &m->riscv;

	if (r->isa[0] != '\0') {
		axfdt_str(w, "riscv,isa", r->isa);
	}
	if (r->isa_extensions_bytes != 0) { /* what newer readers take instead of the line above */
		axfdt_str(w, "riscv,isa-base", "rv64i");
		axfdt_strs(w, "riscv,isa-extensions", r->isa_extensions, r->isa_extensions_bytes);
	}
	write_nonzero(w, "riscv,cbom-block-size", r->cbom_block);
	write_nonzero(w, "riscv,cboz-block-size", r->cboz_block);
	if (r->mmu != NULL) {
		axfdt_str(w, "mmu-type", r->mmu);
	}
	axfdt_begin(w, "interrupt-controller");
	axfdt_u32(w, "#interrupt-cells", 1);
	axfdt_u32(w, "#address-cells", 0);
	axfdt_empty(w, "interrupt-controller");
	axfdt_str(w, "compatible", "riscv,cpu-intc");
	axfdt_u32(w, "phandle", PHANDLE_CPU0 + cpu);
	axfdt_end(w);
}

void axfdt_write_cpus(struct writer *w, const struct axfdt_machine *m)
{
	uint32_t cells = reg_cells(m);

	axfdt_begin(w, "cpus");
	axfdt_u32(w, "#address-cells", cells);
	axfdt_u32(w, "#size-cells", 0);
	if (m->intc == AXFDT_INTC_PLIC) {
		axfdt_u32(w, "timebase-frequency", m->riscv.timebase_hz);
	}
	for (uint32_t i = 0; i < m->cpu_count; i++) {
		axfdt_begin_at(w, "cpu", m->cpu_reg[i]);
		axfdt_str(w, "device_type", "cpu");
		if (m->cpu_compatible != NULL) {
			axfdt_str(w, "compatible", m->cpu_compatible);
		}
		if (cells == 2) {
			axfdt_u64(w, "reg", m->cpu_reg[i]);
		} else {
			axfdt_u32(w, "reg", (uint32_t)m->cpu_reg[i]);
		}
		axfdt_str(w, "status", "okay");
		if (m->intc == AXFDT_INTC_PLIC) {
			write_riscv_cpu(w, m, i);
		} else {
			axfdt_str(w, "enable-method", "psci");
		}
		axfdt_end(w);
	}
	axfdt_end(w);
}

static void write_psci(struct writer *w)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	axfdt_begin(w, "psci");
	axfdt_strs(w, "compatible", compatible, sizeof(compatible));
	axfdt_str(w, "method", "hvc");
	axfdt_end(w);
}

static void write_timer(struct writer *w, const struct axfdt_machine *m)
{
	/* GICv2 wants the mask of the CPUs that have the PPI in bits 15:8, GICv3 a zero. */
	uint32_t cpus = m->cpu_count < 8 ? m->cpu_count : 8;
	uint32_t mask = m->intc == AXFDT_INTC_GICV2 ? ((1U << cpus) - 1) << 8 : 0;
	uint32_t flags = mask | IRQ_LEVEL_LOW;
	const uint32_t interrupts[] = {
		GIC_PPI, PPI_TIMER_SECURE,  flags, GIC_PPI, PPI_TIMER_PHYSICAL, flags,
		GIC_PPI, PPI_TIMER_VIRTUAL, flags, GIC_PPI, PPI_TIMER_HYP,      flags,
	};

	axfdt_begin(w, "timer");
	axfdt_str(w, "compatible", "arm,armv8-timer");
	axfdt_cells(w, "interrupts", interrupts, AX_ARRAY_SIZE(interrupts));
	axfdt_empty(w, "always-on");
	axfdt_end(w);
}

static void write_gic(struct writer *w, const struct axfdt_machine *m)
{
	const struct axfdt_range reg[2] = { m->intc_dist, m->intc_cpu };

	axfdt_begin_at(w, "interrupt-controller", m->intc_dist.base);
	axfdt_str(w, "compatible",
		  m->intc == AXFDT_INTC_GICV3 ? "arm,gic-v3" : "arm,cortex-a15-gic");
	axfdt_u32(w, "#interrupt-cells", 3);
	axfdt_u32(w, "#address-cells", 0);
	axfdt_empty(w, "interrupt-controller");
	axfdt_reg(w, reg, 2);
	axfdt_u32(w, "phandle", PHANDLE_INTC);
	axfdt_end(w);
}

/*
 * Two contexts for each hart: the first, for M-mode, leads nowhere, as a guest has none; the second
 * is S-mode's external interrupt. So context numbers are those of hardware with both modes.
 */
static void write_plic(struct writer *w, const struct axfdt_machine *m)
{
	static const char compatible[] = "sifive,plic-1.0.0\0riscv,plic0";
	uint32_t extended[4 * AXFDT_MAX_CPUS];
	uint32_t *cell = extended;

	for (uint32_t i = 0; i < m->cpu_count; i++) {
		*cell++ = PHANDLE_CPU0 + i;
		*cell++ = RISCV_IRQ_NONE;
		*cell++ = PHANDLE_CPU0 + i;
		*cell++ = RISCV_IRQ_S_EXT;
	}
	axfdt_begin_at(w, "interrupt-controller", m->intc_dist.base);
	axfdt_strs(w, "compatible", compatible, sizeof(compatible));
	axfdt_u32(w, "#interrupt-cells", 1);
	axfdt_u32(w, "#address-cells", 0);
	axfdt_empty(w, "interrupt-controller");
	axfdt_reg(w, &m->intc_dist, 1);
	axfdt_cells(w, "interrupts-extended", extended, 4 * m->cpu_count);
	axfdt_u32(w, "riscv,ndev", m->intc_source_count);
	axfdt_u32(w, "phandle", PHANDLE_INTC);
	axfdt_end(w);
}

void axfdt_write_intc(struct writer *w, const struct axfdt_machine *m)
{
	switch (m->intc) {
	case AXFDT_INTC_GICV2:
	case AXFDT_INTC_GICV3:
		write_psci(w);
		write_timer(w, m);
		write_gic(w, m);
		break;
	case AXFDT_INTC_PLIC:
		write_plic(w, m);
		break;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "machines.h"

struct axfdt_machine machine_gicv3(void)
{
	return (struct axfdt_machine){
		.compatible = "linux,dummy-virt",
		.model = "test",
		.cmdline = "console=ttyAMA0",
		.initrd = { 0x48000000, 0x4000000 },
		.mem_count = 2,
		.mem = { { 0x40000000, 0x10000000 }, { 0x880000000, 0x100000000 } },
		.cpu_count = 3,
		.cpu_compatible = "arm,armv8",
		.cpu_reg = { 0, 1, 0x100 },
		.intc = AXFDT_INTC_GICV3,
		.intc_dist = { 0x8000000, 0x10000 },
		.intc_cpu = { 0x80a0000, 0x60000 },
		.device_count = 4,
		.devices = {
			{ .kind = AXFDT_PL031, .reg = { 0x9010000, 0x1000 }, .irq = 34 },
			{ .kind = AXFDT_PL011, .reg = { 0x9000000, 0x1000 }, .irq = 33 },
			{ .kind = AXFDT_VIRTIO_MMIO, .reg = { 0xa000000, 0x200 }, .irq = 48, .edge = true },
			{ .kind = AXFDT_VIRTIO_MMIO, .reg = { 0xa000200, 0x200 }, .irq = 31 },
		},
		.stdout_device = 1,
	};
}

struct axfdt_machine machine_gicv2(void)
{
	struct axfdt_machine m = machine_gicv3();

	m.intc = AXFDT_INTC_GICV2;
	m.intc_cpu = (struct axfdt_range){ 0x8010000, 0x10000 };
	m.cpu_count = 2;
	m.cpu_reg[1] = 0x100000000; /* Aff3 1: two cells for all */
	m.cmdline = NULL;
	m.initrd.size = 0;
	m.stdout_device = -1;
	return m;
}

struct axfdt_machine machine_plic(void)
{
	return (struct axfdt_machine){
		.compatible = "riscv-virtio",
		.mem_count = 1,
		.mem = { { 0x80000000, 0x10000000 } },
		.cpu_count = 2,
		.cpu_compatible = "riscv",
		.cpu_reg = { 0, 1 },
		.riscv = {
			.isa = "rv64imafdc_zicbom_zicboz_zicsr_sstc",
			.isa_extensions = "i\0m\0a\0f\0d\0c\0zicbom\0zicboz\0zicsr\0sstc",
			.isa_extensions_bytes = 37,
			.mmu = "riscv,sv48",
			.timebase_hz = 10000000,
			.cbom_block = 64,
			.cboz_block = 128,
		},
		.intc = AXFDT_INTC_PLIC,
		.intc_dist = { 0xc000000, 0x600000 },
		.intc_source_count = 96,
		.device_count = 5,
		.devices = {
			{ .kind = AXFDT_NS16550A, .reg = { 0x10000000, 0x100 }, .irq = 10 },
			{ .kind = AXFDT_VIRTIO_MMIO, .reg = { 0x10001000, 0x1000 }, .irq = 1 },
			{ .kind = AXFDT_GOLDFISH_RTC, .reg = { 0x101000, 0x1000 }, .irq = 11 },
			{ .kind = AXFDT_CFI_FLASH, .reg = { 0x20000000, 0x2000000 } },
			{ .kind = AXFDT_FW_CFG, .reg = { 0x10100000, 0x18 } },
		},
		.stdout_device = 0,
	};
}

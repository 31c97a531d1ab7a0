/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device nodes. Bindings: Linux Documentation/devicetree/bindings serial/pl011.yaml,
 * serial/8250.yaml, rtc/arm,pl031.yaml, virtio/mmio.yaml, clock/fixed-clock.yaml, mtd/mtd-physmap.yaml,
 * firmware/qemu,fw-cfg-mmio.yaml, rtc/google,goldfish-rtc.yaml.
 */
#include "writer.h"
#include <axbase/str.h>

#define APB_PCLK_HZ     24000000
#define NS16550_HZ      3686400
#define GIC_SPI         0
#define GIC_PPI         1
#define GIC_FIRST_PPI   16
#define GIC_FIRST_SPI   32
#define IRQ_EDGE_RISING 1
#define IRQ_LEVEL_HIGH  4

const char *axfdt_device_node(const struct axfdt_device *d)
{
	switch (d->kind) {
	case AXFDT_PL011:
	case AXFDT_NS16550A:
		return "serial";
	case AXFDT_PL031:
	case AXFDT_GOLDFISH_RTC:
		return "rtc";
	case AXFDT_CFI_FLASH:
		return "flash";
	case AXFDT_FW_CFG:
		return "fw-cfg";
	case AXFDT_PASSTHROUGH:
		return "device";
	case AXFDT_VIRTIO_MMIO:
	default:
		return "virtio_mmio";
	}
}

static bool needs_clock(const struct axfdt_device *d)
{
	return d->kind == AXFDT_PL011 || d->kind == AXFDT_PL031;
}

static void write_clock(struct writer *w)
{
	axfdt_begin(w, "apb-pclk");
	axfdt_str(w, "compatible", "fixed-clock");
	axfdt_u32(w, "#clock-cells", 0);
	axfdt_u32(w, "clock-frequency", APB_PCLK_HZ);
	axfdt_str(w, "clock-output-names", "clk24mhz");
	axfdt_u32(w, "phandle", PHANDLE_CLOCK);
	axfdt_end(w);
}

static void write_irq(struct writer *w, const struct axfdt_machine *m, const struct axfdt_device *d)
{
	bool ppi = d->irq < GIC_FIRST_SPI;
	const uint32_t gic[3] = {
		ppi ? GIC_PPI : GIC_SPI,
		d->irq - (ppi ? GIC_FIRST_PPI : GIC_FIRST_SPI),
		d->edge ? IRQ_EDGE_RISING : IRQ_LEVEL_HIGH,
	};

	if (d->irq == 0) {
		return;
	}
	if (m->intc == AXFDT_INTC_PLIC) {
		axfdt_u32(w, "interrupt-parent", PHANDLE_INTC);
		axfdt_u32(w, "interrupts", d->irq);
	} else {
		axfdt_cells(w, "interrupts", gic, 3);
	}
}

/* Up to the empty string that ends @list. */
static size_t list_bytes(const char *list)
{
	size_t n = 0;

	while (list[n] != '\0') {
		n += ax_strnlen(list + n, SIZE_MAX) + 1;
	}
	return n;
}

static void write_kind(struct writer *w, const struct axfdt_device *d)
{
	static const char pl011[] = "arm,pl011\0arm,primecell";
	static const char pl011_clocks[] = "uartclk\0apb_pclk";
	static const char pl031[] = "arm,pl031\0arm,primecell";
	static const uint32_t clocks[2] = { PHANDLE_CLOCK, PHANDLE_CLOCK };

	switch (d->kind) {
	case AXFDT_PL011:
		axfdt_strs(w, "compatible", pl011, sizeof(pl011));
		axfdt_strs(w, "clock-names", pl011_clocks, sizeof(pl011_clocks));
		axfdt_cells(w, "clocks", clocks, 2);
		break;
	case AXFDT_PL031:
		axfdt_strs(w, "compatible", pl031, sizeof(pl031));
		axfdt_str(w, "clock-names", "apb_pclk");
		axfdt_cells(w, "clocks", clocks, 1);
		break;
	case AXFDT_GOLDFISH_RTC:
		axfdt_str(w, "compatible", "google,goldfish-rtc");
		break;
	case AXFDT_NS16550A:
		axfdt_str(w, "compatible", "ns16550a");
		axfdt_u32(w, "clock-frequency", NS16550_HZ);
		axfdt_u32(w, "reg-shift", 0);
		break;
	case AXFDT_VIRTIO_MMIO:
		axfdt_str(w, "compatible", "virtio,mmio");
		axfdt_empty(w, "dma-coherent");
		break;
	case AXFDT_CFI_FLASH:
		axfdt_str(w, "compatible", "cfi-flash");
		axfdt_u32(w, "bank-width", 4);
		break;
	case AXFDT_FW_CFG:
		axfdt_str(w, "compatible", "qemu,fw-cfg-mmio");
		axfdt_empty(w, "dma-coherent");
		break;
	case AXFDT_PASSTHROUGH:
		axfdt_strs(w, "compatible", d->compatible, list_bytes(d->compatible));
		break;
	}
}

void axfdt_write_devices(struct writer *w, const struct axfdt_machine *m)
{
	for (uint32_t i = 0; i < m->device_count; i++) {
		if (needs_clock(&m->devices[i])) {
			write_clock(w);
			break;
		}
	}
	for (uint32_t i = 0; i < m->device_count; i++) {
		const struct axfdt_device *d = &m->devices[i];

		axfdt_begin_at(w, axfdt_device_node(d), d->reg.base);
		write_kind(w, d);
		axfdt_reg(w, &d->reg, 1);
		write_irq(w, m, d);
		axfdt_end(w);
	}
}

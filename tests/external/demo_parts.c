/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program outside the tree that takes two parts out of the hypervisor, each by itself: an address
 * space over sixteen frames of its own, and an interrupt controller over four list registers that are an
 * array. No vCPU, no VM, no board.
 */
#include <axaddrspace/space.h>
#include <axbase/mem.h>
#include <axport/log.h>
#include <vgic/vgic.h>
#include "demo.h"

/* ---- an address space ---- */

#define FRAMES 16

static _Alignas(AX_PAGE_SIZE) uint8_t frames[FRAMES][AX_PAGE_SIZE];
static unsigned frames_used;
static unsigned ranges_dropped;

static ax_err_t alloc(void *ctx, uint64_t bytes, hpa_t *out)
{
	(void)ctx;
	if (bytes != AX_PAGE_SIZE || frames_used == FRAMES) {
		return AX_ENOMEM;
	}
	memset(frames[frames_used], 0, AX_PAGE_SIZE);
	out->v = (uintptr_t)frames[frames_used++];
	return AX_OK;
}

static void release(void *ctx, hpa_t frame, uint64_t bytes)
{
	(void)ctx;
	(void)frame;
	(void)bytes;
}

static void *to_virt(void *ctx, hpa_t frame)
{
	(void)ctx;
	return (void *)(uintptr_t)frame.v;
}

static void drop_range(void *ctx, const struct axaddrspace_tlb_info *info, gpa_t start,
		       uint64_t bytes)
{
	(void)ctx;
	(void)info;
	(void)start;
	(void)bytes;
	ranges_dropped++;
}

static void drop_all(void *ctx, const struct axaddrspace_tlb_info *info)
{
	(void)ctx;
	(void)info;
}

static const struct ax_frame_ops frame_ops = { .alloc = alloc,
					       .free = release,
					       .to_virt = to_virt };
static const struct axaddrspace_tlb_ops tlb_ops = { drop_range, drop_all, drop_all };

static bool map_and_unmap(void)
{
	static struct axaddrspace as;
	static struct axaddrspace_slot slot;
	const struct axaddrspace_cfg cfg = {
		.fmt = &axaddrspace_fmt_aarch64,
		.input_bits = 39, /* a root of one frame: from 40 on it is several in a row */
		.pa_bits = 48,    /* a hosted program's pointers serve as physical addresses */
		.tag_bits = 8,
		.frames = &frame_ops,
		.tlb = &tlb_ops,
		.slots = &slot,
		.slot_count = 1,
	};
	const gpa_t at = { UINT64_C(0x40000000) };
	struct axaddrspace_mapping m;
	bool good;

	if (axaddrspace_init(&as, &cfg) != AX_OK ||
	    axaddrspace_map(&as, at, (hpa_t){ UINT64_C(0x80200000) }, UINT64_C(0x200000),
			    AXADDRSPACE_PROT_READ | AXADDRSPACE_PROT_WRITE) != AX_OK) {
		return false;
	}
	good = axaddrspace_query(&as, (gpa_t){ at.v + 0x1234 }, &m) == AX_OK &&
	       m.hpa.v == UINT64_C(0x80200000) && m.bytes == UINT64_C(0x200000);
	good = good && axaddrspace_unmap(&as, at, UINT64_C(0x200000)) == AX_OK;
	good = good && ranges_dropped == 1 && axaddrspace_query(&as, at, &m) == AX_ENOENT;
	axaddrspace_fini(&as);
	return good;
}

/* ---- an interrupt controller ---- */

#define LRS    4
#define VCPUS  2
#define SPIS   32
#define OUR_ID (GIC_SPI_BASE + 1)

static uint64_t lrs[LRS];
static uint64_t kicked;

static uint64_t read_lr(void *ctx, uint32_t i)
{
	(void)ctx;
	return lrs[i];
}

static void write_lr(void *ctx, uint32_t i, uint64_t lr)
{
	(void)ctx;
	lrs[i] = lr;
}

static uint32_t read_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static void write_hcr(void *ctx, uint32_t hcr)
{
	(void)ctx;
	(void)hcr;
}

static void save(void *ctx, struct vgic_lr_state *st)
{
	(void)ctx;
	(void)st;
}

static void restore(void *ctx, const struct vgic_lr_state *st)
{
	(void)ctx;
	(void)st;
}

static void kick(void *ctx, uint64_t vcpu_mask)
{
	(void)ctx;
	kicked |= vcpu_mask;
}

static const struct vgic_lr_ops lr_ops = { read_lr,      write_lr, read_nothing, write_hcr,
					   read_nothing, save,     restore };

static bool distributor(struct vgic *g, uint64_t off, uint8_t size, uint64_t val)
{
	const struct ax_io io = { .off = off, .vcpu = 0, .size = size };

	return vgic_dist_ops.write(g, &io, val) == AX_IO_HANDLED;
}

static bool route_an_interrupt(void)
{
	static struct vgic g;
	static struct vgic_irq irqs[VGIC_IRQ_COUNT(VCPUS, SPIS)];
	static struct vgic_vcpu vcpus[VCPUS];
	const struct vgic_cfg cfg = {
		.version = 2,
		.vcpu_count = VCPUS,
		.spi_count = SPIS,
		.lr = &lr_ops,
		.lr_count = LRS,
		.kick = kick,
	};

	if (vgic_init(&g, &cfg, irqs, VGIC_IRQ_COUNT(VCPUS, SPIS), vcpus) != AX_OK ||
	    !distributor(&g, GICD_CTLR, 4, 1) || !distributor(&g, GICD_ISENABLER + 4, 4, 2) ||
	    !distributor(&g, GICD_ITARGETSR + OUR_ID, 1, 2)) {
		return false;
	}
	vgic_intc_ops.set_irq(&g, 0, OUR_ID, true);
	vgic_intc_ops.load(&g, 1);
	vgic_intc_ops.flush(&g, 1);
	return kicked == 2 && (lrs[0] & UINT64_C(0xffffffff)) == OUR_ID;
}

int demo(void)
{
	bool mapped = map_and_unmap();
	bool routed = route_an_interrupt();

	ax_log(AX_LOG_INFO, "demo: address space %s, interrupt controller %s",
	       mapped ? "works" : "fails", routed ? "works" : "fails");
	return mapped && routed ? 0 : 1;
}

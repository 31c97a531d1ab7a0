/* SPDX-License-Identifier: Apache-2.0 */
/* List registers of a GICv2 in memory. No barriers: device memory keeps the order of one CPU. */
#include <vgic/vgic.h>

static volatile uint32_t *reg(const struct vgic_gich *h, uint32_t off)
{
	return (volatile uint32_t *)(h->base + off);
}

static uint64_t read_lr(void *ctx, uint32_t i)
{
	return vgic_gich_lr_decode(*reg(ctx, GICH_LR0 + 4 * i));
}

static void write_lr(void *ctx, uint32_t i, uint64_t lr)
{
	*reg(ctx, GICH_LR0 + 4 * i) = vgic_gich_lr_encode(lr);
}

static uint32_t read_hcr(void *ctx)
{
	return *reg(ctx, GICH_HCR);
}

static void write_hcr(void *ctx, uint32_t hcr)
{
	*reg(ctx, GICH_HCR) = hcr;
}

static uint32_t read_vmcr(void *ctx)
{
	return *reg(ctx, GICH_VMCR);
}

static void save(void *ctx, struct vgic_lr_state *st)
{
	*st = (struct vgic_lr_state){ .vmcr = read_vmcr(ctx), .ap0[0] = *reg(ctx, GICH_APR) };
}

static void restore(void *ctx, const struct vgic_lr_state *st)
{
	*reg(ctx, GICH_VMCR) = st->vmcr;
	*reg(ctx, GICH_APR) = st->ap0[0]; /* one register for both groups */
}

const struct vgic_lr_ops vgic_lr_gich_ops = {
	.read_lr = read_lr,
	.write_lr = write_lr,
	.read_hcr = read_hcr,
	.write_hcr = write_hcr,
	.read_vmcr = read_vmcr,
	.save = save,
	.restore = restore,
};

uint32_t vgic_gich_lr_count(const struct vgic_gich *h)
{
	return (uint32_t)AX_FIELD_GET(GICH_VTR_ListRegs, *reg(h, GICH_VTR)) + 1;
}

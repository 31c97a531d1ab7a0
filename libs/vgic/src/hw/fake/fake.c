/* SPDX-License-Identifier: Apache-2.0 */
/* A virtual CPU interface in software (IHI 0069 4.8, 12.4, and the pseudocode of ICV_IAR, EOIR, DIR). */
#include <vgic/fake.h>
#include <axport/assert.h>

#define IAR_MASK (ICH_LR_v2_INTID | ICH_LR_v2_CPUID)

static struct vgic_fake *this_cpu(void *ctx)
{
	struct vgic_fake *f = (struct vgic_fake *)ctx + ax_port_cpu_id();

	f->access_count++;
	return f;
}

static uint64_t read_lr(void *ctx, uint32_t i)
{
	struct vgic_fake *f = this_cpu(ctx);

	ax_assert(i < f->lr_count);
	return f->lr[i];
}

static void write_lr(void *ctx, uint32_t i, uint64_t lr)
{
	struct vgic_fake *f = this_cpu(ctx);

	ax_assert(i < f->lr_count);
	f->lr[i] = lr;
}

static uint32_t read_hcr(void *ctx)
{
	return this_cpu(ctx)->hcr;
}

static void write_hcr(void *ctx, uint32_t hcr)
{
	this_cpu(ctx)->hcr = hcr;
}

static uint32_t read_vmcr(void *ctx)
{
	return this_cpu(ctx)->st.vmcr;
}

static void save(void *ctx, struct vgic_lr_state *st)
{
	*st = this_cpu(ctx)->st;
}

static void restore(void *ctx, const struct vgic_lr_state *st)
{
	this_cpu(ctx)->st = *st;
}

const struct vgic_lr_ops vgic_fake_lr_ops = {
	.read_lr = read_lr,
	.write_lr = write_lr,
	.read_hcr = read_hcr,
	.write_hcr = write_hcr,
	.read_vmcr = read_vmcr,
	.save = save,
	.restore = restore,
};

uint32_t vgic_fake_misr(const struct vgic_fake *f)
{
	uint32_t valid = 0, pending = 0, misr = 0;

	if (!(f->hcr & ICH_HCR_En)) {
		return 0;
	}
	for (uint32_t i = 0; i < f->lr_count; i++) {
		uint64_t state = f->lr[i] & ICH_LR_State;

		valid += state != 0;
		pending += state == ICH_LR_Pending;
		if (state == 0 && (f->lr[i] & (ICH_LR_HW | ICH_LR_EOI)) == ICH_LR_EOI) {
			misr |= ICH_MISR_EOI;
		}
	}
	misr |= (f->hcr & ICH_HCR_UIE) && valid <= 1 ? ICH_MISR_U : 0;
	misr |= (f->hcr & ICH_HCR_LRENPIE) && (f->hcr & ICH_HCR_EOIcount) ? ICH_MISR_LRENP : 0;
	misr |= (f->hcr & ICH_HCR_NPIE) && pending == 0 ? ICH_MISR_NP : 0;
	/* The group conditions have their enables' bit numbers. */
	misr |= f->hcr & ((f->st.vmcr & ICH_VMCR_VENG0) ? ICH_HCR_VGrp0EIE : ICH_HCR_VGrp0DIE);
	misr |= f->hcr & ((f->st.vmcr & ICH_VMCR_VENG1) ? ICH_HCR_VGrp1EIE : ICH_HCR_VGrp1DIE);
	return misr;
}

/* The bits of a priority that decide on preemption. */
static uint32_t group_mask(const struct vgic_fake *f, unsigned group)
{
	uint32_t bpr0 = (uint32_t)AX_FIELD_GET(ICH_VMCR_VBPR0, f->st.vmcr);
	uint32_t bpr1 = (uint32_t)AX_FIELD_GET(ICH_VMCR_VBPR1, f->st.vmcr);

	if (group == 0 || (f->st.vmcr & ICH_VMCR_VCBPR)) {
		return 0xffu << (bpr0 < 2 ? 3 : bpr0 + 1) & 0xff;
	}
	return 0xffu << (bpr1 < 3 ? 3 : bpr1) & 0xff;
}

static uint32_t priority(uint64_t lr)
{
	return (uint32_t)AX_FIELD_GET(ICH_LR_Priority, lr);
}

/* Index of the list register that can be signalled, or lr_count. */
static uint32_t find_signalled(const struct vgic_fake *f)
{
	uint32_t best = f->lr_count, running = f->st.ap0[0] | f->st.ap1[0];

	for (uint32_t i = 0; i < f->lr_count; i++) {
		uint32_t enable =
			(uint32_t)((f->lr[i] & ICH_LR_Group) ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0);

		if ((f->lr[i] & ICH_LR_State) == ICH_LR_Pending && (f->st.vmcr & enable) &&
		    (best == f->lr_count || priority(f->lr[i]) < priority(f->lr[best]))) {
			best = i;
		}
	}
	if (!(f->hcr & ICH_HCR_En) || best == f->lr_count ||
	    priority(f->lr[best]) >= AX_FIELD_GET(ICH_VMCR_VPMR, f->st.vmcr)) {
		return f->lr_count;
	}
	if (running != 0 &&
	    (priority(f->lr[best]) & group_mask(f, (f->lr[best] & ICH_LR_Group) != 0)) >=
		    ax_ctz64(running) * 8) {
		return f->lr_count;
	}
	return best;
}

uint32_t vgic_fake_signalled(const struct vgic_fake *f, unsigned group)
{
	uint32_t i = find_signalled(f);

	if (i == f->lr_count || ((f->lr[i] & ICH_LR_Group) != 0) != (group != 0)) {
		return GIC_INTID_SPURIOUS;
	}
	return (uint32_t)(f->lr[i] & IAR_MASK);
}

uint32_t vgic_fake_ack(struct vgic_fake *f, unsigned group)
{
	uint32_t iar = vgic_fake_signalled(f, group);
	uint32_t i = find_signalled(f);

	if (iar != GIC_INTID_SPURIOUS) {
		uint32_t bit = 1u << (priority(f->lr[i]) & group_mask(f, group)) / 8;

		f->lr[i] = (f->lr[i] & ~ICH_LR_Pending) | ICH_LR_Active;
		*(group != 0 ? &f->st.ap1[0] : &f->st.ap0[0]) |= bit;
	}
	return iar;
}

static void deactivate(struct vgic_fake *f, uint32_t iar)
{
	for (uint32_t i = 0; i < f->lr_count; i++) {
		if ((f->lr[i] & ICH_LR_Active) && (f->lr[i] & IAR_MASK) == iar) {
			f->lr[i] &= ~ICH_LR_Active;
			if ((f->lr[i] & ICH_LR_HW) && f->deactivate != NULL) {
				f->deactivate(f->ctx,
					      (uint32_t)AX_FIELD_GET(ICH_LR_pINTID, f->lr[i]));
			}
			return;
		}
	}
	if ((f->hcr & ICH_HCR_EOIcount) != ICH_HCR_EOIcount) {
		f->hcr += (uint32_t)AX_LSB(ICH_HCR_EOIcount);
	}
}

void vgic_fake_eoi(struct vgic_fake *f, unsigned group, uint32_t iar)
{
	uint32_t *ap = group != 0 ? &f->st.ap1[0] : &f->st.ap0[0];
	uint32_t running = f->st.ap0[0] | f->st.ap1[0];

	if ((*ap & AX_LSB(running)) == 0) {
		return; /* nothing active, or the other group runs */
	}
	*ap &= ~AX_LSB(running);
	if (!(f->st.vmcr & ICH_VMCR_VEOIM)) {
		deactivate(f, iar);
	}
}

void vgic_fake_dir(struct vgic_fake *f, uint32_t iar)
{
	if (f->st.vmcr & ICH_VMCR_VEOIM) {
		deactivate(f, iar);
	}
}

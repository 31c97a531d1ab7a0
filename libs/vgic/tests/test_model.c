/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The controller with its list registers against the plain model, over long random sequences. After
 * every step, what each loaded vCPU would be shown must be what the model says: then no interrupt is
 * lost, stuck or delivered twice. Now and then something changes while the guest is inside and acts
 * before it has noticed; that is the same as its having acted first.
 */
#include "model.h"
#include <axtest/axtest.h>
#include <axbase/mem.h>
#include <vgic/fake.h>

#define PCPUS   3
#define HW_PPI  20u
#define HW_PINT 27u
#define SPIS    32u

static const uint32_t ids[] = { 0,  1,  2,  15, 16, 17, 18, HW_PPI, 31, 32,
				33, 34, 35, 36, 37, 38, 39, 62,     63 };

static struct {
	struct model m;
	struct vgic g;
	struct vgic_irq irqs[VGIC_IRQ_COUNT(MODEL_VCPUS, SPIS)];
	struct vgic_vcpu vcpus[MODEL_VCPUS];
	struct vgic_fake fake[PCPUS];
	bool phys_active[PCPUS];
	bool hw_line[MODEL_VCPUS];
	int on_cpu[MODEL_VCPUS]; /* or -1 */
	uint64_t kicked;
	uint64_t random;
	unsigned step, seed, deliveries;
} t;

static uint32_t any(uint32_t below)
{
	return (uint32_t)(axtest_random(&t.random) >> 20) % below;
}

static void kick(void *ctx, uint64_t mask)
{
	(void)ctx;
	t.kicked |= mask;
}

static void hw_set_active(void *ctx, uint32_t pintid, bool active)
{
	(void)ctx;
	assert_int_equal(pintid, HW_PINT);
	t.phys_active[axtest_cpu_id] = active;
}
static const struct vgic_hw_ops hw_ops = { .set_active = hw_set_active };

static void guest_deactivates(void *ctx, uint32_t pintid)
{
	(void)ctx;
	assert_int_equal(pintid, HW_PINT);
	assert_true(t.phys_active[axtest_cpu_id]);
	t.phys_active[axtest_cpu_id] = false;
}

/* --- Registers, as a guest that knows the frame layouts would write them */

static void dist_write(int vcpu, uint64_t off, uint8_t size, uint64_t val)
{
	struct ax_io io = { .off = off, .size = size, .vcpu = (uint32_t)vcpu };

	assert_int_equal(vgic_dist_ops.write(&t.g, &io, val), AX_IO_HANDLED);
}

/* @off as in the distributor; a GICv3 has the private ones in the redistributors. */
static void reg_write(int by, int vcpu, bool private, uint32_t off, uint8_t size, uint64_t val)
{
	struct ax_io io = { .off = GICR_SGI_BASE + off + (uint64_t)vcpu * GICR_STRIDE,
			    .size = size,
			    .vcpu = (uint32_t)by };

	if (!private || t.m.v2) {
		dist_write(private ? vcpu : by, off, size, val);
	} else {
		assert_int_equal(vgic_redist_ops.write(&t.g, &io, val), AX_IO_HANDLED);
	}
}

static void irq_set_bit(int by, int vcpu, uint32_t off, uint32_t intid, bool bit)
{
	reg_write(by, vcpu, intid < 32, off + intid / 32 * 4, 4, (uint64_t)bit << intid % 32);
}

/* --- pCPUs */

static struct vgic_fake *enter(int vcpu)
{
	axtest_cpu_id = (uint32_t)t.on_cpu[vcpu];
	return &t.fake[t.on_cpu[vcpu]];
}

static void no_register_holds_an_interrupt_twice(const struct vgic_fake *f)
{
	for (uint32_t i = 0; i < f->lr_count; i++) {
		for (uint32_t k = 0; k < i; k++) {
			assert_false((f->lr[i] & ICH_LR_State) && (f->lr[k] & ICH_LR_State) &&
				     ((f->lr[i] ^ f->lr[k]) & ICH_LR_v2_INTID) == 0);
		}
	}
}

static void exit_and_enter(int vcpu)
{
	struct vgic_fake *f = enter(vcpu);

	vgic_intc_ops.sync(&t.g, (uint32_t)vcpu);
	vgic_intc_ops.flush(&t.g, (uint32_t)vcpu);
	no_register_holds_an_interrupt_twice(f);
	if (vgic_fake_misr(f) != 0) { /* it would exit for ever */
		fail_msg("seed %u step %u: maintenance %x right after flush", t.seed, t.step,
			 vgic_fake_misr(f));
	}
}

/* Deliver kicks, maintenance interrupts and physical interrupts until nothing is left. */
static void settle(void)
{
	bool again = true;

	for (unsigned round = 0; again; round++) {
		again = false;
		assert_true(round < 20);
		for (int v = 0; v < MODEL_VCPUS; v++) {
			if (t.on_cpu[v] < 0) {
				continue;
			}
			if (t.hw_line[v] && !t.phys_active[t.on_cpu[v]]) {
				enter(v);
				vgic_intc_ops.sync(&t.g, (uint32_t)v);
				t.phys_active[t.on_cpu[v]] = true; /* acknowledged by the host */
				vgic_intc_ops.set_irq(&t.g, (uint32_t)v, HW_PPI, true);
				model_line(&t.m, v, HW_PPI, true);
				exit_and_enter(v);
				again = true;
			}
			if ((t.kicked >> v & 1) || vgic_fake_misr(enter(v)) != 0) {
				t.kicked &= ~(UINT64_C(1) << v);
				exit_and_enter(v);
				again = true;
			}
		}
	}
}

static void check(void)
{
	for (int v = 0; v < MODEL_VCPUS; v++) {
		struct model_irq *hw = model_irq(&t.m, v, HW_PPI);
		uint32_t shown;

		if (t.on_cpu[v] < 0) {
			continue;
		}
		shown = vgic_fake_signalled(enter(v), 0);
		shown = shown != MODEL_NONE ? shown : vgic_fake_signalled(enter(v), 1);
		if (!model_accepts(&t.m, v, shown)) {
			fail_msg("seed %u step %u: vCPU %d is shown %x", t.seed, t.step, v, shown);
		}
		if (t.phys_active[t.on_cpu[v]] != (hw->latch || hw->active)) {
			fail_msg("seed %u step %u: physical active is %d", t.seed, t.step,
				 t.phys_active[t.on_cpu[v]]);
		}
	}
}

/* --- What can happen */

static bool in_register(const struct vgic_fake *f, uint32_t iar)
{
	for (uint32_t i = 0; i < f->lr_count; i++) {
		if ((f->lr[i] & ICH_LR_Active) && (f->lr[i] & 0x1fff) == iar) {
			return true;
		}
	}
	return false;
}

/*
 * Deactivations of what is in no list register are only counted, so a guest is followed if it makes
 * them in the order of priorities. False: what comes first in it has not been dropped yet.
 */
static bool first_spilled(int vcpu, const struct vgic_fake *f, uint32_t *index)
{
	const struct model_cpu *c = &t.m.cpu[vcpu];
	uint32_t best_key = UINT32_MAX;

	for (uint32_t i = 0; i < c->depth; i++) {
		if (!in_register(f, c->stack[i])) {
			return false;
		}
	}
	for (uint32_t i = 0; i < c->dropped_count; i++) {
		uint32_t intid = c->dropped[i] & 0x3ff;
		uint32_t key =
			(uint32_t)model_irq(&t.m, vcpu, intid)->active_priority << 10 | intid;

		if (!in_register(f, c->dropped[i]) && key < best_key) {
			best_key = key;
			*index = i;
		}
	}
	return true;
}

static void guest_act(int vcpu)
{
	struct vgic_fake *f = enter(vcpu);
	struct model_cpu *c = &t.m.cpu[vcpu];
	uint32_t kind = any(8), group = 0, iar, best = 0;

	if (kind < 4) {
		iar = vgic_fake_signalled(f, 0);
		if (iar == MODEL_NONE) {
			group = 1;
			iar = vgic_fake_signalled(f, 1);
		}
		assert_true(model_accepts(&t.m, vcpu, iar));
		if (iar != MODEL_NONE && c->depth < 60 && c->dropped_count < 4) {
			assert_int_equal(vgic_fake_ack(f, group), iar);
			model_ack(&t.m, vcpu, iar);
			t.deliveries++;
		}
	} else if (kind < 6 && c->depth > 0) {
		iar = model_eoi(&t.m, vcpu);
		/* The group may have been changed since; the active priority tells which it was. */
		group = (f->st.ap1[0] & AX_LSB(f->st.ap0[0] | f->st.ap1[0])) != 0;
		vgic_fake_eoi(f, group, iar);
	} else if (kind == 6 && c->dropped_count > 0) {
		best = any(c->dropped_count);
		if (!in_register(f, c->dropped[best]) && !first_spilled(vcpu, f, &best)) {
			return;
		}
		vgic_fake_dir(f, model_dir(&t.m, vcpu, best));
	} else if (kind == 7) {
		if (any(4) == 0) {
			c->pmr = any(3) == 0 ? any(32) * 8 : 0xf8;
			f->st.vmcr = (uint32_t)((f->st.vmcr & ~ICH_VMCR_VPMR) |
						AX_FIELD_PREP(ICH_VMCR_VPMR, c->pmr));
		} else {
			group = any(2);
			c->group_on[group] = any(4) != 0;
			f->st.vmcr &= ~(1u << group);
			f->st.vmcr |= (uint32_t)c->group_on[group] << group;
		}
	}
}

/* Something from outside. The model's part is done by the second call, so that the guest can be first. */
struct change {
	uint32_t kind, intid, val;
	int by, vcpu;
};

static struct change make_change(void)
{
	struct change c = { .kind = any(16),
			    .intid = ids[any(AX_ARRAY_SIZE(ids))],
			    .val = any(1 << 16),
			    .by = (int)any(MODEL_VCPUS),
			    .vcpu = (int)any(MODEL_VCPUS) };

	if (t.m.v2 && c.intid < 32 && c.kind >= 11) {
		c.by = c.vcpu; /* banked: nobody else reaches them */
	}
	return c;
}

static void change_controller(const struct change *c)
{
	bool sgi = c->intid < 16;
	uint64_t value;

	/* As if from a pCPU that runs none of them, or by a vCPU that is out of the guest. */
	axtest_cpu_id = PCPUS;
	if (t.on_cpu[c->by] >= 0 && c->kind >= 9) {
		exit_and_enter(c->by);
	}
	switch (c->kind) {
	default:
		if (sgi || c->intid == HW_PPI) {
			break;
		}
		if ((c->val & 2) && t.on_cpu[c->vcpu] >= 0) { /* its own exit raises the line */
			enter(c->vcpu);
			vgic_intc_ops.sync(&t.g, (uint32_t)c->vcpu);
			vgic_intc_ops.set_irq(&t.g, (uint32_t)c->vcpu, c->intid, c->val & 1);
			exit_and_enter(c->vcpu);
		} else {
			vgic_intc_ops.set_irq(&t.g, (uint32_t)c->vcpu, c->intid, c->val & 1);
		}
		break;
	case 9:
	case 10:
		value = t.m.v2 ? c->intid % 16 | 1u << (16 + c->vcpu)
			       : AX_FIELD_PREP(ICC_SGIR_INTID, c->intid) |
					 AX_FIELD_PREP(ICC_SGIR_Aff1, c->vcpu) | 1;
		if (t.m.v2) {
			dist_write(c->by, GICD_SGIR, 4, value);
		} else {
			struct ax_io io = { VGIC_SYSREG_ICC_SGI1R_EL1, (uint32_t)c->by, 8 };

			assert_int_equal(vgic_sysreg_ops.write(&t.g, &io, value), AX_IO_HANDLED);
		}
		break;
	case 11:
	case 12:
		irq_set_bit(c->by, c->vcpu, (c->val & 3) ? GICD_ISENABLER : GICD_ICENABLER,
			    c->intid, true);
		break;
	case 13:
		reg_write(c->by, c->vcpu, c->intid < 32, GICD_IPRIORITYR + c->intid, 1,
			  c->val & 0xff);
		break;
	case 14:
		if (c->intid >= 32 && t.m.v2) {
			dist_write(c->by, GICD_ITARGETSR + c->intid, 1, 1u << (c->val & 1));
		} else if (c->intid >= 32) {
			dist_write(c->by, GICD_IROUTER + 8 * c->intid, 8, (c->val & 1) << 8);
		}
		break;
	case 15:
		if (!(t.m.v2 && sgi)) {
			irq_set_bit(c->by, c->vcpu, (c->val & 1) ? GICD_ISPENDR : GICD_ICPENDR,
				    c->intid, c->intid != HW_PPI || !(c->val & 1));
		}
		break;
	}
	if (t.on_cpu[c->by] >= 0 && c->kind >= 9) {
		exit_and_enter(c->by);
	}
}

static void change_model(const struct change *c)
{
	struct model_irq *q = model_irq(&t.m, c->vcpu, c->intid);
	bool sgi = c->intid < 16;

	switch (c->kind) {
	default:
		if (!sgi && c->intid != HW_PPI) {
			model_line(&t.m, c->vcpu, c->intid, c->val & 1);
		}
		break;
	case 9:
	case 10:
		model_sgi(&t.m, c->by, c->vcpu, c->intid % 16);
		break;
	case 11:
	case 12:
		model_enable(&t.m, c->vcpu, c->intid, c->val & 3);
		break;
	case 13:
		q->priority = c->val & 0xf8;
		break;
	case 14:
		q->target = c->intid >= 32 ? (int)(c->val & 1) : q->target;
		break;
	case 15:
		if (!(t.m.v2 && sgi) && (c->intid != HW_PPI || !(c->val & 1))) {
			q->latch = c->val & 1;
		}
		break;
	}
}

static void put_vcpu(int v)
{
	enter(v);
	vgic_intc_ops.put(&t.g, (uint32_t)v);
	assert_int_equal(t.fake[t.on_cpu[v]].hcr, 0);
	assert_false(t.phys_active[t.on_cpu[v]]);
	t.on_cpu[v] = -1;
}

static void move_vcpu(int v)
{
	int cpu = (int)any(PCPUS);

	if (t.on_cpu[v] >= 0) {
		put_vcpu(v);
	} else if (t.on_cpu[1 - v] != cpu) {
		t.on_cpu[v] = cpu;
		enter(v);
		vgic_intc_ops.load(&t.g, (uint32_t)v);
		/* The guest's own idea of its registers moves along. */
		exit_and_enter(v);
	}
}

static void one_step(void)
{
	int v = (int)any(MODEL_VCPUS);
	struct change c = make_change();

	switch (any(24)) {
	case 0:
		t.hw_line[v] = any(2);
		break;
	case 1:
		move_vcpu(v);
		break;
	case 2:
	case 3:
	case 4:
		if (c.kind < 9 || t.on_cpu[c.by] < 0 ||
		    c.by != v) {                         /* the guest acts before it has noticed */
			c.val &= c.kind < 9 ? 1 : c.val; /* not from its own exit, then */
			change_controller(&c);
			if (t.on_cpu[v] >= 0) {
				guest_act(v);
			}
			change_model(&c);
		}
		break;
	case 5:
	case 6:
	case 7:
		change_controller(&c);
		change_model(&c);
		break;
	case 8:
		if (t.on_cpu[v] >= 0) {
			exit_and_enter(v); /* an exit for some other reason */
		}
		break;
	default:
		if (t.on_cpu[v] >= 0) {
			guest_act(v);
		}
		break;
	}
	settle();
	check();
}

/* --- Set-up */

/* IGROUPR and ICFGR have no set and clear halves. */
static void set_words(void)
{
	for (int v = 0; v < MODEL_VCPUS; v++) {
		for (uint32_t word = 0; word < 2; word++) {
			uint32_t groups = 0, config[2] = { 0 };

			for (uint32_t i = 0; i < 32; i++) {
				const struct model_irq *q = model_irq(&t.m, v, word * 32 + i);

				groups |= (uint32_t)q->group << i;
				config[i / 16] |= (uint32_t)(q->edge ? 2 : 0) << i % 16 * 2;
			}
			reg_write(v, v, word == 0, GICD_IGROUPR + 4 * word, 4, groups);
			reg_write(v, v, word == 0, GICD_ICFGR + 8 * word, 4, config[0]);
			reg_write(v, v, word == 0, GICD_ICFGR + 8 * word + 4, 4, config[1]);
		}
	}
}

static void start(bool v2, uint32_t lr_count, bool split, unsigned seed)
{
	static const uint64_t mpidr[] = { 0, 0x100 };
	struct vgic_cfg cfg = { .version = v2 ? 2 : 3,
				.vcpu_count = MODEL_VCPUS,
				.spi_count = SPIS,
				.mpidr = mpidr,
				.lr = &vgic_fake_lr_ops,
				.lr_ctx = t.fake,
				.lr_count = lr_count,
				.kick = kick,
				.hw = &hw_ops };

	memset(&t, 0, sizeof(t));
	t.seed = seed;
	t.random = seed * UINT64_C(0x9e3779b97f4a7c15);
	t.m.v2 = v2;
	for (int i = 0; i < PCPUS; i++) {
		t.fake[i] =
			(struct vgic_fake){ .lr_count = lr_count, .deactivate = guest_deactivates };
	}
	assert_int_equal(vgic_init(&t.g, &cfg, t.irqs, AX_ARRAY_SIZE(t.irqs), t.vcpus), AX_OK);
	for (int v = 0; v < MODEL_VCPUS; v++) {
		assert_int_equal(vgic_map_hw(&t.g, (uint32_t)v, HW_PPI, HW_PINT), AX_OK);
	}
	dist_write(0, GICD_CTLR, 4, GICD_CTLR_EnableGrp0 | GICD_CTLR_EnableGrp1);
	for (int v = 0; v < MODEL_VCPUS; v++) {
		t.on_cpu[v] = v;
		enter(v);
		vgic_intc_ops.load(&t.g, (uint32_t)v);
		t.fake[v].st.vmcr = (uint32_t)(ICH_VMCR_VENG0 | ICH_VMCR_VENG1 |
					       AX_FIELD_PREP(ICH_VMCR_VPMR, 0xf8) |
					       (split ? ICH_VMCR_VEOIM : 0));
		t.m.cpu[v] = (struct model_cpu){ .pmr = 0xf8,
						 .group_on = { true, true },
						 .split = split };
	}
	for (int v = 0; v < MODEL_VCPUS; v++) {
		for (uint32_t i = 0; i < 16 && v2; i++) {
			model_irq(&t.m, v, i)->enabled = true; /* permanently */
		}
		for (uint32_t n = 0; n < AX_ARRAY_SIZE(ids); n++) {
			uint32_t i = ids[n];
			struct model_irq *q = model_irq(&t.m, v, i);

			if (i >= 32 && v == 1) {
				break;
			}
			*q = (struct model_irq){ .enabled = true,
						 .edge = i < 16 || i % 2,
						 .hw = i == HW_PPI,
						 .group = i % 3 == 0,
						 .priority = (uint8_t)(any(6) * 8 + 0x40) };
			reg_write(v, v, i < 32, GICD_IPRIORITYR + i, 1, q->priority);
			irq_set_bit(v, v, GICD_ISENABLER, i, true);
		}
	}
	set_words();
	if (v2) {
		for (uint32_t i = 32; i < 64; i++) {
			dist_write(0, GICD_ITARGETSR + i, 1, 1);
		}
	}
	settle();
}

static void run(bool v2, bool split)
{
	for (uint32_t lr_count = 1; lr_count <= 4; lr_count++) {
		for (unsigned seed = 1; seed <= 8; seed++) {
			start(v2, lr_count, split, seed * 100 + lr_count);
			for (t.step = 0; t.step < 10000; t.step++) {
				one_step();
			}
			assert_true(t.deliveries > 200);
			for (int v = 0; v < MODEL_VCPUS; v++) {
				if (t.on_cpu[v] >= 0) {
					put_vcpu(v);
				}
			}
		}
	}
}

static void v3_shows_the_guest_what_the_model_says(void **st)
{
	(void)st;
	run(false, false);
}

static void v3_with_split_eoi_shows_what_the_model_says(void **st)
{
	(void)st;
	run(false, true);
}

static void v2_shows_the_guest_what_the_model_says(void **st)
{
	(void)st;
	run(true, false);
}

static void v2_with_split_eoi_shows_what_the_model_says(void **st)
{
	(void)st;
	run(true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v3_shows_the_guest_what_the_model_says),
		cmocka_unit_test(v3_with_split_eoi_shows_what_the_model_says),
		cmocka_unit_test(v2_shows_the_guest_what_the_model_says),
		cmocka_unit_test(v2_with_split_eoi_shows_what_the_model_says),
	};

	return cmocka_run_group_tests_name("vgic-model", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* From an input to what the guest acknowledges, and back: routing, levels, edges, SGIs, overflow, EOI. */
#include "fixture.h"

#define SPI 40u
#define PPI 20u

static struct fixture f;

static int v2(void **st)
{
	(void)st;
	fix_init(&f, 2, 4);
	return 0;
}

static int v3(void **st)
{
	(void)st;
	fix_init(&f, 3, 4);
	return 0;
}

static int v3_one_register(void **st)
{
	(void)st;
	fix_init(&f, 3, 1);
	return 0;
}

static void sgi1r(uint32_t from, uint64_t val)
{
	struct ax_io io = { VGIC_SYSREG_ICC_SGI1R_EL1, from, 8 };

	assert_int_equal(vgic_sysreg_ops.write(&f.g, &io, val), AX_IO_HANDLED);
}

/* --- Levels and edges */

static void a_level_is_delivered_once_and_again_only_while_it_stays(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, false);
	fix_set_irq(&f, 0, SPI, true);
	assert_int_equal(f.kicked, 1);
	assert_true(fix_bit(&f, 0, GICD_ISPENDR, SPI));
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), SPI);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	fix_eoi(&f, 0, SPI);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), ICH_MISR_EOI); /* still high: look again */
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_exit(&f, 0);
	assert_true(fix_bit(&f, 0, GICD_ISACTIVER, SPI));
	fix_set_irq(&f, 0, SPI, false);
	assert_int_equal(f.kicked, 0); /* active: nothing the guest must see at once */
	fix_exit(&f, 0);
	fix_eoi(&f, 0, SPI);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), 0); /* and no exit for its end */
	fix_exit(&f, 0);
	assert_false(fix_bit(&f, 0, GICD_ISACTIVER, SPI));
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
}

static void a_level_that_falls_before_it_is_taken_disappears(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, false);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	fix_set_irq(&f, 0, SPI, false);
	assert_int_equal(f.kicked, 1); /* it is in a list register of a running vCPU */
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	assert_false(fix_bit(&f, 0, GICD_ISPENDR, SPI));
}

static void a_level_that_rises_while_active_costs_an_exit_at_its_end(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, false);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_set_irq(&f, 0, SPI, false);
	fix_exit(&f, 0);
	fix_set_irq(&f, 0, SPI, true);
	assert_int_equal(f.kicked, 1);
	fix_exit(&f, 0);
	fix_eoi(&f, 0, SPI);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), ICH_MISR_EOI);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), SPI);
}

static void an_edge_while_active_comes_again_without_an_exit(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, true);
	fix_set_irq(&f, 0, SPI, true);
	fix_set_irq(&f, 0, SPI, true); /* a repeated level is no edge */
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_set_irq(&f, 0, SPI, false);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	fix_eoi(&f, 0, SPI);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), 0);
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_eoi(&f, 0, SPI);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
}

static void an_edge_that_comes_twice_before_it_is_taken_is_one(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, true);
	for (int i = 0; i < 2; i++) {
		fix_set_irq(&f, 0, SPI, true);
		fix_set_irq(&f, 0, SPI, false);
		fix_exit(&f, 0);
	}
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_eoi(&f, 0, SPI);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
}

static void an_edge_between_acknowledge_and_exit_is_kept(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, true);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	fix_set_irq(&f, 0, SPI, false);
	fix_set_irq(&f, 0, SPI, true);
	assert_int_equal(fix_ack(&f, 0), SPI); /* the guest is first */
	fix_eoi(&f, 0, SPI);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), SPI);
}

/* SPI active in vCPU 0's list register, with the next edge pending in it. */
static void make_active_and_pending(void)
{
	fix_open(&f, SPI, 0x80, true);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_set_irq(&f, 0, SPI, false);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	assert_int_equal(f.fake[0].lr[0] & ICH_LR_State, ICH_LR_State);
}

static void the_next_edge_follows_its_route_while_the_last_is_active(void **st)
{
	(void)st;
	make_active_and_pending();
	fix_dist_write(&f, 1, GICD_IROUTER + 8 * SPI, 8, 1);
	fix_exit(&f, 0);
	fix_eoi(&f, 0, SPI);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	fix_exit(&f, 0);
	fix_exit(&f, 1);
	assert_int_equal(fix_shown(&f, 1), SPI);
}

static void what_the_guest_takes_after_anothers_clear_is_active(void **st)
{
	(void)st;
	make_active_and_pending();
	fix_set_bit(&f, 3, GICD_ICACTIVER, SPI);
	fix_eoi(&f, 0, SPI);
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_exit(&f, 0);
	assert_true(fix_bit(&f, 0, GICD_ISACTIVER, SPI));
}

/* --- What keeps an interrupt back */

static void disabled_interrupts_and_groups_wait_and_are_not_lost(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, false);
	fix_dist_write(&f, 0, GICD_ICENABLER + 4, 4, 1u << (SPI - 32));
	fix_set_irq(&f, 0, SPI, true);
	assert_int_equal(f.kicked, 0);
	assert_false(vgic_intc_ops.pending(&f.g, 0));
	fix_set_bit(&f, 1, GICD_ISENABLER, SPI);
	assert_int_equal(f.kicked, 1);
	assert_int_equal(f.kick_count, 1);
	fix_dist_write(&f, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp0);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	fix_dist_write(&f, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp1);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), SPI);
	fix_dist_write(&f, 0, GICD_IGROUPR + 4, 4, 0); /* now of group 0, which is off */
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	fix_dist_write(&f, 0, GICD_CTLR, 4, GICD_CTLR_EnableGrp0);
	fix_exit(&f, 0);
	assert_int_equal(vgic_fake_signalled(&f.fake[0], 0), SPI);
}

static void idle_knows_mask_groups_and_active_state(void **st)
{
	struct vgic_fake *cpu = &f.fake[0];

	(void)st;
	fix_open(&f, SPI, 0x80, false);
	axtest_cpu_id = 0;
	assert_false(vgic_prepare_idle(&f.g, 0));
	fix_set_irq(&f, 0, SPI, true);
	assert_int_equal(f.kicked, 1); /* it sleeps, though on this very pCPU */
	assert_true(vgic_prepare_idle(&f.g, 0));
	assert_true(vgic_intc_ops.pending(&f.g, 0));
	fix_exit(&f, 0);
	assert_true(vgic_prepare_idle(&f.g, 0)); /* in a list register is pending too */
	cpu->st.vmcr = (uint32_t)(ICH_VMCR_VENG1 | AX_FIELD_PREP(ICH_VMCR_VPMR, 0x80));
	assert_false(vgic_prepare_idle(&f.g, 0));
	assert_false(vgic_intc_ops.pending(&f.g, 0));
	cpu->st.vmcr = (uint32_t)(ICH_VMCR_VENG0 | AX_FIELD_PREP(ICH_VMCR_VPMR, 0x88));
	assert_false(vgic_prepare_idle(&f.g, 0));
	cpu->st.vmcr = (uint32_t)(ICH_VMCR_VENG1 | AX_FIELD_PREP(ICH_VMCR_VPMR, 0x88));
	assert_true(vgic_prepare_idle(&f.g, 0));
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_exit(&f, 0);
	assert_false(vgic_prepare_idle(&f.g, 0));
	AXTEST_EXPECT_PANIC((void)vgic_prepare_idle(&f.g, FIX_VCPUS));
}

static void no_kick_goes_to_a_vcpu_that_is_out_of_the_guest_anyway(void **st)
{
	(void)st;
	fix_open(&f, PPI, 0x80, false);
	axtest_cpu_id = 0;
	fix_set_irq(&f, 0, PPI, true); /* its own timer, on its own pCPU */
	fix_set_irq(&f, 1, PPI, true);
	assert_int_equal(f.kicked, 2);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), PPI);
	f.kicked = 0;
	sgi1r(1, UINT64_C(1) << 40 | 5u << 24); /* SGI 5 is disabled */
	assert_int_equal(f.kicked, 0);
}

/* --- Priorities */

static void the_higher_priority_preempts(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, false);
	fix_open(&f, SPI + 1, 0x40, false);
	fix_open(&f, PPI, 0x80, false);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_set_irq(&f, 0, PPI, true); /* equal: must wait */
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	fix_set_irq(&f, 0, SPI + 1, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), SPI + 1);
	fix_set_irq(&f, 0, SPI + 1, false);
	fix_exit(&f, 0);
	fix_eoi(&f, 0, SPI + 1);
	fix_set_irq(&f, 0, SPI, false);
	fix_exit(&f, 0);
	fix_eoi(&f, 0, SPI);
	assert_int_equal(fix_ack(&f, 0), PPI);
}

static void a_new_priority_reaches_a_pending_interrupt(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, false);
	fix_open(&f, SPI + 1, 0x40, false);
	fix_set_irq(&f, 0, SPI, true);
	fix_set_irq(&f, 0, SPI + 1, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), SPI + 1);
	fix_dist_write(&f, 1, GICD_IPRIORITYR + SPI, 1, 0x3f);
	assert_int_equal(f.kicked & 1, 1);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), SPI);
}

/* --- Routing */

static void affinity_routing_finds_the_vcpu_or_nobody(void **st)
{
	static const struct {
		uint64_t route;
		uint64_t kicked;
	} rows[] = {
		{ 0, 1 },     { 1, 2 },
		{ 0x100, 4 }, { UINT64_C(0x700000302), 8 },
		{ 0x302, 0 }, { UINT64_C(0x700010302), 0 },
	};

	(void)st;
	fix_open(&f, SPI, 0x80, false);
	for (size_t i = 0; i < AX_ARRAY_SIZE(rows); i++) {
		f.kicked = 0;
		fix_dist_write(&f, 0, GICD_IROUTER + 8 * SPI, 8, rows[i].route);
		f.kicked = 0;
		fix_set_irq(&f, 0, SPI, true);
		assert_int_equal(f.kicked, rows[i].kicked);
		fix_set_irq(&f, 0, SPI, false);
	}
}

static void one_of_n_goes_to_one_that_is_awake(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, true);
	fix_dist_write(&f, 0, GICD_IROUTER + 8 * SPI, 8, GICD_IROUTER_IRM);
	fix_redist_write(&f, 2, GICR_WAKER, 4, 0);
	f.kicked = 0;
	fix_set_irq(&f, 0, SPI, true);
	assert_int_equal(f.kicked, 4);
	fix_exit(&f, 2);
	fix_redist_write(&f, 2, GICR_WAKER, 4, GICR_WAKER_ProcessorSleep);
	fix_redist_write(&f, 1, GICR_WAKER, 4, 0);
	fix_dist_write(&f, 0, GICD_IPRIORITYR + SPI, 1, 0x70);
	fix_exit(&f, 2);
	assert_int_equal(fix_ack(&f, 2), SPI); /* who has it keeps it */
	fix_eoi(&f, 2, SPI);
	fix_exit(&f, 2);
	fix_set_irq(&f, 0, SPI, false);
	f.kicked = 0;
	fix_set_irq(&f, 0, SPI, true);
	assert_int_equal(f.kicked, 2);
	fix_exit(&f, 1);
	assert_int_equal(fix_shown(&f, 1), SPI);
}

static void a_pending_interrupt_moves_and_an_active_one_stays(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, false);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	fix_dist_write(&f, 1, GICD_IROUTER + 8 * SPI, 8, 1);
	assert_int_equal(f.kicked, 1); /* it must leave the first one's list register */
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	assert_int_equal(f.kicked, 2);
	fix_exit(&f, 1);
	assert_int_equal(fix_ack(&f, 1), SPI);
	fix_exit(&f, 1);
	fix_dist_write(&f, 1, GICD_IROUTER + 8 * SPI, 8, 0);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	fix_exit(&f, 1);
	fix_eoi(&f, 1, SPI);
	assert_int_equal(vgic_fake_misr(&f.fake[1]), ICH_MISR_EOI); /* pending elsewhere now */
	fix_exit(&f, 1);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), SPI);
}

static void v2_targets_pick_one_cpu_of_the_list(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, false);
	fix_dist_write(&f, 0, GICD_ITARGETSR + SPI, 1, 0x0c);
	f.kicked = 0;
	fix_set_irq(&f, 0, SPI, true);
	assert_int_equal(f.kicked, 4);
	fix_exit(&f, 2);
	assert_int_equal(fix_shown(&f, 2), SPI);
	fix_dist_write(&f, 0, GICD_ITARGETSR + SPI, 1, 0);
	fix_exit(&f, 2);
	assert_int_equal(fix_shown(&f, 2), GIC_INTID_SPURIOUS);
}

/* --- SGIs */

static void v3_sgis_reach_the_listed_affinities(void **st)
{
	static const struct {
		uint64_t val;
		uint64_t kicked;
	} rows[] = {
		{ 0x3, 2 },                              /* 0.0.0.{0,1}, not the sender's kick */
		{ UINT64_C(1) << 16 | 1, 4 },            /* 0.0.1.0 */
		{ UINT64_C(7) << 48 | 3u << 16 | 4, 8 }, /* 7.0.3.2 */
		{ UINT64_C(1) << 40, 0xe },              /* all others */
		{ UINT64_C(1) << 44 | 1, 0 },            /* range 1: Aff0 16 */
		{ UINT64_C(1) << 32 | 1, 0 },            /* no such Aff2 */
		{ 0xfff0, 0 },                           /* nobody */
	};

	(void)st;
	fix_open(&f, 3, 0x80, true);
	for (size_t i = 0; i < AX_ARRAY_SIZE(rows); i++) {
		f.kicked = 0;
		sgi1r(0, rows[i].val | 3u << 24);
		assert_int_equal(f.kicked, rows[i].kicked);
		for (uint32_t v = 0; v < FIX_VCPUS; v++) {
			fix_redist_write(&f, v, GICR_ICPENDR0, 4, 8);
		}
	}
	sgi1r(0, 1 | 3u << 24); /* to itself */
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), 3);
}

static void group_0_registers_send_only_group_0_sgis(void **st)
{
	struct ax_io sgi0 = { VGIC_SYSREG_ICC_SGI0R_EL1, 0, 8 };
	struct ax_io asgi1 = { VGIC_SYSREG_ICC_ASGI1R_EL1, 0, 8 };

	(void)st;
	fix_open(&f, 3, 0x80, true);
	vgic_sysreg_ops.write(&f.g, &sgi0, 2 | 3u << 24);
	vgic_sysreg_ops.write(&f.g, &asgi1, 2 | 3u << 24);
	assert_int_equal(f.kicked, 0);
	fix_redist_write(&f, 1, GICR_IGROUPR0, 4, 0);
	f.kicked = 0;
	vgic_sysreg_ops.write(&f.g, &sgi0, 2 | 3u << 24);
	assert_int_equal(f.kicked, 2);
	fix_exit(&f, 1);
	assert_int_equal(vgic_fake_ack(&f.fake[1], 0), 3);
	AXTEST_EXPECT_PANIC(
		vgic_sysreg_ops.write(&f.g, &(struct ax_io){ sgi0.off, FIX_VCPUS, 8 }, 0));
}

static void v2_sgis_are_pending_by_source(void **st)
{
	(void)st;
	fix_open(&f, 3, 0x80, true);
	fix_dist_write(&f, 1, GICD_SGIR, 4, 1u << 16 | 3);    /* list: CPU 0 */
	fix_dist_write(&f, 2, GICD_SGIR, 4, 1u << 24 | 3);    /* all others */
	fix_dist_write(&f, 0, GICD_SGIR, 4, 2u << 24 | 4);    /* itself */
	fix_dist_write(&f, 3, GICD_SGIR, 4, 3u << 24 | 3);    /* reserved filter */
	fix_dist_write(&f, 3, GICD_SGIR, 4, 0xf0u << 16 | 3); /* nobody there */
	assert_int_equal(fix_dist_read(&f, 0, GICD_SPENDSGIR + 3, 1), 0x06);
	assert_int_equal(fix_dist_read(&f, 0, GICD_SPENDSGIR + 4, 1), 0x01);
	assert_int_equal(fix_dist_read(&f, 3, GICD_SPENDSGIR + 3, 1), 0x04);
	fix_dist_write(&f, 0, GICD_CPENDSGIR + 4, 1, 0xff);
	fix_exit(&f, 0);
	assert_int_equal(fix_dist_read(&f, 0, GICD_SPENDSGIR + 3, 1),
			 0x06); /* one is in a register */
	assert_int_equal(fix_ack(&f, 0), 1u << 10 | 3);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	fix_eoi(&f, 0, 1u << 10 | 3);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), ICH_MISR_EOI); /* the other source */
	fix_exit(&f, 0);
	fix_dist_write(&f, 0, GICD_CPENDSGIR + 3, 1, 0x02);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), 2u << 10 | 3);
	fix_eoi(&f, 0, 2u << 10 | 3);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), 0);
	fix_exit(&f, 0);
	assert_int_equal(fix_dist_read(&f, 0, GICD_SPENDSGIR, 4), 0);
}

static void clearing_the_source_in_a_register_takes_it_back(void **st)
{
	(void)st;
	fix_open(&f, 3, 0x80, true);
	fix_dist_write(&f, 1, GICD_SGIR, 4, 1u << 16 | 3);
	fix_exit(&f, 0);
	fix_dist_write(&f, 0, GICD_CPENDSGIR + 3, 1, 0x02);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
}

/* --- Few list registers */

static void more_interrupts_than_registers_come_in_order(void **st)
{
	static const uint32_t order[] = { 43, 41, 44, 40, 42 };

	(void)st;
	for (uint32_t i = 0; i < 5; i++) {
		fix_open(&f, order[i], (uint8_t)(0x20 + 0x10 * i), true);
	}
	for (uint32_t i = 0; i < 5; i++) {
		fix_set_irq(&f, 0, 40 + i, true);
	}
	fix_exit(&f, 0);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), 0); /* it can run */
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(fix_ack(&f, 0), order[i]);
		assert_int_equal(vgic_fake_misr(&f.fake[0]) & ICH_MISR_NP, i < 4 ? ICH_MISR_NP : 0);
		fix_exit(&f, 0);
		assert_int_equal(vgic_fake_misr(&f.fake[0]), 0);
		fix_eoi(&f, 0, order[i]); /* not in a register any more, but for the last */
		assert_int_equal(vgic_fake_misr(&f.fake[0]) & ICH_MISR_LRENP,
				 i < 4 ? ICH_MISR_LRENP : 0);
		fix_exit(&f, 0);
		assert_false(fix_bit(&f, 0, GICD_ISACTIVER, order[i]));
	}
}

static void nested_interrupts_without_registers_end_in_reverse(void **st)
{
	(void)st;
	for (uint32_t i = 0; i < 4; i++) {
		fix_open(&f, SPI + i, (uint8_t)(0x80 - 0x10 * i), true);
		fix_set_irq(&f, 0, SPI + i, true);
		fix_exit(&f, 0);
		assert_int_equal(fix_ack(&f, 0), SPI + i);
		fix_exit(&f, 0);
	}
	for (uint32_t i = 4; i-- > 0;) {
		assert_true(fix_bit(&f, 0, GICD_ISACTIVER, SPI + i));
		fix_eoi(&f, 0, SPI + i);
		fix_exit(&f, 0);
		assert_false(fix_bit(&f, 0, GICD_ISACTIVER, SPI + i));
		assert_int_equal(i > 0, fix_bit(&f, 0, GICD_ISACTIVER, SPI));
	}
}

static void a_disabled_group_does_not_starve_the_other(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x40, true);
	fix_open(&f, SPI + 1, 0x80, true);
	fix_dist_write(&f, 0, GICD_IGROUPR + 4, 4, ~(1u << (SPI - 32)) & UINT32_MAX);
	f.fake[0].st.vmcr &= ~(uint32_t)ICH_VMCR_VENG0;
	fix_set_irq(&f, 0, SPI, true);
	fix_set_irq(&f, 0, SPI + 1, true);
	fix_exit(&f, 0);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), 0);
	assert_int_equal(vgic_fake_signalled(&f.fake[0], 1), SPI + 1);
	f.fake[0].st.vmcr |= (uint32_t)ICH_VMCR_VENG0; /* the guest opens the group */
	assert_int_equal(vgic_fake_misr(&f.fake[0]), ICH_MISR_VGrp0E);
	fix_exit(&f, 0);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), 0);
	assert_int_equal(vgic_fake_signalled(&f.fake[0], 0), SPI);
}

/* With nothing deliverable after it, that group's end needs no exit; QEMU would never stop telling it. */
static void the_only_enabled_group_may_be_disabled_without_an_exit(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x40, true);
	fix_open(&f, SPI + 1, 0x80, true);
	fix_dist_write(&f, 0, GICD_IGROUPR + 4, 4, ~(1u << (SPI - 32)) & UINT32_MAX);
	f.fake[0].st.vmcr &= ~(uint32_t)ICH_VMCR_VENG1;
	f.fake[0].st.vmcr |= (uint32_t)ICH_VMCR_VENG0;
	fix_set_irq(&f, 0, SPI, true);
	fix_set_irq(&f, 0, SPI + 1, true);
	fix_exit(&f, 0);
	assert_int_equal(f.fake[0].hcr & (ICH_HCR_VGrp0DIE | ICH_HCR_VGrp1DIE), 0);
	f.fake[0].st.vmcr &= ~(uint32_t)ICH_VMCR_VENG0;
	fix_exit(&f, 0);
	f.fake[0].st.vmcr |= (uint32_t)ICH_VMCR_VENG1; /* it counts again when one is opened */
	assert_int_equal(vgic_fake_misr(&f.fake[0]), ICH_MISR_VGrp1E);
	fix_exit(&f, 0);
	assert_int_equal(vgic_fake_signalled(&f.fake[0], 1), SPI + 1);
}

/* --- Ends in two steps */

static void split_eoi_drops_first_and_deactivates_later(void **st)
{
	(void)st;
	f.fake[0].st.vmcr |= (uint32_t)ICH_VMCR_VEOIM;
	fix_open(&f, SPI, 0x80, true);
	fix_open(&f, SPI + 1, 0x80, true);
	fix_set_irq(&f, 0, SPI, true);
	fix_set_irq(&f, 0, SPI + 1, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_eoi(&f, 0, SPI);
	fix_exit(&f, 0);
	assert_true(fix_bit(&f, 0, GICD_ISACTIVER, SPI));
	assert_int_equal(fix_ack(&f, 0), SPI + 1); /* equal priority, after the drop */
	fix_eoi(&f, 0, SPI + 1);
	vgic_fake_dir(&f.fake[0], SPI);
	fix_exit(&f, 0);
	assert_false(fix_bit(&f, 0, GICD_ISACTIVER, SPI));
	assert_true(fix_bit(&f, 0, GICD_ISACTIVER, SPI + 1));
}

/* --- Active and pending by register */

static void active_by_register_blocks_and_unblocks(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, false);
	fix_set_bit(&f, 0, GICD_ISACTIVER, SPI);
	fix_set_bit(&f, 0, GICD_ISACTIVER, SPI); /* again: nothing */
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	fix_set_bit(&f, 0, GICD_ICACTIVER, SPI);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), SPI);
	fix_dist_write(&f, 0, GICD_IROUTER + 8 * SPI, 8, 0x999); /* to nobody */
	fix_exit(&f, 0);
	fix_set_bit(&f, 3, GICD_ISACTIVER, SPI);
	assert_true(fix_bit(&f, 0, GICD_ISACTIVER, SPI));
}

static void pending_by_register_ends_with_acknowledge(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, false);
	fix_set_bit(&f, 0, GICD_ISPENDR, SPI);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), SPI);
	fix_eoi(&f, 0, SPI);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), 0);
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
	fix_set_irq(&f, 0, SPI, true);
	fix_set_bit(&f, 0, GICD_ICPENDR, SPI); /* the line keeps it pending */
	assert_true(fix_bit(&f, 0, GICD_ISPENDR, SPI));
}

/* --- Cost */

static void nothing_to_do_touches_no_register_and_takes_no_lock(void **st)
{
	unsigned count = f.fake[0].access_count;

	(void)st;
	for (int i = 0; i < 3; i++) {
		fix_exit(&f, 0);
	}
	assert_int_equal(f.fake[0].access_count, count);
	fix_open(&f, SPI, 0x80, true);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	assert_int_equal(f.fake[0].access_count, count + 1); /* one write of one register */
	fix_exit(&f, 0);
	assert_int_equal(f.fake[0].access_count, count + 2); /* one look at it */
	ax_spin_lock(&f.g.lock); /* an exit that wanted it would not come back */
	fix_exit(&f, 0);
	ax_spin_unlock(&f.g.lock);
	axtest_cpu_id = 0;
	vgic_intc_ops.put(&f.g, 0);
	count = f.fake[0].access_count;
	fix_exit(&f, 0);
	assert_int_equal(f.fake[0].access_count, count);
	axtest_cpu_id = 0;
	AXTEST_EXPECT_PANIC(vgic_intc_ops.put(&f.g, 0));
	vgic_intc_ops.load(&f.g, 0);
	AXTEST_EXPECT_PANIC(vgic_intc_ops.load(&f.g, 0));
}

static void a_vcpu_takes_its_interface_along(void **st)
{
	(void)st;
	fix_open(&f, SPI, 0x80, true);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), SPI);
	f.fake[0].st.vmcr = 0xb0000002;
	axtest_cpu_id = 0;
	vgic_intc_ops.put(&f.g, 0);
	assert_int_equal(f.fake[0].hcr, 0);
	assert_int_equal(f.fake[0].lr[0] & ICH_LR_State, 0);
	axtest_cpu_id = 1;
	vgic_intc_ops.put(&f.g, 1);
	vgic_intc_ops.load(&f.g, 0);
	vgic_intc_ops.flush(&f.g, 0);
	assert_int_equal(f.fake[1].st.vmcr, 0xb0000002);
	assert_int_equal(f.fake[1].st.ap1[0], 1u << 16);
	vgic_fake_eoi(&f.fake[1], 1, SPI);
	vgic_intc_ops.sync(&f.g, 0);
	assert_false(fix_bit(&f, 0, GICD_ISACTIVER, SPI));
}

static void kick_nobody(void *ctx, uint64_t vcpu_mask)
{
	(void)ctx;
	assert_int_equal(vcpu_mask, 0);
}

static void the_first_load_on_a_cpu_clears_what_its_reset_left(void **st)
{
	static struct vgic g;
	static struct vgic_irq irqs[VGIC_IRQ_COUNT(1, 32)];
	static struct vgic_vcpu vcpu;
	const struct vgic_cfg cfg = { .version = 2,
				      .vcpu_count = 1,
				      .spi_count = 32,
				      .lr = &vgic_fake_lr_ops,
				      .lr_ctx = f.fake,
				      .lr_count = 4,
				      .kick = kick_nobody };

	(void)st;
	axtest_cpu_id = 1;
	vgic_intc_ops.put(&f.g, 1);
	f.fake[1].lr[3] = ~UINT64_C(0);
	assert_int_equal(vgic_init(&g, &cfg, irqs, AX_ARRAY_SIZE(irqs), &vcpu), AX_OK);
	vgic_intc_ops.load(&g, 0);
	assert_int_equal(f.fake[1].lr[3], 0);
	vgic_intc_ops.put(&g, 0);
}

#define T3(name) cmocka_unit_test_setup(name, v3)
#define T2(name) cmocka_unit_test_setup(name, v2)
#define T1(name) cmocka_unit_test_setup(name, v3_one_register)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T3(a_level_is_delivered_once_and_again_only_while_it_stays),
		T3(a_level_that_falls_before_it_is_taken_disappears),
		T3(a_level_that_rises_while_active_costs_an_exit_at_its_end),
		T3(an_edge_while_active_comes_again_without_an_exit),
		T3(an_edge_that_comes_twice_before_it_is_taken_is_one),
		T3(an_edge_between_acknowledge_and_exit_is_kept),
		T3(the_next_edge_follows_its_route_while_the_last_is_active),
		T3(what_the_guest_takes_after_anothers_clear_is_active),
		T3(disabled_interrupts_and_groups_wait_and_are_not_lost),
		T3(idle_knows_mask_groups_and_active_state),
		T3(no_kick_goes_to_a_vcpu_that_is_out_of_the_guest_anyway),
		T3(the_higher_priority_preempts),
		T3(a_new_priority_reaches_a_pending_interrupt),
		T3(affinity_routing_finds_the_vcpu_or_nobody),
		T3(one_of_n_goes_to_one_that_is_awake),
		T3(a_pending_interrupt_moves_and_an_active_one_stays),
		T2(v2_targets_pick_one_cpu_of_the_list),
		T3(v3_sgis_reach_the_listed_affinities),
		T3(group_0_registers_send_only_group_0_sgis),
		T2(v2_sgis_are_pending_by_source),
		T2(clearing_the_source_in_a_register_takes_it_back),
		T1(more_interrupts_than_registers_come_in_order),
		T1(nested_interrupts_without_registers_end_in_reverse),
		T1(a_disabled_group_does_not_starve_the_other),
		T1(the_only_enabled_group_may_be_disabled_without_an_exit),
		T3(split_eoi_drops_first_and_deactivates_later),
		T3(active_by_register_blocks_and_unblocks),
		T3(pending_by_register_ends_with_acknowledge),
		T3(nothing_to_do_touches_no_register_and_takes_no_lock),
		T3(a_vcpu_takes_its_interface_along),
		T3(the_first_load_on_a_cpu_clears_what_its_reset_left),
	};

	return cmocka_run_group_tests_name("vgic-delivery", tests, NULL, NULL);
}

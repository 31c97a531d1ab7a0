/* SPDX-License-Identifier: Apache-2.0 */
/* Hardware-linked interrupts, and list registers of a GICv2 in memory. */
#include "fixture.h"

#define VTIMER 27u
#define PTIMER 26u /* the physical interrupt behind it */
#define SPI    40u
#define PSPI   77u

static struct fixture f;

static int v3(void **st)
{
	(void)st;
	fix_init(&f, 3, 4);
	for (uint32_t v = 0; v < FIX_VCPUS; v++) {
		assert_int_equal(vgic_map_hw(&f.g, v, VTIMER, PTIMER), AX_OK);
	}
	assert_int_equal(vgic_map_hw(&f.g, 0, SPI, PSPI), AX_OK);
	fix_open(&f, VTIMER, 0x80, false);
	fix_open(&f, SPI, 0x80, false);
	return 0;
}

static void expect_call(unsigned n, uint32_t cpu, uint32_t pintid, bool active)
{
	assert_true(n < f.hw_count);
	assert_int_equal(f.hw[n].cpu, cpu);
	assert_int_equal(f.hw[n].pintid, pintid);
	assert_int_equal(f.hw[n].active, active);
}

static void the_guest_deactivates_the_physical_interrupt(void **st)
{
	uint64_t lr;

	(void)st;
	fix_set_irq(&f, 0, VTIMER, true);
	fix_set_irq(&f, 0, VTIMER, false); /* means nothing: it was an event */
	fix_exit(&f, 0);
	lr = f.fake[0].lr[0];
	assert_true(lr & ICH_LR_HW);
	assert_int_equal(AX_FIELD_GET(ICH_LR_pINTID, lr), PTIMER);
	assert_int_equal(fix_ack(&f, 0), VTIMER);
	fix_exit(&f, 0);
	fix_eoi(&f, 0, VTIMER);
	assert_int_equal(f.deactivated, 1);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), 0);
	fix_exit(&f, 0);
	assert_int_equal(f.hw_count, 0);
	fix_set_irq(&f, 0, VTIMER, true); /* the next one */
	fix_exit(&f, 0);
	assert_int_equal(fix_shown(&f, 0), VTIMER);
}

static void an_interrupt_raised_on_the_vcpus_own_cpu_needs_no_flush(void **st)
{
	unsigned accesses;

	(void)st;
	fix_exit(&f, 0);
	f.kicked = 0;
	axtest_cpu_id = 0;
	vgic_intc_ops.set_irq(&f.g, 0, VTIMER, true);
	assert_int_equal(f.kicked, 0);
	assert_int_equal(fix_shown(&f, 0), VTIMER);
	accesses = f.fake[0].access_count;
	vgic_intc_ops.flush(&f.g, 0);
	assert_int_equal(f.fake[0].access_count, accesses);

	vgic_intc_ops.set_irq(&f.g, 1, VTIMER, true); /* that one may be in its guest */
	assert_int_equal(f.kicked, 2);
	assert_int_equal(fix_shown(&f, 1), GIC_INTID_SPURIOUS);
}

static void a_full_set_of_registers_is_left_to_flush(void **st)
{
	(void)st;
	for (uint32_t i = 0; i < 5; i++) {
		fix_open(&f, 33 + i, (uint8_t)(0x80 - 8 * i), false);
	}
	fix_exit(&f, 0);
	axtest_cpu_id = 0;
	for (uint32_t i = 0; i < 5; i++) {
		vgic_intc_ops.set_irq(&f.g, 0, 33 + i, true);
	}
	assert_int_equal(fix_shown(&f, 0), 36); /* the four that came first */
	vgic_intc_ops.flush(&f.g, 0);
	assert_int_equal(fix_shown(&f, 0), 37);
}

static void pending_state_that_is_taken_back_frees_the_physical_one(void **st)
{
	(void)st;
	fix_set_irq(&f, 0, VTIMER, true);
	fix_exit(&f, 0);
	fix_set_bit(&f, 0, GICD_ICPENDR, VTIMER);
	assert_int_equal(f.hw_count, 0); /* not before the list register lets go */
	fix_exit(&f, 0);
	assert_int_equal(f.hw_count, 1);
	expect_call(0, 0, PTIMER, false);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
}

static void another_vcpus_write_is_carried_out_on_the_right_cpu(void **st)
{
	struct ax_io io = { GICR_ICPENDR0 + GICR_STRIDE, 3, 4 };

	(void)st;
	fix_set_irq(&f, 1, VTIMER, true);
	f.kicked = 0;
	axtest_cpu_id = 3;
	vgic_redist_ops.write(&f.g, &io, 1u << VTIMER);
	assert_int_equal(f.hw_count, 0);
	assert_int_equal(f.kicked, 2);
	fix_exit(&f, 1);
	expect_call(0, 1, PTIMER, false);
}

static void disabling_and_enabling_make_the_physical_one_come_again(void **st)
{
	(void)st;
	fix_set_irq(&f, 0, VTIMER, true);
	fix_exit(&f, 0);
	fix_set_bit(&f, 0, GICD_ICENABLER, VTIMER);
	fix_exit(&f, 0);
	expect_call(0, 0, PTIMER, false);
	assert_false(fix_bit(&f, 0, GICD_ISPENDR, VTIMER));
	fix_set_irq(&f, 0, VTIMER, true); /* its line is still high */
	fix_exit(&f, 0);
	assert_int_equal(f.hw_count, 1); /* and now it waits: no storm */
	fix_set_bit(&f, 0, GICD_ISENABLER, VTIMER);
	fix_exit(&f, 0);
	assert_int_equal(f.hw_count, 2);
	expect_call(1, 0, PTIMER, false);
	assert_int_equal(fix_shown(&f, 0), GIC_INTID_SPURIOUS);
}

static void clearing_the_active_state_frees_the_physical_one(void **st)
{
	(void)st;
	fix_set_irq(&f, 0, VTIMER, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), VTIMER);
	fix_exit(&f, 0);
	fix_set_bit(&f, 0, GICD_ICACTIVER, VTIMER);
	fix_exit(&f, 0);
	expect_call(0, 0, PTIMER, false);
}

static void physical_state_leaves_and_comes_with_the_vcpu(void **st)
{
	(void)st;
	fix_set_irq(&f, 0, VTIMER, true);
	fix_exit(&f, 0);
	axtest_cpu_id = 0;
	vgic_intc_ops.put(&f.g, 0);
	assert_int_equal(f.hw_count, 1);
	expect_call(0, 0, PTIMER, false);
	axtest_cpu_id = 2;
	vgic_intc_ops.put(&f.g, 2);
	vgic_intc_ops.load(&f.g, 0);
	assert_int_equal(f.hw_count, 2);
	expect_call(1, 2, PTIMER, true);
	vgic_intc_ops.flush(&f.g, 0);
	assert_int_equal(fix_ack(&f, 2), VTIMER);
	vgic_intc_ops.put(&f.g, 0); /* active now, and still held */
	expect_call(2, 2, PTIMER, false);
	fix_set_bit(&f, 0, GICD_ICACTIVER, VTIMER); /* not loaded: nothing to free */
	assert_int_equal(f.hw_count, 3);
	vgic_intc_ops.load(&f.g, 0);
	assert_int_equal(f.hw_count, 3);
}

static void a_release_that_is_due_is_not_lost_by_put(void **st)
{
	(void)st;
	fix_set_irq(&f, 0, VTIMER, true);
	fix_exit(&f, 0);
	fix_set_bit(&f, 0, GICD_ICPENDR, VTIMER);
	axtest_cpu_id = 0;
	vgic_intc_ops.put(&f.g, 0);
	assert_int_equal(f.hw_count, 1);
	expect_call(0, 0, PTIMER, false);
}

static void pending_by_register_while_active_comes_after_the_end(void **st)
{
	(void)st;
	fix_set_irq(&f, 0, VTIMER, true);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), VTIMER);
	fix_exit(&f, 0);
	fix_set_bit(&f, 0, GICD_ISPENDR, VTIMER);
	fix_exit(&f, 0);
	fix_eoi(&f, 0, VTIMER);
	assert_int_equal(vgic_fake_misr(&f.fake[0]), ICH_MISR_EOI);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), VTIMER);
	fix_eoi(&f, 0, VTIMER);
	assert_int_equal(f.deactivated, 1); /* the physical one, at last */
}

static void a_pending_write_alone_touches_nothing_physical(void **st)
{
	(void)st;
	fix_set_bit(&f, 0, GICD_ISPENDR, VTIMER);
	fix_exit(&f, 0);
	assert_int_equal(fix_ack(&f, 0), VTIMER);
	fix_eoi(&f, 0, VTIMER);
	fix_exit(&f, 0);
	assert_int_equal(f.deactivated, 0);
	assert_int_equal(f.hw_count, 0);
}

static void shared_interrupts_are_freed_from_anywhere(void **st)
{
	(void)st;
	fix_set_irq(&f, 0, SPI, true);
	fix_set_bit(&f, 3, GICD_ICPENDR, SPI); /* in no list register yet */
	assert_int_equal(f.hw_count, 1);
	expect_call(0, FIX_VCPUS, PSPI, false);
	fix_set_irq(&f, 0, SPI, true);
	fix_exit(&f, 0);
	axtest_cpu_id = 0;
	vgic_intc_ops.put(&f.g, 0);
	assert_int_equal(f.hw_count, 1); /* no banked state: it stays active */
	for (uint32_t v = 1; v < FIX_VCPUS; v++) {
		axtest_cpu_id = v;
		vgic_intc_ops.put(&f.g, v);
	}
	vgic_intc_ops.reset(&f.g);
	assert_int_equal(f.hw_count, 2);
	expect_call(1, 3, PSPI, false);
}

static void without_hw_in_the_register_the_end_comes_as_maintenance(void **st)
{
	(void)st;
	for (uint32_t version = 2; version <= 3; version++) {
		fix_init_by_maintenance(&f, version, 4);
		assert_int_equal(vgic_map_hw(&f.g, 0, VTIMER, PTIMER), AX_OK);
		fix_open(&f, VTIMER, 0x80, false);
		for (unsigned n = 0; n < 3; n++) {
			f.hw_count = 0;
			fix_set_irq(&f, 0, VTIMER, true);
			fix_exit(&f, 0);
			assert_false(f.fake[0].lr[0] & ICH_LR_HW);
			assert_int_equal(fix_ack(&f, 0), VTIMER);
			fix_exit(&f, 0);
			assert_int_equal(f.hw_count, 0);
			fix_eoi(&f, 0, VTIMER);
			assert_true(vgic_fake_misr(&f.fake[0]) != 0); /* brings the vCPU out */
			fix_exit(&f, 0);
			assert_int_equal(f.hw_count, 1);
			expect_call(0, 0, PTIMER, false);
			assert_int_equal(vgic_fake_misr(&f.fake[0]), 0);
		}
		assert_int_equal(f.deactivated, 0);
	}
}

static void only_real_interrupts_can_be_linked(void **st)
{
	struct vgic_cfg cfg = f.g.cfg;
	static const uint64_t mpidr[] = { 0, 1, 2, 3 };

	(void)st;
	assert_int_equal(vgic_map_hw(&f.g, FIX_VCPUS, VTIMER, PTIMER), AX_EINVAL);
	assert_int_equal(vgic_map_hw(&f.g, 0, 15, PTIMER), AX_EINVAL);
	assert_int_equal(vgic_map_hw(&f.g, 0, 32 + FIX_SPIS, PTIMER), AX_EINVAL);
	assert_int_equal(vgic_map_hw(&f.g, 0, VTIMER, 15), AX_EINVAL);
	assert_int_equal(vgic_map_hw(&f.g, 0, VTIMER, 1020), AX_EINVAL);
	cfg.hw = NULL;
	cfg.mpidr = mpidr;
	assert_int_equal(vgic_init(&f.g, &cfg, f.irqs, AX_ARRAY_SIZE(f.irqs), f.vcpus), AX_OK);
	assert_int_equal(vgic_map_hw(&f.g, 0, VTIMER, PTIMER), AX_EINVAL);
}

/* --- GICv2 list registers */

static void v2_list_registers_carry_the_same_fields(void **st)
{
	static const struct {
		uint64_t ich;
		uint32_t gich;
	} rows[] = {
		{ 0, 0 },
		/* pending, group 1, priority 0x80, INTID 40 */
		{ ICH_LR_Pending | ICH_LR_Group | UINT64_C(0x80) << 48 | 40, 0x58000028 },
		/* active, EOI */
		{ ICH_LR_Active | ICH_LR_EOI | UINT64_C(0xf8) << 48 | 1019, 0x2f8803fb },
		/* pending and active, HW, physical 27 */
		{ ICH_LR_State | ICH_LR_HW | UINT64_C(27) << 32 | 27, 0xb0006c1b },
		/* SGI 3 from CPU 5 */
		{ ICH_LR_Pending | 5u << 10 | 3, 0x10001403 },
	};

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(rows); i++) {
		assert_int_equal(vgic_gich_lr_encode(rows[i].ich), rows[i].gich);
		assert_int_equal(vgic_gich_lr_decode(rows[i].gich), rows[i].ich);
	}
	for (uint32_t bit = 0; bit < 32; bit++) { /* nothing is lost but the reserved bits */
		uint32_t lr = UINT32_C(1) << bit;
		bool reserved = (bit >= 13 && bit < 19) || (bit >= 20 && bit < 23);

		assert_int_equal(vgic_gich_lr_encode(vgic_gich_lr_decode(lr)), reserved ? 0 : lr);
	}
}

static void v2_registers_are_reached_through_memory(void **st)
{
	static uint32_t frame[0x200 / 4];
	struct vgic_gich h = { (uintptr_t)frame };
	struct vgic_lr_state st2 = { .vmcr = 0xf0000001, .ap0 = { 0x10 } }, back;
	const struct vgic_lr_ops *ops = &vgic_lr_gich_ops;

	(void)st;
	frame[GICH_VTR / 4] = 0x90000003;
	assert_int_equal(vgic_gich_lr_count(&h), 4);
	ops->write_lr(&h, 2, ICH_LR_Pending | 33);
	assert_int_equal(frame[(GICH_LR0 + 8) / 4], 0x10000021);
	assert_int_equal(ops->read_lr(&h, 2), ICH_LR_Pending | 33);
	ops->write_hcr(&h, 5);
	assert_int_equal(frame[GICH_HCR / 4], 5);
	assert_int_equal(ops->read_hcr(&h), 5);
	ops->restore(&h, &st2);
	assert_int_equal(frame[GICH_VMCR / 4], 0xf0000001);
	assert_int_equal(frame[GICH_APR / 4], 0x10);
	assert_int_equal(ops->read_vmcr(&h), 0xf0000001);
	ops->save(&h, &back);
	assert_memory_equal(&back, &st2, sizeof(back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_guest_deactivates_the_physical_interrupt, v3),
		cmocka_unit_test_setup(an_interrupt_raised_on_the_vcpus_own_cpu_needs_no_flush, v3),
		cmocka_unit_test_setup(a_full_set_of_registers_is_left_to_flush, v3),
		cmocka_unit_test_setup(pending_state_that_is_taken_back_frees_the_physical_one, v3),
		cmocka_unit_test_setup(another_vcpus_write_is_carried_out_on_the_right_cpu, v3),
		cmocka_unit_test_setup(disabling_and_enabling_make_the_physical_one_come_again, v3),
		cmocka_unit_test_setup(clearing_the_active_state_frees_the_physical_one, v3),
		cmocka_unit_test_setup(physical_state_leaves_and_comes_with_the_vcpu, v3),
		cmocka_unit_test_setup(a_release_that_is_due_is_not_lost_by_put, v3),
		cmocka_unit_test_setup(pending_by_register_while_active_comes_after_the_end, v3),
		cmocka_unit_test_setup(a_pending_write_alone_touches_nothing_physical, v3),
		cmocka_unit_test_setup(shared_interrupts_are_freed_from_anywhere, v3),
		cmocka_unit_test_setup(without_hw_in_the_register_the_end_comes_as_maintenance, v3),
		cmocka_unit_test_setup(only_real_interrupts_can_be_linked, v3),
		cmocka_unit_test(v2_list_registers_carry_the_same_fields),
		cmocka_unit_test(v2_registers_are_reached_through_memory),
	};

	return cmocka_run_group_tests_name("vgic-hw", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reset, save and load; snapshots are untrusted. */
#include "fixture.h"

#define SPI 40u

static struct fixture f, other;
static uint8_t snap[16384], again[16384];
static size_t len;

/* Offsets in a snapshot of FIX_VCPUS vCPUs. */
#define AT_VCPU(v) (32u + 48u * (v))
#define AT_IRQ(i)  (AT_VCPU(FIX_VCPUS) + 16u * (i))
#define AT_SPI(n)  AT_IRQ(FIX_VCPUS * 32u + (n)-32u)

static void put_all(struct fixture *x)
{
	for (uint32_t v = 0; v < FIX_VCPUS; v++) {
		axtest_cpu_id = v;
		vgic_intc_ops.put(&x->g, v);
	}
	axtest_cpu_id = FIX_VCPUS;
}

static void load_all(struct fixture *x)
{
	for (uint32_t v = 0; v < FIX_VCPUS; v++) {
		axtest_cpu_id = v;
		vgic_intc_ops.load(&x->g, v);
		vgic_intc_ops.flush(&x->g, v);
	}
	axtest_cpu_id = FIX_VCPUS;
}

/* Something of everything: pending in a register, active, spilled latch, line, SGI, routes, masks. */
static void make_busy(struct fixture *x, uint32_t version)
{
	fix_init(x, version, 2);
	fix_open(x, SPI, 0x40, false);
	fix_open(x, SPI + 1, 0x60, true);
	fix_open(x, SPI + 2, 0x80, true);
	fix_open(x, SPI + 3, 0xa0, false);
	fix_open(x, 3, 0x20, true);
	for (uint32_t i = 0; i < 3; i++) {
		fix_set_irq(x, 0, SPI + i, true);
	}
	fix_exit(x, 0);
	assert_int_equal(fix_ack(x, 0), SPI);
	if (version == 2) {
		fix_dist_write(x, 1, GICD_SGIR, 4, 1u << 16 | 3);
		fix_dist_write(x, 3, GICD_SGIR, 4, 1u << 16 | 3);
		fix_exit(x, 0);
		assert_int_equal(fix_ack(x, 0), 1u << 10 | 3);
	} else {
		fix_redist_write(x, 2, GICR_ISPENDR0, 4, 8);
		fix_redist_write(x, 1, GICR_WAKER, 4, 0);
		fix_dist_write(x, 0, GICD_IROUTER + 8 * (SPI + 3), 8, GICD_IROUTER_IRM);
	}
	x->fake[2].st.vmcr = 0x80000203;
	fix_exit(x, 0);
	put_all(x);
}

static int v3(void **st)
{
	(void)st;
	make_busy(&f, 3);
	assert_int_equal(vgic_intc_ops.save(&f.g, snap, sizeof(snap), &len), AX_OK);
	fix_init(&other, 3, 2);
	put_all(&other);
	return 0;
}

static int v2(void **st)
{
	(void)st;
	make_busy(&f, 2);
	assert_int_equal(vgic_intc_ops.save(&f.g, snap, sizeof(snap), &len), AX_OK);
	fix_init(&other, 2, 2);
	put_all(&other);
	return 0;
}

static void what_is_loaded_saves_the_same_and_goes_on(void **st)
{
	size_t again_len;

	(void)st;
	assert_int_equal(len, AT_IRQ(VGIC_IRQ_COUNT(FIX_VCPUS, FIX_SPIS)));
	assert_int_equal(vgic_intc_ops.load_state(&other.g, snap, len), AX_OK);
	assert_int_equal(vgic_intc_ops.save(&other.g, again, sizeof(again), &again_len), AX_OK);
	assert_int_equal(again_len, len);
	assert_memory_equal(snap, again, len);
	load_all(&other);
	assert_int_equal(other.fake[2].st.vmcr, 0x80000203);
	if (other.g.cfg.version == 2) {
		fix_eoi(&other, 0, 1u << 10 | 3);
		fix_exit(&other, 0);
		assert_int_equal(fix_ack(&other, 0), 3u << 10 | 3);
		fix_eoi(&other, 0, 3u << 10 | 3);
		fix_exit(&other, 0);
	}
	fix_eoi(&other, 0, SPI);
	fix_exit(&other, 0);
	assert_int_equal(fix_ack(&other, 0), SPI); /* its line is still high */
	fix_set_irq(&other, 0, SPI, false);
	fix_exit(&other, 0);
	fix_eoi(&other, 0, SPI);
	fix_exit(&other, 0);
	assert_int_equal(fix_ack(&other, 0), SPI + 1);
}

static void reset_keeps_the_lines_and_nothing_else(void **st)
{
	static struct fixture fresh;
	size_t again_len;

	(void)st;
	vgic_intc_ops.reset(&f.g);
	fix_init(&fresh, 3, 2);
	put_all(&fresh);
	for (uint32_t v = 0; v < FIX_VCPUS; v++) {
		fresh.vcpus[v].state = (struct vgic_lr_state){ 0 };
	}
	for (uint32_t i = 0; i < 3; i++) {
		fix_set_irq(&fresh, 0, SPI + i, true);
	}
	assert_int_equal(vgic_intc_ops.save(&f.g, snap, sizeof(snap), &len), AX_OK);
	assert_int_equal(vgic_intc_ops.save(&fresh.g, again, sizeof(again), &again_len), AX_OK);
	assert_int_equal(again_len, len);
	assert_memory_equal(snap, again, len);
	for (uint32_t v = 0; v < FIX_VCPUS; v++) {
		assert_false(vgic_intc_ops.pending(&f.g, v));
		assert_int_equal(f.vcpus[v].queued, 0);
	}
	load_all(&f);
	AXTEST_EXPECT_PANIC(vgic_intc_ops.reset(&f.g));
}

static void a_live_interface_cannot_be_saved_or_replaced(void **st)
{
	(void)st;
	load_all(&f);
	assert_int_equal(vgic_intc_ops.save(&f.g, again, sizeof(again), &len), AX_EBUSY);
	assert_int_equal(vgic_intc_ops.load_state(&f.g, snap, sizeof(snap)), AX_EBUSY);
}

static void a_small_buffer_is_refused(void **st)
{
	size_t got = 7;

	(void)st;
	assert_int_equal(vgic_intc_ops.save(&f.g, again, len - 1, &got), AX_ENOSPC);
	assert_int_equal(got, 7);
	assert_int_equal(vgic_intc_ops.save(&f.g, again, len, &got), AX_OK);
}

struct damage {
	uint32_t at;
	uint8_t val;
	ax_err_t err;
};

static void refuses(const struct damage *rows, size_t count)
{
	static uint8_t before[sizeof(snap)], after[sizeof(snap)];
	size_t n;

	assert_int_equal(vgic_intc_ops.save(&other.g, before, sizeof(before), &n), AX_OK);
	for (size_t i = 0; i < count; i++) {
		uint8_t keep = snap[rows[i].at];

		snap[rows[i].at] = rows[i].val;
		if (vgic_intc_ops.load_state(&other.g, snap, len) != rows[i].err) {
			fail_msg("row %zu was not refused as it should be", i);
		}
		snap[rows[i].at] = keep;
		assert_int_equal(vgic_intc_ops.save(&other.g, after, sizeof(after), &n), AX_OK);
		assert_memory_equal(before, after, n);
	}
	assert_int_equal(vgic_intc_ops.load_state(&other.g, snap, len - 1), AX_EVERSION);
	assert_int_equal(vgic_intc_ops.load_state(&other.g, snap, 31), AX_EVERSION);
	assert_int_equal(vgic_intc_ops.load_state(&other.g, snap, 0), AX_EVERSION);
	assert_int_equal(vgic_intc_ops.load_state(&other.g, snap, len), AX_OK);
}

static void damage_to_a_v3_snapshot_is_refused_whole(void **st)
{
	static const struct damage rows[] = {
		{ 0, 0, AX_EVERSION }, /* magic */
		{ 4, 2, AX_EVERSION }, /* version */
		{ 6, 1, AX_EVERSION }, /* reserved */
		{ 8, 1, AX_EVERSION }, /* size */
		{ 12, 2, AX_EINVAL },  /* another GIC */
		{ 16, 3, AX_EINVAL },  /* another VM */
		{ 20, 32, AX_EINVAL },
		{ 24, 4, AX_EINVAL },                       /* GICD_CTLR */
		{ 28, 1, AX_EINVAL },                       /* reserved */
		{ AT_VCPU(1), 0x55, AX_EINVAL },            /* affinity */
		{ AT_VCPU(1) + 9, 0x40, AX_EINVAL },        /* VMCR, reserved bit */
		{ AT_VCPU(1) + 44, 2, AX_EINVAL },          /* asleep */
		{ AT_SPI(SPI) + 9, 0x01, AX_EINVAL },       /* a flag of this machine */
		{ AT_SPI(SPI) + 10, 0x41, AX_EINVAL },      /* priority */
		{ AT_SPI(SPI) + 11, 0x07, AX_EINVAL },      /* active priority */
		{ AT_SPI(SPI) + 12, FIX_VCPUS, AX_EINVAL }, /* active on nobody */
		{ AT_SPI(SPI + 1) + 12, 1, AX_EINVAL },     /* not active, yet somewhere */
		{ AT_SPI(SPI) + 13, 1, AX_EINVAL },         /* targets in v3 */
		{ AT_SPI(SPI) + 14, 1, AX_EINVAL },         /* sources of an SPI */
		{ AT_SPI(SPI) + 15, 1, AX_EINVAL },
		{ AT_SPI(SPI) + 5, 1, AX_EINVAL },        /* route, reserved bit */
		{ AT_IRQ(3), 1, AX_EINVAL },              /* route of an SGI */
		{ AT_IRQ(3) + 8, 0x01, AX_EINVAL },       /* an SGI that is no edge */
		{ AT_IRQ(3) + 8, 0x0d, AX_EINVAL },       /* an SGI with a line */
		{ AT_IRQ(3) + 14, 1, AX_EINVAL },         /* sources in v3 */
		{ AT_IRQ(32 + 20) + 8, 0x21, AX_EINVAL }, /* vCPU 1's, active on 0 */
	};

	(void)st;
	refuses(rows, AX_ARRAY_SIZE(rows));
}

static void damage_to_a_v2_snapshot_is_refused_whole(void **st)
{
	static const struct damage rows[] = {
		{ AT_SPI(SPI), 1, AX_EINVAL },         /* route in v2 */
		{ AT_SPI(SPI) + 13, 0x10, AX_EINVAL }, /* no such target */
		{ AT_IRQ(3) + 14, 0x10, AX_EINVAL },   /* no such source */
		{ AT_IRQ(3) + 15, 4, AX_EINVAL },      /* no such source */
		{ AT_IRQ(4) + 8, 0x04, AX_EINVAL },    /* a disabled SGI */
		{ AT_IRQ(4) + 8, 0x15, AX_EINVAL },    /* an SGI with a latch */
	};

	(void)st;
	refuses(rows, AX_ARRAY_SIZE(rows));
}

static void frames_have_no_state_of_their_own(void **st)
{
	static const struct ax_dev_ops *const frames[] = { &vgic_dist_ops, &vgic_redist_ops,
							   &vgic_sysreg_ops };
	uint8_t buf[12];
	size_t n;

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(frames); i++) {
		assert_int_equal(frames[i]->save(&f.g, buf, 11, &n), AX_ENOSPC);
		assert_int_equal(frames[i]->save(&f.g, buf, sizeof(buf), &n), AX_OK);
		assert_int_equal(n, sizeof(buf));
		assert_int_equal(frames[i]->load(&f.g, buf, n), AX_OK);
		assert_int_equal(frames[i]->load(&f.g, buf, n - 1), AX_EVERSION);
		buf[0] ^= 1;
		assert_int_equal(frames[i]->load(&f.g, buf, n), AX_EVERSION);
		frames[i]->reset(&f.g);
	}
	assert_int_equal(vgic_intc_ops.save(&f.g, again, sizeof(again), &n), AX_OK);
	assert_memory_equal(snap, again, n); /* all of that changed nothing */
}

static void linked_interrupts_come_back_as_plain_ones(void **st)
{
	(void)st;
	fix_init(&f, 3, 2);
	assert_int_equal(vgic_map_hw(&f.g, 0, 27, 27), AX_OK);
	fix_open(&f, 27, 0x80, false);
	fix_set_irq(&f, 0, 27, true);
	put_all(&f);
	assert_int_equal(vgic_intc_ops.save(&f.g, snap, sizeof(snap), &len), AX_OK);
	assert_int_equal(vgic_map_hw(&other.g, 0, 27, 27), AX_OK);
	assert_int_equal(vgic_intc_ops.load_state(&other.g, snap, len), AX_OK);
	load_all(&other);
	assert_int_equal(other.hw_count, 0); /* nothing physical is active here */
	assert_int_equal(fix_ack(&other, 0), 27);
	assert_false(other.fake[0].lr[0] & ICH_LR_HW);
	put_all(&other);
	snap[AT_IRQ(27) + 8] |= 8; /* a line, which a linked one does not have */
	assert_int_equal(vgic_intc_ops.load_state(&other.g, snap, len), AX_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_loaded_saves_the_same_and_goes_on, v3),
		cmocka_unit_test_setup(what_is_loaded_saves_the_same_and_goes_on, v2),
		cmocka_unit_test_setup(reset_keeps_the_lines_and_nothing_else, v3),
		cmocka_unit_test_setup(a_live_interface_cannot_be_saved_or_replaced, v3),
		cmocka_unit_test_setup(a_small_buffer_is_refused, v3),
		cmocka_unit_test_setup(damage_to_a_v3_snapshot_is_refused_whole, v3),
		cmocka_unit_test_setup(damage_to_a_v2_snapshot_is_refused_whole, v2),
		cmocka_unit_test_setup(frames_have_no_state_of_their_own, v3),
		cmocka_unit_test_setup(linked_interrupts_come_back_as_plain_ones, v3),
	};

	return cmocka_run_group_tests_name("vgic-snapshot", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every register as the guest sees it: reset values, RO, RW, W1S, W1C, RAZ/WI, sizes. */
#include "fixture.h"

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

/* What one register does: reads @reset at first; after writing all ones reads @ones; then, after
 * writing zeros, reads @zeros. */
struct row {
	uint32_t off;
	uint8_t size;
	uint64_t reset, ones, zeros;
	const char *clause;
};

typedef uint64_t (*reader)(struct fixture *, uint32_t, uint64_t, uint8_t);
typedef void (*writer)(struct fixture *, uint32_t, uint64_t, uint8_t, uint64_t);

static void check_rows(const struct row *rows, size_t count, uint32_t vcpu, reader rd, writer wr)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *r = &rows[i];
		uint64_t all = ~UINT64_C(0) >> (64 - 8 * r->size);
		uint64_t got = rd(&f, vcpu, r->off, r->size);

		if (got != r->reset) {
			fail_msg("%#x resets to %#lx (%s)", r->off, (unsigned long)got, r->clause);
		}
		wr(&f, vcpu, r->off, r->size, all);
		got = rd(&f, vcpu, r->off, r->size);
		if (got != r->ones) {
			fail_msg("%#x after ones: %#lx (%s)", r->off, (unsigned long)got,
				 r->clause);
		}
		wr(&f, vcpu, r->off, r->size, 0);
		got = rd(&f, vcpu, r->off, r->size);
		if (got != r->zeros) {
			fail_msg("%#x after zeros: %#lx (%s)", r->off, (unsigned long)got,
				 r->clause);
		}
	}
}

#define ALL32 UINT64_C(0xffffffff)

static void v3_distributor_registers(void **st)
{
	/* 64 SPIs: words 1 and 2 of the bit arrays exist. Word 0 is the redistributor's (ARE). */
	static const struct row rows[] = {
		{ GICD_CTLR, 4, 0x50, 0x53, 0x50, "IHI 0069 12.9: ARE, DS fixed, RWP 0" },
		{ GICD_TYPER, 4, 0x01480002, 0x01480002, 0x01480002, "12.9: 96 ids, 10 bits, A3V" },
		{ GICD_IIDR, 4, 0x56000000, 0x56000000, 0x56000000, "12.9" },
		{ GICD_TYPER2, 4, 0, 0, 0, "12.9: no virtual LPIs" },
		{ GICD_STATUSR, 4, 0, 0, 0, "12.9: not implemented" },
		{ GICD_SETSPI_NSR, 4, 0, 0, 0, "12.9: MBIS is 0" },
		{ GICD_CLRSPI_NSR, 4, 0, 0, 0, "12.9: MBIS is 0" },
		{ GICD_IGROUPR, 4, 0, 0, 0, "12.9: word 0 RES0 with ARE" },
		{ GICD_IGROUPR + 4, 4, ALL32, ALL32, 0, "12.9" },
		{ GICD_IGROUPR + 12, 4, 0, 0, 0, "12.9: past ITLinesNumber" },
		{ GICD_ISENABLER, 4, 0, 0, 0, "12.9: word 0 RES0 with ARE" },
		{ GICD_ISENABLER + 8, 4, 0, ALL32, ALL32, "12.9: W1S" },
		{ GICD_ICENABLER + 8, 4, ALL32, 0, 0, "12.9: W1C" },
		{ GICD_ISPENDR + 4, 4, 0, ALL32, ALL32, "12.9: W1S" },
		{ GICD_ICPENDR + 4, 4, ALL32, 0, 0, "12.9: W1C" },
		{ GICD_ISACTIVER + 4, 4, 0, ALL32, ALL32, "12.9: W1S" },
		{ GICD_ICACTIVER + 4, 4, ALL32, 0, 0, "12.9: W1C" },
		{ GICD_ISACTIVER + 12, 4, 0, 0, 0, "12.9: past ITLinesNumber" },
		{ GICD_IPRIORITYR, 4, 0, 0, 0, "12.9: RES0 with ARE" },
		{ GICD_IPRIORITYR + 33, 1, 0, 0xf8, 0, "12.9: five bits, byte access" },
		{ GICD_IPRIORITYR + 92, 4, 0, 0xf8f8f8f8, 0, "12.9" },
		{ GICD_IPRIORITYR + 96, 4, 0, 0, 0, "12.9: no such interrupt" },
		{ GICD_ITARGETSR + 32, 4, 0, 0, 0, "12.9: RES0 with ARE" },
		{ GICD_ICFGR, 4, 0, 0, 0, "12.9" },
		{ GICD_ICFGR + 8, 4, 0, 0xaaaaaaaa, 0, "12.9: even bits RES0" },
		{ GICD_IGRPMODR + 4, 4, 0, 0, 0, "12.9: RES0 with DS" },
		{ GICD_NSACR + 8, 4, 0, 0, 0, "12.9: RES0 with DS" },
		{ GICD_SGIR, 4, 0, 0, 0, "12.9: RES0 with ARE" },
		{ GICD_CPENDSGIR, 4, 0, 0, 0, "12.9: RES0 with ARE" },
		{ GICD_SPENDSGIR, 1, 0, 0, 0, "12.9: RES0 with ARE" },
		{ GICD_IROUTER + 8 * 31, 8, 0, 0, 0, "12.9: no private ones" },
		{ GICD_IROUTER + 8 * 32, 8, 0, UINT64_C(0xff80ffffff), 0, "12.9" },
		{ GICD_IROUTER + 8 * 33, 4, 0, UINT64_C(0x80ffffff), 0, "12.9: low half" },
		{ GICD_IROUTER + 8 * 33 + 4, 4, 0, 0xff, 0, "12.9: high half" },
		{ GICD_IROUTER + 8 * 96, 8, 0, 0, 0, "12.9: no such interrupt" },
		{ GICD_PIDR2, 4, 0x3b, 0x3b, 0x3b, "12.1: GICv3" },
		{ GICD_CIDR0, 4, 0x0d, 0x0d, 0x0d, "12.1" },
		{ GICD_CIDR0 + 12, 4, 0xb1, 0xb1, 0xb1, "12.1" },
		{ 0xc000, 4, 0, 0, 0, "reserved" },
	};

	(void)st;
	check_rows(rows, AX_ARRAY_SIZE(rows), 0, fix_dist_read, fix_dist_write);
}

static void v3_redistributor_registers(void **st)
{
	static const struct row rows[] = {
		{ GICR_CTLR, 4, 0, 0, 0, "IHI 0069 12.11: no LPIs, no DPG" },
		{ GICR_IIDR, 4, 0x56000000, 0x56000000, 0x56000000, "12.11" },
		{ GICR_TYPER, 8, UINT64_C(0x0700030200000310), UINT64_C(0x0700030200000310),
		  UINT64_C(0x0700030200000310), "12.11: affinity, number 3, Last" },
		{ GICR_TYPER, 4, 0x310, 0x310, 0x310, "12.11: low half" },
		{ GICR_TYPER + 4, 4, 0x07000302, 0x07000302, 0x07000302, "12.11: high half" },
		{ GICR_STATUSR, 4, 0, 0, 0, "12.11" },
		{ GICR_WAKER, 4, 6, 6, 0, "12.11: ChildrenAsleep follows" },
		{ GICR_PROPBASER, 8, 0, 0, 0, "12.11: no LPIs" },
		{ GICR_PENDBASER, 8, 0, 0, 0, "12.11: no LPIs" },
		{ GICR_PIDR2, 4, 0x3b, 0x3b, 0x3b, "12.1" },
		{ GICR_CIDR0 + 4, 4, 0xf0, 0xf0, 0xf0, "12.1" },
		{ GICR_IGROUPR0, 4, ALL32, ALL32, 0, "12.11" },
		{ GICR_ISENABLER0, 4, 0, ALL32, ALL32, "12.11: W1S" },
		{ GICR_ICENABLER0, 4, ALL32, 0, 0, "12.11: W1C" },
		{ GICR_ISPENDR0, 4, 0, ALL32, ALL32, "12.11: W1S" },
		{ GICR_ICPENDR0, 4, ALL32, 0, 0, "12.11: W1C" },
		{ GICR_ISACTIVER0, 4, 0, ALL32, ALL32, "12.11: W1S" },
		{ GICR_ICACTIVER0, 4, ALL32, 0, 0, "12.11: W1C" },
		{ GICR_IPRIORITYR0, 4, 0, 0xf8f8f8f8, 0, "12.11" },
		{ GICR_IPRIORITYR0 + 31, 1, 0, 0xf8, 0, "12.11" },
		{ GICR_IPRIORITYR0 + 32, 4, 0, 0, 0, "past the private ones" },
		{ GICR_ICFGR0, 4, 0xaaaaaaaa, 0xaaaaaaaa, 0xaaaaaaaa, "12.11: SGIs are edges" },
		{ GICR_ICFGR1, 4, 0, 0xaaaaaaaa, 0, "12.11" },
		{ GICR_IGRPMODR0, 4, 0, 0, 0, "12.11: RES0 with DS" },
		{ GICR_NSACR, 4, 0, 0, 0, "12.11: RES0 with DS" },
		{ GICR_SGI_BASE + GICD_IGROUPR + 4, 4, 0, 0, 0, "no extended PPIs" },
		{ GICR_SGI_BASE + GICD_SPENDSGIR, 4, 0, 0, 0, "not in this frame" },
	};

	(void)st;
	check_rows(rows, AX_ARRAY_SIZE(rows), 3, fix_redist_read, fix_redist_write);
	assert_int_equal(fix_redist_read(&f, 0, GICR_TYPER, 8), 0);
	assert_int_equal(fix_redist_read(&f, 1, GICR_TYPER, 8), UINT64_C(0x0000000100000100));
	assert_int_equal(fix_redist_read(&f, 0, GICR_IGROUPR0, 4), ALL32); /* its own */
}

static void v2_distributor_registers(void **st)
{
	static const struct row rows[] = {
		{ GICD_CTLR, 4, 0, 3, 0, "IHI 0048 4.3.1" },
		{ GICD_TYPER, 4, 0x62, 0x62, 0x62, "4.3.2: 96 ids, 4 CPUs" },
		{ GICD_IIDR, 4, 0x56000000, 0x56000000, 0x56000000, "4.3.3" },
		{ GICD_IGROUPR, 4, 0, ALL32, 0, "4.3.4: word 0 is banked" },
		{ GICD_IGROUPR + 4, 4, 0, ALL32, 0, "4.3.4" },
		{ GICD_IGROUPR + 12, 4, 0, 0, 0, "4.3.4: past ITLinesNumber" },
		{ GICD_ISENABLER, 4, 0xffff, ALL32, ALL32, "4.3.5: SGIs are always enabled" },
		{ GICD_ICENABLER, 4, ALL32, 0xffff, 0xffff, "4.3.6" },
		{ GICD_ISENABLER + 4, 4, 0, ALL32, ALL32, "4.3.5: W1S" },
		{ GICD_ICENABLER + 4, 4, ALL32, 0, 0, "4.3.6: W1C" },
		{ GICD_ISPENDR, 4, 0, 0xffff0000, 0xffff0000, "4.3.7: SGIs read-only" },
		{ GICD_ICPENDR, 4, 0xffff0000, 0, 0, "4.3.8" },
		{ GICD_ISPENDR + 8, 4, 0, ALL32, ALL32, "4.3.7: W1S" },
		{ GICD_ICPENDR + 8, 4, ALL32, 0, 0, "4.3.8: W1C" },
		{ GICD_ISACTIVER, 4, 0, ALL32, ALL32, "4.3.9: W1S" },
		{ GICD_ICACTIVER, 4, ALL32, 0, 0, "4.3.10: W1C" },
		{ GICD_IPRIORITYR, 4, 0, 0xf8f8f8f8, 0, "4.3.11" },
		{ GICD_IPRIORITYR + 95, 1, 0, 0xf8, 0, "4.3.11: byte access" },
		{ GICD_ITARGETSR, 4, 0x02020202, 0x02020202, 0x02020202, "4.3.12: the reader" },
		{ GICD_ITARGETSR + 31, 1, 2, 2, 2, "4.3.12" },
		{ GICD_ITARGETSR + 32, 4, 0, 0x0f0f0f0f, 0, "4.3.12: no such CPUs" },
		{ GICD_ICFGR, 4, 0xaaaaaaaa, 0xaaaaaaaa, 0xaaaaaaaa, "4.3.13" },
		{ GICD_ICFGR + 4, 4, 0, 0xaaaaaaaa, 0, "4.3.13" },
		{ GICD_NSACR, 4, 0, 0, 0, "4.3.14: no security" },
		{ GICD_SGIR, 4, 0, 0, 0, "4.3.15: write-only" },
		{ GICD_SPENDSGIR + 4, 4, 0, 0x0f0f0f0f, 0x0f0f0f0f, "4.3.17: W1S" },
		{ GICD_CPENDSGIR + 4, 4, 0x0f0f0f0f, 0, 0, "4.3.16: W1C" },
		{ GICD_SPENDSGIR + 15, 1, 0, 0x0f, 0x0f, "4.3.17: byte access" },
		{ GICD_V2_ICPIDR2, 4, 0x2b, 0x2b, 0x2b, "4.3.18: GICv2" },
		{ GICD_V2_CIDR0 + 8, 4, 0x05, 0x05, 0x05, "4.3.18" },
		{ GICD_IROUTER + 8 * 32, 8, 0, 0, 0, "not in GICv2" },
	};

	(void)st;
	check_rows(rows, AX_ARRAY_SIZE(rows), 1, fix_dist_read, fix_dist_write);
	assert_int_equal(fix_dist_read(&f, 2, GICD_ITARGETSR, 4), 0x04040404);
}

static void wrong_sizes_and_alignments_read_as_zero_and_change_nothing(void **st)
{
	static const struct {
		uint32_t off;
		uint8_t size;
	} bad[] = {
		{ GICD_CTLR, 1 },
		{ GICD_CTLR, 2 },
		{ GICD_CTLR, 8 },
		{ GICD_CTLR + 1, 4 },
		{ GICD_TYPER, 8 },
		{ GICD_ISENABLER + 4, 1 },
		{ GICD_ISENABLER + 4, 2 },
		{ GICD_ISENABLER + 4, 8 },
		{ GICD_ISENABLER + 6, 4 },
		{ GICD_IPRIORITYR + 40, 2 },
		{ GICD_IPRIORITYR + 40, 8 },
		{ GICD_IPRIORITYR + 41, 4 },
		{ GICD_ICFGR + 8, 1 },
		{ GICD_IROUTER + 8 * 40, 1 },
		{ GICD_IROUTER + 8 * 40 + 4, 8 },
		{ GICD_IROUTER + 8 * 40 + 2, 4 },
		{ GICD_PIDR2, 1 },
	};

	fix_dist_write(&f, 0, GICD_CTLR, 4, 3);
	fix_dist_write(&f, 0, GICD_ISENABLER + 4, 4, ALL32);
	fix_dist_write(&f, 0, GICD_IPRIORITYR + 40, 4, ALL32);
	fix_dist_write(&f, 0, GICD_IROUTER + 8 * 40, 8, 0x100);
	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		assert_int_equal(fix_dist_read(&f, 0, bad[i].off, bad[i].size), 0);
		fix_dist_write(&f, 0, bad[i].off, bad[i].size, 0);
	}
	assert_int_equal(fix_dist_read(&f, 0, GICD_CTLR, 4), 0x53);
	assert_int_equal(fix_dist_read(&f, 0, GICD_IPRIORITYR + 40, 4), 0xf8f8f8f8);
	assert_int_equal(fix_dist_read(&f, 0, GICD_IROUTER + 8 * 40, 8), 0x100);
	assert_int_equal(fix_redist_read(&f, 0, GICR_TYPER + 4, 8), 0);
	assert_int_equal(fix_redist_read(&f, 0, GICR_ISENABLER0, 8), 0);
	assert_int_equal(fix_redist_read(&f, FIX_VCPUS, GICR_PIDR2, 4), 0); /* no such frame */
	assert_int_equal(fix_redist_read(&f, 1u << 20, GICR_PIDR2, 4), 0);
	fix_redist_write(&f, 1, GICR_STRIDE * 4 + GICR_ISENABLER0, 4, ALL32);
	assert_int_equal(fix_dist_read(&f, 0, UINT64_C(1) << 40, 4), 0);
}

static void a_v2_controller_has_no_redistributors_and_no_system_registers(void **st)
{
	uint64_t val = 1;
	struct ax_io io = { VGIC_SYSREG_ICC_SRE_EL1, 0, 8 };

	(void)st;
	assert_int_equal(fix_redist_read(&f, 0, GICR_PIDR2, 4), 0);
	fix_redist_write(&f, 0, GICR_ISENABLER0, 4, ALL32);
	assert_int_equal(vgic_sysreg_ops.read(&f.g, &io, &val), AX_IO_UNHANDLED);
	assert_int_equal(val, 0);
	assert_int_equal(vgic_sysreg_ops.write(&f.g, &io, 7), AX_IO_UNHANDLED);
	assert_int_equal(fix_dist_read(&f, 0, GICD_V2_SIZE, 4), 0);
}

static void sre_is_fixed_and_other_system_registers_are_not_ours(void **st)
{
	struct ax_io sre = { VGIC_SYSREG_ICC_SRE_EL1, 0, 8 };
	struct ax_io sgi = { VGIC_SYSREG_ICC_SGI1R_EL1, 0, 8 };
	struct ax_io pmr = { VGIC_SYSREG(3, 0, 4, 6, 0), 0, 8 };
	uint64_t val = 0;

	(void)st;
	assert_int_equal(vgic_sysreg_ops.write(&f.g, &sre, 0), AX_IO_HANDLED);
	assert_int_equal(vgic_sysreg_ops.read(&f.g, &sre, &val), AX_IO_HANDLED);
	assert_int_equal(val, 7);
	assert_int_equal(vgic_sysreg_ops.read(&f.g, &sgi, &val), AX_IO_UNHANDLED);
	assert_int_equal(vgic_sysreg_ops.read(&f.g, &pmr, &val), AX_IO_UNHANDLED);
	assert_int_equal(vgic_sysreg_ops.write(&f.g, &pmr, 0), AX_IO_UNHANDLED);
	assert_int_equal(VGIC_SYSREG_ICC_SGI1R_EL1, 0xc65d);
	assert_int_equal(VGIC_SYSREG_ICC_SRE_EL1, 0xc665);
}

static void one_v2_cpu_has_no_target_registers(void **st)
{
	struct vgic g;
	struct vgic_vcpu vcpu[1];
	struct vgic_cfg cfg = f.g.cfg;

	(void)st;
	cfg.vcpu_count = 1;
	assert_int_equal(vgic_init(&g, &cfg, f.irqs, AX_ARRAY_SIZE(f.irqs), vcpu), AX_OK);
	assert_int_equal(axtest_dev_read(&vgic_dist_ops, &g, GICD_ITARGETSR, 4), 0);
	assert_int_equal(axtest_dev_read(&vgic_dist_ops, &g, GICD_ITARGETSR + 31, 1), 0);
	axtest_dev_write(&vgic_dist_ops, &g, GICD_ITARGETSR + 32, 4, ALL32);
	assert_int_equal(axtest_dev_read(&vgic_dist_ops, &g, GICD_ITARGETSR + 32, 4), 0);
	assert_int_equal(axtest_dev_read(&vgic_dist_ops, &g, GICD_TYPER, 4), 2);
	/* and everything goes to it (IHI 0048 4.3.12) */
	axtest_dev_write(&vgic_dist_ops, &g, GICD_CTLR, 4, 3);
	axtest_dev_write(&vgic_dist_ops, &g, GICD_ISENABLER + 4, 4, ALL32);
	vgic_intc_ops.set_irq(&g, 0, 40, true);
	assert_int_equal(vcpu[0].queue[0], UINT64_C(1) << 40);
}

static void the_largest_distributor_ends_at_1019(void **st)
{
	static struct vgic_irq irqs[VGIC_IRQ_COUNT(1, VGIC_MAX_SPIS)];
	static struct vgic g;
	static struct vgic_vcpu vcpu[1];
	struct vgic_cfg cfg = f.g.cfg;
	uint64_t zero = 0;

	(void)st;
	cfg.vcpu_count = 1;
	cfg.spi_count = VGIC_MAX_SPIS;
	cfg.mpidr = &zero;
	assert_int_equal(vgic_init(&g, &cfg, irqs, AX_ARRAY_SIZE(irqs), vcpu), AX_OK);
	assert_int_equal(axtest_dev_read(&vgic_dist_ops, &g, GICD_TYPER, 4) & 0x1f, 31);
	axtest_dev_write(&vgic_dist_ops, &g, GICD_ISENABLER + 124, 4, ALL32);
	assert_int_equal(axtest_dev_read(&vgic_dist_ops, &g, GICD_ISENABLER + 124, 4), 0x0fffffff);
	axtest_dev_write(&vgic_dist_ops, &g, GICD_IPRIORITYR + 1020, 4, ALL32);
	assert_int_equal(axtest_dev_read(&vgic_dist_ops, &g, GICD_IPRIORITYR + 1020, 4), 0);
	axtest_dev_write(&vgic_dist_ops, &g, GICD_IROUTER + 8 * 1019, 8, 5);
	assert_int_equal(axtest_dev_read(&vgic_dist_ops, &g, GICD_IROUTER + 8 * 1019, 8), 5);
	for (uint32_t intid = 1016; intid < 2048; intid++) {
		vgic_intc_ops.set_irq(&g, 0, intid, true);
	}
	vgic_intc_ops.set_irq(&g, 9, 20, true);
}

static void init_refuses_what_no_controller_is(void **st)
{
	static const uint64_t mpidr[17] = { 0, 1,  2,  3,  4,  5,  6,  7,    8,
					    9, 10, 11, 12, 13, 14, 15, 0x100 };
	static const uint64_t twice[2] = { 0x80000001, 0x1 };
	struct vgic_cfg good = f.g.cfg;
	struct {
		uint32_t version, vcpus, spis, lrs;
		const uint64_t *mpidr;
	} bad[] = {
		{ 1, 1, 32, 4, mpidr },  { 4, 1, 32, 4, mpidr }, { 2, 9, 32, 4, mpidr },
		{ 3, 17, 32, 4, mpidr }, { 3, 0, 32, 4, mpidr }, { 3, 1, 31, 4, mpidr },
		{ 3, 1, 992, 4, mpidr }, { 3, 1, 32, 0, mpidr }, { 3, 1, 32, 4, NULL },
		{ 3, 2, 32, 4, twice },
	};
	static struct vgic g;
	static struct vgic_irq irqs[VGIC_IRQ_COUNT(17, 992)];
	static struct vgic_vcpu vcpus[17];

	(void)st;
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		struct vgic_cfg cfg = good;
		unsigned logged = axtest_log_count;

		cfg.version = bad[i].version;
		cfg.vcpu_count = bad[i].vcpus;
		cfg.spi_count = bad[i].spis;
		cfg.lr_count = bad[i].lrs;
		cfg.mpidr = bad[i].mpidr;
		assert_int_equal(vgic_init(&g, &cfg, irqs, AX_ARRAY_SIZE(irqs), vcpus), AX_EINVAL);
		assert_int_equal(axtest_log_count, logged + 1);
	}
	good.mpidr = mpidr;
	assert_int_equal(vgic_init(&g, &good, irqs, VGIC_IRQ_COUNT(FIX_VCPUS, FIX_SPIS) - 1, vcpus),
			 AX_ENOMEM);
	good.lr_count = 64;
	good.vcpu_count = 16;
	good.spi_count = 0;
	assert_int_equal(vgic_init(&g, &good, irqs, VGIC_IRQ_COUNT(16, 0), vcpus), AX_OK);
	assert_int_equal(g.cfg.lr_count, VGIC_MAX_LRS);
	good.kick = NULL;
	AXTEST_EXPECT_PANIC(
		assert_int_equal(vgic_init(&g, &good, irqs, AX_ARRAY_SIZE(irqs), vcpus), AX_OK));
}

static void two_controllers_share_nothing(void **st)
{
	static struct fixture other;

	(void)st;
	fix_init(&other, 3, 4);
	fix_open(&f, 40, 0x40, false);
	fix_set_irq(&f, 0, 40, true);
	assert_true(vgic_intc_ops.pending(&f.g, 0) || fix_bit(&f, 0, GICD_ISPENDR, 40));
	assert_false(fix_bit(&other, 0, GICD_ISPENDR, 40));
	assert_int_equal(fix_dist_read(&other, 0, GICD_CTLR, 4), 0x50);
	assert_int_equal(other.kick_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(v3_distributor_registers, v3),
		cmocka_unit_test_setup(v3_redistributor_registers, v3),
		cmocka_unit_test_setup(v2_distributor_registers, v2),
		cmocka_unit_test_setup(wrong_sizes_and_alignments_read_as_zero_and_change_nothing,
				       v3),
		cmocka_unit_test_setup(
			a_v2_controller_has_no_redistributors_and_no_system_registers, v2),
		cmocka_unit_test_setup(sre_is_fixed_and_other_system_registers_are_not_ours, v3),
		cmocka_unit_test_setup(one_v2_cpu_has_no_target_registers, v2),
		cmocka_unit_test_setup(the_largest_distributor_ends_at_1019, v3),
		cmocka_unit_test_setup(init_refuses_what_no_controller_is, v3),
		cmocka_unit_test_setup(two_controllers_share_nothing, v3),
	};

	return cmocka_run_group_tests_name("vgic-regs", tests, NULL, NULL);
}

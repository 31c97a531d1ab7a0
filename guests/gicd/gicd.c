/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every register of the distributor (IHI 0048 4.3, IHI 0069 12.9), from one CPU: what can be written,
 * what cannot, what lies beyond the interrupts there are, and every size of access. What the manuals
 * leave to the implementation is not printed.
 */
#include "gic_probe.h"

static const struct gic_sizes v2_sizes[] = {
	{ "GICD_CTLR", GICD_CTLR, 4 },
	{ "GICD_TYPER", GICD_TYPER, 4 },
	{ "GICD_IGROUPR1", GICD_IGROUPR + 4, 4 },
	{ "GICD_ISENABLER2", GICD_ISENABLER + 8, 4 },
	{ "GICD_ICENABLER1", GICD_ICENABLER + 4, 4 },
	{ "GICD_ISPENDR2", GICD_ISPENDR + 8, 4 },
	{ "GICD_ICPENDR1", GICD_ICPENDR + 4, 4 },
	{ "GICD_ISACTIVER2", GICD_ISACTIVER + 8, 4 },
	{ "GICD_ICACTIVER1", GICD_ICACTIVER + 4, 4 },
	{ "GICD_IPRIORITYR8", GICD_IPRIORITYR + 32, 5 },
	{ "GICD_ITARGETSR8", GICD_ITARGETSR + 32, 5 },
	{ "GICD_ICFGR2", GICD_ICFGR + 8, 4 },
	{ "GICD_CPENDSGIR0", GICD_CPENDSGIR, 5 },
	{ "GICD_SPENDSGIR0", GICD_SPENDSGIR, 5 },
	{ "GICD_ICPIDR2", 0xfe8, 4 },
	{ "a hole", 0xc0c0 & 0xfff, 4 },
};

static const struct gic_sizes v3_sizes[] = {
	{ "GICD_CTLR", GICD_CTLR, 4 },
	{ "GICD_TYPER", GICD_TYPER, 4 },
	{ "GICD_IGROUPR1", GICD_IGROUPR + 4, 4 },
	{ "GICD_ISENABLER2", GICD_ISENABLER + 8, 4 },
	{ "GICD_ICENABLER1", GICD_ICENABLER + 4, 4 },
	{ "GICD_ISPENDR2", GICD_ISPENDR + 8, 4 },
	{ "GICD_ICPENDR1", GICD_ICPENDR + 4, 4 },
	{ "GICD_ISACTIVER2", GICD_ISACTIVER + 8, 4 },
	{ "GICD_ICACTIVER1", GICD_ICACTIVER + 4, 4 },
	{ "GICD_IPRIORITYR8", GICD_IPRIORITYR + 32, 5 },
	{ "GICD_ICFGR2", GICD_ICFGR + 8, 4 },
	{ "GICD_IROUTER32", GICD_IROUTER + 256, 12 },
	{ "GICD_PIDR2", 0xffe8, 4 },
	{ "a hole", 0x7ff8, 4 },
};

struct twins {
	const char *name;
	uint32_t set;
	uint32_t clear;
};

static const struct twins twins[] = {
	{ "GICD_ISENABLER", GICD_ISENABLER, GICD_ICENABLER },
	{ "GICD_ISPENDR", GICD_ISPENDR, GICD_ICPENDR },
	{ "GICD_ISACTIVER", GICD_ISACTIVER, GICD_ICACTIVER },
};

static uint64_t dist;
static uint32_t last_line; /* "lines=" where GICD_TYPER is wrong, as in QEMU 7.2's GICv3 */

/* What the manuals give a reset value; what they leave open, and lines of devices, are not looked at. */
static void at_reset(void)
{
	uint32_t bad = (guest_read32(dist + GICD_CTLR) & 3) != 0;

	for (uint32_t i = 0; i < 3; i++) {
		for (uint32_t word = 4; word < guest_gic.lines / 8; word += 4) {
			bad += guest_read32(dist + twins[i].set + word) != 0;
			bad += guest_read32(dist + twins[i].clear + word) != 0;
		}
	}
	guest_printf("at reset: %s\n", bad == 0 ? "all off and idle" : "NOT IDLE");
	if (guest_gic.version == 2) { /* SGIs are always enabled here, PPIs are not */
		guest_printf("private: enabled %08x, pending SGIs %x, active %x\n",
			     guest_read32(dist + GICD_ISENABLER),
			     guest_read32(dist + GICD_ISPENDR) & 0xffff,
			     guest_read32(dist + GICD_ISACTIVER));
	}
}

static void identity(void)
{
	uint64_t top = guest_gic.version == 3 ? dist + 0xf000 : dist;
	uint32_t typer = guest_read32(dist + GICD_TYPER);

	guest_printf("ArchRev %u, CIDR %02x %02x %02x %02x\n", guest_read32(top + 0xfe8) >> 4 & 15,
		     guest_read32(top + 0xff0) & 255, guest_read32(top + 0xff4) & 255,
		     guest_read32(top + 0xff8) & 255, guest_read32(top + 0xffc) & 255);
	guest_write32(dist + GICD_TYPER, ~typer);
	guest_printf("GICD_TYPER: security %u, written %s\n", typer >> 10 & 1,
		     guest_read32(dist + GICD_TYPER) == typer ? "unchanged" : "CHANGED");
	if (guest_gic.version == 2) { /* IHI 0048 4.3.2; v3 always routes by affinity */
		guest_printf("CPUs %u\n", (typer >> 5 & 7) + 1);
	}
	gic_probe_zero(guest_gic.version == 3 ? "GICD_STATUSR to 0x1c" : "0xc to 0x1c", dist + 0x10,
		       4);
}

/* The enables of the groups are what can be written; v3: ARE and DS are always one here. */
static void control(void)
{
	static const uint32_t values[] = { 0, 1, 2, 3, 0xffffffff, 0x50, 0 };

	guest_printf("GICD_CTLR:");
	for (uint32_t i = 0; i < 7; i++) {
		guest_write32(dist + GICD_CTLR, values[i]);
		guest_printf(" %x", guest_read32(dist + GICD_CTLR) & ~GICD_CTLR_RWP);
	}
	guest_printf("\n");
}

static void arrays(void)
{
	/* IHI 0048 4.3.12: only the CPUs that exist, and none to choose from where there is but one */
	uint32_t routed = guest_gic.version == 2 ? (1u << guest_cpu_count()) - 1 : 0;

	for (uint32_t i = 32; i < guest_gic.lines; i += 4) {
		guest_write32(dist + GICD_ITARGETSR + i, 0x01010101);
	}
	for (uint32_t w = 1; w <= 2; w++) {
		for (uint32_t i = 0; i < 3; i++) {
			guest_printf("word %u ", w);
			gic_probe_pair(twins[i].name, dist + twins[i].set + 4ul * w,
				       dist + twins[i].clear + 4ul * w, UINT32_MAX);
		}
		guest_printf("word %u ", w);
		gic_probe_word("GICD_IGROUPR", dist + GICD_IGROUPR + 4ul * w, UINT32_MAX);
	}
	gic_probe_bytes("GICD_IPRIORITYR8", dist + GICD_IPRIORITYR + 32, 0x08f05098, 0xf8);
	gic_probe_bytes("GICD_IPRIORITYR23", dist + GICD_IPRIORITYR + 92, 0x10e8c058, 0xf8);
	gic_probe_bytes("GICD_ITARGETSR9", dist + GICD_ITARGETSR + 36, 0x02010003, routed);
	gic_probe_word("GICD_ICFGR2", dist + GICD_ICFGR + 8, 0xaaaaaaaa);
	gic_probe_word("GICD_ICFGR5", dist + GICD_ICFGR + 20, 0xaaaaaaaa);
}

/* Each interrupt has its own fields: different values everywhere, then read back. */
static void all_fields(void)
{
	uint32_t bad = 0;

	for (uint32_t i = 32; i < guest_gic.lines; i++) {
		guest_try_write(dist + GICD_IPRIORITYR + i, 1, i * 8 & 0xf8, NULL);
		if (guest_gic.version == 3) {
			guest_write32(dist + GICD_IROUTER + i * 8ul, i & 0xff);
			guest_write32(dist + GICD_IROUTER + i * 8ul + 4, 0);
		}
	}
	for (uint32_t i = 32; i < guest_gic.lines; i++) {
		bad += (guest_read32(dist + GICD_IPRIORITYR + i / 4 * 4) >> i % 4 * 8 & 0xf8) !=
		       (i * 8 & 0xf8);
		bad += guest_gic.version == 3 &&
		       guest_read32(dist + GICD_IROUTER + i * 8ul) != (i & 0xff);
	}
	guest_printf("fields of all interrupts: %s\n", bad == 0 ? "kept" : "NOT KEPT");
}

static void beyond(void)
{
	uint32_t first = last_line;
	uint32_t words = (1024 - first) / 32;

	gic_probe_zero("GICD_IGROUPR beyond", dist + GICD_IGROUPR + first / 8, words);
	gic_probe_zero("GICD_ISENABLER beyond", dist + GICD_ISENABLER + first / 8, words);
	gic_probe_zero("GICD_ICENABLER beyond", dist + GICD_ICENABLER + first / 8, words);
	gic_probe_zero("GICD_ISPENDR beyond", dist + GICD_ISPENDR + first / 8, words);
	gic_probe_zero("GICD_ICPENDR beyond", dist + GICD_ICPENDR + first / 8, words);
	gic_probe_zero("GICD_ISACTIVER beyond", dist + GICD_ISACTIVER + first / 8, words);
	gic_probe_zero("GICD_ICACTIVER beyond", dist + GICD_ICACTIVER + first / 8, words);
	gic_probe_zero("GICD_IPRIORITYR beyond", dist + GICD_IPRIORITYR + first, words * 8);
	gic_probe_zero("GICD_ITARGETSR beyond", dist + GICD_ITARGETSR + first, words * 8);
	gic_probe_zero("GICD_ICFGR beyond", dist + GICD_ICFGR + first / 4, words * 2);
}

/* IHI 0048 4.3.12 to 4.3.16: private interrupts are banked, SGIs are pending by source. */
static void private_v2(void)
{
	guest_printf("GICD_ITARGETSR0:");
	for (uint32_t i = 0; i < 8; i++) {
		guest_write32(dist + GICD_ITARGETSR + 4ul * i, UINT32_MAX);
		guest_printf(" %08x", guest_read32(dist + GICD_ITARGETSR + 4ul * i));
	}
	guest_printf("\n");
	guest_write32(dist + GICD_ICFGR, 0);
	guest_printf("GICD_ICFGR0: %08x\n", guest_read32(dist + GICD_ICFGR));
	guest_write32(dist + GICD_ICENABLER, 0xffff);
	gic_probe_pair("GICD_ISPENDR0, PPIs", dist + GICD_ISPENDR, dist + GICD_ICPENDR, 0xffff0000);
	gic_probe_pair("GICD_ISACTIVER0", dist + GICD_ISACTIVER, dist + GICD_ICACTIVER, UINT32_MAX);
	guest_write32(dist + GICD_CPENDSGIR + 4, UINT32_MAX);
	guest_write32(dist + GICD_ISPENDR, 0xff); /* the SGIs' bits are read-only there */
	guest_printf("SGIs: pending %04x", guest_read32(dist + GICD_ISPENDR) & 0xffff);
	guest_write32(dist + GICD_SPENDSGIR + 4, 0x01000001);
	guest_try_write(dist + GICD_SPENDSGIR + 5, 1, 1, NULL);
	guest_printf(", three set %08x %08x, pending %04x", guest_read32(dist + GICD_SPENDSGIR + 4),
		     guest_read32(dist + GICD_CPENDSGIR + 4),
		     guest_read32(dist + GICD_ISPENDR) & 0xb0); /* QEMU sets 6 as well */
	guest_write32(dist + GICD_ICPENDR, 0xffff);
	guest_printf(", ICPENDR %04x", guest_read32(dist + GICD_ISPENDR) & 0xb0);
	guest_write32(dist + GICD_CPENDSGIR + 4, 0x01000000);
	guest_printf(", one cleared %08x", guest_read32(dist + GICD_SPENDSGIR + 4));
	guest_write32(dist + GICD_CPENDSGIR + 4, UINT32_MAX);
	guest_printf(", all %08x\n", guest_read32(dist + GICD_SPENDSGIR + 4));
	guest_printf("GICD_SGIR reads %x\n", guest_read32(dist + GICD_SGIR));
}

/* IHI 0069 12.9: with affinity routing private interrupts are the redistributors'. */
static void private_v3(void)
{
	gic_probe_zero("GICD_IGROUPR0", dist + GICD_IGROUPR, 1);
	gic_probe_zero("GICD_ISENABLER0", dist + GICD_ISENABLER, 1);
	gic_probe_zero("GICD_ICENABLER0", dist + GICD_ICENABLER, 1);
	gic_probe_zero("GICD_ISPENDR0", dist + GICD_ISPENDR, 1);
	gic_probe_zero("GICD_ISACTIVER0", dist + GICD_ISACTIVER, 1);
	gic_probe_zero("GICD_IPRIORITYR0 to 7", dist + GICD_IPRIORITYR, 8);
	gic_probe_zero("GICD_ITARGETSR0 to 7", dist + GICD_ITARGETSR, 8);
	gic_probe_zero("GICD_ICFGR0, 1", dist + GICD_ICFGR, 2);
	gic_probe_zero("GICD_IGRPMODR", dist + GICD_IGRPMODR, 32);
	gic_probe_zero("GICD_NSACR", dist + GICD_NSACR, 64);
	gic_probe_zero("GICD_SGIR", dist + GICD_SGIR, 1);
	gic_probe_zero("GICD_CPENDSGIR, SPENDSGIR", dist + GICD_CPENDSGIR, 8);
	gic_probe_zero("GICD_IROUTER0 to 31", dist + GICD_IROUTER, 64);
	gic_probe_zero("GICD_IROUTER beyond", dist + GICD_IROUTER + last_line * 8ul,
		       (1024 - last_line) * 2);
}

static void routers(void)
{
	uint64_t at = dist + GICD_IROUTER + 8 * 40;
	uint64_t v = 0;

	guest_try_write(at, 8, UINT64_MAX, NULL);
	guest_try_read(at, 8, &v, NULL);
	guest_printf("GICD_IROUTER40: %010lx", v & 0xff80ffffff);
	guest_write32(at, 0x00000002);
	guest_try_read(at, 8, &v, NULL);
	guest_printf(" %010lx", v & 0xff80ffffff);
	guest_write32(at + 4, 0);
	guest_try_read(at, 8, &v, NULL);
	guest_printf(" %010lx, upper half %x\n", v & 0xff80ffffff, guest_read32(at + 4));
}

/* Reserved words between the registers (IHI 0048 table 4-1, IHI 0069 table 12-25). */
static void holes(void)
{
	gic_probe_zero("0x50 to 0x7c", dist + 0x50, 12);
	if (guest_gic.version == 3) {
		gic_probe_zero("0xf30 to 0x5ffc", dist + 0xf30, (0x6000 - 0xf30) / 4);
		gic_probe_zero("0x8000 to 0xbffc", dist + 0x8000, 0x1000);
	} else {
		gic_probe_zero("0xf30 to 0xfcc", dist + 0xf30, (0xfd0 - 0xf30) / 4);
	}
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	guest_console_init();
	if (!guest_gic_find()) {
		guest_printf("no interrupt controller\n");
		return;
	}
	dist = guest_gic.dist;
	last_line = (uint32_t)guest_arg_number("lines", guest_gic.lines);
	guest_printf("gicd: version %u\n", guest_gic.version);
	at_reset();
	guest_write32(dist + GICD_CTLR, 0);
	identity();
	control();
	arrays();
	all_fields();
	beyond();
	if (guest_gic.version == 3) {
		private_v3();
		routers();
		gic_probe_sizes(dist, v3_sizes, sizeof(v3_sizes) / sizeof(v3_sizes[0]));
	} else {
		private_v2();
		gic_probe_sizes(dist, v2_sizes, sizeof(v2_sizes) / sizeof(v2_sizes[0]));
	}
	holes();
	guest_done();
}

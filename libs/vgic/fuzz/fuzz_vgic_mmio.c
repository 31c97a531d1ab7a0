/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes to a sequence of what a guest, its devices and its CPUs can do to either version. After each
 * step: no list register holds an id that does not exist or one that another register of the vCPU
 * holds, an SPI is active or pending in the registers of one vCPU only, no entry would exit at once,
 * and what was saved can be loaded.
 */
#include <axtest/axtest.h>
#include <axbase/mem.h>
#include <stdlib.h>
#include <vgic/fake.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VCPUS 3u
#define SPIS  64u

static struct vgic g;
static struct vgic_irq irqs[VGIC_IRQ_COUNT(VCPUS, SPIS)];
static struct vgic_vcpu vcpus[VCPUS];
static struct vgic_fake fake[VCPUS];
static bool loaded[VCPUS];
static uint64_t kicked;
static bool phys_active[VCPUS];

#define CHECK(cond)              \
	do {                     \
		if (!(cond)) {   \
			abort(); \
		}                \
	} while (0)

static void kick(void *ctx, uint64_t mask)
{
	(void)ctx;
	CHECK(mask != 0 && mask >> VCPUS == 0);
	kicked |= mask;
}

static void set_active(void *ctx, uint32_t pintid, bool active)
{
	(void)ctx;
	CHECK(pintid == 27 || pintid == 77);
	if (pintid == 27) {
		phys_active[axtest_cpu_id] = active;
	}
}
static const struct vgic_hw_ops hw_ops = { .set_active = set_active };

static void check_registers(void)
{
	uint32_t spi_owner[GIC_SPI_BASE + SPIS] = { 0 };

	for (uint32_t v = 0; v < VCPUS; v++) {
		uint32_t seen[GIC_SPI_BASE + SPIS] = { 0 };

		for (uint32_t i = 0; i < fake[v].lr_count; i++) {
			uint32_t intid = (uint32_t)(fake[v].lr[i] & ICH_LR_v2_INTID);
			uint32_t source = (uint32_t)AX_FIELD_GET(ICH_LR_v2_CPUID, fake[v].lr[i]);

			if ((fake[v].lr[i] & ICH_LR_State) == 0) {
				continue;
			}
			CHECK(loaded[v] && intid < GIC_SPI_BASE + SPIS && seen[intid]++ == 0);
			CHECK(source == 0 || (g.cfg.version == 2 && intid < 16 && source < VCPUS));
			CHECK(!(fake[v].lr[i] & ICH_LR_HW) || intid == 27 || intid == 40);
			CHECK(intid < GIC_SPI_BASE || spi_owner[intid]++ == 0);
		}
	}
}

static void enter(uint32_t v)
{
	axtest_cpu_id = v;
	vgic_intc_ops.sync(&g, v);
	vgic_intc_ops.flush(&g, v);
	kicked &= ~(UINT64_C(1) << v);
	CHECK(!loaded[v] || vgic_fake_misr(&fake[v]) == 0);
}

static void save_and_load(void)
{
	static uint8_t a[8192], b[8192];
	size_t len, again;
	ax_err_t err = vgic_intc_ops.save(&g, a, sizeof(a), &len);
	bool any = loaded[0] || loaded[1] || loaded[2];

	CHECK(err == (any ? AX_EBUSY : AX_OK));
	if (err == AX_OK) {
		CHECK(vgic_intc_ops.load_state(&g, a, len) == AX_OK);
		CHECK(vgic_intc_ops.save(&g, b, sizeof(b), &again) == AX_OK);
		CHECK(again == len && memcmp(a, b, len) == 0);
	}
}

static void guest(uint32_t v, uint8_t what, uint32_t val)
{
	struct vgic_fake *f = &fake[v];
	uint32_t iar = val & 0x1fff;

	axtest_cpu_id = v;
	if (!loaded[v]) {
		return;
	}
	switch (what & 7) {
	case 0:
	case 1:
		(void)vgic_fake_ack(f, what & 1);
		break;
	case 2:
	case 3: /* of something that is there, most of the time */
		if (val >> 13) {
			iar = (uint32_t)(f->lr[val % f->lr_count] & 0x1fff);
		}
		vgic_fake_eoi(f, what & 1, iar);
		break;
	case 4:
		vgic_fake_dir(f, (uint32_t)(f->lr[val % f->lr_count] & 0x1fff));
		break;
	case 5:
		vgic_fake_dir(f, iar);
		break;
	default:
		f->st.vmcr = (val << 24) | (val >> 8 & 0x21f);
		break;
	}
}

static void access(const struct ax_dev_ops *ops, const struct ax_io *io, bool write, uint64_t val)
{
	uint64_t out = UINT64_C(0xa5a5a5a5a5a5a5a5);

	axtest_cpu_id = io->vcpu;
	if (write) {
		(void)ops->write(&g, io, val);
	} else {
		(void)ops->read(&g, io, &out);
		CHECK(out >> (8 * io->size - 1) >> 1 == 0);
	}
}

/* One step is eight bytes: operation, vCPU and size, two bytes of address, four of value. */
static void step(const uint8_t *p)
{
	static const uint8_t sizes[] = { 4, 4, 4, 1, 4, 8, 2, 4 };
	uint32_t v = p[1] % VCPUS, val;
	struct ax_io io = { (uint64_t)p[2] << 8 | p[3], v, sizes[p[1] >> 5] };
	uint64_t wide;

	memcpy(&val, p + 4, sizeof(val));
	wide = io.size == 8 ? val * UINT64_C(0x100000001) : val & ax_byte_mask(io.size);
	switch (p[0] % 12) {
	case 0:
	case 1:
		enter(v);
		access(&vgic_dist_ops, &io, p[0] & 0x80, wide);
		break;
	case 2:
	case 3:
		enter(v);
		io.off = (io.off & 0xfff) | (p[1] & 8 ? GICR_SGI_BASE : 0) |
			 (uint64_t)(p[2] >> 6) * GICR_STRIDE;
		access(&vgic_redist_ops, &io, p[0] & 0x80, wide);
		break;
	case 4:
		enter(v);
		io = (struct ax_io){ VGIC_SYSREG_ICC_SGI1R_EL1 + p[2] % 3, v, 8 };
		access(&vgic_sysreg_ops, &io, true, val | (uint64_t)p[3] << 40);
		break;
	case 5:
	case 6:
		axtest_cpu_id = p[1] >> 6;
		if ((p[3] == 27 && !loaded[v]) || p[3] % 64 == 27) {
			axtest_cpu_id = v;
		}
		vgic_intc_ops.set_irq(&g, v, p[3], p[2] & 1);
		break;
	case 7:
		axtest_cpu_id = v;
		if (loaded[v]) {
			vgic_intc_ops.put(&g, v);
			CHECK(fake[v].hcr == 0);
		} else {
			vgic_intc_ops.load(&g, v);
		}
		loaded[v] = !loaded[v];
		break;
	case 8:
		save_and_load();
		break;
	case 9:
		axtest_cpu_id = v;
		vgic_intc_ops.sync(&g, v);
		(void)vgic_prepare_idle(&g, v);
		(void)vgic_intc_ops.pending(&g, v);
		break;
	default:
		guest(v, p[0] >> 4, val);
		break;
	}
}

static void start(const uint8_t *p)
{
	static const uint64_t mpidr[VCPUS] = { 0, 1, UINT64_C(0x200010203) };
	struct vgic_cfg cfg = { .version = p[0] & 1 ? 3 : 2,
				.vcpu_count = VCPUS,
				.spi_count = SPIS,
				.mpidr = mpidr,
				.lr = &vgic_fake_lr_ops,
				.lr_ctx = fake,
				.lr_count = (p[0] >> 1 & 3u) + 1,
				.kick = kick,
				.hw = &hw_ops };

	CHECK(vgic_init(&g, &cfg, irqs, AX_ARRAY_SIZE(irqs), vcpus) == AX_OK);
	for (uint32_t v = 0; v < VCPUS; v++) {
		fake[v] = (struct vgic_fake){ .lr_count = cfg.lr_count };
		CHECK(vgic_map_hw(&g, v, 27, 27) == AX_OK);
		axtest_cpu_id = v;
		vgic_intc_ops.load(&g, v);
		loaded[v] = true;
		fake[v].st.vmcr = 0xf8000003;
	}
	CHECK(vgic_map_hw(&g, 0, 40, 77) == AX_OK);
	if (p[0] & 8) { /* open, so that little input is enough to deliver something */
		access(&vgic_dist_ops, &(struct ax_io){ GICD_CTLR, 0, 4 }, true, 3);
		access(&vgic_dist_ops, &(struct ax_io){ GICD_ISENABLER + 4, 0, 4 }, true,
		       UINT32_MAX);
		access(&vgic_dist_ops, &(struct ax_io){ GICD_ITARGETSR + 40, 0, 4 }, true,
		       0x04040201);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 9) {
		return 0;
	}
	start(data);
	for (size_t i = 1; i + 8 <= size; i += 8) {
		step(data + i);
		for (uint32_t v = 0; v < VCPUS; v++) { /* bring in who has to come in */
			if ((kicked >> v & 1) || vgic_fake_misr(&fake[v]) != 0) {
				enter(v);
			}
		}
		check_registers();
	}
	return 0;
}

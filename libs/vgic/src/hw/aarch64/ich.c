/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List registers of a GICv3 through ICH_*_EL2, by encoding so that no assembler needs to know them.
 * Needs ICC_SRE_EL2.SRE. No barriers: the exception return and entry around the guest synchronise.
 */
#include <vgic/vgic.h>

#define READ(name, reg)                                       \
	static uint64_t read_##name(void)                     \
	{                                                     \
		uint64_t val;                                 \
                                                              \
		__asm__ volatile("mrs %0, " reg : "=r"(val)); \
		return val;                                   \
	}
#define WRITE(name, reg)                                          \
	static void write_##name(uint64_t val)                    \
	{                                                         \
		__asm__ volatile("msr " reg ", %0" : : "r"(val)); \
	}
#define LR(n, reg)                                            \
	case n:                                               \
		__asm__ volatile("mrs %0, " reg : "=r"(val)); \
		return val
#define SET_LR(n, reg)                                            \
	case n:                                                   \
		__asm__ volatile("msr " reg ", %0" : : "r"(val)); \
		return

READ(ich_hcr, "S3_4_C12_C11_0")
WRITE(ich_hcr, "S3_4_C12_C11_0")
READ(ich_lr0, "S3_4_C12_C12_0")
WRITE(ich_lr0, "S3_4_C12_C12_0")
READ(ich_vtr, "S3_4_C12_C11_1")
READ(ich_vmcr, "S3_4_C12_C11_7")
WRITE(ich_vmcr, "S3_4_C12_C11_7")
READ(ich_ap0r0, "S3_4_C12_C8_0")
WRITE(ich_ap0r0, "S3_4_C12_C8_0")
READ(ich_ap0r1, "S3_4_C12_C8_1")
WRITE(ich_ap0r1, "S3_4_C12_C8_1")
READ(ich_ap0r2, "S3_4_C12_C8_2")
WRITE(ich_ap0r2, "S3_4_C12_C8_2")
READ(ich_ap0r3, "S3_4_C12_C8_3")
WRITE(ich_ap0r3, "S3_4_C12_C8_3")
READ(ich_ap1r0, "S3_4_C12_C9_0")
WRITE(ich_ap1r0, "S3_4_C12_C9_0")
READ(ich_ap1r1, "S3_4_C12_C9_1")
WRITE(ich_ap1r1, "S3_4_C12_C9_1")
READ(ich_ap1r2, "S3_4_C12_C9_2")
WRITE(ich_ap1r2, "S3_4_C12_C9_2")
READ(ich_ap1r3, "S3_4_C12_C9_3")
WRITE(ich_ap1r3, "S3_4_C12_C9_3")

/* The first one is nearly always the only one: it does without the way through a table. */
static uint64_t read_lr(void *ctx, uint32_t i)
{
	uint64_t val;

	(void)ctx;
	if (AX_LIKELY(i == 0)) {
		return read_ich_lr0();
	}
	switch (i) {
		LR(1, "S3_4_C12_C12_1");
		LR(2, "S3_4_C12_C12_2");
		LR(3, "S3_4_C12_C12_3");
		LR(4, "S3_4_C12_C12_4");
		LR(5, "S3_4_C12_C12_5");
		LR(6, "S3_4_C12_C12_6");
		LR(7, "S3_4_C12_C12_7");
		LR(8, "S3_4_C12_C13_0");
		LR(9, "S3_4_C12_C13_1");
		LR(10, "S3_4_C12_C13_2");
		LR(11, "S3_4_C12_C13_3");
		LR(12, "S3_4_C12_C13_4");
		LR(13, "S3_4_C12_C13_5");
		LR(14, "S3_4_C12_C13_6");
		LR(15, "S3_4_C12_C13_7");
	default:
		return 0;
	}
}

static void write_lr(void *ctx, uint32_t i, uint64_t val)
{
	(void)ctx;
	if (AX_LIKELY(i == 0)) {
		write_ich_lr0(val);
		return;
	}
	switch (i) {
		SET_LR(1, "S3_4_C12_C12_1");
		SET_LR(2, "S3_4_C12_C12_2");
		SET_LR(3, "S3_4_C12_C12_3");
		SET_LR(4, "S3_4_C12_C12_4");
		SET_LR(5, "S3_4_C12_C12_5");
		SET_LR(6, "S3_4_C12_C12_6");
		SET_LR(7, "S3_4_C12_C12_7");
		SET_LR(8, "S3_4_C12_C13_0");
		SET_LR(9, "S3_4_C12_C13_1");
		SET_LR(10, "S3_4_C12_C13_2");
		SET_LR(11, "S3_4_C12_C13_3");
		SET_LR(12, "S3_4_C12_C13_4");
		SET_LR(13, "S3_4_C12_C13_5");
		SET_LR(14, "S3_4_C12_C13_6");
		SET_LR(15, "S3_4_C12_C13_7");
	default:
		return;
	}
}

static uint32_t read_hcr(void *ctx)
{
	(void)ctx;
	return (uint32_t)read_ich_hcr();
}

static void write_hcr(void *ctx, uint32_t hcr)
{
	(void)ctx;
	write_ich_hcr(hcr);
}

static uint32_t read_vmcr(void *ctx)
{
	(void)ctx;
	return (uint32_t)read_ich_vmcr();
}

/* Registers past the implemented preemption bits are UNDEFINED (IHI 0069 12.4, ICH_AP0R<n>_EL2). */
static uint32_t pre_bits(void)
{
	return (uint32_t)AX_FIELD_GET(ICH_VTR_PREbits, read_ich_vtr()) + 1;
}

static void save(void *ctx, struct vgic_lr_state *st)
{
	uint32_t bits = pre_bits();

	*st = (struct vgic_lr_state){
		.vmcr = read_vmcr(ctx),
		.ap0[0] = (uint32_t)read_ich_ap0r0(),
		.ap1[0] = (uint32_t)read_ich_ap1r0(),
	};
	if (bits >= 6) {
		st->ap0[1] = (uint32_t)read_ich_ap0r1();
		st->ap1[1] = (uint32_t)read_ich_ap1r1();
	}
	if (bits >= 7) {
		st->ap0[2] = (uint32_t)read_ich_ap0r2();
		st->ap0[3] = (uint32_t)read_ich_ap0r3();
		st->ap1[2] = (uint32_t)read_ich_ap1r2();
		st->ap1[3] = (uint32_t)read_ich_ap1r3();
	}
}

static void restore(void *ctx, const struct vgic_lr_state *st)
{
	uint32_t bits = pre_bits();

	(void)ctx;
	write_ich_vmcr(st->vmcr);
	write_ich_ap0r0(st->ap0[0]);
	write_ich_ap1r0(st->ap1[0]);
	if (bits >= 6) {
		write_ich_ap0r1(st->ap0[1]);
		write_ich_ap1r1(st->ap1[1]);
	}
	if (bits >= 7) {
		write_ich_ap0r2(st->ap0[2]);
		write_ich_ap0r3(st->ap0[3]);
		write_ich_ap1r2(st->ap1[2]);
		write_ich_ap1r3(st->ap1[3]);
	}
}

const struct vgic_lr_ops vgic_lr_ich_ops = {
	.read_lr = read_lr,
	.write_lr = write_lr,
	.read_hcr = read_hcr,
	.write_hcr = write_hcr,
	.read_vmcr = read_vmcr,
	.save = save,
	.restore = restore,
};

uint32_t vgic_ich_lr_count(void)
{
	return (uint32_t)AX_FIELD_GET(ICH_VTR_ListRegs, read_ich_vtr()) + 1;
}

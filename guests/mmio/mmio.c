/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device accesses in every width, sign and addressing form, with and without a syndrome for the
 * hypervisor: on a register of the PL031 that keeps what is written, on identification registers, on a
 * pair of the PL011's and, with GICv3, on 64-bit ones. Values, base registers afterwards, neighbours
 * untouched. mode=refused: the forms that the hypervisor documents as external aborts.
 */
#include "aarch64/gic.h"
#include "guest.h"

#define RTCMR        (GUEST_RTC + 0x004) /* 32 bits, all of which it keeps */
#define RTCPCellID0  (GUEST_RTC + 0xff0) /* 0x0d, 0xf0, 0x05, 0xb1 in four words */
#define RTCPCellID3  (GUEST_RTC + 0xffc)
#define UARTIBRD     (GUEST_UART + 0x024) /* 16 bits */
#define UARTFBRD     (GUEST_UART + 0x028) /* 6 bits */
#define ROUTED_INTID 40

#define X0_IN        UINT64_C(0x1122334455667788)
#define X2_IN        UINT64_C(0x99aabbccddeeff2a)
#define FILL         UINT64_C(0xa5a5a5a5a5a5a5a5)

/* Rows of forms.S; the last has no name. */
struct form {
	const char *name;
	uint32_t insn;
	int32_t disp; /* of the address from the base register */
};
_Static_assert(sizeof(struct form) == 16, "forms.S");

extern const struct form loads[], stores[], pair_loads[], pair_stores[], wide_loads[],
	wide_stores[], refused[];
void put_v(const uint64_t v[4]);
void get_v(uint64_t v[4]);
uint64_t literal_word(void);
uint64_t literal_signed(void);
void literal_s(void);

static bool uses_sp(const struct form *f)
{
	for (const char *p = f->name; *p != '\0'; p++) {
		if (p[0] == '[' && p[1] == 's') {
			return true;
		}
	}
	return false;
}

/* A data register b0 to q0; the mnemonic's end is the first blank. */
static bool uses_v(const struct form *f)
{
	const char *p = f->name;

	while (*p != ' ') {
		p++;
	}
	return p[1] == 'b' || p[1] == 'h' || p[1] == 's' || p[1] == 'd' || p[1] == 'q';
}

/* Run @f on @target and print what it left in registers. */
static void run(const struct form *f, uint64_t target, uint64_t x0, uint64_t x2)
{
	uint64_t base = target - (uint64_t)(int64_t)f->disp;
	bool sp = uses_sp(f);
	struct guest_regs r = {
		.x = { x0, sp ? FILL : base, x2, 16, UINT64_C(0x5fffffff0) },
		.sp = sp ? base : 0,
	};
	uint64_t v[4] = { x0, x2, x2, x2 };
	struct guest_trap t;

	put_v(v);
	guest_try_insn(f->insn, &r, &t);
	get_v(v);
	guest_printf("%s:", f->name);
	if (t.count != 0) {
		guest_printf(" exception 0x%x, status 0x%x", GUEST_EC(t.esr), GUEST_ISS_FSC(t.esr));
	}
	if (uses_v(f)) {
		guest_printf(" v0 %lx:%lx v1 %lx:%lx", v[1], v[0], v[3], v[2]);
	} else {
		guest_printf(" x0 %lx x2 %lx", r.x[0], r.x[2]);
	}
	guest_printf(" base %ld\n", (int64_t)((sp ? r.sp : r.x[1]) - base));
	if (r.x[3] != 16 || r.x[4] != UINT64_C(0x5fffffff0) || (sp && r.x[1] != FILL)) {
		guest_puts("  OTHER REGISTERS CHANGED\n");
	}
}

static void singles(void)
{
	for (const struct form *f = loads; f->name != NULL; f++) {
		guest_write32(RTCMR, 0x8765f321);
		run(f, RTCMR, FILL, FILL);
		run(f, RTCPCellID3, FILL, FILL);
	}
	for (const struct form *f = stores; f->name != NULL; f++) {
		guest_write32(RTCMR, 0);
		run(f, RTCMR, X0_IN, X2_IN);
		guest_printf("  register 0x%x\n", guest_read32(RTCMR));
	}
}

static void pairs(void)
{
	uint32_t ibrd = guest_read32(UARTIBRD);
	uint32_t fbrd = guest_read32(UARTFBRD);

	for (const struct form *f = pair_loads; f->name != NULL; f++) {
		run(f, RTCPCellID0, FILL, FILL);
	}
	for (const struct form *f = pair_stores; f->name != NULL; f++) {
		guest_write32(UARTIBRD, 1);
		guest_write32(UARTFBRD, 1);
		run(f, UARTIBRD, 0x7788, 0x2a);
		guest_printf("  registers 0x%x 0x%x\n", guest_read32(UARTIBRD),
			     guest_read32(UARTFBRD));
	}
	guest_write32(UARTIBRD, ibrd);
	guest_write32(UARTFBRD, fbrd);
}

static uint64_t read64(uint64_t at)
{
	uint64_t v;

	__asm__ volatile("ldr %0, [%1]" : "=r"(v) : "r"(at) : "memory");
	return v;
}

static void write64(uint64_t at, uint64_t v)
{
	__asm__ volatile("str %0, [%1]" : : "r"(v), "r"(at) : "memory");
}

/* GICD_IROUTER<n> keeps an affinity and Interrupt_Routing_Mode (IHI 0069 12.9.22). */
static void wide(void)
{
	uint64_t at = guest_gic.dist + GICD_IROUTER + 8 * ROUTED_INTID;

	for (const struct form *f = wide_loads; f->name != NULL; f++) {
		write64(at, 0x80000000);
		write64(at + 8, 0);
		run(f, at, FILL, FILL);
	}
	for (const struct form *f = wide_stores; f->name != NULL; f++) {
		write64(at, 0);
		write64(at + 8, 0);
		run(f, at, 0x80000000, 0x80000000);
		guest_printf("  registers 0x%lx 0x%lx\n", read64(at), read64(at + 8));
	}
	write64(at, 0);
	write64(at + 8, 0);
}

/* The page of the PL031 just below the image, in reach of a load relative to the PC. */
static void literals(void)
{
	static _Alignas(4096) uint64_t level_2[512];
	static _Alignas(4096) uint64_t level_3[512];
	uint64_t v[4] = { FILL, FILL, FILL, FILL };

	for (uint64_t i = 0; i < 512; i++) {
		level_2[i] = (UINT64_C(0x40000000) + (i << 21)) | GUEST_MAP_NORMAL;
		level_3[i] = (UINT64_C(0x40000000) + (i << 12)) | GUEST_MAP_NORMAL | 2;
	}
	level_3[0x1f0] = GUEST_RTC | GUEST_MAP_DEVICE | GUEST_MAP_XN | 2;
	level_2[0] = (uint64_t)level_3 | GUEST_MAP_TABLE;
	guest_mmu_table()[1] = (uint64_t)level_2 | GUEST_MAP_TABLE;
	guest_tlb_flush();
	guest_write32(RTCMR, 0x8765f321);
	guest_printf("ldr w0, literal: %lx\n", literal_word());
	guest_printf("ldrsw x0, literal: %lx\n", literal_signed());
	put_v(v);
	literal_s();
	get_v(v);
	guest_printf("ldr s0, literal: %lx:%lx\n", v[1], v[0]);
}

static _Noreturn void refusals(void)
{
	guest_write32(RTCMR, 0x1234);
	for (const struct form *f = refused; f->name != NULL; f++) {
		struct guest_regs r = { .x = { X0_IN, RTCMR & ~UINT64_C(15), X2_IN } };
		struct guest_trap t;

		guest_try_insn(f->insn, &r, &t);
		guest_check(t.count == 1 && GUEST_EC(t.esr) == GUEST_EC_DABT &&
				    GUEST_ISS_FSC(t.esr) == GUEST_FSC_EXTERNAL && t.far == r.x[1] &&
				    r.x[0] == X0_IN && r.x[2] == X2_IN,
			    f->name);
	}
	guest_check(guest_read32(RTCMR) == 0x1234, "the device is as it was");
	guest_done();
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	guest_fp_enable();
	if (guest_arg_is("mode", "refused")) {
		guest_mmu_enable();
		refusals();
	}
	guest_puts("MMU off\n");
	singles();
	guest_puts("MMU on\n");
	guest_mmu_enable();
	guest_mmu_table()[0] |= GUEST_MAP_EL0; /* for the unprivileged forms */
	guest_tlb_flush();
	singles();
	pairs();
	literals();
	if (guest_gic_find() && guest_gic.version == 3) {
		wide();
	}
	guest_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RISC-V guests that do anything. Choices lean towards what gets far: causes that occur, addresses where
 * something is, functions that exist; each has a way to be arbitrary as well.
 */
#include "player.h"
#include "ends.h"

#define COUNT(list)     ((uint32_t)AX_ARRAY_SIZE(list))
#define PROGRAM_DEVICES 100 /* machine_vcpu.program: the controller is open */
#define PROGRAM_DONE    200
#define WFI             UINT32_C(0x10500073)
#define HTINST_LEN4     UINT64_C(2)
#define HTINST_FP       UINT64_C(4)
#define HTINST_WALK     UINT64_C(0x3000) /* pseudoinstructions, privileged manual 8.6.3 */
#define HTINST_WALK_W   UINT64_C(0x3020)
#define SSTATUS_LEGAL   UINT64_C(0xc6722) /* SIE SPIE SPP VS FS SUM MXR */
#define SSTATUS_UXL_64  (UINT64_C(2) << 32)

static void set_pc(const struct machine_entry *e, uint64_t val)
{
	script_set_x(e, VCPU_RISCV64_PC, val & ~UINT64_C(1));
}

static uint64_t pick_plic(struct input *in)
{
	uint64_t context = input_pick(in, 10);

	switch (input_pick(in, 8)) {
	case 0:
		return 4 * (uint64_t)input_pick(in, 100);
	case 1:
		return PLIC_PENDING + 4 * (uint64_t)input_pick(in, 5);
	case 2:
		return PLIC_ENABLE + context * PLIC_ENABLE_STRIDE + 4 * (uint64_t)input_pick(in, 5);
	case 3:
		return input_bits(in, 3) & 0x3fffff;
	case 4:
		return PLIC_CONTEXT + context * PLIC_CONTEXT_STRIDE + PLIC_THRESHOLD;
	default:
		return PLIC_CONTEXT + context * PLIC_CONTEXT_STRIDE + PLIC_CLAIM;
	}
}

static uint64_t pick_address(struct input *in)
{
	switch (input_pick(in, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
	case 5:
		return GUEST_PLIC + pick_plic(in);
	case 6:
	case 7:
	case 8:
		return GUEST_UART + input_pick(in, 10);
	case 9:
		return GUEST_RTC + (input_bits(in, 1) & 0x3f);
	case 10:
	case 11:
		return GUEST_RAM + (input_bits(in, 3) & 0xfffff);
	case 12:
		return GUEST_ROM - 8 + input_pick(in, 16) + GUEST_ROM_SIZE * input_pick(in, 2);
	case 13:
		return input_bits(in, 5);
	case 14:
		return input_bits(in, 8) & AX_MASK64(57, 0); /* htval holds no more */
	default:
		return GUEST_UART + 0xf8 + input_pick(in, 16);
	}
}

/* --- What a guest does without a trap */

static void set_bits(enum vcpu_riscv64_fake_reg reg, uint64_t mask, bool on)
{
	uint64_t val = vcpu_riscv64_fake_get(reg);

	vcpu_riscv64_fake_set(reg, on ? val | mask : val & ~mask);
}

static void play_timer(struct input *in)
{
	uint64_t time = axtest_now_ns / 100;

	if ((vcpu_riscv64_fake_get(VCPU_RISCV64_FAKE_HENVCFG) >> 63) != 0) { /* STCE */
		time += input_pick(in, 4) == 0 ? input_value(in) : input_bits(in, 2);
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTIMECMP, time);
	}
}

static void play_quietly(struct input *in, const struct machine_entry *e)
{
	switch (input_pick(in, 14)) {
	case 0:
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_SPP, input_pick(in, 4) != 0);
		break;
	case 1:
		play_timer(in);
		break;
	case 2:
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTVEC, input_value(in) & ~UINT64_C(2));
		break;
	case 3:
		set_pc(e, input_value(in));
		break;
	case 4:
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSTATUS,
				      (input_bits(in, 3) & SSTATUS_LEGAL) | SSTATUS_UXL_64);
		break;
	case 5:
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE,
				      input_value(in) & (SIP_SSIP | SIP_STIP | SIP_SEIP));
		break;
	case 6:
	case 7:
		set_bits(VCPU_RISCV64_FAKE_HVIP, HVIP_VSSIP, input_pick(in, 8) == 0);
		break;
	case 8:
		vcpu_riscv64_fake_set_f(input_pick(in, 32), input_value(in));
		break;
	default:
		break;
	}
}

/* --- Traps */

static void fault_at(const struct machine_entry *e, uint64_t scause, uint64_t addr, uint64_t htinst,
		     uint64_t page)
{
	*e->exit = (struct vcpu_riscv64_fake_exit){
		.scause = scause,
		.stval = page << 12 | (addr & 0xfff),
		.htval = addr >> 2,
		.htinst = htinst,
	};
}

static void play_mmio(struct input *in, const struct machine_entry *e)
{
	uint64_t addr = pick_address(in);
	uint64_t how = input_bits(in, 1); /* width, sign, length, direction */
	uint64_t width = how & 3, sign = how >> 2 & 1;
	uint32_t reg = input_pick(in, 32);
	bool write = (how >> 4 & 1) != 0;
	uint64_t htinst = (how >> 3 & 1) != 0 ? HTINST_LEN4 : 0;

	if (input_pick(in, 8) != 0) {
		addr &= ~((UINT64_C(1) << width) - 1);
	}
	if (input_pick(in, 4) != 0) {
		script_set_x(e, reg, input_value(in));
	}
	if (width >= 2 && (how >> 5) == 0) { /* register 0 is watched */
		htinst |= HTINST_FP;
		reg |= 1;
	}
	if (write) {
		htinst |= 0x21 | width << 12 | (uint64_t)reg << 20;
	} else {
		htinst |= 0x01 | (width | sign << 2) << 12 | (uint64_t)reg << 7;
	}
	if (input_pick(in, 32) == 0) {
		htinst ^= UINT64_C(1) << input_pick(in, 64);
		htinst &= ~HTINST_FP;
	}
	fault_at(e, write ? CAUSE_STORE_FAULT : CAUSE_LOAD_FAULT, addr, htinst,
		 input_pick(in, 2) != 0 ? input_bits(in, 4) : addr >> 12);
}

/* Loads and stores that come without a description, and what looks like them. */
static uint32_t pick_insn(struct input *in)
{
	static const uint32_t insns[] = {
		0x00003003, /* ld */
		0x00002003, /* lw */
		0x00004003, /* lbu */
		0x00003023, /* sd */
		0x00002023, /* sw */
		0x00000023, /* sb */
		0x00003087, /* fld f1 */
		0x00103027, /* fsd f1 */
		0x0000302f, /* amoadd.d */
		0x1000302f, /* lr.d */
		0x0045200f, /* cbo.zero */
		0x00004000, /* c.lw */
		0x0000e000, /* c.sd */
		0x00006002, /* c.ldsp */
		0x0000c002, /* c.swsp */
		0x02050407, /* vle8.v */
	};
	uint32_t any = (uint32_t)input_bits(in, 4);
	uint32_t insn = insns[input_pick(in, COUNT(insns))];
	bool fp = (insn & 0x7f) == 0x07 || (insn & 0x7f) == 0x27;

	if (input_pick(in, 8) == 0) {
		return (any & 3) == 3 && (any & 0x7f) != 0x07 ? any : WFI;
	}
	/* Base and data register; of the FP ones the register stays. */
	return fp ? insn | (any & 0xf8000) : insn | (any & ((insn & 3) == 3 ? 0x1f00f80 : 0x39c));
}

static void play_unknown_access(struct input *in, const struct machine_entry *e)
{
	static uint8_t code[4];
	uint64_t pc = GUEST_CODE + input_pick(in, 64) * UINT64_C(2);
	uint64_t addr = pick_address(in) & ~UINT64_C(7);
	uint32_t insn = pick_insn(in);
	bool write = (insn & 0x20) != 0 || (insn & 0x8003) == 0x8000 || (insn & 0x8003) == 0x8002;

	for (size_t i = 0; i < sizeof(code); i++) {
		code[i] = (uint8_t)(insn >> (8 * i));
	}
	/* Now and then it is gone by the time that it is fetched, whole or in part. */
	vcpu_riscv64_fake_set_code(pc, code, input_pick(in, 8) == 0 ? input_pick(in, 4) : 4);
	set_pc(e, pc);
	fault_at(e, write == (input_pick(in, 16) != 0) ? CAUSE_STORE_FAULT : CAUSE_LOAD_FAULT, addr,
		 0, input_bits(in, 2));
}

static void play_walk(struct input *in, const struct machine_entry *e)
{
	static const uint8_t causes[] = { CAUSE_FETCH_FAULT, CAUSE_LOAD_FAULT, CAUSE_STORE_FAULT };

	fault_at(e, causes[input_pick(in, COUNT(causes))], pick_address(in) & ~UINT64_C(7),
		 input_pick(in, 4) == 0 ? HTINST_WALK_W : HTINST_WALK, input_bits(in, 2));
}

static uint64_t pick_function(struct input *in, uint64_t eid)
{
	uint32_t fid = input_pick(in, 16);

	if (eid == SBI_IPI || eid == SBI_TIME || eid == SBI_SRST) {
		return fid < 14 ? 0 : fid;
	}
	return fid == 15 ? input_value(in) : fid % 7;
}

static uint64_t pick_hart(struct input *in)
{
	return input_pick(in, 8) == 0 ? input_value(in) : input_pick(in, 5);
}

static void play_call(struct input *in, const struct machine_entry *e)
{
	static const uint64_t eids[] = { SBI_BASE, SBI_TIME,   SBI_TIME,   SBI_IPI,    SBI_IPI,
					 SBI_IPI,  SBI_IPI,    SBI_HSM,    SBI_HSM,    SBI_HSM,
					 SBI_DBCN, SBI_SRST,   0,          1,          2,
					 8,        SBI_RFENCE, SBI_RFENCE, SBI_RFENCE, 0x0a000000 };
	static const uint64_t addresses[] = { GUEST_RAM + 0x80000,
					      GUEST_ROM,
					      GUEST_RAM + 2,
					      UINT64_C(0x1000),
					      GUEST_RAM + GUEST_RAM_SIZE - 4,
					      UINT64_MAX - 3 };
	uint64_t eid =
		input_pick(in, 16) == 0 ? input_value(in) : eids[input_pick(in, COUNT(eids))];
	uint64_t fid = pick_function(in, eid);
	uint64_t a0 = pick_hart(in), a1 = pick_hart(in);
	uint64_t a2 = addresses[input_pick(in, COUNT(addresses))];
	bool ends = eid == 8 || (eid == SBI_SRST && fid == 0) || (eid == SBI_HSM && fid == 1);

	if (ends && input_pick(in, 4) != 0) {
		fid = 2; /* or no VM would live long */
		eid = SBI_HSM;
	}
	if (eid == SBI_HSM && fid != 2) { /* start: an address second; suspend: a type first */
		a1 = addresses[input_pick(in, 12) % COUNT(addresses)];
		a0 = fid == 3 && input_pick(in, 2) != 0 ? UINT64_C(0x80000000) * (a0 & 1) : a0;
	}
	if (eid == SBI_DBCN) { /* length, address */
		a0 = input_bits(in, 2);
		a1 = a2;
		a2 = input_pick(in, 8) == 0;
	}
	if (eid == SBI_TIME || eid == 0) {
		a0 = axtest_now_ns / 100 +
		     (input_pick(in, 4) == 0 ? input_value(in) : input_bits(in, 2));
	}
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_SPP, 1);
	script_call(e, eid, fid, a0, a1, a2, input_value(in));
}

/* A wait that an interrupt can end, more often than not. */
static void play_wfi(struct input *in, const struct machine_entry *e)
{
	if (input_pick(in, 2) != 0) {
		play_timer(in);
	}
	if (input_pick(in, 4) != 0) {
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP | SIP_STIP | SIP_SEIP);
	}
	script_wfi(e);
}

static void play_other_cause(struct input *in, const struct machine_entry *e)
{
	static const uint8_t causes[] = { 0,
					  1,
					  2,
					  3,
					  4,
					  5,
					  6,
					  7,
					  CAUSE_USER_ECALL,
					  12,
					  13,
					  15,
					  CAUSE_FETCH_FAULT,
					  CAUSE_LOAD_FAULT,
					  CAUSE_VIRTUAL,
					  CAUSE_STORE_FAULT };
	uint64_t cause =
		input_pick(in, 64) == 0 ? input_value(in) : causes[input_pick(in, COUNT(causes))];

	fault_at(e, cause, pick_address(in), 0, input_bits(in, 2));
	if (cause == CAUSE_VS_ECALL) {
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_SPP, 1);
	}
	if (cause == CAUSE_VIRTUAL) {
		e->exit->stval = input_pick(in, 2) != 0 ? input_bits(in, 4) : 0;
	}
	if (input_pick(in, 8) == 0) {
		e->exit->stval = input_bits(in, 8);
		e->exit->htval = input_bits(in, 8) >> 8;
		e->exit->htinst = input_bits(in, 8) & ~HTINST_FP;
	}
}

/* What a driver does first; without it few interrupts would ever get through. False: it is done. */
static bool play_opening(struct input *in, const struct machine_entry *e)
{
	static const struct {
		uint64_t addr;
		uint32_t val;
		bool byte;
	} writes[] = {
		{ GUEST_RTC + 0x10, 1, false },   /* IRQ_ENABLED */
		{ GUEST_RTC + 0x0c, 232, false }, /* ALARM: a second from the start, 1000 s */
		{ GUEST_RTC + 0x08, 3882165248, false },
		{ GUEST_UART + 2, 1, true }, /* FCR */
		{ GUEST_UART + 1, 3, true }, /* IER */
	};
	struct machine_vcpu *v = &e->guest->vcpus[e->vcpu];
	unsigned n;

	if (!v->pc_known) {
		v->program = input_pick(in, 4) != 0 ? 0 : PROGRAM_DONE;
	}
	if (v->program == PROGRAM_DONE) {
		return false;
	}
	if (script_open_plic(e, v->program)) {
		v->program++;
		return true;
	}
	v->program = v->program < PROGRAM_DEVICES ? PROGRAM_DEVICES : v->program;
	n = v->program - PROGRAM_DEVICES;
	if (e->vcpu != 0 || n >= COUNT(writes)) {
		v->program = PROGRAM_DONE;
		return false;
	}
	script_write32(e, writes[n].addr, writes[n].val);
	if (writes[n].byte) {
		e->exit->htinst &= ~UINT64_C(0x3000);
	}
	v->program++;
	return true;
}

static void play_trap(struct input *in, const struct machine_entry *e)
{
	switch (input_pick(in, 20)) {
	case 0:
		fault_at(e, CAUSE_FETCH_FAULT, pick_address(in) & ~UINT64_C(1), 0,
			 input_bits(in, 2));
		break;
	case 1:
	case 2:
		play_wfi(in, e);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		play_call(in, e);
		break;
	case 8:
		play_walk(in, e);
		break;
	case 9:
	case 10:
		play_unknown_access(in, e);
		break;
	case 11:
		play_other_cause(in, e);
		break;
	default:
		play_mmio(in, e);
		break;
	}
}

void player_play(void *ctx, const struct machine_entry *e)
{
	struct player *p = ctx;
	struct input *in = p->in;

	if (p->budget == 0 || in->left == 0 ||
	    (machine_irq_pending(axtest_cpu_id) && input_pick(in, 2) != 0)) {
		return; /* the interrupt that the exit stands at */
	}
	p->budget--;
	if (p->elsewhere != NULL && input_pick(in, 16) == 0) {
		p->elsewhere(p->ctx);
	}
	if (play_opening(in, e)) {
		return;
	}
	play_quietly(in, e);
	play_trap(in, e);
}

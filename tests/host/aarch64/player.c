/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AArch64 guests that do anything. Choices lean towards what gets far: classes of exceptions that occur, addresses
 * where something is, functions that exist; each has a way to be arbitrary as well.
 */
#include "player.h"
#include "ends.h"

#define EC(n)           ((uint64_t)(n) << 26 | UINT64_C(1) << 25)
#define ISS_ISV         (UINT64_C(1) << 24)
#define ISS_WNR         (UINT64_C(1) << 6)
#define SYS(...)        VCPU_AARCH64_SYSREG(__VA_ARGS__)
#define COUNT(list)     ((uint32_t)AX_ARRAY_SIZE(list))
#define PROGRAM_DEVICES 100 /* machine_vcpu.program: the controller is open */
#define PROGRAM_DONE    200

static void set_x(const struct machine_entry *e, uint32_t n, uint64_t val)
{
	if (n < 31) {
		ax_assert(vcpu_aarch64_set_gpr(e->arch, n, val) == AX_OK);
	}
}

static void set_pc(const struct machine_entry *e, uint64_t val)
{
	ax_assert(vcpu_aarch64_set_gpr(e->arch, VCPU_AARCH64_PC, val) == AX_OK);
}

static uint64_t pick_gicd(struct input *in)
{
	static const uint16_t blocks[] = {
		0x000, 0x080, 0x100, 0x180, 0x200, 0x280, 0x300,  0x380,
		0x400, 0x800, 0xc00, 0xf00, 0xf10, 0xf20, 0x6100, 0xffd0
	};

	return blocks[input_pick(in, COUNT(blocks))] + (input_bits(in, 1) & 0x7f);
}

static uint64_t pick_address(struct input *in)
{
	switch (input_pick(in, 16)) {
	case 0:
	case 1:
	case 2:
		return GUEST_GICD + pick_gicd(in);
	case 3:
	case 4:
		return GUEST_GICR + input_pick(in, 5) * GICR_STRIDE + (UINT64_C(1) << 16) +
		       (pick_gicd(in) & 0xfff);
	case 5:
		return GUEST_GICR + input_pick(in, 5) * GICR_STRIDE +
		       (input_pick(in, 4) == 0 ? input_bits(in, 2) : input_bits(in, 1) & 0x3f);
	case 6:
	case 7:
		return GUEST_UART + input_bits(in, 1);
	case 8:
		return GUEST_RTC + (input_bits(in, 1) & 0x1f);
	case 9:
		return GUEST_NS16550 + input_pick(in, 10);
	case 10:
		return GUEST_RAM + (input_bits(in, 3) & 0xfffff);
	case 11:
		return GUEST_ROM - 8 + input_pick(in, 16) + GUEST_ROM_SIZE * input_pick(in, 2);
	case 12:
		return GUEST_GICC + input_bits(in, 2);
	case 13:
		return input_bits(in, 5);
	case 14:
		return input_bits(in, 8);
	default:
		return GUEST_UART + 0xff8 + input_pick(in, 16);
	}
}

/* --- What a guest does without a trap */

static void play_gic(struct input *in, const struct machine_entry *e)
{
	uint32_t group = input_pick(in, 2);
	uint32_t iar;

	switch (input_pick(in, 9)) {
	case 0: /* open to all of it, the usual way */
		e->gic->st.vmcr = (uint32_t)(ICH_VMCR_VENG1 | ICH_VMCR_VENG0 | ICH_VMCR_VPMR |
					     (input_pick(in, 4) == 0 ? ICH_VMCR_VEOIM : 0));
		break;
	case 1:
		e->gic->st.vmcr = (uint32_t)(input_bits(in, 4) &
					     (ICH_VMCR_VENG0 | ICH_VMCR_VENG1 | ICH_VMCR_VCBPR |
					      ICH_VMCR_VEOIM | ICH_VMCR_VBPR0 | ICH_VMCR_VBPR1 |
					      ICH_VMCR_VPMR));
		break;
	case 2:
		(void)vgic_fake_ack(e->gic, group);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		group = vgic_fake_signalled(e->gic, 0) != GIC_INTID_SPURIOUS ? 0 : 1;
		iar = vgic_fake_ack(e->gic, group);
		if (iar != GIC_INTID_SPURIOUS) {
			vgic_fake_eoi(e->gic, group, iar);
			vgic_fake_dir(e->gic, iar);
		}
		break;
	case 7: /* the end of whatever a list register holds */
		iar = (uint32_t)(e->gic->lr[input_pick(in, MACHINE_LRS)] &
				 (ICH_LR_v2_INTID | ICH_LR_v2_CPUID));
		vgic_fake_eoi(e->gic, group, iar);
		vgic_fake_dir(e->gic, iar);
		break;
	default:
		iar = (uint32_t)input_bits(in, 2) & 0x3ff;
		vgic_fake_eoi(e->gic, group, iar);
		vgic_fake_dir(e->gic, iar);
		break;
	}
}

static void play_vtimer(struct input *in)
{
	uint64_t cval = axtest_now_ns / 16;

	cval += input_pick(in, 4) == 0 ? input_value(in) : input_bits(in, 2);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CVAL_EL0, cval);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_CNTV_CTL_EL0, input_pick(in, 8) == 0 ? 3 : 1);
}

static void play_mode(struct input *in, const struct machine_entry *e)
{
	static const uint8_t modes[] = { 0x5, 0x5, 0x5, 0x4, 0x0, 0x0, 0x10 };

	vcpu_aarch64_fake_set_pstate(e->arch, (input_bits(in, 4) & UINT64_C(0xf3f03fc0)) |
						      modes[input_pick(in, COUNT(modes))]);
}

static void play_quietly(struct input *in, const struct machine_entry *e)
{
	switch (input_pick(in, 12)) {
	case 0:
		play_mode(in, e);
		break;
	case 1:
		play_vtimer(in);
		break;
	case 2:
		vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_VBAR_EL1, input_value(in));
		break;
	case 3:
		set_pc(e, input_value(in));
		break;
	case 4:
		vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_SCTLR_EL1, input_value(in));
		break;
	case 5:
		vcpu_aarch64_fake_stage1(input_pick(in, 2) != 0, input_value(in));
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		play_gic(in, e);
		break;
	default:
		break;
	}
}

/* --- Traps */

static void abort_at(const struct machine_entry *e, uint64_t esr, uint64_t addr)
{
	e->exit->esr = esr;
	e->exit->far = addr;
	e->exit->hpfar = addr >> 12 << 4;
}

static uint64_t pick_fsc(struct input *in)
{
	static const uint8_t fsc[] = { 0x04, 0x05, 0x06, 0x07, 0x07, 0x07, 0x0b, 0x0d, 0x0f, 0x00 };

	return input_pick(in, 16) == 0 ? input_pick(in, 64) : fsc[input_pick(in, COUNT(fsc))];
}

static void play_mmio(struct input *in, const struct machine_entry *e)
{
	uint64_t addr = pick_address(in);
	uint64_t how = input_bits(in, 1); /* SAS, SSE, SF, WNR */
	uint64_t size = how & 3;
	uint32_t rt = input_pick(in, 32);
	uint64_t esr = EC(0x24) | ISS_ISV | size << 22 | (how >> 2 & 1) << 21 | (uint64_t)rt << 16 |
		       (how >> 3 & 1) << 15 | ((how >> 4 & 1) != 0 ? ISS_WNR : 0) | pick_fsc(in);

	if (input_pick(in, 8) != 0) {
		addr &= ~((UINT64_C(1) << size) - 1);
	}
	set_x(e, rt, input_value(in));
	if (input_pick(in, 32) == 0) {
		esr |= input_bits(in, 2) & 0x780; /* FNV, EA, CM, S1PTW */
	}
	abort_at(e, esr, addr);
}

/* Loads and stores that come without a syndrome, and what looks like them. */
static uint32_t pick_insn(struct input *in)
{
	static const uint32_t insns[] = {
		0xa9400000, /* ldp x, x */
		0xa9000000, /* stp x, x */
		0xa8c00000, /* ldp, post-index */
		0x29400000, /* ldp w, w */
		0x69400000, /* ldpsw */
		0xf8408400, /* ldr x, post-index */
		0xb8004c00, /* str w, pre-index */
		0x3dc00000, /* ldr q */
		0xad400000, /* ldp q, q */
		0xad000000, /* stp q, q */
		0xfd000000, /* str d */
		0x58000000, /* ldr x, literal */
		0xc85f7c00, /* ldxr */
		0xf8600000, /* an atomic */
		0xd50b7420, /* dc zva */
		0x4c407000, /* ld1 */
	};
	uint32_t any = (uint32_t)input_bits(in, 4);

	if (input_pick(in, 8) == 0) {
		return any;
	}
	return insns[input_pick(in, COUNT(insns))] | (any & 0x000003ff) |
	       (input_pick(in, 4) == 0 ? any & 0x003f7c00 : any & 0x00007c00);
}

static void play_unknown_access(struct input *in, const struct machine_entry *e)
{
	struct ax_gmem m = axaddrspace_gmem(&e->guest->vm.as);
	uint64_t pc = GUEST_CODE + input_pick(in, 64) * UINT64_C(4);
	uint64_t addr = pick_address(in) & ~UINT64_C(7);
	uint32_t insn = pick_insn(in);
	uint8_t bytes[4] = { (uint8_t)insn, (uint8_t)(insn >> 8), (uint8_t)(insn >> 16),
			     (uint8_t)(insn >> 24) };
	bool load = (insn & UINT32_C(0x00400000)) != 0;
	uint32_t rn = insn >> 5 & 31;

	if (ax_gmem_write(&m, gpa(pc), bytes, sizeof(bytes)) == AX_OK) {
		set_pc(e, pc);
	}
	set_x(e, rn, addr);
	if (rn == 31) {
		vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_SP_EL1, addr);
		vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_SP_EL0, addr);
	}
	abort_at(e,
		 EC(0x24) | pick_fsc(in) | (load == (input_pick(in, 16) == 0) ? ISS_WNR : 0) |
			 (input_pick(in, 16) == 0 ? input_bits(in, 2) & 0x780 : 0),
		 addr);
}

static void trap_sysreg(struct input *in, const struct machine_entry *e, uint32_t reg, bool read)
{
	e->exit->esr = EC(0x18) | (uint64_t)(reg >> 14 & 3) << 20 | (uint64_t)(reg & 7) << 17 |
		       (uint64_t)(reg >> 11 & 7) << 14 | (uint64_t)(reg >> 7 & 15) << 10 |
		       (uint64_t)input_pick(in, 32) << 5 | (uint64_t)(reg >> 3 & 15) << 1 | read;
}

static void play_sysreg(struct input *in, const struct machine_entry *e)
{
	static const uint32_t regs[] = {
		SYS(3, 0, 12, 12, 5), SYS(3, 0, 4, 6, 0),  SYS(3, 0, 12, 12, 0),
		SYS(3, 0, 12, 11, 1), SYS(3, 3, 14, 2, 0), SYS(3, 3, 14, 2, 1),
		SYS(3, 3, 14, 2, 2),  SYS(3, 3, 14, 2, 1), SYS(3, 3, 14, 2, 2),
		SYS(3, 0, 0, 4, 0),   SYS(2, 0, 0, 2, 2),  SYS(2, 0, 1, 0, 4),
		SYS(3, 3, 9, 13, 0),  SYS(3, 0, 1, 0, 1),  SYS(1, 0, 7, 14, 2),
	};
	uint32_t reg = input_pick(in, 4) == 0 ? (uint32_t)input_bits(in, 2)
					      : regs[input_pick(in, COUNT(regs))];

	for (uint32_t i = 0; i < 31; i += 7) {
		set_x(e, i, input_value(in));
	}
	trap_sysreg(in, e, reg, input_pick(in, 2) != 0);
}

static void play_sgi(struct input *in, const struct machine_entry *e)
{
	static const uint32_t regs[] = { SYS(3, 0, 12, 11, 5), SYS(3, 0, 12, 11, 5),
					 SYS(3, 0, 12, 11, 6), SYS(3, 0, 12, 11, 7) };
	uint64_t val = input_pick(in, 16) | (uint64_t)input_pick(in, 16) << 24;

	if (input_pick(in, 4) == 0) {
		val |= UINT64_C(1) << 40; /* all but self */
	}
	if (input_pick(in, 16) == 0) {
		val ^= input_bits(in, 8);
	}
	for (uint32_t i = 0; i < 31; i++) {
		set_x(e, i, val);
	}
	trap_sysreg(in, e, regs[input_pick(in, COUNT(regs))], input_pick(in, 32) == 0);
}

static void play_call(struct input *in, const struct machine_entry *e)
{
	static const uint32_t fids[] = {
		0xc4000003, 0xc4000003, 0x84000003, 0xc4000003, 0xc4000004, 0x84000004, 0x84000000,
		0x8400000a, 0xc4000001, 0x84000002, 0x84000006, 0x84000008, 0x84000009, 0xc4000012,
		0x80000000, 0x80000001, 0x86000000, 0xc6000001, 0x8600ff01, 0x8600ff03,
	};
	static const uint64_t entries[] = {
		GUEST_RAM + 0x80000,        GUEST_ROM,     GUEST_RAM + 2, UINT64_C(0x1000),
		GUEST_RAM + GUEST_RAM_SIZE, UINT64_MAX - 3
	};
	uint32_t fid = input_pick(in, 16) == 0 ? (uint32_t)input_bits(in, 4)
					       : fids[input_pick(in, COUNT(fids))];
	bool ends =
		fid == 0x84000002 || fid == 0x84000008 || fid == 0x84000009 || fid == 0xc4000012;
	uint32_t entry = input_pick(in, 12);

	if (ends && input_pick(in, 4) != 0) {
		fid = 0x84000000; /* or no VM would live long */
	}
	set_x(e, 0, fid | (input_pick(in, 16) == 0 ? UINT64_C(0xdead) << 32 : 0));
	set_x(e, 1, input_pick(in, 8) == 0 ? input_value(in) : input_pick(in, 6));
	set_x(e, 2, entries[entry < COUNT(entries) ? entry : 0]);
	set_x(e, 3, input_bits(in, 1));
	e->exit->esr = EC(input_pick(in, 2) != 0 ? 0x16 : 0x17) |
		       (input_pick(in, 32) == 0 ? input_bits(in, 2) : 0);
}

static void play_other_class(struct input *in, const struct machine_entry *e)
{
	static const uint8_t classes[] = { 0x00, 0x01, 0x07, 0x0e, 0x16, 0x17, 0x18, 0x20, 0x22,
					   0x24, 0x26, 0x2c, 0x30, 0x32, 0x34, 0x3c, 0x03, 0x11 };
	uint64_t ec = input_pick(in, 4) == 0 ? input_pick(in, 64)
					     : classes[input_pick(in, COUNT(classes))];

	abort_at(e, EC(ec) | (input_bits(in, 4) & UINT64_C(0x1ffffff)), pick_address(in));
	if (input_pick(in, 8) == 0) {
		e->exit->far = input_bits(in, 8);
		e->exit->hpfar = input_bits(in, 8);
	}
}

/* What a driver does first; without it few interrupts would ever get through. False: it is done. */
static bool play_opening(struct input *in, const struct machine_entry *e)
{
	static const struct {
		uint64_t addr;
		uint32_t val;
	} writes[] = {
		{ GUEST_UART + 0x30, 0x301 }, /* CR */
		{ GUEST_UART + 0x38, 0x7ff }, /* IMSC */
		{ GUEST_RTC + 0x10, 1 },      /* IMSC */
		{ GUEST_RTC + 0x04, 1001 },   /* MR: a second from the start */
	};
	struct machine_vcpu *v = &e->guest->vcpus[e->vcpu];

	if (!v->pc_known) {
		v->program = input_pick(in, 4) != 0 ? 0 : PROGRAM_DONE;
	}
	if (v->program == PROGRAM_DONE) {
		return false;
	}
	if (script_open_gic(e, v->program)) {
		v->program++;
		return true;
	}
	if (v->program < PROGRAM_DEVICES) {
		v->program = PROGRAM_DEVICES;
	}
	if (e->vcpu != 0 || v->program - PROGRAM_DEVICES >= COUNT(writes)) {
		v->program = PROGRAM_DONE;
		return false;
	}
	script_write32(e, writes[v->program - PROGRAM_DEVICES].addr,
		       writes[v->program - PROGRAM_DEVICES].val);
	v->program++;
	return true;
}

void player_play(void *ctx, const struct machine_entry *e)
{
	struct player *p = ctx;
	struct input *in = p->in;

	vcpu_aarch64_fake_stage1(true, 0);
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
	e->exit->kind = VCPU_AARCH64_FAKE_SYNC;
	switch (input_pick(in, 20)) {
	case 0:
		e->exit->kind = (enum vcpu_aarch64_fake_kind)(1 + input_pick(in, 3));
		break;
	case 1:
		abort_at(e, EC(0x20) | pick_fsc(in), pick_address(in));
		break;
	case 2:
		e->exit->esr = EC(0x07);
		break;
	case 3:
		if (input_pick(in, 2) != 0) {
			play_vtimer(in);
		}
		e->exit->esr = EC(0x01) | input_pick(in, 4);
		break;
	case 4:
	case 5:
	case 6:
		play_call(in, e);
		break;
	case 7:
		play_sysreg(in, e);
		break;
	case 8:
	case 9:
		play_sgi(in, e);
		break;
	case 10:
	case 11:
		play_unknown_access(in, e);
		break;
	case 12:
		play_other_class(in, e);
		break;
	default:
		play_mmio(in, e);
		break;
	}
}

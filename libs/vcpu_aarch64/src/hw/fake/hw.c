/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processors for the host: registers in arrays, exits from a script or from a guest that a test plays.
 * Live registers are kept skewed against memory and are scrambled by put(), so that a forgotten load
 * or save shows.
 */
#include <axbase/mem.h>
#include <vcpu_aarch64/fake.h>
#include "../../hw.h"

#define SKEW UINT64_C(0x5a5a000000000000)
#define JUNK UINT64_C(0xdeadbeefdeadbeef)

static struct {
	struct vcpu_aarch64_fake_exit script[VCPU_AARCH64_FAKE_QUEUE];
	uint32_t head;
	uint32_t count;
	uint32_t entries;
	void (*guest)(void *ctx, void *arch, struct vcpu_aarch64_fake_exit *exit);
	void *guest_ctx;
	uint64_t id[8][8];
	bool id_set;
	bool stage1_fails;
	bool stage1_fails_at_el0;
	uint64_t stage1_offset;
} cpu;

/* What every processor has of its own. */
static struct live {
	uint64_t sys[SYS_COUNT]; /* skewed */
	uint64_t el2[VCPU_AARCH64_FAKE_REG_COUNT];
	struct vcpu_fp fp;
	bool loaded; /* by a vCPU */
} lives[AX_PORT_MAX_CPUS];

static struct live *live(void)
{
	return &lives[ax_port_cpu_id()];
}

static const int8_t sys_of[VCPU_AARCH64_FAKE_REG_COUNT] = {
	[VCPU_AARCH64_FAKE_SCTLR_EL1] = 1 + SYS_SCTLR_EL1,
	[VCPU_AARCH64_FAKE_VBAR_EL1] = 1 + SYS_VBAR_EL1,
	[VCPU_AARCH64_FAKE_SP_EL0] = 1 + SYS_SP_EL0,
	[VCPU_AARCH64_FAKE_SP_EL1] = 1 + SYS_SP_EL1,
	[VCPU_AARCH64_FAKE_ELR_EL1] = 1 + SYS_ELR_EL1,
	[VCPU_AARCH64_FAKE_SPSR_EL1] = 1 + SYS_SPSR_EL1,
	[VCPU_AARCH64_FAKE_ESR_EL1] = 1 + SYS_ESR_EL1,
	[VCPU_AARCH64_FAKE_FAR_EL1] = 1 + SYS_FAR_EL1,
	[VCPU_AARCH64_FAKE_MDSCR_EL1] = 1 + SYS_MDSCR_EL1,
	[VCPU_AARCH64_FAKE_TCR_EL1] = 1 + SYS_TCR_EL1,
	[VCPU_AARCH64_FAKE_TTBR0_EL1] = 1 + SYS_TTBR0_EL1,
	[VCPU_AARCH64_FAKE_TTBR1_EL1] = 1 + SYS_TTBR1_EL1,
};

/* A processor that has next to everything, as an emulator's "max" does. */
static void default_ids(void)
{
	cpu.id_set = true;
	memset(cpu.id, 0, sizeof(cpu.id));
	cpu.id[4][0] = UINT64_C(0x1201111123112222);
	cpu.id[4][1] = UINT64_C(0x0000000001000321);
	cpu.id[6][0] = UINT64_C(0x1221111110212120);
	cpu.id[6][1] = UINT64_C(0x0011111101211052);
	cpu.id[6][2] = UINT64_C(0x0000000000001112);
	cpu.id[7][0] = UINT64_C(0x2100032310201126);
	cpu.id[7][1] = UINT64_C(0x0110111111312122);
	cpu.id[7][2] = UINT64_C(0x1221011112111111);
}

static void scramble(struct live *l)
{
	for (size_t i = 0; i < SYS_COUNT; i++) {
		l->sys[i] = JUNK;
	}
	memset(&l->fp, 0xa5, sizeof(l->fp));
}

void vcpu_aarch64_fake_reset(void)
{
	memset(&cpu, 0, sizeof(cpu));
	memset(lives, 0, sizeof(lives));
	default_ids();
	for (size_t i = 0; i < AX_ARRAY_SIZE(lives); i++) {
		scramble(&lives[i]);
	}
}

bool vcpu_aarch64_fake_push_exit(const struct vcpu_aarch64_fake_exit *exit)
{
	if (cpu.count == VCPU_AARCH64_FAKE_QUEUE) {
		return false;
	}
	cpu.script[(cpu.head + cpu.count) % VCPU_AARCH64_FAKE_QUEUE] = *exit;
	cpu.count++;
	return true;
}

uint32_t vcpu_aarch64_fake_pending(void)
{
	return cpu.count;
}

uint32_t vcpu_aarch64_fake_entries(void)
{
	return cpu.entries;
}

void vcpu_aarch64_fake_set_guest(void (*guest)(void *ctx, void *arch,
					       struct vcpu_aarch64_fake_exit *exit),
				 void *ctx)
{
	cpu.guest = guest;
	cpu.guest_ctx = ctx;
}

void vcpu_aarch64_fake_stage1(bool ok, uint64_t offset)
{
	cpu.stage1_fails = !ok;
	cpu.stage1_offset = offset;
}

void vcpu_aarch64_fake_stage1_hide_from_el0(void)
{
	cpu.stage1_fails_at_el0 = true;
}

void vcpu_aarch64_fake_set_id(uint32_t crm, uint32_t op2, uint64_t val)
{
	if (!cpu.id_set) {
		default_ids();
	}
	cpu.id[crm & 7][op2 & 7] = val;
}

uint64_t vcpu_aarch64_fake_get(enum vcpu_aarch64_fake_reg reg)
{
	return sys_of[reg] != 0 ? live()->sys[sys_of[reg] - 1] ^ SKEW : live()->el2[reg];
}

void vcpu_aarch64_fake_set(enum vcpu_aarch64_fake_reg reg, uint64_t val)
{
	if (sys_of[reg] != 0) {
		live()->sys[sys_of[reg] - 1] = val ^ SKEW;
	} else {
		live()->el2[reg] = val;
	}
}

void vcpu_aarch64_fake_set_q(uint32_t n, uint64_t lo, uint64_t hi)
{
	live()->fp.q[n & 31][0] = lo;
	live()->fp.q[n & 31][1] = hi;
}

void vcpu_aarch64_fake_get_q(uint32_t n, uint64_t *lo, uint64_t *hi)
{
	*lo = live()->fp.q[n & 31][0];
	*hi = live()->fp.q[n & 31][1];
}

uint64_t vcpu_aarch64_fake_get_pstate(const void *arch)
{
	const struct vcpu_aarch64 *v = arch;

	return v->pstate;
}

void vcpu_aarch64_fake_set_pstate(void *arch, uint64_t pstate)
{
	struct vcpu_aarch64 *v = arch;

	v->pstate = pstate;
}

/* One entry, and the trap that ends it. */
static bool enter(struct vcpu_aarch64 *v, struct axvcpu_exit *exit)
{
	struct vcpu_aarch64_fake_exit e = { .kind = VCPU_AARCH64_FAKE_IRQ };

	/* What would be a host taken over by its guest, or a guest without its registers. */
	ax_assert(live()->loaded && v->resident);
	ax_assert((v->pstate & (PSTATE_M | PSTATE_NRW)) == PSTATE_M_EL0T ||
		  (v->pstate & PSTATE_NRW) != 0 || (v->pstate & PSTATE_M) == PSTATE_M_EL1T ||
		  (v->pstate & PSTATE_M) == PSTATE_M_EL1H);
	cpu.entries++;
	if (cpu.count != 0) {
		e = cpu.script[cpu.head];
		cpu.head = (cpu.head + 1) % VCPU_AARCH64_FAKE_QUEUE;
		cpu.count--;
	} else if (cpu.guest != NULL) {
		cpu.guest(cpu.guest_ctx, v, &e);
	}
	switch (e.kind) {
	case VCPU_AARCH64_FAKE_SYNC:
		if (AX_FIELD_GET(ESR_EC, e.esr) == EC_HVC64) {
			v->pc += 4;
		}
		return vcpu_aarch64_sync(v, exit, e.esr & UINT32_MAX, e.far, e.hpfar);
	case VCPU_AARCH64_FAKE_SERROR:
		return vcpu_aarch64_async(v, exit, true);
	case VCPU_AARCH64_FAKE_IRQ:
	case VCPU_AARCH64_FAKE_FIQ:
	default:
		return vcpu_aarch64_async(v, exit, false);
	}
}

void vcpu_aarch64_hw_run(struct vcpu_aarch64 *v, struct axvcpu_exit *exit)
{
	while (!enter(v, exit)) {
	}
}

bool vcpu_aarch64_hw_stage1(uint64_t va, bool el0, uint64_t *ipa)
{
	if (cpu.stage1_fails || (el0 && cpu.stage1_fails_at_el0)) {
		return false;
	}
	*ipa = va + cpu.stage1_offset;
	return true;
}

void vcpu_aarch64_hw_cpu_init(void)
{
	live()->el2[VCPU_AARCH64_FAKE_CPTR_EL2] = CPTR_BASE;
}

void vcpu_aarch64_hw_load(const struct vcpu_aarch64 *v, bool flush_local)
{
	live()->el2[VCPU_AARCH64_FAKE_HCR_EL2] = v->hcr;
	live()->el2[VCPU_AARCH64_FAKE_VTTBR_EL2] = v->vttbr;
	live()->el2[VCPU_AARCH64_FAKE_VTCR_EL2] = v->vtcr;
	live()->el2[VCPU_AARCH64_FAKE_VMPIDR_EL2] = v->arch.mpidr;
	live()->el2[VCPU_AARCH64_FAKE_CNTVOFF_EL2] = v->arch.cntvoff;
	live()->el2[VCPU_AARCH64_FAKE_CNTV_CTL_EL0] = v->vtimer.ctl;
	live()->el2[VCPU_AARCH64_FAKE_CNTV_CVAL_EL0] = v->vtimer.cval;
	live()->el2[VCPU_AARCH64_FAKE_LOCAL_FLUSHES] += flush_local ? 1 : 0;
	live()->loaded = true;
}

void vcpu_aarch64_hw_put(struct vcpu_aarch64 *v)
{
	v->vtimer.ctl =
		live()->el2[VCPU_AARCH64_FAKE_CNTV_CTL_EL0] & (CNT_CTL_ENABLE | CNT_CTL_IMASK);
	v->vtimer.cval = live()->el2[VCPU_AARCH64_FAKE_CNTV_CVAL_EL0];
	v->hcr = live()->el2[VCPU_AARCH64_FAKE_HCR_EL2];
	live()->el2[VCPU_AARCH64_FAKE_CNTV_CTL_EL0] = 0;
	live()->loaded = false;
	scramble(live());
}

void vcpu_aarch64_hw_load_sys(const uint64_t *sys, bool keys)
{
	ax_assert(live()->loaded);
	for (size_t i = 0; i < (keys ? (size_t)SYS_COUNT : (size_t)SYS_APIAKEYLO_EL1); i++) {
		live()->sys[i] = sys[i] ^ SKEW;
	}
}

void vcpu_aarch64_hw_save_sys(uint64_t *sys, bool keys)
{
	for (size_t i = 0; i < (keys ? (size_t)SYS_COUNT : (size_t)SYS_APIAKEYLO_EL1); i++) {
		sys[i] = live()->sys[i] ^ SKEW;
	}
}

void vcpu_aarch64_hw_load_dbg(const struct vcpu_aarch64 *v)
{
	ax_assert(live()->loaded);
	live()->el2[VCPU_AARCH64_FAKE_DBGBCR0_EL1] = v->dbg[0][DBG_BCR];
	live()->el2[VCPU_AARCH64_FAKE_DBGWVR1_EL1] = v->dbg[1][DBG_WVR];
}

void vcpu_aarch64_hw_write_hcr(uint64_t hcr)
{
	live()->el2[VCPU_AARCH64_FAKE_HCR_EL2] = hcr;
}

void vcpu_aarch64_hw_fp_trap(bool trap)
{
	live()->el2[VCPU_AARCH64_FAKE_CPTR_EL2] = trap ? CPTR_BASE | CPTR_TFP : CPTR_BASE;
}

void vcpu_aarch64_hw_fp_load(const struct vcpu_fp *fp)
{
	ax_assert((live()->el2[VCPU_AARCH64_FAKE_CPTR_EL2] & CPTR_TFP) == 0);
	live()->fp = *fp;
}

void vcpu_aarch64_hw_fp_save(struct vcpu_fp *fp)
{
	ax_assert((live()->el2[VCPU_AARCH64_FAKE_CPTR_EL2] & CPTR_TFP) == 0);
	*fp = live()->fp;
}

uint64_t vcpu_aarch64_hw_midr(void)
{
	return UINT64_C(0x411fd0c1);
}

uint64_t vcpu_aarch64_hw_id(uint32_t crm, uint32_t op2)
{
	if (!cpu.id_set) {
		default_ids();
	}
	return cpu.id[crm & 7][op2 & 7];
}

uint64_t vcpu_aarch64_hw_counter(void)
{
	return ax_port_now_ns() / 16;
}

uint64_t vcpu_aarch64_hw_cntfrq(void)
{
	return VCPU_AARCH64_FAKE_CNTFRQ;
}

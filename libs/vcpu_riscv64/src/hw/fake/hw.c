/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processors for the host: registers in arrays, traps from a script or from a guest that a test plays.
 * Live registers are kept skewed against memory and are scrambled by put(), so that a forgotten load
 * or save shows.
 */
#include <axbase/mem.h>
#include <vcpu_riscv64/fake.h>
#include "../../hw.h"

#define SKEW     UINT64_C(0x5a5a000000000000)
#define JUNK     UINT64_C(0xdeadbeefdeadbeef)
#define ALL_EXTS (AX_BIT64(VCPU_RISCV64_EXT_COUNT) - 1)
#define FENCES   64

static struct {
	struct vcpu_riscv64_fake_exit script[VCPU_RISCV64_FAKE_QUEUE];
	uint32_t head;
	uint32_t count;
	uint32_t entries;
	void (*guest)(void *ctx, void *arch, struct vcpu_riscv64_fake_exit *exit);
	void *guest_ctx;
	uint64_t code_va;
	const uint8_t *code;
	size_t code_len;
	uint64_t unusable;
	uint32_t vlenb;
	struct vcpu_riscv64_fake_fence fences[FENCES];
	uint32_t fence_count;
} cpu = { .vlenb = 16 };

/* What every processor has of its own. */
static struct live {
	uint64_t csr[CSR_COUNT]; /* skewed */
	uint64_t hs[VCPU_RISCV64_FAKE_REG_COUNT];
	struct vcpu_fp fp;
	struct vcpu_vector vector;
	bool loaded; /* by a vCPU */
} lives[AX_PORT_MAX_CPUS];

static struct live *live(void)
{
	return &lives[ax_port_cpu_id()];
}

static uint64_t *hs(enum vcpu_riscv64_fake_reg reg)
{
	return &live()->hs[reg];
}

static const int8_t csr_of[VCPU_RISCV64_FAKE_REG_COUNT] = {
	[VCPU_RISCV64_FAKE_VSSTATUS] = 1 + CSR_vsstatus,
	[VCPU_RISCV64_FAKE_VSIE] = 1 + CSR_vsie,
	[VCPU_RISCV64_FAKE_VSTVEC] = 1 + CSR_vstvec,
	[VCPU_RISCV64_FAKE_VSSCRATCH] = 1 + CSR_vsscratch,
	[VCPU_RISCV64_FAKE_VSEPC] = 1 + CSR_vsepc,
	[VCPU_RISCV64_FAKE_VSCAUSE] = 1 + CSR_vscause,
	[VCPU_RISCV64_FAKE_VSTVAL] = 1 + CSR_vstval,
	[VCPU_RISCV64_FAKE_SCOUNTEREN] = 1 + CSR_scounteren,
	[VCPU_RISCV64_FAKE_SENVCFG] = 1 + CSR_senvcfg,
	[VCPU_RISCV64_FAKE_VSATP] = 1 + CSR_vsatp,
};

static void scramble(struct live *l)
{
	for (size_t i = 0; i < CSR_COUNT; i++) {
		l->csr[i] = JUNK;
	}
}

void vcpu_riscv64_fake_reset(void)
{
	memset(&cpu, 0, sizeof(cpu));
	memset(lives, 0, sizeof(lives));
	cpu.vlenb = 16;
	for (size_t i = 0; i < AX_ARRAY_SIZE(lives); i++) {
		scramble(&lives[i]);
		memset(&lives[i].fp, 0xa5, sizeof(lives[i].fp));
		memset(&lives[i].vector, 0xa5, sizeof(lives[i].vector));
	}
}

/* --- The script */

bool vcpu_riscv64_fake_push_exit(const struct vcpu_riscv64_fake_exit *exit)
{
	if (cpu.count == VCPU_RISCV64_FAKE_QUEUE) {
		return false;
	}
	cpu.script[(cpu.head + cpu.count) % VCPU_RISCV64_FAKE_QUEUE] = *exit;
	cpu.count++;
	return true;
}

uint32_t vcpu_riscv64_fake_pending(void)
{
	return cpu.count;
}

uint32_t vcpu_riscv64_fake_entries(void)
{
	return cpu.entries;
}

void vcpu_riscv64_fake_set_guest(void (*guest)(void *ctx, void *arch,
					       struct vcpu_riscv64_fake_exit *exit),
				 void *ctx)
{
	cpu.guest = guest;
	cpu.guest_ctx = ctx;
}

/* gp and s0-s11 */
#define REGS_KEPT UINT32_C(0x0ffc0308)

/* As switch.S has it: what the first function finds in their place, it must neither use nor change. */
static enum vcpu_next trap_fast(struct vcpu_riscv64 *v, const struct vcpu_riscv64_fake_exit *e)
{
	enum vcpu_next next;
	uint64_t kept[32];

	memcpy(kept, v->x, sizeof(kept));
	for (unsigned n = 0; n < 32; n++) {
		v->x[n] = (REGS_KEPT >> n & 1) != 0 ? JUNK : v->x[n];
	}
	if (e->scause == CAUSE_VS_ECALL) {
		next = vcpu_riscv64_sbi(v, v->exit) ? NEXT_LEAVE : NEXT_ENTER;
	} else {
		next = vcpu_riscv64_trap_fast(v, e->stval, e->htval, e->htinst, e->scause);
	}
	for (unsigned n = 0; n < 32; n++) {
		if ((REGS_KEPT >> n & 1) != 0) {
			ax_assert(v->x[n] == JUNK);
			v->x[n] = kept[n];
		}
	}
	return next;
}

/* One entry, and the trap that ends it. */
static bool enter(struct vcpu_riscv64 *v)
{
	struct vcpu_riscv64_fake_exit e = { .scause = VCPU_RISCV64_FAKE_IRQ };
	enum vcpu_next next;

	/* What would be a guest without its registers, or one at an address that no PC can hold. */
	ax_assert(live()->loaded && v->resident);
	ax_assert(v->x[0] == 0 && (v->pc & 1) == 0);
	cpu.entries++;
	if (cpu.count != 0) {
		e = cpu.script[cpu.head];
		cpu.head = (cpu.head + 1) % VCPU_RISCV64_FAKE_QUEUE;
		cpu.count--;
	} else if (cpu.guest != NULL) {
		cpu.guest(cpu.guest_ctx, v, &e);
	}
	next = trap_fast(v, &e);
	return next == NEXT_FULL ? vcpu_riscv64_trap(v, e.stval, e.htval, e.htinst, e.scause)
				 : next == NEXT_LEAVE;
}

void vcpu_riscv64_hw_run(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	v->exit = exit;
	while (!enter(v)) {
	}
}

void vcpu_riscv64_fake_set_code(uint64_t va, const void *bytes, size_t len)
{
	cpu.code_va = va;
	cpu.code = bytes;
	cpu.code_len = len;
}

static bool fetch_half(uint64_t va, uint32_t *half)
{
	uint64_t off = va - cpu.code_va;

	if (cpu.code_len < 2 || off > cpu.code_len - 2) {
		return false;
	}
	*half = (uint32_t)cpu.code[off] | (uint32_t)cpu.code[off + 1] << 8;
	return true;
}

uint32_t vcpu_riscv64_hw_fetch(uint64_t va)
{
	uint32_t low;
	uint32_t high = 0x5a5a; /* what a compressed one does not own */

	ax_assert(live()->loaded);
	if (!fetch_half(va, &low) || ((low & 3) == 3 && !fetch_half(va + 2, &high))) {
		return 0;
	}
	return low | high << 16;
}

/* --- Registers */

static void set_bit(uint64_t *reg, uint64_t bit, bool on)
{
	*reg = on ? *reg | bit : *reg & ~bit;
}

/* FP and vector state have registers outside the array; whoever writes them dirties the state. */
static uint64_t *place(enum vcpu_riscv64_fake_reg reg, enum vcpu_riscv64_fake_reg *dirties)
{
	if (reg == VCPU_RISCV64_FAKE_FCSR) {
		*dirties = VCPU_RISCV64_FAKE_FS;
		return &live()->fp.fcsr;
	}
	if (reg == VCPU_RISCV64_FAKE_VL || reg == VCPU_RISCV64_FAKE_VTYPE) {
		*dirties = VCPU_RISCV64_FAKE_VS;
		return reg == VCPU_RISCV64_FAKE_VL ? &live()->vector.vl : &live()->vector.vtype;
	}
	return hs(reg);
}

uint64_t vcpu_riscv64_fake_get(enum vcpu_riscv64_fake_reg reg)
{
	enum vcpu_riscv64_fake_reg dirties;

	return csr_of[reg] != 0 ? live()->csr[csr_of[reg] - 1] ^ SKEW : *place(reg, &dirties);
}

void vcpu_riscv64_fake_set(enum vcpu_riscv64_fake_reg reg, uint64_t val)
{
	enum vcpu_riscv64_fake_reg dirties = VCPU_RISCV64_FAKE_REG_COUNT;

	if (csr_of[reg] != 0) {
		live()->csr[csr_of[reg] - 1] = val ^ SKEW;
		return;
	}
	*place(reg, &dirties) = val;
	if (dirties != VCPU_RISCV64_FAKE_REG_COUNT) {
		*hs(dirties) = SSTATUS_XS_DIRTY;
	}
}

uint64_t vcpu_riscv64_fake_get_f(uint32_t n)
{
	return live()->fp.f[n & 31];
}

void vcpu_riscv64_fake_set_f(uint32_t n, uint64_t val)
{
	live()->fp.f[n & 31] = val;
	*hs(VCPU_RISCV64_FAKE_FS) = SSTATUS_XS_DIRTY;
}

static uint8_t *vector_byte(uint32_t n, uint32_t i)
{
	return &live()->vector.v[(n & 31) * cpu.vlenb + i % cpu.vlenb];
}

uint8_t vcpu_riscv64_fake_get_v(uint32_t n, uint32_t i)
{
	return *vector_byte(n, i);
}

void vcpu_riscv64_fake_set_v(uint32_t n, uint32_t i, uint8_t val)
{
	*vector_byte(n, i) = val;
	*hs(VCPU_RISCV64_FAKE_VS) = SSTATUS_XS_DIRTY;
}

uint64_t vcpu_riscv64_hw_time(void)
{
	return ax_port_now_ns() / 100;
}

void vcpu_riscv64_hw_set_vssip(bool pending)
{
	set_bit(hs(VCPU_RISCV64_FAKE_HVIP), HVIP_VSSIP, pending);
}

void vcpu_riscv64_hw_set_vstip(bool pending)
{
	set_bit(hs(VCPU_RISCV64_FAKE_HVIP), HVIP_VSTIP, pending);
}

uint64_t vcpu_riscv64_hw_vsip(void)
{
	uint64_t time = vcpu_riscv64_hw_time() + *hs(VCPU_RISCV64_FAKE_HTIMEDELTA);
	uint64_t vsip = *hs(VCPU_RISCV64_FAKE_HVIP) >> 1 & SIP_MASK;

	if ((*hs(VCPU_RISCV64_FAKE_HENVCFG) & ENVCFG_STCE) != 0 &&
	    time >= *hs(VCPU_RISCV64_FAKE_VSTIMECMP)) {
		vsip |= SIP_STIP;
	}
	return vsip;
}

uint64_t vcpu_riscv64_hw_get_vstimecmp(void)
{
	ax_assert(live()->loaded && (*hs(VCPU_RISCV64_FAKE_HENVCFG) & ENVCFG_STCE) != 0);
	return *hs(VCPU_RISCV64_FAKE_VSTIMECMP);
}

void vcpu_riscv64_hw_set_vstimecmp(uint64_t val)
{
	ax_assert(live()->loaded && (*hs(VCPU_RISCV64_FAKE_HENVCFG) & ENVCFG_STCE) != 0);
	*hs(VCPU_RISCV64_FAKE_VSTIMECMP) = val;
}

bool vcpu_riscv64_hw_get_spp(void)
{
	ax_assert(live()->loaded);
	return *hs(VCPU_RISCV64_FAKE_SPP) != 0;
}

void vcpu_riscv64_hw_set_spp(bool spp)
{
	ax_assert(live()->loaded);
	*hs(VCPU_RISCV64_FAKE_SPP) = spp ? 1 : 0;
}

uint64_t vcpu_riscv64_hw_get_csr(enum vcpu_csr n)
{
	ax_assert(live()->loaded);
	return live()->csr[n] ^ SKEW;
}

void vcpu_riscv64_hw_set_csr(enum vcpu_csr n, uint64_t val)
{
	ax_assert(live()->loaded);
	live()->csr[n] = val ^ SKEW;
}

/* --- Residency */

void vcpu_riscv64_fake_set_usable(uint64_t exts)
{
	cpu.unusable = ALL_EXTS & ~exts;
}

void vcpu_riscv64_fake_set_vlenb(uint32_t vlenb)
{
	cpu.vlenb = vlenb;
}

void vcpu_riscv64_hw_cpu_init(void)
{
	*hs(VCPU_RISCV64_FAKE_HVIP) = 0;
	*hs(VCPU_RISCV64_FAKE_VSTIMECMP) = UINT64_MAX;
}

uint64_t vcpu_riscv64_hw_usable(uint64_t exts)
{
	return exts & ~cpu.unusable;
}

uint32_t vcpu_riscv64_hw_vlenb(void)
{
	return cpu.vlenb;
}

void vcpu_riscv64_hw_load(const struct vcpu_riscv64 *v, bool flush_local)
{
	*hs(VCPU_RISCV64_FAKE_HGATP) = v->hgatp;
	*hs(VCPU_RISCV64_FAKE_HENVCFG) = v->henvcfg;
	*hs(VCPU_RISCV64_FAKE_HTIMEDELTA) = v->arch.htimedelta;
	*hs(VCPU_RISCV64_FAKE_VSTIMECMP) = v->sstc ? v->vtimecmp : UINT64_MAX;
	*hs(VCPU_RISCV64_FAKE_SPP) = v->spp ? 1 : 0;
	vcpu_riscv64_hw_set_vssip(v->vssip);
	vcpu_riscv64_hw_set_vstip(v->vstip);
	*hs(VCPU_RISCV64_FAKE_LOCAL_FLUSHES) += flush_local ? 1 : 0;
	live()->loaded = true;
}

void vcpu_riscv64_hw_put(struct vcpu_riscv64 *v)
{
	v->spp = *hs(VCPU_RISCV64_FAKE_SPP) != 0;
	v->vssip = (*hs(VCPU_RISCV64_FAKE_HVIP) & HVIP_VSSIP) != 0;
	if (v->sstc) {
		v->vtimecmp = *hs(VCPU_RISCV64_FAKE_VSTIMECMP);
	}
	*hs(VCPU_RISCV64_FAKE_VSTIMECMP) = UINT64_MAX;
	*hs(VCPU_RISCV64_FAKE_HVIP) &= ~(HVIP_VSSIP | HVIP_VSTIP);
	*hs(VCPU_RISCV64_FAKE_HGATP) = 0;
	*hs(VCPU_RISCV64_FAKE_SPP) = 1;
	live()->loaded = false;
	scramble(live());
}

void vcpu_riscv64_hw_load_csrs(const uint64_t *csr)
{
	ax_assert(live()->loaded);
	for (size_t i = 0; i < CSR_COUNT; i++) {
		live()->csr[i] = csr[i] ^ SKEW;
	}
}

void vcpu_riscv64_hw_save_csrs(uint64_t *csr)
{
	for (size_t i = 0; i < CSR_COUNT; i++) {
		csr[i] = live()->csr[i] ^ SKEW;
	}
}

/* --- FP and vector state */

void vcpu_riscv64_hw_fp_save(struct vcpu_riscv64 *v)
{
	if (*hs(VCPU_RISCV64_FAKE_FS) == SSTATUS_XS_DIRTY) {
		v->fp = live()->fp;
	}
	if (*hs(VCPU_RISCV64_FAKE_VS) == SSTATUS_XS_DIRTY) {
		v->vector = live()->vector;
	}
}

void vcpu_riscv64_hw_fp_load(const struct vcpu_riscv64 *v, bool regs)
{
	bool fp = vcpu_has(v, VCPU_RISCV64_EXT(F));
	bool vector = vcpu_has(v, VCPU_RISCV64_EXT(V));

	*hs(VCPU_RISCV64_FAKE_FS) = fp ? SSTATUS_XS_CLEAN : SSTATUS_XS_OFF;
	*hs(VCPU_RISCV64_FAKE_VS) = vector ? SSTATUS_XS_CLEAN : SSTATUS_XS_OFF;
	if (fp && regs) {
		live()->fp = v->fp;
		live()->hs[VCPU_RISCV64_FAKE_FP_LOADS]++;
	}
	if (vector && regs) {
		live()->vector = v->vector;
	}
}

void vcpu_riscv64_hw_fp_off(void)
{
	*hs(VCPU_RISCV64_FAKE_FS) = SSTATUS_XS_OFF;
	*hs(VCPU_RISCV64_FAKE_VS) = SSTATUS_XS_OFF;
}

uint64_t vcpu_riscv64_hw_fp_get(unsigned n)
{
	ax_assert(*hs(VCPU_RISCV64_FAKE_FS) != SSTATUS_XS_OFF);
	return live()->fp.f[n];
}

void vcpu_riscv64_hw_fp_set(unsigned n, uint64_t val)
{
	ax_assert(*hs(VCPU_RISCV64_FAKE_FS) != SSTATUS_XS_OFF);
	vcpu_riscv64_fake_set_f(n, val);
}

/* --- Fences */

static void note_fence(bool remote, uint64_t cpu_mask, const struct vcpu_riscv64_remote *fence)
{
	if (cpu.fence_count < FENCES) {
		cpu.fences[cpu.fence_count] = (struct vcpu_riscv64_fake_fence){
			.cpu = ax_port_cpu_id(),
			.remote = remote,
			.cpu_mask = cpu_mask,
			.fence = *fence,
		};
	}
	cpu.fence_count++;
}

void vcpu_riscv64_hw_fence(const struct vcpu_riscv64_remote *fence)
{
	ax_assert(live()->loaded);
	note_fence(false, 0, fence);
}

void ax_port_riscv64_remote_fence(uint64_t cpu_mask, const struct vcpu_riscv64_remote *fence)
{
	ax_assert(cpu_mask != 0 && (cpu_mask & AX_BIT64(ax_port_cpu_id())) == 0);
	note_fence(true, cpu_mask, fence);
}

uint32_t vcpu_riscv64_fake_fence_count(void)
{
	return cpu.fence_count;
}

const struct vcpu_riscv64_fake_fence *vcpu_riscv64_fake_get_fence(uint32_t n)
{
	ax_assert(n < cpu.fence_count && n < FENCES);
	return &cpu.fences[n];
}

void vcpu_riscv64_fake_clear_fences(void)
{
	cpu.fence_count = 0;
}

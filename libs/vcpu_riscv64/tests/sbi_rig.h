/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM of several vCPUs on the scripted processor, the first ones on pCPUs of their own. What they
 * ask of each other, of the console and of memory is recorded.
 */
#pragma once
#include <axtest/axtest.h>
#include <vcpu_riscv64/fake.h>
#include <vcpu_riscv64/vcpu.h>
#include <axbase/bits.h>
#include <string.h>

#define OPS               (&vcpu_riscv64_ops)
#define VCPUS             5
#define ENTRY             UINT64_C(0x80200000)
#define MEM_BASE          UINT64_C(0x80000000)
#define A0                10
#define A1                11
#define ECALL             10
#define VIRTUAL_INSN      22
#define HVIP_VSSIP        UINT64_C(0x4)
#define HVIP_VSTIP        UINT64_C(0x40)
#define HVIP_VSEIP        UINT64_C(0x400)
#define SIP_SSIP          UINT64_C(0x2)
#define SIP_STIP          UINT64_C(0x20)
#define SIP_SEIP          UINT64_C(0x200)

#define EXT_BASE          UINT64_C(0x10)
#define EXT_TIME          UINT64_C(0x54494d45)
#define EXT_IPI           UINT64_C(0x735049)
#define EXT_RFENCE        UINT64_C(0x52464e43)
#define EXT_HSM           UINT64_C(0x48534d)
#define EXT_SRST          UINT64_C(0x53525354)
#define EXT_DBCN          UINT64_C(0x4442434e)

#define SUCCESS           UINT64_C(0)
#define FAILED            (UINT64_C(0) - 1)
#define NOT_SUPPORTED     (UINT64_C(0) - 2)
#define INVALID_PARAM     (UINT64_C(0) - 3)
#define INVALID_ADDRESS   (UINT64_C(0) - 5)
#define ALREADY_AVAILABLE (UINT64_C(0) - 6)

struct sbi_rig {
	uint8_t AX_ALIGNED(64) vcpu[VCPUS][8192];
	uint8_t bytes[8192]; /* guest memory from MEM_BASE on */
	uint8_t text[2];     /* at ENTRY */
	struct axtest_gmem mem;
	struct ax_gmem gmem;
	unsigned gmem_reads;
	size_t gmem_read_max;
	unsigned gmem_writes_left; /* before writes fail */
	struct vcpu_riscv64_cfg arch;
	struct axvcpu_cfg cfg;
	struct axvcpu_peers peers;
	struct ax_chardev console;
	struct axvcpu_exit e;
	uint64_t woken; /* by all calls of wake() since the last call() */
	unsigned wakes;
	void (*on_wake)(struct sbi_rig *r);
	unsigned irqs;
	bool (*on_irq)(struct sbi_rig *r); /* an interrupt of the host; NULL: it ends run() */
	uint64_t fenced;                   /* likewise */
	unsigned fences;
	uint64_t live_on[VCPUS]; /* pCPUs that fence() names, a mask each */
	uint32_t self;
	char out[4096];
	size_t out_len;
	const char *in;
};

static inline void *rig_arch(void *ctx, uint32_t id)
{
	struct sbi_rig *r = ctx;

	assert_true(id < r->cfg.vcpu_count);
	return r->vcpu[id];
}

static inline void rig_wake(void *ctx, uint64_t mask)
{
	struct sbi_rig *r = ctx;

	r->woken |= mask;
	r->wakes++;
	if (r->on_wake != NULL) {
		r->on_wake(r);
	}
}

static inline bool rig_host_irq(void *access_ctx)
{
	struct sbi_rig *r = access_ctx;

	return r->on_irq != NULL && r->on_irq(r);
}

static inline uint64_t rig_fence(void *ctx, uint64_t mask)
{
	struct sbi_rig *r = ctx;
	uint64_t cpus = 0;

	r->fenced |= mask;
	r->fences++;
	for (; mask != 0; mask &= mask - 1) {
		assert_true(ax_ctz64(mask) < r->cfg.vcpu_count);
		cpus |= ax_ctz64(mask) < VCPUS ? r->live_on[ax_ctz64(mask)] : 0;
	}
	return cpus;
}

static inline void rig_put_char(void *ctx, uint8_t byte)
{
	struct sbi_rig *r = ctx;

	assert_true(r->out_len < sizeof(r->out) - 1);
	r->out[r->out_len++] = (char)byte;
	r->out[r->out_len] = '\0';
}

static inline bool rig_get_char(void *ctx, uint8_t *byte)
{
	struct sbi_rig *r = ctx;

	if (*r->in == '\0') {
		return false;
	}
	*byte = (uint8_t)*r->in++;
	return true;
}

static inline ax_err_t rig_read(void *ctx, gpa_t addr, void *buf, size_t len)
{
	struct sbi_rig *r = ctx;
	struct ax_gmem under = axtest_gmem(&r->mem);

	r->gmem_reads++;
	r->gmem_read_max = len > r->gmem_read_max ? len : r->gmem_read_max;
	if (addr.v == ENTRY && len == 2) {
		memcpy(buf, r->text, len);
		return AX_OK;
	}
	return ax_gmem_read(&under, addr, buf, len);
}

static inline ax_err_t rig_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	struct sbi_rig *r = ctx;
	struct ax_gmem under = axtest_gmem(&r->mem);

	if (r->gmem_writes_left == 0) {
		return AX_EFAULT;
	}
	r->gmem_writes_left--;
	return ax_gmem_write(&under, addr, buf, len);
}

/* vCPU @id, on, at ENTRY, resident on the calling pCPU. */
static inline void rig_boot(struct sbi_rig *r, uint32_t id)
{
	struct axvcpu_cfg cfg = r->cfg;

	cfg.id = id;
	assert_true(sizeof(r->vcpu[id]) >= OPS->size);
	assert_int_equal(OPS->init(r->vcpu[id], &cfg), AX_OK);
	OPS->set_root(r->vcpu[id], UINT64_C(0x9000100000080000), 0);
	OPS->reset(r->vcpu[id], ENTRY, 0x1234);
	OPS->load(r->vcpu[id], false);
}

/* As @r->cfg and @r->arch say; vCPU n is live on pCPU n + 8, and vCPU 1 is the one that calls. */
static inline void rig_start(struct sbi_rig *r)
{
	for (uint32_t id = 0; id < r->cfg.vcpu_count && id < VCPUS; id++) {
		axtest_cpu_id = id + 8;
		vcpu_riscv64_cpu_init();
		rig_boot(r, id);
		r->live_on[id] = AX_BIT64(axtest_cpu_id);
	}
	r->self = 1;
	axtest_cpu_id = 9;
}

static inline struct sbi_rig *rig_prepare(void)
{
	static struct sbi_rig r;

	axtest_port_reset();
	vcpu_riscv64_fake_reset();
	memset(&r, 0, sizeof(r));
	r.mem = (struct axtest_gmem){ .base = MEM_BASE, .bytes = r.bytes, .size = sizeof(r.bytes) };
	r.gmem = (struct ax_gmem){ .read = rig_read, .write = rig_write, .ctx = &r };
	r.gmem_writes_left = 1000;
	r.in = "";
	r.peers = (struct axvcpu_peers){ rig_arch, rig_wake, rig_fence };
	r.console = (struct ax_chardev){ rig_put_char, rig_get_char, &r };
	r.arch = (struct vcpu_riscv64_cfg){
		.exts = VCPU_RISCV64_EXT(F) | VCPU_RISCV64_EXT(D) | VCPU_RISCV64_EXT(SSTC),
		.htimedelta = 0,
		.timebase_hz = VCPU_RISCV64_FAKE_TIMEBASE_HZ,
	};
	r.cfg = (struct axvcpu_cfg){
		.vm_id = 3,
		.vcpu_count = VCPUS,
		.gmem = &r.gmem,
		.ctx = &r,
		.host_irq = rig_host_irq,
		.access_ctx = &r,
		.peers = &r.peers,
		.console = &r.console,
		.arch = &r.arch,
	};
	return &r;
}

static inline int rig_setup(void **state)
{
	struct sbi_rig *r = rig_prepare();

	rig_start(r);
	*state = r;
	return 0;
}

static inline int rig_setup_without_sstc(void **state)
{
	struct sbi_rig *r = rig_prepare();

	r->arch.exts &= ~VCPU_RISCV64_EXT(SSTC);
	rig_start(r);
	*state = r;
	return 0;
}

static inline int rig_setup_without_console(void **state)
{
	struct sbi_rig *r = rig_prepare();

	r->cfg.console = NULL;
	rig_start(r);
	*state = r;
	return 0;
}

static inline void *self(struct sbi_rig *r)
{
	return r->vcpu[r->self];
}

/* From here on vCPU @id, on its pCPU. */
static inline void become(struct sbi_rig *r, uint32_t id)
{
	r->self = id;
	axtest_cpu_id = id + 8;
}

static inline uint64_t get(struct sbi_rig *r, uint32_t n)
{
	uint64_t val = 0;

	assert_int_equal(vcpu_riscv64_get_gpr(self(r), n, &val), AX_OK);
	return val;
}

static inline void set(struct sbi_rig *r, uint32_t n, uint64_t val)
{
	assert_int_equal(vcpu_riscv64_set_gpr(self(r), n, val), AX_OK);
}

static inline uint64_t pc(struct sbi_rig *r)
{
	return get(r, VCPU_RISCV64_PC);
}

static inline uint64_t live(enum vcpu_riscv64_fake_reg reg)
{
	return vcpu_riscv64_fake_get(reg);
}

/* The guest traps, and after that has been dealt with an interrupt of the host comes. */
static inline enum axvcpu_exit_kind trap(struct sbi_rig *r, uint64_t scause, uint64_t stval)
{
	struct vcpu_riscv64_fake_exit x = { .scause = scause, .stval = stval };

	assert_true(vcpu_riscv64_fake_push_exit(&x));
	memset(&r->e, 0x5a, sizeof(r->e));
	r->woken = 0;
	r->wakes = 0;
	r->fenced = 0;
	r->fences = 0;
	vcpu_riscv64_fake_clear_fences();
	OPS->run(self(r), &r->e);
	assert_int_equal(vcpu_riscv64_fake_pending(), 0);
	return r->e.kind;
}

struct args {
	uint64_t a[5];
};

/* ECALL at ENTRY with all other registers recognisable. */
static inline enum axvcpu_exit_kind call(struct sbi_rig *r, uint64_t eid, uint64_t fid,
					 struct args args)
{
	for (uint32_t n = 1; n < 32; n++) {
		set(r, n, UINT64_C(0x7777000000000000) + n);
	}
	set(r, VCPU_RISCV64_PC, ENTRY);
	for (uint32_t n = 0; n < 5; n++) {
		set(r, A0 + n, args.a[n]);
	}
	set(r, 16, fid);
	set(r, 17, eid);
	return trap(r, ECALL, 0);
}
#define ARGS(...)                   \
	(struct args)               \
	{                           \
		{                   \
			__VA_ARGS__ \
		}                   \
	}

/* The call has been answered, and has changed a0 and a1 only. */
static inline void assert_answer(struct sbi_rig *r, uint64_t error, uint64_t value)
{
	assert_int_equal(get(r, A0), error);
	assert_int_equal(get(r, A1), value);
	assert_int_equal(pc(r), ENTRY + 4);
	for (uint32_t n = 1; n < 32; n++) {
		if (n < 10 || n > 17) {
			assert_int_equal(get(r, n), UINT64_C(0x7777000000000000) + n);
		}
	}
}

/* Answered within run(): the next thing was the host's interrupt. */
static inline void assert_call(struct sbi_rig *r, uint64_t eid, uint64_t fid, struct args args,
			       uint64_t error, uint64_t value)
{
	assert_int_equal(call(r, eid, fid, args), AXVCPU_EXIT_HOST_IRQ);
	assert_answer(r, error, value);
}

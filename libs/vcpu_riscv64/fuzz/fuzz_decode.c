/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random traps of a random guest: causes, addresses, instruction words, SBI calls, and random answers
 * to what leaves. Invariants: sizes and write data are in range, the PC stays, moves by an
 * instruction or goes where the guest said, x0 stays 0, memory is touched only within a call that
 * names it, vCPUs and pCPUs are those of the VM, and a state that was reached can be saved and loaded.
 */
#include <axtest/axtest.h>
#include <axbase/bits.h>
#include <string.h>
#include <vcpu_riscv64/fake.h>
#include <vcpu_riscv64/vcpu.h>

#define OPS      (&vcpu_riscv64_ops)
#define VCPUS    3
#define SELF     1
#define MEM_BASE UINT64_C(0x80000000)
#define EXT_DBCN UINT64_C(0x4442434e)
#define EXT_HSM  UINT64_C(0x48534d)
#define CHECK(cond)                       \
	do {                              \
		if (!(cond)) {            \
			__builtin_trap(); \
		}                         \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t AX_ALIGNED(64) vcpu[VCPUS][8192];
static uint8_t code[4];
static uint8_t memory[4096];

static struct {
	const uint8_t *p;
	size_t left;
} in;

/* What the guest does in this step. */
static struct {
	uint64_t eid;
	uint64_t fid;
	bool call;
} now;

static uint64_t take(unsigned bytes)
{
	uint64_t val = 0;

	for (unsigned i = 0; i < bytes && in.left != 0; i++) {
		val |= (uint64_t)*in.p++ << 8 * i;
		in.left--;
	}
	return val;
}

/* Numbers that are often at an edge of something. */
static uint64_t take_edgy(void)
{
	static const uint64_t edges[] = { 0,          1,
					  2,          3,
					  64,         128,
					  0xfff,      0x1000,
					  MEM_BASE,   MEM_BASE + 4095,
					  UINT32_MAX, 0x80000000,
					  UINT64_MAX, UINT64_MAX - 1 };
	uint64_t n = take(1);

	return n < 128 ? edges[n % AX_ARRAY_SIZE(edges)] : take(n % 8 + 1);
}

static uint64_t reg(uint32_t n)
{
	uint64_t val = 0;

	CHECK(vcpu_riscv64_get_gpr(vcpu[SELF], n, &val) == AX_OK);
	return val;
}

static void set_reg(uint32_t n, uint64_t val)
{
	CHECK(vcpu_riscv64_set_gpr(vcpu[SELF], n, val) == AX_OK);
}

static uint64_t pc(void)
{
	return reg(VCPU_RISCV64_PC);
}

/* --- What the VM is asked */

static ax_err_t mem_read(void *ctx, gpa_t addr, void *buf, size_t len)
{
	(void)ctx;
	CHECK(now.call && (now.eid == EXT_DBCN || now.eid == EXT_HSM) && len <= 128);
	if (addr.v < MEM_BASE || addr.v - MEM_BASE > sizeof(memory) ||
	    len > sizeof(memory) - (addr.v - MEM_BASE)) {
		return AX_EFAULT;
	}
	memcpy(buf, memory + (addr.v - MEM_BASE), len);
	return AX_OK;
}

static ax_err_t mem_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	(void)ctx;
	CHECK(now.call && now.eid == EXT_DBCN && now.fid == 1 && len <= 128);
	CHECK(addr.v >= MEM_BASE && addr.v - MEM_BASE + len <= sizeof(memory)); /* read before */
	memcpy(memory + (addr.v - MEM_BASE), buf, len);
	return AX_OK;
}

static void *peer_arch(void *ctx, uint32_t id)
{
	(void)ctx;
	CHECK(id < VCPUS && id != SELF);
	return vcpu[id];
}

static void peer_wake(void *ctx, uint64_t mask)
{
	(void)ctx;
	CHECK(mask != 0 && (mask & ~UINT64_C(5)) == 0);
}

/* vCPU 0 is live on pCPU 7, vCPU 2 nowhere. */
static uint64_t peer_fence(void *ctx, uint64_t mask)
{
	(void)ctx;
	CHECK(mask != 0 && (mask & ~UINT64_C(5)) == 0);
	return (mask & 1) != 0 ? AX_BIT64(7) : 0;
}

static void put_char(void *ctx, uint8_t byte)
{
	(void)ctx;
	(void)byte;
	CHECK(now.call && (now.eid == EXT_DBCN || now.eid == 1));
}

static bool get_char(void *ctx, uint8_t *byte)
{
	(void)ctx;
	CHECK(now.call && (now.eid == EXT_DBCN || now.eid == 2));
	*byte = (uint8_t)take(1);
	return (*byte & 1) != 0;
}

static enum axvcpu_access access_read(void *ctx, gpa_t addr, uint32_t size, uint64_t *val)
{
	(void)ctx;
	(void)addr;
	CHECK(size == 1 || size == 2 || size == 4 || size == 8);
	*val = take(size);
	return (enum axvcpu_access)(take(1) % 3);
}

static enum axvcpu_access access_write(void *ctx, gpa_t addr, uint32_t size, uint64_t val)
{
	(void)ctx;
	(void)addr;
	(void)val;
	CHECK(size == 1 || size == 2 || size == 4 || size == 8);
	return (enum axvcpu_access)(take(1) % 3);
}

static void setup(uint8_t how)
{
	static const struct ax_gmem gmem = { .read = mem_read, .write = mem_write };
	static const struct axvcpu_peers peers = { peer_arch, peer_wake, peer_fence };
	static const struct ax_chardev console = { .put = put_char, .get = get_char };
	struct vcpu_riscv64_cfg arch = {
		.exts = VCPU_RISCV64_EXT(F) | VCPU_RISCV64_EXT(D),
		.htimedelta = (uint64_t)how << 40,
		.timebase_hz = VCPU_RISCV64_FAKE_TIMEBASE_HZ,
	};
	struct axvcpu_cfg cfg = {
		.vcpu_count = VCPUS,
		.gmem = &gmem,
		.peers = &peers,
		.console = (how & 4) != 0 ? NULL : &console,
		.read = (how & 2) != 0 ? NULL : access_read,
		.write = (how & 2) != 0 ? NULL : access_write,
		.arch = &arch,
	};

	arch.exts |= (how & 1) != 0 ? VCPU_RISCV64_EXT(SSTC) : 0;
	axtest_port_reset();
	vcpu_riscv64_fake_reset();
	vcpu_riscv64_cpu_init();
	for (uint32_t id = 0; id < VCPUS; id++) {
		cfg.id = id;
		CHECK(OPS->init(vcpu[id], &cfg) == AX_OK);
		OPS->set_root(vcpu[id], UINT64_C(0x9000100000080000), 0);
		OPS->reset(vcpu[id], 0x80200000, 0);
	}
	OPS->load(vcpu[SELF], false);
}

/* --- Checks */

static void check_exit(const struct axvcpu_exit *e)
{
	if (e->kind == AXVCPU_EXIT_MMIO) {
		CHECK(e->u.mmio.size == 1 || e->u.mmio.size == 2 || e->u.mmio.size == 4 ||
		      e->u.mmio.size == 8);
		CHECK((e->u.mmio.val & ~ax_byte_mask(e->u.mmio.size)) == 0);
		CHECK(e->u.mmio.write || e->u.mmio.val == 0);
	}
	if (e->kind == AXVCPU_EXIT_CPU_UP) {
		CHECK(e->u.cpu_up.target < VCPUS && (e->u.cpu_up.entry & 1) == 0);
	}
	if (e->kind == AXVCPU_EXIT_CPU_QUERY) {
		CHECK(e->u.cpu_query.target < VCPUS);
	}
	if (e->kind == AXVCPU_EXIT_HYPERCALL) {
		CHECK(e->u.hypercall.nr >= VCPU_RISCV64_CALL_FIRST &&
		      e->u.hypercall.nr <= VCPU_RISCV64_CALL_LAST);
	}
	CHECK(e->kind != AXVCPU_EXIT_PIO && e->kind != AXVCPU_EXIT_SYSREG);
}

static void check_fences(void)
{
	uint32_t count = vcpu_riscv64_fake_fence_count();

	CHECK(count <= 2);
	for (uint32_t n = 0; n < count; n++) {
		const struct vcpu_riscv64_fake_fence *f = vcpu_riscv64_fake_get_fence(n);

		CHECK(now.call && f->cpu == 0);
		CHECK(f->remote ? f->cpu_mask == AX_BIT64(7) : n == 0);
		CHECK(f->fence.asid <= 0xffff);
		CHECK(f->fence.size == UINT64_MAX ||
		      (f->fence.size <= 64 * 4096 &&
		       ((f->fence.size | f->fence.start) & 4095) == 0));
	}
	vcpu_riscv64_fake_clear_fences();
}

/* True: the exit waits for complete() or fault(). */
static bool to_finish(const struct axvcpu_exit *e)
{
	return e->kind == AXVCPU_EXIT_MMIO || e->kind == AXVCPU_EXIT_HYPERCALL ||
	       e->kind == AXVCPU_EXIT_CPU_UP || e->kind == AXVCPU_EXIT_CPU_QUERY;
}

/* Answer, refuse, or leave it: then the guest repeats its instruction. */
static void finish(struct axvcpu_exit *e, uint8_t how)
{
	if (e->kind == AXVCPU_EXIT_PAGE_FAULT && (how & 3) != 0) {
		if (!OPS->decode(vcpu[SELF], e)) {
			return;
		}
		check_exit(e);
		CHECK(e->kind == AXVCPU_EXIT_MMIO);
	}
	if (!to_finish(e)) {
		return;
	}
	if ((how & 0x0c) == 0) {
		OPS->fault(vcpu[SELF],
			   (how & 0x10) != 0 ? AXVCPU_FAULT_UNDEFINED : AXVCPU_FAULT_BUS);
	} else if ((how & 0x0c) != 4) {
		uint64_t before = pc();

		OPS->complete(vcpu[SELF],
			      e->kind == AXVCPU_EXIT_MMIO ? take(e->u.mmio.size) : take_edgy());
		CHECK(pc() == before + 2 || pc() == before + 4);
	}
}

/* --- One trap */

static void random_registers(void)
{
	static const uint64_t eids[] = { 0x10,    0x54494d45, 0x735049, 0x52464e43, EXT_HSM,
					 EXT_HSM, 0x53525354, EXT_DBCN, EXT_DBCN,   0,
					 1,       2,          8,        0x0a000000, 0x504d55 };
	uint64_t n = take(1);

	for (uint32_t i = 1; i < 16; i++) {
		set_reg(i, take_edgy());
	}
	now.eid = n < 240 ? eids[n % AX_ARRAY_SIZE(eids)] : take(8);
	now.fid = take(1) % 8;
	set_reg(16, now.fid);
	set_reg(17, now.eid);
}

static struct vcpu_riscv64_fake_exit random_trap(void)
{
	static const uint8_t causes[] = { 10, 10, 10, 10, 22, 22, 21, 23, 20, 21,
					  23, 0,  1,  2,  3,  5,  7,  12, 13, 15 };
	struct vcpu_riscv64_fake_exit x = { 0 };
	uint64_t n = take(1);
	uint32_t insn = (uint32_t)take(4);

	x.scause = n < 250 ? causes[n % AX_ARRAY_SIZE(causes)] : take(8);
	x.stval = take_edgy();
	x.htval = take_edgy() >> 2;
	if ((n & 1) != 0) { /* an opcode that is likely to be decoded, and the address it says */
		insn = (insn & 0xffffff80) | ((n & 2) != 0 ? 0x03 : 0x23) | ((n & 4) != 0 ? 4 : 0);
		set_reg(2, x.stval);
		insn = (insn & 0x00007fff) | 2 << 15;
	}
	if ((n & 8) != 0) {
		x.htinst = (n & 16) != 0 ? (insn & 0x01f0707f) : take(4);
	}
	if (x.scause == 22) {
		static const uint32_t insns[] = { 0, 0x10500073, 0x600342f3, 0xc03022f3 };

		insn = insns[n / 16 % 4];
		x.stval = (n & 8) != 0 ? insn : 0;
	}
	memcpy(code, &insn, sizeof(insn));
	return x;
}

static void step(void)
{
	uint8_t how = (uint8_t)take(1);
	uint64_t vector = take(2) << 2;
	struct vcpu_riscv64_fake_exit x;
	struct axvcpu_exit e;
	uint64_t resume_at;
	uint64_t from = pc();

	random_registers();
	x = random_trap();
	now.call = x.scause == 10;
	resume_at = now.call && now.eid == EXT_HSM && now.fid == 3 ? reg(11) : UINT64_MAX;
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_SPP, how & 1);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTVEC, vector);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, (uint64_t)(how & 0x60) << 4 & 0x222);
	vcpu_riscv64_fake_set_code(from, code, sizeof(code));
	axtest_now_ns += take(2);
	CHECK(vcpu_riscv64_fake_push_exit(&x));
	OPS->run(vcpu[SELF], &e);
	check_exit(&e);
	/* Bits for the causes that there are; interrupts end an entry too. */
	CHECK(e.kind != AXVCPU_EXIT_FATAL || x.scause > 23 || (0xf0b5ff >> x.scause & 1) == 0);
	finish(&e, how);
	/* One that sleeps is asked again, and woken. */
	for (unsigned n = 0; now.call && now.eid == EXT_HSM && pc() == from && n < 2; n++) {
		OPS->run(vcpu[SELF], &e);
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, 0x222);
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, 0x444);
	}
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, (uint64_t)how << 2 & 0x444);
	CHECK(pc() == from || pc() == from + 2 || pc() == from + 4 || pc() == vector ||
	      pc() == resume_at);
	CHECK(reg(0) == 0 && (pc() & 1) == 0 && vcpu_riscv64_fake_pending() == 0);
	check_fences();
	OPS->tick(vcpu[SELF]);
	(void)OPS->deadline_ns(vcpu[SELF]);
}

static void round_trip(void)
{
	static uint8_t one[8192];
	static uint8_t two[8192];
	size_t len = 0;
	size_t len2 = 0;

	OPS->put(vcpu[SELF]);
	CHECK(OPS->save(vcpu[SELF], one, sizeof(one), &len) == AX_OK);
	CHECK(OPS->load_state(vcpu[SELF], one, len) == AX_OK);
	CHECK(OPS->save(vcpu[SELF], two, sizeof(two), &len2) == AX_OK);
	CHECK(len == len2 && memcmp(one, two, len) == 0);
	/* The rest of the input damages the blob: refused, or a state like any other. */
	for (unsigned i = 0; i < 8 && in.left != 0; i++) {
		one[take(2) % len] = (uint8_t)take(1);
	}
	if (OPS->load_state(vcpu[SELF], one, len) == AX_OK) {
		struct axvcpu_exit e;

		now.call = false;
		OPS->load(vcpu[SELF], false);
		OPS->run(vcpu[SELF], &e);
		CHECK(e.kind == AXVCPU_EXIT_HOST_IRQ || e.kind == AXVCPU_EXIT_IDLE);
		CHECK(reg(0) == 0);
		OPS->put(vcpu[SELF]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in.p = data;
	in.left = size;
	setup((uint8_t)take(1));
	for (unsigned n = 0; n < 16 && in.left > 32; n++) {
		step();
	}
	round_trip();
	return 0;
}

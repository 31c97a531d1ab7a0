/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random exits of a random guest: syndromes, addresses, instruction words, register values, and random
 * answers to what leaves. Invariants: sizes and write data are in range, the PC stays, moves by 4 or
 * goes to a vector, the guest is never above EL1, and a state that was reached can be saved and loaded.
 */
#include <axtest/axtest.h>
#include <axbase/bits.h>
#include <string.h>
#include <vcpu_aarch64/fake.h>
#include <vcpu_aarch64/vcpu.h>

#define OPS (&vcpu_aarch64_ops)
#define CHECK(cond)                       \
	do {                              \
		if (!(cond)) {            \
			__builtin_trap(); \
		}                         \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t AX_ALIGNED(64) vcpu[4096];
static uint8_t code[4096];
static uint64_t code_base; /* wherever the PC is */

static ax_err_t code_read(void *ctx, gpa_t addr, void *buf, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++) {
		((uint8_t *)buf)[i] = code[(addr.v - code_base + i) % sizeof(code)];
	}
	return AX_OK;
}

static ax_err_t code_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	(void)ctx;
	(void)addr;
	(void)buf;
	(void)len;
	return AX_EFAULT;
}

static void set_line(void *ctx, uint32_t id, uint32_t intid, bool level)
{
	(void)ctx;
	(void)level;
	CHECK(id == 3 && (intid == 27 || intid == 30));
}

static struct {
	const uint8_t *p;
	size_t left;
} in;

static uint64_t take(unsigned bytes)
{
	uint64_t val = 0;

	for (unsigned i = 0; i < bytes && in.left != 0; i++) {
		val |= (uint64_t)*in.p++ << 8 * i;
		in.left--;
	}
	return val;
}

static uint64_t pc(void)
{
	uint64_t val = 0;

	CHECK(vcpu_aarch64_get_gpr(vcpu, VCPU_AARCH64_PC, &val) == AX_OK);
	return val;
}

static void setup(void)
{
	static const struct ax_gmem gmem = { .read = code_read, .write = code_write };
	static const struct vcpu_aarch64_cfg arch = {
		.mpidr = VCPU_AARCH64_MPIDR(3),
		.gicv3 = true,
		.vtimer_intid = 27,
		.ptimer_intid = 30,
	};
	static const struct axvcpu_cfg cfg = {
		.id = 3,
		.vcpu_count = 8,
		.gmem = &gmem,
		.set_line = set_line,
		.arch = &arch,
	};

	axtest_port_reset();
	vcpu_aarch64_fake_reset();
	vcpu_aarch64_cpu_init();
	CHECK(OPS->init(vcpu, &cfg) == AX_OK);
	OPS->set_root(vcpu, 0, 24);
	OPS->reset(vcpu, 0x40080000, 0);
	OPS->load(vcpu, false);
}

static void check_exit(const struct axvcpu_exit *e)
{
	if (e->kind == AXVCPU_EXIT_MMIO) {
		CHECK(e->u.mmio.size == 1 || e->u.mmio.size == 2 || e->u.mmio.size == 4 ||
		      e->u.mmio.size == 8);
		CHECK((e->u.mmio.val & ~ax_byte_mask(e->u.mmio.size)) == 0);
		CHECK(e->u.mmio.write || e->u.mmio.val == 0);
	}
	if (e->kind == AXVCPU_EXIT_CPU_UP) {
		CHECK(e->u.cpu_up.target < 8);
	}
	if (e->kind == AXVCPU_EXIT_CPU_QUERY) {
		CHECK(e->u.cpu_query.target < 8);
	}
	if (e->kind == AXVCPU_EXIT_HYPERCALL) {
		CHECK((e->u.hypercall.nr & ~UINT64_C(0x4000ffff)) == VCPU_AARCH64_HVC_FIRST32);
	}
	CHECK(e->kind != AXVCPU_EXIT_FATAL && e->kind != AXVCPU_EXIT_PIO);
}

/* True: the exit waits for complete() or fault(). */
static bool to_finish(const struct axvcpu_exit *e)
{
	switch (e->kind) {
	case AXVCPU_EXIT_MMIO:
	case AXVCPU_EXIT_SYSREG:
	case AXVCPU_EXIT_HYPERCALL:
	case AXVCPU_EXIT_CPU_UP:
	case AXVCPU_EXIT_CPU_QUERY:
		return true;
	case AXVCPU_EXIT_REQUEST:
	case AXVCPU_EXIT_PIO:
	case AXVCPU_EXIT_PAGE_FAULT:
	case AXVCPU_EXIT_HOST_IRQ:
	case AXVCPU_EXIT_IDLE:
	case AXVCPU_EXIT_TIMER:
	case AXVCPU_EXIT_CPU_DOWN:
	case AXVCPU_EXIT_SYSTEM:
	case AXVCPU_EXIT_FATAL:
	default:
		return false;
	}
}

static void finish(struct axvcpu_exit *e, uint8_t how)
{
	if (e->kind == AXVCPU_EXIT_PAGE_FAULT && (how & 3) != 0) {
		if (!OPS->decode(vcpu, e)) {
			return;
		}
		check_exit(e);
		CHECK(e->kind == AXVCPU_EXIT_MMIO);
	}
	for (unsigned n = 0; to_finish(e); n++) {
		CHECK(n < 4);
		if ((how & 0x0c) == 0) {
			OPS->fault(vcpu,
				   (how & 0x10) != 0 ? AXVCPU_FAULT_UNDEFINED : AXVCPU_FAULT_BUS);
			return;
		}
		uint32_t entries = vcpu_aarch64_fake_entries();
		uint64_t before = pc();

		OPS->complete(vcpu, take(e->kind == AXVCPU_EXIT_MMIO ? e->u.mmio.size : 8));
		if (pc() != before) {
			CHECK(pc() == before + 4);
			return;
		}
		OPS->run(vcpu, e); /* the next element, without going in */
		CHECK(vcpu_aarch64_fake_entries() == entries && e->kind == AXVCPU_EXIT_MMIO);
		check_exit(e);
	}
}

static void step(void)
{
	static const uint16_t pstates[] = { 0x3c5, 0x3c4, 0x000, 0x010 };
	struct vcpu_aarch64_fake_exit x = { .kind = VCPU_AARCH64_FAKE_SYNC };
	struct axvcpu_exit e;
	uint8_t how = (uint8_t)take(1);
	uint32_t insn = (uint32_t)take(4);
	uint64_t vbar = take(2) << 11;
	uint64_t from;
	uint64_t offset;

	x.esr = take(4);
	x.far = take(8);
	x.hpfar = take(6);
	x.kind = (how & 0xe0) == 0xe0 ? VCPU_AARCH64_FAKE_SERROR : VCPU_AARCH64_FAKE_SYNC;
	vcpu_aarch64_fake_set_pstate(vcpu, pstates[take(1) % AX_ARRAY_SIZE(pstates)]);
	vcpu_aarch64_fake_set(VCPU_AARCH64_FAKE_VBAR_EL1, vbar);
	for (uint32_t i = 0; i < 6; i++) {
		/* Half of the time the base register points to where the abort says. */
		uint64_t val = take(4);

		(void)!vcpu_aarch64_set_gpr(vcpu, i, (val & 1) != 0 ? x.far : val);
	}
	from = pc();
	code_base = from;
	memcpy(code, &insn, sizeof(insn));
	axtest_now_ns += take(2);
	CHECK(vcpu_aarch64_fake_push_exit(&x));
	OPS->run(vcpu, &e);
	check_exit(&e);
	finish(&e, how);
	offset = pc() - vbar;
	CHECK(pc() == from || pc() == from + 4 || offset == 0x000 || offset == 0x200 ||
	      offset == 0x400 || offset == 0x600);
	CHECK((vcpu_aarch64_fake_get_pstate(vcpu) & 0xf) <= 5);
	OPS->tick(vcpu);
	(void)OPS->deadline_ns(vcpu);
}

static void round_trip(void)
{
	static uint8_t one[4096];
	static uint8_t two[4096];
	size_t len = 0;
	size_t len2 = 0;

	OPS->put(vcpu);
	vcpu_aarch64_fake_set_pstate(vcpu, 0x3c5);
	CHECK(OPS->save(vcpu, one, sizeof(one), &len) == AX_OK);
	CHECK(OPS->load_state(vcpu, one, len) == AX_OK);
	CHECK(OPS->save(vcpu, two, sizeof(two), &len2) == AX_OK);
	CHECK(len == len2 && memcmp(one, two, len) == 0);
	/* The rest of the input damages the blob: refused, or a state like any other. */
	for (unsigned i = 0; i < 8 && in.left != 0; i++) {
		one[take(2) % len] = (uint8_t)take(1);
	}
	if (OPS->load_state(vcpu, one, len) == AX_OK) {
		CHECK((vcpu_aarch64_fake_get_pstate(vcpu) & 0x1f) <= 5);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in.p = data;
	in.left = size;
	setup();
	for (unsigned n = 0; n < 16 && in.left > 32; n++) {
		step();
	}
	round_trip();
	return 0;
}

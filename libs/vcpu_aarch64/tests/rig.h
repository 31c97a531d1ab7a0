/* SPDX-License-Identifier: Apache-2.0 */
/* One vCPU on the scripted processor, with recorded lines and a page of guest memory for instructions. */
#pragma once
#include <axtest/axtest.h>
#include <vcpu_aarch64/fake.h>
#include <vcpu_aarch64/vcpu.h>
#include <axbase/bits.h>
#include <string.h>

#define OPS     (&vcpu_aarch64_ops)
#define ENTRY   UINT64_C(0x40080000)
#define PTIMER  30
#define VTIMER  27
#define EL1H    UINT64_C(0x3c5)
#define IL      (UINT64_C(1) << 25)
#define EC(n)   ((uint64_t)(n) << 26 | IL)
#define RT_NONE 31

struct rig {
	uint8_t AX_ALIGNED(64) vcpu[4096];
	uint8_t code[4096];
	struct axtest_gmem mem;
	struct ax_gmem gmem;
	struct vcpu_aarch64_cfg arch;
	struct axvcpu_cfg cfg;
	struct axvcpu_exit e;
	bool line[64];
	unsigned line_calls;
};

static inline void rig_line(void *ctx, uint32_t vcpu, uint32_t intid, bool level)
{
	struct rig *r = ctx;

	assert_int_equal(vcpu, r->cfg.id);
	r->line[intid & 63] = level;
	r->line_calls++;
}

static inline void rig_cfg(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->mem = (struct axtest_gmem){ .base = ENTRY, .bytes = r->code, .size = sizeof(r->code) };
	r->gmem = axtest_gmem(&r->mem);
	r->arch = (struct vcpu_aarch64_cfg){
		.mpidr = VCPU_AARCH64_MPIDR(1),
		.gicv3 = true,
		.vtimer_intid = VTIMER,
		.ptimer_intid = PTIMER,
		.cntvoff = 0x1000,
	};
	r->cfg = (struct axvcpu_cfg){
		.id = 1,
		.vm_id = 3,
		.vcpu_count = 20,
		.gmem = &r->gmem,
		.set_line = rig_line,
		.ctx = r,
		.arch = &r->arch,
	};
}

/* On, at ENTRY with x0 = 0x1234, resident. */
static inline void rig_start(struct rig *r)
{
	assert_true(sizeof(r->vcpu) >= OPS->size);
	assert_int_equal(OPS->init(r->vcpu, &r->cfg), AX_OK);
	OPS->set_root(r->vcpu, 0x7000000080000000, 40 - 16); /* T0SZ: 40 bits */
	OPS->reset(r->vcpu, ENTRY, 0x1234);
	OPS->load(r->vcpu, false);
	r->line_calls = 0;
}

static inline int rig_setup(void **state)
{
	static struct rig r;

	axtest_port_reset();
	vcpu_aarch64_fake_reset();
	vcpu_aarch64_cpu_init();
	rig_cfg(&r);
	rig_start(&r);
	*state = &r;
	return 0;
}

static inline uint64_t get(const struct rig *r, uint32_t n)
{
	uint64_t val = 0;

	assert_int_equal(vcpu_aarch64_get_gpr(r->vcpu, n, &val), AX_OK);
	return val;
}

static inline void set(struct rig *r, uint32_t n, uint64_t val)
{
	assert_int_equal(vcpu_aarch64_set_gpr(r->vcpu, n, val), AX_OK);
}

static inline uint64_t pc(const struct rig *r)
{
	return get(r, VCPU_AARCH64_PC);
}

/* The guest traps with this and nothing after it. */
static inline enum axvcpu_exit_kind trap_at(struct rig *r, uint64_t esr, uint64_t far, uint64_t ipa)
{
	struct vcpu_aarch64_fake_exit x = {
		.kind = VCPU_AARCH64_FAKE_SYNC,
		.esr = esr,
		.far = far,
		.hpfar = ipa >> 12 << 4,
	};

	assert_true(vcpu_aarch64_fake_push_exit(&x));
	memset(&r->e, 0x5a, sizeof(r->e));
	OPS->run(r->vcpu, &r->e);
	return r->e.kind;
}

static inline enum axvcpu_exit_kind trap(struct rig *r, uint64_t esr)
{
	return trap_at(r, esr, 0, 0);
}

static inline uint64_t live(enum vcpu_aarch64_fake_reg reg)
{
	return vcpu_aarch64_fake_get(reg);
}

/* The guest has just taken an exception with @esr at @from, coming from PSTATE @pstate. */
static inline void expect_exception(const struct rig *r, uint64_t esr, uint64_t from,
				    uint64_t vector, uint64_t pstate)
{
	assert_int_equal(live(VCPU_AARCH64_FAKE_ESR_EL1), esr);
	assert_int_equal(live(VCPU_AARCH64_FAKE_ELR_EL1), from);
	assert_int_equal(live(VCPU_AARCH64_FAKE_SPSR_EL1), pstate);
	assert_int_equal(pc(r), vector);
	assert_int_equal(vcpu_aarch64_fake_get_pstate(r->vcpu) & 0x3cf, EL1H);
}

static inline void expect_undef(const struct rig *r, uint64_t from, uint64_t vector)
{
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	expect_exception(r, IL, from, vector, EL1H);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One vCPU on the scripted processor, with a page of instructions at its entry. */
#pragma once
#include <axtest/axtest.h>
#include <vcpu_riscv64/fake.h>
#include <vcpu_riscv64/vcpu.h>
#include <axbase/bits.h>
#include <string.h>

#define OPS         (&vcpu_riscv64_ops)
#define ENTRY       UINT64_C(0x80200000)
#define VEC         UINT64_C(0xffffffff80001000)
#define LOAD_FAULT  21
#define STORE_FAULT 23
#define FETCH_FAULT 20
#define SIE         UINT64_C(0x2)
#define SPIE        UINT64_C(0x20)
#define SPP         UINT64_C(0x100)
#define FS          UINT64_C(0x6000)
#define UXL         UINT64_C(0x200000000)
#define HGATP       UINT64_C(0x8000100000080200)

struct rig {
	uint8_t AX_ALIGNED(64) vcpu[8192];
	uint8_t code[4096]; /* at ENTRY */
	struct vcpu_riscv64_cfg arch;
	struct axvcpu_cfg cfg;
	struct axvcpu_exit e;
};

static inline void rig_cfg(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->arch = (struct vcpu_riscv64_cfg){
		.exts = VCPU_RISCV64_EXT(F) | VCPU_RISCV64_EXT(D) | VCPU_RISCV64_EXT(V) |
			VCPU_RISCV64_EXT(SSTC),
		.htimedelta = 0x1000,
		.timebase_hz = VCPU_RISCV64_FAKE_TIMEBASE_HZ,
	};
	r->cfg = (struct axvcpu_cfg){ .vm_id = 3, .vcpu_count = 1, .arch = &r->arch };
}

/* On, at ENTRY with a1 = 0x1234, resident. */
static inline void rig_start(struct rig *r)
{
	assert_true(sizeof(r->vcpu) >= OPS->size);
	assert_int_equal(OPS->init(r->vcpu, &r->cfg), AX_OK);
	OPS->set_root(r->vcpu, HGATP, 0);
	OPS->reset(r->vcpu, ENTRY, 0x1234);
	OPS->load(r->vcpu, false);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTVEC, VEC);
}

static inline int rig_setup(void **state)
{
	static struct rig r;

	axtest_port_reset();
	vcpu_riscv64_fake_reset();
	vcpu_riscv64_cpu_init();
	rig_cfg(&r);
	rig_start(&r);
	vcpu_riscv64_fake_set_code(ENTRY, r.code, sizeof(r.code));
	*state = &r;
	return 0;
}

static inline uint64_t get(const struct rig *r, uint32_t n)
{
	uint64_t val = 0;

	assert_int_equal(vcpu_riscv64_get_gpr(r->vcpu, n, &val), AX_OK);
	return val;
}

static inline void set(struct rig *r, uint32_t n, uint64_t val)
{
	assert_int_equal(vcpu_riscv64_set_gpr(r->vcpu, n, val), AX_OK);
}

static inline uint64_t pc(const struct rig *r)
{
	return get(r, VCPU_RISCV64_PC);
}

static inline uint64_t live(enum vcpu_riscv64_fake_reg reg)
{
	return vcpu_riscv64_fake_get(reg);
}

/* The guest traps with this, and is then interrupted if that was dealt with. */
static inline enum axvcpu_exit_kind trap_with(struct rig *r, uint64_t scause, uint64_t stval,
					      uint64_t gpa, uint64_t htinst)
{
	struct vcpu_riscv64_fake_exit x = {
		.scause = scause,
		.stval = stval,
		.htval = gpa >> 2,
		.htinst = htinst,
	};

	assert_true(vcpu_riscv64_fake_push_exit(&x));
	memset(&r->e, 0x5a, sizeof(r->e));
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(vcpu_riscv64_fake_pending(), 0);
	return r->e.kind;
}

/* The guest has just taken this trap at @from, out of VS-mode (@spp) with interrupts on (@sie). */
static inline void expect_trap(const struct rig *r, uint64_t cause, uint64_t tval, uint64_t from)
{
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSCAUSE), cause);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSTVAL), tval);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSEPC), from);
	assert_int_equal(live(VCPU_RISCV64_FAKE_SPP), 1);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSSTATUS) & SIE, 0);
	assert_int_equal(pc(r), VEC);
}

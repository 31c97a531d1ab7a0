/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a vCPU: init, reset, residency, FP and vector state, snapshots, the dump. */
#include <axtest/axtest.h>
#include "rig.h"

#define SSIE    UINT64_C(0x2)
#define VSSIP   UINT64_C(0x4)
#define VSEIP   UINT64_C(0x400)
#define ALL     ((UINT64_C(1) << VCPU_RISCV64_EXT_COUNT) - 1)
#define FP_EXTS (VCPU_RISCV64_EXT(F) | VCPU_RISCV64_EXT(D))
#define EXT_HSM UINT64_C(0x48534d)
#define SUSPEND 3

static uint8_t AX_ALIGNED(64) other[8192];

static void init_rejects_what_cannot_be(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint32_t id, count;
		uint64_t exts, hz;
		ax_err_t err;
	} cases[] = {
		{ 0, 1, 0, 1, AX_OK },
		{ 63, 64, ALL, 1, AX_OK },
		{ 64, 65, 0, 1, AX_EINVAL },
		{ 1, 1, 0, 1, AX_EINVAL },
		{ 0, 0, 0, 1, AX_EINVAL },
		{ 0, 1, 0, 0, AX_EINVAL },
		{ 0, 1, VCPU_RISCV64_EXT(D), 1, AX_EINVAL },
		{ 0, 1, VCPU_RISCV64_EXT(F), 1, AX_EINVAL },
		{ 0, 1, VCPU_RISCV64_EXT(V), 1, AX_EINVAL },
		{ 0, 1, UINT64_C(1) << VCPU_RISCV64_EXT_COUNT, 1, AX_EINVAL },
	};
	static const struct axvcpu_peers peers = { NULL, NULL, NULL };

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		unsigned logged = axtest_log_count;

		r->cfg.peers = &peers;
		r->cfg.id = cases[i].id;
		r->cfg.vcpu_count = cases[i].count;
		r->arch.exts = cases[i].exts;
		r->arch.timebase_hz = cases[i].hz;
		assert_int_equal(OPS->init(other, &r->cfg), cases[i].err);
		assert_int_equal(axtest_log_count - logged, cases[i].err != AX_OK);
	}
	r->cfg.id = 0;
	r->cfg.vcpu_count = 2;
	r->cfg.peers = NULL;
	AXTEST_EXPECT_PANIC((void)!OPS->init(other, &r->cfg));
	r->cfg.arch = NULL;
	AXTEST_EXPECT_PANIC((void)!OPS->init(other, &r->cfg));
}

static void init_refuses_what_the_machine_lacks(void **state)
{
	struct rig *r = *state;

	vcpu_riscv64_fake_set_usable(ALL & ~VCPU_RISCV64_EXT(SSTC));
	assert_int_equal(vcpu_riscv64_usable(ALL), ALL & ~VCPU_RISCV64_EXT(SSTC));
	assert_int_equal(OPS->init(other, &r->cfg), AX_ENOTSUP);
	assert_int_equal(axtest_log_count, 1);
	r->arch.exts &= ~VCPU_RISCV64_EXT(SSTC);
	assert_int_equal(OPS->init(other, &r->cfg), AX_OK);
}

static void henvcfg_opens_what_the_guest_has_and_no_more(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint64_t exts, henvcfg;
	} cases[] = {
		{ 0, 0 },
		{ VCPU_RISCV64_EXT(SSTC), UINT64_C(1) << 63 },
		{ VCPU_RISCV64_EXT(SVPBMT), UINT64_C(1) << 62 },
		{ VCPU_RISCV64_EXT(ZICBOM), 0x50 }, /* an invalidate flushes */
		{ VCPU_RISCV64_EXT(ZICBOZ), 0x80 },
		{ ALL, UINT64_C(0xc0000000000000d0) },
	};

	OPS->put(r->vcpu);
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		r->arch.exts = cases[i].exts;
		rig_start(r);
		assert_int_equal(live(VCPU_RISCV64_FAKE_HENVCFG), cases[i].henvcfg);
		OPS->put(r->vcpu);
	}
}

static void reset_is_the_architectures_and_sbis(void **state)
{
	struct rig *r = *state;

	set(r, 5, 5);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_SPP, 0);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSATP, 8);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, VSSIP);
	vcpu_riscv64_fake_set_f(3, 3);
	vcpu_riscv64_fake_set_v(3, 0, 3);
	AXTEST_EXPECT_PANIC(OPS->reset(r->vcpu, 0x8000, 1));
	OPS->put(r->vcpu);
	OPS->reset(r->vcpu, 0x8000, 0x77);
	OPS->load(r->vcpu, false);
	for (uint32_t n = 0; n < 32; n++) {
		assert_int_equal(get(r, n), n == 11 ? 0x77 : 0);
	}
	assert_int_equal(pc(r), 0x8000);
	assert_int_equal(live(VCPU_RISCV64_FAKE_SPP), 1);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSSTATUS), UXL);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSATP), 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSIE), 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_SCOUNTEREN), 7);
	assert_int_equal(live(VCPU_RISCV64_FAKE_SENVCFG), 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), 0);
	assert_int_equal(vcpu_riscv64_fake_get_f(3), 0);
	assert_int_equal(vcpu_riscv64_fake_get_v(3, 0), 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VTYPE), UINT64_C(1) << 63);
}

static void general_registers_are_numbered_to_32(void **state)
{
	struct rig *r = *state;
	uint64_t val = 9;

	assert_int_equal(vcpu_riscv64_get_gpr(r->vcpu, 33, &val), AX_EINVAL);
	assert_int_equal(val, 9);
	assert_int_equal(vcpu_riscv64_set_gpr(r->vcpu, 33, 0), AX_EINVAL);
}

static void init_other(struct rig *r, uint64_t exts)
{
	r->arch.exts = exts;
	assert_int_equal(OPS->init(other, &r->cfg), AX_OK);
	OPS->set_root(other, 1, 0);
	OPS->reset(other, 0, 0);
}

static void registers_survive_another_guest(void **state)
{
	struct rig *r = *state;

	for (unsigned reg = VCPU_RISCV64_FAKE_VSSTATUS; reg <= VCPU_RISCV64_FAKE_VSATP; reg++) {
		vcpu_riscv64_fake_set((enum vcpu_riscv64_fake_reg)reg, 0x1111 * (reg + 1));
	}
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_SPP, 0);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, VSSIP | VSEIP);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTIMECMP, 0x5555);
	AXTEST_EXPECT_PANIC(OPS->load(r->vcpu, false));
	OPS->put(r->vcpu);
	AXTEST_EXPECT_PANIC(OPS->put(r->vcpu));
	AXTEST_EXPECT_PANIC(OPS->run(r->vcpu, &r->e));
	assert_int_equal(live(VCPU_RISCV64_FAKE_HGATP), 0); /* nobody's tables are walked */
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), VSEIP);
	init_other(r, 0);
	OPS->load(other, true);
	assert_int_equal(live(VCPU_RISCV64_FAKE_LOCAL_FLUSHES), 1);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSSCRATCH), 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HGATP), 1);
	assert_int_equal(live(VCPU_RISCV64_FAKE_SPP), 1);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), VSEIP);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSTIMECMP), UINT64_MAX);
	OPS->put(other);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_RISCV64_FAKE_LOCAL_FLUSHES), 1);
	for (unsigned reg = VCPU_RISCV64_FAKE_VSSTATUS; reg <= VCPU_RISCV64_FAKE_VSATP; reg++) {
		assert_int_equal(live((enum vcpu_riscv64_fake_reg)reg), 0x1111 * (reg + 1));
	}
	assert_int_equal(live(VCPU_RISCV64_FAKE_SPP), 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), VSSIP | VSEIP);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSTIMECMP), 0x5555);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HGATP), HGATP);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HTIMEDELTA), 0x1000);
}

static void a_vcpu_moves_between_pcpus(void **state)
{
	struct rig *r = *state;

	vcpu_riscv64_fake_set_f(1, 11);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSCRATCH, 0x42);
	OPS->put(r->vcpu);
	axtest_cpu_id = 1;
	OPS->load(r->vcpu, false);
	assert_int_equal(vcpu_riscv64_fake_get_f(1), 11);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSSCRATCH), 0x42);
	vcpu_riscv64_fake_set_f(1, 22);
	OPS->put(r->vcpu);
	axtest_cpu_id = 0; /* what is in the registers here is old */
	OPS->load(r->vcpu, false);
	assert_int_equal(vcpu_riscv64_fake_get_f(1), 22);
}

static void fp_state_is_saved_if_dirty_and_loaded_if_anothers_is_there(void **state)
{
	struct rig *r = *state;
	uint64_t loads = live(VCPU_RISCV64_FAKE_FP_LOADS);

	assert_int_equal(live(VCPU_RISCV64_FAKE_FS), 2);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VS), 2);
	vcpu_riscv64_fake_set_f(31, 0x31);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_FCSR, 0x1f);
	vcpu_riscv64_fake_set_v(31, 15, 0xee);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VL, 7);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VTYPE, 0xc0);
	OPS->put(r->vcpu);
	assert_int_equal(live(VCPU_RISCV64_FAKE_FS), 0); /* nobody uses it unnoticed */
	assert_int_equal(live(VCPU_RISCV64_FAKE_VS), 0);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_RISCV64_FAKE_FP_LOADS), loads);
	assert_int_equal(live(VCPU_RISCV64_FAKE_FS), 2);
	OPS->put(r->vcpu);
	/* Another guest sees its own state only. */
	init_other(r, FP_EXTS | VCPU_RISCV64_EXT(V));
	OPS->load(other, false);
	assert_int_equal(vcpu_riscv64_fake_get_f(31), 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_FCSR), 0);
	assert_int_equal(vcpu_riscv64_fake_get_v(31, 15), 0);
	vcpu_riscv64_fake_set_f(31, 0xbad);
	vcpu_riscv64_fake_set_v(31, 15, 0xbd);
	OPS->put(other);
	OPS->load(r->vcpu, false);
	assert_int_equal(vcpu_riscv64_fake_get_f(31), 0x31);
	assert_int_equal(live(VCPU_RISCV64_FAKE_FCSR), 0x1f);
	assert_int_equal(vcpu_riscv64_fake_get_v(31, 15), 0xee);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VL), 7);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VTYPE), 0xc0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_FP_LOADS), loads + 2);
	OPS->put(r->vcpu);
	OPS->load(other, false);
	assert_int_equal(vcpu_riscv64_fake_get_f(31), 0xbad);
}

static void a_guest_without_fp_does_not_reach_it(void **state)
{
	struct rig *r = *state;

	vcpu_riscv64_fake_set_f(31, 0x31);
	OPS->put(r->vcpu);
	init_other(r, 0);
	OPS->load(other, false);
	assert_int_equal(live(VCPU_RISCV64_FAKE_FS), 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VS), 0);
	OPS->put(other);
	init_other(r, FP_EXTS);
	OPS->load(other, false);
	assert_int_equal(live(VCPU_RISCV64_FAKE_FS), 2);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VS), 0);
	OPS->put(other);
	OPS->load(r->vcpu, false);
	assert_int_equal(vcpu_riscv64_fake_get_f(31), 0x31);
}

static void state_that_was_replaced_is_loaded_again(void **state)
{
	struct rig *r = *state;

	vcpu_riscv64_fake_set_f(31, 0x31);
	OPS->put(r->vcpu);
	OPS->reset(r->vcpu, ENTRY, 0);
	OPS->load(r->vcpu, false);
	assert_int_equal(vcpu_riscv64_fake_get_f(31), 0);
}

/* --- Snapshots */

static size_t save(struct rig *r, uint8_t *buf, size_t cap)
{
	size_t len = 0;

	assert_int_equal(OPS->save(r->vcpu, buf, cap, &len), AX_OK);
	return len;
}

static void a_saved_vcpu_goes_on_in_another(void **state)
{
	struct rig *r = *state;
	static uint8_t one[8192];
	static uint8_t two[8192];
	size_t len = 0;
	size_t len2 = 0;

	set(r, 31, 0x3131);
	vcpu_riscv64_fake_set_f(5, 55);
	vcpu_riscv64_fake_set_v(31, 15, 66);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSSCRATCH, 0x5151);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSTIMECMP, 0x7777);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, VSSIP);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_SPP, 0);
	AXTEST_EXPECT_PANIC((void)!OPS->save(r->vcpu, one, sizeof(one), &len));
	OPS->put(r->vcpu);
	len = save(r, one, sizeof(one));
	assert_int_equal(OPS->save(r->vcpu, two, len - 1, &len2), AX_ENOSPC);
	assert_int_equal(len2, 0);

	init_other(r, r->arch.exts);
	assert_int_equal(OPS->load_state(other, one, len), AX_OK);
	assert_int_equal(OPS->save(other, two, sizeof(two), &len2), AX_OK);
	assert_int_equal(len, len2);
	assert_memory_equal(one, two, len);
	OPS->load(other, false);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSSCRATCH), 0x5151);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSTIMECMP), 0x7777);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), VSSIP);
	assert_int_equal(live(VCPU_RISCV64_FAKE_SPP), 0);
	assert_int_equal(vcpu_riscv64_fake_get_f(5), 55);
	assert_int_equal(vcpu_riscv64_fake_get_v(31, 15), 66);
}

static void fp_registers_are_those_of_a_state_loaded_since(void **state)
{
	struct rig *r = *state;
	static uint8_t buf[8192];
	size_t len;

	vcpu_riscv64_fake_set_f(5, 55);
	OPS->put(r->vcpu);
	len = save(r, buf, sizeof(buf));
	OPS->load(r->vcpu, false);
	vcpu_riscv64_fake_set_f(5, 66);
	OPS->put(r->vcpu);
	assert_int_equal(OPS->load_state(r->vcpu, buf, len), AX_OK);
	OPS->load(r->vcpu, false);
	assert_int_equal(vcpu_riscv64_fake_get_f(5), 55);
}

static void *rig_peer(void *ctx, uint32_t id)
{
	struct rig *r = ctx;

	assert_int_equal(id, 0);
	return r->vcpu;
}

static void rig_wake(void *ctx, uint64_t mask)
{
	(void)ctx;
	assert_int_equal(mask, 1);
}

static void an_ipi_on_its_way_is_part_of_the_state(void **state)
{
	struct rig *r = *state;
	static const struct axvcpu_peers peers = { rig_peer, rig_wake, NULL };
	static uint8_t buf[8192];
	size_t len;

	OPS->put(r->vcpu);
	r->cfg.vcpu_count = 2;
	r->cfg.peers = &peers;
	r->cfg.ctx = r;
	rig_start(r);
	OPS->put(r->vcpu);
	r->cfg.id = 1;
	init_other(r, r->arch.exts);
	OPS->load(other, false);
	assert_int_equal(vcpu_riscv64_set_gpr(other, 10, 1), AX_OK); /* to hart 0 */
	assert_int_equal(vcpu_riscv64_set_gpr(other, 17, 0x735049), AX_OK);
	assert_true(vcpu_riscv64_fake_push_exit(&(struct vcpu_riscv64_fake_exit){ .scause = 10 }));
	OPS->run(other, &r->e);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), 0);
	OPS->put(other);
	len = save(r, buf, sizeof(buf));
	OPS->reset(r->vcpu, ENTRY, 0);
	assert_int_equal(OPS->load_state(r->vcpu, buf, len), AX_OK);
	OPS->load(r->vcpu, false);
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), VSSIP);
}

static void a_vcpu_without_vectors_has_a_shorter_state(void **state)
{
	struct rig *r = *state;
	static uint8_t buf[8192];
	size_t len;
	size_t len2 = 0;

	OPS->put(r->vcpu);
	len = save(r, buf, sizeof(buf));
	init_other(r, FP_EXTS | VCPU_RISCV64_EXT(SSTC));
	assert_int_equal(OPS->save(other, buf, sizeof(buf), &len2), AX_OK);
	assert_int_equal(len - len2, 32 * 16);
	assert_int_equal(OPS->load_state(other, buf, len2), AX_OK);
	assert_int_equal(OPS->load_state(r->vcpu, buf, len2), AX_EVERSION);
}

static void a_suspended_vcpu_is_still_so_in_another(void **state)
{
	struct rig *r = *state;
	static uint8_t buf[8192];
	size_t len;

	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SSIE);
	set(r, 10, 0); /* retentive */
	set(r, 16, SUSPEND);
	set(r, 17, EXT_HSM);
	assert_int_equal(trap_with(r, 10, 0, 0, 0), AXVCPU_EXIT_IDLE);
	OPS->put(r->vcpu);
	len = save(r, buf, sizeof(buf));
	init_other(r, r->arch.exts);
	assert_int_equal(OPS->load_state(other, buf, len), AX_OK);
	OPS->load(other, false);
	OPS->run(other, &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_IDLE);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, VSSIP);
	OPS->run(other, &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
}

static void an_emulated_timer_that_is_due_is_pending_after_load_state(void **state)
{
	struct rig *r = *state;
	static uint8_t buf[8192];
	size_t len;

	OPS->put(r->vcpu);
	r->arch.exts = 0;
	rig_start(r);
	OPS->put(r->vcpu);
	len = save(r, buf, sizeof(buf));
	/* vtimecmp: header 12, flags 4, exts, x1 to x31, pc, 10 CSRs */
	memset(buf + 16 + 8 * (1 + 32 + 10), 0, 8);
	assert_int_equal(OPS->load_state(r->vcpu, buf, len), AX_OK);
	OPS->load(r->vcpu, false);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), UINT64_C(0x40));
}

/* Offsets into the blob. */
#define B_FLAGS    12
#define B_EXTS     16
#define B_PC       (B_EXTS + 8 + 31 * 8)
#define B_CSR(n)   (B_PC + 8 + (n)*8)
#define B_VTIMECMP B_CSR(10)
#define B_SUSPEND  (B_VTIMECMP + 8)
#define B_FCSR     (B_SUSPEND + 16 + 32 * 8)
#define B_VLENB    (B_FCSR + 8)

static void damaged_state_is_refused_whole(void **state)
{
	struct rig *r = *state;
	static uint8_t good[8192];
	static uint8_t bad[8192];
	static uint8_t after[8192];
	static const struct {
		size_t off;
		uint64_t val;
		unsigned bytes;
		ax_err_t err;
	} cases[] = {
		{ 0, 0x12345678, 4, AX_EVERSION }, /* magic */
		{ 4, 2, 2, AX_EVERSION },          /* version */
		{ 6, 1, 2, AX_EINVAL },            /* reserved */
		{ 8, 8, 4, AX_EVERSION },          /* size */
		{ B_FLAGS, 0x10, 4, AX_EINVAL },
		{ B_EXTS, 0, 8, AX_EINVAL },
		{ B_PC, ENTRY + 1, 8, AX_EINVAL },
		{ B_CSR(0), 0, 8, AX_EINVAL },                            /* UXL */
		{ B_CSR(0), UXL | 1, 8, AX_EINVAL },                      /* vsstatus */
		{ B_CSR(1), 0x222 | 0x444, 8, AX_EINVAL },                /* vsie */
		{ B_CSR(2), VEC | 2, 8, AX_EINVAL },                      /* vstvec */
		{ B_CSR(4), 1, 8, AX_EINVAL },                            /* vsepc */
		{ B_CSR(7), UINT64_C(1) << 32, 8, AX_EINVAL },            /* scounteren */
		{ B_CSR(8), 2, 8, AX_EINVAL },                            /* senvcfg */
		{ B_CSR(9), UINT64_C(0x1000000000000000), 8, AX_EINVAL }, /* vsatp */
		{ B_CSR(9), UINT64_C(0xb000000000000000), 8, AX_EINVAL },
		{ B_SUSPEND, 1, 8, AX_EINVAL },
		{ B_FCSR, 0x100, 8, AX_EINVAL },
		{ B_VLENB, 32, 8, AX_EINVAL },
		{ B_VLENB + 8, 16 * 8, 8, AX_EINVAL }, /* vstart */
		{ B_VLENB + 16, 8, 8, AX_EINVAL },     /* vcsr */
		{ B_VLENB + 24, 16 * 8 + 1, 8, AX_EINVAL },
		{ B_VLENB + 32, 0x100, 8, AX_EINVAL }, /* vtype */
	};
	size_t len;

	OPS->put(r->vcpu);
	len = save(r, good, sizeof(good));
	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		memcpy(bad, good, len);
		bad[B_EXTS + 8] ^= 1; /* x1: must not get in */
		memcpy(bad + cases[i].off, &cases[i].val, cases[i].bytes);
		assert_int_equal(OPS->load_state(r->vcpu, bad, len), cases[i].err);
		assert_int_equal(save(r, after, sizeof(after)), len);
		assert_memory_equal(after, good, len);
	}
	assert_int_equal(axtest_log_count, AX_ARRAY_SIZE(cases));
	for (size_t n = 0; n < len; n += 7) {
		assert_int_equal(OPS->load_state(r->vcpu, good, n), AX_EVERSION);
	}
	assert_int_equal(OPS->load_state(r->vcpu, good, len + 1), AX_EVERSION);
	assert_int_equal(OPS->load_state(r->vcpu, good, len), AX_OK);
	OPS->load(r->vcpu, false);
	AXTEST_EXPECT_PANIC((void)!OPS->load_state(r->vcpu, good, len));
}

static void another_vector_length_is_another_state(void **state)
{
	struct rig *r = *state;
	static uint8_t buf[8192];
	size_t len;

	OPS->put(r->vcpu);
	len = save(r, buf, sizeof(buf));
	vcpu_riscv64_fake_set_vlenb(128);
	init_other(r, r->arch.exts);
	assert_int_equal(OPS->load_state(other, buf, len), AX_EVERSION);
	OPS->load(other, false);
	vcpu_riscv64_fake_set_v(31, 127, 9);
	OPS->put(other);
	OPS->load(r->vcpu, false);
	OPS->put(r->vcpu);
	OPS->load(other, false);
	assert_int_equal(vcpu_riscv64_fake_get_v(31, 127), 9);
}

static void the_dump_shows_live_registers(void **state)
{
	struct rig *r = *state;

	OPS->dump(r->vcpu);
	assert_in_range(axtest_log_count, 5, 15);
	OPS->put(r->vcpu);
	OPS->dump(r->vcpu);
}

static void count_entry(void *ctx, void *arch, struct vcpu_riscv64_fake_exit *exit)
{
	assert_int_equal(exit->scause, VCPU_RISCV64_FAKE_IRQ);
	assert_int_equal(vcpu_riscv64_set_gpr(arch, 5, 55), AX_OK);
	*(unsigned *)ctx += 1;
}

static void the_script_is_bounded_and_a_guest_can_take_its_place(void **state)
{
	struct rig *r = *state;
	static const struct vcpu_riscv64_fake_exit irq = { .scause = VCPU_RISCV64_FAKE_IRQ };
	unsigned calls = 0;

	for (unsigned i = 0; i < VCPU_RISCV64_FAKE_QUEUE; i++) {
		assert_true(vcpu_riscv64_fake_push_exit(&irq));
	}
	assert_false(vcpu_riscv64_fake_push_exit(&irq));
	vcpu_riscv64_fake_set_guest(count_entry, &calls);
	for (unsigned i = 0; i < VCPU_RISCV64_FAKE_QUEUE; i++) {
		OPS->run(r->vcpu, &r->e);
	}
	assert_int_equal(calls, 0);
	assert_int_equal(vcpu_riscv64_fake_pending(), 0);
	OPS->run(r->vcpu, &r->e);
	assert_int_equal(calls, 1);
	assert_int_equal(get(r, 5), 55);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(init_rejects_what_cannot_be, rig_setup),
		cmocka_unit_test_setup(init_refuses_what_the_machine_lacks, rig_setup),
		cmocka_unit_test_setup(henvcfg_opens_what_the_guest_has_and_no_more, rig_setup),
		cmocka_unit_test_setup(reset_is_the_architectures_and_sbis, rig_setup),
		cmocka_unit_test_setup(general_registers_are_numbered_to_32, rig_setup),
		cmocka_unit_test_setup(registers_survive_another_guest, rig_setup),
		cmocka_unit_test_setup(a_vcpu_moves_between_pcpus, rig_setup),
		cmocka_unit_test_setup(fp_state_is_saved_if_dirty_and_loaded_if_anothers_is_there,
				       rig_setup),
		cmocka_unit_test_setup(a_guest_without_fp_does_not_reach_it, rig_setup),
		cmocka_unit_test_setup(state_that_was_replaced_is_loaded_again, rig_setup),
		cmocka_unit_test_setup(a_saved_vcpu_goes_on_in_another, rig_setup),
		cmocka_unit_test_setup(fp_registers_are_those_of_a_state_loaded_since, rig_setup),
		cmocka_unit_test_setup(an_ipi_on_its_way_is_part_of_the_state, rig_setup),
		cmocka_unit_test_setup(a_vcpu_without_vectors_has_a_shorter_state, rig_setup),
		cmocka_unit_test_setup(a_suspended_vcpu_is_still_so_in_another, rig_setup),
		cmocka_unit_test_setup(an_emulated_timer_that_is_due_is_pending_after_load_state,
				       rig_setup),
		cmocka_unit_test_setup(damaged_state_is_refused_whole, rig_setup),
		cmocka_unit_test_setup(another_vector_length_is_another_state, rig_setup),
		cmocka_unit_test_setup(the_dump_shows_live_registers, rig_setup),
		cmocka_unit_test_setup(the_script_is_bounded_and_a_guest_can_take_its_place,
				       rig_setup),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}

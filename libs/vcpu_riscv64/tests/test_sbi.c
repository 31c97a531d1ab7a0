/* SPDX-License-Identifier: Apache-2.0 */
/* SBI 2.0: BASE, TIME, IPI, RFENCE, SRST, and everything that is not there. */
#include "sbi_rig.h"

#define ALL  (~UINT64_C(0))
#define PAGE UINT64_C(0x1000)

static void calls_answered_without_leaving(void **state)
{
	struct sbi_rig *r = *state;
	static const struct {
		uint64_t eid;
		uint64_t fid;
		uint64_t a0;
		uint64_t error;
		uint64_t value;
	} cases[] = {
		{ EXT_BASE, 0, 7, SUCCESS, 0x2000000 },  /* get_spec_version */
		{ EXT_BASE, 1, 7, SUCCESS, 0x41585643 }, /* get_impl_id */
		{ EXT_BASE, 2, 7, SUCCESS, 1 },
		{ EXT_BASE, 4, 7, SUCCESS, 0 }, /* mvendorid, marchid, mimpid */
		{ EXT_BASE, 5, 7, SUCCESS, 0 },
		{ EXT_BASE, 6, 7, SUCCESS, 0 },
		{ EXT_BASE, 7, 7, NOT_SUPPORTED, 0 },
		{ EXT_BASE, ALL, 7, NOT_SUPPORTED, 0 },
		{ EXT_BASE, 0x100000000, 7, NOT_SUPPORTED, 0 },
		{ EXT_BASE, 3, EXT_BASE, SUCCESS, 1 }, /* probe_extension */
		{ EXT_BASE, 3, EXT_TIME, SUCCESS, 1 },
		{ EXT_BASE, 3, EXT_IPI, SUCCESS, 1 },
		{ EXT_BASE, 3, EXT_RFENCE, SUCCESS, 1 },
		{ EXT_BASE, 3, EXT_HSM, SUCCESS, 1 },
		{ EXT_BASE, 3, EXT_SRST, SUCCESS, 1 },
		{ EXT_BASE, 3, EXT_DBCN, SUCCESS, 1 },
		{ EXT_BASE, 3, 1, SUCCESS, 1 },
		{ EXT_BASE, 3, 2, SUCCESS, 1 },
		{ EXT_BASE, 3, 8, SUCCESS, 1 },
		{ EXT_BASE, 3, 0, SUCCESS, 0 },
		{ EXT_BASE, 3, 4, SUCCESS, 0 },
		{ EXT_BASE, 3, 0x504d55, SUCCESS, 0 },   /* PMU */
		{ EXT_BASE, 3, 0x43505043, SUCCESS, 0 }, /* CPPC */
		{ EXT_BASE, 3, 0x4e41434c, SUCCESS, 0 }, /* NACL */
		{ EXT_BASE, 3, 0x535441, SUCCESS, 0 },   /* STA */
		{ EXT_BASE, 3, 0x53555350, SUCCESS, 0 }, /* SUSP */
		{ EXT_BASE, 3, VCPU_RISCV64_CALL_FIRST, SUCCESS, 0 },
		{ EXT_BASE, 3, ALL, SUCCESS, 0 },
		{ EXT_BASE, 3, EXT_TIME | 0x100000000, SUCCESS, 0 },
		{ EXT_TIME, 1, 0, NOT_SUPPORTED, 0 },
		{ EXT_IPI, 1, 0, NOT_SUPPORTED, 0 },
		{ EXT_RFENCE, 3, 0, NOT_SUPPORTED, 0 }, /* the hypervisor's fences */
		{ EXT_RFENCE, 4, 0, NOT_SUPPORTED, 0 },
		{ EXT_RFENCE, 5, 0, NOT_SUPPORTED, 0 },
		{ EXT_RFENCE, 6, 0, NOT_SUPPORTED, 0 },
		{ EXT_RFENCE, 7, 0, NOT_SUPPORTED, 0 },
		{ EXT_RFENCE, ALL, 0, NOT_SUPPORTED, 0 },
		{ EXT_SRST, 1, 0, NOT_SUPPORTED, 0 },
		{ EXT_TIME | 0x100000000, 0, 0, NOT_SUPPORTED, 0 },
		{ EXT_BASE | UINT64_C(0xffffffff00000000), 0, 0, NOT_SUPPORTED, 0 },
		{ 0x504d55, 0, 0, NOT_SUPPORTED, 0 },
		{ 0x535441, 0, 0, NOT_SUPPORTED, 0 },
		{ 0x53555350, 0, 0, NOT_SUPPORTED, 0 },
		{ 0x08000000, 0, 0, NOT_SUPPORTED, 0 }, /* experimental */
		{ 0x09000000, 0, 0, NOT_SUPPORTED, 0 }, /* vendor */
		{ VCPU_RISCV64_CALL_FIRST - 1, 0, 0, NOT_SUPPORTED, 0 },
		{ VCPU_RISCV64_CALL_LAST + UINT64_C(1), 0, 0, NOT_SUPPORTED, 0 },
		{ 0x11, 0, 0, NOT_SUPPORTED, 0 },
		{ ALL, 0, 0, NOT_SUPPORTED, 0 },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		call(r, cases[i].eid, cases[i].fid, ARGS(cases[i].a0, 0, 0, 0, 0));
		if (r->e.kind != AXVCPU_EXIT_HOST_IRQ || get(r, A0) != cases[i].error ||
		    get(r, A1) != cases[i].value) {
			fail_msg("case %zu: %s, %lld, 0x%llx", i, axvcpu_exit_name(r->e.kind),
				 (long long)get(r, A0), (unsigned long long)get(r, A1));
		}
		assert_answer(r, cases[i].error, cases[i].value);
		assert_int_equal(r->wakes + r->fences + vcpu_riscv64_fake_fence_count(), 0);
		assert_int_equal(r->out_len, 0);
	}
}

static void nothing_but_what_is_listed_succeeds(void **state)
{
	struct sbi_rig *r = *state;
	uint64_t seed = 99;

	for (unsigned n = 0; n < 5000; n++) {
		uint64_t eid = axtest_random(&seed);

		eid = n % 2 != 0 ? eid : (uint32_t)eid;
		if ((eid >= VCPU_RISCV64_CALL_FIRST && eid <= VCPU_RISCV64_CALL_LAST) ||
		    eid <= EXT_BASE) {
			continue;
		}
		assert_call(r, eid, axtest_random(&seed) % 4, ARGS(1, 0), NOT_SUPPORTED, 0);
	}
}

static void a_console_that_is_not_there_is_not_offered(void **state)
{
	struct sbi_rig *r = *state;

	assert_call(r, EXT_BASE, 3, ARGS(EXT_DBCN), SUCCESS, 0);
	assert_call(r, EXT_BASE, 3, ARGS(1), SUCCESS, 0);
	assert_call(r, EXT_BASE, 3, ARGS(2), SUCCESS, 0);
	assert_call(r, EXT_BASE, 3, ARGS(8), SUCCESS, 1);
	for (uint64_t fid = 0; fid < 4; fid++) {
		assert_call(r, EXT_DBCN, fid, ARGS(0, MEM_BASE), NOT_SUPPORTED, 0);
	}
	assert_call(r, 1, 0, ARGS('x', 5), NOT_SUPPORTED, 5);
	assert_call(r, 2, 0, ARGS('x', 5), NOT_SUPPORTED, 5);
}

/* --- TIME */

static void set_timer_moves_the_hardware_timer(void **state)
{
	struct sbi_rig *r = *state;

	assert_call(r, EXT_TIME, 0, ARGS(0x123456789a, 3), SUCCESS, 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSTIMECMP), 0x123456789a);
	assert_call(r, EXT_TIME, 0, ARGS(ALL), SUCCESS, 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_VSTIMECMP), ALL);
}

static void an_emulated_timer_leaves_for_its_deadline_to_be_watched(void **state)
{
	struct sbi_rig *r = *state;

	axtest_now_ns = 1000000;
	assert_int_equal(call(r, EXT_TIME, 0, ARGS(20000)), AXVCPU_EXIT_TIMER);
	assert_answer(r, SUCCESS, 0);
	assert_int_equal(OPS->deadline_ns(self(r)), 2000000);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP) & HVIP_VSTIP, 0);
	/* One that has passed is an interrupt at once, and nothing to watch. */
	assert_call(r, EXT_TIME, 0, ARGS(10000), SUCCESS, 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP) & HVIP_VSTIP, HVIP_VSTIP);
	assert_int_equal(OPS->deadline_ns(self(r)), ALL);
	/* A later one takes it back. */
	assert_int_equal(call(r, EXT_TIME, 0, ARGS(10001)), AXVCPU_EXIT_TIMER);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP) & HVIP_VSTIP, 0);
	/* For ever is no deadline, but the one before must go. */
	assert_int_equal(call(r, EXT_TIME, 0, ARGS(ALL)), AXVCPU_EXIT_TIMER);
	assert_int_equal(OPS->deadline_ns(self(r)), ALL);
}

/* --- Hart masks, for each call that has one. VCPUS harts, the caller is hart 1. */

static const struct mask_case {
	uint64_t mask;
	uint64_t base;
	uint64_t harts;
	bool ok;
} masks[] = {
	{ 0x01, 0, 0x01, true },
	{ 0x02, 0, 0x02, true },
	{ 0x1f, 0, 0x1f, true },
	{ 0x15, 0, 0x15, true },
	{ 0x07, 2, 0x1c, true },
	{ 0x01, 4, 0x10, true },
	{ 0x00, 0, 0x00, true },
	{ 0x00, 4, 0x00, true },
	{ 0x00, ALL, 0x1f, true },
	{ 0x04, ALL, 0x1f, true }, /* the mask does not count */
	{ ALL, ALL, 0x1f, true },
	{ 0x20, 0, 0, false },
	{ 0x21, 0, 0, false },
	{ 0x08, 2, 0, false },
	{ 0x02, 4, 0, false },
	{ ALL, 0, 0, false },
	{ ALL, 1, 0, false },
	{ 0x01, 5, 0, false },
	{ 0x00, 5, 0, false },
	{ 0x01, 64, 0, false },
	{ 0x01, 65, 0, false },
	{ 0x02, ALL - 1, 0, false }, /* base + bit is 2^64 - 1 */
	{ 0x04, ALL - 1, 0, false }, /* base + bit wraps to 0 */
	{ 0x06, ALL - 1, 0, false },
	{ UINT64_C(1) << 63, ALL - 62, 0, false },
	{ UINT64_C(1) << 63, ALL - 60, 0, false },
	{ 0x01, UINT64_C(1) << 32, 0, false },
	{ 0x01, UINT64_C(1) << 63, 0, false },
	{ UINT64_C(1) << 63, 0, 0, false },
};

static void ipis_go_to_the_harts_of_the_mask_and_to_no_others(void **state)
{
	struct sbi_rig *r = *state;

	for (size_t i = 0; i < AX_ARRAY_SIZE(masks); i++) {
		const struct mask_case *m = &masks[i];

		become(r, 1);
		vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, HVIP_VSEIP);
		call(r, EXT_IPI, 0, ARGS(m->mask, m->base, 9, 9, 9));
		if (get(r, A0) != (m->ok ? SUCCESS : INVALID_PARAM) ||
		    r->woken != (m->harts & ~UINT64_C(2))) {
			fail_msg("case %zu: %lld, woken 0x%llx", i, (long long)get(r, A0),
				 (unsigned long long)r->woken);
		}
		assert_answer(r, m->ok ? SUCCESS : INVALID_PARAM, 0);
		assert_true(r->wakes <= 1); /* one call for all */
		assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP),
				 HVIP_VSEIP | ((m->harts & 2) != 0 ? HVIP_VSSIP : 0));
		for (uint32_t id = 0; id < VCPUS; id++) {
			if (id == 1) {
				continue;
			}
			/* Each finds its own at its next entry, and once. */
			become(r, id);
			for (unsigned n = 0; n < 2; n++) {
				vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_HVIP, 0);
				OPS->run(self(r), &r->e);
				assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP),
						 n == 0 && (m->harts >> id & 1) != 0 ? HVIP_VSSIP
										     : 0);
			}
		}
	}
}

/* The one that is woken looks at once, on its own pCPU, before the sender has its answer. */
static void hart_3_looks(struct sbi_rig *r)
{
	struct axvcpu_exit sender = r->e;

	become(r, 3);
	OPS->run(self(r), &r->e);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), HVIP_VSSIP);
	become(r, 1);
	r->e = sender;
}

static void an_ipi_is_there_before_the_hart_is_woken(void **state)
{
	struct sbi_rig *r = *state;

	become(r, 3);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
	assert_int_equal(trap(r, VIRTUAL_INSN, 0x10500073), AXVCPU_EXIT_IDLE);
	become(r, 1);
	r->on_wake = hart_3_looks;
	assert_call(r, EXT_IPI, 0, ARGS(8, 0), SUCCESS, 0);
	assert_int_equal(r->woken, 8);
}

static void an_ipi_that_comes_before_wfi_ends_the_wait(void **state)
{
	struct sbi_rig *r = *state;

	become(r, 3);
	vcpu_riscv64_fake_set(VCPU_RISCV64_FAKE_VSIE, SIP_SSIP);
	become(r, 1);
	assert_call(r, EXT_IPI, 0, ARGS(8, 0), SUCCESS, 0);
	become(r, 3);
	assert_int_equal(trap(r, VIRTUAL_INSN, 0x10500073), AXVCPU_EXIT_HOST_IRQ);
}

/* On hart 3, in its guest: the kick of hart 1's IPI, and then an interrupt that the host wants. */
static bool hart_1_sends(struct sbi_rig *r)
{
	assert_int_equal(r->self, 3);
	r->irqs++;
	if (r->irqs == 2) {
		/* The guest has been entered with it, and without having been left. */
		assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), HVIP_VSSIP);
		return false;
	}
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), 0);
	become(r, 1);
	r->on_irq = NULL; /* for hart 1 */
	assert_call(r, EXT_IPI, 0, ARGS(8, 0), SUCCESS, 0);
	r->on_irq = hart_1_sends;
	become(r, 3);
	return true;
}

static void an_ipi_to_a_running_hart_is_there_when_its_kick_is_over(void **state)
{
	struct sbi_rig *r = *state;
	uint32_t entries;

	become(r, 3);
	set(r, VCPU_RISCV64_PC, ENTRY + 8);
	r->on_irq = hart_1_sends;
	entries = vcpu_riscv64_fake_entries();
	OPS->run(self(r), &r->e);
	assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
	assert_int_equal(r->irqs, 2);
	assert_int_equal(pc(r), ENTRY + 8);
	assert_int_equal(vcpu_riscv64_fake_entries(), entries + 4); /* two of them hart 1's */
}

/* --- RFENCE */

static const struct vcpu_riscv64_fake_fence *fence_at(uint32_t n)
{
	return vcpu_riscv64_fake_get_fence(n);
}

/* The local and the remote part, by the mask of pCPUs; 9 is ours. */
static void assert_fences(uint64_t cpus)
{
	uint64_t own = AX_BIT64(9);
	uint32_t n = 0;

	if ((cpus & own) != 0) {
		assert_false(fence_at(n)->remote);
		assert_int_equal(fence_at(n)->cpu, 9);
		n++;
	}
	if ((cpus & ~own) != 0) {
		assert_true(fence_at(n)->remote);
		assert_int_equal(fence_at(n)->cpu_mask, cpus & ~own);
		n++;
	}
	assert_int_equal(vcpu_riscv64_fake_fence_count(), n);
}

static void fences_go_to_the_pcpus_of_the_harts_and_to_no_others(void **state)
{
	struct sbi_rig *r = *state;

	r->live_on[4] = 0; /* live nowhere: its next load drops what it has */
	r->live_on[2] = AX_BIT64(63);
	for (size_t i = 0; i < AX_ARRAY_SIZE(masks) * 3; i++) {
		const struct mask_case *m = &masks[i / 3];
		uint64_t cpus = 0;

		call(r, EXT_RFENCE, i % 3, ARGS(m->mask, m->base, 0, 0, 0));
		assert_answer(r, m->ok ? SUCCESS : INVALID_PARAM, 0);
		for (uint32_t id = 0; id < VCPUS; id++) {
			cpus |= (m->harts >> id & 1) == 0 ? 0 : r->live_on[id];
		}
		assert_fences(cpus);
		assert_int_equal(r->fenced, m->harts & ~UINT64_C(2));
		assert_int_equal(r->wakes, 0);
	}
}

static void a_hart_that_is_live_on_this_pcpu_is_fenced_here(void **state)
{
	struct sbi_rig *r = *state;

	r->live_on[3] = AX_BIT64(9) | AX_BIT64(2);
	call(r, EXT_RFENCE, 1, ARGS(8, 0, 0, 0, 0));
	assert_answer(r, SUCCESS, 0);
	assert_fences(AX_BIT64(9) | AX_BIT64(2));
}

static void fence_ranges_are_whole_pages_or_everything(void **state)
{
	struct sbi_rig *r = *state;
	static const struct {
		uint64_t start;
		uint64_t size;
		uint64_t want_start;
		uint64_t want_size; /* ALL: everything; 0: INVALID_ADDRESS */
	} cases[] = {
		{ 0, 0, 0, ALL },
		{ 0, ALL, 0, ALL },
		{ 0x5000, ALL, 0, ALL },
		{ 0x5000, 0, 0, ALL },
		{ 0x5000, PAGE, 0x5000, PAGE },
		{ 0x5000, 1, 0x5000, PAGE },
		{ 0x5fff, 1, 0x5000, PAGE },
		{ 0x5fff, 2, 0x5000, 2 * PAGE },
		{ 0x5001, PAGE, 0x5000, 2 * PAGE },
		{ 0x5000, 64 * PAGE, 0x5000, 64 * PAGE },
		{ 0x5000, 64 * PAGE + 1, 0, ALL },
		{ 0x5fff, 63 * PAGE + 1, 0x5000, 64 * PAGE },
		{ 0x5fff, 63 * PAGE + 2, 0, ALL },
		{ 0, ALL - 1, 0, ALL },
		{ 0, PAGE, 0, PAGE },
		{ ALL, 1, ALL - 0xfff, PAGE },
		{ ALL - 0xfff, PAGE, ALL - 0xfff, PAGE }, /* up to the last address */
		{ ALL - 0xfff, PAGE + 1, 0, 0 },
		{ ALL, 2, 0, 0 },
		{ 2, ALL - 1, 0, ALL },
		{ 3, ALL - 1, 0, 0 },
		{ UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, 0, 0 },
		{ UINT64_C(0xffffffd800000000), 2 * PAGE, UINT64_C(0xffffffd800000000), 2 * PAGE },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases) * 2; i++) {
		uint64_t size = cases[i / 2].want_size;
		bool asid = i % 2 != 0;

		call(r, EXT_RFENCE, asid ? 2 : 1,
		     ARGS(3, 0, cases[i / 2].start, cases[i / 2].size, 0xabc1234));
		assert_answer(r, size != 0 ? SUCCESS : INVALID_ADDRESS, 0);
		assert_int_equal(vcpu_riscv64_fake_fence_count(), size != 0 ? 2 : 0);
		assert_int_equal(r->fences, size != 0 ? 1 : 0); /* nothing half done */
		for (uint32_t n = 0; size != 0 && n < 2; n++) {
			const struct vcpu_riscv64_remote *f = &fence_at(n)->fence;

			assert_int_equal(f->kind, asid ? VCPU_RISCV64_FENCE_VVMA_ASID
						       : VCPU_RISCV64_FENCE_VVMA);
			if (f->start != cases[i / 2].want_start || f->size != size) {
				fail_msg("case %zu: 0x%llx, 0x%llx", i / 2,
					 (unsigned long long)f->start, (unsigned long long)f->size);
			}
			assert_int_equal(f->asid, asid ? 0x1234 : 0);
		}
	}
}

static void fence_i_has_no_range(void **state)
{
	struct sbi_rig *r = *state;

	call(r, EXT_RFENCE, 0, ARGS(3, 0, ALL, 2, 5));
	assert_answer(r, SUCCESS, 0);
	assert_fences(AX_BIT64(8) | AX_BIT64(9));
	assert_int_equal(fence_at(0)->fence.kind, VCPU_RISCV64_FENCE_I);
	assert_int_equal(fence_at(1)->fence.kind, VCPU_RISCV64_FENCE_I);
}

static void a_vm_of_64_harts_has_a_bit_for_each(void **state)
{
	struct sbi_rig *r = rig_prepare();

	*state = r;
	r->cfg.vcpu_count = 64;
	rig_start(r);
	call(r, EXT_RFENCE, 0, ARGS(0, ALL));
	assert_answer(r, SUCCESS, 0);
	assert_int_equal(r->fenced, ALL & ~UINT64_C(2));
	call(r, EXT_RFENCE, 0, ARGS(1, 63));
	assert_answer(r, SUCCESS, 0);
	assert_int_equal(r->fenced, UINT64_C(1) << 63);
	call(r, EXT_RFENCE, 0, ARGS(2, 63));
	assert_answer(r, INVALID_PARAM, 0);
	call(r, EXT_RFENCE, 0, ARGS(1, 64));
	assert_answer(r, INVALID_PARAM, 0);
	assert_int_equal(r->fences, 0);
}

static void a_single_vcpu_needs_no_peers(void **state)
{
	struct sbi_rig *r = rig_prepare();

	*state = r;
	r->cfg.vcpu_count = 1;
	r->cfg.peers = NULL;
	rig_start(r);
	become(r, 0);
	assert_call(r, EXT_IPI, 0, ARGS(0, ALL), SUCCESS, 0);
	assert_int_equal(live(VCPU_RISCV64_FAKE_HVIP), HVIP_VSSIP);
	assert_call(r, EXT_RFENCE, 1, ARGS(1, 0, 0, 0), SUCCESS, 0);
	assert_int_equal(vcpu_riscv64_fake_fence_count(), 1);
	assert_call(r, EXT_IPI, 0, ARGS(2, 0), INVALID_PARAM, 0);
	assert_int_equal(call(r, EXT_HSM, 2, ARGS(0)), AXVCPU_EXIT_CPU_QUERY);
	OPS->complete(self(r), AXVCPU_ON);
	assert_answer(r, SUCCESS, 0);
}

/* --- SRST, and calls for others */

static void system_reset_leaves_or_refuses(void **state)
{
	struct sbi_rig *r = *state;
	static const struct {
		uint64_t type;
		uint64_t reason;
		bool ok;
		enum axvcpu_system what;
	} cases[] = {
		{ 0, 0, true, AXVCPU_SYSTEM_OFF },
		{ 0, 1, true, AXVCPU_SYSTEM_OFF },
		{ 1, 0, true, AXVCPU_SYSTEM_RESET },
		{ 2, 1, true, AXVCPU_SYSTEM_RESET },
		{ UINT64_C(0xffffffff00000001), UINT64_C(0x5500000001), true, AXVCPU_SYSTEM_RESET },
		{ 3, 0, false, 0 },
		{ 0xf0000000, 0, false, 0 }, /* the platform's */
		{ UINT64_C(0xfffffffff0000000), 0, false, 0 },
		{ ALL, 0, false, 0 },
		{ 0, 2, false, 0 },
		{ 1, 0xe0000000, false, 0 },
		{ 1, 0xf0000000, false, 0 },
	};

	for (size_t i = 0; i < AX_ARRAY_SIZE(cases); i++) {
		call(r, EXT_SRST, 0, ARGS(cases[i].type, cases[i].reason));
		if (cases[i].ok) {
			assert_int_equal(r->e.kind, AXVCPU_EXIT_SYSTEM);
			assert_int_equal(r->e.u.system, cases[i].what);
		} else {
			assert_int_equal(r->e.kind, AXVCPU_EXIT_HOST_IRQ);
			assert_answer(r, INVALID_PARAM, 0);
		}
	}
}

static void calls_of_the_firmware_range_leave(void **state)
{
	struct sbi_rig *r = *state;

	assert_int_equal(call(r, VCPU_RISCV64_CALL_LAST, 6, ARGS(1, ALL, 3, 4, 5)),
			 AXVCPU_EXIT_HYPERCALL);
	assert_int_equal(r->e.u.hypercall.nr, 0x0affffff);
	assert_int_equal(r->e.u.hypercall.args[0], 6);
	assert_int_equal(r->e.u.hypercall.args[1], 1);
	assert_int_equal(r->e.u.hypercall.args[2], ALL);
	assert_int_equal(r->e.u.hypercall.args[5], 5);
	assert_int_equal(pc(r), ENTRY);
	OPS->complete(self(r), 0x77);
	assert_answer(r, 0x77, 0);
	/* Nobody knew it. */
	assert_int_equal(call(r, VCPU_RISCV64_CALL_FIRST, 6, ARGS(1)), AXVCPU_EXIT_HYPERCALL);
	OPS->complete(self(r), ALL);
	assert_answer(r, NOT_SUPPORTED, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(calls_answered_without_leaving, rig_setup),
		cmocka_unit_test_setup(nothing_but_what_is_listed_succeeds, rig_setup),
		cmocka_unit_test_setup(a_console_that_is_not_there_is_not_offered,
				       rig_setup_without_console),
		cmocka_unit_test_setup(set_timer_moves_the_hardware_timer, rig_setup),
		cmocka_unit_test_setup(an_emulated_timer_leaves_for_its_deadline_to_be_watched,
				       rig_setup_without_sstc),
		cmocka_unit_test_setup(ipis_go_to_the_harts_of_the_mask_and_to_no_others,
				       rig_setup),
		cmocka_unit_test_setup(an_ipi_is_there_before_the_hart_is_woken, rig_setup),
		cmocka_unit_test_setup(an_ipi_that_comes_before_wfi_ends_the_wait, rig_setup),
		cmocka_unit_test_setup(an_ipi_to_a_running_hart_is_there_when_its_kick_is_over,
				       rig_setup),
		cmocka_unit_test_setup(fences_go_to_the_pcpus_of_the_harts_and_to_no_others,
				       rig_setup),
		cmocka_unit_test_setup(a_hart_that_is_live_on_this_pcpu_is_fenced_here, rig_setup),
		cmocka_unit_test_setup(fence_ranges_are_whole_pages_or_everything, rig_setup),
		cmocka_unit_test_setup(fence_i_has_no_range, rig_setup),
		cmocka_unit_test(a_vm_of_64_harts_has_a_bit_for_each),
		cmocka_unit_test(a_single_vcpu_needs_no_peers),
		cmocka_unit_test_setup(system_reset_leaves_or_refuses, rig_setup),
		cmocka_unit_test_setup(calls_of_the_firmware_range_leave, rig_setup),
	};

	return cmocka_run_group_tests_name("sbi", tests, NULL, NULL);
}

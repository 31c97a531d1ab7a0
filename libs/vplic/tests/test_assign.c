/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical sources of guests, over a physical PLIC that is the plain model: two VMs, a source that
 * is the host's own, and a driver that routes each source to a context of its own choice.
 */
#include "model.h"
#include <axtest/axtest.h>
#include <axbase/mem.h>
#include <pthread.h>
#include <semaphore.h>
#include <threads.h>
#include <vplic/assign.h>

#define VMS     2u
#define SOURCES 40u /* of each vplic */
#define PHYS    20u /* physical ones */
#define HARTS   3u
#define OWN     1u /* the host's UART, say */

struct vm {
	struct vplic p;
	struct vplic_source sources[VPLIC_SOURCE_COUNT(SOURCES)];
	struct vplic_context contexts[2];
	bool claimed[SOURCES + 1]; /* by its guest */
};

static struct {
	struct model phys;
	uint32_t route[PHYS + 1]; /* context that has a source enabled */
	struct vplic_assign a;
	struct vplic_assign_source sources[VPLIC_SOURCE_COUNT(PHYS)];
	struct vm vm[VMS];
	int owner[PHYS + 1]; /* -1: the host */
	uint32_t guest[PHYS + 1];
	uint64_t random;
	unsigned completes, kicks, delivered;
} t;

static uint32_t any(uint32_t below)
{
	return (uint32_t)(axtest_random(&t.random) >> 20) % below;
}

/* --- The driver */

static void phys_enable(uint32_t source, bool on)
{
	uint32_t c = t.route[source];
	uint32_t old = model_enable_word(&t.phys, c, source / 32), bit = 1u << source % 32;

	model_enable(&t.phys, c, source / 32, on ? old | bit : old & ~bit);
}

static void host_enable(void *ctx, uint32_t source, bool on)
{
	(void)ctx;
	assert_false(ax_spin_is_held(&t.a.lock));
	assert_true(t.phys.enabled[t.route[source]][source] != on);
	phys_enable(source, on);
}

static void host_complete(void *ctx, uint32_t source)
{
	bool on = t.phys.enabled[t.route[source]][source];

	(void)ctx;
	assert_false(ax_spin_is_held(&t.a.lock));
	for (uint32_t i = 0; i < VMS; i++) {
		assert_false(ax_spin_is_held(&t.vm[i].p.lock));
	}
	phys_enable(source, true);
	assert_true(model_complete(&t.phys, t.route[source], source)); /* exactly once */
	phys_enable(source, on);
	t.completes++;
}
static const struct vplic_assign_host_ops host_ops = { host_enable, host_complete };

/* An interrupt on @hart: everything it has is claimed. The host's own is done at once. */
static void host_irq(uint32_t hart)
{
	uint32_t source;

	while ((source = model_claim(&t.phys, hart)) != 0) {
		if (source == OWN) {
			assert_false(vplic_assign_claimed(&t.a, source));
			model_line(&t.phys, OWN, false);
			assert_true(model_complete(&t.phys, hart, source));
		} else {
			assert_true(vplic_assign_claimed(&t.a, source));
			t.delivered++;
		}
	}
}

static void host_irqs(void)
{
	for (uint32_t hart = 0; hart < HARTS; hart++) {
		host_irq(hart);
	}
}

/* --- Guests */

static void kick(void *ctx, uint64_t mask)
{
	(void)ctx;
	(void)mask;
	assert_false(ax_spin_is_held(&t.a.lock));
	t.kicks++;
}

static uint32_t guest_read(uint32_t vm, uint64_t off)
{
	struct ax_io io = { off, 0, 4 };
	uint64_t val = 0;

	assert_int_equal(vplic_dev_ops.read(&t.vm[vm].p, &io, &val), AX_IO_HANDLED);
	return (uint32_t)val;
}

static void guest_write(uint32_t vm, uint64_t off, uint32_t val)
{
	struct ax_io io = { off, 0, 4 };

	assert_int_equal(vplic_dev_ops.write(&t.vm[vm].p, &io, val), AX_IO_HANDLED);
}

static void guest_open(uint32_t vm, uint32_t source)
{
	uint64_t off = PLIC_ENABLE + source / 32 * 4;

	guest_write(vm, 4 * source, 1);
	guest_write(vm, off, guest_read(vm, off) | 1u << source % 32);
}

static bool guest_enabled(uint32_t vm, uint32_t context, uint32_t source)
{
	uint64_t off = PLIC_ENABLE + context * PLIC_ENABLE_STRIDE + source / 32 * 4;

	return (guest_read(vm, off) >> source % 32 & 1) != 0;
}

static bool guest_pending(uint32_t vm, uint32_t source)
{
	return (guest_read(vm, PLIC_PENDING + source / 32 * 4) >> source % 32 & 1) != 0;
}

static uint32_t guest_claim(uint32_t vm, uint32_t context)
{
	uint32_t source = guest_read(vm, PLIC_CONTEXT + context * PLIC_CONTEXT_STRIDE + PLIC_CLAIM);

	t.vm[vm].claimed[source] = source != 0;
	return source;
}

static void guest_complete(uint32_t vm, uint32_t context, uint32_t source)
{
	if (source <= SOURCES && guest_enabled(vm, context, source)) {
		t.vm[vm].claimed[source] = false;
	}
	guest_write(vm, PLIC_CONTEXT + context * PLIC_CONTEXT_STRIDE + PLIC_CLAIM, source);
}

static void guest_reset(uint32_t vm)
{
	memset(t.vm[vm].claimed, 0, sizeof(t.vm[vm].claimed));
	vplic_intc_ops.reset(&t.vm[vm].p);
}

static ax_err_t bind(uint32_t source, uint32_t vm, uint32_t guest)
{
	ax_err_t err = vplic_assign_bind(&t.a, source, &t.vm[vm].p, guest);

	assert_true(source <= PHYS || err != AX_OK);
	if (err == AX_OK && source <= PHYS) {
		t.owner[source] = (int)vm;
		t.guest[source] = guest;
	}
	return err;
}

static void vm_create(uint32_t vm)
{
	static const struct vplic_context_cfg contexts[] = { { 0, true }, { 1, true } };
	const struct vplic_cfg cfg = {
		.source_count = SOURCES,
		.priority_bits = 3,
		.vcpu_count = 2,
		.context_count = 2,
		.contexts = contexts,
		.kick = kick,
		.completed = vplic_assign_completed,
		.completed_ctx = &t.a,
	};

	memset(&t.vm[vm], 0xa5, sizeof(t.vm[vm]));
	memset(t.vm[vm].claimed, 0, sizeof(t.vm[vm].claimed));
	assert_int_equal(vplic_init(&t.vm[vm].p, &cfg, t.vm[vm].sources,
				    VPLIC_SOURCE_COUNT(SOURCES), t.vm[vm].contexts),
			 AX_OK);
}

/* Nobody looks at its memory from here on: it is filled with what would be noticed. */
static void vm_destroy(uint32_t vm)
{
	vplic_assign_release(&t.a, &t.vm[vm].p);
	for (uint32_t i = 1; i <= PHYS; i++) {
		if (t.owner[i] == (int)vm) {
			t.owner[i] = -1;
			assert_false(t.phys.claimed[i]);
			assert_false(t.phys.enabled[t.route[i]][i]);
		}
	}
	memset(&t.vm[vm], 0xff, sizeof(t.vm[vm]));
}

static int start(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	axtest_port_reset();
	t.random = 11;
	t.phys.source_count = PHYS;
	t.phys.context_count = HARTS;
	t.phys.priority_mask = 7;
	for (uint32_t i = 1; i <= PHYS; i++) {
		t.route[i] = i % HARTS;
		t.owner[i] = -1;
		model_priority(&t.phys, i, 1);
	}
	vplic_assign_init(&t.a, t.sources, PHYS, &host_ops, NULL);
	for (uint32_t i = 0; i < VMS; i++) {
		vm_create(i);
	}
	return 0;
}

/* --- One case each */

static void a_source_stays_claimed_until_the_guest_completes_it(void **state)
{
	(void)state;
	assert_int_equal(bind(11, 0, 30), AX_OK);
	guest_open(0, 30);
	model_line(&t.phys, 11, true);
	host_irqs();
	assert_int_equal(t.kicks, 1);
	assert_true(guest_pending(0, 30));
	assert_false(guest_pending(1, 30));
	assert_true(t.phys.claimed[11]);
	assert_int_equal(guest_claim(0, 0), 30);
	assert_int_equal(t.completes, 0);
	host_irqs();
	assert_int_equal(t.delivered, 1);
	guest_complete(0, 0, 30);
	assert_int_equal(t.completes, 1);
	assert_false(
		guest_pending(0, 30)); /* the line is physical: whether it is high, we ask there */
	host_irqs();
	assert_true(guest_pending(0, 30)); /* it is */
	model_line(&t.phys, 11, false);
	assert_int_equal(guest_claim(0, 1), 0); /* not enabled there */
	assert_int_equal(guest_claim(0, 0), 30);
	guest_complete(0, 0, 30);
	host_irqs();
	assert_false(guest_pending(0, 30));
	assert_int_equal(t.completes, 2);
}

static void another_vcpu_may_complete_it(void **state)
{
	(void)state;
	assert_int_equal(bind(11, 0, 30), AX_OK);
	guest_open(0, 30);
	guest_write(0, PLIC_ENABLE + PLIC_ENABLE_STRIDE, 1u << 30);
	model_line(&t.phys, 11, true);
	host_irqs();
	assert_int_equal(guest_claim(0, 0), 30);
	axtest_cpu_id = 2;
	guest_complete(0, 1, 30);
	assert_int_equal(t.completes, 1);
}

static void a_second_completion_reaches_nothing(void **state)
{
	(void)state;
	assert_int_equal(bind(11, 0, 30), AX_OK);
	guest_open(0, 30);
	guest_complete(0, 0, 30); /* before anything came */
	model_line(&t.phys, 11, true);
	host_irqs();
	guest_complete(0, 0, 30); /* pending, not claimed */
	assert_int_equal(t.completes, 0);
	assert_int_equal(guest_claim(0, 0), 30);
	guest_complete(0, 0, 30);
	guest_complete(0, 0, 30);
	assert_int_equal(t.completes, 1);
}

static void a_guest_that_never_completes_keeps_its_own_source_only(void **state)
{
	(void)state;
	assert_int_equal(bind(11, 0, 11), AX_OK);
	assert_int_equal(bind(14, 1, 11), AX_OK); /* of the same hart */
	phys_enable(OWN, true);
	guest_open(0, 11);
	guest_open(1, 11);
	guest_write(0, PLIC_CONTEXT + PLIC_THRESHOLD, 7);
	model_line(&t.phys, 11, true);
	host_irqs();
	assert_int_equal(guest_claim(0, 0), 11);
	for (unsigned i = 0; i < 5; i++) {
		model_line(&t.phys, 14, true);
		model_line(&t.phys, OWN, true);
		host_irqs();
		assert_false(t.phys.line[OWN]); /* served */
		assert_int_equal(guest_claim(1, 0), 11);
		model_line(&t.phys, 14, false);
		guest_complete(1, 0, 11);
	}
	assert_int_equal(t.completes, 5);
	assert_true(t.phys.claimed[11]);
}

static void what_a_guest_disables_waits_for_it(void **state)
{
	(void)state;
	assert_int_equal(bind(11, 0, 11), AX_OK);
	guest_open(0, 11);
	model_line(&t.phys, 11, true);
	host_irqs();
	assert_int_equal(guest_claim(0, 0), 11);
	guest_write(0, PLIC_ENABLE, 0);
	assert_true(t.phys.enabled[t.route[11]][11]);
	guest_complete(0, 0, 11); /* ignored, as the PLIC does */
	assert_int_equal(t.completes, 0);
	guest_write(0, PLIC_ENABLE, 1u << 11);
	guest_complete(0, 0, 11);
	assert_int_equal(t.completes, 1);
}

static void a_reset_completes_what_the_guest_had_in_hand(void **state)
{
	(void)state;
	assert_int_equal(bind(11, 0, 11), AX_OK);
	assert_int_equal(bind(12, 0, 12), AX_OK);
	assert_int_equal(bind(13, 0, 13), AX_OK);
	guest_open(0, 11);
	model_line(&t.phys, 11, true);
	model_line(&t.phys, 12, true); /* pending and never enabled */
	host_irqs();
	assert_int_equal(guest_claim(0, 0), 11);
	model_line(&t.phys, 11, false);
	guest_reset(0);
	assert_int_equal(t.completes, 2);
	assert_false(t.phys.claimed[11]);
	host_irqs(); /* 12 is high still */
	assert_true(guest_pending(0, 12));
	assert_false(guest_pending(0, 11));
	guest_reset(0);
	assert_int_equal(t.completes, 3);
	model_line(&t.phys, 12, false);
	host_irqs();
	guest_reset(0);
	guest_reset(0);
	assert_int_equal(t.completes, 4);
}

static void a_vm_that_goes_gives_its_sources_back(void **state)
{
	(void)state;
	assert_int_equal(bind(11, 0, 11), AX_OK);
	assert_int_equal(bind(12, 0, 12), AX_OK);
	assert_int_equal(bind(13, 1, 11), AX_OK);
	guest_open(0, 11);
	for (uint32_t i = 11; i <= 13; i++) {
		model_line(&t.phys, i, true);
	}
	host_irqs();
	assert_int_equal(guest_claim(0, 0), 11);
	vm_destroy(0);
	assert_int_equal(t.completes, 2);
	assert_true(t.phys.claimed[13]);
	host_irqs(); /* disabled: nothing comes, though they are high */
	assert_int_equal(t.delivered, 3);
	assert_false(vplic_assign_claimed(&t.a, 11));
	vm_create(0);
	assert_int_equal(bind(11, 1, 30), AX_OK);
	host_irqs();
	assert_true(guest_pending(1, 30));
	assert_false(guest_pending(0, 11));
	vplic_assign_release(&t.a, &t.vm[0].p); /* that has none */
	assert_true(guest_pending(1, 30));
}

static void what_cannot_be_bound_is_refused(void **state)
{
	struct vplic_assign stranger;

	(void)state;
	assert_int_equal(bind(11, 0, 11), AX_OK);
	assert_int_equal(bind(11, 1, 12), AX_EEXIST);
	assert_int_equal(bind(11, 0, 12), AX_EEXIST);
	assert_int_equal(bind(12, 0, 11), AX_EEXIST);
	assert_int_equal(axtest_log_count, 3);
	assert_int_equal(bind(0, 0, 12), AX_EINVAL);
	assert_int_equal(bind(PHYS + 1, 0, 12), AX_EINVAL);
	assert_int_equal(bind(UINT32_MAX, 0, 12), AX_EINVAL);
	assert_int_equal(bind(12, 0, 0), AX_EINVAL);
	assert_int_equal(bind(12, 0, SOURCES + 1), AX_EINVAL);
	assert_int_equal(bind(12, 0, 65536 + 12), AX_EINVAL);
	vplic_assign_init(&stranger, t.sources + 1, PHYS - 1, &host_ops, NULL);
	assert_int_equal(vplic_assign_bind(&stranger, 12, &t.vm[0].p, 12), AX_EINVAL);
	assert_int_equal(start(NULL), 0);
	assert_int_equal(bind(12, 0, 12), AX_OK); /* nothing was left half bound */
	assert_false(vplic_assign_claimed(&t.a, 0));
	assert_false(vplic_assign_claimed(&t.a, 11));
	assert_false(vplic_assign_claimed(&t.a, PHYS + 1));
	vplic_assign_completed(&t.a, &t.vm[0].p, 0);
	vplic_assign_completed(&t.a, &t.vm[0].p, PHYS + 1);
	vplic_assign_completed(&t.a, &t.vm[1].p, 12);
	assert_int_equal(t.completes, 0);
}

static void a_vm_completes_its_own_sources_only(void **state)
{
	(void)state;
	assert_int_equal(bind(11, 0, 11), AX_OK);
	assert_int_equal(bind(12, 1, 11), AX_OK); /* the same number, in another VM */
	guest_open(0, 11);
	guest_open(1, 11);
	model_line(&t.phys, 11, true);
	host_irqs();
	assert_int_equal(guest_claim(0, 0), 11);
	guest_complete(1, 0, 11);
	guest_reset(1);
	vplic_assign_completed(&t.a, &t.vm[1].p, 11); /* that was not its link */
	assert_int_equal(t.completes, 0);
	vm_destroy(1);
	vm_create(1);
	assert_true(t.phys.claimed[11]);
	guest_complete(0, 0, 11);
	assert_int_equal(t.completes, 1);
}

static void a_refused_bind_leaves_the_source_free(void **state)
{
	(void)state;
	assert_int_equal(bind(12, 0, SOURCES + 1), AX_EINVAL);
	assert_false(t.phys.enabled[t.route[12]][12]);
	assert_false(vplic_assign_claimed(&t.a, 12));
	assert_int_equal(bind(12, 1, 12), AX_OK);
}

/* --- A pCPU that delivers while the VM goes */

static struct {
	sem_t in_kick, go_on;
	_Atomic bool out;
} race;

static void slow_kick(void *ctx, uint64_t mask)
{
	/* Time in which a release that does not wait would be through. */
	const struct timespec while_ns = { .tv_nsec = 20000000 };

	(void)ctx;
	(void)mask;
	sem_post(&race.in_kick);
	sem_wait(&race.go_on);
	thrd_sleep(&while_ns, NULL);
	race.out = true;
}

static void *deliver(void *arg)
{
	(void)arg;
	return vplic_assign_claimed(&t.a, 11) ? &race : NULL;
}

static void race_enable(void *ctx, uint32_t source, bool on)
{
	host_enable(ctx, source, on);
	if (!on) {
		/* One more pCPU had claimed it before: it is the releasing one's to complete. */
		assert_true(vplic_assign_claimed(&t.a, source));
		sem_post(&race.go_on);
	}
}

static void a_release_waits_for_who_is_just_delivering(void **state)
{
	static const struct vplic_assign_host_ops ops = { race_enable, host_complete };
	pthread_t thread;
	void *got = NULL;

	(void)state;
	race.out = false;
	sem_init(&race.in_kick, 0, 0);
	sem_init(&race.go_on, 0, 0);
	vplic_assign_init(&t.a, t.sources, PHYS, &ops, NULL);
	assert_int_equal(bind(11, 0, 11), AX_OK);
	guest_open(0, 11);
	t.vm[0].p.cfg.kick = slow_kick;
	model_line(&t.phys, 11, true);
	assert_int_equal(model_claim(&t.phys, t.route[11]), 11);
	assert_int_equal(pthread_create(&thread, NULL, deliver, NULL), 0);
	sem_wait(&race.in_kick);
	vm_destroy(0);
	assert_true(race.out);
	assert_int_equal(t.completes, 1);
	assert_int_equal(pthread_join(thread, &got), 0);
	assert_ptr_equal(got, &race);
}

/* --- At random */

/* What the guest has in hand is what is claimed in hardware, source by source; the rest is free. */
static void check(void)
{
	for (uint32_t i = 1; i <= PHYS; i++) {
		int vm = t.owner[i];
		bool in_hand = vm >= 0 && (guest_pending((uint32_t)vm, t.guest[i]) ||
					   t.vm[vm].claimed[t.guest[i]]);

		assert_int_equal(t.phys.claimed[i], in_hand);
		assert_int_equal(t.phys.enabled[t.route[i]][i], vm >= 0 || i == OWN);
	}
}

static void guest_step(uint32_t vm)
{
	uint32_t source = any(SOURCES + 4), context = any(2);

	switch (any(8)) {
	case 0:
		guest_write(vm, 4 * source, any(4));
		break;
	case 1:
		guest_write(vm, PLIC_ENABLE + context * PLIC_ENABLE_STRIDE + any(2) * 4,
			    (uint32_t)(axtest_random(&t.random) | axtest_random(&t.random)));
		break;
	case 2:
		guest_write(vm, PLIC_CONTEXT + context * PLIC_CONTEXT_STRIDE, any(4));
		break;
	case 3:
	case 4:
	case 5:
		(void)guest_claim(vm, context);
		break;
	default:
		for (uint32_t n = any(3) * SOURCES; n != 0; n--) {
			source = source % SOURCES + 1;
			if (t.vm[vm].claimed[source]) {
				break;
			}
		}
		guest_complete(vm, context, source);
		break;
	}
}

static void random_step(void)
{
	uint32_t vm = any(VMS), source = 1 + any(PHYS), what = any(1000);

	axtest_cpu_id = any(HARTS);
	if (what < 600) {
		guest_step(vm);
	} else if (what < 800) {
		model_line(&t.phys, source, any(2) == 0);
	} else if (what < 970) {
		host_irq(any(HARTS));
	} else if (what < 990 && source != OWN) {
		ax_err_t taken = t.owner[source] >= 0 ? AX_EEXIST : AX_OK;
		uint32_t guest = 1 + any(SOURCES);

		for (uint32_t i = 1; i <= PHYS; i++) {
			if (t.owner[i] == (int)vm && t.guest[i] == guest) {
				taken = AX_EEXIST;
			}
		}
		if (!t.vm[vm].claimed[guest] && !guest_pending(vm, guest)) {
			assert_int_equal(bind(source, vm, guest), taken);
		}
	} else if (what < 997) {
		guest_reset(vm);
	} else {
		vm_destroy(vm);
		vm_create(vm);
	}
}

static void whatever_guests_do_each_claim_is_completed_once(void **state)
{
	(void)state;
	phys_enable(OWN, true);
	for (unsigned i = 0; i < 1000000; i++) {
		random_step();
		if (i % 4 == 0) {
			check();
		}
	}
	for (uint32_t vm = 0; vm < VMS; vm++) {
		vm_destroy(vm);
		vm_create(vm);
	}
	assert_int_equal(t.completes, t.delivered);
	assert_true(t.delivered > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_source_stays_claimed_until_the_guest_completes_it, start),
		cmocka_unit_test_setup(another_vcpu_may_complete_it, start),
		cmocka_unit_test_setup(a_second_completion_reaches_nothing, start),
		cmocka_unit_test_setup(a_guest_that_never_completes_keeps_its_own_source_only,
				       start),
		cmocka_unit_test_setup(what_a_guest_disables_waits_for_it, start),
		cmocka_unit_test_setup(a_reset_completes_what_the_guest_had_in_hand, start),
		cmocka_unit_test_setup(a_vm_that_goes_gives_its_sources_back, start),
		cmocka_unit_test_setup(what_cannot_be_bound_is_refused, start),
		cmocka_unit_test_setup(a_vm_completes_its_own_sources_only, start),
		cmocka_unit_test_setup(a_refused_bind_leaves_the_source_free, start),
		cmocka_unit_test_setup(a_release_waits_for_who_is_just_delivering, start),
		cmocka_unit_test_setup(whatever_guests_do_each_claim_is_completed_once, start),
	};

	return cmocka_run_group_tests_name("vplic-assign", tests, NULL, NULL);
}

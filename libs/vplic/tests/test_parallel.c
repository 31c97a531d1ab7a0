/* SPDX-License-Identifier: Apache-2.0 */
/* Real threads: contexts that claim from the same sources while these are raised and masked. */
#include "fixture.h"
#include <pthread.h>
#include <threads.h>

#define SOURCES  70u /* more than a word of them */
#define CLAIMERS 3u
#define CLAIMS   400000u

static struct fixture f;
static struct {
	_Atomic bool in_service[SOURCES + 1];
	_Atomic unsigned raised[SOURCES + 1], claimed[SOURCES + 1];
	_Atomic unsigned twice; /* a request that two have claimed, or that nobody made */
	_Atomic unsigned claims;
	_Atomic bool stop;
} t;

/* Now and then, outside of locks: where CPUs are few, a holder that is not running stops everybody. */
static void breathe(void)
{
	static _Thread_local unsigned n;

	if (++n % 64 == 0) {
		thrd_yield();
	}
}

/* Not fix_read(): that asserts, and says on which pCPU it is. */
static uint32_t reg_read(uint64_t off)
{
	struct ax_io io = { off, 0, 4 };
	uint64_t val = 0;

	(void)vplic_dev_ops.read(&f.p, &io, &val);
	return (uint32_t)val;
}

static void reg_write(uint64_t off, uint32_t val)
{
	struct ax_io io = { off, 0, 4 };

	(void)vplic_dev_ops.write(&f.p, &io, val);
}

static bool claim_and_complete(uint32_t context)
{
	uint64_t at = PLIC_CONTEXT + (uint64_t)context * PLIC_CONTEXT_STRIDE + PLIC_CLAIM;
	uint32_t source = reg_read(at);

	if (source == 0) {
		return false;
	}
	t.twice += atomic_exchange(&t.in_service[source], true);
	t.claimed[source]++;
	t.claims++;
	t.twice += t.claimed[source] > t.raised[source];
	atomic_store(&t.in_service[source], false);
	reg_write(at, source);
	return true;
}

static void *claimer(void *context)
{
	while (!t.stop) {
		(void)claim_and_complete(*(const uint32_t *)context);
		breathe();
	}
	return NULL;
}

static void no_kick(void *ctx, uint64_t mask)
{
	(void)ctx;
	(void)mask;
}

/* Another hart of the guest plays with priorities and thresholds, which lose nothing. */
static void *meddler(void *unused)
{
	uint64_t random = 5;

	(void)unused;
	while (!t.stop) {
		uint32_t source = 1 + (uint32_t)(axtest_random(&random) >> 20) % SOURCES;

		reg_write(PLIC_PRIORITY + 4 * source, source % 7);
		reg_write(PLIC_CONTEXT + (uint64_t)S(source % CLAIMERS) * PLIC_CONTEXT_STRIDE,
			  source % 3);
		reg_write(PLIC_PRIORITY + 4 * source, 1 + source % 7);
		breathe();
	}
	return NULL;
}

static void of_contexts_that_claim_at_once_each_request_is_ones(void **state)
{
	static const uint32_t contexts[CLAIMERS] = { S(0), S(1), S(2) };
	pthread_t threads[CLAIMERS + 1];
	uint32_t open[CLAIMERS];
	uint64_t random = 3;

	(void)state;
	fix_cfg(&f);
	f.cfg.kick = no_kick;
	fix_start(&f);
	for (uint32_t v = 0; v < FIX_VCPUS; v++) { /* pCPUs are not what this is about */
		axtest_cpu_id = v;
		vplic_intc_ops.put(&f.p, v);
	}
	for (uint32_t i = 1; i <= SOURCES; i++) {
		for (uint32_t c = 0; c < CLAIMERS; c++) {
			fix_open(&f, contexts[c], i);
		}
	}
	for (uint32_t c = 0; c < CLAIMERS; c++) {
		open[c] = contexts[c];
		assert_int_equal(pthread_create(&threads[c], NULL, claimer, &open[c]), 0);
	}
	assert_int_equal(pthread_create(&threads[CLAIMERS], NULL, meddler, NULL), 0);
	while (t.claims < CLAIMS) {
		uint32_t source = 1 + (uint32_t)(axtest_random(&random) >> 20) % SOURCES;

		t.raised[source]++;
		vplic_pulse(&f.p, source);
		breathe();
	}
	t.stop = true;
	for (uint32_t c = 0; c <= CLAIMERS; c++) {
		assert_int_equal(pthread_join(threads[c], NULL), 0);
	}
	while (claim_and_complete(S(0))) {
	}
	assert_int_equal(t.twice, 0);
	for (uint32_t i = 1; i <= SOURCES; i++) {
		assert_true(t.claimed[i] != 0 && t.claimed[i] <= t.raised[i]);
		assert_false(fix_pending(&f, i));
		fix_open(&f, S(0), i); /* nothing is left in service: it comes again */
		vplic_pulse(&f.p, i);
		assert_int_equal(fix_claim(&f, S(0)), i);
	}
	for (uint32_t v = 0; v < FIX_VCPUS; v++) {
		assert_false(vplic_intc_ops.pending(&f.p, v));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_contexts_that_claim_at_once_each_request_is_ones),
	};

	return cmocka_run_group_tests_name("vplic-parallel", tests, NULL, NULL);
}

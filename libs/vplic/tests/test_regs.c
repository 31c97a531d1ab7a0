/* SPDX-License-Identifier: Apache-2.0 */
/* The register frame: what is where, what can be written, what is refused. */
#include "fixture.h"

static struct fixture f;

static void everything_is_zero_after_power_on(void **state)
{
	(void)state;
	fix_init(&f);
	for (uint64_t off = 0; off < PLIC_ENABLE + FIX_CONTEXTS * PLIC_ENABLE_STRIDE; off += 4) {
		assert_int_equal(fix_read(&f, off), 0);
	}
	for (uint32_t c = 0; c < FIX_CONTEXTS; c++) {
		assert_int_equal(fix_read(&f, PLIC_CONTEXT + c * PLIC_CONTEXT_STRIDE), 0);
		assert_int_equal(fix_claim(&f, c), 0);
	}
}

static void a_priority_holds_the_bits_there_are(void **state)
{
	(void)state;
	fix_init(&f);
	for (uint32_t i = 0; i <= 1023; i++) {
		bool exists = i != 0 && i <= FIX_SOURCES;

		fix_priority(&f, i, 0xfffffff0u | (i & 0xf));
		assert_int_equal(fix_read(&f, 4 * i), exists ? i & 7 : 0);
	}
}

static void all_32_bits_of_a_priority_can_be_had(void **state)
{
	(void)state;
	fix_cfg(&f);
	f.cfg.priority_bits = 32;
	fix_start(&f);
	fix_priority(&f, 5, UINT32_MAX);
	assert_int_equal(fix_read(&f, 4 * 5), UINT32_MAX);
	fix_threshold(&f, S(0), UINT32_MAX - 1);
	fix_enable(&f, S(0), 5, true);
	fix_line(&f, 5, true);
	fix_enter(&f, 0);
	assert_true(f.wire[0]);
	fix_threshold(&f, S(0), UINT32_MAX);
	assert_false(f.wire[0]);
}

static void enable_bits_are_those_of_sources(void **state)
{
	(void)state;
	fix_init(&f);
	for (uint32_t c = 0; c < FIX_CONTEXTS; c++) {
		for (uint32_t w = 0; w < 32; w++) {
			uint64_t off = PLIC_ENABLE + c * PLIC_ENABLE_STRIDE + w * 4;
			uint32_t want = w == 0 ? 0xfffffffe : w < 4 ? UINT32_MAX : w == 4 ? 7 : 0;

			fix_write(&f, off, UINT32_MAX);
			assert_int_equal(fix_read(&f, off), want);
			fix_write(&f, off, 0x5a5a5a5a & ~c);
			assert_int_equal(fix_read(&f, off), 0x5a5a5a5a & ~c & want);
		}
	}
}

static void the_last_of_1023_sources_works(void **state)
{
	(void)state;
	fix_cfg(&f);
	f.cfg.source_count = VPLIC_MAX_SOURCES;
	fix_start(&f);
	fix_open(&f, S(3), 1023);
	fix_line(&f, 1023, true);
	assert_int_equal(fix_read(&f, PLIC_PENDING + 31 * 4), 0x80000000u);
	assert_int_equal(fix_claim(&f, S(3)), 1023);
	fix_line(&f, 1023, false);
	fix_complete(&f, S(3), 1023);
	assert_false(fix_pending(&f, 1023));
	fix_line(&f, 1024, true);
	fix_line(&f, UINT32_MAX, true);
	fix_line(&f, 0, true);
	for (uint32_t w = 0; w < 32; w++) {
		assert_int_equal(fix_read(&f, PLIC_PENDING + w * 4), 0);
	}
}

static void pending_bits_are_not_written(void **state)
{
	(void)state;
	fix_init(&f);
	fix_line(&f, 3, true);
	for (uint32_t w = 0; w < 32; w++) {
		fix_write(&f, PLIC_PENDING + w * 4, UINT32_MAX);
		assert_int_equal(fix_read(&f, PLIC_PENDING + w * 4), w == 0 ? 8 : 0);
		fix_write(&f, PLIC_PENDING + w * 4, 0);
		assert_int_equal(fix_read(&f, PLIC_PENDING + w * 4), w == 0 ? 8 : 0);
	}
}

static void a_threshold_holds_the_bits_there_are(void **state)
{
	(void)state;
	fix_init(&f);
	for (uint32_t c = 0; c < FIX_CONTEXTS; c++) {
		fix_threshold(&f, c, 0xfffffff8u | c);
		assert_int_equal(fix_read(&f, PLIC_CONTEXT + c * PLIC_CONTEXT_STRIDE), c);
	}
}

static void where_nothing_is_reads_are_zero_and_writes_vanish(void **state)
{
	static const uint64_t holes[] = {
		0,
		4 * (FIX_SOURCES + 1),
		0xffc,
		PLIC_PENDING + 0x80,
		PLIC_ENABLE - 4,
		PLIC_ENABLE + FIX_CONTEXTS * PLIC_ENABLE_STRIDE,
		PLIC_CONTEXT - 4,
		PLIC_CONTEXT + 8,
		PLIC_CONTEXT + 0xffc,
		PLIC_CONTEXT + FIX_CONTEXTS * PLIC_CONTEXT_STRIDE,
		PLIC_CONTEXT + FIX_CONTEXTS * PLIC_CONTEXT_STRIDE + 4,
		0x3ffffffc,
		UINT64_MAX - 3,
	};

	(void)state;
	fix_init(&f);
	for (size_t i = 0; i < AX_ARRAY_SIZE(holes); i++) {
		fix_write(&f, holes[i], UINT32_MAX);
		assert_int_equal(fix_read(&f, holes[i]), 0);
	}
	everything_is_zero_after_power_on(NULL);
}

static void an_access_that_is_no_aligned_word_faults_and_does_nothing(void **state)
{
	static const struct {
		uint64_t off;
		uint8_t size;
	} bad[] = {
		{ 4, 1 },
		{ 4, 2 },
		{ 8, 8 },
		{ 6, 4 },
		{ 5, 1 },
		{ PLIC_ENABLE, 8 },
		{ PLIC_CONTEXT + 0x1000, 8 },
		{ PLIC_CONTEXT + 0x1004, 1 },
		{ PLIC_CONTEXT + 0x1006, 2 },
		{ PLIC_CONTEXT + 0x1003, 4 },
	};

	(void)state;
	fix_init(&f);
	fix_open(&f, S(0), 1);
	fix_line(&f, 1, true);
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		struct ax_io io = { bad[i].off, 0, bad[i].size };
		uint64_t val = UINT64_MAX;

		assert_int_equal(vplic_dev_ops.read(&f.p, &io, &val), AX_IO_FAULT);
		assert_int_equal(val, 0);
		assert_int_equal(vplic_dev_ops.write(&f.p, &io, 1), AX_IO_FAULT);
	}
	assert_true(fix_pending(&f, 1));
	assert_int_equal(fix_read(&f, 8), 0);
	assert_int_equal(fix_read(&f, PLIC_CONTEXT + 0x1000), 0);
}

static void two_controllers_do_not_know_each_other(void **state)
{
	static struct fixture other;

	(void)state;
	fix_init(&other);
	fix_init(&f);
	fix_open(&f, S(1), 9);
	fix_threshold(&f, S(2), 7);
	fix_line(&f, 9, true);
	assert_int_equal(fix_read(&other, 4 * 9), 0);
	assert_false(fix_pending(&other, 9));
	fix_open(&other, S(1), 9);
	assert_int_equal(fix_claim(&other, S(1)), 0);
	assert_int_equal(fix_claim(&f, S(1)), 9);
	assert_int_equal(fix_read(&other, PLIC_CONTEXT + S(2) * PLIC_CONTEXT_STRIDE), 0);
}

static void a_configuration_that_cannot_be_is_refused(void **state)
{
	static const struct vplic_context_cfg two_wires[] = { { 0, true }, { 0, true } };
	static const struct vplic_context_cfg no_wire[] = { { 0, true }, { 1, false } };
	static const struct vplic_context_cfg no_vcpu[] = { { 0, true }, { 2, true } };
	static const struct {
		uint32_t sources, bits, vcpus, contexts;
		const struct vplic_context_cfg *cfg;
	} bad[] = {
		{ 0, 3, 4, 8, NULL },     { 1024, 3, 4, 8, NULL },    { 10, 0, 4, 8, NULL },
		{ 10, 33, 4, 8, NULL },   { 10, 3, 0, 8, NULL },      { 10, 3, 65, 8, NULL },
		{ 10, 3, 4, 0, NULL },    { 10, 3, 4, 129, NULL },    { 10, 3, 4, 7, NULL },
		{ 10, 3, 5, 8, NULL },    { 10, 3, 1, 2, two_wires }, { 10, 3, 2, 2, no_wire },
		{ 10, 3, 2, 2, no_vcpu },
	};

	(void)state;
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		fix_cfg(&f);
		f.cfg.source_count = bad[i].sources;
		f.cfg.priority_bits = bad[i].bits;
		f.cfg.vcpu_count = bad[i].vcpus;
		f.cfg.context_count = bad[i].contexts;
		f.cfg.contexts = bad[i].cfg != NULL ? bad[i].cfg : f.context_cfg;
		assert_int_equal(vplic_init(&f.p, &f.cfg, f.sources, AX_ARRAY_SIZE(f.sources),
					    f.contexts),
				 AX_EINVAL);
		assert_int_equal(axtest_log_count, 1);
	}
}

static void too_little_room_for_the_sources_is_refused(void **state)
{
	(void)state;
	fix_cfg(&f);
	assert_int_equal(vplic_init(&f.p, &f.cfg, f.sources, FIX_SOURCES, f.contexts), AX_ENOMEM);
	assert_int_equal(axtest_log_count, 1);
	assert_int_equal(vplic_init(&f.p, &f.cfg, f.sources, VPLIC_SOURCE_COUNT(FIX_SOURCES),
				    f.contexts),
			 AX_OK);
}

static void a_vcpu_that_is_none_is_the_callers_mistake(void **state)
{
	(void)state;
	fix_init(&f);
	AXTEST_EXPECT_PANIC((void)vplic_intc_ops.pending(&f.p, FIX_VCPUS));
	AXTEST_EXPECT_PANIC(vplic_intc_ops.flush(&f.p, FIX_VCPUS));
	AXTEST_EXPECT_PANIC(vplic_intc_ops.sync(&f.p, FIX_VCPUS));
	AXTEST_EXPECT_PANIC(vplic_intc_ops.load(&f.p, 0));
	AXTEST_EXPECT_PANIC(vplic_intc_ops.reset(&f.p));
	vplic_intc_ops.put(&f.p, 0);
	AXTEST_EXPECT_PANIC(vplic_intc_ops.put(&f.p, 0));
	vplic_dev_ops.reset(&f.p); /* nothing, the state is the controller's */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_zero_after_power_on),
		cmocka_unit_test(a_priority_holds_the_bits_there_are),
		cmocka_unit_test(all_32_bits_of_a_priority_can_be_had),
		cmocka_unit_test(enable_bits_are_those_of_sources),
		cmocka_unit_test(the_last_of_1023_sources_works),
		cmocka_unit_test(pending_bits_are_not_written),
		cmocka_unit_test(a_threshold_holds_the_bits_there_are),
		cmocka_unit_test(where_nothing_is_reads_are_zero_and_writes_vanish),
		cmocka_unit_test(an_access_that_is_no_aligned_word_faults_and_does_nothing),
		cmocka_unit_test(two_controllers_do_not_know_each_other),
		cmocka_unit_test(a_configuration_that_cannot_be_is_refused),
		cmocka_unit_test(too_little_room_for_the_sources_is_refused),
		cmocka_unit_test(a_vcpu_that_is_none_is_the_callers_mistake),
	};

	return cmocka_run_group_tests_name("vplic-regs", tests, NULL, NULL);
}

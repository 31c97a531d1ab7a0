/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reset, save and load: nothing is lost, nothing damaged gets in, and physical sources are let go.
 */
#include "fixture.h"
#include <axbase/bitmap.h>
#include <axbase/mem.h>

#define HEAD_BYTES    24u
#define SOURCE_BYTES  8u
#define CONTEXT_BYTES 136u
#define SIZE          (HEAD_BYTES + FIX_SOURCES * SOURCE_BYTES + FIX_CONTEXTS * CONTEXT_BYTES)

static struct fixture f, g;
static uint8_t snap[SIZE + 8], other[SIZE + 8];

static void unload(struct fixture *x)
{
	for (uint32_t v = 0; v < FIX_VCPUS; v++) {
		axtest_cpu_id = v;
		vplic_intc_ops.put(&x->p, v);
	}
}

/* Source 3 has an edge gateway. */
static void start(struct fixture *x)
{
	static uint64_t edge[VPLIC_WORDS] = { 1u << 3 };

	fix_cfg(x);
	x->cfg.edge = edge;
	fix_start(x);
}

/*
 * 1 pending and high, 2 claimed and high, 3 claimed with an edge to come, 70 pending with a line
 * that has fallen, 130 claimed, its line low.
 */
static void busy(struct fixture *x)
{
	static const uint32_t ids[] = { 2, 3, 130, 1, 70 };

	start(x);
	for (size_t i = 0; i < AX_ARRAY_SIZE(ids); i++) {
		fix_open(x, S(1), ids[i]);
		fix_priority(x, ids[i], 7 - (uint32_t)i);
		fix_line(x, ids[i], true);
	}
	assert_int_equal(fix_claim(x, S(1)), 2);
	assert_int_equal(fix_claim(x, S(1)), 3);
	assert_int_equal(fix_claim(x, S(1)), 130);
	fix_line(x, 3, false);
	fix_line(x, 3, true);
	fix_line(x, 70, false);
	fix_line(x, 130, false);
	fix_threshold(x, S(1), 3);
	fix_enable(x, M(2), 5, true);
}

static void the_saved_state_goes_on_where_it_was(void **state)
{
	size_t len = 0, again = 0;

	(void)state;
	busy(&f);
	unload(&f);
	assert_int_equal(vplic_intc_ops.save(&f.p, snap, sizeof(snap), &len), AX_OK);
	assert_int_equal(len, SIZE);
	start(&g);
	unload(&g);
	assert_int_equal(vplic_intc_ops.load_state(&g.p, snap, len), AX_OK);
	assert_int_equal(vplic_intc_ops.save(&g.p, other, sizeof(other), &again), AX_OK);
	assert_int_equal(again, len);
	assert_memory_equal(snap, other, len);
	assert_true(vplic_intc_ops.pending(&g.p, 1)); /* 1 has priority 4 */
	assert_int_equal(g.kicked, 2);                /* it may be waiting */
	axtest_cpu_id = 6;
	vplic_intc_ops.load(&g.p, 1);
	assert_true(g.wire[6]);
	assert_int_equal(fix_claim(&g, S(1)), 1);
	assert_int_equal(fix_claim(&g, S(1)), 70);
	assert_int_equal(fix_claim(&g, S(1)), 0);
	fix_complete(&g, S(1), 70);
	fix_complete(&g, S(1), 130);
	assert_int_equal(fix_claim(&g, S(1)), 0);
	fix_complete(&g, S(1), 2);
	assert_int_equal(fix_claim(&g, S(1)), 2);
	fix_complete(&g, S(1), 3);
	assert_int_equal(fix_claim(&g, S(1)), 3);
	fix_complete(&g, S(1), 3);
	assert_int_equal(fix_claim(&g, S(1)), 0);
}

static void reset_keeps_the_lines_and_nothing_else(void **state)
{
	(void)state;
	busy(&f);
	unload(&f);
	vplic_intc_ops.reset(&f.p);
	for (uint32_t c = 0; c < FIX_CONTEXTS; c++) {
		assert_int_equal(fix_read(&f, PLIC_CONTEXT + c * PLIC_CONTEXT_STRIDE), 0);
		for (uint32_t w = 0; w < 32; w++) {
			assert_int_equal(fix_read(&f, PLIC_ENABLE + c * PLIC_ENABLE_STRIDE + w * 4),
					 0);
		}
	}
	for (uint32_t i = 1; i <= FIX_SOURCES; i++) {
		assert_int_equal(fix_read(&f, 4 * i), 0);
		assert_int_equal(fix_pending(&f, i), i == 1 || i == 2); /* high levels */
	}
	assert_false(vplic_intc_ops.pending(&f.p, 1));
	fix_open(&f, S(1), 2);
	fix_open(&f, S(1), 3);
	assert_int_equal(fix_claim(&f, S(1)), 2); /* not claimed any more */
	fix_line(&f, 3, true);
	assert_int_equal(fix_claim(&f, S(1)), 0); /* high already: no edge */
	fix_line(&f, 3, false);
	fix_line(&f, 3, true);
	assert_int_equal(fix_claim(&f, S(1)), 3);
}

static void what_a_reset_or_a_load_cuts_off_is_told_to_its_link(void **state)
{
	static const uint32_t linked[] = { 1, 4, 70, 130 };
	size_t len = 0;

	(void)state;
	for (int load = 0; load < 2; load++) {
		start(&f);
		unload(&f);
		assert_int_equal(vplic_intc_ops.save(&f.p, snap, sizeof(snap), &len), AX_OK);
		busy(&f);
		unload(&f);
		for (size_t i = 0; i < AX_ARRAY_SIZE(linked); i++) {
			assert_int_equal(vplic_link(&f.p, linked[i], 500 + linked[i]), AX_OK);
		}
		if (load != 0) {
			assert_int_equal(vplic_intc_ops.load_state(&f.p, snap, len), AX_OK);
		} else {
			vplic_intc_ops.reset(&f.p);
		}
		assert_int_equal(f.completed_count, 3);
		assert_int_equal(f.completed[0], 501);
		assert_int_equal(f.completed[1], 570);
		assert_int_equal(f.completed[2], 630);
	}
}

static void a_running_controller_is_neither_saved_nor_loaded(void **state)
{
	size_t len = 0;

	(void)state;
	start(&f);
	for (uint32_t v = 0; v < FIX_VCPUS; v++) {
		assert_int_equal(vplic_intc_ops.save(&f.p, snap, sizeof(snap), &len), AX_EBUSY);
		assert_int_equal(vplic_intc_ops.load_state(&f.p, snap, SIZE), AX_EBUSY);
		axtest_cpu_id = v;
		vplic_intc_ops.put(&f.p, v);
	}
	assert_int_equal(vplic_intc_ops.save(&f.p, snap, SIZE - 1, &len), AX_ENOSPC);
	assert_int_equal(len, 0);
	assert_int_equal(vplic_intc_ops.save(&f.p, snap, SIZE, &len), AX_OK);
}

static size_t source_at(uint32_t source)
{
	return HEAD_BYTES + (source - 1) * SOURCE_BYTES;
}

static size_t context_at(uint32_t context)
{
	return HEAD_BYTES + FIX_SOURCES * SOURCE_BYTES + context * CONTEXT_BYTES;
}

/* Flags in a snapshot. */
enum { LINE = 2, CLAIMED = 4, LATCH = 8, PENDING = 16 };

static void damage_is_refused_and_changes_nothing(void **state)
{
	const struct {
		size_t at;
		uint8_t val;
		ax_err_t err;
	} bad[] = {
		{ 0, 0, AX_EVERSION },                /* magic */
		{ 4, 9, AX_EVERSION },                /* version */
		{ 6, 1, AX_EVERSION },                /* reserved */
		{ 8, 1, AX_EVERSION },                /* size */
		{ 12, 1, AX_EINVAL },                 /* sources */
		{ 16, 1, AX_EINVAL },                 /* contexts */
		{ 20, 3, AX_EINVAL },                 /* priority bits */
		{ source_at(1), 8, AX_EINVAL },       /* a priority too wide */
		{ source_at(130) + 3, 1, AX_EINVAL }, /* the same */
		{ source_at(5) + 4, 1, AX_EINVAL },   /* the gateway is not ours to load */
		{ source_at(5) + 4, 32, AX_EINVAL },  /* no such flag */
		{ source_at(5) + 7, 1, AX_EINVAL },   /* no such flag */
		{ source_at(5) + 4, CLAIMED | PENDING, AX_EINVAL },
		{ source_at(5) + 4, LINE, AX_EINVAL },            /* high, and nobody knows */
		{ source_at(5) + 4, CLAIMED | LATCH, AX_EINVAL }, /* of a level */
		{ source_at(3) + 4, LATCH, AX_EINVAL },           /* behind nothing */
		{ source_at(3) + 4, LATCH | PENDING, AX_EINVAL },
		{ context_at(0), 8, AX_EINVAL },              /* a threshold too wide */
		{ context_at(7) + 4, 1, AX_EINVAL },          /* reserved */
		{ context_at(2) + 8, 1, AX_EINVAL },          /* source 0 */
		{ context_at(2) + 8 + 16, 8, AX_EINVAL },     /* source 131 */
		{ context_at(7) + 8 + 127, 0x80, AX_EINVAL }, /* source 1023 */
	};
	size_t len = 0;

	(void)state;
	busy(&f);
	unload(&f);
	assert_int_equal(vplic_intc_ops.save(&f.p, snap, sizeof(snap), &len), AX_OK);
	for (size_t i = 0; i < AX_ARRAY_SIZE(bad); i++) {
		memcpy(other, snap, SIZE);
		other[bad[i].at] = bad[i].val;
		assert_int_equal(vplic_intc_ops.load_state(&f.p, other, SIZE), bad[i].err);
		assert_int_equal(vplic_intc_ops.save(&f.p, other, sizeof(other), &len), AX_OK);
		assert_memory_equal(other, snap, SIZE);
	}
	for (size_t n = 0; n < SIZE; n += 7) {
		assert_int_equal(vplic_intc_ops.load_state(&f.p, snap, n), AX_EVERSION);
	}
	memcpy(other, snap, SIZE);
	other[8] = (uint8_t)(SIZE + 8); /* a size that is told and given, and is not this one's */
	other[9] = (uint8_t)((SIZE + 8) >> 8);
	assert_int_equal(vplic_intc_ops.load_state(&f.p, other, SIZE + 8), AX_EINVAL);
}

static void flags_that_can_be_are_loaded(void **state)
{
	static const struct {
		uint32_t source;
		uint8_t flags;
	} good[] = {
		{ 5, 0 },       { 5, PENDING },        { 5, PENDING | LINE },
		{ 5, CLAIMED }, { 5, CLAIMED | LINE }, { 3, LINE },
		{ 3, PENDING }, { 3, CLAIMED },        { 3, CLAIMED | LATCH | LINE },
	};
	size_t len = 0;

	(void)state;
	start(&f);
	unload(&f);
	assert_int_equal(vplic_intc_ops.save(&f.p, snap, sizeof(snap), &len), AX_OK);
	for (size_t i = 0; i < AX_ARRAY_SIZE(good); i++) {
		memcpy(other, snap, SIZE);
		other[source_at(good[i].source) + 4] = good[i].flags;
		assert_int_equal(vplic_intc_ops.load_state(&f.p, other, SIZE), AX_OK);
		assert_int_equal(fix_pending(&f, good[i].source), (good[i].flags & PENDING) != 0);
	}
}

static void the_frame_saves_a_header_only(void **state)
{
	size_t len = 0;

	(void)state;
	start(&f);
	assert_int_equal(vplic_dev_ops.save(&f.p, snap, 11, &len), AX_ENOSPC);
	assert_int_equal(vplic_dev_ops.save(&f.p, snap, sizeof(snap), &len), AX_OK);
	assert_int_equal(len, 12);
	assert_int_equal(vplic_dev_ops.load(&f.p, snap, len), AX_OK);
	assert_int_equal(vplic_dev_ops.load(&f.p, snap, len - 1), AX_EVERSION);
	snap[6] = 1;
	assert_int_equal(vplic_dev_ops.load(&f.p, snap, len), AX_EVERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_saved_state_goes_on_where_it_was),
		cmocka_unit_test(reset_keeps_the_lines_and_nothing_else),
		cmocka_unit_test(what_a_reset_or_a_load_cuts_off_is_told_to_its_link),
		cmocka_unit_test(a_running_controller_is_neither_saved_nor_loaded),
		cmocka_unit_test(damage_is_refused_and_changes_nothing),
		cmocka_unit_test(flags_that_can_be_are_loaded),
		cmocka_unit_test(the_frame_saves_a_header_only),
	};

	return cmocka_run_group_tests_name("vplic-snapshot", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The controller against the plain model, over long random sequences on 1 to 1,023 sources. After
 * every step each vCPU's wire is what the model says, or the vCPU has been asked to come out for
 * it: no request is lost, stuck or seen twice, wherever vCPUs run, sleep and move meanwhile.
 */
#include "model.h"
#include <axtest/axtest.h>
#include <axbase/bitmap.h>
#include <axbase/mem.h>
#include <vplic/vplic.h>

#define VCPUS 4u
#define PCPUS 5u /* the last one has no vCPU at first */

static struct {
	struct model m;
	struct vplic p;
	struct vplic_source sources[VPLIC_SOURCE_COUNT(VPLIC_MAX_SOURCES)];
	struct vplic_context contexts[MODEL_CONTEXTS];
	uint32_t context_of[VCPUS];
	bool wire[PCPUS], enabled[PCPUS];
	int on_cpu[VCPUS]; /* or -1 */
	int cpu_has[PCPUS];
	bool sleeps[VCPUS];
	bool was_low[VCPUS]; /* since it sleeps: what rises then must wake it */
	uint64_t kicked;
	uint64_t random;
	unsigned step, shape, claims, completions, ended;
} t;

static uint32_t any(uint32_t below)
{
	return (uint32_t)(axtest_random(&t.random) >> 20) % below;
}

static void set_external(void *ctx, bool level)
{
	(void)ctx;
	t.wire[axtest_cpu_id] = level;
}

static bool external_enabled(void *ctx)
{
	(void)ctx;
	return t.enabled[axtest_cpu_id];
}
static const struct vplic_hw_ops hw_ops = { set_external, external_enabled };

static void kick(void *ctx, uint64_t mask)
{
	(void)ctx;
	t.kicked |= mask;
}

static void completed(void *ctx, const struct vplic *p, uint32_t link)
{
	(void)ctx;
	(void)p;
	assert_int_equal(link, t.m.source_count);
	t.ended++;
}

static uint32_t reg_read(uint64_t off)
{
	struct ax_io io = { off, 0, 4 };
	uint64_t val = 0;

	assert_int_equal(vplic_dev_ops.read(&t.p, &io, &val), AX_IO_HANDLED);
	return (uint32_t)val;
}

static void reg_write(uint64_t off, uint32_t val)
{
	struct ax_io io = { off, 0, 4 };

	assert_int_equal(vplic_dev_ops.write(&t.p, &io, val), AX_IO_HANDLED);
}

static uint64_t page(uint32_t context)
{
	return PLIC_CONTEXT + (uint64_t)context * PLIC_CONTEXT_STRIDE;
}

/* Also ids that are none. */
static uint32_t any_source(void)
{
	return any(16) == 0 ? any(1100) : 1 + any(t.m.source_count);
}

/* Through the door, as the exit path does it. */
static void enter(uint32_t vcpu)
{
	struct ax_intc_watch watch;

	axtest_cpu_id = (uint32_t)t.on_cpu[vcpu];
	vplic_intc_ops.watch(&t.p, vcpu, &watch);
	if (*watch.flush != 0) {
		vplic_intc_ops.flush(&t.p, vcpu);
	}
	t.kicked &= ~(UINT64_C(1) << vcpu);
	t.sleeps[vcpu] = false;
}

/* --- What can happen */

static void registers(void)
{
	uint32_t c = any(t.m.context_count), source = any_source();
	uint32_t val = (uint32_t)axtest_random(&t.random), word;

	switch (any(6)) {
	case 0:
	case 1:
		reg_write(PLIC_PRIORITY + 4 * (uint64_t)(source % 1024), val);
		model_priority(&t.m, source % 1024, val);
		break;
	case 2:
		reg_write(page(c) + PLIC_THRESHOLD, val & 3);
		model_threshold(&t.m, c, val & 3);
		break;
	case 3: /* one bit, or all of them at random */
		word = source % 1024 / 32;
		val = any(4) == 0 ? val : model_enable_word(&t.m, c, word) ^ 1u << source % 32;
		reg_write(PLIC_ENABLE + c * PLIC_ENABLE_STRIDE + word * 4, val);
		model_enable(&t.m, c, word, val);
		break;
	default:
		word = source % 1024 / 32;
		val = val | 1u << source % 32;
		reg_write(PLIC_ENABLE + c * PLIC_ENABLE_STRIDE + word * 4, val);
		model_enable(&t.m, c, word, val);
		break;
	}
}

static void claim_or_complete(void)
{
	uint32_t c = any(t.m.context_count), source = any_source();

	if (any(2) == 0) {
		uint32_t got = reg_read(page(c) + PLIC_CLAIM);

		assert_int_equal(got, model_claim(&t.m, c));
		t.claims += got != 0;
		return;
	}
	for (uint32_t n = any(4) * t.m.source_count; n != 0; n--) { /* mostly one in service */
		source = source % t.m.source_count + 1;
		if (t.m.claimed[source]) {
			break;
		}
	}
	for (uint32_t n = any(4) * t.m.context_count; n != 0; n--) { /* by one that may */
		c = (c + 1) % t.m.context_count;
		if (source < MODEL_SOURCES && t.m.enabled[c][source]) {
			break;
		}
	}
	reg_write(page(c) + PLIC_CLAIM, source);
	if (model_complete(&t.m, c, source)) {
		t.completions++;
		t.ended -= source == t.m.source_count;
	}
}

static void line(void)
{
	uint32_t source = any_source();
	bool level = any(2) == 0;

	vplic_intc_ops.set_irq(&t.p, any(VCPUS), source, level);
	model_line(&t.m, source, level);
}

static void put(uint32_t v)
{
	axtest_cpu_id = (uint32_t)t.on_cpu[v];
	vplic_intc_ops.put(&t.p, v);
	t.cpu_has[t.on_cpu[v]] = -1;
	t.on_cpu[v] = -1;
	t.sleeps[v] = false;
}

static void move(void)
{
	uint32_t v = any(VCPUS), cpu = any(PCPUS);

	if (t.on_cpu[v] >= 0) {
		put(v);
	}
	if (t.cpu_has[cpu] < 0 && any(4) != 0) {
		axtest_cpu_id = cpu;
		vplic_intc_ops.load(&t.p, v);
		t.cpu_has[cpu] = (int)v;
		t.on_cpu[v] = (int)cpu;
		t.kicked &= ~(UINT64_C(1) << v);
	}
}

static void doze(void)
{
	uint32_t v = any(VCPUS);

	if (t.on_cpu[v] >= 0 && !(t.kicked >> v & 1)) {
		axtest_cpu_id = (uint32_t)t.on_cpu[v];
		t.enabled[axtest_cpu_id] = any(2) == 0;
		t.sleeps[v] = !vplic_prepare_idle(&t.p, v);
		t.was_low[v] = false;
		assert_int_equal(!t.sleeps[v],
				 model_level(&t.m, t.context_of[v]) && t.enabled[axtest_cpu_id]);
	}
}

static void reset_or_reload(void)
{
	static uint8_t a[32768], b[32768];
	unsigned outstanding = t.m.pending[t.m.source_count] || t.m.claimed[t.m.source_count];
	size_t len = 0, again = 0;

	for (uint32_t v = 0; v < VCPUS; v++) {
		if (t.on_cpu[v] >= 0) {
			put(v);
		}
	}
	if (any(2) == 0) {
		vplic_intc_ops.reset(&t.p);
		model_reset(&t.m);
	} else {
		assert_int_equal(vplic_intc_ops.save(&t.p, a, sizeof(a), &len), AX_OK);
		assert_int_equal(vplic_intc_ops.load_state(&t.p, a, len), AX_OK);
		assert_int_equal(vplic_intc_ops.save(&t.p, b, sizeof(b), &again), AX_OK);
		assert_int_equal(len, again);
		assert_memory_equal(a, b, len);
	}
	t.ended -= outstanding;
	t.kicked = 0;
}

/* --- What must hold */

static void check_wires(void)
{
	for (uint32_t v = 0; v < VCPUS; v++) {
		bool level = model_level(&t.m, t.context_of[v]);
		bool wire = t.on_cpu[v] >= 0 && t.wire[t.on_cpu[v]];

		if (vplic_intc_ops.pending(&t.p, v) != level) {
			fail_msg("shape %u step %u: wire of vCPU %u is not %d", t.shape, t.step, v,
				 level);
		}
		if (t.sleeps[v] && t.was_low[v] && level && !(t.kicked >> v & 1)) {
			fail_msg("shape %u step %u: vCPU %u sleeps on", t.shape, t.step, v);
		}
		t.was_low[v] = t.was_low[v] || !level;
		if (t.on_cpu[v] < 0 || wire == level || (t.kicked >> v & 1)) {
			continue;
		}
		/* Nobody told it to come out: only one that sleeps through a wire that falls. */
		if (!t.sleeps[v] || level) {
			fail_msg("shape %u step %u: vCPU %u not told of %d", t.shape, t.step, v,
				 level);
		}
	}
	for (uint32_t cpu = 0; cpu < PCPUS; cpu++) {
		assert_false(t.cpu_has[cpu] < 0 && t.wire[cpu]);
	}
	assert_int_equal(t.ended, 0);
}

static void check_registers(void)
{
	for (uint32_t w = 0; w < 32; w++) {
		assert_int_equal(reg_read(PLIC_PENDING + w * 4), model_pending_word(&t.m, w));
		for (uint32_t c = 0; c < t.m.context_count; c++) {
			assert_int_equal(reg_read(PLIC_ENABLE + c * PLIC_ENABLE_STRIDE + w * 4),
					 model_enable_word(&t.m, c, w));
		}
	}
	for (uint32_t i = 0; i < 1024; i++) {
		assert_int_equal(reg_read(PLIC_PRIORITY + 4 * i), t.m.priority[i]);
	}
	for (uint32_t c = 0; c < t.m.context_count; c++) {
		assert_int_equal(reg_read(page(c) + PLIC_THRESHOLD), t.m.threshold[c]);
	}
}

static void step(void)
{
	uint32_t v = any(VCPUS), what = any(100);

	axtest_cpu_id = any(PCPUS); /* where this happens */
	if (t.cpu_has[axtest_cpu_id] >= 0 && any(2) == 0) {
		enter((uint32_t)t.cpu_has[axtest_cpu_id]); /* an exit came before it */
	}
	if (what < 25) {
		registers();
	} else if (what < 60) {
		claim_or_complete();
	} else if (what < 85) {
		line();
	} else if (what < 90) {
		move();
	} else if (what < 94) {
		doze();
	} else if (any(500) == 0) {
		reset_or_reload();
	} else if (t.on_cpu[v] >= 0) {
		enter(v);
	}
}

/* --- Shapes */

static void start(uint32_t sources, uint32_t contexts, uint32_t bits)
{
	struct vplic_context_cfg cc[MODEL_CONTEXTS];
	uint64_t edge[VPLIC_WORDS];
	struct vplic_cfg cfg = {
		.source_count = sources,
		.priority_bits = bits,
		.vcpu_count = VCPUS,
		.context_count = contexts,
		.contexts = cc,
		.edge = edge,
		.kick = kick,
		.completed = completed,
		.hw = &hw_ops,
	};

	memset(&t, 0, sizeof(t));
	axtest_port_reset();
	t.random = sources * 977 + contexts;
	t.m.source_count = sources;
	t.m.context_count = contexts;
	t.m.priority_mask = (uint32_t)((UINT64_C(1) << bits) - 1);
	for (uint32_t w = 0; w < VPLIC_WORDS; w++) {
		edge[w] = axtest_random(&t.random);
	}
	for (uint32_t i = 1; i <= sources; i++) {
		t.m.edge[i] = ax_bitmap_test(edge, i);
	}
	for (uint32_t c = 0; c < contexts; c++) { /* the last ones are wired */
		cc[c] = (struct vplic_context_cfg){ (uint16_t)(c % VCPUS), c >= contexts - VCPUS };
		if (cc[c].wired) {
			t.context_of[cc[c].vcpu] = c;
		}
	}
	assert_int_equal(vplic_init(&t.p, &cfg, t.sources, VPLIC_SOURCE_COUNT(sources), t.contexts),
			 AX_OK);
	assert_int_equal(vplic_link(&t.p, sources, sources), AX_OK);
	for (uint32_t i = 0; i < PCPUS; i++) {
		t.cpu_has[i] = -1;
	}
	for (uint32_t v = 0; v < VCPUS; v++) {
		t.on_cpu[v] = (int)v;
		t.cpu_has[v] = (int)v;
		axtest_cpu_id = v;
		vplic_intc_ops.load(&t.p, v);
	}
}

static void it_does_what_the_plain_model_does(void **state)
{
	static const struct {
		uint32_t sources, contexts, bits;
		unsigned steps;
	} shapes[] = {
		{ 1, 4, 1, 600000 },  { 7, 4, 2, 1400000 },   { 31, 8, 3, 1000000 },
		{ 63, 4, 3, 400000 }, { 64, 4, 2, 400000 },   { 65, 6, 32, 400000 },
		{ 96, 8, 3, 200000 }, { 1023, 16, 3, 20000 },
	};

	(void)state;
	for (t.shape = 0; t.shape < AX_ARRAY_SIZE(shapes);) {
		unsigned shape = t.shape;

		start(shapes[shape].sources, shapes[shape].contexts, shapes[shape].bits);
		t.shape = shape;
		for (t.step = 0; t.step < shapes[shape].steps; t.step++) {
			step();
			check_wires();
			if (t.step % 2000 == 0) {
				check_registers();
			}
		}
		assert_true(t.claims > shapes[shape].steps / 50);
		assert_true(t.completions > shapes[shape].steps / 50);
		t.shape = shape + 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_does_what_the_plain_model_does),
	};

	return cmocka_run_group_tests_name("vplic-model", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes to a sequence of what a guest, its devices and its CPUs can do. After each step, by what
 * the registers say: a vCPU's wire is high exactly if something is pending, enabled and above its
 * threshold; the hardware shows that, or the vCPU has been asked to come out; registers hold
 * nothing that no register can; a claim is of the best there was; what was saved can be loaded, and
 * what was damaged is refused or sane.
 */
#include <axtest/axtest.h>
#include <axbase/bitmap.h>
#include <axbase/mem.h>
#include <stdlib.h>
#include <vplic/vplic.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VCPUS    3u
#define CONTEXTS 5u
#define LINK     4242u

static struct vplic p;
static struct vplic_source sources[VPLIC_SOURCE_COUNT(VPLIC_MAX_SOURCES)];
static struct vplic_context contexts[CONTEXTS];
static bool wire[VCPUS], enabled[VCPUS], loaded[VCPUS], sleeps[VCPUS];
static uint64_t kicked;
static uint32_t source_count, priority_mask;
static const struct vplic_context_cfg context_cfg[CONTEXTS] = {
	{ 0, false }, { 0, true }, { 1, true }, { 2, false }, { 2, true },
};
static const uint32_t context_of[VCPUS] = { 1, 2, 4 };

#define CHECK(cond)              \
	do {                     \
		if (!(cond)) {   \
			abort(); \
		}                \
	} while (0)

static void kick(void *ctx, uint64_t mask)
{
	(void)ctx;
	CHECK(mask != 0 && mask >> VCPUS == 0 && !ax_spin_is_held(&p.lock));
	CHECK(!(loaded[axtest_cpu_id] && !sleeps[axtest_cpu_id] && (mask >> axtest_cpu_id & 1)));
	kicked |= mask;
}

static void completed(void *ctx, const struct vplic *from, uint32_t link)
{
	(void)ctx;
	CHECK(from == &p && link == LINK && !ax_spin_is_held(&p.lock));
}

static void set_external(void *ctx, bool level)
{
	(void)ctx;
	CHECK(ax_spin_is_held(&p.lock));
	wire[axtest_cpu_id] = level;
}

static bool external_enabled(void *ctx)
{
	(void)ctx;
	return enabled[axtest_cpu_id];
}
static const struct vplic_hw_ops hw_ops = { set_external, external_enabled };

static uint32_t reg(uint64_t off)
{
	struct ax_io io = { off, 0, 4 };
	uint64_t val = UINT64_MAX;

	CHECK(vplic_dev_ops.read(&p, &io, &val) == AX_IO_HANDLED && val <= UINT32_MAX);
	return (uint32_t)val;
}

/* The best of @context by its registers; *@above: it is above the threshold. */
static uint32_t best_of(uint32_t context, bool *above)
{
	uint32_t best = 0, priority = 0;

	for (uint32_t w = 0; w <= source_count / 32; w++) {
		uint64_t off = PLIC_ENABLE + context * PLIC_ENABLE_STRIDE + 4 * w;
		uint64_t bits = reg(PLIC_PENDING + 4 * w) & reg(off);

		for (; bits != 0; bits &= bits - 1) {
			uint32_t source = w * 32 + ax_ctz64(bits);

			CHECK(source != 0 && source <= source_count);
			if (reg(4 * source) > priority) {
				best = source;
				priority = reg(4 * source);
			}
		}
	}
	CHECK((priority & ~priority_mask) == 0);
	*above = priority > reg(PLIC_CONTEXT + context * PLIC_CONTEXT_STRIDE);
	return best;
}

static void check(void)
{
	for (uint32_t v = 0; v < VCPUS; v++) {
		bool level;

		(void)best_of(context_of[v], &level);
		CHECK(vplic_intc_ops.pending(&p, v) == level);
		CHECK(loaded[v] || !wire[v]);
		CHECK(!loaded[v] || (kicked >> v & 1) || wire[v] == level || (sleeps[v] && !level));
	}
}

static void enter(uint32_t v)
{
	struct ax_intc_watch watch;

	axtest_cpu_id = v;
	vplic_intc_ops.watch(&p, v, &watch);
	CHECK(*watch.sync == 0);
	if (*watch.flush != 0) {
		vplic_intc_ops.flush(&p, v);
		CHECK(!loaded[v] || *watch.flush == 0);
	}
	kicked &= ~AX_BIT64(v);
	sleeps[v] = false;
}

static void access(const struct ax_io *io, bool write, uint64_t val)
{
	bool word = io->size == 4 && io->off % 4 == 0;
	uint64_t page = io->off - PLIC_CONTEXT, out = UINT64_MAX;
	enum ax_io_result want = word ? AX_IO_HANDLED : AX_IO_FAULT;
	uint32_t best = 0;
	bool above;

	if (write) {
		CHECK(vplic_dev_ops.write(&p, io, val) == want);
		return;
	}
	if (io->off >= PLIC_CONTEXT && page / PLIC_CONTEXT_STRIDE < CONTEXTS &&
	    page % PLIC_CONTEXT_STRIDE == PLIC_CLAIM) {
		best = best_of((uint32_t)(page / PLIC_CONTEXT_STRIDE), &above);
		CHECK(vplic_dev_ops.read(&p, io, &out) == want);
		CHECK(out == (word ? best : 0));
	} else {
		CHECK(vplic_dev_ops.read(&p, io, &out) == want);
		CHECK(out <= UINT32_MAX && (word || out == 0));
	}
}

static void put_all(void)
{
	for (uint32_t v = 0; v < VCPUS; v++) {
		axtest_cpu_id = v;
		if (loaded[v]) {
			vplic_intc_ops.put(&p, v);
		}
		loaded[v] = false;
		sleeps[v] = false;
	}
}

/* Saved, damaged at one place, loaded: if that is accepted, it is what is saved again. */
static void save_and_load(const uint8_t *in)
{
	static uint8_t a[16384], b[16384];
	size_t len = 0, again = 0, at;
	ax_err_t err;

	put_all();
	CHECK(vplic_intc_ops.save(&p, a, sizeof(a), &len) == AX_OK);
	at = (size_t)(in[2] | in[3] << 8) % len;
	a[at] = (uint8_t)(a[at] ^ in[4]);
	err = vplic_intc_ops.load_state(&p, a, len);
	CHECK(err == AX_OK || in[4] != 0);
	CHECK(vplic_intc_ops.save(&p, b, sizeof(b), &again) == AX_OK && again == len);
	a[at] = (uint8_t)(err == AX_OK ? a[at] : a[at] ^ in[4]);
	CHECK(memcmp(a, b, len) == 0);
}

static uint64_t offset(const uint8_t *in)
{
	uint64_t low = (uint64_t)(in[2] | in[3] << 8);

	switch (in[1] >> 3 & 3) {
	case 0: /* priorities, pending bits, and more */
		return low & 0x1fff;
	case 1:
		return PLIC_ENABLE + (low & 0x3ff);
	case 2:
		return PLIC_CONTEXT + (low >> 8) % 8 * PLIC_CONTEXT_STRIDE + (low & 7);
	default:
		return low << 8 | (low & 7);
	}
}

/* One step is eight bytes: operation, vCPU and size, two bytes of address, four of value. */
static void step(const uint8_t *in)
{
	static const uint8_t sizes[] = { 4, 4, 4, 4, 4, 8, 2, 1 };
	uint32_t v = in[1] % 4 % VCPUS, val;
	struct ax_io io = { offset(in), v, sizes[in[1] >> 5] };
	uint32_t source = (uint32_t)(in[2] | in[3] << 8);

	memcpy(&val, in + 4, sizeof(val));
	axtest_cpu_id = v;
	switch (in[0] % 16) {
	default: /* by the guest, so it is out, and awake */
		enter(v);
		access(&io, in[0] & 0x80, val & ax_byte_mask(io.size));
		break;
	case 8:
	case 9:
	case 10:
		vplic_intc_ops.set_irq(&p, v, in[1] & 4 ? source : source % 80, val & 1);
		break;
	case 11:
		vplic_pulse(&p, in[1] & 4 ? source : source % 80);
		break;
	case 12:
		if (loaded[v]) {
			vplic_intc_ops.put(&p, v);
		} else {
			vplic_intc_ops.load(&p, v);
			kicked &= ~AX_BIT64(v);
		}
		loaded[v] = !loaded[v];
		sleeps[v] = false;
		break;
	case 13:
		enter(v);
		enabled[v] = val & 1;
		sleeps[v] = !vplic_prepare_idle(&p, v) && loaded[v];
		break;
	case 14:
		enter(v);
		break;
	case 15:
		if (in[1] & 4) {
			save_and_load(in);
		} else {
			put_all();
			vplic_intc_ops.reset(&p);
		}
		break;
	}
}

static void start(const uint8_t *in)
{
	static const uint16_t counts[] = { 1, 31, 32, 63, 64, 65, 127, 1023 };
	static const uint32_t bits[] = { 3, 1, 7, 32 };
	uint64_t edge[VPLIC_WORDS];
	struct vplic_cfg cfg = { .source_count = counts[in[0] & 7],
				 .priority_bits = bits[in[0] >> 3 & 3],
				 .vcpu_count = VCPUS,
				 .context_count = CONTEXTS,
				 .contexts = context_cfg,
				 .edge = edge,
				 .kick = kick,
				 .completed = completed,
				 .hw = &hw_ops };

	memset(edge, in[1], sizeof(edge));
	memset(wire, 0, sizeof(wire));
	memset(sleeps, 0, sizeof(sleeps));
	kicked = 0;
	source_count = cfg.source_count;
	priority_mask = UINT32_MAX >> (32 - cfg.priority_bits);
	CHECK(vplic_init(&p, &cfg, sources, AX_ARRAY_SIZE(sources), contexts) == AX_OK);
	CHECK(vplic_link(&p, 1, LINK) == AX_OK);
	for (uint32_t v = 0; v < VCPUS; v++) {
		axtest_cpu_id = v;
		enabled[v] = true;
		loaded[v] = true;
		vplic_intc_ops.load(&p, v);
	}
	if (in[0] & 0x80) { /* open, so that little input is enough to deliver something */
		for (uint32_t i = 1; i <= source_count; i++) {
			access(&(struct ax_io){ 4 * i, 0, 4 }, true, 1);
		}
		access(&(struct ax_io){ PLIC_ENABLE + 0x80, 0, 4 }, true, UINT32_MAX);
		access(&(struct ax_io){ PLIC_ENABLE + 0x100, 0, 4 }, true, 0xffff);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 10) {
		return 0;
	}
	start(data);
	for (size_t i = 2; i + 8 <= size; i += 8) {
		step(data + i);
		check();
	}
	return 0;
}

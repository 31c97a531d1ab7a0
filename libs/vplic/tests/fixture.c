/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include <axbase/mem.h>

static void set_external(void *ctx, bool level)
{
	struct fixture *f = ctx;

	f->wire[axtest_cpu_id] = level;
	f->told++;
}

static bool external_enabled(void *ctx)
{
	return ((struct fixture *)ctx)->enabled[axtest_cpu_id];
}
static const struct vplic_hw_ops hw_ops = { set_external, external_enabled };

static void kick(void *ctx, uint64_t vcpu_mask)
{
	struct fixture *f = ctx;

	assert_true(vcpu_mask != 0);
	assert_false(ax_spin_is_held(&f->p.lock));
	f->kicked |= vcpu_mask;
	f->kick_count++;
}

static void completed(void *ctx, const struct vplic *p, uint32_t link)
{
	struct fixture *f = ctx;

	assert_ptr_equal(p, &f->p);
	assert_false(ax_spin_is_held(&f->p.lock));
	f->completed[f->completed_count++ % AX_ARRAY_SIZE(f->completed)] = link;
}

void fix_cfg(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	axtest_port_reset();
	for (uint16_t v = 0; v < FIX_VCPUS; v++) {
		f->context_cfg[M(v)] = (struct vplic_context_cfg){ v, false };
		f->context_cfg[S(v)] = (struct vplic_context_cfg){ v, true };
	}
	f->cfg = (struct vplic_cfg){
		.source_count = FIX_SOURCES,
		.priority_bits = 3,
		.vcpu_count = FIX_VCPUS,
		.context_count = FIX_CONTEXTS,
		.contexts = f->context_cfg,
		.kick = kick,
		.kick_ctx = f,
		.completed = completed,
		.completed_ctx = f,
		.hw = &hw_ops,
		.hw_ctx = f,
	};
}

void fix_start(struct fixture *f)
{
	assert_int_equal(vplic_init(&f->p, &f->cfg, f->sources, AX_ARRAY_SIZE(f->sources),
				    f->contexts),
			 AX_OK);
	for (uint32_t v = 0; v < FIX_VCPUS; v++) {
		axtest_cpu_id = v;
		f->enabled[v] = true;
		vplic_intc_ops.load(&f->p, v);
	}
	axtest_cpu_id = 0;
}

void fix_init(struct fixture *f)
{
	fix_cfg(f);
	fix_start(f);
}

static uint32_t read_by(struct fixture *f, uint32_t vcpu, uint64_t off)
{
	struct ax_io io = { off, vcpu, 4 };
	uint64_t val = UINT64_MAX;

	axtest_cpu_id = vcpu;
	assert_int_equal(vplic_dev_ops.read(&f->p, &io, &val), AX_IO_HANDLED);
	assert_true(val <= UINT32_MAX);
	return (uint32_t)val;
}

static void write_by(struct fixture *f, uint32_t vcpu, uint64_t off, uint32_t val)
{
	struct ax_io io = { off, vcpu, 4 };

	axtest_cpu_id = vcpu;
	assert_int_equal(vplic_dev_ops.write(&f->p, &io, val), AX_IO_HANDLED);
}

uint32_t fix_read(struct fixture *f, uint64_t off)
{
	return read_by(f, 0, off);
}

void fix_write(struct fixture *f, uint64_t off, uint32_t val)
{
	write_by(f, 0, off, val);
}

void fix_priority(struct fixture *f, uint32_t source, uint32_t val)
{
	fix_write(f, PLIC_PRIORITY + 4 * source, val);
}

void fix_enable(struct fixture *f, uint32_t context, uint32_t source, bool on)
{
	uint64_t off = PLIC_ENABLE + PLIC_ENABLE_STRIDE * context + source / 32 * 4;
	uint32_t bit = 1u << source % 32, old = fix_read(f, off);

	fix_write(f, off, on ? old | bit : old & ~bit);
}

bool fix_pending(struct fixture *f, uint32_t source)
{
	return (fix_read(f, PLIC_PENDING + source / 32 * 4) >> source % 32 & 1) != 0;
}

void fix_open(struct fixture *f, uint32_t context, uint32_t source)
{
	fix_priority(f, source, 1);
	fix_enable(f, context, source, true);
}

static uint64_t page(uint32_t context)
{
	return PLIC_CONTEXT + (uint64_t)context * PLIC_CONTEXT_STRIDE;
}

void fix_threshold(struct fixture *f, uint32_t context, uint32_t val)
{
	write_by(f, context / 2, page(context) + PLIC_THRESHOLD, val);
}

uint32_t fix_claim(struct fixture *f, uint32_t context)
{
	return read_by(f, context / 2, page(context) + PLIC_CLAIM);
}

void fix_complete(struct fixture *f, uint32_t context, uint32_t source)
{
	write_by(f, context / 2, page(context) + PLIC_CLAIM, source);
}

void fix_line(struct fixture *f, uint32_t source, bool level)
{
	axtest_cpu_id = 7;
	vplic_intc_ops.set_irq(&f->p, 0, source, level);
}

void fix_enter(struct fixture *f, uint32_t vcpu)
{
	struct ax_intc_watch watch;

	axtest_cpu_id = vcpu;
	vplic_intc_ops.watch(&f->p, vcpu, &watch);
	assert_int_equal(*watch.sync, 0);
	if (*watch.flush != 0) {
		vplic_intc_ops.flush(&f->p, vcpu);
	}
	assert_int_equal(*watch.flush, 0);
	f->kicked &= ~(UINT64_C(1) << vcpu);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The register frame. Single words are read without the lock. Accesses of another size than the
 * registers' 32 bits, which the specification is silent about, fault, as QEMU's do; where no
 * register is, reads are 0.
 */
#include "internal.h"

static inline bool is_word(const struct ax_io *io)
{
	return io->size == 4 && (io->off & 3) == 0;
}

/* The half of a word of 64 bits that is the register at @off of a bit array. */
static inline uint32_t half(const _Atomic uint64_t *words, uint64_t off)
{
	return (uint32_t)(vplic_word(&words[off / 8]) >> (off & 4) * 8);
}

/* The context whose block of @stride bytes has @off, or NULL. */
static inline struct vplic_context *context_at(const struct vplic *p, uint64_t off, uint64_t stride)
{
	return off / stride < p->context_count ? &p->contexts[off / stride] : NULL;
}

/* Apart, so that the reads of single words need no stack frame. */
static AX_NOINLINE enum ax_io_result read_context(struct vplic *p, uint64_t off, uint64_t *val)
{
	struct vplic_context *c = context_at(p, off, PLIC_CONTEXT_STRIDE);

	*val = 0;
	if (c != NULL && off % PLIC_CONTEXT_STRIDE == PLIC_CLAIM) {
		*val = vplic_claim(p, c);
	} else if (c != NULL && off % PLIC_CONTEXT_STRIDE == PLIC_THRESHOLD) {
		*val = atomic_load_explicit(&c->threshold, memory_order_relaxed);
	}
	return AX_IO_HANDLED;
}

static AX_NOINLINE enum ax_io_result read_bits(const struct vplic *p, uint64_t off, uint64_t *val)
{
	const struct vplic_context *c;

	if (off < PLIC_ENABLE) {
		off -= PLIC_PENDING;
		*val = off < PLIC_SOURCE_LIMIT / 8 ? half(p->pending, off) : 0;
		return AX_IO_HANDLED;
	}
	off -= PLIC_ENABLE;
	c = context_at(p, off, PLIC_ENABLE_STRIDE);
	*val = c != NULL ? half(c->enable, off % PLIC_ENABLE_STRIDE) : 0;
	return AX_IO_HANDLED;
}

static enum ax_io_result vplic_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct vplic *p = dev;
	uint64_t off = io->off;

	if (AX_UNLIKELY(!is_word(io))) {
		*val = 0;
		return AX_IO_FAULT;
	}
	if (off >= PLIC_CONTEXT) { /* claims, above all */
		return read_context(p, off - PLIC_CONTEXT, val);
	}
	if (off >= PLIC_PENDING) {
		return read_bits(p, off, val);
	}
	/* A priority; that of source 0 is never written. */
	*val = off / 4 <= p->source_count ? vplic_priority(p, (uint32_t)(off / 4)) : 0;
	return AX_IO_HANDLED;
}

static void write_priority(struct vplic *p, uint64_t source, uint32_t val)
{
	struct vplic_fx fx = { 0 };

	if (!vplic_is_source(p, source)) {
		return;
	}
	ax_spin_lock(&p->lock);
	atomic_store_explicit(&p->sources[source].priority, val & p->priority_mask,
			      memory_order_relaxed);
	vplic_refresh(p, (uint32_t)source, &fx);
	ax_spin_unlock(&p->lock);
	vplic_finish(p, &fx);
}

/* The register at @off of @c's block. "Bit 0 is hardwired to 0", as are those of no source. */
static void write_enable(struct vplic *p, struct vplic_context *c, uint64_t off, uint32_t val)
{
	uint32_t w = (uint32_t)(off / 8), shift = (off & 4) * 8;
	size_t index = (size_t)(c - p->contexts);
	struct vplic_fx fx = { 0 };
	uint64_t now, changed;

	ax_spin_lock(&p->lock);
	now = vplic_word(&c->enable[w]);
	changed =
		(now ^ (uint64_t)val << shift) & (uint64_t)UINT32_MAX << shift & vplic_valid(p, w);
	now ^= changed;
	vplic_set_word(&c->enable[w], now);
	for (uint64_t left = changed; left != 0; left &= left - 1) {
		uint32_t source = w * 64 + ax_ctz64(left);

		p->sources[source].contexts[index / 64] ^= AX_BIT64(index % 64);
		c->candidates[w] ^= vplic_is_pending(p, source) && vplic_priority(p, source) != 0
					    ? AX_BIT64(source % 64)
					    : 0;
	}
	if (changed != 0) {
		vplic_choose(p, c, w, &fx);
	}
	ax_spin_unlock(&p->lock);
	vplic_finish(p, &fx);
}

static void write_threshold(struct vplic *p, struct vplic_context *c, uint32_t val)
{
	struct vplic_fx fx = { 0 };

	ax_spin_lock(&p->lock);
	atomic_store_explicit(&c->threshold, val & p->priority_mask, memory_order_relaxed);
	vplic_wire(p, c, &fx);
	ax_spin_unlock(&p->lock);
	vplic_finish(p, &fx);
}

static void write_context(struct vplic *p, uint64_t off, uint32_t val)
{
	struct vplic_context *c = context_at(p, off, PLIC_CONTEXT_STRIDE);

	if (c == NULL) {
		return;
	}
	switch (off % PLIC_CONTEXT_STRIDE) {
	case PLIC_CLAIM:
		vplic_complete(p, c, val);
		break;
	case PLIC_THRESHOLD:
		write_threshold(p, c, val);
		break;
	default:
		break;
	}
}

static enum ax_io_result vplic_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vplic *p = dev;
	struct vplic_context *c;

	if (!is_word(io)) {
		return AX_IO_FAULT;
	}
	if (io->off >= PLIC_CONTEXT) {
		write_context(p, io->off - PLIC_CONTEXT, (uint32_t)val);
	} else if (io->off >= PLIC_ENABLE) {
		c = context_at(p, io->off - PLIC_ENABLE, PLIC_ENABLE_STRIDE);
		if (c != NULL) {
			write_enable(p, c, io->off % PLIC_ENABLE_STRIDE, (uint32_t)val);
		}
	} else if (io->off < PLIC_PENDING) {
		write_priority(p, io->off / 4, (uint32_t)val);
	}
	return AX_IO_HANDLED;
}

static void reset_nothing(void *dev)
{
	(void)dev;
}

const struct ax_dev_ops vplic_dev_ops = {
	.name = "plic",
	.read = vplic_read,
	.write = vplic_write,
	.reset = reset_nothing,
	.save = vplic_save_nothing,
	.load = vplic_load_nothing,
};

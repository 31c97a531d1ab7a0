/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt line, guest memory, frames and randomness for tests. */
#include <axtest/axtest.h>
#include <stdlib.h>
#include <string.h>

static void record(void *ctx, bool level)
{
	struct axtest_irq *irq = ctx;

	irq->edge_count += irq->level != level;
	irq->level = level;
}

struct ax_irq_line axtest_irq_line(struct axtest_irq *irq)
{
	return (struct ax_irq_line){ .set = record, .ctx = irq };
}

static uint8_t *gmem_at(struct axtest_gmem *m, gpa_t addr, size_t len)
{
	if (addr.v < m->base || addr.v - m->base > m->size || len > m->size - (addr.v - m->base)) {
		return NULL;
	}
	return m->bytes + (addr.v - m->base);
}

static ax_err_t gmem_read(void *ctx, gpa_t addr, void *buf, size_t len)
{
	const uint8_t *p = gmem_at(ctx, addr, len);

	if (p == NULL) {
		return AX_EFAULT;
	}
	memcpy(buf, p, len);
	return AX_OK;
}

static ax_err_t gmem_write(void *ctx, gpa_t addr, const void *buf, size_t len)
{
	uint8_t *p = gmem_at(ctx, addr, len);

	if (p == NULL) {
		return AX_EFAULT;
	}
	memcpy(p, buf, len);
	return AX_OK;
}

struct ax_gmem axtest_gmem(struct axtest_gmem *m)
{
	return (struct ax_gmem){ .read = gmem_read, .write = gmem_write, .ctx = m };
}

void axtest_frames_init(struct axtest_frames *f)
{
	*f = (struct axtest_frames){ 0 };
	f->pages = aligned_alloc(4096, (size_t)AXTEST_FRAME_COUNT * 4096);
	f->max_bytes = UINT64_C(2) << 20;
	assert_non_null(f->pages);
}

unsigned axtest_frames_fini(struct axtest_frames *f)
{
	free(f->pages);
	f->pages = NULL;
	return f->used_count;
}

static bool run_is_free(const struct axtest_frames *f, unsigned first, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (f->used[first + i]) {
			return false;
		}
	}
	return true;
}

static void use_run(struct axtest_frames *f, unsigned first, unsigned count)
{
	memset(&f->used[first], true, count);
	f->used_count += count;
	memset(f->pages + (size_t)first * 4096, 0, (size_t)count * 4096);
}

static ax_err_t frame_alloc(void *ctx, uint64_t bytes, hpa_t *out)
{
	struct axtest_frames *f = ctx;
	unsigned count = (unsigned)(bytes / 4096);

	assert_true(bytes >= 4096 && (bytes & (bytes - 1)) == 0);
	f->alloc_count++;
	if (f->fail_at != 0 && --f->fail_at == 0) {
		return AX_ENOMEM;
	}
	if (f->max_bytes != 0 && bytes > f->max_bytes) {
		return AX_ENOMEM;
	}
	for (unsigned i = 0; i + count <= AXTEST_FRAME_COUNT; i += count) {
		if (run_is_free(f, i, count)) {
			use_run(f, i, count);
			*out = hpa(AXTEST_FRAME_BASE + (uint64_t)i * 4096);
			return AX_OK;
		}
	}
	return AX_ENOMEM;
}

static ax_err_t frame_take(void *ctx, hpa_t at, uint64_t bytes)
{
	struct axtest_frames *f = ctx;
	uint64_t first = (at.v - AXTEST_FRAME_BASE) / 4096;
	unsigned count = (unsigned)(bytes / 4096);

	assert_true(bytes >= 4096 && (bytes & (bytes - 1)) == 0 && (at.v & (bytes - 1)) == 0);
	if (at.v < AXTEST_FRAME_BASE || first >= AXTEST_FRAME_COUNT ||
	    bytes / 4096 > AXTEST_FRAME_COUNT - first) {
		return AX_ENOENT;
	}
	if (!run_is_free(f, (unsigned)first, count)) {
		return AX_EBUSY;
	}
	use_run(f, (unsigned)first, count);
	return AX_OK;
}

static unsigned frame_index(const struct axtest_frames *f, hpa_t frame)
{
	unsigned i = (unsigned)((frame.v - AXTEST_FRAME_BASE) / 4096);

	assert_true(frame.v >= AXTEST_FRAME_BASE && i < AXTEST_FRAME_COUNT && f->used[i]);
	return i;
}

static void frame_free(void *ctx, hpa_t frame, uint64_t bytes)
{
	struct axtest_frames *f = ctx;

	for (uint64_t off = 0; off < bytes; off += 4096) {
		unsigned i = frame_index(f, hpa(frame.v + off));

		memset(f->pages + (size_t)i * 4096, 0xa5, 4096); /* a later use shows */
		f->used[i] = false;
		f->used_count--;
	}
}

static void *frame_to_virt(void *ctx, hpa_t frame)
{
	struct axtest_frames *f = ctx;

	return f->pages + (size_t)frame_index(f, frame) * 4096 + (frame.v & 4095);
}

const struct ax_frame_ops axtest_frame_ops = {
	.alloc = frame_alloc,
	.free = frame_free,
	.to_virt = frame_to_virt,
	.take = frame_take,
};

uint64_t axtest_random(uint64_t *state)
{
	uint64_t x = *state != 0 ? *state : 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t axtest_dev_read(const struct ax_dev_ops *ops, void *dev, uint64_t off, uint8_t size)
{
	uint64_t val = UINT64_C(0xdeadbeefdeadbeef);

	assert_int_equal(ops->read(dev, &(struct ax_io){ .off = off, .size = size }, &val),
			 AX_IO_HANDLED);
	return val;
}

void axtest_dev_write(const struct ax_dev_ops *ops, void *dev, uint64_t off, uint8_t size,
		      uint64_t val)
{
	assert_int_equal(ops->write(dev, &(struct ax_io){ .off = off, .size = size }, val),
			 AX_IO_HANDLED);
}

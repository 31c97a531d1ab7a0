/* SPDX-License-Identifier: Apache-2.0 */
/* The bank as a device: accesses, the work on its content, snapshots. */
#include "cfi_chip.h"
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axdev/snap.h>
#include <axport/assert.h>

#define ERASE_CHUNK 512 /* bytes of ones on the stack */

/* --- Work on the content: without the lock, by one CPU at a time */

static ax_err_t program(const struct vflash_cfi *f, uint32_t start,
			const uint32_t buffer[VFLASH_CFI_BUFFER_SIZE / 4])
{
	uint32_t words[VFLASH_CFI_BUFFER_SIZE / 4];
	gpa_t at = gpa(f->base.v + start);
	ax_err_t err = ax_gmem_read(&f->content, at, words, sizeof(words));

	if (err != AX_OK) {
		return err;
	}
	for (size_t i = 0; i < AX_ARRAY_SIZE(words); i++) {
		words[i] &= buffer[i]; /* only an erase sets bits */
	}
	return ax_gmem_write(&f->content, at, words, sizeof(words));
}

static ax_err_t erase(const struct vflash_cfi *f, uint32_t start, uint32_t bytes)
{
	uint8_t ones[ERASE_CHUNK];
	ax_err_t err = AX_OK;

	memset(ones, 0xff, sizeof(ones));
	for (uint32_t done = 0; done < bytes && err == AX_OK; done += ERASE_CHUNK) {
		err = ax_gmem_write(&f->content, gpa(f->base.v + start + done), ones, ERASE_CHUNK);
	}
	return err;
}
AX_STATIC_ASSERT(VFLASH_CFI_SLICE % ERASE_CHUNK == 0);
AX_STATIC_ASSERT(VFLASH_CFI_BLOCK_SIZE % VFLASH_CFI_SLICE == 0);

/* Do a slice of the job. While @working is set nobody else touches the job: the chip is busy. */
static void work(struct vflash_cfi *f)
{
	uint32_t buffer[VFLASH_CFI_BUFFER_SIZE / 4];
	uint32_t start;
	enum job job;
	ax_err_t err;

	ax_spin_lock(&f->lock);
	job = f->working ? JOB_NONE : (enum job)f->s.job;
	if (job == JOB_NONE) {
		ax_spin_unlock(&f->lock);
		return;
	}
	f->working = true;
	memcpy(buffer, f->s.buffer, sizeof(buffer));
	start = f->s.start;
	if (job == JOB_ERASE) {
		start += f->s.done;
	}
	ax_spin_unlock(&f->lock);
	err = job == JOB_PROGRAM ? program(f, start, buffer) : erase(f, start, VFLASH_CFI_SLICE);
	ax_spin_lock(&f->lock);
	f->working = false;
	f->s.done += (uint32_t)VFLASH_CFI_SLICE;
	if (err != AX_OK) {
		f->s.sr |= job == JOB_PROGRAM ? SR_PROGRAM : SR_ERASE;
	}
	if (err != AX_OK || job == JOB_PROGRAM || f->s.done == VFLASH_CFI_BLOCK_SIZE) {
		f->s.job = JOB_NONE;
		f->s.done = 0;
	}
	ax_spin_unlock(&f->lock);
}

/* --- Accesses */

static bool is_inside(const struct vflash_cfi *f, const struct ax_io *io)
{
	return io->off < f->size && io->size <= f->size - io->off;
}

static enum ax_io_result cfi_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct vflash_cfi *f = dev;
	uint8_t bytes[sizeof(*val)] = { 0 };

	*val = 0;
	if (!is_inside(f, io)) {
		return AX_IO_HANDLED;
	}
	ax_spin_lock(&f->lock);
	if (f->s.mode == MODE_ARRAY) { /* the window is about to be shown, or cannot be */
		ax_spin_unlock(&f->lock);
		if (ax_gmem_read(&f->content, gpa(f->base.v + io->off), bytes, io->size) != AX_OK) {
			memset(bytes, 0xff, io->size);
		}
	} else {
		for (uint32_t i = 0; i < io->size; i++) {
			uint32_t off = (uint32_t)io->off + i;

			bytes[i] = (uint8_t)(vflash_cfi_read_word(f, off) >>
					     off % VFLASH_CFI_BANK_WIDTH * 8);
		}
		ax_spin_unlock(&f->lock);
	}
	memcpy(val, bytes, sizeof(bytes));
	return AX_IO_HANDLED;
}

static enum ax_io_result cfi_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vflash_cfi *f = dev;
	bool busy;

	if (!is_inside(f, io)) {
		return AX_IO_HANDLED;
	}
	ax_spin_lock(&f->lock);
	for (uint32_t i = 0; i < io->size;) {
		uint32_t off = (uint32_t)io->off + i, lane = off % VFLASH_CFI_BANK_WIDTH;
		uint32_t n = (uint32_t)ax_min_u64(io->size - i, VFLASH_CFI_BANK_WIDTH - lane);
		uint32_t mask = (uint32_t)ax_byte_mask(n);
		uint32_t raw = (uint32_t)(val >> i * 8) & mask;
		struct vflash_cfi_cycle c = {
			.off = off - lane,
			.data = raw << lane * 8 | ~(mask << lane * 8),
			.raw = raw,
		};

		vflash_cfi_write_cycle(f, &c);
		i += n;
	}
	busy = f->s.job == JOB_PROGRAM;
	ax_line_settle(&f->window, &f->lock, f->s.mode == MODE_ARRAY);
	if (busy) {
		work(f);
	}
	return AX_IO_HANDLED;
}

static void cfi_reset(void *dev)
{
	struct vflash_cfi *f = dev;

	ax_spin_lock(&f->lock);
	f->s = (struct vflash_cfi_state){ .mode = MODE_ARRAY };
	ax_line_announce(&f->window, &f->lock, true);
}

/* --- Snapshots */

#define SNAP_MAGIC   UINT32_C(0x31494643) /* "CFI1" */
#define SNAP_VERSION 1

struct snap {
	struct ax_snap_hdr hdr;
	uint32_t size; /* of the device */
	struct vflash_cfi_state s;
};
AX_STATIC_ASSERT(sizeof(struct snap) == VFLASH_CFI_SNAP_SIZE);

static ax_err_t cfi_save(const void *dev, void *buf, size_t cap, size_t *len)
{
	const struct vflash_cfi *f = dev;
	struct snap snap = {
		.hdr = { .magic = SNAP_MAGIC, .version = SNAP_VERSION, .size = sizeof(snap) },
		.size = f->size,
		.s = f->s,
	};

	return ax_snap_write(&snap, sizeof(snap), buf, cap, len);
}

static ax_err_t cfi_load(void *dev, const void *buf, size_t len)
{
	struct vflash_cfi *f = dev;
	struct snap snap;
	ax_err_t err = ax_snap_read(&snap, sizeof(snap), buf, len, SNAP_MAGIC, SNAP_VERSION);

	if (err != AX_OK) {
		return err;
	}
	if (snap.hdr.reserved != 0 || snap.size != f->size || !vflash_cfi_is_valid(f, &snap.s)) {
		return AX_EINVAL;
	}
	ax_spin_lock(&f->lock);
	f->s = snap.s;
	ax_line_announce(&f->window, &f->lock, f->s.mode == MODE_ARRAY);
	return AX_OK;
}

const struct ax_dev_ops vflash_cfi_ops = {
	.name = "cfi-flash",
	.read = cfi_read,
	.write = cfi_write,
	.reset = cfi_reset,
	.save = cfi_save,
	.load = cfi_load,
};

void vflash_cfi_init(struct vflash_cfi *f, const struct vflash_cfi_cfg *cfg)
{
	ax_assert(cfg->size >= VFLASH_CFI_BLOCK_SIZE && cfg->size <= VFLASH_CFI_MAX_SIZE &&
		  (cfg->size & (cfg->size - 1)) == 0 && ax_range_valid(cfg->base.v, cfg->size));
	ax_assert(cfg->content.read != NULL && cfg->content.write != NULL &&
		  cfg->window.show != NULL);
	*f = (struct vflash_cfi){
		.s = { .mode = MODE_ARRAY },
		.window = { .irq = { .set = cfg->window.show, .ctx = cfg->window.ctx },
			    .level = true,
			    .told = true },
		.content = cfg->content,
		.base = cfg->base,
		.size = (uint32_t)cfg->size,
		.read_only = cfg->read_only,
	};
}

uint64_t vflash_cfi_deadline_ns(struct vflash_cfi *f)
{
	bool due;

	ax_spin_lock(&f->lock);
	due = f->s.job != JOB_NONE && !f->working;
	ax_spin_unlock(&f->lock);
	return due ? 0 : UINT64_MAX;
}

void vflash_cfi_tick(struct vflash_cfi *f)
{
	work(f);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Items, registers and DMA, as QEMU's docs/specs/fw_cfg has them. */
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axbase/str.h>
#include <axdev/snap.h>
#include <axport/assert.h>
#include <stdatomic.h>
#include <vfwcfg/vfwcfg.h>

#define REG_DATA       0x00 /* RO  8, 16, 32 or 64 bits */
#define REG_SELECTOR   0x08 /* WO  16 bits */
#define REG_DMA        0x10 /* RW  64 bits or two times 32; a read gives the signature */

#define KEY_WRITE      UINT16_C(0x4000) /* once asked for write access; means nothing any more */
#define KEY_ARCH       UINT16_C(0x8000)

#define ID_TRADITIONAL 0x1
#define ID_DMA         0x2

/* FWCfgDmaAccess.control; its upper half is the key to select. */
#define DMA_CTL_ERROR  0x01
#define DMA_CTL_READ   0x02
#define DMA_CTL_SKIP   0x04
#define DMA_CTL_SELECT 0x08
#define DMA_CTL_WRITE  0x10

/* FWCfgDmaAccess in guest memory, big-endian. */
struct dma_access {
	uint32_t control;
	uint32_t length;
	uint64_t address;
};
AX_STATIC_ASSERT(sizeof(struct dma_access) == 16);

/* An entry of the file directory, big-endian. */
struct dir_entry {
	uint32_t size;
	uint16_t select;
	uint16_t reserved;
	char name[VFWCFG_NAME_SIZE];
};
AX_STATIC_ASSERT(sizeof(struct dir_entry) == 64);
#define DIR_HEAD 4 /* bytes: the number of entries */

/* The last one ends with the access, so that no save has it. */
enum stage { STAGE_NONE, STAGE_FETCH, STAGE_COPY, STAGE_COUNT, STAGE_REPORT = STAGE_COUNT };

#define MIN_COST 1024 /* of a call of mem.write, in bytes of VFWCFG_EXIT_BYTES */

/* Where bytes are made that do not lie in an item's memory. On the stack. */
union scratch {
	uint64_t value;
	struct dir_entry entry;
	uint8_t zeros[512];
};

/* Bytes of an item that lie together. */
struct span {
	const uint8_t *p;
	uint32_t bytes;
	bool past_end; /* zeros behind the item */
};

static const struct vfwcfg_item builtin[] = {
	{ .key = VFWCFG_SIGNATURE, .size = 4, .value = 0x554d4551 /* "QEMU" */ },
	{ .key = VFWCFG_ID, .size = 4, .value = ID_TRADITIONAL | ID_DMA },
};

/* Big-endian to native or back. Not the builtins, which are calls into libgcc on some machines. */
static uint16_t swap16(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

static uint32_t swap32(uint32_t v)
{
	return (uint32_t)swap16((uint16_t)v) << 16 | swap16((uint16_t)(v >> 16));
}

static uint64_t swap64(uint64_t v)
{
	return (uint64_t)swap32((uint32_t)v) << 32 | swap32((uint32_t)(v >> 32));
}

/* --- Items */

static const struct vfwcfg_item *file_at(const struct vfwcfg *f, uint32_t index)
{
	for (uint32_t i = 0; i < f->item_count; i++) {
		if (f->items[i].file != NULL && index-- == 0) {
			return &f->items[i];
		}
	}
	return NULL;
}

static const struct vfwcfg_item *item_of(const struct vfwcfg *f, uint16_t key)
{
	if (key >= VFWCFG_FILE_FIRST && key < KEY_ARCH) {
		return file_at(f, key - VFWCFG_FILE_FIRST);
	}
	for (uint32_t i = 0; i < AX_ARRAY_SIZE(builtin); i++) {
		if (builtin[i].key == key) {
			return &builtin[i];
		}
	}
	for (uint32_t i = 0; i < f->item_count; i++) {
		if (f->items[i].file == NULL && f->items[i].key == key) {
			return &f->items[i];
		}
	}
	return NULL;
}

static uint32_t file_count(const struct vfwcfg *f)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < f->item_count; i++) {
		count += f->items[i].file != NULL;
	}
	return count;
}

static uint32_t item_size(const struct vfwcfg *f, uint16_t key)
{
	const struct vfwcfg_item *item = item_of(f, key);

	if (key == VFWCFG_FILE_DIR) {
		return DIR_HEAD + file_count(f) * (uint32_t)sizeof(struct dir_entry);
	}
	return item != NULL ? item->size : 0;
}

/* The part of the directory at @off, made in @scratch. */
static struct span dir_span(const struct vfwcfg *f, uint32_t off, union scratch *scratch)
{
	uint32_t size = sizeof(scratch->entry);
	uint32_t index = (off - DIR_HEAD) / size, at = (off - DIR_HEAD) % size;
	const struct vfwcfg_item *item;

	if (off < DIR_HEAD) {
		scratch->value = swap32(file_count(f));
		at = off;
		size = DIR_HEAD;
	} else {
		item = file_at(f, index);
		scratch->entry = (struct dir_entry){
			.size = swap32(item->size),
			.select = swap16((uint16_t)(VFWCFG_FILE_FIRST + index)),
		};
		memcpy(scratch->entry.name, item->file, ax_strnlen(item->file, VFWCFG_NAME_SIZE));
	}
	return (struct span){ .p = scratch->zeros + at, .bytes = size - at };
}

/* What the guest finds at @off of item @key: 1 to @max bytes, in the item's memory or in @scratch. */
static struct span span_at(const struct vfwcfg *f, uint16_t key, uint32_t off, uint32_t max,
			   union scratch *scratch)
{
	const struct vfwcfg_item *item = item_of(f, key);
	struct span s = { .p = scratch->zeros };

	if (off >= item_size(f, key)) {
		s.past_end = true;
		s.bytes = (uint32_t)ax_min_u64(max, sizeof(scratch->zeros));
		memset(scratch->zeros, 0, s.bytes);
	} else if (key == VFWCFG_FILE_DIR) {
		s = dir_span(f, off, scratch);
	} else {
		if (item->data != NULL) {
			s.p = item->data;
		} else {
			scratch->value = item->value;
		}
		s.p += off;
		s.bytes = item->size - off;
	}
	s.bytes = (uint32_t)ax_min_u64(s.bytes, max);
	return s;
}

static void select_item(struct vfwcfg_state *s, uint16_t key)
{
	s->key = key & (uint16_t)~KEY_WRITE;
	s->off = 0;
}

/* --- DMA: guest memory is touched without the lock, by one CPU at a time */

static void report(const struct vfwcfg *f, uint64_t desc, bool error)
{
	uint32_t control = swap32(error ? DMA_CTL_ERROR : 0);

	/* A guest on another CPU that sees the word cleared sees the data. */
	atomic_thread_fence(memory_order_release);
	if (ax_gmem_write(&f->mem, gpa(desc), &control, sizeof(control)) != AX_OK) {
		return; /* it waits in vain, for a word that is in no memory of its own */
	}
}

/* What the descriptor asks for becomes the transfer @t. False: nothing that can be done. */
static bool begin(struct vfwcfg *f, const struct dma_access *access, struct vfwcfg_dma *t)
	AX_REQUIRES(f->lock)
{
	uint32_t control = swap32(access->control);
	uint32_t length = swap32(access->length);
	struct vfwcfg_state *s = &f->s;

	t->stage = STAGE_COPY;
	t->to = swap64(access->address);
	if ((control & DMA_CTL_SELECT) != 0) {
		select_item(s, (uint16_t)(control >> 16));
	}
	t->key = s->key;
	t->off = s->off;
	if ((control & DMA_CTL_READ) != 0) {
		t->left = length;
	} else if ((control & DMA_CTL_WRITE) != 0) {
		return length == 0;
	} else if ((control & DMA_CTL_SKIP) == 0) {
		/* A write that is repeated behind the end finds the word that was reported. */
		return (control & DMA_CTL_ERROR) == 0;
	}
	/* For the register, the item goes on behind what is being copied. */
	s->off += (uint32_t)ax_min_u64(length, item_size(f, s->key) - s->off);
	return t->left == 0 || ax_range_valid(t->to, t->left);
}

/* Copy some bytes of @t. False: the guest has no memory there. */
static bool copy(const struct vfwcfg *f, struct vfwcfg_dma *t)
{
	uint32_t budget = VFWCFG_EXIT_BYTES;
	union scratch scratch;

	while (t->left > 0 && budget > 0) {
		uint32_t max = (uint32_t)ax_min_u64(t->left, budget);
		struct span s = span_at(f, t->key, t->off, max, &scratch);

		if (ax_gmem_write(&f->mem, gpa(t->to), s.p, s.bytes) != AX_OK) {
			return false;
		}
		t->to += s.bytes;
		t->left -= s.bytes;
		t->off += s.past_end ? 0 : s.bytes;
		budget -= (uint32_t)ax_min_u64(budget, ax_max_u64(s.bytes, MIN_COST));
	}
	return true;
}

/* Do a slice of the transfer. While @working is set nobody else touches it. */
static void work(struct vfwcfg *f)
{
	struct dma_access access;
	struct vfwcfg_dma t;
	bool good = true, over;

	ax_spin_lock(&f->lock);
	t = f->s.dma;
	if (f->working || t.stage == STAGE_NONE) {
		ax_spin_unlock(&f->lock);
		return;
	}
	f->working = true;
	ax_spin_unlock(&f->lock);
	if (t.stage == STAGE_FETCH) {
		good = ax_gmem_read(&f->mem, gpa(t.desc), &access, sizeof(access)) == AX_OK;
		if (good) {
			ax_spin_lock(&f->lock);
			good = begin(f, &access, &t);
			ax_spin_unlock(&f->lock);
		}
	}
	good = good && copy(f, &t);
	over = !good || t.left == 0;
	if (over) {
		t.stage = STAGE_REPORT;
	}
	ax_spin_lock(&f->lock);
	f->s.dma = t;
	f->working = over;
	ax_spin_unlock(&f->lock);
	if (over) { /* until the word is cleared, the descriptor still asks for the transfer */
		report(f, t.desc, !good);
		ax_spin_lock(&f->lock);
		f->s.dma = (struct vfwcfg_dma){ 0 };
		f->working = false;
		ax_spin_unlock(&f->lock);
	}
}

/*
 * The guest has written the whole address of a descriptor, and repeats this until the transfer is over.
 * A write that finds another vCPU's transfer under way helps with that first. One whose transfer another
 * vCPU has ended does it again: its control word asks for nothing any more.
 */
static enum ax_io_result start(struct vfwcfg *f, uint64_t desc) AX_RELEASES(f->lock)
{
	bool over;

	if (f->s.dma.stage == STAGE_NONE) {
		f->s.dma = (struct vfwcfg_dma){ .stage = STAGE_FETCH, .desc = desc };
	}
	over = f->s.dma.desc == desc && f->s.dma.stage != STAGE_REPORT;
	ax_spin_unlock(&f->lock);
	work(f);
	ax_spin_lock(&f->lock);
	over = over && f->s.dma.stage == STAGE_NONE;
	if (over) {
		f->s.dma_high = 0; /* a repeated write needs it */
	}
	ax_spin_unlock(&f->lock);
	return over ? AX_IO_HANDLED : AX_IO_RETRY;
}

/* --- Registers */

/* @size bytes, the first in the lowest bits. */
static uint64_t read_data(struct vfwcfg *f, uint32_t size) AX_REQUIRES(f->lock)
{
	union scratch scratch;
	uint64_t val = 0;

	for (uint32_t i = 0; i < size; i++) {
		struct span s = span_at(f, f->s.key, f->s.off, 1, &scratch);

		val |= (uint64_t)*s.p << i * 8;
		f->s.off += !s.past_end;
	}
	return val;
}

static enum ax_io_result fwcfg_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	static const char signature[] = "QEMU CFG";
	struct vfwcfg *f = dev;

	*val = 0;
	if (io->off == REG_DATA) {
		ax_spin_lock(&f->lock);
		*val = read_data(f, io->size);
		ax_spin_unlock(&f->lock);
	} else if (io->off >= REG_DMA && io->off < VFWCFG_SIZE &&
		   io->size <= VFWCFG_SIZE - io->off) {
		memcpy(val, &signature[io->off - REG_DMA], io->size);
	}
	return AX_IO_HANDLED;
}

static enum ax_io_result fwcfg_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vfwcfg *f = dev;

	ax_spin_lock(&f->lock);
	if (io->off == REG_DMA && io->size == 8) {
		return start(f, swap64(val));
	}
	if (io->off == REG_DMA + 4 && io->size == 4) {
		return start(f, (uint64_t)f->s.dma_high << 32 | swap32((uint32_t)val));
	}
	if (io->off == REG_DMA && io->size == 4) {
		f->s.dma_high = swap32((uint32_t)val);
	} else if (io->off == REG_SELECTOR && io->size == 2) {
		select_item(&f->s, swap16((uint16_t)val));
	}
	ax_spin_unlock(&f->lock);
	return AX_IO_HANDLED;
}

static void fwcfg_reset(void *dev)
{
	struct vfwcfg *f = dev;

	ax_spin_lock(&f->lock);
	f->s = (struct vfwcfg_state){ 0 };
	ax_spin_unlock(&f->lock);
}

/* --- Snapshots */

#define SNAP_MAGIC   UINT32_C(0x47464346) /* "FCFG" */
#define SNAP_VERSION 1

struct snap {
	struct ax_snap_hdr hdr;
	uint32_t reserved;
	struct vfwcfg_state s;
};
AX_STATIC_ASSERT(sizeof(struct snap) == VFWCFG_SNAP_SIZE);

static ax_err_t fwcfg_save(const void *dev, void *buf, size_t cap, size_t *len)
{
	const struct vfwcfg *f = dev;
	struct snap snap = {
		.hdr = { .magic = SNAP_MAGIC, .version = SNAP_VERSION, .size = sizeof(snap) },
		.s = f->s,
	};

	return ax_snap_write(&snap, sizeof(snap), buf, cap, len);
}

static bool is_valid_dma(const struct vfwcfg *f, const struct vfwcfg_dma *d)
{
	struct vfwcfg_dma none = { .stage = d->stage };

	if (d->stage == STAGE_COPY) {
		return d->off <= item_size(f, d->key) && ax_range_valid(d->to, d->left) &&
		       memcmp(d->reserved, none.reserved, sizeof(none.reserved)) == 0;
	}
	if (d->stage == STAGE_FETCH) {
		none.desc = d->desc;
	}
	return d->stage < STAGE_COUNT && memcmp(d, &none, sizeof(none)) == 0;
}
AX_STATIC_ASSERT(sizeof(struct vfwcfg_dma) == 32); /* no padding */

static ax_err_t fwcfg_load(void *dev, const void *buf, size_t len)
{
	static const uint8_t zeros[sizeof(((struct vfwcfg_state *)0)->reserved)];
	struct vfwcfg *f = dev;
	struct snap snap;
	ax_err_t err = ax_snap_read(&snap, sizeof(snap), buf, len, SNAP_MAGIC, SNAP_VERSION);

	if (err != AX_OK) {
		return err;
	}
	if (snap.hdr.reserved != 0 || snap.reserved != 0 ||
	    memcmp(snap.s.reserved, zeros, sizeof(zeros)) != 0 ||
	    snap.s.off > item_size(f, snap.s.key) || !is_valid_dma(f, &snap.s.dma)) {
		return AX_EINVAL;
	}
	ax_spin_lock(&f->lock);
	f->s = snap.s;
	ax_spin_unlock(&f->lock);
	return AX_OK;
}

const struct ax_dev_ops vfwcfg_ops = {
	.name = "fw-cfg",
	.read = fwcfg_read,
	.write = fwcfg_write,
	.reset = fwcfg_reset,
	.save = fwcfg_save,
	.load = fwcfg_load,
};

static bool is_possible(const struct vfwcfg *f, const struct vfwcfg_item *item)
{
	if (item->data == NULL && item->size > sizeof(item->value)) {
		return false;
	}
	if (item->file != NULL) {
		return ax_strnlen(item->file, VFWCFG_NAME_SIZE) < VFWCFG_NAME_SIZE;
	}
	/* The device itself does not have the key, and no other item has. */
	return (item->key < VFWCFG_FILE_DIR || (item->key & (KEY_ARCH | KEY_WRITE)) == KEY_ARCH) &&
	       item_of(f, item->key) == item;
}

void vfwcfg_init(struct vfwcfg *f, const struct ax_gmem *mem, const struct vfwcfg_item *items,
		 uint32_t item_count)
{
	ax_assert(mem->read != NULL && mem->write != NULL);
	*f = (struct vfwcfg){ .mem = *mem, .items = items, .item_count = item_count };
	ax_assert(file_count(f) <= VFWCFG_MAX_FILES);
	for (uint32_t i = 0; i < item_count; i++) {
		ax_assert(is_possible(f, &items[i]));
	}
}

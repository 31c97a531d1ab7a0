/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command machine, the query table and the work behind programming and erasing. Commands and status
 * bits are those of Intel's P30 data sheet (306666), the query table is that of JESD68.
 */
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axdev/snap.h>
#include <axport/assert.h>
#include <vflash/cfi.h>

/* Commands: the first cycle, and what confirms or follows it. */
#define CMD_PROGRAM      0x40 /* data follows */
#define CMD_PROGRAM_ALT  0x10
#define CMD_ERASE        0x20 /* CMD_CONFIRM follows */
#define CMD_CLEAR_STATUS 0x50
#define CMD_LOCK         0x60 /* CMD_LOCK_SET or CMD_CONFIRM, which unlocks, follows */
#define CMD_LOCK_SET     0x01
#define CMD_READ_STATUS  0x70
#define CMD_READ_ID      0x90
#define CMD_QUERY        0x98
#define CMD_CONFIRM      0xd0
#define CMD_BUFFER       0xe8 /* word count - 1, that many words, CMD_CONFIRM follow */
#define CMD_READ_ARRAY   0xff

/* Status register of each chip. */
#define SR_READY        0x80 /* SR.7 */
#define SR_ERASE        0x20 /* SR.5 erase failed; with SR.4: wrong command sequence */
#define SR_PROGRAM      0x10 /* SR.4 programming failed */
#define SR_LOCKED       0x02 /* SR.1 the block is locked */

#define ID_MANUFACTURER 0x89 /* Intel */
#define ID_DEVICE       0x18
#define ID_LOCKED       0x3 /* locked, and locked down: until power-up */

enum mode { MODE_ARRAY, MODE_STATUS, MODE_ID, MODE_QUERY, MODE_COUNT };
enum cycle {
	CYCLE_COMMAND,
	CYCLE_PROGRAM,
	CYCLE_ERASE,
	CYCLE_LOCK,
	CYCLE_BUFFER_COUNT,
	CYCLE_BUFFER_DATA,
	CYCLE_BUFFER_CONFIRM,
	CYCLE_COUNT
};
enum job { JOB_NONE, JOB_PROGRAM, JOB_ERASE, JOB_COUNT };

#define BLOCK       ((uint32_t)VFLASH_CFI_BLOCK_SIZE)
#define BANK_WIDTH  4
#define CHIPS       2
#define WORDS       (VFLASH_CFI_BUFFER_SIZE / BANK_WIDTH) /* that a buffer has */
#define NOWHERE     UINT32_MAX                            /* start of a buffer without data yet */
#define ERASE_CHUNK 512                                   /* bytes of ones on the stack */

/* One bus cycle. */
struct cycle_data {
	uint32_t off;  /* of its four bytes */
	uint32_t data; /* in place; ones where the access has no byte */
	uint32_t raw;  /* the access's own bytes, from the lowest */
};

/* What both chips say: each has a half of the bank's word. */
static uint32_t both(uint32_t val)
{
	return val << 16 | val;
}

/* From QUERY_FIRST on; the entries that depend on the size are zero. */
#define QUERY_FIRST 0x10
static const uint8_t query_table[0x30] = {
	'Q',
	'R',
	'Y',
	0x01,
	0x00,
	0x31,
	0x00,
	0x00, /* Intel's command set; extension at 0x31 */
	0x00,
	0x00,
	0x00,
	0x45,
	0x55,
	0x00,
	0x00,
	0x07, /* Vcc in 0.1 V; 2^n us for a word, */
	0x07,
	0x0a,
	0x00,
	0x04,
	0x04,
	0x04,
	0x00,
	0x00, /* buffer, 2^n ms for a block; longest */
	0x02,
	0x00,
	0x06,
	0x00,
	0x01,
	0x00,
	0x00,
	0x00, /* x8/x16; 64 bytes of buffer; 1 region */
	0x02,
	'P',
	'R',
	'I',
	'1',
	'0',
	0x00,
	0x00, /* of 0x200 * 256 bytes a block */
	/*
	 * Version 1.0. The feature bit of the block locks stays clear: they are open after power-up, so
	 * that a driver need not open them one by one. The last byte: one protection field.
	 */
	0x00,
	0x00,
	0x00,
	0x03,
	0x00,
	0x00,
	0x00,
	0x01,
};
AX_STATIC_ASSERT(VFLASH_CFI_BUFFER_SIZE == CHIPS << 6);
AX_STATIC_ASSERT(VFLASH_CFI_BLOCK_SIZE == CHIPS * 0x200 * 256);

static uint32_t query(const struct vflash_cfi *f, uint32_t index)
{
	uint32_t blocks = f->size / BLOCK;

	switch (index) {
	case 0x27: /* device size, 2^n bytes */
		return ax_ctz64(f->size / CHIPS);
	case 0x2d: /* blocks of the region - 1 */
		return (blocks - 1) & 0xff;
	default:
		return index - QUERY_FIRST < sizeof(query_table) ? query_table[index - QUERY_FIRST]
								 : 0;
	}
}
AX_STATIC_ASSERT(VFLASH_CFI_MAX_BLOCKS <= 256); /* 0x2e stays zero */

static bool is_locked(const struct vflash_cfi *f, uint32_t off)
{
	uint32_t block = off / BLOCK;

	return f->read_only || (f->s.locked[block / 32] & UINT32_C(1) << block % 32) != 0;
}

static void set_locked(struct vflash_cfi_state *s, uint32_t off, bool locked)
{
	uint32_t block = off / BLOCK, bit = UINT32_C(1) << block % 32;

	s->locked[block / 32] = (s->locked[block / 32] & ~bit) | (locked ? bit : 0);
}

/* The bank's word at @off outside read-array mode. */
static uint32_t read_word(const struct vflash_cfi *f, uint32_t off)
{
	uint32_t index = off % BLOCK / BANK_WIDTH;

	switch ((enum mode)f->s.mode) {
	case MODE_ID:
		switch (index) {
		case 0:
			return both(ID_MANUFACTURER);
		case 1:
			return both(ID_DEVICE);
		case 2:
			return both(f->read_only ? ID_LOCKED : is_locked(f, off));
		default:
			return 0;
		}
	case MODE_QUERY:
		return both(query(f, index));
	case MODE_ARRAY:
	case MODE_STATUS:
	case MODE_COUNT:
		break;
	}
	return both(f->s.sr | (f->s.job == JOB_NONE ? SR_READY : 0));
}

/* A programming or erasing that cannot begin, or a sequence of commands that there is not. */
static void refuse(struct vflash_cfi_state *s, uint8_t why)
{
	s->sr |= why;
	s->cycle = CYCLE_COMMAND;
}

static void start_program(struct vflash_cfi *f)
{
	if (is_locked(f, f->s.start)) {
		refuse(&f->s, SR_PROGRAM | SR_LOCKED);
		return;
	}
	f->s.job = JOB_PROGRAM;
	f->s.cycle = CYCLE_COMMAND;
}

static void clear_buffer(struct vflash_cfi_state *s)
{
	memset(s->buffer, 0xff, sizeof(s->buffer));
	s->start = NOWHERE;
	s->buffer_error = 0;
}

static void fill_buffer(struct vflash_cfi_state *s, const struct cycle_data *c)
{
	uint32_t start = c->off & ~(uint32_t)(VFLASH_CFI_BUFFER_SIZE - 1);

	if (s->start == NOWHERE) {
		s->start = start;
	}
	s->buffer_error |= s->start != start;
	for (uint32_t i = 0; i < sizeof(c->data);
	     i++) { /* ones where a narrow write does not reach */
		s->buffer[c->off % VFLASH_CFI_BUFFER_SIZE + i] &= (uint8_t)(c->data >> i * 8);
	}
}

static void erase_block(struct vflash_cfi *f, uint32_t off)
{
	if (is_locked(f, off)) {
		refuse(&f->s, SR_ERASE | SR_LOCKED);
		return;
	}
	f->s.job = JOB_ERASE;
	f->s.start = off & ~(BLOCK - 1);
	f->s.done = 0;
	f->s.cycle = CYCLE_COMMAND;
}

/* A command's first cycle. Those that take more leave the chip giving its status meanwhile. */
static void command(struct vflash_cfi_state *s, uint8_t cmd)
{
	enum cycle next;

	switch (cmd) {
	case CMD_READ_ARRAY:
		s->mode = MODE_ARRAY;
		return;
	case CMD_READ_ID:
		s->mode = MODE_ID;
		return;
	case CMD_QUERY:
		s->mode = MODE_QUERY;
		return;
	case CMD_CLEAR_STATUS:
		s->sr = 0;
		return;
	case CMD_READ_STATUS:
		next = CYCLE_COMMAND;
		break;
	case CMD_PROGRAM:
	case CMD_PROGRAM_ALT:
		clear_buffer(s);
		next = CYCLE_PROGRAM;
		break;
	case CMD_ERASE:
		next = CYCLE_ERASE;
		break;
	case CMD_LOCK:
		next = CYCLE_LOCK;
		break;
	case CMD_BUFFER:
		next = CYCLE_BUFFER_COUNT;
		break;
	default: /* a probe for another command set */
		return;
	}
	s->mode = MODE_STATUS;
	s->cycle = (uint8_t)next;
}

/* The cycle that confirms an erase, a change of a lock or a buffer. */
static void confirm(struct vflash_cfi *f, const struct cycle_data *c)
{
	struct vflash_cfi_state *s = &f->s;
	uint8_t cmd = (uint8_t)c->raw;
	enum cycle cycle = (enum cycle)s->cycle;

	if (cycle == CYCLE_LOCK && (cmd == CMD_LOCK_SET || cmd == CMD_CONFIRM)) {
		set_locked(s, c->off, cmd == CMD_LOCK_SET);
		s->cycle = CYCLE_COMMAND;
	} else if (cmd != CMD_CONFIRM || (cycle == CYCLE_BUFFER_CONFIRM && s->buffer_error)) {
		refuse(s, SR_ERASE | SR_PROGRAM);
		if (cmd == CMD_READ_ARRAY) { /* a driver that wants out */
			s->mode = MODE_ARRAY;
		}
	} else if (cycle == CYCLE_ERASE) {
		erase_block(f, c->off);
	} else {
		start_program(f);
	}
}

static void write_cycle(struct vflash_cfi *f, const struct cycle_data *c) AX_REQUIRES(f->lock)
{
	struct vflash_cfi_state *s = &f->s;

	if (s->job != JOB_NONE) {
		return; /* busy; it gives its status anyway */
	}
	switch ((enum cycle)s->cycle) {
	case CYCLE_COMMAND:
		command(s, (uint8_t)c->raw);
		break;
	case CYCLE_PROGRAM:
		fill_buffer(s, c);
		start_program(f);
		break;
	case CYCLE_BUFFER_COUNT:
		if ((c->raw & 0xffff) >= WORDS) {
			refuse(s, SR_ERASE | SR_PROGRAM);
			break;
		}
		clear_buffer(s);
		s->words_left = (uint8_t)((c->raw & 0xffff) + 1);
		s->cycle = CYCLE_BUFFER_DATA;
		break;
	case CYCLE_BUFFER_DATA:
		fill_buffer(s, c);
		if (--s->words_left == 0) {
			s->cycle = CYCLE_BUFFER_CONFIRM;
		}
		break;
	case CYCLE_ERASE:
	case CYCLE_LOCK:
	case CYCLE_BUFFER_CONFIRM:
		confirm(f, c);
		break;
	case CYCLE_COUNT:
		break;
	}
}

/* --- Work on the content: without the lock, by one CPU at a time */

static ax_err_t program(const struct vflash_cfi *f, uint32_t start, const uint8_t *buffer)
{
	uint8_t bytes[VFLASH_CFI_BUFFER_SIZE];
	gpa_t at = gpa(f->base.v + start);
	ax_err_t err = ax_gmem_read(&f->content, at, bytes, sizeof(bytes));

	if (err != AX_OK) {
		return err;
	}
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] &= buffer[i]; /* only an erase sets bits */
	}
	return ax_gmem_write(&f->content, at, bytes, sizeof(bytes));
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
	uint8_t buffer[VFLASH_CFI_BUFFER_SIZE];
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
	if (err != AX_OK || job == JOB_PROGRAM || f->s.done == BLOCK) {
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

			bytes[i] = (uint8_t)(read_word(f, off) >> off % BANK_WIDTH * 8);
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
		uint32_t off = (uint32_t)io->off + i, lane = off % BANK_WIDTH;
		uint32_t n = (uint32_t)ax_min_u64(io->size - i, BANK_WIDTH - lane);
		uint32_t mask = (uint32_t)ax_byte_mask(n);
		uint32_t raw = (uint32_t)(val >> i * 8) & mask;
		struct cycle_data c = {
			.off = off - lane,
			.data = raw << lane * 8 | ~(mask << lane * 8),
			.raw = raw,
		};

		write_cycle(f, &c);
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

/* The place of what is being written: where it must be for the job or the cycle. */
static bool is_valid_place(const struct vflash_cfi_state *s, uint32_t size)
{
	bool fits = s->start < size && s->start % VFLASH_CFI_BUFFER_SIZE == 0;

	if (s->job == JOB_ERASE) {
		return fits && s->start % BLOCK == 0 && s->done < BLOCK &&
		       s->done % VFLASH_CFI_SLICE == 0;
	}
	if (s->done != 0) {
		return false;
	}
	if (s->cycle == CYCLE_BUFFER_DATA && s->start == NOWHERE) {
		return s->buffer_error == 0;
	}
	return fits || (s->cycle < CYCLE_BUFFER_DATA && s->job == JOB_NONE);
}
AX_STATIC_ASSERT(CYCLE_BUFFER_CONFIRM > CYCLE_BUFFER_DATA);

static bool is_valid(const struct vflash_cfi *f, const struct snap *snap)
{
	const struct vflash_cfi_state *s = &snap->s;
	bool busy = s->job != JOB_NONE, idle = s->cycle == CYCLE_COMMAND;

	if (snap->size != f->size || snap->hdr.reserved != 0 || s->reserved[0] != 0 ||
	    s->reserved[1] != 0 || s->mode >= MODE_COUNT || s->cycle >= CYCLE_COUNT ||
	    s->job >= JOB_COUNT || (s->sr & ~(SR_ERASE | SR_PROGRAM | SR_LOCKED)) != 0 ||
	    s->buffer_error > 1) {
		return false;
	}
	if ((busy && !idle) || ((busy || !idle) && s->mode != MODE_STATUS)) {
		return false;
	}
	if ((s->cycle == CYCLE_BUFFER_DATA) != (s->words_left != 0) || s->words_left > WORDS) {
		return false;
	}
	for (uint32_t b = f->size / BLOCK; b < VFLASH_CFI_MAX_BLOCKS; b++) {
		if ((s->locked[b / 32] >> b % 32 & 1) != 0) {
			return false;
		}
	}
	return is_valid_place(s, f->size);
}

static ax_err_t cfi_load(void *dev, const void *buf, size_t len)
{
	struct vflash_cfi *f = dev;
	struct snap snap;
	ax_err_t err = ax_snap_read(&snap, sizeof(snap), buf, len, SNAP_MAGIC, SNAP_VERSION);

	if (err != AX_OK) {
		return err;
	}
	if (!is_valid(f, &snap)) {
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
		  (cfg->size & (cfg->size - 1)) == 0);
	ax_assert(ax_range_valid(cfg->base.v, cfg->size));
	ax_assert(cfg->content.read != NULL && cfg->content.write != NULL);
	ax_assert(cfg->window.show != NULL);
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command machine and the query table. Commands and status bits are those of Intel's P30 data sheet
 * (306666), the query table is that of JESD68.
 */
#include "cfi_chip.h"
#include <axbase/mem.h>

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

#define ID_MANUFACTURER  0x89 /* Intel */
#define ID_DEVICE        0x18
#define ID_LOCKED        0x3 /* locked, and locked down: until power-up */

#define BLOCK            ((uint32_t)VFLASH_CFI_BLOCK_SIZE)
#define CHIPS            2
#define WORDS            (VFLASH_CFI_BUFFER_SIZE / VFLASH_CFI_BANK_WIDTH) /* that a buffer has */
#define NOWHERE          UINT32_MAX /* start of a buffer without data yet */

/* What both chips say: each has a half of the bank's word. */
static uint32_t both(uint32_t val)
{
	return val << 16 | val;
}

/*
 * By index, as JESD68 has it. Entries that depend on the size are zero here. Vcc is in units of 0.1 V,
 * times are powers of two: us for a word and a buffer, ms for a block. The feature bit of the block
 * locks stays clear: they are open after power-up, a driver need not open them one by one.
 */
#define QUERY_CHIP_SIZE 0x27 /* log2 */
#define QUERY_BLOCKS    0x2d /* of the only region, less one; 16 bits */
static const uint8_t query_table[0x40] = {
	[0x10] = 'Q',  [0x11] = 'R',  [0x12] = 'Y',  [0x13] = 0x01, [0x15] = 0x31, [0x1b] = 0x45,
	[0x1c] = 0x55, [0x1f] = 0x07, [0x20] = 0x07, [0x21] = 0x0a, [0x23] = 0x04, [0x24] = 0x04,
	[0x25] = 0x04, [0x28] = 0x02, [0x2a] = 0x06, [0x2c] = 0x01, [0x30] = 0x02, [0x31] = 'P',
	[0x32] = 'R',  [0x33] = 'I',  [0x34] = '1',  [0x35] = '0',  [0x3b] = 0x03, [0x3f] = 0x01,
};
AX_STATIC_ASSERT(VFLASH_CFI_BUFFER_SIZE == CHIPS << 6);         /* 0x2a */
AX_STATIC_ASSERT(VFLASH_CFI_BLOCK_SIZE == CHIPS * 0x200 * 256); /* 0x2f, 0x30: units of 256 */
AX_STATIC_ASSERT(VFLASH_CFI_MAX_BLOCKS <= 256);                 /* 0x2e stays zero */

static uint32_t query(const struct vflash_cfi *f, uint32_t index)
{
	uint32_t log2 = 0;

	switch (index) {
	case QUERY_CHIP_SIZE:
		while (f->size / CHIPS >> log2 != 1) {
			log2++;
		}
		return log2;
	case QUERY_BLOCKS:
		return f->size / BLOCK - 1;
	default:
		return index < sizeof(query_table) ? query_table[index] : 0;
	}
}

static bool is_locked(const struct vflash_cfi *f, const struct vflash_cfi_state *s, uint32_t off)
{
	uint32_t block = off / BLOCK;

	return f->read_only || (s->locked[block / 32] & UINT32_C(1) << block % 32) != 0;
}

static void set_locked(struct vflash_cfi_state *s, uint32_t off, bool locked)
{
	uint32_t block = off / BLOCK, bit = UINT32_C(1) << block % 32;

	s->locked[block / 32] = (s->locked[block / 32] & ~bit) | (locked ? bit : 0);
}

uint32_t vflash_cfi_read_word(const struct vflash_cfi *f, uint32_t off)
{
	uint32_t index = off % BLOCK / VFLASH_CFI_BANK_WIDTH;

	switch ((enum mode)f->s.mode) {
	case MODE_ID:
		switch (index) {
		case 0:
			return both(ID_MANUFACTURER);
		case 1:
			return both(ID_DEVICE);
		case 2:
			return both(f->read_only ? ID_LOCKED : is_locked(f, &f->s, off));
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
	if (is_locked(f, &f->s, f->s.start)) {
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

static void fill_buffer(struct vflash_cfi_state *s, const struct vflash_cfi_cycle *c)
{
	uint32_t start = c->off & ~(uint32_t)(VFLASH_CFI_BUFFER_SIZE - 1);

	if (s->start == NOWHERE) {
		s->start = start;
	}
	s->buffer_error |= s->start != start;
	/* Two narrow writes make one word: each has ones where it does not reach. */
	s->buffer[(c->off - start) / VFLASH_CFI_BANK_WIDTH] &= c->data;
}

static void erase_block(struct vflash_cfi *f, uint32_t off)
{
	if (is_locked(f, &f->s, off)) {
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
static void confirm(struct vflash_cfi *f, const struct vflash_cfi_cycle *c)
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

void vflash_cfi_write_cycle(struct vflash_cfi *f, const struct vflash_cfi_cycle *c)
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
		clear_buffer(s);
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

/* The place of what is being written: where it must be for the job or the cycle. */
static bool is_valid_place(const struct vflash_cfi *f, const struct vflash_cfi_state *s)
{
	bool fits = s->start < f->size && s->start % VFLASH_CFI_BUFFER_SIZE == 0;

	if (s->job != JOB_NONE && (!fits || is_locked(f, s, s->start))) {
		return false;
	}
	if (s->job == JOB_ERASE) {
		return s->start % BLOCK == 0 && s->done < BLOCK && s->done % VFLASH_CFI_SLICE == 0;
	}
	if (s->done != 0) {
		return false;
	}
	if (s->cycle == CYCLE_BUFFER_DATA && s->start == NOWHERE) {
		return s->buffer_error == 0;
	}
	return fits || s->cycle < CYCLE_BUFFER_DATA;
}
AX_STATIC_ASSERT(CYCLE_BUFFER_CONFIRM > CYCLE_BUFFER_DATA);

bool vflash_cfi_is_valid(const struct vflash_cfi *f, const struct vflash_cfi_state *s)
{
	bool busy = s->job != JOB_NONE, idle = s->cycle == CYCLE_COMMAND;

	if (s->reserved[0] != 0 || s->reserved[1] != 0 || s->mode >= MODE_COUNT ||
	    s->cycle >= CYCLE_COUNT || s->job >= JOB_COUNT ||
	    (s->sr & ~(SR_ERASE | SR_PROGRAM | SR_LOCKED)) != 0 || s->buffer_error > 1) {
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
	return is_valid_place(f, s);
}

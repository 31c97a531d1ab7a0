/* SPDX-License-Identifier: Apache-2.0 */
/* PL031: time, match and registers. Clauses are those of ARM DDI 0224B chapter 3. */
#include "register.h"
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axdev/snap.h>
#include <axport/assert.h>
#include <vrtc/pl031.h>

#define RTCDR        0x000 /* RO  the count */
#define RTCMR        0x004 /* RW */
#define RTCLR        0x008 /* RW  a write loads the count, a read gives what was loaded */
#define RTCCR        0x00c /* RW  bit 0: started */
#define RTCIMSC      0x010 /* RW  bit 0 */
#define RTCRIS       0x014 /* RO  bit 0 */
#define RTCMIS       0x018 /* RO  bit 0 */
#define RTCICR       0x01c /* WO  bit 0, write 1 to clear */
#define RTCPeriphID0 0xfe0 /* RO  eight ID registers up to 0xffc */

static const uint8_t id_registers[8] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static uint64_t wall_now(const struct vrtc_pl031 *r)
{
	return r->base_s + ax_port_now_ns() / VRTC_NS_PER_S;
}

static uint32_t count(const struct vrtc_pl031_state *s)
{
	return (uint32_t)s->wall_s + s->offset;
}

/* Seconds from the last look until the count next becomes equal to MR: 1 to 2^32. */
static uint64_t seconds_to_match(const struct vrtc_pl031_state *s)
{
	uint32_t distance = s->mr - count(s);

	return distance != 0 ? distance : UINT64_C(1) << 32;
}

/* Let time pass in @s up to @wall_s; the match counts if it lay on the way. */
static void advance(struct vrtc_pl031_state *s, uint64_t wall_s)
{
	if (wall_s <= s->wall_s) {
		return;
	}
	if (wall_s - s->wall_s >= seconds_to_match(s)) {
		s->ris = true;
	}
	s->wall_s = wall_s;
}

/* Decides the line's level and gives up the lock. */
static void finish(struct vrtc_pl031 *r) AX_RELEASES(r->lock)
{
	ax_line_settle(&r->line, &r->lock, r->s.ris && r->s.imsc);
}

static uint32_t read_reg(const struct vrtc_pl031_state *s, uint64_t off)
{
	switch (off) {
	case RTCDR:
		return count(s);
	case RTCMR:
		return s->mr;
	case RTCLR:
		return s->lr;
	case RTCCR:
		return 1;
	case RTCIMSC:
		return s->imsc;
	case RTCRIS:
		return s->ris;
	case RTCMIS:
		return s->ris && s->imsc;
	default:
		return off >= RTCPeriphID0 ? id_registers[(off - RTCPeriphID0) / 4] : 0;
	}
}

static void write_reg(struct vrtc_pl031_state *s, uint64_t off, uint32_t val)
{
	switch (off) {
	case RTCMR:
		s->mr = val;
		s->ris = s->ris || count(s) == val;
		break;
	case RTCLR:
		s->lr = val;
		s->offset = val - (uint32_t)s->wall_s;
		s->ris = s->ris || val == s->mr;
		break;
	case RTCIMSC:
		s->imsc = (val & 1) != 0;
		break;
	case RTCICR:
		s->ris = s->ris && (val & 1) == 0;
		break;
	default: /* RTCCR too: once started it cannot be stopped, 3.3.4 */
		break;
	}
}

static enum ax_io_result pl031_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct vrtc_pl031 *r = dev;

	*val = 0;
	if (vrtc_is_register_access(io, VRTC_PL031_SIZE)) {
		ax_spin_lock(&r->lock);
		advance(&r->s, wall_now(r));
		*val = read_reg(&r->s, io->off) & ax_byte_mask(io->size);
		finish(r);
	}
	return AX_IO_HANDLED;
}

static enum ax_io_result pl031_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vrtc_pl031 *r = dev;

	if (vrtc_is_register_access(io, VRTC_PL031_SIZE)) {
		ax_spin_lock(&r->lock);
		advance(&r->s, wall_now(r));
		write_reg(&r->s, io->off, (uint32_t)val);
		finish(r);
	}
	return AX_IO_HANDLED;
}

static void pl031_reset(void *dev)
{
	struct vrtc_pl031 *r = dev;

	ax_spin_lock(&r->lock);
	r->s = (struct vrtc_pl031_state){ .wall_s = wall_now(r) };
	ax_line_announce(&r->line, &r->lock, r->s.ris && r->s.imsc);
}

#define SNAP_MAGIC   UINT32_C(0x31333050) /* "P031" */
#define SNAP_VERSION 1

struct snap {
	struct ax_snap_hdr hdr;
	uint32_t mr, lr, offset;
	uint8_t imsc, ris; /* 0 or 1 */
	uint8_t reserved[6];
	uint64_t wall_s;
};
AX_STATIC_ASSERT(sizeof(struct snap) == VRTC_PL031_SNAP_SIZE);

static ax_err_t pl031_save(const void *dev, void *buf, size_t cap, size_t *len)
{
	const struct vrtc_pl031 *r = dev;
	struct vrtc_pl031_state s = r->s;
	struct snap snap = {
		.hdr = { .magic = SNAP_MAGIC, .version = SNAP_VERSION, .size = sizeof(snap) },
	};

	advance(&s, wall_now(r));
	snap.mr = s.mr;
	snap.lr = s.lr;
	snap.offset = s.offset;
	snap.imsc = s.imsc;
	snap.ris = s.ris;
	snap.wall_s = s.wall_s;
	return ax_snap_write(&snap, sizeof(snap), buf, cap, len);
}

static bool is_valid(const struct snap *snap)
{
	static const uint8_t zeros[sizeof(snap->reserved)];

	return snap->imsc <= 1 && snap->ris <= 1 && snap->hdr.reserved == 0 &&
	       memcmp(snap->reserved, zeros, sizeof(zeros)) == 0;
}

static ax_err_t pl031_load(void *dev, const void *buf, size_t len)
{
	struct vrtc_pl031 *r = dev;
	struct snap snap;
	ax_err_t err = ax_snap_read(&snap, sizeof(snap), buf, len, SNAP_MAGIC, SNAP_VERSION);

	if (err != AX_OK) {
		return err;
	}
	if (!is_valid(&snap)) {
		return AX_EINVAL;
	}
	ax_spin_lock(&r->lock);
	r->s = (struct vrtc_pl031_state){
		.mr = snap.mr,
		.lr = snap.lr,
		.offset = snap.offset,
		.imsc = snap.imsc != 0,
		.ris = snap.ris != 0,
		/* A host whose clock is behind the saver's: go on from its own time. */
		.wall_s = ax_min_u64(snap.wall_s, wall_now(r)),
	};
	advance(&r->s, wall_now(r));
	ax_line_announce(&r->line, &r->lock, r->s.ris && r->s.imsc);
	return AX_OK;
}

const struct ax_dev_ops vrtc_pl031_ops = {
	.name = "pl031",
	.read = pl031_read,
	.write = pl031_write,
	.reset = pl031_reset,
	.save = pl031_save,
	.load = pl031_load,
};

void vrtc_pl031_init(struct vrtc_pl031 *r, struct ax_irq_line irq, uint64_t base_s)
{
	ax_assert(irq.set != NULL);
	*r = (struct vrtc_pl031){ .line = { .irq = irq }, .base_s = base_s };
	r->s.wall_s = wall_now(r);
}

uint64_t vrtc_pl031_deadline_ns(struct vrtc_pl031 *r)
{
	uint64_t deadline = UINT64_MAX, match_s;

	ax_spin_lock(&r->lock);
	if (r->s.imsc && !r->s.ris) {
		/* From the last look: a match that has passed since then is a deadline in the past. */
		match_s = r->s.wall_s + seconds_to_match(&r->s) - r->base_s;
		if (match_s <= (UINT64_MAX - 1) / VRTC_NS_PER_S) {
			deadline = match_s * VRTC_NS_PER_S;
		}
	}
	ax_spin_unlock(&r->lock);
	return deadline;
}

void vrtc_pl031_tick(struct vrtc_pl031 *r)
{
	ax_spin_lock(&r->lock);
	advance(&r->s, wall_now(r));
	finish(r);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Goldfish clock: time, alarm and registers. */
#include "register.h"
#include <axbase/bits.h>
#include <axbase/mem.h>
#include <axdev/snap.h>
#include <axport/assert.h>
#include <vrtc/goldfish.h>

#define TIME_LOW        0x00 /* RW  reading it latches the other half */
#define TIME_HIGH       0x04 /* RW  a read gives what was latched */
#define ALARM_LOW       0x08 /* RW  writing it arms the alarm */
#define ALARM_HIGH      0x0c /* RW */
#define IRQ_ENABLED     0x10 /* RW  bit 0 */
#define CLEAR_ALARM     0x14 /* WO  any value disarms */
#define ALARM_STATUS    0x18 /* RO  bit 0: armed */
#define CLEAR_INTERRUPT 0x1c /* WO  any value */
#define REGISTERS_END   0x20

#define LOW_HALF        AX_MASK64(31, 0)
#define HIGH_HALF       AX_MASK64(63, 32)

static uint64_t wall_now(const struct vrtc_goldfish *r)
{
	return r->base_ns + ax_port_now_ns();
}

static uint64_t guest_time(const struct vrtc_goldfish_state *s)
{
	return s->wall_ns + s->offset_ns;
}

static void fire(struct vrtc_goldfish_state *s)
{
	s->armed = false;
	s->pending = true;
}

/* The guest's time or its alarm is another one: has that brought them together? */
static void compare(struct vrtc_goldfish_state *s)
{
	if (s->armed && s->alarm_ns <= guest_time(s)) {
		fire(s);
	}
}

/* Let time pass in @s up to @wall_ns; an armed alarm is ahead, be it past the end of the count. */
static void advance(struct vrtc_goldfish_state *s, uint64_t wall_ns)
{
	if (wall_ns <= s->wall_ns) {
		return;
	}
	if (s->armed && wall_ns - s->wall_ns >= s->alarm_ns - guest_time(s)) {
		fire(s);
	}
	s->wall_ns = wall_ns;
}

static bool level(const struct vrtc_goldfish_state *s)
{
	return s->pending && s->enabled;
}

static uint32_t read_reg(struct vrtc_goldfish_state *s, uint64_t off)
{
	switch (off) {
	case TIME_LOW:
		s->time_high = (uint32_t)(guest_time(s) >> 32);
		return (uint32_t)guest_time(s);
	case TIME_HIGH:
		return s->time_high;
	case ALARM_LOW:
		return (uint32_t)s->alarm_ns;
	case ALARM_HIGH:
		return (uint32_t)(s->alarm_ns >> 32);
	case IRQ_ENABLED:
		return s->enabled;
	case ALARM_STATUS:
		return s->armed;
	default:
		return 0;
	}
}

static void set_time(struct vrtc_goldfish_state *s, uint64_t time)
{
	s->offset_ns = time - s->wall_ns;
	compare(s);
}

static void write_reg(struct vrtc_goldfish_state *s, uint64_t off, uint32_t val)
{
	switch (off) {
	case TIME_LOW:
		set_time(s, (guest_time(s) & HIGH_HALF) | val);
		break;
	case TIME_HIGH:
		set_time(s, (guest_time(s) & LOW_HALF) | (uint64_t)val << 32);
		break;
	case ALARM_LOW:
		s->alarm_ns = (s->alarm_ns & HIGH_HALF) | val;
		s->armed = true;
		compare(s);
		break;
	case ALARM_HIGH: /* the lower half comes last and arms; an armed alarm moves all the same */
		s->alarm_ns = (s->alarm_ns & LOW_HALF) | (uint64_t)val << 32;
		compare(s);
		break;
	case IRQ_ENABLED:
		s->enabled = (val & 1) != 0;
		break;
	case CLEAR_ALARM:
		s->armed = false;
		break;
	case CLEAR_INTERRUPT:
		s->pending = false;
		break;
	default:
		break;
	}
}

static enum ax_io_result goldfish_read(void *dev, const struct ax_io *io, uint64_t *val)
{
	struct vrtc_goldfish *r = dev;

	*val = 0;
	if (vrtc_is_register_access(io, REGISTERS_END)) {
		ax_spin_lock(&r->lock);
		advance(&r->s, wall_now(r));
		*val = read_reg(&r->s, io->off) & ax_byte_mask(io->size);
		ax_line_settle(&r->line, &r->lock, level(&r->s));
	}
	return AX_IO_HANDLED;
}

static enum ax_io_result goldfish_write(void *dev, const struct ax_io *io, uint64_t val)
{
	struct vrtc_goldfish *r = dev;

	if (vrtc_is_register_access(io, REGISTERS_END)) {
		ax_spin_lock(&r->lock);
		advance(&r->s, wall_now(r));
		write_reg(&r->s, io->off, (uint32_t)(val & ax_byte_mask(io->size)));
		ax_line_settle(&r->line, &r->lock, level(&r->s));
	}
	return AX_IO_HANDLED;
}

static void goldfish_reset(void *dev)
{
	struct vrtc_goldfish *r = dev;

	ax_spin_lock(&r->lock);
	r->s = (struct vrtc_goldfish_state){ .wall_ns = wall_now(r) };
	ax_line_announce(&r->line, &r->lock, false);
}

#define SNAP_MAGIC   UINT32_C(0x46444c47) /* "GLDF" */
#define SNAP_VERSION 1

struct snap {
	struct ax_snap_hdr hdr;
	uint32_t time_high;
	uint64_t alarm_ns, offset_ns, wall_ns;
	uint8_t armed, enabled, pending; /* 0 or 1 */
	uint8_t reserved[5];
};
AX_STATIC_ASSERT(sizeof(struct snap) == VRTC_GOLDFISH_SNAP_SIZE);

static ax_err_t goldfish_save(const void *dev, void *buf, size_t cap, size_t *len)
{
	const struct vrtc_goldfish *r = dev;
	struct vrtc_goldfish_state s = r->s;
	struct snap snap = {
		.hdr = { .magic = SNAP_MAGIC, .version = SNAP_VERSION, .size = sizeof(snap) },
	};

	advance(&s, wall_now(r));
	snap.time_high = s.time_high;
	snap.alarm_ns = s.alarm_ns;
	snap.offset_ns = s.offset_ns;
	snap.wall_ns = s.wall_ns;
	snap.armed = s.armed;
	snap.enabled = s.enabled;
	snap.pending = s.pending;
	return ax_snap_write(&snap, sizeof(snap), buf, cap, len);
}

static bool is_valid(const struct snap *snap)
{
	static const uint8_t zeros[sizeof(snap->reserved)];

	return snap->armed <= 1 && snap->enabled <= 1 && snap->pending <= 1 &&
	       snap->hdr.reserved == 0 && memcmp(snap->reserved, zeros, sizeof(zeros)) == 0;
}

static ax_err_t goldfish_load(void *dev, const void *buf, size_t len)
{
	struct vrtc_goldfish *r = dev;
	struct snap snap;
	ax_err_t err = ax_snap_read(&snap, sizeof(snap), buf, len, SNAP_MAGIC, SNAP_VERSION);

	if (err != AX_OK) {
		return err;
	}
	if (!is_valid(&snap)) {
		return AX_EINVAL;
	}
	ax_spin_lock(&r->lock);
	r->s = (struct vrtc_goldfish_state){
		.alarm_ns = snap.alarm_ns,
		.offset_ns = snap.offset_ns,
		.time_high = snap.time_high,
		.armed = snap.armed != 0,
		.enabled = snap.enabled != 0,
		.pending = snap.pending != 0,
		/* A host whose clock is behind the saver's: go on from its own time. */
		.wall_ns = ax_min_u64(snap.wall_ns, wall_now(r)),
	};
	compare(&r->s);
	advance(&r->s, wall_now(r));
	ax_line_announce(&r->line, &r->lock, level(&r->s));
	return AX_OK;
}

const struct ax_dev_ops vrtc_goldfish_ops = {
	.name = "goldfish-rtc",
	.read = goldfish_read,
	.write = goldfish_write,
	.reset = goldfish_reset,
	.save = goldfish_save,
	.load = goldfish_load,
};

void vrtc_goldfish_init(struct vrtc_goldfish *r, struct ax_irq_line irq, uint64_t base_s)
{
	ax_assert(irq.set != NULL);
	*r = (struct vrtc_goldfish){ .line = { .irq = irq }, .base_ns = base_s * VRTC_NS_PER_S };
	r->s.wall_ns = wall_now(r);
}

uint64_t vrtc_goldfish_deadline_ns(struct vrtc_goldfish *r)
{
	uint64_t deadline = UINT64_MAX, looked_ns, ahead_ns;

	ax_spin_lock(&r->lock);
	if (r->s.armed && r->s.enabled && !r->s.pending) {
		/* From the last look: an alarm that has passed since then is a deadline in the past. */
		looked_ns = r->s.wall_ns - r->base_ns;
		ahead_ns = r->s.alarm_ns - guest_time(&r->s);
		if (ahead_ns < UINT64_MAX - looked_ns) {
			deadline = looked_ns + ahead_ns;
		}
	}
	ax_spin_unlock(&r->lock);
	return deadline;
}

void vrtc_goldfish_tick(struct vrtc_goldfish *r)
{
	ax_spin_lock(&r->lock);
	advance(&r->s, wall_now(r));
	ax_line_settle(&r->line, &r->lock, level(&r->s));
}

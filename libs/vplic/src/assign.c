/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical sources of guests. A source is held from the driver's claim until vplic says that the
 * guest has nothing of it any more; whoever takes the mark away under the lock is the one who
 * completes.
 */
#include <vplic/assign.h>
#include "internal.h"
#include <axbase/mem.h>
#include <axport/assert.h>
#include <axport/log.h>

void vplic_assign_init(struct vplic_assign *a, struct vplic_assign_source *sources,
		       uint32_t source_count, const struct vplic_assign_host_ops *host,
		       void *host_ctx)
{
	ax_assert(source_count <= VPLIC_MAX_SOURCES);
	memset(a, 0, sizeof(*a));
	memset(sources, 0, VPLIC_SOURCE_COUNT(source_count) * sizeof(*sources));
	a->source_count = source_count;
	a->sources = sources;
	a->host = host;
	a->host_ctx = host_ctx;
}

static struct vplic_assign_source *source_at(const struct vplic_assign *a, uint32_t source)
{
	return source != 0 && source <= a->source_count ? &a->sources[source] : NULL;
}

/* A source is reserved first: the two locks are not held together. It is disabled still. */
ax_err_t vplic_assign_bind(struct vplic_assign *a, uint32_t source, struct vplic *p, uint32_t guest)
{
	struct vplic_assign_source *s = source_at(a, source);
	ax_err_t err;

	if (s == NULL || p->cfg.completed != vplic_assign_completed || p->cfg.completed_ctx != a) {
		ax_log(AX_LOG_ERROR, "vplic: physical source %u cannot be given to a guest",
		       (unsigned)source);
		return AX_EINVAL;
	}
	ax_spin_lock(&a->lock);
	err = s->to != NULL ? AX_EEXIST : AX_OK;
	if (err == AX_OK) {
		s->to = p;
		s->guest = (uint16_t)guest;
	}
	ax_spin_unlock(&a->lock);
	if (err == AX_OK) {
		err = vplic_link(p, guest, source);
		if (err != AX_OK) {
			ax_spin_lock(&a->lock);
			s->to = NULL;
			ax_spin_unlock(&a->lock);
		}
	}
	if (err != AX_OK) {
		ax_log(AX_LOG_ERROR, "vplic: physical source %u as the guest's %u: %s",
		       (unsigned)source, (unsigned)guest, ax_err_name(err));
		return err;
	}
	a->host->enable(a->host_ctx, source, true);
	return AX_OK;
}

/*
 * Wait until no pCPU is between finding @s bound and having told the guest; returns with the lock.
 */
static void lock_quiet(struct vplic_assign *a, const struct vplic_assign_source *s)
	AX_ACQUIRES(a->lock)
{
	ax_spin_lock(&a->lock);
	while (s->busy != 0) {
		ax_spin_unlock(&a->lock);
		AX_SPIN_HINT();
		ax_spin_lock(&a->lock);
	}
}

static void take_back(struct vplic_assign *a, uint32_t source)
{
	struct vplic_assign_source *s = &a->sources[source];
	struct vplic *p = s->to;
	uint32_t guest = s->guest;
	bool held;

	/* No more claims from here on but those that other pCPUs have just made. */
	a->host->enable(a->host_ctx, source, false);
	lock_quiet(a, s);
	held = s->held;
	*s = (struct vplic_assign_source){ 0 };
	ax_spin_unlock(&a->lock);
	vplic_unlink(p, guest);
	if (held) {
		a->host->complete(a->host_ctx, source);
	}
}

void vplic_assign_release(struct vplic_assign *a, const struct vplic *p)
{
	for (uint32_t i = 1; i <= a->source_count; i++) {
		bool found;

		ax_spin_lock(&a->lock);
		found = a->sources[i].to == p;
		ax_spin_unlock(&a->lock);
		if (found) { /* and stays so: it is the caller who may take it away */
			take_back(a, i);
		}
	}
}

bool vplic_assign_claimed(struct vplic_assign *a, uint32_t source)
{
	struct vplic_assign_source *s = source_at(a, source);
	struct vplic *to;

	if (s == NULL) {
		return false;
	}
	ax_spin_lock(&a->lock);
	to = s->to;
	if (to != NULL) {
		s->held = true;
		s->busy++;
	}
	ax_spin_unlock(&a->lock);
	if (to == NULL) {
		return false;
	}
	/*
	 * A pulse and no level: what the line does from here on is not known before the completion,
	 * after which the physical controller says so if it is still high.
	 */
	vplic_pulse(to, s->guest);
	ax_spin_lock(&a->lock);
	s->busy--;
	ax_spin_unlock(&a->lock);
	return true;
}

void vplic_assign_completed(void *ctx, const struct vplic *p, uint32_t link)
{
	struct vplic_assign *a = ctx;
	struct vplic_assign_source *s = source_at(a, link);
	bool held = false;

	if (s == NULL) {
		return;
	}
	ax_spin_lock(&a->lock);
	if (s->to == p) {
		held = s->held;
		s->held = false;
	}
	ax_spin_unlock(&a->lock);
	if (held) {
		a->host->complete(a->host_ctx, link);
	}
}

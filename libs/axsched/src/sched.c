/* SPDX-License-Identifier: Apache-2.0 */
/* Round robin with a quantum, wake-ups that cannot be lost, one timer deadline per pCPU. */
#include <axport/assert.h>
#include <axsched/sched.h>

#define DEFAULT_QUANTUM_NS UINT64_C(10000000)

/*
 * A task's life. WOKEN is RUNNING with a wake-up that its step may not have seen. Only the task's own
 * pCPU takes it from READY to RUNNING and from RUNNING to BLOCKED; anybody makes the other moves.
 */
enum {
	BLOCKED,
	READY, /* on its pCPU's ready list, or about to be put there by who set this */
	RUNNING,
	WOKEN,
};

void axsched_init(struct axsched *s, const struct axsched_cfg *cfg, struct axsched_cpu *cpus)
{
	ax_assert(cfg->cpu_count >= 1 && cfg->cpu_count <= AX_PORT_MAX_CPUS);
	s->cfg = *cfg;
	if (s->cfg.quantum_ns == 0) {
		s->cfg.quantum_ns = DEFAULT_QUANTUM_NS;
	}
	s->cpus = cpus;
	atomic_init(&s->stopped, false);
	for (uint32_t i = 0; i < cfg->cpu_count; i++) {
		cpus[i] = (struct axsched_cpu){ .id = i, .armed_ns = UINT64_MAX };
		ax_list_init(&cpus[i].all);
		ax_list_init(&cpus[i].ready);
	}
}

uint32_t axsched_place(struct axsched *s, uint64_t mask)
{
	uint32_t best = UINT32_MAX;
	uint32_t best_count = UINT32_MAX;

	for (uint32_t i = 0; i < s->cfg.cpu_count; i++) {
		struct axsched_cpu *c = &s->cpus[i];
		uint32_t count;

		if (mask != 0 && ((mask >> i) & 1) == 0) {
			continue;
		}
		ax_spin_lock(&c->lock);
		count = c->task_count;
		ax_spin_unlock(&c->lock);
		if (count < best_count) {
			best = i;
			best_count = count;
		}
	}
	return best == UINT32_MAX ? 0 : best;
}

static uint64_t deadline_of(const struct axsched_task *t)
{
	return t->ops->deadline_ns != NULL ? t->ops->deadline_ns(t->ctx) : UINT64_MAX;
}

void axsched_add(struct axsched *s, struct axsched_task *t, const struct axsched_task_ops *ops,
		 void *ctx, uint32_t cpu)
{
	struct axsched_cpu *c = &s->cpus[cpu];

	ax_assert(cpu < s->cfg.cpu_count);
	*t = (struct axsched_task){ .ops = ops, .ctx = ctx, .cpu = c };
	t->wake_ns = deadline_of(t);
	ax_list_init(&t->all);
	ax_list_init(&t->ready);
	ax_spin_lock(&c->lock);
	ax_list_insert(&c->all, &t->all);
	c->task_count++;
	ax_spin_unlock(&c->lock);
}

/*
 * The timer never fires early, so one that has fired had a deadline that is past, and what is armed next
 * differs from it.
 */
static void arm(struct axsched_cpu *c, uint64_t deadline_ns)
{
	if (deadline_ns != c->armed_ns) {
		c->armed_ns = deadline_ns;
		ax_port_timer_arm(deadline_ns);
	}
}

static void enqueue(struct axsched_task *t)
{
	struct axsched_cpu *c = t->cpu;

	ax_spin_lock(&c->lock);
	ax_list_insert(&c->ready, &t->ready);
	ax_spin_unlock(&c->lock);
	atomic_store_explicit(&c->news, true, memory_order_release);
}

void axsched_wake(struct axsched_task *t)
{
	uint32_t state = atomic_load_explicit(&t->state, memory_order_seq_cst);

	for (;;) {
		uint32_t next = state == BLOCKED ? READY : state == RUNNING ? WOKEN : state;

		/* Also when nothing changes: the exchange orders the caller's stores before the step. */
		if (atomic_compare_exchange_weak(&t->state, &state, next)) {
			break;
		}
	}
	if (state == BLOCKED) {
		enqueue(t);
		if (t->cpu->id != ax_port_cpu_id()) {
			ax_port_cpu_kick(t->cpu->id);
		} else if (t->cpu->quantum_end_ns < t->cpu->armed_ns) {
			arm(t->cpu,
			    t->cpu->quantum_end_ns); /* the task running here now has company */
		}
	}
}

/* Make ready the waiting tasks whose deadline is at or before @now; the earliest of the others'. */
static inline uint64_t expire(struct axsched_cpu *c, uint64_t now) AX_REQUIRES(c->lock)
{
	uint64_t earliest = UINT64_MAX;

	ax_list_for_each (pos, &c->all) {
		struct axsched_task *t = AX_CONTAINER_OF(pos, struct axsched_task, all);
		uint32_t blocked = BLOCKED;

		if (atomic_load(&t->state) != BLOCKED) {
			continue;
		}
		if (t->wake_ns > now) {
			earliest = t->wake_ns < earliest ? t->wake_ns : earliest;
		} else if (atomic_compare_exchange_strong(&t->state, &blocked, READY)) {
			ax_list_insert(&c->ready, &t->ready);
		}
	}
	return earliest;
}

/* Take the next ready task off the list; NULL if there is none. @more: others are ready behind it. */
static inline struct axsched_task *pick(struct axsched_cpu *c, bool *more) AX_REQUIRES(c->lock)
{
	struct axsched_task *t = NULL;

	if (!ax_list_empty(&c->ready)) {
		t = AX_CONTAINER_OF(c->ready.next, struct axsched_task, ready);
		ax_list_remove(&t->ready);
	}
	*more = !ax_list_empty(&c->ready);
	return t;
}

static void make_resident(struct axsched *s, struct axsched_cpu *c, struct axsched_task *t)
{
	if (c->resident != t) {
		if (c->resident != NULL && c->resident->ops->switch_out != NULL) {
			c->resident->ops->switch_out(c->resident->ctx);
			c->resident->wake_ns = deadline_of(c->resident);
		}
		c->resident = t;
		if (t->ops->switch_in != NULL) {
			t->ops->switch_in(t->ctx);
		}
		c->quantum_end_ns = ax_port_now_ns() + s->cfg.quantum_ns;
	}
}

/* Where the task goes after its step. */
static void settle(struct axsched *s, struct axsched_cpu *c, struct axsched_task *t,
		   enum axsched_verdict verdict)
{
	uint32_t running = RUNNING;

	if (verdict == AXSCHED_BLOCK) {
		t->wake_ns = deadline_of(t); /* of use only while it is blocked */
		if (atomic_compare_exchange_strong(&t->state, &running, BLOCKED)) {
			return;
		}
	}
	atomic_store(&t->state, READY);
	ax_spin_lock(&c->lock);
	if (ax_list_empty(&c->ready) || ax_port_now_ns() < c->quantum_end_ns) {
		ax_list_insert(c->ready.next, &t->ready); /* goes on */
	} else {
		ax_list_insert(&c->ready, &t->ready);
		c->quantum_end_ns = ax_port_now_ns() + s->cfg.quantum_ns;
	}
	ax_spin_unlock(&c->lock);
}

bool axsched_wants_cpu(const struct axsched *s)
{
	const struct axsched_cpu *c = &s->cpus[ax_port_cpu_id()];

	return atomic_load_explicit(&c->news, memory_order_acquire) ||
	       (c->armed_ns != UINT64_MAX && c->armed_ns <= ax_port_now_ns());
}

void axsched_once(struct axsched *s)
{
	struct axsched_cpu *c = &s->cpus[ax_port_cpu_id()];
	uint64_t now, deadline;
	struct axsched_task *t, *left;
	enum axsched_verdict verdict;
	bool more;

	/* News that comes from here on is found by pick(), or is still news in the step. */
	atomic_store_explicit(&c->news, false, memory_order_relaxed);
	now = ax_port_now_ns();
	ax_spin_lock(&c->lock);
	deadline = expire(c, now);
	t = pick(c, &more);
	ax_spin_unlock(&c->lock);
	if (t == NULL) {
		arm(c, deadline);
		s->cfg.idle(s->cfg.ctx);
		return;
	}
	left = c->resident;
	make_resident(s, c, t);
	/* One that has just been switched out may have had its deadline in the hardware until now. */
	if (left != NULL && left->wake_ns < deadline && atomic_load(&left->state) == BLOCKED) {
		deadline = left->wake_ns;
	}
	if (more && c->quantum_end_ns < deadline) {
		deadline = c->quantum_end_ns;
	}
	t->wake_ns = deadline_of(t);
	arm(c, t->wake_ns < deadline ? t->wake_ns : deadline);
	atomic_store(&t->state, RUNNING);
	verdict = t->ops->step(t->ctx);
	settle(s, c, t, verdict);
}

void axsched_run(struct axsched *s)
{
	while (!atomic_load_explicit(&s->stopped, memory_order_relaxed)) {
		axsched_once(s);
	}
}

void axsched_stop(struct axsched *s)
{
	atomic_store(&s->stopped, true);
	for (uint32_t i = 0; i < s->cfg.cpu_count; i++) {
		atomic_store(&s->cpus[i].news, true);
		ax_port_cpu_kick(i);
	}
}

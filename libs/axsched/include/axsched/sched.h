/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks on pCPUs: each pCPU runs one loop that steps its tasks round robin, one quantum each, and idles
 * when all of them wait. A task is anything with a step: a vCPU, or a piece of work cut into slices.
 * A task stays on the pCPU it was added to.
 *
 * Locks: one per pCPU (rank sched), held for list operations only, never across a task's call.
 */
#pragma once
#include <axbase/list.h>
#include <axbase/lock.h>
#include <axport/port.h>

/** What a step says about its task. */
enum axsched_verdict {
	AXSCHED_AGAIN, /* has more to do */
	AXSCHED_BLOCK, /* waits for axsched_wake() or its deadline */
};

/** All calls are made on the task's pCPU, without locks. */
struct axsched_task_ops {
	/**
	 * Do a bounded piece, or run until the host wants this pCPU back. A wake-up that arrives during
	 * the step makes a BLOCK verdict an AGAIN, so "nothing to do" and "sleep" leave no gap.
	 */
	enum axsched_verdict (*step)(void *ctx);
	/** This task is about to be stepped, the one before it was another. May be NULL. */
	void (*switch_in)(void *ctx);
	/** Another task is about to be stepped here: leave nothing live in this pCPU. May be NULL. */
	void (*switch_out)(void *ctx);
	/**
	 * When the task wants to be stepped at the latest; UINT64_MAX for never. Asked when it is added,
	 * before each step, after one that blocks and after switch_out(): what changes it in between
	 * must wake the task. May be NULL.
	 */
	uint64_t (*deadline_ns)(const void *ctx);
};

struct axsched_task {
	struct ax_list all;   /* pCPU's lock: every task of the pCPU */
	struct ax_list ready; /* pCPU's lock: those that can run */
	const struct axsched_task_ops *ops;
	void *ctx;
	struct axsched_cpu *cpu;
	_Atomic uint32_t state;
	uint64_t wake_ns; /* what deadline_ns() said last; the task's pCPU only */
};

struct axsched_cpu {
	struct ax_spinlock lock;
	struct ax_list all;
	struct ax_list ready;
	uint32_t id;
	uint32_t task_count;
	struct axsched_task *resident; /* the one stepped last; this pCPU only */
	uint64_t quantum_end_ns;       /* of the resident */
	_Atomic bool news; /* a task has become ready, or the end has come, since the last look */
	uint64_t armed_ns; /* what the host's timer is set to */
};

struct axsched_cfg {
	uint32_t cpu_count;
	/** Time a task may keep its pCPU while others are ready. 0: 10 ms. */
	uint64_t quantum_ns;
	/**
	 * Wait for an interrupt on this pCPU and serve it. Interrupts are masked from before the last
	 * look for work until the wait itself, and the wait ends when one is pending: no wake-up is lost.
	 */
	void (*idle)(void *ctx);
	void *ctx;
};

struct axsched {
	struct axsched_cfg cfg;
	struct axsched_cpu *cpus;
	_Atomic bool stopped;
};

/** @cpus: caller's storage for @cfg->cpu_count elements. */
void axsched_init(struct axsched *s, const struct axsched_cfg *cfg, struct axsched_cpu *cpus);

/** The pCPU with the fewest tasks among @mask (a bit per pCPU; 0: any), the lowest on a tie. */
uint32_t axsched_place(struct axsched *s, uint64_t mask);

/** Add @t, waiting, to pCPU @cpu. @t belongs to the caller and must stay. Any CPU. */
void axsched_add(struct axsched *s, struct axsched_task *t, const struct axsched_task_ops *ops,
		 void *ctx, uint32_t cpu);

/** Let @t be stepped again. Any CPU, also from inside a step; may be called with other locks held. */
void axsched_wake(struct axsched_task *t);

/** The task whose state may still be live on pCPU @cpu, or NULL. On that pCPU. */
static inline struct axsched_task *axsched_resident(const struct axsched *s, uint32_t cpu)
{
	return s->cpus[cpu].resident;
}

/**
 * Inside a step: is there news for this pCPU's loop, so that the step should end? A task has become
 * ready, a deadline has passed, or axsched_stop() was called. If not, the loop would but step the same
 * task again.
 */
bool axsched_wants_cpu(const struct axsched *s);

/** One round on the calling pCPU: step a task, or idle once. */
void axsched_once(struct axsched *s);

/** Rounds until axsched_stop(). On every pCPU, interrupts masked. */
void axsched_run(struct axsched *s);

/** End axsched_run() on all pCPUs after their current round. Any CPU. */
void axsched_stop(struct axsched *s);

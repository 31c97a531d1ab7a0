/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole machine on the host: VMs of axvm with a vCPU back end, an interrupt controller, axaddrspace and the
 * device models, on fake processors, timers and frames, stepped through axsched. One at a time. Which
 * architecture it is, is decided by the folder that arch.h comes from.
 *
 * What the fakes and this file check at every step ends in a panic: a guest that can do so is a bug.
 */
#pragma once
#include <axaddrspace/tlb.h>
#include <axbase/ring.h>
#include <axport/assert.h>
#include <axsched/sched.h>
#include <axtest/axtest.h>
#include <axvm/vm.h>

#define MACHINE_MAX_CPUS  3
#define MACHINE_VMS       2
#define MACHINE_MAX_VCPUS 4

#include "arch.h"

/* arch.h says where RAM and ROM are. */
#define GUEST_RAM_SIZE (UINT64_C(4) << 20)               /* there where it is touched */
#define GUEST_ROM_SIZE (UINT64_C(64) << 10)              /* present from the start; not writable */
#define GUEST_CODE     (GUEST_RAM + (UINT64_C(3) << 20)) /* instructions go here */
#define GUEST_CANARY   (GUEST_RAM + (UINT64_C(1) << 20)) /* nobody writes this page */

struct machine_vcpu {
	struct axsched_task task;
	unsigned step_count; /* while the machine settles; it awaited one when that began */
	bool awaits;
	unsigned program; /* the player's: where it is in its opening moves */
	bool asleep;      /* its last step said BLOCK and nothing has woken it since */
	bool pc_known;    /* the following are of its last exit */
	bool went_down;   /* that exit may have ended in a power-off or a reset */
	uint64_t pc;
	struct arch_vcpu at_exit;
};

/** One VM, its tasks, its console, and what has been asked of it. */
struct guest {
	struct axvm vm;
	struct axconf_vm conf;
	struct axsched_task work;
	bool work_asleep;
	bool work_awaits;
	unsigned work_count;
	struct machine_vcpu vcpus[MACHINE_MAX_VCPUS];
	struct ax_chardev console;
	struct ax_ring input;
	uint8_t input_bytes[256];
	uint8_t output[64]; /* the newest bytes, at output_count modulo the size */
	unsigned output_count;
	bool stepped; /* one of its tasks ran or was switched out; the caller clears it */
	/* The lifecycle as it was asked for. */
	enum axvm_state told;
	unsigned told_count;
	unsigned start_count;
	unsigned fail_count;
	bool want_pause, want_reset, want_off; /* since the last rest, by the host */
	bool may_reset, may_off;               /* by the guest */
	bool may_fail;                         /* memory ran out */
	bool canary;
	bool logged; /* writes to RAM are */
	uint64_t log[GUEST_RAM_SIZE / AX_PAGE_SIZE / 64];
};

struct machine {
	struct axtest_frames frames;
	struct axaddrspace_tags tags;
	uint64_t tag_map[4];
	struct axaddrspace_tlb_fake tlb;
	uint8_t bundle[4096];
	size_t bundle_size;
	struct axsched sched;
	uint32_t cpu_count;
	struct axsched_cpu cpus[MACHINE_MAX_CPUS];
	struct arch_machine arch;
	uint64_t timer_ns[MACHINE_MAX_CPUS];
	struct guest guests[MACHINE_VMS];
	unsigned entries; /* of guests in the current step of a task */
	/** What the guest does at an entry: fills the exit, which stands at an IRQ. NULL: nothing. */
	void (*play)(void *ctx, const struct machine_entry *e);
	void *play_ctx;
};
extern struct machine machine;

/** <arch>/board.c: what the VMs are made of. */
extern const struct axvm_machine machine_board;

/**
 * Power on with @cpus pCPUs and two VMs of @vcpus vCPUs each with an interrupt controller of number @intc,
 * created and not started.
 */
struct machine_cfg {
	uint32_t cpus;
	uint32_t vcpus[MACHINE_VMS];
	uint32_t intc[MACHINE_VMS]; /* below ARCH_INTCS */
};
void machine_on(const struct machine_cfg *cfg);
/** Stop and destroy what there is; checks that no frame is left and no canary has changed. */
void machine_off(void);

/** The calling pCPU is @cpu from here on. */
void machine_on_cpu(uint32_t cpu);
/** One round of the scheduler on pCPU @cpu, with the checks behind it or without. */
void machine_round(uint32_t cpu);
void machine_round_only(uint32_t cpu);
/** Rounds on all pCPUs without anything done by a guest, until no VM is in a passing state. */
void machine_settle(void);
/** Give every task to pCPU (its number + @shift) modulo their count. */
void machine_place(uint32_t shift);

/** Lifecycle calls: as axvm's, and their result is checked against the state before the call. */
enum machine_request { MACHINE_START, MACHINE_PAUSE, MACHINE_RESUME, MACHINE_RESET, MACHINE_STOP };
ax_err_t machine_request(struct guest *g, enum machine_request what);
/** Destroy @g, if its state allows that, and create it again. */
void machine_recreate(struct guest *g);
/**
 * The same for one that is off, with the @fail_at-th request for memory refused: what create said. If
 * that was an error, nothing may be left of the attempt, and @g is created once more without.
 */
ax_err_t machine_recreate_short(struct guest *g, unsigned fail_at);
/** Bytes from the outside for the console of @g. */
void machine_type(struct guest *g, const void *bytes, size_t count);

/** Is an interrupt of the host pending on pCPU @cpu? */
bool machine_irq_pending(uint32_t cpu);
/** Let the clock stand at @now_ns, or leave it if that has passed. */
void machine_advance(uint64_t now_ns);

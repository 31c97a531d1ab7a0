/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole machine on the host: VMs of axvm with vcpu_aarch64, vgic, axaddrspace and the device models, on
 * fake processors, list registers, timers and frames, stepped through axsched. One at a time.
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
#include <platform/virt_aarch64.h>
#include <vcpu_aarch64/fake.h>
#include <vcpu_aarch64/vcpu.h>
#include <vgic/fake.h>

#define MACHINE_MAX_CPUS  3
#define MACHINE_VMS       2
#define MACHINE_MAX_VCPUS 4
#define MACHINE_LRS       4

#define GUEST_GICD        VIRT_AARCH64_GICD
#define GUEST_GICC        VIRT_AARCH64_GICC
#define GUEST_GICR        VIRT_AARCH64_GICR
#define GUEST_UART        VIRT_AARCH64_UART
#define GUEST_RTC         VIRT_AARCH64_RTC
#define GUEST_NS16550     UINT64_C(0x09020000)
#define GUEST_RAM         UINT64_C(0x40000000) /* where it is touched */
#define GUEST_RAM_SIZE    (UINT64_C(4) << 20)
#define GUEST_ROM         UINT64_C(0x50000000) /* present from the start; not writable */
#define GUEST_ROM_SIZE    (UINT64_C(64) << 10)
#define GUEST_CODE        (GUEST_RAM + (UINT64_C(3) << 20)) /* instructions go here */
#define GUEST_CANARY      (GUEST_RAM + (UINT64_C(1) << 20)) /* nobody writes this page */
#define GUEST_SPIS        VIRT_AARCH64_SPIS
#define UART_INTID        VIRT_AARCH64_UART_INTID
#define NS16550_INTID     35
#define VTIMER_INTID      VIRT_AARCH64_VTIMER_INTID

/** An entry of a guest, as the one who plays it sees it. */
struct machine_entry {
	struct guest *guest;
	uint32_t vcpu;
	void *arch;
	struct vgic_fake *gic; /* the interface of this pCPU */
	struct vcpu_aarch64_fake_exit *exit;
};

struct machine_vcpu {
	struct axsched_task task;
	unsigned step_count; /* while the machine settles; it awaited one when that began */
	bool awaits;
	unsigned program; /* the player's: where it is in its opening moves */
	bool asleep;      /* its last step said BLOCK and nothing has woken it since */
	bool pc_known;    /* the following are of its last exit */
	bool went_down;   /* that exit may have ended in a power-off or a reset */
	uint64_t pc;
	uint64_t vbar;
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
	struct vgic_fake gic[MACHINE_MAX_CPUS];
	uint64_t timer_ns[MACHINE_MAX_CPUS];
	bool vtimer_active[MACHINE_MAX_CPUS]; /* physical interrupt 27 */
	struct guest guests[MACHINE_VMS];
	unsigned entries; /* of guests in the current step of a task */
	/** What the guest does at an entry: fills the exit, which stands at an IRQ. NULL: nothing. */
	void (*play)(void *ctx, const struct machine_entry *e);
	void *play_ctx;
};
extern struct machine machine;

/** board.c: what the VMs are made of. */
extern const struct axvm_machine machine_board;

/**
 * Power on with @cpus pCPUs and two VMs of @vcpus_a and @vcpus_b vCPUs with a virtual GIC of the given
 * versions (2 or 3), created and not started.
 */
struct machine_cfg {
	uint32_t cpus;
	uint32_t vcpus[MACHINE_VMS];
	uint32_t gic[MACHINE_VMS];
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual machine, composed from its configuration and a board's table of providers through one
 * resolved device graph: bus, interrupt wiring and device tree all come from it.
 *
 * A VM is driven by tasks that the caller schedules as it likes: one per vCPU (axvm_vcpu_step) and one
 * for the VM's own sliced work (axvm_work_step: loading images, finishing a pause, a stop or a reset).
 * Nothing here blocks, allocates after axvm_create(), or waits for another CPU.
 *
 * Locks: struct axvm.lock (rank vm) guards the lifecycle alone and is held over no call but wake().
 */
#pragma once
#include <axaddrspace/tag.h>
#include <axloader/bundle.h>
#include <axloader/loader.h>
#include <axport/log.h>
#include <axvm/machine.h>

/** Devices that come with a firmware, and those of them that have content. */
#define AXVM_MAX_FIRMWARE_DEVICES 4
#define AXVM_MAX_WINDOWS          2

/** Task number of a VM's own work in wake(); smaller numbers are vCPU ids. */
#define AXVM_TASK_WORK UINT32_MAX

enum axvm_state {
	AXVM_CREATED, /* built; nothing loaded */
	AXVM_LOADING, /* images on their way into memory */
	AXVM_RUNNING,
	AXVM_QUIESCING, /* vCPUs are coming to rest, for a pause, a reset or the end */
	AXVM_PAUSED,
	AXVM_OFF,
	AXVM_FAILED, /* as OFF, but not because anybody wanted it */
};

struct axvm;

/** What a VM wants from the program around it. */
struct axvm_host_ops {
	const struct ax_frame_ops *frames;
	void *frames_ctx;
	/** Let task @task of @vm be stepped. Any CPU; called with locks held: must not call back. */
	void (*wake)(void *ctx, struct axvm *vm, uint32_t task);
	/**
	 * @vm has reached @state by way of its work task: all but what axvm_start() and axvm_resume()
	 * set themselves. On that task's pCPU, no lock held. May be NULL.
	 */
	void (*state_changed)(void *ctx, struct axvm *vm, enum axvm_state state);
	/**
	 * Take one pending interrupt of the host on this pCPU. True: it is the resident guest's own timer,
	 * left active; struct axvm_machine.timer_irq becomes pending on its vCPU. False: it was the host's
	 * and has been served.
	 */
	bool (*take_irq)(void *ctx);
	/**
	 * Asked after an interrupt that was not the guest's: does the host want this pCPU back, so that the
	 * step must end? False lets the guest go on at once, as after a kick that was for the guest. May be
	 * NULL: the step ends. On the vCPU's pCPU, no lock held.
	 */
	bool (*wants_cpu)(void *ctx);
	/**
	 * Fill @out with @bytes that nobody can guess and nobody was given before: seeds for the guest, new
	 * ones at each start and reset. False: there is no source, so the guest's device tree has none; asked
	 * with 0 bytes when the VM is created, and to stay true from then on. Any CPU, no lock held. May be
	 * NULL: no source.
	 */
	bool (*random)(void *ctx, void *out, size_t bytes);
	void *ctx;
};

struct axvm_cfg {
	const struct axvm_machine *machine;
	const struct axvm_host_ops *host;
	const struct axconf_vm *conf; /* validated; copied */
	struct axaddrspace_tags *tags;
	/** Images are read from here at every load: it must stay. */
	const void *bundle;
	size_t bundle_size;
	const struct ax_chardev *console; /* must outlive the VM */
	uint64_t epoch_s;
	uint32_t pcpu_count; /* more than that many vCPU affinity bits are refused */
};

struct axvm_diag {
	char text[192];
};

/** A node of the resolved graph. */
struct axvm_device {
	struct axvm *vm;
	const struct axvm_model *model;
	void *dev;
	const char *name;
	uint64_t base;
	uint64_t size;
	uint32_t irq;  /* 0: none */
	uint32_t slot; /* of its content */
	void *content; /* @size bytes of host memory; NULL: none */
	hpa_t content_hpa;
};

struct axvm_vcpu {
	struct axvcpu core;
	struct axvm *vm;
	struct axbus *bus; /* of @vm; const after create, as the next */
	struct ax_intc_watch watch;
	enum ax_io_result refused; /* by a device, of an access that is now an exit; its pCPU's */
	_Atomic bool parked;       /* written under vm->lock; at rest, its task need not run */
	uint32_t refusals;         /* entries of this step that a request came before; its pCPU's */
	uint32_t root_tag;         /* of the root that core has been given; its pCPU's */
};

/** How far the current image is. */
enum axvm_load_phase { AXVM_LOAD_NEXT, AXVM_LOAD_COPYING, AXVM_LOAD_PUBLISHING };

/** One image to bring into memory at each load. */
struct axvm_load {
	const char *key; /* of the configuration, for messages */
	const char *path;
	struct axloader_image image;
	gpa_t at;
	struct axloader_window window;
};

struct axvm {
	const struct axvm_machine *machine; /* const after create, to the next blank line */
	const struct axvm_host_ops *host;
	struct axconf_vm conf;
	struct axaddrspace_tags *tags;
	uint64_t cpu_reg[AXCONF_MAX_VCPUS];
	void *storage; /* one block of host memory that holds all below */
	hpa_t storage_hpa;
	uint64_t storage_bytes;
	bool has_bound;       /* interrupts of the host's devices */
	uint64_t taken_bytes; /* of host memory for identity-mapped regions */
	enum axconf_intc intc_kind;
	struct axvm_intc_parts intc;
	uint32_t vcpu_count;
	uint32_t device_count;
	struct axvm_device devices[AXCONF_MAX_DEVICES + AXVM_MAX_FIRMWARE_DEVICES];
	struct axvm_device *console; /* NULL: none */
	struct axvm_firmware firmware;
	uint32_t load_count;
	struct axvm_load loads[3];
	void *dtb;
	size_t dtb_size;
	gpa_t dtb_at;
	struct axfdt_value seeds[AXFDT_SEED_COUNT]; /* in dtb, zero there but while it is copied */
	uint64_t boot_entry;
	uint64_t boot_arg;

	struct axaddrspace as;
	struct axaddrspace_slot slots[AXCONF_MAX_MEM + AXVM_MAX_WINDOWS];
	struct axbus bus;
	struct axbus_region regions[AXCONF_MAX_DEVICES + AXVM_MAX_FIRMWARE_DEVICES + 4];
	struct ax_gmem gmem;
	struct axvm_vcpu vcpus[AXCONF_MAX_VCPUS];
	uint32_t last_vcpu[AX_PORT_MAX_CPUS]; /* id + 1 of the VM's vCPU that ran last on a pCPU */
	struct ax_log_limit guest_log;

	struct ax_spinlock lock; /* of what follows */
	enum axvm_state state;
	uint32_t goal;
	uint32_t parked_count;

	uint32_t load_index; /* the work task's own */
	enum axvm_load_phase load_phase;
	uint64_t published; /* bytes of the current image that the guest can see */
	struct axloader *loader;
};

/**
 * Build @vm from @cfg: memory slots, controller, devices, vCPUs, device tree; every image is found and
 * its place checked. Nothing is loaded or run. On failure nothing is kept and @diag says what is wrong
 * with which key: AX_EINVAL, AX_EEXIST (a conflict), AX_ENOENT (an image or model; no memory there to map
 * identically), AX_EBUSY (such memory is in use), AX_EFORMAT, AX_ETOOBIG (images), AX_ENOMEM, AX_ENOTSUP.
 */
AX_NODISCARD ax_err_t axvm_create(struct axvm *vm, const struct axvm_cfg *cfg,
				  struct axvm_diag *diag);

/** Give back all memory. AX_EBUSY: not CREATED, OFF or FAILED. */
AX_NODISCARD ax_err_t axvm_destroy(struct axvm *vm);

/** Load the images and start vCPU 0. AX_EBUSY: not CREATED, OFF or FAILED. Any CPU. */
AX_NODISCARD ax_err_t axvm_start(struct axvm *vm);

/**
 * Ask for a change; the state follows when every vCPU has come to rest, which kicks force. A stop wins
 * over a reset, a reset over a pause. Any CPU. AX_EBUSY: the VM is not in a state to do that from.
 */
AX_NODISCARD ax_err_t axvm_pause(struct axvm *vm);
AX_NODISCARD ax_err_t axvm_resume(struct axvm *vm);
AX_NODISCARD ax_err_t axvm_reset(struct axvm *vm);
AX_NODISCARD ax_err_t axvm_stop(struct axvm *vm);

/** State now; it may change before the caller looks at it. Any CPU. */
enum axvm_state axvm_state(struct axvm *vm);
const char *axvm_state_name(enum axvm_state state);

enum axvm_step {
	AXVM_AGAIN, /* step again soon: the host wants this pCPU for a moment */
	AXVM_BLOCK, /* nothing to do until wake() or the deadline */
};

/** Run a vCPU until the host is needed. On the one pCPU this vCPU belongs to, interrupts masked. */
enum axvm_step axvm_vcpu_step(struct axvm_vcpu *vc);
/** Make live what a step needs, so that the deadline is that of a resident vCPU. May be left out. */
void axvm_vcpu_switch_in(struct axvm_vcpu *vc);
/** Another task will use this pCPU: save what is live. */
void axvm_vcpu_switch_out(struct axvm_vcpu *vc);
uint64_t axvm_vcpu_deadline_ns(const struct axvm_vcpu *vc);
/**
 * For the host's idle: take one interrupt on behalf of @vc, which is live on this pCPU
 * (axvcpu_is_resident_here()) but waits. With nobody live, the host takes it and ends a guest's timer
 * itself.
 */
void axvm_vcpu_take_irq(struct axvm_vcpu *vc);

/** A bounded piece of the VM's own work. On one pCPU. */
enum axvm_step axvm_work_step(struct axvm *vm);
uint64_t axvm_work_deadline_ns(const struct axvm *vm);

/** The console's back end has input. Any CPU. */
void axvm_console_input(struct axvm *vm);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one architecture provides to run a vCPU. The state behind @arch is the back end's own, in
 * storage that the caller gives; its size and alignment stand in the table.
 *
 * Two sets of registers are told apart. What the hypervisor itself clobbers is saved on every exit.
 * The rest (system registers, FP and vector state, timers) stays live in hardware from load() to put()
 * and is nobody's business on an exit.
 */
#pragma once
#include <axdev/chardev.h>
#include <axdev/gmem.h>
#include <axvcpu/exit.h>

/** Faults an emulated access can end in; the back end picks the architectural one. */
enum axvcpu_fault {
	AXVCPU_FAULT_BUS,       /* nothing at this address, or the device refuses */
	AXVCPU_FAULT_UNDEFINED, /* no such register or instruction */
};

/** What became of an access that was offered to the VM without an exit. */
enum axvcpu_access {
	AXVCPU_ACCESS_DONE,  /* the guest goes on */
	AXVCPU_ACCESS_LEAVE, /* done; run() returns with AXVCPU_EXIT_REQUEST */
	AXVCPU_ACCESS_EXIT,  /* left alone; run() returns with AXVCPU_EXIT_MMIO */
};

/**
 * The vCPUs of one VM to each other, for a back end whose guests ask it, and not an interrupt controller,
 * for interrupts and fences between them (SBI). All may be called from within run(), on any CPU, without
 * locks; @ctx is struct axvcpu_cfg's.
 */
struct axvcpu_peers {
	/** The back end's state of vCPU @id, below vcpu_count. What others may touch of it is atomic. */
	void *(*arch)(void *ctx, uint32_t id);
	/**
	 * Something is pending for these vCPUs: force out those in the guest, wake those that wait. The
	 * caller may be among them, and then sees to itself.
	 */
	void (*wake)(void *ctx, uint64_t vcpu_mask);
	/**
	 * The pCPUs, a bit each, that hold live translations of these vCPUs, for the caller to drop now.
	 * A vCPU that is live nowhere drops its own when it is next loaded.
	 */
	uint64_t (*fence)(void *ctx, uint64_t vcpu_mask);
};

struct axvcpu_cfg {
	uint32_t id;         /* dense, from 0 */
	uint32_t vm_id;      /* for logs */
	uint32_t vcpu_count; /* of the VM */
	/** Read when an instruction must be fetched to be decoded. Must outlive the vCPU. */
	const struct ax_gmem *gmem;
	/**
	 * Drive one of the vCPU's own interrupt lines (a timer). Called on the pCPU that runs the vCPU,
	 * without locks held.
	 */
	void (*set_line)(void *ctx, uint32_t vcpu, uint32_t intid, bool level);
	void *ctx;
	/**
	 * Both or neither; with NULL every access is an exit. A load or store that hardware has described
	 * in full, at an address without a mapping, @size 1, 2, 4 or 8 bytes. Called from within run(),
	 * the vCPU resident and interrupts masked. Bits of @val above @size: none may be left by the
	 * first, and the second is to ignore them.
	 */
	enum axvcpu_access (*read)(void *access_ctx, gpa_t addr, uint32_t size, uint64_t *val);
	enum axvcpu_access (*write)(void *access_ctx, gpa_t addr, uint32_t size, uint64_t val);
	/**
	 * May be NULL: every interrupt of the host is an exit. One is pending on this pCPU; as the two above.
	 * True: it has been taken and the guest goes on, once the back end has looked at what its peers have
	 * left for it. What was left before the kick that was taken is seen then, what is left later comes with
	 * another. False: run() returns with AXVCPU_EXIT_HOST_IRQ; what was pending may have been taken.
	 */
	bool (*host_irq)(void *access_ctx);
	void *access_ctx;
	const struct axvcpu_peers *peers; /* NULL: for a back end that does without */
	/** The VM's console, for calls of the firmware's interface that write to it. NULL: there is none. */
	const struct ax_chardev *console;
	/** The back end's own configuration, a struct that its header defines. Copied by init(). */
	const void *arch;
};

struct axvcpu_ops {
	const char *name;
	size_t size;  /* of the storage behind @arch, bytes */
	size_t align; /* of it */

	/** AX_EINVAL: @cfg asks for what no CPU of this kind has. AX_ENOTSUP: this machine lacks it. */
	ax_err_t (*init)(void *arch, const struct axvcpu_cfg *cfg);
	/**
	 * Architectural reset, then pc = @entry and first argument register = @arg. Not resident.
	 * Timers stop; their lines are low.
	 */
	void (*reset)(void *arch, uint64_t entry, uint64_t arg);
	/**
	 * Translate through this root from the next load() on. @root and @control are what the
	 * architecture's registers hold (VTTBR_EL2 and VTCR_EL2; hgatp; EPTP; nCR3 and ASID).
	 */
	void (*set_root)(void *arch, uint64_t root, uint64_t control);
	/**
	 * Make the state live on this pCPU. @flush_local: drop this pCPU's cached translations of the
	 * VM first, because another of its vCPUs was the last to run here, or its instructions were written
	 * elsewhere: where no other CPU can drop cached instructions here, they go as well.
	 */
	void (*load)(void *arch, bool flush_local);
	/** Save what load() made live. Nothing of the guest stays in this pCPU's registers. */
	void (*put)(void *arch);
	/** Enter the guest; returns on the next exit that is not the back end's own. Resident, IRQs off. */
	void (*run)(void *arch, struct axvcpu_exit *exit);
	/**
	 * Finish the instruction of the last exit; @val is the value read, without a bit above the size
	 * of the access (ignored for writes).
	 */
	void (*complete)(void *arch, uint64_t val);
	/** End the instruction of the last exit, or what the guest does now, in this fault instead. */
	void (*fault)(void *arch, enum axvcpu_fault fault);
	/**
	 * After AXVCPU_EXIT_PAGE_FAULT at an address without memory: decode the guest's instruction.
	 * True: @exit is now an MMIO exit to act on. False: the guest has been given its fault.
	 */
	bool (*decode)(void *arch, struct axvcpu_exit *exit);
	/**
	 * Earliest time at which a timer of this vCPU wants attention that hardware will not give by
	 * itself: resident, the emulated timers; else all of them. UINT64_MAX: none.
	 */
	uint64_t (*deadline_ns)(const void *arch);
	/** Recompute the lines of emulated timers for now. On the vCPU's pCPU. */
	void (*tick)(void *arch);
	/**
	 * The vCPU's whole state as a versioned blob; not resident. Errors as in struct ax_dev_ops:
	 * AX_ENOSPC; AX_EVERSION and AX_EINVAL leave the vCPU as it was.
	 */
	ax_err_t (*save)(const void *arch, void *buf, size_t cap, size_t *len);
	ax_err_t (*load_state)(void *arch, const void *buf, size_t len);
	/** Log the registers a developer wants to see first, a few lines at @AX_LOG_ERROR. Any time. */
	void (*dump)(const void *arch);
};

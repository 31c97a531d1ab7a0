/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest-physical address space of one VM: translation tables, RAM in slots, access to it from the
 * host, and a log of the pages written. The tables alone know where a page of RAM is.
 *
 * Every call takes the space's lock (rank addrspace) unless it says otherwise, and none may come from
 * an interrupt handler. Frame and TLB ops are called with it held; see axdev/frame.h and tlb.h.
 */
#pragma once
#include <axaddrspace/fmt.h>
#include <axaddrspace/tag.h>
#include <axaddrspace/tlb.h>
#include <axbase/lock.h>
#include <axdev/frame.h>
#include <axdev/gmem.h>

/** How memory of a slot comes into being. Without LAZY, axaddrspace_populate() provides all of it. */
#define AXADDRSPACE_SLOT_LAZY     UINT32_C(0x1) /* at the first access; populate() does nothing */
#define AXADDRSPACE_SLOT_FIXED    UINT32_C(0x2) /* the caller's memory at @hpa, never freed */
#define AXADDRSPACE_SLOT_IDENTITY UINT32_C(0x4) /* FIXED with hpa = gpa */

struct axaddrspace_slot_cfg {
	gpa_t gpa;
	uint64_t bytes;
	uint32_t prot;  /* AXADDRSPACE_PROT_RWX bits, READ among them */
	uint32_t flags; /* AXADDRSPACE_SLOT_ bits */
	hpa_t hpa;      /* FIXED only; to_virt() of struct ax_frame_ops knows it, contiguously */
};

/** Storage of one slot. Free while cfg.bytes is 0. */
struct axaddrspace_slot {
	struct axaddrspace_slot_cfg cfg;
	bool hidden;        /* see axaddrspace_show_slot() */
	uint64_t populated; /* bytes from the start that populate() has been through */
	uint64_t *dirty;    /* one bit per 4 KiB page while logging; NULL otherwise */
};

struct axaddrspace_cfg {
	const struct axaddrspace_fmt *fmt;
	uint32_t input_bits;     /* guest-physical address size */
	uint32_t pa_bits;        /* host-physical address size of the machine */
	uint32_t tag_bits;       /* of a VMID, VPID or ASID; on AArch64 8 or 16 */
	uint64_t max_leaf_bytes; /* 4 KiB, 2 MiB or 1 GiB; 0: 1 GiB */
	const struct ax_frame_ops *frames;
	void *frames_ctx;
	const struct axaddrspace_tlb_ops *tlb;
	void *tlb_ctx;
	struct axaddrspace_slot *slots; /* storage, the space's own from init to fini */
	uint32_t slot_count;
};

/** Caller-owned; the fields are the library's own, except @tag, which goes to axaddrspace_tag_get(). */
struct axaddrspace {
	struct ax_spinlock lock;
	struct axaddrspace_cfg cfg;     /* const after init */
	struct axaddrspace_shape shape; /* const after init */
	hpa_t root;                     /* const after init */
	uint32_t table_count;           /* lock: tables besides the root */
	struct axaddrspace_tag tag;
};

/** One leaf, as hardware sees it. */
struct axaddrspace_mapping {
	gpa_t gpa;      /* first byte of the leaf */
	hpa_t hpa;      /* of that byte */
	uint64_t bytes; /* of the leaf */
	uint32_t prot;  /* AXADDRSPACE_PROT_ bits */
};

/**
 * Prepare an empty space. @cfg is copied; what it points to must outlive @as.
 * AX_ENOTSUP: the format has no such input size on this machine (a line says so). AX_ENOMEM: no root.
 */
AX_NODISCARD ax_err_t axaddrspace_init(struct axaddrspace *as, const struct axaddrspace_cfg *cfg);

/**
 * Free all tables and all memory that slots own. No CPU may run the guest or call into @as any more.
 * Accepts a zeroed object.
 */
void axaddrspace_fini(struct axaddrspace *as);

/**
 * Map [@gpa, @gpa + @bytes) to @hpa with the largest leaves that fit. 4 KiB aligned, all three.
 * AX_EINVAL: misaligned, empty, past the input or physical address size, or @prot without READ.
 * AX_EEXIST: part of it is mapped or in a slot. AX_ENOMEM: no frame. Nothing is changed on failure.
 */
AX_NODISCARD ax_err_t axaddrspace_map(struct axaddrspace *as, gpa_t addr, hpa_t to, uint64_t bytes,
				      uint32_t prot);

/**
 * Remove what is mapped in [@gpa, @gpa + @bytes); holes are fine. On return no CPU uses it any more.
 * AX_EINVAL: as for map. AX_EBUSY: part of it is in a slot. AX_ENOMEM: no frame to split a leaf with.
 */
AX_NODISCARD ax_err_t axaddrspace_unmap(struct axaddrspace *as, gpa_t addr, uint64_t bytes);

/**
 * Replace READ, WRITE and EXEC of what is mapped in [@gpa, @gpa + @bytes); holes stay. PROT_DEV is a
 * property of the mapping and is kept. Errors as for unmap.
 */
AX_NODISCARD ax_err_t axaddrspace_protect(struct axaddrspace *as, gpa_t addr, uint64_t bytes,
					  uint32_t prot);

/** The leaf that translates @addr. AX_ENOENT: none. */
AX_NODISCARD ax_err_t axaddrspace_query(struct axaddrspace *as, gpa_t addr,
					struct axaddrspace_mapping *out);

/** Values for the registers that name this space, with its tag as it is now. Lock-free. */
uint64_t axaddrspace_root_value(const struct axaddrspace *as);
uint64_t axaddrspace_control_value(const struct axaddrspace *as);

/**
 * Declare RAM. Nothing is mapped yet. @id: index for the other calls.
 * AX_EINVAL: misaligned, empty, past an address size, or bad @prot or @flags. AX_EEXIST: overlaps a
 * slot or a mapping. AX_ENOSPC: all slots are in use. A line names the range.
 */
AX_NODISCARD ax_err_t axaddrspace_add_slot(struct axaddrspace *as,
					   const struct axaddrspace_slot_cfg *cfg, uint32_t *id);

/** Unmap slot @id and free what it owns. AX_ENOENT: no such slot. */
AX_NODISCARD ax_err_t axaddrspace_remove_slot(struct axaddrspace *as, uint32_t id);

/** The slot with @addr in it. AX_ENOENT: none. */
AX_NODISCARD ax_err_t axaddrspace_find_slot(struct axaddrspace *as, gpa_t addr, uint32_t *id);

/**
 * Take a FIXED slot out of the guest's sight, or put it back: while it is hidden the guest's accesses
 * fault and axaddrspace_fault() knows nothing of them; gmem and publish go on as before. On return no
 * CPU uses the other state any more. Cheap for a slot of few leaves. Hiding cannot fail.
 * AX_ENOENT: no such slot. AX_EINVAL: not a FIXED one. AX_ENOMEM: no frame for a table; what is not
 * mapped yet appears where the guest touches it.
 */
AX_NODISCARD ax_err_t axaddrspace_show_slot(struct axaddrspace *as, uint32_t id, bool shown);

/**
 * Provide memory for the next @budget_bytes (at least one leaf) of slot @id. AX_OK: all is there.
 * AX_EBUSY: call again. AX_ENOMEM: out of frames; what is there stays. AX_ENOENT: no such slot.
 */
AX_NODISCARD ax_err_t axaddrspace_populate(struct axaddrspace *as, uint32_t id,
					   uint64_t budget_bytes);

/**
 * The guest faulted at @addr. Call for every access that had no translation, before it is taken for
 * a device's: entries are invalid for an instant while they change. AX_OK: memory is there now and
 * allows it, let the guest repeat. AX_ENOENT: no memory there. AX_EINVAL: memory, but @write or
 * @exec is not allowed. AX_ENOMEM: no frame.
 */
AX_NODISCARD ax_err_t axaddrspace_fault(struct axaddrspace *as, gpa_t addr, bool write, bool exec);

/**
 * Guest memory for devices: all slots, nothing else. A page that does not exist yet reads as zeroes
 * and comes into being when written. write() refuses slots without PROT_WRITE; AX_ENOMEM: no frame,
 * nothing was written. The copy is made with the lock held.
 */
struct ax_gmem axaddrspace_gmem(struct axaddrspace *as);

/** The same for whoever fills memory before the guest runs: writes into read-only slots as well. */
struct ax_gmem axaddrspace_gmem_loader(struct axaddrspace *as);

/**
 * Make what was written through gmem to [@addr, @addr + @bytes) visible to a guest whose caches are
 * off, and to its instruction fetches. Holes are skipped. Takes the lock piecewise.
 */
void axaddrspace_publish(struct axaddrspace *as, gpa_t addr, uint64_t bytes);

/** The same for memory behind a FIXED slot, by the caller's own pointer to it. Lock-free. */
void axaddrspace_publish_host(const void *p, size_t bytes);

/**
 * Start to log writes to slot @id, of the guest and through gmem, into @bitmap: one bit per 4 KiB page,
 * owned by the space until the log is disabled or the slot removed. It is cleared first.
 * AX_ENOENT: no such slot. AX_ENOSPC: @words are fewer than the slot has pages. AX_EBUSY: logging.
 */
AX_NODISCARD ax_err_t axaddrspace_log_enable(struct axaddrspace *as, uint32_t id, uint64_t *bitmap,
					     size_t words);

/**
 * Copy the log to @out and start over: each write after this call is logged anew.
 * AX_ENOENT: no such slot, or not logging. AX_ENOSPC: @words too few.
 */
AX_NODISCARD ax_err_t axaddrspace_log_take(struct axaddrspace *as, uint32_t id, uint64_t *out,
					   size_t words);

/** Stop, and put large leaves back. AX_ENOENT: no such slot, or not logging. */
AX_NODISCARD ax_err_t axaddrspace_log_disable(struct axaddrspace *as, uint32_t id);

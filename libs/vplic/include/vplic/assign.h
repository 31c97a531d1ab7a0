/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical interrupt sources given to guests: each to one source of one vplic. A physical source
 * that a guest has pending or in service stays claimed in the physical controller, which keeps it
 * from coming again and hides no other source, until the guest completes it or cannot any more.
 * Nothing else that a guest does reaches the physical controller. One of these for each host, one
 * lock (rank assign).
 */
#pragma once
#include <vplic/vplic.h>

/** The board's driver. Called from any pCPU, no lock of this library held. */
struct vplic_assign_host_ops {
	/** Let @source come, on a pCPU and with a priority of the driver's choice, or no more. */
	void (*enable)(void *ctx, uint32_t source, bool on);
	/**
	 * Complete @source, which was claimed, by whichever pCPU. It may be disabled by now: a PLIC
	 * ignores the completion of a source that is not enabled for that context (Interrupt
	 * Completion), so the driver writes to the context that had it, and enables it there for
	 * that moment.
	 */
	void (*complete)(void *ctx, uint32_t source);
};

/** A physical source. Private to the library. */
struct vplic_assign_source {
	struct vplic *to; /* NULL: the host's own */
	uint16_t guest;
	uint16_t busy; /* pCPUs that are telling @to about it */
	bool held;     /* claimed, and to be completed by us */
};

/** In caller-owned storage. Private to the library. */
struct vplic_assign {
	struct ax_spinlock lock;
	uint32_t source_count;
	struct vplic_assign_source *sources;
	const struct vplic_assign_host_ops *host;
	void *host_ctx;
};

/**
 * Prepare @a for physical sources 1 to @source_count (at most VPLIC_MAX_SOURCES), all of them the
 * host's. @sources has VPLIC_SOURCE_COUNT(@source_count) elements and lives as long as @a.
 */
void vplic_assign_init(struct vplic_assign *a, struct vplic_assign_source *sources,
		       uint32_t source_count, const struct vplic_assign_host_ops *host,
		       void *host_ctx);

/**
 * Give physical @source to @p, as its source @guest, and enable it. @p was initialised with
 * vplic_assign_completed() and @a as its completed callback.
 * AX_EINVAL: either source does not exist, or @p has another callback. AX_EEXIST: @source or @guest
 * is bound already.
 */
AX_NODISCARD ax_err_t vplic_assign_bind(struct vplic_assign *a, uint32_t source, struct vplic *p,
					uint32_t guest);

/**
 * Take all sources of @p back: disabled, and those that the guest has in hand completed. Before
 * @p's VM is destroyed; its vCPUs are at rest. Waits for pCPUs that are just delivering to @p,
 * which is short; they are not in @p any more when this returns. @p without sources: nothing
 * happens.
 */
void vplic_assign_release(struct vplic_assign *a, const struct vplic *p);

/**
 * The driver has claimed @source, and it is none of the board's own. True: it is a guest's, is
 * pending there, and will be completed through the host ops once. False: nobody's; the driver deals
 * with it. Any pCPU; no lock held; kicks vCPUs.
 */
AX_NODISCARD bool vplic_assign_claimed(struct vplic_assign *a, uint32_t source);

/** For struct vplic_cfg.completed; its ctx is the struct vplic_assign. */
void vplic_assign_completed(void *ctx, const struct vplic *p, uint32_t link);

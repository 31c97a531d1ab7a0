/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a virtual interrupt controller is to the VM around it. The controller's registers are ordinary
 * devices (struct ax_dev_ops); this is its other side: lines in, and the vCPU interface out.
 */
#pragma once
#include <axdev/dev.h>
#include <stdatomic.h>

/**
 * Words of one vCPU that say, by being 0, that a call would find nothing to do: read in line, they save
 * most of the calls. The controller's own, and good as long as it is.
 */
struct ax_intc_watch {
	const _Atomic uint32_t *flush; /* set with release order, from any CPU, before the kick */
	const uint32_t *sync;          /* changes on the vCPU's pCPU only */
};

struct ax_intc_ops {
	const char *name;
	/** Where the words of @vcpu are. They change; the place does not. */
	void (*watch)(void *intc, uint32_t vcpu, struct ax_intc_watch *watch);
	/**
	 * Drive input @intid of @vcpu (ignored for an interrupt all vCPUs share) to @level. An id the
	 * controller does not have is ignored. Context: any CPU; takes the controller's lock; calls
	 * the kick callback after releasing it.
	 */
	void (*set_irq)(void *intc, uint32_t vcpu, uint32_t intid, bool level);
	/** Something could be delivered to @vcpu, were it running. Pure; any CPU. Ends an idle vCPU's wait. */
	bool (*pending)(void *intc, uint32_t vcpu);
	/**
	 * Hand deliverable interrupts to the hardware that @vcpu is about to run on, and take back what
	 * the guest did with them. On the pCPU of @vcpu, interrupts masked; flush() before each entry,
	 * sync() after each exit. Each returns at once when there is nothing to do, and may be left out
	 * when its word (watch()) says so.
	 */
	void (*flush)(void *intc, uint32_t vcpu);
	void (*sync)(void *intc, uint32_t vcpu);
	/** @vcpu becomes, or ceases to be, the one whose interface state is live on this pCPU. */
	void (*load)(void *intc, uint32_t vcpu);
	void (*put)(void *intc, uint32_t vcpu);
	/** Back to power-on; input levels are kept, they belong to the devices. The VM is stopped. */
	void (*reset)(void *intc);
	/** As in struct ax_dev_ops, for the whole controller. */
	ax_err_t (*save)(const void *intc, void *buf, size_t cap, size_t *len);
	ax_err_t (*load_state)(void *intc, const void *buf, size_t len);
};

/** A controller and its calls, as the VM holds it. */
struct ax_intc {
	const struct ax_intc_ops *ops;
	void *ctx;
};

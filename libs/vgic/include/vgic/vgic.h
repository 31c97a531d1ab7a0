/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual GICv2 or GICv3: distributor, redistributors, SGI system registers, and the layer that
 * moves interrupts in and out of list registers. One lock each instance (rank intc), no globals.
 * No LPIs, no security states (GICD_CTLR.DS = 1), affinity routing always on in v3, 5 priority bits.
 */
#pragma once
#include <axbase/lock.h>
#include <axdev/dev.h>
#include <axdev/intc.h>
#include <vgic/gic_regs.h>

#define VGIC_MAX_VCPUS_V2 8
#define VGIC_MAX_VCPUS    16
#define VGIC_MAX_SPIS     988
#define VGIC_MAX_LRS      16
#define VGIC_NONE         UINT8_MAX /* no vCPU, no list register */
#define VGIC_QUEUE_WORDS  (1024 / 64)

/** Elements of the struct vgic_irq array for @vcpus vCPUs and @spis SPIs. */
#define VGIC_IRQ_COUNT(vcpus, spis) ((size_t)(vcpus)*GIC_SPI_BASE + (spis))

/** Interface state that is switched with the vCPU; the bits of ICH_VMCR_EL2, ICH_AP0Rn, ICH_AP1Rn. */
struct vgic_lr_state {
	uint32_t vmcr;
	uint32_t ap0[4];
	uint32_t ap1[4];
};

/**
 * List registers of the calling pCPU. A list register is told in the layout of ICH_LR<n>_EL2, for a
 * GICv2 guest with the SGI's source in ICH_LR_v2_CPUID. Called with interrupts masked, and with the
 * controller's lock held: must not call back. ELRSR and EISR are not asked for: reading the few
 * registers in use says more and costs the same.
 */
struct vgic_lr_ops {
	/** List register @i, below cfg.lr_count. */
	uint64_t (*read_lr)(void *ctx, uint32_t i);
	void (*write_lr)(void *ctx, uint32_t i, uint64_t lr);
	uint32_t (*read_hcr)(void *ctx);
	void (*write_hcr)(void *ctx, uint32_t hcr);
	uint32_t (*read_vmcr)(void *ctx);
	void (*save)(void *ctx, struct vgic_lr_state *st);
	void (*restore)(void *ctx, const struct vgic_lr_state *st);
};

/** What the physical controller is asked for on behalf of hardware-linked interrupts. */
struct vgic_hw_ops {
	/**
	 * Set or clear the active state of physical interrupt @pintid; of the calling pCPU if it is
	 * a PPI. Called without locks.
	 */
	void (*set_active)(void *ctx, uint32_t pintid, bool active);
};

struct vgic_cfg {
	uint32_t version;    /* 2 or 3 */
	uint32_t vcpu_count; /* up to 8 in v2, up to VGIC_MAX_VCPUS in v3 */
	uint32_t spi_count;  /* multiple of 32, or VGIC_MAX_SPIS */
	const uint64_t *
		mpidr; /* affinity of each vCPU in MPIDR_EL1 layout, distinct; copied. v2: may be NULL */
	const struct vgic_lr_ops *lr; /* may be NULL if flush() and load() are never called */
	void *lr_ctx;
	uint32_t lr_count; /* list registers every pCPU has; 1 to VGIC_MAX_LRS are used */
	/**
	 * Make the vCPUs of @vcpu_mask come out of the guest and call flush(), or wake them if they
	 * wait. Called after the controller's lock is released; any CPU. Left out is a vCPU that is
	 * out of the guest and not waiting: the one that makes the access, and the one loaded on the
	 * calling pCPU unless vgic_prepare_idle() has sent it to sleep.
	 */
	void (*kick)(void *ctx, uint64_t vcpu_mask);
	void *kick_ctx;
	const struct vgic_hw_ops *hw; /* NULL: vgic_map_hw() is not used */
	void *hw_ctx;
	/**
	 * Do not let list registers (LR.HW) deactivate linked interrupts, but have the guest's end of
	 * them come as a maintenance interrupt and call set_active(): an exit more for each. For
	 * hosts whose physical controller does not look again after such a deactivation and so loses
	 * an interrupt that is still asserted; QEMU's GICv2 is one.
	 */
	bool hw_by_maintenance;
};

/** One interrupt of one vCPU, or one SPI. Private to the library. */
struct vgic_irq {
	uint64_t route; /* GICD_IROUTER<n>, SPIs of v3 */
	uint16_t intid;
	uint16_t pintid;
	uint16_t flags;
	uint8_t priority;
	uint8_t active_priority; /* the priority it was acknowledged with */
	uint8_t owner;           /* vCPU of a private interrupt, else VGIC_NONE */
	uint8_t home;            /* vCPU whose queue holds it, or VGIC_NONE */
	uint8_t lr;              /* list register of that vCPU, or VGIC_NONE */
	uint8_t active_on;       /* vCPU it is active on */
	uint8_t targets;         /* GICD_ITARGETSR, SPIs of v2 */
	uint8_t sources;         /* v2 SGIs: sources that have it pending */
	uint8_t source;          /* v2 SGIs: source of the one in delivery */
};

/** One vCPU. Private to the library. */
struct vgic_vcpu {
	_Atomic uint32_t work;   /* flush() has something to look at */
	_Atomic uint32_t queued; /* bit w: queue[w] is not 0 */
	bool loaded;             /* written under the lock; on its own pCPU read without */
	/* Of the pCPU that runs the vCPU, no lock: */
	uint32_t lr_used;          /* list registers that hold an interrupt */
	uint32_t hcr;              /* as last written */
	uint64_t lr[VGIC_MAX_LRS]; /* as last written or read */
	/* Under the lock: */
	bool idle;    /* told by vgic_prepare_idle() to wait; flush() has not had work since */
	uint32_t cpu; /* pCPU it is loaded on */
	uint32_t queue_count;
	struct vgic_irq *lr_irq[VGIC_MAX_LRS]; /* of the registers used */
	uint64_t queue
		[VGIC_QUEUE_WORDS]; /* by INTID: enabled and pending, active, or in a register */
	struct vgic_lr_state state; /* VMCR is a cached copy while loaded */
	uint64_t mpidr;
	uint32_t hw_private; /* hardware-linked private interrupts */
	uint32_t hw_release; /* of them: the physical one must be deactivated by the next flush() */
	bool asleep;         /* GICR_WAKER.ProcessorSleep */
};

/** A controller, in caller-owned storage. Private to the library. */
struct vgic {
	struct ax_spinlock lock;
	struct vgic_irq *irqs;
	struct vgic_vcpu *vcpus;
	struct vgic_cfg cfg;
	uint32_t intid_limit; /* one above the highest */
	uint32_t typer;       /* GICD_TYPER; const after init */
	uint32_t ctlr;        /* EnableGrp0, EnableGrp1 */
	uint64_t cpus_seen;   /* pCPUs whose list registers hold nothing between put() and load() */
	_Atomic uint32_t spi_release_count;
	uint64_t spi_release[VGIC_QUEUE_WORDS]; /* hardware-linked SPIs to be deactivated */
};

/**
 * Prepare @g after power-on. @irqs of @irq_count elements (VGIC_IRQ_COUNT()) and @vcpus of
 * cfg->vcpu_count are the caller's and live as long as @g; @cfg is copied.
 * AX_EINVAL: version, counts, affinities (equal, or NULL in v3) or list registers out of range; one
 * line is logged. AX_ENOMEM: @irqs is too small.
 */
AX_NODISCARD ax_err_t vgic_init(struct vgic *g, const struct vgic_cfg *cfg, struct vgic_irq *irqs,
				size_t irq_count, struct vgic_vcpu *vcpus);

/**
 * The controller's other side; its ctx is a struct vgic. flush(), sync(), load() and put() on the
 * vCPU's pCPU, and without its being loaded flush() and sync() do nothing. put() includes sync().
 * Who calls set_irq() for a loaded vCPU on its own pCPU, interrupts masked, calls flush() before
 * entering it again; in the simple case the interrupt is in its list register by then.
 * The first load() on a pCPU clears its list registers, put() those in use: between a put() and the
 * next load() they are other controllers' of this library only.
 * reset() requires that no vCPU is loaded. save() and load_state() want that too: AX_EBUSY.
 */
extern const struct ax_intc_ops vgic_intc_ops;

/**
 * On the pCPU of loaded vCPU @vcpu, after sync() and before it sleeps: take priority mask and group
 * enables from the hardware, and say whether something could be signalled: pending, enabled, its
 * group enabled, above the mask, not active. pending() goes by the values seen here or in put().
 * False arms the kick of a wait on this pCPU: a loaded vCPU must not wait without having asked.
 */
bool vgic_prepare_idle(void *g, uint32_t vcpu);

/**
 * Link virtual interrupt @intid (a PPI of @vcpu, or an SPI) to physical @pintid. set_irq(true) is then
 * a pulse: the host has acknowledged the physical interrupt and left it active, until the guest
 * deactivates the virtual one or takes back its pending state. While a vCPU is not loaded, the
 * physical active state of its PPIs is clear. VM stopped.
 * AX_EINVAL: @intid is an SGI or does not exist, or @pintid is no PPI or SPI, or no hw ops given.
 */
AX_NODISCARD ax_err_t vgic_map_hw(struct vgic *g, uint32_t vcpu, uint32_t intid, uint32_t pintid);

/**
 * Register frames; the ctx of each is a struct vgic. What does not exist, has a size the manual does
 * not allow or is misaligned reads as zero and ignores writes. Active and pending bits of an interrupt
 * in a list register of a vCPU that runs elsewhere are those of its last exit; a write kicks it.
 * Their reset() does nothing, and save() writes a header only: the state is vgic_intc_ops' to keep.
 */
extern const struct ax_dev_ops vgic_dist_ops;   /* GICD_V2_SIZE or GICD_V3_SIZE bytes */
extern const struct ax_dev_ops vgic_redist_ops; /* v3: vcpu_count * GICR_STRIDE bytes */
/** Trapped system registers; io.off is VGIC_SYSREG(), so the region starts at 0. v3. */
extern const struct ax_dev_ops vgic_sysreg_ops;

#define VGIC_SYSREG(op0, op1, crn, crm, op2) \
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define VGIC_SYSREG_ICC_SGI1R_EL1  VGIC_SYSREG(3, 0, 12, 11, 5)
#define VGIC_SYSREG_ICC_ASGI1R_EL1 VGIC_SYSREG(3, 0, 12, 11, 6)
#define VGIC_SYSREG_ICC_SGI0R_EL1  VGIC_SYSREG(3, 0, 12, 11, 7)
#define VGIC_SYSREG_ICC_SRE_EL1    VGIC_SYSREG(3, 0, 12, 12, 5)

/** List registers through ICH_*_EL2 (ctx NULL). AArch64 builds only. */
extern const struct vgic_lr_ops vgic_lr_ich_ops;
/** How many of them this pCPU has. */
uint32_t vgic_ich_lr_count(void);

/** List registers through GICH_* in memory; the ctx is a struct vgic_gich. */
extern const struct vgic_lr_ops vgic_lr_gich_ops;
struct vgic_gich {
	uintptr_t base; /* of the GICH frame, mapped as device memory; banked by pCPU */
};
uint32_t vgic_gich_lr_count(const struct vgic_gich *h);

/** Pure: a list register of GICH_LRn from and to the layout of ICH_LR<n>_EL2. */
uint32_t vgic_gich_lr_encode(uint64_t ich_lr);
uint64_t vgic_gich_lr_decode(uint32_t gich_lr);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a board offers to the VMs it hosts: a vCPU back end, a way to translate, interrupt controllers
 * and device models, with the addresses a guest of this machine expects. One constant table per board
 * names the concrete providers; axvm knows them through it alone.
 */
#pragma once
#include <axaddrspace/space.h>
#include <axbase/arena.h>
#include <axbus/axbus.h>
#include <axconf/vm.h>
#include <axdev/chardev.h>
#include <axdev/gmem.h>
#include <axdev/intc.h>
#include <axdev/window.h>
#include <axfdt/guest.h>
#include <axvcpu/vcpu.h>

/** Room for any back end's own vCPU configuration (struct axvcpu_cfg.arch). */
#define AXVM_VCPU_CFG_BYTES 128

/** The files of the bundle that a firmware in flash finds; they stay as long as the VM. */
struct axvm_firmware {
	const void *image; /* NULL: the VM starts its kernel itself, and has no firmware devices */
	size_t image_size;
	const void *kernel;
	size_t kernel_size; /* 0: none */
	const void *initrd;
	size_t initrd_size;  /* 0: none */
	const char *cmdline; /* never NULL */
	uint32_t vcpu_count;
};

/** What a device model may use of its VM. */
struct axvm_device_env {
	struct ax_irq_line irq;
	const struct ax_chardev *chardev; /* the VM's console */
	uint64_t epoch_s;    /* wall clock at ax_port_now_ns() = 0, seconds since 1970 */
	struct ax_gmem gmem; /* for DMA; takes a lock of rank addrspace */
	const struct axvm_firmware *firmware;
	/* Only for a model with content: */
	uint64_t window_bytes;
	struct ax_gmem content; /* by offset from the window's start; lock-free */
	struct ax_window window;
};

/**
 * What lies at a device's address besides the device. The guest reads it and executes it in place, and
 * its writes reach the device; while the device hides it, reads do as well.
 */
enum axvm_content {
	AXVM_CONTENT_NONE,     /* nothing: registers alone */
	AXVM_CONTENT_ERASED,   /* all ones when the VM is created, kept over a reset */
	AXVM_CONTENT_FIRMWARE, /* the firmware, again at each start and reset; vCPU 0 starts there */
};

/** A device model. */
struct axvm_model {
	const char *name; /* what a configuration calls it: "pl011" */
	const struct ax_dev_ops *ops;
	size_t size; /* of the device struct, bytes */
	size_t align;
	/** Of its MMIO region, bytes. With the firmware as content: the most; it is as large as needed. */
	uint64_t reg_size;
	enum axfdt_device_kind fdt;
	enum axvm_content content;
	bool no_irq; /* it drives no interrupt line */
	void (*init)(void *dev, const struct axvm_device_env *env);
	/** The console has bytes for it. NULL: not a console. */
	void (*input)(void *dev);
	/** When tick() is due; NULL: the model has no timer. */
	uint64_t (*deadline_ns)(void *dev);
	void (*tick)(void *dev);
};

/** A device and its usual place. */
struct axvm_default_device {
	const char *model;
	uint64_t base;
	uint32_t irq;
};

struct axvm_intc_cfg {
	uint32_t vcpu_count;
	const uint64_t *cpu_reg; /* per vCPU, from struct axvm_machine.cpu_reg */
	/** Interrupts may have become deliverable to these vCPUs. After unlock. */
	void (*kick)(void *ctx, uint64_t vcpu_mask);
	void *ctx;
};

/** What a controller brings into the VM. */
struct axvm_intc_parts {
	struct ax_intc intc;
	/** On the vCPU's pCPU, before it waits: could something be delivered now? */
	bool (*prepare_idle)(void *ctx, uint32_t vcpu);
	uint32_t region_count;
	struct axbus_region regions[4]; /* registers, emulated */
	uint64_t map_size;              /* 0: nothing to map */
	gpa_t map_gpa;                  /* registers that hardware provides to the guest */
	hpa_t map_hpa;
	struct axfdt_range fdt_dist;
	struct axfdt_range fdt_cpu;
};

/** A kind of interrupt controller. */
struct axvm_intc_kind {
	enum axconf_intc kind;
	enum axfdt_intc_kind fdt;
	uint32_t max_vcpus;
	uint32_t first_shared; /* lowest and highest id a device may use */
	uint32_t last_shared;
	/** Can this host's hardware give one to a guest? */
	bool (*available)(void);
	/** Build one in @arena. AX_ENOMEM: no room there. */
	ax_err_t (*create)(struct ax_arena *arena, const struct axvm_intc_cfg *cfg,
			   struct axvm_intc_parts *parts);
};

/**
 * Interrupts of the host's devices for guests, whose controllers are @intc: the ctx of an ax_intc. From
 * bind() on, one that comes is the guest's: pending in its controller under the same number, and silent
 * in the host until the guest completes it or its controller is reset. On one CPU, as axvm_create() and
 * axvm_destroy() are called; no lock held.
 */
struct axvm_assign_ops {
	/**
	 * Give @irq, which @intc has. AX_EEXIST: another VM has it, or the hypervisor itself. AX_EINVAL: the
	 * host has no such interrupt.
	 */
	ax_err_t (*bind)(void *intc, uint32_t irq);
	/** Take back what @intc has, if anything: on return nothing comes to it, and none stays silent. */
	void (*release)(void *intc);
};

struct axvm_machine {
	const char *compatible; /* of the guest's device tree */
	const char *cpu_compatible;
	const struct axvcpu_ops *vcpu;
	/** Once on each pCPU, before a vCPU runs there. */
	void (*cpu_init)(void);
	/** Fill @buf (AXVM_VCPU_CFG_BYTES) for vCPU @id; its address goes into struct axvcpu_cfg. */
	void (*vcpu_cfg)(uint32_t id, enum axconf_intc intc, void *buf);
	/** Interrupt of the timer that a guest programs without exits: what take_irq() stands for. */
	uint32_t timer_irq;
	/** What the device tree and the controller call vCPU @id: MPIDR affinity, hart id. */
	uint64_t (*cpu_reg)(uint32_t id);
	/** Add what the architecture's tree says of CPUs beside cpu_compatible. NULL: nothing. */
	void (*describe_cpus)(struct axfdt_machine *tree);
	/** Of the second-stage tables, as this host has it. */
	const struct axaddrspace_fmt *(*fmt)(void);
	const struct axaddrspace_tlb_ops *tlb;
	void *tlb_ctx;
	/** Drop every guest's translations on all CPUs; see struct axaddrspace_tags_cfg. */
	void (*tlb_flush_all)(void *ctx);
	uint32_t (*pa_bits)(void); /* host-physical address size */
	uint32_t tag_bits;         /* of a VMID, as far as they are used */
	uint32_t gpa_bits;         /* size of the guest-physical address space */
	uint64_t ram_base;         /* where guests of this machine expect their memory to begin */
	const struct axvm_model *models;
	uint32_t model_count;
	const struct axvm_default_device
		*defaults; /* unless the configuration lists devices itself */
	uint32_t default_count;
	/** Devices that a VM with its firmware in flash has beside the others; NULL: no such VMs. */
	const struct axvm_default_device *firmware;
	uint32_t firmware_count;
	const struct axvm_intc_kind *intcs; /* the first available one is the default */
	uint32_t intc_count;
	/** May a VM be given [@host, @host + @size)? Everything else is denied. NULL: nothing is given. */
	bool (*passthrough_allowed)(hpa_t host, uint64_t size);
	/** NULL: no interrupt is given either. */
	const struct axvm_assign_ops *assign;
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world for a VM under test: a vCPU back end that plays a script of exits, an interrupt controller and
 * a device that record, a bundle, and a host that steps whatever was woken. One at a time.
 */
#pragma once
#include <axtest/axtest.h>
#include <axvm/vm.h>

#define WORLD_RAM    UINT64_C(0x40000000)
#define WORLD_INTC   UINT64_C(0x08000000)
#define WORLD_UART   UINT64_C(0x09000000)
#define WORLD_RTC    UINT64_C(0x09010000)
#define WORLD_FLASH  UINT64_C(0x10000000) /* of the firmware, 2 MiB at most */
#define WORLD_STORE  UINT64_C(0x20000000) /* erased memory, 2 MiB */
#define WORLD_SYSREG 0x1234
#define WORLD_VCPUS  4
#define WORLD_TIMER  27

/** A vCPU that plays a script; it idles when the script is at its end. */
struct world_vcpu {
	struct axvcpu_exit script[16];
	unsigned length, next;
	struct axvcpu_cfg cfg;
	unsigned entry_count, reset_count, put_count, load_count, flush_count, dump_count;
	uint64_t entry, arg, root, completed;
	unsigned complete_count, fault_count, decode_count;
	enum axvcpu_fault fault;
	bool decode_as_mmio;
	uint64_t deadline;
	void (*in_guest)(void); /* what happens elsewhere before the next exit; once */
};

struct world_intc {
	bool level[64];
	unsigned set_count, reset_count, flush_count, sync_count, load_count, put_count;
	_Atomic uint32_t flush_due; /* what watch() shows; 1 at first */
	uint32_t sync_due;
	bool deliverable; /* what pending() and prepare_idle() say */
	unsigned storm;   /* so many times, flush() is followed by another vCPU's interrupt */
	void (*kick)(void *ctx, uint64_t mask);
	void *ctx;
};

struct world_dev {
	struct axvm_device_env env;
	uint64_t reg;
	unsigned reset_count, input_count, tick_count;
	uint64_t deadline;
	enum ax_io_result result;
};

struct world {
	struct axtest_frames frames;
	struct axaddrspace_tags tags;
	uint64_t tag_map[4];
	uint8_t bundle[(2 << 20) + 65536];
	size_t bundle_size;
	struct axconf_vm conf;
	struct axvm vm;
	struct axvm_diag diag;
	struct world_vcpu *vcpus[AXCONF_MAX_VCPUS];
	struct world_intc *intc;
	struct world_dev *devs[8];
	unsigned dev_count;
	bool woken[AXCONF_MAX_VCPUS];
	bool work_woken;
	enum axvm_state states[32]; /* as told by state_changed */
	unsigned state_count;
	bool timer_fires;  /* what take_irq says once */
	bool device_fires; /* take_irq brings the controller something for the guest, once */
	bool keeps_guest;  /* what wants_cpu says, the other way round */
	unsigned irq_count;
	bool intc_available;
	bool has_random;
	uint64_t random_count; /* requests; the n-th is answered with bytes n */
	bool no_take;          /* the host's frames cannot be had at a place */
	bool no_list;          /* the board lists nothing that may be passed through */
	bool has_assign;       /* interrupts may be */
	const void *owner[64]; /* of the host's interrupts: a controller */
	unsigned release_count;
	void (*describe_cpus)(struct axfdt_machine *tree); /* the machine's */
};
extern struct world world;

/** A VM configuration of @vcpus vCPUs, 2 MiB of RAM, kernel "images/k", as many devices as default. */
void world_reset(uint32_t vcpus);
/** Add a file to the bundle. */
void world_add_file(const char *name, const void *data, size_t size);
ax_err_t world_create(void);
/** Step the woken until nobody is, vCPU i on pCPU i. Returns the number of steps. */
unsigned world_settle(void);
/** Free what is left; returns the number of host frames that are still in use. */
unsigned world_fini(void);
/** Append an exit to the script of vCPU @id. */
void world_script(uint32_t id, struct axvcpu_exit exit);

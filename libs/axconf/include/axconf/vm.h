/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration of one virtual machine: plain values, filled from a device-tree blob that
 * tools/axconf.py compiled from TOML, or by hand. A blob is untrusted: what does not hold is refused
 * with one line that names the key and the value, and the struct is then all zero.
 */
#pragma once
#include <axbase/types.h>

#define AXCONF_NAME_MAX        32 /* bytes, NUL included, as for all below */
#define AXCONF_PATH_MAX        128
#define AXCONF_CMDLINE_MAX     1024
#define AXCONF_MODEL_MAX       16
#define AXCONF_COMPATIBLE_MAX  128
#define AXCONF_MAX_VCPUS       16
#define AXCONF_MAX_MEM         8
#define AXCONF_MAX_DEVICES     16
#define AXCONF_MAX_PASSTHROUGH 16

/** "Choose for me", for addresses and interrupts. */
#define AXCONF_AUTO UINT64_MAX

enum axconf_intc { AXCONF_INTC_DEFAULT, AXCONF_INTC_GICV2, AXCONF_INTC_GICV3, AXCONF_INTC_PLIC };

/** How memory behind a region comes into being. */
enum axconf_mem_kind {
	AXCONF_MEM_EAGER,    /* allocated and mapped when the VM is prepared */
	AXCONF_MEM_LAZY,     /* mapped where the guest first touches it */
	AXCONF_MEM_IDENTITY, /* host-physical address = guest-physical address */
};

#define AXCONF_MEM_R UINT32_C(1)
#define AXCONF_MEM_W UINT32_C(2)
#define AXCONF_MEM_X UINT32_C(4)

struct axconf_mem {
	gpa_t base;
	uint64_t size; /* bytes */
	uint32_t prot; /* AXCONF_MEM_R and so on */
	enum axconf_mem_kind kind;
};

/**
 * An image in the bundle; an empty path means there is none. A device tree without a path may still
 * have an address: the generated one goes there.
 */
struct axconf_image {
	char path[AXCONF_PATH_MAX]; /* name of the bundle's entry */
	uint64_t load_addr;         /* guest-physical, or AXCONF_AUTO */
};

/** An emulated device: the model is a name that the machine profile knows ("pl011"). */
struct axconf_device {
	char name[AXCONF_NAME_MAX]; /* for messages */
	char model[AXCONF_MODEL_MAX];
	uint64_t base; /* guest-physical, or AXCONF_AUTO */
	uint64_t size; /* bytes, or AXCONF_AUTO */
	uint64_t irq;  /* the controller's number (on GIC the INTID), or AXCONF_AUTO */
};

/** A range of the host's physical devices given to the guest. */
struct axconf_passthrough {
	char name[AXCONF_NAME_MAX];
	gpa_t base;
	hpa_t host;
	uint64_t size;
	uint64_t irq; /* of the host and of the guest, or AXCONF_AUTO for none */
	/**
	 * Strings one after another, an empty one ends them: the device's node in the guest's tree. With
	 * none there is no node.
	 */
	char compatible[AXCONF_COMPATIBLE_MAX];
};

struct axconf_vm {
	char name[AXCONF_NAME_MAX];
	uint32_t id;
	uint32_t vcpu_count;
	/** pCPUs each vCPU may run on, a bit per pCPU; 0: any. */
	uint64_t vcpu_cpus[AXCONF_MAX_VCPUS];
	enum axconf_intc intc;
	uint64_t entry; /* guest-physical, or AXCONF_AUTO: from the image */
	struct axconf_image kernel;
	struct axconf_image ramdisk;
	struct axconf_image dtb;  /* used as it stands instead of a generated one */
	struct axconf_image bios; /* started instead of the kernel */
	char cmdline[AXCONF_CMDLINE_MAX];
	uint32_t mem_count;
	struct axconf_mem mem[AXCONF_MAX_MEM];
	uint32_t device_count; /* 0: the machine profile's own set */
	struct axconf_device devices[AXCONF_MAX_DEVICES];
	uint32_t passthrough_count;
	struct axconf_passthrough passthrough[AXCONF_MAX_PASSTHROUGH];
};

/** One line that says what is wrong: "memory[1].size: 0x1001 is not a multiple of 0x1000". */
struct axconf_diag {
	char text[160];
};

/**
 * Read a compiled configuration into @vm and validate it. @blob is to be aligned to 8 bytes, and may
 * go away afterwards. AX_EFORMAT: not such a blob, cut short, not aligned, or an unknown or missing
 * property. AX_EVERSION: compiled for another version of the format. AX_EINVAL: a value that
 * axconf_validate() refuses, or more entries than an array has room for. @diag is written on every
 * error. Context: any; no locks. Calls libfdt, which may use FP/SIMD registers.
 */
AX_NODISCARD ax_err_t axconf_parse(const void *blob, size_t len, struct axconf_vm *vm,
				   struct axconf_diag *diag);

/**
 * Check what can be checked without a machine: counts, alignment, overlap of memory, devices and
 * passed-through ranges, interrupts within the controller's range and used once, addresses inside
 * memory, names and paths present and printable. AX_EINVAL with @diag written.
 */
AX_NODISCARD ax_err_t axconf_validate(const struct axconf_vm *vm, struct axconf_diag *diag);

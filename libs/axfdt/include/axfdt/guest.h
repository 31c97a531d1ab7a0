/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device tree that a guest gets, written from a plain description of its machine. What is in
 * the description is in the tree and nothing else, with the bindings that stock kernels look for.
 */
#pragma once
#include <axbase/types.h>

#define AXFDT_MAX_CPUS    16
#define AXFDT_MAX_MEM     8
#define AXFDT_MAX_DEVICES 40
#define AXFDT_MAX_ISA     256 /* bytes */

enum axfdt_intc_kind { AXFDT_INTC_GICV2, AXFDT_INTC_GICV3, AXFDT_INTC_PLIC };

struct axfdt_range {
	uint64_t base;
	uint64_t size; /* bytes */
};

/** Where a property's value stands in a tree, from the tree's start. */
struct axfdt_value {
	size_t at;
	size_t size; /* bytes; 0: there is no such property */
};

/** What /chosen brings to an operating system that cannot have gathered any randomness yet. */
enum axfdt_seed {
	AXFDT_RNG_SEED,   /* "rng-seed": for its generator */
	AXFDT_KASLR_SEED, /* "kaslr-seed": for its place in memory */
	AXFDT_SEED_COUNT
};

/** One device node; the kind chooses compatible strings and clocks. */
enum axfdt_device_kind {
	AXFDT_PL011,
	AXFDT_PL031,
	AXFDT_GOLDFISH_RTC,
	AXFDT_NS16550A,
	AXFDT_VIRTIO_MMIO,
	AXFDT_CFI_FLASH, /* one bank, four bytes wide */
	AXFDT_FW_CFG,
	AXFDT_PASSTHROUGH, /* of the host's: what its compatible says */
};

struct axfdt_device {
	enum axfdt_device_kind kind;
	struct axfdt_range reg;
	uint32_t irq; /* INTID (32 up: an SPI) on GIC, source number on PLIC; 0: none */
	bool edge;    /* else level, active high */
	/** PASSTHROUGH only: strings one after another, an empty one ends them. */
	const char *compatible;
};

/** What a RISC-V tree says of its CPUs, which are all alike; all zero elsewhere. */
struct axfdt_riscv {
	char isa[AXFDT_MAX_ISA]; /* "rv64imac_zicsr", whose base "riscv,isa-base" repeats */
	char isa_extensions[AXFDT_MAX_ISA]; /* each name with its zero, as in the property */
	size_t isa_extensions_bytes;
	const char *mmu;      /* "riscv,sv48"; NULL: it is not said */
	uint32_t timebase_hz; /* of the time CSR */
	uint32_t cbom_block;  /* bytes that a CBO.CLEAN and its like act on; 0: it is not said */
	uint32_t cboz_block;  /* bytes that a CBO.ZERO clears; 0: it is not said */
};

struct axfdt_machine {
	const char *compatible; /* of the root, e.g. "linux,dummy-virt" */
	const char *model;
	const char *cmdline;       /* NULL or empty: no bootargs */
	struct axfdt_range initrd; /* size 0: none */
	bool seeds;                /* room for seeds of 32 and 8 bytes, all zero */
	uint32_t mem_count;
	struct axfdt_range mem[AXFDT_MAX_MEM];
	uint32_t cpu_count;
	const char *cpu_compatible;       /* "arm,armv8" or "riscv" */
	uint64_t cpu_reg[AXFDT_MAX_CPUS]; /* MPIDR_EL1 affinity or hart id */
	struct axfdt_riscv riscv;
	enum axfdt_intc_kind intc;
	struct axfdt_range intc_dist; /* GICD; the PLIC itself (context 2i + 1: hart i, S-mode) */
	struct axfdt_range intc_cpu;  /* GICC (v2) or GICR of all vCPUs (v3) */
	uint32_t intc_source_count;   /* PLIC only */
	uint32_t device_count;
	struct axfdt_device devices[AXFDT_MAX_DEVICES];
	int stdout_device; /* index into devices; -1: none */
};

/**
 * Write the tree for @m into @buf (8-byte aligned) of @cap bytes; @len is its size. Timer and PSCI
 * nodes follow from the controller kind. AX_ENOSPC: @cap too small; nothing useful is in @buf then.
 * AX_EINVAL: no CPU, a count above its maximum, a stdout_device or irq that does not exist, an
 * initrd that wraps, a text of struct axfdt_riscv without its end.
 */
AX_NODISCARD ax_err_t axfdt_write_machine(const struct axfdt_machine *m, void *buf, size_t cap,
					  size_t *len);

/**
 * Find the seeds in the tree at @fdt, one that was checked or written by this library, so that they can
 * be read, written and wiped in place without it.
 */
void axfdt_find_seeds(const void *fdt, struct axfdt_value seeds[AXFDT_SEED_COUNT]);

/**
 * Set /chosen of the tree in @buf: bootargs (unless @cmdline is NULL) and the initrd (unless its
 * size is 0). For a tree that the user gave, copied to @buf (8-byte aligned), where it may grow up
 * to @cap. AX_EFORMAT: not a tree of version 17. AX_ENOSPC: it would grow past @cap; @buf may be
 * changed in part. AX_EINVAL: the initrd wraps.
 */
AX_NODISCARD ax_err_t axfdt_set_chosen(void *buf, size_t cap, const char *cmdline,
				       struct axfdt_range initrd, size_t *len);

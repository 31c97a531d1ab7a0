/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a board wants to know from the device tree its firmware handed over. The tree is untrusted:
 * cut short or odd, it ends in AX_EFORMAT and one line, not in a fault.
 */
#pragma once
#include <axbase/types.h>
#include <axfdt/guest.h>

#define AXFDT_HOST_MAX_CPUS     64
#define AXFDT_HOST_MAX_RESERVED 32

struct axfdt_host {
	size_t size;        /* of the tree itself, bytes */
	uint32_t mem_count; /* RAM, as the tree has it: may overlap reservations */
	struct axfdt_range mem[AXFDT_MAX_MEM];
	uint32_t reserved_count; /* /memreserve/ and /reserved-memory: never to be used */
	struct axfdt_range reserved[AXFDT_HOST_MAX_RESERVED];
	uint32_t cpu_count; /* those with status "okay" */
	uint64_t cpu_reg[AXFDT_HOST_MAX_CPUS];
	bool psci_smc; /* /psci method is "smc" */
	bool psci_hvc;
	bool has_intc;
	enum axfdt_intc_kind intc;
	struct axfdt_range
		intc_reg[4]; /* GICv3: D, R. GICv2: D, C, H, V. As many as the node has */
	uint32_t intc_reg_count;
	struct axfdt_range uart; /* the stdout-path's, else the first one known; size 0: none */
	char uart_compatible[32];
	uint32_t uart_irq;                          /* INTID or source number; 0: none */
	struct axfdt_range rtc;                     /* the first PL031; size 0: none */
	struct axfdt_range initrd;                  /* /chosen; size 0: none */
	char bootargs[256];                         /* cut if longer */
	struct axfdt_value seeds[AXFDT_SEED_COUNT]; /* /chosen; of any size */
	uint32_t timebase_hz;                       /* riscv64; 0: not given */
};

struct axfdt_diag {
	char text[160];
};

/**
 * Read the tree at @fdt (8-byte aligned), of which at most @max_bytes may be touched. AX_EFORMAT
 * with @diag written: no tree of version 17, cut short, without memory or CPUs, a range that wraps,
 * or more reservations than there is room for. RAM and CPUs past their tables are left out. Fields
 * of absent nodes are 0.
 */
AX_NODISCARD ax_err_t axfdt_read_host(const void *fdt, size_t max_bytes, struct axfdt_host *host,
				      struct axfdt_diag *diag);

#define AXFDT_HOST_ISA_MAX 1024 /* those of QEMU's "max" have 800 bytes */
#define AXFDT_HOST_NONE    UINT32_MAX

/** What a RISC-V host says beyond that. Arrays go by the CPU's place in struct axfdt_host.cpu_reg. */
struct axfdt_host_riscv {
	char isa[AXFDT_HOST_ISA_MAX]; /* of the first CPU: "rv64imafdch_zicsr_sstc"; cut at an extension */
	char mmu_type[16];            /* of the first CPU: "riscv,sv48"; empty: not given */
	uint32_t cbom_bytes;          /* of a block for Zicbom and Zicboz; 0: not given */
	uint32_t cboz_bytes;
	uint32_t plic_sources;                      /* ids 1 to this one; 0: no PLIC */
	uint32_t plic_context[AXFDT_HOST_MAX_CPUS]; /* for S-mode; AXFDT_HOST_NONE: it has none */
	struct axfdt_range sswi;                    /* ACLINT's SETSSIP registers; size 0: none */
	uint32_t sswi_index[AXFDT_HOST_MAX_CPUS];   /* which of them; AXFDT_HOST_NONE: none */
	uint32_t uart_shift;                        /* struct axfdt_host.uart: reg-shift */
	uint32_t uart_width;                        /* reg-io-width, bytes: 1, 2 or 4 */
	struct axfdt_range goldfish_rtc;            /* size 0: none */
};

/**
 * Read the rest of a tree that axfdt_read_host() has taken, and made @host of. @isa is "riscv,isa", or put
 * together from "riscv,isa-base" and "riscv,isa-extensions", which then count. Fields of absent nodes
 * are 0, those of odd ones as if absent.
 */
void axfdt_read_host_riscv(const void *fdt, const struct axfdt_host *host,
			   struct axfdt_host_riscv *riscv);

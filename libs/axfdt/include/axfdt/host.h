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

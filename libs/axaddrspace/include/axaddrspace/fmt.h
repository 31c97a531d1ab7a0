/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats of second-stage translation tables: pure encoders and decoders, the same on every machine.
 * Level 0 holds 4 KiB pages, level n covers 4 KiB << 9 n per entry, whatever the architecture calls it.
 */
#pragma once
#include <axbase/bits.h>

/** What a guest may do with a mapping. Read is part of every mapping: not all formats can omit it. */
#define AXADDRSPACE_PROT_READ  UINT32_C(0x1)
#define AXADDRSPACE_PROT_WRITE UINT32_C(0x2)
#define AXADDRSPACE_PROT_EXEC  UINT32_C(0x4)
#define AXADDRSPACE_PROT_RWX   UINT32_C(0x7)
/** Device memory: not cached, accesses neither gathered nor reordered. */
#define AXADDRSPACE_PROT_DEV UINT32_C(0x8)
/**
 * Bookkeeping of slots, kept in entry bits that hardware ignores: the memory behind the entry is the
 * slot's own, allocated as one page, or as the 2 MiB block around it. Never together with PROT_DEV.
 */
#define AXADDRSPACE_OWN_PAGE  UINT32_C(0x10)
#define AXADDRSPACE_OWN_BLOCK UINT32_C(0x20)
#define AXADDRSPACE_OWN_MASK  UINT32_C(0x30)

enum axaddrspace_pte_kind {
	AXADDRSPACE_PTE_NONE, /* hardware faults here */
	AXADDRSPACE_PTE_LEAF,
	AXADDRSPACE_PTE_TABLE,
};

/** A decoded entry. @attr (PROT and OWN bits) is 0 unless it is a leaf. */
struct axaddrspace_pte {
	enum axaddrspace_pte_kind kind;
	uint32_t attr;
	hpa_t addr;
};

/** The tree that a format builds for one input size. */
struct axaddrspace_shape {
	uint32_t levels;       /* tables visited by a full walk; the root is level levels - 1 */
	uint32_t leaf_level;   /* largest level with leaves */
	uint32_t root_entries; /* used ones */
	uint64_t root_bytes;   /* to allocate, aligned to their number */
	uint32_t output_bits;  /* host-physical address bits an entry can hold on this machine */
};

/** What the registers that name a tree are made of. */
struct axaddrspace_regs {
	hpa_t root;
	uint32_t input_bits;
	uint32_t pa_bits;
	uint32_t tag;      /* VMID, VPID or ASID; excess bits are dropped */
	uint32_t tag_bits; /* implemented */
};

struct axaddrspace_fmt {
	const char *name;
	uint32_t levels;     /* 0: chosen by the input size */
	uint32_t mode;       /* the format's number in the register that selects it */
	bool caches_invalid; /* hardware may remember that an entry was invalid */
	/**
	 * The tree for @input_bits of guest-physical and @pa_bits of host-physical address.
	 * AX_ENOTSUP: the format has none.
	 */
	ax_err_t (*shape)(const struct axaddrspace_fmt *fmt, uint32_t input_bits, uint32_t pa_bits,
			  struct axaddrspace_shape *out);
	/** Entry for 4 KiB << 9 @level of memory at @addr, which is aligned to that. */
	uint64_t (*leaf)(hpa_t addr, uint32_t attr, uint32_t level);
	/** Entry that points to the next table. */
	uint64_t (*table)(hpa_t addr);
	struct axaddrspace_pte (*decode)(uint64_t pte, uint32_t level);
	/** VTTBR_EL2, hgatp, EPTP, nCR3. */
	uint64_t (*root)(const struct axaddrspace_fmt *fmt, const struct axaddrspace_regs *regs);
	/** VTCR_EL2; 0 on RISC-V; VPID with EPT; ASID with NPT. */
	uint64_t (*control)(const struct axaddrspace_fmt *fmt, const struct axaddrspace_regs *regs);
};

/**
 * VMSAv8-64 stage 2, 4 KiB granule, without FEAT_LPA2: 32 to 48 input bits. Up to 43 take three
 * levels with a root of up to 16 concatenated tables, more take four and a machine with 44 PA bits.
 */
extern const struct axaddrspace_fmt axaddrspace_fmt_aarch64;
/** RISC-V G-stage: up to 41, 50 and 59 input bits; the root has four times the size of a table. */
extern const struct axaddrspace_fmt axaddrspace_fmt_sv39x4;
extern const struct axaddrspace_fmt axaddrspace_fmt_sv48x4;
extern const struct axaddrspace_fmt axaddrspace_fmt_sv57x4;
/** Intel extended page tables and AMD nested page tables, four levels, up to 48 input bits. */
extern const struct axaddrspace_fmt axaddrspace_fmt_ept;
extern const struct axaddrspace_fmt axaddrspace_fmt_npt;

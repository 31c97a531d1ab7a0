/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RISC-V G-stage tables. Privileged Architecture 1.12: 4.3.1 and 4.4 to 4.6 (entries), 8.2.10 (hgatp),
 * 8.5.1 (guest physical translation: a 16 KiB root, U set in every leaf). Svpbmt is not used: where
 * device memory is uncached follows from the machine's PMAs.
 */
#include <axaddrspace/fmt.h>

#define PTE_V         AX_BIT64(0)
#define PTE_R         AX_BIT64(1)
#define PTE_W         AX_BIT64(2)
#define PTE_X         AX_BIT64(3)
#define PTE_U         AX_BIT64(4)
#define PTE_A         AX_BIT64(6) /* set from the start, as is D: not all harts update them */
#define PTE_D         AX_BIT64(7)
#define PTE_RSW       AX_MASK64(9, 8)
#define PTE_PPN       AX_MASK64(53, 10)

#define RSW_DEV       1
#define RSW_OWN_PAGE  2
#define RSW_OWN_BLOCK 3

#define HGATP_PPN     AX_MASK64(43, 0)
#define HGATP_VMID    AX_MASK64(57, 44)
#define HGATP_MODE    AX_MASK64(63, 60)

static ax_err_t shape(const struct axaddrspace_fmt *fmt, uint32_t input_bits, uint32_t pa_bits,
		      struct axaddrspace_shape *out)
{
	if (input_bits < 13 || input_bits > 12 + 9 * fmt->levels + 2 || pa_bits < 13) {
		return AX_ENOTSUP;
	}
	*out = (struct axaddrspace_shape){
		.levels = fmt->levels,
		.leaf_level = 2,
		.root_entries = 2048,
		.root_bytes = 16384,
		.output_bits = (uint32_t)ax_min_u64(pa_bits, 56),
	};
	return AX_OK;
}

static uint64_t ppn(hpa_t addr)
{
	return AX_FIELD_PREP(PTE_PPN, addr.v >> AX_PAGE_SHIFT);
}

static uint64_t leaf(hpa_t addr, uint32_t attr, uint32_t level)
{
	uint64_t pte = PTE_V | PTE_U | PTE_A | PTE_D | ppn(addr);
	uint64_t rsw = 0;

	(void)level;
	pte |= (attr & AXADDRSPACE_PROT_READ) != 0 ? PTE_R : 0;
	pte |= (attr & AXADDRSPACE_PROT_WRITE) != 0 ? PTE_W : 0;
	pte |= (attr & AXADDRSPACE_PROT_EXEC) != 0 ? PTE_X : 0;
	if ((attr & AXADDRSPACE_PROT_DEV) != 0) {
		rsw = RSW_DEV;
	} else if ((attr & AXADDRSPACE_OWN_MASK) != 0) {
		rsw = (attr & AXADDRSPACE_OWN_PAGE) != 0 ? RSW_OWN_PAGE : RSW_OWN_BLOCK;
	}
	return pte | AX_FIELD_PREP(PTE_RSW, rsw);
}

static uint64_t table(hpa_t addr)
{
	return PTE_V | ppn(addr);
}

static struct axaddrspace_pte decode(uint64_t pte, uint32_t level)
{
	static const uint32_t rsw_attr[] = { 0, AXADDRSPACE_PROT_DEV, AXADDRSPACE_OWN_PAGE,
					     AXADDRSPACE_OWN_BLOCK };
	struct axaddrspace_pte out = { .kind = AXADDRSPACE_PTE_NONE };

	(void)level;
	if ((pte & PTE_V) == 0) {
		return out;
	}
	out.addr = hpa(AX_FIELD_GET(PTE_PPN, pte) << AX_PAGE_SHIFT);
	if ((pte & (PTE_R | PTE_W | PTE_X)) == 0) {
		out.kind = AXADDRSPACE_PTE_TABLE;
		return out;
	}
	out.kind = AXADDRSPACE_PTE_LEAF;
	out.attr = ((pte & PTE_R) != 0 ? AXADDRSPACE_PROT_READ : 0) |
		   ((pte & PTE_W) != 0 ? AXADDRSPACE_PROT_WRITE : 0) |
		   ((pte & PTE_X) != 0 ? AXADDRSPACE_PROT_EXEC : 0) |
		   rsw_attr[AX_FIELD_GET(PTE_RSW, pte)];
	return out;
}

static uint64_t root(const struct axaddrspace_fmt *fmt, const struct axaddrspace_regs *regs)
{
	return AX_FIELD_PREP(HGATP_MODE, fmt->mode) |
	       AX_FIELD_PREP(HGATP_VMID, regs->tag & (AX_BIT64(regs->tag_bits) - 1)) |
	       AX_FIELD_PREP(HGATP_PPN, regs->root.v >> AX_PAGE_SHIFT);
}

static uint64_t control(const struct axaddrspace_fmt *fmt, const struct axaddrspace_regs *regs)
{
	(void)fmt;
	(void)regs;
	return 0;
}

const struct axaddrspace_fmt axaddrspace_fmt_sv39x4 = {
	.name = "Sv39x4",
	.levels = 3,
	.mode = 8,
	.caches_invalid = true,
	.shape = shape,
	.leaf = leaf,
	.table = table,
	.decode = decode,
	.root = root,
	.control = control,
};

const struct axaddrspace_fmt axaddrspace_fmt_sv48x4 = {
	.name = "Sv48x4",
	.levels = 4,
	.mode = 9,
	.caches_invalid = true,
	.shape = shape,
	.leaf = leaf,
	.table = table,
	.decode = decode,
	.root = root,
	.control = control,
};

const struct axaddrspace_fmt axaddrspace_fmt_sv57x4 = {
	.name = "Sv57x4",
	.levels = 5,
	.mode = 10,
	.caches_invalid = true,
	.shape = shape,
	.leaf = leaf,
	.table = table,
	.decode = decode,
	.root = root,
	.control = control,
};

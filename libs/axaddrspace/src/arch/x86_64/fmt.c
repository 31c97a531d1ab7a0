/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four-level tables of the two x86 vendors. Intel SDM Vol. 3: 29.3.2 (EPT entries; 28.3.2 in older
 * editions), 25.6.11 (EPTP). AMD APM Vol. 2: 15.25 (nested paging), 5.4 (long-mode entries).
 */
#include <axaddrspace/fmt.h>

#define PTE_ADDR     AX_MASK64(51, 12)
#define PTE_PS       AX_BIT64(7) /* 1 GiB or 2 MiB leaf; both vendors */

#define EPT_R        AX_BIT64(0)
#define EPT_W        AX_BIT64(1)
#define EPT_X        AX_BIT64(2)
#define EPT_MEMTYPE  AX_MASK64(5, 3)
#define EPT_SW_PAGE  AX_BIT64(52) /* bits 56:52 are ignored */
#define EPT_SW_BLOCK AX_BIT64(53)
#define MEMTYPE_UC   0
#define MEMTYPE_WB   6

#define EPTP_MEMTYPE AX_MASK64(2, 0)
#define EPTP_WALK    AX_MASK64(5, 3) /* levels - 1 */

#define NPT_P        AX_BIT64(0)
#define NPT_RW       AX_BIT64(1)
#define NPT_US       AX_BIT64(2) /* nested walks are user accesses: APM 15.25.5 */
#define NPT_PWT      AX_BIT64(3)
#define NPT_PCD      AX_BIT64(4)
#define NPT_A        AX_BIT64(5)
#define NPT_D        AX_BIT64(6)
#define NPT_SW_PAGE  AX_BIT64(9) /* bits 11:9 are software's */
#define NPT_SW_BLOCK AX_BIT64(10)
#define NPT_NX       AX_BIT64(63)

static ax_err_t shape(const struct axaddrspace_fmt *fmt, uint32_t input_bits, uint32_t pa_bits,
		      struct axaddrspace_shape *out)
{
	if (input_bits < 13 || input_bits > 12 + 9 * fmt->levels || pa_bits < 13) {
		return AX_ENOTSUP;
	}
	*out = (struct axaddrspace_shape){
		.levels = fmt->levels,
		.leaf_level = 2,
		.root_entries = 512,
		.root_bytes = AX_PAGE_SIZE,
		.output_bits = (uint32_t)ax_min_u64(pa_bits, 52),
	};
	return AX_OK;
}

static uint64_t ept_leaf(hpa_t addr, uint32_t attr, uint32_t level)
{
	uint64_t type = (attr & AXADDRSPACE_PROT_DEV) != 0 ? MEMTYPE_UC : MEMTYPE_WB;
	uint64_t pte = (addr.v & PTE_ADDR) | AX_FIELD_PREP(EPT_MEMTYPE, type);

	pte |= level == 0 ? 0 : PTE_PS;
	pte |= (attr & AXADDRSPACE_PROT_READ) != 0 ? EPT_R : 0;
	pte |= (attr & AXADDRSPACE_PROT_WRITE) != 0 ? EPT_W : 0;
	pte |= (attr & AXADDRSPACE_PROT_EXEC) != 0 ? EPT_X : 0;
	pte |= (attr & AXADDRSPACE_OWN_PAGE) != 0 ? EPT_SW_PAGE : 0;
	pte |= (attr & AXADDRSPACE_OWN_BLOCK) != 0 ? EPT_SW_BLOCK : 0;
	return pte;
}

static uint64_t ept_table(hpa_t addr)
{
	return EPT_R | EPT_W | EPT_X | (addr.v & PTE_ADDR);
}

static struct axaddrspace_pte ept_decode(uint64_t pte, uint32_t level)
{
	struct axaddrspace_pte out = { .kind = AXADDRSPACE_PTE_NONE };

	if ((pte & (EPT_R | EPT_W | EPT_X)) == 0) {
		return out;
	}
	out.addr = hpa(pte & PTE_ADDR);
	if (level > 0 && (pte & PTE_PS) == 0) {
		out.kind = AXADDRSPACE_PTE_TABLE;
		return out;
	}
	out.kind = AXADDRSPACE_PTE_LEAF;
	out.attr = ((pte & EPT_R) != 0 ? AXADDRSPACE_PROT_READ : 0) |
		   ((pte & EPT_W) != 0 ? AXADDRSPACE_PROT_WRITE : 0) |
		   ((pte & EPT_X) != 0 ? AXADDRSPACE_PROT_EXEC : 0) |
		   (AX_FIELD_GET(EPT_MEMTYPE, pte) == MEMTYPE_UC ? AXADDRSPACE_PROT_DEV : 0) |
		   ((pte & EPT_SW_PAGE) != 0 ? AXADDRSPACE_OWN_PAGE : 0) |
		   ((pte & EPT_SW_BLOCK) != 0 ? AXADDRSPACE_OWN_BLOCK : 0);
	return out;
}

static uint64_t ept_root(const struct axaddrspace_fmt *fmt, const struct axaddrspace_regs *regs)
{
	return AX_FIELD_PREP(EPTP_MEMTYPE, MEMTYPE_WB) | AX_FIELD_PREP(EPTP_WALK, fmt->levels - 1) |
	       (regs->root.v & PTE_ADDR);
}

static uint64_t npt_leaf(hpa_t addr, uint32_t attr, uint32_t level)
{
	uint64_t pte = NPT_P | NPT_US | NPT_A | NPT_D | (addr.v & PTE_ADDR);

	pte |= level == 0 ? 0 : PTE_PS;
	pte |= (attr & AXADDRSPACE_PROT_WRITE) != 0 ? NPT_RW : 0;
	pte |= (attr & AXADDRSPACE_PROT_EXEC) != 0 ? 0 : NPT_NX;
	pte |= (attr & AXADDRSPACE_PROT_DEV) != 0 ? NPT_PCD | NPT_PWT : 0; /* PAT entry 3: UC */
	pte |= (attr & AXADDRSPACE_OWN_PAGE) != 0 ? NPT_SW_PAGE : 0;
	pte |= (attr & AXADDRSPACE_OWN_BLOCK) != 0 ? NPT_SW_BLOCK : 0;
	return pte;
}

static uint64_t npt_table(hpa_t addr)
{
	return NPT_P | NPT_RW | NPT_US | NPT_A | (addr.v & PTE_ADDR);
}

static struct axaddrspace_pte npt_decode(uint64_t pte, uint32_t level)
{
	struct axaddrspace_pte out = { .kind = AXADDRSPACE_PTE_NONE };

	if ((pte & NPT_P) == 0) {
		return out;
	}
	out.addr = hpa(pte & PTE_ADDR);
	if (level > 0 && (pte & PTE_PS) == 0) {
		out.kind = AXADDRSPACE_PTE_TABLE;
		return out;
	}
	out.kind = AXADDRSPACE_PTE_LEAF;
	out.attr = AXADDRSPACE_PROT_READ | ((pte & NPT_RW) != 0 ? AXADDRSPACE_PROT_WRITE : 0) |
		   ((pte & NPT_NX) != 0 ? 0 : AXADDRSPACE_PROT_EXEC) |
		   ((pte & NPT_PCD) != 0 ? AXADDRSPACE_PROT_DEV : 0) |
		   ((pte & NPT_SW_PAGE) != 0 ? AXADDRSPACE_OWN_PAGE : 0) |
		   ((pte & NPT_SW_BLOCK) != 0 ? AXADDRSPACE_OWN_BLOCK : 0);
	return out;
}

static uint64_t npt_root(const struct axaddrspace_fmt *fmt, const struct axaddrspace_regs *regs)
{
	(void)fmt;
	return regs->root.v & PTE_ADDR;
}

static uint64_t tag_only(const struct axaddrspace_fmt *fmt, const struct axaddrspace_regs *regs)
{
	(void)fmt;
	return regs->tag & (AX_BIT64(regs->tag_bits) - 1);
}

const struct axaddrspace_fmt axaddrspace_fmt_ept = {
	.name = "EPT",
	.levels = 4,
	.shape = shape,
	.leaf = ept_leaf,
	.table = ept_table,
	.decode = ept_decode,
	.root = ept_root,
	.control = tag_only,
};

const struct axaddrspace_fmt axaddrspace_fmt_npt = {
	.name = "NPT",
	.levels = 4,
	.shape = shape,
	.leaf = npt_leaf,
	.table = npt_table,
	.decode = npt_decode,
	.root = npt_root,
	.control = tag_only,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMSAv8-64 stage 2 with the 4 KiB granule. Arm ARM DDI 0487: D8.3 (descriptors), D8.2 (concatenated
 * initial tables), D24.2 VTCR_EL2 and VTTBR_EL2. FEAT_XNX, FEAT_S2FWB and FEAT_LPA2 are not used.
 */
#include <axaddrspace/fmt.h>

#define DESC_VALID           AX_BIT64(0)
#define DESC_TYPE            AX_BIT64(1) /* table above level 0, page in level 0; 0 is a block */
#define DESC_MEMATTR         AX_MASK64(5, 2) /* stage 2 MemAttr[3:0] */
#define DESC_S2AP_R          AX_BIT64(6)
#define DESC_S2AP_W          AX_BIT64(7)
#define DESC_SH              AX_MASK64(9, 8)
#define DESC_AF              AX_BIT64(10)
#define DESC_ADDR            AX_MASK64(47, 12)
#define DESC_XN              AX_BIT64(54)
#define DESC_SW_PAGE         AX_BIT64(55) /* bits 58:55 are software's */
#define DESC_SW_BLOCK        AX_BIT64(56)

#define MEMATTR_DEVICE_nGnRE 0x1
#define MEMATTR_NORMAL_WB    0xf
#define SH_INNER             3

#define VTCR_EL2_T0SZ        AX_MASK64(5, 0)
#define VTCR_EL2_SL0         AX_MASK64(7, 6)
#define VTCR_EL2_IRGN0       AX_MASK64(9, 8)
#define VTCR_EL2_ORGN0       AX_MASK64(11, 10)
#define VTCR_EL2_SH0         AX_MASK64(13, 12)
#define VTCR_EL2_TG0         AX_MASK64(15, 14) /* 0: 4 KiB */
#define VTCR_EL2_PS          AX_MASK64(18, 16)
#define VTCR_EL2_VS          AX_BIT64(19) /* 16-bit VMID */
#define VTCR_EL2_RES1        AX_BIT64(31)
#define RGN_WBWA             1

#define VTTBR_EL2_BADDR      AX_MASK64(47, 1)
#define VTTBR_EL2_VMID       AX_MASK64(63, 48)

/* ID_AA64MMFR0_EL1.PARange and VTCR_EL2.PS, up to what 4 KiB descriptors hold. */
static const uint8_t pa_sizes[] = { 32, 36, 40, 42, 44, 48 };

static uint32_t ps_field(uint32_t pa_bits)
{
	uint32_t ps = 0;

	for (uint32_t i = 0; i < AX_ARRAY_SIZE(pa_sizes); i++) {
		if (pa_sizes[i] <= pa_bits) {
			ps = i;
		}
	}
	return ps;
}

/*
 * Three levels start at level 1 and reach 39 bits, 43 with 16 concatenated tables; starting at level 0
 * is reserved where PAMax is below 44 bits.
 */
static uint32_t levels_for(uint32_t input_bits)
{
	return input_bits <= 43 ? 3 : 4;
}

static ax_err_t shape(const struct axaddrspace_fmt *fmt, uint32_t input_bits, uint32_t pa_bits,
		      struct axaddrspace_shape *out)
{
	uint32_t levels = levels_for(input_bits);
	uint32_t output_bits = pa_sizes[ps_field(pa_bits)];

	(void)fmt;
	if (input_bits < 32 || input_bits > 48 || pa_bits < 32 || input_bits > output_bits) {
		return AX_ENOTSUP;
	}
	*out = (struct axaddrspace_shape){
		.levels = levels,
		.leaf_level = 2,
		.root_entries = UINT32_C(1) << (input_bits - 12 - 9 * (levels - 1)),
		.output_bits = output_bits,
	};
	out->root_bytes = ax_max_u64(AX_PAGE_SIZE, UINT64_C(8) * out->root_entries);
	return AX_OK;
}

static uint64_t leaf(hpa_t addr, uint32_t attr, uint32_t level)
{
	uint64_t pte = DESC_VALID | DESC_AF | (addr.v & DESC_ADDR);

	pte |= level == 0 ? DESC_TYPE : 0;
	pte |= (attr & AXADDRSPACE_PROT_READ) != 0 ? DESC_S2AP_R : 0;
	pte |= (attr & AXADDRSPACE_PROT_WRITE) != 0 ? DESC_S2AP_W : 0;
	pte |= (attr & AXADDRSPACE_PROT_EXEC) != 0 ? 0 : DESC_XN;
	pte |= (attr & AXADDRSPACE_OWN_PAGE) != 0 ? DESC_SW_PAGE : 0;
	pte |= (attr & AXADDRSPACE_OWN_BLOCK) != 0 ? DESC_SW_BLOCK : 0;
	if ((attr & AXADDRSPACE_PROT_DEV) != 0) { /* SH is ignored for Device */
		return pte | AX_FIELD_PREP(DESC_MEMATTR, MEMATTR_DEVICE_nGnRE);
	}
	return pte | AX_FIELD_PREP(DESC_MEMATTR, MEMATTR_NORMAL_WB) |
	       AX_FIELD_PREP(DESC_SH, SH_INNER);
}

static uint64_t table(hpa_t addr)
{
	return DESC_VALID | DESC_TYPE | (addr.v & DESC_ADDR);
}

static struct axaddrspace_pte decode(uint64_t pte, uint32_t level)
{
	struct axaddrspace_pte out = { .kind = AXADDRSPACE_PTE_NONE };

	if ((pte & DESC_VALID) == 0) {
		return out;
	}
	out.addr = hpa(pte & DESC_ADDR);
	if (level > 0 && (pte & DESC_TYPE) != 0) {
		out.kind = AXADDRSPACE_PTE_TABLE;
		return out;
	}
	out.kind = AXADDRSPACE_PTE_LEAF;
	out.attr = ((pte & DESC_S2AP_R) != 0 ? AXADDRSPACE_PROT_READ : 0) |
		   ((pte & DESC_S2AP_W) != 0 ? AXADDRSPACE_PROT_WRITE : 0) |
		   ((pte & DESC_XN) != 0 ? 0 : AXADDRSPACE_PROT_EXEC) |
		   ((pte & DESC_SW_PAGE) != 0 ? AXADDRSPACE_OWN_PAGE : 0) |
		   ((pte & DESC_SW_BLOCK) != 0 ? AXADDRSPACE_OWN_BLOCK : 0);
	if (AX_FIELD_GET(DESC_MEMATTR, pte) == MEMATTR_DEVICE_nGnRE) {
		out.attr |= AXADDRSPACE_PROT_DEV;
	}
	return out;
}

static uint64_t root(const struct axaddrspace_fmt *fmt, const struct axaddrspace_regs *regs)
{
	uint64_t vmid = regs->tag & (regs->tag_bits >= 16 ? 0xffff : 0xff);

	(void)fmt;
	return AX_FIELD_PREP(VTTBR_EL2_VMID, vmid) | (regs->root.v & VTTBR_EL2_BADDR);
}

static uint64_t control(const struct axaddrspace_fmt *fmt, const struct axaddrspace_regs *regs)
{
	uint64_t sl0 = levels_for(regs->input_bits) == 4 ? 2 : 1; /* 4 KiB: level 2 - SL0 */

	(void)fmt;
	return VTCR_EL2_RES1 | AX_FIELD_PREP(VTCR_EL2_T0SZ, 64 - regs->input_bits) |
	       AX_FIELD_PREP(VTCR_EL2_SL0, sl0) | AX_FIELD_PREP(VTCR_EL2_IRGN0, RGN_WBWA) |
	       AX_FIELD_PREP(VTCR_EL2_ORGN0, RGN_WBWA) | AX_FIELD_PREP(VTCR_EL2_SH0, SH_INNER) |
	       AX_FIELD_PREP(VTCR_EL2_TG0, 0) |
	       AX_FIELD_PREP(VTCR_EL2_PS, ps_field(regs->pa_bits)) |
	       (regs->tag_bits >= 16 ? VTCR_EL2_VS : 0);
}

const struct axaddrspace_fmt axaddrspace_fmt_aarch64 = {
	.name = "AArch64 stage 2",
	.shape = shape,
	.leaf = leaf,
	.table = table,
	.decode = decode,
	.root = root,
	.control = control,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* List registers of a GICv2 (IHI 0048 5.3, GICH_LRn) told in the layout of a GICv3's (IHI 0069 12.4, ICH_LR<n>_EL2). */
#include <vgic/vgic.h>

uint32_t vgic_gich_lr_encode(uint64_t ich_lr)
{
	uint64_t lr = AX_FIELD_PREP(GICH_LR_State, AX_FIELD_GET(ICH_LR_State, ich_lr)) |
		      AX_FIELD_PREP(GICH_LR_Priority, AX_FIELD_GET(ICH_LR_Priority, ich_lr) >> 3) |
		      (ich_lr & GICH_LR_VirtualID);

	lr |= (ich_lr & ICH_LR_Group) ? GICH_LR_Grp1 : 0;
	if (ich_lr & ICH_LR_HW) {
		lr |= GICH_LR_HW |
		      AX_FIELD_PREP(GICH_LR_PhysicalID, AX_FIELD_GET(ICH_LR_pINTID, ich_lr));
	} else {
		lr |= (ich_lr & ICH_LR_v2_CPUID) | ((ich_lr & ICH_LR_EOI) ? GICH_LR_EOI : 0);
	}
	return (uint32_t)lr;
}

uint64_t vgic_gich_lr_decode(uint32_t gich_lr)
{
	uint64_t lr = AX_FIELD_PREP(ICH_LR_State, AX_FIELD_GET(GICH_LR_State, gich_lr)) |
		      AX_FIELD_PREP(ICH_LR_Priority, AX_FIELD_GET(GICH_LR_Priority, gich_lr) << 3) |
		      (gich_lr & GICH_LR_VirtualID);

	lr |= (gich_lr & GICH_LR_Grp1) ? ICH_LR_Group : 0;
	if (gich_lr & GICH_LR_HW) {
		lr |= ICH_LR_HW |
		      AX_FIELD_PREP(ICH_LR_pINTID, AX_FIELD_GET(GICH_LR_PhysicalID, gich_lr));
	} else {
		lr |= (gich_lr & GICH_LR_CPUID) | ((gich_lr & GICH_LR_EOI) ? ICH_LR_EOI : 0);
	}
	return lr;
}

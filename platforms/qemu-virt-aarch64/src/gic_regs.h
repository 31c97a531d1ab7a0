/* SPDX-License-Identifier: Apache-2.0 */
/* GIC registers, as far as this board drives them: GICv3 IHI0069 chapter 12, GICv2 IHI0048 chapter 4. */
#pragma once

#define GICD_CTLR             0x0000
#define GICD_TYPER            0x0004
#define GICD_IGROUPR          0x0080
#define GICD_ISENABLER        0x0100
#define GICD_ICENABLER        0x0180
#define GICD_ISACTIVER        0x0300
#define GICD_ICACTIVER        0x0380
#define GICD_IPRIORITYR       0x0400
#define GICD_ITARGETSR        0x0800 /* v2 */
#define GICD_ICFGR            0x0c00
#define GICD_SGIR             0x0f00 /* v2 */
#define GICD_IROUTER          0x6000 /* v3 */

#define GICD_CTLR_ENABLE      UINT32_C(0x01) /* v2: group 0, or group 1 as the non-secure side sees it */
#define GICD_CTLR_ENABLE_GRP1 UINT32_C(0x02) /* v3: EnableGrp1 with DS = 1, EnableGrp1A else */
#define GICD_CTLR_ARE         UINT32_C(0x10)
#define GICD_CTLR_RWP         AX_BIT64(31)
#define GICD_TYPER_ITLINES    AX_MASK64(4, 0)

#define GICR_WAKER            0x0014
#define GICR_TYPER            0x0008
#define GICR_SGI              0x10000 /* offset of SGI_base; registers there as in GICD */
#define GICR_TYPER_VLPIS      AX_BIT64(1)
#define GICR_TYPER_LAST       AX_BIT64(4)
#define GICR_TYPER_AFFINITY   AX_MASK64(63, 32)
#define GICR_WAKER_SLEEP      UINT32_C(0x2)
#define GICR_WAKER_ASLEEP     UINT32_C(0x4)

#define GICC_CTLR             0x0000
#define GICC_PMR              0x0004
#define GICC_BPR              0x0008
#define GICC_IAR              0x000c
#define GICC_EOIR             0x0010
#define GICC_DIR              0x1000
#define GICC_CTLR_ENABLE      UINT32_C(0x001)
#define GICC_CTLR_EOIMODE     UINT32_C(0x200)
#define GICH_HCR              0x0000

#define GIC_PRIORITY          UINT32_C(0xa0a0a0a0)

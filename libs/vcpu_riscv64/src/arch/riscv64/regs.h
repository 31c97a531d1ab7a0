/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSR fields and numbers as the privileged manual (version 1.12, with Sstc, Smstateen and the CMO
 * extensions) spells them; only what this library uses. Enumerators CSR_vsstatus and so on of state.h
 * are indices, the macros in capitals here are addresses.
 */
#pragma once
#include <axbase/bits.h>

/* scause */
#define CAUSE_INTERRUPT           AX_BIT64(63)
#define CAUSE_MISALIGNED_FETCH    0
#define CAUSE_FETCH_ACCESS        1
#define CAUSE_ILLEGAL_INSTRUCTION 2
#define CAUSE_BREAKPOINT          3
#define CAUSE_MISALIGNED_LOAD     4
#define CAUSE_LOAD_ACCESS         5
#define CAUSE_MISALIGNED_STORE    6
#define CAUSE_STORE_ACCESS        7 /* and AMO */
#define CAUSE_USER_ECALL          8
#define CAUSE_VS_ECALL            10
#define CAUSE_FETCH_PAGE_FAULT    12
#define CAUSE_LOAD_PAGE_FAULT     13
#define CAUSE_STORE_PAGE_FAULT    15
#define CAUSE_SOFTWARE_CHECK      18 /* Zicfilp, Zicfiss */
#define CAUSE_FETCH_GUEST_FAULT   20 /* guest-page faults, 8.6.1 */
#define CAUSE_LOAD_GUEST_FAULT    21
#define CAUSE_VIRTUAL_INSTRUCTION 22
#define CAUSE_STORE_GUEST_FAULT   23

/* sstatus and vsstatus */
#define SSTATUS_SIE      AX_BIT64(1)
#define SSTATUS_SPIE     AX_BIT64(5)
#define SSTATUS_SPP      AX_BIT64(8)
#define SSTATUS_VS       AX_MASK64(10, 9)
#define SSTATUS_FS       AX_MASK64(14, 13)
#define SSTATUS_SUM      AX_BIT64(18)
#define SSTATUS_MXR      AX_BIT64(19)
#define SSTATUS_UXL      AX_MASK64(33, 32)
#define SSTATUS_UXL_64   AX_FIELD_PREP(SSTATUS_UXL, 2)
#define SSTATUS_SD       AX_BIT64(63)
#define SSTATUS_XS_OFF   0 /* of FS and VS */
#define SSTATUS_XS_CLEAN 2
#define SSTATUS_XS_DIRTY 3

/* hstatus, 8.2.1 */
#define HSTATUS_SPV     AX_BIT64(7)
#define HSTATUS_SPVP    AX_BIT64(8)
#define HSTATUS_HU      AX_BIT64(9)
#define HSTATUS_VTVM    AX_BIT64(20)
#define HSTATUS_VTW     AX_BIT64(21)
#define HSTATUS_VTSR    AX_BIT64(22)
#define HSTATUS_VSXL    AX_MASK64(33, 32)
#define HSTATUS_VSXL_64 AX_FIELD_PREP(HSTATUS_VSXL, 2)

/* hvip, hip, hideleg; vsip and vsie have the same one lower */
#define HVIP_VSSIP AX_BIT64(2)
#define HVIP_VSTIP AX_BIT64(6)
#define HVIP_VSEIP AX_BIT64(10)
#define SIP_SSIP   AX_BIT64(1)
#define SIP_STIP   AX_BIT64(5)
#define SIP_SEIP   AX_BIT64(9)
#define SIP_MASK   (SIP_SSIP | SIP_STIP | SIP_SEIP)

/* henvcfg, and senvcfg in its lower bits */
#define ENVCFG_FIOM       AX_BIT64(0)
#define ENVCFG_CBIE       AX_MASK64(5, 4)
#define ENVCFG_CBIE_FLUSH AX_FIELD_PREP(ENVCFG_CBIE, 1) /* CBO.INVAL cleans as well */
#define ENVCFG_CBCFE      AX_BIT64(6)
#define ENVCFG_CBZE       AX_BIT64(7)
#define ENVCFG_PBMTE      AX_BIT64(62)
#define ENVCFG_STCE       AX_BIT64(63)

/* hstateen0 */
#define HSTATEEN0_ENVCFG AX_BIT64(62)

/* hcounteren, scounteren */
#define COUNTEREN_CY AX_BIT64(0)
#define COUNTEREN_TM AX_BIT64(1)
#define COUNTEREN_IR AX_BIT64(2)

/* satp and vsatp */
#define SATP_MODE      AX_MASK64(63, 60)
#define SATP_MODE_BARE 0
#define SATP_MODE_SV39 8
#define SATP_MODE_SV48 9
#define SATP_MODE_SV57 10

/* vstvec */
#define TVEC_MODE     AX_MASK64(1, 0)
#define TVEC_VECTORED 1

/* vtype */
#define VTYPE_VILL AX_BIT64(63)

/* CSR addresses that a guest may name */
#define CSR_CYCLE    0xc00
#define CSR_TIME     0xc01
#define CSR_INSTRET  0xc02
#define CSR_HPM3     0xc03
#define CSR_HPM31    0xc1f
#define CSR_STIMECMP 0x14d

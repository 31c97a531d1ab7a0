/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of the system registers that are trapped and have a behaviour of their own. */
#pragma once
#include <vcpu_aarch64/vcpu.h>

#define SYSREG_MDSCR_EL1     VCPU_AARCH64_SYSREG(2, 0, 0, 2, 2)
#define SYSREG_OSLAR_EL1     VCPU_AARCH64_SYSREG(2, 0, 1, 0, 4)
#define SYSREG_OSLSR_EL1     VCPU_AARCH64_SYSREG(2, 0, 1, 1, 4)
#define SYSREG_ACTLR_EL1     VCPU_AARCH64_SYSREG(3, 0, 1, 0, 1)
#define SYSREG_ICC_PMR_EL1   VCPU_AARCH64_SYSREG(3, 0, 4, 6, 0)
#define SYSREG_ICC_SRE_EL1   VCPU_AARCH64_SYSREG(3, 0, 12, 12, 5)
#define SYSREG_CNTPCT_EL0    VCPU_AARCH64_SYSREG(3, 3, 14, 0, 1)
#define SYSREG_CNTP_TVAL_EL0 VCPU_AARCH64_SYSREG(3, 3, 14, 2, 0)
#define SYSREG_CNTP_CTL_EL0  VCPU_AARCH64_SYSREG(3, 3, 14, 2, 1)
#define SYSREG_CNTP_CVAL_EL0 VCPU_AARCH64_SYSREG(3, 3, 14, 2, 2)

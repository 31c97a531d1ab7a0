/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual-instruction traps (scause 22; 8.6.1 of the privileged manual). The guest has no H, so
 * what would need it is an illegal instruction to it, and so is what a machine without H refuses
 * too:
 *   HLV, HSV, HFENCE; CSRs of H and VS CSRs, in any mode
 *   SRET, SFENCE.VMA, SINVAL and supervisor CSRs in VU-mode
 *   counters that hcounteren or, in VU-mode, scounteren keeps away
 *   stimecmp, cache-block operations and state that henvcfg, senvcfg or hstateen keep away
 *   WFI in VU-mode; WRS.NTO, of an extension that the guest is not told of
 * hstatus.VTSR and .VTVM are clear, so VS-mode's own SRET, SFENCE.VMA and satp do not come here. No
 * CSR is left to others (AXVCPU_EXIT_SYSREG). What remains is WFI in VS-mode, by hstatus.VTW.
 */
#include "hw.h"

#define INSN_WFI UINT32_C(0x10500073)

static bool wait(struct vcpu_riscv64 *v, struct axvcpu_exit *exit)
{
	v->pc += 4;
	if (vcpu_riscv64_wakes(v)) {
		return false;
	}
	v->waiting = true;
	exit->kind = AXVCPU_EXIT_IDLE;
	return true;
}

/*
 * stval may be 0 on some machines. Without the instruction the guest tries again, and takes its own
 * fault.
 */
bool vcpu_riscv64_virtual_insn(struct vcpu_riscv64 *v, struct axvcpu_exit *exit, uint64_t stval)
{
	uint32_t insn = (uint32_t)stval;

	if (insn == 0) {
		insn = vcpu_riscv64_hw_fetch(v->pc);
	}
	if (insn == 0) {
		return false;
	}
	if (insn == INSN_WFI && vcpu_riscv64_hw_get_spp()) {
		return wait(v, exit);
	}
	/* None of these is compressed, unless it has been changed meanwhile. */
	vcpu_riscv64_inject(v, CAUSE_ILLEGAL_INSTRUCTION, (insn & 3) == 3 ? insn : insn & 0xffff);
	return false;
}

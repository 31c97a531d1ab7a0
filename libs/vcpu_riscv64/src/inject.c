/* SPDX-License-Identifier: Apache-2.0 */
/* Traps taken to VS-mode as the processor takes one to S-mode (Privileged Architecture 4.1.1, 8.6.1). */
#include "hw.h"

void vcpu_riscv64_inject(struct vcpu_riscv64 *v, uint64_t cause, uint64_t tval)
{
	uint64_t status = vcpu_riscv64_get_csr(v, CSR_vsstatus);
	bool sie = (status & SSTATUS_SIE) != 0;

	status &= ~(SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE);
	status |= vcpu_riscv64_get_spp(v) ? SSTATUS_SPP : 0;
	status |= sie ? SSTATUS_SPIE : 0;
	vcpu_riscv64_set_csr(v, CSR_vsstatus, status);
	vcpu_riscv64_set_csr(v, CSR_vsepc, v->pc);
	vcpu_riscv64_set_csr(v, CSR_vscause, cause);
	vcpu_riscv64_set_csr(v, CSR_vstval, tval);
	/* Vectored mode is for interrupts only. */
	v->pc = vcpu_riscv64_get_csr(v, CSR_vstvec) & ~TVEC_MODE;
	vcpu_riscv64_set_spp(v, true);
}

void vcpu_riscv64_inject_access(struct vcpu_riscv64 *v)
{
	switch (v->fault_cause) {
	case CAUSE_FETCH_GUEST_FAULT:
		vcpu_riscv64_inject(v, CAUSE_FETCH_ACCESS, v->fault_gva);
		break;
	case CAUSE_LOAD_GUEST_FAULT:
		vcpu_riscv64_inject(v, CAUSE_LOAD_ACCESS, v->fault_gva);
		break;
	default: /* stores and AMOs */
		vcpu_riscv64_inject(v, CAUSE_STORE_ACCESS, v->fault_gva);
		break;
	}
}

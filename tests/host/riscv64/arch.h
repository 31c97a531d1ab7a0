/* SPDX-License-Identifier: Apache-2.0 */
/* What is RISC-V's of the machine that is not there. */
#pragma once
#include <platform/virt_riscv64.h>
#include <vcpu_riscv64/fake.h>
#include <vcpu_riscv64/vcpu.h>
#include <vplic/plic_regs.h>

#define GUEST_PLIC    VIRT_RISCV64_PLIC
#define GUEST_UART    VIRT_RISCV64_UART
#define GUEST_RTC     VIRT_RISCV64_RTC
#define GUEST_RAM     VIRT_RISCV64_RAM
#define GUEST_ROM     UINT64_C(0x90000000)
#define GUEST_SOURCES VIRT_RISCV64_SOURCES
#define GUEST_LINES   112 /* interrupts that have a line are among these */

/** Kinds of host, by which struct machine_cfg.intc chooses: translation, Sstc, block sizes. */
#define ARCH_INTCS   3
#define ARCH_SV39    0
#define ARCH_SV48    1 /* without Sstc */
#define ARCH_SV57    2 /* says nothing of blocks */

#define ARCH_PC      VCPU_RISCV64_PC
#define arch_get_gpr vcpu_riscv64_get_gpr
#define arch_set_gpr vcpu_riscv64_set_gpr
#define arch_entries vcpu_riscv64_fake_entries

/* Bits of sie, sip and their like. */
#define SIP_SSIP          UINT64_C(0x002)
#define SIP_STIP          UINT64_C(0x020)
#define SIP_SEIP          UINT64_C(0x200)
#define HVIP_VSSIP        UINT64_C(0x004)
#define HVIP_VSTIP        UINT64_C(0x040)
#define HVIP_VSEIP        UINT64_C(0x400)

#define CAUSE_USER_ECALL  8
#define CAUSE_VS_ECALL    10
#define CAUSE_FETCH_FAULT 20
#define CAUSE_LOAD_FAULT  21
#define CAUSE_VIRTUAL     22
#define CAUSE_STORE_FAULT 23

#define REG_A0            10
#define REG_A6            16
#define REG_A7            17

#define SBI_BASE          UINT32_C(0x10)
#define SBI_TIME          UINT32_C(0x54494d45)
#define SBI_IPI           UINT32_C(0x735049)
#define SBI_RFENCE        UINT32_C(0x52464e43)
#define SBI_HSM           UINT32_C(0x48534d)
#define SBI_SRST          UINT32_C(0x53525354)
#define SBI_DBCN          UINT32_C(0x4442434e)

/** Of the host: what the next VM is made with, and the fence that a guest has asked for. */
struct arch_machine {
	uint32_t kind;
	bool fence_asked;
	uint64_t fence_cpus;
};

/** Of a vCPU, at its last exit. */
struct arch_vcpu {
	uint64_t vstvec;
	uint64_t vsie;
	uint64_t f0;
	bool owed_ipi; /* sent since the last entry */
};

/** An entry of a guest, as the one who plays it sees it. */
struct machine_entry {
	struct guest *guest;
	uint32_t vcpu;
	void *arch;
	struct vcpu_riscv64_fake_exit *exit;
};

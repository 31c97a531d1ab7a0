/* SPDX-License-Identifier: Apache-2.0 */
/* RISC-V Supervisor Binary Interface 2.0: numbers of the specification, and what its files share. */
#pragma once
#include "hw.h"

/* Extension ids, in a7. The legacy ones (chapter 5) come first. */
#define SBI_EXT_LEGACY_PUTCHAR  0x01
#define SBI_EXT_LEGACY_GETCHAR  0x02
#define SBI_EXT_LEGACY_SHUTDOWN 0x08
#define SBI_EXT_LEGACY_LAST     0x0f
#define SBI_EXT_BASE            0x10
#define SBI_EXT_TIME            0x54494d45
#define SBI_EXT_IPI             0x735049
#define SBI_EXT_RFENCE          0x52464e43
#define SBI_EXT_HSM             0x48534d
#define SBI_EXT_SRST            0x53525354
#define SBI_EXT_DBCN            0x4442434e

/* Function ids, in a6 */
#define SBI_BASE_GET_SPEC_VERSION         0
#define SBI_BASE_GET_IMPL_ID              1
#define SBI_BASE_GET_IMPL_VERSION         2
#define SBI_BASE_PROBE_EXTENSION          3
#define SBI_BASE_GET_MVENDORID            4
#define SBI_BASE_GET_MARCHID              5
#define SBI_BASE_GET_MIMPID               6
#define SBI_TIME_SET_TIMER                0
#define SBI_IPI_SEND_IPI                  0
#define SBI_RFENCE_REMOTE_FENCE_I         0
#define SBI_RFENCE_REMOTE_SFENCE_VMA      1
#define SBI_RFENCE_REMOTE_SFENCE_VMA_ASID 2
#define SBI_HSM_HART_START                0
#define SBI_HSM_HART_STOP                 1
#define SBI_HSM_HART_GET_STATUS           2
#define SBI_HSM_HART_SUSPEND              3
#define SBI_SRST_SYSTEM_RESET             0
#define SBI_DBCN_CONSOLE_WRITE            0
#define SBI_DBCN_CONSOLE_READ             1
#define SBI_DBCN_CONSOLE_WRITE_BYTE       2

#define SBI_SUCCESS                       UINT64_C(0)
#define SBI_ERR_NOT_SUPPORTED             (UINT64_C(0) - 2)
#define SBI_ERR_INVALID_PARAM             (UINT64_C(0) - 3)
#define SBI_ERR_INVALID_ADDRESS           (UINT64_C(0) - 5)
#define SBI_ERR_ALREADY_AVAILABLE         (UINT64_C(0) - 6)

/* Arguments and results are a0 (x10) and following. */
static inline uint64_t sbi_arg(const struct vcpu_riscv64 *v, unsigned n)
{
	return v->x[10 + n];
}

static inline uint64_t sbi_fid(const struct vcpu_riscv64 *v)
{
	return v->x[16];
}

static inline uint64_t sbi_eid(const struct vcpu_riscv64 *v)
{
	return v->x[17];
}

/* Both results; the guest goes on behind its ECALL. Always false: no exit. */
static inline bool sbi_answer(struct vcpu_riscv64 *v, uint64_t error, uint64_t value)
{
	v->x[10] = error;
	v->x[11] = value;
	v->pc += 4;
	return false;
}

static inline bool sbi_value(struct vcpu_riscv64 *v, uint64_t value)
{
	return sbi_answer(v, SBI_SUCCESS, value);
}

static inline bool sbi_error(struct vcpu_riscv64 *v, uint64_t error)
{
	return sbi_answer(v, error, 0);
}

/* Each of these is one extension, and returns as vcpu_riscv64_sbi(). */
bool vcpu_riscv64_sbi_hsm(struct vcpu_riscv64 *v, struct axvcpu_exit *exit);
bool vcpu_riscv64_sbi_dbcn(struct vcpu_riscv64 *v);
/* EIDs 0 to 15: the console and the shutdown, if there is a console; the rest is not supported. */
bool vcpu_riscv64_sbi_legacy(struct vcpu_riscv64 *v, struct axvcpu_exit *exit);

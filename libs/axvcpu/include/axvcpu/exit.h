/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a vCPU stopped running, said without naming an architecture. A back end decodes its trap into
 * one of these; whoever runs the vCPU acts on it and finishes the instruction as the kind says.
 */
#pragma once
#include <axbase/types.h>

enum axvcpu_exit_kind {
	/** A request bit stopped the entry; nothing ran. */
	AXVCPU_EXIT_REQUEST,
	/** Load or store at a guest-physical address without a mapping. Finish: complete() or fault(). */
	AXVCPU_EXIT_MMIO,
	/** Port access. Finish: complete() or fault(). */
	AXVCPU_EXIT_PIO,
	/** Trapped system register (MSR, CSR) that the back end leaves to others. Finish as MMIO. */
	AXVCPU_EXIT_SYSREG,
	/**
	 * An access the hardware did not describe, an instruction fetch or a table walk hit an address
	 * without a mapping. If memory can be put there, run again and the guest repeats it; else
	 * decode() turns it into MMIO or into a fault of the guest.
	 */
	AXVCPU_EXIT_PAGE_FAULT,
	/** Call outside what the back end answers itself. Finish: complete() with the first result. */
	AXVCPU_EXIT_HYPERCALL,
	/** An interrupt of the host is pending on this pCPU. Nothing to finish. */
	AXVCPU_EXIT_HOST_IRQ,
	/** The guest waits for an interrupt (WFI, HLT). Nothing to finish: the wait is over when it runs. */
	AXVCPU_EXIT_IDLE,
	/** The earliest timer deadline has changed. Nothing to finish. */
	AXVCPU_EXIT_TIMER,
	/** Start another vCPU. Finish: complete() with an enum axvcpu_up_result. */
	AXVCPU_EXIT_CPU_UP,
	/** This vCPU switches itself off. */
	AXVCPU_EXIT_CPU_DOWN,
	/** Is another vCPU on? Finish: complete() with an enum axvcpu_power. */
	AXVCPU_EXIT_CPU_QUERY,
	/** The guest asks for the whole machine to go off or to be reset. */
	AXVCPU_EXIT_SYSTEM,
	/** The back end cannot go on with this guest: stop its VM and dump it. */
	AXVCPU_EXIT_FATAL,
};

/** Answers to AXVCPU_EXIT_CPU_UP. The back end translates them into its firmware interface's codes. */
enum axvcpu_up_result {
	AXVCPU_UP_OK,
	AXVCPU_UP_NO_SUCH_CPU,
	AXVCPU_UP_ALREADY_ON,
	AXVCPU_UP_PENDING,
	AXVCPU_UP_BAD_ENTRY, /* the entry address is not memory of this VM */
};

/** Power state of a vCPU, and the answer to AXVCPU_EXIT_CPU_QUERY. */
enum axvcpu_power {
	AXVCPU_OFF,
	AXVCPU_STARTING, /* power-on accepted; the first instruction has not run */
	AXVCPU_ON,
	AXVCPU_NO_SUCH_CPU, /* only as an answer */
};

enum axvcpu_system { AXVCPU_SYSTEM_OFF, AXVCPU_SYSTEM_RESET };

struct axvcpu_exit {
	enum axvcpu_exit_kind kind;
	union {
		struct {
			gpa_t addr;
			uint64_t val; /* write data, no bits above the size */
			uint8_t size; /* 1, 2, 4 or 8 bytes */
			bool write;
		} mmio;
		struct {
			uint64_t val;
			uint16_t port;
			uint8_t size;
			bool write;
		} pio;
		struct {
			uint64_t val;
			uint32_t
				reg; /* the architecture's own number, as the back end documents it */
			bool write;
		} sysreg;
		struct {
			gpa_t addr;
			bool write;
			bool exec;
			bool walk; /* of the guest's own tables, which cannot lie in a device */
		} fault;
		struct {
			uint64_t nr;
			uint64_t args[6];
		} hypercall;
		struct {
			uint64_t entry; /* guest-physical */
			uint64_t arg;   /* for the first argument register */
			uint32_t
				target; /* vCPU id; UINT32_MAX if the guest named none that can exist */
		} cpu_up;
		struct {
			uint32_t target;
		} cpu_query;
		enum axvcpu_system system;
		struct {
			const char *reason; /* static text */
			uint64_t code;      /* the trap's own description, for the dump */
			uint64_t addr;
		} fatal;
	} u;
};

/** Name of @kind for logs. */
const char *axvcpu_exit_name(enum axvcpu_exit_kind kind);

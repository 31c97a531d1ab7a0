/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host contract: what every library may ask of the machine or kernel that it is linked into.
 * Exactly one provider per image defines these symbols: platforms/<board>, a host kernel, or axtest.
 * Whatever a test or a second instance may want to vary is not here but in an ops struct given to init.
 */
#pragma once
#include <axbase/types.h>

/** Upper bound of ax_port_cpu_id() + 1 for any host. */
#define AX_PORT_MAX_CPUS 64

enum ax_log_level { AX_LOG_ERROR, AX_LOG_WARN, AX_LOG_INFO, AX_LOG_DEBUG };

/** Monotonic time since boot, in nanoseconds; the same on all CPUs. Context: any. */
uint64_t ax_port_now_ns(void);

/**
 * Ask for an interrupt on the calling CPU at @deadline_ns of ax_port_now_ns(), never earlier; at once
 * if that has passed. One deadline per CPU: the last call counts; once fired it is spent. UINT64_MAX
 * disarms. Context: any.
 */
void ax_port_timer_arm(uint64_t deadline_ns);

/** Index of the calling CPU, 0 to AX_PORT_MAX_CPUS - 1, dense. Context: any where CPUs do not change. */
uint32_t ax_port_cpu_id(void);

/**
 * Make CPU @cpu leave the guest or the idle state soon. Stores made before the call are visible to
 * it when it does. Kicking the calling CPU is allowed. Context: any; may be called with locks held.
 */
void ax_port_cpu_kick(uint32_t cpu);

/** Emit one complete line (no newline at its end). Context: any; may be called with locks held. */
void ax_port_log(enum ax_log_level level, const char *line);

/** Report a bug of the hypervisor itself and stop the machine. Never caused by guest or file input. */
_Noreturn void ax_port_panic(const char *msg);

/* SPDX-License-Identifier: Apache-2.0 */
/* What the clocks of this library have in common. */
#pragma once
#include <axdev/dev.h>
#include <axport/port.h>

#define VRTC_NS_PER_S UINT64_C(1000000000)

/* Every register is a word, @bytes of them in all; a narrower access must be at its start. */
static inline bool vrtc_is_register_access(const struct ax_io *io, uint64_t bytes)
{
	return io->size <= 4 && (io->off & 3) == 0 && io->off < bytes;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* For guests of one CPU. An archive member of its own: it is left out where the guest has its own. */
#include "guest.h"

void guest_secondary_main(uint64_t cpu)
{
	(void)cpu;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire of the vCPU on this hart (RISC-V privileged architecture, Hypervisor Extension: hvip,
 * vsie). CSRs by number, so that no assembler needs to know them.
 */
#include <vplic/vplic.h>

#define HVIP_VSEIP (UINT64_C(1) << 10)
#define VSIE_SEIE  (UINT64_C(1) << 9)

static void set_external(void *ctx, bool level)
{
	(void)ctx;
	if (level) {
		__asm__ volatile("csrs 0x645, %0" : : "r"(HVIP_VSEIP));
	} else {
		__asm__ volatile("csrc 0x645, %0" : : "r"(HVIP_VSEIP));
	}
}

static bool external_enabled(void *ctx)
{
	uint64_t vsie;

	(void)ctx;
	__asm__ volatile("csrr %0, 0x204" : "=r"(vsie));
	return (vsie & VSIE_SEIE) != 0;
}

const struct vplic_hw_ops vplic_hw_hvip_ops = {
	.set_external = set_external,
	.external_enabled = external_enabled,
};

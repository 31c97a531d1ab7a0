/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary exits of two VMs through the whole stack; see engine.c for what the bytes mean. */
#include "engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)engine_run(data, size, 3000);
	return 0;
}

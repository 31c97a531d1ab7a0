/* SPDX-License-Identifier: Apache-2.0 */
/* Skeleton. */
#include <vcpu_aarch64/vcpu.h>
const struct axvcpu_ops vcpu_aarch64_ops = { .name = "aarch64" };
void vcpu_aarch64_cpu_init(void)
{
}

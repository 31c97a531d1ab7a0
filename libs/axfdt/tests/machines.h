/* SPDX-License-Identifier: Apache-2.0 */
/* Three complete machines, one for each interrupt controller. */
#pragma once
#include <axfdt/guest.h>

struct axfdt_machine machine_gicv3(void);
struct axfdt_machine machine_gicv2(void);
struct axfdt_machine machine_plic(void);

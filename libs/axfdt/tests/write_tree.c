/* SPDX-License-Identifier: Apache-2.0 */
/* One of the test machines' trees to standard output, for dtc to judge. */
#include "machines.h"
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static uint64_t buf[4096];
	const char *name = argc > 1 ? argv[1] : "gicv3";
	struct axfdt_machine m = strcmp(name, "plic") == 0    ? machine_plic()
				 : strcmp(name, "gicv2") == 0 ? machine_gicv2()
							      : machine_gicv3();
	size_t len;

	if (axfdt_write_machine(&m, buf, sizeof(buf), &len) != AX_OK) {
		return 1;
	}
	return fwrite(buf, 1, len, stdout) == len ? 0 : 1;
}

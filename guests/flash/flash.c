/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second flash bank, driven by one CPU and read by another at the same time: behind each command the
 * driver reads what the command shows, and the reader never sees anything but the array or the status.
 * Needs a firmware, U-Boot for example, since only then there is flash. Same on plain QEMU.
 */
#include "guest.h"

#define BLOCK            UINT64_C(0x4080000) /* the third, which no firmware uses */
#define PLACE            (BLOCK + 0x1000)    /* of the word that is read all the time */
#define MARK             UINT32_C(0x5a0ff1ce)
#define ROUNDS           400

#define BOTH(x)          ((uint32_t)(x)*0x10001) /* two chips of 16 bits side by side */
#define CMD_PROGRAM      0x40
#define CMD_ERASE        0x20
#define CMD_CLEAR_STATUS 0x50
#define CMD_LOCK         0x60
#define CMD_READ_STATUS  0x70
#define CMD_CONFIRM      0xd0
#define CMD_READ_ARRAY   0xff
#define SR_READY         0x80

static volatile uint64_t reads, strange, stop; /* the reader's, but the last */

static void command(uint64_t at, uint32_t cmd)
{
	guest_write32(at, BOTH(cmd));
}

/* Status of both chips when they have finished. */
static uint32_t finish(void)
{
	uint32_t sr;

	do {
		sr = guest_read32(BLOCK);
	} while ((sr & BOTH(SR_READY)) != BOTH(SR_READY));
	return sr;
}

static bool program(uint64_t at, uint32_t v)
{
	command(at, CMD_PROGRAM);
	guest_write32(at, v);
	return finish() == BOTH(SR_READY);
}

static bool erase(void)
{
	command(BLOCK, CMD_CLEAR_STATUS);
	command(BLOCK, CMD_LOCK);
	command(BLOCK, CMD_CONFIRM);
	command(BLOCK, CMD_ERASE);
	command(BLOCK, CMD_CONFIRM);
	return finish() == BOTH(SR_READY);
}

static uint32_t array(uint64_t at)
{
	command(BLOCK, CMD_READ_ARRAY);
	return guest_read32(at);
}

void guest_secondary_main(uint64_t cpu)
{
	(void)cpu;
	while (stop == 0) {
		uint32_t v = guest_read32(PLACE);

		strange += v != MARK && v != BOTH(SR_READY) && v != 0;
		reads++;
	}
	stop = 2;
}

void guest_main(uint64_t dtb)
{
	uint32_t no_status = 0, no_array = 0, no_word = 0;
	uint64_t before;

	(void)dtb;
	guest_check(erase() && array(PLACE) == UINT32_MAX && array(BLOCK + 0x3fffc) == UINT32_MAX,
		    "an erased block is all ones");
	guest_check(program(PLACE, MARK) && array(PLACE) == MARK, "a word is programmed");
	guest_check(guest_cpu_on(1) == 0, "a second CPU reads");
	before = reads;
	while (reads - before < 100) {
	}
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t at = BLOCK + 0x2000 + 4 * i;

		command(BLOCK, CMD_READ_STATUS);
		no_status += guest_read32(PLACE) != BOTH(SR_READY);
		no_array += array(PLACE) != MARK;
		no_word += !program(at, i * 0x01010101) || array(at) != i * 0x01010101;
	}
	guest_check(no_status == 0, "behind its command the status is read");
	guest_check(no_array == 0, "behind its command the array is read");
	guest_check(no_word == 0, "words are programmed");
	before = reads;
	while (reads - before < 100) {
	}
	stop = 1;
	while (stop != 2) {
	}
	guest_check(strange == 0, "the reader sees the array or the status");
	guest_check(erase() && array(PLACE) == UINT32_MAX && array(BLOCK + 0x2004) == UINT32_MAX,
		    "a second erase undoes it");
	guest_done();
}

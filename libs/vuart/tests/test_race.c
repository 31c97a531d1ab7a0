/* SPDX-License-Identifier: Apache-2.0 */
/* Two CPUs that change the level at once: whoever tells the line, it ends at the last level. */
#include <axtest/axtest.h>
#include <pthread.h>
#include <stdatomic.h>
#include <vuart/pl011.h>

enum { DR = 0x000, IMSC = 0x038, MIS = 0x040, ICR = 0x044, INT_TX = 0x20 };
enum { ROUNDS = 40, ACCESSES = 1000 };

static struct vuart_pl011 u;
static atomic_bool line_level;

static void set_line(void *ctx, bool level)
{
	(void)ctx;
	atomic_store(&line_level, level);
}

static void put(void *ctx, uint8_t byte)
{
	(void)ctx;
	(void)byte;
}

static bool get(void *ctx, uint8_t *byte)
{
	(void)ctx;
	(void)byte;
	return false;
}

static void wr(uint64_t off, uint32_t val)
{
	struct ax_io io = { .off = off, .size = 4 };

	(void)vuart_pl011_ops.write(&u, &io, val);
}

static void *raise_it(void *arg)
{
	for (int i = 0; i < ACCESSES; i++) {
		wr(DR, 'x');
	}
	return arg;
}

static void *clear_it(void *arg)
{
	for (int i = 0; i < ACCESSES; i++) {
		wr(ICR, INT_TX);
	}
	return arg;
}

static void the_line_ends_at_the_devices_level(void **st)
{
	(void)st;
	vuart_pl011_init(&u, (struct ax_irq_line){ .set = set_line },
			 (struct ax_chardev){ .put = put, .get = get });
	wr(IMSC, INT_TX);
	for (int round = 0; round < ROUNDS; round++) {
		pthread_t threads[2];

		assert_int_equal(pthread_create(&threads[0], NULL, raise_it, NULL), 0);
		assert_int_equal(pthread_create(&threads[1], NULL, clear_it, NULL), 0);
		assert_int_equal(pthread_join(threads[0], NULL), 0);
		assert_int_equal(pthread_join(threads[1], NULL), 0);
		assert_int_equal(atomic_load(&line_level),
				 axtest_dev_read(&vuart_pl011_ops, &u, MIS, 4) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_ends_at_the_devices_level),
	};

	return cmocka_run_group_tests_name("vuart race", tests, NULL, NULL);
}

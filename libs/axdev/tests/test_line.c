/* SPDX-License-Identifier: Apache-2.0 */
/* A line told outside its device's lock: what is told when, and by whom; and that it ends right. */
#include <axdev/line.h>
#include <axtest/axtest.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { ROUNDS = 40, ACCESSES = 1000, TOLD_MAX = 8 };

/* A device with nothing but a level, and what its line was told. */
static struct {
	struct ax_spinlock lock;
	bool state; /* lock */
	struct ax_line line;
	bool told[TOLD_MAX];
	unsigned told_count;
	bool told_locked;
	unsigned meanwhile; /* accesses of another CPU that come while a level is being told */
} dev;

static void access_it(bool state)
{
	ax_spin_lock(&dev.lock);
	dev.state = state;
	ax_line_settle(&dev.line, &dev.lock, state);
}

static void set_noted(void *ctx, bool level)
{
	unsigned nth = dev.told_count++;

	(void)ctx;
	dev.told_locked = dev.told_locked || ax_spin_is_held(&dev.lock);
	if (nth < TOLD_MAX) {
		dev.told[nth] = level;
	}
	while (dev.meanwhile != 0) {
		dev.meanwhile--;
		access_it(!dev.state);
		assert_int_equal(dev.told_count, nth + 1); /* left to the teller */
	}
}

static int setup(void **st)
{
	(void)st;
	memset(&dev, 0, sizeof(dev));
	dev.line.irq.set = set_noted;
	return 0;
}

static void expect_told(unsigned count, const bool *levels)
{
	assert_int_equal(dev.told_count, count);
	assert_memory_equal(dev.told, levels, count * sizeof(*levels));
	assert_false(dev.told_locked);
	assert_false(ax_spin_is_held(&dev.lock));
}

static void only_news_is_told_and_without_the_lock(void **st)
{
	(void)st;
	access_it(false);
	expect_told(0, NULL);
	access_it(true);
	access_it(true);
	expect_told(1, (const bool[]){ true });
	access_it(false);
	access_it(false);
	expect_told(2, (const bool[]){ true, false });
}

static void an_announced_level_is_told_even_if_it_is_not_news(void **st)
{
	(void)st;
	ax_spin_lock(&dev.lock);
	ax_line_announce(&dev.line, &dev.lock, false);
	expect_told(1, (const bool[]){ false });
	ax_spin_lock(&dev.lock);
	ax_line_announce(&dev.line, &dev.lock, true);
	ax_spin_lock(&dev.lock);
	ax_line_announce(&dev.line, &dev.lock, true);
	expect_told(3, (const bool[]){ false, true, true });
}

static void the_teller_tells_what_changed_while_it_told(void **st)
{
	(void)st;
	dev.meanwhile = 1;
	access_it(true);
	expect_told(2, (const bool[]){ true, false });
}

static void a_change_that_is_taken_back_meanwhile_is_not_told(void **st)
{
	(void)st;
	dev.meanwhile = 2;
	access_it(true);
	expect_told(1, (const bool[]){ true });
	access_it(false); /* nobody is left as the teller */
	expect_told(2, (const bool[]){ true, false });
}

static atomic_bool line_level;

static void set_level(void *ctx, bool level)
{
	(void)ctx;
	atomic_store(&line_level, level);
}

static void *raise_it(void *arg)
{
	for (int i = 0; i < ACCESSES; i++) {
		access_it(true);
	}
	return arg;
}

static void *lower_it(void *arg)
{
	for (int i = 0; i < ACCESSES; i++) {
		access_it(false);
	}
	return arg;
}

static void of_two_cpus_the_last_level_wins(void **st)
{
	(void)st;
	dev.line.irq.set = set_level;
	for (int round = 0; round < ROUNDS; round++) {
		pthread_t threads[2];

		assert_int_equal(pthread_create(&threads[0], NULL, raise_it, NULL), 0);
		assert_int_equal(pthread_create(&threads[1], NULL, lower_it, NULL), 0);
		assert_int_equal(pthread_join(threads[0], NULL), 0);
		assert_int_equal(pthread_join(threads[1], NULL), 0);
		assert_int_equal(atomic_load(&line_level), dev.state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_news_is_told_and_without_the_lock, setup),
		cmocka_unit_test_setup(an_announced_level_is_told_even_if_it_is_not_news, setup),
		cmocka_unit_test_setup(the_teller_tells_what_changed_while_it_told, setup),
		cmocka_unit_test_setup(a_change_that_is_taken_back_meanwhile_is_not_told, setup),
		cmocka_unit_test_setup(of_two_cpus_the_last_level_wins, setup),
	};

	return cmocka_run_group_tests_name("axdev line", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory as the host reads, writes and publishes it. */
#include "ram.h"

static void the_host_reads_and_writes_across_pages_and_slots(void **st)
{
	uint8_t out[10000];
	uint8_t in[10000];

	(void)st;
	frames.max_bytes = 4096;
	(void)add(RAM, MIB, RWX, 0, 0);
	(void)add(RAM + MIB, MIB, RW, AXADDRSPACE_SLOT_LAZY, 0);
	for (size_t i = 0; i < sizeof(out); i++) {
		out[i] = (uint8_t)(i * 7);
	}
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM + MIB - 5000), out, sizeof(out)), AX_OK);
	memset(in, 0xee, sizeof(in));
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 5000), in, sizeof(in)), AX_OK);
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 5001), in, 2), AX_OK);
	assert_int_equal(in[0], 0);
	assert_int_equal(in[1], out[0]);
	assert_int_equal(ax_gmem_write(&gmem, gpa(0), out, 0), AX_OK);
	assert_int_equal(ax_gmem_read(&gmem, gpa(0), in, 0), AX_OK);
}

static void memory_that_does_not_exist_yet_reads_as_zeroes_and_stays_so(void **st)
{
	uint64_t got = 1;
	unsigned used;

	(void)st;
	(void)add(RAM, 4 * MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	used = frames.used_count;
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + 2 * MIB - 4), &got, 8), AX_OK);
	assert_int_equal(got, 0);
	assert_int_equal(frames.used_count, used);
}

static void a_write_that_meets_a_hole_writes_nothing(void **st)
{
	uint64_t zero = 0;
	uint64_t ones = UINT64_MAX;
	uint64_t got = 1;
	unsigned used;

	(void)st;
	(void)add(RAM, MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	(void)add(RAM + 2 * MIB, MIB, RO, AXADDRSPACE_SLOT_LAZY, 0);
	(void)add(RAM + 3 * MIB, MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	used = frames.used_count;
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM + MIB - 4), &ones, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 4), &got, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM + 2 * MIB), &ones, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM + 3 * MIB - 4), &ones, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_write(&gmem, gpa(UINT64_MAX - 3), &ones, 8), AX_EFAULT);
	assert_int_equal(ax_gmem_read(&gmem, gpa(UINT64_MAX - 3), &got, 8), AX_EFAULT);
	assert_int_equal(frames.used_count, used);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 8), &got, 8), AX_OK);
	assert_memory_equal(&got, &zero, 8);

	frames.fail_at = 2; /* the page behind the block that 1 MiB has no room for */
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM), &ones, 8), AX_ENOMEM);
	frames.fail_at = 0;
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM), &got, 8), AX_OK);
	assert_int_equal(got, 0);
}

static void the_loader_writes_into_read_only_slots(void **st)
{
	struct ax_gmem loader = axaddrspace_gmem_loader(&as);
	uint32_t word = 0xd65f03c0;
	uint32_t got = 0;

	(void)st;
	(void)add(RAM, 2 * MIB, RO | AXADDRSPACE_PROT_EXEC, 0, 0);
	assert_int_equal(ax_gmem_write(&gmem, gpa(RAM), &word, 4), AX_EFAULT);
	assert_int_equal(ax_gmem_write(&loader, gpa(RAM), &word, 4), AX_OK);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM), &got, 4), AX_OK);
	assert_int_equal(got, word);
	assert_int_equal(query(RAM).prot, RO | AXADDRSPACE_PROT_EXEC);
	assert_int_equal(ax_gmem_write(&loader, gpa(RAM - 2), &word, 4), AX_EFAULT);
}

static void publishing_covers_what_exists_and_skips_the_rest(void **st)
{
	uint64_t before = axaddrspace_fake_published_bytes;

	(void)st;
	frames.max_bytes = 4096;
	(void)add(RAM, MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	assert_int_equal(fault(RAM, true), AX_OK);
	assert_int_equal(fault(RAM + 4096, true), AX_OK);
	axaddrspace_publish(&as, gpa(RAM - MIB + 5), 4 * MIB);
	assert_int_equal(axaddrspace_fake_published_bytes - before, 8192);
	axaddrspace_publish(&as, gpa(RAM + 4090), 10);
	assert_int_equal(axaddrspace_fake_published_bytes - before, 8192 + 10);
	axaddrspace_publish(&as, gpa(RAM), 0);
	axaddrspace_publish(&as, gpa(UINT64_MAX - 4096), UINT64_MAX);
	assert_int_equal(axaddrspace_fake_published_bytes - before, 8192 + 10);
}

static void memory_to_come_ends_at_its_slots_end(void **st)
{
	hpa_t block;
	uint32_t word = 0xcafe;
	uint64_t got = UINT64_MAX;

	(void)st;
	assert_int_equal(axtest_frame_ops.alloc(&frames, 2 * MIB, &block), AX_OK);
	memcpy(axtest_frame_ops.to_virt(&frames, block), &word, 4);
	(void)add(RAM, MIB, RWX, AXADDRSPACE_SLOT_LAZY, 0);
	(void)add(RAM + MIB, MIB, RWX, AXADDRSPACE_SLOT_FIXED, block.v);
	assert_int_equal(ax_gmem_read(&gmem, gpa(RAM + MIB - 4), &got, 8), AX_OK);
	assert_true(got == (uint64_t)word << 32);
	axtest_frame_ops.free(&frames, block, 2 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_host_reads_and_writes_across_pages_and_slots),
		T(memory_that_does_not_exist_yet_reads_as_zeroes_and_stays_so),
		T(a_write_that_meets_a_hole_writes_nothing),
		T(the_loader_writes_into_read_only_slots),
		T(publishing_covers_what_exists_and_skips_the_rest),
		T(memory_to_come_ends_at_its_slots_end),
	};

	return cmocka_run_group_tests_name("axaddrspace_gmem", tests, NULL, NULL);
}

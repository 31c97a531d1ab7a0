/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI calls (specification 2.0): every extension and function with good and bad arguments, what does not
 * exist, registers kept. Without a mode it prints what holds on every implementation, OpenSBI's 1.0 as
 * well; mode=strict checks what version 2.0 says beyond that, and what this hypervisor leaves out;
 * mode=reset resets itself twice by SRST.
 */
#include "guest.h"

#define CANARY(n)    (UINT64_C(0xca0a5b1000000000) + (n))
#define REBOOT_MARK  UINT64_C(0x83000000) /* RAM far from the image */
#define REBOOT_MAGIC UINT64_C(0x5ca1ab1e00000000)
#define LEGACY_PUT   1
#define LEGACY_GET   2
#define BASE_PROBE   3
#define SRST_RESET   0
#define DBCN_WRITE   0
#define DBCN_READ    1
#define DBCN_PUT     2
#define EXT_PMU      0x504d55

static unsigned lost; /* registers that a call should have kept */

/* With something in every register. SBI chapter 3: all but a0 and a1 are kept; of legacy calls, all but a0. */
static struct guest_sbi_ret call6(uint64_t ext, uint64_t function, const uint64_t a[6])
{
	struct guest_regs r = { .x = { 0 } };
	struct guest_trap t;

	for (unsigned i = 1; i < 32; i++) {
		r.x[i] = CANARY(i);
	}
	for (unsigned i = 0; i < 6; i++) {
		r.x[10 + i] = a[i];
	}
	r.x[16] = function;
	r.x[17] = ext;
	struct guest_regs before = r;

	if (!guest_try_insn(GUEST_INSN_ECALL, &r, &t)) {
		guest_printf("exception, %s: ", guest_cause_name(t.cause));
	}
	for (unsigned i = 1; i < 32; i++) {
		lost += i != 10 && (i != 11 || ext < 0x10) && r.x[i] != before.x[i];
	}
	return (struct guest_sbi_ret){ .error = (int64_t)r.x[10], .value = r.x[11] };
}

static struct guest_sbi_ret call(uint64_t ext, uint64_t function, uint64_t a0, uint64_t a1,
				 uint64_t a2)
{
	return call6(ext, function,
		     (const uint64_t[6]){ a0, a1, a2, CANARY(13), CANARY(14), CANARY(15) });
}

static void show(const char *what, uint64_t ext, uint64_t function, uint64_t a0, uint64_t a1,
		 uint64_t a2)
{
	guest_printf("%s: ", what);
	guest_printf("%ld\n", call(ext, function, a0, a1, a2).error);
}

static const char *refused(int64_t error)
{
	return error == SBI_ERR_NOT_SUPPORTED || error == SBI_ERR_INVALID_PARAM ? "refused"
										: "NOT REFUSED";
}

static void base(void)
{
	static const struct {
		const char *name;
		uint64_t id;
	} exts[] = {
		{ "BASE", SBI_EXT_BASE },     { "TIME", SBI_EXT_TIME }, { "IPI", SBI_EXT_IPI },
		{ "RFENCE", SBI_EXT_RFENCE }, { "HSM", SBI_EXT_HSM },   { "SRST", SBI_EXT_SRST },
	};
	static const uint64_t none[] = { 0x9,        0xf,        0x11,         0xfe,
					 0x08000000, 0x08ffffff, 0x09000000,   0x0affffff,
					 0x53555350, 0x4e41434c, 0x535441,     0x7fffffff,
					 0x80000000, 0xffffffff, ~UINT64_C(0), UINT64_C(1) << 32 };
	struct guest_sbi_ret ret = call(SBI_EXT_BASE, 0, 0, 0, 0);

	guest_printf("version: %ld, %s\n", ret.error,
		     ret.value >> 31 == 0 && ret.value >> 24 >= 1 ? "1.0 or later" : "WRONG");
	show("implementation", SBI_EXT_BASE, 1, 0, 0, 0);
	show("its version", SBI_EXT_BASE, 2, 0, 0, 0);
	show("mvendorid", SBI_EXT_BASE, 4, 0, 0, 0);
	show("marchid", SBI_EXT_BASE, 5, 0, 0, 0);
	show("mimpid", SBI_EXT_BASE, 6, 0, 0, 0);
	for (unsigned i = 0; i < sizeof(exts) / sizeof(exts[0]); i++) {
		ret = call(SBI_EXT_BASE, BASE_PROBE, exts[i].id, 0, 0);
		guest_printf("probe of %s: %ld, %s\n", exts[i].name, ret.error,
			     ret.value != 0 ? "there" : "MISSING");
	}
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ret = call(SBI_EXT_BASE, BASE_PROBE, none[i], 0, 0);
		guest_printf("probe of 0x%lx: %ld, %lu\n", none[i], ret.error, ret.value);
	}
}

static void functions(void)
{
	static const struct {
		const char *name;
		uint64_t ext;
		uint64_t count; /* functions of 2.0 */
	} exts[] = {
		{ "BASE", SBI_EXT_BASE, 7 }, { "TIME", SBI_EXT_TIME, 1 },
		{ "IPI", SBI_EXT_IPI, 1 },   { "RFENCE", SBI_EXT_RFENCE, 7 },
		{ "HSM", SBI_EXT_HSM, 4 },   { "SRST", SBI_EXT_SRST, 1 },
	};
	static const uint64_t far[] = { 0xff, 0x7fffffff, 0xffffffff, ~UINT64_C(0) };

	for (unsigned i = 0; i < sizeof(exts) / sizeof(exts[0]); i++) {
		guest_printf("%s, functions that are not there:", exts[i].name);
		for (uint64_t n = exts[i].count; n < exts[i].count + 8; n++) {
			guest_printf(" %ld", call(exts[i].ext, n, 0, 0, 0).error);
		}
		for (unsigned k = 0; k < 4; k++) {
			guest_printf(" %ld", call(exts[i].ext, far[k], 0, 0, 0).error);
		}
		guest_puts("\n");
	}
}

/* Extensions that nobody has, of every range of the specification, and close to those that are there. */
static void nobody(void)
{
	static const uint64_t bases[] = { 0x9,
					  0x11,
					  0x100,
					  0x8000,
					  SBI_EXT_TIME + 1,
					  SBI_EXT_IPI - 1,
					  SBI_EXT_RFENCE + 1,
					  SBI_EXT_HSM + 1,
					  SBI_EXT_SRST - 1,
					  0x08000000,
					  0x08fffff0,
					  0x09000000,
					  0x0a000000,
					  0x0afffff0,
					  0x7ffffff0,
					  0x80000000,
					  0xfffffff0,
					  UINT64_C(0x100000010) };
	unsigned answered = 0;

	for (unsigned i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		for (uint64_t n = 0; n < (bases[i] % 16 == 0 || bases[i] == 9 ? 7u : 1u); n++) {
			for (uint64_t f = 0; f < 9; f++) {
				answered += call(bases[i] + n, f, 1, 0, 0).error !=
					    SBI_ERR_NOT_SUPPORTED;
			}
		}
	}
	guest_printf("extensions of nobody that answered: %u\n", answered);
}

static void time_and_ipi(void)
{
	uint64_t sip;

	guest_csr_clear(sie, SIP_STIP | SIP_SSIP);
	show("set_timer, far", SBI_EXT_TIME, 0, ~UINT64_C(0), 0, 0);
	show("IPI to nobody", SBI_EXT_IPI, 0, 0, 0, 0);
	show("IPI to this hart", SBI_EXT_IPI, 0, 1, 0, 0);
	do {
		guest_csr_read(sip, sip);
	} while ((sip & SIP_SSIP) == 0);
	guest_csr_clear(sip, SIP_SSIP);
	guest_csr_read(sip, sip);
	guest_printf("  SSIP came, cleared: %lu\n", sip & SIP_SSIP);
	show("IPI to all", SBI_EXT_IPI, 0, 0, ~UINT64_C(0), 0);
	do {
		guest_csr_read(sip, sip);
	} while ((sip & SIP_SSIP) == 0);
	guest_csr_clear(sip, SIP_SSIP);
	show("IPI, base beyond all harts", SBI_EXT_IPI, 0, 1, 0x1000, 0);
	show("IPI, base far beyond", SBI_EXT_IPI, 0, 1, UINT64_C(1) << 40, 0);
	show("IPI, base close to the end", SBI_EXT_IPI, 0, 1, ~UINT64_C(0) - 1, 0);
	guest_csr_read(sip, sip);
	guest_printf("  SSIP %lu\n", sip & SIP_SSIP);
}

static void fences(void)
{
	static const struct {
		const char *name;
		uint64_t a[6];
	} args[] = {
		{ "nobody", { 0, 0, 0, 0, 0 } },
		{ "this hart", { 1, 0, 0, 0, 0 } },
		{ "this hart, a page", { 1, 0, 0x80000000, 0x1000, 1 } },
		{ "this hart, a gigabyte", { 1, 0, 0x80000000, 0x40000000, 1 } },
		{ "this hart, unaligned", { 1, 0, 0x80000123, 0x11, 1 } },
		{ "this hart, everything", { 1, 0, 0, ~UINT64_C(0), 0 } },
		{ "all", { 0, ~UINT64_C(0), 0, 0, 0 } },
		{ "all, a page", { 0x1234, ~UINT64_C(0), 0x80000000, 0x1000, 2 } },
		{ "base beyond", { 1, 0x1000, 0, 0, 0 } },
	};
	static const char *const names[] = { "fence_i", "sfence_vma", "sfence_vma_asid" };

	for (uint64_t f = 0; f < 3; f++) {
		for (unsigned i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
			guest_printf("remote %s, %s: ", names[f], args[i].name);
			guest_printf("%ld\n", call6(SBI_EXT_RFENCE, f, args[i].a).error);
		}
	}
	for (uint64_t f = 3; f < 7; f++) { /* without H in the hart, 2.0 chapter 8 */
		guest_printf("hfence %lu: ", f);
		guest_printf("%ld\n", call6(SBI_EXT_RFENCE, f, args[1].a).error);
	}
}

static void harts(void)
{
	static const uint64_t bad[] = { 64, 0x100, 0x7fffffff, 0xffffffff, ~UINT64_C(0) };
	static const uint64_t reserved[] = { 1, 2, 0x0fffffff, 0x80000001, 0x8fffffff };
	static const uint64_t platform[] = { 0x10000000, 0x7fffffff, 0x90000000, 0xffffffff };
	uint64_t entry = (uint64_t)guest_secondary_start;
	struct guest_sbi_ret ret = call(SBI_EXT_HSM, 2, 0, 0, 0);

	guest_printf("status of this hart: %ld, %lu\n", ret.error, ret.value);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guest_printf("hart 0x%lx: status %ld, start %ld\n", bad[i],
			     call(SBI_EXT_HSM, 2, bad[i], 0, 0).error,
			     call(SBI_EXT_HSM, 0, bad[i], entry, 0).error);
	}
	show("start of this hart", SBI_EXT_HSM, 0, 0, entry, 0);
	for (unsigned i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		guest_printf("suspend of the reserved type 0x%lx: ", reserved[i]);
		guest_printf("%ld\n", call(SBI_EXT_HSM, 3, reserved[i], entry, 0).error);
	}
	for (unsigned i = 0; i < sizeof(platform) / sizeof(platform[0]); i++) {
		guest_printf("suspend of the platform's type 0x%lx: %s\n", platform[i],
			     refused(call(SBI_EXT_HSM, 3, platform[i], entry, 0).error));
	}
}

/* 2.0 chapter 10: what is reserved or unimplemented is INVALID_PARAM; OpenSBI says NOT_SUPPORTED. */
static void resets(void)
{
	static const uint64_t bad[][2] = { { 3, 0 },          { 0xefffffff, 0 }, { 0xf0000000, 0 },
					   { 0xffffffff, 0 }, { 0, 2 },          { 1, 0xdfffffff },
					   { 2, 0xe0000000 }, { 0, 0xffffffff } };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guest_printf(
			"reset of type 0x%lx for reason 0x%lx: %s\n", bad[i][0], bad[i][1],
			refused(call(SBI_EXT_SRST, SRST_RESET, bad[i][0], bad[i][1], 0).error));
	}
}

static void legacy(void)
{
	guest_puts("legacy putchar: ");
	call(LEGACY_PUT, 0, 'x', 0, 0);
	int64_t ret = call(LEGACY_PUT, 0, 'y', 0, 0).error;

	guest_printf(", %ld\n", ret);
	guest_printf("legacy getchar of nothing: %ld\n", call(LEGACY_GET, 0, 0, 0, 0).error);
}

/* --- What OpenSBI 1.1 does not do */

static bool bad_param(struct guest_sbi_ret ret)
{
	return ret.error == SBI_ERR_INVALID_PARAM;
}

static void debug_console(void)
{
	static const char text[] = "a line by DBCN\n";
	static char many[1001];
	uint64_t base;
	uint64_t bytes;
	uint64_t done = 0;
	struct guest_sbi_ret ret;

	guest_memory(&base, &bytes);
	guest_check(call(SBI_EXT_BASE, BASE_PROBE, SBI_EXT_DBCN, 0, 0).value != 0, "DBCN is there");
	while (done < sizeof(text) - 1) {
		ret = call(SBI_EXT_DBCN, DBCN_WRITE, sizeof(text) - 1 - done, (uint64_t)text + done,
			   0);
		if (ret.error != 0 || ret.value == 0) {
			break;
		}
		done += ret.value;
	}
	guest_check(done == sizeof(text) - 1, "console write");
	for (unsigned i = 0; i < sizeof(many) - 1; i++) {
		many[i] = i % 80 == 79 || i == sizeof(many) - 2 ? '\n' : (char)('a' + i % 26);
	}
	for (done = 0; done < sizeof(many) - 1; done += ret.value) {
		ret = call(SBI_EXT_DBCN, DBCN_WRITE, sizeof(many) - 1 - done, (uint64_t)many + done,
			   0);
		if (ret.error != 0 || ret.value == 0 || ret.value > sizeof(many) - 1 - done) {
			break;
		}
	}
	guest_check(done == sizeof(many) - 1, "a long one, as many bytes as it says each time");
	ret = call(SBI_EXT_DBCN, DBCN_PUT, 0xffffff00u | 'z', 0, 0);
	guest_puts("\n");
	guest_check(ret.error == 0, "console write byte");
	ret = call(SBI_EXT_DBCN, DBCN_WRITE, 0, (uint64_t)text, 0);
	guest_check(ret.error == 0 && ret.value == 0, "a write of nothing");
	ret = call(SBI_EXT_DBCN, DBCN_READ, sizeof(many), (uint64_t)many, 0);
	guest_check(ret.error == 0 && ret.value == 0 && many[0] == 'a',
		    "a read where nothing is typed");
	for (uint64_t f = DBCN_WRITE; f <= DBCN_READ; f++) {
		guest_check(bad_param(call(SBI_EXT_DBCN, f, 16, (uint64_t)text, 1)),
			    "above 64 bits");
		guest_check(bad_param(call(SBI_EXT_DBCN, f, 16, 0x1000, 0)), "where nothing is");
		guest_check(bad_param(call(SBI_EXT_DBCN, f, 16, GUEST_UART, 0)), "in a device");
		guest_check(bad_param(call(SBI_EXT_DBCN, f, 16, base + bytes - 8, 0)),
			    "over the end of RAM");
		guest_check(bad_param(call(SBI_EXT_DBCN, f, ~UINT64_C(0), base, 0)),
			    "of all bytes");
		guest_check(bad_param(call(SBI_EXT_DBCN, f, 16, ~UINT64_C(7), 0)),
			    "over the end of addresses");
	}
	guest_check(call(SBI_EXT_DBCN, 3, 0, 0, 0).error == SBI_ERR_NOT_SUPPORTED, "no function 3");
}

static void strict(void)
{
	uint64_t entry = (uint64_t)guest_secondary_start;
	uint64_t sip;
	bool good = true;

	guest_check(call(SBI_EXT_BASE, 0, 0, 0, 0).value == 0x2000000, "SBI 2.0");
	guest_check(call(SBI_EXT_BASE, BASE_PROBE, EXT_PMU, 0, 0).value == 0, "no PMU");
	guest_check(call(EXT_PMU, 0, 0, 0, 0).error == SBI_ERR_NOT_SUPPORTED, "none at all");
	/* 7: "at least one hartid constructed from hart_mask_base and hart_mask, is not valid" */
	guest_csr_clear(sip, SIP_SSIP);
	guest_check(bad_param(call(SBI_EXT_IPI, 0, 0x8000000000000001, 0, 0)),
		    "IPI to hart 63 too");
	guest_check(bad_param(call(SBI_EXT_IPI, 0, 3, 15, 0)), "IPI to harts 15 and 16");
	guest_check(bad_param(call(SBI_EXT_IPI, 0, 4, ~UINT64_C(0) - 1, 0)),
		    "IPI, base and bit overflow to 0");
	guest_check(bad_param(call(SBI_EXT_RFENCE, 1, 0x100000000, 0, 0)), "fence on hart 32");
	guest_check(bad_param(call(SBI_EXT_RFENCE, 0, 1, 63, 0)), "fence.i on hart 63");
	guest_csr_read(sip, sip);
	guest_check((sip & SIP_SSIP) == 0, "and no IPI came");
	const uint64_t wraps[6] = { 1, 0, ~UINT64_C(0xfff), 0x2000, 0, 0 };

	guest_check(call6(SBI_EXT_RFENCE, 1, wraps).error == SBI_ERR_INVALID_ADDRESS,
		    "fence over the end of addresses: INVALID_ADDRESS");
	guest_check(call(SBI_EXT_HSM, 0, 1, 0, 0).error == SBI_ERR_INVALID_ADDRESS,
		    "start where nothing is: INVALID_ADDRESS");
	guest_check(call(SBI_EXT_HSM, 0, 1, GUEST_UART, 0).error == SBI_ERR_INVALID_ADDRESS,
		    "start in a device: INVALID_ADDRESS");
	guest_check(call(SBI_EXT_HSM, 0, 1, ~UINT64_C(1), 0).error == SBI_ERR_INVALID_ADDRESS,
		    "start beyond addresses: INVALID_ADDRESS");
	guest_check(call(SBI_EXT_HSM, 2, 1, 0, 0).value == 1, "hart 1 is still stopped");
	guest_check(bad_param(call(SBI_EXT_HSM, 0, 16, entry, 0)), "start of hart 16");
	guest_check(bad_param(call(SBI_EXT_HSM, 2, UINT64_C(1) << 32, 0, 0)),
		    "status of hart 2^32"); /* OpenSBI takes the lower half */
	guest_check(bad_param(call(SBI_EXT_SRST, 0, 3, 0, 0)), "reset of type 3: INVALID_PARAM");
	guest_check(bad_param(call(SBI_EXT_SRST, 0, 0, 2, 0)), "reset for reason 2: INVALID_PARAM");
	for (uint64_t f = 3; f < 8; f++) {
		good = call(f, 0, 0, 0, 0).error == SBI_ERR_NOT_SUPPORTED && good;
	}
	guest_check(good && call(0, 0, 0, 0, 0).error == SBI_ERR_NOT_SUPPORTED,
		    "of the legacy calls only the console and shutdown");
	debug_console();
	guest_check(lost == 0, "registers kept");
	guest_done();
}

static volatile uint64_t in_the_image =
	1; /* .data: as in the file, each time the image is loaded */

static _Noreturn void reset_twice(void)
{
	uint64_t mark = *(volatile uint64_t *)REBOOT_MARK;
	uint64_t boots = (mark & ~UINT64_C(0xff)) == REBOOT_MAGIC ? (mark & 0xff) + 1 : 1;

	guest_printf("boot %lu, image %s\n", boots, in_the_image++ == 1 ? "as loaded" : "CHANGED");
	*(volatile uint64_t *)REBOOT_MARK = REBOOT_MAGIC | boots;
	if (boots < 3) {
		guest_cpu_on(1);
		guest_sbi(SBI_EXT_SRST, SRST_RESET, boots, boots - 1,
			  0); /* cold, then warm for a failure */
		guest_puts("RESET CAME BACK\n");
	}
	guest_done();
}

void guest_main(uint64_t dtb)
{
	(void)dtb;
	if (guest_arg_is("mode", "reset")) {
		reset_twice();
	}
	if (guest_arg_is("mode", "strict")) {
		strict();
	}
	base();
	functions();
	nobody();
	time_and_ipi();
	fences();
	harts();
	resets();
	legacy();
	guest_printf("registers lost: %u\n", lost);
	guest_done();
}

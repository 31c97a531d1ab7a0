/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU TCG plugin for one emulated CPU: counts executed instructions, of all exception levels or modes,
 * and writes the count down when a mark is reached.
 *
 *   -plugin insn_marks.so,out=FILE,mark=HEX,number=HEX[,first=HEX]
 *
 * Marks are instructions that do nothing: the word mark= but for the bits number=, which hold the mark's n
 * ("mark n COUNT" in FILE each time); and the first execution of the instruction word given as first=
 * ("first COUNT"). COUNT is without the mark itself. An instruction that faults is counted each time it
 * is tried.
 *
 * QEMU's header is not packaged, so what is used of it is declared here. PLUGIN_API is the version that
 * QEMU implements (tools/costs.py): 1 in 7.2; 2 changed how counting is inlined, 3 how an instruction's
 * bytes are read.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT            __attribute__((visibility("default")))

#define PLUGIN_INLINE_ADD 0 /* enum qemu_plugin_op */
#define PLUGIN_CB_NO_REGS 0 /* enum qemu_plugin_cb_flags */

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*cb)(plugin_id, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned cpu, void *data), int flags,
					    void *data);

extern EXPORT int qemu_plugin_version;
EXPORT int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv);

int qemu_plugin_version = PLUGIN_API;

#if PLUGIN_API < 2
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op, void *ptr,
						uint64_t imm);
static uint64_t executed;

static void count(struct qemu_plugin_insn *insn)
{
	qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_INLINE_ADD, &executed, 1);
}

static uint64_t count_now(void)
{
	return executed;
}

static void count_init(void)
{
}
#else
struct qemu_plugin_scoreboard;
struct plugin_u64 {
	struct qemu_plugin_scoreboard *score;
	size_t offset;
};
struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size);
uint64_t qemu_plugin_u64_sum(struct plugin_u64 entry);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn, int op,
							 struct plugin_u64 entry, uint64_t imm);
static struct plugin_u64 executed;

static void count(struct qemu_plugin_insn *insn)
{
	qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, PLUGIN_INLINE_ADD, executed, 1);
}

static uint64_t count_now(void)
{
	return qemu_plugin_u64_sum(executed);
}

static void count_init(void)
{
	executed.score = qemu_plugin_scoreboard_new(sizeof(uint64_t));
}
#endif

#if PLUGIN_API < 3
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);

static uint32_t word_of(const struct qemu_plugin_insn *insn)
{
	uint32_t word = 0;
	size_t size = qemu_plugin_insn_size(insn);

	memcpy(&word, qemu_plugin_insn_data(insn), size < sizeof(word) ? size : sizeof(word));
	return word;
}
#else
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest, size_t len);

static uint32_t word_of(const struct qemu_plugin_insn *insn)
{
	uint32_t word = 0;

	(void)qemu_plugin_insn_data(insn, &word, sizeof(word));
	return word;
}
#endif

static FILE *out;
static uint32_t first_word; /* 0: not wanted, or seen */
static uint32_t mark_word;
static uint32_t mark_number;

static void on_mark(unsigned cpu, void *data)
{
	(void)cpu;
	fprintf(out, "mark %" PRIuPTR " %" PRIu64 "\n", (uintptr_t)data, count_now());
	fflush(out);
}

static void on_first(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	if (first_word != 0) {
		first_word = 0;
		fprintf(out, "first %" PRIu64 "\n", count_now());
		fflush(out);
	}
}

static void on_translate(plugin_id id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t word = word_of(insn);

		/* Before counting: so a mark does not count itself, in every version of QEMU. */
		if ((word & ~mark_number) == mark_word) {
			uint32_t n = (word & mark_number) / (mark_number & (0 - mark_number));

			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)n);
		} else if (word == first_word && first_word != 0) {
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_first, PLUGIN_CB_NO_REGS,
							       NULL);
		}
		count(insn);
	}
}

int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "out=", 4) == 0) {
			out = fopen(argv[i] + 4, "w");
		} else if (strncmp(argv[i], "first=", 6) == 0) {
			first_word = (uint32_t)strtoul(argv[i] + 6, NULL, 16);
		} else if (strncmp(argv[i], "mark=", 5) == 0) {
			mark_word = (uint32_t)strtoul(argv[i] + 5, NULL, 16);
		} else if (strncmp(argv[i], "number=", 7) == 0) {
			mark_number = (uint32_t)strtoul(argv[i] + 7, NULL, 16);
		}
	}
	if (out == NULL || mark_number == 0) {
		fprintf(stderr, "insn_marks: out=FILE or number= is missing or cannot be used\n");
		return 1;
	}
	count_init();
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}

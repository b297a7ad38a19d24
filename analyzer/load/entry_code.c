/* Copies the first instructions of a function: see entry_code.h. */
#include "load/entry_code.h"

#include <capstone/capstone.h>
#include <string.h>

#include "util/library.h"

#define TEXT_OF(number) #number
#define NAME_OF(number) "libcapstone.so." TEXT_OF(number)
static const char library_name[] = NAME_OF(CS_API_MAJOR);

/* cs_open() and others, by their names without cs_ */
static struct {
	__typeof__(&cs_open) open;
	__typeof__(&cs_close) close;
	__typeof__(&cs_option) option;
	__typeof__(&cs_malloc) malloc;
	__typeof__(&cs_free) free;
	__typeof__(&cs_disasm_iter) disasm_iter;
} capstone;

bool entry_code_load(void)
{
	void *library = library_open(library_name);

	return library_find(library, "cs_open", &capstone.open) &&
	       library_find(library, "cs_close", &capstone.close) &&
	       library_find(library, "cs_option", &capstone.option) &&
	       library_find(library, "cs_malloc", &capstone.malloc) &&
	       library_find(library, "cs_free", &capstone.free) &&
	       library_find(library, "cs_disasm_iter", &capstone.disasm_iter);
}

/* -- one instruction -- */

static const cs_x86_op *branch_target(const cs_insn *instruction)
{
	const cs_x86 *x86 = &instruction->detail->x86;

	for (uint8_t i = 0; i < instruction->detail->groups_count; i++)
		if (instruction->detail->groups[i] == X86_GRP_BRANCH_RELATIVE)
			return x86->op_count == 1 && x86->operands[0].type == X86_OP_IMM
				       ? &x86->operands[0]
				       : NULL;
	return NULL;
}

static const cs_x86_op *relative_operand(const cs_insn *instruction)
{
	const cs_x86 *x86 = &instruction->detail->x86;

	for (uint8_t i = 0; i < x86->op_count; i++)
		if (x86->operands[i].type == X86_OP_MEM && x86->operands[i].mem.base == X86_REG_RIP)
			return &x86->operands[i];
	return NULL;
}

static bool is_in(const cs_insn *instruction, cs_group_type group)
{
	for (uint8_t i = 0; i < instruction->detail->groups_count; i++)
		if (instruction->detail->groups[i] == group)
			return true;
	return false;
}

static const char *append(struct entry_code *entry, const void *bytes, size_t size)
{
	if (size > sizeof entry->moved - entry->moved_size)
		return "its first instructions are too long";
	memcpy(entry->moved + entry->moved_size, bytes, size);
	entry->moved_size += size;
	return NULL;
}

static const char *add_fix(struct entry_code *entry, size_t field, uint64_t target)
{
	if (entry->fixes == SILT_BUILT_IN_MOST_FIXES)
		return "its first instructions have too many distances";
	entry->fix[entry->fixes].field = field;
	entry->fix[entry->fixes].end = entry->moved_size;
	entry->fix[entry->fixes++].target = target;
	return NULL;
}

/* Copies a jump or a conditional jump in its form with 32 bits (Intel SDM, volume 2: E9, 0F
 * 80+cc). */
static const char *move_jump(struct entry_code *entry, const cs_insn *instruction, uint64_t target)
{
	const uint8_t *opcode = instruction->detail->x86.opcode;
	uint8_t condition = opcode[0] == 0x0f ? opcode[1] & 0xf : opcode[0] & 0xf;
	unsigned char far[] = {0x0f, (unsigned char)(0x80 | condition), 0, 0, 0, 0};
	unsigned char near[] = {0xe9, 0, 0, 0, 0};
	bool conditional =
		(opcode[0] & 0xf0) == 0x70 || (opcode[0] == 0x0f && (opcode[1] & 0xf0) == 0x80);
	const char *obstacle;

	if (!conditional && opcode[0] != 0xeb && opcode[0] != 0xe9)
		return "it begins with a jump that works in its place only";
	obstacle = conditional ? append(entry, far, sizeof far) : append(entry, near, sizeof near);
	return obstacle ? obstacle : add_fix(entry, entry->moved_size - sizeof(int32_t), target);
}

static const char *move(struct entry_code *entry, const cs_insn *instruction)
{
	const cs_x86_op *target = branch_target(instruction),
			*operand = relative_operand(instruction);
	size_t start = entry->moved_size;
	const char *obstacle;

	if (is_in(instruction, CS_GRP_CALL) || is_in(instruction, CS_GRP_RET) ||
	    is_in(instruction, CS_GRP_INT))
		return "it begins with a call or a return";
	if (is_in(instruction, CS_GRP_JUMP))
		return target ? move_jump(entry, instruction, (uint64_t)target->imm)
			      : "it begins with a jump through a pointer";
	obstacle = append(entry, instruction->bytes, instruction->size);
	if (obstacle || !operand)
		return obstacle;
	return add_fix(entry, start + instruction->detail->x86.encoding.disp_offset,
		       instruction->address + instruction->size + (uint64_t)operand->mem.disp);
}

/* -- the function -- */

struct scan {
	csh handle;
	cs_insn *instruction;
	const uint8_t *code;
	size_t size;
	uint64_t address;
};

static bool next(struct scan *scan)
{
	return capstone.disasm_iter(scan->handle, &scan->code, &scan->size, &scan->address,
				    scan->instruction);
}

static const char *move_first(struct entry_code *entry, struct scan scan)
{
	static const unsigned char endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	const uint8_t *start;

	if (scan.size > sizeof endbr64 && memcmp(scan.code, endbr64, sizeof endbr64) == 0) {
		scan.code += sizeof endbr64;
		scan.size -= sizeof endbr64;
		scan.address += sizeof endbr64;
	}
	start = scan.code;
	entry->address = scan.address;
	while ((size_t)(scan.code - start) < SILT_BUILT_IN_LEAST_ORIGINAL) {
		const char *obstacle;

		if (!next(&scan) || !scan.instruction->id)
			return "it is too short, or not code";
		obstacle = move(entry, scan.instruction);
		if (obstacle)
			return obstacle;
	}
	entry->original_size = (size_t)(scan.code - start);
	if (entry->original_size > sizeof entry->original)
		return "its first instructions are too long";
	memcpy(entry->original, start, entry->original_size);
	return NULL;
}

static const char *find_jumps_into(const struct entry_code *entry, struct scan scan)
{
	while (next(&scan)) {
		/* 0: skipped data */
		const cs_x86_op *target =
			scan.instruction->id ? branch_target(scan.instruction) : NULL;

		if (target && (uint64_t)target->imm > entry->address &&
		    (uint64_t)target->imm < entry->address + entry->original_size)
			return "it jumps back to its first instructions";
	}
	return NULL;
}

const char *entry_code_read(struct entry_code *entry, const unsigned char *code, size_t size,
			    uint64_t address)
{
	struct scan scan = {.code = code, .size = size, .address = address};
	const char *obstacle;

	memset(entry, 0, sizeof *entry);
	if (capstone.open(CS_ARCH_X86, CS_MODE_64, &scan.handle) != CS_ERR_OK)
		return "libcapstone does not read x86-64";
	capstone.option(scan.handle, CS_OPT_DETAIL, CS_OPT_ON);
	/* skips what is not an instruction, such as a table of jumps */
	capstone.option(scan.handle, CS_OPT_SKIPDATA, CS_OPT_ON);
	scan.instruction = capstone.malloc(scan.handle);
	obstacle = move_first(entry, scan);
	if (!obstacle)
		obstacle = find_jumps_into(entry, scan);
	capstone.free(scan.instruction, 1);
	capstone.close(&scan.handle);
	return obstacle;
}

/* Shapes shared by the generated opcodes.h and the plan verifier. */
#pragma once

#include <stdint.h>

enum operand_type {
  OPERAND_U64,
  OPERAND_I64,
  OPERAND_FD,
  OPERAND_FD_OPTIONAL,
  OPERAND_OUT,
  OPERAND_STR,
  OPERAND_STRS,
  OPERAND_BLOB,
};

#define STEP_OPERANDS_MAX 6

struct step_shape {
  uint16_t code;
  char phase; /* 'M' or 'C' */
  uint8_t operands;
  uint8_t types[STEP_OPERANDS_MAX];
  const char *name;
};

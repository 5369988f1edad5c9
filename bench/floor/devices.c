/* The device program of a launch. */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "floor.h"

/* The device rules of the daemon's default, the last that covers an access first: mknod of anything, use of
 * these. */
static const struct {
  unsigned major, minor;
  int any_minor;
} devices[] = {{136, 0, 1}, {5, 2, 0}, {5, 1, 0}, {5, 0, 0}, {1, 9, 0},
               {1, 8, 0},   {1, 7, 0}, {1, 5, 0}, {1, 3, 0}};

static size_t device_rules(struct bpf_insn *code) {
  struct bpf_insn *at = code;
#define PUT(op, dst, src, offset, value)                                              \
  *at++ = (struct bpf_insn) {                                                         \
    .code = (op), .dst_reg = (dst), .src_reg = (src), .off = (offset), .imm = (value) \
  }
  PUT(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0); /* access << 16 | type */
  PUT(BPF_LDX | BPF_MEM | BPF_W, 4, 1, 4, 0);
  PUT(BPF_LDX | BPF_MEM | BPF_W, 5, 1, 8, 0);
  PUT(BPF_ALU64 | BPF_MOV | BPF_X, 3, 2, 0, 0);
  PUT(BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16);
  PUT(BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
    int16_t rest = devices[i].any_minor ? 3 : 4;
    PUT(BPF_JMP32 | BPF_JNE | BPF_K, 2, 0, rest--, BPF_DEVCG_DEV_CHAR);
    PUT(BPF_JMP32 | BPF_JNE | BPF_K, 4, 0, rest--, (int)devices[i].major);
    if (!devices[i].any_minor) PUT(BPF_JMP32 | BPF_JNE | BPF_K, 5, 0, rest--, (int)devices[i].minor);
    PUT(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
    PUT(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }
  PUT(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
  PUT(BPF_JMP32 | BPF_JEQ | BPF_K, 3, 0, 1, BPF_DEVCG_ACC_MKNOD);
  PUT(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
  PUT(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
#undef PUT
  return (size_t)(at - code);
}

void limit_devices(int cgroup) {
  struct bpf_insn code[80];
  union bpf_attr load = {0};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insn_cnt = (uint32_t)device_rules(code);
  load.insns = (uint64_t)(uintptr_t)code;
  load.license = (uint64_t)(uintptr_t)"Apache-2.0";
  int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  need(fd, "BPF_PROG_LOAD");
  union bpf_attr attach = {0};
  attach.target_fd = (uint32_t)cgroup;
  attach.attach_bpf_fd = (uint32_t)fd;
  attach.attach_type = BPF_CGROUP_DEVICE;
  need(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach), "BPF_PROG_ATTACH");
  close(fd);
}

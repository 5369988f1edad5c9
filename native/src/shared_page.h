/*
 * One page shared by monitor and child, mapped before the clone: the child reports a failure here without a
 * system call, so that no filter can hide it.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum child_gate { GATE_CLOSED = 0, GATE_OPEN = 1 };

/* Things the monitor must fetch out of the child with pidfd_getfd(2) while the child waits. */
enum handover { HANDOVER_NONE = 0, HANDOVER_TERMINAL = 1, HANDOVER_LISTENER = 2 };

#define DEGRADED_MAX 32

struct shared_page {
  _Atomic uint32_t gate;       /* futex: monitor opens it when maps are written and the child is seized */
  _Atomic uint32_t verdict;    /* futex, HOLD only: 1 = leave */
  _Atomic uint32_t handover;   /* child: what waits to be fetched; monitor sets it back to HANDOVER_NONE */
  _Atomic int32_t handover_fd; /* descriptor number in the child */
  _Atomic uint32_t failed;     /* 1 = the fields below hold a failed step */
  uint32_t failed_step;        /* index within the child's steps */
  uint32_t failed_code;
  int32_t failed_errno;
  uint64_t failed_aux;      /* step-specific, e.g. the capability number */
  _Atomic uint32_t holding; /* 1 = HOLD was reached */
  int32_t monitor;          /* its pid */
  _Atomic uint32_t born;    /* pid, in the monitor's namespace, that JOIN_USER_NS or BIRTH made for it */
  uint32_t securebits;      /* REPORT */
  int32_t keyring;          /* REPORT: serial, or -errno */
  uint32_t degraded_count;
  struct {
    uint32_t step;
    int32_t error;
  } degraded[DEGRADED_MAX];
};

/*
 * Messages between engine, serve and monitors. SOCK_SEQPACKET: one message a packet, little endian, this
 * header first. Append-only: fields are only added at the end, types are never reused, so that monitors of an
 * older build keep working.
 */
#pragma once

#include <stdint.h>

#define PROTOCOL_VERSION 1

struct message_header {
  uint16_t type;
  uint16_t version;
  uint32_t length; /* of the whole message */
};

enum message_type {
  /* engine -> serve */
  MSG_HELLO = 1, /* no body */
  MSG_LAUNCH =
      2, /* struct msg_launch; fds: plan memfd, monitor's end of a socketpair, then the supplied slots */
  MSG_QUIT = 3,   /* no body: serve ends, monitors stay */
  MSG_HELPER = 4, /* struct msg_helper; fds: sealed memfd with path, directory, argv and env, stdin, stdout,
                     stderr, monitor's socketpair end, directory of the cgroup it is born in, and the pidfd of
                     the container that is shown to it, if one is */
  /* serve -> engine */
  MSG_WELCOME = 17,  /* struct msg_welcome */
  MSG_LAUNCHED = 18, /* struct msg_launched: monitor was forked (or not: error) */
  /* monitor -> engine */
  MSG_FAILED = 33, /* struct msg_failed: the launch is over, nothing runs */
  MSG_FILTER = 34, /* one installed filter: u32 index, u32 instructions, then 8 bytes each; before
                      MSG_STOPPED, outermost first */
  MSG_STOPPED =
      35, /* struct msg_stopped; fd: pidfd. Exec-stop (traced), HOLD reached, or exec done (untraced) */
  MSG_RUNNING = 36,  /* no body: the verdict was carried out */
  MSG_EXITED = 37,   /* struct msg_exited */
  MSG_STATE = 38,    /* struct msg_state; fd: pidfd, if still running. Answer to MSG_SHOW */
  MSG_LISTENER = 39, /* no body; fd: seccomp user-notification listener */
  /* engine -> monitor */
  MSG_VERDICT = 49,    /* struct msg_verdict */
  MSG_REOPEN_LOG = 50, /* fd: the new log file */
  MSG_RESIZE = 51,     /* struct msg_resize */
  MSG_CLOSE_STDIN = 52,
  MSG_DONE = 53, /* monitor -> engine: answer to the four above: struct msg_done */
  MSG_SHOW = 54, /* engine -> monitor, first on the control socket; fds: its user, pid and mount namespace */
};

struct msg_launch {
  struct message_header header;
  uint64_t tag; /* echoed in MSG_LAUNCHED */
};

struct msg_launched {
  struct message_header header;
  uint64_t tag;
  int32_t pid;   /* of the monitor */
  int32_t error; /* errno, 0 = forked */
};

struct msg_helper {
  struct message_header header;
  uint64_t tag;
  uint32_t argc; /* strings of the memfd that are argv; the rest is the environment */
  uint32_t envc;
  uint32_t timeout_ms;
  uint32_t namespaces; /* CLONE_NEW* of the container that it joins */
  uint32_t uid, gid;   /* whom it runs as; with all that root may if that is somebody else */
};

/* Reason of a MSG_FAILED without an errno: the mounts of a helper that is shown a container do not last. */
#define HELPER_MOUNTED "it left a mount behind"

struct msg_welcome {
  struct message_header header;
  uint16_t plan_abi;
  uint16_t reserved;
  int32_t pid;
  uint8_t build[16];
};

/* phase: who failed. */
enum failed_phase {
  PHASE_VERIFY = 1,
  PHASE_MONITOR = 2,
  PHASE_CHILD = 3,
  PHASE_EXEC_KILLED = 4,
  PHASE_VERDICT = 5
};

struct msg_failed {
  struct message_header header;
  uint32_t phase;
  uint32_t step; /* index within the phase's steps */
  uint32_t code;
  int32_t error; /* errno; PHASE_EXEC_KILLED: the wait status */
  uint64_t aux;
  char reason[64]; /* PHASE_VERIFY: the verifier's reason */
};

struct msg_stopped {
  struct message_header header;
  int32_t pid;         /* in serve's pid namespace */
  uint32_t filters;    /* installed filters, PTRACE_SECCOMP_GET_FILTER; 0xffffffff = could not be read */
  uint32_t securebits; /* self-reported */
  int32_t keyring;     /* self-reported serial, or -errno */
  uint32_t traced;     /* 1 = at the exec-stop, before the first instruction */
  uint32_t degraded_count;
  struct {
    uint32_t step;
    int32_t error;
  } degraded[32];
  int32_t monitor_keyring; /* the session keyring a child would have inherited: serial, or -errno */
};

struct msg_exited {
  struct message_header header;
  int32_t status;            /* wait status */
  uint32_t oom_kills;        /* rise of memory.events oom_kill since the start */
  int64_t time_ns;           /* CLOCK_REALTIME */
  uint64_t log_lost_records; /* that could not be written; an older monitor's message ends before them */
  uint64_t log_lost_bytes;   /* of these records */
  int32_t log_error;         /* errno of the last such write, 0 = none */
  uint32_t reserved;
};

struct msg_state {
  struct message_header header;
  int32_t pid;
  uint32_t exited; /* 1 = the following three hold */
  int32_t status;
  uint32_t oom_kills;
  int64_t time_ns;
};

struct msg_verdict {
  struct message_header header;
  uint32_t release; /* 1 = run, 0 = kill, VERDICT_LATER = not yet, but within wait_s from now */
  uint16_t wait_s;
  uint16_t reserved;
};

#define VERDICT_LATER 2u

struct msg_resize {
  struct message_header header;
  uint16_t rows;
  uint16_t columns;
  uint32_t reserved;
};

struct msg_done {
  struct message_header header;
  uint32_t type; /* the request answered */
  int32_t error;
};

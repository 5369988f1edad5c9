/* The state of a monitor after the release. */
#pragma once

#include <stdbool.h>

#include "log_cri.h"
#include "log_file.h"
#include "monitor.h"

struct source {
  int fd; /* -1 = ended or not there */
  struct log_cri_stream stream;
};

struct relay {
  struct monitor_files files;
  struct source sources[2]; /* stdout or the terminal; stderr */
  struct log_cri_out out;
  struct log_file log; /* has files.log */
  int record;          /* of the end, not yet under its name; -1 = none */
  int launch;
  const struct peer_law *law;
  int stranger; /* connected to the control socket, and has shown nothing yet; -1 = none */
  int peer;     /* engine on the control socket, -1 = none */
  int signals;
  int pidfd;
  pid_t child;
  bool ended;
  struct msg_exited exited;
  uint32_t oom_base;
};

/* --- control.c */
/* Takes who connects to the control socket, to be greeted. */
void control_accept(struct relay *relay);
/* Makes a stranger that shows the namespaces of the law the engine, in place of the one before. */
void control_greet(struct relay *relay);
/* Carries out one request; *socket is closed and -1 when its peer is gone or sends what is not a request. */
void control_hear(struct relay *relay, int *socket);
/* Tells the engines that listen of the end. */
void control_tell_end(struct relay *relay);

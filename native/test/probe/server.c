/*
 * A server as the tutorial of Kubernetes on seccomp has one: it says where it listens, answers one client,
 * and tells what becomes of a call that has nothing to do with that.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

int probe_server(void) {
  static const char answer[] = "answered\n";
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof here;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  probe_key("listens");
  if (listener < 0 || bind(listener, (struct sockaddr *)&here, length) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, (struct sockaddr *)&here, &length) != 0) {
    probe_result(-1);
    return 1;
  }
  probe_text("%d", ntohs(here.sin_port));
  fflush(stdout);
  int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  probe_key("answers");
  probe_result(client < 0 ? -1 : write(client, answer, sizeof answer - 1));
  probe_key("mkdir");
  probe_result(mkdir("/tmp/made", 0755));
  return 0;
}

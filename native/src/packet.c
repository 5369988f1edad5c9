#include "packet.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t least_length(uint16_t type) {
  switch (type) {
    case MSG_LAUNCH:
      return sizeof(struct msg_launch);
    case MSG_HELPER:
      return sizeof(struct msg_helper);
    case MSG_VERDICT:
      return sizeof(struct msg_verdict);
    case MSG_RESIZE:
      return sizeof(struct msg_resize);
    default:
      return sizeof(struct message_header);
  }
}

static void take_fds(struct packet *packet, struct msghdr *message) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    unsigned count = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    if (count > PACKET_FDS_MAX - packet->fd_count) {
      count = PACKET_FDS_MAX - packet->fd_count;
    }
    memcpy(packet->fds + packet->fd_count, CMSG_DATA(c), count * sizeof(int));
    packet->fd_count += count;
  }
}

enum packet_result packet_receive(int socket, struct packet *packet) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(PACKET_FDS_MAX * sizeof(int))];
  } control;
  struct iovec body = {packet->bytes, sizeof packet->bytes};
  struct msghdr message = {
      .msg_iov = &body, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  packet->fd_count = 0;
  ssize_t got;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    return errno == EAGAIN ? PACKET_NONE : PACKET_END;
  }
  take_fds(packet, &message);
  if (got == 0 && packet->fd_count == 0) {
    return PACKET_END;
  }
  size_t length = (size_t)got;
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || length < sizeof packet->header ||
      packet->header.length != length || packet->header.version < PROTOCOL_VERSION ||
      length < least_length(packet->header.type)) {
    packet_close(packet);
    return PACKET_MALFORMED;
  }
  return PACKET_OK;
}

void packet_close(struct packet *packet) {
  for (unsigned i = 0; i < packet->fd_count; i++) {
    close(packet->fds[i]);
  }
  packet->fd_count = 0;
}

void packet_start(struct message_header *header, uint16_t type, size_t length) {
  memset(header, 0, length);
  header->type = type;
  header->version = PROTOCOL_VERSION;
  header->length = (uint32_t)length;
}

int packet_send(int socket, const void *message, size_t length, int fd) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct iovec body = {(void *)(uintptr_t)message, length};
  struct msghdr header = {.msg_iov = &body, .msg_iovlen = 1};
  if (fd >= 0) {
    header.msg_control = &control;
    header.msg_controllen = sizeof control;
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
  }
  ssize_t sent;
  do {
    sent = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -1 : 0;
}

int packet_send_wait(int socket, const void *message, size_t length, int fd, int timeout_ms) {
  while (packet_send(socket, message, length, fd) != 0) {
    struct pollfd room = {socket, POLLOUT, 0};
    if (errno != EAGAIN || poll(&room, 1, timeout_ms) <= 0) {
      return -1;
    }
  }
  return 0;
}

/* One message and its descriptors over a SOCK_SEQPACKET socket. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

#define PACKET_FDS_MAX 253    /* SCM_MAX_FD of the kernel */
#define PACKET_LENGTH_MAX 256 /* what engines send is far smaller; longer is malformed */

struct packet {
  union {
    struct message_header header;
    struct msg_launch launch;
    struct msg_helper helper;
    struct msg_verdict verdict;
    struct msg_resize resize;
    uint8_t bytes[PACKET_LENGTH_MAX];
  };
  unsigned fd_count;
  int fds[PACKET_FDS_MAX];
};

enum packet_result { PACKET_OK, PACKET_NONE, PACKET_END, PACKET_MALFORMED };

/*
 * Takes one message without waiting; the descriptors are close-on-exec. PACKET_NONE: nothing there yet.
 * PACKET_END: the peer is gone. Only after PACKET_OK does the packet own descriptors.
 */
enum packet_result packet_receive(int socket, struct packet *packet);

void packet_close(struct packet *packet);

/* Fills the header of a message of this type and length. */
void packet_start(struct message_header *header, uint16_t type, size_t length);

/* Sends a whole message, with fd unless it is -1, without waiting. 0, or -1 with errno. */
int packet_send(int socket, const void *message, size_t length, int fd);

/* The same, but waits at most timeout_ms for room. */
int packet_send_wait(int socket, const void *message, size_t length, int fd, int timeout_ms);

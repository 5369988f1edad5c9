/* Standard streams. */
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "child_state.h"

#define PTS_MAJOR_FIRST 136 /* Documentation/admin-guide/devices.txt */
#define PTS_MAJOR_LAST 143

static int set_stdio(int in, int out, int err) {
  const int fds[] = {in, out, err};
  for (int i = 0; i < 3; i++) {
    long result = raw(SYS_dup3, fds[i], i, 0);
    if (result < 0) {
      return (int)result;
    }
  }
  return 0;
}

int child_stdio(struct child *c, const uint64_t *operand) {
  return set_stdio(c->slots[operand[STDIO_STDIN]], c->slots[operand[STDIO_STDOUT]],
                   c->slots[operand[STDIO_STDERR]]);
}

/* The peer is asked of the master, never opened by a path that somebody could have prepared: CVE-2025-52565.
 */
static int open_peer(int master) {
  int locked = 0;
  long result = raw(SYS_ioctl, master, TIOCSPTLCK, (long)&locked);
  if (result >= 0) {
    result = raw(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  struct stat found;
  if (result >= 0) {
    unsigned kind = fstat((int)result, &found) ? 0 : major(found.st_rdev);
    bool pts = S_ISCHR(found.st_mode) && kind >= PTS_MAJOR_FIRST && kind <= PTS_MAJOR_LAST;
    return pts ? (int)result : -EMEDIUMTYPE;
  }
  return (int)result;
}

static int show_console(struct child *c, const char *path, int peer) {
  bool made;
  int target = path_make(c, path, PATH_FILE, 0620, &made);
  if (target < 0) {
    return target;
  }
  int tree = raw_open_tree(peer, OPEN_TREE_CLONE);
  int result = tree < 0 ? tree : path_attach(c, path, target, tree, 0);
  if (tree >= 0) {
    raw_close(tree);
  }
  raw_close(target);
  return result;
}

static int prepare_peer(struct child *c, const uint64_t *operand, int peer) {
  struct winsize size = {.ws_row = (unsigned short)operand[TERMINAL_ROWS],
                         .ws_col = (unsigned short)operand[TERMINAL_COLUMNS]};
  long result = size.ws_row && size.ws_col ? raw(SYS_ioctl, peer, TIOCSWINSZ, (long)&size) : 0;
  if (result >= 0) {
    result = raw(SYS_fchown, peer, (long)operand[TERMINAL_OWNER], -1);
  }
  const char *console = plan_str(c->plan, operand[TERMINAL_CONSOLE]);
  if (result >= 0 && *console) {
    result = show_console(c, console, peer);
  }
  return (int)result;
}

int child_terminal(struct child *c, const uint64_t *operand) {
  int devpts = c->slots[operand[TERMINAL_DEVPTS]];
  int on = path_on(devpts, DEVPTS_SUPER_MAGIC);
  if (on <= 0) {
    return on < 0 ? on : -EMEDIUMTYPE;
  }
  int master = raw_openat2(devpts, "ptmx", O_RDWR | O_NOCTTY,
                           RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
  if (master < 0) {
    return master;
  }
  int peer = open_peer(master);
  long result = peer < 0 ? peer : prepare_peer(c, operand, peer);
  if (result >= 0) {
    result = child_hand_over(c, HANDOVER_TERMINAL, master, false);
  }
  if (result >= 0) {
    result = set_stdio(peer, peer, peer);
  }
  raw_close(master);
  if (peer >= 0) {
    raw_close(peer);
  }
  return (int)result;
}

int child_take_terminal(struct child *c, const uint64_t *operand) {
  (void)c;
  (void)operand;
  return (int)raw(SYS_ioctl, 0, TIOCSCTTY, 0);
}

/* What a process is: all of it asked of the kernel in the process itself. */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probe.h"

enum { MOST_GROUPS = 65536, CAPABILITIES = 64 };

static void identity(void) {
  static gid_t groups[MOST_GROUPS];
  uid_t user[3];
  gid_t group[3];
  getresuid(&user[0], &user[1], &user[2]);
  getresgid(&group[0], &group[1], &group[2]);
  probe_key("uid");
  probe_text("%u %u %u", user[0], user[1], user[2]);
  probe_key("gid");
  probe_text("%u %u %u", group[0], group[1], group[2]);
  int count = getgroups(MOST_GROUPS, groups);
  probe_key("groups");
  for (int i = 0; i < count; i++) {
    printf(i == 0 ? "%u" : " %u", groups[i]);
  }
  puts("");
}

static void capability_sets(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{0}};
  uint64_t bounding = 0;
  uint64_t ambient = 0;
  if (syscall(SYS_capget, &header, data) != 0) {
    probe_key("capget");
    probe_result(-1);
    return;
  }
  for (unsigned long bit = 0; bit < CAPABILITIES; bit++) {
    bounding |= (uint64_t)(prctl(PR_CAPBSET_READ, bit, 0, 0, 0) == 1) << bit;
    ambient |= (uint64_t)(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, bit, 0, 0) == 1) << bit;
  }
  probe_key("effective");
  probe_text("%08x%08x", data[1].effective, data[0].effective);
  probe_key("permitted");
  probe_text("%08x%08x", data[1].permitted, data[0].permitted);
  probe_key("inheritable");
  probe_text("%08x%08x", data[1].inheritable, data[0].inheritable);
  probe_key("bounding");
  probe_text("%016llx", (unsigned long long)bounding);
  probe_key("ambient");
  probe_text("%016llx", (unsigned long long)ambient);
}

static void flags(void) {
  mode_t mask = umask(0);
  probe_key("securebits");
  probe_text("%d", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
  probe_key("no_new_privs");
  probe_text("%d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  probe_key("dumpable");
  probe_text("%d", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
  probe_key("umask");
  probe_text("%04o", mask);
}

static void limits(void) {
  static const char *const names[] = {"cpu",      "fsize",  "data",    "stack", "core",  "rss",
                                      "nproc",    "nofile", "memlock", "as",    "locks", "sigpending",
                                      "msgqueue", "nice",   "rtprio",  "rttime"};
  for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++) {
    struct rlimit limit;
    probe_key("rlimit.%s", names[i]);
    if (getrlimit((__rlimit_resource_t)i, &limit) != 0) {
      probe_result(-1);
    } else {
      probe_text("%llu %llu", (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
    }
  }
}

/* The first line of a small file. */
static void first_line(const char *key, const char *path) {
  char text[256] = "";
  probe_key("%s", key);
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    probe_result(-1);
    return;
  }
  if (fgets(text, sizeof text, file) == NULL) {
    text[0] = '\0';
  }
  fclose(file);
  text[strcspn(text, "\n")] = '\0';
  probe_text("%s", text);
}

static void namespaces(void) {
  static const char *const names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};
  for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[64];
    char target[64];
    snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
    ssize_t length = readlink(path, target, sizeof target - 1);
    probe_key("namespace.%s", names[i]);
    if (length < 0) {
      probe_result(-1);
    } else {
      target[length] = '\0';
      probe_text("%s", target);
    }
  }
}

static void keyring(void) {
  char description[256] = "";
  long id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
  probe_key("keyring_id");
  probe_text("%ld", id);
  probe_key("keyring");
  if (id < 0 || syscall(SYS_keyctl, KEYCTL_DESCRIBE, id, description, sizeof description - 1) < 0) {
    probe_result(-1);
  } else {
    probe_text("%s", description);
  }
  char label[256] = "";
  probe_key("keyring_label");
  if (syscall(SYS_keyctl, KEYCTL_GET_SECURITY, KEY_SPEC_SESSION_KEYRING, label, sizeof label - 1) < 0) {
    probe_result(-1);
  } else {
    probe_text("%s", label);
  }
}

static void names(void) {
  char directory[4096];
  struct utsname system;
  probe_key("cwd");
  probe_text("%s", getcwd(directory, sizeof directory) == NULL ? "?" : directory);
  probe_key("hostname");
  probe_text("%s", uname(&system) == 0 ? system.nodename : "?");
  probe_key("pid");
  probe_text("%d", (int)getpid());
}

int probe_state(void) {
  identity();
  capability_sets();
  flags();
  limits();
  namespaces();
  first_line("oom_score_adj", "/proc/self/oom_score_adj");
  first_line("uid_map", "/proc/self/uid_map");
  first_line("gid_map", "/proc/self/gid_map");
  first_line("label", "/proc/self/attr/current");
  first_line("cgroup", "/proc/self/cgroup");
  keyring();
  names();
  return 0;
}

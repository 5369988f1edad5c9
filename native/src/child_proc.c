/* What is written into procfs: through a private instance that no mount of the container can reach. */
#include <linux/magic.h>
#include <string.h>
#include <sys/resource.h>

#include "child_state.h"

#define PROC_ROOT_INO 1 /* of every procfs: include/linux/proc_fs.h */

/* Elsewhere a constraint would be written to no effect: CVE-2019-19921. */
int proc_check(int proc) {
  struct stat root;
  if (fstat(proc, &root)) {
    return -errno;
  }
  int on = path_on(proc, PROC_SUPER_MAGIC);
  return on < 0 ? on : on && root.st_ino == PROC_ROOT_INO ? 0 : -EMEDIUMTYPE;
}

int proc_write(int proc, const char *path, const char *text) {
  int result = proc_check(proc);
  if (result < 0) {
    return result;
  }
  int fd = raw_openat2(proc, path, O_WRONLY | O_NOCTTY,
                       RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
  if (fd < 0) {
    return fd;
  }
  long length = (long)strlen(text);
  long written =
      raw_result(write(fd, text, (size_t)length)); /* one write: what procfs takes, it takes whole */
  raw_close(fd);
  return written < 0 ? (int)written : written == length ? 0 : -EIO;
}

/* Joins where the link `self` or `thread-self` of this procfs leads with the rest; the links are not
 * followed. */
int proc_write_own(int proc, const char *link, const char *rest, const char *text) {
  char path[128];
  int result = proc_check(proc);
  if (result < 0) {
    return result;
  }
  long length = raw_result(syscall(SYS_readlinkat, proc, link, path, sizeof path));
  if (length < 0) {
    return (int)length;
  }
  if ((size_t)length + 1 + strlen(rest) >= sizeof path) {
    return -ENAMETOOLONG;
  }
  path[length] = '/';
  strcpy(path + length + 1, rest);
  return proc_write(proc, path, text);
}

int child_sysctl(struct child *c, const uint64_t *operand) {
  static char path[256] = "sys/";
  const char *name = plan_str(c->plan, operand[SYSCTL_PATH]);
  if (strlen(name) >= sizeof path - 4) {
    return -ENAMETOOLONG;
  }
  strcpy(path + 4, name);
  return proc_write(c->slots[operand[SYSCTL_PROC]], path, plan_str(c->plan, operand[SYSCTL_VALUE]));
}

/* LSM attributes belong to a thread: the link is `thread-self`. */
int child_lsm_attribute(struct child *c, const uint64_t *operand) {
  char rest[32] = "attr/";
  strcpy(rest + 5, plan_str(c->plan, operand[LSM_ATTRIBUTE_NAME])); /* one of a short list: plan_values.c */
  return proc_write_own(c->slots[operand[LSM_ATTRIBUTE_PROC]], "thread-self", rest,
                        plan_str(c->plan, operand[LSM_ATTRIBUTE_VALUE]));
}

int child_rlimit(struct child *c, const uint64_t *operand) {
  (void)c;
  struct rlimit64 limit = {operand[RLIMIT_SOFT], operand[RLIMIT_HARD]};
  return (int)raw_result(syscall(SYS_prlimit64, 0, operand[RLIMIT_RESOURCE], &limit, NULL));
}

int child_umask(struct child *c, const uint64_t *operand) {
  (void)c;
  (void)raw(SYS_umask, (long)operand[UMASK_MASK], 0, 0);
  return 0;
}

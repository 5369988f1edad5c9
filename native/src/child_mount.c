/* Mounts, the root and what is made in it. */
#include <linux/magic.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "child_state.h"

#define OPTION_KEY_MAX 64
#define STATFS_RDONLY 1 /* ST_RDONLY of statfs(2) */

static int set_option(int context, const char *option) {
  char key[OPTION_KEY_MAX];
  size_t length = strcspn(option, "=");
  if (length >= sizeof key) {
    return -ENAMETOOLONG;
  }
  memcpy(key, option, length);
  key[length] = 0;
  bool flag = option[length] == 0;
  return (int)raw_result(syscall(SYS_fsconfig, context, flag ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, key,
                                 flag ? NULL : option + length + 1, 0));
}

int mount_context(struct child *c, int context, uint64_t strs, uint64_t attributes) {
  static const char *options[PLAN_STRS_MAX + 1];
  plan_strs(c->plan, strs, options);
  int result = context;
  for (const char **option = options; result >= 0 && *option; option++) {
    c->aux++;
    result = set_option(context, *option);
  }
  if (result >= 0) {
    c->aux++;
    result = (int)raw_result(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
  }
  if (result >= 0) {
    c->aux++;
    result = (int)raw(SYS_fsmount, context, FSMOUNT_CLOEXEC, (long)attributes);
  }
  if (context >= 0) {
    raw_close(context);
  }
  return result;
}

int child_mount_fs(struct child *c, const uint64_t *operand) {
  int context = (int)raw(SYS_fsopen, (long)plan_str(c->plan, operand[MOUNT_FS_TYPE]), FSOPEN_CLOEXEC, 0);
  int result = mount_context(c, context, operand[MOUNT_FS_OPTIONS], operand[MOUNT_FS_ATTRIBUTES]);
  c->slots[operand[MOUNT_FS_MOUNT]] = result;
  return result < 0 ? result : 0;
}

int child_propagation(struct child *c, const uint64_t *operand) {
  (void)c;
  return (int)raw_result(syscall(SYS_mount, NULL, "/", NULL, operand[PROPAGATION_FLAGS], NULL));
}

/* pivot_root(2) refuses a shared root; and a root that is a bind would carry the container's mounts to the
 * host. */
int child_use_root(struct child *c, const uint64_t *operand) {
  int root = c->slots[operand[USE_ROOT_ROOT]];
  int at = raw_openat2(AT_FDCWD, plan_str(c->plan, operand[USE_ROOT_AT]), O_PATH | O_DIRECTORY,
                       RESOLVE_NO_MAGICLINKS);
  if (at < 0) {
    return at;
  }
  int result = raw_attach(root, at);
  raw_close(at);
  if (result >= 0) {
    result = raw_mount_setattr(root, AT_RECURSIVE, (struct mount_attr){.propagation = MS_PRIVATE});
  }
  c->root = root;
  return result;
}

/* What is mounted on procfs would be read by whoever trusts it, this program too: CVE-2019-16884. */
static int refuse_on_proc(int target, int mount) {
  int on = path_on(target, PROC_SUPER_MAGIC);
  if (on <= 0) {
    return on;
  }
  int itself = path_on(mount, PROC_SUPER_MAGIC);
  return itself < 0 ? itself : itself ? 0 : -EISNAM;
}

int child_attach(struct child *c, const uint64_t *operand) {
  static const enum path_kind kinds[] = {PATH_ANY, PATH_DIRECTORY, PATH_FILE};
  const char *path = plan_str(c->plan, operand[ATTACH_TARGET]);
  int mount = c->slots[operand[ATTACH_MOUNT]];
  enum path_kind kind = kinds[operand[ATTACH_CREATE]];
  bool made;
  int target = path_make(c, path, kind, kind == PATH_FILE ? 0644 : 0755, &made);
  if (target < 0) {
    return target;
  }
  int result = refuse_on_proc(target, mount);
  if (result >= 0) {
    result = path_attach(c, path, target, mount, operand[ATTACH_PROPAGATION]);
  }
  raw_close(target);
  return result;
}

int child_make_dir(struct child *c, const uint64_t *operand) {
  bool made;
  int fd = path_make(c, plan_str(c->plan, operand[MAKE_DIR_PATH]), PATH_DIRECTORY,
                     (unsigned)operand[MAKE_DIR_MODE], &made);
  if (fd < 0) {
    return fd;
  }
  int result = 0;
  if (made && (operand[MAKE_DIR_UID] || operand[MAKE_DIR_GID])) {
    result = (int)raw_result(
        syscall(SYS_fchownat, fd, "", operand[MAKE_DIR_UID], operand[MAKE_DIR_GID], AT_EMPTY_PATH));
  }
  raw_close(fd);
  return result;
}

int child_make_node(struct child *c, const uint64_t *operand) {
  const char *name;
  int parent = path_parent(c, plan_str(c->plan, operand[MAKE_NODE_PATH]), &name);
  if (parent < 0) {
    return parent;
  }
  dev_t device = makedev((unsigned)(operand[MAKE_NODE_DEVICE] >> 32),
                         (unsigned)(operand[MAKE_NODE_DEVICE] & UINT32_MAX));
  int result = (int)raw_result(syscall(SYS_mknodat, parent, name, operand[MAKE_NODE_MODE], device));
  if (result >= 0 && (operand[MAKE_NODE_UID] || operand[MAKE_NODE_GID])) {
    result = (int)raw_result(syscall(SYS_fchownat, parent, name, operand[MAKE_NODE_UID],
                                     operand[MAKE_NODE_GID], AT_SYMLINK_NOFOLLOW));
  }
  raw_close(parent);
  return result;
}

int child_make_symlink(struct child *c, const uint64_t *operand) {
  const char *name;
  int parent = path_parent(c, plan_str(c->plan, operand[MAKE_SYMLINK_PATH]), &name);
  if (parent < 0) {
    return parent;
  }
  int result =
      (int)raw(SYS_symlinkat, (long)plan_str(c->plan, operand[MAKE_SYMLINK_TARGET]), parent, (long)name);
  raw_close(parent);
  return result;
}

/* The mask is what it says, not what somebody put in its place: CVE-2025-31133. */
static int check_mask(int mask, bool directory) {
  struct stat found;
  struct statfs fs;
  if (fstat(mask, &found) || fstatfs(mask, &fs)) {
    return -errno;
  }
  bool null = S_ISCHR(found.st_mode) && found.st_rdev == makedev(1, 3);
  bool empty = S_ISDIR(found.st_mode) && fs.f_type == TMPFS_MAGIC && fs.f_flags & STATFS_RDONLY;
  return (directory ? empty : null) ? 0 : -EMEDIUMTYPE;
}

/* A detached mount is attached the first time and cloned afterwards: a clone must be of this mount namespace.
 */
static int mask_with(struct child *c, const char *path, int target, int mask) {
  int clone = raw_open_tree(mask, OPEN_TREE_CLONE);
  if (clone < 0 && clone != -EINVAL) {
    return clone;
  }
  int result = path_attach(c, path, target, clone < 0 ? mask : clone, 0);
  if (clone >= 0) {
    raw_close(clone);
  }
  return result;
}

static bool nothing_there(int error) { return error == -ENOENT || error == -ENOTDIR; }

int child_mask(struct child *c, const uint64_t *operand) {
  const char *path = plan_str(c->plan, operand[MASK_PATH]);
  int target = path_open(c, path);
  if (target < 0) {
    return nothing_there(target) ? 0 : target;
  }
  struct stat found;
  int result = fstat(target, &found) ? -errno : 0;
  if (result == 0) {
    bool directory = S_ISDIR(found.st_mode);
    int mask = c->slots[operand[directory ? MASK_EMPTY : MASK_NULL]];
    result = check_mask(mask, directory);
    if (result == 0) {
      result = mask_with(c, path, target, mask);
    }
  }
  raw_close(target);
  return result;
}

int child_read_only(struct child *c, const uint64_t *operand) {
  const char *path = plan_str(c->plan, operand[READ_ONLY_PATH]);
  int target = path_open(c, path);
  if (target < 0) {
    return nothing_there(target) ? 0 : target;
  }
  int tree = raw_open_tree(target, OPEN_TREE_CLONE | AT_RECURSIVE);
  int result = tree;
  if (tree >= 0) {
    result = raw_mount_setattr(tree, AT_RECURSIVE, (struct mount_attr){.attr_set = MOUNT_ATTR_RDONLY});
    if (result >= 0) {
      result = path_attach(c, path, target, tree, 0);
    }
    raw_close(tree);
  }
  raw_close(target);
  return result;
}

int child_root_attributes(struct child *c, const uint64_t *operand) {
  return raw_mount_setattr(c->root, 0,
                           (struct mount_attr){.attr_set = operand[ROOT_ATTRIBUTES_SET],
                                               .attr_clr = operand[ROOT_ATTRIBUTES_CLEAR]});
}

/* pivot_root(2): with "." twice the old root lies over the new one, and one umount2 takes it away. */
int child_pivot_root(struct child *c, const uint64_t *operand) {
  (void)operand;
  long result = raw(SYS_fchdir, c->root, 0, 0);
  if (result >= 0) {
    result = raw(SYS_pivot_root, (long)".", (long)".", 0);
  }
  if (result >= 0) {
    result = raw(SYS_umount2, (long)".", MNT_DETACH, 0);
  }
  if (result >= 0) {
    result = raw(SYS_chdir, (long)"/", 0, 0);
  }
  int now = result < 0 ? (int)result : raw_openat2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
  if (now < 0) {
    return now;
  }
  bool pivoted = path_same_mount(now, c->root);
  c->root = now;
  return pivoted ? 0 : -ESTALE;
}

int child_open_dir(struct child *c, const uint64_t *operand) {
  int directory = path_open_dir(c, plan_str(c->plan, operand[OPEN_DIR_PATH]));
  c->slots[operand[OPEN_DIR_DIRECTORY]] = directory;
  return directory < 0 ? directory : 0;
}

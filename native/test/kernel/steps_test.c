/* Steps that an ordinary container does not have, or not in this form. */
#include <fcntl.h>
#include <unistd.h>

#include "container.h"

#define SLOT_EXTRA SLOT_PROC /* one more supplied slot; those the sample makes move up */

static struct bed bed;
static struct draft d;

static void run_and_expect(const char *output) {
  int ready = bed_launch(&bed, &d);
  CHECK_TEXT(bed_failure(&bed), "fine");
  if (CHECK(ready)) {
    bed_finish(&bed);
    CHECK_TEXT(bed_output(&bed), output);
  }
}

/* Moves every made slot up by one, so that one more can be supplied. */
static void supply_one_more(void) {
  for (unsigned i = 0; i < d.count; i++) {
    const struct step_shape *shape = draft_shape(d.steps[i].code);
    for (unsigned j = 0; j < shape->operands; j++) {
      bool names = shape->types[j] == OPERAND_FD || shape->types[j] == OPERAND_OUT;
      d.steps[i].operand[j] += names && d.steps[i].operand[j] >= d.supplied;
    }
  }
  d.supplied++;
  d.total++;
}

static void container(const char *script) {
  const char *const args[] = {"sh", "-c", script, NULL};
  bed_slots(&bed);
  container_root(&bed, &d, SAMPLE_FLAGS);
  container_process(&d, args);
  supply_one_more();
}

/* A device of the host, as it comes to user namespaces. */
static void device_is_attached(void) {
  container("busybox head -c 3 /dev/zero | busybox wc -c; busybox stat -c %t:%T /dev/zero");
  bed_slot_tree(&bed, SLOT_EXTRA, "/dev/zero");
  add_at(&d, find(&d, STEP_MASK), STEP_ATTACH, NUMBER(SLOT_EXTRA), "dev/zero", NUMBER(2), NUMBER(0));
  run_and_expect("3\n1:5\n");
}

/* The image has a link to nothing where the file goes: it is made where the link leads inside the root. */
static void file_behind_a_link(void) {
  char path[64];
  bed_shell(&bed,
            "echo nameserver >$W/resolv.conf; chmod 644 $W/resolv.conf;"
            "ln -s ../run/deep/resolv.conf $W/image/etc/resolv.conf");
  container("cat /etc/resolv.conf; cat /run/deep/resolv.conf");
  snprintf(path, sizeof path, "%s/resolv.conf", bed.work);
  bed_slot_tree(&bed, SLOT_EXTRA, path);
  add_at(&d, find(&d, STEP_MASK), STEP_ATTACH, NUMBER(SLOT_EXTRA), "etc/resolv.conf", NUMBER(2), NUMBER(0));
  run_and_expect("nameserver\nnameserver\n");
  bed_shell(&bed, "test ! -e /run/deep; rm -rf $W/image/run $W/image/etc/resolv.conf");
}

/* Optional fields of the child's mountinfo line of this mount point: proc(5). */
static const char *propagation_of(const char *mount_point) {
  static char fields[64];
  char key[64];
  snprintf(key, sizeof key, " %s ", mount_point);
  const char *at = strstr(bed_proc(&bed, "mountinfo"), key);
  if (!at) {
    return "not mounted";
  }
  at = strchr(at + strlen(key), ' ') + 1;
  size_t length = strcspn(at, ":-");
  memcpy(fields, at, length);
  fields[length] = 0;
  return fields;
}

static void propagates(uint64_t type, const char *expected) {
  char path[64];
  container("true");
  snprintf(path, sizeof path, "%s/shared", bed.work);
  bed_slot_tree(&bed, SLOT_EXTRA, path);
  add_at(&d, find(&d, STEP_MASK), STEP_ATTACH, NUMBER(SLOT_EXTRA), "volume", NUMBER(1), type);
  CHECK(bed_launch(&bed, &d));
  CHECK_TEXT(bed_failure(&bed), "fine");
  CHECK_TEXT(propagation_of("/volume"), expected);
  CHECK_TEXT(propagation_of("/"), "");
  CHECK_TEXT(propagation_of("/proc/keys"), "");
  bed_kill(&bed);
}

static void propagations(void) {
  bed_shell(&bed, "mkdir $W/shared; mount -t tmpfs none $W/shared; mount --make-shared $W/shared");
  propagates(0, "");
  propagates(MS_PRIVATE, "");
  propagates(MS_SLAVE | MS_REC, "master");
  propagates(MS_SHARED, "shared");
  bed_shell(&bed, "umount $W/shared");
}

/* With an LSM the label is unknown, without one nobody takes it: EINVAL both times, from the right file. */
static void label(void) {
  container("true");
  add_at(&d, find(&d, STEP_STDIO), STEP_LSM_ATTRIBUTE, NUMBER(SLOT_PROC + 1), "exec", "no-such-label");
  CHECK(!bed_launch(&bed, &d));
  CHECK_TEXT(bed_failure(&bed), "LSM_ATTRIBUTE: EINVAL");
}

static void time_namespace(void) {
  container("busybox awk '{print ($1 > 7000000)}' /proc/uptime");
  set(&d, STEP_UNSHARE, UNSHARE_FLAGS, CLONE_NEWCGROUP | CLONE_NEWTIME);
  add_at(&d, find(&d, STEP_UNSHARE) + 1, STEP_TIME_OFFSETS, "boottime 7000000 0\n");
  run_and_expect("1\n");
}

/* As pod init is started: the image is a descriptor, which the program does not get. */
static void image_by_descriptor(void) {
  const char *const args[] = {"inside", "says", NULL};
  container("true");
  bed.slots[SLOT_EXTRA] = open("/proc/self/exe", O_PATH | O_CLOEXEC);
  drop(&d, STEP_EXEC);
  drop(&d, STEP_RESOLVE);
  add(&d, STEP_EXEC_FD, NUMBER(SLOT_EXTRA), args, sample_none);
  run_and_expect("inside: 3 is closed\n");
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "says") == 0) {
    printf("%s: 3 is %s\n", argv[0], fcntl(3, F_GETFD) < 0 ? "closed" : "open");
    return 0;
  }
  bed_open(&bed);
  device_is_attached();
  file_behind_a_link();
  propagations();
  label();
  time_namespace();
  image_by_descriptor();
  return check_done();
}

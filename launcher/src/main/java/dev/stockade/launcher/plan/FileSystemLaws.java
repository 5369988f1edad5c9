package dev.stockade.launcher.plan;

import static dev.stockade.launcher.plan.LawTerms.*;
import static dev.stockade.launcher.plan.Pattern.steps;
import static dev.stockade.launcher.plan.Relation.BEFORE;
import static dev.stockade.launcher.plan.Relation.NEEDED_BEFORE;
import static dev.stockade.launcher.plan.Relation.NEVER;
import static dev.stockade.launcher.plan.StepCode.*;

import dev.stockade.launcher.plan.FileSystemStep.MountFs;
import dev.stockade.launcher.plan.Law.Condition;
import dev.stockade.launcher.plan.ProcessStep.LsmAttribute;
import dev.stockade.launcher.plan.ProcessStep.Sysctl;
import java.util.List;

/** The root and what is mounted and made in it. */
final class FileSystemLaws {
  private static final Pattern SHOWN_PROC =
      Pattern.any(
          "`SYSCTL`, `LSM_ATTRIBUTE` through a procfs that the launch makes or attaches",
          Pattern.where("", Sysctl.class, (p, s) -> !p.isPrivateProc(s.proc())),
          Pattern.where("", LsmAttribute.class, (p, s) -> !p.isPrivateProc(s.proc())));

  static final List<Law> ALL =
      List.of(
          new Law(
              "L11",
              "file systems that show a namespace are made in it",
              Pattern.any("`JOIN_NS` of another, `UNSHARE`", JOIN_OTHER_NS, steps(UNSHARE)),
              BEFORE,
              BOUND_FS,
              ALWAYS,
              "a superblock is bound to the network, IPC or cgroup namespace of its maker",
              "sysfs(5), mq_overview(7), cgroup_namespaces(7)"),
          new Law(
              "L12",
              "propagation is cut before the first mount",
              steps(PROPAGATION),
              NEEDED_BEFORE,
              steps(USE_ROOT, ATTACH, MASK, READ_ONLY),
              ALWAYS,
              "mounts would appear on the host as well",
              "mount_namespaces(7), Shared subtrees"),
          new Law(
              "L13.1",
              "nothing is mounted behind masks and read-only paths",
              steps(ATTACH),
              BEFORE,
              steps(MASK, READ_ONLY),
              ALWAYS,
              "a later mount would lie over the mask (CVE-2025-31133, CVE-2025-52565)",
              "mount(2)"),
          new Law(
              "L13.2",
              "the root becomes read-only last",
              steps(ATTACH, MAKE_DIR, MAKE_NODE, MAKE_SYMLINK, MASK, READ_ONLY, TERMINAL),
              BEFORE,
              steps(ROOT_ATTRIBUTES),
              ALWAYS,
              "mount points could no longer be made: EROFS",
              "mount_setattr(2)"),
          new Law(
              "L14",
              "the kernel is written to only through a procfs of the launcher's own",
              SHOWN_PROC,
              NEVER,
              Pattern.NONE,
              ALWAYS,
              "what the container can mount over can be a fake file: the label or setting would go nowhere (CVE-2019-16884, CVE-2025-52881)",
              "fsopen(2), openat2(2)"),
          new Law(
              "L16.1",
              "the root is attached before it is pivoted to",
              steps(USE_ROOT),
              NEEDED_BEFORE,
              steps(
                  PIVOT_ROOT,
                  ATTACH,
                  MAKE_DIR,
                  MAKE_NODE,
                  MAKE_SYMLINK,
                  MASK,
                  READ_ONLY,
                  ROOT_ATTRIBUTES),
              ALWAYS,
              "until then paths are the host's",
              "pivot_root(2), openat2(2) RESOLVE_IN_ROOT"),
          new Law(
              "L16.2",
              "the root is complete before it is pivoted to",
              steps(
                  ATTACH,
                  MAKE_DIR,
                  MAKE_NODE,
                  MAKE_SYMLINK,
                  MASK,
                  READ_ONLY,
                  ROOT_ATTRIBUTES,
                  TERMINAL),
              BEFORE,
              steps(PIVOT_ROOT),
              ALWAYS,
              "binds of the host's trees can be attached only while they are there",
              "pivot_root(2)"),
          new Law(
              "L16.3",
              "an attached root is pivoted to",
              steps(PIVOT_ROOT),
              Relation.PRESENT,
              Pattern.NONE,
              new Condition("a root is attached", p -> p.has(USE_ROOT)),
              "the program would run in the host's root",
              "pivot_root(2)"),
          new Law(
              "L41",
              "a program has a root of its own, or a container's",
              steps(EXEC, EXEC_FD),
              NEVER,
              Pattern.NONE,
              new Condition(
                  "no root is attached and no mount namespace joined",
                  p -> !p.has(USE_ROOT) && !p.joins(CloneFlags.NEWNS)),
              "the program would run in the host's root",
              "design: container roots"),
          new Law(
              "L42",
              "the root is attached while the host's ids count",
              steps(USE_ROOT),
              BEFORE,
              steps(USER_NS_ROOT),
              ALWAYS,
              "the directory is in one only the host's root may enter",
              "path_resolution(7)"),
          new Law(
              "L43",
              "procfs and sysfs are made where the host's are fully visible",
              KERNEL_FS,
              BEFORE,
              Pattern.any(
                  "`PIVOT_ROOT`, `JOIN_NS` of the mount namespace",
                  steps(PIVOT_ROOT),
                  JOIN_MOUNT_NS),
              USER_NS,
              "the kernel makes a new one in a user namespace only beside one without anything hidden, else EPERM (mount_too_revealing)",
              "user_namespaces(7); fs/namespace.c"),
          new Law(
              "L44",
              "no device nodes are made in a user namespace",
              DEVICE_NODE,
              NEVER,
              Pattern.NONE,
              USER_NS,
              "mknod of a device needs CAP_MKNOD in the host's user namespace: EPERM",
              "mknod(2)"),
          new Law(
              "L45",
              "cgroup2 is not mounted anew in the host's cgroup namespace",
              Pattern.where(
                  "`MOUNT_FS` of cgroup2", MountFs.class, (p, s) -> s.type().equals("cgroup2")),
              NEVER,
              Pattern.NONE,
              new Condition("no cgroup namespace of its own", p -> !p.owns(CloneFlags.NEWCGROUP)),
              "there the options of a mount become those of the host's hierarchy: nsdelegate would be lost",
              "cgroups(7); kernel/cgroup/cgroup.c, apply_cgroup_root_flags"),
          new Law(
              "L46",
              "directories of the container are opened in it",
              Pattern.any(
                  "`USE_ROOT`, `JOIN_NS` of the mount namespace", steps(USE_ROOT), JOIN_MOUNT_NS),
              NEEDED_BEFORE,
              steps(OPEN_DIR),
              ALWAYS,
              "the path would be the host's",
              "openat2(2)"));

  private FileSystemLaws() {}
}

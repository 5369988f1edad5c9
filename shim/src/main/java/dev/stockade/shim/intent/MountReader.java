package dev.stockade.shim.intent;

import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.MountPropagation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the mounts of a container. */
public final class MountReader {
  /** Far above what people use; the launch plan has to hold them all. */
  private static final int MOST = 1000;

  private static final int LONGEST_SUB_PATH = 1000;

  private final Problems problems;

  MountReader(Problems problems) {
    this.problems = problems;
  }

  List<MountIntent> read(List<Mount> mounts) {
    if (mounts.size() > MOST) {
      problems.invalid("mounts", "has " + mounts.size() + " entries", "use at most " + MOST);
      return List.of();
    }
    List<MountIntent> read = new ArrayList<>();
    Set<String> targets = new HashSet<>();
    for (int i = 0; i < mounts.size(); i++) {
      String field = "mounts[" + i + "]";
      MountIntent mount = mount(field, mounts.get(i));
      boolean somewhere = mounts.get(i).getContainerPath().startsWith("/");
      if (somewhere && !targets.add(mount.target())) {
        problems.invalid(
            field + ".container_path",
            TextRules.quoted(mount.target()) + " is mounted twice",
            "keep one of the two mounts");
      }
      read.add(mount);
    }
    return List.copyOf(read);
  }

  private MountIntent mount(String field, Mount mount) {
    Optional<ImageVolumeIntent> image = image(field, mount);
    String target = normal(mount.getContainerPath());
    if (TextRules.absolutePath(problems, field + ".container_path", mount.getContainerPath())) {
      target(problems, field + ".container_path", target);
    }
    if (!mount.hasImage()) {
      TextRules.absolutePath(problems, field + ".host_path", mount.getHostPath());
    }
    MountIntent.Propagation propagation = propagation(field, mount);
    if (mount.getRecursiveReadOnly()) {
      recursiveReadOnly(field, mount, propagation);
    }
    if ((mount.getUidMappingsCount() == 0) != (mount.getGidMappingsCount() == 0)) {
      problems.invalid(field, "maps only one of uids and gids", "give uidMappings and gidMappings");
    }
    return new MountIntent(
        target,
        mount.getHostPath(),
        image,
        mount.getReadonly() || image.isPresent(),
        mount.getRecursiveReadOnly(),
        propagation,
        mount.getSelinuxRelabel() && image.isEmpty(),
        true,
        List.of(),
        NamespaceReader.readIdMaps(problems, field + ".uidMappings", mount.getUidMappingsList()),
        NamespaceReader.readIdMaps(problems, field + ".gidMappings", mount.getGidMappingsList()));
  }

  private Optional<ImageVolumeIntent> image(String field, Mount mount) {
    String subPath = mount.getImageSubPath();
    if (!mount.hasImage()) {
      if (!subPath.isEmpty()) {
        problems.invalid(field + ".image_sub_path", "is set without image", "clear it");
      }
      return Optional.empty();
    }
    if (!mount.getHostPath().isEmpty()) {
      problems.invalid(field + ".host_path", "is set together with image", "clear one of them");
    }
    if (mount.getImage().getImage().isEmpty()) {
      problems.invalid(field + ".image.image", "is empty", "name the image by reference or id");
    }
    if (mount.getPropagation() != MountPropagation.PROPAGATION_PRIVATE) {
      problems.invalid(
          field + ".propagation", "has no meaning for an image", "use PROPAGATION_PRIVATE");
    }
    boolean beneath =
        subPath.length() <= LONGEST_SUB_PATH
            && !subPath.startsWith("/")
            && subPath.chars().noneMatch(Character::isISOControl)
            && !List.of(subPath.split("/", -1)).contains("..");
    if (!beneath) {
      problems.invalid(
          field + ".image_sub_path",
          TextRules.quoted(subPath) + " is not a path beneath the image's root",
          "give a relative path without ..");
    }
    String normal = normal("/" + (beneath ? subPath : "")).substring(1);
    return Optional.of(
        new ImageVolumeIntent(
            mount.getImage().getImage(),
            ContainerIntentReader.imageName(mount.getImage()),
            normal));
  }

  /** Refuses places where nothing may be mounted in a container. */
  public static void target(Problems problems, String field, String target) {
    if (target.equals("/")) {
      problems.invalid(field, "is the root of the container", "mount at a directory below it");
    }
    // What lies there could make the launcher write its labels and kernel parameters into a file of
    // the attacker: CVE-2019-16884, CVE-2019-19921.
    if (target.equals("/proc") || target.startsWith("/proc/")) {
      problems.invalid(
          field,
          TextRules.quoted(target) + " would cover the container's procfs or a file of it",
          "mount the host's /proc elsewhere, for example at /host/proc");
    }
  }

  private MountIntent.Propagation propagation(String field, Mount mount) {
    return switch (mount.getPropagation()) {
      case PROPAGATION_PRIVATE -> MountIntent.Propagation.PRIVATE;
      case PROPAGATION_HOST_TO_CONTAINER -> MountIntent.Propagation.HOST_TO_CONTAINER;
      case PROPAGATION_BIDIRECTIONAL -> MountIntent.Propagation.BIDIRECTIONAL;
      default -> {
        problems.invalid(
            field + ".propagation",
            mount.getPropagationValue() + " is not a mount propagation",
            "use PROPAGATION_PRIVATE, _HOST_TO_CONTAINER or _BIDIRECTIONAL");
        yield MountIntent.Propagation.PRIVATE;
      }
    };
  }

  /**
   * KEP-3857: recursive read-only makes sense only for a read-only mount that receives no later
   * mounts.
   */
  private void recursiveReadOnly(String field, Mount mount, MountIntent.Propagation propagation) {
    if (!mount.getReadonly()) {
      problems.invalid(
          field + ".recursive_read_only", "is set on a writable mount", "set readonly too");
    }
    if (propagation != MountIntent.Propagation.PRIVATE) {
      problems.invalid(
          field + ".recursive_read_only",
          "cannot hold for mounts that propagate in later",
          "set propagation to PROPAGATION_PRIVATE");
    }
  }

  /** Without doubled and trailing slashes and without {@code .} components. */
  public static String normal(String path) {
    StringBuilder out = new StringBuilder();
    for (String component : path.split("/", -1)) {
      if (!component.isEmpty() && !component.equals(".")) {
        out.append('/').append(component);
      }
    }
    return out.length() == 0 ? "/" : out.toString();
  }
}

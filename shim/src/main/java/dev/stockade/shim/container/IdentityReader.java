package dev.stockade.shim.container;

import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageUser;
import dev.stockade.shim.image.UserDatabase;
import dev.stockade.shim.image.UserSpec;
import dev.stockade.shim.intent.UserIntent;
import dev.stockade.shim.oci.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds out who a container's process is to be: what the request says, else what the image says,
 * else root.
 */
final class IdentityReader {
  private static final UserSpec ROOT = new UserSpec(new UserSpec.Id(0), Optional.empty());

  private IdentityReader() {}

  /**
   * Asks the image's user database.
   *
   * @param imageUser {@code USER} of the image
   */
  static Identity read(UserIntent asked, Optional<String> imageUser, UserDatabase database)
      throws ImageException {
    ImageUser user;
    try {
      user = database.resolve(spec(asked, imageUser));
    } catch (ImageException e) {
      String field =
          asked.name().isPresent()
              ? "linux.security_context.run_as_username"
              : "image.image: its USER";
      throw e.of("CreateContainer refused: " + field, "set run_as_user");
    }
    List<Long> groups = new ArrayList<>(asked.supplementalGroups());
    if (asked.groupPolicy() == UserIntent.GroupPolicy.MERGE) {
      groups.addAll(user.groups());
    }
    return new Identity(user.uid(), user.gid(), groups, user.home());
  }

  private static UserSpec spec(UserIntent asked, Optional<String> imageUser) throws ImageException {
    Optional<UserSpec.Part> group =
        asked.gid().isPresent()
            ? Optional.of(new UserSpec.Id(asked.gid().getAsLong()))
            : Optional.empty();
    if (asked.uid().isPresent()) {
      return new UserSpec(new UserSpec.Id(asked.uid().getAsLong()), group);
    }
    if (asked.name().isPresent()) {
      return new UserSpec(UserSpec.parseUser(asked.name().get()), group);
    }
    Optional<String> image = imageUser.filter(text -> !text.isEmpty());
    return image.isPresent() ? UserSpec.parse(image.get()) : ROOT;
  }
}

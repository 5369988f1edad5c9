package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.caps.CapabilitySets;
import dev.stockade.launcher.caps.SecureBits;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciUser;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;

/** User, groups, capabilities, securebits and no_new_privs. */
final class IdentityStage {
  private static final int MAX_GROUPS = 65_536;
  private static final long KEEPABLE_BITS =
      SecureBits.ALL & ~(SecureBits.KEEP_CAPS | SecureBits.KEEP_CAPS_LOCKED);

  private final Draft draft;

  private IdentityStage(Draft draft) {
    this.draft = draft;
  }

  /**
   * Adds the steps.
   *
   * @param filtered whether a filter is installed: without no_new_privs that needs CAP_SYS_ADMIN
   *     until then
   */
  static void plan(Draft draft, OciProcess process, boolean filtered) {
    IdentityStage stage = new IdentityStage(draft);
    CapabilitySets wanted = CapabilityReview.of(process, draft);
    stage.user(process.user(), wanted.bounding());
    stage.privilege(process.noNewPrivileges(), wanted, filtered);
  }

  private void user(OciUser user, CapabilitySet bounding) {
    checkMapped("process.user.uid", user.uid(), true);
    checkMapped("process.user.gid", user.gid(), false);
    TreeSet<Long> groups = new TreeSet<>(user.additionalGids());
    for (long gid : groups) {
      checkMapped("process.user.additionalGids", gid, false);
    }
    // CVE-2022-2995: without it, leaving the primary group would escape rules made against that
    // group.
    groups.add(user.gid());
    if (groups.size() > MAX_GROUPS) {
      draft.problems.add(
          "process.user.additionalGids", "more than " + MAX_GROUPS, "the kernel takes no more");
    }
    draft.add(Section.IDENTITY, new IdentityStep.Bounding(bounding));
    draft.add(Section.IDENTITY, new IdentityStep.Securebits(draft.request.secureBits()));
    draft.add(Section.IDENTITY, new IdentityStep.KeepCaps());
    draft.add(Section.IDENTITY, new IdentityStep.Groups(List.copyOf(groups)));
    draft.add(Section.IDENTITY, new IdentityStep.Gid(user.gid()));
    draft.add(Section.IDENTITY, new IdentityStep.Uid(user.uid()));
  }

  private void checkMapped(String field, long id, boolean uid) {
    if (id < 0 || id > IdMapReview.MAX_ID) {
      draft.problems.add(field, id + " is no id", "ids are 0 to 4294967294");
      return;
    }
    Optional<IdMaps> maps = draft.namespaces.idMaps();
    if (maps.isPresent()) {
      OptionalLong host = uid ? maps.get().hostUid(id) : maps.get().hostGid(id);
      if (host.isEmpty()) {
        draft.problems.add(
            field, id + " is not mapped in the user namespace", "use an id within the mapping");
      }
    }
  }

  private void privilege(boolean noNewPrivs, CapabilitySets wanted, boolean filtered) {
    checkSecureBits(wanted);
    if (noNewPrivs) {
      draft.add(Section.PRIVILEGE, new IdentityStep.NoNewPrivs());
    }
    boolean late = filtered && !noNewPrivs;
    if (late) {
      CapabilitySet admin = CapabilitySet.of(Capability.SYS_ADMIN);
      draft.add(
          Section.PRIVILEGE,
          new IdentityStep.Capset(
              wanted.effective().plus(admin),
              wanted.permitted().plus(admin),
              wanted.inheritable()));
    }
    Section last = late ? Section.AFTER_FILTER : Section.PRIVILEGE;
    draft.add(
        last,
        new IdentityStep.Capset(wanted.effective(), wanted.permitted(), wanted.inheritable()));
    draft.add(last, new IdentityStep.Ambient(wanted.ambient()));
  }

  private void checkSecureBits(CapabilitySets wanted) {
    int bits = draft.request.secureBits();
    if ((bits & ~KEEPABLE_BITS) != 0) {
      draft.problems.add(
          "secureBits", "has bits that are none, or do not survive exec", "see capabilities(7)");
    }
    if ((bits & SecureBits.NO_CAP_AMBIENT_RAISE) != 0 && !wanted.ambient().isEmpty()) {
      draft.problems.add(
          "secureBits",
          "no ambient capability can be raised, but some are asked for",
          "remove one of the two");
    }
  }
}

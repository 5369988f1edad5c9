package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A system call filter as people write it: {@code linux.seccomp} of the OCI runtime specification.
 * Jackson's databind reads and writes it in that form; {@link ProfileReader} is the strict reader
 * for what comes from outside.
 *
 * @param defaultAction what happens to a call no rule decides
 * @param defaultErrnoRet the data of a default ERRNO or TRACE, EPERM if absent
 * @param architectures the ABIs whose calls are filtered besides the native one, which always is
 * @param flags flags of seccomp(2)
 * @param listenerPath the socket that gets the notification descriptor, if any
 * @param listenerMetadata opaque data for that listener
 * @param syscalls the rules
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonPropertyOrder({
  "defaultAction",
  "defaultErrnoRet",
  "architectures",
  "flags",
  "listenerPath",
  "listenerMetadata",
  "syscalls"
})
public record Profile(
    @JsonProperty(value = "defaultAction", required = true) Action defaultAction,
    @JsonProperty("defaultErrnoRet") @Nullable Integer defaultErrnoRet,
    @JsonProperty("architectures") List<ProfileArch> architectures,
    @JsonProperty("flags") List<FilterFlag> flags,
    @JsonProperty("listenerPath") @Nullable String listenerPath,
    @JsonProperty("listenerMetadata") @Nullable String listenerMetadata,
    @JsonProperty("syscalls") List<Rule> syscalls) {
  private static final long NEW_LISTENER = 1 << 3;
  private static final ObjectMapper JSON = new ObjectMapper();

  public Profile {
    architectures = architectures == null ? List.of() : List.copyOf(architectures);
    flags = flags == null ? List.of() : List.copyOf(flags);
    syscalls = syscalls == null ? List.of() : List.copyOf(syscalls);
  }

  public static Profile of(
      Action defaultAction, List<ProfileArch> architectures, List<Rule> syscalls) {
    return new Profile(defaultAction, null, architectures, List.of(), null, null, syscalls);
  }

  /** What happens to a call no rule decides. */
  @JsonIgnore
  public Verdict defaultVerdict() {
    return Rule.verdict(defaultAction, defaultErrnoRet);
  }

  /** Whether any call can end at a listener. */
  @JsonIgnore
  public boolean notifies() {
    return defaultAction == Action.NOTIFY
        || syscalls.stream().anyMatch(r -> r.action() == Action.NOTIFY);
  }

  /**
   * The flags argument of seccomp(SECCOMP_SET_MODE_FILTER). Without TSYNC, which has nothing to do
   * in a process of one thread and does not go together with a listener; with NEW_LISTENER where a
   * call can end at one.
   */
  public long filterFlags() {
    long bits = notifies() ? NEW_LISTENER : 0;
    for (FilterFlag flag : flags) {
      bits |= flag == FilterFlag.TSYNC ? 0 : flag.bit();
    }
    return bits;
  }

  /**
   * The ABIs of this kernel that the filter tells apart: the native one, then those listed, in a
   * fixed order.
   */
  public List<Arch> archs(Arch nativeArch) {
    return nativeArch.family().stream()
        .filter(a -> a == nativeArch || architectures.contains(ProfileArch.of(a)))
        .toList();
  }

  /**
   * The profile as compact JSON, fields in a fixed order, so that equal profiles give equal text.
   */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a profile is always JSON", e);
    }
  }
}

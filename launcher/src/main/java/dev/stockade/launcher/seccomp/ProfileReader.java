package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.List;
import java.util.function.BiFunction;

/**
 * The strict reader of profiles. A file with any field of the Docker dialect is read as one of that
 * dialect: a reader that drops {@code includes} or {@code excludes} turns a conditional rule into
 * an unconditional one. Fields that neither has are errors.
 */
public final class ProfileReader {
  /** The largest profile read, in bytes; Docker's and containerd's defaults are below 32 KiB. */
  public static final int MAX_BYTES = 1 << 20;

  static final int MAX_RULES = 4096;
  static final int MAX_NAMES = 1024;
  static final int MAX_ARGS = 16;
  static final int MAX_ARCHITECTURES = 64;
  static final int MAX_FLAGS = 16;
  private static final int MAX_DEPTH = 8;
  private static final int MAX_STRING = 64 << 10;
  private static final int MAX_DIGITS = 32;

  static final List<String> PROFILE_FIELDS =
      List.of(
          "defaultAction",
          "defaultErrnoRet",
          "architectures",
          "flags",
          "listenerPath",
          "listenerMetadata",
          "syscalls");
  static final List<String> RULE_FIELDS = List.of("names", "action", "errnoRet", "args");
  private static final List<String> CONDITION_FIELDS = List.of("index", "value", "valueTwo", "op");

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(MAX_STRING)
                          .maxNumberLength(MAX_DIGITS)
                          .maxDocumentLength(MAX_BYTES)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final ProfileFields fields = new ProfileFields();

  private ProfileReader() {}

  /**
   * Reads a profile of either dialect.
   *
   * @param json UTF-8, at most {@link #MAX_BYTES}
   * @throws ProfileException if it is not a profile or cannot be enforced, with all reasons
   */
  public static ProfileDocument read(byte[] json) throws ProfileException {
    if (json.length > MAX_BYTES) {
      throw new ProfileException(
          List.of("$: " + json.length + " bytes are more than " + MAX_BYTES));
    }
    JsonNode root = tree(json);
    ProfileReader reader = new ProfileReader();
    ProfileDocument document = reader.document(root);
    reader.fields.throwProblems();
    List<String> problems = ProfileReview.of(document.everything()).problems();
    if (!problems.isEmpty()) {
      throw new ProfileException(problems);
    }
    return document;
  }

  private ProfileDocument document(JsonNode root) {
    if (DockerDialect.isSpoken(root)) {
      return new DockerDialect(fields, this).document(root);
    }
    Profile profile = profile(root, PROFILE_FIELDS, this::rule);
    return new ProfileDocument(ProfileDocument.Dialect.OCI, profile, List.of(), List.of());
  }

  private static JsonNode tree(byte[] json) throws ProfileException {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " (line "
                  + e.getLocation().getLineNr()
                  + ", column "
                  + e.getLocation().getColumnNr()
                  + ")";
      throw new ProfileException(
          List.of("$: not acceptable JSON: " + e.getOriginalMessage() + where));
    } catch (IOException e) {
      throw new ProfileException(List.of("$: not acceptable JSON: " + e.getMessage()));
    }
  }

  /** The fields that the dialects share. */
  Profile profile(
      JsonNode node, List<String> allowed, BiFunction<String, JsonNode, Rule> readRule) {
    if (!fields.object("$", node, allowed)) {
      return Profile.of(Action.KILL_PROCESS, List.of(), List.of());
    }
    return new Profile(
        fields.word(
            "", node, "defaultAction", Action.values(), Action::ociName, Action.KILL_PROCESS),
        fields.optionalInt("", node, "defaultErrnoRet"),
        fields.words(
            "architectures", node, ProfileArch.values(), ProfileArch::ociName, MAX_ARCHITECTURES),
        fields.words("flags", node, FilterFlag.values(), FilterFlag::ociName, MAX_FLAGS),
        fields.optionalText(node, "listenerPath"),
        fields.optionalText(node, "listenerMetadata"),
        fields.list("", node, "syscalls", MAX_RULES, readRule));
  }

  private Rule rule(String at, JsonNode node) {
    if (!fields.object(at, node, RULE_FIELDS)) {
      return Rule.of(Action.KILL_PROCESS, List.of());
    }
    List<String> names = fields.list(at, node, "names", MAX_NAMES, fields::syscallName);
    return rule(at, node, names);
  }

  /** The rest of a rule whose names are known. */
  Rule rule(String at, JsonNode node, List<String> names) {
    if (names.isEmpty()) {
      fields.problem(at + ".names", "missing or empty");
    }
    return new Rule(
        names,
        fields.word(at, node, "action", Action.values(), Action::ociName, Action.KILL_PROCESS),
        fields.optionalInt(at, node, "errnoRet"),
        fields.list(at, node, "args", MAX_ARGS, this::condition));
  }

  private Condition condition(String at, JsonNode node) {
    if (!fields.object(at, node, CONDITION_FIELDS)) {
      return new Condition(0, 0, 0, Comparison.EQ);
    }
    int index = fields.index(at, node, "index", Condition.ARGUMENTS);
    return new Condition(
        index,
        fields.unsigned(at, node, "value"),
        fields.unsigned(at, node, "valueTwo"),
        fields.word(at, node, "op", Comparison.values(), Comparison::ociName, Comparison.EQ));
  }
}

package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.PodSandboxConfig;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Security contexts drawn at random, each carried out: what the model of the documents says comes
 * of it, refusal with its fields and reasons or a start with its receipt, row by row. As many of
 * 10000 as 60 seconds are enough for; with {@code -Dstockade.contexts.seconds=} all of them, in no
 * more than that time.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(7200)
class RandomContextKernelTest {
  private static final int CONTEXTS = 10_000;
  private static final int FEWEST = 101;
  private static final int TOLD_EACH = 1_000;
  private static final int MOST_TOLD = 20;
  private static final String SECONDS = "stockade.contexts.seconds";
  private static final Pattern FIELD =
      Pattern.compile(
          "(linux\\.(security_context|resources|sysctls)|mounts|devices)"
              + "(\\.[a-z_]+)*(\\[[^\\]]+\\])?(\\.[a-z_]+)?(?=: )");
  private static final long FIXED_SEED = 20_261_127;

  private final Map<RandomContext.PodKind, String> pods =
      new EnumMap<>(RandomContext.PodKind.class);
  private final Map<String, ReceiptWords> words = new HashMap<>();
  private final Map<String, String> filters = new HashMap<>();
  private final Map<String, Integer> distribution = new TreeMap<>();
  private ProbeNode node;
  private ContextNode host;
  private int ownPods;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Assumptions.assumeTrue(
        Files.notExists(Path.of("/sys/kernel/security/apparmor"))
            && Files.notExists(Path.of("/sys/fs/selinux/enforce")),
        "the model is of a node without AppArmor and SELinux");
    node = ProbeNode.start(directory);
    host = ContextNode.in(directory, node.node.config);
    pods.put(RandomContext.PodKind.PLAIN, node.pod("plain"));
    pods.put(RandomContext.PodKind.PRIVILEGED, node.privilegedPod("privileged"));
    pods.put(RandomContext.PodKind.MAPPED, node.pod("mapped", ProbeNode.userNamespace()));
    pods.put(
        RandomContext.PodKind.PRIVILEGED_MAPPED,
        node.privilegedPod("privileged-mapped", ProbeNode.userNamespace()));
    pods.put(
        RandomContext.PodKind.SHARED_PID, node.pod("shared", HostileNode.host(NamespaceMode.POD)));
    for (String pod : pods.values()) {
      words.put(pod, new ReceiptWords(node.node, pod));
    }
  }

  @AfterAll
  void end() throws Exception {
    try {
      if (host != null) {
        host.end();
      }
    } finally {
      if (node != null) {
        node.end();
      }
    }
  }

  @Test
  void whatComesOfAContextIsAsTheModelSays() throws Exception {
    long end = System.nanoTime() + Long.getLong(SECONDS, 60) * 1_000_000_000L;
    long seed = new Random().nextLong();
    System.out.println("random contexts: seeds " + FIXED_SEED + " and " + seed);
    Random fixed = new Random(FIXED_SEED);
    Random other = new Random(seed);
    List<String> wrong = new ArrayList<>();
    int done = 0;
    while (done < CONTEXTS && wrong.size() < MOST_TOLD && System.nanoTime() < end) {
      RandomContext context = RandomContext.draw(done % 2 == 0 ? fixed : other, host);
      try {
        require(context, "context " + done + " of seed " + (done % 2 == 0 ? FIXED_SEED : seed));
      } catch (AssertionError e) {
        wrong.add(String.valueOf(e.getMessage()));
      }
      done++;
      if (done % TOLD_EACH == 0) {
        System.out.println(done + " contexts, " + started() + " started");
      }
    }
    System.out.println(done + " contexts, " + started() + " started: " + distribution);
    assertThat(wrong).isEmpty();
    assertThat(filters.values())
        .as("other filters are others: %s", filters)
        .doesNotHaveDuplicates();
    assertThat(started()).isGreaterThanOrEqualTo(done * 6 / 10);
    assertThat(done)
        .isGreaterThanOrEqualTo(Long.getLong(SECONDS) == null ? FEWEST / Wait.PATIENCE : CONTEXTS);
  }

  private int started() {
    return distribution.entrySet().stream()
        .filter(kind -> kind.getKey().startsWith("started"))
        .mapToInt(Map.Entry::getValue)
        .sum();
  }

  private void require(RandomContext context, String which) throws Exception {
    ContextModel.Outcome model = ContextModel.of(context, host);
    String pod = "";
    try {
      pod = podOf(context);
      String id = start(pod, context);
      assertThat(model.refusing()).as("%s starts%n%s", which, context).isEmpty();
      requireReceipt(id, pod, model.receipt(), which + "\n" + context);
      node.node.client.remove(id);
      String privileged = context.asked().getPrivileged() ? " privileged" : "";
      count("started in " + context.pod() + privileged);
    } catch (StatusRuntimeException e) {
      requireRefusal(String.valueOf(e.getMessage()), model, which + "\n" + context);
    } finally {
      if (!pod.isEmpty() && !pods.containsValue(pod)) {
        words.remove(pod);
        node.node.client.removePod(pod);
      }
    }
  }

  /** One of the shared pods, or one with the sysctls that are asked for. */
  private String podOf(RandomContext context) throws Exception {
    Map<String, String> sysctls = context.besides().sysctls();
    if (sysctls.isEmpty()) {
      return Objects.requireNonNull(pods.get(context.pod()));
    }
    ownPods++;
    PodSandboxConfig.Builder asked =
        node.node.client.pod("own" + ownPods, HostileNode.host(NamespaceMode.CONTAINER));
    asked.getLinuxBuilder().putAllSysctls(sysctls);
    String pod = node.node.client.run(asked);
    words.put(pod, new ReceiptWords(node.node, pod));
    return pod;
  }

  private String start(String pod, RandomContext context) {
    ContainerConfig.Builder container = node.container("ids").clearLogPath();
    context.besides().into(container);
    container.getLinuxBuilder().setSecurityContext(context.asked());
    String id = node.node.client.createAsIs(pod, container);
    try {
      node.node.client.start(id);
      return id;
    } catch (StatusRuntimeException e) {
      node.node.client.remove(id);
      throw e;
    }
  }

  private void requireRefusal(String message, ContextModel.Outcome model, String which) {
    String said = message.replaceAll(" \\([^ ]+ of the spec\\)", "");
    assertThat(model.refusing()).as("%s%n%s", said, which).isNotEmpty();
    assertThat(said).as(which).contains(model.refusing());
    FIELD
        .matcher(said)
        .results()
        .forEach(
            field ->
                assertThat(model.refusing())
                    .as("%s%n%s", said, which)
                    .anyMatch(expected -> expected.startsWith(field.group() + ": ")));
    model.refusing().forEach(field -> count("refused for " + kind(field)));
  }

  private void count(String kind) {
    distribution.merge(kind, 1, Integer::sum);
  }

  private static String kind(String field) {
    return field
        .replaceFirst(": .*", "")
        .replace("linux.security_context.", "")
        .replaceAll("\\[[0-9]+\\]", "");
  }

  private void requireReceipt(String id, String pod, Map<String, String> model, String which)
      throws Exception {
    JsonNode receipt = node.node.client.receipt(id);
    for (JsonNode row : receipt.required("rows")) {
      assertThat(row.required("outcome").textValue()).as("%s of %s", row, which).startsWith("ok");
    }
    Map<String, String> found = Objects.requireNonNull(words.get(pod)).of(receipt, id);
    Map<String, String> expected = new TreeMap<>(model);
    // A filter's digest stands for the filter: the same one has it always.
    expected.computeIfPresent(
        "seccomp.program 0",
        (row, filter) ->
            filters.computeIfAbsent(filter, first -> found.getOrDefault(row, "missing")));
    assertThat(differing(found, expected)).as(which).isEmpty();
  }

  /** Rows that are not as the model has them, with both values. */
  private static Map<String, String> differing(
      Map<String, String> found, Map<String, String> expected) {
    Map<String, String> rows = new TreeMap<>();
    Stream.concat(found.keySet().stream(), expected.keySet().stream())
        .filter(row -> !Objects.equals(found.get(row), expected.get(row)))
        .forEach(
            row -> rows.put(row, "found " + found.get(row) + ", expected " + expected.get(row)));
    return rows;
  }
}

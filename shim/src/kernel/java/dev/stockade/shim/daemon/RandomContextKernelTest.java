package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.NamespaceMode;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Security contexts drawn at random, each carried out: what the model of the documents says comes
 * of it, refusal with its fields and reasons or a start with its receipt. 10000, or as many as 60
 * seconds are enough for; {@code -Dstockade.contexts.seconds=} gives more time.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(3600)
class RandomContextKernelTest {
  private static final int CONTEXTS = 10_000;
  private static final int MOST_TOLD = 20;
  private static final Pattern FIELD =
      Pattern.compile("linux\\.security_context\\.[a-z_.]+[a-z](\\[[0-9]+\\])?");
  private static final long FIXED_SEED = 20_261_126;

  private final Map<RandomContext.PodKind, String> pods =
      new EnumMap<>(RandomContext.PodKind.class);
  private final Map<String, Integer> distribution = new TreeMap<>();
  private ProbeNode node;
  private String profile;
  private long available;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Assumptions.assumeTrue(
        Files.notExists(Path.of("/sys/kernel/security/apparmor"))
            && Files.notExists(Path.of("/sys/fs/selinux/enforce")),
        "the model is of a node without AppArmor and SELinux");
    node = ProbeNode.start(directory);
    profile = directory.resolve("profile.json").toString();
    Files.writeString(Path.of(profile), "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}\n");
    pods.put(RandomContext.PodKind.PLAIN, node.pod("plain"));
    pods.put(RandomContext.PodKind.PRIVILEGED, node.privilegedPod("privileged"));
    pods.put(RandomContext.PodKind.MAPPED, node.pod("mapped", ProbeNode.userNamespace()));
    pods.put(
        RandomContext.PodKind.SHARED_PID, node.pod("shared", HostileNode.host(NamespaceMode.POD)));
    available = Long.parseUnsignedLong(ProbeNode.onHost("state").of("bounding"), 16);
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  @Test
  void whatComesOfAContextIsAsTheModelSays() throws Exception {
    long seconds = Long.getLong("stockade.contexts.seconds", 60);
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    long seed = new Random().nextLong();
    System.out.println("random contexts: seeds " + FIXED_SEED + " and " + seed);
    Random fixed = new Random(FIXED_SEED);
    Random other = new Random(seed);
    List<String> wrong = new ArrayList<>();
    int done = 0;
    while (done < CONTEXTS && wrong.size() < MOST_TOLD && System.nanoTime() < end) {
      RandomContext context = RandomContext.draw(done % 2 == 0 ? fixed : other, profile);
      try {
        require(context, "context " + done + " of seed " + (done % 2 == 0 ? FIXED_SEED : seed));
      } catch (AssertionError e) {
        wrong.add(String.valueOf(e.getMessage()));
      }
      done++;
    }
    int started = distribution.getOrDefault("started", 0);
    System.out.println(done + " contexts, " + started + " started: " + distribution);
    assertThat(wrong).isEmpty();
    assertThat(started).isGreaterThanOrEqualTo(done * 6 / 10);
    assertThat(done).isGreaterThan(100);
  }

  private void require(RandomContext context, String which) throws Exception {
    ContextModel.Outcome model = ContextModel.of(context, available);
    String pod = Objects.requireNonNull(pods.get(context.pod()));
    ContainerConfig.Builder container = node.container("ids").clearLogPath();
    container.getLinuxBuilder().setSecurityContext(context.asked());
    String id;
    try {
      id = node.node.client.createAsIs(pod, container);
      node.node.client.start(id);
    } catch (StatusRuntimeException e) {
      String said = String.valueOf(e.getMessage()).replaceAll(" \\([^ ]+ of the spec\\)", "");
      assertThat(model.refusing()).as("%s: %s%n%s", which, said, context).isNotEmpty();
      assertThat(said).as("%s%n%s", which, context).contains(model.refusing());
      FIELD
          .matcher(said)
          .results()
          .forEach(
              field ->
                  assertThat(model.refusing())
                      .as("%s: %s%n%s", which, said, context)
                      .anyMatch(expected -> expected.startsWith(field.group() + ": ")));
      model.refusing().forEach(field -> distribution.merge(kind(field), 1, Integer::sum));
      return;
    }
    assertThat(model.refusing()).as("%s starts%n%s", which, context).isEmpty();
    requireReceipt(id, model, which + "\n" + context);
    node.node.client.remove(id);
    distribution.merge("started", 1, Integer::sum);
  }

  private static String kind(String field) {
    return field
        .replaceFirst(": .*", "")
        .replace("linux.security_context.", "")
        .replaceAll("\\[[0-9]+\\]", "");
  }

  private void requireReceipt(String id, ContextModel.Outcome model, String which)
      throws Exception {
    JsonNode receipt = node.node.client.receipt(id);
    Map<String, String> found = new TreeMap<>();
    for (JsonNode row : receipt.required("rows")) {
      assertThat(row.required("outcome").textValue()).as("%s of %s", row, which).startsWith("ok");
      found.put(row.required("constraint").textValue(), row.required("kernel").textValue());
    }
    found.keySet().retainAll(model.receipt().keySet());
    assertThat(found).as(which).isEqualTo(model.receipt());
  }
}

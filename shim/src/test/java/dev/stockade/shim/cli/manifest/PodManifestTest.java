package dev.stockade.shim.cli.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.NamespaceMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PodManifestTest {
  private static final String HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n";
  private static final String ONE = "  containers: [{name: a, image: b}]\n";

  static final PodPlace PLACE =
      new PodPlace("uid-1", Path.of("/logs"), Path.of("/volumes"), Path.of("/seccomp"));
  static final NodeFacts NODE = new NodeFacts(8L << 30, true);

  static PodRequest translate(String manifest) throws ManifestRejection {
    return PodManifest.translate(manifest.getBytes(StandardCharsets.UTF_8), PLACE, NODE);
  }

  private static List<String> problems(String manifest) {
    try {
      translate(manifest);
      return List.of();
    } catch (ManifestRejection e) {
      return e.problems();
    }
  }

  @Test
  void everyProblemIsToldAtOnceWithItsPath() {
    assertThat(
            problems(
                HEAD
                    + """
                      restartPolicy: Sometimes
                      hostNetwork: "yes"
                      containers:
                      - name: A_B
                        imge: b
                        env: [{name: X, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
                        ports: [{containerPort: 70000}]
                        resources: {limits: {cpu: lots, gpu: 1}, requests: {memory: -1}}
                        volumeMounts: [{name: none, mountPath: /x, subPath: y}]
                        securityContext:
                          runAsUser: -1
                          allowPrivilegeEscalation: false
                          privileged: true
                          seccompProfile: {type: Localhost}
                          capabilities: {add: [1]}
                      - name: A_B
                        image: b
                        livenessProbe: {}
                    """))
        .containsExactlyInAnyOrder(
            "spec.restartPolicy: has to be one of Always, Never, OnFailure, not \"Sometimes\"",
            "spec.hostNetwork: has to be true or false",
            "spec.containers[0].name: has to be a DNS label of small letters, digits and \"-\"",
            "spec.containers[0].image: is required",
            "spec.containers[0].imge: is unknown or not supported by \"stockade run\"",
            "spec.containers[0].env[0].valueFrom: is unknown or not supported by \"stockade run\"",
            "spec.containers[0].ports[0].containerPort: has to be a whole number from 1 to 65535",
            "spec.containers[0].ports[0].containerPort: is required",
            "spec.containers[0].resources.limits.cpu: is no quantity: \"lots\"",
            "spec.containers[0].resources.limits.gpu: is no resource that \"stockade run\" can"
                + " limit",
            "spec.containers[0].resources.requests.memory: is no quantity: \"-1\"",
            "spec.containers[0].volumeMounts[0].name: there is no volume \"none\"",
            "spec.containers[0].volumeMounts[0].subPath: is unknown or not supported by \"stockade"
                + " run\"",
            "spec.containers[0].securityContext.runAsUser: has to be a whole number from 0 to"
                + " 2147483647",
            "spec.containers[0].securityContext.seccompProfile.localhostProfile: is required with"
                + " type Localhost",
            "spec.containers[0].securityContext.capabilities.add[0]: has to be text; put quotes"
                + " around it",
            "spec.containers[0].securityContext.allowPrivilegeEscalation: cannot be false with"
                + " privileged or with CAP_SYS_ADMIN",
            "spec.containers[1].name: has to be a DNS label of small letters, digits and \"-\"",
            "spec.containers[1].name: occurs twice: A_B",
            "spec.containers[1].livenessProbe: is unknown or not supported by \"stockade run\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hostUsers: false\n  hostPID: true",
        "hostUsers: false\n  hostIPC: true",
        "hostPID: true\n  shareProcessNamespace: true",
        "hostNetwork: true\n  hostname: h",
        "hostname: Not_A_Label",
        "dnsPolicy: None",
        "dnsPolicy: Default\n  dnsConfig: {nameservers: [192.0.2.1]}",
        "volumes: [{name: v}]",
        "volumes: [{name: v, emptyDir: {}, hostPath: {path: /}}]",
        "volumes: [{name: v, emptyDir: {medium: Memory}}]",
        "volumes: [{name: v, emptyDir: {sizeLimit: 1Gi}}]",
        "volumes: [{name: ../v, emptyDir: {}}]",
        "volumes: [{name: v, hostPath: {path: relative}}]",
        "volumes: [{name: v, hostPath: {path: /proc, type: File}}]",
        "volumes: [{name: v, hostPath: {path: /proc, type: Socket}}]",
        "volumes: [{name: v, configMap: {name: c}}]",
        "securityContext: {sysctls: [{name: a, value: b}, {name: a, value: c}]}",
        "securityContext: {runAsNonRoot: true, runAsUser: 0}",
        "terminationGracePeriodSeconds: -1",
        "nodeName: elsewhere",
      })
  void whatCannotBeHonouredIsRefused(String field) {
    assertThat(problems(HEAD + "  " + field + "\n" + ONE)).isNotEmpty();
    assertThat(problems(HEAD + ONE)).isEmpty();
  }

  /** Kubernetes takes it with the gate UserNamespacesHostNetworkSupport. */
  @Test
  void aUserNamespaceGoesTogetherWithTheHostsNetwork() throws Exception {
    PodRequest request = translate(HEAD + "  hostUsers: false\n  hostNetwork: true\n" + ONE);
    assertThat(request.ownUserNamespace()).isTrue();
    assertThat(request.sandbox().getLinux().getSecurityContext().getNamespaceOptions().getNetwork())
        .isEqualTo(NamespaceMode.NODE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "- a list",
        "just text",
        "{",
        "apiVersion: v1",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {}",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: []}",
      })
  void whatIsNoPodIsRefused(String manifest) {
    assertThat(problems(manifest)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{name: X..y}",
        "{namespace: n}",
        "{name: x, namespace: n.s}",
        "{name: x, uid: u}"
      })
  void metadataIsChecked(String metadata) {
    assertThat(problems(HEAD.replace("{name: x}", metadata) + ONE)).hasSize(1);
  }

  @Test
  void aliasesTagsDuplicatesAndFurtherDocumentsAreRefused() {
    assertThat(problems(HEAD + "  containers: [{name: &n a, image: *n}]\n"))
        .containsExactly("manifest: line 5: aliases and tags are not supported");
    assertThat(problems(HEAD + "  containers: !!java.util.Date [{name: a, image: b}]\n").get(0))
        .contains("aliases and tags are not supported");
    assertThat(problems(HEAD + "  hostPID: true\n  hostPID: false\n" + ONE).get(0))
        .startsWith("manifest: line 6: ")
        .containsIgnoringCase("duplicate");
    assertThat(problems("{\"kind\":\"Pod\",\"kind\":\"Pod\"}").get(0))
        .containsIgnoringCase("duplicate");
    assertThat(problems(HEAD + ONE + "---\nkind: Pod\n"))
        .containsExactly("manifest: holds more than one document");
  }

  @Test
  void sizeAndDepthAreBounded() {
    String deep = "[".repeat(100) + "]".repeat(100);
    assertThat(problems(HEAD + "  x: " + deep + "\n").get(0)).startsWith("manifest: ");
    assertThat(problems("{\"x\":" + deep + "}").get(0)).startsWith("manifest: ");
    assertThat(problems("#" + "x".repeat(ManifestDocument.MAX_BYTES)).get(0))
        .contains("is larger than");
    assertThatThrownBy(() -> PodManifest.translate(new byte[] {(byte) 0xff}, PLACE, NODE))
        .asInstanceOf(InstanceOfAssertFactories.type(ManifestRejection.class))
        .extracting(e -> e.problems().get(0))
        .isEqualTo("manifest: is not UTF-8");
  }

  @Test
  void theListOfProblemsIsBounded() {
    StringBuilder manifest = new StringBuilder(HEAD);
    for (int i = 0; i < 500; i++) {
      manifest.append("  unknown").append(i).append(": 1\n");
    }
    assertThat(problems(manifest.toString())).hasSize(50);
  }
}

package dev.stockade.shim.signature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.fuzz.FuzzTarget;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A policy: one that has a word for every image and no scope without images, or its problems. */
public final class PolicyFuzz implements FuzzTarget {
  private static final String FILE = "policy.json";
  private static final String KEY =
      "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFWEp0"
          + "bzMvOWVwSWRKL0lwWlA5VGFjYmVjQ0xLZgpsTmZXeE1IaDVUSG8yTzVPOEJITGZsaXVHZWpINDlvTVNEdVBo"
          + "OWJBNmY3Tk5uWm1vbDJ5UEpsdTF3PT0KLS0tLS1FTkQgUFVCTElDIEtFWS0tLS0tCg==";
  private static final String REJECT = "[{'type':'reject'}]";

  @Override
  public Stream<byte[]> seeds() {
    return Stream.of(
            "{'default':[{'type':'insecureAcceptAnything'}]}",
            "{'default':" + REJECT + ",'transports':{'docker':{" + scopes() + "}}}",
            "{'default':[" + signed("matchRepository'") + "," + signed("matchExact'") + "]}",
            "{'default':["
                + signed("exactReference','dockerReference':'r.example/a:1'")
                + ","
                + signed("exactRepository','dockerRepository':'r.example/a'")
                + ","
                + signed("remapIdentity','prefix':'r.example','signedPrefix':'docker.io/library'")
                + "]}",
            "{'default':[{'type':'sigstoreSigned','keyDatas':['" + KEY + "','" + KEY + "']}]}",
            "{'default':[{'type':'sigstoreSigned','fulcio':{'caPath':'c','oidcIssuer':'i'}},"
                + "{'type':'signedBy','keyType':'GPGKeys','keyPaths':['k']},"
                + "{'type':'sigstoreSigned','keyPath':'k','rekorPublicKeyPath':'r'}]}",
            "{'default':" + REJECT + ",'transports':{'oci':{'/a/b':" + REJECT + "},'dir':{}}}")
        .map(text -> text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static String scopes() {
    return String.join(
        ",",
        Stream.of(
                "",
                "*.example",
                "r.example:5000",
                "R.example:443/ns",
                "docker.io/library/busybox",
                "r.example/app:1",
                "r.example/app@sha256:" + "0".repeat(64))
            .map(scope -> "'" + scope + "':" + REJECT)
            .toList());
  }

  private static String signed(String identity) {
    return "{'type':'sigstoreSigned','keyData':'"
        + KEY
        + "','signedIdentity':{'type':'"
        + identity
        + "}}";
  }

  @Override
  public void take(byte[] input) {
    try {
      check(PolicyReader.read(FILE, input));
    } catch (ImageException e) {
      assertThat(e.kind()).isEqualTo(ImageException.Kind.UNTRUSTED);
      assertThat(e.getMessage()).startsWith(FILE).endsWith("; correct the file");
    }
  }

  private static void check(Policy policy) {
    assertThat(policy.byDefault()).isNotEmpty();
    assertThat(policy.docker().requirements()).isNotEmpty();
    policy
        .transports()
        .values()
        .forEach(
            scopes ->
                assertThat(scopes.values()).allSatisfy(list -> assertThat(list).isNotEmpty()));
    for (String scope : policy.transports().getOrDefault(Policy.DOCKER, Map.of()).keySet()) {
      if (!scope.isEmpty()) {
        assertThat(images(scope)).as(scope).isNotEmpty();
      }
    }
  }

  /** Images that are in a scope; its host may be one only for its port. */
  private static List<ImageReference> images(String scope) {
    String name = scope.replaceFirst("^\\*", "any");
    return Stream.of(name, name.replaceFirst("^[^/]*", "$0:443"))
        .flatMap(each -> Stream.of(each, each + "/x/y:1"))
        .flatMap(PolicyFuzz::parsed)
        .filter(image -> DockerScopes.of(image).contains(scope))
        .toList();
  }

  private static Stream<ImageReference> parsed(String text) {
    try {
      return Stream.of(ImageReference.parse(text));
    } catch (ImageException e) {
      return Stream.empty();
    }
  }
}

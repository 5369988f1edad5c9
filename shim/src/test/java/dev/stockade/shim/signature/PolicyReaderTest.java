package dev.stockade.shim.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.signature.Requirement.AcceptAnything;
import dev.stockade.shim.signature.Requirement.Reject;
import dev.stockade.shim.signature.Requirement.Signed;
import dev.stockade.shim.signature.Requirement.Unverifiable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PolicyReaderTest {
  private static final String REJECT = "[{'type':'reject'}]";
  private static final String ACCEPT = "[{'type':'insecureAcceptAnything'}]";

  @TempDir private Path directory = Path.of("unset");

  private static Policy read(String text) throws ImageException {
    return PolicyReader.read(
        "policy.json", text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static Policy docker(String scopes) throws ImageException {
    return read("{'default':" + REJECT + ",'transports':{'docker':{" + scopes + "}}}");
  }

  private static Requirement only(String requirement) throws ImageException {
    return read("{'default':[" + requirement + "]}").byDefault().get(0);
  }

  @Test
  void eachKindOfRequirementIsRead() throws Exception {
    String data = Signer.p256().data();
    assertThat(only("{'type':'insecureAcceptAnything'}")).isEqualTo(new AcceptAnything());
    assertThat(only("{'type':'reject'}")).isEqualTo(new Reject());
    Signed one = (Signed) only("{'type':'sigstoreSigned','keyData':'" + data + "'}");
    assertThat(one.keys()).hasSize(1);
    assertThat(one.identity()).isEqualTo(new SignedIdentity.MatchRepoDigestOrExact());
    Signed two =
        (Signed) only("{'type':'sigstoreSigned','keyDatas':['" + data + "','" + data + "']}");
    assertThat(two.keys()).hasSize(2);
  }

  @Test
  void keysMayBeInFilesThatTheirOwnerAloneCanWrite() throws Exception {
    Path key = Files.writeString(directory.resolve("k.pub"), Signer.p256().pem());
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(((Signed) only("{'type':'sigstoreSigned','keyPath':'" + key + "'}")).keys())
        .hasSize(1);
    String two = "{'type':'sigstoreSigned','keyPaths':['" + key + "','" + key + "']}";
    assertThat(((Signed) only(two)).keys()).hasSize(2);
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-rw-r--"));
    assertThatThrownBy(() -> only(two)).hasMessageContaining("chmod go-w");
    Files.delete(key);
    assertThatThrownBy(() -> only(two)).hasMessageContaining("does not exist");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'signedBy','keyType':'GPGKeys','keyPath':'/k'}",
        "{'type':'signedBy','keyType':'GPGKeys','keyPaths':['/k'],'signedIdentity':{'type':'matchExact'}}",
        "{'type':'signedBaseLayer','baseLayerIdentity':{'type':'matchExact'}}",
        "{'type':'sigstoreSigned','fulcio':{'caPath':'/c','oidcIssuer':'i','subjectEmail':'e'}}",
        "{'type':'sigstoreSigned','pki':{'caRootsPath':'/c','subjectEmail':'e'}}",
        "{'type':'sigstoreSigned','keyPath':'/k','rekorPublicKeyPath':'/r'}"
      })
  void whatIsNotVerifiedHereIsReadAndFulfilledByNothing(String requirement) throws Exception {
    assertThat(only(requirement)).isInstanceOf(Unverifiable.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'type':'matchExact'}| matchExact",
        "{'type':'matchRepoDigestOrExact'}| matchRepoDigestOrExact",
        "{'type':'matchRepository'}| matchRepository",
        "{'type':'exactReference','dockerReference':'r.example/a:1'}| exactReference",
        "{'type':'exactRepository','dockerRepository':'r.example/a'}| exactRepository",
        "{'type':'remapIdentity','prefix':'r.example:5000','signedPrefix':'docker.io/library'}|"
            + " remapIdentity"
      })
  void eachKindOfIdentityIsRead(String identity, String type) throws Exception {
    Signed signed =
        (Signed)
            only(
                "{'type':'sigstoreSigned','keyData':'"
                    + Signer.p256().data()
                    + "','signedIdentity':"
                    + identity
                    + "}");
    assertThat(signed.identity().type()).isEqualTo(type);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''| is empty",
        "[]| is not an object",
        "{}| has no default",
        "{'default':[]}| list of 1",
        "{'default':{}}| list of 1",
        "{'default':[1]}| type is missing",
        "{'default':[{'type':'accept'}]}| is \"accept\"",
        "{'default':[{'type':'reject','more':1}]}| more",
        "{'default':[{'type':'reject','type':'insecureAcceptAnything'}]}| uplicate",
        "{'default':[{'type':'reject'}],'default':[{'type':'reject'}]}| uplicate",
        "{'default':[{'type':'reject'}],'defualt':1}| defualt",
        "{'default':[{'type':'reject'}],'transports':[]}| transports is not an object",
        "{'default':[{'type':'reject'}],'transports':{'dokcer':{}}}| is no transport",
        "{'default':[{'type':'reject'}],'transports':{'docker':[]}}| is not an object",
        "{'default':[{'type':'reject'}]} x| not acceptable JSON",
        "{'default':[{'type':'sigstoreSigned'}]}| exactly one of",
        "{'default':[{'type':'sigstoreSigned','keyPath':'/a','keyData':'b'}]}| exactly one of",
        "{'default':[{'type':'sigstoreSigned','keyPath':'a'}]}| not an absolute path",
        "{'default':[{'type':'sigstoreSigned','keyPath':'/none/at/all'}]}| does not exist",
        "{'default':[{'type':'sigstoreSigned','keyPath':1}]}| is not a text",
        "{'default':[{'type':'sigstoreSigned','keyPaths':[]}]}| list of 1",
        "{'default':[{'type':'sigstoreSigned','keyData':'*'}]}| is not base64",
        "{'default':[{'type':'sigstoreSigned','keyData':'aGk='}]}| one PEM block",
        "{'default':[{'type':'signedBy','keyType':'GPGKeys'}]}| exactly one of",
        "{'default':[{'type':'signedBy','keyPath':'/k'}]}| has no keyType",
        "{'default':[{'type':'signedBy','keyType':'GPGKeys','keyPath':'/k','signedIdentity':"
            + "{'type':'x'}}]}| signedIdentity.type is \"x\""
      })
  void whatIsNotSoundIsRefusedByItsPlace(String policy, String problem) {
    assertThatThrownBy(() -> read(policy))
        .hasMessageContaining("policy.json")
        .hasMessageContaining(problem)
        .hasMessageContaining("correct the file")
        .extracting(e -> ((ImageException) e).kind())
        .isEqualTo(ImageException.Kind.UNTRUSTED);
  }

  /** Other readers of the same file take UTF-8 alone. */
  @Test
  void anotherEncodingIsRefused() {
    byte[] content = "{\"default\":[{\"type\":\"reject\"}]}".getBytes(StandardCharsets.UTF_16);
    assertThatThrownBy(() -> PolicyReader.read("policy.json", content))
        .hasMessage("policy.json is not UTF-8; correct the file");
  }

  @Test
  void allProblemsAreToldAtOnce() {
    assertThatThrownBy(() -> read("{'default':[],'transports':{'x':{},'docker':{'a':[]}}}"))
        .hasMessageContaining("default is not a list")
        .hasMessageContaining("\"x\" is no transport")
        .hasMessageContaining("\"docker\".\"a\" is not a list");
  }

  @ParameterizedTest
  @CsvSource({
    "docker, *.*.example",
    "docker, a*.example",
    "docker, *.-.example",
    "docker, *.example:5000",
    "docker, *.example/app",
    "docker, *",
    "docker, https://r.example",
    "docker, r.example/",
    "docker, busybox",
    "docker, library/busybox",
    "docker, busybox:latest",
    "docker, r.example/App",
    "docker, r.example/app:1@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "oci, relative",
    "oci, /",
    "oci, /a/../b",
    "oci, /a:tag",
    "oci-archive, /a/",
    "docker-archive, /a"
  })
  void aScopeThatNothingCanBeInIsRefused(String transport, String scope) {
    String transports = "{'" + transport + "':{'" + scope + "':" + REJECT + "}}";
    assertThatThrownBy(() -> read("{'default':" + REJECT + ",'transports':" + transports + "}"))
        .hasMessageContaining(scope.substring(0, Math.min(scope.length(), 40)));
  }

  @ParameterizedTest
  @CsvSource({
    "r.example:5000/ns/app:1, docker.\"r.example:5000/ns/app:1\"",
    "r.example:5000/ns/app:2, docker.\"r.example:5000/ns/app\"",
    "r.example:5000/ns/web:1, docker.\"r.example:5000/ns\"",
    "r.example:5000/nsx:1, docker.\"r.example:5000\"",
    "r.example/app:1, docker.\"*.example\"",
    "a.b.r.example:99/app:1, docker.\"*.r.example\"",
    "example/app:1, docker.\"\"",
    "R.EXAMPLE:5000/ns/app:1, docker.\"r.example:5000/ns/app:1\"",
    "upper.case/x:1, docker.\"upper.case\"",
    "upper.case:443/x:1, docker.\"upper.case\"",
    "upper.case:0443/x:1, docker.\"upper.case\"",
    "upper.case:444/x:1, docker.\"\"",
    "port.test/x:1, docker.\"port.test\"",
    "r.example:05000/ns/app:2, docker.\"r.example:5000/ns/app\"",
    "registry-1.docker.io:443/library/busybox:1, docker.\"docker.io/library/busybox\"",
    "registry-1.docker.io/library/busybox:1, docker.\"docker.io/library/busybox\""
  })
  void theMostSpecificScopeHolds(String image, String place) throws Exception {
    Policy policy =
        docker(
            String.join(
                ",",
                "'r.example:5000/ns/app:1':" + ACCEPT,
                "'r.example:5000/ns/app':" + ACCEPT,
                "'r.example:5000/ns':" + ACCEPT,
                "'r.example:5000':" + ACCEPT,
                "'*.example':" + ACCEPT,
                "'*.r.example':" + ACCEPT,
                "'Upper.Case':" + ACCEPT,
                "'port.test:443':" + ACCEPT,
                "'docker.io/library/busybox':" + ACCEPT,
                "'':" + REJECT));
    assertThat(policy.docker(ImageReference.parse(image)).place()).isEqualTo("transports." + place);
  }

  @Test
  void withoutAScopeTheDefaultHolds() throws Exception {
    Policy policy = docker("'r.example':" + ACCEPT);
    assertThat(policy.docker(ImageReference.parse("x.example/a:1")).place()).isEqualTo("default");
    assertThat(policy.file("oci", "/a/b").place()).isEqualTo("default");
  }

  @Test
  void directoriesAreScopesOfWhatIsInThem() throws Exception {
    Policy policy =
        read(
            "{'default':"
                + REJECT
                + ",'transports':{'oci':{'/srv/images':"
                + ACCEPT
                + ",'/srv/images/bad':"
                + REJECT
                + "}}}");
    assertThat(policy.file("oci", "/srv/images/x").place())
        .isEqualTo("transports.oci.\"/srv/images\"");
    assertThat(policy.file("oci", "/srv/images/bad/x").place())
        .isEqualTo("transports.oci.\"/srv/images/bad\"");
    assertThat(policy.file("oci", "/srv/imagesx").place()).isEqualTo("default");
    assertThat(policy.file("oci-archive", "/srv/images/x").place()).isEqualTo("default");
  }

  @Test
  void scopesThatDifferInHowTheyWriteTheirHostAreRefused() {
    assertThatThrownBy(() -> docker("'r.example/a':" + REJECT + ",'R.example/a':" + ACCEPT))
        .hasMessageContaining("twice");
    assertThatThrownBy(() -> docker("'r.example/a':" + REJECT + ",'r.example:443/a':" + ACCEPT))
        .hasMessageContaining("twice");
  }

  @Test
  void aTagOfARepositoryIsNotSilentlyIgnored() {
    String identity = "{'type':'exactRepository','dockerRepository':'r.example/a:1'}";
    assertThatThrownBy(
            () ->
                only("{'type':'sigstoreSigned','keyPath':'/k','signedIdentity':" + identity + "}"))
        .hasMessageContaining("signedIdentity.dockerRepository has a tag or a digest");
  }
}

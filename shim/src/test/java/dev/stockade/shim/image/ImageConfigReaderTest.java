package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageConfigReaderTest {
  private static final String DIFF =
      "sha256:abababababababababababababababababababababababababababababababab";
  private static final String ROOTFS =
      "'rootfs':{'type':'layers','diff_ids':['" + DIFF + "']},'architecture':'amd64','os':'linux'";

  private static ImageConfig read(String json) throws ImageException {
    byte[] content = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return ImageConfigReader.read(Digest.of(Digest.Algorithm.SHA256, content), content, 10);
  }

  @Test
  void everyFieldIsRead() throws ImageException {
    ImageConfig config =
        read(
            "{'config':{'User':'1000:1000','Env':['A=b','C='],'Entrypoint':['/e'],'Cmd':['x','y'],"
                + "'WorkingDir':'/w','Labels':{'k':'v','K':'V'},'StopSignal':'SIGINT',"
                + "'ExposedPorts':{'80/tcp':{}},'Volumes':{'/data':{}},'Unknown':[1]},"
                + ROOTFS
                + "}");
    assertThat(config.user()).contains("1000:1000");
    assertThat(config.environment()).containsExactly("A=b", "C=");
    assertThat(config.entrypoint()).containsExactly("/e");
    assertThat(config.command()).containsExactly("x", "y");
    assertThat(config.workingDirectory()).contains("/w");
    assertThat(config.labels()).containsEntry("k", "v").containsEntry("K", "V");
    assertThat(config.stopSignal()).contains("SIGINT");
    assertThat(config.exposedPorts()).containsExactly("80/tcp");
    assertThat(config.volumes()).containsExactly("/data");
    assertThat(config.diffIds()).hasToString("[" + DIFF + "]");
  }

  @Test
  void absentAndNullFieldsAreEmpty() throws ImageException {
    assertThat(read("{" + ROOTFS + "}").user()).isEqualTo(Optional.empty());
    assertThat(read("{'config':null," + ROOTFS + "}").environment()).isEmpty();
    assertThat(read("{'config':{'User':'','Env':null}," + ROOTFS + "}").user()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{} {}",
        "{'config':{}}",
        "{'config':[]," + ROOTFS + "}",
        "{'config':{'Env':'A=b'}," + ROOTFS + "}",
        "{'config':{'Env':['novalue']}," + ROOTFS + "}",
        "{'config':{'Env':['=x']}," + ROOTFS + "}",
        "{'config':{'Env':['A=\\u0000']}," + ROOTFS + "}",
        "{'config':{'Cmd':[1]}," + ROOTFS + "}",
        "{'config':{'Cmd':[['a']]}," + ROOTFS + "}",
        "{'config':{'Cmd':['a']},'Config':{'Cmd':['b']}," + ROOTFS + "}",
        "{'config':{'Cmd':['a']},'config':{'Cmd':['b']}," + ROOTFS + "}",
        "{'config':{'cmd':['a'],'Cmd':['b']}," + ROOTFS + "}",
        "{'layers':[]," + ROOTFS + "}",
        "{'manifests':[]," + ROOTFS + "}",
        "{'rootfs':{'type':'other','diff_ids':[]},'architecture':'amd64','os':'linux'}",
        "{'rootfs':{'type':'layers','diff_ids':['sha256:../x']},'architecture':'a','os':'linux'}",
      })
  void documentsOfAnotherShapeAreRefused(String json) {
    assertThatThrownBy(() -> read(json)).isInstanceOf(ImageException.class);
  }

  @Test
  void sizesAreBounded() {
    String eleven = ("'" + DIFF + "',").repeat(11).replaceFirst(",$", "");
    assertThatThrownBy(
            () ->
                read(
                    "{'rootfs':{'type':'layers','diff_ids':["
                        + eleven
                        + "]},'architecture':'a','os':'b'}"))
        .hasMessageContaining("at most 10");
    assertThatThrownBy(() -> read("{'x':" + "[".repeat(40) + "]".repeat(40) + "," + ROOTFS + "}"))
        .hasMessageContaining("nesting");
    assertThatThrownBy(() -> read("{'x':[" + "[],".repeat(150_000) + "0]," + ROOTFS + "}"))
        .hasMessageContaining("Token");
    assertThatThrownBy(
            () -> read("{'config':{'Cmd':['" + "x".repeat(131072) + "']}," + ROOTFS + "}"))
        .hasMessageContaining("128 KiB");
  }

  @Test
  void theEnvironmentIsNotShown() throws ImageException {
    assertThat(read("{'config':{'Env':['TOKEN=hunter2']}," + ROOTFS + "}").toString())
        .doesNotContain("hunter2");
  }
}

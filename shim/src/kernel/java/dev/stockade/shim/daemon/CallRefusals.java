package dev.stockade.shim.daemon;

import static io.grpc.Status.Code.DEADLINE_EXCEEDED;
import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;

import dev.stockade.cri.v1.ContainerStatusRequest;
import dev.stockade.cri.v1.ImageFilter;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.ImageStatusRequest;
import dev.stockade.cri.v1.ListImagesRequest;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.cri.v1.RemoveImageRequest;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;

/** Calls about what is there, or is not, that must be refused. */
final class CallRefusals {
  private static final String NOBODY = "e".repeat(64);

  private final List<Refusal> rows = new ArrayList<>();

  private CallRefusals() {}

  static List<Refusal> all() {
    CallRefusals table = new CallRefusals();
    table.starts();
    table.commands();
    table.ends();
    table.statuses();
    table.images();
    return table.rows;
  }

  private void row(String what, Status.Code code, String field, Refusal.Request request) {
    rows.add(Refusal.of(what, code, field, request));
  }

  private void starts() {
    row("start of nothing", INVALID_ARGUMENT, "container_id", scene -> scene.client.start(""));
    row("start of none", NOT_FOUND, "container", scene -> scene.client.start(NOBODY));
    row(
        "start of what runs",
        FAILED_PRECONDITION,
        "running",
        scene -> scene.client.start(scene.running));
    row(
        "start of what has ended",
        FAILED_PRECONDITION,
        "exited",
        scene -> scene.client.start(scene.ended));
  }

  private void commands() {
    row("no command", INVALID_ARGUMENT, "cmd", scene -> scene.client.exec(scene.running, 0));
    row(
        "time below 0",
        INVALID_ARGUMENT,
        "timeout",
        scene -> scene.client.exec(scene.running, -1, "true"));
    row("command in none", NOT_FOUND, "container", s -> s.client.exec(NOBODY, 0, "true"));
    row("command in nothing", INVALID_ARGUMENT, "container_id", s -> s.client.exec("", 0, "true"));
    row(
        "command in what was not started",
        FAILED_PRECONDITION,
        "created",
        scene -> scene.client.exec(scene.created, 0, "true"));
    row(
        "command in what has ended",
        FAILED_PRECONDITION,
        "exited",
        scene -> scene.client.exec(scene.ended, 0, "true"));
    row(
        "command that takes too long",
        DEADLINE_EXCEEDED,
        "timeout",
        scene -> scene.client.exec(scene.running, 1, "sleep", "60"));
    row(
        "NUL in a command",
        INVALID_ARGUMENT,
        "cmd[1]",
        scene -> scene.client.exec(scene.running, 0, "echo", "a\0b"));
    row(
        "argument longer than the kernel takes",
        INVALID_ARGUMENT,
        "cmd[1]",
        scene -> scene.client.exec(scene.running, 0, "echo", "a".repeat(131_072)));
    String[] many = new String[50];
    java.util.Arrays.fill(many, "a".repeat(100_000));
    row(
        "command over the size limit",
        FAILED_PRECONDITION,
        "cmd",
        scene -> scene.client.exec(scene.running, 0, many));
  }

  private void ends() {
    row("stop of nothing", INVALID_ARGUMENT, "container_id", scene -> scene.client.stop("", 0));
    row("grace below 0", INVALID_ARGUMENT, "timeout", s -> s.client.stop(s.running, -1));
    row("removal of nothing", INVALID_ARGUMENT, "container_id", scene -> scene.client.remove(""));
    row("stop of no pod", INVALID_ARGUMENT, "pod_sandbox_id", scene -> scene.client.stopPod(""));
    row("removal of no pod", INVALID_ARGUMENT, "pod_sandbox_id", s -> s.client.removePod(""));
  }

  private void statuses() {
    row(
        "status of no container",
        NOT_FOUND,
        "container",
        scene ->
            scene
                .client
                .runtime()
                .containerStatus(
                    ContainerStatusRequest.newBuilder().setContainerId(NOBODY).build()));
    row(
        "status of no pod",
        NOT_FOUND,
        "pod sandbox",
        scene ->
            scene
                .client
                .runtime()
                .podSandboxStatus(
                    PodSandboxStatusRequest.newBuilder().setPodSandboxId(NOBODY).build()));
  }

  private void images() {
    ImageSpec nameless = ImageSpec.getDefaultInstance();
    ImageSpec formless = ImageSpec.newBuilder().setImage("UPPER//case").build();
    for (ImageSpec image : List.of(nameless, formless)) {
      String name = "image '" + image.getImage() + "'";
      row(
          "status of " + name,
          INVALID_ARGUMENT,
          "image.image",
          scene ->
              scene
                  .client
                  .images()
                  .imageStatus(ImageStatusRequest.newBuilder().setImage(image).build()));
      row(
          "removal of " + name,
          INVALID_ARGUMENT,
          "image.image",
          scene ->
              scene
                  .client
                  .images()
                  .removeImage(RemoveImageRequest.newBuilder().setImage(image).build()));
    }
    row(
        "list of image 'UPPER//case'",
        INVALID_ARGUMENT,
        "filter.image.image",
        scene ->
            scene
                .client
                .images()
                .listImages(
                    ListImagesRequest.newBuilder()
                        .setFilter(ImageFilter.newBuilder().setImage(formless))
                        .build()));
  }
}

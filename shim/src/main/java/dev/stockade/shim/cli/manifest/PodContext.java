package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.NamespaceOption;

/** What the reading of a container has to know of its pod. */
record PodContext(
    PodPlace place,
    NodeFacts node,
    PodSecurity security,
    Volumes volumes,
    NamespaceOption namespaces,
    String podName,
    String podNamespace) {}

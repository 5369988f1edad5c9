package dev.stockade.shim.config;

/** What becomes of a constraint that this node cannot enforce. */
public enum Response {
  /** It is enforced or nothing is: the request fails. */
  ENFORCE,
  /** The request goes on without; the receipt, the status and the log say so. */
  REPORT
}

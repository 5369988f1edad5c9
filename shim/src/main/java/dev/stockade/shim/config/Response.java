package dev.stockade.shim.config;

/** What to do about a constraint that this node cannot enforce. */
public enum Response {
  /** The request fails. */
  REFUSE,
  /** The request goes on without; the receipt, the status and the log say so. */
  REPORT
}

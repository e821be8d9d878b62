declare const issued: unique symbol;

/**
 * Permission to make a checkpoint's outputs visible. Only the checkpoint room makes one, and only from a manifest that
 * is durable and whose epoch it still owns; so committing without checking does not compile.
 */
export interface CommitPermit {
  readonly [issued]: true;
  readonly checkpoint: number;
  readonly epoch: number;
}

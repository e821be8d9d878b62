import type { Host } from "./host.ts";

/** A host under test, fresh for each case. */
export interface HostUnderTest {
  readonly host: Host;
  /** An existing empty directory of its disk. */
  readonly directory: string;
  /** Lets at least this much of the host's time pass. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** A case of one port. */
export interface HostCase {
  readonly name: string;
  run(subject: HostUnderTest): Promise<void>;
}

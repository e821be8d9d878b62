import { hostname } from "node:os";

/** What names this process to people. */
export interface ProcessFacts {
  readonly pid: number;
  readonly hostname: string;
}

export function processFacts(): ProcessFacts {
  return { pid: process.pid, hostname: hostname() };
}

import { readFile } from "node:fs/promises";
import type { ClicksJob } from "../kill/clicks-job.ts";
import type { Ended } from "../tidemark-process.ts";
import type { Requirements } from "./requirements.ts";

/** What {@link tracedRun} needs. */
export const TRACE_REQUIREMENTS: Requirements = { commands: ["strace"] };

/** Which system calls of a run fail, and how. */
export interface Injection {
  /** System calls, separated by commas. */
  readonly calls: string;
  /** As strace takes it: `error=EIO`, `retval=100`, `delay_exit=20000` (microseconds). */
  readonly effect: string;
  /** Counted per thread; all file calls of the job come from one. `n` is the nth, `n+` every one from there. */
  readonly when: string;
  /** Only calls on one of these files; on every file by default. */
  readonly paths?: readonly string[];
}

/** A system call of the trace. */
export interface TracedCall {
  readonly name: string;
  /** The file of its first argument. */
  readonly path: string;
  readonly isInjected: boolean;
}

export interface TracedEnd extends Ended {
  readonly calls: readonly TracedCall[];
}

/** Runs the job to its end with faults injected into its system calls; `log` is a file for the trace. */
export async function tracedRun(
  job: ClicksJob,
  injection: Injection,
  { log, rate }: { log: string; rate: number },
): Promise<TracedEnd> {
  const { calls, effect, when, paths = [] } = injection;
  const under = [
    ...["strace", "-f", "--seccomp-bpf", "-y", "-qq", "-o", log],
    ...paths.flatMap((path) => ["-P", path]),
    ...["-e", `trace=${calls}`, "-e", `inject=${calls}:${effect}:when=${when}`],
  ];
  // One thread for all file calls: `when` counts per thread, and with several the nth call of one may never come.
  const ended = await job.start({ rate, under, env: { UV_THREADPOOL_SIZE: "1" } }).ended;
  return { ...ended, calls: parseTrace(await readFile(log, "utf8")) };
}

/**
 * Lines such as `123 fsync(33</path>) = -1 EIO (Input/output error) (INJECTED)`, or in two where another thread came between:
 * `123 fsync(33</path> <unfinished ...>` and `123 <... fsync resumed>) = …`. What is neither is left out. In order of their ends.
 */
function parseTrace(text: string): TracedCall[] {
  const begun = new Map<string, { name: string; path: string }>();
  return text.split("\n").flatMap((line) => {
    const [, thread = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const match = /^(\w+)\(\d+<([^>]*)>/.exec(rest);
    const call = match === null ? begun.get(thread) : { name: match[1] ?? "", path: match[2] ?? "" };
    if (call === undefined) return [];
    if (rest.endsWith("<unfinished ...>")) {
      begun.set(thread, call);
      return [];
    }
    begun.delete(thread);
    return [{ ...call, isInjected: /\((INJECTED|DELAYED)\)/.test(rest) }];
  });
}

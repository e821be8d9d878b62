import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { PORTS } from "../kill/expected-output.ts";
import { expectedOfChain, FaultChain } from "./fault-chain.ts";
import { isPossible } from "./requirements.ts";
import { TRACE_REQUIREMENTS, tracedRun, type Injection, type TracedEnd } from "./traced-run.ts";

const RATE = 8_000;
const isLong = process.env["TIDEMARK_LONG"] === "1";
/** Each of the calls in a long run, every so many-th otherwise. */
const stepOf = (step: number): number => (isLong ? 1 : step);
/** More than a start and two checkpoints with their commits make. */
const SYNCS = 48;
const READS = 12;
const WRITES_OF_A_PORT = 4;
const SYNC_CALLS = "fsync,fdatasync";
const OPTIONS = { timeout: 900_000 };

test("a sync that fails is never tried again: the job halts, and the next start goes on", OPTIONS, async (t) => {
  const injections = numbers(SYNCS, 8).map((nth): Injection => ({
    calls: SYNC_CALLS,
    effect: "error=EIO",
    when: String(nth),
  }));
  await chain(t, injections, assertNoSecondSync);
});

test("no space for an output: the job halts, and the next start goes on", OPTIONS, async (t) => {
  const writes = PORTS.flatMap((port) => numbers(WRITES_OF_A_PORT, 1).map((nth) => ({ port, nth })));
  const injections = writes
    .filter((_, index) => index % stepOf(5) === 0)
    .map(({ port, nth }) => (job: FaultChain): Injection => ({
      calls: "write",
      effect: "error=ENOSPC",
      when: String(nth),
      paths: [join(job.folder, `${port}.jsonl`)],
    }));
  await chain(t, injections);
});

test("no space for prepared output: the job halts, and the next start goes on", OPTIONS, async (t) => {
  const injections = PORTS.filter((_, index) => index % stepOf(2) === 0).map(
    (port) =>
      (job: FaultChain): Injection => ({
        calls: "write",
        effect: "error=ENOSPC",
        when: "1+",
        paths: openFiles(job, port),
      }),
  );
  await chain(t, injections);
});

test("a read of the disk that fails: the job halts, and the next start goes on", OPTIONS, async (t) => {
  // What is read is what an earlier start left, and the input: files whose names are known before the start.
  const injections = numbers(READS, 2).map((nth) => async (job: FaultChain): Promise<Injection> => ({
    calls: "pread64",
    effect: "error=EIO",
    when: String(nth),
    paths: await job.files(),
  }));
  await chain(t, [{ calls: SYNC_CALLS, effect: "error=EIO", when: "25" }, ...injections]);
});

test("a slow disk makes a job slow and nothing else", OPTIONS, async (t) => {
  const slow: Injection = { calls: SYNC_CALLS, effect: "delay_exit=30000", when: "1+" };
  await chain(t, [slow], (run) => assert.equal(run.exitCode, 0, run.stderr));
});

test(
  "a write that the disk confirms and never does: found before a row of it is committed, and for good",
  OPTIONS,
  async (t) => {
    if (!isPossible(t, TRACE_REQUIREMENTS)) return;
    const chain = await FaultChain.open(t);
    const lie: Injection = { calls: "write", effect: "retval=100", when: "1", paths: openFiles(chain, "sprees") };
    const run = await tracedRun(chain.job, lie, { log: join(chain.scratch, "trace"), rate: RATE });
    const next = await chain.job.start().ended;
    for (const { exitCode, stderr } of [run, next]) {
      assert.equal(exitCode, 21, stderr);
      assert.match(stderr, /TM_CHECKPOINT_CORRUPT .*path=\S+\.staged/);
    }
    await expectedOfChain().assertNothingWrongIn(chain.job);
  },
);

test(
  "a file that may not grow any further: the short write is seen, the job halts, and the next start goes on",
  OPTIONS,
  async (t) => {
    if (!isPossible(t, { commands: ["prlimit"] })) return;
    const chain = await FaultChain.open(t);
    // Bytes: the first stops a segment, the later ones an output.
    const limits = [20_001, 90_001, 150_001, 250_001].filter((_, index) => index % stepOf(2) === 0);
    for (const limit of limits) {
      const run = await chain.job.start({ rate: RATE, under: ["prlimit", `--fsize=${limit}`] }).ended;
      assert.equal(run.exitCode, 75, `limit ${limit}:\n${run.stderr}`);
      await chain.assertTypedEnd(run, { hasStruck: true, errnos: ["EFBIG"], what: `limit ${limit}` });
    }
    await chain.finish();
    t.diagnostic(`errors: ${chain.errors}`);
  },
);

function numbers(count: number, step: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1).filter((nth) => (nth - 1) % stepOf(step) === 0);
}

/** Names under which the first processes of a job stage their lines: open-<epoch>-<writer>-<number>. */
function openFiles({ folder }: FaultChain, port: string): string[] {
  const names = [1, 2, 3, 4].flatMap((epoch) =>
    [0, 1].flatMap((writer) => [1, 2, 3].map((nth) => `open-${epoch}-per-minute-${writer}-${nth}.staged`)),
  );
  return names.map((name) => join(folder, "state", "sinks", port, name));
}

type InjectionOf = Injection | ((chain: FaultChain) => Injection | Promise<Injection>);

/** One start of the same job after the other, an injection each; `check` sees those that met theirs. */
async function chain(
  t: TestContext,
  injections: readonly InjectionOf[],
  check: (run: TracedEnd) => void = () => undefined,
): Promise<void> {
  if (!isPossible(t, TRACE_REQUIREMENTS)) return;
  const job = await FaultChain.open(t);
  let struck = 0;
  for (const each of injections) {
    const injection = typeof each === "function" ? await each(job) : each;
    const run = await tracedRun(job.job, injection, { log: join(job.scratch, "trace"), rate: RATE });
    const injected = run.calls.filter(({ isInjected }) => isInjected);
    const hasStruck = injected.length > 0;
    if (hasStruck) {
      struck++;
      check(run);
    }
    const what = `${injection.calls} ${injection.effect} ${injection.when} met ${JSON.stringify(injected.slice(0, 3))}`;
    await job.assertTypedEnd(run, { hasStruck, errnos: ["EIO", "ENOSPC"], what });
  }
  assert.ok(struck * 2 >= injections.length, `only ${struck} of ${injections.length} faults were met`);
  await job.finish();
  t.diagnostic(`${struck} of ${injections.length} faults met, errors: ${job.errors}`);
}

/** After a failed sync of a file nobody knows what of it is on disk: a second one that succeeds would hide the loss. */
function assertNoSecondSync({ calls, exitCode, stderr }: TracedEnd): void {
  assert.equal(exitCode, 75, `a sync failed and the job went on:\n${stderr}`);
  const failedAt = calls.findIndex(({ isInjected }) => isInjected);
  const { path } = calls[failedAt]!;
  const again = calls.slice(failedAt + 1).filter((call) => call.name === "fdatasync" && call.path === path);
  assert.deepEqual(again, [], `synced again after a failure: ${path}`);
}

import assert from "node:assert/strict";
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { TidemarkProcess } from "../tidemark-process.ts";
import { cli, DELAYS, fixture, FLIGHTS, folderOf, linesOf, recordsOf, RUN_DELAYS } from "./scratch.ts";

const STDIN_TO_FILE = ["run", DELAYS, "--bind", "flights=stdin", "--bind", "hourly=jsonl:hourly.jsonl"];

describe("tidemark run", () => {
  test("runs to the end, says so, and has nothing to do the second time", async (t) => {
    const folder = await folderOf(t);
    const first = await cli(folder, [...RUN_DELAYS, "--json"]);
    assert.equal(first.exitCode, 0, first.stderr);
    const result = JSON.parse(first.stdout) as { elapsedMs: number };
    assert.equal(typeof result.elapsedMs, "number");
    assert.deepEqual(
      { ...result, elapsedMs: 0 },
      { outcome: "finished", checkpoint: 1, records: 3, elapsedMs: 0, leftOut: { invalid: 0, failed: 0, late: 0 } },
    );
    const rows = await recordsOf(folder, "hourly.jsonl");
    assert.equal(rows.length, 2);
    const second = await cli(folder, [...RUN_DELAYS]);
    assert.equal(second.exitCode, 0, second.stderr);
    assert.match(second.stderr, /nothing to do/);
    assert.deepEqual(await recordsOf(folder, "hourly.jsonl"), rows);
  });

  test("an unbound sink prints, below --json to standard error; parallel workers give the same rows", async (t) => {
    const folder = await folderOf(t);
    const args = ["run", DELAYS, "--bind", "flights=jsonl:flights.jsonl", "--parallelism", "3"];
    const { exitCode, stdout, stderr } = await cli(folder, args);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(stdout.match(/hourly \{ "key": "\w+"/g)?.sort(), [
      'hourly { "key": "LAX"',
      'hourly { "key": "SFO"',
    ]);
    const json = await cli(folder, [...args, "--json", "--state-directory", "another"]);
    assert.equal((JSON.parse(json.stdout) as { records: number }).records, 3);
    assert.match(json.stderr, /hourly \{ "key": "SFO"/);
  });

  test("reads standard input, CSV and compressed files", async (t) => {
    const folder = await folderOf(t);
    const piped = new TidemarkProcess(["run", DELAYS, "--bind", "flights=stdin", "-s", "piped"], {
      cwd: folder,
      openStdin: true,
    });
    piped.write(linesOf(FLIGHTS));
    piped.endInput();
    const expected = await piped.ended;
    assert.equal(expected.exitCode, 0, expected.stderr);
    assert.match(expected.stdout, /"key": "SFO".*"n": 2/);
    const csv = FLIGHTS.map(({ date, delay, origin }) => `${date},${delay},${origin}\n`).join("");
    await writeFile(join(folder, "flights.csv"), `date,delay,origin\n${csv}`);
    await writeFile(join(folder, "flights.jsonl.gz"), gzipSync(linesOf(FLIGHTS)));
    for (const [name, spec] of Object.entries({ csv: "csv:flights.csv", gz: "jsonl:flights.jsonl.gz" })) {
      const { exitCode, stdout, stderr } = await cli(folder, ["run", DELAYS, "--bind", `flights=${spec}`, "-s", name]);
      assert.equal(exitCode, 0, stderr);
      assert.equal(stdout, expected.stdout, spec);
    }
  });

  test("a second process on the same state directory is turned away with exit code 23", async (t) => {
    const folder = await folderOf(t);
    const owner = new TidemarkProcess(STDIN_TO_FILE, { cwd: folder, openStdin: true });
    await owner.says("running from the beginning");
    const second = await cli(folder, RUN_DELAYS);
    owner.kill("SIGTERM");
    assert.equal((await owner.ended).exitCode, 0, "it stops although its input may go on");
    assert.equal(second.exitCode, 23, second.stderr);
    assert.match(second.stderr, /TM_STATE_DIRECTORY_IN_USE/);
  });
});

describe("signals", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`${signal} takes a last checkpoint and exits 0; the next start goes on from there`, async (t) => {
      const folder = await folderOf(t);
      // More than a batch: the source hands it out whole, then waits for its pace.
      const flights = Array.from({ length: 3_000 }, (_, n) => ({ ...FLIGHTS[n % 3], delay: n }));
      await writeFile(join(folder, "flights.jsonl"), linesOf(flights));
      const args = ["run", fixture("./counter-pipeline.ts"), "-c", fixture("./slow.config.ts")];
      args.push("--bind", "counts=jsonl:counts.jsonl", "--json");
      const running = new TidemarkProcess(args, { cwd: folder });
      await running.says("running from the beginning");
      running.kill(signal);
      const stopped = await running.ended;
      assert.equal(stopped.exitCode, 0, stopped.stderr);
      assert.match(stopped.stderr, new RegExp(`${signal}: taking a last checkpoint[^]*checkpoint \\d+ \\(stop\\)`));
      assert.equal((JSON.parse(stopped.stdout) as { outcome: string }).outcome, "stopped");
      const resumed = await cli(folder, args, { SLOW_RATE: "100000" });
      assert.equal(resumed.exitCode, 0, resumed.stderr);
      assert.match(resumed.stderr, /going on from checkpoint/);
      assert.equal((await recordsOf(folder, "counts.jsonl")).length, 3_000);
    });
  }

  test("a second signal exits at once; so does a last checkpoint that takes too long", async (t) => {
    const folder = await folderOf(t);
    const args = ["run", fixture("./stuck-pipeline.ts"), "--bind", "flights=jsonl:flights.jsonl"];
    const twice = new TidemarkProcess(args, { cwd: folder });
    await twice.says("stuck");
    twice.kill("SIGINT");
    await twice.says("again to exit at once");
    twice.kill("SIGINT");
    assert.equal((await twice.ended).exitCode, 130);
    const late = new TidemarkProcess([...args, "--shutdown-timeout", "100ms"], { cwd: folder });
    await late.says("stuck");
    late.kill("SIGTERM");
    const { exitCode, stderr } = await late.ended;
    assert.equal(exitCode, 143, stderr);
    assert.match(stderr, /no last checkpoint within 100 ms/);
  });
});

describe("records that cannot be handled", () => {
  const PICKY = fixture("./picky-pipeline.ts");
  const args = ["run", PICKY, "--bind", "flights=jsonl:flights.jsonl", "--bind", "kept=jsonl:kept.jsonl"];
  const kept = [
    { origin: "SFO", delay: 5 },
    { origin: "LAX", delay: 0 },
  ];

  test("a malformed line stops the job with file and offset, exit code 20", async (t) => {
    const folder = await folderOf(t);
    await writeFile(join(folder, "flights.jsonl"), `${JSON.stringify(FLIGHTS[0])}\n{"date": oops}\n`);
    const { exitCode, stderr } = await cli(folder, RUN_DELAYS);
    assert.equal(exitCode, 20, stderr);
    const offset = `${JSON.stringify(FLIGHTS[0])}\n`.length;
    assert.match(stderr, new RegExp(`TM_RECORD .*source=flights, split=flights\\.jsonl, offset=${offset}\\b`));
  });

  test("user code that throws stops the job with the user's frame, operator and record, exit code 20", async (t) => {
    const folder = await folderOf(t);
    const { exitCode, stderr } = await cli(folder, args);
    assert.equal(exitCode, 20, stderr);
    const offset = `${JSON.stringify(FLIGHTS[0])}\n`.length;
    assert.match(stderr, /TM_USER_CODE .*"map-\d+".*RangeError: a delay of 35 minutes is too much/);
    assert.match(stderr, new RegExp(`source=flights, split=flights\\.jsonl, offset=${offset}\\b`));
    const line = (await readFile(PICKY, "utf8")).split("\n").findIndex((text) => text.includes("throw new")) + 1;
    const frames = stderr.split("\n").filter((text) => /^\s+at /.test(text));
    assert.match(frames[0] ?? "", new RegExp(`at refuseLate \\(.*picky-pipeline\\.ts:${line}:\\d+\\)`));
    assert.ok(
      frames.every((frame) => frame.includes("picky-pipeline.ts")),
      `engine frames are trimmed:\n${stderr}`,
    );
    assert.ok(!(await readdir(folder)).includes("kept.jsonl"), "nothing was committed");
  });

  test("skipped records are counted; dead letters tell what, where and why", async (t) => {
    const folder = await folderOf(t);
    await appendFile(join(folder, "flights.jsonl"), "not json\n");
    const skipped = await cli(folder, [...args, "--json"], { PICKY_POLICY: "skip" });
    assert.equal(skipped.exitCode, 0, skipped.stderr);
    assert.deepEqual((JSON.parse(skipped.stdout) as { leftOut: unknown }).leftOut, { invalid: 1, failed: 1, late: 0 });
    assert.match(skipped.stderr, /left out as configured: 1 invalid, 1 failed in user code/);
    assert.deepEqual(await recordsOf(folder, "kept.jsonl"), kept);
    const bind = ["--bind", "dead-letters=jsonl:dead.jsonl", "--bind", "kept=jsonl:kept-2.jsonl", "-s", "second"];
    const dead = await cli(folder, [...args, ...bind], { PICKY_POLICY: "deadLetter" });
    assert.equal(dead.exitCode, 0, dead.stderr);
    assert.deepEqual(await recordsOf(folder, "kept-2.jsonl"), kept);
    const letters = (await recordsOf(folder, "dead.jsonl")) as { code: string; record: unknown; operator: string }[];
    const byCode = letters.sort((a, b) => (a.code < b.code ? -1 : 1));
    assert.deepEqual(
      byCode.map(({ code, record }) => ({ code, record })),
      [
        { code: "TM_RECORD", record: "not json" },
        { code: "TM_USER_CODE", record: FLIGHTS[1] },
      ],
    );
  });
});

describe("a checkpoint that cannot be used", () => {
  const SLOW = ["run", fixture("./counter-pipeline.ts"), "-c", fixture("./slow.config.ts")];

  test("a changed state schema is refused with exit code 22", async (t) => {
    const folder = await folderOf(t);
    const running = new TidemarkProcess(SLOW, { cwd: folder, env: { COUNTER_VERSION: "1" } });
    await running.prints("counts {");
    running.kill("SIGTERM");
    assert.equal((await running.ended).exitCode, 0);
    const changed = await cli(folder, SLOW, { COUNTER_VERSION: "2" });
    assert.equal(changed.exitCode, 22, changed.stderr);
    assert.match(changed.stderr, /TM_STATE_INCOMPATIBLE .*state "counter".*operator=count/);
    const unchanged = await cli(folder, SLOW, { COUNTER_VERSION: "1", SLOW_RATE: "100000" });
    assert.equal(unchanged.exitCode, 0, unchanged.stderr);
  });

  test("a flipped bit is found by verify, exit code 21, and passed over or refused by run", async (t) => {
    const folder = await folderOf(t);
    const running = new TidemarkProcess([...SLOW, "--retained", "1"], { cwd: folder });
    await running.prints("counts {");
    running.kill("SIGTERM");
    assert.equal((await running.ended).exitCode, 0);
    const whole = await cli(folder, ["checkpoint", "verify", ".tidemark/counter"]);
    assert.equal(whole.exitCode, 0, whole.stderr);
    const files = await readdir(join(folder, ".tidemark/counter"), { recursive: true, withFileTypes: true });
    const segment = files.find(({ name }) => name.endsWith(".segment"));
    assert.ok(segment !== undefined, files.map(({ name }) => name).join(" "));
    const path = join(segment.parentPath, segment.name);
    const bytes = await readFile(path);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] as number) ^ 1;
    await writeFile(path, bytes);
    const verify = await cli(folder, ["checkpoint", "verify", ".tidemark/counter", "--json"]);
    assert.equal(verify.exitCode, 21, verify.stderr);
    const verified = JSON.parse(verify.stdout) as { ok: boolean; why: string }[];
    assert.ok(
      verified.some(({ ok, why }) => !ok && why.includes(segment.name)),
      verify.stdout,
    );
    const run = await cli(folder, SLOW);
    assert.equal(run.exitCode, 21, run.stderr);
    assert.match(run.stderr, /TM_CHECKPOINT_CORRUPT .*none is whole/);
  });
});

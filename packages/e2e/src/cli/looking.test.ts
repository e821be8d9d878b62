import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { cli, DELAYS, folderOf, RUN_DELAYS } from "./scratch.ts";

const ESCAPE = "\u001b[";

describe("help", () => {
  const COMMANDS = [
    "run",
    "dev",
    "demo",
    "graph",
    "cat",
    "config",
    "checkpoint",
    "checkpoint ls",
    "checkpoint show",
    "checkpoint verify",
  ];

  for (const command of ["", ...COMMANDS]) {
    test(`of ${command === "" ? "all" : command} begins with an example of it`, async (t) => {
      const { exitCode, stdout, stderr } = await cli(
        await folderOf(t),
        [...command.split(" "), "--help"].filter(Boolean),
      );
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout, new RegExp(`^Example:\\n {2}tidemark ${command}.*\\n\\nUsage: tidemark ${command}`));
      assert.equal(stderr, "");
    });
  }

  test("version names Node and the platform", async (t) => {
    const { stdout } = await cli(await folderOf(t), ["--version"]);
    assert.equal(
      stdout.replace(/\d+\.\d+\.\d+/, "VERSION"),
      `tidemark VERSION, node ${process.version}, ${process.platform}-${process.arch}\n`,
    );
  });
});

describe("what goes wrong is said", () => {
  test("usage: unknown commands and options with the nearest name, exit code 2", async (t) => {
    const folder = await folderOf(t);
    for (const [args, hint] of [
      [["rum"], /Did you mean run\?/],
      [["run", DELAYS, "--bnd", "x"], /Did you mean --bind\?[^]*tidemark run --help/],
      [["checkpoint", "vrify", "x"], /Did you mean verify\?[^]*tidemark checkpoint --help/],
      [["run"], /missing required argument 'file'/],
      [["graph", DELAYS, "--format", "dot"], /Allowed choices are text, mermaid, json/],
      [[], /^Example:/],
    ] as const) {
      const { exitCode, stdout, stderr } = await cli(folder, args);
      assert.equal(exitCode, 2, args.join(" "));
      assert.match(stderr, hint);
      assert.equal(stdout, "");
    }
    const json = await cli(folder, ["rum", "--json"]);
    assert.equal((JSON.parse(json.stdout) as { exitCode: number }).exitCode, 2);
  });

  test("not found is 3: a file, a demo, a checkpoint", async (t) => {
    const folder = await folderOf(t);
    for (const args of [
      ["run", "nowhere.ts"],
      ["graph", "nowhere.ts"],
      ["run", DELAYS, "--bind", "flights=jsonl:nowhere.jsonl"],
      ["demo", "trains"],
      ["checkpoint", "ls", "nowhere"],
      ["checkpoint", "show", ".tidemark/none", "7"],
    ]) {
      const { exitCode, stderr } = await cli(folder, args);
      assert.equal(exitCode, 3, `${args.join(" ")}:\n${stderr}`);
    }
  });

  test("bad configuration is 78, with the nearest name", async (t) => {
    const folder = await folderOf(t);
    await writeFile(join(folder, "typo.config.ts"), "export default { paralelism: 2 };\n");
    await writeFile(join(folder, "no-pipeline.ts"), "export default 7;\n");
    const flights = ["--bind", "flights=jsonl:flights.jsonl"];
    for (const [args, hint] of [
      [["--bind", "flight=jsonl:flights.jsonl"], /did you mean "flights"\?/],
      [["--bind", "flights=jsnl:flights.jsonl"], /did you mean "jsonl"\?/],
      [["--bind", "flights=flights.jsonl"], /did you mean "flights=jsonl:flights\.jsonl"\?/],
      [["--bind", "flights"], /PORT=KIND:ARG/],
      [[], /--bind flights=jsonl:FILE/],
      [[...flights, "--parallelism", "many"], /parallelism must be a number/],
      [[...flights, "--parallelism", "0"], /parallelism must be a whole number from 1 to 256/],
      [[...flights, "--checkpoint-every", "5"], /TM_DURATION/],
      [[...flights, "--shutdown-timeout", "soon"], /TM_DURATION.*--shutdown-timeout/],
      [[...flights, "--config", "typo.config.ts"], /did you mean "parallelism"\?/],
    ] as const) {
      const { exitCode, stderr } = await cli(folder, ["run", DELAYS, ...args]);
      assert.equal(exitCode, 78, `${args.join(" ")}:\n${stderr}`);
      assert.match(stderr, hint);
    }
    const file = await cli(folder, ["run", "no-pipeline.ts"]);
    assert.equal(file.exitCode, 78, file.stderr);
  });

  test("with --json an error is data too; colours are for terminals and those who force them", async (t) => {
    const folder = await folderOf(t);
    const { exitCode, stdout, stderr } = await cli(folder, ["run", DELAYS, "--json"]);
    assert.equal(exitCode, 78);
    const { error, exitCode: told } = JSON.parse(stdout) as {
      error: { code: string; facts: object };
      exitCode: number;
    };
    assert.deepEqual(
      { code: error.code, facts: error.facts, told },
      { code: "TM_BINDING", facts: { port: "flights" }, told: 78 },
    );
    assert.ok(!stderr.includes(ESCAPE));
    const forced = await cli(folder, ["run", DELAYS], { FORCE_COLOR: "1" });
    assert.ok(forced.stderr.includes(ESCAPE));
    const plain = await cli(folder, ["run", DELAYS], { NO_COLOR: "1" });
    assert.ok(!plain.stderr.includes(ESCAPE));
  });
});

describe("looking without running", () => {
  test("graph as text, Mermaid and JSON", async (t) => {
    const folder = await folderOf(t);
    assert.match((await cli(folder, ["graph", DELAYS])).stdout, /hourly/);
    assert.match((await cli(folder, ["graph", DELAYS, "--format", "mermaid"])).stdout, /^(flowchart|graph) /);
    const json = JSON.parse((await cli(folder, ["graph", DELAYS, "--json"])).stdout) as { name: string };
    assert.equal(json.name, "delays");
  });

  test("config tells where each value came from: flag before environment before config file before default", async (t) => {
    const folder = await folderOf(t);
    await writeFile(
      join(folder, "tidemark.config.ts"),
      `export default { parallelism: 3, keyGroups: 64, stateBytesMax: 1e9, checkpoint: { every: "7s", retained: 9 },
         bind: { flights: "jsonl:flights.jsonl", hourly: "stdout" } };\n`,
    );
    const env = { TIDEMARK_PARALLELISM: "2", TIDEMARK_CHECKPOINT_RETAINED: "5" };
    const args = [
      "config",
      DELAYS,
      "--retained",
      "7",
      "--state-bytes-max",
      "2000000000",
      "--bind",
      "hourly=jsonl:hourly.jsonl",
      "--json",
    ];
    const { stdout, stderr } = await cli(folder, args, env);
    assert.equal(stderr, "");
    const settings = JSON.parse(stdout) as { setting: string; value: unknown; origin: string }[];
    const told = Object.fromEntries(settings.map(({ setting, value, origin }) => [setting, [value, origin]]));
    assert.deepEqual(told, {
      parallelism: [2, "environment"],
      stateDirectory: [".tidemark/delays", "default"],
      "checkpoint.every": ["7s", "config file"],
      "checkpoint.retained": [7, "flag"],
      "checkpoint.compress": [false, "default"],
      keyGroups: [64, "config file"],
      stateBytesMax: [2e9, "flag"],
      debug: [false, "default"],
      "bind.flights": ["jsonl:flights.jsonl", "config file"],
      "bind.hourly": ["jsonl:hourly.jsonl", "flag"],
    });
    const run = await cli(folder, ["run", DELAYS, "--bind", "hourly=jsonl:hourly.jsonl"], env);
    assert.equal(run.exitCode, 0, run.stderr);
    const show = await cli(folder, ["checkpoint", "show", ".tidemark/delays", "1", "--json"]);
    const { parallelism, keyGroupBits } = JSON.parse(show.stdout) as { parallelism: number; keyGroupBits: number };
    assert.deepEqual({ parallelism, keyGroupBits }, { parallelism: 2, keyGroupBits: 6 });
  });

  test("checkpoint ls, show and verify, for people and as JSON", async (t) => {
    const folder = await folderOf(t);
    await cli(folder, RUN_DELAYS);
    const listed = await cli(folder, ["checkpoint", "ls", ".tidemark/delays", "--json"]);
    const [newest] = JSON.parse(listed.stdout) as {
      checkpoint: number;
      ok: boolean;
      reason: string;
      finished: boolean;
    }[];
    assert.partialDeepStrictEqual(newest, { checkpoint: 1, ok: true, reason: "end of input", finished: true });
    assert.match((await cli(folder, ["checkpoint", "ls", ".tidemark/delays"])).stdout, /^checkpoint +taken[^]*\n +1 /);
    const verified = await cli(folder, ["checkpoint", "verify", ".tidemark/delays", "1"]);
    assert.deepEqual([verified.exitCode, verified.stdout], [0, "checkpoint 1: whole\n"]);
    const shown = await cli(folder, ["checkpoint", "show", ".tidemark/delays", "1"]);
    assert.equal((JSON.parse(shown.stdout) as { finished: boolean }).finished, true);
    const missing = await cli(folder, ["checkpoint", "show", ".tidemark/delays", "8", "--json"]);
    assert.equal(missing.exitCode, 3);
    assert.equal((JSON.parse(missing.stdout) as { error: { code: string } }).error.code, "TM_CHECKPOINT_MISSING");
  });
});

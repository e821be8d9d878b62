import assert from "node:assert/strict";
import { compareOutputs, referenceRun } from "@tidemark/engine/testing";
import type { ClicksJob } from "./clicks-job.ts";
import type { Click } from "./input.ts";
import pipeline from "./pipeline.ts";

/** Ports of ./pipeline.ts. */
export const PORTS = ["per-minute", "hopping", "sessions", "sprees", "late"] as const;

type Port = (typeof PORTS)[number];

/** What the reference makes of a job's clicks, to hold a job's files against. */
export class ExpectedOutput {
  readonly #rows = new Map<Port, unknown[]>();

  constructor(clicks: readonly Click[]) {
    const input = clicks.map((value) => ({ kind: "record", value }) as const);
    const reference = referenceRun(pipeline.graph, { clicks: [input] }, { now: Date.now() });
    for (const port of PORTS) {
      const rows = JSON.parse(JSON.stringify(reference.sinks[port])) as unknown[];
      assert.ok(rows.length > 0, `the reference has rows for ${port}`);
      this.#rows.set(port, rows);
    }
  }

  /** Every whole line in the files of a job that is not finished is a row of the reference, and there once. */
  async assertNothingWrongIn(job: ClicksJob): Promise<void> {
    for (const port of PORTS) {
      const rows = (await job.output(port))
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown);
      const { extra, report } = compareOutputs(rows, this.#rows.get(port) ?? [], { keyOf: keyOf(port) });
      assert.equal(extra.length, 0, `${port}: ${report}`);
    }
  }

  /** The files of a finished job hold each row of the reference once, per key in its order, and nothing else. */
  async assertOutputOf(job: ClicksJob): Promise<void> {
    for (const port of PORTS) {
      const committed = (await job.output(port)).split("\n");
      assert.equal(committed.pop(), "", `${port} ends with a whole line`);
      const rows = committed.map((line) => JSON.parse(line) as unknown);
      const { missing, extra, outOfOrder, report } = compareOutputs(rows, this.#rows.get(port) ?? [], {
        keyOf: keyOf(port),
      });
      assert.deepEqual(
        { lost: missing.length, duplicated: extra.length, outOfOrder: outOfOrder.length },
        { lost: 0, duplicated: 0, outOfOrder: 0 },
        `${port}: ${report}`,
      );
    }
  }
}

function keyOf(port: Port): (row: unknown) => unknown {
  return (row) => (row as Record<string, unknown>)[port === "sprees" || port === "late" ? "user" : "key"];
}

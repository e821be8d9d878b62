import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Manifest, OperatorStates, SplitPosition } from "../checkpoint/manifest.ts";
import { assignSplits, checkCompatible, checkOperatorStates, refuseNewInput } from "./restore-plan.ts";

const split = (id: string): { id: string; details: null } => ({ id, details: null });
const position = (id: string, ended = false): SplitPosition => ({
  port: "rows",
  split: id,
  position: { offset: 7 },
  maxTimestamp: 5,
  ended,
  records: 3,
});

function manifest(parts: Partial<Manifest>): Manifest {
  return {
    format: 2,
    job: "job",
    checkpoint: 9,
    epoch: 1,
    createdAt: 0,
    reason: "interval",
    graphFingerprint: "",
    keyGroupBits: 8,
    parallelism: 1,
    sources: [],
    operators: [],
    segments: [],
    sinks: [],
    watermarks: {},
    statistics: {},
    finished: false,
    ...parts,
  };
}

describe("splits of a start", () => {
  test("go round robin over subtasks, each with the position the checkpoint noted", () => {
    const assigned = assignSplits(
      [{ port: "rows", splits: ["a", "b", "c"].map(split) }],
      manifest({ sources: [position("b")] }),
      2,
    );
    assert.deepEqual(
      assigned.map(({ subtask }) => subtask),
      [0, 1, 0],
    );
    assert.deepEqual(
      assigned.map((each) => each.position?.split ?? null),
      [null, "b", null],
    );
  });

  test("one that is gone stops the start unless it had ended", () => {
    const sources = [{ port: "rows", splits: [split("a")] }];
    assert.throws(() => assignSplits(sources, manifest({ sources: [position("b")] }), 1), {
      code: "TM_SOURCE",
      message: /split=b/,
    });
    assert.equal(assignSplits(sources, manifest({ sources: [position("b", true)] }), 1).length, 1);
  });
});

test("a finished job takes no new splits, and does not mind those that are gone", () => {
  const finished = manifest({ finished: true, sources: [position("a", true), position("b", true)] });
  refuseNewInput([{ port: "rows", splits: [split("a")] }], finished);
  assert.throws(() => refuseNewInput([{ port: "rows", splits: ["a", "b", "c", "d"].map(split) }], finished), {
    code: "TM_SOURCE",
    message: /port=rows, added=2, first=c/,
  });
});

describe("a restore refuses", () => {
  const operator: OperatorStates = {
    operator: "op",
    kind: "process",
    timers: ["quiet"],
    states: [{ name: "seen", kind: "value", schemaHash: "1", jsonSchema: null }],
  };
  const code = { job: "job", keyGroupBits: 8, operators: ["op"], sources: ["rows"], sinks: ["out"] };

  test("another pipeline, other key groups, an operator that is gone", () => {
    checkCompatible(manifest({ operators: [operator] }), code);
    for (const other of [
      { ...code, job: "other" },
      { ...code, keyGroupBits: 7 },
      { ...code, operators: [] },
    ]) {
      assert.throws(() => checkCompatible(manifest({ operators: [operator] }), other), {
        code: "TM_STATE_INCOMPATIBLE",
      });
    }
  });

  test("a source with unread input or a sink that is gone; new ones are welcome", () => {
    const sink = { port: "out", description: "memory", plan: null, prepared: [] };
    const saved = manifest({ sources: [position("a"), { ...position("b", true), port: "read" }], sinks: [sink] });
    checkCompatible(saved, { ...code, sources: ["rows", "new"], sinks: ["out", "new"] });
    for (const [other, message] of [
      [{ ...code, sources: ["renamed"] }, /source port.*port=rows/],
      [{ ...code, sinks: ["renamed"] }, /sink port.*port=out/],
    ] as const) {
      assert.throws(() => checkCompatible(saved, other), { code: "TM_STATE_INCOMPATIBLE", message });
    }
  });

  test("another kind, a state or timer that is gone, another schema; new ones are welcome", () => {
    const state = operator.states[0] as OperatorStates["states"][number];
    checkOperatorStates(
      operator,
      { ...operator, timers: ["quiet", "new"], states: [state, { ...state, name: "new" }] },
      9,
    );
    const changed: [OperatorStates, RegExp][] = [
      [{ ...operator, kind: "reduce" }, /was a process/],
      [{ ...operator, timers: [] }, /timer "quiet" is gone/],
      [{ ...operator, states: [] }, /state "seen" is gone/],
      [{ ...operator, states: [{ ...state, kind: "list" }] }, /was a value/],
      [{ ...operator, states: [{ ...state, schemaHash: "2" }] }, /schema of state "seen"/],
    ];
    for (const [declared, message] of changed) {
      assert.throws(() => checkOperatorStates(operator, declared, 9), { code: "TM_STATE_INCOMPATIBLE", message });
    }
  });
});

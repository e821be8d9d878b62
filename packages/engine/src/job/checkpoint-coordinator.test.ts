import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CheckpointStore } from "../checkpoint/checkpoint-store.ts";
import type { Manifest } from "../checkpoint/manifest.ts";
import type { PreparedOutput, SinkCommitter } from "../connector/sink-connector.ts";
import type { CommitPermit } from "../foundation/commit-permit.ts";
import { memoryHost } from "../testing/memory-host.ts";
import { CheckpointCoordinator } from "./checkpoint-coordinator.ts";
import type { Acknowledgement } from "./worker-protocol.ts";

/** A coordinator of two subtasks whose store and sink note what they are asked for. */
function coordinator(options: { complete?: () => Promise<void> } = {}): {
  log: string[];
  manifests: Manifest[];
  prepared: PreparedOutput[][];
  coordinator: CheckpointCoordinator;
} {
  const log: string[] = [];
  const manifests: Manifest[] = [];
  const prepared: PreparedOutput[][] = [];
  const store: CheckpointStore = {
    directory: "state",
    epoch: 4,
    nextCheckpoint: 7,
    newestVerified: () => Promise.resolve({ manifest: null, skipped: [] }),
    complete: async (manifest) => {
      log.push(`manifest ${manifest.checkpoint}`);
      manifests.push(manifest);
      await options.complete?.();
      return { checkpoint: manifest.checkpoint, epoch: 4 } as CommitPermit;
    },
    permitForRestored: () => assert.fail("nothing is restored here"),
    retain: (keep) => {
      log.push(`retain ${keep}`);
      return Promise.resolve([]);
    },
    close: () => Promise.resolve(),
  };
  const committer: SinkCommitter = {
    plan: (outputs) => {
      log.push("plan");
      prepared.push([...outputs]);
      return { outputs: outputs.length };
    },
    commit: (permit) => {
      log.push(`commit ${permit.checkpoint}`);
      return Promise.resolve();
    },
    recover: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const made = new CheckpointCoordinator({
    host: memoryHost(),
    store,
    job: "job",
    graphFingerprint: "f",
    keyGroupBits: 8,
    parallelism: 2,
    participants: 2,
    sinks: [{ port: "out", description: "test", committer }],
    retained: 3,
    inject: (checkpoint) => log.push(`inject ${checkpoint}`),
  });
  return { log, manifests, prepared, coordinator: made };
}

function acknowledgement(checkpoint: number, subtask: number, parts: Partial<Acknowledgement> = {}): Acknowledgement {
  const prepared = [{ port: "out", writer: `task-${subtask}`, output: subtask }];
  return {
    checkpoint,
    task: "task",
    subtask,
    segments: [],
    operators: [],
    splits: [],
    prepared,
    watermark: 5,
    ended: false,
    ...parts,
  };
}

/** Lets what is pending run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a checkpoint", () => {
  test("is committed after its manifest, which waits for every subtask; old ones go last", async () => {
    const { log, manifests, prepared, coordinator: c } = coordinator();
    const taken = c.take("interval");
    await settle();
    c.acknowledge(acknowledgement(7, 1));
    await settle();
    assert.deepEqual(log, ["inject 7"]);
    c.acknowledge(acknowledgement(7, 0));
    assert.equal((await taken).checkpoint, 7);
    assert.deepEqual(log, ["inject 7", "plan", "manifest 7", "commit 7", "retain 3"]);
    assert.deepEqual(
      prepared[0]?.map(({ writer }) => writer),
      ["task-0", "task-1"],
      "in order of writers, whoever came first",
    );
    assert.equal(manifests[0]?.finished, false);
  });

  test("is finished only if every subtask had ended at its barrier", async () => {
    const { coordinator: c } = coordinator();
    for (const [checkpoint, ended] of [
      [7, false],
      [8, true],
    ] as const) {
      const taken = c.take("end of input");
      await settle();
      c.acknowledge(acknowledgement(checkpoint, 0, { ended: true }));
      c.acknowledge(acknowledgement(checkpoint, 1, { ended }));
      assert.equal((await taken).finished, ended);
    }
  });

  test("without a durable manifest is not committed", async () => {
    const { log, coordinator: c } = coordinator({ complete: () => Promise.reject(new Error("no space")) });
    const taken = c.take("interval");
    await settle();
    c.acknowledge(acknowledgement(7, 0));
    c.acknowledge(acknowledgement(7, 1));
    await assert.rejects(taken, /no space/);
    assert.deepEqual(log, ["inject 7", "plan", "manifest 7"]);
  });

  test("asked for while another is under way comes after it; a failed job takes none", async () => {
    const { log, coordinator: c } = coordinator();
    const [first, second] = [c.take("interval"), c.take("request")];
    await settle();
    assert.deepEqual(log, ["inject 7"]);
    c.acknowledge(acknowledgement(7, 0));
    c.acknowledge(acknowledgement(7, 1));
    await first;
    await settle();
    assert.equal(log.at(-1), "inject 8");
    const aborted = c.abort(new Error("a worker died"));
    await assert.rejects(second, /a worker died/);
    await assert.rejects(c.take("interval"), /a worker died/);
    await aborted;
    assert.ok(!log.includes("commit 8"));
  });
});

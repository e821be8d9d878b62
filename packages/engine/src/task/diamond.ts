import type { MergeOperator } from "../operator/merge-operator.ts";
import type { Output } from "../operator/operator.ts";
import type { RecordBatch } from "../record/batch.ts";
import { sliceRows } from "../record/row-copy.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import type { ChainNodePlan, Target } from "./task-plan.ts";

/**
 * The merges, by index in the chain and in its order, at which ways from different `targets` meet again. Ways that leave the task
 * are not followed: what comes over channels meets as time has it.
 */
export function meetingPoints(targets: readonly Target[], nodes: readonly ChainNodePlan[]): number[] {
  const ways = targets.map((target) => waysFrom(target, nodes));
  return nodes.flatMap(({ kind }, node) =>
    kind === "merge" && ways.filter((way) => way.has(node)).length > 1 ? [node] : [],
  );
}

/** Nodes of the chain that a target leads to, itself among them. */
export function waysFrom(target: Target, nodes: readonly ChainNodePlan[]): ReadonlySet<number> {
  return reachable(target, nodes, new Set());
}

function reachable(target: Target, nodes: readonly ChainNodePlan[], seen: Set<number>): Set<number> {
  if (target.kind === "edge" || seen.has(target.node)) return seen;
  seen.add(target.node);
  for (const next of Object.values(nodes[target.node]?.outputs ?? {}).flat()) reachable(next, nodes, seen);
  return seen;
}

/**
 * Feeds branches of a stream that are merged again: row by row, each through every branch before the next, and a rise of the watermark
 * through every branch before the row it comes with. So the order of the merged rows, and which of them are late, does not depend on where
 * batches were cut. The merges collect meanwhile, and hand on batches.
 */
export class DiamondOutput implements Output {
  readonly #branches: Output;
  readonly #others: Output;
  readonly #merges: readonly MergeOperator[];
  #watermark = NO_WATERMARK;

  /** `others`: targets that lead to no merge get whole batches. `merges`: the last ones, which lead to no other of them. */
  constructor(options: { branches: Output; others: Output; merges: readonly MergeOperator[] }) {
    this.#branches = options.branches;
    this.#others = options.others;
    this.#merges = options.merges;
  }

  batch(batch: RecordBatch): void {
    this.#others.batch(batch);
    for (const merge of this.#merges) merge.hold();
    for (let row = 0; row < batch.length; row++) {
      const watermark = batch.watermarks[row] as number;
      if (watermark > this.#watermark) this.#raise(watermark);
      this.#branches.batch(sliceRows(batch, row, row + 1));
    }
    for (const merge of this.#merges) merge.release();
  }

  watermark(watermark: number): void {
    this.#others.watermark(watermark);
    this.#raise(watermark);
  }

  idle(idle: boolean): void {
    this.#others.idle(idle);
    this.#branches.idle(idle);
  }

  #raise(watermark: number): void {
    this.#watermark = Math.max(this.#watermark, watermark);
    this.#branches.watermark(watermark);
  }
}

import type { LookupNode } from "../../graph/logical-graph.ts";
import type { ReferenceJob } from "./reference-job.ts";
import { recordOf, type ReferenceKey, type Row } from "./row.ts";
import { Step } from "./step.ts";

const STREAM = 0;
const TABLE = 1;

interface Version {
  readonly timestamp: number;
  /** Only rows due after this see it: it came late, behind the table's own watermark. */
  readonly visibleAfter: number;
  /** undefined: deleted. */
  readonly value: unknown;
}

interface StreamRow {
  readonly row: Row;
  /** When it looks at the table: its own time, or for a late row the watermark it came after; without event time, the end. */
  readonly due: number;
}

/**
 * Stream-table lookup join. A row of the stream sees the newest version of its key's row with a timestamp that is not after its
 * own; so it waits, with all that follows it, until the table's watermark has reached its timestamp.
 */
export class LookupStep extends Step {
  readonly #node: LookupNode;
  readonly #versions = new Map<string, Version[]>();
  /** The stream's elements that wait for the table. */
  #waiting: (StreamRow | { readonly watermark: number })[] = [];

  constructor(node: LookupNode, job: ReferenceJob) {
    super(node.name, 2, job);
    this.#node = node;
  }

  override onRow(row: Row, input: number): void {
    if (input === TABLE) this.#onVersion(row);
    else {
      const { timestamp } = row;
      this.#waiting.push({
        row,
        due: timestamp === -Infinity ? Infinity : Math.max(timestamp, this.inputState(STREAM).watermark),
      });
    }
    this.#release();
  }

  protected override settle(): void {
    const stream = this.inputState(STREAM);
    const last = this.#waiting.at(-1);
    if (last === undefined || "row" in last || stream.watermark > last.watermark)
      this.#waiting.push({ watermark: stream.watermark });
    this.#release();
    this.tellIdle(stream.idle && this.#waiting.length === 0);
  }

  #release(): void {
    const table = this.inputState(TABLE);
    const upTo = table.idle ? Infinity : table.watermark;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if ("watermark" in next) this.forward(next.watermark);
      else if (next.due > upTo) return;
      else this.#join(next);
      this.#waiting.shift();
    }
  }

  #join({ row, due }: StreamRow): void {
    const key = row.key as ReferenceKey;
    const version = this.#versions
      .get(key.identity)
      ?.findLast((each) => each.timestamp <= due && (each.visibleAfter < due || each.visibleAfter === -Infinity));
    let value: unknown;
    try {
      value = recordOf(this.#node.fn(row.value as never, version?.value as never), "lookup");
    } catch (error) {
      this.job.userError(this.name, error, { row, key: key.value, doing: "lookup" });
      return;
    }
    this.emit({ ...row, value, key: null });
  }

  #onVersion(row: Row): void {
    if (row.kind === "updateBefore") return;
    const { identity } = row.key as ReferenceKey;
    const versions = this.#versions.get(identity) ?? [];
    const position = versions.findLastIndex((each) => each.timestamp <= row.timestamp) + 1;
    const { watermark } = this.inputState(TABLE);
    const visibleAfter = row.timestamp <= watermark ? watermark : -Infinity;
    versions.splice(position, 0, {
      timestamp: row.timestamp,
      visibleAfter,
      value: row.kind === "delete" ? undefined : row.value,
    });
    this.#versions.set(identity, versions);
  }
}

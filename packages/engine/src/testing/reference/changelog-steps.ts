import type { AggregateNode, ReduceNode } from "../../graph/logical-graph.ts";
import { resultsOf, sampleOf, type Sample } from "./naive-aggregates.ts";
import type { ReferenceJob } from "./reference-job.ts";
import { recordOf, type ReferenceKey, type Row } from "./row.ts";
import { Step } from "./step.ts";

/** A row per key: its first is an insert, each change the row before and the row after. A record that fails changes nothing. */
abstract class ChangelogStep extends Step {
  readonly #rows = new Map<string, unknown>();

  override onRow(row: Row): void {
    const key = row.key as ReferenceKey;
    const isNew = !this.#rows.has(key.identity);
    const before = this.#rows.get(key.identity);
    let after: unknown;
    try {
      after = isNew ? this.first(key, row) : this.next(key, before, row);
    } catch (error) {
      this.job.userError(this.name, error, { row, key: key.value, doing: "update" });
      return;
    }
    this.#rows.set(key.identity, after);
    const common = { timestamp: row.timestamp, key, origin: null };
    if (isNew) {
      this.emit({ ...common, value: after, kind: "insert" });
    } else {
      this.emit({ ...common, value: before, kind: "updateBefore" });
      this.emit({ ...common, value: after, kind: "updateAfter" });
    }
  }

  /** The key's row after its first record. */
  protected abstract first(key: ReferenceKey, row: Row): unknown;
  /** The key's row after any later record. */
  protected abstract next(key: ReferenceKey, before: unknown, row: Row): unknown;
}

/** Unwindowed aggregate: results over all records of a key so far. */
export class AggregateStep extends ChangelogStep {
  readonly #node: AggregateNode;
  readonly #samples = new Map<string, readonly Sample[]>();

  constructor(node: AggregateNode, job: ReferenceJob) {
    super(node.name, 1, job);
    this.#node = node;
  }

  protected override first(key: ReferenceKey, row: Row): unknown {
    return this.next(key, undefined, row);
  }

  protected override next(key: ReferenceKey, _before: unknown, row: Row): unknown {
    const { aggregates } = this.#node;
    const samples = [...(this.#samples.get(key.identity) ?? []), sampleOf(aggregates, row.value, row.timestamp)];
    const after = Object.freeze({ key: key.value, ...resultsOf(aggregates, samples) });
    this.#samples.set(key.identity, samples);
    return after;
  }
}

/** Unwindowed reduce. */
export class ReduceStep extends ChangelogStep {
  readonly #node: ReduceNode;

  constructor(node: ReduceNode, job: ReferenceJob) {
    super(node.name, 1, job);
    this.#node = node;
  }

  protected override first(_key: ReferenceKey, row: Row): unknown {
    return row.value;
  }

  protected override next(_key: ReferenceKey, before: unknown, row: Row): unknown {
    return recordOf(this.#node.fn(before as never, row.value as never), "reduce");
  }
}

import type { KeyByNode, StatelessNode } from "../../graph/logical-graph.ts";
import { referenceKey } from "./key-identity.ts";
import type { ReferenceJob } from "./reference-job.ts";
import { recordOf, type Row } from "./row.ts";
import { Step } from "./step.ts";

/** map, filter and flatMap. A row whose function throws has no outputs. */
export class StatelessStep extends Step {
  readonly #node: StatelessNode;

  constructor(node: StatelessNode, job: ReferenceJob) {
    super(node.name, 1, job);
    this.#node = node;
  }

  override onRow(row: Row): void {
    let outputs: readonly unknown[];
    try {
      outputs = this.#apply(row.value);
    } catch (error) {
      this.job.userError(this.name, error, { row, key: row.key?.value ?? null, doing: this.#node.kind });
      return;
    }
    for (const value of outputs) this.emit({ ...row, value });
  }

  #apply(value: unknown): readonly unknown[] {
    const returned: unknown = this.#node.fn(value as never);
    switch (this.#node.kind) {
      case "map":
        return [recordOf(returned, "map")];
      case "filter":
        return returned ? [value] : [];
      case "flatMap":
        return [...(returned as Iterable<unknown>)].map((each) => recordOf(each, "flatMap"));
    }
  }
}

/** Rows of all inputs as they come; keys stay where every input has them. */
export class MergeStep extends Step {
  override onRow(row: Row): void {
    this.emit(row);
  }
}

/** Gives each row its key. */
export class KeyByStep extends Step {
  readonly #node: KeyByNode;

  constructor(node: KeyByNode, job: ReferenceJob) {
    super(node.name, 1, job);
    this.#node = node;
  }

  override onRow(row: Row): void {
    let key: Row["key"];
    try {
      key = referenceKey(this.#node.fn(row.value as never));
    } catch (error) {
      this.job.userError(this.name, error, { row, key: null, doing: "keyBy" });
      return;
    }
    this.emit({ ...row, key });
  }
}

/** The end of a stream: keeps what it gets. */
export class SinkStep extends Step {
  readonly rows: Row[] = [];

  override onRow(row: Row): void {
    this.rows.push(row);
  }
}

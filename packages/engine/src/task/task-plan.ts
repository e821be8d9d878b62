import type { RecordSchema } from "../record/record-schema.ts";
import type { Operator, OperatorContext } from "../operator/operator.ts";

/** Where an element goes next: into an operator of the same chain, or over an edge to another task. */
export type Target =
  | { readonly kind: "node"; readonly node: number; readonly input: number }
  | { readonly kind: "edge"; readonly edge: number };

/** One operator of a chain; `make` runs once per subtask. */
export interface ChainNodePlan {
  /** Stable id, port or generated name; unique in the job. */
  readonly name: string;
  readonly kind: string;
  /** How to make the operator; a sink port instead of it is opened by the task. */
  readonly make: ((context: OperatorContext) => Operator) | { readonly sinkPort: string };
  /** Targets by output name: "main", "late". */
  readonly outputs: Readonly<Record<string, readonly Target[]>>;
}

/** An input of a task from another task. */
export interface GatePlan {
  readonly edge: number;
  readonly name: string;
  readonly targets: readonly Target[];
  /** False: input is taken even where the operator would rather wait (wantsInput), since the wait could have no end. */
  readonly mayWait: boolean;
}

/** A source at the head of a task. */
export interface SourcePlan {
  readonly port: string;
  readonly schema: RecordSchema;
  readonly eventTime: ((record: never) => unknown) | null;
  readonly outOfOrderMs: number;
  readonly idleMs: number | null;
  readonly maxAheadMs: number;
  readonly onInvalid: "fail" | "skip" | "deadLetter";
  readonly targets: readonly Target[];
}

/** A chain of operators and what feeds it: the unit that runs `parallelism` times. Either `source` or `gates` is set. */
export interface TaskPlan {
  readonly name: string;
  readonly nodes: readonly ChainNodePlan[];
  readonly gates: readonly GatePlan[];
  readonly source: SourcePlan | null;
}

/** An edge between tasks. */
export interface EdgePlan {
  readonly id: number;
  readonly partition: "key" | "forward";
  readonly fromTask: number;
  readonly toTask: number;
}

import { unreachable } from "../foundation/assert.ts";
import type { LogicalNode, StatelessNode, WindowNode } from "../graph/logical-graph.ts";
import { AggregateOperator } from "../operator/aggregate-operator.ts";
import { KeyByOperator } from "../operator/key-by-operator.ts";
import { LookupOperator } from "../operator/lookup-operator.ts";
import { MergeOperator } from "../operator/merge-operator.ts";
import type { Operator, OperatorContext } from "../operator/operator.ts";
import { ProcessOperator } from "../operator/process-operator.ts";
import { ReduceOperator } from "../operator/reduce-operator.ts";
import { SessionOperator } from "../operator/session-operator.ts";
import { StatelessOperator } from "../operator/stateless-operator.ts";
import { WindowOperator } from "../operator/window-operator.ts";

/** Makes the operator of a logical node, once per subtask. */
export type MakeOperator = (context: OperatorContext) => Operator;

/** The operator behind each kind of node. Sources and sinks are no operators: the task opens them. */
export function operatorOf(node: Exclude<LogicalNode, StatelessNode | { kind: "source" | "sink" }>): MakeOperator {
  switch (node.kind) {
    case "merge":
      return (context) => new MergeOperator(context, { inputs: node.inputs.length });
    case "keyBy":
      return (context) => new KeyByOperator(context, { fn: node.fn });
    case "window":
      return windowOperator(node);
    case "aggregate":
      return (context) => new AggregateOperator(context, { aggregates: node.aggregates });
    case "reduce":
      return (context) => new ReduceOperator(context, { fn: node.fn });
    case "process":
      return (context) => new ProcessOperator(context, { spec: node.spec });
    case "lookup":
      return (context) => new LookupOperator(context, { fn: node.fn });
    default:
      return unreachable(node, "kind of node");
  }
}

/** The operator behind a run of stateless nodes. */
export function statelessRun(nodes: readonly StatelessNode[]): MakeOperator {
  return (context) => new StatelessOperator(context, { steps: nodes });
}

function windowOperator({ window, aggregates, allowedLatenessMs }: WindowNode): MakeOperator {
  if (window.kind === "session") {
    const { gapMs } = window;
    return (context) => new SessionOperator(context, { gapMs, aggregates, allowedLatenessMs });
  }
  return (context) => new WindowOperator(context, { window, aggregates, allowedLatenessMs });
}

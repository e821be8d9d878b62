import type { AggregateFunction } from "../operator/aggregate-function.ts";
import type { ProcessSpec } from "../operator/process-spec.ts";
import type { WindowSpec } from "../operator/window-spec.ts";
import { durationText } from "./duration-text.ts";
import type { LogicalNode, SourceOptions } from "./logical-graph.ts";

/** What a step does, in a few words for people: "tumbling 1h, allowed lateness 4h: n count, p95 quantile"; may be empty. */
export function describeNode(node: LogicalNode): string {
  switch (node.kind) {
    case "source":
      return describeSource(node.options);
    case "window": {
      const lateness = node.allowedLatenessMs === 0 ? "" : `, allowed lateness ${durationText(node.allowedLatenessMs)}`;
      return `${describeWindow(node.window)}${lateness}: ${describeAggregates(node.aggregates)}`;
    }
    case "aggregate":
      return describeAggregates(node.aggregates);
    case "process":
      return describeProcess(node.spec);
    default:
      return "";
  }
}

/** A window assigner in words: "hopping 1h every 10m". */
export function describeWindow(window: WindowSpec): string {
  switch (window.kind) {
    case "tumbling":
      return `tumbling ${durationText(window.sizeMs)}${describeOffset(window.offsetMs)}`;
    case "hopping":
      return `hopping ${durationText(window.sizeMs)} every ${durationText(window.slideMs)}${describeOffset(window.offsetMs)}`;
    case "cumulate":
      return `cumulate ${durationText(window.sizeMs)} in steps of ${durationText(window.stepMs)}${describeOffset(window.offsetMs)}`;
    case "session":
      return `session with a gap of ${durationText(window.gapMs)}`;
  }
}

function describeOffset(offsetMs: number): string {
  return offsetMs === 0 ? "" : ` offset ${durationText(offsetMs)}`;
}

function describeSource(options: SourceOptions): string {
  if (options.eventTime === null) return "no event time";
  const idle = options.idleMs === null ? "never idle" : `idle after ${durationText(options.idleMs)}`;
  return `event time, out of order ${durationText(options.outOfOrderMs)}, ${idle}`;
}

function describeAggregates(aggregates: Readonly<Record<string, AggregateFunction>>): string {
  return Object.entries(aggregates)
    .map(([name, { kind, parameters }]) => {
      const settings = Object.entries(parameters).map(([parameter, value]) => `${parameter}=${value}`);
      return `${name} ${kind}${settings.length === 0 ? "" : `(${settings.join(", ")})`}`;
    })
    .join(", ");
}

function describeProcess(spec: ProcessSpec): string {
  const states = spec.states.map((state) => `${state.name} ${state.kind}`);
  const timers = spec.timers.map(
    (timer) => `${timer.name} ${timer.domain === "eventTime" ? "event time" : "processing time"}`,
  );
  const parts: string[] = [];
  if (states.length > 0) parts.push(`state ${states.join(", ")}`);
  if (timers.length > 0) parts.push(`timers ${timers.join(", ")}`);
  return parts.join("; ");
}

import { MAX_WATERMARK, NO_WATERMARK } from "./watermark.ts";

/** A watermark as plain JSON: null is NO_WATERMARK, "max" is MAX_WATERMARK. */
export type WatermarkJson = number | "max" | null;

/**
 * Anything that can hold a watermark back: a split of a source, an input of a task, an operator. Facts as data, so that
 * "what holds the watermark back?" is answered by looking at them.
 */
export type WatermarkHolder = {
  readonly kind: "split" | "input" | "operator";
  /** Unique among its siblings: "flights/0", "hourly[2] ← flights[0]", "enrich[1]". */
  readonly name: string;
  readonly watermark: WatermarkJson;
  /** `active` holds the watermark back, `idle` and `ended` do not; `waiting` has not said anything since it started. */
  readonly status: "active" | "waiting" | "idle" | "ended";
  /** Wall clock of the last move of its watermark or change of its status, epoch ms; null where nobody noted it. */
  readonly since: number | null;
};

export function watermarkJson(watermark: number): WatermarkJson {
  if (watermark === MAX_WATERMARK) return "max";
  return watermark === NO_WATERMARK ? null : watermark;
}

/** Inverse of {@link watermarkJson}. */
export function watermarkOf(json: WatermarkJson): number {
  if (json === "max") return MAX_WATERMARK;
  return json ?? NO_WATERMARK;
}

/** The facts of a holder from what its owner knows. */
export function watermarkHolder(facts: {
  kind: WatermarkHolder["kind"];
  name: string;
  watermark: number;
  idle: boolean;
  since: number | null;
}): WatermarkHolder {
  const { kind, name, watermark, idle, since } = facts;
  let status: WatermarkHolder["status"] = "active";
  if (watermark === MAX_WATERMARK) status = "ended";
  else if (idle) status = "idle";
  else if (watermark === NO_WATERMARK) status = "waiting";
  return { kind, name, watermark: watermarkJson(watermark), status, since };
}

/** Those of `holders` that keep the watermark of what they feed from rising: the lowest among the active and waiting ones. */
export function heldBackBy(holders: readonly WatermarkHolder[]): readonly WatermarkHolder[] {
  const active = holders.filter((holder) => holder.status === "active" || holder.status === "waiting");
  const lowest = Math.min(...active.map((holder) => watermarkOf(holder.watermark)));
  return active.filter((holder) => watermarkOf(holder.watermark) === lowest);
}

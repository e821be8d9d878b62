/** Kinds of mistakes that a pipeline's author makes and that only show when something fails, or is run elsewhere. */
export type MistakeKind =
  | "wall-clock"
  | "randomness"
  | "state-outside-state"
  | "kept-record"
  | "step-id"
  | "late-records"
  | "split-order"
  | "sink"
  | "invariant"
  | "engine";

/** What a simulation found wrong in a pipeline, in words that name the likely cause. */
export interface Mistake {
  readonly kind: MistakeKind;
  readonly message: string;
}

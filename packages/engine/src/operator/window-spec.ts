/**
 * A window assigner; sizes in ms, windows are [start, end). Tumbling and hopping windows are aligned to the epoch plus
 * `offsetMs`. A cumulate window grows from its start in steps to `sizeMs`: ends are start+step, start+2*step, … A session
 * joins records of a key that are at most `gapMs` apart (exactly the gap apart is one session, as in Flink); its
 * window is [first, last + gap).
 */
export type WindowSpec =
  | { readonly kind: "tumbling"; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: "hopping"; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  | { readonly kind: "cumulate"; readonly sizeMs: number; readonly stepMs: number; readonly offsetMs: number }
  | { readonly kind: "session"; readonly gapMs: number };

/** The window of a result, epoch ms, end exclusive. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

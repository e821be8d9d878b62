/** What the engine process of a demo tells its parent. */
export type EngineMessage =
  | { readonly kind: "restored"; readonly checkpoint: number; readonly records: number }
  | { readonly kind: "started" }
  | {
      readonly kind: "checkpoint";
      readonly checkpoint: number;
      readonly records: number;
      readonly durationMs: number;
    }
  | {
      readonly kind: "facts";
      readonly watermark: number | null;
      /** Records read in this life of the process. */
      readonly recordsRead: number;
    }
  | { readonly kind: "finished"; readonly records: number };

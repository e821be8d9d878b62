import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { StateCodec } from "../state/state-codec.ts";

/** A process function after the DSL has checked it; the typed face is in dsl/. */
export interface ProcessSpec {
  readonly emits: StandardSchemaV1 | null;
  readonly states: readonly {
    readonly name: string;
    readonly kind: "value" | "list" | "map";
    readonly codec: StateCodec;
  }[];
  /** A timer is pending at most once per key; `at` again replaces it. */
  readonly timers: readonly { readonly name: string; readonly domain: "eventTime" | "processingTime" }[];
  readonly onRecord: (record: never, context: never) => void;
  /** One per timer, same order. */
  readonly onTimer: readonly ((context: never) => void)[];
}

import type { SinkConnector } from "./sink-connector.ts";
import type { SourceConnector } from "./source-connector.ts";

/** What a port is bound to. A connector for both directions (jsonl) offers both. */
export interface Binding {
  readonly description: string;
  readonly source?: SourceConnector;
  readonly sink?: SinkConnector;
}

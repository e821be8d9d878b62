import type { SinkConnector } from "./sink-connector.ts";
import type { SourceConnector } from "./source-connector.ts";

/** What a port is bound to. A connector for both directions (jsonl) offers both. */
export interface Binding {
  readonly description: string;
  /**
   * What a port in this direction has for itself, such as the file a sink appends to: a job refuses two ports that claim the same
   * (TM_BINDING). Left out: any number of ports may share it.
   */
  readonly claims?: { readonly source?: string; readonly sink?: string };
  readonly source?: SourceConnector;
  readonly sink?: SinkConnector;
}

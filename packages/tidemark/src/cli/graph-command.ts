import { loadPipeline } from "@tidemark/engine";
import { graphJson, graphMermaid, graphText } from "@tidemark/engine/inspect";
import { EXIT } from "./exit-codes.ts";
import { fileUrl } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

export interface GraphFlags {
  readonly format: "text" | "mermaid" | "json";
  readonly json?: boolean;
}

/** `tidemark graph FILE`: the pipeline as written, without running it. */
export async function graphCommand(file: string, flags: GraphFlags, terminal: Terminal): Promise<number> {
  const { graph, warnings } = await loadPipeline(fileUrl(file));
  for (const warning of warnings) terminal.say(terminal.style("yellow", `warning: ${warning.message}`));
  const format = flags.json === true ? "json" : flags.format;
  if (format === "json") terminal.result(JSON.stringify(graphJson(graph), null, 2));
  else terminal.result(format === "mermaid" ? graphMermaid(graph) : graphText(graph));
  return EXIT.ok;
}

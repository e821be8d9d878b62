import { TidemarkError } from "../foundation/error.ts";
import { isPipeline, type Pipeline } from "../dsl/pipeline.ts";
import { importModule } from "../node-host/module-loader.ts";
import { checkConfig, type TidemarkConfig } from "./config.ts";

/** Loads the pipeline that a module exports as its default. */
export async function loadPipeline(url: string): Promise<Pipeline> {
  const exported = (await importModule(url))["default"];
  if (!isPipeline(exported)) {
    throw new TidemarkError(
      "TM_PIPELINE",
      'the file does not export a pipeline as its default; write `export default pipeline("name", (p) => { … })`',
      {
        facts: { file: url },
      },
    );
  }
  return exported;
}

/** Loads and checks a config file. */
export async function loadConfig(url: string): Promise<TidemarkConfig> {
  return checkConfig((await importModule(url))["default"], url);
}

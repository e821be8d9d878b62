import { TidemarkError } from "../foundation/error.ts";
import { nearestName } from "../foundation/nearest-name.ts";
import type { Binding } from "../connector/binding.ts";
import type { SettingsOptions } from "./settings.ts";

/** What `tidemark.config.ts` exports: the only file that differs between a laptop and production. */
export interface TidemarkConfig extends SettingsOptions {
  /** Ports by name, to connectors (`jsonl("flights.jsonl")`) or specs ("jsonl:flights.jsonl"). */
  readonly bind?: Readonly<Record<string, Binding | string>>;
}

const OPTIONS = [
  "bind",
  "parallelism",
  "stateDirectory",
  "checkpoint",
  "keyGroups",
  "stateBytesMax",
  "debug",
] as const satisfies readonly (keyof TidemarkConfig)[];
const CHECKPOINT_OPTIONS = ["every", "retained", "compress"];

/** Types a config file: `export default defineConfig({ … })`. */
export function defineConfig(config: TidemarkConfig): TidemarkConfig {
  return config;
}

/** Checks what a config file exported; throws TM_CONFIG naming the file and an unknown option with the nearest known one. */
export function checkConfig(value: unknown, file: string): TidemarkConfig {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TidemarkError("TM_CONFIG", "a config file exports defineConfig({ … }) as its default", {
      facts: { file },
    });
  }
  checkNames(value, OPTIONS, file);
  const { checkpoint } = value as TidemarkConfig;
  if (checkpoint !== undefined) checkNames(checkpoint, CHECKPOINT_OPTIONS, file);
  return value as TidemarkConfig;
}

function checkNames(value: object, known: readonly string[], file: string): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? `options are ${known.join(", ")}` : `did you mean "${nearest}"?`;
    throw new TidemarkError("TM_CONFIG", `unknown option "${name}"; ${hint}`, { facts: { file, option: name } });
  }
}

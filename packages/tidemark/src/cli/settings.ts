import { pathToFileURL } from "node:url";
import { existsSync } from "node:fs";
import { TidemarkError, type Duration, type SettingsOptions } from "@tidemark/engine";
import { durationMs } from "@tidemark/engine/connector";

/** Flags of every command that starts or describes a job. */
export interface JobFlags {
  readonly bind?: readonly string[];
  readonly config?: string;
  readonly parallelism?: string;
  readonly stateDirectory?: string;
  readonly checkpointEvery?: string;
  readonly retained?: string;
  readonly stateBytesMax?: string;
  readonly debug?: boolean;
}

/** Where a value came from; the first that says something wins. */
export type Origin = "flag" | "environment" | "config file" | "default";

interface Setting {
  readonly flag: keyof JobFlags;
  readonly variable: string;
  read(text: string): SettingsOptions;
}

const number = (name: string, text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new TidemarkError("TM_CONFIG", `${name} must be a number`, { facts: { option: name, given: text } });
  }
  return value;
};

/** Settings that have a flag and an environment variable. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  parallelism: {
    flag: "parallelism",
    variable: "TIDEMARK_PARALLELISM",
    read: (text) => ({ parallelism: number("parallelism", text) }),
  },
  stateDirectory: {
    flag: "stateDirectory",
    variable: "TIDEMARK_STATE_DIRECTORY",
    read: (text) => ({ stateDirectory: text }),
  },
  "checkpoint.every": {
    flag: "checkpointEvery",
    variable: "TIDEMARK_CHECKPOINT_EVERY",
    read: (text) => ({ checkpoint: { every: text as Duration } }),
  },
  "checkpoint.retained": {
    flag: "retained",
    variable: "TIDEMARK_CHECKPOINT_RETAINED",
    read: (text) => ({ checkpoint: { retained: number("checkpoint.retained", text) } }),
  },
  stateBytesMax: {
    flag: "stateBytesMax",
    variable: "TIDEMARK_STATE_BYTES_MAX",
    read: (text) => ({ stateBytesMax: number("stateBytesMax", text) }),
  },
};

/** Settings from flags and environment, with the origin of each by name. */
export function readSettings(flags: JobFlags): { settings: SettingsOptions; origins: Map<string, Origin> } {
  let settings: SettingsOptions = {};
  const origins = new Map<string, Origin>();
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const flag = flags[setting.flag];
    const text = typeof flag === "string" ? flag : process.env[setting.variable];
    if (text === undefined || text === "") continue;
    const read = setting.read(text);
    settings = {
      ...settings,
      ...read,
      ...(read.checkpoint && { checkpoint: { ...settings.checkpoint, ...read.checkpoint } }),
    };
    origins.set(name, typeof flag === "string" ? "flag" : "environment");
  }
  if (flags.debug === true) {
    settings = { ...settings, debug: true };
    origins.set("debug", "flag");
  }
  return { settings, origins };
}

/** Milliseconds of a flag such as "30s". */
export function readDuration(flag: string, text: string): number {
  return durationMs(text as Duration, flag);
}

/** `PORT=KIND:ARG` flags as bindings by port. */
export function readBindings(flags: readonly string[] = []): Record<string, string> {
  const bindings: Record<string, string> = {};
  for (const flag of flags) {
    const split = flag.indexOf("=");
    if (split < 1) {
      throw new TidemarkError("TM_BINDING", "a binding is PORT=KIND:ARG, such as flights=jsonl:flights.jsonl", {
        facts: { given: flag },
      });
    }
    bindings[flag.slice(0, split)] = flag.slice(split + 1);
  }
  return bindings;
}

/** URL of the config file: the one named, else ./tidemark.config.ts or .js if there is one. */
export function configUrl(named: string | undefined): string | undefined {
  if (named !== undefined) return fileUrl(named);
  const found = ["tidemark.config.ts", "tidemark.config.js"].find((name) => existsSync(name));
  return found === undefined ? undefined : fileUrl(found);
}

/** URL of a file that must exist. */
export function fileUrl(path: string): string {
  if (!existsSync(path)) throw new TidemarkError("TM_NOT_FOUND", "no such file", { facts: { path } });
  return pathToFileURL(path).href;
}

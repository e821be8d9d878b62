import { loadConfig, loadPipeline, settingsOf, type SettingsOptions } from "@tidemark/engine";
import { EXIT } from "./exit-codes.ts";
import { configUrl, fileUrl, readBindings, readSettings, type JobFlags, type Origin } from "./settings.ts";
import { table, type Terminal } from "./terminal.ts";

export interface ConfigFlags extends JobFlags {
  readonly json?: boolean;
}

/** `tidemark config [FILE]`: every setting and binding with its value and where it came from. */
export async function configCommand(file: string | undefined, flags: ConfigFlags, terminal: Terminal): Promise<number> {
  const { settings, origins } = readSettings(flags);
  const url = configUrl(flags.config);
  const config = url === undefined ? {} : await loadConfig(url);
  const name = file === undefined ? "NAME" : (await loadPipeline(fileUrl(file))).name;
  const given: SettingsOptions = {
    ...config,
    ...settings,
    checkpoint: { ...config.checkpoint, ...settings.checkpoint },
  };
  const effective = settingsOf(name, given);
  const originOf = (setting: string, fromConfig: unknown): Origin =>
    origins.get(setting) ?? (fromConfig === undefined ? "default" : "config file");
  const interval =
    effective.checkpointIntervalMs === Infinity ? "manual" : durationText(effective.checkpointIntervalMs);
  const stateLimit = effective.stateBytesMax === Infinity ? "none" : effective.stateBytesMax;
  const values: [string, string | number | boolean, Origin][] = [
    ["parallelism", effective.parallelism, originOf("parallelism", config.parallelism)],
    ["stateDirectory", effective.stateDirectory, originOf("stateDirectory", config.stateDirectory)],
    ["checkpoint.every", interval, originOf("checkpoint.every", config.checkpoint?.every)],
    ["checkpoint.retained", effective.retained, originOf("checkpoint.retained", config.checkpoint?.retained)],
    ["checkpoint.compress", effective.compress, originOf("checkpoint.compress", config.checkpoint?.compress)],
    ["keyGroups", 2 ** effective.keyGroupBits, originOf("keyGroups", config.keyGroups)],
    ["stateBytesMax", stateLimit, originOf("stateBytesMax", config.stateBytesMax)],
    ["debug", effective.debug, originOf("debug", config.debug)],
  ];
  const flagBindings = readBindings(flags.bind);
  for (const [port, binding] of Object.entries(config.bind ?? {})) {
    if (port in flagBindings) continue;
    values.push([`bind.${port}`, typeof binding === "string" ? binding : binding.description, "config file"]);
  }
  for (const [port, spec] of Object.entries(flagBindings)) values.push([`bind.${port}`, spec, "flag"]);
  if (flags.json === true) {
    terminal.result(JSON.stringify(values.map(([setting, value, origin]) => ({ setting, value, origin }))));
  } else {
    terminal.result(
      table(
        ["setting", "value", "from"],
        values.map(([setting, value, origin]) => [setting, String(value), origin]),
      ),
    );
  }
  return EXIT.ok;
}

/** Milliseconds as a setting is written: in the largest unit that leaves no fraction. */
function durationText(ms: number): string {
  const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };
  for (const [unit, size] of Object.entries(units)) if (ms > 0 && ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

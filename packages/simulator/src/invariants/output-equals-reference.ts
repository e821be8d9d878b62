import type { SeenManifest } from "../explore/seen-manifest.ts";
import type { Invariant, World } from "../explore/world.ts";

const ID = "output-equals-reference";

/**
 * What a checkpoint has committed equals what the reference gives for the input that it has read; at no other time do readers see less than
 * the last commit, or more than the newest durable checkpoint allows.
 */
export function outputEqualsReference(world: World): Invariant {
  let newest: SeenManifest | null = null;
  const rowsOf = (port: string): readonly unknown[] | null =>
    world.scenario.settings.sinks?.(port)?.committed() ?? world.lines(port);
  const check = (doing: string, wanted: (port: string) => readonly unknown[]): void => {
    for (const port of world.sinkPorts) {
      const rows = rowsOf(port);
      if (rows === null) {
        world.violate(ID, `${doing}, the file of port "${port}" has a line that is no JSON`);
        continue;
      }
      const { equal, report } = world.expected.compare(port, rows, wanted(port));
      if (!equal) world.violate(ID, `${doing}, port "${port}" differs from the reference: ${report}`);
    }
  };
  const checkWithin = (how: string): void => {
    if (world.hasRot) return;
    const visible = world.manifests().at(-1);
    for (const port of world.sinkPorts) {
      const rows = world.scenario.settings.sinks?.(port) == null ? world.lines(port) : null;
      if (rows === null) continue;
      const most = visible === undefined ? [] : world.expected.at(visible.manifest, port);
      const least = newest === null ? [] : world.expected.at(newest.manifest, port);
      const tooMuch = world.expected.compare(port, rows, most).extra;
      const tooLittle = world.expected.compare(port, rows, least).missing;
      if (tooMuch.length > 0)
        world.violate(
          ID,
          `after a ${how}, port "${port}" shows what no checkpoint allows: ${JSON.stringify(tooMuch[0])}`,
        );
      if (tooLittle.length > 0)
        world.violate(
          ID,
          `after a ${how}, port "${port}" has lost what was committed: ${JSON.stringify(tooLittle[0])}`,
        );
    }
  };
  return {
    id: ID,
    committed(seen) {
      newest = seen;
      check(`at checkpoint ${seen.manifest.checkpoint}`, (port) => world.expected.at(seen.manifest, port));
    },
    crashed(how) {
      // What was appended and not synced may be anything until the next start has repaired it.
      if (how === "power" && world.plan.powerLoss === "posix") return;
      checkWithin(how === "power" ? "power loss" : "kill");
    },
    finished() {
      check("at the end", (port) => world.expected.whole(port));
    },
  };
}

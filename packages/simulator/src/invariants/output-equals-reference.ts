import type { Manifest } from "@tidemark/engine/inspect";
import type { Invariant, World } from "../explore/world.ts";

const ID = "output-equals-reference";

/**
 * What a checkpoint has committed equals what the reference gives for the input that it has read; at no other time do readers see less than
 * the last commit, or more than the newest durable checkpoint allows.
 */
export function outputEqualsReference(world: World): Invariant {
  const { expected, scenario } = world;
  const isOpen = scenario.settings.isPrefixOpen ?? false;
  /** What readers saw when the last checkpoint was committed, by port. */
  let committed = new Map<string, readonly unknown[]>();
  const rowsOf = (port: string, doing: string): readonly unknown[] | null => {
    const rows = scenario.settings.sinks?.(port)?.committed() ?? world.lines(port);
    if (rows === null) world.violate(ID, `${doing}, the file of port "${port}" has a line that is no JSON`);
    return rows;
  };
  const checkEqual = (doing: string, port: string, wanted: readonly unknown[]): void => {
    const rows = rowsOf(port, doing);
    if (rows === null) return;
    const { equal, report } = expected.compare(port, rows, wanted);
    if (!equal) world.violate(ID, `${doing}, port "${port}" differs from the reference: ${report}`);
  };
  const checkWithin = (
    doing: string,
    port: string,
    bounds: { least: readonly unknown[]; most: readonly unknown[] },
  ): void => {
    const rows = rowsOf(port, doing);
    if (rows === null) return;
    const { extra } = expected.compare(port, rows, bounds.most);
    const { missing } = expected.compare(port, rows, bounds.least);
    if (extra.length > 0)
      world.violate(ID, `${doing}, port "${port}" shows too much: ${JSON.stringify(extra.slice(0, 3))}`);
    if (missing.length > 0)
      world.violate(ID, `${doing}, port "${port}" has lost: ${JSON.stringify(missing.slice(0, 3))}`);
  };
  const mostOf = (newest: Manifest | undefined, port: string): readonly unknown[] => {
    if (newest === undefined) return [];
    return isOpen ? expected.whole(port) : expected.at(newest, port);
  };
  return {
    id: ID,
    committed({ manifest }) {
      const doing = `at checkpoint ${manifest.checkpoint}`;
      for (const port of world.sinkPorts) {
        const before = committed.get(port) ?? [];
        if (isOpen) checkWithin(doing, port, { least: before, most: expected.whole(port) });
        else checkEqual(doing, port, expected.at(manifest, port));
      }
      committed = new Map(world.sinkPorts.map((port) => [port, rowsOf(port, doing) ?? []]));
    },
    crashed(how) {
      if (world.hasRot || world.mayBeTorn) return;
      const newest = world.manifests().at(-1)?.manifest;
      for (const port of world.sinkPorts) {
        if (scenario.settings.sinks?.(port) != null) continue;
        const most = mostOf(newest, port);
        const doing = `after a ${how === "power" ? "power loss" : "kill"}`;
        checkWithin(doing, port, { least: committed.get(port) ?? [], most });
      }
    },
    finished() {
      for (const port of world.sinkPorts) checkEqual("at the end", port, expected.whole(port));
    },
  };
}

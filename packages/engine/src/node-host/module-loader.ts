import { TidemarkError } from "../foundation/error.ts";
import { errnoOf } from "./disk-error.ts";

/** The exports of a module, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * Loads a module by URL (`file:///…`). TM_NOT_FOUND if there is no such file; TM_USER_CODE with the error as cause if it cannot
 * be parsed, imports what is not there, or throws while it runs.
 */
export async function importModule(url: string | URL): Promise<ModuleExports> {
  const href = String(url);
  try {
    return (await import(href)) as ModuleExports;
  } catch (error) {
    if (error instanceof TidemarkError) throw error;
    if (errnoOf(error) === "ERR_MODULE_NOT_FOUND" && missingUrl(error) === href) {
      throw new TidemarkError("TM_NOT_FOUND", "there is no such module", { cause: error, facts: { url: href } });
    }
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new TidemarkError("TM_USER_CODE", `the module could not be loaded: ${why}`, {
      cause: error,
      facts: { url: href },
    });
  }
}

function missingUrl(error: unknown): string | null {
  if (typeof error === "object" && error !== null && "url" in error && typeof error.url === "string") return error.url;
  return null;
}

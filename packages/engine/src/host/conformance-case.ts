import type { ErrorCode } from "../foundation/error-codes.ts";
import { TidemarkError, type ErrorFacts } from "../foundation/error.ts";

/** One thing that every implementation of a plug must do. `run` rejects if it does not. Register it with any test runner. */
export interface ConformanceCase {
  readonly name: string;
  run(): Promise<void>;
}

/** Throws unless the two are equal as data: by value, with types, order of fields aside. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (shown(actual) !== shown(expected)) {
    throw new TidemarkError("TM_INTERNAL", `conformance: ${what}`, {
      facts: { actual: shown(actual), expected: shown(expected) },
    });
  }
}

/** Throws unless `promise` rejects with a TidemarkError of this code and, where given, these facts. */
export async function expectError(
  promise: Promise<unknown>,
  code: ErrorCode,
  what: string,
  facts: ErrorFacts = {},
): Promise<void> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) {
    throw new TidemarkError("TM_INTERNAL", `conformance: ${what}`, {
      facts: { expected: code, actual: `resolved to ${shown(outcome.value)}` },
    });
  }
  const { error } = outcome;
  if (!(error instanceof TidemarkError))
    throw new TidemarkError("TM_INTERNAL", `conformance: ${what}`, { cause: error, facts: { expected: code } });
  expectEqual(error.code, code, what);
  for (const [name, value] of Object.entries(facts)) expectEqual(error.facts[name], value, `${what}: fact ${name}`);
}

/** A value as text, such that equal data has equal text. */
function shown(value: unknown): string {
  if (value instanceof Uint8Array)
    return `bytes(${value.length}):${value.length > 64 ? checksum(value) : value.join(" ")}`;
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([name, field]) => `${name}: ${shown(field)}`).join(", ")}}`;
  }
  if (typeof value === "string") return JSON.stringify(value);
  return Object.is(value, -0) ? "-0" : `${typeof value} ${String(value)}`;
}

function checksum(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7);
}

import { ERROR_CODES, type ErrorCode, type ErrorKind } from "./error-codes.ts";

/** Facts at the end of a message, printed as `name=value`. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Every error that Tidemark raises. `code` is stable and has a page docs/errors/CODE.md; `kind` says how to
 * react: `invalid` mend the input, `unavailable` try again, `fenced` another owner has taken over, `corrupt`
 * bytes on disk are wrong, `internal` a bug in Tidemark. The message is for people and not part of the contract.
 */
export class TidemarkError extends Error {
  override readonly name = "TidemarkError";
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly facts: ErrorFacts;
  /** The message without the facts. */
  readonly summary: string;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; facts?: ErrorFacts } = {}) {
    const facts = options.facts ?? {};
    super(message + factsText(facts), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = ERROR_CODES[code].kind;
    this.facts = facts;
    this.summary = message;
  }
}

function factsText(facts: ErrorFacts): string {
  const parts = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${String(value)}`);
  return parts.length === 0 ? "" : `. ${parts.join(", ")}`;
}

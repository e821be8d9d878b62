import { isOddName } from "./learned-layout.ts";
import { type Token, tokensOf } from "./source-tokens.ts";

/** Where the value of a property of a result comes from. */
export type ShapeSource =
  /** The named field of the function's argument, untouched. */
  | { readonly kind: "field"; readonly field: string }
  /** Every field of the argument, `...record`. */
  | { readonly kind: "all" }
  /** Whatever the function computes. */
  | { readonly kind: "computed" };

/** What every call of a function that does not throw returns, as far as its source tells for certain. */
export type FunctionShape =
  /** A new object with these properties, set in this order; a spread has no name. */
  | {
      readonly kind: "object";
      readonly properties: readonly { readonly name: string | null; readonly source: ShapeSource }[];
      /** The function does nothing but read fields of its argument. */
      readonly isPure: boolean;
      /** What it reads of its argument other than to return it untouched; only what stands here and what it spreads is seen by anything else. */
      readonly reads: ReadonlySet<string>;
    }
  /** A field of the argument; the function does nothing else. */
  | { readonly kind: "field"; readonly field: string }
  /** An array of fields of the argument; the function does nothing else. */
  | { readonly kind: "tuple"; readonly fields: readonly string[] }
  /** The argument; the function does nothing else. */
  | { readonly kind: "argument" };

// As it is now: nothing that runs later can make it tell something else.
const { toString } = Function.prototype;
const SOURCE_LENGTH_MAX = 10_000;

/**
 * The shape of a function's result; null where its source does not show it: several ways out, a result made elsewhere, native or bound
 * functions, methods, or syntax that this does not follow. What it tells holds for every call with a record view as the only argument.
 */
export function functionShape(fn: (...values: never[]) => unknown): FunctionShape | null {
  const source = toString.call(fn);
  if (source.length > SOURCE_LENGTH_MAX) return null;
  const tokens = tokensOf(source);
  return tokens === null ? null : new ShapeReader(tokens).read();
}

/** How the body names what it is given: as a whole, or field by field. */
interface Parameters {
  readonly whole: string | null;
  /** Local name to field. */
  readonly fields: ReadonlyMap<string, string>;
}

const ASSIGNMENTS = new Set("= += -= *= /= %= **= <<= >>= >>>= &= |= ^= &&= ||= ??= ++ -- of in".split(" "));
const DECLARATIONS = new Set(["++", "--", "var", "let", "const", "class", "function"]);

interface Value {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

class ShapeReader {
  readonly #tokens: readonly Token[];
  #parameters: Parameters = { whole: null, fields: new Map() };
  /** Defaults, nested patterns and further parameters can do anything. */
  #hasOddParameters = false;
  #bodyFrom = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  read(): FunctionShape | null {
    const body = this.#head();
    if (body === null) return null;
    this.#bodyFrom = body;
    if (this.#text(body) !== "{") return this.#result({ from: body, to: this.#tokens.length }, true);
    const returned = this.#returned(body);
    // The function's own brace and the word are all that stands before a result that is everything.
    return returned === null ? null : this.#result(returned, returned.from === body + 2);
  }

  /** Index of the body's first token. */
  #head(): number | null {
    let at = 0;
    const isFunction = this.#text(0) === "function";
    if (isFunction) at = this.#isName(1) ? 2 : 1;
    else if (this.#isName(0) && this.#text(1) === "=>" && this.#text(0) !== "async") {
      this.#parameters = { whole: this.#text(0), fields: new Map() };
      return 2;
    }
    if (this.#text(at) !== "(") return null;
    const end = this.#closing(at);
    if (end === null) return null;
    const parameters = this.#parametersIn(at + 1, end);
    this.#hasOddParameters = parameters === null && end > at + 1;
    this.#parameters = parameters ?? this.#parameters;
    const next = isFunction ? "{" : "=>";
    if (this.#text(end + 1) !== next) return null;
    return isFunction ? end + 1 : end + 2;
  }

  /** Null: none, or more than plain names. */
  #parametersIn(from: number, to: number): Parameters | null {
    const fields = new Map<string, string>();
    const last = this.#text(to - 1) === "," ? to - 1 : to;
    if (last === from + 1 && this.#isName(from)) return { whole: this.#text(from), fields };
    if (this.#text(from) !== "{" || this.#closing(from) !== last - 1) return null;
    let at = from + 1;
    while (at < last - 1) {
      if (!this.#isName(at)) return null;
      const isRenamed = this.#text(at + 1) === ":";
      const local = isRenamed ? at + 2 : at;
      if (!this.#isName(local)) return null;
      fields.set(this.#text(local), this.#text(at));
      const end = this.#text(local + 1);
      if (end !== "," && local + 1 !== last - 1) return null;
      at = local + 2;
    }
    return { whole: null, fields };
  }

  /** What the only `return` of a block gives, if it stands at the end of the body and so is always reached. */
  #returned(open: number): Value | null {
    const close = this.#tokens.length - 1;
    if (this.#closing(open) !== close) return null;
    let found: number | null = null;
    let depth = 0;
    for (let at = open + 1; at < close; at++) {
      depth += this.#step(at);
      const isWord = this.#text(at) === "return" && !this.#isMember(at) && this.#text(at + 1) !== ":";
      if (!isWord) continue;
      if (found !== null || depth !== 0) return null;
      found = at;
    }
    if (found === null || !["{", ";", "}"].includes(this.#text(found - 1))) return null;
    const to = this.#text(close - 1) === ";" ? close - 1 : close;
    if (this.#tokens[found + 1]?.isOnNewLine !== false || found + 1 >= to) return null;
    return { from: found + 1, to };
  }

  #result({ from, to }: Value, isAll: boolean): FunctionShape | null {
    const isBracketed = this.#text(from) === "(" && this.#closing(from) === to - 1;
    if (isBracketed) return this.#result({ from: from + 1, to: to - 1 }, isAll);
    const isWhole = this.#closing(from) === to - 1;
    if (this.#text(from) === "{" && isWhole) return this.#object(from, to - 1, isAll);
    if (!isAll) return null;
    if (this.#text(from) === "[" && isWhole) return this.#tuple(from + 1, to - 1);
    if (to === from + 1 && this.#text(from) === this.#parameters.whole) return { kind: "argument" };
    const field = this.#fieldOf({ from, to });
    return field === null ? null : { kind: "field", field };
  }

  #tuple(from: number, to: number): FunctionShape | null {
    const fields: string[] = [];
    let at = from;
    while (at < to) {
      const end = this.#endOfValue(at);
      const field = this.#fieldOf({ from: at, to: end });
      if (field === null) return null;
      fields.push(field);
      at = end + 1;
    }
    return fields.length === 0 ? null : { kind: "tuple", fields };
  }

  /** The field that a value reads, if it does nothing else. */
  #fieldOf({ from, to }: Value): string | null {
    const { whole, fields } = this.#parameters;
    if (to === from + 1 && this.#isName(from)) return fields.get(this.#text(from)) ?? null;
    if (to !== from + 3 || whole === null || this.#text(from) !== whole) return null;
    return this.#text(from + 1) === "." && this.#isName(from + 2) ? this.#text(from + 2) : null;
  }

  #object(open: number, close: number, isAll: boolean): FunctionShape | null {
    const properties = this.#properties(open + 1, close);
    if (properties === null) return null;
    const untouched = new Set<number>();
    for (const { value, spreads } of properties)
      if (spreads || this.#fieldOf(value) !== null) untouched.add(value.from);
    const uses = this.#uses(untouched, new Set(properties.map(({ key, value }) => (key === value.from ? -1 : key))));
    const sourceOf = (value: Value, spreads: boolean): ShapeSource => {
      if (uses === null) return { kind: "computed" };
      if (spreads) return { kind: "all" };
      const field = this.#fieldOf(value);
      return field !== null && uses.isFixed(this.#text(value.from)) ? { kind: "field", field } : { kind: "computed" };
    };
    const made = properties.map(({ name, value, spreads }) => ({ name, source: sourceOf(value, spreads) }));
    if (uses === null && made.some(({ name }) => name === null)) return null;
    return {
      kind: "object",
      properties: made,
      isPure: isAll && !this.#hasOddParameters && made.every(({ source }) => source.kind !== "computed"),
      reads: uses?.reads ?? new Set(),
    };
  }

  /** Null: keys that are not known, accessors, methods, spreads of anything but the argument. */
  #properties(
    from: number,
    close: number,
  ): { name: string | null; key: number; value: Value; spreads: boolean }[] | null {
    const properties: { name: string | null; key: number; value: Value; spreads: boolean }[] = [];
    let at = from;
    while (at < close) {
      const spreads = this.#text(at) === "...";
      const key = spreads ? at + 1 : at;
      const isNamed = this.#text(key + 1) === ":" && !spreads;
      const value: Value = isNamed ? { from: key + 2, to: this.#endOfValue(key + 2) } : { from: key, to: key + 1 };
      const name = spreads ? null : this.#keyName(key, isNamed);
      if (value.to > close || (value.to !== close && this.#text(value.to) !== ",")) return null;
      if (spreads ? this.#text(key) !== this.#parameters.whole : name === null || isOddName(name)) return null;
      properties.push({ name, key, value, spreads });
      at = value.to + 1;
    }
    return properties;
  }

  #keyName(at: number, isNamed: boolean): string | null {
    const token = this.#tokens[at];
    if (token?.kind === "name") return token.text;
    if (token?.kind !== "string" || !isNamed || token.text.includes("\\")) return null;
    return token.text.slice(1, -1);
  }

  /**
   * What the body does with its argument apart from the values at `untouched`. Null: more than reading fields of it, so that nothing is
   * known of any field. `keys` are tokens that name properties.
   */
  #uses(
    untouched: ReadonlySet<number>,
    keys: ReadonlySet<number>,
  ): { reads: ReadonlySet<string>; isFixed: (name: string) => boolean } | null {
    const { whole, fields } = this.#parameters;
    const reads = new Set<string>();
    const changed = new Set<string>();
    let mayAssignPatterns = false;
    for (let at = this.#bodyFrom; at < this.#tokens.length; at++) {
      const text = this.#text(at);
      const before = this.#text(at - 1);
      if (text === "eval" || text === "arguments" || text === "with") return null;
      if (ASSIGNMENTS.has(text) && [")", "]", "}"].includes(before)) mayAssignPatterns = true;
      if (!this.#isName(at) || this.#isMember(at) || (keys.has(at) && !untouched.has(at))) continue;
      const field = fields.get(text);
      if (text === whole) {
        if (untouched.has(at)) continue;
        if (this.#text(at + 1) !== "." || !this.#isName(at + 2)) return null;
        reads.add(this.#text(at + 2));
      } else if (field !== undefined) {
        if (this.#isAssigned(at)) changed.add(text);
        if (!untouched.has(at)) reads.add(field);
      }
    }
    // Fields of Object.prototype see the whole argument: `record.hasOwnProperty("a")`.
    for (const name of reads) if (name in Object.prototype) return null;
    return { reads, isFixed: (name) => name === whole || (!mayAssignPatterns && !changed.has(name)) };
  }

  #isAssigned(at: number): boolean {
    const before = this.#text(at - 1);
    const isGenerator = before === "*" && this.#text(at - 2) === "function";
    return ASSIGNMENTS.has(this.#text(at + 1)) || DECLARATIONS.has(before) || isGenerator;
  }

  /** Index of the `,` or closing bracket after the value that begins at `from`. */
  #endOfValue(from: number): number {
    let depth = 0;
    for (let at = from; at < this.#tokens.length; at++) {
      const step = this.#step(at);
      if (depth + step < 0 || (depth === 0 && this.#text(at) === ",")) return at;
      depth += step;
    }
    return this.#tokens.length;
  }

  /** Index of the bracket that closes the one at `open`. */
  #closing(open: number): number | null {
    let depth = 0;
    for (let at = open; at < this.#tokens.length; at++) {
      depth += this.#step(at);
      if (depth === 0) return at;
    }
    return null;
  }

  /** 1 where a token opens a bracket, -1 where it closes one. */
  #step(at: number): number {
    const text = this.#text(at);
    if (text === "(" || text === "[" || text === "{" || text === "`${") return 1;
    return text === ")" || text === "]" || text === "}" || text === "}`" ? -1 : 0;
  }

  #isMember(at: number): boolean {
    const before = this.#text(at - 1);
    return before === "." || before === "?.";
  }

  #isName(at: number): boolean {
    return this.#tokens[at]?.kind === "name";
  }

  #text(at: number): string {
    return this.#tokens[at]?.text ?? "";
  }
}

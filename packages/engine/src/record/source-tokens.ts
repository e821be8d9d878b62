/** One token of JavaScript source. Text inside of templates is left out; their `${` and `}` are brackets. */
export interface Token {
  readonly kind: "name" | "number" | "string" | "regex" | "template" | "punctuator";
  /** As it stands in the source. Of templates: "`" whole, "`${" begins, "}${" goes on, "}`" ends. */
  readonly text: string;
  /** A line ends between it and the token before. */
  readonly isOnNewLine: boolean;
}

const SPACE = /[ \t\v\f\r\n]+/y;
const COMMENT = /\/\/[^\r\n\u2028\u2029]*|\/\*[^]*?\*\//y;
const NAME = /[A-Za-z_$][\w$]*/y;
const NUMBER = /(?:\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d[\w]*(?:(?<=[eE])[+-]\d+)?)/y;
const STRING = /"(?:[^"\\\r\n]|\\[^])*"|'(?:[^'\\\r\n]|\\[^])*'/y;
const REGEX =
  /\/(?:[^/\\[\r\n\u2028\u2029]|\\[^\r\n\u2028\u2029]|\[(?:[^\]\\\r\n\u2028\u2029]|\\[^\r\n\u2028\u2029])*\])+\/[A-Za-z]*/y;
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[^]|\$(?!\{))*(`|\$\{)/y;
const PUNCTUATOR =
  />>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*|[{}()[\];,<>+\-*/%&|^!~?:=.]/y;

/** Words after which a slash begins a regular expression; after the others of the language's words none may stand. */
const BEFORE_REGEX = new Set([
  "return",
  "typeof",
  "instanceof",
  "in",
  "new",
  "delete",
  "void",
  "throw",
  "case",
  "do",
  "else",
]);
/** Names in some places, words of the language in others. */
const UNCERTAIN = new Set(["of", "yield", "await", "let", "async", "get", "set", "static"]);
/** Their heads end with a bracket, and a slash behind it is not a division. */
const WITH_HEAD = new Set(["if", "while", "for", "with"]);

/**
 * The tokens of a function's source; null where that takes a parser: a slash that could be either, characters outside of ASCII in names,
 * private names, comments of old browsers.
 */
export function tokensOf(source: string): readonly Token[] | null {
  if (source.includes("<!--") || source.includes("-->")) return null;
  return new Tokenizer(source).run();
}

class Tokenizer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  /** Of each open brace: whether it is one of a template. */
  readonly #braces: boolean[] = [];
  #position = 0;
  #isOnNewLine = false;
  #hasHead = false;

  constructor(source: string) {
    this.#source = source;
  }

  run(): readonly Token[] | null {
    while (this.#position < this.#source.length) if (!this.#step()) return null;
    return this.#braces.length === 0 ? this.#tokens : null;
  }

  /** False where it is not certain how to go on. */
  #step(): boolean {
    const gap = this.#match(SPACE) ?? this.#match(COMMENT);
    if (gap !== null) {
      this.#isOnNewLine ||= /[\r\n\u2028\u2029]/.test(gap);
      return true;
    }
    const name = this.#match(NAME);
    if (name !== null) {
      this.#hasHead ||= WITH_HEAD.has(name);
      return this.#add("name", name);
    }
    const number = this.#match(NUMBER);
    if (number !== null) return this.#add("number", number);
    const text = this.#match(STRING);
    if (text !== null) return this.#add("string", text);
    const first = this.#source[this.#position];
    if (first === "`") return this.#template("`");
    if (first === "}" && this.#braces.pop() === true) return this.#template("}");
    if (first === "/") return this.#slash();
    const punctuator = this.#match(PUNCTUATOR);
    if (punctuator === null) return false;
    if (punctuator === "{") this.#braces.push(false);
    return this.#add("punctuator", punctuator);
  }

  #template(begin: "`" | "}"): boolean {
    this.#position++;
    const text = this.#match(TEMPLATE_TEXT);
    if (text === null) return false;
    const isOpen = text.endsWith("{");
    if (isOpen) this.#braces.push(true);
    const end = isOpen ? "${" : "`";
    return this.#add("template", begin === end ? "`" : begin + end);
  }

  #slash(): boolean {
    const before = this.#tokens.at(-1);
    const isMember = this.#tokens.at(-2)?.text === "." || this.#tokens.at(-2)?.text === "?.";
    if (before === undefined || before.text === "}" || before.text === "++" || before.text === "--") return false;
    if (before.text === ")" && this.#hasHead) return false;
    if (before.kind === "name" && (UNCERTAIN.has(before.text) || (isMember && BEFORE_REGEX.has(before.text))))
      return false;
    const isValue = before.kind === "name" ? !BEFORE_REGEX.has(before.text) : before.kind !== "punctuator";
    const isOperand = isValue ? !before.text.endsWith("${") : before.text === ")" || before.text === "]";
    if (isOperand) return this.#add("punctuator", this.#match(PUNCTUATOR) ?? "/");
    const regex = this.#match(REGEX);
    return regex !== null && this.#add("regex", regex);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const [text] = pattern.exec(this.#source) ?? [null];
    if (text !== null) this.#position += text.length;
    return text;
  }

  #add(kind: Token["kind"], text: string): true {
    this.#tokens.push({ kind, text, isOnNewLine: this.#isOnNewLine });
    this.#isOnNewLine = false;
    return true;
  }
}

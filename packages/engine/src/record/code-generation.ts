let nextId = 1;
let isAllowed: boolean | undefined;

/** False where the process forbids code from strings (`--disallow-code-generation-from-strings`); the same work is then interpreted. */
export function canGenerateCode(): boolean {
  isAllowed ??= tryOnce();
  return isAllowed;
}

function tryOnce(): boolean {
  try {
    return generate([], "return true;")() === true;
  } catch (error) {
    if (error instanceof EvalError) return false;
    throw error;
  }
}

/**
 * A function of the given source. `body` holds no text of a user's but as a quoted string. Its text is unique: V8 lets functions
 * with the same source share type feedback, and two streams of different shapes then slow each other down sixfold.
 */
export function generate(parameters: readonly string[], body: string): (...values: readonly unknown[]) => unknown {
  const source = `/* tidemark ${nextId++} */ "use strict";\n${body}`;
  return Reflect.construct(Function, [...parameters, source]) as (...values: readonly unknown[]) => unknown;
}

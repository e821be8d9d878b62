/** One piece of text in the engine's sources that is replaced by another. */
export interface Edit {
  /** Below the engine's `src`. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** A bug to plant into a copy of the engine. */
export interface Canary extends Edit {
  readonly name: string;
  /** What a user would see of the bug. */
  readonly why: string;
  /** A second edit, where one line of defence stands behind another. */
  readonly also?: Edit;
  /** Where few seeds reach it: all of them run scenarios whose names begin so. */
  readonly only?: string;
  /** A seed that has found it: the search begins there. */
  readonly hint: number;
}

/** The text of a file with the bug; throws if the place is not there, or not the only one: a canary must not rot. */
export function plant(name: string, { file, find, replace }: Edit, text: string): string {
  const parts = text.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(
    `canary "${name}" matches ${parts.length - 1} times in ${file}, not once; bring it up to date. find=${find}`,
  );
}

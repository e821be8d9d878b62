/** What changes an object, or takes it as a whole: assignments, but no comparisons and arrows, and what goes over all its properties. */
const MORE_THAN_READS =
  /(?<![=!<>])=(?![=>])|<<=|>>=|\+\+|--|\.\.\.|\b(?:Object|Reflect|JSON|structuredClone|delete|in|native code)\b/;

/**
 * Whether a function's source has nothing that would tell a view of a record from a copy of it, which may be changed, and is faster to be
 * taken apart. Says no where it is not plain.
 */
export function onlyReads(fn: (...values: never[]) => unknown): boolean {
  return !MORE_THAN_READS.test(Function.prototype.toString.call(fn));
}

/** Stand for a name: docs/errors/CODE.md. */
const PLACEHOLDER = /(^|\/)(CODE|ENTRY)\./;

/** Markdown documents that a text names and that are nowhere in the tree: they moved, or never were in it. */
export function missingDocuments(path: string, text: string, files: readonly string[]): string[] {
  const missing: string[] = [];
  for (const [name] of text.matchAll(/(?<![\w*{}<$./-])[\w./-]*\w\.md\b/g)) {
    const clean = name.replace(/^(\.\.?\/)+/, "");
    if (PLACEHOLDER.test(clean) || clean.startsWith(".")) continue;
    const isThere = files.some((file) => file === clean || file.endsWith(`/${clean}`));
    if (!isThere) missing.push(`${path}: names ${name}, which is not in this tree`);
  }
  return missing;
}

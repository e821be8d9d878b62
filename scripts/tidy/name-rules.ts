const VAGUE = /(^|[/.-])(utils?|helpers?|common|misc)([/.-]|$)/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*\.ts$/;

/** What is wrong with a source's path, or null. */
export function judgeName(path: string): string | null {
  if (VAGUE.test(path)) return `${path}: the name says nothing of what is in it`;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name.endsWith(".ts") && !KEBAB.test(name)) return `${path}: file names are kebab-case`;
  return null;
}

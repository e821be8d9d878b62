import { posix } from "node:path";

/** Relative link targets of a Markdown text that are not among `files` or their folders. */
export function brokenLinks(path: string, text: string, files: ReadonlySet<string>): string[] {
  const withoutCode = text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");
  const broken: string[] = [];
  for (const [, target = ""] of withoutCode.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target) || target.startsWith("#")) continue;
    const file = posix.join(posix.dirname(path), target.replace(/#.*$/, "")).replace(/\/$/, "");
    const exists = files.has(file) || [...files].some((other) => other.startsWith(`${file}/`));
    if (!exists) broken.push(`${path}: ${target} leads nowhere`);
  }
  return broken;
}

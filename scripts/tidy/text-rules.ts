/** What no text of this tree may hold, whichever tool would read it. */
export interface TextRule {
  readonly name: string;
  readonly pattern: RegExp;
  /** What to do instead. */
  readonly instead: string;
  /** A line that must be caught; the rule is tested with it. */
  readonly example: string;
  /** Paths the rule does not look at. */
  readonly except?: RegExp;
}

export const TEXT_RULES: readonly TextRule[] = [
  {
    name: "open end",
    pattern: /\b(TODO|FIXME|XXX|HACK)\b|not (yet )?implemented/,
    instead: "do it, or say in docs/ARCHITECTURE.md what comes later",
    example: "// TODO: later",
    except: /package-lock\.json$|^LICENSE$/,
  },
  {
    name: "suppressed lint",
    pattern: /(oxlint|eslint)-disable|@ts-ignore|@ts-nocheck|(oxfmt|prettier)-ignore/,
    instead: "mend what the lint names, or argue with the rule in oxlint.config.ts",
    example: "// oxlint-disable-next-line",
  },
  {
    name: "test switched off or narrowed",
    pattern: /\b(test|it|describe|suite)\.(skip|only|todo)\(|\{ *(skip|only|todo): *true/,
    instead: "a test runs or is not there",
    example: 'test.skip("x", () => {})',
  },
  {
    name: "somebody's machine",
    pattern: /(^|[\s"'`(=])\/(work|home|root|Users|private)\/\w/,
    instead: "a path of one machine is of no use on another",
    example: 'const path = "/home/me/tidemark";',
  },
  {
    name: "section of another document",
    pattern: /(?<!ARCHITECTURE\.md,? |ARCHITECTURE\.md\) )§/,
    instead: "name docs/ARCHITECTURE.md before the §, or give the reason itself",
    example: "// see the notes §4",
    except: /^docs\/ARCHITECTURE\.md$/,
  },
  {
    name: "number of an issue",
    pattern: /\bissue #?\d+\b/i,
    instead: "trackers move: give the reason itself",
    example: "// see issue 12",
    except: /^docs\/rfcs\//,
  },
];

const RULES_FILE = "scripts/tidy/text-rules.ts";

/** Lines of `text` that break a rule, as `path:line: …`. This file names what it bans and is not judged. */
export function judgeText(path: string, text: string): string[] {
  if (path === RULES_FILE) return [];
  const rules = TEXT_RULES.filter((rule) => rule.except?.test(path) !== true);
  return text
    .split("\n")
    .flatMap((line, index) =>
      rules
        .filter((rule) => rule.pattern.test(line))
        .map((rule) => `${path}:${index + 1}: ${rule.name}: ${rule.instead}`),
    );
}

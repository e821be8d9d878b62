import { defineConfig, type OxlintConfig } from "oxlint";
import {
  CODE_GENERATION,
  ENGINE_PACKAGE,
  HOST_GLOBALS,
  HOST_ROOM,
  PACKAGES,
  TEST_FILES,
} from "./scripts/walls/diagram.ts";

/** Files that may use Node, clocks and randomness directly; derived from the diagram. */
const hostFiles = [
  `packages/${ENGINE_PACKAGE}/src/${HOST_ROOM}/**`,
  ...TEST_FILES,
  ...Object.entries(PACKAGES).flatMap(([name, { host }]) => (host === "own" ? [`packages/${name}/**`] : [])),
];

const hostOnly: OxlintConfig["rules"] = {
  "no-restricted-globals": [
    "error",
    ...Object.entries(HOST_GLOBALS).map(([name, instead]) => ({
      name,
      message: `only ${HOST_ROOM} may; use ${instead}`,
    })),
  ],
  "walls/host-properties": "error",
};

// An override replaces a rule's options instead of adding to them, so the overrides below only switch rules on or off.
export default defineConfig({
  plugins: ["typescript", "import", "unicorn", "oxc", "node"],
  jsPlugins: ["./scripts/walls/lint-plugin.ts"],
  categories: { correctness: "error" },
  // Kernels are AssemblyScript: types, operators and globals of their own.
  ignorePatterns: ["packages/engine/kernels/**", "**/dist/**", "**/node_modules/**", "**/.tidemark/**"],
  rules: {
    "walls/imports": "error",
    "walls/no-export-all": "error",
    "import/no-cycle": ["error", { ignoreTypes: false }],
    "import/no-self-import": "error",

    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    "typescript/only-throw-error": "error",
    "typescript/return-await": ["error", "error-handling-correctness-only"],
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/ban-ts-comment": "error",
    "typescript/consistent-type-imports": "error",

    // Sized arrays are how batches and tables are made; `new Array(n)` is meant.
    "unicorn/no-new-array": "off",
    // A copy is iterated where the loop changes the original.
    "unicorn/no-useless-spread": "off",
    // Some libraries' types promise a value where there is none at first.
    "typescript/no-useless-default-assignment": "off",
    // Interfaces here are written with methods; what is handed around is closures.
    "typescript/unbound-method": "off",
    "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    "no-empty": "error",
    "no-var": "error",
    "prefer-const": "error",
    "max-lines": ["error", { max: 500 }],
    "max-lines-per-function": ["error", { max: 70, skipComments: true, skipBlankLines: true }],
  },
  overrides: [
    { files: ["packages/*/src/**"], rules: hostOnly },
    {
      files: hostFiles,
      rules: { "no-restricted-globals": "off", "walls/host-properties": "off" },
    },
    // Stands in for the clock and randomness that a user's pipeline must not ask for, to notice it.
    {
      files: ["packages/simulator/src/users/watched-globals.ts"],
      rules: { "no-restricted-globals": "off", "walls/host-properties": "off" },
    },
    // The one place that makes functions from text; see docs/ARCHITECTURE.md, Drivers.
    { files: [CODE_GENERATION], rules: { "typescript/no-implied-eval": "off" } },
    {
      files: TEST_FILES,
      rules: {
        "max-lines": ["error", { max: 800 }],
        // A describe block is no function anyone reads as one.
        "max-lines-per-function": "off",
        // node:test returns promises that the runner itself waits for.
        "typescript/no-floating-promises": [
          "error",
          {
            allowForKnownSafeCalls: [
              { from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] },
            ],
          },
        ],
        // Type tests prove that what must not compile does not.
        "typescript/ban-ts-comment": ["error", { "ts-expect-error": "allow-with-description" }],
        "typescript/no-non-null-assertion": "off",
        "typescript/no-implied-eval": "off",
        // Where a test reads what is not there, it fails: that is what it is for.
        "no-unsafe-optional-chaining": "off",
        // Odd strings are taken apart on purpose.
        "typescript/no-misused-spread": "off",
      },
    },
    // Suites for others to run: product code by the walls, tests by their size.
    {
      files: ["**/*.conformance.ts"],
      rules: { "max-lines": ["error", { max: 800 }], "max-lines-per-function": "off" },
    },
  ],
});

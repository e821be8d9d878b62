import { relative, sep } from "node:path";
import type { RuleTester } from "oxlint/plugins-dev";
import { HOST_PROPERTIES, HOST_ROOM } from "./diagram.ts";
import { judgeImport, judgePlace, placeOf, type Place } from "./judge-import.ts";

// oxlint names these types only inside; they are taken from the one class it exports.
type Rule = Exclude<Parameters<RuleTester["run"]>[1], { createOnce: unknown }>;
type Context = Parameters<Rule["create"]>[0];
type Node = Extract<Parameters<Context["report"]>[0], { node: unknown }>["node"];

function placeOfContext(context: Context): Place {
  return placeOf(relative(context.cwd, context.filename).split(sep).join("/"));
}

function literalOf(node: { readonly type: string; readonly value?: unknown }): string | null {
  return node.type === "Literal" && typeof node.value === "string" ? node.value : null;
}

/** Every way to name another module, type-only ones included, is held against the diagram. */
const imports = {
  meta: { type: "problem" },
  create(context: Context) {
    const place = placeOfContext(context);
    const judge = (node: Node, specifier: string | null): void => {
      const message = judgeImport(place, specifier);
      if (message !== null) context.report({ node, message });
    };
    return {
      Program(node) {
        const message = judgePlace(place);
        if (message !== null) context.report({ node, message });
      },
      ImportDeclaration: (node) => judge(node.source, node.source.value),
      ExportNamedDeclaration: (node) => {
        if (node.source !== null) judge(node.source, node.source.value);
      },
      ExportAllDeclaration: (node) => judge(node.source, node.source.value),
      ImportExpression: (node) => judge(node.source, literalOf(node.source)),
      TSImportType: (node) => judge(node.source, literalOf(node.source)),
      TSExternalModuleReference: (node) => judge(node.expression, literalOf(node.expression)),
      TSModuleDeclaration: (node) => {
        if (node.id.type === "Literal") judge(node.id, node.id.value);
      },
    };
  },
} satisfies Rule;

/** A facade is a list: each export is a decision. */
const noExportAll = {
  meta: { type: "problem" },
  create: (context: Context) => ({
    ExportAllDeclaration: (node) =>
      context.report({ node, message: "export * hides what a facade offers; list the names" }),
  }),
} satisfies Rule;

/** Clock and randomness under the names of the language: Date.now, Math.random, and Date without an argument. */
const hostProperties = {
  meta: { type: "problem" },
  create(context: Context) {
    const judge = (node: Node, object: Named, property: unknown): void => {
      const found = HOST_PROPERTIES.find((ban) => ban.object === object.name && ban.property === property);
      if (found === undefined) return;
      const name = `${found.object}.${found.property}`;
      context.report({ node, message: `${name}: only ${HOST_ROOM} may; use ${found.instead}` });
    };
    const judgeDate = (node: Node, callee: Named): void => {
      if (callee.name !== "Date") return;
      context.report({ node, message: "Date without an argument reads the clock; use host.clock.now" });
    };
    return {
      MemberExpression: (node) => judge(node, node.object, propertyName(node.property)),
      VariableDeclarator: (node) => {
        if (node.init === null || node.id.type !== "ObjectPattern") return;
        for (const property of node.id.properties) {
          if (property.type === "Property") judge(property, node.init, propertyName(property.key));
        }
      },
      NewExpression: (node) => {
        if (node.arguments.length === 0) judgeDate(node, node.callee);
      },
      CallExpression: (node) => judgeDate(node, node.callee),
    };
  },
} satisfies Rule;

/** An expression; only identifiers have a name. */
interface Named {
  readonly type: string;
  readonly name?: unknown;
}

function propertyName(key: Named & { readonly value?: unknown }): unknown {
  return key.type === "Literal" ? key.value : key.name;
}

export default {
  meta: { name: "walls" },
  rules: { imports, "no-export-all": noExportAll, "host-properties": hostProperties },
};

import * as engine from "@tidemark/engine";
import { z } from "zod";

/** What twenty people might run side by side: the same query, each over names of their own. */
export const SHAPES = ["map", "window", "aggregate"] as const;
export type Shape = (typeof SHAPES)[number];

/** Columns of the bids that a shape's schema declares. */
export const SHAPE_COLUMNS = ["auction", "bidder", "price", "dateTime"] as const;

const STEPS: Readonly<Record<Shape, (name: (column: string) => string) => string>> = {
  map: (name) => `
    .filter((bid) => bid.${name("price")} > 1000)
    .map((bid) => ({ ${name("auction")}: bid.${name("auction")}, ${name("euros")}: bid.${name("price")} * 908 }))`,
  window: (name) => `
    .keyBy((bid) => bid.${name("auction")})
    .window(hopping("10s", "2s"))
    .aggregate("${name("counts")}", { ${name("n")}: count(), ${name("most")}: max((bid) => bid.${name("price")}) })`,
  aggregate: (name) => `
    .keyBy((bid) => bid.${name("bidder")})
    .aggregate("${name("totals")}", { ${name("n")}: count(), ${name("sum")}: sum((bid) => bid.${name("price")}) })`,
};

/** The name of a column in the pipeline of this number. */
export function columnName(column: string, index: number): string {
  return `${column}${index}`;
}

/** Pipeline number `index` of a shape: a module of its own, as if somebody had written it. */
export async function shapedPipeline(shape: Shape, index: number): Promise<engine.Pipeline> {
  const name = (column: string): string => columnName(column, index);
  const module: { default: (api: typeof engine, schemas: typeof z) => engine.Pipeline } = await import(
    `data:text/javascript,${encodeURIComponent(moduleText(shape, name))}`
  );
  return module.default(engine, z);
}

function moduleText(shape: Shape, name: (column: string) => string): string {
  return `
export default ({ pipeline, count, hopping, max, sum }, z) => {
  const Bid = z.object({
    ${name("auction")}: z.int32(), ${name("bidder")}: z.int32(), ${name("price")}: z.int32(), ${name("dateTime")}: z.number(),
  });
  const options = { eventTime: (bid) => bid.${name("dateTime")}, outOfOrder: "4s", trust: true };
  return pipeline("${name(shape)}", (p) => {
    p.source("bids", Bid, options)${STEPS[shape](name)}
    .to(p.sink("result"));
  });
};`;
}

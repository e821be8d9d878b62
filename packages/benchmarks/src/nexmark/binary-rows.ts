import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline, rows, start, type Pipeline } from "@tidemark/engine";
import { columnSource } from "./column-source.ts";
import type { Dataset } from "./dataset.ts";
import { Auction, Bid, Person, SOURCE, type TableName } from "./model.ts";

/** Columns in, the same records out. */
const COPIES: Readonly<Record<TableName, Pipeline>> = {
  persons: pipeline("persons", (p) => p.source("columns", Person, SOURCE).to(p.sink("rows"))),
  auctions: pipeline("auctions", (p) => p.source("columns", Auction, SOURCE).to(p.sink("rows"))),
  bids: pipeline("bids", (p) => p.source("columns", Bid, SOURCE).to(p.sink("rows"))),
};

/** Makes the files of binary rows of tables, where they are not there yet, of their columns. */
export async function makeRows(dataset: Dataset, tables: readonly TableName[]): Promise<void> {
  for (const table of tables) {
    const path = dataset.rows(table);
    if (existsSync(path)) continue;
    const stateDirectory = mkdtempSync(join(tmpdir(), `nexmark-${table}-`));
    const making = `${path}.${process.pid}`;
    try {
      const bind = { columns: columnSource(dataset.table(table)), rows: rows(making) };
      await (
        await start(COPIES[table], { bind, stateDirectory, checkpoint: { every: "1s" } })
      ).result;
      // Another process may have been faster; its file holds the same.
      renameSync(making, path);
    } finally {
      rmSync(making, { force: true });
      rmSync(stateDirectory, { recursive: true, force: true });
    }
  }
}

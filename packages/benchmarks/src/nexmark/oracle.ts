import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import type { Dataset } from "./dataset.ts";
import { TABLES, type TableName } from "./model.ts";

const SQL_TYPES: Readonly<Record<string, string>> = { int32: "INTEGER", float64: "BIGINT", utf8: "VARCHAR" };

/** What DuckDB answers to the queries' SQL, over the same events. */
export class Oracle {
  readonly #connection: DuckDBConnection;

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** The rows of the answer, each as its columns' texts. */
  async *rows(sql: string): AsyncGenerator<readonly string[]> {
    const result = await this.#connection.stream(sql);
    for await (const chunk of result.yieldRows()) {
      for (const row of chunk) yield row.map((value) => String(value));
    }
  }

  close(): void {
    this.#connection.closeSync();
  }
}

/** An oracle over a data set's JSON Lines. */
export async function openOracle(dataset: Dataset): Promise<Oracle> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  const connection = await instance.connect();
  for (const name of Object.keys(TABLES) as TableName[]) {
    const columns = Object.entries(dataset.table(name).columns).map(
      ([column, { kind }]) => `"${column}": '${SQL_TYPES[kind]}'`,
    );
    await connection.run(
      `CREATE TABLE ${name} AS SELECT * FROM read_json('${dataset.jsonLines(name)}', format = 'newline_delimited', columns = {${columns.join(", ")}})`,
    );
  }
  return new Oracle(connection);
}

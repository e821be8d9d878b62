import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { NexmarkGenerator } from "./generator.js";
const TABLE_OF = { person: "persons", auction: "auctions", bid: "bids" };
/** Raised when the recipe or the form of the files changes. */
const VERSION = 1;
const FLUSH_CHARACTERS = 1 << 20;
/** Epoch milliseconds do not fit 32 bits; every other number of the model does. */
const FLOAT_FIELDS = new Set(["dateTime", "expires"]);
/** The events on disk, as JSON Lines and as columns; made on first use, in the system's folder for temporary files. */
export class Dataset {
    folder;
    constructor(folder) {
        this.folder = folder;
    }
    jsonLines(table) {
        return join(this.folder, `${table}.jsonl`);
    }
    /** Of binary rows; `makeRows` makes it. */
    rows(table) {
        return join(this.folder, `${table}.rows`);
    }
    table(name) {
        return deserialize(readFileSync(this.#columns(name)));
    }
    #columns(name) {
        return join(this.folder, `${name}.columns`);
    }
}
/** The data set of these options; `onProgress` is told how many events are made. */
export function openDataset(options, onProgress = () => undefined) {
    const { events, groupSize, gapMicros = 100 } = options;
    const folder = join(tmpdir(), "tidemark-nexmark", `v${VERSION}-${events}-events-${gapMicros}-apart-groups-of-${groupSize}`);
    if (existsSync(folder))
        return new Dataset(folder);
    const making = `${folder}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    const writers = new Map(Object.values(TABLE_OF).map((name) => [name, new TableWriter(join(making, name))]));
    const generator = new NexmarkGenerator({ groupSize, gapMicros });
    for (let index = 0; index < events; index++) {
        const { kind, record } = generator.event(index);
        writers.get(TABLE_OF[kind])?.add(record);
        if (index % 100_000 === 0)
            onProgress(index);
    }
    for (const writer of writers.values())
        writer.close();
    try {
        renameSync(making, folder);
    }
    catch (error) {
        // Another process was faster; its files are the same.
        rmSync(making, { recursive: true });
        if (!existsSync(folder))
            throw error;
    }
    return new Dataset(folder);
}
/** Takes records one by one, writes them as lines and keeps them as columns. */
class TableWriter {
    #path;
    #file;
    #columns = new Map();
    #rows = 0;
    #lines = "";
    constructor(path) {
        this.#path = path;
        this.#file = openSync(`${path}.jsonl`, "w");
    }
    add(record) {
        for (const [name, value] of Object.entries(record)) {
            let column = this.#columns.get(name);
            if (column === undefined)
                this.#columns.set(name, (column = typeof value === "string" ? new TextBuilder() : []));
            if (typeof value === "string")
                column.add(value);
            else
                column.push(value);
        }
        this.#rows++;
        this.#lines += `${JSON.stringify(record)}\n`;
        if (this.#lines.length >= FLUSH_CHARACTERS)
            this.#flush();
    }
    close() {
        this.#flush();
        closeSync(this.#file);
        const columns = {};
        for (const [name, column] of this.#columns) {
            if (column instanceof TextBuilder)
                columns[name] = column.take();
            else if (FLOAT_FIELDS.has(name))
                columns[name] = { kind: "float64", values: Float64Array.from(column) };
            else
                columns[name] = { kind: "int32", values: Int32Array.from(column) };
        }
        const file = openSync(`${this.#path}.columns`, "w");
        const bytes = serialize({ rows: this.#rows, columns });
        for (let written = 0; written < bytes.length;)
            written += writeSync(file, bytes, written);
        closeSync(file);
    }
    #flush() {
        writeSync(this.#file, this.#lines);
        this.#lines = "";
    }
}
/** Strings of Latin letters, byte by byte. */
class TextBuilder {
    #bytes = new Uint8Array(1 << 16);
    #end = 0;
    #offsets = [];
    #lengths = [];
    add(text) {
        while (this.#end + text.length > this.#bytes.length) {
            const grown = new Uint8Array(this.#bytes.length * 2);
            grown.set(this.#bytes);
            this.#bytes = grown;
        }
        this.#offsets.push(this.#end);
        this.#lengths.push(text.length);
        for (let i = 0; i < text.length; i++)
            this.#bytes[this.#end++] = text.charCodeAt(i);
    }
    take() {
        return {
            kind: "utf8",
            bytes: this.#bytes.slice(0, this.#end),
            offsets: Int32Array.from(this.#offsets),
            lengths: Int32Array.from(this.#lengths),
        };
    }
}
//# sourceMappingURL=dataset.js.map
import { ROW_KINDS } from "@tidemark/engine/connector";
const FLOAT = new Float64Array(1);
const WORDS = new Uint32Array(FLOAT.buffer);
const PRIME = 0x01000193;
const NOTHING = 0x5bd1e995;
/** Begin of a row's hash; its cells are mixed in one after another. */
export const ROW_SEED = 0x811c9dc5;
/** Mixes a number into a row's hash, by the halves of its eight bytes. */
function mixHalves(hash, low, high) {
    return Math.imul(Math.imul(hash ^ low, PRIME) ^ high, PRIME);
}
/** Mixes a number into a row's hash. */
export function mixNumber(hash, value) {
    FLOAT[0] = value;
    return mixHalves(hash, WORDS[0], WORDS[1]);
}
/** Mixes a text into a row's hash: by its length and first character, since this is to cost little. */
export function mixText(hash, length, first) {
    return Math.imul(hash ^ (length * 256 + first), PRIME);
}
/** Mixes any value into a row's hash; parts of arrays and objects in their order. */
export function mixValue(hash, value) {
    if (typeof value === "number")
        return mixNumber(hash, value);
    if (typeof value === "string")
        return mixText(hash, value.length, firstOf(value));
    if (typeof value === "boolean")
        return mixNumber(hash, value ? 1 : 0);
    if (typeof value !== "object" || value === null)
        return Math.imul(hash ^ NOTHING, PRIME);
    return Object.values(value).reduce(mixValue, hash);
}
/** The sum of all rows of an output, whatever their order; a retracted row takes off what its insert added. */
export class Checksum {
    rows = 0;
    #sum = 0;
    #hashes = new Int32Array(1_024);
    /** Eight hexadecimal digits. */
    get text() {
        return this.#sum.toString(16).padStart(8, "0");
    }
    /** A row by its hash. */
    add(hash) {
        this.rows++;
        this.#sum = (this.#sum + hash) >>> 0;
    }
    /** A row that is no longer so. */
    retract(hash) {
        this.rows++;
        this.#sum = (this.#sum - hash) >>> 0;
    }
    addBatch(batch) {
        const { length, rowKinds } = batch;
        if (this.#hashes.length < length)
            this.#hashes = new Int32Array(length);
        const hashes = this.#hashes.fill(ROW_SEED, 0, length);
        mixColumns(hashes, inParts(batch.columns), length);
        this.rows += length;
        this.#sum =
            (this.#sum + (rowKinds === null ? sumOf(hashes, length) : sumOfChanges(hashes, rowKinds, length))) >>> 0;
    }
}
function sumOf(hashes, length) {
    let sum = 0;
    for (let row = 0; row < length; row++)
        sum = (sum + hashes[row]) | 0;
    return sum;
}
function sumOfChanges(hashes, rowKinds, length) {
    let sum = 0;
    for (let row = 0; row < length; row++) {
        const kind = rowKinds[row];
        const hash = hashes[row];
        sum = (kind === ROW_KINDS.updateBefore || kind === ROW_KINDS.delete ? sum - hash : sum + hash) | 0;
    }
    return sum;
}
/** Tuples as columns of their parts, in their order, as mixValue takes those of an array. */
function inParts(columns) {
    if (!columns.some((column) => column.kind === "json" && column.parts !== undefined))
        return columns;
    return columns.flatMap((column) => (column.kind === "json" ? inParts(column.parts ?? [column]) : [column]));
}
/** Mixes the first `length` cells of columns into the rows' hashes, three columns of numbers at a time. */
function mixColumns(hashes, columns, length) {
    for (let at = 0; at < columns.length;) {
        const first = halvesOf(columns[at], length);
        const second = halvesOf(columns[at + 1], length);
        const third = halvesOf(columns[at + 2], length);
        if (first !== null && second !== null && third !== null) {
            mixThree(hashes, first, second, third, length);
            at += 3;
        }
        else {
            if (first !== null)
                mixFloats(hashes, first, length);
            else
                mixColumn(hashes, columns[at], length);
            at++;
        }
    }
}
/** The halves of the numbers of a column that has no others; null for other columns. */
function halvesOf(column, length) {
    if (column?.kind !== "float64" || column.presence !== null)
        return null;
    const { buffer, byteOffset } = column.values;
    return new Int32Array(buffer, byteOffset, length * 2);
}
/** Mixes the first `length` cells of a column of any kind into the rows' hashes; a loop of its own for each kind. */
function mixColumn(hashes, column, length) {
    switch (column.kind) {
        case "float64":
            for (let row = 0; row < length; row++)
                hashes[row] = mixNumber(hashes[row], column.values[row]);
            break;
        case "int32":
            for (let row = 0; row < length; row++)
                hashes[row] = mixNumber(hashes[row], column.values[row]);
            break;
        case "boolean":
            for (let row = 0; row < length; row++)
                hashes[row] = mixNumber(hashes[row], column.values[row]);
            break;
        case "utf8":
            mixTexts(hashes, column, length);
            break;
        case "dictionary":
            for (let row = 0; row < length; row++) {
                const text = column.dictionary[column.values[row]];
                hashes[row] = mixText(hashes[row], text.length, firstOf(text));
            }
            break;
        case "json":
            for (let row = 0; row < length; row++)
                hashes[row] = mixValue(hashes[row], column.values[row]);
            break;
    }
    // Queries here have no absent cells; what stands in one must not go unseen.
    if (column.presence !== null)
        for (let row = 0; row < length; row++)
            hashes[row] = mixNumber(hashes[row], column.presence[row]);
}
/** mixNumber, with the halves read where they are. */
function mixFloats(hashes, halves, length) {
    for (let row = 0; row < length; row++)
        hashes[row] = mixHalves(hashes[row], halves[2 * row], halves[2 * row + 1]);
}
/** The same for three columns, half as long as one after another. */
function mixThree(hashes, first, second, third, length) {
    for (let row = 0; row < length; row++) {
        const at = 2 * row;
        let hash = mixHalves(hashes[row], first[at], first[at + 1]);
        hash = mixHalves(hash, second[at], second[at + 1]);
        hashes[row] = mixHalves(hash, third[at], third[at + 1]);
    }
}
function mixTexts(hashes, { bytes, offsets, lengths, strings }, length) {
    for (let row = 0; row < length; row++) {
        const size = lengths[row];
        const text = size < 0 ? strings[row] : "";
        const first = size < 0 ? firstOf(text) : size === 0 ? 0 : bytes[offsets[row]];
        hashes[row] = mixText(hashes[row], size < 0 ? text.length : size, first);
    }
}
function firstOf(text) {
    return text === "" ? 0 : text.charCodeAt(0);
}
//# sourceMappingURL=checksum.js.map
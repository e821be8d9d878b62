import { type RecordBatch } from "@tidemark/engine/connector";
/** Begin of a row's hash; its cells are mixed in one after another. */
export declare const ROW_SEED = 2166136261;
/** Mixes a number into a row's hash. */
export declare function mixNumber(hash: number, value: number): number;
/** Mixes a text into a row's hash: by its length and first character, since this is to cost little. */
export declare function mixText(hash: number, length: number, first: number): number;
/** Mixes any value into a row's hash; parts of arrays and objects in their order. */
export declare function mixValue(hash: number, value: unknown): number;
/** The sum of all rows of an output, whatever their order; a retracted row takes off what its insert added. */
export declare class Checksum {
    #private;
    rows: number;
    /** Eight hexadecimal digits. */
    get text(): string;
    /** A row by its hash. */
    add(hash: number): void;
    /** A row that is no longer so. */
    retract(hash: number): void;
    addBatch(batch: RecordBatch): void;
}
//# sourceMappingURL=checksum.d.ts.map
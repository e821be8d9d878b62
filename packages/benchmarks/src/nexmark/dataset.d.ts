import type { TableName } from "./model.ts";
/** A column of a whole table. */
export type TableColumn = {
    readonly kind: "int32";
    readonly values: Int32Array;
} | {
    readonly kind: "float64";
    readonly values: Float64Array;
} | {
    readonly kind: "utf8";
    readonly bytes: Uint8Array;
    readonly offsets: Int32Array;
    readonly lengths: Int32Array;
};
/** A table of decoded events, in order of coming. */
export interface Table {
    readonly rows: number;
    readonly columns: Readonly<Record<string, TableColumn>>;
}
/** Which events. */
export interface DatasetOptions {
    /** Events of all kinds. */
    readonly events: number;
    /** 1: in order; more: shuffled in groups of this many. */
    readonly groupSize: number;
    /** Between two events, microseconds of event time; default 100. */
    readonly gapMicros?: number;
}
/** The events on disk, as JSON Lines and as columns; made on first use, in the system's folder for temporary files. */
export declare class Dataset {
    #private;
    readonly folder: string;
    constructor(folder: string);
    jsonLines(table: TableName): string;
    /** Of binary rows; `makeRows` makes it. */
    rows(table: TableName): string;
    table(name: TableName): Table;
}
/** The data set of these options; `onProgress` is told how many events are made. */
export declare function openDataset(options: DatasetOptions, onProgress?: (made: number) => void): Dataset;
//# sourceMappingURL=dataset.d.ts.map
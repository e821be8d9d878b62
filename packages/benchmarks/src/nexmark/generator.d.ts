import type { Auction, Bid, Person } from "./model.ts";
/** One generated event. */
export type NexmarkEvent = {
    readonly kind: "person";
    readonly record: Person;
} | {
    readonly kind: "auction";
    readonly record: Auction;
} | {
    readonly kind: "bid";
    readonly record: Bid;
};
/** What is made; the rest are the defaults of Beam's configuration. */
export interface GeneratorOptions {
    /** Time of event 0, epoch ms. Default: 2015-07-15T00:00:00Z, so runs repeat. */
    readonly baseTime?: number;
    /** Between two events, microseconds of event time. Default: 100, so 10,000 events a second. */
    readonly gapMicros?: number;
    /** Events are shuffled within groups of this many; default 1, in order. Prime to 953. */
    readonly groupSize?: number;
}
export declare const BASE_TIME: number;
/**
 * The Nexmark generator of Apache Beam: same recipe, same draws, same bytes (a generator per event, seeded by its id). Bids also have a
 * channel and a url, as Flink's have; they come from a second generator, so that the other fields stay Beam's.
 */
export declare class NexmarkGenerator {
    #private;
    constructor({ baseTime, gapMicros, groupSize }?: GeneratorOptions);
    /** The event that comes as number `index`, from 0. */
    event(index: number): NexmarkEvent;
    /** The event with this id, wherever it comes. */
    eventOfId(id: number): NexmarkEvent;
}
//# sourceMappingURL=generator.d.ts.map
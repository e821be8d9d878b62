import { z } from "zod";
/**
 * The three kinds of Nexmark event, each a source of its own, as three topics would be: a query binds and reads only what it needs, and
 * no record carries the fields of the other kinds. Times are epoch milliseconds, prices cents.
 */
export const Person = z.object({
    id: z.int32(),
    name: z.string(),
    email: z.string(),
    card: z.string(),
    city: z.string(),
    state: z.string(),
    dateTime: z.number(),
    extra: z.string(),
});
export const Auction = z.object({
    id: z.int32(),
    name: z.string(),
    description: z.string(),
    initialBid: z.int32(),
    reserve: z.int32(),
    dateTime: z.number(),
    expires: z.number(),
    seller: z.int32(),
    category: z.int32(),
    extra: z.string(),
});
export const Bid = z.object({
    auction: z.int32(),
    bidder: z.int32(),
    price: z.int32(),
    channel: z.string(),
    url: z.string(),
    dateTime: z.number(),
    extra: z.string(),
});
/** The sources, by port. */
export const TABLES = { persons: Person, auctions: Auction, bids: Bid };
/** How every query reads its sources: four seconds of disorder, as in Nexmark's table definitions; the input is known to fit the schema. */
export const SOURCE = { eventTime: (record) => record.dateTime, outOfOrder: "4s", trust: true };
/** Begin of the ten-second window that a time falls into. */
export function tenSecondsOf(time) {
    return time - (time % 10_000);
}
/** Day of a time, counted from the epoch. */
export function dayOf(time) {
    return Math.floor(time / 86_400_000);
}
//# sourceMappingURL=model.js.map
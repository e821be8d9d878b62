/** Bids below `low`, from there to below `high`, and from there up: q15, q16 and q17. */
export const PRICE_TIERS = { low: 10_000, high: 1_000_000 } as const;

/** Counts as q15 and q16 give them; a tier's distinct counts include the stand-in for what is not of the tier, if there is any. */
export interface TierRow {
  readonly total: number;
  readonly total1: number;
  readonly total2: number;
  readonly total3: number;
  readonly bidders: number;
  readonly bidders1: number;
  readonly bidders2: number;
  readonly bidders3: number;
  readonly auctions: number;
  readonly auctions1: number;
  readonly auctions2: number;
  readonly auctions3: number;
}

/** The columns of `tierColumns`, without the stand-ins. */
export function tierRow(row: TierRow): readonly number[] {
  const { total, total1, total2, total3 } = row;
  const real = (distinct: number, ofTier: number): number => (ofTier < total ? distinct - 1 : distinct);
  return [
    ...[total, total1, total2, total3],
    ...[row.bidders, real(row.bidders1, total1), real(row.bidders2, total2), real(row.bidders3, total3)],
    ...[row.auctions, real(row.auctions1, total1), real(row.auctions2, total2), real(row.auctions3, total3)],
  ];
}

const { low, high } = PRICE_TIERS;
const FILTERS = [
  "",
  `FILTER (WHERE price < ${low})`,
  `FILTER (WHERE price >= ${low} AND price < ${high})`,
  `FILTER (WHERE price >= ${high})`,
];

/** Columns of a grouping of bids: count, distinct bidders and distinct auctions, each in all and by tier. */
export const tierColumns: string = ["count(*)", "count(DISTINCT bidder)", "count(DISTINCT auction)"]
  .flatMap((what) => FILTERS.map((filter) => `${what} ${filter}`))
  .join(", ");

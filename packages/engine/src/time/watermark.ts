/**
 * A watermark W promises that no record with a timestamp <= W is still to come (Flink's meaning). NO_WATERMARK: no
 * promise yet. MAX_WATERMARK: the input has ended; everything fires.
 */
export const NO_WATERMARK: number = Number.NEGATIVE_INFINITY;
export const MAX_WATERMARK: number = Number.POSITIVE_INFINITY;
/** Timestamp of a record whose source declares no event time. */
export const NO_EVENT_TIME: number = Number.NEGATIVE_INFINITY;

/** A row of a table from one time on. */
export interface TableVersion {
  /** Event time; -Infinity where the table has none. */
  readonly timestamp: number;
  /** Only rows due after this watermark see it: it came late, when rows due before may have gone by. -Infinity: all do. */
  readonly visibleAfter: number;
  /** Null: deleted. */
  readonly row: { readonly value: unknown } | null;
}

/** Versions of one key's row in order of event time, equal times as they came. */
export type TableVersions = readonly TableVersion[];

/** The version that a stream row due at `time` sees; undefined if there is none. */
export function versionAt(versions: TableVersions, time: number): TableVersion | undefined {
  return versions[versionIndex(versions, time)];
}

/** The versions with one more. */
export function withVersion(versions: TableVersions, added: TableVersion): TableVersions {
  let position = versions.length;
  while (position > 0 && (versions[position - 1] as TableVersion).timestamp > added.timestamp) position--;
  const before = versions[position - 1];
  // Nobody sees a version any more that one of the same time has replaced.
  const isReplaced = before?.timestamp === added.timestamp && added.visibleAfter === Number.NEGATIVE_INFINITY;
  return versions.toSpliced(isReplaced ? position - 1 : position, isReplaced ? 1 : 0, added);
}

/**
 * Only those that a stream row due at `time` or later can still see. A deletion stays even if nothing is before it: an older
 * version may still come, which must not bring the row back.
 */
export function withoutUnseen(versions: TableVersions, time: number): TableVersions {
  const first = Math.max(0, versionIndex(versions, time));
  return first === 0 ? versions : versions.slice(first);
}

/** The time from which on {@link withoutUnseen} leaves one of the versions; null: it does already. */
export function prunableAt(versions: TableVersions): number | null {
  const last = versions.at(-1);
  if (last === undefined || versions.length === 1) return null;
  return last.visibleAfter === Number.NEGATIVE_INFINITY
    ? last.timestamp
    : Math.max(last.timestamp, last.visibleAfter + 1);
}

function versionIndex(versions: TableVersions, time: number): number {
  let index = versions.length - 1;
  while (index >= 0 && !isSeen(versions[index] as TableVersion, time)) index--;
  return index;
}

function isSeen({ timestamp, visibleAfter }: TableVersion, time: number): boolean {
  return timestamp <= time && (visibleAfter < time || visibleAfter === Number.NEGATIVE_INFINITY);
}

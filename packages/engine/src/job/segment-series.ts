import type { SegmentDescriptor } from "../checkpoint/manifest.ts";

/** The segments of a task that its next checkpoint needs: from the last one in which each operator stands whole. */
export class SegmentSeries {
  #segments: readonly SegmentDescriptor[] = [];

  /**
   * After a snapshot: `written` is its segment, null where there was nothing to write; of the operators in `whole` all state was read, so
   * that what earlier segments have of them counts no more. Gives the segments of the checkpoint, oldest first.
   */
  add(written: SegmentDescriptor | null, whole: readonly string[]): readonly SegmentDescriptor[] {
    const earlier = this.#segments
      .map((segment) => ({ ...segment, superseded: [...new Set([...segment.superseded, ...whole])] }))
      .filter(({ blocks, superseded }) => blocks.some(({ operator }) => !superseded.includes(operator)));
    this.#segments = written === null ? earlier : [...earlier, written];
    return this.#segments;
  }
}

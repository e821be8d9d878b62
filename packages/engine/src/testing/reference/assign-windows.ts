import type { Window, WindowSpec } from "../../operator/window-spec.ts";

/** Windows that are known from the time of a record alone. */
export type AlignedWindowSpec = Exclude<WindowSpec, { kind: "session" }>;

/** Every window that holds `time`, in order of end. */
export function windowsOf(spec: AlignedWindowSpec, time: number): Window[] {
  const windows: Window[] = [];
  if (spec.kind === "hopping") {
    const newest = floorTo(time, spec.slideMs, spec.offsetMs);
    for (let start = newest; start + spec.sizeMs > time; start -= spec.slideMs) {
      windows.unshift({ start, end: start + spec.sizeMs });
    }
    return windows;
  }
  const start = floorTo(time, spec.sizeMs, spec.offsetMs);
  const stepMs = spec.kind === "cumulate" ? spec.stepMs : spec.sizeMs;
  for (let end = start + stepMs; end <= start + spec.sizeMs; end += stepMs) {
    if (end > time) windows.push({ start, end });
  }
  return windows;
}

/** The slice of time that decides the order of records within a window: earlier slices first, within one as they came. */
export function sliceOf(spec: AlignedWindowSpec, time: number): number {
  switch (spec.kind) {
    case "tumbling":
      return floorTo(time, spec.sizeMs, spec.offsetMs);
    case "hopping":
      return floorTo(time, spec.slideMs, spec.offsetMs);
    case "cumulate":
      return floorTo(time, spec.stepMs, spec.offsetMs);
  }
}

function floorTo(time: number, width: number, offset: number): number {
  return Math.floor((time - offset) / width) * width + offset;
}

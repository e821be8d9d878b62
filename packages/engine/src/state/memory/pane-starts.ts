/** Pane starts, ascending. A list that was handed out stays as it was: the next change is made in a copy. */
export class PaneStarts {
  #starts: number[] = [];
  #handedOut = false;

  get all(): readonly number[] {
    return this.#starts;
  }

  handOut(): readonly number[] {
    this.#handedOut = true;
    return this.#starts;
  }

  /** Adds one that is not here. */
  add(start: number): void {
    this.#own().splice(this.#lowerBound(start), 0, start);
  }

  /** Removes one that is here. */
  delete(start: number): void {
    this.#own().splice(this.#lowerBound(start), 1);
  }

  #own(): number[] {
    if (this.#handedOut) {
      this.#starts = this.#starts.slice();
      this.#handedOut = false;
    }
    return this.#starts;
  }

  /** First index whose start is not below `start`. */
  #lowerBound(start: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

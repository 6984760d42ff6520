// The column: where each row of a long list stands, of which only those near the eye are on the page. Rows that were on the page
// have their measured height, the others a guess. Pure arithmetic; the list moves the page by what it answers.
//
// What always holds: tops[i] is the sum of the heights before row i, and tops[n] the height of all.

/** A row that keeps its place: which of its two edges, and how far below the top of the view that edge lies; negative when it is above. */
export interface Anchor {
  key: string;
  lower: boolean;
  offset: number;
}

export class Column {
  private keys: string[] = [];
  private at = new Map<string, number>();
  private guesses: number[] = [];
  private measured = new Map<string, number>();
  private tops: number[] = [0];

  get total(): number {
    return this.tops[this.tops.length - 1];
  }

  get size(): number {
    return this.keys.length;
  }

  /** Which rows there are now, with a guess for those never seen. */
  lay(keys: string[], guess: (i: number) => number): void {
    this.keys = keys;
    this.at = new Map(keys.map((key, i) => [key, i]));
    this.guesses = keys.map((_, i) => guess(i));
    this.sum(0);
    if (this.measured.size > 4 * keys.length + 1000) {
      for (const key of this.measured.keys()) if (!this.at.has(key)) this.measured.delete(key);
    }
  }

  /** Takes measured heights; true when something was different from what was thought. */
  measure(heights: Iterable<[string, number]>): boolean {
    let first = this.keys.length;
    for (const [key, height] of heights) {
      const i = this.at.get(key);
      if (i === undefined || height === this.measured.get(key)) continue;
      const old = this.height(i);
      this.measured.set(key, height);
      if (Math.abs(old - height) > 0.01) first = Math.min(first, i);
    }
    if (first === this.keys.length) return false;
    this.sum(first);
    return true;
  }

  /** The width changed: what was measured is only a good guess now. */
  forget(): void {
    this.guesses = this.keys.map((key, i) => this.measured.get(key) ?? this.guesses[i]);
    this.measured.clear();
  }

  top(i: number): number {
    return this.tops[Math.max(0, Math.min(i, this.keys.length))];
  }

  height(i: number): number {
    return this.measured.get(this.keys[i]) ?? this.guesses[i];
  }

  index(key: string): number {
    return this.at.get(key) ?? -1;
  }

  key(i: number): string | undefined {
    return this.keys[i];
  }

  /** The row at this depth; the last one when it is deeper than all. */
  row_at(y: number): number {
    let low = 0;
    let high = this.keys.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tops[middle + 1] > y) high = middle;
      else low = middle + 1;
    }
    return Math.max(0, low);
  }

  /** Row i as it stands when the view begins at this depth. */
  anchor(i: number, depth: number, lower = false): Anchor {
    return { key: this.keys[i], lower, offset: this.top(lower ? i + 1 : i) - depth };
  }

  /** The depth at which the view must begin, so that the row stands as it stood; null when there is no such row any more. */
  depth_of(anchor: Anchor): number | null {
    const i = this.index(anchor.key);
    return i < 0 ? null : this.top(anchor.lower ? i + 1 : i) - anchor.offset;
  }

  /** From which row to which (not included) the page must hold, to fill what is between these depths. */
  range(from: number, to: number): [number, number] {
    if (this.keys.length === 0) return [0, 0];
    return [this.row_at(Math.max(0, from)), this.row_at(Math.max(0, to)) + 1];
  }

  private sum(from: number): void {
    if (from === 0) this.tops = [0];
    this.tops.length = this.keys.length + 1;
    for (let i = from; i < this.keys.length; i++) this.tops[i + 1] = this.tops[i] + this.height(i);
  }
}

/*
 * One product's order book as this browser knows it: built from a snapshot, kept by deltas, proved by a
 * checksum.
 *
 * A delta carries absolute quantities (0 removes a level) and the sequence it follows. When it follows
 * one we never saw, or the checksum over the top ten differs, the book says so and is not to be shown
 * as live until a fresh snapshot came.
 */

import { crc32 } from "./crc32.js";
import { parsePrice, priceText } from "./format.js";

const CHECKED_LEVELS = 10;

export const APPLIED = "applied";
export const OLD = "old";
export const GAP = "gap";
export const DAMAGED = "damaged";

/** The text both sides checksum: "7.20:12000|7.19:500#7.25:3000", best first, bids before asks. */
export function checksumText(bids, asks) {
  return [bids, asks]
    .map((side) => side.slice(0, CHECKED_LEVELS).map((level) => `${priceText(level.price)}:${level.kg}`).join("|"))
    .join("#");
}

/** Levels of one side in one direction, kept sorted, best first. */
class Ladder {
  constructor(sign) {
    this.sign = sign;
    this.levels = [];
  }

  reset(rows) {
    this.levels = rows.map(readLevel);
  }

  /** Put, change or remove one level by binary search. */
  set(level) {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.levels[middle].price - level.price) * this.sign < 0) low = middle + 1;
      else high = middle;
    }
    const found = this.levels[low]?.price === level.price;
    if (level.kg === 0) {
      if (found) this.levels.splice(low, 1);
    } else this.levels.splice(low, found ? 1 : 0, level);
  }
}

function readLevel([price, kg, orders]) {
  return { price: parsePrice(price), kg, orders };
}

export class Book {
  constructor() {
    this.bidLadder = new Ladder(-1);
    this.askLadder = new Ladder(1);
    this.seq = null;
  }

  get bids() {
    return this.bidLadder.levels;
  }

  get asks() {
    return this.askLadder.levels;
  }

  /** Replace everything. Returns APPLIED or DAMAGED. */
  applySnapshot(data, seq) {
    this.bidLadder.reset(data.bids);
    this.askLadder.reset(data.asks);
    this.seq = seq;
    return this.#proved(data.crc32);
  }

  /** Change some levels. Returns APPLIED, OLD or GAP (nothing changed), or DAMAGED. */
  applyDelta(data, prevSeq, seq) {
    if (this.seq === null || prevSeq > this.seq) return GAP;
    if (seq <= this.seq) return OLD;
    for (const row of data.bids) this.bidLadder.set(readLevel(row));
    for (const row of data.asks) this.askLadder.set(readLevel(row));
    this.seq = seq;
    return this.#proved(data.crc32);
  }

  /** Forget everything, e.g. before another product's snapshot. */
  clear() {
    this.bidLadder.reset([]);
    this.askLadder.reset([]);
    this.seq = null;
  }

  #proved(expected) {
    return crc32(checksumText(this.bids, this.asks)) === expected ? APPLIED : DAMAGED;
  }
}

/* One auction as the page keeps it: integers in fen and kg, times in epoch milliseconds. The server writes it into
   the page, the socket brings what changes. */

import { fen } from "../app/figures.js";

const MS = (text) => (text ? Date.parse(text) : null);

/** The auction of an API answer or of an `auction` message's data. */
export function readLot(data) {
  return {
    id: data.auction_id,
    kind: data.kind,
    reverse: data.side === "buy",
    state: data.state,
    epoch: data.epoch,
    start: fen(data.start_price),
    price: fen(data.price),
    step: fen(data.step),
    maxStep: fen(data.max_step),
    floor: fen(data.floor_price),
    kg: data.quantity_kg,
    leftKg: data.remaining_kg,
    kgStep: data.kg_step,
    leastKg: data.minimum_kg,
    round: data.round,
    rounds: data.rounds,
    bids: data.bids,
    reserve: data.reserve,
    opensAt: MS(data.opens_at),
    endsAt: MS(data.ends_at),
    fallsSince: MS(data.falls_since),
    tickMs: data.tick_ms,
    extensions: data.extensions,
    maxExtensions: data.max_extensions,
    pricing: data.pricing,
    committed: data.committed,
  };
}

/** The least that beats the standing bid: one step better, or the start price before the first. */
export function leastBid(lot) {
  if (!lot.price) return lot.start;
  return lot.reverse ? lot.price - lot.step : lot.price + lot.step;
}

/** Whether a is a better bid than b. */
export function better(lot, a, b) {
  return lot.reverse ? a < b : a > b;
}

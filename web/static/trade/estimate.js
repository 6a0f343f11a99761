/*
 * What an order will hold, cost and bring: the same integer rules as the engine's holds, so that the
 * ticket shows before sending what the exchange will do after it.
 *
 * A fee is floor(amount * bps / 10000). A buy holds price * kg plus the fee on it. A sell holds goods;
 * the seller is paid amount - fee - quality deposit.
 */

const BASIS = 10_000;

/** floor(amount * bps / 10000) without leaving 2^53: both partial products stay small. */
export function feeFen(amount, bps) {
  return Math.floor(amount / BASIS) * bps + Math.floor(((amount % BASIS) * bps) / BASIS);
}

/** The bond of a deal with a balance to come: a tenth, rounded up to a fen. */
export function bondFen(amount) {
  return Math.ceil(amount / 10);
}

/** Funds a resting or incoming buy keeps on hold. */
export function buyHoldFen(price, kg, feeBps) {
  const amount = price * kg;
  return amount + feeFen(amount, feeBps);
}

/** The largest multiple of `step` kg whose hold fits `funds`: found by bisection, so exact. */
export function affordableKg(funds, price, feeBps, step) {
  if (funds <= 0 || price <= 0) return 0;
  let low = 0;
  let high = Math.floor(funds / (price * step));
  while (low < high) {
    const middle = low + Math.ceil((high - low) / 2);
    if (buyHoldFen(price, middle * step, feeBps) <= funds) low = middle;
    else high = middle - 1;
  }
  return low * step;
}

/** A share (25, 50, 75, 100) of `kg`, rounded down to the step. */
export function shareOfKg(kg, percent, step) {
  return Math.floor((kg * percent) / (100 * step)) * step;
}

/** What a seller receives at once, and what is kept apart as quality deposit. */
export function sellerProceeds(price, kg, feeBps, depositBps) {
  const amount = price * kg;
  const fee = feeFen(amount, feeBps);
  const deposit = feeFen(amount, depositBps);
  return { amount, fee, deposit, proceeds: amount - fee - deposit };
}

/** Why a ticket cannot be sent, by field, as message keys; an empty object when it can. */
export function ticketErrors({ side, price, kg, product, fundsFree, goodsFree, buyerFeeBps }) {
  const errors = {};
  if (price === null) errors.price = "error.price";
  else if (price < product.low || price > product.high) errors.price = "error.band";
  else if (price % product.tick !== 0) errors.price = "error.tick";
  if (kg === null) errors.quantity = "error.quantity";
  else if (kg < product.minKg) errors.quantity = "error.minimum";
  else if (kg % product.stepKg !== 0) errors.quantity = "error.step";
  if (errors.price || errors.quantity) return errors;
  if (side === "buy" && buyHoldFen(price, kg, buyerFeeBps) > fundsFree) errors.quantity = "error.funds";
  if (side === "sell" && kg > goodsFree) errors.quantity = "error.goods";
  return errors;
}

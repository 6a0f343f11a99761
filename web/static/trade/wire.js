/*
 * What the API and the socket send, read into the terminal's own values: integers, camelCase, one place.
 */

import { parsePrice, parseYuan } from "./format.js";
import { LANGUAGE } from "./messages.js";

const priceOrNull = (text) => (text === null || text === undefined ? null : parsePrice(text));
const yuanOrZero = (text) => (text === null || text === undefined ? 0 : parseYuan(text));

/** One product of GET /products. */
export function readProduct(row) {
  return {
    code: row.code,
    name: LANGUAGE === "en" ? row.name.en : row.name.zh,
    nameZh: row.name.zh,
    pinyin: row.pinyin ?? "",
    reference: parsePrice(row.reference_price),
    low: parsePrice(row.low_price),
    high: parsePrice(row.high_price),
    tick: parsePrice(row.tick),
    stepKg: row.step_kg,
    minKg: row.min_kg,
    row,
    ticker: null,
  };
}

/** Figures of one product from the ticker channel. */
export function readTicker(data) {
  return {
    last: priceOrNull(data.last),
    change: yuanOrZero(data.change),
    changeBps: data.change_bps ?? 0,
    open: priceOrNull(data.open),
    high: priceOrNull(data.high),
    low: priceOrNull(data.low),
    volumeKg: data.volume_kg,
    turnover: yuanOrZero(data.turnover),
    bid: priceOrNull(data.bid),
    ask: priceOrNull(data.ask),
    phase: data.phase,
    indicative: data.indicative
      ? {
        price: parsePrice(data.indicative.price),
        kg: data.indicative.quantity_kg,
        surplusKg: data.indicative.surplus_kg,
      }
      : null,
    reference: parsePrice(data.reference),
  };
}

/** One trade of the public tape. */
export function readTapeTrade(row) {
  return {
    id: row.trade_id, price: parsePrice(row.price), kg: row.quantity_kg, side: row.side, at: row.traded_at,
    inCall: row.in_call === true,
  };
}

/** One of the member's own orders, from REST or the account channel, which does not say when it was placed. */
export function readOrder(row, seenAt = null) {
  return {
    id: row.order_id,
    clientId: row.client_order_id,
    product: row.product,
    side: row.side,
    type: row.type,
    tif: row.time_in_force,
    expiresOn: row.expires_on ?? null,
    postOnly: row.post_only === true,
    selfTrade: row.self_trade ?? "cancel_newest",
    price: parsePrice(row.price),
    kg: row.quantity_kg,
    filledKg: row.filled_kg,
    remainingKg: row.remaining_kg,
    status: row.status,
    reason: row.reason ?? null,
    placedAt: row.placed_at ?? null,
    seenAt,
  };
}

/** Whether an order can still trade. */
export function isWorking(order) {
  return order.status === "open" || order.status === "partially_filled";
}

/** One of the member's own trades. */
export function readFill(row) {
  return {
    id: row.trade_id,
    orderId: row.order_id,
    product: row.product,
    side: row.side,
    price: parsePrice(row.price),
    kg: row.quantity_kg,
    amount: parseYuan(row.amount),
    fee: row.fee === undefined ? null : parseYuan(row.fee),
    at: row.traded_at,
  };
}

/** One receipt the member holds. */
export function readReceipt(row) {
  return {
    no: row.receipt_no,
    product: row.product,
    warehouse: row.warehouse,
    kg: row.kg,
    heldKg: row.held_kg,
    freeKg: row.free_kg,
    state: row.state,
    lockedUntil: row.locked_until ?? null,
    expiresOn: row.expires_on ?? null,
  };
}

/** One contract the member is a party of. */
export function readContract(row) {
  return {
    no: row.contract_no,
    at: row.formed_at,
    product: row.product,
    seller: row.seller.name,
    buyer: row.buyer.name,
    price: parsePrice(row.price),
    kg: row.quantity_kg,
    amount: parseYuan(row.amount),
    receiptNos: row.receipt_nos,
  };
}

/** One movement on the member's cash. */
export function readLedgerLine(row) {
  return {
    id: row.id,
    at: row.posted_at,
    text: LANGUAGE === "en" ? row.text.en : row.text.zh,
    amount: parseYuan(row.amount),
    balance: parseYuan(row.balance),
    reference: row.contract_no ?? row.reference,
  };
}

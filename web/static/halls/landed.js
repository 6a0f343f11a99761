/* 到岸价: what a kilogram costs at the buyer's door. Price, buyer's fee, packing and freight; freight may differ
   by county of origin. The figures are the reader's own and stay in this browser. */

import { feeFen } from "../trade/estimate.js";

const KEY = "jinguo.landed";
const KG_PER_T = 1000;

/** {freight, packing} in yuan per t, {county: freight} in `counties`; null where nothing is filled in. */
export function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) || {};
  } catch {
    return {};
  }
}

export function keep(costs) {
  try {
    localStorage.setItem(KEY, JSON.stringify(costs));
  } catch {
    /* A browser that keeps nothing still counts. */
  }
}

function number(text) {
  const value = Number(text);
  return text !== undefined && text !== null && String(text).trim() !== "" && Number.isFinite(value) && value >= 0 ? value : null;
}

/** Yuan per t beyond the price, or null when nothing was filled in. */
export function extraPerTonne(costs, county) {
  const own = number(costs.counties?.[county]);
  const freight = own ?? number(costs.freight);
  const packing = number(costs.packing);
  return freight === null && packing === null ? null : (freight ?? 0) + (packing ?? 0);
}

/** Landed fen per kg as a real number, or null: price in fen per kg, fee in basis points. */
export function landedFen(price, feeBps, costs, county) {
  const extra = extraPerTonne(costs, county);
  if (extra === null) return null;
  const fee = feeFen(price * KG_PER_T, feeBps) / KG_PER_T;
  return price + fee + (extra * 100) / KG_PER_T;
}

/** Yuan per jin with three places. */
export function jinText(fenPerKg) {
  return (fenPerKg / 200).toFixed(3);
}

export function kgText(fenPerKg) {
  return (fenPerKg / 100).toFixed(2);
}

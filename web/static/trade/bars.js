/*
 * Bars: where each period begins, how the API's rows become the chart's, and how a trade carries a bar on.
 *
 * Prices become yuan as floats here and only here, because a canvas draws pixels, not money.
 */

import { dayText, parseYuan } from "./format.js";

export const PERIODS = {
  "1m": { type: "minute", span: 1 },
  "5m": { type: "minute", span: 5 },
  "15m": { type: "minute", span: 15 },
  "30m": { type: "minute", span: 30 },
  "1h": { type: "hour", span: 1 },
  "1d": { type: "day", span: 1 },
  "1w": { type: "week", span: 1 },
  "1M": { type: "month", span: 1 },
};

const SHANGHAI_OFFSET_MS = 8 * 3600_000;
const DAY_MS = 24 * 3600_000;

/** Start of the bar of `period` that holds the instant `at` (epoch ms), in Shanghai's calendar. */
export function barStart(at, period) {
  const local = at + SHANGHAI_OFFSET_MS;
  const day = Math.floor(local / DAY_MS) * DAY_MS;
  const { type, span } = PERIODS[period];
  if (type === "minute") return at - (at % (span * 60_000));
  if (type === "hour") return at - (at % (span * 3600_000));
  if (type === "day") return day - SHANGHAI_OFFSET_MS;
  const date = new Date(day);
  if (type === "week") return day - ((date.getUTCDay() + 6) % 7) * DAY_MS - SHANGHAI_OFFSET_MS;
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) - SHANGHAI_OFFSET_MS;
}

/** One bar of the API as the chart wants it: yuan as numbers. */
export function readBar(row) {
  const yuan = (text) => parseYuan(text) / 100;
  return {
    timestamp: Date.parse(row.start),
    open: yuan(row.open), high: yuan(row.high), low: yuan(row.low), close: yuan(row.close),
    volume: row.volume_kg, turnover: yuan(row.turnover),
  };
}

/** `bar` carried on by one trade, or a new bar when the trade belongs to a later one. */
export function carriedOn(bar, trade, period) {
  const start = barStart(Date.parse(trade.at), period);
  const price = trade.price / 100;
  const turnover = (trade.price * trade.kg) / 100;
  if (!bar || start > bar.timestamp) {
    return { timestamp: start, open: price, high: price, low: price, close: price, volume: trade.kg, turnover };
  }
  return {
    ...bar,
    high: Math.max(bar.high, price), low: Math.min(bar.low, price), close: price,
    volume: bar.volume + trade.kg, turnover: bar.turnover + turnover,
  };
}

/** The day's line shows the newest trading day only. */
export function shownBars(bars, view) {
  if (view !== "line" || bars.length === 0) return bars;
  const day = dayText(bars.at(-1).timestamp);
  return bars.filter((bar) => dayText(bar.timestamp) === day);
}

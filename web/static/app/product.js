/* One product: its quote, its tape and the last point of its chart, live. */

import { fen, kilograms, priceKg } from "./figures.js";
import { charts } from "./line-chart.js";
import { MarketFeed } from "./market-feed.js";
import { writeQuote } from "./quote-cells.js";

const TAPE_LENGTH = 30;
const page = document.getElementById("product");
const tape = document.getElementById("tape");
const chart = charts.get("day-points");
const seen = new Set();
let first = true;

function write(trade) {
  if (seen.has(trade.trade_id)) return;
  seen.add(trade.trade_id);
  tape.querySelector("[data-none]")?.remove();
  const row = tape.insertRow(0);
  row.insertCell().textContent = trade.traded_at.slice(5, 19).replace("T", " ");
  const price = row.insertCell();
  price.className = "num price";
  price.textContent = priceKg(fen(trade.price));
  const quantity = row.insertCell();
  quantity.className = "num";
  quantity.textContent = kilograms(trade.quantity_kg);
  const side = document.createElement("span");
  if (trade.in_call) side.textContent = page.dataset.call;
  else {
    side.className = trade.side === "buy" ? "rise" : "fall";
    side.textContent = trade.side === "buy" ? `▲ ${page.dataset.buy}` : `▼ ${page.dataset.sell}`;
  }
  row.insertCell().append(side);
  while (tape.rows.length > TAPE_LENGTH) tape.deleteRow(-1);
}

function take(trades) {
  const inOrder = [...trades].sort((a, b) => a.trade_id - b.trade_id);
  if (first && inOrder.length) {
    tape.replaceChildren();
    first = false;
  }
  inOrder.forEach(write);
  const last = inOrder[inOrder.length - 1];
  if (last && last.traded_at.slice(0, 10) === page.dataset.day) chart.add(last.traded_at.slice(11, 16), fen(last.price));
}

new MarketFeed(
  [
    { channel: "ticker", product: page.dataset.product },
    { channel: "trades", product: page.dataset.product },
  ],
  (message) => {
    if (message.channel === "trades" && message.data?.trades) take(message.data.trades);
    if (message.channel !== "ticker" || !message.data) return;
    const list = Array.isArray(message.data) ? message.data : message.data.tickers || [{ product: message.product, ...message.data }];
    for (const ticker of list) if (ticker.product === page.dataset.product) writeQuote(document, ticker, page.dataset);
  },
  () => {},
);

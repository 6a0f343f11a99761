/* 行情: live quotes in the table the server wrote, and filters that act while typing. */

import { fen, tonnes, yuan } from "./figures.js";
import { MarketFeed, linkBadge } from "./market-feed.js";
import { writeQuote } from "./quote-cells.js";

const table = document.getElementById("board");
const rows = new Map([...table.tBodies[0].rows].map((row) => [row.dataset.product, row]));
const tickers = new Map();
const OPEN = new Set(["continuous", "call", "volatility"]);
const form = document.getElementById("filters");
const nothing = document.getElementById("nothing");

function filter() {
  const words = form.q.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows.values()) {
    const fits =
      (!form.variety.value || row.dataset.variety === form.variety.value) &&
      (!form.county.value || row.dataset.county === form.county.value) &&
      words.every((word) => row.dataset.search.includes(word));
    row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  nothing.hidden = shown > 0;
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  filter();
});
filter();

function total(name, text) {
  const place = document.querySelector(`[data-total="${name}"]`);
  if (place.textContent !== text) place.textContent = text;
}

let planned = false;
function totals() {
  planned = false;
  let volume = 0;
  let turnover = 0;
  let rising = 0;
  let falling = 0;
  let open = 0;
  for (const ticker of tickers.values()) {
    volume += ticker.volume_kg;
    turnover += fen(ticker.turnover);
    const change = fen(ticker.change);
    rising += change > 0 ? 1 : 0;
    falling += change < 0 ? 1 : 0;
    open += OPEN.has(ticker.phase) ? 1 : 0;
  }
  total("volume", tonnes(volume));
  total("turnover", yuan(turnover));
  total("rising", `▲ ${rising}`);
  total("falling", `▼ ${falling}`);
  total("open", String(open));
}

function take(ticker) {
  tickers.set(ticker.product, ticker);
  const row = rows.get(ticker.product);
  if (row) writeQuote(row, ticker, table.dataset);
  if (!planned) {
    planned = true;
    requestAnimationFrame(totals);
  }
}

new MarketFeed(
  [{ channel: "ticker" }],
  (message) => {
    if (message.channel !== "ticker") return;
    const list = Array.isArray(message.data) ? message.data : message.data.tickers || [{ product: message.product, ...message.data }];
    list.forEach(take);
  },
  linkBadge(document.getElementById("link")),
);

/* 竞价大厅: what is left of each lot's time, by the server's clock. */

import { linkBadge } from "../app/market-feed.js";
import { countdown } from "./clock.js";
import { HallFeed } from "./live.js";

const EVERY_MS = 500;
const lots = [...document.querySelectorAll(".lot[data-until]")];

const feed = new HallFeed([], () => {}, linkBadge(document.getElementById("link")));
function show() {
  const now = feed.clock.now();
  for (const lot of lots) lot.querySelector("[data-left]").textContent = countdown(Number(lot.dataset.until) - now);
}
if (lots.length) {
  show();
  setInterval(show, EVERY_MS);
}

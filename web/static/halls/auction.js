/* One auction, live: the clock and the dial by the server's time, what is bid, and the bidder's own forms.

   The page is complete without this script, as it stood when it was made. What depends on the state is there
   for every state and shown by data-when, so a thousand watchers need no new page when a lot opens or closes. */

import { kilograms, priceJin, priceKg, yuan } from "../app/figures.js";
import { linkBadge } from "../app/market-feed.js";
import { toast } from "../app/shell.js";
import { BidForms } from "./bid-forms.js";
import { countdown } from "./clock.js";
import { Dial, dutchPrice } from "./dial.js";
import { HallFeed } from "./live.js";
import { readLot } from "./lot.js";

const DRAW_MS = 100;
const LAST_MS = 10_000;
const SHOWN_BIDS = 50;
const ENDED = new Set(["awarded", "unsold", "cancelled"]);
const LIVE = new Set(["open", "paused"]);

const page = document.getElementById("lot");
const words = page.dataset;
const account = Number(words.account || 0);
let data = JSON.parse(document.getElementById("lot-data").textContent);
let lot = readLot(data);

const cell = (name) => page.querySelector(`[data-cell="${name}"]`);
function write(name, text) {
  const place = cell(name);
  if (place && place.textContent !== text) place.textContent = text;
}

const svg = page.querySelector(".dial");
const dial = svg && lot.kind === "dutch" ? new Dial(svg, lot.start, lot.floor, priceKg, words.perKg) : null;
const forms = new BidForms(page, () => lot, account);

/* Drawing ------------------------------------------------------------------------------------- */

function dutchNow(now) {
  return dutchPrice({ from: lot.price, since: lot.fallsSince, tickMs: lot.tickMs, step: lot.step, floor: lot.floor }, now);
}

function drawClock(now) {
  const target = lot.state === "announced" ? lot.opensAt : lot.kind === "dutch" && lot.state === "open" ? null : lot.endsAt;
  const place = cell("clock");
  if (lot.state === "paused" || ENDED.has(lot.state)) {
    write("clock", words[`state${lot.state[0].toUpperCase()}${lot.state.slice(1)}`] || "");
    delete place.dataset.last;
    return;
  }
  if (target === null) {
    const waiting = lot.fallsSince !== null && now < lot.fallsSince;
    write("clock", waiting ? countdown(lot.fallsSince - now) : `${priceJin(dutchNow(now).price)} ${words.perJin}`);
    return;
  }
  const left = target - now;
  write("clock", countdown(left));
  if (left < LAST_MS && lot.state === "open") place.dataset.last = "";
  else delete place.dataset.last;
}

function draw() {
  const now = feed.clock.now();
  drawClock(now);
  if (dial && lot.state === "open") {
    const { price, glide } = dutchNow(now);
    dial.draw(price, glide);
    forms.clockPrice(price, now >= lot.fallsSince);
  } else if (dial) dial.draw(lot.price ?? lot.start, lot.price ?? lot.start);
}

function show() {
  for (const part of page.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(lot.state);
  for (const badge of page.querySelectorAll("[data-state]")) badge.hidden = badge.dataset.state !== lot.state;
  for (const part of page.querySelectorAll("[data-reserve]")) part.hidden = part.dataset.reserve !== lot.reserve;
  if (!dial) {
    write("price", priceKg(lot.price || null));
    write("jin", priceJin(lot.price || null));
  }
  write("left", kilograms(lot.leftKg));
  write("bids", String(lot.bids ?? 0));
  write("round", String(lot.round ?? 0));
  write("extensions", `${lot.extensions ?? 0} / ${lot.maxExtensions ?? 0}`);
  forms.show();
  draw();
}

/* What is bid --------------------------------------------------------------------------------- */

/* Bonds and payments are the member's own and not in the public feed: the page says when to look again. */
const moved = document.getElementById("moved");
moved.querySelector("button").addEventListener("click", () => location.reload());

const table = document.getElementById("bids");
const known = new Set([...(table?.rows ?? [])].map((row) => row.dataset.bid));

function addBid(bid) {
  const key = `${bid.bid_id}:${bid.seq}`;
  if (!table || known.has(key)) return;
  known.add(key);
  table.querySelector("[data-none]")?.remove();
  const row = table.insertRow(0);
  row.dataset.bid = key;
  if (bid.bidder === words.member) row.dataset.mine = "";
  row.insertCell().textContent = bid.placed_at.slice(11, 19);
  row.insertCell().textContent = bid.bidder === words.member ? words.me : bid.bidder;
  const price = row.insertCell();
  price.className = "num price";
  price.textContent = bid.price ?? words.hidden;
  const kg = row.insertCell();
  kg.className = "num";
  kg.textContent = bid.quantity_kg ? kilograms(bid.quantity_kg) : words.hidden;
  row.insertCell().textContent = bid.by_proxy ? words.proxy : "";
  while (table.rows.length > SHOWN_BIDS) table.deleteRow(-1);
}

/* The feed ------------------------------------------------------------------------------------ */

function heard(message) {
  if (message.channel !== "auction" || !message.data) return;
  const before = lot;
  data = { ...data, ...message.data };
  lot = readLot(data);
  for (const bid of message.data.latest_bids ?? []) addBid(bid);
  if (message.type === "update") tell(before, message.data);
  show();
}

function tell(before, news) {
  if (account && before.state !== lot.state && !LIVE.has(lot.state)) moved.hidden = false;
  if (news.extended) toast(words[`extended${news.extended}`] || words.extendedsoft_close, "info");
  if (before.state !== lot.state && ENDED.has(lot.state)) toast(words.ended, "info");
  if (before.reserve !== lot.reserve && lot.reserve === "met") toast(words.reserveMet, "ok");
}

const latency = document.getElementById("latency");
const feed = new HallFeed([{ channel: "auction", auction: lot.id }], heard, linkBadge(document.getElementById("link")), () => {
  latency.textContent = latency.dataset.text.replace("{ms}", feed.clock.latency).replace("{error}", feed.clock.error);
});
show();
setInterval(draw, DRAW_MS);
if (LIVE.has(lot.state) && dial) requestAnimationFrame(function frame() {
  if (lot.state === "open" && !dial.still.matches && !document.hidden) draw();
  requestAnimationFrame(frame);
});
page.addEventListener("jinguo:sum", (event) => write("my-sum", yuan(event.detail)));

/* 挂牌大厅: landed cost on every offer, sorting by it, and a note when the hall has changed meanwhile. */

import { linkBadge } from "../app/market-feed.js";
import { HallFeed } from "./live.js";
import { jinText, keep, kgText, landedFen, read } from "./landed.js";

const panel = document.getElementById("landed");
const list = document.getElementById("offers");
const sort = document.getElementById("sort");

function costsInForm() {
  const counties = {};
  for (const input of panel.querySelectorAll("[data-county]")) {
    if (input.value.trim()) counties[input.dataset.county] = input.value.trim();
  }
  return { freight: panel.querySelector("#freight").value.trim(), packing: panel.querySelector("#packing").value.trim(), counties };
}

function fillForm(costs) {
  panel.querySelector("#freight").value = costs.freight ?? "";
  panel.querySelector("#packing").value = costs.packing ?? "";
  for (const input of panel.querySelectorAll("[data-county]")) input.value = costs.counties?.[input.dataset.county] ?? "";
  if (costs.freight || costs.packing) panel.open = true;
}

function show(costs) {
  for (const offer of list?.querySelectorAll(".offer") ?? []) {
    const cell = offer.querySelector("[data-landed]");
    const landed = landedFen(Number(offer.dataset.price), Number(panel.dataset.buyerBps), costs, offer.dataset.county);
    offer.dataset.landedFen = landed ?? "";
    cell.toggleAttribute("data-known", landed !== null);
    cell.querySelector("[data-jin]").textContent = landed === null ? "—" : jinText(landed);
    cell.querySelector("[data-kg]").textContent = landed === null ? "" : `${kgText(landed)} ${panel.dataset.perKg}`;
  }
  if (sort?.value === "landed") order();
}

/* Offers without a figure stay at the end; the server's order decides among equals. */
function order() {
  const offers = [...(list?.querySelectorAll(".offer") ?? [])];
  const value = (offer) => (offer.dataset.landedFen === "" ? Infinity : Number(offer.dataset.landedFen));
  offers.sort((one, other) => value(one) - value(other)).forEach((offer) => list.append(offer));
}

fillForm(read());
show(read());
panel.addEventListener("input", () => {
  const costs = costsInForm();
  keep(costs);
  show(costs);
});

const changed = document.getElementById("changed");
const subscriptions = [...new Set([...(list?.querySelectorAll(".offer") ?? [])].map((offer) => offer.dataset.product))].map((product) => ({ channel: "listings", product }));
let first = new Set(subscriptions.map(({ product }) => product));

/* The first message of each product is the picture the page already shows. */
function heard(message) {
  if (message.channel !== "listings") return;
  if (message.type === "snapshot") {
    first.delete(message.product);
    return;
  }
  if (changed) changed.hidden = false;
}
const badge = document.getElementById("link");
if (badge && subscriptions.length) new HallFeed(subscriptions, heard, linkBadge(badge));
changed?.querySelector("button").addEventListener("click", () => location.reload());

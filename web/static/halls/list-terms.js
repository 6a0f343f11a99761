/* 定价: what the price means per jin, and what arrives or goes on hold. The server counts it again. */

import { DASH, fen, priceJin, priceKg, tonnes, yuan } from "../app/figures.js";
import { bondFen, feeFen } from "../trade/estimate.js";

const form = document.getElementById("sell");
const { price, quantity } = form.elements;
const buying = Boolean(form.dataset.buying);

function place(id, text) {
  const node = document.getElementById(id);
  if (node) node.textContent = text;
}

function priceFen() {
  return /^\d+(\.\d{1,2})?$/.test(price.value.trim()) ? fen(price.value.trim()) : null;
}

function kilos() {
  const text = quantity.value.replaceAll(",", "").trim();
  return /^\d+$/.test(text) ? Number(text) : null;
}

/* A need holds a fen for each deal there may be: bonds are rounded up deal by deal. */
function takes(kg) {
  const least = Number(form.elements.minimum.value.replaceAll(",", "").trim()) || Math.min(kg, Number(form.dataset.min));
  return Math.floor(kg / least);
}

function way() {
  return form.querySelector("[name=payment]:checked")?.value || "full";
}

function show() {
  for (const node of form.querySelectorAll("[data-way]")) node.hidden = !node.dataset.way.split(" ").includes(way());
  const at = priceFen();
  const kg = kilos();
  place("jin", priceJin(at));
  place("tonnes", kg === null ? DASH : tonnes(kg));
  if (at === null || kg === null) {
    for (const id of ["gross", "fee", "deposit", "bond", "balance", "net"]) place(id, DASH);
    return;
  }
  const gross = at * kg;
  const fee = feeFen(gross, Number(form.dataset.feeBps));
  const bond = bondFen(gross);
  const deposit = buying || way() === "escrow" ? 0 : feeFen(gross, Number(form.dataset.depositBps));
  place("gross", yuan(gross));
  place("fee", yuan(fee));
  place("deposit", yuan(deposit));
  place("bond", yuan(bond));
  place("balance", yuan(gross - bond));
  place("net", yuan(buying ? (way() === "bond" ? bond + takes(kg) : gross) + fee : gross - fee - deposit));
}

form.addEventListener("input", show);
form.addEventListener("click", (event) => {
  const { nudge } = event.target.dataset;
  if (!nudge) return;
  price.value = priceKg(Math.max(1, (priceFen() ?? 0) + Number(nudge)));
  show();
});
for (const button of document.querySelectorAll("[data-price]")) {
  button.addEventListener("click", () => {
    price.value = button.dataset.price;
    show();
  });
}
show();

/* 卖货, step two: what the price means per jin and what arrives in the account. The server counts it again. */

import { DASH, fen, priceJin, priceKg, tonnes, yuan } from "./figures.js";

const form = document.getElementById("sell");
const price = form.elements.price;
const quantity = form.elements.quantity;
const BASIS = 10_000;

function place(id, text) {
  document.getElementById(id).textContent = text;
}

function rate(amount, bps) {
  return Math.floor((amount * Number(bps)) / BASIS);
}

function priceFen() {
  return /^\d+(\.\d{1,2})?$/.test(price.value.trim()) ? fen(price.value.trim()) : null;
}

function kilos() {
  const text = quantity.value.replaceAll(",", "").trim();
  return /^\d+$/.test(text) ? Number(text) : null;
}

function show() {
  const at = priceFen();
  const kg = kilos();
  place("jin", priceJin(at));
  place("tonnes", kg === null ? DASH : tonnes(kg));
  if (at === null || kg === null) {
    for (const id of ["gross", "fee", "deposit", "net"]) place(id, DASH);
    return;
  }
  const gross = at * kg;
  const fee = rate(gross, form.dataset.feeBps);
  const deposit = rate(gross, form.dataset.depositBps);
  place("gross", yuan(gross));
  place("fee", yuan(fee));
  place("deposit", yuan(deposit));
  place("net", yuan(gross - fee - deposit));
}

form.addEventListener("input", show);
form.addEventListener("click", (event) => {
  const { nudge, part } = event.target.dataset;
  if (nudge) price.value = priceKg(Math.max(1, (priceFen() ?? 0) + Number(nudge)));
  if (part) {
    const step = Number(form.dataset.step);
    const kg = Math.floor((Number(form.dataset.free) * Number(part)) / step) * step;
    quantity.value = Math.max(kg, Math.min(Number(form.dataset.min), Number(form.dataset.free)));
  }
  if (nudge || part) show();
});
for (const button of document.querySelectorAll("[data-price]")) {
  button.addEventListener("click", () => {
    price.value = button.dataset.price;
    show();
  });
}
show();

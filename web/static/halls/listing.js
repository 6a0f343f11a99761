/* One listing: the take dialog and the counter-offer dialog, each saying before it is sent what it costs or brings. */

import { fen, kilograms, priceKg } from "../app/figures.js";
import { done, ratesOf, refuse, writeSum } from "./act.js";
import { newId, problemLines, send } from "./api.js";
import { jinText, kgText, landedFen, read } from "./landed.js";

const PRICE = /^\d{1,5}(\.\d{1,2})?$/;
const KG = /^\d{1,10}$/;
const HOUR_MS = 3_600_000;

const page = document.getElementById("listing");
const least = Number(page.dataset.minimum);
const step = Number(page.dataset.step);
const left = Number(page.dataset.left);

function showLanded() {
  const place = document.querySelector("[data-landed]");
  const landed = place && landedFen(Number(page.dataset.price), Number(page.dataset.buyerBps), read(), page.dataset.county);
  if (!place || landed === null) return;
  place.hidden = false;
  place.querySelector("[data-jin]").textContent = jinText(landed);
  place.querySelector("[data-kg]").textContent = kgText(landed);
}
showLanded();

/* A share of what is left, on a step, not below the least take; all of it may be off the step. */
function share(part) {
  if (part === 1) return left;
  return Math.min(left, Math.max(least, Math.floor((left * part) / step) * step));
}

class DealDialog {
  constructor(dialog) {
    this.dialog = dialog;
    this.form = dialog.querySelector("form");
    this.sum = dialog.querySelector("dl");
    this.submit = this.form.querySelector("[type=submit]");
    this.id = newId("hall");
    this.form.addEventListener("input", () => {
      this.id = newId("hall");
      this.show();
    });
    this.form.addEventListener("click", (event) => {
      const { part, nudge } = event.target.dataset;
      if (part) this.form.elements.quantity.value = share(Number(part));
      if (nudge) this.form.elements.price.value = priceKg(Math.max(1, (this.price() ?? 0) + Number(nudge)));
      if (part || nudge) {
        this.id = newId("hall");
        this.show();
      }
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.submit.disabled = false;
    this.show();
  }

  price() {
    const field = this.form.elements.price;
    if (!field) return Number(page.dataset.price);
    return PRICE.test(field.value.trim()) ? fen(field.value.trim()) : null;
  }

  kg() {
    const text = this.form.elements.quantity.value.replaceAll(",", "").trim();
    return KG.test(text) ? Number(text) : null;
  }

  show() {
    const price = this.price();
    const kg = this.kg();
    this.sum.hidden = price === null || kg === null;
    if (!this.sum.hidden) writeSum(this.sum, this.dialog.dataset, page.dataset.party, price, kg, ratesOf(page), page.dataset.payment);
  }

  async send() {
    refuse(this.dialog, null);
    const price = this.price();
    const kg = this.kg();
    if (price === null || kg === null) return;
    this.submit.disabled = true;
    try {
      const { ok, data } = await send("POST", this.form.dataset.path, this.body(price, kg));
      if (ok) {
        this.dialog.close();
        done(this.dialog.dataset.done.replace("{kg}", kilograms(kg)));
        return;
      }
      refuse(this.dialog, problemLines(data));
      this.id = newId("hall");
    } catch {
      refuse(this.dialog, [this.dialog.dataset.offline, ""]);
    }
    this.submit.disabled = false;
  }

  body(price, kg) {
    const body = { price: priceKg(price), quantity_kg: kg, client_id: this.id };
    const hours = this.form.elements.hours?.value;
    if (hours) body.expires_at = new Date(Date.now() + Number(hours) * HOUR_MS).toISOString();
    const counterparty = this.form.elements.counterparty?.value;
    if (counterparty) body.counterparty = counterparty;
    return body;
  }
}

const dialogs = {};
for (const dialog of document.querySelectorAll("[data-deal]")) dialogs[dialog.id] = new DealDialog(dialog);

/* An answer to a proposal starts from its figures, and names whom it answers. */
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-counter]");
  if (!opener) return;
  const deal = dialogs.counter;
  const { price, quantity, counterparty } = deal.form.elements;
  if (opener.dataset.price) price.value = opener.dataset.price;
  if (opener.dataset.kg) quantity.value = opener.dataset.kg;
  if (counterparty) counterparty.value = opener.dataset.counterparty || "";
  deal.show();
  deal.dialog.showModal();
});

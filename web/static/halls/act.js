/* One tap, one question, one command: a [data-act] button opens the page's #act dialog, which says what will
   happen and to which sum; agreeing sends the command. A press after a lost connection cannot act twice.

   The button carries: data-method, data-path (below /api/v1/), data-body (JSON), data-title, data-text, data-yes,
   data-danger; and for a deal data-price, data-kg, data-party ("buyer" or "seller"), data-payment. */

import { toast } from "../app/shell.js";
import { kilograms, priceJin, priceKg, yuan } from "../app/figures.js";
import { bondFen, feeFen } from "../trade/estimate.js";
import { newId, problemLines, send } from "./api.js";

/** Writes what a deal costs or brings, and when, into a <dl class="sum">; rates: {buyerBps, sellerBps, depositBps};
    payment: "full", "bond" or "escrow". */
export function writeSum(list, words, party, price, kg, rates, payment = "full") {
  list.replaceChildren();
  const line = (name, text, total) => {
    const term = document.createElement("dt");
    const value = document.createElement("dd");
    term.textContent = name;
    value.textContent = text;
    if (total) for (const node of [term, value]) node.className = "sum__total";
    list.append(term, value);
  };
  const amount = price * kg;
  line(words.price, `${priceKg(price)} ${words.perKg} = ${priceJin(price)} ${words.perJin}`);
  line(words.quantity, `${kilograms(kg)} ${words.kg}`);
  line(words.amount, `${yuan(amount)} ${words.yuan}`);
  if (party === "buyer") {
    const fee = feeFen(amount, rates.buyerBps);
    line(words.fee, `${yuan(fee)} ${words.yuan}`);
    if (payment === "bond") {
      const bond = bondFen(amount);
      line(words.bond, `${yuan(bond)} ${words.yuan}`);
      line(words.balance, `${yuan(amount - bond)} ${words.yuan}`);
      line(words.bondPay, `${yuan(bond + fee)} ${words.yuan}`, true);
      return bond + fee;
    }
    line(payment === "escrow" ? words.escrowPay : words.pay, `${yuan(amount + fee)} ${words.yuan}`, true);
    return amount + fee;
  }
  const fee = feeFen(amount, rates.sellerBps);
  const deposit = payment === "escrow" ? 0 : feeFen(amount, rates.depositBps);
  line(words.fee, `−${yuan(fee)} ${words.yuan}`);
  if (deposit) line(words.deposit, `−${yuan(deposit)} ${words.yuan}`);
  if (payment === "bond") line(words.bond, `${yuan(bondFen(amount))} ${words.yuan}`);
  const net = { bond: words.netBond, escrow: words.netEscrow }[payment] || words.net;
  line(net, `${yuan(amount - fee - deposit)} ${words.yuan}`, true);
  return amount - fee - deposit;
}

/** The rates in the data attributes of an element. */
export function ratesOf(element) {
  const { buyerBps, sellerBps, depositBps } = element.dataset;
  return { buyerBps: Number(buyerBps), sellerBps: Number(sellerBps), depositBps: Number(depositBps) };
}

/** Shows a refusal in the dialog's own notice; null hides it. */
export function refuse(dialog, lines) {
  const notice = dialog.querySelector("[data-refused]");
  notice.hidden = lines === null;
  if (lines === null) return;
  notice.querySelector("[data-message]").textContent = lines[0];
  notice.querySelector("[data-hint]").textContent = lines[1] || "";
}

/** Reloads the page so that it shows what was done; the server waits until its tables know it. */
export function done(text) {
  toast(text, "ok");
  setTimeout(() => location.reload(), 700);
}

const dialog = document.getElementById("act");
if (dialog) {
  const words = dialog.dataset;
  const yes = dialog.querySelector("[data-yes]");
  const sum = dialog.querySelector("dl");
  let button = null;
  let key = "";

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-act]");
    if (!pressed) return;
    button = pressed;
    key = newId("act");
    const { title, text, yes: word, danger, price, kg, party, payment } = pressed.dataset;
    dialog.querySelector("[data-title]").textContent = title;
    dialog.querySelector("[data-text]").textContent = text || "";
    yes.textContent = word || title;
    yes.className = `button ${danger === undefined ? "button--primary" : "button--danger"}`;
    yes.disabled = false;
    sum.hidden = price === undefined;
    if (price !== undefined) writeSum(sum, words, party, Number(price), Number(kg), ratesOf(dialog), payment);
    refuse(dialog, null);
    dialog.showModal();
  });

  yes.addEventListener("click", async () => {
    yes.disabled = true;
    refuse(dialog, null);
    try {
      const { method, path, body } = button.dataset;
      const { ok, data } = await send(method || "POST", path, body ? JSON.parse(body) : undefined, key);
      if (ok) {
        dialog.close();
        done(button.dataset.done || words.done);
        return;
      }
      refuse(dialog, problemLines(data));
    } catch {
      refuse(dialog, [words.offline, ""]);
    }
    yes.disabled = false;
  });
}

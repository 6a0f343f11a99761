/* 卖货, step three: sends the order once, and can be pressed again after a lost connection without selling twice. */

import { placeOrder, problemText } from "./orders-api.js";

const form = document.getElementById("confirm");
const button = form.querySelector("button[type=submit]");
const word = button.textContent;
const refused = document.getElementById("refused");

function refuse(message, hint) {
  refused.hidden = false;
  refused.querySelector("[data-message]").textContent = message;
  refused.querySelector("[data-hint]").textContent = hint;
  button.disabled = false;
  button.textContent = word;
}

/* Born disabled: without this script the form would leave the page and say nothing. */
button.disabled = false;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  button.textContent = button.dataset.busy;
  refused.hidden = true;
  try {
    const { ok, data } = await placeOrder({
      product: form.dataset.product,
      side: "sell",
      type: "limit",
      time_in_force: "day",
      price: form.dataset.price,
      quantity_kg: Number(form.dataset.quantity),
      client_order_id: form.dataset.clientOrderId,
    });
    if (ok) location.assign(`${form.dataset.result}${data.order_id}/?seq=${data.seq}`);
    else refuse(problemText(data), problemText(data, "hint"));
  } catch {
    refuse(form.dataset.offline, "");
  }
});

/* 我的委托: cancel after a question. */

import { cancelOrder, problemText } from "./orders-api.js";
import { toast } from "./shell.js";

const dialog = document.getElementById("cancel-dialog");
const words = dialog.querySelector("form").dataset;
let wanted = null;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-cancel]");
  if (!button) return;
  wanted = button;
  dialog.querySelector("p[data-what]").textContent = button.dataset.what;
  dialog.returnValue = "";
  dialog.showModal();
});

dialog.addEventListener("close", async () => {
  if (dialog.returnValue !== "yes") return;
  wanted.disabled = true;
  try {
    const { ok, data } = await cancelOrder(wanted.dataset.cancel);
    toast(ok ? words.done : problemText(data) || words.failed, ok ? "ok" : "danger");
    if (ok) setTimeout(() => location.reload(), 900);
    else wanted.disabled = false;
  } catch {
    toast(words.failed, "danger");
    wanted.disabled = false;
  }
});

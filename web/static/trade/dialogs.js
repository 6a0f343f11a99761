/*
 * Questions that stop the hand: one dialog to confirm, one to change an order, one that lists the keys.
 */

import { byId, element, setText } from "./dom.js";

/** Ask; resolves true when the person agrees. `lines` are [label, value] pairs, `warning` stands out. */
export function confirmed({ title, lines = [], warning = "", agree, side = "" }) {
  const dialog = byId("confirm");
  setText(byId("confirm-title"), title);
  byId("confirm-lines").replaceChildren(
    ...lines.flatMap(([label, value]) => [element("dt", {}, label), element("dd", {}, value)]),
  );
  setText(byId("confirm-warning"), warning);
  byId("confirm-warning").hidden = warning === "";
  const yes = byId("confirm-yes");
  setText(yes, agree);
  yes.dataset.side = side;
  dialog.returnValue = "";
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Whether a dialog is in front of everything. */
export function dialogOpen() {
  return document.querySelector("dialog[open]") !== null;
}

/* 选货: what the ticked receipts come to; goods of two cells cannot be one listing, so the others are shut. */

import { kilograms } from "../app/figures.js";

const form = document.getElementById("pick");
if (form) {
  const boxes = [...form.querySelectorAll("[name=receipt]")];
  const button = form.querySelector("[type=submit]");
  const show = () => {
    const chosen = boxes.filter((box) => box.checked);
    const group = chosen[0]?.dataset.group;
    for (const box of boxes) box.disabled = group !== undefined && box.dataset.group !== group;
    const kg = chosen.reduce((sum, box) => sum + Number(box.dataset.kg), 0);
    document.getElementById("picked").textContent = kg ? `${kilograms(kg)} kg` : "";
    button.disabled = kg === 0;
  };
  form.addEventListener("change", show);
  addEventListener("pageshow", show);
  show();
}

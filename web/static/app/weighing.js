/* The keeper's weighing form: the formula with the figures typed so far. The server computes it again. */

import { kilograms } from "./figures.js";

const form = document.querySelector("[data-weighing]");
if (form) {
  const line = form.querySelector("[data-formula]");
  const plain = line.textContent;
  const value = (name) => Number(form.elements[name].value.replaceAll(",", ""));
  form.addEventListener("input", () => {
    const [pieces, sample, gross, tare] = ["pieces", "sample_pieces", "gross_kg", "tare_kg"].map(value);
    const known = pieces > 0 && sample > 0 && sample <= pieces && gross > tare && tare >= 0;
    /* whole grams, as the server counts */
    const grams = Math.round(gross * 1000) - Math.round(tare * 1000);
    const net = known ? Math.floor((grams * pieces) / (sample * 1000)) : 0;
    line.textContent = known ? `(${gross} − ${tare}) ÷ ${sample} × ${kilograms(pieces)} = ${kilograms(net)} kg` : plain;
    line.dataset.known = known ? "yes" : "";
  });
}

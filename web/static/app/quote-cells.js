/* Writes a ticker message into the [data-cell] elements of a row or a page. */

import { colour, direction, fen, priceJin, priceKg, tonnes, writeChange, yuan } from "./figures.js";

const phases = document.getElementById("phases");

function phase(cell, name) {
  if (cell.dataset.phase === name) return;
  cell.dataset.phase = name;
  cell.replaceChildren(phases.content.querySelector(`[data-phase="${name}"]`).firstElementChild.cloneNode(true));
}

/** What a call would do if it ended now, beside the phase: price and tonnes. */
function indicative(cell, found) {
  let note = cell.querySelector("[data-indicative]");
  if (!found) {
    note?.remove();
    return;
  }
  if (!note) {
    note = document.createElement("span");
    note.className = "small muted";
    note.dataset.indicative = "";
    cell.append(" ", note);
  }
  note.textContent = `${priceKg(fen(found.price))} · ${tonnes(found.quantity_kg)} t`;
}

/** ticker: {last, change, change_bps, open, high, low, volume_kg, turnover, bid, ask, phase, indicative}. */
export function writeQuote(scope, ticker, words) {
  const cell = (name) => scope.querySelector(`[data-cell="${name}"]`);
  const last = fen(ticker.last);
  const change = fen(ticker.change);
  const before = cell("last").dataset.fen;
  const kind = direction(change);
  const moved = before !== undefined && last !== null && Number(before) !== last;
  const flash = moved ? (last > Number(before) ? "rise" : "fall") : null;
  if (last !== null) cell("last").dataset.fen = last;
  cell("last").textContent = priceKg(last);
  colour(cell("last"), kind, flash);
  const jin = cell("jin");
  jin.textContent = priceJin(last);
  if (jin.tagName === "TD") colour(jin, kind, null);
  writeChange(cell("change"), change, ticker.change_bps, words);
  for (const name of ["open", "bid", "ask", "high", "low"]) {
    if (cell(name)) cell(name).textContent = priceKg(fen(ticker[name]));
  }
  if (cell("volume")) cell("volume").textContent = tonnes(ticker.volume_kg);
  if (cell("turnover")) cell("turnover").textContent = yuan(fen(ticker.turnover));
  const place = cell("phase") || document.querySelector('[data-cell="phase"]');
  if (place && ticker.phase) phase(place, ticker.phase);
  if (place) indicative(place, ticker.indicative);
}

/*
 * The book as the dealer sees it: five, ten or twenty levels a side, a bar for the size of each, the
 * cumulated quantity, the spread in the middle. A click on a level fills the ticket.
 */

import { byId, directionOf, element, setText } from "./dom.js";
import { percentText, priceText, quantityText, signedPriceText } from "./format.js";
import { t } from "./messages.js";
import { preference, prefer } from "./preferences.js";
import { pricedJin, sized } from "./wording.js";

const ROW_PX = 20;
const MIDDLE_PX = 36;
const CHOICES = [5, 10, 20];

function surplusText(kg, unit) {
  if (kg === 0) return t("book.surplus.none");
  return t(kg > 0 ? "book.surplus.buy" : "book.surplus.sell", { quantity: sized(Math.abs(kg), unit) });
}

export class BookView {
  #asks = byId("book-asks");
  #bids = byId("book-bids");
  #body = byId("book-body");
  #onPick;
  #rows = new Map();
  #levels = 0;
  #drawn = null;

  /** `onPick({price, kg, side})`: side is the side of the level that was clicked. */
  constructor(onPick) {
    this.#onPick = onPick;
    for (const button of document.querySelectorAll("[data-levels]")) {
      button.addEventListener("click", () => {
        prefer("levels", Number(button.dataset.levels));
        this.#arrange();
      });
    }
    new ResizeObserver(() => this.#arrange()).observe(this.#body);
    this.#arrange();
  }

  /** Draw `book` (a Book, or null while it is on its way) with the ticker beside it. */
  draw(book, ticker, ownPrices, unit) {
    this.#drawn = [book, ticker, ownPrices, unit];
    const most = this.#largest(book);
    this.#drawSide("ask", book?.asks ?? [], most, ownPrices, unit, ticker);
    this.#drawSide("bid", book?.bids ?? [], most, ownPrices, unit, ticker);
    this.#drawMiddle(book, ticker);
    this.#drawRatio(book);
  }

  #arrange() {
    const wanted = preference("levels");
    const fits = CHOICES.findLast((n) => this.#body.clientHeight >= 2 * n * ROW_PX + MIDDLE_PX) ?? CHOICES[0];
    const levels = wanted || Math.min(fits, 10);
    for (const button of document.querySelectorAll("[data-levels]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.levels) === levels));
    }
    if (levels === this.#levels) return;
    this.#levels = levels;
    this.#body.dataset.depth = String(levels);
    this.#build("ask", this.#asks);
    this.#build("bid", this.#bids);
    if (this.#drawn) this.draw(...this.#drawn);
    this.#asks.scrollTop = this.#asks.scrollHeight;
  }

  #build(side, holder) {
    const rows = Array.from({ length: this.#levels }, (_, index) => this.#row(side, index));
    this.#rows.set(side, rows);
    holder.replaceChildren(...(side === "ask" ? rows.toReversed() : rows).map((row) => row.button));
  }

  #row(side, index) {
    const name = element("span", { class: "level__name" }, t(`book.level.${side}`, { n: index + 1 }));
    const price = element("span", { class: "level__price" });
    const kg = element("span", { class: "level__kg" });
    const sum = element("span", { class: "level__sum" });
    const bar = element("span", { class: "level__bar" });
    const button = element(
      "button", { type: "button", class: `level level--${side}`, disabled: true, tabindex: "-1" },
      bar, name, price, kg, sum,
    );
    const row = { button, price, kg, sum, bar, level: null, total: 0 };
    button.addEventListener("click", () => {
      if (row.level) this.#onPick({ price: row.level.price, kg: row.total, side });
    });
    return row;
  }

  #largest(book) {
    if (!book) return 1;
    const shown = [...book.asks.slice(0, this.#levels), ...book.bids.slice(0, this.#levels)];
    return shown.reduce((most, level) => Math.max(most, level.kg), 1);
  }

  #drawSide(side, levels, most, ownPrices, unit, ticker) {
    let total = 0;
    this.#rows.get(side).forEach((row, index) => {
      const level = levels[index] ?? null;
      total += level?.kg ?? 0;
      Object.assign(row, { level, total });
      row.button.disabled = level === null;
      setText(row.price, level ? priceText(level.price) : t("quote.none"));
      setText(row.kg, level ? quantityText(level.kg, unit) : "");
      setText(row.sum, level ? quantityText(total, unit) : "");
      row.bar.style.transform = `scaleX(${level ? Math.max(level.kg / most, 0.01) : 0})`;
      const change = level && ticker ? level.price - ticker.reference : 0;
      row.price.dataset.direction = directionOf(change);
      row.button.classList.toggle("level--own", level !== null && ownPrices.has(`${side}:${level.price}`));
      this.#label(row, side, level, total);
    });
  }

  #label(row, side, level, total) {
    const name = level
      ? t("book.fill", {
        side: row.button.querySelector(".level__name").textContent,
        price: priceText(level.price), quantity: String(total),
      })
      : "";
    if (row.button.title !== name) row.button.title = name;
  }

  #drawMiddle(book, ticker) {
    const last = byId("book-last");
    this.#drawCall(ticker);
    setText(last, ticker?.last ? priceText(ticker.last) : t("quote.none"));
    const change = ticker?.change ?? 0;
    const direction = directionOf(change);
    byId("book-middle").dataset.direction = direction;
    const moved = ticker?.last ? `${signedPriceText(change)}  ${percentText(ticker.changeBps)}` : "";
    setText(byId("book-change"), moved);
    setText(byId("book-jin"), ticker?.last ? pricedJin(ticker.last) : "");
    const [bid] = book?.bids ?? [];
    const [ask] = book?.asks ?? [];
    setText(byId("book-spread"), bid && ask && ask.price > bid.price ? priceText(ask.price - bid.price) : t("quote.none"));
  }

  /** 集合竞价: what the call would do if it ended now. The book itself may be crossed then. */
  #drawCall(ticker) {
    const inCall = ticker?.phase === "call" || ticker?.phase === "volatility";
    const line = byId("book-call");
    line.hidden = !inCall;
    if (!inCall) return;
    const found = ticker.indicative;
    const unit = this.#drawn[3];
    setText(byId("book-call-phase"), t(`phase.${ticker.phase}`));
    const text = found
      ? t("book.call", { price: priceText(found.price), quantity: sized(found.kg, unit) })
      : t("book.call.none");
    setText(byId("book-call-price"), text);
    setText(byId("book-call-surplus"), found ? surplusText(found.surplusKg, unit) : "");
  }

  /** 委比: how the visible buying interest stands against the selling interest. */
  #drawRatio(book) {
    const sum = (levels) => levels.slice(0, this.#levels).reduce((total, level) => total + level.kg, 0);
    const bids = sum(book?.bids ?? []);
    const asks = sum(book?.asks ?? []);
    const share = bids + asks ? Math.round((bids * 100) / (bids + asks)) : 50;
    byId("book-ratio-bar").style.transform = `scaleX(${share / 100})`;
    setText(byId("book-ratio-bid"), bids + asks ? `${share}%` : "");
    setText(byId("book-ratio-ask"), bids + asks ? `${100 - share}%` : "");
  }
}

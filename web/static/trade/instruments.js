/*
 * The instrument list: every product with its last price and change, searchable, sortable, one selected.
 */

import { byId, directionOf, element, setText } from "./dom.js";
import { percentText, priceText } from "./format.js";
import { has, t } from "./messages.js";
import { matches } from "./search.js";

export class Instruments {
  #list = byId("instruments");
  #filter = byId("instrument-filter");
  #empty = byId("instruments-empty");
  #rows = new Map();
  #order = [];
  #sort = { by: "listed", descending: false };
  #onSelect;

  constructor(onSelect) {
    this.#onSelect = onSelect;
    this.#filter.addEventListener("input", () => this.#arrange());
    this.#filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.#visible().length) onSelect(this.#visible()[0].code);
    });
    this.#list.addEventListener("keydown", (event) => this.#walk(event));
    for (const button of document.querySelectorAll("[data-sort]")) {
      button.addEventListener("click", () => this.#sortBy(button.dataset.sort));
    }
  }

  /** The products of the exchange, in its order. */
  setProducts(products) {
    this.#order = products;
    this.#rows = new Map(products.map((product) => [product.code, this.#row(product)]));
    this.#arrange();
  }

  /** Figures changed for some codes. */
  draw(products) {
    for (const product of products) {
      const row = this.#rows.get(product.code);
      const ticker = product.ticker;
      if (!row || !ticker) continue;
      const change = ticker.last ? ticker.change : 0;
      row.item.dataset.direction = directionOf(change);
      this.#flash(row, ticker.last);
      setText(row.last, ticker.last ? priceText(ticker.last) : priceText(ticker.reference));
      row.last.classList.toggle("is-reference", !ticker.last);
      setText(row.change, ticker.last ? percentText(ticker.changeBps) : t("quote.none"));
      const state = `phase.${ticker.phase}.short`;
      setText(row.state, has(state) ? t(state) : "");
    }
    if (this.#sort.by !== "listed") this.#arrange();
  }

  select(code) {
    for (const [other, row] of this.#rows) {
      row.item.setAttribute("aria-selected", String(other === code));
      row.item.tabIndex = other === code ? 0 : -1;
    }
    this.#rows.get(code)?.item.scrollIntoView({ block: "nearest" });
  }

  /** The code before (-1) or after (1) `code` as listed now. */
  neighbour(code, offset) {
    const visible = this.#visible();
    const index = visible.findIndex((product) => product.code === code);
    return visible[(index + offset + visible.length) % visible.length]?.code ?? null;
  }

  #row(product) {
    const last = element("span", { class: "instrument__last" });
    const change = element("span", { class: "instrument__change" });
    const state = element("span", { class: "instrument__state" });
    const item = element(
      "li", {
        class: "instrument", role: "option", tabindex: "-1", "aria-selected": "false",
        "data-code": product.code, "data-direction": "flat",
        onclick: () => this.#onSelect(product.code),
      },
      element("span", { class: "instrument__name" }, product.name, state),
      element("span", { class: "instrument__code" }, product.code),
      last, change,
    );
    return { item, last, change, state, price: null };
  }

  #flash(row, last) {
    if (row.price !== null && last !== row.price) {
      row.last.classList.remove("flash-rise", "flash-fall");
      void row.last.offsetWidth;
      row.last.classList.add(last > row.price ? "flash-rise" : "flash-fall");
    }
    row.price = last;
  }

  #walk(event) {
    const offset = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!offset) return;
    event.preventDefault();
    event.stopPropagation();
    const current = this.#list.querySelector('[aria-selected="true"]')?.dataset.code;
    const code = this.neighbour(current, offset);
    if (!code) return;
    this.#onSelect(code);
    this.#rows.get(code).item.focus();
  }

  #sortBy(by) {
    const same = this.#sort.by === by;
    if (same && !this.#sort.descending) this.#sort = { by: "listed", descending: false };
    else this.#sort = { by, descending: !same };
    for (const button of document.querySelectorAll("[data-sort]")) {
      const active = button.dataset.sort === this.#sort.by;
      button.dataset.order = active ? (this.#sort.descending ? "descending" : "ascending") : "";
    }
    this.#arrange();
  }

  #visible() {
    const text = this.#filter.value.trim();
    const found = this.#order.filter((product) => !text || matches(product, text));
    const { by, descending } = this.#sort;
    if (by === "listed") return found;
    const value = (product) => sortValue(product, by);
    return found.toSorted((a, b) => (value(a) - value(b)) * (descending ? -1 : 1));
  }

  #arrange() {
    const visible = this.#visible();
    const items = visible.map((product) => this.#rows.get(product.code).item);
    const same = items.length === this.#list.childElementCount
      && items.every((item, index) => this.#list.children[index] === item);
    if (!same) this.#list.replaceChildren(...items);
    this.#empty.hidden = items.length > 0;
    setText(this.#empty, this.#order.length ? t("list.empty") : t("list.loading"));
  }
}

function sortValue(product, by) {
  const ticker = product.ticker;
  if (by === "last") return ticker?.last ?? ticker?.reference ?? 0;
  return ticker?.last ? ticker.changeBps : Number.NEGATIVE_INFINITY;
}

/*
 * 键盘精灵: type anywhere, and a small window finds products by pinyin initials, code or name.
 */

import { byId, directionOf, element } from "./dom.js";
import { percentText, priceText } from "./format.js";
import { t } from "./messages.js";

const SHOWN = 8;

/** Whether what was typed means this product: start of the code or pinyin, or part of the name. */
export function matches(product, text) {
  const wanted = text.toLowerCase();
  return (
    product.code.toLowerCase().includes(wanted) ||
    product.pinyin.toLowerCase().includes(wanted) ||
    product.name.toLowerCase().includes(wanted) ||
    product.nameZh.includes(text)
  );
}

/** Best first: pinyin or code that begins with the text, then the rest in the exchange's order. */
export function found(products, text) {
  const wanted = text.toLowerCase();
  const begins = (product) =>
    product.pinyin.toLowerCase().startsWith(wanted) || product.code.toLowerCase().startsWith(wanted);
  return products
    .filter((product) => matches(product, text))
    .toSorted((a, b) => Number(begins(b)) - Number(begins(a)))
    .slice(0, SHOWN);
}

export class Search {
  #dialog = byId("search");
  #input = byId("search-input");
  #list = byId("search-results");
  #products = () => [];
  #onSelect;
  #results = [];
  #active = 0;

  constructor(products, onSelect) {
    this.#products = products;
    this.#onSelect = onSelect;
    this.#input.addEventListener("input", () => this.#find());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.close();
    });
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** Open with what was typed so far. */
  open(text) {
    this.#input.value = text;
    this.#dialog.showModal();
    this.#input.focus();
    this.#input.setSelectionRange(text.length, text.length);
    this.#find();
  }

  close() {
    this.#dialog.close();
  }

  #find() {
    const text = this.#input.value.trim();
    this.#results = found(this.#products(), text);
    this.#active = 0;
    this.#draw(text);
  }

  #key(event) {
    const offset = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (offset && this.#results.length) {
      event.preventDefault();
      this.#active = (this.#active + offset + this.#results.length) % this.#results.length;
      this.#draw(this.#input.value.trim());
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#choose(this.#results[this.#active]);
    }
  }

  #choose(product) {
    if (!product) return;
    this.close();
    this.#onSelect(product.code);
  }

  #draw(text) {
    const rows = this.#results.map((product, index) => this.#row(product, index === this.#active));
    if (!rows.length) rows.push(element("li", { class: "search__none" }, t("search.none", { text })));
    this.#list.replaceChildren(...rows);
    const active = this.#results[this.#active];
    if (active) this.#input.setAttribute("aria-activedescendant", `search-${active.code}`);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #row(product, active) {
    const ticker = product.ticker;
    const change = ticker?.last ? ticker.change : 0;
    return element(
      "li", {
        class: "search__row", role: "option", id: `search-${product.code}`, "aria-selected": String(active),
        "data-direction": directionOf(change),
        onclick: () => this.#choose(product),
      },
      element("span", { class: "search__code" }, product.code),
      element("span", { class: "search__name" }, product.name),
      element("span", { class: "search__pinyin" }, product.pinyin.toUpperCase()),
      element("span", { class: "search__last" }, ticker?.last ? priceText(ticker.last) : ""),
      element("span", { class: "search__change" }, ticker?.last ? percentText(ticker.changeBps) : ""),
    );
  }
}

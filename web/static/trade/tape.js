/*
 * 成交明细: the latest trades of one product, newest first, side of the taker by colour and word.
 */

import { byId, directionOf, element } from "./dom.js";
import { clockText, priceText, quantityText } from "./format.js";
import { t } from "./messages.js";

const KEPT = 120;

export class Tape {
  #list = byId("tape-rows");
  #empty = byId("tape-empty");
  #trades = [];
  #unit = "kg";

  /** Start again with `trades`, oldest first. */
  reset(trades, unit) {
    this.#unit = unit;
    this.#trades = trades.slice(-KEPT).toReversed();
    this.#list.replaceChildren(...this.#trades.map((trade, index) => this.#row(trade, this.#trades[index + 1])));
    this.#empty.hidden = this.#trades.length > 0;
  }

  /** Put newer trades, oldest first, on top. */
  add(trades) {
    const known = this.#trades[0]?.id ?? 0;
    for (const trade of trades) {
      if (trade.id <= known) continue;
      const row = this.#row(trade, this.#trades[0]);
      row.classList.add("tape__row--new");
      this.#trades.unshift(trade);
      this.#list.prepend(row);
    }
    this.#trades.length = Math.min(this.#trades.length, KEPT);
    while (this.#list.childElementCount > KEPT) this.#list.lastElementChild.remove();
    this.#empty.hidden = this.#trades.length > 0;
  }

  /** The unit of quantities changed. */
  setUnit(unit) {
    if (unit !== this.#unit) this.reset(this.#trades.toReversed(), unit);
  }

  #row(trade, earlier) {
    const moved = earlier ? trade.price - earlier.price : 0;
    const direction = directionOf(moved);
    return element(
      "li", { class: "tape__row", "data-side": trade.inCall ? "" : trade.side },
      element("span", { class: "tape__time" }, clockText(trade.at)),
      element("span", { class: "tape__price", "data-direction": direction }, priceText(trade.price)),
      element("span", { class: "tape__kg" }, quantityText(trade.kg, this.#unit)),
      element("span", { class: "tape__side" }, t(trade.inCall ? "tape.call" : `side.${trade.side}.short`)),
    );
  }
}

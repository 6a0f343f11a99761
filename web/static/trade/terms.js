/*
 * 更多条件: what an order can ask for beside price and quantity. Folded away, because most orders need none.
 *
 * Terms that contradict each other are told before sending; the exchange checks them again.
 */

import { byId, setText } from "./dom.js";
import { kgText, parseQuantity } from "./format.js";
import { t } from "./messages.js";

const IN_CALL = new Set(["call", "volatility"]);
const USUAL_SELF_TRADE = "cancel_newest";
const AT_ONCE = new Set(["ioc", "fok"]);

/** "2026-11-27" of a moment in Shanghai, where the exchange's days begin. */
function shanghaiDay(ms) {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);
}

export class Terms {
  #form;
  #expires = byId("terms-expires");
  #minimum = byId("terms-minimum");
  #post = byId("terms-post");
  #error = byId("terms-error");

  /** `edited()` is called whenever a term changes. */
  constructor(form, edited) {
    this.#form = form;
    for (const input of form.querySelectorAll("#terms input, #terms select, [name=tif]")) {
      input.addEventListener("input", () => {
        if (input === this.#expires && input.value) this.#choose("gtd");
        edited();
      });
    }
  }

  #choose(tif) {
    this.#form.elements.tif.value = tif;
  }

  read() {
    const tif = this.#form.elements.tif.value;
    return {
      type: this.#form.elements.type.value,
      tif,
      expiresOn: tif === "gtd" ? this.#expires.value : "",
      minimum: this.#minimum.value.trim() === "" ? null : parseQuantity(this.#minimum.value, "kg"),
      minimumGiven: this.#minimum.value.trim() !== "",
      postOnly: this.#post.checked,
      selfTrade: this.#form.elements.self_trade.value,
    };
  }

  /** Why these terms cannot be sent with `kg` in `phase`; "" when they can. */
  error(kg, phase) {
    const terms = this.read();
    const today = shanghaiDay(Date.now());
    if (terms.tif === "gtd" && (!terms.expiresOn || terms.expiresOn < today)) return t("error.expires");
    if (terms.minimumGiven && (!terms.minimum || (kg !== null && terms.minimum > kg))) {
      return t("error.minimumQuantity");
    }
    const why = conflict(terms, phase);
    return why ? t("error.terms", { why: t(why) }) : "";
  }

  /** Show what is set, also while folded, and what is wrong with it. */
  draw(error) {
    const terms = this.read();
    const market = terms.type === "market_to_limit";
    const own = terms.selfTrade !== USUAL_SELF_TRADE;
    const count = [market, terms.tif === "fok", terms.tif === "gtd", terms.minimumGiven, terms.postOnly, own]
      .filter(Boolean).length;
    setText(byId("terms-count"), count ? t("terms.count", { count }) : "");
    setText(byId("ticket-price-word"), t(market ? "terms.price.mtl" : "terms.price.limit"));
    byId("terms-day").hidden = terms.tif !== "gtd";
    this.#expires.min = shanghaiDay(Date.now());
    setText(this.#error, error);
    if (error) byId("terms").open = true;
  }

  /** The lines of the confirmation. */
  lines() {
    const terms = this.read();
    const more = [
      terms.type === "market_to_limit" ? t("terms.mtl.short") : "",
      terms.expiresOn ? t("terms.expires", { day: terms.expiresOn }) : "",
      terms.minimum ? t("terms.minimum", { minimum: kgText(terms.minimum) }) : "",
      terms.postOnly ? t("terms.post.short") : "",
      terms.selfTrade === USUAL_SELF_TRADE ? "" : t(`terms.self.${terms.selfTrade}`),
    ].filter(Boolean);
    return more.length ? [[t("col.terms"), more.join(" · ")]] : [];
  }

  /** The fields of the order; those that are as usual are left out. */
  fields() {
    const terms = this.read();
    return {
      type: terms.type,
      time_in_force: terms.tif,
      ...(terms.expiresOn ? { expires_on: terms.expiresOn } : {}),
      ...(terms.minimum ? { minimum_quantity_kg: terms.minimum } : {}),
      ...(terms.postOnly ? { post_only: true } : {}),
      ...(terms.selfTrade === USUAL_SELF_TRADE ? {} : { self_trade: terms.selfTrade }),
    };
  }

  focus() {
    byId("terms").open = true;
    (this.read().tif === "gtd" ? this.#expires : this.#minimum).focus();
  }
}

function conflict({ type, tif, minimum, postOnly }, phase) {
  const market = type === "market_to_limit";
  if (postOnly && (AT_ONCE.has(tif) || market || minimum)) return "error.terms.post";
  if (tif === "fok" && (market || minimum)) return "error.terms.fok";
  if (IN_CALL.has(phase) && (AT_ONCE.has(tif) || market || postOnly || minimum)) return "error.terms.call";
  return "";
}

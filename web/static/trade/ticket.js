/*
 * The order ticket: side, price, quantity; what it will hold, cost and bring, before it is sent.
 *
 * Every refusal stands beside the field it is about, whether this page found it or the exchange did.
 * An order carries an id of ours, so a resend after a broken connection cannot order twice.
 */

import { confirmed } from "./dialogs.js";
import { byId, notify, setText } from "./dom.js";
import {
  affordableKg, buyHoldFen, feeFen, sellerProceeds, shareOfKg, ticketErrors,
} from "./estimate.js";
import {
  jinText, kgText, parsePrice, parseQuantity, percentText, priceText, tonneText, yuanText,
} from "./format.js";
import { has, refusalText, t } from "./messages.js";
import { preference, prefer } from "./preferences.js";
import { Terms } from "./terms.js";
import { pricedJin, pricedKg, sized } from "./wording.js";

/** Where a refusal of the exchange belongs; everything else stands above the send button. */
const FIELD_OF_CODE = {
  bad_price: "price",
  price_band: "price",
  bad_quantity: "quantity",
  insufficient_funds: "quantity",
  insufficient_goods: "quantity",
  off_tick: "price",
  bad_expires_on: "terms",
  bad_minimum_quantity: "terms",
  order_terms_conflict: "terms",
};
const FAR_BPS = 500;
/** Phases in which the exchange takes orders. */
const TAKES_ORDERS = new Set(["continuous", "call", "volatility"]);

export class Ticket {
  #form = byId("ticket");
  #price = byId("ticket-price");
  #quantity = byId("ticket-quantity");
  #send = byId("ticket-send");
  #confirm = byId("ticket-confirm");
  #fields = { price: byId("ticket-price-error"), quantity: byId("ticket-quantity-error") };
  #alert = byId("ticket-alert");
  #side = "buy";
  #terms = new Terms(this.#form, () => this.#edited());
  #busy = false;
  #untouched = true;
  #refused = {};
  #context;
  #request;

  /**
   * `context()` gives {product, funds, goods, rates, member, unit}; `request(op, fields)` sends.
   */
  constructor(context, request, side) {
    this.#context = context;
    this.#request = request;
    this.#confirm.checked = preference("confirm");
    this.#listen();
    this.setSide(side);
  }

  get side() {
    return this.#side;
  }

  setSide(side) {
    this.#side = side;
    this.#form.dataset.side = side;
    for (const button of this.#form.querySelectorAll("[data-set-side]")) {
      button.setAttribute("aria-pressed", String(button.dataset.setSide === side));
    }
    this.#edited();
  }

  /** Another product is on the screen: the price and quantity of the one before mean nothing here. */
  reset() {
    this.#price.value = "";
    this.#quantity.value = "";
    this.#untouched = true;
    this.#alert.hidden = true;
    this.#edited();
  }

  /** A first price to start from, as long as nobody has put one in. */
  suggest(price) {
    if (!this.#untouched || !price) return;
    this.#price.value = priceText(price);
    this.#untouched = false;
    this.draw();
  }

  /** A level of the book was clicked: its price, and its quantity when none was typed yet. */
  fill({ price, kg, side }) {
    this.#price.value = priceText(price);
    const crossing = (side === "ask") === (this.#side === "buy");
    if (!this.#quantity.value && crossing) {
      const most = this.#most(price);
      this.#setKg(most ? Math.min(kg, most) : kg);
    }
    this.#edited();
  }

  focus(field = "price") {
    const input = field === "price" ? this.#price : this.#quantity;
    input.focus();
    input.select();
  }

  /** Move the price by ticks, or the quantity by steps when it has the focus. */
  nudge(direction) {
    const { product } = this.#context();
    if (!product) return;
    if (document.activeElement === this.#quantity) {
      const kg = parseQuantity(this.#quantity.value, this.#context().unit) ?? 0;
      this.#setKg(Math.max(product.minKg, kg + direction * product.stepKg));
    } else {
      const price = parsePrice(this.#price.value) ?? product.ticker?.last ?? product.reference;
      const moved = price + direction * product.tick;
      this.#price.value = priceText(Math.min(product.high, Math.max(product.low, moved)));
    }
    this.#edited();
  }

  clear() {
    this.#quantity.value = "";
    this.#alert.hidden = true;
    this.#edited();
  }

  /** Funds, goods, phase or product changed: recompute what is shown. */
  draw() {
    this.#showFacts();
    this.#showSums();
    this.#showErrors(this.#shownErrors());
  }

  /** The unit changed from `before`: the same kilograms, said differently. */
  changeUnit(before) {
    const kg = parseQuantity(this.#quantity.value, before);
    if (kg !== null) this.#setKg(kg);
    this.draw();
  }

  /** Check, ask, send. */
  async submit() {
    if (this.#busy) return;
    const errors = this.#errors();
    this.#showErrors(errors);
    const wrong = ["price", "quantity", "terms"].find((field) => errors[field]);
    if (wrong === "terms") this.#terms.focus();
    else if (wrong) this.focus(wrong);
    if (wrong || errors.alert) return;
    const order = this.#read();
    if (await this.#agreed(order)) await this.#place(order);
  }

  #listen() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    for (const input of [this.#price, this.#quantity]) {
      input.addEventListener("input", () => this.#edited());
    }
    for (const button of this.#form.querySelectorAll("[data-set-side]")) {
      button.addEventListener("click", () => this.setSide(button.dataset.setSide));
    }
    for (const button of this.#form.querySelectorAll("[data-share]")) {
      button.addEventListener("click", () => this.#share(Number(button.dataset.share)));
    }
    for (const button of this.#form.querySelectorAll("[data-nudge]")) {
      button.addEventListener("click", () => {
        if (button.dataset.field === "quantity") this.#quantity.focus();
        else this.#price.focus();
        this.nudge(Number(button.dataset.nudge));
      });
    }
    for (const button of this.#form.querySelectorAll("[data-take]")) {
      button.addEventListener("click", () => this.#takePrice(button.dataset.take));
    }
    this.#confirm.addEventListener("change", () => prefer("confirm", this.#confirm.checked));
  }

  #edited() {
    this.#untouched &&= this.#price.value === "";
    this.#refused = {};
    this.draw();
  }

  #read() {
    const { product, unit } = this.#context();
    return {
      product,
      side: this.#side,
      price: parsePrice(this.#price.value),
      kg: parseQuantity(this.#quantity.value, unit),
      tif: this.#terms.read().tif,
    };
  }

  /** 对手价 (the best price of the other side) or 最新价 (the last). */
  #takePrice(which) {
    const ticker = this.#context().product?.ticker;
    const opposite = this.#side === "buy" ? ticker?.ask : ticker?.bid;
    const price = which === "last" ? ticker?.last ?? ticker?.reference : opposite;
    if (!price) return;
    this.#price.value = priceText(price);
    this.#edited();
  }

  /** The most this member can order at `price` now. */
  #most(price) {
    const { product, funds, goods, rates } = this.#context();
    if (!product) return 0;
    if (this.#side === "sell") return Math.floor(goods.freeKg / product.stepKg) * product.stepKg;
    return price ? affordableKg(funds?.free ?? 0, price, rates.buyer, product.stepKg) : 0;
  }

  #share(percent) {
    const { product } = this.#context();
    if (!product) return;
    if (parsePrice(this.#price.value) === null) this.#takePrice("last");
    const kg = shareOfKg(this.#most(parsePrice(this.#price.value)), percent, product.stepKg);
    if (kg) this.#setKg(kg);
    else this.#quantity.value = "";
    this.#edited();
  }

  #setKg(kg) {
    this.#quantity.value = this.#context().unit === "t" ? tonneText(kg).replaceAll(",", "") : String(kg);
  }

  // What stands in the ticket ---------------------------------------------------------------------

  #showFacts() {
    const { product, funds, goods, unit } = this.#context();
    const price = parsePrice(this.#price.value);
    setText(byId("ticket-jin"), price === null ? t("quote.none") : jinText(price));
    const band = product ? `${priceText(product.low)} – ${priceText(product.high)}` : t("quote.none");
    setText(byId("ticket-band"), band);
    setText(byId("ticket-free"), funds ? yuanText(funds.free) : t("quote.none"));
    setText(byId("ticket-goods"), sized(goods.freeKg, unit));
    const most = this.#most(price);
    setText(byId("ticket-most"), most ? t("ticket.most", { most: sized(most, unit) }) : "");
    setText(byId("ticket-unit"), t(`unit.${unit}`));
  }

  #showSums() {
    const { rates } = this.#context();
    const { price, kg, side } = this.#read();
    const ready = price !== null && kg !== null;
    const amount = ready ? price * kg : 0;
    const show = (id, text) => setText(byId(id), ready ? text : t("quote.none"));
    show("ticket-amount", yuanText(amount));
    if (side === "buy") {
      show("ticket-fee", yuanText(feeFen(amount, rates.buyer)));
      show("ticket-hold", ready ? yuanText(buyHoldFen(price, kg, rates.buyer)) : "");
    } else {
      const sale = sellerProceeds(price ?? 0, kg ?? 0, rates.seller, rates.deposit);
      show("ticket-fee", yuanText(sale.fee));
      show("ticket-deposit", yuanText(sale.deposit));
      show("ticket-proceeds", yuanText(sale.proceeds));
      show("ticket-hold-goods", ready ? sized(kg, "kg") : "");
    }
    this.#showButton(price, kg, ready);
  }

  #showButton(price, kg, ready) {
    const side = t(`side.${this.#side}`);
    const unit = this.#context().unit;
    const text = ready
      ? t("ticket.send", { side, quantity: sized(kg, unit), price: priceText(price) })
      : t("ticket.send.empty", { side });
    setText(this.#send, this.#busy ? t("ticket.sending") : text);
    this.#send.setAttribute("aria-busy", String(this.#busy));
  }

  #errors() {
    const { product, funds, goods, rates, member } = this.#context();
    if (!product) return { alert: t("list.loading") };
    if (!member) return { alert: t("error.notmember") };
    const order = this.#read();
    const found = ticketErrors({
      ...order, fundsFree: funds?.free ?? 0, goodsFree: goods.freeKg, buyerFeeBps: rates.buyer,
    });
    const values = {
      low: priceText(product.low), high: priceText(product.high), tick: priceText(product.tick),
      minimum: kgText(product.minKg), step: kgText(product.stepKg), most: kgText(this.#most(order.price)),
    };
    const errors = Object.fromEntries(Object.entries(found).map(([field, key]) => [field, t(key, values)]));
    const phase = product.ticker?.phase;
    if (phase && !TAKES_ORDERS.has(phase)) errors.alert = t(`error.phase.${phase}`);
    const terms = this.#terms.error(order.kg, phase);
    if (terms) errors.terms = terms;
    return errors;
  }

  /** While typing, an empty field is not yet a mistake. */
  #shownErrors() {
    const errors = { ...this.#errors(), ...this.#refused };
    if (!this.#price.value && !this.#refused.price) delete errors.price;
    if (!this.#quantity.value && !this.#refused.quantity) delete errors.quantity;
    return errors;
  }

  #showErrors(errors) {
    for (const [field, holder] of Object.entries(this.#fields)) {
      setText(holder, errors[field] ?? "");
      const input = field === "price" ? this.#price : this.#quantity;
      input.setAttribute("aria-invalid", String(Boolean(errors[field])));
    }
    this.#terms.draw(errors.terms ?? "");
    setText(this.#alert, errors.alert ?? "");
    this.#alert.hidden = !errors.alert;
  }

  // Sending ---------------------------------------------------------------------------------------

  async #agreed(order) {
    const away = order.product.reference
      ? Math.trunc(((order.price - order.product.reference) * 10_000) / order.product.reference)
      : 0;
    const far = Math.abs(away) >= FAR_BPS;
    if (!this.#confirm.checked && !far) return true;
    const { rates } = this.#context();
    const buy = order.side === "buy";
    const sums = buy
      ? [[byId("ticket-hold-label").textContent, yuanText(buyHoldFen(order.price, order.kg, rates.buyer))]]
      : [[
        byId("ticket-proceeds-label").textContent,
        yuanText(sellerProceeds(order.price, order.kg, rates.seller, rates.deposit).proceeds),
      ]];
    return confirmed({
      title: t("ticket.confirm", { side: t(`side.${order.side}`) }),
      lines: [
        [t("col.product"), `${order.product.name} ${order.product.code}`],
        [t("col.side"), t(`side.${order.side}`)],
        [t("col.price"), `${pricedKg(order.price)}  (${pricedJin(order.price)})`],
        [t("col.quantity"), `${sized(order.kg, "kg")}  (${sized(order.kg, "t")})`],
        [t("col.tif"), t(`tif.${order.tif}`)],
        ...this.#terms.lines(),
        [t("col.amount"), yuanText(order.price * order.kg)],
        ...sums,
      ],
      warning: far ? t("ticket.far", { percent: percentText(away) }) : "",
      agree: t("ticket.confirm", { side: t(`side.${order.side}`) }),
      side: order.side,
    });
  }

  async #place(order) {
    this.#busy = true;
    this.draw();
    try {
      const result = await this.#request("order.place", {
        product: order.product.code,
        side: order.side,
        ...this.#terms.fields(),
        price: priceText(order.price),
        quantity_kg: order.kg,
        client_order_id: newClientOrderId(),
      });
      this.#quantity.value = "";
      notify(outcome(order, result), result.filled_kg || result.remaining_kg ? "ok" : "warn");
    } catch (refusal) {
      this.#refused = { [FIELD_OF_CODE[refusal.code] ?? "alert"]: refusalText(refusal) };
    } finally {
      this.#busy = false;
      this.draw();
    }
  }
}

/** What became of the order, as one sentence. */
function outcome(order, result) {
  const values = {
    side: t(`side.${order.side}`), quantity: kgText(order.kg), price: priceText(order.price),
    order: result.order_id, filled: kgText(result.filled_kg), remaining: kgText(result.remaining_kg),
  };
  if (result.status === "filled") return t("ticket.filled", values);
  if (result.status === "open") return t("ticket.accepted", values);
  if (result.status === "partially_filled") return t("ticket.part", values);
  if (!result.filled_kg && has(`ticket.end.${result.reason}`)) return t(`ticket.end.${result.reason}`);
  return t(result.filled_kg ? "ticket.iocpart" : "ticket.iocnone", values);
}

/** Our own id of an order: unique, short, in the alphabet the exchange takes. */
function newClientOrderId() {
  return `t-${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
}

/*
 * 委托: the member's orders of today, live, each to be changed or cancelled where it stands.
 */

import { confirmed, dialogOpen } from "./dialogs.js";
import { byId, element, notify, setText } from "./dom.js";
import { kgText, momentText, parsePrice, parseQuantity, priceText, quantityText } from "./format.js";
import { has, refusalText, t } from "./messages.js";
import { LiveTable } from "./tables.js";
import { isWorking } from "./wire.js";
import { productName } from "./wording.js";

/** The word for an order's state; a cancelled order that traded in part says both. */
function statusText(order) {
  if (order.status === "cancelled" && order.filledKg > 0) return t("status.partially_cancelled");
  const key = `status.${order.status}`;
  return has(key) ? t(key) : order.status;
}

/** How long an order lives, and what else it asked for. */
function termsText(order) {
  const life = order.tif === "gtd" && order.expiresOn ? t("tif.until", { day: order.expiresOn.slice(5) }) : t(`tif.${order.tif ?? "day"}`);
  const more = [
    order.type === "market_to_limit" ? t("terms.mtl.short") : "",
    order.postOnly ? t("terms.post.short") : "",
    has(`terms.self.${order.selfTrade}`) ? t(`terms.self.${order.selfTrade}`) : "",
  ];
  return [life, ...more].filter(Boolean).join(" · ");
}

export class Orders {
  #table;
  #request;
  #context;
  #panel = byId("panel-orders");
  #onlyWorking = byId("orders-working");
  #replacing = null;

  /** `context()` gives {orders: Map, ordersLoaded, products: Map, unit}. */
  constructor(context, request) {
    this.#context = context;
    this.#request = request;
    this.#table = new LiveTable(byId("panel-orders-table"), this.#columns(), (order) => order.id);
    this.#onlyWorking.addEventListener("change", () => this.draw());
    byId("cancel-all").addEventListener("click", () => this.cancelAll());
    byId("replace-form").addEventListener("submit", (event) => this.#replace(event));
  }

  draw() {
    const all = [...this.#context().orders.values()].sort((a, b) => b.id - a.id);
    const working = all.filter(isWorking);
    const onlyWorking = this.#onlyWorking.checked;
    const loaded = this.#context().ordersLoaded;
    const none = onlyWorking ? "orders.empty.working" : "orders.empty";
    this.#table.draw(onlyWorking ? working : all.slice(0, 300), t(loaded ? none : "loading"));
    this.#panel.setAttribute("aria-busy", String(!loaded));
    setText(byId("orders-count"), working.length ? String(working.length) : "");
    byId("cancel-all").disabled = working.length === 0;
  }

  /** Cancel every working order, after asking. */
  async cancelAll() {
    if (dialogOpen()) return;
    const count = [...this.#context().orders.values()].filter(isWorking).length;
    if (!count) {
      notify(t("cancel.all.none"));
      return;
    }
    const title = byId("cancel-all").textContent.trim();
    if (await confirmed({ title, warning: t("cancel.all.ask", { count }), agree: title })) {
      await this.#try(() => this.#request("orders.cancel_all", {}), t("cancel.all.done"));
    }
  }

  #columns() {
    const name = (order) => productName(this.#context().products, order.product);
    const size = (kg) => quantityText(kg, this.#context().unit);
    return [
      { title: t("col.time"), text: (order) => (order.placedAt ? momentText(order.placedAt) : "") },
      { title: t("col.product"), text: name },
      { title: t("col.side"), text: (order) => t(`side.${order.side}`), direction: (order) => order.side },
      { title: t("col.price"), numeric: true, text: (order) => priceText(order.price) },
      { title: t("col.quantity"), numeric: true, text: (order) => size(order.kg) },
      { title: t("col.filled"), numeric: true, text: (order) => size(order.filledKg) },
      { title: t("col.remaining"), numeric: true, text: (order) => size(isWorking(order) ? order.remainingKg : 0) },
      { title: t("col.tif"), text: termsText },
      { title: t("col.status"), text: statusText },
      { title: t("col.order"), numeric: true, text: (order) => String(order.id) },
      {
        title: t("col.actions"),
        changes: (order) => (isWorking(order) ? "working" : "done"),
        build: (order) => (isWorking(order) ? this.#actions(order.id) : []),
      },
    ];
  }

  #actions(id) {
    const button = (text, action, act) => element(
      "button", { type: "button", class: "cell-button", "data-action": action, onclick: act }, text,
    );
    return [
      button(t("orders.replace"), "replace", () => this.#openReplace(id)),
      button(t("orders.cancel"), "cancel", () => this.#cancel(id)),
    ];
  }

  async #cancel(id) {
    await this.#try(() => this.#request("order.cancel", { order_id: id }), t("cancel.done", { order: id }));
  }

  #openReplace(id) {
    const order = this.#context().orders.get(id);
    if (!order) return;
    this.#replacing = order;
    const name = productName(this.#context().products, order.product);
    setText(byId("replace-what"), `${t(`side.${order.side}`)} ${name} · ${id}`);
    byId("replace-price").value = priceText(order.price);
    byId("replace-quantity").value = String(order.kg);
    setText(byId("replace-filled"), kgText(order.filledKg));
    this.#replaceError("");
    byId("replace").showModal();
    byId("replace-price").select();
  }

  async #replace(event) {
    if (event.submitter?.value === "no") return;
    event.preventDefault();
    const price = parsePrice(byId("replace-price").value);
    const kg = parseQuantity(byId("replace-quantity").value, "kg");
    if (price === null || kg === null) {
      this.#replaceError(t(price === null ? "error.price" : "error.quantity"));
      return;
    }
    const id = this.#replacing.id;
    try {
      await this.#request("order.replace", { order_id: id, price: priceText(price), quantity_kg: kg });
      byId("replace").close();
      notify(t("replace.done", { order: id, quantity: kgText(kg), price: priceText(price) }), "ok");
    } catch (refusal) {
      this.#replaceError(refusalText(refusal));
    }
  }

  #replaceError(text) {
    setText(byId("replace-error"), text);
    byId("replace-error").hidden = text === "";
  }

  async #try(act, done) {
    try {
      await act();
      notify(done, "ok");
    } catch (refusal) {
      notify(refusalText(refusal), "danger");
    }
  }
}

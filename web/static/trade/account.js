/*
 * The member's side of the terminal: the private stream first, the tables of the API for what it does
 * not carry. Orders, funds and goods follow the stream at once; trades with fees, receipts and
 * contracts are read again when a trade says that they changed.
 */

import { read } from "./api.js";
import { notify } from "./dom.js";
import { kgText, parseYuan, priceText } from "./format.js";
import { showProblem } from "./holdings.js";
import { t } from "./messages.js";
import { Refused } from "./socket.js";
import { isWorking, readContract, readFill, readLedgerLine, readOrder, readReceipt } from "./wire.js";

const ROWS = 200;
const SETTLE_MS = 250;

export class Account {
  #store;
  #seq = 0;
  #timer = null;

  constructor(store) {
    this.#store = store;
  }

  /** Listen to the private stream and read the tables. */
  start(socket) {
    socket.subscribe("account", undefined, (message) => this.#heard(message, socket));
    this.refresh();
  }

  /** Read everything the private stream does not carry. */
  refresh() {
    this.#load("orders", "/orders", (rows) => {
      this.#mergeOrders(rows.map((row) => readOrder(row)));
      this.#store.set({ ordersLoaded: true });
    });
    this.#load("funds", "/funds", (body) => this.#setFunds(body));
    this.refreshSettled();
  }

  /** Trades, receipts and contracts: what a settled trade changes. */
  refreshSettled() {
    this.#load("fills", "/trades", (rows) => this.#mergeFills(rows.map(readFill)));
    this.#load("receipts", "/receipts", (rows) => this.#store.set({ receipts: rows.map(readReceipt) }));
    this.#load("funds", "/funds/lines", (rows) => this.#store.set({ ledger: rows.map(readLedgerLine) }));
    this.#load("contracts", "/contracts", (rows) => this.#store.set({ contracts: rows.map(readContract) }));
  }

  async #load(panel, path, keep) {
    try {
      const body = await read(path, path === "/funds" ? {} : { limit: ROWS });
      keep(path === "/funds" ? body : body.items);
      showProblem(panel, null);
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      showProblem(panel, refusal, () => this.#load(panel, path, keep));
    }
  }

  #heard(message, socket) {
    const { type, data } = message;
    if (type === "snapshot") this.#snapshot(message);
    else if (type === "update") {
      if (message.prev_seq > this.#seq) {
        socket.resubscribe("account");
        return;
      }
      if (message.seq <= this.#seq) return;
      this.#seq = message.seq;
      this.#mergeOrders(data.orders.map((row) => readOrder(row, message.ts)));
      this.#traded(data.trades.map(readFill));
    } else if (type === "balance") this.#balance(data);
  }

  /** Open orders as they are. When it is not the first, we missed something: read the tables again. */
  #snapshot({ data, seq }) {
    const missed = this.#seq > 0;
    this.#seq = seq;
    this.#mergeOrders(data.orders.map((row) => readOrder(row)));
    this.#balance(data);
    if (missed) this.refresh();
  }

  #balance(data) {
    this.#store.set({
      funds: { ...this.#store.get("funds"), free: parseYuan(data.funds.free), held: parseYuan(data.funds.held) },
      goods: new Map(data.goods.map((row) => [row.product, { freeKg: row.free_kg, heldKg: row.held_kg }])),
    });
  }

  #setFunds(body) {
    const known = this.#store.get("funds") ?? {};
    this.#store.set({
      funds: {
        free: known.free ?? parseYuan(body.free),
        held: known.held ?? parseYuan(body.held),
        quality: parseYuan(body.quality_deposit),
      },
    });
  }

  /** Never let an older picture of an order replace a newer one: an order only ever fills or ends. */
  #mergeOrders(rows) {
    const orders = this.#store.get("orders");
    for (const order of rows) {
      const known = orders.get(order.id);
      if (known && !isWorking(known) && isWorking(order)) continue;
      if (known && known.filledKg > order.filledKg) continue;
      orders.set(order.id, {
        ...order, tif: order.tif ?? known?.tif, placedAt: order.placedAt ?? known?.placedAt ?? order.seenAt,
      });
    }
    this.#store.touch("orders");
  }

  #mergeFills(rows) {
    const fills = this.#store.get("fills");
    for (const fill of rows) {
      const key = `${fill.id}:${fill.side}`;
      fills.set(key, { ...fill, fee: fill.fee ?? fills.get(key)?.fee ?? null });
    }
    this.#store.touch("fills");
  }

  #traded(rows) {
    if (!rows.length) return;
    const orders = new Set(rows.map((fill) => fill.orderId));
    for (const order of orders) this.#tell(rows.filter((fill) => fill.orderId === order));
    this.#mergeFills(rows);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.refreshSettled();
      this.#load("funds", "/funds", (body) => this.#setFunds(body));
    }, SETTLE_MS);
  }

  /** One notice for what one order traded at once, at its mean price. */
  #tell(fills) {
    const kg = fills.reduce((sum, fill) => sum + fill.kg, 0);
    const amount = fills.reduce((sum, fill) => sum + fill.amount, 0);
    const price = priceText(Math.round(amount / kg));
    notify(t("trade.notice", { side: t(`side.${fills[0].side}`), quantity: kgText(kg), price }), "ok");
  }
}

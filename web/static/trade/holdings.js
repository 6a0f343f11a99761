/*
 * What the member has besides orders: trades, receipts, funds and contracts, in the tabs below the chart.
 */

import { byId, element, setText } from "./dom.js";
import { dayText, momentText, priceText, quantityText, signedYuanText, yuanText } from "./format.js";
import { has, refusalText, t } from "./messages.js";
import { LiveTable } from "./tables.js";
import { productName } from "./wording.js";

/** 成交: the member's trades, newest first. */
export class Fills {
  #table;

  constructor(context) {
    const size = (kg) => quantityText(kg, context().unit);
    const name = (fill) => productName(context().products, fill.product);
    this.#table = new LiveTable(byId("panel-fills-table"), [
      { title: t("col.time"), text: (fill) => momentText(fill.at) },
      { title: t("col.product"), text: name },
      { title: t("col.side"), text: (fill) => t(`side.${fill.side}`), direction: (fill) => fill.side },
      { title: t("col.price"), numeric: true, text: (fill) => priceText(fill.price) },
      { title: t("col.quantity"), numeric: true, text: (fill) => size(fill.kg) },
      { title: t("col.amount"), numeric: true, text: (fill) => yuanText(fill.amount) },
      { title: t("col.fee"), numeric: true, text: (fill) => (fill.fee === null ? "" : yuanText(fill.fee)) },
      { title: t("col.order"), numeric: true, text: (fill) => String(fill.orderId) },
      { title: t("col.trade"), numeric: true, text: (fill) => String(fill.id) },
    ], (fill) => `${fill.id}:${fill.side}`);
  }

  /* By time, not by number: the halls number their trades from far above. */
  draw(fills) {
    const newest = (a, b) => Date.parse(b.at) - Date.parse(a.at) || b.id - a.id;
    this.#table.draw([...fills.values()].sort(newest).slice(0, 300), t("fills.empty"));
  }
}

/** 仓单: the receipts the member holds. */
export class Receipts {
  #table;

  constructor(context) {
    const size = (kg) => quantityText(kg, context().unit);
    this.#table = new LiveTable(byId("panel-receipts-table"), [
      { title: t("col.receipt"), text: (receipt) => receipt.no },
      { title: t("col.product"), text: (receipt) => productName(context().products, receipt.product) },
      { title: t("col.warehouse"), text: (receipt) => receipt.warehouse },
      { title: t("col.kg"), numeric: true, text: (receipt) => size(receipt.kg) },
      { title: t("col.held"), numeric: true, text: (receipt) => size(receipt.heldKg) },
      { title: t("col.free"), numeric: true, text: (receipt) => size(isLocked(receipt) ? 0 : receipt.freeKg) },
      { title: t("col.state"), text: stateOf },
      { title: t("col.locked"), text: (receipt) => (isLocked(receipt) ? receipt.lockedUntil : "") },
      { title: t("col.expires"), text: (receipt) => receipt.expiresOn ?? "" },
    ], (receipt) => receipt.no);
  }

  draw(receipts) {
    this.#table.draw(receipts, t("receipts.empty"));
  }
}

/** `lockedUntil` is the first day on which the receipt may be sold again. */
function isLocked(receipt) {
  return receipt.lockedUntil !== null && receipt.lockedUntil > dayText(new Date());
}

function stateOf(receipt) {
  if (receipt.state === "issued" && isLocked(receipt)) return t("receipt.locked");
  if (receipt.state === "issued" && receipt.heldKg > 0) return t("receipt.held");
  const key = `receipt.${receipt.state}`;
  return has(key) ? t(key) : receipt.state;
}

/** 资金: what is free, what orders hold, what is kept as quality deposit, and every movement. */
export class Funds {
  #table = new LiveTable(byId("panel-funds-table"), [
    { title: t("col.time"), text: (line) => momentText(line.at) },
    { title: t("col.kind"), text: (line) => line.text },
    { title: t("col.amount"), numeric: true, text: (line) => signedYuanText(line.amount) },
    { title: t("col.balance"), numeric: true, text: (line) => yuanText(line.balance) },
    { title: t("col.reference"), text: (line) => line.reference },
  ], (line) => line.id);

  draw(funds, lines) {
    this.#table.draw(lines, t("ledger.empty"));
    const show = (id, fen) => setText(byId(id), Number.isInteger(fen) ? yuanText(fen) : t("quote.none"));
    show("funds-free", funds?.free);
    show("funds-held", funds?.held);
    show("funds-total", funds ? funds.free + funds.held : null);
    show("funds-quality", funds?.quality);
  }
}

/** 合同: the contracts the trades became. */
export class Contracts {
  #table;

  constructor(context) {
    const size = (kg) => quantityText(kg, context().unit);
    this.#table = new LiveTable(byId("panel-contracts-table"), [
      { title: t("col.contract"), text: (contract) => contract.no },
      { title: t("col.time"), text: (contract) => momentText(contract.at) },
      { title: t("col.product"), text: (contract) => productName(context().products, contract.product) },
      { title: t("col.seller"), text: (contract) => contract.seller },
      { title: t("col.buyer"), text: (contract) => contract.buyer },
      { title: t("col.price"), numeric: true, text: (contract) => priceText(contract.price) },
      { title: t("col.quantity"), numeric: true, text: (contract) => size(contract.kg) },
      { title: t("col.amount"), numeric: true, text: (contract) => yuanText(contract.amount) },
      { title: t("col.receipt"), text: (contract) => contract.receiptNos.join(" ") },
    ], (contract) => contract.no);
  }

  draw(contracts) {
    this.#table.draw(contracts, t("contracts.empty"));
  }
}

/** Say in a panel that its rows could not be read, with a way to try again. */
export function showProblem(panel, refusal, retry) {
  const holder = byId(`panel-${panel}-problem`);
  holder.hidden = refusal === null;
  holder.replaceChildren(...(refusal === null ? [] : [
    element("span", {}, refusalText(refusal)),
    element("button", { type: "button", class: "button button--small", onclick: retry }, t("retry")),
  ]));
}

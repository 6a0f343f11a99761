/*
 * The terminal: puts the parts together. Each part draws itself from the store; this file says who
 * watches what and what the keys do.
 */

import { Account } from "./account.js";
import { read } from "./api.js";
import { BookView } from "./book_view.js";
import { Chart } from "./chart.js";
import { byId, notify, setText } from "./dom.js";
import { showProductFacts } from "./facts.js";
import { clockText } from "./format.js";
import { Contracts, Fills, Funds, Receipts } from "./holdings.js";
import { Instruments } from "./instruments.js";
import { Keyboard } from "./keyboard.js";
import { Market } from "./market.js";
import { refusalText, t } from "./messages.js";
import { Orders } from "./orders.js";
import { preference, prefer } from "./preferences.js";
import { drawQuote, drawTitle } from "./quote.js";
import { Search } from "./search.js";
import { DOWN, MarketSocket, Refused } from "./socket.js";
import { Store } from "./store.js";
import { makeTabs } from "./tabs.js";
import { Tape } from "./tape.js";
import { Ticket } from "./ticket.js";
import { isWorking, readProduct } from "./wire.js";

const terminal = byId("terminal");
const config = terminal.dataset;
const baseTitle = document.title;
const member = config.member || null;
const rates = {
  buyer: Number(config.buyerBps), seller: Number(config.sellerBps), deposit: Number(config.depositBps),
};

const store = new Store({
  products: new Map(),
  tickersChanged: new Set(),
  code: null,
  book: null,
  unit: preference("unit"),
  connection: { state: DOWN, latency: null },
  funds: null,
  goods: new Map(),
  orders: new Map(),
  ordersLoaded: !member, // until then the list may lack what was ordered before this page was opened
  fills: new Map(),
  receipts: [],
  contracts: [],
  ledger: [],
});

const socketUrl = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/v1`;
const socket = new MarketSocket(socketUrl, (connection) => {
  const known = store.get("connection");
  if (known.state !== connection.state || known.latency !== connection.latency) store.set({ connection });
  if (known.state !== DOWN && connection.state === DOWN) market.lost();
  if (known.state === DOWN && connection.state !== DOWN) connected();
});
const request = (op, fields) => socket.request(op, fields, { resend: op === "order.place" });

let wasConnected = false;

const product = () => store.get("products").get(store.get("code")) ?? null;
const context = () => ({
  product: product(),
  products: store.get("products"),
  funds: store.get("funds"),
  goods: store.get("goods").get(store.get("code")) ?? { freeKg: 0, heldKg: 0 },
  orders: store.get("orders"),
  ordersLoaded: store.get("ordersLoaded"),
  unit: store.get("unit"),
  rates,
  member,
});

const chart = new Chart();
const tape = new Tape();
const market = new Market(store, socket, tape, chart);
const account = new Account(store);
const ticket = new Ticket(context, request, config.kind === "grower" ? "sell" : "buy");
const book = new BookView((level) => {
  ticket.fill(level);
  showView("ticket");
});
const instruments = new Instruments((code) => select(code));
const search = new Search(() => [...store.get("products").values()], (code) => select(code));
const orders = new Orders(context, request);
const fills = new Fills(context);
const receipts = new Receipts(context);
const contracts = new Contracts(context);
const funds = new Funds();

const showTab = makeTabs(byId("holdings-tabs"), (name) => prefer("tab", name));
const showView = makeTabs(byId("phone-views"), (name) => {
  terminal.dataset.phoneView = name;
});

// What is drawn when ------------------------------------------------------------------------------

store.watch(["tickers", "products"], () => {
  const products = store.get("products");
  const changed = store.get("tickersChanged");
  instruments.draw([...changed].map((code) => products.get(code)));
  const mine = changed.has(store.get("code"));
  changed.clear();
  if (mine) store.touch("quote");
});
store.watch(["quote", "code", "unit"], () => {
  drawQuote(product(), store.get("unit"));
  drawTitle(product(), baseTitle);
  const ticker = product()?.ticker;
  if (ticker) ticket.suggest(ticker.last ?? ticker.reference);
});
store.watch(["book", "quote", "code", "unit", "orders"], () => {
  book.draw(store.get("book"), product()?.ticker ?? null, ownPrices(), store.get("unit"));
  byId("book-syncing").hidden = store.get("book") !== null;
});
store.watch(["unit"], () => tape.setUnit(store.get("unit")));
store.watch(["funds", "goods", "quote", "code", "unit"], () => ticket.draw());
store.watch(["orders", "ordersLoaded", "products", "unit"], () => orders.draw());
store.watch(["fills", "products", "unit"], () => fills.draw(store.get("fills")));
store.watch(["receipts", "products", "unit"], () => receipts.draw(store.get("receipts")));
store.watch(["contracts", "products", "unit"], () => contracts.draw(store.get("contracts")));
store.watch(["funds", "ledger"], () => funds.draw(store.get("funds"), store.get("ledger")));
store.watch(["connection"], drawConnection);

/** Prices at which this member has orders in the book on the screen: "bid:720". */
function ownPrices() {
  const mine = [...store.get("orders").values()].filter(
    (order) => order.product === store.get("code") && isWorking(order),
  );
  return new Set(mine.map((order) => `${order.side === "buy" ? "bid" : "ask"}:${order.price}`));
}

function drawConnection() {
  const { state, latency } = store.get("connection");
  const badge = byId("connection");
  badge.dataset.state = state;
  badge.title = t(`state.${state}.hint`, { latency: latency ?? "" });
  setText(byId("connection-word"), t(`state.${state}`));
  setText(byId("connection-latency"), latency === null ? "" : `${latency} ms`);
}

/** The line is there: bars may have been missed while it was not. */
function connected() {
  if (wasConnected && product()) chart.show(product().code, product().reference);
  wasConnected = true;
}

// What people do ----------------------------------------------------------------------------------

function select(code) {
  const products = store.get("products");
  if (!products.has(code) || code === store.get("code")) return;
  store.set({ code });
  const chosen = products.get(code);
  history.replaceState(null, "", `${config.root}${encodeURIComponent(code)}/`);
  prefer("code", code);
  instruments.select(code);
  market.show(code);
  chart.show(code, chosen.reference);
  ticket.reset();
  if (terminal.dataset.phoneView === "list") showView("chart");
}

function setUnit(unit) {
  const before = store.get("unit");
  if (unit === before) return;
  prefer("unit", unit);
  store.set({ unit });
  ticket.changeUnit(before);
  markUnit();
}

function markUnit() {
  for (const button of document.querySelectorAll("[data-unit]")) {
    button.setAttribute("aria-pressed", String(button.dataset.unit === store.get("unit")));
  }
}

function showFacts() {
  if (product()) showProductFacts(product());
}

new Keyboard({
  search: (text) => search.open(text),
  setSide: (side) => ticket.setSide(side),
  side: () => ticket.side,
  send: () => ticket.submit(),
  escape: () => {
    document.activeElement?.blur();
    ticket.clear();
  },
  nudge: (direction) => ticket.nudge(direction),
  step: (offset) => select(instruments.neighbour(store.get("code"), offset)),
  view: () => chart.toggleView(),
  period: () => chart.nextPeriod(),
  facts: showFacts,
  help: () => byId("keys").showModal(),
  cancelAll: () => orders.cancelAll(),
});

for (const button of document.querySelectorAll("[data-unit]")) {
  button.addEventListener("click", () => setUnit(button.dataset.unit));
}
byId("open-search").addEventListener("click", () => search.open(""));
byId("open-facts").addEventListener("click", showFacts);
byId("open-list").addEventListener("click", () => showView("list"));

// Start -------------------------------------------------------------------------------------------

async function loadProducts() {
  try {
    const body = await read("/products");
    const products = new Map(body.items.map((row) => [row.code, readProduct(row)]));
    store.set({ products });
    instruments.setProducts([...products.values()]);
    const wanted = [config.code, preference("code")].find((code) => products.has(code));
    select(wanted ?? products.keys().next().value);
    return true;
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    notify(refusalText(refusal), "danger");
    setTimeout(start, 3_000);
    return false;
  }
}

async function start() {
  if (!(await loadProducts())) return;
  socket.open();
  market.start();
  if (member) account.start(socket);
}

markUnit();
showTab(preference("tab"));
showView("chart");
drawConnection();
setInterval(() => setText(byId("clock"), clockText(new Date())), 500);
start();

/*
 * The public side of the terminal: all tickers, and book and tape of the product on the screen.
 */

import { APPLIED, Book, DAMAGED, GAP } from "./book.js";
import { parsePrice } from "./format.js";
import { readTapeTrade, readTicker } from "./wire.js";

/** Wrong checksums in a row before we stop asking: then the two sides disagree about the rules. */
const PATIENCE = 5;

export class Market {
  #store;
  #socket;
  #tape;
  #chart;
  #book = new Book();
  #code = null;
  #tapeSeq = 0;
  #damaged = 0;

  constructor(store, socket, tape, chart) {
    this.#store = store;
    this.#socket = socket;
    this.#tape = tape;
    this.#chart = chart;
  }

  start() {
    this.#socket.subscribe("ticker", undefined, (message) => this.#ticker(message));
  }

  /** Leave the product on the screen and show another. */
  show(code) {
    if (this.#code) {
      this.#socket.unsubscribe("book", this.#code);
      this.#socket.unsubscribe("trades", this.#code);
    }
    this.#code = code;
    this.#lose();
    this.#tape.reset([], this.#store.get("unit"));
    this.#socket.subscribe("book", code, (message) => this.#bookMessage(message));
    this.#socket.subscribe("trades", code, (message) => this.#tradesMessage(message));
  }

  /** The line broke: nothing on the screen may look live until a snapshot came. */
  lost() {
    this.#lose();
  }

  #lose() {
    this.#book.clear();
    this.#store.set({ book: null });
  }

  #ticker({ product: code, data }) {
    const product = this.#store.get("products").get(code);
    if (!product || !data) return;
    product.ticker = readTicker(data);
    product.reference = parsePrice(data.reference) ?? product.reference;
    this.#store.get("tickersChanged").add(code);
    this.#store.touch("tickers");
  }

  #bookMessage({ type, product, data, seq, prev_seq: prevSeq }) {
    if (product !== this.#code) return;
    if (type === "resync_required") this.#lose();
    else if (type === "snapshot") this.#keep(this.#book.applySnapshot(data, seq));
    else if (type === "delta") this.#keep(this.#book.applyDelta(data, prevSeq, seq));
  }

  #keep(result) {
    if (result === APPLIED) {
      this.#damaged = 0;
      this.#store.set({ book: this.#book });
    } else if (result === GAP || result === DAMAGED) {
      this.#damaged += result === DAMAGED ? 1 : 0;
      this.#lose();
      if (this.#damaged < PATIENCE) this.#socket.resubscribe("book", this.#code);
    }
  }

  #tradesMessage({ type, product, data, seq, prev_seq: prevSeq }) {
    if (product !== this.#code || !data) return;
    const trades = data.trades?.map(readTapeTrade) ?? [];
    if (type === "snapshot") {
      this.#tape.reset(trades, this.#store.get("unit"));
      this.#tapeSeq = seq;
    } else if (type === "update") {
      if (prevSeq > this.#tapeSeq) this.#socket.resubscribe("trades", product);
      else if (seq > this.#tapeSeq) {
        this.#tapeSeq = seq;
        this.#tape.add(trades);
        this.#chart.addTrades(trades);
      }
    }
  }
}

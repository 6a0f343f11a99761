/* A feed of a hall with the server's clock: pings measure the line, quickly at first, then every few seconds. */

import { MarketFeed } from "../app/market-feed.js";
import { ServerClock } from "./clock.js";

const FIRST_PINGS = 5;
const FIRST_EVERY_MS = 250;
const EVERY_MS = 4000;

export class HallFeed {
  /** subscriptions, onMessage, onState as of MarketFeed; onPing() after each measurement. */
  constructor(subscriptions, onMessage, onState, onPing = () => {}) {
    this.clock = new ServerClock();
    this.sent = new Map();
    this.pings = 0;
    this.onPing = onPing;
    this.feed = new MarketFeed(
      subscriptions,
      (message) => this.#heard(message, onMessage),
      (state) => {
        if (state === "down") {
          this.sent.clear();
          this.pings = 0;
          this.clock.forget();
        }
        onState(state);
      },
    );
    this.#ping();
  }

  #ping() {
    const { socket } = this.feed;
    if (socket.readyState === WebSocket.OPEN) {
      const id = `p${(this.pings += 1)}`;
      this.sent.set(id, this.clock.local());
      socket.send(JSON.stringify({ op: "ping", id }));
    }
    setTimeout(() => this.#ping(), this.pings < FIRST_PINGS ? FIRST_EVERY_MS : EVERY_MS);
  }

  #heard(message, onMessage) {
    if (message.op !== "ping") {
      onMessage(message);
      return;
    }
    const sent = this.sent.get(message.id);
    this.sent.delete(message.id);
    if (sent === undefined || !message.data) return;
    this.clock.add(sent, this.clock.local(), Date.parse(message.data.ts));
    this.onPing();
  }
}

/*
 * One connection to /ws/v1: subscriptions that survive a reconnect, requests with their answers, and a
 * measured state (live, delayed, down).
 *
 * - Reconnects with doubling waits and jitter; at once when the browser comes back online.
 * - The private stream remembers the last sequence it saw and asks to resume from there; public
 *   channels start again with a snapshot, which costs less than what was missed.
 * - A request that did not get its answer before the connection broke is sent again only when the
 *   exchange knows it by an id of ours (client_order_id): then a resend cannot act twice. Nothing new is
 *   queued while the line is down: the market it was meant for may be gone when the line is back.
 * - Latency is the round trip of a ping; a late heartbeat counts as delay, a very late one as broken.
 */

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5_000;
const PING_EVERY_MS = 2_000;
const DELAYED_AFTER_MS = 2_600;
const BROKEN_AFTER_MS = 7_000;
const SLOW_ROUND_TRIP_MS = 800;
const ANSWER_WITHIN_MS = 15_000;

/** Channels that replay what was missed, and the messages of theirs that are part of the stream. */
const RESUMABLE = new Set(["account"]);
const STREAMED = new Set(["snapshot", "update"]);

export const LIVE = "live";
export const DELAYED = "delayed";
export const DOWN = "down";

/** A refusal with the exchange's code and its text in both languages. */
export class Refused extends Error {
  constructor(code, message) {
    super(message?.en ?? code);
    this.code = code;
    this.text = message ?? { zh: code, en: code };
  }
}

export class MarketSocket {
  #url;
  #onState;
  #socket = null;
  #wait = FIRST_WAIT_MS;
  #timer = null;
  #heardAt = 0;
  #pingAt = 0;
  #latency = null;
  #nextId = 1;
  #subscriptions = new Map();
  #requests = new Map();
  #closedByUs = false;

  /** `onState({state, latency})` is called whenever one of them changes. */
  constructor(url, onState) {
    this.#url = url;
    this.#onState = onState;
  }

  open() {
    this.#connect();
    setInterval(() => this.#watch(), 500);
    addEventListener("online", () => this.#reconnectNow());
    addEventListener("pagehide", () => {
      this.#closedByUs = true;
      this.#socket?.close();
    });
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      this.#closedByUs = false;
      this.#reconnectNow();
    });
  }

  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Receive a channel (of one product, or of all) through `receive(message)` until unsubscribed. */
  subscribe(channel, product, receive) {
    const key = subscriptionKey(channel, product);
    this.#subscriptions.set(key, { channel, product, receive, seq: null });
    if (this.connected) this.#ask(key);
  }

  unsubscribe(channel, product) {
    const key = subscriptionKey(channel, product);
    if (this.#subscriptions.delete(key) && this.connected) {
      this.#send({ op: "unsubscribe", channel, ...(product ? { product } : {}) });
    }
  }

  /** Ask for a fresh snapshot of one subscription, e.g. after a gap or a wrong checksum. */
  resubscribe(channel, product) {
    const key = subscriptionKey(channel, product);
    if (!this.#subscriptions.has(key) || !this.connected) return;
    this.#subscriptions.get(key).seq = null;
    this.#ask(key);
  }

  /** Send one operation; resolves with the data of its ack or rejects with Refused. */
  request(op, fields = {}, { resend = false } = {}) {
    if (!this.connected) return Promise.reject(notConnected());
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const timer = setTimeout(() => this.#settle(id, null, notAnswered()), ANSWER_WITHIN_MS);
      this.#requests.set(id, { message: { op, id, ...fields }, resolve, reject, resend, timer });
      this.#send({ op, id, ...fields });
    });
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.addEventListener("open", () => this.#opened());
    socket.addEventListener("message", (event) => this.#heard(event.data));
    socket.addEventListener("close", () => {
      if (this.#socket === socket) this.#lost();
    });
  }

  #opened() {
    this.#wait = FIRST_WAIT_MS;
    this.#heardAt = performance.now();
    for (const key of this.#subscriptions.keys()) this.#ask(key);
    for (const { message } of this.#requests.values()) this.#send(message);
    this.#ping();
  }

  #lost() {
    this.#socket = null;
    this.#latency = null;
    for (const [id, request] of this.#requests) if (!request.resend) this.#settle(id, null, notConnected());
    this.#report();
    if (this.#closedByUs) return;
    const wait = this.#wait * (0.75 + Math.random() / 2);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #reconnectNow() {
    if (this.#socket || this.#closedByUs) return;
    this.#wait = FIRST_WAIT_MS;
    this.#connect();
  }

  #ask(key) {
    const { channel, product, seq } = this.#subscriptions.get(key);
    this.#send({
      op: "subscribe", channel, id: key,
      ...(product ? { product } : {}),
      ...(seq === null ? {} : { since: seq }),
    });
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #ping() {
    this.#pingAt = performance.now();
    this.#send({ op: "ping", id: "ping" });
  }

  #heard(text) {
    this.#heardAt = performance.now();
    const message = JSON.parse(text);
    if (message.type === "pong" || message.id === "ping") {
      this.#latency = Math.max(1, Math.round(performance.now() - this.#pingAt));
    } else if (message.type === "ack") this.#settle(message.id, message.data ?? {}, null);
    else if (message.type === "error") this.#refused(message);
    else if (message.channel && message.channel !== "heartbeat") this.#deliver(message);
    this.#report();
  }

  #refused(message) {
    if (this.#requests.has(message.id)) {
      this.#settle(message.id, null, new Refused(message.code, message.message));
    } else if (this.#subscriptions.has(message.id)) {
      this.#subscriptions.get(message.id).receive({ ...message, type: "error" });
    }
  }

  #deliver(message) {
    const subscription =
      this.#subscriptions.get(subscriptionKey(message.channel, message.product)) ??
      this.#subscriptions.get(subscriptionKey(message.channel, undefined));
    if (!subscription) return;
    if (RESUMABLE.has(message.channel) && STREAMED.has(message.type)) subscription.seq = message.seq;
    subscription.receive(message);
  }

  #settle(id, data, error) {
    const request = this.#requests.get(id);
    if (!request) return;
    this.#requests.delete(id);
    clearTimeout(request.timer);
    if (error) request.reject(error);
    else request.resolve(data);
  }

  /** Twice a second: is the line quiet for too long, and is it time to measure again? */
  #watch() {
    if (!this.connected) return;
    const now = performance.now();
    if (now - this.#heardAt > BROKEN_AFTER_MS && !document.hidden) this.#socket.close();
    else if (now - this.#pingAt > PING_EVERY_MS) this.#ping();
    this.#report();
  }

  #report() {
    this.#onState({ state: this.#state(), latency: this.#latency });
  }

  #state() {
    if (!this.connected) return DOWN;
    const quiet = performance.now() - this.#heardAt > DELAYED_AFTER_MS;
    return quiet || (this.#latency ?? 0) > SLOW_ROUND_TRIP_MS ? DELAYED : LIVE;
  }
}

function subscriptionKey(channel, product) {
  return product ? `${channel}:${product}` : channel;
}

function notConnected() {
  return new Refused("not_connected", {
    zh: "连接已断开，指令没有发出；恢复后请再试。",
    en: "The connection is down and nothing was sent; please try again when it is back.",
  });
}

function notAnswered() {
  return new Refused("not_answered", {
    zh: "交易所没有及时应答，请在“委托”中核对这笔指令。",
    en: "The exchange did not answer in time; please check your orders.",
  });
}

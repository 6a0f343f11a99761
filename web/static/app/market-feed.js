/* The public market over /ws/v1: subscribes, reconnects, and says how fresh the picture is. */

const SILENCE_MS = 3500;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 10_000;

export class MarketFeed {
  /** subscriptions: [{channel, product?}]; onMessage(message); onState("live" | "late" | "down"). */
  constructor(subscriptions, onMessage, onState) {
    this.subscriptions = subscriptions;
    this.onMessage = onMessage;
    this.onState = onState;
    this.retry = RETRY_FIRST_MS;
    this.heard = 0;
    this.connect();
    setInterval(() => this.look(), 1000);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.socket.readyState === WebSocket.CLOSED) this.connect();
    });
  }

  connect() {
    clearTimeout(this.timer);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/v1`);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.retry = RETRY_FIRST_MS;
      this.subscribe();
    });
    socket.addEventListener("message", (event) => {
      this.heard = Date.now();
      this.say("live");
      const message = JSON.parse(event.data);
      if (message.type === "resync_required") this.subscribe();
      else this.onMessage(message);
    });
    socket.addEventListener("close", () => {
      this.say("down");
      this.timer = setTimeout(() => this.connect(), this.retry * (0.75 + Math.random() / 2));
      this.retry = Math.min(this.retry * 2, RETRY_MOST_MS);
    });
  }

  subscribe() {
    for (const subscription of this.subscriptions) {
      this.socket.send(JSON.stringify({ op: "subscribe", ...subscription }));
    }
  }

  look() {
    if (this.socket.readyState === WebSocket.OPEN && this.heard && Date.now() - this.heard > SILENCE_MS) this.say("late");
  }

  say(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }
}

/** Shows the state of the feed in a badge with the words of its data attributes. */
export function linkBadge(badge) {
  const kinds = { live: "badge--ok", late: "badge--warn", down: "badge--danger" };
  return (state) => {
    badge.classList.remove(...Object.values(kinds));
    badge.classList.add(kinds[state]);
    badge.querySelector("[data-word]").textContent = badge.dataset[state];
  };
}

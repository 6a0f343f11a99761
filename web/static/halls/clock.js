/* The exchange's time as this browser can know it.

   A ping goes out at `sent` and comes back at `heard` with the server's time in between: the offset is the
   server's time less the middle of the two, wrong by at most half the round trip. The shortest of the last
   pings says most, so that one decides; the latest round trip is what is shown as latency. */

const KEPT = 12;

export class ServerClock {
  #samples = [];
  #began = performance.timeOrigin;

  /** Milliseconds of the page's own steady clock, as epoch time. */
  local() {
    return this.#began + performance.now();
  }

  /** One ping: sent and heard by local(), server in epoch milliseconds. */
  add(sent, heard, server) {
    const trip = heard - sent;
    if (!(trip >= 0) || !Number.isFinite(server)) return;
    this.#samples.push({ trip, offset: server - (sent + heard) / 2 });
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  /** The line broke: what was measured on it counts no more once something is measured anew. */
  forget() {
    this.#samples = this.#samples.slice(-1);
  }

  get known() {
    return this.#samples.length > 0;
  }

  /** Round trip of the last ping in whole milliseconds, or null. */
  get latency() {
    const last = this.#samples.at(-1);
    return last ? Math.max(1, Math.round(last.trip)) : null;
  }

  /** Most the shown time can be wrong by, in milliseconds, or null. */
  get error() {
    return this.known ? Math.ceil(this.#best().trip / 2) : null;
  }

  /** The server's time in epoch milliseconds; the local clock's before the first ping. */
  now() {
    return this.local() + (this.known ? this.#best().offset : 0);
  }

  #best() {
    return this.#samples.reduce((best, sample) => (sample.trip < best.trip ? sample : best));
  }
}

/** 83_000 → "01:23"; from an hour on "1:02:03"; below ten seconds with tenths: "00:07.3". Never negative. */
export function countdown(ms) {
  const left = Math.max(0, ms);
  if (left < 10_000) return `00:0${(Math.floor(left / 100) / 10).toFixed(1)}`;
  const seconds = Math.floor(left / 1000);
  const part = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${part(Math.floor((seconds % 3600) / 60))}:${part(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

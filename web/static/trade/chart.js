/*
 * The K-line: klinecharts with our bars, colours and words.
 *
 * Bars come from /products/{code}/bars and are carried on by the trades channel, so that the last candle
 * moves with the market. Rising candles are hollow, falling ones solid: direction never by colour alone.
 */

import { read } from "./api.js";
import { PERIODS, carriedOn, readBar, shownBars } from "./bars.js";
import { chartStyles, shortVolume, token } from "./chart_styles.js";
import { byId, element } from "./dom.js";
import { LANGUAGE, t } from "./messages.js";
import { preference, prefer } from "./preferences.js";
import { Refused } from "./socket.js";

const MAIN_INDICATORS = ["MA", "BOLL"];
const SUB_INDICATORS = ["VOL", "MACD", "KDJ"];
const MAIN_PANE = "candle_pane";
const SUB_PANE_PX = 84;
const AXIS_PX = 120;
const BARS = 300;
const DAY_BARS = 1000;

export class Chart {
  #holder = byId("chart");
  #state = byId("chart-state");
  #chart = null;
  #code = null;
  #reference = 0;
  #push = null;
  #muted = false;
  #request = 0;
  #last = null;

  constructor() {
    const library = globalThis.klinecharts;
    if (!library) {
      this.#say(t("chart.library"));
      return;
    }
    registerAverage(library);
    this.#chart = library.init(this.#holder, {
      locale: LANGUAGE === "en" ? "en-US" : "zh-CN",
      timezone: "Asia/Shanghai",
      styles: chartStyles(),
      hotkey: { enabled: false },
      formatter: { formatBigNumber: shortVolume },
    });
    this.#chart.setOffsetRightDistance(48);
    this.#chart.setDataLoader({
      getBars: (request) => this.#load(request),
      subscribeBar: ({ callback }) => { this.#push = callback; },
      unsubscribeBar: () => { this.#push = null; },
    });
    this.#listen();
    this.#mark();
  }

  /** Show another product, or the same one again. */
  show(code, reference) {
    this.#code = code;
    this.#reference = reference;
    this.#last = null;
    if (!this.#chart) return;
    // Symbol and period each ask for bars when set; only the last request counts.
    this.#muted = true;
    this.#chart.setSymbol({ ticker: code, pricePrecision: 2, volumePrecision: 0 });
    this.#chart.setPeriod(PERIODS[this.#period()]);
    this.#muted = false;
    this.#arrange();
    this.#chart.resetData();
  }

  /** Trades of the product on the screen, oldest first. */
  addTrades(trades) {
    if (!this.#push || this.#last === null) return;
    for (const trade of trades) this.#carry(trade);
  }

  /** F5: between the day's line and candles. */
  toggleView() {
    this.setView(preference("view") === "line" ? "candles" : "line");
  }

  setView(view) {
    prefer("view", view);
    this.#mark();
    if (this.#code) this.show(this.#code, this.#reference);
  }

  /** F8: the next period. */
  nextPeriod() {
    const names = Object.keys(PERIODS);
    this.setPeriod(names[(names.indexOf(preference("period")) + 1) % names.length]);
  }

  setPeriod(period) {
    prefer("view", "candles");
    prefer("period", period);
    this.#mark();
    if (this.#code) this.show(this.#code, this.#reference);
  }

  #period() {
    return preference("view") === "line" ? "1m" : preference("period");
  }

  #listen() {
    for (const button of document.querySelectorAll("[data-period]")) {
      button.addEventListener("click", () => this.setPeriod(button.dataset.period));
    }
    byId("chart-line").addEventListener("click", () => this.setView("line"));
    for (const button of document.querySelectorAll("[data-indicator]")) {
      button.addEventListener("click", () => this.#toggleIndicator(button.dataset.indicator));
    }
    document.documentElement.addEventListener("jinguo:look", () => this.#restyle());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#restyle());
    new ResizeObserver(() => this.#chart.resize()).observe(this.#holder);
  }

  #restyle() {
    this.#chart.setStyles(chartStyles());
    this.#arrange();
  }

  #toggleIndicator(name) {
    const kind = MAIN_INDICATORS.includes(name) ? "main" : "sub";
    const chosen = preference(kind);
    prefer(kind, chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name]);
    this.#mark();
    this.#arrange();
  }

  /** Pressed state of every switch, and the same as data for assistive technology and tests. */
  #mark() {
    const line = preference("view") === "line";
    byId("chart-line").setAttribute("aria-pressed", String(line));
    for (const button of document.querySelectorAll("[data-period]")) {
      button.setAttribute("aria-pressed", String(!line && button.dataset.period === preference("period")));
    }
    const shown = [...preference("main"), ...preference("sub")];
    for (const button of document.querySelectorAll("[data-indicator]")) {
      button.setAttribute("aria-pressed", String(shown.includes(button.dataset.indicator)));
    }
    Object.assign(this.#holder.dataset, { view: preference("view"), shownPeriod: this.#period() });
  }

  /** Panes and lines for the chosen view. */
  #arrange() {
    const line = preference("view") === "line";
    this.#chart.removeIndicator();
    this.#chart.removeOverlay();
    this.#chart.setStyles({ candle: { type: line ? "area" : "candle_up_stroke" } });
    // The legend stands above the candles, not on them.
    this.#chart.overrideYAxis({ paneId: MAIN_PANE, gap: { top: 0.3, bottom: 0.08 } });
    if (line) this.#chart.createIndicator({ name: "JINGUO_AVERAGE", paneId: MAIN_PANE }, true);
    else for (const name of preference("main")) this.#chart.createIndicator(this.#main(name), true);
    const roomy = this.#holder.clientHeight >= 330;
    const subs = SUB_INDICATORS.filter((name) => (line ? name === "VOL" : preference("sub").includes(name)));
    for (const name of roomy ? subs : subs.slice(0, 1)) {
      this.#chart.createIndicator({ name, paneId: `pane_${name}` });
      this.#chart.setPaneOptions({ id: `pane_${name}`, height: SUB_PANE_PX, minHeight: 50 });
      this.#chart.overrideYAxis({ paneId: `pane_${name}`, gap: { top: 0.3, bottom: 0.06 } });
    }
    if (line && this.#reference) this.#drawReference();
  }

  /** An indicator on the candles; a narrow screen has room for fewer averages. */
  #main(name) {
    const narrow = this.#holder.clientWidth < 520;
    const averages = narrow ? [5, 10, 20] : [5, 10, 20, 60];
    return { name, paneId: MAIN_PANE, ...(name === "MA" ? { calcParams: averages } : {}) };
  }

  #drawReference() {
    this.#chart.createOverlay({
      name: "horizontalStraightLine", lock: true, points: [{ value: this.#reference / 100 }],
      styles: { line: { style: "dashed", color: token("--ink-3"), size: 1, dashedValue: [4, 4] } },
    });
  }

  /** Bars for the chart: the newest (init), or older ones when somebody scrolls back (forward). */
  async #load({ type, timestamp, callback }) {
    if (this.#muted || !this.#code) return;
    const request = ++this.#request;
    const older = type === "forward";
    if (type === "backward" || (older && preference("view") === "line")) {
      callback([], false);
      return;
    }
    if (!older) this.#say(t("loading"));
    try {
      const body = await read(`/products/${encodeURIComponent(this.#code)}/bars`, {
        period: this.#period(),
        limit: preference("view") === "line" ? DAY_BARS : BARS,
        before_s: older ? Math.floor(timestamp / 1000) : undefined,
      });
      if (request !== this.#request) return;
      const bars = shownBars(body.bars.map(readBar), preference("view"));
      callback(bars, { forward: bars.length === BARS, backward: false });
      if (!older) this.#loaded(bars);
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      if (request !== this.#request) return;
      callback([], false);
      if (!older) this.#say(t("chart.failed"), refusal);
    }
  }

  #loaded(bars) {
    this.#last = bars.at(-1) ?? false;
    this.#holder.dataset.bars = String(bars.length);
    if (preference("view") === "line") {
      const room = this.#holder.clientWidth - AXIS_PX;
      this.#chart.setBarSpace(Math.max(1, Math.min(8, room / Math.max(bars.length, 1))));
    } else this.#chart.setBarSpace(8);
    if (bars.length) this.#say("");
    else this.#say(t("chart.none"));
  }

  #carry(trade) {
    const bar = carriedOn(this.#last || null, trade, this.#period());
    const added = !this.#last || bar.timestamp !== this.#last.timestamp;
    this.#last = bar;
    this.#push?.(bar);
    if (added) {
      this.#holder.dataset.bars = String(Number(this.#holder.dataset.bars ?? 0) + 1);
      this.#say("");
    }
  }

  #say(text, refusal = null) {
    this.#state.hidden = text === "";
    this.#state.replaceChildren(text);
    if (refusal) {
      const again = () => this.#chart.resetData();
      this.#state.append(
        element("button", { type: "button", class: "button button--small", onclick: again }, t("retry")),
      );
    }
  }
}

/** 均价: turnover so far divided by volume so far, of the bars shown. */
function registerAverage(library) {
  library.registerIndicator({
    name: "JINGUO_AVERAGE",
    shortName: t("chart.average"),
    series: "price",
    precision: 2,
    figures: [{ key: "average", title: "", type: "line" }],
    calc: (bars) => {
      let volume = 0;
      let turnover = 0;
      return bars.map((bar) => {
        volume += bar.volume ?? 0;
        turnover += bar.turnover ?? 0;
        return volume ? { average: turnover / volume } : {};
      });
    },
  });
}

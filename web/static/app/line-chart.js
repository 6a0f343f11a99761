/* A line over time, drawn as SVG at the size of its box; colours come from the stylesheet.

   <div class="chart" data-chart="id"> reads [[label, value], …] from <script type="application/json" id="id">.
   data-scale: what one shown unit is in the numbers (100 for fen and hundredths of a point).
   data-places: decimals shown, 2 unless told.
   data-others: id of more lines to compare with, [[name, [[label, value], …]], …], drawn faintly by their labels.
   data-baseline: a value drawn as a dashed line. data-empty: what to say when there are not two points. */

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 8;
const RIGHT = 60;
const TOP = 12;
const BOTTOM = 26;

function element(name, attributes, parent, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

/* About four round steps that cover the range. */
function ticks(low, high) {
  const rough = (high - low) / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough));
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(value);
  return found;
}

class LineChart {
  constructor(box) {
    this.box = box;
    this.scale = Number(box.dataset.scale || 100);
    this.places = Number(box.dataset.places || 2);
    this.baseline = box.dataset.baseline ? Number(box.dataset.baseline) : null;
    this.points = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    this.others = box.dataset.others ? JSON.parse(document.getElementById(box.dataset.others).textContent) : [];
    new ResizeObserver(() => this.draw()).observe(box);
    box.addEventListener("pointermove", (event) => this.point(event));
    box.addEventListener("pointerleave", () => this.leave());
    this.draw();
  }

  text(value) {
    const places = { minimumFractionDigits: this.places, maximumFractionDigits: this.places };
    return (value / this.scale || 0).toLocaleString("en", places); // || 0: no minus before nothing
  }

  add(label, value) {
    const last = this.points[this.points.length - 1];
    if (last && last[0] === label) last[1] = value;
    else this.points.push([label, value]);
    this.draw();
  }

  draw() {
    this.box.replaceChildren();
    const { clientWidth: width, clientHeight: height } = this.box;
    if (!width) return;
    if (this.points.length < Number(this.box.dataset.least || 1)) {
      const empty = document.createElement("p");
      empty.className = "state muted";
      empty.textContent = this.box.dataset.empty || "";
      this.box.append(empty);
      return;
    }
    const points = this.points.length === 1 ? [this.points[0], this.points[0]] : this.points;
    this.shown = points;
    const values = points.map((p) => p[1]);
    if (this.baseline !== null) values.push(this.baseline);
    for (const [, line] of this.others) values.push(...line.map((p) => p[1]));
    let low = Math.min(...values);
    let high = Math.max(...values);
    const pad = Math.max((high - low) * 0.12, Math.abs(high) * 0.002) || 1;
    low -= pad;
    high += pad;
    const right = width - RIGHT;
    this.x = (i) => LEFT + ((right - LEFT) * i) / (this.shown.length - 1);
    this.y = (value) => TOP + ((height - TOP - BOTTOM) * (high - value)) / (high - low);
    this.right = right;

    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, this.box);
    for (const value of ticks(low, high)) {
      const y = this.y(value);
      element("line", { class: "chart__grid", x1: LEFT, x2: right, y1: y, y2: y }, svg);
      element("text", { class: "chart__text", x: right + 8, y: y + 4 }, svg, this.text(value));
    }
    const count = Math.max(2, Math.min(6, this.points.length, Math.floor(width / 130)));
    for (let n = 0; n < count; n += 1) {
      const i = Math.round(((this.shown.length - 1) * n) / (count - 1));
      const anchor = n === 0 ? "start" : n === count - 1 ? "end" : "middle";
      if (n > 0 && this.points.length === 1) break;
      element("text", { class: "chart__text", x: this.x(i), y: height - 6, "text-anchor": anchor }, svg, this.shown[i][0]);
    }
    this.drawOthers(svg);
    const path = this.shown.map((p, i) => `${i ? "L" : "M"}${this.x(i).toFixed(1)} ${this.y(p[1]).toFixed(1)}`).join("");
    element("path", { class: "chart__area", d: `${path}L${right} ${height - BOTTOM}L${LEFT} ${height - BOTTOM}Z` }, svg);
    if (this.baseline !== null) {
      const y = this.y(this.baseline);
      element("line", { class: "chart__base", x1: LEFT, x2: right, y1: y, y2: y }, svg);
      element("text", { class: "chart__base-text", x: LEFT + 4, y: y - 5 }, svg, this.box.dataset.baselineLabel || "");
    }
    element("path", { class: "chart__line", d: path }, svg);
    this.cursor = element("line", { class: "chart__cursor", y1: TOP, y2: height - BOTTOM, visibility: "hidden" }, svg);
    this.dot = element("circle", { class: "chart__dot", r: 4, visibility: "hidden" }, svg);
    this.tip = document.createElement("div");
    this.tip.className = "chart__tip";
    this.tip.hidden = true;
    this.box.append(this.tip);
  }

  /* Lines to compare with, where they have a value for a label that is shown. */
  drawOthers(svg) {
    const place = new Map(this.shown.map((p, i) => [p[0], i]));
    for (const [name, line] of this.others) {
      const known = line.filter((p) => place.has(p[0]));
      const d = known.map((p, i) => `${i ? "L" : "M"}${this.x(place.get(p[0])).toFixed(1)} ${this.y(p[1]).toFixed(1)}`).join("");
      const path = element("path", { class: "chart__line chart__line--other", d }, svg);
      element("title", {}, path, name);
    }
  }

  point(event) {
    if (!this.tip || !this.shown) return;
    const at = event.clientX - this.box.getBoundingClientRect().left;
    const part = (at - LEFT) / (this.right - LEFT);
    const i = Math.max(0, Math.min(this.shown.length - 1, Math.round(part * (this.shown.length - 1))));
    const [label, value] = this.shown[i];
    const x = this.x(i);
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
    this.dot.setAttribute("cx", x);
    this.dot.setAttribute("cy", this.y(value));
    this.cursor.setAttribute("visibility", "visible");
    this.dot.setAttribute("visibility", "visible");
    this.tip.textContent = `${label}  ${this.text(value)}`;
    this.tip.hidden = false;
    this.tip.style.left = `${Math.min(Math.max(0, x - this.tip.offsetWidth / 2), this.right - this.tip.offsetWidth)}px`;
  }

  leave() {
    if (!this.tip) return;
    this.tip.hidden = true;
    this.cursor.setAttribute("visibility", "hidden");
    this.dot.setAttribute("visibility", "hidden");
  }
}

/** Charts of this page by the id of their numbers. */
export const charts = new Map();
for (const box of document.querySelectorAll("[data-chart]")) charts.set(box.dataset.chart, new LineChart(box));
